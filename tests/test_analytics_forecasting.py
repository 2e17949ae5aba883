"""Forecasts: exact on what is exact, close to statsmodels, honest about what is short or broken."""

from __future__ import annotations

import warnings
from datetime import date

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from statsmodels.tsa.forecasting.theta import ThetaModel
from statsmodels.tsa.holtwinters import ExponentialSmoothing, SimpleExpSmoothing
from statsmodels.tsa.seasonal import seasonal_decompose

from dashboard.analytics.forecasting import (
    ALL,
    FAST,
    Forecast,
    History,
    Step,
    forecast_many,
    forecast_series,
    simulate_paths,
)
from dashboard.analytics.forecasting.accuracy import (
    bias,
    coverage,
    judge,
    mase,
    naive_scale,
    smape,
    step_groups,
    wape,
)
from dashboard.analytics.forecasting.autoregression import regress_on_lags
from dashboard.analytics.forecasting.choosing import choose_member, past_origins
from dashboard.analytics.forecasting.history import Window, clean_history
from dashboard.analytics.forecasting.members import forecast_members, forecast_year_on_year
from dashboard.analytics.forecasting.regular import find_common_season
from dashboard.analytics.forecasting.seasonality import find_season
from dashboard.analytics.forecasting.smoothing import Rows, smooth_level, smooth_trend
from tests.forecasting import AIR_PASSENGERS, Floats, noisy_days, weekly_pattern

ENDS = ["low_80", "high_80", "low_95", "high_95"]


def values_of(forecast: Forecast) -> Floats:
    return forecast.periods["value"].to_numpy(np.float64)


def told_by(name: str, values: Floats, season: int, horizon: int) -> Floats:
    windows = [Window(History(values, season), len(values))]
    return forecast_members(windows, horizon, [name], seed=7, floor=-np.inf).values[0, 0]


# ---- measures, by hand ----


def test_measures_are_those_worked_out_by_hand() -> None:
    actual, told = np.array([10.0, 20.0, 0.0]), np.array([12.0, 15.0, 0.0])
    assert wape(actual, told) == pytest.approx(7 / 30)
    assert bias(actual, told) == pytest.approx(-3 / 30)
    # 200·2/22, 200·5/35 and 0 where both are 0
    assert smape(actual, told) == pytest.approx((400 / 22 + 1000 / 35 + 0) / 3)
    # in-sample seasonal naive of season 2: |3−1|, |5−2|, |4−3| → mean 2
    assert naive_scale(np.array([1.0, 2.0, 3.0, 5.0, 4.0]), 2) == 2.0
    assert mase(actual, told, 2.0) == pytest.approx((7 / 3) / 2)
    low, high = np.array([10.0, 10.0, 1.0]), np.array([11.0, 25.0, 2.0])
    assert coverage(actual, low, high) == pytest.approx(2 / 3)
    assert np.isnan(wape(np.zeros(2), np.ones(2))) and np.isnan(mase(actual, told, 0.0))


def test_measures_of_many_are_those_of_each() -> None:
    chance = np.random.default_rng(1)
    told, actual = chance.uniform(1, 9, (2, 3, 4)), chance.uniform(1, 9, (3, 4))
    told[1, 0] = np.nan  # this member did not tell the first origin
    scales = np.array([2.0, 0.0, 4.0])
    ends = np.stack([told - 1, told + 1, told - 3, told + 3], axis=2)
    found = judge(told, actual, scales, ends)
    seen = slice(1, 3)
    assert found["origins"].tolist() == [3, 2]
    assert found["wape"][1] == pytest.approx(wape(actual[seen], told[1, seen]))
    assert found["smape"][1] == pytest.approx(smape(actual[seen], told[1, seen]))
    assert found["bias"][0] == pytest.approx(bias(actual, told[0]))
    each = [mase(actual[row], told[0, row], scales[row]) for row in (0, 2)]
    assert found["mase"][0] == pytest.approx(np.mean(each))
    within = coverage(actual[seen], told[1, seen] - 1, told[1, seen] + 1)
    assert found["coverage_80"][1] == pytest.approx(within)


def test_the_horizon_is_told_in_parts() -> None:
    assert step_groups(28) == [(0, 7), (7, 14), (14, 21), (21, 28)]
    assert step_groups(1) == [(0, 1)] and step_groups(2) == [(0, 1), (1, 2)]


