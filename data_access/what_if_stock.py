"""What is on the shelves, what is on its way, and how long suppliers take: what "what if" tells of
stock. Of all regions together."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Engine, func, select

from data_access.dialects import ZONE, day_after_minutes, days_between, minutes_ahead
from data_access.frames import read_frame
from data_access.scope import Scope

MOST_LEAD_TIMES = 2_000


def list_product_stock(engine: Engine, scope: Scope) -> pd.DataFrame:
    """product_id, on_hand, reserved (of all warehouses), lead_time_days (of the product, else of
    its supplier; NULL: not known)."""
    stock, products, suppliers = (
        scope.visible.stock, scope.visible.products, scope.visible.suppliers,
    )  # fmt: skip
    lead_time = func.coalesce(products.c.lead_time_days, suppliers.c.lead_time_days)
    statement = (
        select(
            products.c.product_id,
            func.sum(stock.c.on_hand).label("on_hand"),
            func.sum(stock.c.reserved).label("reserved"),
            lead_time.label("lead_time_days"),
        )
        .join_from(stock, products, products.c.product_id == stock.c.product_id)
        .outerjoin(suppliers, suppliers.c.supplier_id == products.c.supplier_id)
        .group_by(products.c.product_id, lead_time)
        .order_by(products.c.product_id)
    )
    return read_frame(engine, statement)


def list_arrivals(engine: Engine, scope: Scope) -> pd.DataFrame:
    """product_id, expected_on, units: what was ordered from suppliers and has not arrived."""
    coming = scope.visible.replenishments
    units = func.sum(coming.c.quantity - coming.c.received_quantity).label("units")
    statement = (
        select(coming.c.product_id, coming.c.expected_on, units)
        .where(coming.c.state == "ordered", coming.c.expected_on.is_not(None))
        .group_by(coming.c.product_id, coming.c.expected_on)
        .order_by(coming.c.product_id, coming.c.expected_on)
    )
    return read_frame(engine, statement)


def list_lead_times(engine: Engine, scope: Scope, as_of: date, zone: str = ZONE) -> pd.DataFrame:
    """planned_days, days (from the order to the receipt): of the last 2,000 replenishments that
    arrived."""
    coming = scope.visible.replenishments
    ahead = minutes_ahead(as_of, zone)
    ordered_on = day_after_minutes(coming.c.ordered_at, ahead)
    days: list[ColumnElement[Any]] = [
        days_between(ordered_on, coming.c.expected_on).label("planned_days"),
        days_between(ordered_on, day_after_minutes(coming.c.received_at, ahead)).label("days"),
    ]
    statement = (
        select(*days)
        .where(
            coming.c.ordered_at.is_not(None),
            coming.c.expected_on.is_not(None),
            coming.c.received_at.is_not(None),
        )
        .order_by(coming.c.received_at.desc(), coming.c.replenishment_id.desc())
        .limit(MOST_LEAD_TIMES)
    )
    return read_frame(engine, statement)
