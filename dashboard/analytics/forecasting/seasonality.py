"""The seasonal pattern of a series: found, believed as far as it stands out, taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.analytics.forecasting.history import Floats

_MOST_SEASONS = 60  # whose pattern is averaged, the latest ones
_FINE_YEAR, _LEAST_YEARS = 50, 1.9  # of a yearly wave: periods of a year, years
_WAVES = (1, 2)  # of a year
_MOST_ALIKE = 0.9  # correlation of errors that follow one another
_LEAST_LEVEL = 0.2  # of the mean
_WAVE_FACTORS = (0.4, 2.5)
_LEAST_SHARED = 2  # half of the places must be seen twice, else no pattern is believed


@dataclass(frozen=True)
class Season:
    """`pattern` holds one index for each place in the season, the first value's place first."""

    pattern: Floats
    is_multiplied: bool

    def over(self, first: int, count: int) -> Floats:
        return self.pattern[np.arange(first, first + count) % len(self.pattern)]

    def taken_out(self, values: Floats) -> Floats:
        indices = self.over(0, len(values))
        return values / indices if self.is_multiplied else values - indices

    def put_back(self, values: Floats, first: int) -> Floats:
        indices = self.over(first, len(values))
        return values * indices if self.is_multiplied else values + indices


NO_SEASON = Season(np.zeros(1), is_multiplied=False)


def find_season(values: Floats, season: int) -> Season:
    """Classical decomposition, as a factor or as a summand, whichever leaves less unexplained.

    The pattern is believed as far as odd and even seasons agree on it (split-half reliability,
    Spearman & Brown 1910): noise is not taken for a season, an exact season is kept whole.
    """
    if season < 2 or len(values) < 2 * season + 1:
        return NO_SEASON
    level = _centred_mean(values, season)
    known = np.isfinite(level)
    added, rest = _pattern((values - level)[known], np.flatnonzero(known), season)
    if known.sum() and values.min() > 0:
        ratio = np.log(values[known] / level[known])
        factor, rest_of_ratio = _pattern(ratio, np.flatnonzero(known), season)
        typical = float(np.mean(level[known]))
        if rest_of_ratio * typical < rest:
            return Season(np.exp(factor), is_multiplied=True)
    return Season(added, is_multiplied=False)


def _centred_mean(values: Floats, season: int) -> Floats:
    weights = np.full(season, 1 / season)
    if season % 2 == 0:
        weights = np.convolve(weights, [0.5, 0.5])
    half = len(weights) // 2
    level = np.full(len(values), np.nan)
    base = values[0]
    level[half : len(values) - half] = np.convolve(values - base, weights, "valid") + base
    return level


def _pattern(deviations: Floats, places: np.ndarray, season: int) -> tuple[Floats, float]:
    """Mean deviation of each place in the season after shrinking, and what it leaves (root mean
    square)."""
    deviations, places = deviations[-_MOST_SEASONS * season :], places[-_MOST_SEASONS * season :]
    phase = places % season
    counts = np.maximum(np.bincount(phase, minlength=season), 1)
    pattern = np.bincount(phase, deviations, minlength=season) / counts
    pattern = (pattern - pattern.mean()) * _reliability(deviations, places, season)
    left = deviations - pattern[phase]
    return pattern, float(np.sqrt(left @ left / len(left)))


def _reliability(deviations: Floats, places: np.ndarray, season: int) -> float:
    first, second = _halves(deviations, places, season)
    size = float(np.sqrt((first @ first) * (second @ second)))
    agreement = float(first @ second) / size if size > 0 else 0.0
    return 2 * agreement / (1 + agreement) if agreement > 0 else 0.0


def _halves(deviations: Floats, places: np.ndarray, season: int) -> tuple[Floats, Floats]:
    """The pattern in odd and in even seasons, less its mean, of the phases that both have; empty
    if those are too few to tell."""
    phase, half = places % season, places // season % 2
    sums, counts = np.zeros((2, season)), np.zeros((2, season))
    np.add.at(sums, (half, phase), deviations)
    np.add.at(counts, (half, phase), 1)
    both = counts.all(axis=0)
    if both.sum() * _LEAST_SHARED < season:
        return np.empty(0), np.empty(0)
    first, second = sums[:, both] / counts[:, both]
    return first - first.mean(), second - second.mean()


def yearly_wave(values: Floats, year: int, horizon: int) -> Floats | None:
    """What the time of the year multiplies by, for each value and the horizon after them: two
    waves around a straight line, which years of weeks or days tell long before they tell every
    single one. None where it is not known: of less than two years, or of few periods a year.

    The waves are believed as far as they stand out from chance (James & Stein 1961), errors that
    follow one another telling less than others.
    """
    count = len(values)
    if year < _FINE_YEAR or count < _LEAST_YEARS * year or values.mean() <= 0:
        return None
    places = np.arange(count + horizon)
    angles = 2 * np.pi * places / year
    waves = np.column_stack([turn(k * angles) for k in _WAVES for turn in (np.sin, np.cos)])
    line = np.column_stack([np.ones(count + horizon), (places - (count - 1) / 2) / count])
    known = np.column_stack([line, waves])[:count]
    products = np.einsum("ti,tj->ij", known, known)  # not BLAS: the same with any threads
    weights = np.linalg.solve(products, np.einsum("ti,t->i", known, values))
    left = values - (known * weights).sum(axis=1)
    wave = (waves * weights[2:]).sum(axis=1)
    size, noise = float((wave[:count] ** 2).sum()), float((left**2).sum())
    if size <= 0:
        return None
    alike = float(np.clip((left[1:] * left[:-1]).sum() / noise, 0, _MOST_ALIKE)) if noise else 0.0
    chance = waves.shape[1] * noise / (count - known.shape[1]) * (1 + alike) / (1 - alike)
    belief = max(0.0, 1 - chance / size)
    around = np.maximum((line * weights[:2]).sum(axis=1), _LEAST_LEVEL * values.mean())
    return np.asarray(np.clip(1 + belief * wave / around, *_WAVE_FACTORS)) if belief else None


def strength_of_season(values: Floats, season: int) -> float:
    """The share of the movement around the level that odd and even seasons have in common; about
    0, or below, where there is no season."""
    level = _centred_mean(values, season)
    known = np.isfinite(level)
    deviations = (values - level)[known]
    first, second = _halves(deviations, np.flatnonzero(known), season)
    size = float(deviations @ deviations)
    if not len(first) or size == 0:
        return 0.0
    return float(first @ second) / len(first) * len(deviations) / size
