"""Records what was done about a customer whom a list named: reminded, or set aside.

The lists are the causes: `silent` (going quiet), `rebuy` (due to buy a product again), `offer`
(what to offer them) and `care` (to be looked after).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Row, insert, select
from sqlalchemy.engine import Engine

from data_access.edits.clock import business_time
from data_access.edits.fields import Fields, refuse_field
from data_access.edits.messages import write_follow_up
from data_access.edits.opening import MOST_ID
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused, NotFound
from data_access.holding_out import is_held_out
from data_access.policy import Role
from data_access.scope import Scope
from data_access.tables import customers, products, properties, reminders

ACTIONS = ("call", "coupon", "content", "visit")
STATES = ("done", "dismissed")
ASKED_CONSENT = ("silent", "rebuy")  # contact that the customer may have refused
ABOUT_A_PRODUCT = ("rebuy", "offer")
LONGEST_NOTE = 300
_SALES = (Role.ADMIN, Role.MANAGER, Role.SALES_LEAD, Role.SALES_REP)
MAY_REMIND: Mapping[str, tuple[Role, ...]] = {
    "silent": _SALES,
    "rebuy": _SALES,
    "offer": _SALES,
    "care": (*_SALES, Role.SUPPORT),
}


class ReminderRefused(EditRefused):
    """The reminder is not recorded."""

    messages: ClassVar[dict[str, str]] = {
        "consent": "{customer} does not wish to be contacted.",
        "address": "{customer} has no e-mail address that can be written to.",
        "recorded": "{person} has recorded this already.",
        "recorded_before": "This is recorded already.",
    }


def may_remind(scope: Scope, cause: str) -> bool:
    """Whether this role may record what was done about the customers of this list."""
    return scope.role in MAY_REMIND.get(cause, ())


def record_reminder(
    engine: Engine,
    scope: Scope,
    customer_id: int,
    product_id: int | None = None,
    *,
    cause: str,
    action: str,
    state: str,
    note: str = "",
    due_on: date | None = None,
    write: bool = False,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """What a person did (`done`) or decided not to do (`dismissed`); `due_on` is the day on which
    the list expected the customer's order. A rebuy and an offer need their product. `values` of the
    answer: reminder_id, customer_id, is_held_out. `write`: an e-mail that reminds the customer
    waits to be sent, where something was done about one of ASKED_CONSENT. Refused with
    RightRefused, FieldsRefused, NotFound, or ReminderRefused where the customer has refused contact
    or has no address to `write` to, or the same was recorded for that day before."""
    fields = Fields()
    for name, value, choices in (
        ("cause", cause, tuple(MAY_REMIND)), ("action", action, ACTIONS), ("state", state, STATES),
    ):  # fmt: skip
        if value not in choices:
            fields.refuse(name, "unknown")
    words = fields.text("note", note, most=LONGEST_NOTE)
    product = None
    if product_id is not None or cause in ABOUT_A_PRODUCT:
        product = fields.id("product_id", product_id)
    if due_on is not None and not _is_day(due_on):
        fields.refuse("due_on", "no_day")
    fields.check()
    day = due_on.date() if isinstance(due_on, datetime) else due_on
    said = {"cause": cause, "action": action, "state": state, "note": words, "due_on": day}

    def work(edit: Edit) -> Done:
        if not may_remind(edit.scope, cause):
            raise RightRefused("role")
        customer = find_reminded(edit, customer_id)
        if state == "done" and cause in ASKED_CONSENT and customer.consent == "refused":
            raise ReminderRefused("consent", customer=customer.name)
        done = _write(edit, customer.customer_id, {"product_id": product, **said})
        if write and state == "done" and cause in ASKED_CONSENT:
            reminder_id = done.values["reminder_id"]
            if not write_follow_up(edit, customer.customer_id, reminder_id, cause, product):
                raise ReminderRefused("address", customer=customer.name)
        return done

    return carry_out(
        engine, scope, "record_reminder", work, request_id=request_id,
        details=(customer_id, product, said, *([write] if write else [])), now=now,
    )  # fmt: skip


def _is_day(value: Any) -> bool:
    return isinstance(value, date) and value == value  # pandas' NaT is not itself


def find_reminded(edit: Edit, customer_id: int) -> Row[Any]:
    """The customer, if the person sees it."""
    fields = Fields()
    number = fields.id("customer_id", customer_id)
    if fields.refused or number > MOST_ID:
        raise NotFound("customer")
    visible = edit.scope.visible.customers.c.customer_id
    statement = select(customers).where(
        customers.c.customer_id == number, customers.c.customer_id.in_(select(visible))
    )
    row = edit.connection.execute(statement).one_or_none()
    if row is None:
        raise NotFound("customer")
    return row


def _write(edit: Edit, customer_id: int, said: Mapping[str, Any]) -> Done:
    known = select(products.c.product_id).where(products.c.product_id == said["product_id"])
    if said["product_id"] is not None and edit.connection.scalar(known) is None:
        refuse_field("product_id", "unknown")
    _refuse_recorded(edit, customer_id, said)
    database_id = select(properties.c.value).where(properties.c.name == "database_id")
    held_out = is_held_out(str(edit.connection.scalar(database_id) or ""), customer_id)
    reminder_id = edit.connection.scalars(
        insert(reminders)
        .values(
            customer_id=customer_id,
            is_held_out=held_out,
            user_id=edit.scope.user_id,
            recorded_at=business_time(edit).at,
            **said,
        )
        .returning(reminders.c.reminder_id)
    ).one()
    values = {"reminder_id": reminder_id, "customer_id": customer_id, "is_held_out": held_out}
    return Done(values=values)


def _refuse_recorded(edit: Edit, customer_id: int, said: Mapping[str, Any]) -> None:
    """Two people at one list: the second learns who was first."""
    if said["due_on"] is None:
        return
    same = [reminders.c[name].is_not_distinct_from(said[name])
            for name in ("product_id", "cause", "action", "due_on")]  # fmt: skip
    users = edit.scope.visible.users
    statement = (
        select(users.c.name)
        .select_from(reminders.outerjoin(users, users.c.user_id == reminders.c.user_id))
        .where(reminders.c.customer_id == customer_id, reminders.c.user_id.is_not(None), *same)
        .limit(1)
    )
    found = edit.connection.execute(statement).one_or_none()
    if found is not None:
        reason = "recorded" if found.name else "recorded_before"
        raise ReminderRefused(reason, person=found.name)
