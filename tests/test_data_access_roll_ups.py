"""Questions that the copy answers from its roll-ups, after edits too: as the record does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy import delete, select, update

from data_access.analytics_copy import AnalyticsCopy, rolling_up
from data_access.analytics_copy.rolling_up import is_sum
from data_access.attention import sum_attention
from data_access.backlog import sum_backlog_by_day
from data_access.database import Database, writing
from data_access.filters import OrderFilter, Period
from data_access.frames import read_frame
from data_access.options import count_orders_by_option
from data_access.pipeline import count_orders
from data_access.policy import Role
from data_access.roll_ups import OF_LINES, RESTS_ON, ROLL_UPS
from data_access.sales import (
    sum_sales_by_category,
    sum_sales_by_channel,
    sum_sales_by_day,
    sum_sales_by_region,
)
from data_access.scope import Scope
from data_access.tables import order_lines, orders, products
from data_access.totals import recount_orders
from data_access.unusual import sum_net_sales_by_day
from tests.crm import add, add_order, scope_of
from tests.rolled_up import assert_rolled_up

AS_OF = date(2026, 11, 30)
MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
CHOSEN = OrderFilter(period=MARCH, currency="CNY")
ASKED: tuple[tuple[Any, tuple[Any, ...]], ...] = (
    (count_orders_by_option, ()),
    (count_orders, (CHOSEN, AS_OF)),
    (sum_sales_by_day, (CHOSEN, AS_OF)),
    (sum_backlog_by_day, (CHOSEN, AS_OF, (MARCH,))),
    (sum_sales_by_channel, (CHOSEN, AS_OF)),
    (sum_sales_by_region, (CHOSEN, AS_OF)),
    (sum_sales_by_category, (CHOSEN, AS_OF)),
    (sum_attention, (AS_OF, "CNY")),
    (sum_net_sales_by_day, (CHOSEN, AS_OF)),
)


@pytest.fixture
def copied(database: Database, tmp_path: Path) -> Iterator[AnalyticsCopy]:
    copy = AnalyticsCopy(database.record, tmp_path / "copy.duckdb")
    yield copy
    copy.close()


def assert_same_answers(database: Database, copied: AnalyticsCopy, scope: Scope) -> None:
    copied.refresh()
    assert_rolled_up(database, copied)
    for query, values in ASKED:
        told, wanted = (query(each, scope, *values) for each in (copied.engine, database.record))
        if query is count_orders:
            assert told == wanted
        else:
            assert_frame_equal(told, wanted)


def test_what_is_gone_is_told_no_longer(database: Database, copied: AnalyticsCopy) -> None:
    tools = add(database.writer, "categories", name="Tools")
    saw = add(database.writer, "products", name="Saw", category_id=tools)
    east = add(database.writer, "regions", name="East")
    line = {"product_id": saw, "quantity": 3, "unit_price": 20}
    days = {"promised_on": date(2026, 3, 9), "due_on": date(2026, 4, 1), "region_id": east}
    stays = add_order(database, ordered_on=date(2026, 3, 5), stage="confirmed",
                      confirmed_on=date(2026, 3, 6), lines=[line], **days)  # fmt: skip
    goes = add_order(database, ordered_on=date(2026, 3, 7), channel="store", stage="confirmed",
                     confirmed_on=date(2026, 3, 7), lines=[line], **days)  # fmt: skip
    scope = scope_of(database, "manager")
    assert_same_answers(database, copied, scope)
    channels = sum_sales_by_channel(copied.engine, scope, CHOSEN, AS_OF)
    assert set(channels["channel"]) >= {"store"} and set(channels["net_sales"]) == {60.0}
    held = sum_backlog_by_day(copied.engine, scope, CHOSEN, AS_OF, (MARCH,))
    assert held["net_sales"].tolist()[4:8] == [0, 60, 120, 120]

    with writing(database.writer) as connection:
        moved = {"ordered_on": date(2026, 5, 2), "stage": "shipped", "shipped_on": date(2026, 5, 3)}
        connection.execute(update(orders).where(orders.c.order_id == goes).values(**moved))
    assert_same_answers(database, copied, scope)
    assert "store" not in set(sum_sales_by_channel(copied.engine, scope, CHOSEN, AS_OF)["channel"])

    with writing(database.writer) as connection:
        connection.execute(
            update(order_lines).where(order_lines.c.order_id == stays).values(quantity=1)
        )
        recount_orders(connection, [stays])
    assert_same_answers(database, copied, scope)
    assert sum_sales_by_day(copied.engine, scope, CHOSEN, AS_OF)["net_sales"].sum() == 20

    with writing(database.writer) as connection:  # the order itself stays as it is
        connection.execute(delete(order_lines).where(order_lines.c.order_id == goes))
    assert_same_answers(database, copied, scope)
    toys = add(database.writer, "categories", name="Toys")
    with writing(database.writer) as connection:
        connection.execute(
            update(products).where(products.c.product_id == saw).values(category_id=toys)
        )
    assert_same_answers(database, copied, scope)
    categories = sum_sales_by_category(copied.engine, scope, CHOSEN, AS_OF)
    assert categories[["name", "net_sales"]].values.tolist() == [["Toys", 20.0]]


def test_what_was_taken_off_is_added_up_after_a_while(
    database: Database, copied: AnalyticsCopy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rolling_up, "MOST_TAKEN_OFF", 1)
    order_id = add_order(database, ordered_on=date(2026, 3, 5))
    add_order(database, channel="store")
    scope = scope_of(database, "manager")
    for channel in ("store", "web", "store"):
        add_channel = update(orders).where(orders.c.order_id == order_id).values(channel=channel)
        with writing(database.writer) as connection:
            connection.execute(add_channel)
        assert_same_answers(database, copied, scope)
    with copied.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT orders FROM orders_by_ordered_on").all()
    assert rows and all(count > 0 for (count,) in rows)


def test_everybody_is_told_of_the_orders_they_see(
    database: Database, copied: AnalyticsCopy
) -> None:
    """What the record says of each role is tested on its own."""
    east, west = (add(database.writer, "regions", name=name) for name in ("East", "West"))
    rep = add(database.writer, "employees", region_id=east)
    mine = add(database.writer, "customers", owner_id=rep, region_id=east)
    number = 0
    for region in (east, west):
        for channel in ("web", "partner"):
            for stage in ("received", "confirmed", "shipped", "completed", "cancelled"):
                number += 1
                add_order(
                    database, ordered_on=date(2026, 3, number), region_id=region, stage=stage,
                    channel=channel, customer_id=mine if number % 3 else None,
                    confirmed_on=MARCH.end if stage == "confirmed" else date(2026, 3, number),
                    shipped_on=MARCH.end if stage in ("shipped", "completed") else None,
                    due_on=date(2026, 4, 1),
                    lines=[{"quantity": number, "unit_price": 10}],
                )  # fmt: skip
    for days in (0, 1, 2):  # promised for today or before; received yesterday or before
        day = AS_OF - timedelta(days=days)
        add_order(database, ordered_on=day, promised_on=day, stage="received", region_id=east)
    told = {}
    for role in Role:
        scope = scope_of(database, role, employee_id=rep, region_ids=[east], channel="partner")
        assert_same_answers(database, copied, scope)
        assert_hidden(copied, scope)
        told[role] = count_orders(copied.engine, scope, CHOSEN, AS_OF)
    assert (told["manager"], told["sales_lead"], told["partner"]) == (20, 10, 10)


def assert_hidden(copied: AnalyticsCopy, scope: Scope) -> None:
    """No sum of a roll-up tells what the role does not see of orders and lines."""
    for table in ROLL_UPS:
        relation = scope.visible.roll_up(table.name)
        if relation is None:
            continue
        stored = read_frame(copied.engine, select(relation))
        of_lines = [scope.sees("order_lines", "net_sales")] if table.name in OF_LINES else []
        for column in filter(is_sum, table.columns):
            parts = [
                scope.sees("orders", each) for each in RESTS_ON.get(column.name, [column.name])
            ]
            is_seen = all(parts + (of_lines if column.name == "net_sales" else []))
            assert stored[column.name].notna().all() == is_seen, (scope.role, table, column)
