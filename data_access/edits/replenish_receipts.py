"""Receipts: the goods of a request come in, and the orders that waited for them are freed.

An order holds its units from when it is confirmed, whether they are there or not (`stock.py`). Who
waits is told by turn: of each product in a warehouse, what is on hand goes to the orders that hold
it by promised date, those without one last, ties by order number; but what is set aside for an
order is its own before that (`allocated.py`). An order is freed when a receipt gives it the last of
what it lacked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, and_, case, func, insert, select, update

from data_access.audit_chain import record
from data_access.edits.allocated import UNITS, sum_set_aside
from data_access.edits.clock import BusinessTime, business_time
from data_access.edits.fields import Fields
from data_access.edits.replenish_opening import (
    Pick,
    ReplenishmentRefused,
    change_request,
    check_picks,
    product_named,
    sku_of,
    with_each,
)
from data_access.edits.stock import HOLDING
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.edits.undoing import FREED
from data_access.scope import Scope
from data_access.tables import (
    allocations,
    order_lines,
    orders,
    replenishments,
    stock,
    stock_movements,
)

LONGEST_NOTE = 300
Places = Mapping[int, set[int]]  # warehouse_id → product_ids


@dataclass(frozen=True)
class Receipt(Pick):
    """So many units came; `allow_more`: also where that is more than is on order."""

    quantity: int
    allow_more: bool = False


@dataclass(frozen=True)
class Waiting:
    """An order in the queue for products of its warehouse."""

    order_id: int
    order_number: str
    is_short: bool


def receive_replenishments(
    engine: Engine,
    scope: Scope,
    receipts: Sequence[Receipt],
    *,
    note: str = "",
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Books the goods into stock; what has not come stays on order, what is all there is received.

    The answer's values: `received` (SKU → units), `freed` (numbers of the orders that have all
    they lacked, by turn), `waiting` (how many orders still lack some of these products)."""
    receipts = tuple(receipts)
    check_picks(receipts)
    fields = Fields()
    said = fields.text("note", note, most=LONGEST_NOTE)
    fields.check()

    def work(edit: Edit) -> Done:
        time = business_time(edit)
        places = _places(edit.connection, receipts)
        before = _waiting(edit.connection, places)
        received: dict[str, int] = {}

        def receive(row: Row[Any], receipt: Receipt) -> None:
            _receive(edit, row, receipt, said, time)
            sku = sku_of(edit, row.product_id)
            received[sku] = received.get(sku, 0) + int(receipt.quantity)

        with_each(edit, receipts, receive)
        after = _waiting(edit.connection, places)
        short = {each.order_id for each in before if each.is_short}
        freed = [each for each in after if each.order_id in short and not each.is_short]
        for each in freed:
            _note_freed(edit, each)
        return Done(
            values={
                "requests": len(receipts),
                "received": received,
                "freed": [each.order_number for each in freed],
                "waiting": sum(each.is_short for each in after),
            }
        )

    return carry_out(
        engine, scope, "receive_replenishment", work, request_id=request_id,
        details=(receipts, said), now=now,
    )  # fmt: skip


def _receive(
    edit: Edit, row: Row[Any], receipt: Receipt, note: str | None, time: BusinessTime
) -> None:
    fields = Fields()
    came = fields.whole("quantity", receipt.quantity)
    fields.check()
    if row.warehouse_id is None:
        raise ReplenishmentRefused("no_warehouse", product=product_named(edit, row.product_id))
    left = max(row.quantity - row.received_quantity, 0)
    if came > left and receipt.allow_more is not True:
        raise ReplenishmentRefused(
            "more_than_ordered", came=came, left=left, more=came - left,
            product=product_named(edit, row.product_id),
        )  # fmt: skip
    at = max(time.at, row.ordered_at or time.at)
    _put_in(edit.connection, row, came)
    edit.connection.execute(
        insert(stock_movements).values(
            warehouse_id=row.warehouse_id, product_id=row.product_id, quantity=came,
            kind="receipt", replenishment_id=row.replenishment_id, moved_at=at, note=note,
        )
    )  # fmt: skip
    is_all = row.received_quantity + came >= row.quantity
    change_request(
        edit, row, received_quantity=row.received_quantity + came, received_by=edit.scope.user_id,
        **({"state": "received", "received_at": at} if is_all else {}),
    )  # fmt: skip