# ---- exactness ----

WEEKS = weekly_pattern(420)
EXACT = {
    "constant": (np.full(60, 8.25), 7),
    "constant without season": (np.full(66, 3.0), 1),
    "trend": (5 + 0.75 * np.arange(200.0), 7),
    "falling trend": (900 - 3.5 * np.arange(150.0), 1),
    "short trend": (10 + 2.0 * np.arange(66), 1),
    "long trend of days": (5 + 0.75 * np.arange(900.0), 7),
    "season of days": (WEEKS, 7),
    "season of months": (np.resize([3.0, 9, 4, 1, 7, 7, 2, 8, 5, 5, 6, 12], 108), 12),
    "season of weeks": (np.resize(40 + np.random.default_rng(2).uniform(0, 9, 52), 260), 52),
    "trend and season": (WEEKS + 0.5 * np.arange(420), 7),
    "zeros": (np.zeros(50), 7),
    "two seasons": (WEEKS[:44], 7),
    "season with days without sales": (np.resize([0.0, 0, 5, 7, 9, 0, 1], 45), 7),
    "season that grows": (WEEKS[:60] * (1 + 0.01 * np.arange(60)), 7),
    "season that grows by a rate": (WEEKS[:60] * 1.004 ** np.arange(60), 7),
    "few points of a trend": (5 + 0.75 * np.arange(36.0), 7),
    "below nothing": (40 - 3.0 * np.arange(50.0), 7),
    "whole numbers": (np.arange(3, 403, 2), 7),
}  # fmt: skip
LOWEST = {"below nothing": -np.inf}


@pytest.mark.parametrize("name", EXACT)
@pytest.mark.parametrize("horizon", [1, 10, 30])
def test_what_is_exact_is_forecast_exactly(name: str, horizon: int) -> None:
    values, season = EXACT[name]
    history = History(values[:-horizon], season)
    told = forecast_series(history, horizon, members=FAST, floor=LOWEST.get(name, 0.0))
    assert_allclose(values_of(told), values[-horizon:], rtol=1e-7, atol=1e-7)
    assert_allclose(told.periods["expected"], values[-horizon:], rtol=1e-7, atol=1e-7)
    assert_allclose(told.periods["high_95"] - told.periods["low_95"], 0, atol=1e-5)


STEPS: dict[str, tuple[Step, int]] = {
    "days": ("day", 7),
    "weeks": ("week", 52),
    "months": ("month", 12),
}


@pytest.mark.parametrize("name", STEPS)
def test_the_shipped_default_is_exact_on_dated_periods(name: str) -> None:
    step, season = STEPS[name]
    pattern = np.random.default_rng(4).uniform(5, 20, season)
    count, horizon = 2 * season + 5, season + 3  # longer than a season
    for values in (
        np.full(count + horizon, 7.0),
        3 + 0.25 * np.arange(count + horizon),
        np.resize(pattern, count + horizon),
        np.resize(pattern, count + horizon) + 0.5 * np.arange(count + horizon),
    ):
        told = forecast_series(History(values[:count], season, date(2022, 1, 3), step), horizon)
        assert_allclose(values_of(told), values[count:], rtol=1e-9)


def test_what_only_seems_to_repeat_is_not_taken_for_it() -> None:
    noisy = np.resize([3.0, 9, 4, 1, 7, 7, 2], 28)
    noisy[11] += 1e-3
    for values in (
        noisy,
        np.array([3.0, 3, 4]),
        np.array([0.0, 0, 0, 5, 0, 0, 0, 0, 5, 0]),
        noisy[:10],
    ):
        assert np.isnan(told_by("repeating", values, 7, 4)).all()


def test_origins_that_were_filled_in_tell_nothing() -> None:
    values = noisy_days(9, 420)
    values[60:360] = np.nan
    history, notes = clean_history(History(values, 7))
    assert notes == ("broken",) and history.filled is not None and history.filled.sum() == 300
    cuts = past_origins(history, 14, 6)
    assert all(np.isfinite(values[cut : cut + 14]).mean() >= 0.5 for cut in cuts) and len(cuts) == 6
    told = forecast_series(History(values, 7), 14, members=FAST)
    width = told.periods["high_80"] - told.periods["low_80"]
    assert (width > 0.2 * told.periods["value"]).all()  # not that of a year repeated


