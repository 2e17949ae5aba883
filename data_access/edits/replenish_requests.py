"""Requests to replenish: one stock or many at once, each for a cause, and one open request for
each cause, so that asking again makes none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from sqlalchemy import Engine, Row, func, insert, select

from data_access.edits.clock import BusinessTime, business_time
from data_access.edits.fields import Fields, refuse_field
from data_access.edits.locking import lock_order
from data_access.edits.replenish_opening import (
    ReplenishmentRefused,
    person_named,
    product_named,
)
from data_access.edits.rights import need_replenishment_right
from data_access.edits.stock import HOLDING, cause_of_order, lines_of, units_of
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.policy import Role
from data_access.replenishments import BY_HAND, POINT
from data_access.scope import Scope
from data_access.tables import products, replenishments, stock, suppliers, warehouses

Why = Literal["point", "order", "hand"]
MOST_WANTED = 5_000
LONGEST_NOTE = 300
OPEN_STATES = ("proposed", "approved", "ordered")
Place = tuple[int, int]  # product_id, warehouse_id
Open = Mapping[tuple[int, int, str | None], Row[Any]]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is asked for. `why`: "point", the stock is below its reorder point with the
    `seen_on_order` units that were on order when the person looked; "order", the order with
    `order_id` lacks it; "hand", neither. `supplier_id` None: that of the product."""

    product_id: int
    warehouse_id: int
    quantity: int
    why: Why
    order_id: int | None = None
    seen_on_order: int = 0
    needed_by: date | None = None
    supplier_id: int | None = None
    note: str = ""


class WantedRefused(EditRefused):
    """Nothing was requested: one of several cannot be, and `refusal` says why."""

    messages: ClassVar[dict[str, str]] = {
        "row": "Nothing was requested: one of {rows} rows cannot be, that of {product}.",
        "nothing": "Nothing is chosen to be requested.",
        "too_many": "At most {most} can be requested at a time.",
    }

    def __init__(self, reason: str, refusal: EditRefused | None = None, **values: object) -> None:
        self.refusal = refusal
        super().__init__(reason, **values)


