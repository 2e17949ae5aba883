"""Everybody's orders for the models, which learn from all customers; never for a page."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Engine, case, func, null, select

from data_access.frames import read_frame
from data_access.tables import order_lines, orders, products


def read_purchases(engine: Engine) -> pd.DataFrame:
    """customer_id, ordered_on, value: one row per order that was not cancelled. `value` is its net
    sales; NaN for orders not in the currency of the most orders."""
    main = (
        select(orders.c.currency)
        .group_by(orders.c.currency)
        .order_by(func.count().desc(), orders.c.currency)
        .limit(1)
        .scalar_subquery()
    )
    return read_frame(
        engine,
        select(
            orders.c.customer_id,
            orders.c.ordered_on,
            case((orders.c.currency == main, orders.c.net_sales), else_=null()).label("value"),
        ).where(orders.c.stage != "cancelled"),
    )


def read_bought_lines(engine: Engine) -> pd.DataFrame:
    """customer_id (NULL where unknown), order_id, ordered_on, product_id of goods, cancelled orders
    left out."""
    return read_frame(
        engine,
        select(
            orders.c.customer_id, orders.c.order_id, orders.c.ordered_on, order_lines.c.product_id
        )
        .join_from(order_lines, orders, orders.c.order_id == order_lines.c.order_id)
        .join(products, products.c.product_id == order_lines.c.product_id)
        .where(orders.c.stage != "cancelled", products.c.is_goods),
    )


def read_attributes(engine: Engine) -> pd.DataFrame:
    """product_id, category, supplier, price, name (in all languages), introduced_on,
    discontinued_on, is_goods of every product."""
    return read_frame(
        engine,
        select(
            products.c.product_id,
            products.c.category_id.label("category"),
            products.c.supplier_id.label("supplier"),
            products.c.list_price.label("price"),
            (func.coalesce(products.c.name, "") + " " + func.coalesce(products.c.name_zh, ""))
            .label("name"),
            products.c.introduced_on,
            products.c.discontinued_on,
            products.c.is_goods,
        ).order_by(products.c.product_id),
    )  # fmt: skip
