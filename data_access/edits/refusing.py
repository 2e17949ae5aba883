"""Takes back that a customer does not want a product, so that it is offered again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Engine, Row, delete, literal, select

from data_access.edits.clock import business_time
from data_access.edits.fields import Fields
from data_access.edits.reminding import find_reminded, may_remind
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.offered import REFUSALS, flag, is_refused
from data_access.policy import Role
from data_access.scope import Scope
from data_access.tables import call_marks, reminders


class RefusalKept(EditRefused):
    """What the customer does not want stays so."""

    messages: ClassVar[dict[str, str]] = {
        "not_refused": "Nothing stands against this product, or not any more.",
        "others": "Only who said that they do not want it, a sales lead, a manager or an"
        " administrator may take it back.",
        "whole_line": "It was said of everything on a line of the list of calls. Take that back"
        " there.",
    }


def take_back_refusal(
    engine: Engine,
    scope: Scope,
    customer_id: int,
    product_id: int,
    *,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Wherever it was said that the customer does not want the product: on a list of offers or of
    those due, or as the result of a call about this product alone. `values` of the answer:
    customer_id, product_id. Refused with RightRefused, FieldsRefused, NotFound or RefusalKept."""
    fields = Fields()
    product = fields.id("product_id", product_id)
    fields.check()

    def work(edit: Edit) -> Done:
        if not may_remind(edit.scope, "offer"):
            raise RightRefused("role")
        customer = find_reminded(edit, customer_id).customer_id
        if not _is_refused(edit, customer, product):
            raise RefusalKept("not_refused")
        said, marked = _set_aside(edit, customer, product), _marks(edit, customer, product)
        own = edit.scope.user_id
        if edit.scope.role is Role.SALES_REP and any(row.user_id != own for row in said + marked):
            raise RefusalKept("others")
        for table, key, ids in (
            (reminders, reminders.c.reminder_id, [row.reminder_id for row in said]),
            (call_marks, call_marks.c.call_mark_id, [row.call_mark_id for row in marked]),
        ):
            if ids:
                edit.connection.execute(delete(table).where(key.in_(ids)))
        if _is_refused(edit, customer, product):
            raise RefusalKept("whole_line")
        return Done(values={"customer_id": customer, "product_id": product})

    return carry_out(
        engine, scope, "take_back_refusal", work, request_id=request_id,
        details=(customer_id, product), now=now,
    )  # fmt: skip


def _is_refused(edit: Edit, customer_id: int, product_id: int) -> bool:
    today = business_time(edit).today
    refused = flag(is_refused(edit.scope, customer_id, literal(product_id), today))
    return bool(edit.connection.scalar(select(refused)))


def _set_aside(edit: Edit, customer_id: int, product_id: int) -> list[Row[Any]]:
    statement = select(reminders.c.reminder_id, reminders.c.user_id).where(
        reminders.c.customer_id == customer_id,
        reminders.c.product_id == product_id,
        reminders.c.state == "dismissed",
    )
    return list(edit.connection.execute(statement))


def _marks(edit: Edit, customer_id: int, product_id: int) -> list[Row[Any]]:
    """Results of calls about this product alone that speak against it."""
    statement = select(call_marks.c.call_mark_id, call_marks.c.user_id).where(
        call_marks.c.customer_id == customer_id,
        call_marks.c.product_id == product_id,
        call_marks.c.mark.in_(tuple(REFUSALS)),
    )
    return list(edit.connection.execute(statement))
