"""What came of a call of the week's list, and how many calls a rep has time for.

A mark closes the line of its week, and stands against suggesting the same again for as long as
`docs/decisions/0018-whom-to-call.md` says; taken back, the line is open again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Engine, Row, delete, insert, select, update

from data_access.calls import MARKS
from data_access.edits.clock import business_time
from data_access.edits.fields import MOST_ID, Fields, refuse_field
from data_access.edits.rights import RightRefused, may_mark_calls, may_plan_calls
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.policy import Role
from data_access.scope import Scope
from data_access.tables import (
    call_capacities,
    call_marks,
    call_reasons,
    calls,
    customers,
    employees,
    users,
)

LONGEST_NOTE = 300
MOST_CALLS = 200  # a week
ABOUT_A_PRODUCT = ("not_interested", "wrong")  # marks that may be of one product alone


class CallRefused(EditRefused):
    """The line is not marked so."""

    messages: ClassVar[dict[str, str]] = {
        "gone": "There is no such line on the list any more.",
        "consent": "{customer} does not wish to be contacted.",
        "marked": "{person} has marked this line already.",
        "marked_before": "This line is marked already.",
        "not_marked": "This line is not marked, or not any more.",
        "others": "Only who marked a line, a sales lead, a manager or an administrator may take it"
        " back.",
        "capacity_changed": "Somebody changed this number meanwhile. Look at it again.",
        "no_rep": "There is no such sales rep among those you see.",
    }


def mark_call(
    engine: Engine,
    scope: Scope,
    call_id: int,
    *,
    mark: str,
    product_id: int | None = None,
    note: str = "",
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """What came of the call: one of MARKS. `product_id`, one of those that the line suggests, says
    that only this product was not wanted, or wrong; else it is said of all that the line is about.
    What is wrong needs a `note`. `values` of the answer: call_id, customer_id, mark. Refused with
    RightRefused, FieldsRefused or CallRefused."""
    fields = Fields()
    if mark not in MARKS:
        fields.refuse("mark", "unknown")
    words = fields.text("note", note, most=LONGEST_NOTE, required=mark == "wrong")
    product = None if product_id is None else fields.id("product_id", product_id)
    if product is not None and mark not in ABOUT_A_PRODUCT:
        fields.refuse("product_id", "unknown")
    fields.check()

    def work(edit: Edit) -> Done:
        if not may_mark_calls(edit.scope):
            raise RightRefused("role")
        line = _find_line(edit, call_id)
        if line.consent == "refused" and mark == "called":
            raise CallRefused("consent", customer=line.name)
        if product is not None and not _suggests(edit, line, product):
            refuse_field("product_id", "unknown")
        marked = _find_mark(edit, line)
        if marked is not None:
            raise CallRefused(*(("marked",) if marked.name else ("marked_before",)),
                              person=marked.name)  # fmt: skip
        edit.connection.execute(
            insert(call_marks).values(
                week_on=line.week_on,
                customer_id=line.customer_id,
                product_id=product,
                mark=mark,
                note=words,
                user_id=edit.scope.user_id,
                marked_at=business_time(edit).at,
            )
        )
        return Done(values={"call_id": line.call_id, "customer_id": line.customer_id, "mark": mark})

    return carry_out(
        engine, scope, "mark_call", work, request_id=request_id,
        details=(call_id, mark, product, words), now=now,
    )  # fmt: skip


def take_back_mark(
    engine: Engine, scope: Scope, call_id: int, *, request_id: str, now: datetime | None = None
) -> Done:
    """The line is open again. `values` as of `mark_call`, with the mark that is gone. Refused with
    RightRefused or CallRefused."""

    def work(edit: Edit) -> Done:
        if not may_mark_calls(edit.scope):
            raise RightRefused("role")
        line = _find_line(edit, call_id)
        marked = _find_mark(edit, line)
        if marked is None:
            raise CallRefused("not_marked")
        if marked.user_id != edit.scope.user_id and edit.scope.role is Role.SALES_REP:
            raise CallRefused("others")
        edit.connection.execute(
            delete(call_marks).where(call_marks.c.call_mark_id == marked.call_mark_id)
        )
        return Done(
            values={"call_id": line.call_id, "customer_id": line.customer_id, "mark": marked.mark}
        )

    return carry_out(
        engine, scope, "take_back_mark", work, request_id=request_id, details=(call_id,), now=now
    )


def change_capacity(
    engine: Engine,
    scope: Scope,
    employee_id: int,
    *,
    calls_a_week: int,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """How many lines the rep's list of a week may have. `seen_version` is 0 while it is the usual
    number. The list that stands is not cut: a smaller number holds from the next week on, a larger
    one is filled up by the next refresh. `values` of the answer: employee_id, calls_a_week. Refused
    with RightRefused, FieldsRefused or CallRefused."""
    fields = Fields()
    number = fields.whole("calls_a_week", calls_a_week, least=0, most=MOST_CALLS)
    fields.check()

    def work(edit: Edit) -> Done:
        if not may_plan_calls(edit.scope):
            raise RightRefused("role")
        rep = _need_rep(edit, employee_id)
        found = edit.connection.execute(
            select(call_capacities).where(call_capacities.c.employee_id == rep).with_for_update()
        ).one_or_none()
        if (found.version if found else 0) != seen_version:
            raise CallRefused("capacity_changed")
        values = {"calls_a_week": number, "changed_at": edit.now}
        if found is None:
            edit.connection.execute(insert(call_capacities).values(employee_id=rep, **values))
        else:
            if found.calls_a_week == number:
                refuse_field("calls_a_week", "unchanged")
            edit.connection.execute(
                update(call_capacities)
                .where(call_capacities.c.employee_id == rep)
                .values(**values, version=found.version + 1)
            )
        return Done(values={"employee_id": rep, "calls_a_week": number})

    return carry_out(
        engine, scope, "change_capacity", work, request_id=request_id,
        details=(employee_id, number, seen_version), now=now,
    )  # fmt: skip


def _find_line(edit: Edit, call_id: Any) -> Row[Any]:
    """The line of a customer whom the person sees, with the customer's name and consent."""
    if not _is_id(call_id):
        raise CallRefused("gone")
    visible = edit.scope.visible.customers.c.customer_id
    statement = (
        select(calls, customers.c.name, customers.c.consent)
        .join(customers, customers.c.customer_id == calls.c.customer_id)
        .where(
            calls.c.call_id == call_id,
            ~calls.c.is_held_out,
            calls.c.customer_id.in_(select(visible)),
        )
    )
    row = edit.connection.execute(statement).one_or_none()
    if row is None:
        raise CallRefused("gone")
    return row


def _find_mark(edit: Edit, line: Row[Any]) -> Row[Any] | None:
    statement = (
        select(call_marks, users.c.name)
        .join(users, users.c.user_id == call_marks.c.user_id)
        .where(call_marks.c.week_on == line.week_on, call_marks.c.customer_id == line.customer_id)
        .order_by(call_marks.c.call_mark_id.desc())
        .limit(1)
    )
    return edit.connection.execute(statement).one_or_none()


def _suggests(edit: Edit, line: Row[Any], product_id: int) -> bool:
    statement = select(call_reasons.c.call_reason_id).where(
        call_reasons.c.week_on == line.week_on,
        call_reasons.c.customer_id == line.customer_id,
        call_reasons.c.product_id == product_id,
    )
    return edit.connection.scalar(statement.limit(1)) is not None


def _need_rep(edit: Edit, employee_id: Any) -> int:
    visible = edit.scope.visible.employees.c.employee_id
    known = select(employees.c.employee_id).where(
        employees.c.employee_id == employee_id, employees.c.employee_id.in_(select(visible))
    )
    if not _is_id(employee_id) or edit.connection.scalar(known) is None:
        raise CallRefused("no_rep")
    return int(employee_id)


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_ID
