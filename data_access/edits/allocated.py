"""What is set aside at a stock, as commands must know it: for whatever order, seen or not.

A line's allocation is there while its order waits to be shipped, and never counts for more than the
line asks; all of a stock together are never more than is on hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, case, delete, func, select

from data_access.dialects import unindexed
from data_access.inventory import WAITING_STAGES
from data_access.tables import allocations, order_lines, orders, products, stock

UNITS = case(
    (allocations.c.quantity > order_lines.c.quantity, order_lines.c.quantity),
    else_=allocations.c.quantity,
)
ON_ITS_SHELF = and_(
    stock.c.product_id == order_lines.c.product_id, stock.c.warehouse_id == orders.c.warehouse_id
)


def units_set_aside(
    connection: Connection,
    order: Any,
    product_ids: Iterable[int],
    stages: Sequence[str] = WAITING_STAGES,
) -> tuple[dict[int, int], dict[int, int]]:
    """product_id → units in the order's warehouse set aside for the order, and for others; of
    orders in these stages."""
    is_own = (orders.c.order_id == order.order_id).label("is_own")
    statement = (
        _set_aside(order_lines.c.product_id, is_own, func.sum(UNITS).label("units"))
        .where(
            # by way of the few allocations, not of every line of the products
            order_lines.c.line_id.in_(select(allocations.c.line_id)),
            unindexed(order_lines.c.product_id).in_(list(product_ids)),
            orders.c.warehouse_id == order.warehouse_id,
            orders.c.stage.in_(stages),
        )
        .group_by(order_lines.c.product_id, is_own)
    )
    own: dict[int, int] = {}
    others: dict[int, int] = {}
    for row in connection.execute(statement):
        (own if row.is_own else others)[row.product_id] = int(row.units)
    return own, others


def sum_set_aside(warehouse_id: int) -> Select[Any]:
    """product_id, units: what is set aside in a warehouse for orders that wait."""
    return (
        _set_aside(order_lines.c.product_id, func.sum(UNITS).label("units"))
        .where(orders.c.warehouse_id == warehouse_id, orders.c.stage.in_(WAITING_STAGES))
        .group_by(order_lines.c.product_id)
    )


def drop_allocations(connection: Connection, order_id: int) -> None:
    """The order waits no longer: what was set aside for it is gone or free."""
    connection.execute(delete(allocations).where(allocations.c.order_id == order_id))


def find_overdrawn(connection: Connection, order_ids: Sequence[int]) -> list[str]:
    """The SKUs of these orders of which more is set aside than is on hand."""
    touched = (
        select(stock.c.stock_id)
        .select_from(orders)
        .join(order_lines, order_lines.c.order_id == orders.c.order_id)
        .join(stock, ON_ITS_SHELF)
        .where(orders.c.order_id.in_(order_ids))
    )
    statement = (
        _set_aside(products.c.sku)
        .join(stock, ON_ITS_SHELF)
        .join(products, products.c.product_id == order_lines.c.product_id)
        .where(
            order_lines.c.line_id.in_(select(allocations.c.line_id)),
            stock.c.stock_id.in_(touched),
            orders.c.stage.in_(WAITING_STAGES),
        )
        .group_by(stock.c.stock_id, stock.c.on_hand, products.c.sku)
        .having(func.sum(UNITS) > stock.c.on_hand)
        .order_by(products.c.sku)
    )
    return list(connection.scalars(statement))


def _set_aside(*columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .select_from(allocations)
        .join(order_lines, order_lines.c.line_id == allocations.c.line_id)
        .join(orders, orders.c.order_id == order_lines.c.order_id)
    )
