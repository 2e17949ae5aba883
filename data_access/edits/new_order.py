"""Writes a new order: customer, lines, terms; every bad field is refused at the field."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select

from data_access.edits.clock import BusinessTime, business_time
from data_access.edits.discounts import as_percent, discount_limit, find_coupon_row
from data_access.edits.fields import LONGEST_TEXT, MOST_MONEY, Fields
from data_access.edits.rights import need_right
from data_access.edits.stock import choose_warehouse
from data_access.edits.terms import LONGEST_ADDRESS, may_own
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.filters import name_in
from data_access.new_order import NewLine, NewOrder
from data_access.scope import Scope
from data_access.tables import order_lines, orders, products
from data_access.totals import recount_orders

MOST_LINES = 100
DAYS_TO_PAY = 30  # after the promised day, for companies that do not pay in a shop


def create_order(
    engine: Engine,
    scope: Scope,
    new_order: NewOrder,
    *,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """A received order at list prices; `Done` has its id and number. Bad fields are refused
    together with FieldsRefused: `customer_id`, `lines`, `lines.N.product_id`, `lines.N.quantity`,
    `lines.N.discount_rate` (N from 0), `channel`, `promised_on`, `coupon_code`, `owner_id`,
    `warehouse_id`, `ship_address`, `note`."""

    def work(edit: Edit) -> Done:
        need_right(scope, "create_order")
        form = _Form(edit, new_order)
        row, lines = form.order(), form.lines()
        form.fields.check()
        return _write(edit, {**row, "currency": form.currency}, lines)

    return carry_out(
        engine, scope, "create_order", work, request_id=request_id, details=(new_order,), now=now
    )


class _Form:
    """The form in its transaction: reads what the fields refer to, gathers what is wrong."""

    def __init__(self, edit: Edit, new_order: NewOrder) -> None:
        self.edit, self.said, self.fields = edit, new_order, Fields()
        self.time: BusinessTime = business_time(edit)
        self._visible, self._connection = edit.scope.visible, edit.connection
        self._coupon = self._find_coupon()
        self.currency: str | None = None  # of the first product, and so of the order

    def order(self) -> dict[str, Any]:
        customer, channel = self._customer(), self._channel()
        fields, today = self.fields, self.time.today
        promised_on = fields.day("promised_on", self.said.promised_on, first=today)
        address = fields.text(
            "ship_address", self.said.ship_address, most=LONGEST_ADDRESS, one_line=False
        )
        return {
            "customer_id": customer.customer_id if customer else None,
            "region_id": customer.region_id if customer else None,
            "owner_id": self._owner(customer),
            "warehouse_id": self._warehouse(customer),
            "channel": channel.channel if channel else None,
            "campaign_id": self._coupon.campaign_id if self._coupon else None,
            "coupon_code": self._coupon.coupon_code if self._coupon else None,
            "ship_address": address or (customer.address if customer else None),
            "note": fields.text("note", self.said.note, most=LONGEST_TEXT, one_line=False),
            "promised_on": promised_on,
            "due_on": _due_on(customer, channel, promised_on, today),
        }

    def lines(self) -> list[dict[str, Any]]:
        said = self.said.lines
        if not said:
            self.fields.refuse("lines", "required")
        if len(said) > MOST_LINES:
            self.fields.refuse("lines", "too_many", most=MOST_LINES)
        found = self._products(said[:MOST_LINES])
        most = discount_limit(self.edit)
        rows = [
            self._line(place, line, found, most) for place, line in enumerate(said[:MOST_LINES])
        ]
        gross = sum((row["quantity"] * row["unit_price"] for row in rows), Decimal(0))
        if gross > MOST_MONEY:
            self.fields.refuse("lines", "too_large", most=f"{MOST_MONEY:,}")
        return rows

    def _line(
        self, place: int, line: NewLine, found: dict[int, Row[Any]], most: Decimal
    ) -> dict[str, Any]:
        fields, name = self.fields, f"lines.{place}"
        product_id = fields.id(f"{name}.product_id", line.product_id)
        if product_id in [other.product_id for other in self.said.lines[:place]]:
            fields.refuse(f"{name}.product_id", "twice")
        rate = fields.rate(f"{name}.discount_rate", line.discount_rate)
        if rate > most:
            fields.refuse(f"{name}.discount_rate", "over_limit", most=as_percent(most))
        coupon = self._coupon.discount_rate if self._coupon else None
        product = found.get(product_id)
        self._check_product(f"{name}.product_id", product)
        return {
            "line_number": place + 1,
            "product_id": product_id,
            "quantity": fields.whole(f"{name}.quantity", line.quantity),
            "unit_price": (product.list_price if product else None) or Decimal(0),
            "discount_rate": min(rate + (coupon or Decimal(0)), Decimal(1)),
            "unit_cost": product.unit_cost if product else None,
        }

    def _check_product(self, field: str, product: Row[Any] | None) -> None:
        if product is None:
            self.fields.refuse(field, "unknown")
            return
        self.currency = self.currency or product.currency
        if product.discontinued_on is not None and product.discontinued_on <= self.time.today:
            self.fields.refuse(field, "not_sold", product=product.product)
        elif product.list_price is None:
            self.fields.refuse(field, "no_price", product=product.product)
        elif product.currency != self.currency:
            self.fields.refuse(
                field, "other_currency", product=product.product, currency=product.currency,
                other=self.currency,
            )  # fmt: skip

    def _products(self, lines: Sequence[NewLine]) -> dict[int, Row[Any]]:
        asked = Fields()  # what is no identity is told by `_line`
        ids = {asked.id(str(place), line.product_id) for place, line in enumerate(lines)}
        visible = self._visible.products.c.product_id
        statement = select(
            products, name_in(self.edit.scope.language or "en", products).label("product")
        ).where(products.c.product_id.in_(select(visible).where(visible.in_(ids))))
        return {row.product_id: row for row in self._connection.execute(statement)}

    def _customer(self) -> Row[Any] | None:
        customers = self._visible.customers
        return self._chosen(
            "customer_id", self.said.customer_id, customers, customers.c.customer_id
        )

    def _warehouse(self, customer: Row[Any] | None) -> int | None:
        if self.said.warehouse_id is None:
            region_id = customer.region_id if customer else None
            return choose_warehouse(self._connection, region_id)
        relation = self._visible.warehouses
        row = self._chosen(
            "warehouse_id", self.said.warehouse_id, relation, relation.c.warehouse_id
        )
        return row.warehouse_id if row else None

    def _chosen(self, field: str, value: Any, relation: Any, key: Any) -> Row[Any] | None:
        """The row that was chosen among those the person sees."""
        chosen = self.fields.id(field, value)
        row = self._connection.execute(select(relation).where(key == chosen)).one_or_none()
        if row is None:
            self.fields.refuse(field, "unknown")
        return row

    def _channel(self) -> Row[Any] | None:
        channels = self._visible.channels
        code = self.fields.text("channel", self.said.channel, most=40, required=True)
        found = select(channels).where(channels.c.channel == (code or ""))
        row = self._connection.execute(found).one_or_none()
        if row is None:
            self.fields.refuse("channel", "unknown")
        return row

    def _owner(self, customer: Row[Any] | None) -> int | None:
        if self.said.owner_id is None:
            return customer.owner_id if customer else None
        owner_id = self.fields.id("owner_id", self.said.owner_id)
        if "owner_id" not in self.fields.refused and not may_own(self.edit, owner_id):
            self.fields.refuse("owner_id", "unknown")
        return owner_id

    def _find_coupon(self) -> Row[Any] | None:
        code = self.fields.text("coupon_code", self.said.coupon_code, most=40)
        if code is None or "coupon_code" in self.fields.refused:
            return None
        coupon = find_coupon_row(self._connection, code, self.time.today)
        if coupon is None:
            self.fields.refuse("coupon_code", "coupon_over", code=code)
        return coupon


def _due_on(
    customer: Row[Any] | None, channel: Row[Any] | None, promised_on: date, today: date
) -> date:
    is_company = customer is not None and customer.customer_type == "company"
    pays_later = is_company and channel is not None and not channel.is_online
    return promised_on + timedelta(days=DAYS_TO_PAY) if pays_later else today


def _write(edit: Edit, row: dict[str, Any], lines: list[dict[str, Any]]) -> Done:
    time = business_time(edit)
    order_number = _next_number(edit.connection, time.today)
    values = {
        "order_number": order_number,
        "stage": "received",
        "ordered_at": time.at,
        "ordered_on": time.today,
    }
    order_id = edit.connection.scalars(
        insert(orders).values(**row, **values).returning(orders.c.order_id)
    ).one()
    edit.connection.execute(insert(order_lines), [{**line, "order_id": order_id} for line in lines])
    recount_orders(edit.connection, [order_id])
    return Done(order_id, order_number, 1, {"stage": "received"})


def _next_number(connection: Connection, today: date) -> str:
    """SO-20261123-00042: counted on each day. The writers' lock keeps two from the same number."""
    prefix = f"SO-{today:%Y%m%d}-"
    of_today = orders.c.ordered_on == today, orders.c.order_number.startswith(prefix)
    taken = connection.scalars(select(orders.c.order_number).where(*of_today))
    tails = (number.removeprefix(prefix) for number in taken)
    last = max((int(tail) for tail in tails if tail.isascii() and tail.isdecimal()), default=0)
    while True:
        last += 1
        number = f"{prefix}{last:05d}"
        same = select(orders.c.order_id).where(orders.c.order_number == number)
        if connection.scalar(same) is None:
            return number