def test_an_origin_knows_a_season_where_that_leaves_anything_to_judge() -> None:
    assert min(past_origins(History(np.arange(40.0), 12), 14, 6)) >= 12
    assert past_origins(History(np.arange(32.0), 7), 28, 6) == []  # 4 values tell no week


def test_prophet_is_tried_and_gives_way_to_what_is_exact() -> None:
    told = forecast_series(History(30 + 1.5 * np.arange(120.0), 7), 14, origins=2)
    assert set(told.members.index) == set(ALL)
    assert (
        told.member == "repeating" and told.accuracy.set_index("member").loc["trend", "wape"] < 1e-9
    )
    assert_allclose(values_of(told), 30 + 1.5 * np.arange(120, 134), rtol=1e-8)


# ---- against independent computations ----


def test_the_season_is_that_of_statsmodels() -> None:
    factors = seasonal_decompose(AIR_PASSENGERS, model="multiplicative", period=12).seasonal[:12]
    found = find_season(AIR_PASSENGERS, 12)
    assert found.is_multiplied
    assert_allclose(found.over(0, 12), factors, atol=0.015)
    added = AIR_PASSENGERS - 500  # a factor makes no sense below 0
    summands = seasonal_decompose(added, model="additive", period=12).seasonal[:12]
    found = find_season(added, 12)
    assert not found.is_multiplied
    believed = float(found.over(0, 12) @ summands) / float(summands @ summands)
    assert 0.97 < believed < 1
    assert_allclose(found.over(0, 12), summands * believed, atol=1e-9)


def test_of_noise_little_season_is_believed() -> None:
    chance = np.random.default_rng(3)
    believed, seen = [], []
    for _each in range(60):
        noise = chance.normal(0, 10, 70)
        believed.append(np.ptp(find_season(noise, 7).pattern))
        seen.append(np.ptp(pd.Series(noise).groupby(np.arange(70) % 7).mean()))
    assert np.mean(believed) < 0.45 * np.mean(seen)


def deseasonalised() -> Floats:
    factors = seasonal_decompose(AIR_PASSENGERS, model="multiplicative", period=12).seasonal
    return np.asarray(AIR_PASSENGERS / factors)


def test_simple_smoothing_is_that_of_statsmodels() -> None:
    values = deseasonalised()
    theirs = SimpleExpSmoothing(values, initialization_method="estimated").fit()
    level, alpha = smooth_level(Rows.of([values]))
    assert float(alpha[0]) == pytest.approx(theirs.params["smoothing_level"], abs=0.02)
    assert float(level[0]) == pytest.approx(float(theirs.forecast(1)[0]), rel=0.002)


def test_theta_is_that_of_statsmodels() -> None:
    values = deseasonalised()
    theirs = ThetaModel(values, period=12, deseasonalize=False).fit().forecast(12, theta=2)
    assert_allclose(told_by("theta", values, 1, 12), theirs, rtol=0.005)


def test_theta_has_half_the_slope_of_the_whole() -> None:
    values = deseasonalised()
    told = told_by("theta", values, 1, 20)
    slope = np.polyfit(np.arange(len(values)), values, 1)[0]
    assert_allclose(np.diff(told), slope / 2, rtol=1e-6)


def test_damped_trend_is_no_worse_fitted_than_by_statsmodels() -> None:
    values = deseasonalised()
    theirs = ExponentialSmoothing(
        values, trend="add", damped_trend=True, initialization_method="estimated",
        bounds={"damping_trend": (0.8, 0.98)},
    ).fit()  # fmt: skip
    level, trend, phi = smooth_trend(Rows.of([values]), is_damped=True)
    assert 0.8 <= float(phi[0]) <= 0.98
    told = told_by("damped", values, 1, 12)
    assert_allclose(told, theirs.forecast(12), rtol=0.02)
    assert float(told[0]) == pytest.approx(float(level[0] + phi[0] * trend[0]))
    assert np.all(np.abs(np.diff(told, 2)) <= np.abs(np.diff(told)[:-1]) + 1e-9)


