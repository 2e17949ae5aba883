"""Requests to replenish the shop of `tests/shop.py`, made and moved by the commands."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update

from data_access.database import writing
from data_access.edits.replenish_opening import Pick
from data_access.edits.replenish_receipts import Receipt, receive_replenishments
from data_access.edits.replenish_requests import Wanted, request_replenishments
from data_access.edits.replenish_steps import (
    Order,
    approve_replenishments,
    close_replenishments,
    order_replenishments,
    reject_replenishments,
)
from data_access.edits.transaction import Done, new_request_id
from data_access.scope import Scope
from data_access.tables import replenishments, stock
from tests.crm import NOW
from tests.shop import TODAY, Shop

EXPECTED = TODAY + timedelta(days=9)
STEPS = ("approve", "reject", "order", "receive", "close")


def request(shop: Shop, replenishment_id: int) -> Any:
    wanted = replenishments.c.replenishment_id == replenishment_id
    return shop.row(select(replenishments).where(wanted))


def wanted(shop: Shop, quantity: int = 10, **values: Any) -> Wanted:
    row = {
        "product_id": shop.pen,
        "warehouse_id": shop.warehouse_id,
        "why": "point",
        **values,
    }
    return Wanted(quantity=quantity, **row)


def ask(shop: Shop, *rows: Wanted, by: Scope | None = None, **said: Any) -> Done:
    said = {"request_id": new_request_id(), "now": NOW, **said}
    scope = by or shop.scopes["warehouse"]
    return request_replenishments(shop.writer, scope, rows or (wanted(shop),), **said)


def asked(shop: Shop, quantity: int = 10, **values: Any) -> int:
    """The id of a new request."""
    (made,) = ask(shop, wanted(shop, quantity, **values)).values["replenishment_ids"]
    return int(made)


def step(
    shop: Shop, action: str, replenishment_id: int, by: Scope | None = None, **said: Any
) -> Done:
    """Approves, rejects, orders, receives or closes it as it is now."""
    row = request(shop, replenishment_id)
    seen = said.pop("seen_version", row.version)
    scope = by or shop.scopes["manager"]
    common = {"request_id": said.pop("request_id", new_request_id()), "now": NOW}
    pick = Pick(replenishment_id, seen)
    match action:
        case "approve":
            return approve_replenishments(shop.writer, scope, [pick], **common)
        case "reject":
            reason = said.get("reason", "Enough in stock")
            return reject_replenishments(shop.writer, scope, [pick], reason=reason, **common)
        case "order":
            said = {"quantity": row.quantity, "expected_on": EXPECTED, **said}
            order = Order(replenishment_id, seen, **said)
            return order_replenishments(shop.writer, scope, [order], **common)
        case "receive":
            left = max(row.quantity - row.received_quantity, 1)
            said = {"quantity": left, "allow_more": False, **said}
            receipt = Receipt(replenishment_id, seen, **said)
            return receive_replenishments(shop.writer, scope, [receipt], **common)
    reason = said.get("reason", "The supplier has no more")
    return close_replenishments(shop.writer, scope, [pick], reason=reason, **common)


WAYS = {
    "proposed": (),
    "approved": ("approve",),
    "rejected": ("reject",),
    "ordered": ("approve", "order"),
    "received": ("approve", "order", "receive"),
    "closed": ("approve", "order", "receive", "close"),
}


def brought(shop: Shop, state: str, quantity: int = 10, **values: Any) -> int:
    """The id of a new request that the manager brought into this state."""
    replenishment_id = asked(shop, quantity, **values)
    for action in WAYS[state]:
        step(shop, action, replenishment_id)
    assert request(shop, replenishment_id).state == state
    return replenishment_id


def on_order(shop: Shop) -> int:
    """Units that are still to come, of everything."""
    return sum(
        max(row.quantity - row.received_quantity, 0)
        for row in shop.rows(select(replenishments).where(replenishments.c.state == "ordered"))
    )


def lay_empty(shop: Shop, product_id: int) -> None:
    """The shelf loses what it has, as a stock count would say."""
    shop.set_stock(product_id, 0)
    with writing(shop.writer) as connection:
        connection.execute(
            update(stock).where(stock.c.product_id == product_id).values(reorder_point=5)
        )


COST = Decimal("12.50")
