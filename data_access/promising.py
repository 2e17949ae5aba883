"""When goods can be with the customer: what is free, what is to come, and how long the way is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from math import ceil
from typing import Any

from sqlalchemy import Engine, case, func, select

from data_access.dialects import days_between
from data_access.scope import Scope

HANDLING_DAYS = 1  # from goods that are there to goods that leave
USUAL_LEAD_DAYS = 14  # of a product that says nothing about its supplier's
USUAL_DELIVERY_DAYS = 5  # where nothing was delivered yet
LATEST_DELIVERIES = 200
COMING = ("approved", "ordered")

Units = Mapping[int, int]


@dataclass(frozen=True)
class Shelf:
    """A product in a warehouse; None where the person sees no stock or none is kept of it."""

    product_id: int
    on_hand: int | None
    reserved: int | None
    lead_days: int
    coming: tuple[tuple[date, int], ...] = ()  # day, units, in the order of the days

    @property
    def available(self) -> int | None:
        if self.on_hand is None or self.reserved is None:
            return None
        return self.on_hand - self.reserved

    def ready_on(self, units: int, as_of: date) -> date | None:
        """The day on which so many units more are free; None where no stock is seen."""
        if self.available is None:
            return None
        lacking = units - self.available
        if lacking <= 0:
            return as_of
        for day, count in self.coming:
            lacking -= count
            if lacking <= 0:
                return max(day, as_of + timedelta(days=1))
        return as_of + timedelta(days=self.lead_days)


def find_shelves(
    engine: Engine, scope: Scope, product_ids: tuple[int, ...], warehouse_id: int | None
) -> dict[int, Shelf]:
    """product_id → what lies in the warehouse and what is to come, of the products seen."""
    visible = scope.visible
    products, stock = visible.products, visible.stock
    suppliers, refills = visible.suppliers, visible.replenishments.c
    kept = stock.alias("kept")
    is_kept = select(1).where(kept.c.product_id == products.c.product_id).exists()
    here = (stock.c.product_id == products.c.product_id) & (stock.c.warehouse_id == warehouse_id)
    lead = func.coalesce(
        products.c.lead_time_days, suppliers.c.lead_time_days, USUAL_LEAD_DAYS
    ).label("lead_days")
    shelves = (
        select(
            products.c.product_id,
            case((is_kept, func.coalesce(stock.c.on_hand, 0))).label("on_hand"),
            case((is_kept, func.coalesce(stock.c.reserved, 0))).label("reserved"),
            lead,
        )
        .select_from(products)
        .outerjoin(stock, here)
        .outerjoin(suppliers, suppliers.c.supplier_id == products.c.supplier_id)
        .where(products.c.product_id.in_(product_ids))
        .order_by(products.c.product_id, stock.c.stock_id)
    )
    coming = (
        select(
            refills.product_id,
            refills.expected_on,
            (refills.quantity - refills.received_quantity).label("units"),
        )
        .where(
            refills.product_id.in_(product_ids),
            refills.warehouse_id == warehouse_id,
            refills.state.in_(COMING),
            refills.expected_on.is_not(None),
            refills.quantity > refills.received_quantity,
        )
        .order_by(refills.product_id, refills.expected_on, refills.replenishment_id)
    )
    with engine.connect() as connection:
        rows = connection.execute(shelves).all()
        receipts = connection.execute(coming).all()
    incoming = {
        product_id: tuple((row.expected_on, row.units) for row in found)
        for product_id, found in groupby(receipts, lambda row: row.product_id)
    }
    return {row.product_id: Shelf(*row, incoming.get(row.product_id, ())) for row in rows}


def find_delivery_days(engine: Engine, scope: Scope, warehouse_id: int | None) -> int:
    """Days from shipping to delivery, on average of the latest deliveries from the warehouse that
    the person sees, and rounded up."""
    if warehouse_id is None:
        return USUAL_DELIVERY_DAYS
    orders = scope.visible.orders.c
    way = days_between(orders.shipped_on, orders.completed_on)
    latest = (
        select(way.label("days"))
        .where(
            orders.warehouse_id == warehouse_id,
            orders.shipped_on.is_not(None),
            orders.completed_on >= orders.shipped_on,
        )
        .order_by(orders.ordered_at.desc(), orders.order_id.desc())
        .limit(LATEST_DELIVERIES)
        .subquery("latest")
    )
    with engine.connect() as connection:
        average: Any = connection.scalar(select(func.avg(latest.c.days)))
    return USUAL_DELIVERY_DAYS if average is None else max(ceil(float(average)), 0)


def earliest_delivery(ready: list[date | None], as_of: date, delivery_days: int) -> date | None:
    """The day on which goods that are ready by these days can be with the customer; None where it
    is not seen whether they are."""
    days = [day for day in ready if day is not None]
    if len(days) < len(ready):
        return None
    return max([as_of, *days]) + timedelta(days=HANDLING_DAYS + delivery_days)
