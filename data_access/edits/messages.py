"""Writes to customers and colleagues what an edit leads to, in the edit's own transaction, and
withdraws it while it has not left. What takes it out of the house is `sending.py`.

Nobody is written to, or about, who refused to be contacted. A message stands in `messages` once for
its cause: the order's confirmation, its shipping, its delivery, the reminder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Engine, Row, insert, select, true, update

from data_access.edits.clock import business_time
from data_access.edits.opening import row_id
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused, NotFound
from data_access.letters import Letter, is_address, language_of, money, name_of, write_letter
from data_access.policy import Role
from data_access.scope import Scope
from data_access.tables import (
    contacts,
    customers,
    employees,
    messages,
    order_lines,
    products,
    users,
)

UNSENT = ("waiting", "failed")
MOST_LINES = 50  # of an order, that a message lists
MAY_WITHDRAW = (Role.ADMIN, Role.MANAGER, Role.SALES_LEAD, Role.SALES_REP, Role.SUPPORT)


class MessageRefused(EditRefused):
    """The message is as it was."""

    messages: ClassVar[dict[str, str]] = {
        "unknown": "There is no such message, or it is not yours to see.",
        "sent": "The message was sent already.",
        "withdrawn": "The message was withdrawn already.",
    }


def may_withdraw(scope: Scope) -> bool:
    return scope.role in MAY_WITHDRAW


def withdraw_message(
    engine: Engine, scope: Scope, message_id: int, *, request_id: str, now: datetime | None = None
) -> Done:
    """A message that has not left will not leave. Refused with RightRefused or MessageRefused."""

    def work(edit: Edit) -> Done:
        if not may_withdraw(edit.scope):
            raise RightRefused("role")
        message = _open(edit, message_id)
        if message.state not in UNSENT:
            raise MessageRefused(message.state)
        edit.connection.execute(
            update(messages)
            .where(messages.c.message_id == message.message_id)
            .values(state="withdrawn", next_try_at=None)
        )
        return Done(values={"message_id": message.message_id})

    return carry_out(
        engine, scope, "withdraw_message", work, request_id=request_id, details=(message_id,),
        now=now,
    )  # fmt: skip


def _open(edit: Edit, message_id: int) -> Row[Any]:
    visible = edit.scope.visible.messages.c.message_id
    try:
        known = row_id(message_id)
    except NotFound as error:
        raise MessageRefused("unknown") from error
    found = edit.connection.execute(
        select(messages)
        .where(messages.c.message_id == known, messages.c.message_id.in_(select(visible)))
        .with_for_update(of=messages)
    ).one_or_none()
    if found is None:
        raise MessageRefused("unknown")
    return found


# Each of these is called in an edit; those that write return whether a message waits now.


def write_of_confirmation(edit: Edit, order: Row[Any]) -> bool:
    person = _addressee(edit, order.customer_id)
    if person is None:
        return False
    facts = {
        "lines": _lines(edit, order.order_id, person["language"]),
        "total": money(order.net_sales, order.currency),
    }
    return _write_of_order(edit, order, "order_confirmed", person, facts)


def write_of_shipping(edit: Edit, order: Row[Any], carrier: str, tracking_number: str) -> bool:
    person = _addressee(edit, order.customer_id)
    if person is None:
        return False
    facts = {"carrier": carrier, "tracking_number": tracking_number}
    return _write_of_order(edit, order, "order_shipped", person, facts)


def give_task(edit: Edit, order: Row[Any]) -> bool:
    """To the customer's sales rep: to ask how they like what has reached them."""
    customer = _customer(edit, order.customer_id)
    if customer is None or customer.consent == "refused":
        return False
    rep = edit.connection.execute(
        select(
            employees.c.employee_id,
            employees.c.email,
            employees.c.name,
            employees.c.name_zh,
            users.c.language,
        )
        .select_from(employees)
        .outerjoin(
            users, (users.c.employee_id == employees.c.employee_id) & (users.c.is_active == true())
        )
        .where(employees.c.employee_id == customer.owner_id, employees.c.left_on.is_(None))
        .order_by(users.c.user_id)
        .limit(1)
    ).one_or_none()
    if rep is None or not is_address(rep.email):
        return False
    language = (rep.language or language_of(None, rep.name, rep.name_zh))[:2]
    facts = {"number": order.order_number, "phone": customer.phone,
             "name": name_of(language, customer.name, customer.name_zh)}  # fmt: skip
    return _queue(
        edit, f"task:order:{order.order_id}", "task", write_letter("task", language, facts),
        customer_id=customer.customer_id, order_id=order.order_id, employee_id=rep.employee_id,
        email=rep.email.strip(),
    )  # fmt: skip


