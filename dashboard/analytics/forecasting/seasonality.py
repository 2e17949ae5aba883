"""The seasonal pattern of a series: found, believed as far as it stands out, taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.analytics.forecasting.history import Floats

_MOST_SEASONS = 60  # whose pattern is averaged, the latest ones


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

    The pattern is shrunk by the share of its variance that chance alone would give (James &
    Stein), so that noise is not taken for a season and an exact season is kept whole.
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
    pattern -= pattern.mean()
    rest = deviations - pattern[phase]
    freedom = max(1, len(deviations) - season)
    noise = float(rest @ rest) / freedom
    between = float(pattern @ pattern) / max(1, season - 1)
    by_chance = noise / float(counts.mean())
    kept = max(0.0, 1 - by_chance / between) if between > 0 else 0.0
    pattern = pattern * kept
    left = deviations - pattern[phase]
    return pattern, float(np.sqrt(left @ left / len(left)))


def strength_of_season(values: Floats, season: int) -> float:
    """The share of the movement around the level that the believed pattern explains, 0 to 1."""
    level = _centred_mean(values, season)
    known = np.isfinite(level)
    deviations = (values - level)[known]
    size = float(np.sqrt(deviations @ deviations / max(1, len(deviations))))
    if size == 0:
        return 0.0
    _found, rest = _pattern(deviations, np.flatnonzero(known), season)
    return 1 - (rest / size) ** 2
