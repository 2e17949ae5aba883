"""What the time of the year multiplies by."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.analytics.forecasting import History, forecast_series
from dashboard.analytics.forecasting.seasonality import yearly_wave

YEAR, AHEAD = 52, 26


def weeks(count: int, *, size: float, noise: float, seed: int = 3) -> np.ndarray:
    """Around 100, highest in the 13th week of a year."""
    wave = 1 + size * np.sin(2 * np.pi * np.arange(count) / YEAR)
    return 100 * wave * np.exp(noise * np.random.default_rng(seed).standard_normal(count))


def follow(count: int, alike: float, size: float) -> np.ndarray:
    """Noise of which each value is like the one before."""
    steps = size * np.random.default_rng(5).standard_normal(count)
    for place in range(1, count):
        steps[place] += alike * steps[place - 1]
    return steps


def test_a_clear_wave_is_found_and_carried_on() -> None:
    known = yearly_wave(weeks(120, size=0.3, noise=0.0), YEAR, AHEAD)
    assert known is not None
    truth = 1 + 0.3 * np.sin(2 * np.pi * np.arange(120 + AHEAD) / YEAR)
    np.testing.assert_allclose(known, truth, atol=0.01)


def test_the_wave_is_the_least_squares_one_times_its_belief() -> None:
    """Worked out anew with numpy's own solver."""
    values = weeks(130, size=0.25, noise=0.0) * np.exp(follow(130, 0.6, 0.15))
    told = yearly_wave(values, YEAR, AHEAD)
    assert told is not None
    place = np.arange(130 + AHEAD)
    turns = [turn(2 * np.pi * k * place / YEAR) for k in (1, 2) for turn in (np.sin, np.cos)]
    every = np.column_stack([np.ones(len(place)), place, *turns])
    weights = np.linalg.lstsq(every[:130], values, rcond=None)[0]
    wave, line = every[:, 2:] @ weights[2:], every[:, :2] @ weights[:2]
    left = values - every[:130] @ weights
    alike = np.clip(left[1:] @ left[:-1] / (left @ left), 0, 0.9)
    assert alike > 0.4
    chance = 4 * left @ left / (130 - 6) * (1 + alike) / (1 - alike)
    belief = 1 - chance / (wave[:130] @ wave[:130])
    assert 0.5 < belief < 1
    np.testing.assert_allclose(told, 1 + belief * wave / line, rtol=1e-9)


def test_noise_is_hardly_taken_for_a_wave() -> None:
    moved = []
    for seed in range(60):
        told = yearly_wave(weeks(120, size=0.0, noise=0.4, seed=seed), YEAR, AHEAD)
        moved.append(0.0 if told is None else float(np.abs(told - 1).mean()))
    assert np.mean(moved) < 0.03  # of 0.16 that the waves would move without doubt
    assert np.median(moved) < 0.02


@pytest.mark.parametrize(
    ("values", "year"),
    [(weeks(98, size=0.3, noise=0.0), YEAR), (weeks(120, size=0.3, noise=0.0), 12),
     (np.zeros(120), YEAR), (np.full(120, 5.0), YEAR)],
    ids=["less than two years", "months", "nothing", "constant"],
)  # fmt: skip
def test_it_is_not_known(values: np.ndarray, year: int) -> None:
    told = yearly_wave(values, year, AHEAD)
    assert told is None or np.allclose(told, 1)


def test_forecasts_follow_the_time_of_the_year() -> None:
    """Half a year ahead, of two years in which single weeks tell no season yet."""
    values = weeks(110, size=0.4, noise=0.15, seed=8)
    told = forecast_series(History(values, YEAR, None, "week"), AHEAD, members=["theta"])
    truth = 100 * (1 + 0.4 * np.sin(2 * np.pi * np.arange(110, 110 + AHEAD) / YEAR))
    theta = told.members.loc["theta"].to_numpy()
    assert np.abs(theta - truth).mean() < 14  # of 39 by the last value
