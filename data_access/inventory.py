"""Stock per product and warehouse, what moved it, what is to come, and the orders that wait."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    null,
    select,
)

from data_access.columns import Money
from data_access.dialects import ZONE, day_after_minutes, days_between, minutes_ahead
from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.scope import Scope
from data_access.stages import CLOSED_STAGES

MOST_STOCK = 50_000  # rows
MOST_WAITING = 1_000  # lines of one stock
WAITING_STAGES = ("received", "confirmed", "processing")
REQUESTED_STATES = ("proposed", "approved")


def list_stock(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """One row per product and warehouse, goods only, at most MOST_STOCK: stock_id, product_id,
    warehouse_id, on_hand, reserved, on_order (ordered and not yet received), requested (proposed or
    approved), expected_on (the next receipt), reorder_point (as it is set), warehouse, sku,
    product, category_id, category, supplier_id, supplier, unit_cost, currency, pack_size,
    minimum_order_quantity, discontinued_on. Units.

    What is of the product is asked once for all warehouses: texts take most of the time."""
    visible, coming = scope.visible, coming_by_stock(scope)
    stock, products = visible.stock, visible.products
    rows = read_frame(
        engine,
        select(
            stock.c.stock_id,
            stock.c.product_id,
            stock.c.warehouse_id,
            stock.c.on_hand,
            stock.c.reserved,
            func.coalesce(coming.c.on_order, 0).label("on_order"),
            func.coalesce(coming.c.requested, 0).label("requested"),
            coming.c.expected_on,
            stock.c.reorder_point,
        )
        .join_from(stock, products, products.c.product_id == stock.c.product_id)
        .outerjoin(coming, same_stock(coming, stock))
        .where(products.c.is_goods)
        .order_by(stock.c.stock_id)
        .limit(MOST_STOCK),
    )
    warehouses, goods = _warehouses(engine, scope, language), _goods(engine, scope, language)
    at = pd.Index(warehouses["warehouse_id"]).get_indexer(pd.Index(rows["warehouse_id"]))
    of = pd.Index(goods["product_id"]).get_indexer(pd.Index(rows["product_id"]))
    known = (at >= 0) & (of >= 0)
    told = (warehouses.take(at[known]), goods.take(of[known]).drop(columns="product_id"))
    kept = [rows[known], told[0].drop(columns="warehouse_id"), told[1]]
    found: pd.DataFrame = pd.concat([each.reset_index(drop=True) for each in kept], axis=1)
    return found


def _warehouses(engine: Engine, scope: Scope, language: str) -> pd.DataFrame:
    warehouses = scope.visible.warehouses
    name = name_in(language, warehouses).label("warehouse")
    return read_frame(
        engine, select(warehouses.c.warehouse_id, name).order_by(warehouses.c.warehouse_id)
    )


def _goods(engine: Engine, scope: Scope, language: str) -> pd.DataFrame:
    visible = scope.visible
    products, categories, suppliers = visible.products, visible.categories, visible.suppliers
    told = ("unit_cost", "currency", "pack_size", "minimum_order_quantity", "discontinued_on")
    return read_frame(
        engine,
        select(
            products.c.product_id,
            products.c.sku,
            name_in(language, products).label("product"),
            products.c.category_id,
            name_in(language, categories).label("category"),
            products.c.supplier_id,
            name_in(language, suppliers).label("supplier"),
            *(products.c[name] for name in told),
        )
        .select_from(products)
        .outerjoin(categories, categories.c.category_id == products.c.category_id)
        .outerjoin(suppliers, suppliers.c.supplier_id == products.c.supplier_id)
        .where(products.c.is_goods)
        .order_by(products.c.product_id),
    )


def list_expected_receipts(engine: Engine, scope: Scope) -> pd.DataFrame:
    """product_id, warehouse_id, expected_on (NULL: no day is known), quantity: what is ordered and
    not yet received. Units."""
    refills = scope.visible.replenishments
    open_units = refills.c.quantity - refills.c.received_quantity
    return read_frame(
        engine,
        select(
            refills.c.product_id,
            refills.c.warehouse_id,
            refills.c.expected_on,
            func.sum(open_units).label("quantity"),
        )
        .where(refills.c.state == "ordered", open_units > 0)
        .group_by(refills.c.product_id, refills.c.warehouse_id, refills.c.expected_on)
        .order_by(
            refills.c.product_id,
            refills.c.warehouse_id.is_(None),
            refills.c.warehouse_id,
            refills.c.expected_on.is_(None),
            refills.c.expected_on,
        ),
    )


def lead_times_since(relations: Any, first_on: date, zone: str) -> Select[Any]:
    """product_id, supplier_id, lead_days: of each replenishment received since, the days from when
    it was ordered; of what a person sees or of everything."""
    refills = relations.replenishments
    minutes = minutes_ahead(first_on, zone)
    received_on = day_after_minutes(refills.c.received_at, minutes)
    ordered_on = day_after_minutes(refills.c.ordered_at, minutes)
    return (
        select(
            refills.c.product_id,
            refills.c.supplier_id,
            days_between(ordered_on, received_on).label("lead_days"),
        )
        .where(refills.c.ordered_at.is_not(None), received_on >= first_on)
        .order_by(refills.c.replenishment_id)
    )


def demand_by_day(relations: Any, first_on: date, as_of: date) -> Select[Any]:
    """product_id, warehouse_id (NULL: not assigned), ordered_on, units: ordered from `first_on` to
    the day before `as_of` and not cancelled, returns not taken off. Days without orders have no
    row."""
    orders, lines = relations.orders, relations.order_lines
    keys = (lines.c.product_id, orders.c.warehouse_id, orders.c.ordered_on)
    return (
        select(*keys, func.sum(lines.c.quantity).label("units"))
        .join_from(orders, lines, lines.c.order_id == orders.c.order_id)
        .where(
            orders.c.ordered_on >= first_on,
            orders.c.ordered_on < as_of,
            orders.c.stage != "cancelled",
        )
        .group_by(*keys)
    )


def sum_movements_of_stock(
    engine: Engine, scope: Scope, product_id: int, warehouse_id: int, first_on: date, as_of: date,
    zone: str = ZONE,
) -> pd.DataFrame:  # fmt: skip
    """moved_on, net (into the warehouse less out of it) of one stock, from `first_on` on, of
    business days. Units."""
    days = movements_by_day(scope.visible, first_on, as_of, zone).subquery("days")
    return read_frame(
        engine,
        select(days.c.moved_on, days.c.net)
        .where(days.c.product_id == product_id, days.c.warehouse_id == warehouse_id)
        .order_by(days.c.moved_on),
    )


def movements_by_day(relations: Any, first_on: date, as_of: date, zone: str) -> Select[Any]:
    """product_id, warehouse_id, moved_on, net (into the warehouse less out of it), came (into it):
    of what a person sees or of everything."""
    moves = relations.stock_movements
    moved_on = day_after_minutes(moves.c.moved_at, minutes_ahead(as_of, zone)).label("moved_on")
    days = select(
        moves.c.product_id, moves.c.warehouse_id, moved_on, moves.c.quantity
    ).subquery("moved")  # fmt: skip
    keys = (days.c.product_id, days.c.warehouse_id, days.c.moved_on)
    return (
        select(
            *keys,
            func.sum(days.c.quantity).label("net"),
            func.sum(case((days.c.quantity > 0, days.c.quantity), else_=0)).label("came"),
        )
        .where(days.c.moved_on >= first_on)
        .group_by(*keys)
    )


def sum_waiting_by_stock(engine: Engine, scope: Scope) -> pd.DataFrame:
    """product_id, warehouse_id, waiting_units, waiting_orders, waiting_customers, waiting_sales
    (NULL where several currencies), waiting_currency: of the lines of open orders that have not
    left the warehouse."""
    orders, lines = scope.visible.orders, scope.visible.order_lines
    keys = (lines.c.product_id, orders.c.warehouse_id)
    one = func.min(orders.c.currency) == func.max(orders.c.currency)
    return read_frame(
        engine,
        select(
            *keys,
            func.sum(lines.c.quantity).label("waiting_units"),
            func.count(orders.c.order_id.distinct()).label("waiting_orders"),
            func.count(orders.c.customer_id.distinct()).label("waiting_customers"),
            case((one, func.sum(lines.c.net_sales, type_=Money)), else_=null()).label(
                "waiting_sales"
            ),
            case((one, func.min(orders.c.currency)), else_=null()).label("waiting_currency"),
        )
        .join_from(orders, lines, lines.c.order_id == orders.c.order_id)
        # said a second time as the copy sees it at once
        .where(orders.c.stage.in_(WAITING_STAGES), orders.c.stage.not_in(CLOSED_STAGES))
        .where(orders.c.warehouse_id.is_not(None))
        .group_by(*keys)
        .order_by(*keys),
    )


def list_waiting_lines(
    engine: Engine, scope: Scope, product_id: int, warehouse_id: int, language: str = "en"
) -> pd.DataFrame:
    """The lines of open orders that wait for this stock, those promised soonest first, at most
    MOST_WAITING: order_id, line_id, order_number, customer, region, stage, quantity, promised_on,
    ordered_on, currency, net_sales, margin, customer_value (net sales of the customer's visible
    orders)."""
    visible = scope.visible
    orders, lines, customers = visible.orders, visible.order_lines, visible.customers
    cost = lines.c.unit_cost * (lines.c.quantity - lines.c.returned_quantity)
    statement = (
        select(
            orders.c.order_id,
            lines.c.line_id,
            orders.c.order_number,
            name_in(language, customers).label("customer"),
            name_in(language, visible.regions).label("region"),
            orders.c.stage,
            lines.c.quantity,
            orders.c.promised_on,
            orders.c.ordered_on,
            orders.c.currency,
            lines.c.net_sales,
            cast(lines.c.net_sales - cost, Money).label("margin"),
            bought_by(scope, orders.c.customer_id).label("customer_value"),
        )
        .join_from(orders, lines, lines.c.order_id == orders.c.order_id)
        .outerjoin(customers, customers.c.customer_id == orders.c.customer_id)
        .outerjoin(visible.regions, visible.regions.c.region_id == orders.c.region_id)
        .where(
            lines.c.product_id == product_id,
            orders.c.warehouse_id == warehouse_id,
            orders.c.stage.in_(WAITING_STAGES),
        )
        .order_by(orders.c.promised_on.is_(None), orders.c.promised_on, lines.c.line_id)
        .limit(MOST_WAITING)
    )
    return read_frame(engine, statement)


def same_stock(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(one.c.product_id == other.c.product_id, one.c.warehouse_id == other.c.warehouse_id)


def coming_by_stock(scope: Scope) -> Subquery:
    """product_id, warehouse_id, on_order, requested (units), expected_on (the next receipt)."""
    refills = scope.visible.replenishments
    open_units = refills.c.quantity - refills.c.received_quantity
    is_ordered = and_(refills.c.state == "ordered", open_units > 0)
    is_requested = refills.c.state.in_(REQUESTED_STATES)
    return (
        select(
            refills.c.product_id,
            refills.c.warehouse_id,
            func.sum(case((is_ordered, open_units), else_=0)).label("on_order"),
            func.sum(case((is_requested, open_units), else_=0)).label("requested"),
            func.min(case((is_ordered, refills.c.expected_on))).label("expected_on"),
        )
        .where(refills.c.state.in_(("ordered", *REQUESTED_STATES)))
        .group_by(refills.c.product_id, refills.c.warehouse_id)
        .subquery("coming")
    )


def last_shipped_by_stock(relations: Any, as_of: date, zone: str) -> Select[Any]:
    """product_id, warehouse_id, last_shipped_on: of what a person sees or of everything."""
    moves = relations.stock_movements
    last = func.max(moves.c.moved_at, type_=moves.c.moved_at.type)
    return (
        select(
            moves.c.product_id,
            moves.c.warehouse_id,
            day_after_minutes(last, minutes_ahead(as_of, zone)).label("last_shipped_on"),
        )
        .where(moves.c.kind == "shipment")
        .group_by(moves.c.product_id, moves.c.warehouse_id)
    )


def bought_by(scope: Scope, customer_id: ColumnElement[Any]) -> Any:
    """Net sales of a customer's visible orders: of one after another, for few of them wait."""
    bought = scope.visible.orders.alias("bought").c
    total: Any = func.sum(bought.net_sales, type_=Money)
    return (
        select(total)
        .where(bought.customer_id == customer_id, bought.stage != "cancelled")
        .scalar_subquery()
    )
