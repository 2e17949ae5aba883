"""Intervals cover what they say, paths agree with them, Prophet's parts make up its forecast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from dashboard.analytics.forecasting import (
    FAST,
    History,
    forecast_many,
    forecast_series,
    simulate_paths,
)
from dashboard.analytics.forecasting.boosting import forecast_boosted
from dashboard.analytics.forecasting.events import event_factors, event_periods
from dashboard.analytics.forecasting.history import Window
from dashboard.analytics.forecasting.intervals import bands, growth_of, offsets_of
from dashboard.analytics.forecasting.prophet_member import forecast_default, forecast_log
from tests.forecasting import Floats, noisy_days

ENDS = ["low_80", "high_80", "low_95", "high_95"]
HORIZON = 14
MADE: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "noise around a season": lambda chance, count: np.exp(
        4 + 0.3 * np.sin(2 * np.pi * np.arange(count) / 7) + 0.2 * chance.normal(size=count)
    ),
    "a random walk": lambda chance, count: 300 + np.cumsum(chance.normal(size=count)),
    "persistent swings": lambda chance, count: (
        100 + 3 * np.convolve(chance.normal(size=count + 60), 0.9 ** np.arange(60))[60 : 60 + count]
    ),
    "a season that walks": lambda chance, count: (
        300 + 10 * np.cumsum(chance.normal(size=(count // 7 + 1, 7)), axis=0)
    ).ravel()[:count],
    "small counts": lambda chance, count: chance.poisson(3, count).astype(np.float64),
}


def test_intervals_cover_what_they_say() -> None:
    covered = {}
    for name, make in MADE.items():
        chance = np.random.default_rng(11)
        full = [make(chance, 214) for _each in range(120)]
        told = forecast_many([History(each[:200], 7) for each in full], HORIZON, members=FAST)
        ends = np.array([each.periods[ENDS].to_numpy() for each in told])
        after = np.array([each[200:] for each in full])
        inside = [
            float(((after >= ends[:, :, low]) & (after <= ends[:, :, low + 1])).mean())
            for low in (0, 2)
        ]
        covered[name] = inside
        assert 0.74 <= inside[0] <= 0.88 and 0.91 <= inside[1] <= 0.99, (name, inside)
    pooled = np.mean(list(covered.values()), axis=0)
    assert 0.76 <= pooled[0] <= 0.84
    assert 0.93 <= pooled[1] <= 0.98


def test_the_stated_past_coverage_is_that_of_intervals_from_the_other_origins() -> None:
    told = forecast_series(History(noisy_days(3), 7), HORIZON, members=["theta"])
    row = told.accuracy.set_index("member").loc["theta"]
    assert 0.6 < row["coverage_80"] < 1 and row["coverage_80"] <= row["coverage_95"]
    errors = told.errors if told.member == "theta" else None
    assert errors is not None
    inside = 0.0
    for place in range(6):
        others = np.delete(errors, place, axis=0)
        inside += (np.abs(errors[place]) <= offsets_of(others, 5.0, is_skewed=False)[1]).mean() / 6
    assert row["coverage_80"] == pytest.approx(inside)


def test_ends_by_hand() -> None:
    errors = np.array([[1.0], [-2.0], [3.0], [-4.0], [5.0]])
    # 80 % raised by 1.25/6 of the rest: the 0.8417 quantile of 1 … 5 is 1 + 4·0.8417
    ends = offsets_of(errors, 5.0, is_skewed=False)[:, 0]
    assert ends[1] == -ends[0] == pytest.approx(1 + 4 * (0.8 + 0.2 * 1.25 / 6))
    assert ends[3] == -ends[2] == pytest.approx(1.65 * ends[1])
    # of each side: −4, −2, 1, 3, 5 at 0.1·(1 − 1.9/6) of the rest, and in the middle
    ends = offsets_of(errors, 5.0, is_skewed=True)[:, 0]
    share = 0.1 * (1 - 1.9 / 6)
    assert ends[:2] == pytest.approx([-4 + 2 * 4 * share, 5 - 2 * 4 * share])
    assert ends[4:].tolist() == [-2, 1, 3]
    # origins that overlap: sizes count in full, those of each side by √(5 · 1.8) = 3 origins
    overlapping = offsets_of(errors, 1.8, is_skewed=False)[:, 0]
    assert overlapping[1] == pytest.approx(1 + 4 * (0.8 + 0.2 * 1.25 / 6))
    overlapping = offsets_of(errors, 1.8, is_skewed=True)[:, 0]
    assert overlapping[0] == pytest.approx(-4 + 2 * 4 * 0.1 * (1 - 1.9 / 4))
    assert not offsets_of(np.zeros((4, 3)), 4.0, is_skewed=False).any()
    low, high, low_95, high_95 = bands(
        np.array([10.0]), np.array([[-2.0], [2.0], [-30.0], [30.0]]), level=1.0, floor=0.0
    )
    assert (low[0], high[0], low_95[0], high_95[0]) == (8, 12, 0, 40)
    factors = np.log([[1 / 2], [2.0], [1 / 3], [3.0]])
    low, high, *_rest = bands(np.array([10.0]), factors, level=0.0, floor=0.0)
    assert (low[0], high[0]) == pytest.approx((5, 20))


def test_errors_that_grow_are_seen_to_grow() -> None:
    chance = np.random.default_rng(12)
    walks = np.cumsum(chance.normal(size=(400, 28)), axis=1)
    assert growth_of(walks)[-1] == pytest.approx(28**0.5, rel=0.1)
    assert growth_of(chance.normal(size=(400, 28)))[-1] == pytest.approx(1.0, abs=0.12)


def test_intervals_of_a_longer_look_are_not_narrower() -> None:
    walk = 500 + np.cumsum(np.random.default_rng(13).normal(size=400))
    told = forecast_series(History(walk, 1), 28, members=FAST).periods
    width = (told["high_80"] - told["low_80"]).to_numpy()
    assert np.all(np.diff(width) >= 0) and width[-1] > 2 * width[0]


# ---- paths ----


@pytest.mark.parametrize("values", [noisy_days(5), np.round(noisy_days(6) / 30)])
def test_paths_have_the_quantiles_of_the_intervals(values: Floats) -> None:
    told = forecast_series(History(values, 7), HORIZON, members=FAST)
    paths = simulate_paths(told, 4000, 9)
    assert paths.shape == (4000, HORIZON) and paths.min() >= 0
    for share, column in ((0.1, "low_80"), (0.9, "high_80"), (0.025, "low_95"), (0.975, "high_95")):
        assert_allclose(np.quantile(paths, share, axis=0), told.periods[column], rtol=5e-3,
                        atol=5e-3)  # fmt: skip
    assert_array_equal(paths, simulate_paths(told, 4000, 9))
    assert not np.array_equal(paths, simulate_paths(told, 4000, 10))


def test_paths_hold_together_as_the_errors_do() -> None:
    chance = np.random.default_rng(14)
    walk = forecast_series(History(500 + np.cumsum(chance.normal(size=700)), 1), 28, members=FAST)
    noise = forecast_series(History(500 + chance.normal(size=700), 1), 28, members=FAST)
    together = [
        np.corrcoef(paths[:, 5], paths[:, 25])[0, 1]
        for paths in (simulate_paths(walk, 2000, 1), simulate_paths(noise, 2000, 1))
    ]
    assert together[0] > 0.4 and abs(together[1]) < 0.25
    # so a sum of correlated steps is less sure than one of independent steps
    sums = simulate_paths(walk, 2000, 1).sum(axis=1)
    alone = np.sqrt((simulate_paths(walk, 2000, 1).std(axis=0) ** 2).sum())
    assert sums.std() > 1.5 * alone


def test_paths_of_what_is_exact_are_all_the_same() -> None:
    told = forecast_series(History(5 + 2.0 * np.arange(80), 1), 6, members=FAST)
    paths = simulate_paths(told, 20, 1)
    assert_allclose(paths, np.tile(told.periods["value"], (20, 1)), rtol=1e-6)


def test_of_skewed_series_the_expected_values_add_up_to_what_comes() -> None:
    chance = np.random.default_rng(16)
    full = chance.poisson(0.8, (60, 428)) * chance.lognormal(2, 1, (60, 428))  # a few large orders
    told = forecast_many([History(each[:400], 7) for each in full], 28, members=FAST)
    after = full[:, 400:].sum()
    expected = sum(each.periods["expected"].sum() for each in told)
    value = sum(each.periods["value"].sum() for each in told)
    assert expected == pytest.approx(after, rel=0.12)
    assert value < 0.95 * expected
    steady = forecast_series(History(noisy_days(1), 7), 5, members=FAST).periods
    assert_array_equal(steady["expected"], steady["value"])


# ---- the same again ----


def test_a_series_is_forecast_the_same_alone_and_among_others() -> None:
    histories = [
        History(noisy_days(seed, 150 + 20 * seed), 7 if seed % 2 else 1) for seed in range(70)
    ]
    together = forecast_many(histories, 10, members=FAST)
    for place in (0, 3, 63, 64, 69):
        alone = forecast_series(histories[place], 10, members=FAST)
        assert_array_equal(alone.periods, together[place].periods)
        assert alone.member == together[place].member
        assert_array_equal(alone.errors, together[place].errors)


def test_the_argument_is_not_changed() -> None:
    values = noisy_days(1)
    values[7] = np.nan
    before = values.copy()
    forecast_series(History(values, 7), 5, members=FAST)
    assert_array_equal(values, before)


# ---- Prophet and boosting ----

EVENTS = pd.DataFrame(
    {
        "name": ["sale", "sale", "sale"],
        "first_on": [date(2024, 3, 4), date(2024, 9, 2), date(2025, 2, 3)],
        "last_on": [date(2024, 3, 6), date(2024, 9, 4), date(2025, 2, 5)],
    }
)


def with_sales(count: int) -> History:
    values = noisy_days(8, count)
    days = pd.date_range("2024-01-01", periods=count)
    for event in EVENTS.itertuples():
        values[(days >= str(event.first_on)) & (days <= str(event.last_on))] *= 3
    return History(values, 7, date(2024, 1, 1), "day", EVENTS)


def test_prophets_parts_make_up_its_forecast(capfd: pytest.CaptureFixture[str]) -> None:
    history = with_sales(395)  # to 2025-01-29: the third sale is to come
    value, parts = forecast_log(Window(history, 395), HORIZON, seed=7, with_components=True)
    assert parts is not None and len(parts) == 395 + HORIZON
    ahead = parts[parts["is_future"]]
    assert_allclose(ahead[["trend", "weekly", "yearly", "events"]].prod(axis=1), value)
    assert ahead["period_on"].iloc[0] == pd.Timestamp("2025-01-30")
    sale = ahead["period_on"].between("2025-02-03", "2025-02-05")
    assert ahead.loc[sale, "events"].between(2, 3.6).all()
    assert_allclose(ahead.loc[~sale, "events"], 1.0)
    weekdays = parts.groupby(parts["period_on"].dt.dayofweek)["weekly"].mean()
    assert weekdays.idxmax() == 5 and weekdays.max() > 1.5
    said = capfd.readouterr()
    assert said.out == "" and said.err == ""


def test_quick_members_know_events_too() -> None:
    history = with_sales(395)
    without = History(history.values, 7, history.start, "day")
    told = forecast_series(history, HORIZON, members=FAST)
    plain = forecast_series(without, HORIZON, members=FAST)
    days = pd.date_range("2025-01-30", periods=HORIZON)
    sale = days.to_series().between("2025-02-03", "2025-02-05").to_numpy()
    for name in ("theta", "damped", "autoregression", "mean"):
        ratio = (told.members.loc[name] / plain.members.loc[name]).to_numpy()
        assert (ratio[sale] > 2.0).all() and (ratio[sale] < 3.3).all(), name
        assert_allclose(ratio[~sale], 1, atol=0.12)
    assert_array_equal(told.members.loc["seasonal_naive"], plain.members.loc["seasonal_naive"])


def test_an_event_that_did_nothing_changes_little() -> None:
    values = noisy_days(8, 395)
    history = History(values, 7, date(2024, 1, 1), "day", EVENTS)
    factors = event_factors(Window(history, 395), HORIZON)
    assert factors is not None and np.abs(np.log(factors)).max() < 0.12
    assert event_factors(Window(replace(history, events=None), 395), HORIZON) is None
    weeks = replace(history, values=values[:60], season=1, step="week")
    assert event_periods(weeks, 0, 60) == [("sale", 9), ("sale", 35), ("sale", 57)]


def test_an_event_is_known_only_as_planned() -> None:
    history = with_sales(395)
    future = History(history.values[:300], 7, history.start, "day", EVENTS)
    value, _parts = forecast_log(Window(history, 300), HORIZON, seed=7)
    alone, _parts = forecast_log(Window(future, 300), HORIZON, seed=7)
    assert_array_equal(value, alone)


def test_all_members_answer_and_components_come_with_them(
    capfd: pytest.CaptureFixture[str],
) -> None:
    told = forecast_series(with_sales(395), HORIZON, origins=2)
    yearly = {"year_on_year", "yearly_mean", "yearly_prophet"}  # too short for a year before
    known = np.isfinite(told.members).all(axis=1)
    assert set(known.index[~known]) == {*yearly, "repeating"}
    assert told.components is not None
    assert set(told.accuracy["member"]) >= {"prophet_log", "boosting", "mean"}
    said = capfd.readouterr()
    assert said.out == "" and said.err == ""


def test_prophet_out_of_the_box_is_prophet(capfd: pytest.CaptureFixture[str]) -> None:
    from prophet import Prophet

    history = with_sales(300)
    ours = forecast_default(Window(history, 300), 5, seed=7)
    frame = pd.DataFrame({"ds": history.days(0, 300), "y": history.values})
    theirs = Prophet().fit(frame)
    future = pd.DataFrame({"ds": history.days(300, 5)})
    assert_allclose(ours[0], theirs.predict(future)["yhat"], rtol=1e-6)
    assert (ours[1] < ours[0]).all() and (ours[0] < ours[2]).all() and (ours[3] < ours[1]).all()
    told = forecast_default(Window(history, 300), 5, seed=7)
    assert_array_equal(ours, told)


def test_boosting_learns_what_smoothing_cannot() -> None:
    # the change from week to week alternates with the season before
    pattern = np.resize([10.0, 30.0, 12.0, 28.0, 50.0, 9.0, 20.0] * 2, 700)
    pattern = pattern * np.where(np.arange(700) // 7 % 2 == 0, 1.0, 1.5)
    noise = np.random.default_rng(15).normal(1, 0.02, 700)
    told = forecast_boosted(Window(History((pattern * noise)[:672], 7), 672), 28, seed=7)
    naive = np.resize(pattern[665:672], 28)
    truth = pattern[672:700]
    assert np.abs(told - truth).mean() < 0.5 * np.abs(naive - truth).mean()
    short = forecast_boosted(Window(History(pattern[:90], 7), 90), 28, seed=7)
    assert np.isnan(short).all()
