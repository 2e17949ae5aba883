"""The level of demand from forecasts: weeks from today, products among warehouses, products that
sell too seldom, and days with empty shelves."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from dashboard.analytics.inventory.ahead import LEVELS, look_ahead
from dashboard.analytics.inventory.demand import Demand, estimate_demand
from dashboard.analytics.inventory.lasting import Ranges, lasting_errors
from dashboard.analytics.inventory.level import (
    FIRM_ORDERS,
    WEEKS_AHEAD,
    Outlook,
    lead_on_forecasts,
    outlook_from,
)
from tests.test_analytics_inventory import leads_of

DAYS = 364
NONE = np.zeros(0, np.int64)
MONDAY = date(2026, 11, 23)


def outlook_of(
    products: dict[int, float], categories: dict[int, float], error: float = 0.1
) -> Outlook:
    """So many units in each week, and all months known but for such an error."""
    total = sum(products.values()) / 7 * 30.4
    return Outlook(
        np.array(list(products)), np.outer(list(products.values()), np.ones(WEEKS_AHEAD)),
        np.array(list(categories)), np.outer(list(categories.values()), np.ones(WEEKS_AHEAD)),
        Ranges(NONE, np.zeros((0, 2)), NONE, np.zeros((0, 2)), (total, 1.2816 * error * total)),
    )  # fmt: skip


def items_of(*rows: tuple[int, int, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["product_id", "warehouse_id", "category_id"])


def led(
    units: np.ndarray, items: pd.DataFrame, outlook: Outlook | None, empty: np.ndarray | None = None
) -> tuple[Demand, list[str]]:
    empty = np.zeros(units.shape, bool) if empty is None else empty
    groups = np.arange(len(items))
    behind = estimate_demand(units, ~empty, groups)
    found, source = lead_on_forecasts(behind, items, units, outlook, ~empty, empty)
    return found, source.tolist()


def test_weeks_begin_today_and_are_made_of_two_calendar_weeks() -> None:
    weeks = pd.DataFrame(
        {"product_id": [1.0, 1.0, 1.0], "category_id": np.nan, "units": [7.0, 14.0, 70.0],
         "period_on": pd.to_datetime(["2026-11-16", "2026-11-23", "2026-11-30"])}
    )  # fmt: skip
    found = outlook_from(weeks, date(2026, 11, 25))
    assert found is not None and found.products.tolist() == [1]
    # Wednesday to Tuesday: 5 days of 2 and 2 of 10, then all of 10, and so on
    assert found.product_weeks[0, :3].tolist() == [5 * 2 + 2 * 10, 70, 70]
    assert found.product_weeks.shape == (1, WEEKS_AHEAD)
    assert outlook_from(weeks, date(2026, 12, 7)) is None


def test_a_product_has_the_level_of_its_forecast_in_all_warehouses_together() -> None:
    chance = np.random.default_rng(1)
    units = chance.poisson([[6.0], [2.0]], (2, DAYS)).astype(float)
    found, source = led(units, items_of((1, 1, 5), (1, 2, 5)), outlook_of({1: 112}, {5: 112}))
    assert source == ["forecast", "forecast"]
    assert found.rate.sum() == pytest.approx(112 / 7)
    assert found.rate[0] / found.rate[1] == pytest.approx(3, rel=0.1)
    assert found.history.mean(axis=1) == pytest.approx(found.rate)
    # twice the demand is twice as many days with it: the variance doubles
    assert found.deviation[0] == pytest.approx(np.sqrt(6) * np.sqrt(2), rel=0.1)


def test_what_is_not_forecast_stays_as_it_is() -> None:
    units = np.full((1, DAYS), 3.0)
    for outlook in (None, outlook_of({2: 70}, {9: 70})):
        found, source = led(units, items_of((1, 1, 5)), outlook)
        assert source == ["history"] and found.rate.tolist() == pytest.approx([3.0])


def test_a_product_that_sells_seldom_leans_on_its_category() -> None:
    units = np.zeros((2, DAYS))
    units[0, ::14] = 7.0  # on 26 days, which is half of those from which its own forecast counts
    units[1] = 1.0
    items = items_of((1, 1, 5), (2, 1, 5))
    found, source = led(units, items, outlook_of({1: 0.0, 2: 7.0}, {5: 42.0}))
    behind = estimate_demand(units, np.ones(units.shape, bool), np.arange(2)).recent
    # half of nothing, and half of its part in a category that is to sell 6 a day
    assert found.rate[0] == pytest.approx(0.5 * 6 * behind[0] / behind.sum())
    assert found.rate[1] == pytest.approx(1.0) and source == ["forecast", "forecast"]


def test_a_share_of_few_orders_is_drawn_towards_that_of_the_warehouse() -> None:
    units = np.zeros((4, DAYS))
    units[0, ::4], units[1, ::4] = 3.0, 1.0  # the first warehouse sells three quarters
    units[3, 300:360:10] = 5.0  # six orders of a product, all in the second
    items = items_of((1, 1, 5), (1, 2, 5), (2, 1, 5), (2, 2, 5))
    found, _source = led(units, items, outlook_of({}, {5: 70.0}))
    behind = estimate_demand(units, np.ones(units.shape, bool), np.arange(4)).recent
    weights = 90 / np.log(2)
    first = behind[[0, 2]].sum() / behind.sum()  # of all demand, in the first warehouse
    firm = FIRM_ORDERS * 5.0
    own = behind[3] * weights
    assert found.rate[2] / found.rate[[2, 3]].sum() == pytest.approx(firm * first / (own + firm))


def test_few_orders_of_its_own_are_as_large_as_in_the_other_warehouses() -> None:
    chance = np.random.default_rng(2)
    units = np.zeros((2, DAYS))
    units[0] = np.where(chance.random(DAYS) < 0.4, 12.0, 0.0)
    found, _source = led(units, items_of((1, 1, 5), (1, 2, 5)), outlook_of({1: 35.0}, {}))
    assert found.kind.tolist() == ["regular", "shared"] or found.kind[1] == "shared"
    assert found.rate[1] > 0
    raw = found.history[1] / found.scale[1]
    assert set(np.unique(raw).round(6)) == {0.0, 12.0}
    assert found.history[1].mean() == pytest.approx(found.rate[1])


def test_days_with_empty_shelves_have_not_lowered_what_is_wanted() -> None:
    chance = np.random.default_rng(3)
    truth = chance.poisson(6, (1, DAYS)).astype(float)
    empty = np.zeros(truth.shape, bool)
    empty[0, 1::2] = True
    units = np.where(empty, 0.0, truth)
    outlook = outlook_of({1: 7 * 3.0}, {})  # learnt from the half that was recorded
    found, _source = led(units, items_of((1, 1, 5)), outlook, empty)
    assert found.rate[0] == pytest.approx(6, rel=0.05)
    # orders that were taken all the same hide nothing
    told, _source = led(truth, items_of((1, 1, 5)), outlook_of({1: 42.0}, {}), empty)
    assert told.rate[0] == pytest.approx(6, rel=0.05)


def test_each_week_brings_what_it_is_forecast_to() -> None:
    units = np.full((1, DAYS), 2.0)
    weeks = np.full((1, WEEKS_AHEAD), 14.0)
    weeks[0, 1] = 140.0  # an event
    outlook = Outlook(np.array([1]), weeks, np.zeros(0, int), np.zeros((0, WEEKS_AHEAD)))
    found, _source = led(units, items_of((1, 1, 5)), outlook)
    found = Demand(**{**vars(found), "level_error": np.zeros(1)})
    ahead = look_ahead(found, leads_of(10), np.ones(1))
    assert ahead.weeks[0, :3, 3].tolist() == pytest.approx([14, 154, 168], abs=1)
    assert ahead.mean[0] == pytest.approx(14 + 3 / 7 * 140)


def test_a_forecast_that_is_often_wrong_asks_for_more_stock() -> None:
    units = np.random.default_rng(4).poisson(6, (1, DAYS)).astype(float)
    points = []
    for error in (0.05, 0.4):
        found, _source = led(units, items_of((1, 1, 5)), outlook_of({1: 42.0}, {}, error))
        ahead = look_ahead(found, leads_of(14), np.full(1, 100.0))
        points.append(float(ahead.point_for(np.array([0.95]))[0]))
    assert points[1] > 1.3 * points[0]


def ranges_of(half_of_product: float, half_of_category: float, half_of_all: float) -> Ranges:
    """Of one product and its category, each 100 units a month."""
    return Ranges(
        np.array([1]), np.array([[100.0, half_of_product]]), np.array([5]),
        np.array([[100.0, half_of_category]]), (100.0, half_of_all),
    )  # fmt: skip


def test_what_lasts_of_an_error_is_what_its_range_holds_beyond_single_orders() -> None:
    sold = np.zeros((1, DAYS))
    sold[0, ::28] = np.where(np.arange(13) % 2, 80.0, 120.0)  # in turn, once in four weeks
    deviation = np.sqrt(7 * 6 / 13 * 1600 / 12 * 30.4 / 28)  # of a month
    month = sold.mean() * 30.4
    half = 1.2816 * 60.0

    def told(ranges: Ranges | None, leaning: float) -> float:
        keys = np.array([1]), np.array([5])
        return float(lasting_errors(ranges, *keys, sold, np.array([leaning]))[0])

    own = np.sqrt(0.6**2 - (deviation / month) ** 2)
    assert told(ranges_of(half, 0, 0), 0.0) == pytest.approx(own)
    # a product without a forecast of its own has its category's, one that leans on it a part of it
    assert told(ranges_of(0, half, 0), 1.0) == pytest.approx(own)
    assert told(ranges_of(half, 0, 0), 0.75) == pytest.approx(own / 2)
    # no part is surer than the whole; what is scattered alone is no error of the level
    assert told(ranges_of(0, 0, half), 0.3) == pytest.approx(own)
    assert told(ranges_of(1.28 * deviation / month * 100, 0, 0), 0.0) == 0
    assert told(None, 0.0) == 0.2


def test_the_wider_range_of_a_forecast_keeps_service_when_its_level_is_wrong() -> None:
    """Levels that scatter by 30 % around what was forecast, as months did, and as months say that
    they do: what a lead time brings is inside as often as is said."""
    chance = np.random.default_rng(8)
    count = 600
    truth = 6 * np.exp(chance.normal(-0.045, 0.3, count))  # of the weeks to come; 6 were forecast
    units = chance.poisson(6, (count, DAYS)).astype(float)
    items = items_of(*((number, 1, 5) for number in range(count)))
    weeks = np.full((count, WEEKS_AHEAD), 42.0)
    months = np.column_stack((np.full(count, 182.4), np.full(count, 1.2816 * 0.31 * 182.4)))
    reached = {}
    for name, ranges in (
        ("known", Ranges(np.arange(count), months, NONE, np.zeros((0, 2)), (182.4 * count, 1.0))),
        ("none", Ranges(NONE, np.zeros((0, 2)), NONE, np.zeros((0, 2)), (182.4 * count, 1.0))),
    ):
        outlook = Outlook(np.arange(count), weeks, NONE, np.zeros((0, WEEKS_AHEAD)), ranges)
        found, _source = led(units, items, outlook)
        ahead = look_ahead(found, leads_of(14, count), np.full(count, 84.0))
        point = ahead.units[:, LEVELS.index(0.95)]
        came = chance.poisson(truth * 14)
        reached[name] = float((came <= point).mean())
    assert reached["known"] == pytest.approx(0.95, abs=0.02)
    assert reached["none"] < 0.85
