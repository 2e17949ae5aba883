"""What the form of a new order asks: products, prices and stock, coupon, promised day, totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Engine, FromClause, func, or_, select

from data_access.dialects import holds
from data_access.errors import NotFound
from data_access.filters import name_in
from data_access.frames import read_frame, read_row
from data_access.promising import Shelf, earliest_delivery, find_delivery_days, find_shelves
from data_access.scope import Scope

MOST_FOUND = 50
PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class NewLine:
    product_id: int
    quantity: int
    discount_rate: Decimal = Decimal(0)  # what the person gives; a coupon's comes on top


@dataclass(frozen=True)
class NewOrder:
    """What the form holds. `owner_id` None: the customer's sales representative; `warehouse_id`
    None: the one that serves the customer's region; no `ship_address`: the customer's."""

    customer_id: int
    lines: tuple[NewLine, ...]
    channel: str
    promised_on: date
    coupon_code: str = ""
    owner_id: int | None = None
    warehouse_id: int | None = None
    ship_address: str = ""
    note: str = ""


def list_products_for_order(
    engine: Engine,
    scope: Scope,
    words: str,
    as_of: date,
    *,
    warehouse_id: int | None = None,
    language: str = "en",
    limit: int = 20,
) -> pd.DataFrame:
    """product_id, sku, product, list_price, currency, available (on hand − reserved, in the
    warehouse, or in all of them for None; NULL where none is kept): products on sale whose SKU or
    name in any language holds the words; those that begin with them first, then by name."""
    products = scope.visible.products
    name = name_in(language, products)
    found = (products.c.sku, products.c.name, products.c.name_zh)
    starts = or_(*(column.istartswith(words, autoescape=True) for column in found))
    statement = (
        select(
            products.c.product_id,
            products.c.sku,
            name.label("product"),
            products.c.list_price,
            products.c.currency,
            _available(scope, products, warehouse_id).label("available"),
        )
        .where(or_(*(holds(column, words) for column in found)), *_on_sale(products, as_of))
        .order_by(func.coalesce(starts, False).desc(), name, products.c.product_id)
        .limit(max(1, min(limit, MOST_FOUND)))
    )
    return read_frame(engine, statement)


def find_coupon(
    engine: Engine, scope: Scope, coupon_code: str, as_of: date, language: str = "en"
) -> dict[str, Any]:
    """campaign_id, coupon_code as it is written, campaign, discount_rate of the campaign that the
    code belongs to; refused with NotFound where there is none or it does not run on the day."""
    campaigns = scope.visible.campaigns
    statement = (
        select(
            campaigns.c.campaign_id,
            campaigns.c.coupon_code,
            name_in(language, campaigns).label("campaign"),
            campaigns.c.discount_rate,
        )
        .where(
            func.upper(campaigns.c.coupon_code) == coupon_code.strip().upper(),
            or_(campaigns.c.starts_on.is_(None), campaigns.c.starts_on <= as_of),
            or_(campaigns.c.ends_on.is_(None), campaigns.c.ends_on >= as_of),
        )
        .order_by(campaigns.c.campaign_id)
    )
    row = read_row(engine, statement)
    if row is None:
        raise NotFound("coupon", code=coupon_code.strip())
    return row


def find_discount_limit(engine: Engine, scope: Scope) -> Decimal:
    """The most that this person's role may give, as a share."""
    limits = scope.visible.discount_limits.c
    row = read_row(engine, select(limits.max_rate).where(limits.role == (scope.role or "")))
    return Decimal(row["max_rate"] if row and row["max_rate"] is not None else 0)


def find_customer_for_order(
    engine: Engine, scope: Scope, customer_id: int, language: str = "en"
) -> dict[str, Any]:
    """What a customer's new order starts with: customer_id, customer, owner_id, rep, region_id,
    region, ship_address, and channel and warehouse_id of their last order, the warehouse of their
    region's last order where they have none. Refused with NotFound."""
    visible = scope.visible
    customers, employees, regions = visible.customers, visible.employees, visible.regions
    its, place = visible.orders.alias("its"), visible.orders.alias("place")
    channel = _last(its, its.c.channel, its.c.customer_id == customers.c.customer_id)
    own = _last(its, its.c.warehouse_id, its.c.customer_id == customers.c.customer_id)
    near = _last(place, place.c.warehouse_id, place.c.region_id == customers.c.region_id)
    statement = (
        select(
            customers.c.customer_id,
            name_in(language, customers).label("customer"),
            customers.c.owner_id,
            name_in(language, employees).label("rep"),
            customers.c.region_id,
            name_in(language, regions).label("region"),
            customers.c.address.label("ship_address"),
            channel.label("channel"),
            func.coalesce(own, near).label("warehouse_id"),
        )
        .select_from(customers)
        .outerjoin(employees, employees.c.employee_id == customers.c.owner_id)
        .outerjoin(regions, regions.c.region_id == customers.c.region_id)
        .where(customers.c.customer_id == customer_id)
    )
    row = read_row(engine, statement)
    if row is None:
        raise NotFound("customer")
    return row


def list_owners(engine: Engine, scope: Scope, as_of: date, language: str = "en") -> pd.DataFrame:
    """owner_id, name, title: the employees to whom an order may be given, by name."""
    employees = scope.visible.employees
    name = name_in(language, employees)
    statement = (
        select(employees.c.employee_id.label("owner_id"), name.label("name"), employees.c.title)
        .where(or_(employees.c.left_on.is_(None), employees.c.left_on > as_of))
        .order_by(name, employees.c.employee_id)
    )
    return read_frame(engine, statement)


