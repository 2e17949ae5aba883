"""Changes what was agreed about an order: promised date, address, owner, note."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Row, or_, select

from data_access.edits.clock import business_time
from data_access.edits.fields import LONGEST_TEXT, Fields
from data_access.edits.locking import change_order
from data_access.edits.opening import done, open_order
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.scope import Scope

LONGEST_ADDRESS = 500


def change_promised_date(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    promised_on: date,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Another day for the delivery, from today on."""

    def take(edit: Edit, fields: Fields) -> date:
        return fields.day("promised_on", promised_on, first=business_time(edit).today)

    return _change(
        engine, scope, "change_promised_date", order_id, "promised_on", take,
        seen_version, request_id, promised_on, now,
    )  # fmt: skip


def change_address(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    ship_address: str,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Where the goods go."""

    def take(_edit: Edit, fields: Fields) -> str | None:
        return fields.text(
            "ship_address", ship_address, most=LONGEST_ADDRESS, required=True, one_line=False
        )

    return _change(
        engine, scope, "change_address", order_id, "ship_address", take,
        seen_version, request_id, ship_address, now,
    )  # fmt: skip


def change_owner(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    owner_id: int,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Another sales representative, one whom the person sees and who is still with the company."""

    def take(edit: Edit, fields: Fields) -> int:
        chosen = fields.id("owner_id", owner_id)
        if not fields.refused and not may_own(edit, chosen):
            fields.refuse("owner_id", "unknown")
        return chosen

    return _change(
        engine, scope, "change_owner", order_id, "owner_id", take,
        seen_version, request_id, owner_id, now,
    )  # fmt: skip


def change_note(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    note: str,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """What colleagues shall know; empty takes it away."""

    def take(_edit: Edit, fields: Fields) -> str | None:
        return fields.text("note", note, most=LONGEST_TEXT, one_line=False)

    return _change(
        engine, scope, "change_note", order_id, "note", take, seen_version, request_id, note, now
    )


def may_own(edit: Edit, employee_id: int) -> bool:
    """Whether orders may be given to this employee: visible to the person, and still employed."""
    employees, today = edit.scope.visible.employees.c, business_time(edit).today
    statement = select(employees.employee_id).where(
        employees.employee_id == employee_id,
        or_(employees.left_on.is_(None), employees.left_on > today),
    )
    return edit.connection.scalar(statement) is not None


def _change(
    engine: Engine, scope: Scope, action: str, order_id: int, column: str,
    take: Callable[[Edit, Fields], Any], seen_version: int, request_id: str, said: Any,
    now: datetime | None,
) -> Done:  # fmt: skip
    def work(edit: Edit) -> Done:
        order = open_order(edit, order_id, seen_version)
        fields = Fields()
        value = take(edit, fields)
        if not fields.refused and value == _before(order, column):
            fields.refuse(column, "unchanged")
        fields.check()
        return done(order, change_order(edit, order.order_id, **{column: value}))

    return carry_out(
        engine, scope, action, work, request_id=request_id,
        details=(order_id, seen_version, said), now=now,
    )  # fmt: skip


def _before(order: Row[Any], column: str) -> Any:
    value = getattr(order, column)
    return value or None if isinstance(value, str) else value
