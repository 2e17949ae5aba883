"""Punctuality, cycle times, waits and histories: by hand, and against plain pandas over random
books, alike on SQLite, PostgreSQL and the copy in DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import ceil
from random import Random
from typing import Any

import duckdb
import pandas as pd
import pytest
from sqlalchemy import Engine, func, insert, select, text

from data_access.analytics_copy import AnalyticsCopy
from data_access.database import Database, writing
from data_access.delivery import (
    sum_cycle_times,
    sum_cycle_times_over_time,
    sum_punctuality,
    sum_punctuality_over_time,
)
from data_access.dwelling import sum_dwell_times, sum_queues
from data_access.filters import OrderFilter, Period
from data_access.late_orders import list_open_orders, list_stage_histories
from data_access.pipeline import count_orders
from data_access.sales import sum_sales
from data_access.tables import metadata, order_lines, orders
from tests.crm import NOW, add, add_order, scope_of

AS_OF = date(2026, 11, 23)
PERIOD = Period(date(2026, 10, 1), date(2026, 11, 22))
CHOSEN = OrderFilter(period=PERIOD, currency="CNY")
STAGES = ("received", "confirmed", "processing", "shipped")
MOMENTS = ("ordered_at", "confirmed_at", "processing_at", "shipped_at", "completed_at")
SHANGHAI = pd.Timedelta(hours=8)


class Asked:
    """Asks the record, and where that is SQLite its copy too, which must answer alike."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.engines: tuple[Engine, ...] = (database.record,)
        self.manager = scope_of(database, "manager")
        self.copy: AnalyticsCopy | None = None
        if database.record.dialect.name == "sqlite":
            self.copy = AnalyticsCopy(database.record)
            self.engines = (database.record, self.copy.engine)

    def __call__(
        self, query: Any, *arguments: Any, scope: Any = None, **named: Any
    ) -> pd.DataFrame:
        if self.copy is not None:
            self.copy.refresh()
        found = [query(each, scope or self.manager, *arguments, **named) for each in self.engines]
        for other in found[1:]:
            pd.testing.assert_frame_equal(found[0], other)
        return pd.DataFrame(found[0])

    def close(self) -> None:
        if self.copy is not None:
            self.copy.close()


@pytest.fixture
def asked(database: Database) -> Iterator[Asked]:
    made = Asked(database)
    yield made
    made.close()


def at(day: str, hour: int = 12) -> datetime:
    """An hour of a November day in Shanghai."""
    return datetime.fromisoformat(f"2026-11-{day}") + timedelta(hours=hour) - SHANGHAI


def times(*moments: datetime | None) -> dict[str, Any]:
    """The moments of an order, and the days that follow from them."""
    known: dict[str, Any] = dict(zip(MOMENTS, moments, strict=False))
    for name in ("shipped", "completed"):
        moment = known.get(f"{name}_at")
        known[f"{name}_on"] = (moment + SHANGHAI).date() if moment else None
    return known


def row_of(frame: pd.DataFrame, **which: Any) -> dict[str, Any]:
    for name, value in which.items():
        frame = frame[frame[name] == value]
    (row,) = frame.to_dict("records")
    return {str(name): value for name, value in row.items()}


# Punctuality


def test_on_time_is_by_order_and_late_counts_as_not(asked: Asked) -> None:
    def due(promised_on: int, completed_on: int | None, **values: Any) -> int:
        delivered = completed_on and date(2026, 11, completed_on)
        return add_order(asked.database, promised_on=date(2026, 11, promised_on),
                         completed_on=delivered, **values)  # fmt: skip

    due(10, 9)
    due(10, 10)
    due(10, 11)
    due(10, None, stage="shipped")
    due(10, None, stage="cancelled")
    due(23, 22)  # promised for today, which is not over
    to_today = replace(CHOSEN, period=Period(PERIOD.start, AS_OF))
    frame = asked(sum_punctuality, CHOSEN, AS_OF)
    assert row_of(frame, span="now") == {
        "span": "now", "due_orders": 4, "on_time_orders": 2, "otif_orders": 2,
    }  # fmt: skip
    assert frame["due_orders"].tolist() == [4, 0, 0]
    for as_of, due in ((AS_OF, 4), (AS_OF + timedelta(days=1), 5)):
        assert asked(sum_punctuality, to_today, as_of)["due_orders"].tolist() == [due, 0, 0]
    by_week = asked(sum_punctuality_over_time, CHOSEN, AS_OF, "week")
    assert by_week[["due_orders", "on_time_orders"]].values.tolist() == [[4, 2]]
    assert by_week["period_on"].iloc[0] == pd.Timestamp("2026-11-09")


