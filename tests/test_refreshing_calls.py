"""The lists of a week are made once, of who is due, as long as each rep has time for."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import delete, insert, select, update

from dashboard import call_refresh
from dashboard.analytics.calling import HOLDS, best_reasons, drop_answered, rank_calls
from dashboard.refreshing import refresh, source_of
from data_access.database import Database, writing
from data_access.edits.calls import mark_call
from data_access.edits.transaction import new_request_id
from data_access.holding_out import is_held_out_of_calls
from data_access.schema import read_properties
from data_access.tables import (
    call_capacities,
    call_marks,
    call_reasons,
    calls,
    customers,
    offer_evaluations,
    rebuy_dues,
    stock,
)
from tests.called import WEEK
from tests.crm import add, add_order
from tests.shop import Shop, open_shop

TODAY = WEEK + timedelta(days=1)
AT_NOON = datetime(2026, 11, 24, 4)


class Company:
    """A shop whose customers are scored and due, by hand."""

    def __init__(self, database: Database) -> None:
        self.shop: Shop = open_shop(database)
        self.database = database

    def customer(self, name: str, **values: Any) -> int:
        owned = {"owner_id": self.shop.rep_id, "region_id": self.shop.region_id}
        return add(self.shop.writer, "customers", name=name, **{**owned, **values})

    def silent(self, customer_id: int, at_risk: float = 900, **values: Any) -> int:
        last_on = TODAY - timedelta(days=100)
        row = {
            "customer_id": customer_id, "as_of_on": TODAY, "currency": "CNY", "orders": 4,
            "orders_12m": 3, "first_ordered_on": last_on, "last_ordered_on": last_on,
            "usual_gap_days": Decimal(30), "net_sales": Decimal(4000),
            "net_sales_12m": Decimal(4000), "net_sales_prior_12m": Decimal(0), "categories": 1,
            "enquiries_90": 0, "enquiries_prior_90": 0, "recency_score": 1, "frequency_score": 1,
            "monetary_score": 1, "segment": "lost", "rule_segment": "others",
            "silent_90": Decimal("0.9"), "value_at_risk_90": Decimal(at_risk), **values,
        }  # fmt: skip
        add(self.shop.writer, "customer_scores", **row)
        return customer_id

    def due(self, customer_id: int, days: int = 3, **values: Any) -> int:
        row = {
            "customer_id": customer_id, "product_id": self.shop.pen, "as_of_on": TODAY, "orders": 3,
            "last_ordered_on": TODAY - timedelta(days=57), "usual_gap_days": Decimal("60.00"),
            "expected_on": WEEK + timedelta(days=days), "earliest_on": TODAY, "latest_on": TODAY,
            "probability_30": Decimal("0.25"), "suggested_quantity": 12, **values,
        }  # fmt: skip
        add(self.shop.writer, "rebuy_dues", **row)
        return customer_id

    def refresh(self, as_of: date = TODAY) -> str:
        source = source_of(self.database.record, self.database.writer, self.database.record, as_of)
        (outcome,) = refresh(source, ["calls"], lambda part, share: None)
        assert outcome.state in ("done", "skipped"), outcome.message
        return outcome.state

    def listed(self, week_on: date = WEEK) -> list[str]:
        """The names on the lists of the week, the first rank first."""
        return [
            row.name
            for row in self.shop.rows(
                select(customers.c.name)
                .join(calls, calls.c.customer_id == customers.c.customer_id)
                .where(calls.c.week_on == week_on, ~calls.c.is_held_out)
                .order_by(calls.c.employee_id, calls.c.rank)
            )
        ]

    def room(self, number: int, rep_id: int | None = None) -> None:
        """As if somebody had set it."""
        with writing(self.shop.writer) as connection:
            connection.execute(delete(call_capacities))
            connection.execute(
                insert(call_capacities).values(
                    employee_id=rep_id or self.shop.rep_id, calls_a_week=number,
                    changed_at=AT_NOON,
                )
            )  # fmt: skip

    def mark(self, name: str, mark: str, **values: Any) -> None:
        call_id = self.shop.row(
            select(calls.c.call_id)
            .join(customers, customers.c.customer_id == calls.c.customer_id)
            .where(customers.c.name == name)
            .order_by(calls.c.call_id.desc())
            .limit(1)
        ).call_id
        mark_call(self.shop.writer, self.shop.scopes["manager"], call_id, mark=mark, **values,
                  request_id=new_request_id(), now=AT_NOON)  # fmt: skip


@pytest.fixture
def company(database: Database, monkeypatch: pytest.MonkeyPatch) -> Company:
    """Nobody is held out, but where a test says so."""
    monkeypatch.setattr(call_refresh, "is_held_out_of_calls", lambda *asked: False)
    return Company(database)


def test_a_list_has_who_is_silent_or_due_and_nobody_else(company: Company) -> None:
    company.silent(company.customer("Silent"))
    company.due(company.customer("Due"))
    company.due(company.customer("Due on the last Sunday"), 13, probability_30=Decimal("0.2"))
    company.due(company.customer("Later"), 14)
    company.silent(company.customer("Likely to order"), silent_90=Decimal("0.69"))
    company.silent(company.customer("Nothing at stake"), 0)
    company.silent(company.customer("No order in a year"), orders_12m=0)
    company.silent(company.customer("Refuses", consent="refused"))
    company.silent(company.customer("Of nobody", owner_id=None))
    gone = add(company.shop.writer, "employees", name="Gone", left_on=TODAY)
    company.due(company.customer("Of who has left", owner_id=gone))
    company.due(company.customer("Held out of reminders"), is_held_out=True)
    old = add(company.shop.writer, "products", sku="OLD", name="Old", discontinued_on=TODAY)
    company.due(company.customer("No longer sold"), product_id=old)
    assert company.refresh() == "done"
    assert company.listed() == ["Silent", "Due", "Due on the last Sunday"]


def test_each_reason_is_worth_its_chance_times_its_value(company: Company) -> None:
    both = company.customer("Both")
    company.due(company.silent(both, 900.5))
    company.due(both, product_id=company.shop.ink, suggested_quantity=2,
                probability_30=Decimal("0.123456"))  # fmt: skip
    company.refresh()
    found = company.shop.rows(select(call_reasons).order_by(call_reasons.c.expected_value.desc()))
    told = [(row.cause, row.product_id, row.probability, row.value, row.expected_value)
            for row in found]  # fmt: skip
    pen, ink = company.shop.pen, company.shop.ink
    assert told == [
        ("silent", None, Decimal("0.9"), Decimal("1000.56"), Decimal("900.50")),
        ("rebuy", pen, Decimal("0.25"), Decimal(1200), Decimal(300)),
        ("rebuy", ink, Decimal("0.123"), Decimal(200), Decimal("24.60")),
    ]
    line = company.shop.row(select(calls))
    assert line.expected_value == sum(row.expected_value for row in found)
    assert (line.week_on, line.as_of_on, line.rank, line.experiment) == (
        WEEK, TODAY, 1, "calls-2026-Q4",
    )  # fmt: skip
    assert (found[1].quantity, found[1].orders, found[1].expected_on) == (
        12, 3, WEEK + timedelta(days=3),
    )  # fmt: skip


def measure_offers(company: Company) -> None:
    """One of ten offers to buy again was in the next order in 80 % of cases, of new ones in 50."""
    if company.shop.count(offer_evaluations):
        return
    for task, method, value in (("again", "blend", "0.8"), ("new", "blend", "0.5"),
                                ("new", "popular", "0.9"), ("all", "blend", "0.7")):  # fmt: skip
        for measure in ("hit", "recall"):
            add(company.shop.writer, "offer_evaluations", as_of_on=TODAY, protocol="last_order_out",
                task=task, method=method, measure=measure, list_length=10, customers=99,
                value=Decimal(value) if measure == "hit" else Decimal("0.3"))  # fmt: skip


def offer(company: Company, customer_id: int, kind: str, **values: Any) -> None:
    counts = {"own_count": 4, "own_base": 5} if kind == "again" else {
        "shared_count": 9, "shared_base": 36, "source_product_id": company.shop.pen,
    }  # fmt: skip
    measure_offers(company)
    row = {
        "customer_id": customer_id, "product_id": company.shop.ink, "as_of_on": TODAY,
        "kind": kind, "rank": 1, "score": Decimal(1), "method": "blend",
        "reason": "bought" if kind == "again" else "together", **counts, **values,
    }  # fmt: skip
    add(company.shop.writer, "offers", **row)


def test_what_to_offer_goes_along_with_a_reason_to_call(company: Company) -> None:
    shop = company.shop
    silent = company.silent(company.customer("Silent"))
    cap, hat = (add(shop.writer, "products", sku=name, name=name, pack_size=6)
                for name in ("CAP", "HAT"))  # fmt: skip
    offer(company, silent, "again")
    offer(company, silent, "new", product_id=cap)
    offer(company, silent, "new", product_id=hat, rank=2)
    company.refresh()
    told = {row.product_id: row for row in shop.rows(select(call_reasons)) if row.product_id}
    assert set(told) == {shop.ink, cap}  # of each kind the one that is ranked first
    again, new = told[shop.ink], told[cap]
    assert (again.cause, again.probability, again.value, again.expected_value) == (
        "again",
        Decimal("0.008"),
        100,
        Decimal("0.80"),
    )  # fmt: skip  8 % × a chance of 10 % to order at all
    assert (new.cause, new.probability, new.value, new.quantity) == (
        "new",
        Decimal("0.005"),
        600,
        6,
    )  # fmt: skip  5 % × 10 %
    assert (new.counted, new.counted_of, new.source_product_id) == (9, 36, shop.pen)
    assert (again.taken_rate, new.taken_rate) == (Decimal("0.08"), Decimal("0.05"))
    assert shop.row(select(calls)).expected_value == Decimal("903.80")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "new", "shared_count": 4}, {"kind": "new", "reason": "popular"},
        {"kind": "again", "reason": "together"}, {"kind": "new", "shared_base": None},
    ],
)  # fmt: skip
def test_an_offer_whose_share_cannot_be_told_is_left_out(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    monkeypatch.setattr(call_refresh, "is_held_out_of_calls", lambda *asked: False)
    company = Company(sqlite_database)
    offer(company, company.silent(company.customer("Silent")), **wrong)
    company.refresh()
    assert [row.cause for row in company.shop.rows(select(call_reasons))] == ["silent"]


def test_an_offer_alone_is_no_reason_to_call(company: Company) -> None:
    likely = company.silent(company.customer("Orders anyway"), silent_90=Decimal("0.1"))
    offer(company, likely, "new")
    due = company.due(company.customer("Due for it"), product_id=company.shop.ink)
    company.silent(due, silent_90=Decimal("0.1"))
    offer(company, due, "again")
    gone = company.silent(company.customer("Out of stock"))
    offer(company, gone, "new")
    with writing(company.shop.writer) as connection:
        connection.execute(update(stock).values(on_hand=0))
    company.refresh()
    assert company.listed() == ["Out of stock", "Due for it"]
    assert {row.cause for row in company.shop.rows(select(call_reasons))} == {"silent", "rebuy"}


def test_a_price_in_another_currency_is_worth_nothing_here(company: Company) -> None:
    euro = add(company.shop.writer, "products", sku="EUR", name="Euro", currency="EUR")
    customer_id = company.due(company.silent(company.customer("Both")), product_id=euro)
    company.due(customer_id)
    company.refresh()
    values = {row.product_id: row.expected_value
              for row in company.shop.rows(select(call_reasons))}  # fmt: skip
    assert values[euro] == 0 and values[company.shop.pen] == 300
    assert company.shop.row(select(calls)).expected_value == 1200


def test_what_was_done_or_bought_since_is_no_reason(company: Company) -> None:
    shop = company.shop
    reminded = company.due(company.silent(company.customer("Reminded")))
    for cause, product_id in (("silent", None), ("rebuy", shop.pen)):
        add(shop.writer, "reminders", customer_id=reminded, product_id=product_id, cause=cause,
            action="call", state="done", recorded_at=AT_NOON)  # fmt: skip
    ordered = company.due(company.silent(company.customer("Ordered")))
    add_order(shop.database, customer_id=ordered, ordered_on=TODAY + timedelta(days=1),
              lines=[{"product_id": shop.pen}])  # fmt: skip
    other = company.due(company.customer("Ordered something else"))
    add_order(shop.database, customer_id=other, ordered_on=TODAY + timedelta(days=1))
    company.refresh()
    assert company.listed() == ["Ordered something else"]


def test_a_list_is_as_long_as_the_rep_has_time_for(company: Company) -> None:
    for number in range(4):
        company.silent(company.customer(f"C{number}"), 100 + number)
    company.silent(company.customer("Other rep's", owner_id=company.shop.other_rep_id), 1)
    company.room(2)
    company.refresh()
    assert company.listed() == ["C3", "C2", "Other rep's"]
    company.mark("C3", "called")
    company.room(3)
    company.refresh()
    assert company.listed() == ["C3", "C2", "C1", "Other rep's"]
    company.room(0)
    company.refresh()
    assert company.listed() == ["C3", "C2", "C1", "Other rep's"]
    company.refresh(TODAY + timedelta(days=7))
    assert company.listed(WEEK + timedelta(days=7)) == ["Other rep's"]


def test_the_list_of_a_week_stands(company: Company) -> None:
    for number in range(3):
        company.silent(company.customer(f"C{number}"), 100 + number)
    company.room(2)
    company.refresh()
    assert company.refresh() == "skipped"
    everything = (calls, call_reasons)
    before = [company.shop.rows(select(table)) for table in everything]
    company.silent(company.customer("Richer"), 9_000)
    company.mark("C2", "bought")
    assert company.refresh(TODAY + timedelta(days=1)) == "done"
    assert [company.shop.rows(select(table)) for table in everything] == before
    assert company.shop.count(call_marks) == 1
    company.refresh(TODAY + timedelta(days=7))
    assert company.listed(WEEK + timedelta(days=7)) == ["Richer", "C1"]


def test_who_is_held_out_takes_no_room_and_is_noted_as_far_as_the_list_goes(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = {company.silent(company.customer(f"H{value}"), value) for value in (400, 200, 50)}
    for value in (300, 100, 10):
        company.silent(company.customer(f"C{value}"), value)
    monkeypatch.setattr(
        call_refresh, "is_held_out_of_calls", lambda database_id, week_on, each: each in held
    )
    company.room(2)
    company.refresh()
    assert company.listed() == ["C300", "C100"]
    noted = company.shop.rows(select(calls).where(calls.c.is_held_out).order_by(calls.c.rank))
    assert [(row.expected_value, row.rank) for row in noted] == [(400, 1), (200, 2)]
    told = {row.customer_id for row in company.shop.rows(select(call_reasons))}
    assert not told & held


def test_the_hash_of_the_quarter_holds_out(database: Database) -> None:
    company = Company(database)
    ids = [company.silent(company.customer(f"C{number}")) for number in range(40)]
    company.room(100)
    company.refresh()
    database_id = read_properties(database.record)["database_id"]
    rows = company.shop.rows(select(calls))
    assert sorted(row.customer_id for row in rows if not row.is_held_out) == [
        each for each in ids if not is_held_out_of_calls(database_id, WEEK, each)
    ]


def test_what_came_of_a_call_keeps_it_from_the_next_lists(company: Company) -> None:
    """Each mark stands its days and no longer."""
    for mark in HOLDS:
        company.silent(company.customer(mark))
    company.refresh()
    for mark in HOLDS:
        company.mark(mark, mark, note="why")
    for days, wanted in (
        (29, []), (30, ["called", "bought"]), (179, ["called", "bought"]),
        (180, ["called", "bought", "not_interested"]), (365, list(HOLDS)),
    ):  # fmt: skip
        day = TODAY + timedelta(days=days)
        week_on = day - timedelta(days=day.weekday())
        with writing(company.shop.writer) as connection:
            connection.execute(delete(calls).where(calls.c.week_on == week_on))
        company.refresh(day)
        assert set(company.listed(week_on)) == set(wanted), days


def test_a_product_not_wanted_is_left_out_until_it_is_ordered_again(company: Company) -> None:
    shop = company.shop
    customer_id = company.due(company.due(company.customer("Both")), product_id=shop.ink)
    company.refresh()
    company.mark("Both", "not_interested", product_id=shop.ink)

    def offered(day: date) -> set[int]:
        company.refresh(day)
        week_on = day - timedelta(days=day.weekday())
        return {row.product_id for row in shop.rows(
            select(call_reasons).where(call_reasons.c.week_on == week_on))}  # fmt: skip

    assert offered(TODAY + timedelta(days=7)) == {shop.pen}
    with writing(shop.writer) as connection:
        connection.execute(update(rebuy_dues).values(last_ordered_on=TODAY + timedelta(days=1)))
    assert customer_id and offered(TODAY + timedelta(days=14)) == {shop.pen, shop.ink}


# the rules themselves


def test_an_order_ends_a_refusal_but_not_that_they_were_called() -> None:
    day = pd.Timestamp(TODAY)
    reasons = pd.DataFrame(
        {"customer_id": [1, 2, 3], "product_id": pd.array([None] * 3, "Int64"),
         "last_ordered_on": [day] * 3, "customer_ordered_on": [day] * 3}
    )  # fmt: skip
    marks = pd.DataFrame(
        {"customer_id": [1, 2, 3], "product_id": pd.array([None] * 3, "Int64"),
         "mark": ["called", "not_interested", "wrong"],
         "marked_on": [day - pd.Timedelta(days=1)] * 3}
    )  # fmt: skip
    assert drop_answered(reasons, marks, TODAY)["customer_id"].tolist() == [2, 3]
    same_day = marks.assign(marked_on=day)
    assert drop_answered(reasons, same_day, TODAY).empty


def ranked(rows: list[tuple[int, int, str, float]], **asked: Any) -> list[tuple[int, int]]:
    names = ["customer_id", "employee_id", "currency", "expected_value"]
    reasons = pd.DataFrame(rows, columns=names)
    given: dict[str, Any] = {"room": {5: 9, 6: 9}, "held_out": (), "first_rank": {}, **asked}
    found = rank_calls(reasons, **given)
    return list(zip(found["customer_id"].tolist(), found["rank"].tolist(), strict=True))


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, [(2, 1), (1, 2), (3, 1)]),
        ({"room": {5: 1}}, [(2, 1)]),
        ({"room": {5: -3, 6: 1}}, [(3, 1)]),
        ({"first_rank": {5: 4}}, [(2, 4), (1, 5), (3, 1)]),
        ({"held_out": {2}, "room": {5: 1}}, [(2, 1), (1, 1)]),
    ],
)
def test_ranks_by_hand(asked: dict[str, Any], wanted: list[tuple[int, int]]) -> None:
    rows = [(1, 5, "CNY", 10.0), (1, 5, "CNY", 20.0), (2, 5, "CNY", 40.0), (3, 6, "CNY", 1.0)]
    assert ranked(rows, **asked) == wanted


def test_two_currencies_are_ranked_by_what_is_usual_in_each() -> None:
    rows = [(1, 5, "CNY", 700.0), (2, 5, "CNY", 100.0), (3, 5, "EUR", 90.0), (4, 5, "EUR", 70.0)]
    assert [each for each, _rank in ranked(rows)] == [1, 3, 4, 2]  # × 1.75, 1.125, 0.875, 0.25


def test_of_a_cause_the_products_worth_the_most_are_told() -> None:
    rows = pd.DataFrame(
        {"customer_id": [1] * 5, "cause": ["rebuy"] * 4 + ["silent"],
         "product_id": [1, 2, 3, 4, None], "expected_value": [1.0, 4.0, 3.0, 2.0, 0.5],
         "rank": [None] * 5}
    )  # fmt: skip
    found = best_reasons(rows)
    assert found["product_id"].tolist()[:3] == [2, 3, 4]
    assert len(found) == 4
