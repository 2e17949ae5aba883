"""Inventory over time: promised against achieved service, dates of running out that hold what they
say, and a replay that loses no unit."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analytics.inventory.demand import Demand, estimate_demand
from dashboard.analytics.inventory.paths import draw_days
from dashboard.analytics.inventory.replay import judge_replay, replay_policy, sum_judged
from dashboard.analytics.inventory.running_out import project_stock, tell_stock_out
from tests.test_analytics_inventory import leads_of, points_of

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


def test_the_day_of_running_out_lies_in_its_range_as_often_as_said() -> None:
    chance = np.random.default_rng(21)
    days = autoregressive(chance, 2_000, 364 + 90)
    demand = estimated(days[:, :364])
    assert demand.is_correlated.mean() > 0.95
    stock, horizon = np.full(100, 300.0), 90
    inside = []
    for first in range(0, 2_000, 100):
        rows = slice(first, first + 100)
        part = Demand(**{name: value[rows] for name, value in vars(demand).items()})
        told = tell_stock_out(
            stock, np.zeros((100, horizon)), draw_days(part, horizon, paths=400), np.full(100, 30.0)
        )
        truth = (days[rows, 364:].cumsum(axis=1) >= 300).argmax(axis=1)
        inside.append((truth >= told["out_p10"]) & (truth <= told["out_p90"]))
    assert np.mean(inside) == pytest.approx(0.80, abs=0.05)


def test_the_chance_before_the_next_receipt_is_that_of_brute_force() -> None:
    chance = np.random.default_rng(22)
    history = chance.poisson(4, (1, 20_000)).astype(float)
    demand = Demand(
        rate=np.array([4.0]), deviation=np.array([2.0]), level_error=np.zeros(1),
        kind=np.array(["regular"]), seen_days=np.array([20_000]), zero_share=np.zeros(1),
        history=history, scale=np.ones(1), is_correlated=np.zeros(1, bool),
        large_days=np.zeros(1, int),
    )  # fmt: skip
    receipts = np.zeros((1, 30))
    receipts[0, 5] = 10
    told = tell_stock_out(
        np.array([30.0]), receipts, draw_days(demand, 30, paths=20_000), np.array([12.0])
    ).iloc[0]
    walks = chance.poisson(4, (200_000, 30)).cumsum(axis=1) >= 30 + receipts.cumsum(axis=1)
    first = np.where(walks.any(axis=1), walks.argmax(axis=1), 30)
    assert told["chance_before_receipt"] == pytest.approx((first < 12).mean(), abs=0.015)
    assert [told["out_p10"], told["out_p50"], told["out_p90"]] == pytest.approx(
        np.quantile(first, [0.1, 0.5, 0.9], method="inverted_cdf"), abs=1
    )


def test_the_projected_stock_by_hand() -> None:
    days = np.array([[2.0, 2.0, 2.0], [4.0, 4.0, 4.0]])
    found = project_stock(10, np.array([0.0, 5.0, 0.0]), days)
    assert found["mean"].tolist() == [7, 9, 6]
    assert (found["low_80"] < found["high_80"]).all()


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


@settings(max_examples=150, deadline=None)
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


def test_a_year_of_two_hundred_products_is_quick() -> None:
    chance = np.random.default_rng(23)
    demand = chance.poisson(3, (200, 365)).astype(float)
    lead = chance.integers(3, 30, (200, 365))
    began = time.perf_counter()
    replay = replay_policy(demand, np.full(200, 40.0), np.full(200, 30.0), np.full(200, 50.0), lead)
    assert sum_judged(judge_replay(replay, np.ones(200)))["demand"] == demand.sum()
    assert time.perf_counter() - began < 5
