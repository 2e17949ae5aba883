"""What is decided about requests to replenish: approved, rejected, ordered, closed; one or many,
all of them or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine, Row, select

from data_access.edits.clock import business_time
from data_access.edits.fields import Fields, refuse_field
from data_access.edits.replenish_opening import (
    Pick,
    ReplenishmentRefused,
    change_request,
    check_picks,
    product_named,
    sku_of,
    with_each,
)
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.scope import Scope
from data_access.tables import suppliers

LONGEST_REASON = 300


@dataclass(frozen=True)
class Order(Pick):
    """A request as it goes to the supplier; None: the product's supplier, the cost as listed."""

    quantity: int
    expected_on: date
    supplier_id: int | None = None
    unit_cost: Decimal | None = None


def approve_replenishments(
    engine: Engine,
    scope: Scope,
    picks: Sequence[Pick],
    *,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Proposed → approved. The answer's values: `requests`, how many. Refused with
    ReplenishmentRefused, which says who was first; of several, with ReplenishmentsRefused."""
    picks = tuple(picks)
    check_picks(picks)

    def work(edit: Edit) -> Done:
        decided = {"decided_by": edit.scope.user_id, "decided_at": business_time(edit).at}
        with_each(
            edit, picks, lambda row, _pick: change_request(edit, row, state="approved", **decided)
        )
        return _done(picks)

    return carry_out(
        engine, scope, "approve_replenishment", work, request_id=request_id, details=(picks,),
        now=now,
    )  # fmt: skip


def reject_replenishments(
    engine: Engine,
    scope: Scope,
    picks: Sequence[Pick],
    *,
    reason: str,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Proposed or approved → rejected."""
    picks = tuple(picks)
    check_picks(picks)
    because = _reason(reason, required=True)

    def work(edit: Edit) -> Done:
        decided = {
            "decided_by": edit.scope.user_id,
            "decided_at": business_time(edit).at,
            "reason": because,
        }
        with_each(
            edit, picks, lambda row, _pick: change_request(edit, row, state="rejected", **decided)
        )
        return _done(picks)

    return carry_out(
        engine, scope, "reject_replenishment", work, request_id=request_id, reason=because or "",
        details=(picks, because), now=now,
    )  # fmt: skip


def order_replenishments(
    engine: Engine,
    scope: Scope,
    orders: Sequence[Order],
    *,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Approved → ordered from the supplier: from now on its units count as on order."""
    orders = tuple(orders)
    check_picks(orders)

    def work(edit: Edit) -> Done:
        time = business_time(edit)

        def order(row: Row[Any], said: Order) -> None:
            said = _checked(edit, said, time.today)
            change_request(
                edit, row, state="ordered", ordered_by=edit.scope.user_id, ordered_at=time.at,
                quantity=said.quantity, expected_on=said.expected_on, unit_cost=said.unit_cost,
                supplier_id=said.supplier_id or row.supplier_id,
                requested_quantity=_first_asked(row, said.quantity),
            )  # fmt: skip

        with_each(edit, orders, order)
        return _done(orders)

    return carry_out(
        engine, scope, "order_replenishment", work, request_id=request_id, details=(orders,),
        now=now,
    )  # fmt: skip


def close_replenishments(
    engine: Engine,
    scope: Scope,
    picks: Sequence[Pick],
    *,
    reason: str = "",
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Received → closed; or ordered → closed, with the reason why the rest does not come. The
    answer's values: `requests`, and `not_coming`, SKU → units."""
    picks = tuple(picks)
    check_picks(picks)
    because = _reason(reason)

    def work(edit: Edit) -> Done:
        not_coming: dict[str, int] = {}

        def close(row: Row[Any], _pick: Pick) -> None:
            left = max(row.quantity - row.received_quantity, 0) if row.state == "ordered" else 0
            if left and not because:
                product = product_named(edit, row.product_id)
                raise ReplenishmentRefused("no_reason", left=left, product=product)
            if left:
                sku = sku_of(edit, row.product_id)
                not_coming[sku] = not_coming.get(sku, 0) + left
            change_request(
                edit, row, state="closed", closed_by=edit.scope.user_id,
                closed_at=business_time(edit).at, reason=because if left else row.reason,
            )  # fmt: skip

        with_each(edit, picks, close)
        return Done(values={**_done(picks).values, "not_coming": not_coming})

    return carry_out(
        engine, scope, "close_replenishment", work, request_id=request_id, reason=because or "",
        details=(picks, because), now=now,
    )  # fmt: skip


def _reason(reason: Any, *, required: bool = False) -> str | None:
    fields = Fields()
    said = fields.text("reason", reason, most=LONGEST_REASON, required=required)
    fields.check()
    return said


def _checked(edit: Edit, said: Order, today: date) -> Order:
    fields = Fields()
    quantity = fields.whole("quantity", said.quantity)
    expected_on = fields.day("expected_on", said.expected_on, first=today)
    cost = None if said.unit_cost is None else fields.money("unit_cost", said.unit_cost)
    supplier_id = None if said.supplier_id is None else fields.id("supplier_id", said.supplier_id)
    fields.check()
    known = select(suppliers.c.supplier_id).where(suppliers.c.supplier_id == supplier_id)
    if supplier_id is not None and edit.connection.scalar(known) is None:
        refuse_field("supplier_id", "unknown")
    return replace(
        said, quantity=quantity, expected_on=expected_on, unit_cost=cost, supplier_id=supplier_id
    )


def _first_asked(row: Row[Any], quantity: int) -> int | None:
    first: int | None = row.requested_quantity
    return first if first is not None or quantity == row.quantity else row.quantity


def _done(picks: Sequence[Pick]) -> Done:
    ids = [pick.replenishment_id for pick in picks]
    return Done(values={"requests": len(ids), "replenishment_ids": ids})