def request_replenishments(
    engine: Engine,
    scope: Scope,
    wanted: Sequence[Wanted],
    *,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Proposes each of them, or none where one is refused. What is requested for the same cause
    already is passed over; refused where nothing is left.

    The answer's values: `replenishment_ids`, `requests` (how many), `passed_over` (SKUs)."""
    wanted = tuple(wanted)
    if not wanted:
        raise WantedRefused("nothing")
    if len(wanted) > MOST_WANTED:
        raise WantedRefused("too_many", most=MOST_WANTED)

    def work(edit: Edit) -> Done:
        need_replenishment_right(edit.scope, edit.action)
        return _request(edit, wanted)

    return carry_out(
        engine, scope, "request_replenishment", work, request_id=request_id, details=(wanted,),
        now=now,
    )  # fmt: skip


def cause_of_point(on_order: int) -> str:
    """A warning is another cause when units are on order and are not enough."""
    return f"{POINT} · {on_order} on order" if on_order else POINT


def _request(edit: Edit, wanted: Sequence[Wanted]) -> Done:
    time = business_time(edit)
    places = {(each.product_id, each.warehouse_id) for each in wanted}
    known, on_order = _known(edit, places), _on_order(edit, places)
    requested = _open_requests(edit, places)
    made: list[int] = []
    passed: list[tuple[Wanted, str]] = []
    for each in wanted:
        try:
            product = _product(edit, known, each, time)
            coming = on_order.get((each.product_id, each.warehouse_id), 0)
            cause = _cause(edit, each, product, coming)
            if (each.product_id, each.warehouse_id, cause) in requested:
                passed.append((each, cause))
            elif each.why == "point" and coming != each.seen_on_order:
                passed.append((each, ""))
            else:
                row = _insert(edit, known, each, product, cause, time)
                requested[each.product_id, each.warehouse_id, cause] = row
                made.append(row.replenishment_id)
        except EditRefused as refusal:
            if len(wanted) == 1:
                raise
            named = known.products.get(each.product_id)
            raise WantedRefused(
                "row", refusal, rows=len(wanted), product=named.sku if named else each.product_id
            ) from refusal
    if not made:
        raise _nothing_new(edit, passed, requested)
    skus = [known.products[each.product_id].sku for each, _cause in passed]
    return Done(values={"replenishment_ids": made, "requests": len(made), "passed_over": skus})


@dataclass(frozen=True)
class _Known:
    """What can be asked for, where, and from whom."""

    products: Mapping[int, Row[Any]]
    warehouse_ids: Set[int]
    supplier_ids: Set[int]


def _known(edit: Edit, places: set[Place]) -> _Known:
    ids = sorted({product_id for product_id, _ in places})
    rows = edit.connection.execute(select(products).where(products.c.product_id.in_(ids)))
    return _Known(
        {row.product_id: row for row in rows},
        set(edit.connection.scalars(select(warehouses.c.warehouse_id))),
        set(edit.connection.scalars(select(suppliers.c.supplier_id))),
    )


def _on_order(edit: Edit, places: set[Place]) -> dict[Place, int]:
    left = replenishments.c.quantity - replenishments.c.received_quantity
    place = (replenishments.c.product_id, replenishments.c.warehouse_id)
    rows = edit.connection.execute(
        select(*place, func.sum(left).label("units"))
        .where(
            replenishments.c.state == "ordered",
            left > 0,
            replenishments.c.product_id.in_(sorted({product_id for product_id, _ in places})),
        )
        .group_by(*place)
    )
    return {(row.product_id, row.warehouse_id): int(row.units) for row in rows}


def _open_requests(edit: Edit, places: set[Place]) -> dict[tuple[int, int, str | None], Row[Any]]:
    rows = edit.connection.execute(
        select(replenishments)
        .where(
            replenishments.c.state.in_(OPEN_STATES),
            replenishments.c.product_id.in_(sorted({product_id for product_id, _ in places})),
        )
        .order_by(replenishments.c.replenishment_id)
    )
    return {(row.product_id, row.warehouse_id, row.cause): row for row in rows}


def _product(edit: Edit, known: _Known, wanted: Wanted, time: BusinessTime) -> Row[Any]:
    product = known.products.get(wanted.product_id)
    if product is None:
        refuse_field("product_id", "unknown")
    if wanted.warehouse_id not in known.warehouse_ids:
        refuse_field("warehouse_id", "unknown")
    gone = product.discontinued_on is not None and product.discontinued_on <= time.today
    if gone or not product.is_goods:
        named = product_named(edit, product.product_id)
        raise ReplenishmentRefused("not_bought", product=named)
    return product


def _cause(edit: Edit, wanted: Wanted, product: Row[Any], on_order: int) -> str:
    if wanted.why == "order":
        return _cause_of_order(edit, wanted, product)
    if edit.scope.role is Role.SALES_LEAD:
        raise ReplenishmentRefused("orders_only")
    return cause_of_point(on_order) if wanted.why == "point" else BY_HAND


def _cause_of_order(edit: Edit, wanted: Wanted, product: Row[Any]) -> str:
    """Refused unless the order is the person's to see and lacks the product."""
    fields = Fields()
    order_id = fields.id("order_id", wanted.order_id)
    fields.check()
    order = lock_order(edit, order_id, None)
    units = units_of(lines_of(edit.connection, order_id)).get(product.product_id, 0)
    shelf = edit.connection.execute(
        select(stock.c.on_hand, stock.c.reserved).where(
            stock.c.product_id == product.product_id,
            stock.c.warehouse_id == wanted.warehouse_id,
        )
    ).one_or_none()
    free = shelf.on_hand - shelf.reserved if shelf else 0
    lacks = free < 0 if order.stage in HOLDING else order.stage == "received" and free < units
    if not units or not lacks or order.warehouse_id != wanted.warehouse_id:
        raise ReplenishmentRefused(
            "not_short",
            number=order.order_number,
            product=product_named(edit, product.product_id),
        )
    return cause_of_order(order.order_number, product.sku)


def _insert(
    edit: Edit, known: _Known, wanted: Wanted, product: Row[Any], cause: str, time: BusinessTime
) -> Row[Any]:
    fields = Fields()
    quantity = fields.whole("quantity", wanted.quantity)
    note = fields.text("note", wanted.note, most=LONGEST_NOTE)
    needed_by = wanted.needed_by
    if needed_by is not None:
        needed_by = fields.day("needed_by", needed_by, first=time.today)
    supplier_id = product.supplier_id
    if wanted.supplier_id is not None:
        supplier_id = fields.id("supplier_id", wanted.supplier_id)
    fields.check()
    if supplier_id is not None and supplier_id not in known.supplier_ids:
        refuse_field("supplier_id", "unknown")
    return edit.connection.execute(
        insert(replenishments)
        .values(
            product_id=product.product_id, warehouse_id=wanted.warehouse_id,
            supplier_id=supplier_id, quantity=quantity, state="proposed", cause=cause,
            requested_at=time.at, requested_by=edit.scope.user_id, needed_by=needed_by, note=note,
        )
        .returning(replenishments)
    ).one()  # fmt: skip


def _nothing_new(
    edit: Edit, passed: Sequence[tuple[Wanted, str]], requested: Open
) -> ReplenishmentRefused:
    if len(passed) > 1:
        return ReplenishmentRefused("all_requested")
    (wanted, cause) = passed[0]
    product = product_named(edit, wanted.product_id)
    row = requested.get((wanted.product_id, wanted.warehouse_id, cause))
    if row is None:
        return ReplenishmentRefused("ordered_meanwhile", product=product)
    person = person_named(edit, row.requested_by)
    return ReplenishmentRefused(
        "requested_by" if person else "requested",
        person=person,
        product=product,
        quantity=row.quantity,
    )
