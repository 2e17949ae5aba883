"""Reads the series to be forecast, with the rights of the system. Asked of the analytics copy."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pandas as pd
from sqlalchemy import Engine, Select, func, or_, select

from data_access import tables
from data_access.columns import Money
from data_access.forecast_series import Split, daily_sums
from data_access.frames import read_frame

_TABLES = SimpleNamespace(
    orders=tables.orders,
    order_lines=tables.order_lines,
    products=tables.products,
    customer_scores=tables.customer_scores,
)
_orders = tables.orders.c


def read_currencies(engine: Engine, until: date) -> pd.DataFrame:
    """currency, orders, first_on, last_on: of orders that are not cancelled, most orders first."""
    orders = func.count().label("orders")
    statement: Select[Any] = (
        select(
            _orders.currency,
            orders,
            func.min(_orders.ordered_on).label("first_on"),
            func.max(_orders.ordered_on).label("last_on"),
        )
        .where(_orders.stage != "cancelled", _orders.ordered_on <= until)
        .group_by(_orders.currency)
        .order_by(orders.desc(), _orders.currency)
    )
    return read_frame(engine, statement)


def read_daily(engine: Engine, split: Split, currency: str, until: date) -> pd.DataFrame:
    """region_id, part, day_on and the measures of the split, in no order; by product without
    region_id, of the company as a whole."""
    days = daily_sums(_TABLES, split, currency, None, until)
    if split != "product":
        return read_frame(engine, days)
    each = days.subquery("days").c
    summed = select(
        each.part,
        each.day_on,
        func.sum(each.units).label("units"),
        func.sum(each.net_sales, type_=Money).label("net_sales"),
    ).group_by(each.part, each.day_on)
    return read_frame(engine, summed)


def read_product_regions(engine: Engine, currency: str, first: date, until: date) -> pd.DataFrame:
    """region_id, part (the product), units, net_sales: sums from `first` to `until`."""
    each = daily_sums(_TABLES, "product", currency, first, until).subquery("days").c
    summed = select(
        each.region_id,
        each.part,
        func.sum(each.units).label("units"),
        func.sum(each.net_sales, type_=Money).label("net_sales"),
    ).group_by(each.region_id, each.part)
    return read_frame(engine, summed)


def read_sold_products(engine: Engine, until: date) -> list[int]:
    """The goods that are still sold."""
    products = tables.products.c
    statement = select(products.product_id).where(
        products.is_goods,
        or_(products.discontinued_on.is_(None), products.discontinued_on > until),
    )
    return [int(each) for each in read_frame(engine, statement)["product_id"]]
