"""Everybody's demand and lead times, for the evaluation of inventory; never for a page."""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import Engine, func, select

from data_access import tables
from data_access.frames import read_frame
from data_access.inventory import lead_times_since
from data_access.tables import order_lines, orders, products, suppliers


def read_daily_demand(engine: Engine) -> pd.DataFrame:
    """product_id, warehouse_id, category_id, ordered_on, units: of goods, not cancelled."""
    keys = (
        order_lines.c.product_id,
        orders.c.warehouse_id,
        products.c.category_id,
        orders.c.ordered_on,
    )
    return read_frame(
        engine,
        select(*keys, func.sum(order_lines.c.quantity).label("units"))
        .join_from(orders, order_lines, order_lines.c.order_id == orders.c.order_id)
        .join(products, products.c.product_id == order_lines.c.product_id)
        .where(orders.c.stage != "cancelled", products.c.is_goods)
        .group_by(*keys),
    )


def read_stated_lead_times(engine: Engine) -> pd.DataFrame:
    """product_id, supplier_id, lead_time_days, supplier_lead_time_days of each product."""
    return read_frame(
        engine,
        select(
            products.c.product_id,
            products.c.supplier_id,
            products.c.lead_time_days,
            suppliers.c.lead_time_days.label("supplier_lead_time_days"),
        ).outerjoin_from(products, suppliers, suppliers.c.supplier_id == products.c.supplier_id),
    )


def read_lead_times(engine: Engine, first_on: date, zone: str) -> pd.DataFrame:
    """As `list_lead_times` has them."""
    return read_frame(engine, lead_times_since(tables, first_on, zone))
