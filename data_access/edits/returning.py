"""Registers what comes back: the lines, the money that is no longer owed, and the goods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Engine, Row, insert, update

from data_access.edits.clock import business_time
from data_access.edits.fields import Fields
from data_access.edits.locking import step_version
from data_access.edits.money import close_returns
from data_access.edits.moving import enter
from data_access.edits.opening import done, open_order
from data_access.edits.stock import lines_of, put_back
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.scope import Scope
from data_access.tables import order_lines, returns
from data_access.totals import recount_orders

MOST_LINES = 200
LONGEST_REASON = 80
PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class ReturnedLine:
    """So many units of a line came back; into the stock again, or not fit to be sold."""

    line_id: int
    quantity: int
    back_in_stock: bool = True


def register_return(
    engine: Engine,
    scope: Scope,
    order_id: int,
    *,
    lines: Sequence[ReturnedLine],
    reason: str,
    note: str = "",
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Of a shipped or completed order; when everything has come back, the order is returned. Bad
    fields are `lines`, `lines.N.line_id`, `lines.N.quantity` (N from 0), `reason`, `note`."""
    fields = Fields()
    came = _check_lines(fields, lines)
    because = str(fields.text("reason", reason, most=LONGEST_REASON, required=True))
    remark = fields.text("note", note, one_line=False)
    fields.check()

    def work(edit: Edit) -> Done:
        order = open_order(edit, order_id, seen_version)
        there = {line.line_id: line for line in lines_of(edit.connection, order.order_id)}
        _check_kept(came, there)
        for one in came:
            _take_back(edit, order, there[one.line_id], one, because, remark)
        put_back(edit, order, _to_stock(came, there))
        recount_orders(edit.connection, [order.order_id])
        close_returns(edit.connection, order.order_id)
        return _end(edit, order)

    return carry_out(
        engine, scope, "register_return", work, request_id=request_id, reason=because,
        details=(order_id, seen_version, came, because, remark), now=now,
    )  # fmt: skip


def _check_lines(fields: Fields, lines: Sequence[ReturnedLine]) -> tuple[ReturnedLine, ...]:
    if not lines:
        fields.refuse("lines", "required")
    if len(lines) > MOST_LINES:
        fields.refuse("lines", "too_many", most=MOST_LINES)
    came: list[ReturnedLine] = []
    for place, line in enumerate(lines[:MOST_LINES]):
        line_id = fields.id(f"lines.{place}.line_id", line.line_id)
        if line_id in (other.line_id for other in came):
            fields.refuse(f"lines.{place}.line_id", "twice")
        quantity = fields.whole(f"lines.{place}.quantity", line.quantity)
        came.append(ReturnedLine(line_id, quantity, line.back_in_stock is True))
    return tuple(came)


def _check_kept(came: Sequence[ReturnedLine], there: Mapping[int, Row[Any]]) -> None:
    fields = Fields()
    for place, one in enumerate(came):
        line = there.get(one.line_id)
        if line is None:
            fields.refuse(f"lines.{place}.line_id", "unknown")
        elif one.quantity > (kept := line.quantity - line.returned_quantity):
            fields.refuse(f"lines.{place}.quantity", "more_than_kept", kept=kept)
    fields.check()


def _take_back(
    edit: Edit, order: Row[Any], line: Row[Any], came: ReturnedLine, reason: str, note: str | None
) -> None:
    time = business_time(edit)
    amount = came.quantity * line.unit_price * (1 - line.discount_rate)
    edit.connection.execute(
        insert(returns).values(
            order_id=order.order_id,
            line_id=line.line_id,
            quantity=came.quantity,
            amount=amount.quantize(PLACES, ROUND_HALF_UP),
            reason=reason,
            state="received",
            note=note,
            returned_at=time.after(order),
            returned_on=time.today,
        )
    )
    edit.connection.execute(
        update(order_lines)
        .where(order_lines.c.line_id == line.line_id)
        .values(returned_quantity=line.returned_quantity + came.quantity)
    )


def _to_stock(came: Sequence[ReturnedLine], there: Mapping[int, Row[Any]]) -> dict[int, int]:
    units: dict[int, int] = {}
    for one in came:
        if one.back_in_stock:
            product_id = there[one.line_id].product_id
            units[product_id] = units.get(product_id, 0) + one.quantity
    return units


def _end(edit: Edit, order: Row[Any]) -> Done:
    lines = lines_of(edit.connection, order.order_id)
    if all(line.returned_quantity == line.quantity for line in lines):
        return done(order, enter(edit, order, "returned"), stage="returned")
    return done(order, step_version(edit, order.order_id), stage=order.stage)