def list_warehouses(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """warehouse_id, name, code."""
    warehouses = scope.visible.warehouses
    statement = select(
        warehouses.c.warehouse_id, name_in(language, warehouses).label("name"), warehouses.c.code
    )
    return read_frame(engine, statement.order_by(warehouses.c.warehouse_id))


def suggest_promised_on(
    engine: Engine,
    scope: Scope,
    lines: tuple[NewLine, ...],
    as_of: date,
    warehouse_id: int | None = None,
) -> date | None:
    """The first day on which all of it can be with the customer; None where no stock is seen."""
    units = {line.product_id: line.quantity for line in lines}
    shelves = find_shelves(engine, scope, tuple(sorted(units)), warehouse_id)
    ready = [
        shelves[product_id].ready_on(count, as_of) if product_id in shelves else None
        for product_id, count in units.items()
    ]
    return earliest_delivery(ready, as_of, find_delivery_days(engine, scope, warehouse_id))


def find_preview(
    engine: Engine,
    scope: Scope,
    lines: tuple[NewLine, ...],
    as_of: date,
    *,
    coupon_code: str = "",
    warehouse_id: int | None = None,
    language: str = "en",
) -> Preview:
    """What the order would come to: per line price, discount, net sales and what is left in stock;
    the sums; the first day it can be delivered. Products that are not the person's to see are left
    out, and so is a coupon that cannot be used."""
    coupon = Decimal(0)
    if coupon_code.strip():
        try:
            coupon = find_coupon(engine, scope, coupon_code, as_of)["discount_rate"] or coupon
        except NotFound:
            coupon = Decimal(0)
    products = scope.visible.products
    ids = tuple(sorted({line.product_id for line in lines}))
    statement = select(products, name_in(language, products).label("product")).where(
        products.c.product_id.in_(ids)
    )
    with engine.connect() as connection:
        found = {row.product_id: row for row in connection.execute(statement)}
    shelves = find_shelves(engine, scope, ids, warehouse_id)
    shown = tuple(
        _preview(line, found[line.product_id], shelves[line.product_id], coupon, as_of)
        for line in lines
        if line.product_id in found
    )
    ready = [line.ready_on for line in shown]
    days = find_delivery_days(engine, scope, warehouse_id)
    return Preview(shown, earliest_delivery(ready, as_of, days) if shown else None)


@dataclass(frozen=True)
class PreviewLine:
    """A line as it would be saved; None where the person does not see what it rests on."""

    product_id: int
    sku: str
    product: str
    currency: str
    quantity: int
    unit_price: Decimal | None
    discount_rate: Decimal
    unit_cost: Decimal | None
    available: int | None
    ready_on: date | None

    @property
    def gross_sales(self) -> Decimal | None:
        return None if self.unit_price is None else self.quantity * self.unit_price

    @property
    def net_sales(self) -> Decimal | None:
        gross = self.gross_sales
        if gross is None:
            return None
        return (gross * (1 - self.discount_rate)).quantize(PLACES, ROUND_HALF_UP)

    @property
    def cost(self) -> Decimal | None:
        return None if self.unit_cost is None else self.quantity * self.unit_cost

    @property
    def available_after(self) -> int | None:
        return None if self.available is None else self.available - self.quantity


@dataclass(frozen=True)
class Preview:
    lines: tuple[PreviewLine, ...]
    earliest_on: date | None

    @property
    def gross_sales(self) -> Decimal | None:
        return total([line.gross_sales for line in self.lines])

    @property
    def net_sales(self) -> Decimal | None:
        return total([line.net_sales for line in self.lines])

    @property
    def cost(self) -> Decimal | None:
        return total([line.cost for line in self.lines])

    @property
    def margin(self) -> Decimal | None:
        return total([self.net_sales, None if self.cost is None else -self.cost])


def total(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """The sum; None as soon as one of them is not seen."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def _preview(
    line: NewLine, product: Any, shelf: Shelf, coupon: Decimal, as_of: date
) -> PreviewLine:
    return PreviewLine(
        product_id=product.product_id,
        sku=product.sku,
        product=product.product,
        currency=product.currency,
        quantity=line.quantity,
        unit_price=product.list_price,
        discount_rate=min(Decimal(line.discount_rate) + coupon, Decimal(1)),
        unit_cost=product.unit_cost,
        available=shelf.available,
        ready_on=shelf.ready_on(line.quantity, as_of),
    )


def _on_sale(products: FromClause, as_of: date) -> list[ColumnElement[bool]]:
    lasts = or_(products.c.discontinued_on.is_(None), products.c.discontinued_on > as_of)
    return [lasts, products.c.list_price.is_not(None)]


def _available(
    scope: Scope, products: FromClause, warehouse_id: int | None
) -> ColumnElement[int | None]:
    stock = scope.visible.stock.c
    found = select(func.sum(stock.on_hand - stock.reserved)).where(
        stock.product_id == products.c.product_id
    )
    if warehouse_id is not None:
        found = found.where(stock.warehouse_id == warehouse_id)
    return found.scalar_subquery()


def _last(orders: FromClause, column: Any, condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """Of the latest of these orders that has it."""
    found = select(column).where(condition, column.is_not(None))
    latest = found.order_by(orders.c.ordered_at.desc(), orders.c.order_id.desc()).limit(1)
    return latest.scalar_subquery()
