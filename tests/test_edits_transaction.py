"""An edit is carried out once, in one transaction, with its author in the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from data_access.accounts import set_role
from data_access.database import Database, writing, writing_engine
from data_access.edits.locking import change_order, lock_order, step_version
from data_access.edits.transaction import Done, Edit, carry_out, new_request_id
from data_access.errors import NotFound, NotSaved, StaleVersion
from data_access.scope import Scope
from data_access.tables import audit, edit_requests, orders, payments
from tests.crm import NOW, add, add_order, scope_of


def noting(order_id: int, note: str = "gift", seen: int | None = 1) -> Callable[[Edit], Done]:
    """The work of the simplest edit."""

    def work(edit: Edit) -> Done:
        order = lock_order(edit, order_id, seen)
        version = change_order(edit, order_id, note=note)
        return Done(order_id, order.order_number, version, {"note": note})

    return work


def note_order(
    database: Database, scope: Scope, order_id: int, note: str = "gift", **options: Any
) -> Done:
    seen = options.pop("seen", 1)
    options = {"request_id": new_request_id(), "details": (order_id, note), "now": NOW, **options}
    work = noting(order_id, note, seen)
    return carry_out(database.writer, scope, "change_note", work, **options)


def order_of(database: Database, order_id: int) -> Any:
    with database.record.connect() as connection:
        return connection.execute(select(orders).where(orders.c.order_id == order_id)).one()


def log_of(database: Database, order_id: int, since: int = 0) -> list[Any]:
    statement = select(audit).where(audit.c.order_id == order_id, audit.c.audit_id > since)
    with database.record.connect() as connection:
        return list(connection.execute(statement.order_by(audit.c.audit_id)))


def count(database: Database, table: Any) -> int:
    with database.record.connect() as connection:
        return int(connection.scalar(select(func.count()).select_from(table)) or 0)


def test_an_edit_is_written_with_its_author_and_answered(database: Database) -> None:
    scope, order_id = scope_of(database, "manager", name="Ada Wong"), add_order(database)
    done = note_order(database, scope, order_id, request_id="r1", reason="the customer called")
    assert (done.order_id, done.version, done.values) == (order_id, 2, {"note": "gift"})
    assert (done.action, done.request_id, done.is_repeat) == ("change_note", "r1", False)
    order = order_of(database, order_id)
    assert (order.note, order.version, order.order_number) == ("gift", 2, done.order_number)
    row = log_of(database, order_id)[-1]
    assert (row.actor, row.user_id, row.action) == (scope.username, scope.user_id, "change_note")
    assert (row.table_name, row.row_id, row.happened_at) == ("orders", order_id, NOW)
    assert (row.request_id, row.undoes) == ("r1", None)
    visible = scope.visible.audit.c  # the words of a reason are sealed in the table
    with database.record.connect() as connection:
        said = connection.scalar(select(visible.reason).where(visible.audit_id == row.audit_id))
    assert said == "the customer called" != row.reason


def test_the_same_request_again_writes_nothing_and_is_answered_alike(database: Database) -> None:
    scope, order_id = scope_of(database, "manager"), add_order(database)
    first = note_order(database, scope, order_id, request_id="r1")
    logged = count(database, audit)
    again = note_order(database, scope, order_id, request_id="r1", now=NOW + timedelta(hours=1))
    assert again == replace(first, is_repeat=True)
    assert count(database, audit) == logged and order_of(database, order_id).version == 2


@pytest.mark.parametrize("changed", ["details", "action", "person"])
def test_a_request_id_is_for_one_request_of_one_person(database: Database, changed: str) -> None:
    scope, order_id = scope_of(database, "manager"), add_order(database)
    note_order(database, scope, order_id, request_id="r1")
    person = scope_of(database, "manager") if changed == "person" else scope
    action = "change_price" if changed == "action" else "change_note"
    details = (order_id, "other" if changed == "details" else "gift")
    with pytest.raises(NotSaved) as refusal:
        carry_out(
            database.writer, person, action, noting(order_id, "other", 2), request_id="r1",
            details=details,
        )  # fmt: skip
    assert refusal.value.reason == "request_reused"
    assert order_of(database, order_id).note == "gift"


def test_a_refused_request_leaves_nothing_and_may_be_sent_again(database: Database) -> None:
    scope, order_id = scope_of(database, "manager"), add_order(database)
    logged = count(database, audit)
    with pytest.raises(StaleVersion):
        note_order(database, scope, order_id, request_id="r1", seen=7)
    assert (count(database, audit), count(database, edit_requests)) == (logged, 0)
    assert note_order(database, scope, order_id, request_id="r1").version == 2


def test_an_interrupted_edit_leaves_nothing(database: Database) -> None:
    scope, order_id = scope_of(database, "manager"), add_order(database)
    logged = count(database, audit)

    def work(edit: Edit) -> Done:
        noting(order_id)(edit)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(database.writer, scope, "change_note", work, request_id="r1")
    assert order_of(database, order_id).version == 1
    assert (count(database, audit), count(database, edit_requests)) == (logged, 0)
    add(database.writer, "payments", order_id=order_id, amount=1)  # and its author is forgotten
    assert {row.actor for row in log_of(database, order_id)} == {"system"}


def test_what_is_no_json_is_not_an_answer(database: Database) -> None:
    scope, order_id = scope_of(database, "manager"), add_order(database)

    def work(edit: Edit) -> Done:
        return replace(noting(order_id)(edit), values={"at": datetime.now})

    with pytest.raises(TypeError):
        carry_out(database.writer, scope, "change_note", work, request_id="r1")
    assert order_of(database, order_id).version == 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"request_id": ""}, "request"),
        ({"request_id": "x" * 65}, "request"),
        ({"request_id": "a\0"}, "request"),
        ({"reason": "x" * 301}, "reason"),
        ({"reason": "a\0b"}, "value"),
        ({"reason": "\ud800"}, "value"),
    ],
)
def test_words_that_cannot_be_stored_are_refused(
    database: Database, options: dict[str, Any], reason: str
) -> None:
    scope, order_id = scope_of(database, "manager"), add_order(database)
    with pytest.raises(NotSaved) as refusal:
        note_order(database, scope, order_id, **options)
    assert refusal.value.reason == reason and order_of(database, order_id).version == 1


def test_a_number_beyond_the_database_is_refused(database: Database) -> None:
    scope = scope_of(database, "manager")
    with pytest.raises(NotSaved) as refusal:
        note_order(database, scope, 10**30)
    assert refusal.value.reason == "value"


def test_rights_that_changed_since_the_page_was_drawn_count(database: Database) -> None:
    scope, order_id = scope_of(database, "manager"), add_order(database)
    set_role(database.writer, scope.username, "analyst", now=NOW)
    with pytest.raises(NotSaved) as refusal:
        note_order(database, scope, order_id)
    assert refusal.value.reason == "rights" and order_of(database, order_id).version == 1


def test_who_waits_too_long_behind_another_is_told(database: Database) -> None:
    scope, order_id = scope_of(database, "manager"), add_order(database)
    other = writing_engine(database.writer.url)
    with writing(other), pytest.raises(NotSaved) as refusal:
        note_order(database, scope, order_id)
    other.dispose()
    assert refusal.value.reason == "busy"
    assert note_order(database, scope, order_id).version == 2


# The order


@pytest.mark.parametrize("whose", ["nobody's", "another's", "none"])
def test_an_order_that_is_not_theirs_is_none(database: Database, whose: str) -> None:
    me, other = (add(database.writer, "employees") for _ in range(2))
    customer_id = add(database.writer, "customers", owner_id=other)
    foreign = add_order(database, customer_id=customer_id if whose == "another's" else None)
    scope = scope_of(database, "sales_rep", employee_id=me)
    with pytest.raises(NotFound) as refusal:
        note_order(database, scope, 10**6 if whose == "none" else foreign)
    assert refusal.value.reason == "this_order"
    assert order_of(database, foreign).note is None


def test_a_stale_edit_is_told_who_changed_what(database: Database) -> None:
    order_id = add_order(database, note="old")
    ada, lin = (scope_of(database, "manager", name=name) for name in ("Ada", "林华"))
    note_order(database, ada, order_id, "new")

    def pay(edit: Edit) -> Done:
        lock_order(edit, order_id, 2)
        values = {"amount": 5, "currency": "CNY", "paid_at": NOW, "paid_on": NOW.date()}
        edit.connection.execute(insert(payments).values(order_id=order_id, **values))
        return Done(order_id, version=step_version(edit, order_id))

    carry_out(database.writer, lin, "take_payment", pay, request_id="pay", now=NOW)
    with pytest.raises(StaleVersion) as refusal:
        note_order(database, ada, order_id, "mine", seen=1)
    assert refusal.value.version == 3
    assert refusal.value.values["people"] == "林华, Ada"
    found = {(one.table_name, one.field): one for one in refusal.value.changes}
    note = found["orders", "note"]
    assert (note.before, note.after, note.person) == ("old", "new", "Ada")
    assert found["payments", "amount"].after == 5
    assert ("orders", "version") not in found
    with pytest.raises(StaleVersion) as refusal:
        note_order(database, ada, order_id, "mine", seen=2)
    assert {one.person for one in refusal.value.changes} == {"林华"}


def test_a_stale_edit_is_not_told_what_is_masked(database: Database) -> None:
    order_id = add_order(database, stage="confirmed")
    boss, worker = scope_of(database, "manager", name="Ada"), scope_of(database, "warehouse")

    def reprice(edit: Edit) -> Done:
        change_order(edit, order_id, coupon_code="SECRET", note="soon")
        return Done(order_id)

    carry_out(database.writer, boss, "reprice", reprice, request_id="r")
    with pytest.raises(StaleVersion) as refusal:
        note_order(database, worker, order_id)
    assert {one.field for one in refusal.value.changes} == {"note"}


def test_a_version_steps_once_in_an_edit(database: Database) -> None:
    scope, order_id = scope_of(database, "manager"), add_order(database)

    def work(edit: Edit) -> Done:
        change_order(edit, order_id, note="a")
        change_order(edit, order_id, coupon_code="B")
        return Done(order_id, version=step_version(edit, order_id))

    assert carry_out(database.writer, scope, "both", work, request_id="r").version == 2
    order = order_of(database, order_id)
    assert (order.version, order.note, order.coupon_code) == (2, "a", "B")
