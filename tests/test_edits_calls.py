"""What came of a call is marked once, by who may, about whom they see, and can be taken back."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select, update

from data_access.audit import ChangeFilter, list_changes
from data_access.database import Database, connect, writing
from data_access.edits.calls import (
    MOST_CALLS,
    CallRefused,
    change_capacity,
    mark_call,
    take_back_mark,
)
from data_access.edits.fields import FieldsRefused
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import new_request_id
from data_access.edits.undoing import undo_change
from data_access.tables import call_capacities, call_marks, calls, customers
from tests.called import WEEK, Called, open_list
from tests.crm import add
from tests.shop import ROLES

SALES = ("admin", "manager", "sales_lead", "sales_rep")
PLANNERS = ("admin", "manager", "sales_lead")


def mark(called: Called, role: str = "sales_rep", **changed: Any) -> Any:
    values = {
        "scope": called.shop.scopes[role], "call_id": called.call_id, "mark": "called",
        "request_id": new_request_id(), **changed,
    }  # fmt: skip
    return mark_call(called.shop.writer, **values)


def take_back(called: Called, role: str = "sales_rep", **changed: Any) -> Any:
    values = {
        "scope": called.shop.scopes[role], "call_id": called.call_id,
        "request_id": new_request_id(), **changed,
    }  # fmt: skip
    return take_back_mark(called.shop.writer, **values)


def plan(called: Called, role: str = "sales_lead", **changed: Any) -> Any:
    values = {
        "scope": called.shop.scopes[role], "employee_id": called.shop.rep_id, "calls_a_week": 40,
        "seen_version": 0, "request_id": new_request_id(), **changed,
    }  # fmt: skip
    return change_capacity(called.shop.writer, **values)


def test_a_mark_is_kept_logged_and_undone(database: Database) -> None:
    called = open_list(database)
    shop = called.shop
    done = mark(called, mark="not_interested", product_id=shop.ink, note=" too dear ",
                request_id="r")  # fmt: skip
    assert done.values == {
        "call_id": called.call_id, "customer_id": shop.customer_id, "mark": "not_interested",
    }  # fmt: skip
    row = shop.row(select(call_marks))
    assert (row.week_on, row.customer_id, row.product_id, row.mark, row.note, row.user_id) == (
        WEEK, shop.customer_id, shop.ink, "not_interested", "too dear",
        shop.scopes["sales_rep"].user_id,
    )  # fmt: skip
    manager = shop.scopes["manager"]
    (logged,) = list_changes(database.record, manager, ChangeFilter(request_id="r")).itertuples()
    assert (logged.action, logged.product) == ("mark_call", "Ink")
    undo_change(shop.writer, manager, "r", request_id="undo")
    assert shop.count(call_marks) == 0
    mark(called)


def test_the_same_click_is_one_mark_and_a_second_person_learns_of_it(database: Database) -> None:
    called = open_list(database)
    first = mark(called, request_id="r")
    again = mark(called, request_id="r")
    assert (again.values, again.is_repeat) == (first.values, True)
    with pytest.raises(CallRefused, match="A sales_rep has marked this line already"):
        mark(called, "manager", mark="bought")
    assert called.shop.count(call_marks) == 1


def test_of_two_who_mark_at_once_one_is_told(database: Database) -> None:
    called = open_list(database)
    start, found = threading.Barrier(2), []

    def work(role: str) -> None:
        own = connect(database.writer.url)
        start.wait()
        try:
            mark_call(own.writer, called.shop.scopes[role], called.call_id, mark="called",
                      request_id=role)  # fmt: skip
            found.append("marked")
        except CallRefused:
            found.append("marked_already")
        finally:
            own.dispose()

    threads = [threading.Thread(target=work, args=(role,)) for role in ("sales_rep", "manager")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == ["marked", "marked_already"]
    assert called.shop.count(call_marks) == 1


@pytest.mark.parametrize("role", ROLES)
def test_marking_is_for_sales(sqlite_database: Database, role: str) -> None:
    called = open_list(sqlite_database)
    if role in SALES:
        mark(called, role)
        take_back(called, role)
        mark(called, role)
    else:
        for command in (mark, take_back):
            with pytest.raises(RightRefused):
                command(called, role)
    assert called.shop.count(call_marks) == (role in SALES)


def test_nobody_marks_a_line_that_they_do_not_see(database: Database) -> None:
    called = open_list(database)
    held_out = called.line(add(called.shop.writer, "customers", name="Held",
                               owner_id=called.shop.rep_id), is_held_out=True)  # fmt: skip
    for role in ("sales_rep", "sales_lead"):
        for call_id in (called.call_id, held_out, 0, 10**30, "x", None, True):
            with pytest.raises(CallRefused, match="no such line"):
                mark(called, scope=called.shop.foreign[role], call_id=call_id)
            with pytest.raises(CallRefused, match="no such line"):
                take_back(called, scope=called.shop.foreign[role], call_id=call_id)
    with pytest.raises(CallRefused, match="no such line"):
        mark(called, "admin", call_id=held_out)
    assert called.shop.count(call_marks) == 0


def test_who_refuses_contact_meanwhile_is_not_called(database: Database) -> None:
    called = open_list(database)
    with writing(called.shop.writer) as connection:
        connection.execute(update(customers).values(consent="refused"))
    with pytest.raises(CallRefused, match="Customer does not wish to be contacted"):
        mark(called)
    mark(called, mark="wrong", note="They had refused before.")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("mark", {"mark": "shouted"}), ("mark", {"mark": None}),
        ("note", {"mark": "wrong"}), ("note", {"mark": "wrong", "note": "  "}),
        ("note", {"note": "x" * 301}), ("note", {"note": "\0"}),
        ("product_id", {"product_id": "x"}), ("product_id", {"mark": "called", "product_id": 1}),
        ("product_id", {"mark": "wrong", "note": "n", "product_id": 10**9}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_at_its_field(
    sqlite_database: Database, field: str, wrong: dict[str, Any]
) -> None:
    called = open_list(sqlite_database)
    with pytest.raises(FieldsRefused) as refused:
        mark(called, **wrong)
    assert list(refused.value.fields) == [field]
    assert called.shop.count(call_marks) == 0


def test_a_mark_is_taken_back_by_who_made_it_or_who_leads(database: Database) -> None:
    called = open_list(database)
    with pytest.raises(CallRefused, match="not marked"):
        take_back(called)
    mark(called, "manager")
    with pytest.raises(CallRefused, match="Only who marked a line"):
        take_back(called)
    take_back(called, "sales_lead")
    mark(called)
    done = take_back(called, request_id="b")
    assert done.values["mark"] == "called"
    assert take_back(called, request_id="b").is_repeat
    assert called.shop.count(call_marks) == 0
    assert called.shop.count(calls) == 1


def test_a_lead_says_how_many_calls_a_rep_has_time_for(database: Database) -> None:
    called = open_list(database)
    assert plan(called).values == {"employee_id": called.shop.rep_id, "calls_a_week": 40}
    with pytest.raises(CallRefused, match="meanwhile"):
        plan(called, calls_a_week=50)
    with pytest.raises(FieldsRefused):
        plan(called, calls_a_week=40, seen_version=1)
    plan(called, "manager", calls_a_week=0, seen_version=1)
    row = called.shop.row(select(call_capacities))
    assert (row.calls_a_week, row.version) == (0, 2)


@pytest.mark.parametrize("number", [-1, MOST_CALLS + 1, 1.5, "many", None])
def test_a_number_of_calls_is_a_number(sqlite_database: Database, number: Any) -> None:
    called = open_list(sqlite_database)
    with pytest.raises(FieldsRefused):
        plan(called, calls_a_week=number)
    assert called.shop.count(call_capacities) == 0


@pytest.mark.parametrize("role", ROLES)
def test_planning_calls_is_for_heads_and_leads(sqlite_database: Database, role: str) -> None:
    called = open_list(sqlite_database)
    if role in PLANNERS:
        plan(called, role)
    else:
        with pytest.raises(RightRefused):
            plan(called, role)
    assert called.shop.count(call_capacities) == (role in PLANNERS)


def test_a_lead_plans_only_for_reps_whom_they_see(database: Database) -> None:
    called = open_list(database)
    for employee_id in (called.shop.rep_id, 10**30, "x", None):
        with pytest.raises(CallRefused, match="no such sales rep"):
            plan(called, scope=called.shop.foreign["sales_lead"], employee_id=employee_id)
    assert called.shop.count(call_capacities) == 0
