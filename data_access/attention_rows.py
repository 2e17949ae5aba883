"""The rows behind what needs attention: stock to reorder, complaints to answer."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Engine, func, select

from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.scope import Scope

MOST_ROWS = 200


def list_low_stock(
    engine: Engine, scope: Scope, language: str = "en", limit: int = MOST_ROWS
) -> pd.DataFrame:
    """stock_id, product, sku, warehouse, on_hand, reserved, available (on hand − reserved),
    reorder_point, lacking (reorder point − available): goods available at or below the reorder
    point, what lacks most first; at most `limit` rows."""
    visible = scope.visible
    stock, products, warehouses = visible.stock, visible.products, visible.warehouses
    available = stock.c.on_hand - stock.c.reserved
    lacking = stock.c.reorder_point - available
    statement = (
        select(
            stock.c.stock_id,
            name_in(language, products).label("product"),
            products.c.sku,
            name_in(language, warehouses).label("warehouse"),
            stock.c.on_hand,
            stock.c.reserved,
            available.label("available"),
            stock.c.reorder_point,
            lacking.label("lacking"),
        )
        .join_from(stock, products, products.c.product_id == stock.c.product_id)
        .outerjoin(warehouses, warehouses.c.warehouse_id == stock.c.warehouse_id)
        .where(available <= stock.c.reorder_point, products.c.is_goods)
        .order_by(lacking.desc(), stock.c.stock_id)
        .limit(max(1, min(limit, MOST_ROWS)))
    )
    return read_frame(engine, statement)


def list_open_complaints(
    engine: Engine, scope: Scope, language: str = "en", limit: int = MOST_ROWS
) -> pd.DataFrame:
    """feedback_id, created_at, severity, state, customer, order_number, product, text: complaints
    not yet resolved, the most severe first, then the oldest; at most `limit` rows."""
    visible = scope.visible
    feedback, customers = visible.feedback, visible.customers
    orders, products = visible.orders, visible.products
    statement = (
        select(
            feedback.c.feedback_id,
            feedback.c.created_at,
            feedback.c.severity,
            feedback.c.state,
            name_in(language, customers).label("customer"),
            orders.c.order_number,
            name_in(language, products).label("product"),
            feedback.c.text,
        )
        .select_from(feedback)
        .outerjoin(customers, customers.c.customer_id == feedback.c.customer_id)
        .outerjoin(orders, orders.c.order_id == feedback.c.order_id)
        .outerjoin(products, products.c.product_id == feedback.c.product_id)
        .where(feedback.c.kind == "complaint", feedback.c.state != "resolved")
        .order_by(
            func.coalesce(feedback.c.severity, 0).desc(),
            feedback.c.created_at,
            feedback.c.feedback_id,
        )
        .limit(max(1, min(limit, MOST_ROWS)))
    )
    return read_frame(engine, statement)
