"""Keeps the sums that an order carries equal to those of its lines and payments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, func, select, update

from data_access.tables import order_lines, orders, payments

_SUMS = ("units", "returned_units", "gross_sales", "returns_value", "net_sales", "cost")
CARRIED = (*_SUMS, "paid")


def recount_orders(connection: Connection, order_ids: Sequence[int] | None = None) -> None:
    """Sets what the orders (all of them for None) carry: units, returned_units, gross_sales,
    returns_value, net_sales and cost of the lines, and what was paid; 0 without any."""
    sums = _sums_of_lines().outerjoin_from(
        orders, order_lines, order_lines.c.order_id == orders.c.order_id
    )
    if order_ids is not None:
        sums = sums.where(orders.c.order_id.in_(order_ids))
    summed = sums.group_by(orders.c.order_id).subquery()
    paid = select(func.sum(payments.c.amount)).where(payments.c.order_id == orders.c.order_id)
    connection.execute(
        update(orders)
        .where(orders.c.order_id == summed.c.order_id)
        .values(
            {name: func.round(func.coalesce(summed.c[name], 0), 4) for name in _SUMS}
            | {"paid": func.round(func.coalesce(paid.correlate(orders).scalar_subquery(), 0), 4)}
        )
    )


def _sums_of_lines() -> Select[Any]:
    lines = order_lines.c
    return select(
        orders.c.order_id,
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
    )
