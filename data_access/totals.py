"""Keeps the sums that an order carries equal to those of its lines."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, update

from data_access.tables import order_lines, orders


def recount_orders(connection: Connection, order_ids: Sequence[int] | None = None) -> None:
    """Sets what the orders (all of them for None) carry: units, returned_units, gross_sales,
    returns_value, net_sales and cost."""
    lines = order_lines.c
    sums = select(
        lines.order_id,
        func.sum(lines.quantity).label("units"),
        func.sum(lines.returned_quantity).label("returned_units"),
        func.sum(lines.quantity * lines.unit_price).label("gross_sales"),
        func.sum(
            func.round(lines.returned_quantity * lines.unit_price * (1 - lines.discount_rate), 4)
        ).label("returns_value"),
        func.sum(lines.net_sales).label("net_sales"),
        func.sum(
            (lines.quantity - lines.returned_quantity) * func.coalesce(lines.unit_cost, 0)
        ).label("cost"),
    ).group_by(lines.order_id)
    if order_ids is not None:
        sums = sums.where(lines.order_id.in_(order_ids))
    summed = sums.subquery()
    connection.execute(
        update(orders)
        .where(orders.c.order_id == summed.c.order_id)
        .values(
            units=summed.c.units,
            returned_units=summed.c.returned_units,
            gross_sales=func.round(summed.c.gross_sales, 4),
            returns_value=func.round(summed.c.returns_value, 4),
            net_sales=func.round(summed.c.net_sales, 4),
            cost=func.round(summed.c.cost, 4),
        )
    )
