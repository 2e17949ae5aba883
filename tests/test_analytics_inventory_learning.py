"""What a year tells of stock: days with empty shelves, the season, and whether it keeps its
promises on days that were not learnt from."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from dashboard.analytics.inventory.evaluation import demand_by_day, evaluate_inventory
from dashboard.analytics.inventory.lasting import Ranges
from dashboard.analytics.inventory.learning import Learnt, learn_stock, weeks_by_product
from dashboard.analytics.inventory.level import Outlook, outlook_from
from dashboard.analytics.inventory.season import YEAR, season_factors, with_season
from tests.test_analytics_inventory import demand_of, leads_of

TODAY = date(2026, 11, 23)


def ago(days: int) -> pd.Timestamp:
    return pd.Timestamp(TODAY - timedelta(days=days))


def learn(
    sold: dict[int, int], moved: dict[int, int], *, on_hand: int = 5, introduced: int | None = None,
    warehouses: tuple[int | None, ...] = (1,),
) -> Learnt:  # fmt: skip
    """One product in warehouse 1; units by how many days ago."""
    stock = pd.DataFrame(
        {"product_id": [7], "warehouse_id": [1], "category_id": [1], "supplier_id": [1],
         "on_hand": [on_hand], "lead_time_days": [10.0], "supplier_lead_time_days": [np.nan],
         "introduced_on": [pd.NaT if introduced is None else ago(introduced)]}
    )  # fmt: skip
    days = pd.DataFrame(
        [(7, each, ago(day), units) for day, units in sold.items() for each in warehouses],
        columns=["product_id", "warehouse_id", "day", "units"],
    )
    moves = pd.DataFrame(
        [(7, 1, ago(day), units, max(units, 0)) for day, units in moved.items()],
        columns=["product_id", "warehouse_id", "moved_on", "net", "came"],
    )
    receipts = pd.DataFrame({"product_id": [], "supplier_id": [], "lead_days": []})
    return learn_stock(stock, days, moves, receipts, TODAY)


def test_the_stock_of_past_evenings_is_that_of_now_less_what_moved_since() -> None:
    found = learn({364: 1, 8: 2}, {8: -2, 3: 6, 0: -1})
    # 5 now, 6 before today's shipment, nothing before the receipt three days ago, 2 eight days ago
    assert found.on_hand[0, [-1, -3, -4, -8, -9]].tolist() == [6, 6, 0, 0, 2]
    # sold out on the 8th day, empty from morning to evening from the 7th to the 4th
    assert np.flatnonzero(found.empty[0]).tolist() == [364 - day for day in (7, 6, 5, 4)]
    assert found.demand.seen_days[0] == 364 - 4


def test_what_lies_there_is_what_came_in_last() -> None:
    found = learn({364: 1}, {200: 9, 100: 4, 40: -10, 31: 2, 30: 3, 3: 1}, on_hand=9)
    # of 9 on hand 1 + 3 came in the last 30 days, 2 more in the last 90, 4 more in the last 180
    assert found.aged.tolist() == [[5, 3, 0]]
    assert np.isnan(learn({364: 1}, {}).aged).all()


def test_days_before_a_product_was_introduced_are_not_seen() -> None:
    found = learn({200: 1, 5: 3}, {}, introduced=10)
    assert found.demand.seen_days[0] == 10
    assert np.isnan(found.on_hand).all() and not found.empty.any()


def test_orders_without_a_warehouse_are_of_the_only_one() -> None:
    found = learn({20: 4}, {}, warehouses=(None,))
    assert found.units.sum() == 4


def test_weeks_of_a_product_in_all_warehouses() -> None:
    found = learn({1: 3, 7: 2, 8: 5}, {})
    products, weekly, place = weeks_by_product(found)
    assert products.tolist() == [7] and place.tolist() == [0]
    assert weekly[0, -2:].tolist() == [5, 5]


def test_the_season_by_hand() -> None:
    daily = np.zeros((3, 2 * YEAR))
    daily[0, :YEAR], daily[0, YEAR:] = 10, 15
    daily[1, :YEAR], daily[1, YEAR:] = 10, 5
    # together 20 and then 20; 42 days of 15 are 630 units, drawn towards 1 by 500
    demand = demand_of(np.ones((3, YEAR)))
    found = season_factors(daily, demand, np.array([0, 1, 2]))
    assert found.tolist() == pytest.approx([(1.5 * 630 + 500) / 1130, (0.5 * 210 + 500) / 710, 1.0])
    changed = with_season(demand, found)
    assert changed.rate.tolist() == pytest.approx(found.tolist())
    assert changed.history.mean(axis=1).tolist() == pytest.approx(found.tolist())


def test_without_a_year_before_there_is_no_season() -> None:
    daily = np.zeros((1, 2 * YEAR))
    daily[0, YEAR:] = 15
    found = season_factors(daily, demand_of(np.ones((1, YEAR))), np.zeros(1, int))
    assert found.tolist() == [1.0]


def items_of(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"product_id": np.arange(count), "warehouse_id": 1, "category_id": 1,
         "unit_cost": np.arange(count) + 1.0}
    )  # fmt: skip


def test_promises_are_kept_on_days_that_were_not_learnt_from() -> None:
    chance = np.random.default_rng(31)
    units = chance.negative_binomial(2, 1 / 6, (80, 928)).astype(float)
    told = evaluate_inventory(
        units, items_of(80), leads_of(14, 80), lambda day: None, services=(0.9, 0.98)
    )
    assert told["items"] == 80
    for row in told["services"]:
        assert row["cycle_service"] == pytest.approx(row["promised"], abs=0.03)
        assert row["normal_cycle_service"] < row["cycle_service"]
    assert told["stock_outs"]["told"] == 4 * 80
    assert told["stock_outs"]["covered"] == pytest.approx(0.8, abs=0.07)
    assert [row["promised"] for row in told["classes"]] == [0.98, 0.95, 0.90]
    assert sum(row["items"] for row in told["classes"]) == 80
    assert told["demand"]["expected"] == pytest.approx(told["demand"]["came"], rel=0.05)


def test_only_what_was_forecast_by_then_and_days_before_are_learnt_from() -> None:
    chance = np.random.default_rng(32)
    units = chance.negative_binomial(2, 1 / 6, (10, 928)).astype(float)
    later = units.copy()
    later[:, -20:] *= 50  # of the last days nobody knew, but on those days
    told = [
        evaluate_inventory(each, items_of(10), leads_of(14, 10), lambda day: None, services=(0.9,))
        for each in (units[:, :], later)
    ]
    assert told[0]["stock_outs"] == told[1]["stock_outs"]
    assert told[0]["demand"]["expected"] == told[1]["demand"]["expected"]


def test_growth_that_a_forecast_knew_is_provided_for() -> None:
    chance = np.random.default_rng(33)
    units = chance.poisson(5, (40, 928)).astype(float)
    units[:, -200:] = chance.poisson(8, (40, 200))
    weekly = pd.DataFrame(
        {"product_id": np.repeat(np.arange(40.0), 60), "category_id": np.nan, "units": 56.0,
         "period_on": np.tile(pd.date_range("2026-01-05", periods=60, freq="7D"), 40)}
    )  # fmt: skip

    nothing = np.zeros(0, np.int64)

    def outlook_of(day: int) -> Outlook | None:
        sure = Ranges(nothing, np.zeros((0, 2)), nothing, np.zeros((0, 2)), (6080.0, 390.0))
        return outlook_from(weekly, date(2026, 1, 5) + timedelta(days=day), sure)

    told = {
        name: evaluate_inventory(units, items_of(40), leads_of(14, 40), known, services=(0.95,))
        for name, known in (("with", outlook_of), ("without", lambda day: None))
    }
    reached = {name: each["services"][0]["cycle_service"] for name, each in told.items()}
    # days as they were, times what they grow by, scatter a little more than grown demand does
    assert reached["with"] >= 0.94 and reached["without"] < 0.90
    expected, came = (told["with"]["demand"][name] for name in ("expected", "came"))
    assert expected == pytest.approx(came, rel=0.02)


def test_demand_is_laid_out_by_day() -> None:
    days = pd.DataFrame(
        {"product_id": [1, 1, 2], "warehouse_id": [1, 1, None], "category_id": [5, 5, 6],
         "ordered_on": [ago(3), ago(0), ago(1)], "units": [4, 2, 9]}
    )  # fmt: skip
    items, units = demand_by_day(days)
    assert items["product_id"].tolist() == [1, 2] and units.shape == (2, 928)
    assert units[0, [-1, -4]].tolist() == [2, 4] and units[1, -2] == 9
    assert units.sum() == 15
