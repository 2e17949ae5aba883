"""Everybody's sales of each day for the evaluation of forecasts; never for a page."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Select,
    String,
    func,
    literal,
    select,
    union_all,
)

from data_access.frames import read_frame
from data_access.tables import categories, order_lines, orders, products, regions


def read_daily_sales(engine: Engine) -> pd.DataFrame:
    """kind, name, ordered_on, orders, net_sales: one row per kind (total, channel, region,
    category), name and day with orders. Cancelled orders and those not in the currency of the
    most orders are left out; `orders` of a category are those that hold it."""
    currency = (
        select(orders.c.currency)
        .group_by(orders.c.currency)
        .order_by(func.count().desc(), orders.c.currency)
        .limit(1)
        .scalar_subquery()
    )
    counted = (orders.c.stage != "cancelled", orders.c.currency == currency)
    parts = [
        _of_orders("total", literal("", String), orders),
        _of_orders("channel", orders.c.channel, orders),
        _of_orders("region", regions.c.name, orders.join(regions)),
        _of_categories(),
    ]
    every = union_all(*(part.where(*counted) for part in parts)).subquery()
    return read_frame(
        engine, select(*every.c).order_by(every.c.kind, every.c.name, every.c.ordered_on)
    )


def _of_orders(kind: str, name: ColumnElement[str], source: FromClause) -> Select[Any]:
    sums = (func.count().label("orders"), func.sum(orders.c.net_sales).label("net_sales"))
    return (
        select(literal(kind, String).label("kind"), name.label("name"), orders.c.ordered_on, *sums)
        .select_from(source)
        .group_by(name, orders.c.ordered_on)
    )


def _of_categories() -> Select[Any]:
    sums = (
        func.count(orders.c.order_id.distinct()).label("orders"),
        func.sum(order_lines.c.net_sales).label("net_sales"),
    )
    name = categories.c.name
    return (
        select(
            literal("category", String).label("kind"), name.label("name"), orders.c.ordered_on,
            *sums,
        )
        .select_from(order_lines.join(orders).join(products).join(categories))
        .group_by(name, orders.c.ordered_on)
    )  # fmt: skip