def test_in_full_is_what_the_record_can_tell(asked: Asked) -> None:
    writer = asked.database.writer
    made = [
        add_order(asked.database, order_number=f"O-{number}", promised_on=date(2026, 11, 10),
                  completed_on=date(2026, 11, 9))
        for number in range(5)
    ]  # fmt: skip
    for order_id, arrived in ((0, True), (0, False), (1, True), (1, True), (2, False)):
        add(
            writer, "shipments", order_id=made[order_id], delivered_at=at("09") if arrived else None
        )
    with asked.database.record.connect() as connection:
        line_of = dict(connection.execute(text("SELECT order_id, line_id FROM order_lines")).all())
    for order_id, reason in ((3, "Wrong item"), (4, "Changed my mind")):
        add(writer, "returns", order_id=made[order_id], line_id=line_of[made[order_id]], quantity=1,
            amount=100, reason=reason)  # fmt: skip
    now = row_of(asked(sum_punctuality, CHOSEN, AS_OF), span="now")
    assert (now["due_orders"], now["on_time_orders"], now["otif_orders"]) == (5, 5, 3)
    behind = OrderFilter(period=PERIOD, period_basis="promised_on", currency="CNY", not_otif=True)
    for engine in asked.engines:
        assert count_orders(engine, asked.manager, behind, AS_OF) == 2


# Cycle time


def test_the_stages_of_an_order_add_up_to_its_time(asked: Asked) -> None:
    hours = times(at("02", 8), at("02", 9), at("02", 12), at("03", 12), at("05", 8))
    add_order(asked.database, **hours)
    now = row_of(asked(sum_cycle_times, CHOSEN, AS_OF), span="now")
    assert [now[f"{stage}_total"] / 3600 for stage in STAGES] == [1, 3, 24, 44]
    assert now["cycle_total"] == now["cycle_median"] == now["cycle_nine_in_ten"] == 72 * 3600


def test_a_stage_that_was_not_recorded_took_no_time(asked: Asked) -> None:
    add_order(asked.database, **times(at("02", 8), None, at("02", 12), None, at("05", 8)))
    now = row_of(asked(sum_cycle_times, CHOSEN, AS_OF), span="now")
    assert [now[f"{stage}_total"] / 3600 for stage in STAGES] == [4, 0, 68, 0]
    dwell = asked(sum_dwell_times, CHOSEN, AS_OF)
    assert dict(zip(dwell["stage"], dwell["median"] / 3600, strict=True)) == {
        "received": 4, "processing": 68,
    }  # fmt: skip
    of_one = asked(sum_dwell_times, CHOSEN, AS_OF, stages=("processing",))
    assert of_one.to_dict("records") == dwell[dwell["stage"] == "processing"].to_dict("records")


def test_moments_that_contradict_each_other_are_left_out(asked: Asked) -> None:
    add_order(asked.database, **times(at("04"), at("03"), at("05"), at("06"), at("07")))
    assert asked(sum_cycle_times, CHOSEN, AS_OF)["delivered_orders"].tolist() == [0, 0, 0]
    assert "received" not in set(asked(sum_dwell_times, CHOSEN, AS_OF)["stage"])
    assert not len(asked(sum_cycle_times_over_time, CHOSEN, AS_OF, "day"))


def test_half_and_nine_in_ten_are_an_orders_own_time(asked: Asked) -> None:
    for day in range(1, 11):  # delivered after 1 to 10 days
        add_order(asked.database, **times(at("01"), None, None, None, at(f"{day + 1:02}")))
    now = row_of(asked(sum_cycle_times, CHOSEN, AS_OF), span="now")
    assert (now["cycle_median"] / 86400, now["cycle_nine_in_ten"] / 86400) == (5, 9)


