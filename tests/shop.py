"""A small company whose orders are edited: two regions, a warehouse, two products in stock, and a
person of every role."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any

from sqlalchemy import func, insert, select, update

from data_access.database import Database, writing
from data_access.edits import (
    commenting,
    lines,
    money,
    moving,
    returning,
    terms,
)
from data_access.edits.returning import ReturnedLine
from data_access.edits.rights import TRANSITIONS
from data_access.edits.transaction import Done, new_request_id
from data_access.scope import Scope
from data_access.tables import (
    order_lines,
    orders,
    payments,
    replenishments,
    returns,
    stock,
    stock_movements,
)
from tests.crm import NOW, add, add_order, scope_of

TODAY = date(2026, 11, 23)
ROLES = (
    "admin", "manager", "sales_lead", "sales_rep", "analyst", "finance", "warehouse", "support",
    "partner",
)  # fmt: skip
_moments = count()


@dataclass
class Crm:
    """A database to be looked into."""

    database: Database

    def read(self, order_id: int) -> Any:
        return self.row(select(orders).where(orders.c.order_id == order_id))

    def lines(self, order_id: int) -> list[Any]:
        return self.rows(
            select(order_lines)
            .where(order_lines.c.order_id == order_id)
            .order_by(order_lines.c.line_number)
        )

    def row(self, statement: Any) -> Any:
        with self.database.record.connect() as connection:
            return connection.execute(statement).one()

    def rows(self, statement: Any) -> list[Any]:
        with self.database.record.connect() as connection:
            return list(connection.execute(statement))

    def count(self, table: Any) -> int:
        return int(self.row(select(func.count()).select_from(table))[0])


@dataclass
class Shop(Crm):
    region_id: int
    lead_region_id: int  # of a lead elsewhere
    warehouse_id: int
    pen: int
    ink: int
    rep_id: int
    other_rep_id: int
    customer_id: int
    scopes: dict[str, Scope]
    foreign: dict[str, Scope]  # the same roles elsewhere, who do not see the shop's orders

    @property
    def writer(self) -> Any:
        return self.database.writer

    def order(
        self, stage: str = "received", units: Sequence[int] = (3, 2), *, as_is: str = "received",
        **values: Any,
    ) -> int:  # fmt: skip
        """An order of so many pens and inks, brought to the stage by the commands; or written in
        the stage `as_is`, without what belongs to it."""
        products = (self.pen, self.ink)
        wanted = [
            {"product_id": product_id, "quantity": quantity}
            for product_id, quantity in zip(products, units, strict=True)
            if quantity
        ]
        row = {
            "customer_id": self.customer_id,
            "owner_id": self.rep_id,
            "region_id": self.region_id,
            "warehouse_id": self.warehouse_id,
            "channel": "web",
            "stage": as_is,
            "ordered_on": TODAY - timedelta(days=3),
            **values,
        }
        order_id = add_order(self.database, lines=wanted, **row)
        self.bring(order_id, stage)
        return order_id

    def bring(self, order_id: int, stage: str) -> None:
        admin = self.scopes["admin"]
        for step in path_to(stage):
            move(self, admin, order_id, step)

    def shelf(self, product_id: int) -> Any:
        return self.row(
            select(stock).where(
                stock.c.product_id == product_id, stock.c.warehouse_id == self.warehouse_id
            )
        )

    def proposals(self) -> list[Any]:
        return self.rows(select(replenishments).order_by(replenishments.c.replenishment_id))

    def set_stock(self, product_id: int, on_hand: int) -> None:
        """As a stock count would."""
        shelf = self.shelf(product_id)
        with writing(self.writer) as connection:
            connection.execute(
                update(stock).where(stock.c.stock_id == shelf.stock_id).values(on_hand=on_hand)
            )
            connection.execute(
                insert(stock_movements).values(
                    warehouse_id=self.warehouse_id, product_id=product_id,
                    quantity=on_hand - shelf.on_hand, kind="correction", moved_at=NOW,
                )
            )  # fmt: skip


def open_shop(database: Database, *, pens: int = 10, inks: int = 5) -> Shop:
    writer = database.writer
    region_id = add(writer, "regions", code="here", name="Here")
    elsewhere = add(writer, "regions", code="there", name="There")
    warehouse_id = add(writer, "warehouses", code="W1", name="Main", region_id=region_id)
    pen = add(writer, "products", sku="PEN-1", name="Pen", name_zh="钢笔", lead_time_days=9)
    ink = add(writer, "products", sku="INK-1", name="Ink", name_zh="墨水", lead_time_days=20)
    for product_id, on_hand in ((pen, pens), (ink, inks)):
        place = {"warehouse_id": warehouse_id, "product_id": product_id}
        add(writer, "stock", **place, on_hand=on_hand, reserved=0, reorder_point=1)
        add(writer, "stock_movements", **place, quantity=on_hand, kind="opening", moved_at=NOW)
    rep_id = add(writer, "employees", name="Rep Here", region_id=region_id)
    other_rep_id = add(writer, "employees", name="Rep Also Here", region_id=region_id)
    foreign_rep_id = add(writer, "employees", name="Rep There", region_id=elsewhere)
    customer_id = add(
        writer, "customers", name="Customer", owner_id=rep_id, region_id=region_id, address="Road 1"
    )
    for channel in ("web", "partner"):
        add(writer, "channels", channel=channel, name=channel.title(), is_online=channel == "web")
    scopes = {
        role: scope_of(
            database, role, name=f"A {role}", username=role.replace("_", "."),
            region_ids=[region_id] if role == "sales_lead" else [],
            employee_id=rep_id if role == "sales_rep" else None,
            channel="web" if role == "partner" else None,
        )
        for role in ROLES
    }  # fmt: skip
    foreign = {
        "sales_lead": scope_of(database, "sales_lead", region_ids=[elsewhere]),
        "sales_rep": scope_of(database, "sales_rep", employee_id=foreign_rep_id),
        "partner": scope_of(database, "partner", channel="partner"),
    }
    return Shop(
        database, region_id, elsewhere, warehouse_id, pen, ink, rep_id, other_rep_id, customer_id,
        scopes, foreign,
    )  # fmt: skip


def path_to(stage: str) -> tuple[str, ...]:
    """The stages from received to this one, the shortest way."""
    paths: list[tuple[str, ...]] = [()]
    while paths:
        path = paths.pop(0)
        last = path[-1] if path else "received"
        if last == stage:
            return path
        paths += [(*path, after) for after in TRANSITIONS[last]]
    raise AssertionError(f"no way leads to {stage}")


Run = Callable[..., Done]


def arguments(shop: Shop, order_id: int) -> dict[str, dict[str, Any]]:
    """Good arguments for every command of an order, by its name."""
    rows = shop.lines(order_id)
    everything = [
        ReturnedLine(row.line_id, max(row.quantity - row.returned_quantity, 1)) for row in rows
    ]
    return {
        "confirm_order": {},
        "start_processing": {},
        "ship_order": {"carrier": "SF Express", "tracking_number": "SF123"},
        "complete_order": {},
        "cancel_order": {"reason": "Changed my mind"},
        "register_return": {"lines": everything, "reason": "Wrong item"},
        "take_payment": {"amount": Decimal("10.50"), "method": "Cash"},
        "refund_payment": {"amount": Decimal("0.50"), "method": "Cash", "reason": "Goodwill"},
        "change_line_quantity": {"line_id": rows[0].line_id, "quantity": 1},
        "change_line_discount": {"line_id": rows[0].line_id, "discount_rate": Decimal("0.05")},
        "change_promised_date": {"promised_on": TODAY + timedelta(days=6)},
        "change_address": {"ship_address": "Lane 2\nShanghai"},
        "change_owner": {"owner_id": shop.other_rep_id},
        "change_note": {"note": "Ring twice"},
        "comment_on_order": {"text": "Looks good"},
        "propose_cancellation": {"reason": "Ordered by mistake"},
    }


COMMANDS: dict[str, Run] = {
    name: getattr(module, name)
    for module, names in (
        (moving, ("confirm_order", "start_processing", "ship_order", "complete_order",
                  "cancel_order")),
        (returning, ("register_return",)),
        (money, ("take_payment", "refund_payment")),
        (lines, ("change_line_quantity", "change_line_discount")),
        (terms, ("change_promised_date", "change_address", "change_owner", "change_note")),
        (commenting, ("comment_on_order", "propose_cancellation")),
    )
    for name in names
}  # fmt: skip
WITHOUT_VERSION = ("comment_on_order", "propose_cancellation")
MOVES = {
    "confirmed": "confirm_order",
    "processing": "start_processing",
    "shipped": "ship_order",
    "completed": "complete_order",
    "cancelled": "cancel_order",
    "returned": "register_return",
}


def run(shop: Shop, scope: Scope, action: str, order_id: int, **changed: Any) -> Done:
    """The command with good arguments, some of them changed, on the order as it is now."""
    values = {**arguments(shop, order_id)[action], "request_id": new_request_id()}
    if action not in WITHOUT_VERSION:
        values["seen_version"] = shop.read(order_id).version
    moment: datetime = NOW + timedelta(seconds=next(_moments) / 100)
    values = {"now": moment, **values, **changed}
    return COMMANDS[action](shop.writer, scope, order_id, **values)


def move(shop: Shop, scope: Scope, order_id: int, stage: str, **changed: Any) -> Done:
    return run(shop, scope, MOVES[stage], order_id, **changed)


def check_identities(shop: Crm) -> None:
    check_stock(shop)
    for order in shop.rows(select(orders)):
        check_order(shop, order)


def check_stock(shop: Crm) -> None:
    """Stock is the sum of its movements, and holds what open orders wait for."""
    moved = select(
        stock_movements.c.warehouse_id, stock_movements.c.product_id,
        func.sum(stock_movements.c.quantity),
    ).group_by(stock_movements.c.warehouse_id, stock_movements.c.product_id)  # fmt: skip
    held = (
        select(orders.c.warehouse_id, order_lines.c.product_id, func.sum(order_lines.c.quantity))
        .join(order_lines, order_lines.c.order_id == orders.c.order_id)
        .where(orders.c.stage.in_(("confirmed", "processing")))
        .group_by(orders.c.warehouse_id, order_lines.c.product_id)
    )
    on_hand, reserved = ({(w, p): int(n) for w, p, n in shop.rows(q)} for q in (moved, held))
    for shelf in shop.rows(select(stock)):
        place = (shelf.warehouse_id, shelf.product_id)
        assert shelf.on_hand == on_hand.get(place, 0) >= 0
        assert shelf.reserved == reserved.pop(place, 0)
    assert not reserved, "held without a shelf"


def check_order(shop: Crm, order: Any) -> None:
    """Its sums are those of its lines and payments, a line's returned units those of its returns,
    and what was sent is what was ordered."""
    lines = shop.lines(order.order_id)
    paid = shop.rows(select(payments.c.amount).where(payments.c.order_id == order.order_id))
    assert order.paid == sum((row.amount for row in paid), Decimal(0)) >= 0
    assert order.units == sum(line.quantity for line in lines)
    assert order.returned_units == sum(line.returned_quantity for line in lines)
    net = Decimal(0)
    for line in lines:
        kept = line.quantity - line.returned_quantity
        value = (kept * line.unit_price * (1 - line.discount_rate)).quantize(
            Decimal("0.0001"), ROUND_HALF_UP
        )
        back = shop.rows(select(returns.c.quantity).where(returns.c.line_id == line.line_id))
        assert line.net_sales == value and kept >= 0
        assert line.returned_quantity == sum(row.quantity for row in back)
        net += value
    assert order.net_sales == net
    assert order.cost == sum(
        ((line.quantity - line.returned_quantity) * line.unit_cost for line in lines), Decimal(0)
    )
    _check_shipped(shop, order, lines)


def _check_shipped(shop: Crm, order: Any, lines: Sequence[Any]) -> None:
    sent = select(func.sum(stock_movements.c.quantity)).where(
        stock_movements.c.order_id == order.order_id, stock_movements.c.kind == "shipment"
    )
    followed = select(stock.c.product_id).where(stock.c.warehouse_id == order.warehouse_id)
    known = {row.product_id for row in shop.rows(followed)}
    has_left = order.stage in ("shipped", "completed", "returned")
    ordered = sum(line.quantity for line in lines if line.product_id in known) * has_left
    assert -(shop.row(sent)[0] or 0) == ordered
