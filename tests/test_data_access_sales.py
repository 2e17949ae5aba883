"""Sales figures worked by hand, on the record and on its copy in columns alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest

from data_access.backlog import sum_backlog, sum_backlog_by_day
from data_access.database import Database
from data_access.days import add_up_over_time, add_up_periods
from data_access.filters import OrderFilter, Period
from data_access.pipeline import sum_open_orders_by_age, sum_orders_by_stage
from data_access.sales import (
    sum_sales,
    sum_sales_by_category,
    sum_sales_by_channel,
    sum_sales_by_day,
    sum_sales_by_region,
)
from data_access.scope import Scope
from tests.asking import Asked
from tests.crm import add, add_order, scope_of

AS_OF = date(2026, 11, 23)
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
CNY = OrderFilter(period=NOVEMBER, currency="CNY")


class World(Asked):
    """Three orders of November that count, one cancelled, one of October, one in euro:

    A  web    Nov 2   3 × 20.00 − 10 %, 1 returned: gross 60, net 36.00, returns 18.00, cost 20
              shipped Nov 3, promised Nov 5, delivered Nov 5: on time
    B  store  Nov 30  1 × 100.00 of tools, 2 × 5.00 of toys: gross 110, net 110.00, cost 61
              confirmed, promised Dec 7: not yet due
    C  web    Nov 1   −1 × 10.00, no customer, no cost: gross −10, net −10.00
              shipped Nov 8, promised Nov 9, not delivered: late
    D  web    Nov 15  cancelled, 1 × 999.00, promised Nov 16
    E  web    Oct 31  1 × 40.00, shipped Nov 1, delivered Nov 4, promised Nov 2: late
    F  web    Nov 10  in euro, 1 × 7.00, promised Nov 17
    """

    def __init__(self, database: Database) -> None:
        self.database, writer = database, database.writer
        tools = add(writer, "categories", name="Tools", name_zh="工具")
        toys = add(writer, "categories", name="Toys")
        self.tools, self.toys = tools, toys
        saw = add(writer, "products", category_id=tools)
        doll = add(writer, "products", category_id=toys)
        self.region_id = add(writer, "regions", name="North", name_zh="北")
        self._add("A", "web", 2, stage="completed", shipped_on=_day(3), promised_on=_day(5),
                  completed_on=_day(5), region_id=self.region_id,
                  lines=[_line(doll, 3, 20, 10, discount_rate="0.1",
                               returned_quantity=1)])  # fmt: skip
        self._add("B", "store", 30, stage="confirmed", promised_on=date(2026, 12, 7),
                  lines=[_line(saw, 1, 100, 55), _line(doll, 2, 5, 3)])  # fmt: skip
        self._add("C", "web", 1, stage="shipped", shipped_on=_day(8), promised_on=_day(9),
                  lines=[_line(doll, -1, 10, None)])  # fmt: skip
        self._add("D", "web", 15, stage="cancelled", promised_on=_day(16),
                  lines=[_line(saw, 1, 999, 500)])  # fmt: skip
        add_order(database, order_number="E", channel="web", ordered_on=date(2026, 10, 31),
                  shipped_on=_day(1), promised_on=_day(2), completed_on=_day(4),
                  lines=[_line(doll, 1, 40, 15)])  # fmt: skip
        self._add("F", "web", 10, currency="EUR", promised_on=_day(17),
                  lines=[_line(saw, 1, 7, 3)])  # fmt: skip
        super().__init__(database)

    def _add(self, number: str, channel: str, day: int, **values: Any) -> None:
        add_order(
            self.database, order_number=number, channel=channel, ordered_on=_day(day), **values
        )


def _day(day: int) -> date:
    return date(2026, 11, day)


def _line(product_id: int, quantity: int, price: int, cost: int | None, **more: Any) -> Any:
    return {
        "product_id": product_id, "quantity": quantity, "unit_price": price, "unit_cost": cost,
        **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def world(shared_database: Database) -> Iterator[World]:
    """Only asked: whoever writes takes a `database`."""
    made = World(shared_database)
    yield made
    made.close()


@pytest.fixture(scope="module")
def manager(world: World) -> Scope:
    return scope_of(world.database, "manager")


def test_the_sales_of_a_month(world: World, manager: Scope) -> None:
    row = world.ask(sum_sales, manager, CNY, AS_OF).iloc[0].to_dict()
    assert row == {
        "received_orders": 4,  # A B C D
        "cancelled_orders": 1,  # D
        "orders": 3,
        "units": 5,  # 3 + 3 − 1
        "gross_sales": 160,  # 60 + 110 − 10
        "returns_value": 18,  # 1 × 20 × 0.9
        "net_sales": 136,  # 36 + 110 − 10
        "discounts": 6,  # 160 − 18 − 136: the 10 % of three dolls at 20
        "cost": 81,  # 2 × 10 + 55 + 2 × 3
        "shipped_orders": 3,  # A C E, by shipment date
        "shipped_units": 3,  # 3 − 1 + 1
        "returned_units": 1,
        "due_orders": 3,  # A C E; B is not yet due, D cancelled, F in euro
        "on_time_orders": 1,  # A
    }


def test_a_day_that_is_not_over_is_not_due(world: World, manager: Scope) -> None:
    for as_of, due in ((_day(5), 1), (_day(6), 2), (_day(9), 2), (_day(10), 3)):
        row = world.ask(sum_sales, manager, CNY, as_of).iloc[0]
        assert row["due_orders"] == due, as_of


def test_both_ends_of_a_period_belong_to_it(world: World, manager: Scope) -> None:
    for start, end, orders in ((1, 30, 3), (2, 30, 2), (1, 29, 2), (3, 29, 0)):
        chosen = OrderFilter(period=Period(_day(start), _day(end)), currency="CNY")
        assert world.ask(sum_sales, manager, chosen, AS_OF).iloc[0]["orders"] == orders


def test_no_orders_are_zero_and_not_missing(world: World, manager: Scope) -> None:
    chosen = OrderFilter(period=Period(date(1990, 1, 1), date(1990, 1, 2)), currency="CNY")
    assert (world.ask(sum_sales, manager, chosen, AS_OF).iloc[0] == 0).all()


def test_money_of_several_currencies_is_not_summed(world: World, manager: Scope) -> None:
    row = world.ask(sum_sales, manager, OrderFilter(period=NOVEMBER), AS_OF).iloc[0]
    assert row["orders"] == 4
    assert pd.isna(row["net_sales"])
    assert pd.isna(row["cost"])


def test_a_month_is_compared_with_the_month_before_and_the_year_before(
    world: World, manager: Scope
) -> None:
    days = world.ask(sum_sales_by_day, manager, CNY, AS_OF)
    frame = add_up_periods(days, NOVEMBER).set_index("span")
    assert list(frame["net_sales"]) == [136, 40, 0]  # A B C; E; nothing
    assert list(frame["orders"]) == [3, 1, 0]
    assert frame.loc["previous", "start_on"] == pd.Timestamp(2026, 10, 1)
    assert frame.loc["last_year", "end_on"] == pd.Timestamp(2025, 11, 30)


def test_sales_over_time_have_every_day_week_and_month(world: World, manager: Scope) -> None:
    sums = world.ask(sum_sales_by_day, manager, CNY, AS_OF)
    days = add_up_over_time(sums, NOVEMBER, "day").set_index("period_on")
    assert len(days) == 30
    assert days["net_sales"][days["net_sales"] != 0].to_dict() == {
        pd.Timestamp(_day(1)): -10, pd.Timestamp(_day(2)): 36, pd.Timestamp(_day(30)): 110
    }  # fmt: skip
    assert days.loc[pd.Timestamp(_day(1)), "shipped_units"] == 1  # E
    weeks = add_up_over_time(sums, NOVEMBER, "week")
    assert list(weeks["period_on"].dt.day) == [26, 2, 9, 16, 23, 30]  # Mondays
    assert list(weeks["net_sales"]) == [-10, 36, 0, 0, 0, 110]
    months = add_up_over_time(sums, NOVEMBER, "month")
    assert list(months["net_sales"]) == [136]


def test_sales_by_channel_region_and_category(world: World, manager: Scope) -> None:
    channels = world.ask(sum_sales_by_channel, manager, CNY, AS_OF)
    assert channels[["channel", "net_sales", "previous_net_sales"]].values.tolist() == [
        ["store", 110, 0], ["web", 26, 40]
    ]  # fmt: skip
    regions = world.ask(sum_sales_by_region, manager, CNY, AS_OF, "zh_CN")
    assert regions["net_sales"].tolist() == [100, 36]
    assert regions["name"].tolist()[1] == "北"
    assert pd.isna(regions["region_id"][0])
    names = ("orders", "net_sales")
    categories = world.ask(sum_sales_by_category, manager, CNY, AS_OF, "en", names)
    # tools: B 100 (and cancelled D); toys: A 36, B 10, C −10, before E 40
    assert categories[["name", "orders", "net_sales", "previous_net_sales"]].values.tolist() == [
        ["Tools", 1, 100, 0], ["Toys", 3, 36, 40]
    ]  # fmt: skip


def test_a_category_filter_sums_its_lines_alone(world: World, manager: Scope) -> None:
    chosen = OrderFilter(period=NOVEMBER, currency="CNY", category_ids=(world.toys,))
    row = world.ask(sum_sales, manager, chosen, AS_OF).iloc[0]
    assert (row["orders"], row["net_sales"], row["cost"]) == (3, 36, 26)  # 20 + 6
    assert row["cancelled_orders"] == 0  # D has tools alone
    both = OrderFilter(period=NOVEMBER, currency="CNY", category_ids=(world.toys, world.tools))
    whole = world.ask(sum_sales, manager, CNY, AS_OF)
    pd.testing.assert_frame_equal(world.ask(sum_sales, manager, both, AS_OF), whole)


def test_the_pipeline_by_stage_and_age(world: World, manager: Scope) -> None:
    everything = OrderFilter(currency="CNY")
    stages = world.ask(sum_orders_by_stage, manager, everything, AS_OF).set_index("stage")
    assert stages["orders"].to_dict() == {
        "received": 0, "confirmed": 1, "processing": 0, "shipped": 1, "completed": 2,
        "cancelled": 1, "returned": 0,
    }  # fmt: skip
    assert stages.loc["shipped", ["overdue_orders", "overdue_sales"]].tolist() == [1, -10]
    assert stages.loc["shipped", ["oldest_days", "mean_days"]].tolist() == [15, 15]  # Nov 8 to 23
    assert pd.isna(stages.loc["completed", "oldest_days"])
    ages = world.ask(sum_open_orders_by_age, manager, everything, AS_OF)
    assert ages[["stage", "days_from", "orders"]].values.tolist() == [
        ["confirmed", 0, 1], ["shipped", 15, 1]
    ]  # fmt: skip


def test_the_backlog_now_and_on_past_days(database: Database) -> None:
    manager = scope_of(database, "manager")

    def add_confirmed(**moments: Any) -> None:
        add_order(database, **{"ordered_on": _day(1), "stage": "shipped", **moments})

    add_confirmed(confirmed_on=_day(4), shipped_on=_day(6))
    add_confirmed(confirmed_on=_day(5), stage="processing")
    add_confirmed(stage="received")
    add_confirmed(stage="cancelled", cancelled_on=_day(5))
    add_confirmed(confirmed_on=_day(7), stage="cancelled", cancelled_on=_day(8))
    world = World(database)
    week, chosen = Period(_day(3), _day(7)), OrderFilter(currency="CNY", channels=("web",))
    frame = world.ask(sum_backlog_by_day, manager, chosen, AS_OF, (week,))
    # C has no day of confirming: it is taken as confirmed when it was ordered, and left on the 8th
    assert frame["orders"].tolist() == [1, 2, 3, 2, 3]
    assert frame["net_sales"].tolist() == [-10, 90, 190, 90, 190]
    apart = world.ask(sum_backlog_by_day, manager, chosen, AS_OF, (week, Period(_day(1), _day(1))))
    assert apart["orders"].tolist() == [1, *frame["orders"]]
    now = world.ask(sum_backlog, manager, chosen, AS_OF).iloc[0]
    assert (now["orders"], now["units"], now["net_sales"]) == (1, 1, 100)
    world.copy.close()


@pytest.mark.parametrize(
    ("role", "net_sales", "cost"),
    [("manager", 136, 81), ("support", 136, None), ("finance", 136, None), ("analyst", 136, 81)],
)
def test_hidden_money_is_missing_and_not_zero(
    world: World, role: str, net_sales: float, cost: float | None
) -> None:
    row = world.ask(sum_sales, scope_of(world.database, role), CNY, AS_OF).iloc[0]
    assert row["net_sales"] == net_sales
    assert row["cost"] == cost if cost is not None else pd.isna(row["cost"])


def test_the_warehouse_counts_what_must_ship_and_sees_no_money(world: World) -> None:
    row = world.ask(sum_sales, scope_of(world.database, "warehouse"), CNY, AS_OF).iloc[0]
    assert row["orders"] == 2  # B confirmed, C shipped
    assert row[["gross_sales", "net_sales", "cost", "discounts"]].isna().all()


def test_finance_gets_nothing_by_line(world: World) -> None:
    finance = scope_of(world.database, "finance")
    assert world.ask(sum_sales_by_category, finance, CNY, AS_OF).empty
    chosen = OrderFilter(period=NOVEMBER, currency="CNY", category_ids=(world.toys,))
    row = world.ask(sum_sales, finance, chosen, AS_OF).iloc[0]
    assert row["orders"] == 0
    assert pd.isna(row["net_sales"])


def test_a_rep_sums_own_customers_alone(database: Database) -> None:
    world = World(database)
    rep_id = add(world.database.writer, "employees")
    customer_id = add(world.database.writer, "customers", owner_id=rep_id)
    add_order(world.database, customer_id=customer_id, ordered_on=_day(20))
    world.copy.refresh()
    rep = scope_of(world.database, "sales_rep", employee_id=rep_id)
    assert world.ask(sum_sales, rep, CNY, AS_OF).iloc[0]["net_sales"] == 100
    world.copy.close()
