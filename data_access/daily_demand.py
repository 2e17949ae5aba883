"""Everybody's demand of each day for the evaluation of inventory; never for a page."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Engine, func, select

from data_access.dialects import day_after_minutes, days_between
from data_access.frames import read_frame
from data_access.tables import order_lines, orders, products, replenishments, suppliers


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


def read_lead_times(engine: Engine) -> tuple[pd.DataFrame, pd.DataFrame]:
    """product_id, supplier_id, lead_time_days, supplier_lead_time_days of each product; and of each
    receipt product_id, supplier_id, lead_days."""
    stated = select(
        products.c.product_id,
        products.c.supplier_id,
        products.c.lead_time_days,
        suppliers.c.lead_time_days.label("supplier_lead_time_days"),
    ).outerjoin_from(products, suppliers, suppliers.c.supplier_id == products.c.supplier_id)
    days = days_between(
        day_after_minutes(replenishments.c.ordered_at, 0),
        day_after_minutes(replenishments.c.received_at, 0),
    )
    receipts = select(
        replenishments.c.product_id, replenishments.c.supplier_id, days.label("lead_days")
    ).where(replenishments.c.ordered_at.is_not(None), replenishments.c.received_at.is_not(None))
    return read_frame(engine, stated), read_frame(engine, receipts)