def test_the_copys_function_takes_the_order_that_a_rank_would() -> None:
    shares = "percentile_disc({}) WITHIN GROUP (ORDER BY place)"
    found = duckdb.sql(
        f"SELECT many, {shares.format(0.5)}, {shares.format(0.9)} FROM range(1, 400) AS m(many),"
        " range(1, many + 1) AS p(place) GROUP BY many"
    ).fetchall()
    assert len(found) == 399
    assert all((half, nine) == (-(-n // 2), -(-9 * n // 10)) for n, half, nine in found)


# Waits


def test_the_longest_wait_is_of_those_still_there(asked: Asked) -> None:
    region = add(asked.database.writer, "regions", code="n", name="North", name_zh="北方")
    add_order(asked.database, stage="processing", region_id=region,
              **times(at("01"), at("02"), at("09"), None, None))  # fmt: skip
    add_order(asked.database, stage="processing", **times(at("01"), at("02"), at("20", 23), None))
    add_order(asked.database, stage="confirmed", **times(at("01"), at("22", 1), None, None))
    add_order(asked.database, stage="received", ordered_on=date(2026, 11, 20), **times(at("20")))
    queues = asked(sum_queues, CHOSEN, AS_OF)
    found = queues[["stage", "orders", "median", "longest"]].values.tolist()
    assert found == [["received", 1, 3, 3], ["confirmed", 1, 1, 1], ["processing", 2, 3, 14]]
    named = asked(sum_queues, CHOSEN, AS_OF, "region", "zh_CN")
    assert row_of(named, stage="processing", region_id=region)["name"] == "北方"


def test_a_stay_counts_in_the_period_in_which_it_ended(asked: Asked) -> None:
    october = datetime(2026, 9, 30, 15, 59)  # a minute before the first of October in Shanghai
    for ended in (october, october + timedelta(minutes=1)):
        add_order(asked.database, stage="confirmed", ordered_on=date(2026, 9, 30),
                  ordered_at=october - timedelta(hours=1), confirmed_at=ended)  # fmt: skip
    dwell = asked(sum_dwell_times, CHOSEN, AS_OF)
    assert dwell[["span", "stage", "orders", "median"]].values.tolist() == [
        ["now", "received", 1, 3660], ["previous", "received", 1, 3600],
    ]  # fmt: skip


# Random books


def _write_books(database: Database, seed: int) -> None:
    chance = Random(seed)
    with writing(database.writer) as connection:

        def write(table: str, rows: list[dict[str, Any]]) -> None:
            connection.execute(insert(metadata.tables[table]), rows)

        write("regions", [{"region_id": 50 + n, "code": f"r{n}", "name": f"R{n}"} for n in (1, 2)])
        write("channels", [{"channel": each, "name": each.title()} for each in ("web", "shop")])
        write("orders", [_order(order_id, chance) for order_id in range(100, 340)])


def _order(order_id: int, chance: Random) -> dict[str, Any]:
    moment = datetime(2026, 11, 22, 20) - timedelta(hours=chance.randint(0, 24 * 200))
    ordered_on = (moment + SHANGHAI).date()
    reached = chance.choice((1, 2, 3, 4, 5, 5, 5, 5))
    moments: dict[str, Any] = {}
    for name in MOMENTS[:reached]:
        gone = name != "ordered_at" and chance.random() < 0.1
        moments[name] = None if gone else moment
        moment += timedelta(seconds=chance.randint(-3_000, 400_000))
    stage = (*STAGES, "completed")[reached - 1]
    if reached < 5 and chance.random() < 0.2:
        stage = "cancelled"
    values = {**dict.fromkeys(MOMENTS), **times(*moments.values())}
    promised_on = ordered_on + timedelta(days=chance.randint(1, 12))
    return values | {
        "order_id": order_id, "order_number": f"B-{order_id}", "stage": stage,
        "channel": chance.choice(("web", "shop")), "region_id": chance.choice((51, 52, None)),
        "currency": chance.choice(("CNY", "CNY", "EUR")), "ordered_on": ordered_on,
        "promised_on": chance.choice((promised_on, promised_on, None)),
    }  # fmt: skip


@pytest.fixture(scope="module")
def books(shared_database: Database) -> Iterator[tuple[Asked, pd.DataFrame]]:
    """Only asked: whoever writes takes a `database`."""
    _write_books(shared_database, 3)
    made = Asked(shared_database)
    with shared_database.record.connect() as connection:
        orders = pd.read_sql_query(text("SELECT * FROM orders"), connection)
    orders = orders[orders["currency"] == "CNY"].copy()
    for name in [name for name in orders if name.endswith(("_on", "_at"))]:
        orders[name] = pd.to_datetime(orders[name])
    yield made, orders
    made.close()


def spread(values: pd.Series[Any]) -> list[float]:
    """How many, the lower median, the ninth of ten, the most."""
    ranked = sorted(values)
    count = len(ranked)
    return [count, ranked[ceil(count / 2) - 1], ranked[ceil(count * 9 / 10) - 1], ranked[-1]]


def days_of(period: Period) -> tuple[pd.Timestamp, pd.Timestamp]:
    return pd.Timestamp(period.start), pd.Timestamp(period.end)


def test_punctuality_in_random_books(books: tuple[Asked, pd.DataFrame]) -> None:
    asked, orders = books
    frame = asked(sum_punctuality, CHOSEN, AS_OF)
    for span, period in zip(
        frame["span"], (PERIOD, PERIOD.previous(), PERIOD.last_year()), strict=True
    ):
        start, end = days_of(period)
        due = orders[orders["promised_on"].between(start, end) & (orders["stage"] != "cancelled")]
        due = due[due["promised_on"] < pd.Timestamp(AS_OF)]
        row = row_of(frame, span=span)
        on_time = (due["completed_on"] <= due["promised_on"]).sum()
        assert (row["due_orders"], row["on_time_orders"]) == (len(due), on_time)
    whole = asked(sum_sales, CHOSEN, AS_OF).iloc[0]  # the overview says the same
    now = row_of(frame, span="now")
    assert (now["due_orders"], now["on_time_orders"]) == (
        whole["due_orders"], whole["on_time_orders"],
    )  # fmt: skip
    by_day = asked(sum_punctuality_over_time, CHOSEN, AS_OF, "day")
    assert by_day["due_orders"].sum() == now["due_orders"]


def test_cycle_times_in_random_books(books: tuple[Asked, pd.DataFrame]) -> None:
    asked, orders = books
    start, end = days_of(PERIOD)
    filled = orders[list(MOMENTS)].bfill(axis=1)
    steps = filled.diff(axis=1).iloc[:, 1:]
    delivered = orders["completed_on"].between(start, end) & (orders["stage"] != "cancelled")
    delivered &= orders["completed_at"].notna() & (steps >= pd.Timedelta(0)).all(axis=1)
    seconds = (orders["completed_at"] - orders["ordered_at"])[delivered].dt.total_seconds()
    now = row_of(asked(sum_cycle_times, CHOSEN, AS_OF), span="now")
    assert [now["delivered_orders"], now["cycle_median"], now["cycle_nine_in_ten"]] == (
        spread(seconds)[:3]
    )
    parts = [now[f"{stage}_total"] for stage in STAGES]
    expected = [steps[name][delivered].dt.total_seconds().sum() for name in MOMENTS[1:]]
    assert parts == expected and sum(parts) == now["cycle_total"] == seconds.sum()


@pytest.mark.parametrize(
    ("cut", "key"), [("stage", None), ("channel", "channel"), ("region", "region_id")]
)
def test_waits_in_random_books(
    books: tuple[Asked, pd.DataFrame], cut: str, key: str | None
) -> None:
    asked, orders = books
    frame = asked(sum_dwell_times, CHOSEN, AS_OF, cut)
    goes = orders[orders["stage"] != "cancelled"]
    found = 0
    for span, period in (("now", PERIOD), ("previous", PERIOD.previous())):
        start, end = (day - SHANGHAI for day in days_of(period))
        for place, stage in enumerate(STAGES):
            left = goes[list(MOMENTS[place + 1 :])].bfill(axis=1).iloc[:, 0]
            stays = (left - goes[MOMENTS[place]]).dt.total_seconds()
            chosen = (left >= start) & (left < end + pd.Timedelta(days=1)) & (stays >= 0)
            groups = goes[key][chosen] if key else pd.Series("all", index=goes.index[chosen])
            for group, values in stays[chosen].groupby(groups, dropna=False):
                rows = frame[(frame["span"] == span) & (frame["stage"] == stage)]
                if key:
                    same = rows[key].isna() if pd.isna(group) else rows[key] == group
                    rows = rows[same]
                row = rows.iloc[0]
                assert [row["orders"], row["median"], row["nine_in_ten"], row["longest"]] == (
                    spread(values)
                )
                found += 1
    assert found == len(frame)
    queues = asked(sum_queues, CHOSEN, AS_OF, cut)
    assert queues["orders"].sum() == orders["stage"].isin(STAGES).sum()


# Histories


def test_a_history_is_the_day_of_each_stage(asked: Asked) -> None:
    add_order(asked.database, channel="web", promised_on=date(2026, 11, 7),
              ordered_on=date(2026, 11, 2),
              **times(at("02", 23), at("03", 1), at("04"), None, at("09")))  # fmt: skip
    add_order(asked.database, channel="shop", stage="cancelled", cancelled_at=at("22"),
              ordered_on=date(2026, 11, 20), **times(at("20"), at("21")))  # fmt: skip
    add_order(asked.database, channel="old", ordered_on=date(2025, 11, 1))
    add_order(asked.database, channel="lost", ordered_on=date(2026, 11, 1), **times(at("01")))
    frame = asked(list_stage_histories, AS_OF)
    days = [name for name in frame if name.endswith("_day")]
    found = {row["channel"]: [row[day] for day in days] for row in frame.to_dict("records")}
    known = {name: [None if pd.isna(day) else day for day in row] for name, row in found.items()}
    assert known == {
        "web": [-16, -21, -20, -19, None, -14, None],
        "shop": [4, -3, -2, None, None, None, -1],
        "lost": [-15, -22, None, None, None, None, -22],  # completed, nobody knows when
    }  # fmt: skip


def _shelf(database: Database, on_hand: int, reserved: int) -> tuple[int, int]:
    house = add(database.writer, "warehouses")
    product = add(database.writer, "products")
    add(database.writer, "stock", warehouse_id=house, product_id=product, on_hand=on_hand,
        reserved=reserved)  # fmt: skip
    return house, product


def _moved(database: Database, shelf: tuple[int, int], quantity: int, kind: str, day: str) -> None:
    add(database.writer, "stock_movements", warehouse_id=shelf[0], product_id=shelf[1],
        quantity=quantity, kind=kind, moved_at=at(day, 6))  # fmt: skip


def _asks(database: Database, shelf: tuple[int, int], quantity: int, *moments: Any) -> str:
    number = f"S-{quantity}-{moments[0].day}"
    add_order(database, order_number=number, channel=number, warehouse_id=shelf[0],
              stage=STAGES[len(moments) - 1], ordered_on=moments[0].date(),
              lines=[{"product_id": shelf[1], "quantity": quantity}],
              **times(*moments))  # fmt: skip
    return number


def test_too_little_was_free_when_it_was_ordered(asked: Asked) -> None:
    """10 came in; 6 are reserved on the 3rd and shipped on the 5th, 5 more come on the 10th."""
    shelf = _shelf(asked.database, on_hand=9, reserved=8)
    _moved(asked.database, shelf, 10, "opening", "01")
    first = _asks(asked.database, shelf, 6, at("02"), at("03"), at("04"), at("05"))
    _moved(asked.database, shelf, -6, "shipment", "05")
    second = _asks(asked.database, shelf, 5, at("06"), at("06", 13))  # 4 are free
    third = _asks(asked.database, shelf, 3, at("02", 13), at("09"))  # 10 are
    _moved(asked.database, shelf, 5, "receipt", "10")
    states = asked(list_stage_histories, AS_OF).set_index("channel")["was_short"]
    assert states[[first, second, third]].tolist() == [0, 1, 0]
    lead = scope_of(asked.database, "sales_lead", region_ids=[1])
    assert asked(list_stage_histories, AS_OF, scope=lead)["was_short"].isna().all()


def test_movements_that_do_not_add_up_tell_nothing(asked: Asked) -> None:
    shelf = _shelf(asked.database, on_hand=99, reserved=0)
    _moved(asked.database, shelf, 10, "opening", "01")
    number = _asks(asked.database, shelf, 60, at("02"))
    states = asked(list_stage_histories, AS_OF).set_index("channel")["was_short"]
    assert pd.isna(states[number])


def test_the_lines_that_wait_for_stock_now(asked: Asked) -> None:
    full, empty = _shelf(asked.database, 5, 0), _shelf(asked.database, 1, 1)
    for stage, number in (("processing", "P"), ("shipped", "S"), ("received", "R")):
        add_order(
            asked.database,
            order_number=number,
            stage=stage,
            warehouse_id=empty[0],
            lines=[{"product_id": empty[1], "quantity": 1}, {"product_id": full[1]}],
        )
    add_order(asked.database, order_number="LARGE", stage="received", warehouse_id=full[0],
              lines=[{"product_id": full[1], "quantity": 6}])  # fmt: skip
    frame = asked(list_open_orders, CHOSEN, AS_OF).set_index("order_number")
    assert frame.loc[["P", "S", "R", "LARGE"], "lines"].tolist() == [2, 2, 2, 1]
    short = [None if pd.isna(n) else n for n in frame.loc[["P", "S", "R", "LARGE"], "short_lines"]]
    assert short == [0, None, 1, 1]  # the one that is there is for who is confirmed
    _set_aside(asked.database, "R", 1)
    frame = asked(list_open_orders, CHOSEN, AS_OF).set_index("order_number")
    assert frame.loc[["P", "R", "LARGE"], "short_lines"].tolist() == [1, 0, 1]


def _set_aside(database: Database, number: str, units: int) -> None:
    """Of the first line of the order."""
    first = select(func.min(order_lines.c.line_id)).join(orders).where(
        orders.c.order_number == number
    )  # fmt: skip
    with database.record.connect() as connection:
        line = connection.execute(
            select(order_lines).where(order_lines.c.line_id == first.scalar_subquery())
        ).one()
    add(database.writer, "allocations", order_id=line.order_id, line_id=line.line_id,
        quantity=units, promised_weight=50, margin_weight=25, value_weight=25,
        allocated_at=NOW, request_id="aside")  # fmt: skip


def test_open_orders_come_by_promised_day_with_names(asked: Asked) -> None:
    region = add(asked.database.writer, "regions", code="n", name="North", name_zh="北方")
    customer = add(asked.database.writer, "customers", name="Harbour", name_zh="海港")
    later = add_order(asked.database, order_number="LATER", stage="shipped", region_id=region,
                      customer_id=customer, promised_on=date(2026, 11, 30),
                      **times(at("18"), at("19"), at("20"), at("21")))  # fmt: skip
    add(asked.database.writer, "shipments", order_id=later, carrier="SF Express")
    add_order(asked.database, order_number="SOONER", stage="received")
    add_order(asked.database, order_number="NO DAY", stage="received", promised_on=None)
    add_order(asked.database, order_number="DONE", stage="completed")
    frame = asked(list_open_orders, CHOSEN, AS_OF, "zh_CN")
    assert frame["order_number"].tolist() == ["SOONER", "LATER"]
    row = row_of(frame, order_number="LATER")
    assert (row["customer"], row["region"], row["carrier"]) == ("海港", "北方", "SF Express")
    assert row["entered_on"] == pd.Timestamp("2026-11-21")
    ware = asked(
        list_open_orders, OrderFilter(), AS_OF, scope=scope_of(asked.database, "warehouse")
    )
    assert "LATER" in set(ware["order_number"]) and ware["net_sales"].isna().all()
