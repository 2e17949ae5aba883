"""Inventory over time: promised against achieved service, dates of running out that hold what they
say, and a replay that loses no unit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analytics.inventory.ahead import HORIZON_DAYS, look_ahead
from dashboard.analytics.inventory.demand import Demand, estimate_demand
from dashboard.analytics.inventory.replay import (
    TURN_DAYS,
    judge_replay,
    replay_policy,
    slow_lead_days,
    sum_judged,
)
from dashboard.analytics.inventory.running_out import project_stock, tell_stock_out
from tests.test_analytics_inventory import demand_of, leads_of, points_of

ITEMS = 300


def estimated(history: np.ndarray) -> Demand:
    seen = np.ones(history.shape, bool)
    return estimate_demand(history, seen, np.zeros(len(history), int))


@pytest.fixture(scope="module")
def sold() -> tuple[np.ndarray, np.ndarray]:
    """A year to learn from and 1,000 days to be held to: negative binomial, 10 a day, σ 7.7."""
    chance = np.random.default_rng(20)
    days = chance.negative_binomial(2, 1 / 6, (ITEMS, 1_364)).astype(float)
    return days[:, :364], days[:, 364:]


@pytest.mark.parametrize(
    ("service", "tolerance"), [(0.90, 0.01), (0.95, 0.01), (0.98, 0.01), (0.99, 0.005)]
)
def test_the_promised_cycle_service_is_kept(
    sold: tuple[np.ndarray, np.ndarray], service: float, tolerance: float
) -> None:
    past, future = sold
    points = points_of(estimated(past), leads_of(14, ITEMS), service)
    judged = run(future, points["reorder_point"].to_numpy(float))
    assert judged["cycles"] > 10_000
    assert judged["cycle_service"] == pytest.approx(service, abs=tolerance)


def test_the_normal_formula_falls_short(sold: tuple[np.ndarray, np.ndarray]) -> None:
    past, future = sold
    points = points_of(estimated(past), leads_of(14, ITEMS), 0.99)
    judged = run(future, points["normal_reorder_point"].to_numpy(float))
    assert judged["cycle_service"] < 0.985


def run(future: np.ndarray, point: np.ndarray) -> pd.Series:
    lot = np.full(ITEMS, 240.0)
    lead = np.full(future.shape, 15)  # ordered in the evening, there on the 15th morning: 14 days
    replay = replay_policy(future, point + lot, point, lot, lead)
    return sum_judged(judge_replay(replay, np.ones(ITEMS)))


def autoregressive(chance: np.random.Generator, count: int, days: int) -> np.ndarray:
    found = np.zeros((count, days))
    state = chance.normal(0, 4 / np.sqrt(1 - 0.49), count)
    for day in range(days):
        state = 0.7 * state + chance.normal(0, 4, count)
        found[:, day] = state
    return np.maximum(10 + found, 0)


def inside(days: np.ndarray, stock: float) -> np.ndarray:
    """Whether each item ran out from P10 to P90, learnt from its first 364 days."""
    demand = estimated(days[:, :364])
    items = len(days)
    weeks = look_ahead(demand, leads_of(14, items), np.full(items, 100.0)).weeks
    nothing = np.zeros((items, HORIZON_DAYS))
    told = tell_stock_out(np.full(items, stock), nothing, weeks, np.full(items, 30.0))
    truth = (days[:, 364:].cumsum(axis=1) >= stock).argmax(axis=1)
    return np.asarray((truth >= told["out_p10"]) & (truth <= told["out_p90"]))


def test_the_day_of_running_out_lies_in_its_range_as_often_as_said() -> None:
    days = autoregressive(np.random.default_rng(21), 1_000, 364 + HORIZON_DAYS)
    assert estimated(days[:, :364]).is_correlated.mean() > 0.95
    assert inside(days, 300).mean() == pytest.approx(0.80, abs=0.05)


def test_it_does_for_negative_binomial_demand_too() -> None:
    days = np.random.default_rng(24).negative_binomial(2, 1 / 6, (1_500, 364 + HORIZON_DAYS))
    assert inside(days.astype(float), 300).mean() == pytest.approx(0.80, abs=0.05)


def test_the_chance_before_the_next_receipt_is_that_of_brute_force() -> None:
    chance = np.random.default_rng(22)
    history = chance.poisson(4, (1, 20_000)).astype(float)
    weeks = look_ahead(demand_of(history), leads_of(14), np.full(1, 50.0), paths=20_000).weeks
    receipts = np.zeros((1, HORIZON_DAYS))
    receipts[0, 5] = 10
    told = tell_stock_out(np.array([30.0]), receipts, weeks, np.array([12.0])).iloc[0]
    walks = chance.poisson(4, (100_000, 30)).cumsum(axis=1) >= 30 + receipts[:, :30].cumsum(axis=1)
    first = np.where(walks.any(axis=1), walks.argmax(axis=1), 30)
    assert told["chance_before_receipt"] == pytest.approx((first < 12).mean(), abs=0.04)
    assert [told["out_p10"], told["out_p50"], told["out_p90"]] == pytest.approx(
        np.quantile(first, [0.1, 0.5, 0.9], method="inverted_cdf"), abs=1
    )


def test_what_is_sold_out_has_run_out_today() -> None:
    weeks = look_ahead(demand_of(np.full(364, 2.0)), leads_of(5), np.ones(1)).weeks
    receipts = np.zeros((3, HORIZON_DAYS))
    receipts[2, 3] = 8
    told = tell_stock_out(
        np.array([-3.0, 5.0, 5.0]), receipts, np.repeat(weeks, 3, axis=0), np.full(3, 4.0)
    )
    # 5 last for two days; with 8 more on the fourth day the third is still the first without
    assert told["out_p50"].tolist() == [0, 2, 2]
    assert told["chance_before_receipt"].tolist() == [1, 1, 1]


def test_days_read_by_week_are_those_read_by_day() -> None:
    chance = np.random.default_rng(25)
    steps = chance.integers(0, 9, (500, 13, 7)) * (chance.random((500, 13, 7)) < 0.6)
    weeks = np.sort(steps, axis=2).cumsum(axis=1)
    free = chance.integers(-3, 60, 500).astype(float)
    nothing = np.zeros((500, HORIZON_DAYS))
    much = nothing.copy()
    much[:, -1] = 1e9  # on the last day, so that each day is looked at
    until = chance.integers(1, 120, 500).astype(float)
    quick, slow = (tell_stock_out(free, each, weeks, until) for each in (nothing, much))
    last = HORIZON_DAYS - 1
    for name in ("out_p10", "out_p50", "out_p90"):
        assert quick[name].where(quick[name] < last).equals(slow[name])
    assert quick["chance_before_receipt"].equals(slow["chance_before_receipt"])


def test_the_projected_stock_by_hand() -> None:
    weeks = look_ahead(demand_of(np.full(364, 2.0)), leads_of(5), np.ones(1)).weeks[0]
    receipts = np.zeros(HORIZON_DAYS)
    receipts[1] = 5
    found = project_stock(10, receipts, weeks)
    assert found["median"].tolist()[:3] == [8, 11, 9]
    assert found["median"].iloc[-1] == 15 - 2 * HORIZON_DAYS
    assert (found["low_80"] <= found["median"]).all() and (
        found["median"] <= found["high_80"]
    ).all()


def test_lead_times_of_a_replay_are_met_as_often_as_they_are_likely() -> None:
    quantiles = np.repeat([[5.0, 10.0, 10.0, 30.0]], 400, axis=0)
    days = slow_lead_days(quantiles, TURN_DAYS)
    assert days.mean() == pytest.approx((5 / 2 + 10 + 10 + 30 / 2) / 3, rel=0.02)
    # what is asked for later comes later, but for the days on which they fall
    arrives = np.arange(TURN_DAYS) + days
    held_up = np.maximum.accumulate(arrives, axis=1) - arrives
    assert held_up.mean() < 0.1 * days.mean()


def test_the_replay_by_hand() -> None:
    demand = np.array([[3.0, 3.0, 3.0, 0.0, 4.0, 1.0]])
    replay = replay_policy(
        demand, np.array([7.0]), np.array([4.0]), np.array([5.0]), np.full((1, 6), 2)
    )
    # day 0: 7−3=4 ≤ 4, order 5 for day 2; day 1: 1 left, position 6; day 2: 5 come, 3 left,
    # position 3 ≤ 4, order 5 for day 4; day 4: 5 come, 4 left, position 4, order 5; day 5: 3 left,
    # position 8
    assert replay.on_hand[0].tolist() == [4, 1, 3, 3, 4, 3]
    assert replay.ordered[0].tolist() == [5, 0, 5, 0, 5, 0]
    assert replay.received[0].tolist() == [0, 0, 5, 0, 5, 0]
    judged = judge_replay(replay, np.array([2.0])).iloc[0]
    assert judged["fill_rate"] == 1 and judged["orders"] == 3 and judged["stock_out_days"] == 0
    assert judged["average_value"] == pytest.approx(2 * 18 / 6)


def test_what_waits_is_served_first_and_spoils_its_cycle() -> None:
    demand = np.array([[5.0, 2.0, 1.0, 0.0]])
    replay = replay_policy(
        demand, np.array([4.0]), np.array([0.0]), np.array([6.0]), np.full((1, 4), 2)
    )
    assert replay.waiting[0].tolist() == [1, 3, 0, 0]
    assert replay.delivered[0].tolist() == [4, 0, 4, 0]
    judged = judge_replay(replay, np.array([1.0])).iloc[0]
    assert judged["served"] == 5 and judged["fill_rate"] == pytest.approx(5 / 8)
    assert (judged["cycles"], judged["cycles_without"]) == (1, 0)
    assert judged["stock_out_days"] == 2


worlds = st.tuples(
    st.lists(st.lists(st.integers(0, 12), min_size=25, max_size=25), min_size=1, max_size=3),
    st.integers(0, 30),  # opening
    st.integers(-3, 25),  # reorder point
    st.integers(0, 15),  # how much higher
    st.integers(1, 20),  # order quantity
    st.lists(st.integers(1, 9), min_size=25, max_size=25),  # lead time of each day's order
)


@settings(max_examples=60, deadline=None)
@given(worlds)
def test_no_unit_is_lost_and_more_service_is_never_less_stock(world: tuple) -> None:  # type: ignore[type-arg]
    sold, opening, point, higher, lot, lead = world
    demand = np.array(sold, float)
    items = len(demand)
    leads = np.tile(lead, (items, 1))

    def run_with(level: int) -> object:
        return replay_policy(
            demand, np.full(items, float(opening)), np.full(items, float(level)),
            np.full(items, float(lot)), leads,
        )  # fmt: skip

    low, high = run_with(point), run_with(point + higher)
    for each in (low, high):
        before = np.concatenate((each.opening[:, None], each.on_hand[:, :-1]), axis=1)
        waited = np.concatenate((np.zeros((items, 1)), each.waiting[:, :-1]), axis=1)
        assert (before + each.received - each.delivered == each.on_hand).all()
        assert (waited + demand - each.delivered == each.waiting).all()
        assert ((each.on_hand == 0) | (each.waiting == 0)).all()
        assert (each.received.cumsum(axis=1) <= each.ordered.cumsum(axis=1)).all()
    assert (high.on_hand >= low.on_hand).all() and (high.waiting <= low.waiting).all()
    assert (high.served >= low.served).all()
    judged = [sum_judged(judge_replay(each, np.ones(items))) for each in (low, high)]
    assert judged[1]["stock_out_days"] <= judged[0]["stock_out_days"]
    assert judged[1]["served"] >= judged[0]["served"]
