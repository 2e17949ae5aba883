"""Every sum of the pages against plain pandas over the raw rows of random books, on the record
and on its copy in columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product
from random import Random
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, insert

from data_access.analytics_copy import AnalyticsCopy
from data_access.attention import sum_attention
from data_access.attention_rows import list_low_stock, list_open_complaints
from data_access.backlog import sum_backlog, sum_backlog_by_day
from data_access.database import Database, writing
from data_access.days import add_up_over_time, add_up_periods
from data_access.filters import OrderFilter, Period
from data_access.measures import ORDERED
from data_access.options import count_orders_by_option, list_reps
from data_access.pipeline import count_orders, sum_open_orders_by_age, sum_orders_by_stage
from data_access.receivables import sum_payments_over_time, sum_receivables_by_age
from data_access.sales import (
    sum_sales,
    sum_sales_by_category,
    sum_sales_by_channel,
    sum_sales_by_day,
    sum_sales_by_region,
)
from data_access.tables import metadata
from data_access.totals import recount_orders
from tests.crm import add, add_order, scope_of
from tests.plain_sums import OPEN, STAGES, Books, age_of_debt, measures

AS_OF = date(2026, 11, 23)
START, END = date(2026, 10, 5), date(2026, 11, 22)
CHOSEN = OrderFilter(period=Period(START, END), currency="CNY")
EVER = OrderFilter(currency="CNY")
MOMENTS = ("confirmed", "processing", "shipped", "completed")
DAYS = ("confirmed", "shipped", "completed", "cancelled")
NO_DAY = dict.fromkeys([f"{stage}_on" for stage in DAYS])
NO_MOMENT = dict.fromkeys([f"{stage}_at" for stage in (*MOMENTS, "cancelled", "returned")])


def _write_books(database: Database, seed: int) -> None:
    """Two hundred orders of a year in two currencies; amounts in quarters, so that every engine
    adds them up to the same cent."""
    chance = Random(seed)
    with writing(database.writer) as connection:

        def write(table: str, rows: list[dict[str, Any]]) -> None:
            connection.execute(insert(metadata.tables[table]), rows)

        write("regions", [{"region_id": 50 + n, "code": f"r{n}", "name": f"R{n}"} for n in (1, 2)])
        write("channels", [{"channel": each, "name": each} for each in ("web", "shop")])
        write("categories", [{"category_id": n, "name": f"C{n}"} for n in (1, 2, 3)])
        write("products", [
            {"product_id": 50 + n, "sku": f"s{n}", "name": f"P{n}", "currency": "CNY",
             "category_id": chance.choice((1, 2, 3, None))} for n in range(9)
        ])  # fmt: skip
        for order_id in range(100, 300):
            write("orders", [_order(order_id, chance)])
            write("order_lines", [_line(order_id, n, chance) for n in range(chance.randint(1, 3))])
            paid = [_payment(order_id, chance) for _ in range(chance.choice((0, 1, 1, 2)))]
            if paid:
                write("payments", paid)
        recount_orders(connection)


def _order(order_id: int, chance: Random) -> dict[str, Any]:
    ordered_on = AS_OF - timedelta(days=int(400 * chance.random() ** 2))
    stage = chance.choice((*STAGES, "completed"))
    # noon in Shanghai: the business day of each moment is its own date
    at = datetime.combine(ordered_on, datetime.min.time()) + timedelta(hours=4)
    order: dict[str, Any] = {**NO_MOMENT, **NO_DAY}
    reached = MOMENTS[: STAGES.index(stage)] if stage in MOMENTS else ()
    if stage in ("returned", "completed"):
        reached = MOMENTS
    moment = at
    for each in reached:
        moment += timedelta(days=chance.randint(0, 4))
        order[f"{each}_at"] = moment
        if each != "processing":
            order[f"{each}_on"] = moment.date()
    if stage == "cancelled":
        order["cancelled_at"] = at + timedelta(days=chance.randint(0, 3))
        order["cancelled_on"] = order["cancelled_at"].date()
    promised_on = ordered_on + timedelta(days=chance.randint(0, 14))
    due_on = ordered_on + timedelta(days=chance.randint(0, 60))
    return order | {
        "order_id": order_id, "order_number": f"B-{order_id}", "stage": stage,
        "channel": chance.choice(("web", "shop")), "region_id": chance.choice((51, 52, None)),
        "currency": chance.choice(("CNY", "CNY", "CNY", "EUR")), "ordered_at": at,
        "ordered_on": ordered_on, "promised_on": chance.choice((promised_on, promised_on, None)),
        "due_on": chance.choice((due_on, due_on, None)),
    }  # fmt: skip


def _line(order_id: int, number: int, chance: Random) -> dict[str, Any]:
    quantity = chance.choice((-1, 1, 2, 3, 8))
    return {
        "order_id": order_id, "line_number": number + 1, "product_id": 50 + chance.randrange(9),
        "quantity": quantity, "returned_quantity": chance.choice((0, 0, 0, max(0, quantity - 1))),
        "unit_price": Decimal(chance.randint(1, 400)) / 4,
        "discount_rate": chance.choice((Decimal(0), Decimal("0.25"))),
        "unit_cost": chance.choice((None, Decimal(chance.randint(1, 80)) / 4)),
    }  # fmt: skip


def _payment(order_id: int, chance: Random) -> dict[str, Any]:
    paid_on = AS_OF - timedelta(days=chance.randint(0, 90))
    return {
        "order_id": order_id, "currency": "CNY", "paid_on": paid_on,
        "paid_at": datetime.combine(paid_on, datetime.min.time()),
        "amount": Decimal(chance.choice((-50, 40, 400, 2000))) / 4,
    }  # fmt: skip


class World:
    def __init__(self, database: Database, seed: int) -> None:
        _write_books(database, seed)
        self.books = Books(database.record, "CNY")
        self.copy = AnalyticsCopy(database.record)
        self.engines: tuple[Engine, ...] = (database.record, self.copy.engine)
        self.manager = scope_of(database, "manager")

    def ask(self, query: Any, *arguments: Any) -> pd.DataFrame:
        """The record's answer; the copy's must be the same."""
        record, copy = (query(engine, self.manager, *arguments) for engine in self.engines)
        pd.testing.assert_frame_equal(record, copy)
        return pd.DataFrame(record)


@pytest.fixture(scope="module", params=product(("sqlite", "postgresql"), range(2)), ids=str)
def world(
    request: pytest.FixtureRequest, new_database: Callable[[str], Database]
) -> Iterator[World]:
    """Only asked: whoever writes takes a `database`."""
    engine, seed = request.param
    database = new_database(engine)
    made = World(database, seed)
    yield made
    made.copy.close()
    database.dispose()


def _check(row: Any, expected: dict[str, float]) -> None:
    assert {name: row[name] for name in expected} == pytest.approx(expected, abs=1e-4)


def test_the_measures_of_a_period_and_of_those_it_is_compared_with(world: World) -> None:
    orders = world.books.orders
    _check(world.ask(sum_sales, CHOSEN, AS_OF).iloc[0], measures(orders, START, END, AS_OF))
    compared = add_up_periods(world.ask(sum_sales_by_day, CHOSEN, AS_OF), Period(START, END))
    days = (END - START).days + 1
    spans = [
        (START, END), (START - timedelta(days=days), START - timedelta(days=1)),
        (date(2025, 10, 5), date(2025, 11, 22)),
    ]  # fmt: skip
    for place, (start, end) in enumerate(spans):
        _check(compared.iloc[place], measures(orders, start, end, AS_OF))


@pytest.mark.parametrize("grain", ["day", "week", "month"])
def test_the_measures_of_each_day_week_and_month(world: World, grain: str) -> None:
    days = world.ask(sum_sales_by_day, CHOSEN, AS_OF)
    frame = add_up_over_time(days, Period(START, END), grain)
    starts = [each.date() for each in frame["period_on"]]
    assert starts[0] == {"day": START, "week": START, "month": date(2026, 10, 1)}[grain]  # a Monday
    ends = [*(start - timedelta(days=1) for start in starts[1:]), END]
    for (_, row), start, end in zip(frame.iterrows(), starts, ends, strict=True):
        _check(row, measures(world.books.orders, max(start, START), end, AS_OF))


@pytest.mark.parametrize(
    ("query", "key"),
    [(sum_sales_by_channel, "channel"), (sum_sales_by_region, "region_id"),
     (sum_sales_by_category, "category_id")],
)  # fmt: skip
def test_the_measures_of_each_channel_region_and_category(
    world: World, query: Any, key: str
) -> None:
    books = world.books
    orders = books.by_category() if key == "category_id" else books.orders
    frame = world.ask(query, CHOSEN, AS_OF, "en", ORDERED)
    days = timedelta(days=(END - START).days + 1)
    for _, row in frame.iterrows():
        same = orders[key].isna() if pd.isna(row[key]) else orders[key] == row[key]
        now = measures(orders[same], START, END, AS_OF)
        _check(row, {name: now[name] for name in ORDERED})
        before = measures(orders[same], START - days, END - days, AS_OF)
        _check(row, {"previous_net_sales": before["net_sales"]})
    assert frame["net_sales"].is_monotonic_decreasing
    for_pages = world.ask(query, CHOSEN, AS_OF)
    assert for_pages["net_sales"].sum() == pytest.approx(frame["net_sales"].sum())
    taken = orders[orders["ordered_on"].between(pd.Timestamp(START - days), pd.Timestamp(END))]
    assert len(frame) == taken[key].nunique(dropna=False)


def test_the_pipeline_by_stage_and_age(world: World) -> None:
    orders, today = world.books.orders, pd.Timestamp(AS_OF)
    stages = world.ask(sum_orders_by_stage, EVER, AS_OF).set_index("stage")
    assert tuple(stages.index) == STAGES
    for stage, row in stages.iterrows():
        of_stage = orders[orders["stage"] == stage]
        late = of_stage[(of_stage["promised_on"] < today) & (stage in OPEN)]
        expected = {"orders": len(of_stage), "units": of_stage["units"].sum(),
                    "net_sales": of_stage["net_sales"].sum(), "overdue_orders": len(late),
                    "overdue_sales": late["net_sales"].sum()}  # fmt: skip
        _check(row, expected)
        entered = "ordered_at" if stage == "received" else f"{stage}_at"
        if stage in OPEN and len(of_stage):
            days = (today - of_stage[entered].dt.normalize()).dt.days
            assert (row["oldest_days"], row["mean_days"]) == (days.max(), round(days.mean(), 2))
    aged = orders[orders["stage"].isin(OPEN)]
    aged = aged.assign(days=(today - aged["ordered_on"]).dt.days)
    ages = world.ask(sum_open_orders_by_age, EVER, AS_OF)
    assert ages["orders"].sum() == len(aged)
    for row in ages.itertuples():
        last = 10_000 if pd.isna(row.days_to) else row.days_to
        held = aged[(aged["stage"] == row.stage) & aged["days"].between(row.days_from, last)]
        assert (row.orders, row.net_sales) == (len(held), pytest.approx(held["net_sales"].sum()))


def test_the_backlog_of_each_day(world: World) -> None:
    orders = world.books.orders
    value = orders["net_sales"] + orders["returns_value"]
    frame = world.ask(sum_backlog_by_day, EVER, AS_OF, (Period(START, END),))
    left = orders[["shipped_at", "cancelled_at"]].min(axis=1)
    for row in frame.itertuples():
        night = row.day_on + pd.Timedelta(hours=16)  # midnight in Shanghai
        held = (orders["confirmed_at"] < night) & ~(left < night)
        assert (row.orders, row.units) == (held.sum(), orders["units"][held].sum())
        assert row.net_sales == pytest.approx(value[held].sum(), abs=1e-4)
    waiting = orders["stage"].isin(["confirmed", "processing"])
    now = world.ask(sum_backlog, EVER, AS_OF).iloc[0]
    assert (now["orders"], now["units"]) == (waiting.sum(), orders["units"][waiting].sum())
    assert now["net_sales"] == pytest.approx(value[waiting].sum(), abs=1e-4)


def test_what_is_owed_by_age_and_what_came_in(world: World) -> None:
    owing = world.books.owing()
    ages = owing["due_on"].map(lambda due_on: age_of_debt(due_on, AS_OF))
    for row in world.ask(sum_receivables_by_age, EVER, AS_OF).itertuples():
        held = owing[ages == row.age]
        assert row.orders == len(held)
        assert [row.total, row.paid, row.owed] == pytest.approx(
            [held["net_sales"].sum(), held["paid"].sum(), held["owed"].sum()], abs=1e-4
        )
    for state in ("paid", "partly_paid", "unpaid"):
        goes = world.books.orders[world.books.orders["stage"] != "cancelled"]
        owed, paid = (goes["net_sales"] - goes["paid"]).round(4) > 0.00995, goes["paid"] > 0.00995
        expected = {"paid": ~owed, "partly_paid": owed & paid, "unpaid": owed & ~paid}[state]
        found = OrderFilter(currency="CNY", payment_state=state)  # type: ignore[arg-type]
        for engine in world.engines:
            assert count_orders(engine, world.manager, found, AS_OF) == expected.sum()
    payments = world.books.rows["payments"]
    mine = payments[payments["currency"] == "CNY"]
    amount, month = mine["amount"].astype(float), pd.to_datetime(mine["paid_on"]).dt.to_period("M")
    frame = world.ask(sum_payments_over_time, EVER, AS_OF, "month")
    assert list(frame["period_on"].dt.to_period("M")) == sorted(month.unique())
    for row in frame.itertuples():
        of_month = amount[month == row.period_on.to_period("M")]
        came, went = of_month[of_month >= 0], -of_month[of_month < 0]
        assert [row.payments, row.refunds, row.paid, row.refunded] == pytest.approx(
            [len(came), len(went), came.sum(), went.sum()]
        )


def test_what_needs_attention_in_random_books(world: World) -> None:
    orders, owing, today = world.books.orders, world.books.owing(), pd.Timestamp(AS_OF)
    late = orders[orders["stage"].isin(OPEN) & (orders["promised_on"] < today)]
    waiting = orders[
        (orders["stage"] == "received") & (orders["ordered_on"] < today - pd.Timedelta(days=1))
    ]
    due = owing[owing["due_on"] < today]
    _check(
        world.ask(sum_attention, AS_OF, "CNY").iloc[0],
        {"overdue_orders": len(late), "overdue_sales": late["net_sales"].sum(),
         "unconfirmed_orders": len(waiting), "unconfirmed_sales": waiting["net_sales"].sum(),
         "past_due_orders": len(due), "past_due_owed": due["owed"].sum()},
    )  # fmt: skip


def test_stock_and_complaints_that_need_attention(database: Database) -> None:
    writer = database.writer
    place, cup = add(writer, "warehouses", name="Main"), add(writer, "products", name="Cup")
    pot, jar = add(writer, "products", name="Pot"), add(writer, "products", name="Jar")
    # available 4 of 5 needed; 0 of 7; 6 of 5; and one without a reorder point
    for product_id, held, reserved, point in ((cup, 6, 2, 5), (pot, 3, 3, 7), (jar, 6, 0, 5)):
        add(writer, "stock", warehouse_id=place, product_id=product_id, on_hand=held,
            reserved=reserved, reorder_point=point)  # fmt: skip
    add(writer, "stock", warehouse_id=add(writer, "warehouses"), product_id=jar, on_hand=0)
    postage = add(writer, "products", name="Postage", is_goods=False)
    add(writer, "stock", warehouse_id=place, product_id=postage, on_hand=0, reorder_point=3)
    when = datetime(2026, 11, 1)
    for severity, state, kind, day in (
        (2, "new", "complaint", 0), (3, "assigned", "complaint", 5), (3, "new", "complaint", 1),
        (5, "resolved", "complaint", 0), (None, "new", "complaint", 0), (5, "new", "review", 0),
    ):  # fmt: skip
        add(writer, "feedback", severity=severity, state=state, kind=kind,
            text=f"{severity} {state}", created_at=when + timedelta(days=day))  # fmt: skip
    manager = scope_of(database, "manager")
    low = list_low_stock(database.record, manager)
    assert low[["product", "available", "lacking"]].values.tolist() == [
        ["Pot", 0, 7], ["Cup", 4, 1]
    ]  # fmt: skip
    complaints = list_open_complaints(database.record, manager)
    assert list(complaints["text"]) == ["3 new", "3 assigned", "2 new", "None new"]
    counted = sum_attention(database.analytics, manager, AS_OF, "CNY").iloc[0]
    assert (counted["low_stock"], counted["open_complaints"]) == (2, 4)
    finance = sum_attention(database.analytics, scope_of(database, "finance"), AS_OF).iloc[0]
    assert finance[["low_stock", "open_complaints"]].isna().all()


def test_what_filters_can_be_set_to_counts_orders(database: Database) -> None:
    ada = add(database.writer, "employees", name="Ada", name_zh="艾达")
    for channel, owner_id in (("web", ada), ("web", None), ("shop", ada)):
        add_order(database, channel=channel, owner_id=owner_id)
    manager, record = scope_of(database, "manager"), database.record
    used = count_orders_by_option(record, manager).set_index("option")
    counts = used[["word", "orders"]].loc
    assert counts["channel"].values.tolist() == [["web", 2], ["noise", 1], ["shop", 1]]
    assert counts["currency"].values.tolist() == [["CNY", 3], ["XTS", 1]]
    assert used.loc["owner_id", ["number", "orders"]].values.tolist()[0] == [ada, 2]
    names = list_reps(record, manager, "zh_CN").set_index("employee_id")["name"]
    assert names[ada] == "艾达"
