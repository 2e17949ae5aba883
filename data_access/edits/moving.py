"""Moves one order to its next stage; the goods follow (`stock.py`), and the customer is told
(`messages.py`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Engine, Row, insert, select, update

from data_access.edits.allocated import drop_allocations
from data_access.edits.clock import business_time
from data_access.edits.fields import Fields
from data_access.edits.locking import change_order
from data_access.edits.messages import (
    give_task,
    withdraw_of_order,
    write_of_confirmation,
    write_of_shipping,
)
from data_access.edits.opening import done, open_order
from data_access.edits.rights import need_right
from data_access.edits.stock import (
    HOLDING,
    choose_warehouse,
    lines_of,
    release,
    reserve,
    take_out,
    units_of,
    withdraw_proposals,
)
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.order_details import STAGE_MOMENTS
from data_access.scope import Scope
from data_access.tables import orders, shipments

LONGEST_CARRIER = 80
LONGEST_REASON = 300
Step = Callable[[Edit, Row[Any]], Done]


class OrderRefused(EditRefused):
    """The order itself does not allow it."""

    messages: ClassVar[dict[str, str]] = {"no_lines": "The order has no products."}


def confirm_order(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    seen_version: int,
    request_id: str,
    allow_short: bool = False,
    now: datetime | None = None,
) -> Done:
    """Received → confirmed: the goods are reserved. Where less is free, StockRefused, unless
    `allow_short`: then the order waits for it, and a replenishment is proposed."""

    def work(edit: Edit) -> Done:
        order = open_order(edit, order_id, seen_version)
        return confirm(edit, order, allow_short=allow_short)

    return carry_out(
        engine, scope, "confirm_order", work, request_id=request_id,
        details=(order_id, seen_version, allow_short), now=now,
    )  # fmt: skip


def start_processing(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Confirmed → processing: picking and packing begins."""

    def work(edit: Edit) -> Done:
        return start(edit, open_order(edit, order_id, seen_version))

    return carry_out(
        engine, scope, "start_processing", work, request_id=request_id,
        details=(order_id, seen_version), now=now,
    )  # fmt: skip


def ship_order(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    carrier: str,
    tracking_number: str,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Processing → shipped: the goods leave the warehouse; StockRefused if they are not there."""
    shipping = check_shipping(carrier, tracking_number)

    def work(edit: Edit) -> Done:
        return ship(edit, open_order(edit, order_id, seen_version), *shipping)

    return carry_out(
        engine, scope, "ship_order", work, request_id=request_id,
        details=(order_id, seen_version, shipping), now=now,
    )  # fmt: skip


def complete_order(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Shipped → completed: the customer has the goods."""

    def work(edit: Edit) -> Done:
        return complete(edit, open_order(edit, order_id, seen_version))

    return carry_out(
        engine, scope, "complete_order", work, request_id=request_id,
        details=(order_id, seen_version), now=now,
    )  # fmt: skip


def cancel_order(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    reason: str,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Received, confirmed or processing → cancelled: what was reserved is free again."""
    because = check_reason(reason)

    def work(edit: Edit) -> Done:
        return cancel(edit, open_order(edit, order_id, seen_version), because)

    return carry_out(
        engine, scope, "cancel_order", work, request_id=request_id, reason=because,
        details=(order_id, seen_version, because), now=now,
    )  # fmt: skip


def check_shipping(carrier: Any, tracking_number: Any) -> tuple[str, str]:
    fields = Fields()
    by = fields.text("carrier", carrier, most=LONGEST_CARRIER, required=True)
    number = fields.text("tracking_number", tracking_number, most=LONGEST_CARRIER, required=True)
    fields.check()
    return str(by), str(number)


def check_reason(reason: Any) -> str:
    fields = Fields()
    because = fields.text("reason", reason, most=LONGEST_REASON, required=True)
    fields.check()
    return str(because)


# Each of these moves an order that is open in an edit.


def confirm(edit: Edit, order: Row[Any], *, allow_short: bool = False) -> Done:
    if allow_short:
        need_right(edit.scope, "allow_short", order.stage)
    order = _with_warehouse(edit, order)
    units = units_of(lines_of(edit.connection, order.order_id))
    if not units:
        raise OrderRefused("no_lines")
    short = reserve(edit, order, units, allow_short=allow_short)
    version = enter(edit, order, "confirmed")
    write_of_confirmation(edit, order)
    lacking = {one.sku: one.lacking for one in short}
    return done(order, version, stage="confirmed", **({"lacking": lacking} if lacking else {}))


def start(edit: Edit, order: Row[Any]) -> Done:
    return done(order, enter(edit, order, "processing"), stage="processing")


def ship(edit: Edit, order: Row[Any], carrier: str, tracking_number: str) -> Done:
    take_out(edit, order, units_of(lines_of(edit.connection, order.order_id)))
    edit.connection.execute(
        insert(shipments).values(
            order_id=order.order_id,
            warehouse_id=order.warehouse_id,
            carrier=carrier,
            tracking_number=tracking_number,
            shipped_at=business_time(edit).after(order),
        )
    )
    version = enter(edit, order, "shipped")
    write_of_shipping(edit, order, carrier, tracking_number)
    return done(order, version, stage="shipped")


def complete(edit: Edit, order: Row[Any]) -> Done:
    edit.connection.execute(
        update(shipments)
        .where(shipments.c.order_id == order.order_id, shipments.c.delivered_at.is_(None))
        .values(delivered_at=business_time(edit).after(order))
    )
    version = enter(edit, order, "completed")
    give_task(edit, order)
    return done(order, version, stage="completed")


def cancel(edit: Edit, order: Row[Any], reason: str) -> Done:
    if order.stage in HOLDING:
        release(edit, order, units_of(lines_of(edit.connection, order.order_id)))
    drop_allocations(edit.connection, order.order_id)
    withdraw_proposals(edit, order)
    withdraw_of_order(edit, order.order_id)
    version = enter(edit, order, "cancelled", cancel_reason=reason, due_on=None)
    return done(order, version, stage="cancelled")


def enter(edit: Edit, order: Row[Any], stage: str, **values: Any) -> int:
    """Sets the stage, its moment and its business day; returns the version."""
    time = business_time(edit)
    reached: dict[str, Any] = {STAGE_MOMENTS[stage]: time.after(order)}
    if f"{stage}_on" in orders.c:
        reached[f"{stage}_on"] = time.today
    return change_order(edit, order.order_id, stage=stage, **reached, **values)


def _with_warehouse(edit: Edit, order: Row[Any]) -> Row[Any]:
    if order.warehouse_id is not None:
        return order
    warehouse_id = choose_warehouse(edit.connection, order.region_id)
    change_order(edit, order.order_id, warehouse_id=warehouse_id)
    return edit.connection.execute(select(orders).where(orders.c.order_id == order.order_id)).one()
