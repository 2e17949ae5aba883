"""Stock follows the orders, inside the transaction of the command that moves them.

For each product in each warehouse, at every moment:

    on hand    = the sum of its stock movements
    reserved   = units of the lines of confirmed and processing orders of that warehouse
    available  = on hand − reserved; below zero where orders wait for goods that are to come

What is set aside for a line (`allocated.py`) is for no other order while that one waits.
Confirming reserves, cancelling releases, shipping takes out and releases, what comes back and can
be sold again is put in. Each change of what is on hand leaves a movement. A product that lies in no
warehouse at all is not followed, nor is an order that was imported without a warehouse.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection, Row, insert, select, update

from data_access.edits.allocated import drop_allocations, units_set_aside
from data_access.edits.clock import business_time
from data_access.edits.transaction import Edit
from data_access.errors import EditRefused
from data_access.filters import name_in
from data_access.tables import (
    order_lines,
    orders,
    products,
    replenishments,
    stock,
    stock_movements,
    warehouses,
)

Units = Mapping[int, int]  # product_id → units
HOLDING = ("confirmed", "processing")  # the stages whose lines are reserved


@dataclass(frozen=True)
class Shortage:
    """A product of which less is there than is wanted."""

    product_id: int
    sku: str
    product: str  # in the person's language
    wanted: int
    there: int

    @property
    def lacking(self) -> int:
        return self.wanted - self.there


class StockRefused(EditRefused):
    """The goods are not there. The sentence names the first product, `shortages` has each."""

    messages: ClassVar[dict[str, str]] = {
        "short": "{product} ({sku}) is short: {wanted} wanted, {there} free, {lacking} lacking.",
        "several_short": "Several products are short. The first is {product} ({sku}): {wanted}"
        " wanted, {there} free, {lacking} lacking.",
        "not_on_hand": "{product} ({sku}) is not there: {wanted} to be sent, {there} on hand,"
        " {lacking} lacking.",
        "several_not_on_hand": "Several products are not there. The first is {product} ({sku}):"
        " {wanted} to be sent, {there} on hand, {lacking} lacking.",
        "set_aside": "{product} ({sku}) is set aside for other orders: {wanted} to be sent, {there}"
        " not set aside, {lacking} lacking.",
        "several_set_aside": "Several products are set aside for other orders. The first is"
        " {product} ({sku}): {wanted} to be sent, {there} not set aside, {lacking} lacking.",
    }

    def __init__(self, reason: str, shortages: Sequence[Shortage]) -> None:
        self.shortages, first = tuple(shortages), shortages[0]
        super().__init__(
            reason if len(shortages) == 1 else f"several_{reason}",
            product=first.product,
            sku=first.sku,
            wanted=first.wanted,
            there=first.there,
            lacking=first.lacking,
        )


def lines_of(connection: Connection, order_id: int) -> list[Row[Any]]:
    statement = select(order_lines).where(order_lines.c.order_id == order_id)
    return list(connection.execute(statement.order_by(order_lines.c.line_number)))


def units_of(lines: Iterable[Row[Any]]) -> dict[int, int]:
    """product_id → units, over all lines of the product."""
    units: dict[int, int] = {}
    for line in lines:
        units[line.product_id] = units.get(line.product_id, 0) + line.quantity
    return units


def reserve(edit: Edit, order: Any, units: Units, *, allow_short: bool = False) -> list[Shortage]:
    """Holds the units for the order. Where less is free: refused, or with `allow_short` held all
    the same, to wait for the next receipt, and a replenishment proposed."""
    shelves = _lock(edit.connection, order.warehouse_id, units)
    free = _free(edit.connection, order, shelves)
    short = {
        product_id: max(there, 0) for product_id, there in free.items() if there < units[product_id]
    }
    shortages = _shortages(edit, units, short)
    if shortages and not allow_short:
        raise StockRefused("short", shortages)
    for product_id, shelf in shelves.items():
        _set(edit.connection, shelf, reserved=shelf.reserved + units[product_id])
    held = units_of(lines_of(edit.connection, order.order_id)) if order.stage in HOLDING else {}
    for shortage in shortages:
        product_id, shelf = shortage.product_id, shelves[shortage.product_id]
        wants = held.get(product_id, 0) + units[product_id]
        lacking = min(wants, shelf.reserved + units[product_id] - shelf.on_hand)
        _propose(edit, order, shortage, lacking)
    return shortages


def release(edit: Edit, order: Any, units: Units) -> None:
    """Gives back what was held for the order."""
    for product_id, shelf in _lock(edit.connection, order.warehouse_id, units).items():
        _set(edit.connection, shelf, reserved=max(shelf.reserved - units[product_id], 0))


def take_out(edit: Edit, order: Any, units: Units) -> None:
    """The goods leave, and are held no longer; refused where they are not there, or are set aside
    for others."""
    shelves = _lock(edit.connection, order.warehouse_id, units)
    on_hand = {product_id: shelf.on_hand for product_id, shelf in shelves.items()}
    own, others = units_set_aside(edit.connection, order, shelves)
    for reason, there in (
        ("not_on_hand", on_hand),
        ("set_aside", {each: _left(count, own.get(each, 0), others.get(each, 0))
                       for each, count in on_hand.items()}),
    ):  # fmt: skip
        lacking = {each: count for each, count in there.items() if count < units[each]}
        if lacking:
            raise StockRefused(reason, _shortages(edit, units, lacking))
    for product_id, shelf in shelves.items():
        count = units[product_id]
        _set(
            edit.connection, shelf,
            on_hand=shelf.on_hand - count, reserved=max(shelf.reserved - count, 0),
        )  # fmt: skip
        _note(edit, order, product_id, -count, "shipment")
    drop_allocations(edit.connection, order.order_id)


def put_back(edit: Edit, order: Any, units: Units) -> None:
    """What came back and can be sold again."""
    for product_id, shelf in _lock(edit.connection, order.warehouse_id, units).items():
        _set(edit.connection, shelf, on_hand=shelf.on_hand + units[product_id])
        _note(edit, order, product_id, units[product_id], "return")


def withdraw_proposals(edit: Edit, order: Any) -> None:
    """Nobody has decided on them yet, and the order that they are for is gone."""
    edit.connection.execute(
        update(replenishments)
        .where(
            replenishments.c.warehouse_id == order.warehouse_id,
            replenishments.c.product_id.in_(_products_of(order)),
            replenishments.c.cause.startswith(f"{order.order_number} · ", autoescape=True),
            replenishments.c.state == "proposed",
        )
        .values(
            state="rejected",
            decided_by=edit.scope.user_id,
            decided_at=business_time(edit).at,
            version=replenishments.c.version + 1,
        )
    )


def choose_warehouse(connection: Connection, region_id: int | None) -> int | None:
    """Where the last order of the region was served from, else the region's own warehouse, else the
    first; None where there are no warehouses."""
    served = (
        select(orders.c.warehouse_id)
        .where(orders.c.region_id == region_id, orders.c.warehouse_id.is_not(None))
        .order_by(orders.c.ordered_at.desc(), orders.c.order_id.desc())
    )
    every = select(warehouses.c.warehouse_id).order_by(warehouses.c.warehouse_id)
    own = every.where(warehouses.c.region_id == region_id)
    for statement in (served, own, every):
        found: int | None = connection.scalar(statement.limit(1))
        if found is not None:
            return found
    return None


def _lock(connection: Connection, warehouse_id: int | None, units: Units) -> dict[int, Row[Any]]:
    """The stock rows of the products, always locked in the same order; a product that lies only in
    other warehouses is given an empty shelf here."""
    if warehouse_id is None or not units:
        return {}
    followed = select(stock.c.product_id).where(stock.c.product_id.in_(units)).distinct()
    here = (
        select(stock)
        .where(stock.c.warehouse_id == warehouse_id, stock.c.product_id.in_(units))
        .order_by(stock.c.stock_id)
        .with_for_update()
    )
    missing = set(connection.scalars(followed)) - {
        row.product_id for row in connection.execute(here)
    }
    for product_id in sorted(missing):
        connection.execute(insert(stock).values(warehouse_id=warehouse_id, product_id=product_id))
    return {row.product_id: row for row in connection.execute(here)}


def _free(connection: Connection, order: Any, shelves: Mapping[int, Row[Any]]) -> dict[int, int]:
    """Units that nobody else has reserved or, not confirmed yet, had set aside."""
    own, others = units_set_aside(connection, order, shelves, stages=("received",))
    return {
        product_id: _left(
            shelf.on_hand - shelf.reserved, own.get(product_id, 0), others.get(product_id, 0)
        )
        for product_id, shelf in shelves.items()
    }


def _left(there: int, own: int, others: int) -> int:
    """What an order may take of what is there: not what is set aside for others, but what is set
    aside for itself."""
    return max(there - others, own)


def _set(connection: Connection, shelf: Row[Any], **values: int) -> None:
    connection.execute(update(stock).where(stock.c.stock_id == shelf.stock_id).values(values))


def _note(edit: Edit, order: Any, product_id: int, quantity: int, kind: str) -> None:
    edit.connection.execute(
        insert(stock_movements).values(
            warehouse_id=order.warehouse_id,
            product_id=product_id,
            quantity=quantity,
            kind=kind,
            order_id=order.order_id,
            moved_at=edit.now,
        )
    )


def _shortages(edit: Edit, wanted: Units, there: Units) -> list[Shortage]:
    language = edit.scope.language or "en"
    statement = (
        select(products.c.product_id, products.c.sku, name_in(language, products).label("product"))
        .where(products.c.product_id.in_(there))
        .order_by(products.c.sku)
    )
    return [
        Shortage(
            row.product_id, row.sku, row.product, wanted[row.product_id], there[row.product_id]
        )
        for row in edit.connection.execute(statement)
    ]


def _products_of(order: Any) -> Any:
    return select(order_lines.c.product_id).where(order_lines.c.order_id == order.order_id)


def _propose(edit: Edit, order: Any, shortage: Shortage, lacking: int) -> None:
    """One replenishment for the order and product, of what the whole order lacks; a proposal nobody
    has decided on yet grows."""
    cause = cause_of_order(order.order_number, shortage.sku)
    product = edit.connection.execute(
        select(products).where(products.c.product_id == shortage.product_id)
    ).one()
    packs = -(-max(lacking, product.minimum_order_quantity) // product.pack_size)
    quantity = packs * product.pack_size
    before = edit.connection.execute(
        select(replenishments.c.replenishment_id, replenishments.c.state, replenishments.c.quantity)
        .where(
            replenishments.c.product_id == shortage.product_id,
            replenishments.c.warehouse_id == order.warehouse_id,
            replenishments.c.cause == cause,
        )
        .order_by(replenishments.c.state != "proposed", replenishments.c.replenishment_id)
    ).first()  # fmt: skip
    if before is None:
        edit.connection.execute(
            insert(replenishments).values(
                product_id=shortage.product_id,
                warehouse_id=order.warehouse_id,
                supplier_id=product.supplier_id,
                quantity=quantity,
                state="proposed",
                cause=cause,
                requested_at=business_time(edit).at,
                requested_by=edit.scope.user_id,
                needed_by=order.promised_on,
            )
        )
    elif before.state == "proposed" and before.quantity < quantity:
        edit.connection.execute(
            update(replenishments)
            .where(replenishments.c.replenishment_id == before.replenishment_id)
            .values(quantity=quantity, version=replenishments.c.version + 1)
        )


def cause_of_order(order_number: str, sku: str) -> str:
    """What a replenishment says that an order is waiting for."""
    return f"{order_number} · {sku}"
