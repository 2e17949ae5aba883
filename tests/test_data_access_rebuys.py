"""Who is on the list of those due, who is left out and counted, and what reminding brings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from data_access.analytics_copy import AnalyticsCopy
from data_access.database import Database
from data_access.edits.reminding import record_reminder
from data_access.edits.transaction import new_request_id
from data_access.filters import OrderFilter
from data_access.rebuys import (
    find_last_rebuy_run,
    list_rebuys,
    sum_rebuys,
    sum_reminder_effect,
)
from data_access.scope import Scope
from tests.crm import NOW, add, add_order, scope_of

TODAY = date(2026, 11, 23)
ANY = OrderFilter()


@dataclass
class Company:
    database: Database
    region_id: int
    rep_id: int
    category_id: int
    pen: int
    manager: Scope
    rep: Scope

    def customer(self, name: str, **values: Any) -> int:
        owned = {"owner_id": self.rep_id, "region_id": self.region_id}
        return add(self.database.writer, "customers", name=name, **{**owned, **values})

    def due(self, customer_id: int, days: int, **values: Any) -> int:
        """Due in so many days, bought a month before that."""
        expected_on = TODAY + timedelta(days=days)
        row = {
            "customer_id": customer_id, "product_id": self.pen, "as_of_on": TODAY, "orders": 3,
            "last_ordered_on": expected_on - timedelta(days=60), "usual_gap_days": Decimal("60.00"),
            "expected_on": expected_on, "earliest_on": TODAY + timedelta(days=1),
            "latest_on": TODAY + timedelta(days=50), "probability_30": Decimal("0.25"),
            "suggested_quantity": 12, **values,
        }  # fmt: skip
        return add(self.database.writer, "rebuy_dues", **row)

    def buys(
        self, customer_id: int, day: date, product_id: int | None = None, **values: Any
    ) -> None:
        """The pen, where no other product is said."""
        add_order(
            self.database, customer_id=customer_id, ordered_on=day,
            lines=[{"product_id": product_id or self.pen}], **values,
        )  # fmt: skip


@pytest.fixture
def company(database: Database) -> Company:
    writer = database.writer
    region_id = add(writer, "regions", name="East")
    rep_id = add(writer, "employees", name="Rep", region_id=region_id)
    category_id = add(writer, "categories", name="Tools")
    pen = add(writer, "products", sku="PEN", name="Pen", name_zh="钢笔", category_id=category_id)
    manager = scope_of(database, "manager", name="Mia")
    rep = scope_of(database, "sales_rep", employee_id=rep_id)
    return Company(database, region_id, rep_id, category_id, pen, manager, rep)


@pytest.fixture(params=["record", "copy"])
def ask(request: pytest.FixtureRequest, database: Database) -> Iterator[Any]:
    """Gives the engine as it is when it is called."""
    copies: list[AnalyticsCopy] = []

    def engine() -> Engine:
        if request.param == "record":
            return database.record
        copies.append(AnalyticsCopy(database.record))
        return copies[-1].engine

    yield engine
    for each in copies:
        each.close()


def sums(engine: Engine, scope: Scope, chosen: OrderFilter = ANY, days: int = 14) -> dict[str, int]:
    row = sum_rebuys(engine, scope, chosen, TODAY, days).iloc[0]
    names = ("due", "due_customers", "overdue", "held_out", "refusing", "acted_upon", "all_dues")
    return {name: int(row[name]) for name in names if row[name]}


def test_each_customer_is_on_the_list_or_left_out_for_one_reason(
    company: Company, ask: Any
) -> None:
    listed = [company.customer(name) for name in ("Soon", "Overdue", "Later")]
    for customer_id, days in zip(listed, (7, -3, 30), strict=True):
        company.due(customer_id, days)
    ink = add(company.database.writer, "products", sku="INK", name="Ink")
    company.due(listed[0], 8, product_id=ink)
    company.due(company.customer("Refuses", consent="refused"), 3)
    company.due(company.customer("Refuses, held", consent="refused"), 3, is_held_out=True)
    company.due(company.customer("Held"), 3, is_held_out=True)
    reminded, bought = company.customer("Reminded"), company.customer("Bought")
    company.due(reminded, 3)
    remind(company, reminded, TODAY + timedelta(days=3))
    remind(company, listed[0], TODAY + timedelta(days=3), cause="care")
    company.due(bought, 3, as_of_on=TODAY - timedelta(days=2))
    company.buys(bought, TODAY - timedelta(days=1), stage="received")
    company.buys(listed[1], TODAY + timedelta(days=1), stage="cancelled")
    assert sums(ask(), company.manager) == {
        "due": 3, "due_customers": 2, "overdue": 1, "held_out": 1, "refusing": 2, "acted_upon": 1,
        "all_dues": 8,
    }  # fmt: skip
    assert sums(ask(), company.manager, days=7)["due"] == 2
    assert sums(ask(), company.manager, days=30)["due"] == 4
    tools = OrderFilter(category_ids=(company.category_id,))
    assert sums(ask(), company.manager, tools)["due"] == 2
    assert sums(ask(), company.manager, OrderFilter(region_ids=(company.region_id + 99,))) == {}
    found = list_rebuys(ask(), company.manager, ANY, TODAY, 14, language="zh_CN")
    assert found["customer"].tolist() == ["Overdue", "Soon", "Soon"]
    assert found["product"].tolist() == ["钢笔", "钢笔", "Ink"]
    assert found["days_overdue"].tolist() == [3, -7, -8]
    assert found["suggested_quantity"].tolist() == [12, 12, 12]


def remind(
    company: Company, customer_id: int, due_on: date, day: date = TODAY, **values: Any
) -> None:
    said = {"cause": "rebuy", "action": "call", "state": "done", **values}
    record_reminder(
        company.database.writer, company.manager, customer_id, company.pen, **said, due_on=due_on,
        request_id=new_request_id(), now=datetime.combine(day, time(4)),
    )  # fmt: skip


def test_a_rep_sees_and_counts_their_own_alone(company: Company, ask: Any) -> None:
    company.due(company.customer("Mine"), 3)
    company.due(company.customer("Mine too"), 3, is_held_out=True)
    company.due(company.customer("Another's", owner_id=None), 3)
    assert sums(ask(), company.rep)["all_dues"] == 2
    found = list_rebuys(ask(), company.rep, ANY, TODAY, 14)
    assert found["customer"].tolist() == ["Mine"]


def test_a_reminder_counts_until_the_next_purchase(company: Company, ask: Any) -> None:
    customer_id = company.customer("Again")
    company.due(customer_id, 3)
    remind(company, customer_id, TODAY - timedelta(days=70), TODAY - timedelta(days=80))
    assert sums(ask(), company.manager)["due"] == 1
    remind(company, customer_id, TODAY + timedelta(days=3), state="dismissed")
    assert sums(ask(), company.manager) == {"acted_upon": 1, "all_dues": 1}


def test_pages_follow_one_another_in_every_order(company: Company) -> None:
    for number in range(5):
        company.due(company.customer(f"C{number}"), number % 2,
                    probability_30=Decimal(number) / 10)  # fmt: skip
    record = company.database.record
    for sort in ("expected_on", "probability_30"):
        names: list[str] = []
        after = None
        while True:
            page = list_rebuys(record, company.manager, ANY, TODAY, 14, sort=sort, after=after,
                               limit=2, descending=True)  # fmt: skip
            names += page["customer"].tolist()
            after = page.attrs.get("after")
            if after is None:
                break
        assert sorted(names) == [f"C{number}" for number in range(5)]
    assert names == ["C4", "C3", "C2", "C1", "C0"]


def test_reminded_customers_are_compared_with_those_held_out(company: Company, ask: Any) -> None:
    due_on = TODAY - timedelta(days=30)
    noted = TODAY - timedelta(days=35)

    def note(name: str, is_held_out: bool, **values: Any) -> int:
        customer_id = company.customer(name)
        row = {
            "customer_id": customer_id, "product_id": company.pen, "cause": "rebuy",
            "action": "call", "state": "held_out" if is_held_out else "done",
            "is_held_out": is_held_out, "due_on": due_on,
            "recorded_at": datetime.combine(noted, time(4)), **values,
        }  # fmt: skip
        add(company.database.writer, "reminders", **row)
        return customer_id

    company.buys(note("In time", False), due_on + timedelta(days=14))
    company.buys(note("Too late", False), due_on + timedelta(days=15))
    company.buys(note("Before", False), noted - timedelta(days=1))
    company.buys(note("Cancelled", False), due_on, stage="cancelled")
    company.buys(note("Held out, bought", True), due_on)
    note("Held out", True)
    late = note("Overdue when reminded", False, due_on=due_on - timedelta(days=90))
    company.buys(late, noted + timedelta(days=10))
    note("Dismissed", False, state="dismissed")
    note("Another list", False, cause="silent")
    note("Reminded all the same", True, state="done")
    note("Waiting", False, due_on=TODAY - timedelta(days=14))
    twice = note("Twice", False)
    add(company.database.writer, "reminders", customer_id=twice, product_id=company.pen,
        cause="rebuy", action="call", state="done", due_on=due_on + timedelta(days=1),
        recorded_at=datetime.combine(noted, time(4)))  # fmt: skip
    found = sum_reminder_effect(ask(), company.manager, TODAY).to_dict("records")
    assert [
        (row["is_held_out"], row["customers"], row["bought"], row["waiting"]) for row in found
    ] == [(0, 6, 2, 1), (1, 2, 1, 0)]


def test_another_product_that_is_due_as_well_is_not_the_one_that_is_waited_for(
    company: Company, ask: Any
) -> None:
    ink = add(company.database.writer, "products", sku="INK", name="Ink")
    customer_id = company.customer("Writes")
    company.due(customer_id, 3, as_of_on=TODAY - timedelta(days=2))
    company.due(company.customer("Prints"), 3, product_id=ink)
    company.buys(customer_id, TODAY - timedelta(days=1), ink)
    assert sums(ask(), company.manager)["due"] == 2
    due_on, noted = TODAY - timedelta(days=30), TODAY - timedelta(days=35)
    for name, product_id in (("Reminded of a pen", company.pen), ("Reminded of ink", ink)):
        reminded = company.customer(name)
        add(company.database.writer, "reminders", customer_id=reminded, product_id=product_id,
            cause="rebuy", action="call", state="done", due_on=due_on,
            recorded_at=datetime.combine(noted, time(4)))  # fmt: skip
        company.buys(reminded, due_on, ink)
    (row,) = sum_reminder_effect(ask(), company.manager, TODAY).to_dict("records")
    assert (row["customers"], row["bought"]) == (2, 1)


def test_the_last_run_is_told(company: Company) -> None:
    record = company.database.record
    assert find_last_rebuy_run(record, company.manager) is None
    for state, day in (("done", TODAY - timedelta(days=1)), ("failed", TODAY)):
        add(company.database.writer, "refreshes", what="rebuy", as_of_on=day, version=1,
            state=state, started_at=NOW, finished_at=NOW)  # fmt: skip
    found = find_last_rebuy_run(record, company.rep)
    assert found is not None and found["as_of_on"] == TODAY - timedelta(days=1)
