"""Notes that explain unusual days: who writes them, who takes them back, and what the log says."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from data_access.audit import ChangeFilter, list_changes
from data_access.database import Database
from data_access.edits.anomalies import DayNoteRefused, acknowledge_day, remove_day_note
from data_access.edits.fields import FieldsRefused
from data_access.edits.rights import RightRefused, may_explain_days
from data_access.edits.transaction import new_request_id
from data_access.edits.undoing import undo_change
from data_access.scope import Scope
from data_access.tables import anomaly_notes
from data_access.unusual import list_day_notes
from tests.crm import NOW, add, scope_of

DAY = NOW.date() - timedelta(days=3)


def explain(database: Database, scope: Scope, day: Any = DAY, **more: Any) -> int:
    said = {"currency": "CNY", "note": "Power cut", "request_id": new_request_id(), **more}
    done = acknowledge_day(database.writer, scope, day, now=NOW, **said)
    return int(done.values["anomaly_note_id"])


def take_back(database: Database, scope: Scope, number: Any) -> None:
    remove_day_note(database.writer, scope, number, request_id=new_request_id(), now=NOW)


def test_a_note_keeps_who_wrote_it_about_what(database: Database) -> None:
    rep = scope_of(database, "sales_rep", name="Ada", employee_id=add(database.writer, "employees"))
    number = explain(database, rep, about="channels=('web',)", note="  Power cut \n until noon ")
    with database.record.connect() as connection:
        key = anomaly_notes.c.anomaly_note_id == number
        row = connection.execute(select(anomaly_notes).where(key)).one()
    assert (row.day_on, row.currency, row.about) == (DAY, "CNY", "channels=('web',)")
    assert (row.author, row.user_id, row.employee_id) == ("Ada", rep.user_id, rep.employee_id)
    assert not row.is_of_all
    assert "Power cut" in row.note
    manager = scope_of(database, "manager")
    of_all = explain(database, manager)
    notes = list_day_notes(database.record, manager, "CNY").set_index("anomaly_note_id")
    assert notes.loc[[number, of_all], "is_of_all"].tolist() == [0, 1]


def test_the_same_request_writes_one_note(database: Database) -> None:
    manager = scope_of(database, "manager")
    first = explain(database, manager, request_id="r1")
    assert explain(database, manager, request_id="r1") == first
    assert (list_day_notes(database.record, manager)["anomaly_note_id"] == first).sum() == 1


def test_the_log_tells_who_explained_which_day(database: Database) -> None:
    manager = scope_of(database, "manager", name="Bea")
    number = explain(database, manager, request_id="r1")
    take_back(database, manager, number)
    found = list_changes(database.record, manager, ChangeFilter(table_name="anomaly_notes"))
    assert found["action"].tolist()[:2] == ["remove_day_note", "acknowledge_day"]
    assert set(found["actor_name"].tolist()[:2]) == {"Bea"}
    assert number not in list_day_notes(database.record, manager)["anomaly_note_id"].tolist()


def test_a_note_and_its_taking_back_can_be_undone(database: Database) -> None:
    manager = scope_of(database, "manager")
    number = explain(database, manager, request_id="r1")
    remove_day_note(database.writer, manager, number, request_id="r2", now=NOW)
    undo_change(database.writer, manager, "r2", request_id="u2", now=NOW)
    notes = list_day_notes(database.record, manager).set_index("anomaly_note_id")
    assert notes.loc[number, "note"] == "Power cut"
    other = explain(database, manager, request_id="r3")
    undo_change(database.writer, manager, "r3", request_id="u3", now=NOW)
    assert other not in list_day_notes(database.record, manager)["anomaly_note_id"].tolist()


@pytest.mark.parametrize(
    ("day", "more", "reason"),
    [
        ("2026-11-01", {}, "no_day"),
        (None, {}, "no_day"),
        (NOW, {}, "no_day"),
        (date(1, 1, 1), {}, "no_day"),
        (NOW.date(), {}, "not_over"),
        (NOW.date() + timedelta(days=9), {}, "not_over"),
        (DAY, {"currency": ""}, "currency"),
        (DAY, {"about": "x" * 301}, "too_narrow"),
    ],
)
def test_a_day_that_cannot_be_explained(
    database: Database, day: Any, more: dict[str, Any], reason: str
) -> None:
    with pytest.raises(DayNoteRefused) as refused:
        explain(database, scope_of(database, "manager"), day, **more)
    assert refused.value.reason == reason


@pytest.mark.parametrize("note", ["", "   ", None, "x" * 2001])
def test_a_note_says_something(database: Database, note: Any) -> None:
    with pytest.raises(FieldsRefused):
        explain(database, scope_of(database, "manager"), note=note)


@pytest.mark.parametrize("role", ["finance", "warehouse", "support", "partner"])
def test_who_does_not_see_the_page_writes_nothing(database: Database, role: str) -> None:
    scope = scope_of(database, role)
    assert not may_explain_days(scope)
    with pytest.raises(RightRefused):
        explain(database, scope)


def test_who_sees_some_orders_needs_to_be_a_colleague(database: Database) -> None:
    with pytest.raises(RightRefused):
        explain(database, scope_of(database, "sales_lead"))
    employee = add(database.writer, "employees")
    assert explain(database, scope_of(database, "sales_lead", employee_id=employee))


def test_a_note_is_taken_back_by_who_wrote_it_or_a_manager(database: Database) -> None:
    ada, bea = (add(database.writer, "employees") for _ in range(2))
    rep = scope_of(database, "sales_rep", employee_id=ada)
    other = scope_of(database, "sales_rep", employee_id=bea)
    analyst, manager = scope_of(database, "analyst"), scope_of(database, "manager")
    first, second, third = (explain(database, rep) for _ in range(3))
    for scope, number, reason in (
        (other, first, "gone"), (analyst, first, "others"), (rep, 10**9, "gone"),
        (rep, "1", "gone"), (rep, -1, "gone"),
    ):  # fmt: skip
        with pytest.raises(DayNoteRefused) as refused:
            take_back(database, scope, number)
        assert refused.value.reason == reason
    take_back(database, rep, first)
    take_back(database, manager, second)
    left = list_day_notes(database.record, manager)["anomaly_note_id"].tolist()
    assert third in left
    assert not {first, second} & set(left)
    with pytest.raises(DayNoteRefused):
        take_back(database, rep, first)
