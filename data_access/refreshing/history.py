"""What everybody ordered, in frames for the models. Asked of the analytics copy, or of the record.

Cancelled orders are left out, and orders that name no customer: whose they are is unknown.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Engine, Select, case, func, select

from data_access.columns import Money
from data_access.frames import read_frame
from data_access.tables import customers, interactions, order_lines, orders, products

YEAR = timedelta(days=365)


def read_order_days(engine: Engine, as_of: date) -> pd.DataFrame:
    """customer_id, currency, ordered_on, orders, gross_sales, discount, net_sales, cost, uncosted
    (orders with a line whose cost is unknown): one row for each customer, currency and day, in
    this order."""
    uncosted = select(order_lines.c.order_id).where(order_lines.c.unit_cost.is_(None)).distinct()
    unknown = case((orders.c.order_id.in_(uncosted), 1), else_=0)
    discount = orders.c.gross_sales - orders.c.returns_value - orders.c.net_sales
    keys = (orders.c.customer_id, orders.c.currency, orders.c.ordered_on)
    statement = (
        select(
            *keys,
            func.count().label("orders"),
            func.sum(orders.c.gross_sales).label("gross_sales"),
            func.sum(discount, type_=Money).label("discount"),
            func.sum(orders.c.net_sales).label("net_sales"),
            func.sum(orders.c.cost).label("cost"),
            func.sum(unknown).label("uncosted"),
        )
        .where(*_counted(as_of))
        .group_by(*keys)
        .order_by(*keys)
    )
    return read_frame(engine, statement)


def read_category_sales(engine: Engine, as_of: date) -> pd.DataFrame:
    """customer_id, currency, category_id, net_sales: what goods each customer ever bought of each
    category."""
    keys = (orders.c.customer_id, orders.c.currency, products.c.category_id)
    statement = (
        select(*keys, func.sum(order_lines.c.net_sales).label("net_sales"))
        .join(orders, orders.c.order_id == order_lines.c.order_id)
        .join(products, products.c.product_id == order_lines.c.product_id)
        .where(*_counted(as_of), products.c.is_goods, products.c.category_id.is_not(None))
        .group_by(*keys)
        .order_by(*keys)
    )
    return read_frame(engine, statement)


def read_enquiries(engine: Engine, as_of: date, zone: str) -> pd.DataFrame:
    """customer_id, enquiries_90, enquiries_prior_90: of the last 90 days, and the 90 before."""
    end, middle, start = (
        _midnight(as_of + timedelta(days=1 - days), zone) for days in (0, 90, 180)
    )
    happened = interactions.c.happened_at
    recent = func.sum(case((happened >= middle, 1), else_=0))
    earlier = func.sum(case((happened < middle, 1), else_=0))
    statement = (
        select(
            interactions.c.customer_id,
            recent.label("enquiries_90"),
            earlier.label("enquiries_prior_90"),
        )
        .where(interactions.c.kind == "enquiry", happened >= start, happened < end)
        .group_by(interactions.c.customer_id)
        .order_by(interactions.c.customer_id)
    )
    return read_frame(engine, statement)


def read_product_days(engine: Engine, as_of: date) -> pd.DataFrame:
    """product_id, customer_id, ordered_on, quantity: one row for each product, customer and day, in
    this order. Left out: products that are no goods or no longer sold, and days on which as much
    came back as was bought."""
    keys = (order_lines.c.product_id, orders.c.customer_id, orders.c.ordered_on)
    quantity = func.sum(order_lines.c.quantity)
    statement = (
        select(*keys, quantity.label("quantity"))
        .join(orders, orders.c.order_id == order_lines.c.order_id)
        .join(products, products.c.product_id == order_lines.c.product_id)
        .where(*_counted(as_of), products.c.is_goods, ~_discontinued(as_of))
        .group_by(*keys)
        .having(quantity > 0)
        .order_by(*keys)
    )
    return read_frame(engine, statement)


def read_packs(engine: Engine) -> pd.DataFrame:
    """product_id, pack_size, minimum_order_quantity."""
    statement = select(
        products.c.product_id, products.c.pack_size, products.c.minimum_order_quantity
    )
    return read_frame(engine, statement.order_by(products.c.product_id))


def read_refusing(engine: Engine) -> set[int]:
    """The customers who refused to be contacted."""
    statement = select(customers.c.customer_id).where(customers.c.consent == "refused")
    return set(read_frame(engine, statement)["customer_id"].tolist())


def count_orders_of_nobody(engine: Engine, as_of: date) -> int:
    """Orders that are not cancelled and name no customer."""
    found: Select[Any] = select(func.count().label("orders")).where(
        orders.c.stage != "cancelled", orders.c.customer_id.is_(None), orders.c.ordered_on <= as_of
    )
    return int(read_frame(engine, found)["orders"].iloc[0])


def _counted(as_of: date) -> tuple[Any, ...]:
    return (
        orders.c.stage != "cancelled",
        orders.c.customer_id.is_not(None),
        orders.c.ordered_on <= as_of,
    )


def _discontinued(as_of: date) -> Any:
    return func.coalesce(products.c.discontinued_on <= as_of, False)


def _midnight(day: date, zone: str) -> datetime:
    """The moment in UTC at which the business day begins."""
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)
