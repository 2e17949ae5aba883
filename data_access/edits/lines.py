"""Changes a line of an order: how many, and at what discount."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, Row, select, update

from data_access.edits.discounts import as_percent, coupon_rate, discount_limit
from data_access.edits.fields import MOST_MONEY, Fields, refuse_field
from data_access.edits.locking import step_version
from data_access.edits.opening import done, open_order
from data_access.edits.rights import need_right
from data_access.edits.stock import HOLDING, release, reserve
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.scope import Scope
from data_access.tables import order_lines, orders
from data_access.totals import recount_orders


def change_line_quantity(
    engine: Engine,
    scope: Scope,
    order_id: int,
    line_id: int,
    *,
    quantity: int,
    seen_version: int,
    request_id: str,
    allow_short: bool = False,
    now: datetime | None = None,
) -> Done:
    """More or fewer units; of a confirmed order what is reserved follows, as when confirming."""
    fields = Fields()
    wanted = fields.whole("quantity", quantity)
    fields.check()

    def work(edit: Edit) -> Done:
        order = open_order(edit, order_id, seen_version)
        line = _line(edit, order, line_id)
        if line.quantity == wanted:
            refuse_field("quantity", "unchanged")
        if order.stage in HOLDING:
            _hold(edit, order, line, wanted, allow_short=allow_short)
        return _set(edit, order, line, "quantity", quantity=wanted)

    return carry_out(
        engine, scope, "change_line_quantity", work, request_id=request_id,
        details=(order_id, line_id, seen_version, wanted, allow_short), now=now,
    )  # fmt: skip


def change_line_discount(
    engine: Engine,
    scope: Scope,
    order_id: int,
    line_id: int,
    *,
    discount_rate: Decimal,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """A share of the list price from 0 to 1: up to the limit of the person's role, and what the
    order's coupon gives besides."""
    fields = Fields()
    rate = fields.rate("discount_rate", discount_rate)
    fields.check()

    def work(edit: Edit) -> Done:
        order = open_order(edit, order_id, seen_version)
        line = _line(edit, order, line_id)
        if line.discount_rate == rate:
            refuse_field("discount_rate", "unchanged")
        most = discount_limit(edit) + coupon_rate(edit.connection, order.coupon_code)
        most = min(most, Decimal(1))
        if rate > most:
            refuse_field("discount_rate", "over_limit", most=as_percent(most))
        return _set(edit, order, line, "discount_rate", discount_rate=rate)

    return carry_out(
        engine, scope, "change_line_discount", work, request_id=request_id,
        details=(order_id, line_id, seen_version, rate), now=now,
    )  # fmt: skip


def _line(edit: Edit, order: Row[Any], line_id: int) -> Row[Any]:
    fields = Fields()
    number = fields.id("line_id", line_id)
    fields.check()
    line = edit.connection.execute(
        select(order_lines)
        .where(order_lines.c.line_id == number, order_lines.c.order_id == order.order_id)
        .with_for_update()
    ).one_or_none()
    if line is None:
        refuse_field("line_id", "unknown")
    return line


def _hold(
    edit: Edit, order: Row[Any], line: Row[Any], wanted: int, *, allow_short: bool
) -> None:  # fmt: skip
    if allow_short:
        need_right(edit.scope, "allow_short", order.stage)
    more = wanted - line.quantity
    if more > 0:
        reserve(edit, order, {line.product_id: more}, allow_short=allow_short)
    else:
        release(edit, order, {line.product_id: -more})


def _set(edit: Edit, order: Row[Any], line: Row[Any], field: str, **values: Any) -> Done:
    edit.connection.execute(
        update(order_lines).where(order_lines.c.line_id == line.line_id).values(values)
    )
    recount_orders(edit.connection, [order.order_id])
    version = step_version(edit, order.order_id)
    gross = select(orders.c.gross_sales).where(orders.c.order_id == order.order_id)
    if (edit.connection.scalar(gross) or 0) > MOST_MONEY:
        refuse_field(field, "too_large", most=f"{MOST_MONEY:,}")
    return done(order, version, line_id=line.line_id)