def withdraw_of_order(edit: Edit, order_id: int) -> None:
    """What waits about an order that is no more."""
    edit.connection.execute(
        update(messages)
        .where(messages.c.order_id == order_id, messages.c.state.in_(UNSENT))
        .values(state="withdrawn", next_try_at=None)
    )


def write_follow_up(
    edit: Edit, customer_id: int, reminder_id: int, cause: str, product_id: int | None
) -> bool:
    """Reminds a customer of themselves (`silent`), or of a product (`rebuy`)."""
    person = _addressee(edit, customer_id)
    if person is None:
        return False
    facts = {"name": person["name"], "product": _product(edit, product_id, person["language"])}
    return _queue(
        edit, f"follow_up:reminder:{reminder_id}", "follow_up",
        write_letter(cause, person["language"], facts),
        customer_id=customer_id, email=person["email"],
    )  # fmt: skip


def _write_of_order(
    edit: Edit, order: Row[Any], kind: str, person: Mapping[str, Any], facts: Mapping[str, Any]
) -> bool:
    is_to_come = order.promised_on and order.promised_on >= business_time(edit).today
    told = {
        "name": person["name"],
        "number": order.order_number,
        "promised_on": order.promised_on if is_to_come else None,
    }
    letter = write_letter(kind, person["language"], {**told, **facts})
    return _queue(
        edit, f"{kind}:order:{order.order_id}", kind, letter,
        customer_id=order.customer_id, order_id=order.order_id, email=person["email"],
    )  # fmt: skip


def _customer(edit: Edit, customer_id: int | None) -> Row[Any] | None:
    wanted = customers.c.customer_id == customer_id
    return edit.connection.execute(select(customers).where(wanted)).one_or_none()


def _addressee(edit: Edit, customer_id: int | None) -> dict[str, Any] | None:
    """email, name and language: of the customer, or of their first contact who has an address when
    they have none; None where nobody can be written to, or the customer refused to be contacted."""
    customer = _customer(edit, customer_id)
    if customer is None or customer.consent == "refused":
        return None
    language = language_of(customer.country, customer.name, customer.name_zh)
    if is_address(customer.email):
        name = name_of(language, customer.name, customer.name_zh)
        return {"email": customer.email.strip(), "name": name, "language": language}
    people = edit.connection.execute(
        select(contacts.c.name, contacts.c.email)
        .where(contacts.c.customer_id == customer_id, contacts.c.email.is_not(None))
        .order_by(contacts.c.is_primary.desc(), contacts.c.contact_id)
    )
    for person in people:
        if is_address(person.email):
            return {"email": person.email.strip(), "name": person.name, "language": language}
    return None


def _lines(edit: Edit, order_id: int, language: str) -> str:
    lines = edit.connection.execute(
        select(order_lines.c.quantity, products.c.name, products.c.name_zh)
        .join(products, products.c.product_id == order_lines.c.product_id)
        .where(order_lines.c.order_id == order_id)
        .order_by(order_lines.c.line_number)
    ).all()
    told = [
        f"{line.quantity} × {name_of(language, line.name, line.name_zh)}"
        for line in lines[:MOST_LINES]
    ]
    return "\n".join([*told, "…"] if len(lines) > MOST_LINES else told)


def _product(edit: Edit, product_id: int | None, language: str) -> str | None:
    wanted = select(products.c.name, products.c.name_zh).where(products.c.product_id == product_id)
    row = edit.connection.execute(wanted).one_or_none()
    return name_of(language, row.name, row.name_zh) if row else None


def _queue(edit: Edit, cause: str, kind: str, letter: Letter, **whom: Any) -> bool:
    """Writes it down, once for its cause; anew where the earlier one was withdrawn."""
    values = {
        "kind": kind, "language": letter.language, "subject": letter.subject, "body": letter.body,
        "made_at": business_time(edit).at, "state": "waiting", "attempts": 0,
        "next_try_at": edit.now, "last_error": None, **whom,
    }  # fmt: skip
    earlier = edit.connection.execute(
        select(messages.c.message_id, messages.c.state).where(messages.c.cause == cause)
    ).one_or_none()
    if earlier is None:
        edit.connection.execute(insert(messages).values(cause=cause, **values))
        return True
    if earlier.state != "withdrawn":
        return False
    mine = messages.c.message_id == earlier.message_id
    edit.connection.execute(update(messages).where(mine).values(**values))
    return True
