"""The requests that an edit is about: locked, in a state that allows it, and as the person saw
them; and why one is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import index
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Row, select, update

from data_access.edits.fields import MOST_ID
from data_access.edits.rights import (
    may_for_replenishment,
    need_replenishment_right,
)
from data_access.edits.transaction import Edit
from data_access.errors import EditRefused, Refused
from data_access.filters import name_in
from data_access.tables import audit, products, replenishments, users

MOST_PICKED = 500
WHO = {  # state → the column of who brought the request into it
    "approved": "decided_by",
    "rejected": "decided_by",
    "ordered": "ordered_by",
    "received": "received_by",
    "closed": "closed_by",
}


class ReplenishmentRefused(EditRefused):
    """The request does not allow it; nothing was written. `product` names it with its SKU."""

    messages: ClassVar[dict[str, str]] = {
        "gone": "There is no such request any more.",
        "nothing": "No request is chosen.",
        "too_many": "At most {most} requests at a time.",
        "twice": "A request is chosen twice.",
        "proposed": "The request for {product} is not approved yet.",
        "approved": "The request for {product} is approved already.",
        "approved_by": "{person} has approved the request for {product} already.",
        "rejected": "The request for {product} is rejected.",
        "rejected_by": "{person} has rejected the request for {product}.",
        "ordered": "The request for {product} is ordered already.",
        "ordered_by": "{person} has ordered the request for {product} already.",
        "received": "The goods of the request for {product} are all there already.",
        "received_by": "{person} has booked all goods of the request for {product} already.",
        "closed": "The request for {product} is closed.",
        "closed_by": "{person} has closed the request for {product}.",
        "changed": "The request for {product} was changed meanwhile: {quantity} units, {received}"
        " of them received. Look at it again.",
        "changed_by": "{person} changed the request for {product} meanwhile: {quantity} units,"
        " {received} of them received. Look at it again.",
        "no_warehouse": "It is not known for which warehouse {product} was ordered.",
        "more_than_ordered": "{came} units of {product} came, and {left} are still on order:"
        " {more} more than ordered. Correct the quantity, or say that all of them are kept.",
        "still_to_come": "{left} units of {product} are still to come. A manager closes it.",
        "no_reason": "{left} units of {product} have not come. Say why they will not.",
        "not_bought": "{product} is not bought any more.",
        "not_short": "Order {number} does not wait for {product}.",
        "orders_only": "Your role requests what an order of your regions lacks. Choose the order.",
        "requested": "{product} is requested for this already: {quantity} units.",
        "requested_by": "{person} has requested {product} for this already: {quantity} units.",
        "ordered_meanwhile": "More of {product} was ordered or arrived meanwhile. Look at it"
        " again.",
        "all_requested": "All of these are requested already.",
    }


@dataclass(frozen=True)
class RefusedRequest:
    replenishment_id: int
    refusal: Refused


class ReplenishmentsRefused(EditRefused):
    """Nothing was done. `rows` has the requests that did not allow it; the others did."""

    messages: ClassVar[dict[str, str]] = {
        "rows": "Nothing was done: {refused} of {requests} requests do not allow it.",
    }

    def __init__(self, rows: Sequence[RefusedRequest], requests: int) -> None:
        self.rows = tuple(rows)
        super().__init__("rows", refused=len(rows), requests=requests)


@dataclass(frozen=True)
class Pick:
    """A request as the person saw it."""

    replenishment_id: int
    seen_version: int


Picked = TypeVar("Picked", bound=Pick)


def check_picks(picks: Sequence[Pick]) -> None:
    if not picks:
        raise ReplenishmentRefused("nothing")
    if len(picks) > MOST_PICKED:
        raise ReplenishmentRefused("too_many", most=MOST_PICKED)
    if len({pick.replenishment_id for pick in picks}) < len(picks):
        raise ReplenishmentRefused("twice")


def with_each(
    edit: Edit, picks: Sequence[Picked], work: Callable[[Row[Any], Picked], None]
) -> None:
    """`work` on each request; refused for all where one is."""
    need_replenishment_right(edit.scope, edit.action)
    refused: list[RefusedRequest] = []
    for pick in picks:
        try:
            work(open_request(edit, pick), pick)
        except Refused as refusal:
            refused.append(RefusedRequest(pick.replenishment_id, refusal))
    if refused and len(picks) == 1:
        raise refused[0].refusal
    if refused:
        raise ReplenishmentsRefused(refused, len(picks))


def open_request(edit: Edit, pick: Pick) -> Row[Any]:
    """The request, which nobody else changes until the edit ends."""
    found = edit.connection.execute(
        select(replenishments)
        .where(replenishments.c.replenishment_id == _row_id(pick.replenishment_id))
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise ReplenishmentRefused("gone")
    if not may_for_replenishment(edit.scope, edit.action, found.state):
        need_replenishment_right(edit.scope, edit.action)
        raise _not_now(edit, found)
    if found.version != pick.seen_version:
        raise _changed(edit, found)
    return found


def change_request(edit: Edit, request: Row[Any], **values: Any) -> None:
    edit.connection.execute(
        update(replenishments)
        .where(replenishments.c.replenishment_id == request.replenishment_id)
        .values(version=request.version + 1, **values)
    )


def product_named(edit: Edit, product_id: int) -> str:
    """As a refusal names it: Pen (PEN-1)."""
    name = name_in(edit.scope.language or "en", products)
    row = edit.connection.execute(
        select(name, products.c.sku).where(products.c.product_id == product_id)
    ).one()
    return f"{row[0]} ({row[1]})"


def person_named(edit: Edit, user_id: int | None) -> str:
    """Empty where it is not known."""
    return edit.connection.scalar(select(users.c.name).where(users.c.user_id == user_id)) or ""


def sku_of(edit: Edit, product_id: int) -> str:
    return str(
        edit.connection.scalar(select(products.c.sku).where(products.c.product_id == product_id))
    )


def _not_now(edit: Edit, request: Row[Any]) -> ReplenishmentRefused:
    """In the state it is in, with who brought it there; a warehouse closes only what has come."""
    product = product_named(edit, request.product_id)
    if edit.action == "close_replenishment" and request.state == "ordered":
        left = max(request.quantity - request.received_quantity, 0)
        return ReplenishmentRefused("still_to_come", product=product, left=left)
    column = WHO.get(request.state)
    person = person_named(edit, getattr(request, column)) if column else ""
    reason = f"{request.state}_by" if person else request.state
    return ReplenishmentRefused(reason, person=person, product=product)


def _changed(edit: Edit, request: Row[Any]) -> ReplenishmentRefused:
    last = (
        select(audit.c.actor_name)
        .where(
            audit.c.table_name == replenishments.name,
            audit.c.row_id == request.replenishment_id,
        )
        .order_by(audit.c.audit_id.desc())
        .limit(1)
    )
    person = edit.connection.scalar(last) or ""
    return ReplenishmentRefused(
        "changed_by" if person else "changed",
        person=person,
        product=product_named(edit, request.product_id),
        quantity=request.quantity,
        received=request.received_quantity,
    )


def _row_id(value: Any) -> int:
    try:
        number = index(value)
    except TypeError:
        number = 0
    if not 0 < number <= MOST_ID:
        raise ReplenishmentRefused("gone")
    return number