def test_rows_side_by_side_are_each_alone() -> None:
    series = [noisy_days(seed, count) for seed, count in ((1, 400), (2, 90), (3, 12))]
    for name in ("theta", "damped", "trend", "autoregression"):
        windows = [Window(History(each, 7), len(each)) for each in series]
        together = forecast_members(windows, 9, [name], seed=7, floor=0.0).values[0]
        for row, each in enumerate(series):
            assert_array_equal(together[row], told_by(name, each, 7, 9))


def test_autoregression_finds_the_coefficients() -> None:
    chance = np.random.default_rng(4)
    values = np.zeros(6000)
    for place in range(2, 6000):
        values[place] = 1.2 * values[place - 1] - 0.5 * values[place - 2] + chance.normal()
    told = regress_on_lags([values], 5)[0]
    truth, two = [], [values[-2], values[-1]]
    for _step in range(5):
        two = [two[1], 1.2 * two[1] - 0.5 * two[0]]
        truth.append(two[1])
    assert_allclose(told, truth, atol=0.15)


def test_year_on_year_is_last_year_times_the_recent_change() -> None:
    year = np.random.default_rng(5).uniform(80, 120, 52)
    values = np.concatenate([year, year * 1.1, year[:20] * 1.21])
    told = forecast_year_on_year([Window(History(values, 52), len(values))], 6)[0]
    assert_allclose(told, year[20:26] * 1.1 * 1.1)
    grown = np.concatenate([year, year * 3])  # held at a quarter more
    told = forecast_year_on_year([Window(History(grown, 52), len(grown))], 3)[0]
    assert_allclose(told, year[:3] * 3 * 1.25)
    assert np.isnan(forecast_year_on_year([Window(History(year, 52), 52)], 3)).all()


def test_a_season_that_nobody_named_is_found() -> None:
    chance = np.random.default_rng(6)
    cycle = 100 + 30 * np.sin(2 * np.pi * np.arange(300) / 52)
    assert find_common_season([cycle + chance.normal(0, 5, 300) for _each in range(5)]) == 52
    walks = [100 + np.cumsum(chance.normal(0, 1, 300)) for _each in range(20)]
    assert find_common_season(walks) == 1


# ---- the choice ----


def test_origins_are_a_horizon_apart_where_the_history_is_long() -> None:
    assert past_origins(History(np.ones(400), 7), 28, 6) == [232, 260, 288, 316, 344, 372]
    short = past_origins(History(np.ones(60), 7), 28, 6)
    assert len(short) == 6 and short[-1] == 32 and short[0] >= 16
    half = past_origins(History(np.ones(80), 52), 13, 6)
    assert len(half) == 6 and half[0] >= 33 and half[-1] == 67
    assert past_origins(History(np.ones(8), 7), 28, 6) == []


def test_a_member_must_be_clearly_better_than_seasonal_naive() -> None:
    actual = np.full((6, 4), 100.0)
    now = np.full((3, 4), 100.0)
    for miss, chosen in ((9.9, "seasonal_naive"), (9.7, "mean")):
        told = np.stack([actual + 10, actual + miss, actual + 50])
        choice = choose_member(["seasonal_naive", "mean", "theta"], told, actual, now)
        assert choice.member == chosen
        assert choice.fell_back == (chosen == "seasonal_naive")
        assert choice.losses["theta"] == pytest.approx(5.0)


def test_a_single_member_must_be_clearly_better_than_the_mean() -> None:
    actual, now = np.full((6, 4), 100.0), np.full((3, 4), 100.0)
    for miss, chosen in ((4.5, "mean"), (4.2, "theta")):
        told = np.stack([actual + 10, actual + 5, actual - miss])
        assert (
            choose_member(["seasonal_naive", "mean", "theta"], told, actual, now).member == chosen
        )


def test_a_member_that_cannot_tell_now_is_not_chosen() -> None:
    actual = np.full((6, 2), 10.0)
    told = np.stack([actual + 1, actual])
    now = np.array([[10.0, 10.0], [np.nan, np.nan]])
    assert choose_member(["seasonal_naive", "theta"], told, actual, now).member == "seasonal_naive"


def test_where_seasonal_naive_is_the_truth_it_is_the_default() -> None:
    chance = np.random.default_rng(7)
    walks = [
        (300 + 10 * np.cumsum(chance.normal(size=(60, 7)), axis=0)).ravel() for _each in range(40)
    ]
    told = forecast_many([History(walk, 7) for walk in walks], 14, members=FAST)
    fell_back = [each for each in told if each.member == "seasonal_naive"]
    assert len(fell_back) >= 36 and all("fell_back" in each.notes for each in fell_back)
    worse = pd.concat([each.accuracy for each in told])
    assert worse.loc[worse["member"] == "damped", "is_worse_than_naive"].mean() > 0.8


