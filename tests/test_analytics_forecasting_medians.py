"""Members of skewed series are set on the median, which errs least."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.analytics.forecasting import ALL, FAST, History, forecast_series
from dashboard.analytics.forecasting.history import Window
from dashboard.analytics.forecasting.medians import LEAST, MOST, set_on_medians
from dashboard.analytics.forecasting.members import COMBINED, SET_RIGHT, forecast_members

NAMES = [name for name in FAST if name not in ("repeating", "weighted")]
ORIGINS, HORIZON = 6, 28


def told_and_actual(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    actual = chance.gamma(1.5, 1.0, (ORIGINS, HORIZON))
    past = chance.gamma(8.0, 0.25, (len(NAMES), ORIGINS, HORIZON))
    past[NAMES.index("theta"), 0] = np.nan  # too little to go by at the first origin
    return past, actual, chance.gamma(8.0, 0.25, (len(NAMES), HORIZON))


def best_factor(told: np.ndarray, actual: np.ndarray) -> float:
    """By trying thousands of them; then half believed at 150 periods."""
    known = np.isfinite(told)
    tried = np.linspace(0.05, 3.0, 59_001)
    misses = [np.abs(actual[known] - factor * told[known]).sum() for factor in tried[::20]]
    near = tried[::20][int(np.argmin(misses))]
    close = tried[np.abs(tried - near) < 0.002]
    best = close[int(np.argmin([np.abs(actual[known] - f * told[known]).sum() for f in close]))]
    return float(np.clip(best ** (known.sum() / (known.sum() + 150)), LEAST, MOST))


def test_each_factor_is_the_one_that_errs_least() -> None:
    past, actual, now = told_and_actual(5)
    before, now_before = past.copy(), now.copy()
    set_on_medians(NAMES, past, actual, now)
    for name in set(NAMES) & set(SET_RIGHT):
        row = NAMES.index(name)
        factor = best_factor(before[row], actual)
        np.testing.assert_allclose(now[row], factor * now_before[row], rtol=2e-4)
        for origin in range(ORIGINS):
            others = np.arange(ORIGINS) != origin
            factor = best_factor(before[row][others], actual[others])
            np.testing.assert_allclose(past[row, origin], factor * before[row, origin], rtol=2e-4)


def test_naive_members_stay_and_combined_ones_are_made_anew() -> None:
    past, actual, now = told_and_actual(6)
    before = past.copy()
    set_on_medians(NAMES, past, actual, now)
    for name in set(NAMES) - set(SET_RIGHT) - set(COMBINED):
        np.testing.assert_array_equal(past[NAMES.index(name)], before[NAMES.index(name)])
    rows = [NAMES.index(name) for name in ("theta", "damped", "autoregression")]
    np.testing.assert_allclose(past[NAMES.index("mean")], np.nanmean(past[rows], axis=0))
    rows += [NAMES.index("seasonal_naive"), NAMES.index("year_on_year")]
    np.testing.assert_allclose(past[NAMES.index("median")], np.nanmedian(past[rows], axis=0))
    np.testing.assert_allclose(now[NAMES.index("mean")], now[rows[:3]].mean(axis=0))


@pytest.mark.parametrize("origins", [0, 1, 2])
def test_few_origins_tell_nothing(origins: int) -> None:
    past, actual, now = told_and_actual(7)
    few, before = past[:, :origins].copy(), now.copy()
    set_on_medians(NAMES, few, actual[:origins], now)
    np.testing.assert_array_equal(now, before)


def test_of_skewed_days_the_median_is_told_and_the_mean_expected() -> None:
    """Lognormal days with σ = 1: the median is e^-½ = 61 % of the mean."""
    chance = np.random.default_rng(11)
    values = 1000 * np.exp(chance.standard_normal(800))
    told = forecast_series(
        History(values, 7), 28, members=[each for each in ALL if each != "prophet_log"]
    )
    assert told.periods["value"].mean() == pytest.approx(1000, rel=0.12)
    past, row = told.past, told.past.names.index(told.member)
    came_in = past.actual.sum() / past.told[row].sum()
    assert came_in == pytest.approx(np.exp(0.5), rel=0.12)
    np.testing.assert_allclose(told.periods["expected"], came_in * told.periods["value"])


def test_no_factor_goes_below_the_least() -> None:
    """Most days without an order: the median is 0, and what is told must stay a forecast."""
    past, actual, now = told_and_actual(8)
    actual[:, ::3], actual[:, 1::3] = 0.0, 0.0
    before = now.copy()
    set_on_medians(NAMES, past, actual, now)
    row = NAMES.index("damped")
    np.testing.assert_allclose(now[row], LEAST * before[row])


@pytest.mark.parametrize(
    ("values", "floor"),
    [(1000 + 300 * np.random.default_rng(12).gamma(1.0, 1.0, 400), 0.0),
     (np.random.default_rng(13).gamma(0.5, 100.0, 400) - 40, -np.inf)],
    ids=["well above 0: errors are ratios", "below 0 too: no factor means anything"],
)  # fmt: skip
def test_members_are_left_alone(values: np.ndarray, floor: float) -> None:
    history = History(values, 7)
    told = forecast_series(history, 28, members=["theta"], floor=floor)
    raw = forecast_members([Window(history, 400)], 28, ("theta",), seed=7, floor=floor).values
    np.testing.assert_allclose(told.members.loc["theta"], raw[0, 0])
