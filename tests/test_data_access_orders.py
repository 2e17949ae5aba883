"""The list of orders, one order, and what customers owe."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from data_access.database import Database
from data_access.errors import NotFound
from data_access.filters import OrderFilter, Period
from data_access.keyset import next_page
from data_access.order_details import list_order_events
from data_access.orders import find_order, list_orders
from data_access.receivables import list_receivables, sum_receivables_by_age
from tests.crm import add, add_order, scope_of

AS_OF = date(2026, 11, 23)
MINE = OrderFilter(currency="CNY")


def _numbers(frame: pd.DataFrame) -> list[str]:
    return list(frame["order_number"])


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("sort", ["ordered_at", "promised_on", "net_sales", "units"])
def test_pages_hold_every_order_once_and_those_without_a_value_last(
    database: Database, sort: Any, descending: bool
) -> None:
    zoe = add(database.writer, "customers", name="Zoe")
    for number in range(7):
        add_order(
            database,
            order_number=f"P{number}",
            customer_id=zoe if number % 2 else None,
            promised_on=date(2026, 11, 1 + number // 2) if number % 3 else None,
            lines=[{"unit_price": 10 * (number // 3)}],
        )
    manager, after, found = scope_of(database, "manager"), None, []
    while True:
        page = list_orders(
            database.record, manager, MINE, as_of=AS_OF, sort=sort, descending=descending,
            after=after, limit=2,
        )  # fmt: skip
        assert len(page) <= 2
        found.append(page)
        after = next_page(page)
        if after is None:
            break
    whole = pd.concat(found, ignore_index=True)
    assert sorted(_numbers(whole)) == [f"P{number}" for number in range(7)]
    values = whole[sort]
    held = values.dropna()
    assert list(held.index) == list(range(len(held)))
    assert held.is_monotonic_decreasing if descending else held.is_monotonic_increasing


def test_search_takes_wildcards_as_they_are_and_meets_masked_phones_alone(
    database: Database,
) -> None:
    customer_id = add(database.writer, "customers", name="100% Cotton", phone="13812345678")
    order_id = add_order(database, order_number="AB_1", customer_id=customer_id)
    add_order(database, order_number="ABX1")
    add(database.writer, "shipments", order_id=order_id, tracking_number="SF9")
    manager, analyst = scope_of(database, "manager"), scope_of(database, "analyst")

    def search(scope: Any, words: str) -> list[str]:
        chosen = OrderFilter(search=words)
        return _numbers(list_orders(database.record, scope, chosen, as_of=AS_OF))

    assert search(manager, "b_1") == ["AB_1"]
    assert search(manager, "0% c") == ["AB_1"]
    assert search(manager, "sf9") == ["AB_1"]
    assert search(manager, "1381234") == ["AB_1"]
    assert search(analyst, "1381234") == []
    assert search(analyst, "138****5678") == ["AB_1"]
    assert search(manager, "'; drop table orders; --") == []


def test_an_order_that_is_not_theirs_is_not_found(database: Database) -> None:
    add_order(database, order_number="HIS")
    assert find_order(database.record, scope_of(database, "manager"), "HIS", AS_OF)["units"] == 1
    for role in ("sales_rep", "sales_lead", "partner", "warehouse"):
        with pytest.raises(NotFound):
            find_order(database.record, scope_of(database, role), "HIS", AS_OF)


def test_the_timeline_is_in_time_order(database: Database) -> None:
    order_id = add_order(
        database, stage="shipped", confirmed_at=pd.Timestamp("2026-11-20 05:00"),
        shipped_at=pd.Timestamp("2026-11-21 05:00"),
    )  # fmt: skip
    add(database.writer, "payments", order_id=order_id, amount=60,
        paid_at=pd.Timestamp("2026-11-20 06:00"))  # fmt: skip
    add(database.writer, "payments", order_id=order_id, amount=-5,
        paid_at=pd.Timestamp("2026-11-22 06:00"))  # fmt: skip
    events = list_order_events(database.record, scope_of(database, "manager"), order_id)
    assert list(events["event"]) == ["received", "confirmed", "payment", "shipped", "refund"]
    warehouse = list_order_events(database.record, scope_of(database, "warehouse"), order_id)
    assert list(warehouse["event"]) == ["received", "confirmed", "shipped"]


def test_what_is_owed_falls_into_its_age(database: Database) -> None:
    # due Nov 23: not yet; Nov 22 and Oct 24: 1 and 30 days; Oct 23: 31; Aug 24: 91
    for number, due_on in enumerate(
        [date(2026, 11, 23), None, date(2026, 11, 22), date(2026, 10, 24), date(2026, 10, 23),
         date(2026, 8, 24)]
    ):  # fmt: skip
        add_order(database, order_number=f"R{number}", due_on=due_on)
    part = add_order(database, order_number="PART", due_on=date(2026, 11, 1))
    paid = add_order(database, order_number="PAID", due_on=date(2026, 11, 1))
    add_order(database, order_number="GONE", due_on=date(2026, 11, 1), stage="cancelled")
    add(database.writer, "payments", order_id=part, amount=30)
    add(database.writer, "payments", order_id=paid, amount=100)
    finance = scope_of(database, "finance")
    frame = sum_receivables_by_age(database.analytics, finance, MINE, AS_OF)
    assert frame[["age", "orders", "owed"]].values.tolist() == [
        ["not_due", 2, 200], ["1-30", 3, 270], ["31-60", 1, 100], ["61-90", 0, 0],
        ["over_90", 1, 100],
    ]  # fmt: skip
    listed = list_receivables(database.record, finance, MINE, as_of=AS_OF)
    assert _numbers(listed) == ["R5", "R4", "R3", "PART", "R2", "R0", "R1"]
    assert list(listed["owed"]) == [100, 100, 100, 70, 100, 100, 100]
    support = scope_of(database, "support")
    assert list_receivables(database.record, support, MINE, as_of=AS_OF).empty
    states = list_orders(database.record, finance, MINE, as_of=AS_OF).set_index("order_number")
    assert states["payment_state"][["PART", "PAID", "R1", "GONE"]].tolist() == [
        "partly_paid", "paid", "unpaid", None
    ]  # fmt: skip


def test_late_returned_and_past_due_orders_are_found_by_their_own_days(database: Database) -> None:
    def order(number: str, **values: Any) -> None:
        add_order(database, order_number=number, **{"ordered_on": date(2026, 9, 1), **values})

    november, promised = Period(date(2026, 11, 1), date(2026, 11, 30)), date(2026, 11, 10)
    order("IN TIME", promised_on=promised, completed_on=promised)
    order("DAY LATE", promised_on=promised, completed_on=date(2026, 11, 11))
    order("OPEN LATE", promised_on=date(2026, 11, 22), stage="shipped")
    order("TODAY", promised_on=AS_OF, stage="shipped")
    order("CANCELLED", promised_on=promised, stage="cancelled")
    order("OCTOBER", promised_on=date(2026, 10, 31), stage="shipped")
    back = [{"quantity": 2, "returned_quantity": 1}]
    order("BACK", promised_on=None, shipped_on=date(2026, 11, 2), lines=back)
    order("BACK BEFORE", promised_on=None, shipped_on=date(2026, 10, 2), lines=back)
    order("KEPT", promised_on=None, shipped_on=date(2026, 11, 2))
    manager = scope_of(database, "manager")

    def found(**wanted: Any) -> set[str]:
        chosen = OrderFilter(currency="CNY", period=november, **wanted)
        return set(_numbers(list_orders(database.record, manager, chosen, as_of=AS_OF)))

    assert found(period_basis="promised_on", not_on_time=True) == {"DAY LATE", "OPEN LATE"}
    assert found(period_basis="shipped_on", returned=True) == {"BACK"}
    assert found() == set()
