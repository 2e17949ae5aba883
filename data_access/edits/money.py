"""Payments and refunds. Never more than is owed is taken, never more than was paid given back."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from data_access.edits.clock import business_time
from data_access.edits.fields import Fields, refuse_field
from data_access.edits.locking import step_version
from data_access.edits.opening import done, open_order
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.scope import Scope
from data_access.tables import orders, payments, returns
from data_access.totals import recount_orders

CENT = Decimal("0.01")
LONGEST_METHOD = 40
LONGEST_REFERENCE = 120


def take_payment(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    amount: Decimal,
    method: str,
    reference: str = "",
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Books what the customer paid now, at most what the order owes."""
    sum_paid, how, note = _check_payment(amount, method, reference)

    def work(edit: Edit) -> Done:
        order = open_order(edit, order_id, seen_version)
        owed = max(to_cents(order.net_sales - order.paid), Decimal(0))
        if sum_paid > owed:
            refuse_field("amount", "more_than_owed", owed=f"{owed:,.2f}")
        return _book(edit, order, sum_paid, how, note)

    return carry_out(
        engine, scope, "take_payment", work, request_id=request_id,
        details=(order_id, seen_version, sum_paid, how, note), now=now,
    )  # fmt: skip


def refund_payment(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    amount: Decimal,
    method: str,
    reason: str,
    reference: str = "",
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Books what goes back to the customer now, at most what was paid; `amount` is positive. The
    order's returns are closed when nothing more is to be given back."""
    sum_refunded, how, note = _check_payment(amount, method, reference)
    fields = Fields()
    because = str(fields.text("reason", reason, most=300, required=True))
    fields.check()

    def work(edit: Edit) -> Done:
        order = open_order(edit, order_id, seen_version)
        paid = max(to_cents(order.paid), Decimal(0))
        if sum_refunded > paid:
            refuse_field("amount", "more_than_paid", paid=f"{paid:,.2f}")
        booked = _book(edit, order, -sum_refunded, how, note)
        close_returns(edit.connection, order.order_id)
        return booked

    return carry_out(
        engine, scope, "refund_payment", work, request_id=request_id, reason=because,
        details=(order_id, seen_version, sum_refunded, how, note, because), now=now,
    )  # fmt: skip


def to_cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def close_returns(connection: Connection, order_id: int) -> None:
    """Closes the order's returns if no more was paid than is to be paid for what was kept."""
    order = connection.execute(select(orders).where(orders.c.order_id == order_id)).one()
    if to_cents(order.paid - order.net_sales) <= 0:
        connection.execute(
            update(returns)
            .where(returns.c.order_id == order_id, returns.c.state == "received")
            .values(state="closed")
        )


def _check_payment(amount: Any, method: Any, reference: Any) -> tuple[Decimal, str, str | None]:
    fields = Fields()
    sum_paid = fields.money("amount", amount)
    how = fields.text("method", method, most=LONGEST_METHOD, required=True)
    note = fields.text("reference", reference, most=LONGEST_REFERENCE)
    fields.check()
    return sum_paid, str(how), note


def _book(edit: Edit, order: Row[Any], amount: Decimal, method: str, reference: str | None) -> Done:
    time = business_time(edit)
    edit.connection.execute(
        insert(payments).values(
            order_id=order.order_id,
            amount=amount,
            currency=order.currency,
            method=method,
            reference=reference,
            paid_at=time.at,
            paid_on=time.today,
        )
    )
    recount_orders(edit.connection, [order.order_id])
    return done(order, step_version(edit, order.order_id), amount=str(amount))
