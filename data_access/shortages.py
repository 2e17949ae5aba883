"""Which orders found too little stock: when they were ordered, and now.

Free stock is what is on hand and not reserved. An order reserves what it needs when it is confirmed
and gives it back when it is cancelled; so what was free at an earlier moment is all that came in
before (movements but shipments, which only take out what was reserved) less what was reserved
before.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from data_access.allocating import held_lines
from data_access.columns import Moment
from data_access.scope import Scope


def orders_short_of_stock(scope: Scope, wanted: ColumnElement[bool], first_on: date) -> Subquery:
    """order_id, was_short of the `wanted` orders since `first_on`: 1 when they were ordered and
    less was free than they needed, else 0; not there where the record cannot tell, because the
    movements and reservations do not add up to the stock of today."""
    start = literal(datetime.combine(first_on, time()) - timedelta(days=1), type_=Moment)
    events = union_all(*_events(scope)).subquery("events")
    at = case((events.c.at < start, start), else_=events.c.at)  # what is older, taken together
    moved = select(
        events.c.warehouse_id,
        events.c.product_id,
        at.label("at"),
        literal(1, Integer).label("turn"),
        func.sum(events.c.quantity).label("quantity"),
        cast(null(), BigInteger).label("order_id"),
        cast(null(), Integer).label("needed"),
    ).group_by(events.c.warehouse_id, events.c.product_id, at)
    stream = union_all(moved, _asked(scope, wanted, start)).subquery("stream").c
    place = (stream.warehouse_id, stream.product_id)
    until_then = func.sum(stream.quantity).over(
        partition_by=place, order_by=(stream.at, stream.turn)
    )
    until_now = func.sum(stream.quantity).over(partition_by=place)
    balances = select(
        *place,
        stream.order_id,
        stream.needed,
        until_then.label("free_then"),
        until_now.label("free_now"),
    ).subquery("balances")
    stock, found = scope.visible.stock, balances.c
    adds_up = and_(
        stock.c.warehouse_id == found.warehouse_id,
        stock.c.product_id == found.product_id,
        stock.c.on_hand - stock.c.reserved == found.free_now,
    )
    was_short = func.max(case((found.free_then < found.needed, 1), else_=0))
    return (
        select(found.order_id, was_short.label("was_short"))
        .select_from(balances)
        .join(stock, adds_up)
        .where(found.order_id.is_not(None))
        .group_by(found.order_id)
        .subquery("shortages")
    )


def lines_short_of_stock(scope: Scope, page: Subquery) -> Subquery:
    """order_id, lines, short_lines of the open orders on the page: for how many lines too little
    is there now, by their turn and with what is set aside for them (`allocating.held_lines`). NULL
    when the order has left the warehouse, and where no stock is known."""
    lines, held = scope.visible.order_lines, held_lines(scope).c
    is_short = case((held.held < held.quantity, 1), (held.held.is_not(None), 0))
    return (
        select(
            page.c.order_id,
            func.count(lines.c.line_id.distinct()).label("lines"),
            func.sum(is_short).label("short_lines"),
        )
        .select_from(page)
        .join(lines, lines.c.order_id == page.c.order_id)
        .outerjoin(held.line_id.table, held.line_id == lines.c.line_id)
        .group_by(page.c.order_id)
        .subquery("short_lines")
    )


def _events(scope: Scope) -> list[Select[Any]]:
    """warehouse_id, product_id, at, quantity: what came in, was reserved, was given back."""
    orders, lines = scope.visible.orders, scope.visible.order_lines
    movements = scope.visible.stock_movements.c
    reserved_at = func.coalesce(orders.c.confirmed_at, orders.c.processing_at, orders.c.shipped_at)

    def of_lines(at: Any, quantity: Any, *conditions: ColumnElement[bool]) -> Select[Any]:
        return (
            select(
                orders.c.warehouse_id,
                lines.c.product_id,
                at.label("at"),
                quantity.label("quantity"),
            )
            .select_from(orders)
            .join(lines, lines.c.order_id == orders.c.order_id)
            .where(*conditions)
        )

    came = select(
        movements.warehouse_id,
        movements.product_id,
        movements.moved_at.label("at"),
        movements.quantity.label("quantity"),
    ).where(movements.kind != "shipment")
    is_reserved = reserved_at.is_not(None)
    given_back = and_(orders.c.cancelled_at.is_not(None), orders.c.shipped_at.is_(None))
    return [
        came,
        of_lines(reserved_at, -lines.c.quantity, is_reserved),
        of_lines(orders.c.cancelled_at, lines.c.quantity, is_reserved, given_back),
    ]


def _asked(scope: Scope, wanted: ColumnElement[bool], start: ColumnElement[Any]) -> Select[Any]:
    """What each wanted order asks of its warehouse, at the moment it was ordered."""
    orders, lines = scope.visible.orders, scope.visible.order_lines
    return (
        select(
            orders.c.warehouse_id,
            lines.c.product_id,
            orders.c.ordered_at.label("at"),
            literal(0, Integer).label("turn"),  # before its own reservation
            literal(0, Integer).label("quantity"),
            orders.c.order_id,
            lines.c.quantity.label("needed"),
        )
        .select_from(orders)
        .join(lines, lines.c.order_id == orders.c.order_id)
        .where(wanted, orders.c.ordered_at >= start)
    )
