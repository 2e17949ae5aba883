"""What belongs to one order: lines, payments, shipments, returns, and its timeline."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    Integer,
    Select,
    String,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from data_access.columns import Money
from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.scope import Scope

STAGE_MOMENTS = {
    "received": "ordered_at",
    "confirmed": "confirmed_at",
    "processing": "processing_at",
    "shipped": "shipped_at",
    "completed": "completed_at",
    "cancelled": "cancelled_at",
    "returned": "returned_at",
}


def list_order_lines(
    engine: Engine, scope: Scope, order_id: int, language: str = "en"
) -> pd.DataFrame:
    """line_id, line_number, product_id, sku, product, category, quantity, returned_quantity,
    unit_price, discount_rate, net_sales, unit_cost, cost (of the units kept), in line order."""
    visible = scope.visible
    lines, products, categories = visible.order_lines, visible.products, visible.categories
    kept = lines.c.quantity - lines.c.returned_quantity
    statement = (
        select(
            lines.c.line_id,
            lines.c.line_number,
            lines.c.product_id,
            products.c.sku,
            name_in(language, products).label("product"),
            name_in(language, categories).label("category"),
            lines.c.quantity,
            lines.c.returned_quantity,
            lines.c.unit_price,
            lines.c.discount_rate,
            lines.c.net_sales,
            lines.c.unit_cost,
            cast(kept * lines.c.unit_cost, Money).label("cost"),
        )
        .select_from(lines)
        .outerjoin(products, products.c.product_id == lines.c.product_id)
        .outerjoin(categories, categories.c.category_id == products.c.category_id)
        .where(lines.c.order_id == order_id)
        .order_by(lines.c.line_number)
    )
    return read_frame(engine, statement)


def list_order_payments(engine: Engine, scope: Scope, order_id: int) -> pd.DataFrame:
    """payment_id, paid_at, paid_on, amount (a refund is negative), currency, method, reference;
    oldest first."""
    payments = scope.visible.payments.c
    statement = (
        select(
            payments.payment_id,
            payments.paid_at,
            payments.paid_on,
            payments.amount,
            payments.currency,
            payments.method,
            payments.reference,
        )
        .where(payments.order_id == order_id)
        .order_by(payments.paid_at, payments.payment_id)
    )
    return read_frame(engine, statement)


def list_order_shipments(
    engine: Engine, scope: Scope, order_id: int, language: str = "en"
) -> pd.DataFrame:
    """shipment_id, shipped_at, delivered_at, carrier, tracking_number, warehouse; oldest first."""
    shipments, warehouses = scope.visible.shipments, scope.visible.warehouses
    statement = (
        select(
            shipments.c.shipment_id,
            shipments.c.shipped_at,
            shipments.c.delivered_at,
            shipments.c.carrier,
            shipments.c.tracking_number,
            name_in(language, warehouses).label("warehouse"),
        )
        .select_from(shipments)
        .outerjoin(warehouses, warehouses.c.warehouse_id == shipments.c.warehouse_id)
        .where(shipments.c.order_id == order_id)
        .order_by(shipments.c.shipped_at, shipments.c.shipment_id)
    )
    return read_frame(engine, statement)


def list_order_returns(
    engine: Engine, scope: Scope, order_id: int, language: str = "en"
) -> pd.DataFrame:
    """return_id, returned_at, returned_on, line_number, product, quantity, amount, reason, state,
    note; oldest first."""
    visible = scope.visible
    returns, lines, products = visible.returns, visible.order_lines, visible.products
    statement = (
        select(
            returns.c.return_id,
            returns.c.returned_at,
            returns.c.returned_on,
            lines.c.line_number,
            name_in(language, products).label("product"),
            returns.c.quantity,
            returns.c.amount,
            returns.c.reason,
            returns.c.state,
            returns.c.note,
        )
        .select_from(returns)
        .outerjoin(lines, lines.c.line_id == returns.c.line_id)
        .outerjoin(products, products.c.product_id == lines.c.product_id)
        .where(returns.c.order_id == order_id)
        .order_by(returns.c.returned_at, returns.c.return_id)
    )
    return read_frame(engine, statement)


def list_order_events(engine: Engine, scope: Scope, order_id: int) -> pd.DataFrame:
    """The order's timeline: happened_at, event, quantity, amount, currency, detail, in time order.

    event is a stage reached (received … returned: `detail` is a cancellation's reason), payment or
    refund (detail: method), shipment or delivery (detail: tracking number), return (detail:
    reason), complaint, suggestion or review (detail: its text).
    """
    parts = [*_stages(scope), _payments(scope), *_shipments(scope), _returns(scope)]
    parts.append(_feedback(scope))
    events = union_all(*(part.where(_order_id(part) == order_id) for part in parts)).subquery(
        "events"
    )
    statement = (
        select(
            events.c.happened_at,
            events.c.event,
            events.c.quantity,
            events.c.amount,
            events.c.currency,
            events.c.detail,
        )
        .where(events.c.happened_at.is_not(None))
        .order_by(events.c.happened_at, events.c.rank, events.c.event, events.c.detail)
    )
    return read_frame(engine, statement)


def _order_id(part: Select[Any]) -> ColumnElement[Any]:
    source = part.get_final_froms()[0]
    found: ColumnElement[Any] = source.c.order_id
    return found


def _event(rank: int, moment: Any, event: Any, **values: Any) -> Select[Any]:
    event_row: Select[Any] = select(
        moment.label("happened_at"),
        cast(event, String).label("event"),
        cast(values.get("quantity", null()), Integer).label("quantity"),
        cast(values.get("amount", null()), Money).label("amount"),
        cast(values.get("currency", null()), String).label("currency"),
        cast(values.get("detail", null()), String).label("detail"),
        literal(rank, Integer).label("rank"),
    )
    return event_row


def _stages(scope: Scope) -> list[Select[Any]]:
    orders = scope.visible.orders.c
    return [
        _event(
            rank,
            orders[moment],
            literal(stage),
            **({"detail": orders.cancel_reason} if stage == "cancelled" else {}),
        )
        for rank, (stage, moment) in enumerate(STAGE_MOMENTS.items())
    ]


def _payments(scope: Scope) -> Select[Any]:
    payments = scope.visible.payments.c
    kind = func.coalesce(case((payments.amount < 0, literal("refund"))), literal("payment"))
    return _event(
        10,
        payments.paid_at,
        kind,
        amount=payments.amount,
        currency=payments.currency,
        detail=payments.method,
    )


def _shipments(scope: Scope) -> list[Select[Any]]:
    shipments = scope.visible.shipments.c
    return [
        _event(rank, moment, literal(event), detail=shipments.tracking_number)
        for rank, event, moment in (
            (11, "shipment", shipments.shipped_at),
            (12, "delivery", shipments.delivered_at),
        )
    ]


def _returns(scope: Scope) -> Select[Any]:
    returns, orders = scope.visible.returns.c, scope.visible.orders.c
    currency = select(orders.currency).where(orders.order_id == returns.order_id)
    return _event(
        13,
        returns.returned_at,
        literal("return"),
        quantity=returns.quantity,
        amount=returns.amount,
        currency=currency.scalar_subquery(),
        detail=returns.reason,
    )


def _feedback(scope: Scope) -> Select[Any]:
    feedback = scope.visible.feedback.c
    return _event(14, feedback.created_at, feedback.kind, detail=feedback.text)
