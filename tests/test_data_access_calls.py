"""The list of a week as each person reads it: what is open, what came of the rest, who is left out,
and what the trial has counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import insert

from data_access.call_capacities import USUAL_CALLS, list_call_capacities
from data_access.call_effects import sum_call_effect
from data_access.calls import (
    BOUGHT_WITHIN_DAYS,
    list_call_reasons,
    list_call_weeks,
    list_calls,
    sum_calls,
)
from data_access.database import Database, writing
from data_access.filters import OrderFilter
from data_access.going_quiet import QuietFilter, list_going_quiet
from data_access.holding_out import call_experiment, is_held_out_of_calls
from data_access.rebuys import sum_rebuys
from data_access.scope import Scope
from data_access.tables import call_capacities, call_marks
from tests.called import WEEK, Called, open_list
from tests.crm import add, add_order

ANY = OrderFilter()


def someone(called: Called, name: str, **values: Any) -> int:
    owned = {"owner_id": called.shop.rep_id, "region_id": called.shop.region_id}
    return add(called.shop.writer, "customers", name=name, **{**owned, **values})


def marked(called: Called, customer_id: int, mark: str, **values: Any) -> None:
    row = {
        "week_on": WEEK, "customer_id": customer_id, "mark": mark,
        "user_id": called.shop.scopes["sales_rep"].user_id,
        "marked_at": datetime(2026, 11, 24, 4), **values,
    }  # fmt: skip
    with writing(called.shop.writer) as connection:
        connection.execute(insert(call_marks).values(row))


def buys(called: Called, customer_id: int, days: int, **values: Any) -> None:
    add_order(called.database, customer_id=customer_id, owner_id=called.shop.rep_id,
              region_id=called.shop.region_id, ordered_on=WEEK + timedelta(days=days),
              **values)  # fmt: skip


def names(called: Called, scope: Scope, view: Any = "open", **asked: Any) -> list[str]:
    found = list_calls(called.database.record, scope, ANY, WEEK, view=view, **asked)
    return found["customer"].tolist()


def a_week(database: Database) -> Called:
    """Open: Customer (945), Later (100). Done: Rang, Bought, NotNow, Bad, Ordered. Left out: Held,
    Refuses. Cancelled an order only: Cancels."""
    called = open_list(database)
    for number, (name, mark) in enumerate(
        (("Rang", "called"), ("Bought", "bought"), ("NotNow", "not_interested"), ("Bad", "wrong"))
    ):
        customer_id = someone(called, name)
        called.line(customer_id, rank=3 + number)
        marked(called, customer_id, mark)
    called.line(someone(called, "Later"), rank=2)
    ordered, cancels = someone(called, "Ordered"), someone(called, "Cancels")
    called.line(ordered, rank=7)
    called.line(cancels, rank=8, expected_value=Decimal(10))
    buys(called, ordered, 1)
    buys(called, cancels, 1, stage="cancelled")
    buys(called, cancels, 0)  # on the last day that the list knew
    buys(called, cancels, BOUGHT_WITHIN_DAYS + 1)
    called.line(someone(called, "Held"), is_held_out=True)
    called.line(someone(called, "Refuses", consent="refused"))
    called.line(someone(called, "Last week"), week_on=WEEK - timedelta(days=7))
    return called


def test_each_line_is_open_or_done_or_left_out(database: Database) -> None:
    called = a_week(database)
    manager = called.shop.scopes["manager"]
    assert names(called, manager) == ["Customer", "Later", "Cancels"]
    assert sorted(names(called, manager, "done")) == [
        "Bad", "Bought", "NotNow", "Ordered", "Rang",
    ]  # fmt: skip
    assert len(names(called, manager, "all")) == 8
    row = sum_calls(database.record, manager, ANY, WEEK).iloc[0]
    counts = {name: int(row[name]) for name in (
        "lines", "open", "called", "bought", "not_interested", "wrong", "ordered", "refusing",
        "held_out", "reps",
    )}  # fmt: skip
    assert counts == {
        "lines": 8, "open": 3, "called": 1, "bought": 1, "not_interested": 1, "wrong": 1,
        "ordered": 1, "refusing": 1, "held_out": 1, "reps": 1,
    }  # fmt: skip
    assert (row["expected_value"], row["currency"]) == (945 + 100 + 10, "CNY")
    assert row["listed_on"].date() == WEEK


def test_a_mark_of_another_week_leaves_the_line_open(database: Database) -> None:
    called = open_list(database)
    marked(called, called.shop.customer_id, "called", week_on=WEEK - timedelta(days=7))
    assert names(called, called.shop.scopes["manager"]) == ["Customer"]


def test_amounts_of_two_currencies_are_not_added_up(database: Database) -> None:
    called = open_list(database)
    called.line(someone(called, "Euros"), currency="EUR")
    manager, record = called.shop.scopes["manager"], database.record
    row = sum_calls(record, manager, ANY, WEEK).iloc[0]
    assert row[["expected_value", "currency"]].isna().all()
    euros = OrderFilter(currency="EUR")
    assert sum_calls(record, manager, euros, WEEK).iloc[0]["expected_value"] == 100
    assert list_calls(record, manager, euros, WEEK)["customer"].tolist() == ["Euros"]


def test_a_rep_sees_and_counts_their_own_alone(database: Database) -> None:
    called = a_week(database)
    shop, record = called.shop, database.record
    other = someone(called, "Another's", owner_id=shop.other_rep_id)
    called.line(other, employee_id=shop.other_rep_id, expected_value=Decimal(5000))
    called.reason(other)
    called.line(someone(called, "Another's, held", owner_id=shop.other_rep_id), is_held_out=True,
                employee_id=shop.other_rep_id)  # fmt: skip
    rep, lead = shop.scopes["sales_rep"], shop.scopes["sales_lead"]
    assert "Another's" not in names(called, rep, "all")
    assert names(called, lead)[0] == "Another's"
    row = sum_calls(record, rep, ANY, WEEK).iloc[0]
    assert (row["lines"], row["held_out"], row["reps"]) == (8, 1, 1)
    assert sum_calls(record, lead, ANY, WEEK).iloc[0]["held_out"] == 2
    assert set(list_call_reasons(record, rep, WEEK)["customer_id"]) == {shop.customer_id}
    of_one = OrderFilter(owner_ids=(shop.other_rep_id,))
    assert list_calls(record, lead, of_one, WEEK)["customer"].tolist() == ["Another's"]
    for role in ("sales_rep", "sales_lead"):
        foreign = shop.foreign[role]
        assert names(called, foreign, "all") == []
        assert sum_calls(record, foreign, ANY, WEEK).iloc[0]["held_out"] == 0
        assert list_call_weeks(record, foreign).empty
        assert sum_call_effect(record, foreign, WEEK).empty
    for role in ("support", "finance", "warehouse", "partner"):
        assert names(called, shop.scopes[role], "all") == []


def test_a_line_tells_whom_to_ask_for_and_what_happened_last(database: Database) -> None:
    called = open_list(database)
    shop, record, customer_id = called.shop, database.record, called.shop.customer_id
    add(shop.writer, "contacts", customer_id=customer_id, name="Second", phone="13900000000")
    add(shop.writer, "contacts", customer_id=customer_id, name="First", phone="13812345678",
        is_primary=True)  # fmt: skip
    buys(called, customer_id, -30, order_number="OLD", lines=[{"quantity": 2}])
    buys(called, customer_id, -3, order_number="NEW", lines=[{"quantity": 3}])
    buys(called, customer_id, -1, order_number="GONE", stage="cancelled")
    for day, kind in ((1, "visit"), (9, "call"), (5, "message")):
        add(shop.writer, "interactions", customer_id=customer_id, kind=kind, subject=f"On {day}",
            happened_at=datetime(2026, 11, day))  # fmt: skip
    marked(called, customer_id, "wrong", note="He left", product_id=shop.ink)
    row = list_calls(record, shop.scopes["sales_rep"], ANY, WEEK, view="all",
                     language="zh_CN").iloc[0]  # fmt: skip
    assert (row["contact"], row["contact_phone"]) == ("First", "13812345678")
    assert (row["last_order_number"], row["last_net_sales"]) == ("NEW", 300)
    assert (row["last_contact"], row["last_subject"]) == ("call", "On 9")
    assert (row["mark"], row["note"], row["marked_product"], row["marked_by"]) == (
        "wrong", "He left", "墨水", "A sales_rep",
    )  # fmt: skip
    masked = list_calls(record, shop.scopes["analyst"], ANY, WEEK, view="all").iloc[0]
    assert (masked["contact"], masked["contact_phone"]) == ("F***", "138****5678")


def test_reasons_come_with_what_is_worth_the_most_first(database: Database) -> None:
    called = open_list(database)
    rep, customer_id = called.shop.scopes["sales_rep"], called.shop.customer_id
    found = list_call_reasons(database.record, rep, WEEK, (customer_id,), language="zh_CN")
    assert found["cause"].tolist() == ["silent", "rebuy", "rebuy"]
    assert found["product"].tolist() == [None, "钢笔", "墨水"]
    assert found["expected_value"].tolist() == [900, 30, 15]
    assert list_call_reasons(database.record, rep, WEEK, (customer_id + 99,)).empty


def test_pages_follow_one_another_in_every_order(database: Database) -> None:
    called = a_week(database)
    manager = called.shop.scopes["manager"]
    for sort, descending in (("expected_value", True), ("rank", False)):
        found: list[str] = []
        after = None
        while True:
            page = list_calls(database.record, manager, ANY, WEEK, view="all", sort=sort,
                              descending=descending, after=after, limit=3)  # fmt: skip
            found += page["customer"].tolist()
            after = page.attrs.get("after")
            if after is None:
                break
        assert sorted(found) == sorted(names(called, manager, "all"))
        assert found[0] == "Customer"
    assert found == ["Customer", "Later", "Rang", "Bought", "NotNow", "Bad", "Ordered", "Cancels"]


def test_the_numbers_of_calls_are_those_of_reps_who_have_customers(database: Database) -> None:
    called = open_list(database)
    shop = called.shop
    lead = shop.scopes["sales_lead"]
    with writing(shop.writer) as connection:
        connection.execute(insert(call_capacities).values(
            employee_id=shop.rep_id, calls_a_week=7, changed_at=datetime(2026, 11, 1)))  # fmt: skip
    someone(called, "Another's", owner_id=shop.other_rep_id)
    rows = list_call_capacities(database.record, lead)
    assert rows[["rep", "calls_a_week", "version", "customers"]].values.tolist() == [
        ["Rep Also Here", USUAL_CALLS, 0, 1], ["Rep Here", 7, 1, 1],
    ]  # fmt: skip
    assert list_call_capacities(database.record, shop.foreign["sales_lead"]).empty


def test_the_trial_counts_each_customer_once_in_the_week_it_first_had_them(
    database: Database,
) -> None:
    called = open_list(database)
    manager, record = called.shop.scopes["manager"], database.record
    first = WEEK - timedelta(days=35)

    def took_part(name: str, *weeks: int, is_held_out: bool = False, **values: Any) -> int:
        customer_id = someone(called, name)
        for number in weeks:
            day = first + timedelta(days=7 * number)
            called.line(customer_id, week_on=day, as_of_on=day, is_held_out=is_held_out, **values)
        return customer_id

    in_time, too_late = took_part("In time", 0, 1), took_part("Too late", 0)
    before, held = took_part("Before", 0), took_part("Held", 0, is_held_out=True)
    took_part("Held too", 0, 1, is_held_out=True)
    took_part("Second week", 1)
    add_order(called.database, customer_id=in_time, ordered_on=first + timedelta(days=28))
    add_order(called.database, customer_id=too_late, ordered_on=first + timedelta(days=29))
    add_order(called.database, customer_id=before, ordered_on=first)
    add_order(called.database, customer_id=held, ordered_on=first + timedelta(days=1))
    marked(called, in_time, "wrong")  # it counts who was listed, whatever came of it
    as_of = first + timedelta(days=28)
    found = sum_call_effect(record, manager, as_of)
    monday = [day.date() for day in found["step"]]
    assert monday[:3] == [first, first, first + timedelta(days=7)]
    assert found.iloc[:3, 1:].values.tolist() == [[0, 3, 3, 1], [1, 2, 2, 1], [0, 1, 0, 0]]
    day_before = sum_call_effect(record, manager, as_of - timedelta(days=1))
    assert day_before["customers"].sum() == 0
    took_part("In time again", 0)
    called.line(in_time, week_on=WEEK, as_of_on=WEEK, experiment="calls-2027-Q1")
    assert sum_call_effect(record, manager, as_of)["assigned"].sum() == found["assigned"].sum() + 2


def test_who_is_held_out_is_chosen_anew_each_quarter() -> None:
    autumn, winter = WEEK, WEEK + timedelta(days=70)
    assert [call_experiment(day) for day in (autumn, winter)] == ["calls-2026-Q4", "calls-2027-Q1"]
    chosen = {
        week: {each for each in range(20_000) if is_held_out_of_calls("db", week, each)}
        for week in (autumn, WEEK - timedelta(days=14), winter)
    }
    assert chosen[autumn] == chosen[WEEK - timedelta(days=14)]
    assert 1_850 < len(chosen[autumn]) < 2_150
    assert 150 < len(chosen[autumn] & chosen[winter]) < 250


def test_a_mark_takes_the_customer_off_the_other_lists_for_a_while(database: Database) -> None:
    called = open_list(database)
    shop, record, customer_id = called.shop, database.record, called.shop.customer_id
    manager, day = shop.scopes["manager"], WEEK + timedelta(days=2)
    last_on = WEEK - timedelta(days=60)
    add(shop.writer, "customer_scores", customer_id=customer_id, as_of_on=day, currency="CNY",
        orders=3, orders_12m=3, first_ordered_on=last_on, last_ordered_on=last_on,
        net_sales=Decimal(9), net_sales_12m=Decimal(9), net_sales_prior_12m=Decimal(0),
        categories=1, enquiries_90=0, enquiries_prior_90=0, recency_score=1, frequency_score=1,
        monetary_score=1, segment="lost", rule_segment="others", silent_90=Decimal("0.9"),
        value_at_risk_90=Decimal(900))  # fmt: skip
    for product_id in (shop.pen, shop.ink):
        add(shop.writer, "rebuy_dues", customer_id=customer_id, product_id=product_id,
            as_of_on=day, orders=3, last_ordered_on=last_on, usual_gap_days=Decimal(60),
            expected_on=WEEK, earliest_on=day, latest_on=day, probability_30=Decimal("0.3"),
            suggested_quantity=1)  # fmt: skip

    def seen(as_of: Any = day) -> tuple[int, int]:
        quiet = list_going_quiet(record, manager, as_of, QuietFilter())
        due = sum_rebuys(record, manager, ANY, as_of, 14).iloc[0]["due"]
        return len(quiet), int(due)

    assert seen() == (1, 2)
    marked(called, customer_id, "not_interested", product_id=shop.ink)
    assert seen() == (1, 1)
    marked(called, customer_id, "called")
    assert seen() == (0, 0)
    assert seen(day + timedelta(days=40))[0] == 1
