"""What people do to an order: each action with its verb, its fields, its command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dashboard.edit_fields import (
    CARRIER,
    LINE,
    LINES,
    METHOD,
    REFERENCE,
    TRACKING,
    Field,
    Subject,
    discount_of,
    quantity_of,
)
from dashboard.texts import N_
from data_access.edits.commenting import propose_cancellation
from data_access.edits.lines import change_line_discount, change_line_quantity
from data_access.edits.money import refund_payment, take_payment
from data_access.edits.moving import (
    cancel_order,
    complete_order,
    confirm_order,
    ship_order,
    start_processing,
)
from data_access.edits.returning import register_return
from data_access.edits.rights import actions_for
from data_access.edits.terms import change_address, change_note, change_owner, change_promised_date
from data_access.edits.transaction import Done
from data_access.scope import Scope


@dataclass(frozen=True)
class Action:
    verb: str  # a msgid: what the button says
    done: str  # a msgid with {number}: what was done
    icon: str
    group: str  # of GROUPS
    command: Callable[..., Done]
    fields: tuple[Field, ...] = ()
    has_effect: bool = True  # beyond what stands in its fields
    may_be_short: bool = False  # takes allow_short
    asks_version: bool = True


def _now(column: str) -> Callable[[Subject], Any]:
    return lambda subject: subject.order[column]


def _owed(subject: Subject) -> float | None:
    owed = subject.order["owed"]
    return round(float(owed), 2) if owed is not None and owed > 0 else None


def _overpaid(subject: Subject) -> float | None:
    """What was paid beyond what is kept; of a cancelled order, all of it."""
    order = subject.order
    back = -order["owed"] if order["owed"] is not None else order["paid"]
    return round(float(back), 2) if back is not None and back > 0 else None


def _reason(words: str = "", *, name: str = N_("Reason")) -> Field:
    return Field("reason", name, "words" if words else "text", words=words)


GROUPS = {
    "goods": N_("Goods"),
    "order": N_("What was agreed"),
    "money": N_("Money"),
    "end": N_("Calling it off"),
}
_CANCEL_REASON = _reason("orders.cancel_reason")
ACTIONS: Mapping[str, Action] = {
    "confirm_order": Action(
        N_("Confirm order"), N_("Order {number} is confirmed."), ":material/check:", "goods",
        confirm_order, may_be_short=True,
    ),
    "start_processing": Action(
        N_("Start processing"), N_("Order {number} is in processing."),
        ":material/conveyor_belt:", "goods", start_processing,
    ),
    "ship_order": Action(
        N_("Ship order"), N_("Order {number} is shipped."), ":material/local_shipping:", "goods",
        ship_order, (CARRIER, TRACKING),
    ),
    "complete_order": Action(
        N_("Complete order"), N_("Order {number} is completed."), ":material/done_all:", "goods",
        complete_order,
    ),
    "register_return": Action(
        N_("Register return"), N_("The return for order {number} is registered."),
        ":material/assignment_return:", "goods", register_return,
        (LINES, _reason("returns.reason"), Field("note", N_("Note"), "area", required=False)),
    ),
    "change_line_quantity": Action(
        N_("Change quantity"), N_("The quantity in order {number} is changed."),
        ":material/pin:", "order", change_line_quantity,
        (LINE, Field("quantity", N_("Quantity"), "count",
                     lambda subject: quantity_of(subject.first_line),
                     stored="order_lines.quantity")),
        may_be_short=True,
    ),
    "change_line_discount": Action(
        N_("Change discount"), N_("The discount in order {number} is changed."),
        ":material/percent:", "order", change_line_discount,
        (LINE, Field("discount_rate", N_("Discount"), "percent",
                     lambda subject: discount_of(subject.first_line),
                     stored="order_lines.discount_rate")),
    ),
    "change_promised_date": Action(
        N_("Change promised date"), N_("The promised date of order {number} is changed."),
        ":material/event:", "order", change_promised_date,
        (Field("promised_on", N_("Promised"), "day", _now("promised_on"),
               stored="orders.promised_on"),),
    ),
    "change_address": Action(
        N_("Change address"), N_("The address of order {number} is changed."),
        ":material/home_pin:", "order", change_address,
        (Field("ship_address", N_("Ship to"), "area", _now("ship_address"),
               stored="orders.ship_address"),),
        has_effect=False,
    ),
    "change_owner": Action(
        N_("Change sales rep"), N_("Order {number} has another sales rep."),
        ":material/person_edit:", "order", change_owner,
        (Field("owner_id", N_("Sales rep"), "owner", _now("owner_id"), stored="orders.owner_id"),),
    ),
    "change_note": Action(
        N_("Change note"), N_("The note of order {number} is changed."),
        ":material/edit_note:", "order", change_note,
        (Field("note", N_("Note"), "area", _now("note"), stored="orders.note", required=False),),
        has_effect=False,
    ),
    "take_payment": Action(
        N_("Take payment"), N_("{amount} is booked for order {number}."),
        ":material/payments:", "money", take_payment,
        (Field("amount", N_("Amount"), "money", _owed), METHOD, REFERENCE),
    ),
    "refund_payment": Action(
        N_("Refund payment"), N_("{amount} is refunded for order {number}."),
        ":material/undo:", "money", refund_payment,
        (Field("amount", N_("Amount"), "money", _overpaid), METHOD, _reason(), REFERENCE),
    ),
    "cancel_order": Action(
        N_("Cancel order"), N_("Order {number} is cancelled."), ":material/cancel:", "end",
        cancel_order, (_CANCEL_REASON,),
    ),
    "propose_cancellation": Action(
        N_("Propose cancellation"),
        N_("Those who may cancel order {number} were told."), ":material/contact_support:", "end",
        propose_cancellation, (_CANCEL_REASON,), has_effect=False, asks_version=False,
    ),
}  # fmt: skip
_STEPS = ("confirm_order", "start_processing", "ship_order", "complete_order")


def offered(scope: Scope, order: Mapping[str, Any]) -> tuple[str, ...]:
    """What the person may do to the order as it is, in the order of the table."""
    allowed = actions_for(scope, order["stage"])
    return tuple(name for name in ACTIONS if name in allowed and _makes_sense(name, order))


def next_step(names: tuple[str, ...], order: Mapping[str, Any]) -> str | None:
    """What is most likely done next: the next stage, the money that is open, a return."""
    gives_back = order["stage"] == "cancelled" or (order["owed"] or 0) < 0
    money = "refund_payment" if gives_back else "take_payment"
    wishes = (*_STEPS, money, "register_return")
    return next((name for name in wishes if name in names), None)


def _makes_sense(name: str, order: Mapping[str, Any]) -> bool:
    """Nobody pays what is not owed, nor is paid back what was not paid."""
    if name == "take_payment":
        return (order["owed"] or Decimal(0)) > 0
    if name == "refund_payment":
        return (order["paid"] or Decimal(0)) > 0
    return True
