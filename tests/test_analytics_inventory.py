"""Inventory by hand, by the textbook and by brute force: classes, demand, lead times, reorder
points, order quantities and who gets what is short."""

from __future__ import annotations

import doctest
import importlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, poisson

from dashboard.analytics.inventory.ahead import look_ahead
from dashboard.analytics.inventory.allocation import Weights, allocate
from dashboard.analytics.inventory.classes import classify, vary
from dashboard.analytics.inventory.demand import (
    Demand,
    estimate_demand,
    smooth_intermittent,
    usual_limit,
)
from dashboard.analytics.inventory.lead_time import LeadTimes, learn_lead_times
from dashboard.analytics.inventory.position import place_stock
from dashboard.analytics.inventory.reorder import (
    set_reorder_points,
    size_orders,
    suggest_quantity,
)
from dashboard.analytics.inventory.season import with_season
from dashboard.analytics.inventory.textbook import (
    best_s_and_s,
    economic_order_quantity,
    newsvendor_normal,
    normal_safety_stock,
    order_cost,
)

MODULES = (
    "ahead", "allocation", "classes", "demand", "grids", "lead_time", "position", "reorder",
    "running_out", "textbook",
)  # fmt: skip


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_the_docstrings_hold(module: str) -> None:
    found = importlib.import_module(f"dashboard.analytics.inventory.{module}")
    results = doctest.testmod(found, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.attempted and not results.failed


def demand_of(history: np.ndarray, **changes: np.ndarray) -> Demand:
    history = np.atleast_2d(np.asarray(history, float))
    items = len(history)
    values = {
        "rate": history.mean(axis=1), "deviation": history.std(axis=1, ddof=1),
        "level_error": np.zeros(items), "kind": np.full(items, "regular"),
        "seen_days": np.full(items, history.shape[1]), "zero_share": np.zeros(items),
        "history": history, "scale": np.ones(items), "is_correlated": np.zeros(items, bool),
        "large_days": np.zeros(items, int), "recent": history.mean(axis=1),
        "recent_error": np.zeros(items),
    }  # fmt: skip
    return Demand(**{**values, **changes})


def leads_of(days: float, items: int = 1) -> LeadTimes:
    return learn_lead_times(
        pd.DataFrame({"product_id": range(items), "supplier_id": 1, "lead_time_days": days,
                      "supplier_lead_time_days": np.nan}),
        pd.DataFrame({"product_id": [], "supplier_id": [], "lead_days": []}),
    )  # fmt: skip


def points_of(
    demand: Demand, leads: LeadTimes, service: float | np.ndarray, paths: int = 1_000,
    lot: float = 1e9,
) -> pd.DataFrame:  # fmt: skip
    levels = np.broadcast_to(service, len(demand.rate))
    quantity = np.full(len(demand.rate), lot)
    return set_reorder_points(
        demand, leads, look_ahead(demand, leads, quantity, paths=paths), levels
    )


class TestTextbook:
    """The figures of stockpyl 1.0.2 for the examples of Snyder and Shen."""

    def test_economic_order_quantity(self) -> None:
        quantity = economic_order_quantity(8, 0.225, 1300)
        assert quantity == pytest.approx(304.0468, abs=5e-5)
        assert order_cost(quantity, 8, 0.225, 1300) == pytest.approx(68.4105, abs=5e-5)

    def test_no_other_quantity_costs_less(self) -> None:
        best = order_cost(economic_order_quantity(8, 0.225, 1300), 8, 0.225, 1300)
        assert all(order_cost(each, 8, 0.225, 1300) >= best for each in range(1, 1300))

    def test_newsvendor(self) -> None:
        level, cost = newsvendor_normal(0.18, 0.70, 50, 8)
        assert level == pytest.approx(56.60396, abs=5e-6)
        assert cost == pytest.approx(1.997605, abs=5e-7)

    def test_newsvendor_is_what_many_mornings_cost(self) -> None:
        demand = np.random.default_rng(3).normal(50, 8, 2_000_000)
        level, cost = newsvendor_normal(0.18, 0.70, 50, 8)

        def paid(stock: float) -> float:
            left = stock - demand
            return float((0.18 * np.maximum(left, 0) + 0.70 * np.maximum(-left, 0)).mean())

        assert paid(level) == pytest.approx(cost, rel=0.005)
        assert paid(level) < min(paid(level - 1), paid(level + 1))

    def test_s_and_s(self) -> None:
        low, high, cost = best_s_and_s(1, 4, 5, 6)
        assert (low, high) == (4, 10)
        assert cost == pytest.approx(8.034112, abs=5e-7)

    @pytest.mark.parametrize(
        ("holding", "stockout", "fixed", "mean"), [(1, 4, 5, 6), (1, 9, 20, 3), (2, 5, 1, 4)]
    )
    def test_no_other_pair_costs_less(
        self, holding: float, stockout: float, fixed: float, mean: float
    ) -> None:
        low, high, cost = best_s_and_s(holding, stockout, fixed, mean)
        every = {
            (s, up): markov_cost(s, up, holding, stockout, fixed, mean)
            for s in range(low - 3, low + 4)
            for up in range(max(s + 1, high - 4), high + 5)
        }
        assert min(every, key=every.__getitem__) == (low, high)
        assert every[low, high] == pytest.approx(cost, rel=1e-6)

    def test_normal_safety_stock_by_hand(self) -> None:
        # z(95 %) = 1.644854; 9 days × 4² + 10² × 2² = 144 + 400
        found = normal_safety_stock(0.95, *map(np.array, ([9.0], [2.0], [10.0], [4.0])))
        assert found[0] == pytest.approx(1.644854 * np.sqrt(544), abs=1e-4)


def markov_cost(
    low: int, high: int, holding: float, stockout: float, fixed: float, mean: float
) -> float:
    """The long-run cost of a period, from the stationary chances of the stock after ordering."""
    levels = np.arange(low + 1, high + 1)
    units = np.arange(60)
    chances = poisson.pmf(units, mean)
    moves = np.zeros((len(levels), len(levels)))
    for place, level in enumerate(levels):
        for unit, chance in zip(units, chances, strict=True):
            left = level - unit
            moves[place, (high if left <= low else left) - low - 1] += chance
    moves /= moves.sum(axis=1, keepdims=True)
    many = np.linalg.matrix_power(moves, 4096)[0]
    cost = 0.0
    for level, share in zip(levels, many, strict=True):
        left = level - units
        cost += share * float(
            chances @ (holding * np.maximum(left, 0) + stockout * np.maximum(-left, 0))
            + fixed * chances[left <= low].sum()
        )
    return cost


class TestClasses:
    def test_by_hand(self) -> None:
        weekly = np.array([[10, 10], [9, 11], [4, 12], [0, 8], [0, 0]], float)
        value = np.array([500.0, 300.0, 150.0, 40.0, 10.0])
        found = classify(value, vary(weekly), abc_cuts=(0.8, 0.95), xyz_cuts=(0.1, 0.5))
        assert found["abc"].tolist() == ["A", "A", "B", "C", "C"]
        assert found["xyz"].tolist() == ["X", "X", "Y", "Z", "Z"]
        assert found["share"].tolist() == pytest.approx([0.5, 0.8, 0.95, 0.99, 1.0])
        assert found["variation"].tolist()[:4] == pytest.approx([0.0, 0.1, 0.5, 1.0])

    def test_one_product_of_nearly_all_value_is_a(self) -> None:
        assert classify(np.array([99.0, 1.0]), np.zeros(2))["abc"].tolist() == ["A", "C"]

    def test_nothing_sold_is_c_and_z(self) -> None:
        found = classify(np.array([0.0, np.nan]), vary(np.zeros((2, 3))))
        assert found["abc"].tolist() == ["C", "C"] and found["xyz"].tolist() == ["Z", "Z"]


class TestPosition:
    def test_severities_by_hand(self) -> None:
        rows = pd.DataFrame(
            [  # on hand, reserved, on order, point, demand, lead, order, unsold, severity
                (5, 7, 9, 4, 1.0, 5.0, 10, 1, "short"),
                (7, 7, 0, 4, 1.0, 5.0, 10, 1, "out"),
                (4, 0, 0, 10, 1.0, 5.0, 10, 1, "critical"),
                (4, 0, 20, 10, 1.0, 5.0, 10, 1, "coming"),
                (8, 0, 2, 10, 1.0, 5.0, 10, 1, "low"),
                (500, 0, 0, 10, 1.0, 5.0, 10, 1, "over"),
                (15, 0, 0, 10, 1.0, 5.0, 10, 1, "ok"),
                (15, 0, 0, 0, 0.0, 5.0, 10, 400, "dead"),
                (15, 0, 0, np.nan, 0.0, 5.0, 10, np.nan, "dead"),
                (0, 0, 0, 0, 0.0, 5.0, 10, 400, "ok"),
                (15, 0, 0, 0, 0.0, 5.0, 10, 180, "dead"),
                (15, 0, 0, 0, 0.0, 5.0, 10, 179, "ok"),
                # for 300 days, but an order brings more
                (15, 0, 0, 10, 0.05, 5.0, 10, 1, "ok"),
            ],
            columns=["on_hand", "reserved", "on_order", "reorder_point", "daily_demand",
                     "lead_days", "order_quantity", "days_unsold", "expected"],
        )  # fmt: skip
        found = place_stock(rows)
        assert found["severity"].tolist() == rows["expected"].tolist()
        assert found["projected"].tolist()[:2] == [7, 0]
        assert found["is_low"].tolist() == [True] * 5 + [False] * 4 + [True] + [False] * 3

    def test_nothing_gives_nothing(self) -> None:
        names = ("on_hand", "reserved", "on_order", "reorder_point", "daily_demand", "lead_days",
                 "order_quantity", "days_unsold")  # fmt: skip
        found = place_stock(pd.DataFrame({name: pd.Series(dtype=float) for name in names}))
        assert len(found) == 0 and "severity" in found


class TestDemand:
    def test_empty_shelves_are_not_days_without_demand(self) -> None:
        chance = np.random.default_rng(4)
        truth = chance.poisson(6, (30, 364)).astype(float)
        seen = chance.random(truth.shape) > 0.3
        censored = np.where(seen, truth, 0.0)
        found = estimate_demand(censored, seen, np.zeros(30, int))
        naive = estimate_demand(censored, np.ones_like(seen), np.zeros(30, int))
        assert found.rate.mean() == pytest.approx(6, rel=0.03)
        assert naive.rate.mean() == pytest.approx(6 * 0.7, rel=0.03)
        assert found.deviation.mean() == pytest.approx(np.sqrt(6), rel=0.03)

    def test_weights_halve_every_ninety_days(self) -> None:
        units = np.repeat([2.0, 5.0], 90)[None]
        found = estimate_demand(units, np.ones_like(units, bool), np.zeros(1, int))
        # the later days weigh twice as much: (2 + 2 × 5) ÷ 3
        assert found.rate[0] == pytest.approx(4)

    def test_days_that_resemble_each_other_tell_less(self) -> None:
        units = np.tile(np.repeat([2.0, 4.0], 14), (2, 13))
        np.random.default_rng(8).shuffle(units[1])
        found = estimate_demand(units, np.ones_like(units, bool), np.zeros(2, int))
        assert found.is_correlated.tolist() == [True, False]
        assert found.level_error[0] > 2 * found.level_error[1]

    def test_intermittent_items_by_an_independent_loop(self) -> None:
        chance = np.random.default_rng(5)
        units = np.where(chance.random(200) < 0.2, chance.poisson(4, 200) + 1, 0).astype(float)
        p, z = float((units > 0).mean()), float(units[units > 0].mean())
        for unit in units:
            p += 0.02 * ((unit > 0) - p)
            z += 0.02 * (unit - z) if unit > 0 else 0
        found = estimate_demand(units[None], np.ones((1, 200), bool), np.zeros(1, int))
        assert found.kind.tolist() == ["intermittent"]
        assert found.rate[0] == pytest.approx(p * z)
        assert smooth_intermittent(units[None], np.ones((1, 200), bool))[0] == pytest.approx(p * z)

    def test_what_stopped_selling_fades(self) -> None:
        units = np.concatenate((np.full(264, 0.0), np.zeros(100)))[None]
        units[0, 0:264:3] = 3
        found = estimate_demand(units, np.ones_like(units, bool), np.zeros(1, int))
        assert found.rate[0] < 0.25 * units.mean()

    def test_a_new_product_borrows_from_its_group_and_says_so(self) -> None:
        units = np.zeros((3, 100))
        units[0], units[1], units[2, -14:] = 4.0, 8.0, 1.0
        seen = np.ones_like(units, bool)
        seen[2, :-14] = False
        found = estimate_demand(units, seen, np.array([1, 1, 1]))
        assert found.kind.tolist() == ["regular", "regular", "borrowed"]
        # 14 days of 1 and 28 days at the level of its group, 6
        assert found.rate[2] == pytest.approx((14 + 28 * 6) / 42)
        assert found.history[2].mean() == pytest.approx(found.rate[2])
        assert 0.2 < found.level_error[2] < 0.5

    def test_one_large_order_is_no_reason_to_stock_for_it(self) -> None:
        units = np.tile([2.0, 3.0, 4.0, 1.0], (1, 90))
        calm = estimate_demand(units, np.ones_like(units, bool), np.zeros(1, int))
        units[0, 100] = 5_000
        found = estimate_demand(units, np.ones_like(units, bool), np.zeros(1, int))
        assert found.large_days.tolist() == [1] and calm.large_days.tolist() == [0]
        unseen = estimate_demand(units, units < 5_000, np.zeros(1, int))
        assert unseen.large_days.tolist() == [0]
        # 21 days at the mean of all, (5000 + 899) ÷ 360
        assert found.history.max() <= 21 * (5_000 + 899) / 360 * 1.01 + 1
        assert found.rate[0] < 1.5 * calm.rate[0]

    def test_a_large_order_among_few_is_measured_by_the_others(self) -> None:
        units = np.zeros((2, 180))
        units[:, 20:160:20] = [1, 2, 3, 5, 7, 25, 30]
        units[1, 179] = 390
        seen = np.ones_like(units, bool)
        # 3 × 30, the 90 % quantile of the other seven; 21 days at the mean, 463 ÷ 180, are less
        assert usual_limit(units, seen)[1] == 90
        found = estimate_demand(units, seen, np.zeros(2, int))
        assert found.large_days.tolist() == [0, 1]
        assert (found.history / found.scale[:, None]).max(axis=1) == pytest.approx([30, 90])
        calm, jumpy = points_of(found, leads_of(20, items=2), 0.95)["reorder_point"]
        assert calm < jumpy < 3 * calm and jumpy < 390

    def test_nothing_sold_and_nobody_to_borrow_from(self) -> None:
        found = estimate_demand(np.zeros((2, 50)), np.zeros((2, 50), bool), np.zeros(2, int))
        assert found.kind.tolist() == ["none", "none"] and not found.rate.any()
        assert not look_ahead(found, leads_of(10, 2), np.ones(2)).weeks.any()


class TestLeadTimes:
    def test_where_they_are_known_from(self) -> None:
        items = pd.DataFrame(
            {"product_id": [1, 2, 3, 4, 5], "supplier_id": [7, 7, 8, 8, 9],
             "lead_time_days": [10, 10, 20, np.nan, np.nan],
             "supplier_lead_time_days": [np.nan, np.nan, 30, 30, np.nan]}
        )  # fmt: skip
        receipts = pd.DataFrame(
            {"product_id": 1, "supplier_id": 7, "lead_days": [8, 9, 11, 12, 15]}
        )
        found = learn_lead_times(items, receipts)
        assert found.source.tolist() == [
            "receipts", "supplier_receipts", "stated", "supplier_stated", "assumed"
        ]  # fmt: skip
        assert found.mean.tolist() == [11, 11, 20, 30, 14]
        assert found.deviation[0] == pytest.approx(np.std([8, 9, 11, 12, 15], ddof=1))
        assert found.receipts.tolist() == [5, 5, 0, 0, 0]
        assert found.draw(np.array([0.0, 0.5, 1.0]))[0].tolist() == [8, 11, 15]

    def test_hurried_receipts_do_not_count(self) -> None:
        items = pd.DataFrame({"product_id": [1], "supplier_id": [7], "lead_time_days": [20.0],
                              "supplier_lead_time_days": [np.nan]})  # fmt: skip
        days = [20, 22, 18, 20, 20, 3, 2, 4]
        receipts = pd.DataFrame({"product_id": 1, "supplier_id": 7, "lead_days": days})
        assert learn_lead_times(items, receipts).mean[0] == 20

    def test_what_was_received_before_it_was_ordered_tells_nothing(self) -> None:
        items = pd.DataFrame(
            {"product_id": [1], "supplier_id": [7], "lead_time_days": [np.nan],
             "supplier_lead_time_days": [np.nan]}
        )  # fmt: skip
        receipts = pd.DataFrame({"product_id": 1, "supplier_id": 7, "lead_days": [9] * 5 + [-90]})
        assert learn_lead_times(items, receipts).mean[0] == 9


class TestReorderPoint:
    def test_constant_demand_by_hand(self) -> None:
        found = points_of(demand_of(np.full(364, 3.0)), leads_of(10), 0.95)
        row = found.iloc[0]
        # 30 in 10 days; the day that reaches the point takes 0, 1 or 2 beyond it
        assert row["lead_demand"] == pytest.approx(30)
        assert row["undershoot"] == pytest.approx(1, abs=0.1)
        assert row["reorder_point"] == 32
        assert row["safety_stock"] == pytest.approx(2)
        assert row["normal_safety_stock"] == 0 and row["normal_reorder_point"] == 30

    def test_a_level_that_is_not_known_well_spreads_around_the_rate(self) -> None:
        known, unsure = (
            points_of(
                demand_of(np.full(364, 3.0), level_error=np.array([error])), leads_of(10), 0.9
            )
            for error in (0.0, 0.5)
        )
        assert unsure["lead_demand"][0] == pytest.approx(known["lead_demand"][0], rel=0.05)
        # a log-normal factor of mean 1 and variation 0.5 reaches 1.64 in 90 of 100 days, and 1.25
        # times as much in 90 of 100 orders: a stock that sells more orders more often
        assert unsure["reorder_point"][0] == pytest.approx(30 * 1.64 * 1.25 + 1, rel=0.1)

    def test_the_chance_counts_the_day_on_which_the_last_unit_goes(self) -> None:
        found = look_ahead(demand_of(np.full(364, 3.0)), leads_of(10), np.ones(1))
        assert [found.chance_of(np.array([free]))[0] for free in (29, 30, 31)] == [1, 1, 0]

    def test_every_lead_time_is_as_likely_as_it_was(self) -> None:
        items = pd.DataFrame({"product_id": [1], "supplier_id": 7, "lead_time_days": [np.nan],
                              "supplier_lead_time_days": [np.nan]})  # fmt: skip
        receipts = pd.DataFrame(
            {"product_id": 1, "supplier_id": 7, "lead_days": [10] * 5 + [20] * 5}
        )
        leads = learn_lead_times(items, receipts)
        found = look_ahead(demand_of(np.full(364, 3.0)), leads, np.ones(1))
        assert found.mean[0] == pytest.approx(3 * 15, abs=0.3)
        assert found.chance_of(np.array([31.0]))[0] == pytest.approx(0.5, abs=0.01)

    def test_long_histories_of_poisson_demand_give_its_quantile(self) -> None:
        history = np.random.default_rng(6).poisson(5, 60_000)
        found = points_of(demand_of(history), leads_of(7), 0.95, paths=40_000).iloc[0]
        # demand of 7 days and an undershoot: P(u) = P(D > u) ÷ E[D]
        under = poisson.sf(np.arange(40), 5) / 5
        total = np.convolve(poisson.pmf(np.arange(200), 35), under)
        assert found["reorder_point"] == np.searchsorted(total.cumsum(), 0.95)
        assert found["normal_safety_stock"] == pytest.approx(
            norm.ppf(0.95) * np.sqrt(7 * 5), rel=0.01
        )

    def test_more_demand_is_more_days_with_it_not_larger_orders(self) -> None:
        usual = demand_of(np.tile([0, 0, 0, 4.0, 0, 9.0, 0], 52))
        busy = with_season(usual, np.array([2.0]))
        one, two = (points_of(each, leads_of(14), 0.95).iloc[0] for each in (usual, busy))
        assert two["lead_demand"] == pytest.approx(2 * one["lead_demand"])
        assert two["deviation"] ** 2 == pytest.approx(2 * one["deviation"] ** 2)
        # 4 in 13 on a day of 4, the rest on one of 9: 1.5 and 4 of them beyond the point
        assert (
            two["undershoot"] == one["undershoot"] == pytest.approx(4 / 13 * 1.5 + 9 / 13 * 4, 0.05)
        )

    def test_small_lots_leave_the_stock_further_below_the_point(self) -> None:
        # days of 10: from 1 to 4 above the point, where a lot of 4 leaves it, a day takes it 6 to 9
        # below; from anywhere, where a large one leaves it, 0 to 9
        small, large = (
            points_of(demand_of(np.full(364, 10.0)), leads_of(5), 0.95, lot=lot).iloc[0]
            for lot in (4, 1_000)
        )
        assert small["undershoot"] == pytest.approx(7.5, abs=0.1)
        assert large["undershoot"] == pytest.approx(4.5, abs=0.2)
        assert (small["reorder_point"], large["reorder_point"]) == (59, 59)

    def test_between_two_levels_of_the_grid_a_point_lies_between_theirs(self) -> None:
        history = np.random.default_rng(9).negative_binomial(2, 0.1, (1, 364))
        low, middle, high = (
            points_of(demand_of(history), leads_of(14), each)["reorder_point"].iloc[0]
            for each in (0.90, 0.91, 0.925)
        )
        assert low < middle < high

    def test_it_never_falls_as_the_service_level_rises(self) -> None:
        history = np.random.default_rng(7).negative_binomial(2, 0.2, (1, 364))
        points = [
            int(points_of(demand_of(history), leads_of(14), each)["reorder_point"].iloc[0])
            for each in (0.5, 0.8, 0.9, 0.95, 0.99)
        ]
        assert points == sorted(points) and points[0] < points[-1]

    def test_no_demand_needs_no_stock(self) -> None:
        found = points_of(demand_of(np.zeros(364)), leads_of(14), 0.95)
        assert found["reorder_point"].tolist() == [0] and found["safety_stock"].tolist() == [0]


class TestOrderQuantity:
    def test_minimum_packs_and_no_cost(self) -> None:
        items = pd.DataFrame(
            {"rate": [1.0, 1.0, 0.0], "unit_cost": [np.nan, 100.0, 5.0], "pack_size": [12, 1, 6],
             "minimum_order_quantity": [1, 60, 10]}
        )  # fmt: skip
        found = size_orders(items, fixed_cost=50, holding_rate=0.25, cover_days=30)
        # 30 days → 3 packs of 12; √(2·50·365 ÷ 25) = 38.2, but at least 60; nothing, but 2 packs
        assert found["order_quantity"].tolist() == [36, 60, 12]
        assert found["economic_quantity"].iloc[1] == pytest.approx(np.sqrt(1460))
        assert found["yearly_cost"].iloc[1] == pytest.approx(50 * 365 / 60 + 25 * 60 / 2)

    def test_what_is_ordered_lifts_the_position_above_the_point(self) -> None:
        chance = np.random.default_rng(8)
        projected, point = chance.integers(-50, 50, 200), chance.integers(0, 40, 200)
        pack, lot = chance.integers(1, 12, 200), chance.integers(1, 30, 200)
        found = suggest_quantity(projected, point, lot, pack)
        assert ((found > 0) == (projected <= point)).all()
        assert (projected + found > point).all() and (found % pack == 0).all()
        assert (found[found > 0] >= lot[found > 0]).all()


class TestAllocation:
    def waiting(self) -> pd.DataFrame:
        return pd.DataFrame(
            {"order_id": [1, 2, 3, 4], "line_id": [10, 20, 30, 40], "quantity": [4, 3, 5, 2],
             "promised_on": pd.to_datetime(["2026-11-11", "2026-11-01", "2026-11-06", None]),
             "margin": [100.0, 20.0, 50.0, np.nan], "customer_value": [0.0, 500.0, 1000.0, 1000.0]}
        )  # fmt: skip

    def test_by_hand(self) -> None:
        # scores: 0 + .25·1 + 0 = .25; .5 + .05 + .125 = .675; .25 + .125 + .25 = .625; .25
        found = allocate(self.waiting(), 10)
        assert found["order_id"].tolist() == [2, 3, 1, 4]
        assert found["score"].tolist() == pytest.approx([0.675, 0.625, 0.25, 0.25])
        assert found["allocated"].tolist() == [3, 5, 2, 0]
        assert found["short"].tolist() == [0, 0, 2, 2]

    def test_by_hand_where_only_margin_counts(self) -> None:
        found = allocate(self.waiting(), 6, Weights(promised=0, margin=3, customer=0))
        assert found["order_id"].tolist() == [1, 3, 2, 4]
        assert found["allocated"].tolist() == [4, 2, 0, 0]

    @settings(deadline=None)
    @given(
        st.lists(st.integers(0, 30), min_size=0, max_size=12),
        st.integers(-5, 120),
        st.tuples(*[st.floats(0, 5)] * 3),
        st.randoms(use_true_random=False),
    )
    def test_nothing_is_given_twice_and_nothing_withheld(
        self, asked: list[int], available: int, shares: tuple[float, float, float], chance: object
    ) -> None:
        count = len(asked)
        day = pd.Timestamp("2026-11-01")
        waiting = pd.DataFrame(
            {"order_id": range(count), "line_id": range(count), "quantity": asked,
             "promised_on": [day + pd.Timedelta(days=each % 5) for each in asked],
             "margin": [float(each % 7) for each in asked],
             "customer_value": [float(each % 3) for each in asked]}
        ).astype({"promised_on": "datetime64[ns]", "quantity": "int64"})  # fmt: skip
        found = allocate(waiting, available, Weights(*shares))
        assert found["allocated"].sum() == min(max(available, 0), sum(asked))
        assert (found["allocated"] + found["short"] == found["quantity"]).all()
        order = list(range(count))
        chance.shuffle(order)  # type: ignore[attr-defined]
        again = allocate(waiting.iloc[order], available, Weights(*shares))
        pd.testing.assert_frame_equal(found, again)

    def test_a_negative_weight_is_refused(self) -> None:
        with pytest.raises(ValueError, match="weight"):
            allocate(self.waiting(), 3, Weights(promised=-1))