def _put_in(connection: Connection, row: Row[Any], units: int) -> None:
    """Onto its shelf, which a product that never lay here is given."""
    place = (stock.c.warehouse_id == row.warehouse_id, stock.c.product_id == row.product_id)
    shelf = connection.execute(select(stock).where(*place).with_for_update()).one_or_none()
    if shelf is None:
        connection.execute(
            insert(stock).values(
                warehouse_id=row.warehouse_id, product_id=row.product_id, on_hand=units
            )
        )
        return
    connection.execute(
        update(stock)
        .where(stock.c.stock_id == shelf.stock_id)
        .values(on_hand=shelf.on_hand + units)
    )


def _places(connection: Connection, receipts: Sequence[Receipt]) -> Places:
    ids = [each.replenishment_id for each in receipts if isinstance(each.replenishment_id, int)]
    found: dict[int, set[int]] = {}
    for row in connection.execute(
        select(replenishments.c.warehouse_id, replenishments.c.product_id).where(
            replenishments.c.replenishment_id.in_(ids), replenishments.c.warehouse_id.is_not(None)
        )
    ):
        found.setdefault(row.warehouse_id, set()).add(row.product_id)
    return found


def _waiting(connection: Connection, places: Places) -> list[Waiting]:
    """The orders that hold any of the products, by turn, and whether one of all their products is
    not there for them."""
    return [
        Waiting(row.order_id, row.order_number, bool(row.is_short))
        for warehouse_id in sorted(places)
        for row in connection.execute(_queue(warehouse_id, places[warehouse_id]))
    ]


def _queue(warehouse_id: int, product_ids: set[int]) -> Select[Any]:
    holds = (orders.c.warehouse_id == warehouse_id, orders.c.stage.in_(HOLDING))
    of_orders = order_lines.join(orders, orders.c.order_id == order_lines.c.order_id)
    touched = (
        select(orders.c.order_id)
        .select_from(of_orders)
        .where(*holds, order_lines.c.product_id.in_(sorted(product_ids)))
    )
    theirs = select(order_lines.c.product_id).where(order_lines.c.order_id.in_(touched))
    asked = (
        select(
            orders.c.order_id,
            orders.c.order_number,
            orders.c.promised_on,
            order_lines.c.product_id,
            func.sum(order_lines.c.quantity).label("units"),
            func.coalesce(func.sum(UNITS), 0).label("own"),
        )
        .select_from(of_orders)
        .outerjoin(allocations, allocations.c.line_id == order_lines.c.line_id)
        .where(*holds, order_lines.c.product_id.in_(theirs))
        .group_by(orders.c.order_id, order_lines.c.product_id)
        .subquery("asked")
    )
    turn = (asked.c.promised_on.is_(None), asked.c.promised_on, asked.c.order_number)
    rest = asked.c.units - asked.c.own
    until = func.sum(rest).over(partition_by=asked.c.product_id, order_by=turn)
    queue = select(asked, rest.label("rest"), until.label("until")).subquery("queue")
    shelf = (stock.c.product_id == queue.c.product_id) & (stock.c.warehouse_id == warehouse_id)
    set_aside = sum_set_aside(warehouse_id).subquery("set_aside")
    shared = stock.c.on_hand - func.coalesce(set_aside.c.units, 0)
    lacks = case((and_(queue.c.rest > 0, queue.c.until > shared), 1), else_=0)
    by_turn = (queue.c.promised_on.is_(None), queue.c.promised_on, queue.c.order_number)
    return (
        select(
            queue.c.order_id,
            queue.c.order_number,
            func.max(lacks).label("is_short"),
        )
        .select_from(queue.outerjoin(stock, shelf))
        .outerjoin(set_aside, set_aside.c.product_id == queue.c.product_id)
        .where(queue.c.order_id.in_(touched))
        .group_by(queue.c.order_id, queue.c.order_number, queue.c.promised_on)
        .order_by(*by_turn)
    )


def _note_freed(edit: Edit, order: Waiting) -> None:
    """In the log of the order; the order itself is as it was."""
    record(
        edit.connection,
        actor=edit.scope.username,
        user_id=edit.scope.user_id,
        actor_name=edit.scope.name,
        action="free_order",
        now=edit.now,
        table_name=FREED,
        order_id=order.order_id,
        request_id=edit.request_id,
    )