def test_the_default_beats_seasonal_naive_on_noisy_days() -> None:
    full = [noisy_days(seed, 428) for seed in range(40)]
    told = forecast_many([History(each[:400], 7) for each in full], 28, members=FAST)
    own = sum(np.abs(values_of(a) - b[400:]).sum() for a, b in zip(told, full, strict=True))
    naive = sum(
        np.abs(a.members.loc["seasonal_naive"].to_numpy() - b[400:]).sum()
        for a, b in zip(told, full, strict=True)
    )
    assert own < 0.85 * naive


# ---- input that is short, empty or broken ----

BROKEN: dict[str, tuple[list[float], list[float], set[str]]] = {
    "empty": ([], [0, 0, 0], {"empty"}),
    "no numbers": ([np.nan, np.inf], [0, 0, 0], {"empty", "broken"}),
    "one value": ([4.0], [4, 4, 4], {"short"}),
    "two values": ([4.0, 6.0], [5, 5, 5], {"short"}),
    "constant": ([4.0] * 40, [4, 4, 4], {"constant"}),
    "zeros": ([0.0] * 40, [0, 0, 0], {"constant"}),
    "begins unknown": ([np.nan] * 3 + [4.0] * 40, [4, 4, 4], {"broken", "constant"}),
    "holes": ([4.0, np.nan, 4.0, -np.inf] * 10, [4, 4, 4], {"broken", "constant"}),
}


@pytest.mark.parametrize("name", BROKEN)
def test_bad_input_gets_the_simplest_forecast_and_a_note(name: str) -> None:
    values, truth, notes = BROKEN[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = forecast_series(History(np.array(values), 7), 3, members=FAST)
        paths = simulate_paths(told, 50, 1)
    assert values_of(told).tolist() == truth
    assert set(told.notes) == notes
    assert np.isfinite(told.periods.to_numpy()).all() and np.isfinite(paths).all()
    assert list(told.accuracy.columns) == [
        "member", "wape", "mase", "smape", "bias", "coverage_80", "coverage_95",
        "is_worse_than_naive", "origins",
    ]  # fmt: skip


@pytest.mark.parametrize("count", [3, 5, 9, 14, 15, 20, 31, 45])
@pytest.mark.parametrize("season", [1, 7, 12, 52])
def test_every_length_is_answered_without_a_warning(count: int, season: int) -> None:
    values = np.random.default_rng(count).poisson(2, count).astype(np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        told = forecast_series(History(values, season), 13, members=FAST)
    ends = told.periods[ENDS].to_numpy()
    assert np.isfinite(ends).all() and (ends >= 0).all()
    assert (told.periods["low_95"] <= told.periods["low_80"]).all()
    assert (told.periods["low_80"] <= told.periods["value"]).all()
    assert (told.periods["value"] <= told.periods["high_80"]).all()
    assert (told.periods["high_80"] <= told.periods["high_95"]).all()


def test_an_unknown_value_is_taken_from_a_season_before() -> None:
    values = weekly_pattern(21)
    values[[0, 9, 10]] = np.nan
    cleaned, notes = clean_history(History(values, 7, date(2026, 3, 1), "day"))
    assert notes == ("broken",) and cleaned.start == date(2026, 3, 2)
    assert_array_equal(cleaned.values[8:10], weekly_pattern(21)[9:11])


def test_no_value_is_below_the_floor_and_a_lower_floor_allows_it() -> None:
    falling = 100 - 2.0 * np.arange(45)
    assert values_of(forecast_series(History(falling, 1), 20, members=FAST)).min() == 0.0
    told = forecast_series(History(falling, 1), 20, members=FAST, floor=-np.inf)
    assert_allclose(values_of(told), 100 - 2.0 * np.arange(45, 65))


def test_wrong_questions_are_refused() -> None:
    with pytest.raises(ValueError, match="horizon"):
        forecast_series(History(np.ones(9), 1), 0)
    with pytest.raises(ValueError, match="no such member: arima"):
        forecast_series(History(np.ones(9), 1), 3, members=["arima"])
