"""What an edit of an order would do, before it is saved: to the stock and those who wait for it, to
margin and net sales, to the promised day, to what the customer owes and to the rep's target.

Each figure is shown now and after. It is None where the person does not see what it rests on.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Engine, Row, case, func, select

from data_access.dialects import unindexed
from data_access.errors import NotFound
from data_access.filters import is_open, name_in
from data_access.foresight import PLACES, Line, Proposed, Shift, State, Sums, units_moved
from data_access.owing import is_owing, owed
from data_access.promising import Shelf, earliest_delivery, find_delivery_days, find_shelves
from data_access.scope import Scope
from data_access.set_aside import Aside, find_set_aside
from data_access.stages import OPEN_STAGES, TO_SHIP_STAGES

MOST_WAITING = 5  # that are named for a product; the others are counted
__all__ = ["Effect", "Proposed", "Shift", "find_effect"]


@dataclass(frozen=True)
class Waiting:
    """Another order that wants the same product from the same warehouse."""

    order_number: str
    customer: str | None
    stage: str
    promised_on: date | None
    units: int


@dataclass(frozen=True)
class ProductEffect:
    """What the edit does to a product in the order's warehouse."""

    product_id: int
    sku: str | None
    product: str | None
    units: Shift[int]  # that the customer has or is to have
    on_hand: Shift[int | None]
    reserved: Shift[int | None]
    available: Shift[int | None]  # on hand − reserved
    waiting: tuple[Waiting, ...]  # those promised first
    waiting_orders: int  # all that the person sees
    waiting_units: int
    reserved_elsewhere: int | None  # units held for orders that the person does not see
    aside: Aside
    ready_on: date | None

    @property
    def lacking(self) -> int:
        """Units that would be missing: what is set aside is for whom it is."""
        if self.available.after is None:
            return 0
        missing = self.aside.unreserved - self.available.after
        return max(min(missing, self.units.after - self.aside.own), 0)


@dataclass(frozen=True)
class TargetEffect:
    """A rep's target of the month of the order, and what is reached of it."""

    owner_id: int
    rep: str | None
    month_on: date
    target: Decimal
    reached: Shift[Decimal]


@dataclass(frozen=True)
class Effect:
    order_id: int
    order_number: str
    version: int
    currency: str
    stage: Shift[str]
    products: tuple[ProductEffect, ...]
    net_sales: Shift[Decimal | None]  # nothing of a cancelled order
    margin: Shift[Decimal | None]
    owed: Shift[Decimal | None]  # of this order; below zero, to be given back
    customer: str | None
    customer_owes: Shift[Decimal | None]  # over all their orders that owe something
    promised_on: Shift[date | None]
    earliest_on: date | None  # when it can be with the customer, while it is not
    targets: tuple[TargetEffect, ...]

    @property
    def can_be_met(self) -> bool | None:
        """Whether the promised day, as it would be, can be kept; None where that is not known."""
        if self.earliest_on is None or self.promised_on.after is None:
            return None
        return self.earliest_on <= self.promised_on.after


def find_effect(
    engine: Engine,
    scope: Scope,
    order_id: int,
    proposed: Proposed,
    as_of: date,
    language: str = "en",
) -> Effect:
    """Only reads, and does not ask whether the edit is allowed. Refused with NotFound."""
    found = _find_order(engine, scope, order_id, language)
    if found is None:
        raise NotFound("this_order")
    lines = _find_lines(engine, scope, order_id, language)
    now = State(
        stage=found.stage,
        lines={line.line_id: Line.of(line) for line in lines},
        paid=found.paid,
        promised_on=found.promised_on,
        owner_id=found.owner_id,
    )
    after = now.after(proposed)
    sums = Sums(found, now, after)
    products = _products(engine, scope, found, lines, proposed, (now, after), as_of, language)
    owed_by_customer = _owed_by_customer(engine, scope, found)
    return Effect(
        order_id=found.order_id,
        order_number=found.order_number,
        version=found.version,
        currency=found.currency,
        stage=Shift(now.stage, after.stage),
        products=products,
        net_sales=sums.net_sales,
        margin=sums.margin,
        owed=sums.owed,
        customer=found.customer,
        customer_owes=sums.customer_owes(owed_by_customer),
        promised_on=Shift(now.promised_on, after.promised_on),
        earliest_on=_earliest(engine, scope, found, after.stage, products, as_of),
        targets=_targets(engine, scope, found, sums, (now.owner_id, after.owner_id), language),
    )


def _find_order(engine: Engine, scope: Scope, order_id: int, language: str) -> Row[Any] | None:
    orders, customers = scope.visible.orders, scope.visible.customers
    statement = (
        select(orders, name_in(language, customers).label("customer"))
        .select_from(orders)
        .outerjoin(customers, customers.c.customer_id == orders.c.customer_id)
        .where(orders.c.order_id == order_id)
    )
    with engine.connect() as connection:
        return connection.execute(statement).one_or_none()


def _find_lines(
    engine: Engine, scope: Scope, order_id: int, language: str
) -> Sequence[Row[Any]]:  # fmt: skip
    lines, products = scope.visible.order_lines, scope.visible.products
    statement = (
        select(lines, products.c.sku, name_in(language, products).label("product"))
        .select_from(lines)
        .outerjoin(products, products.c.product_id == lines.c.product_id)
        .where(lines.c.order_id == order_id)
        .order_by(lines.c.line_number, lines.c.line_id)
    )
    with engine.connect() as connection:
        return connection.execute(statement).all()


def _products(
    engine: Engine, scope: Scope, order: Any, lines: Sequence[Row[Any]], proposed: Proposed,
    states: tuple[State, State], as_of: date, language: str,
) -> tuple[ProductEffect, ...]:  # fmt: skip
    """Of every product of the order, in the order of its lines."""
    now, after = states
    names = {line.product_id: line for line in lines}
    shelves = find_shelves(engine, scope, tuple(sorted(names)), order.warehouse_id)
    waiting = _find_waiting(engine, scope, order, tuple(sorted(names)), language)
    aside = find_set_aside(engine, scope, order.order_id, order.warehouse_id, tuple(sorted(names)))
    moved = units_moved(now, after, proposed)
    unknown = Shelf(0, None, None, 0)
    return tuple(
        _product(
            line, shelves.get(product_id, unknown), waiting.get(product_id, []),
            aside.get(product_id, Aside()), (now, after), moved.get(product_id, 0), as_of,
        )
        for product_id, line in names.items()
    )  # fmt: skip


def _product(
    line: Any, shelf: Shelf, waiting: Sequence[Row[Any]], aside: Aside,
    states: tuple[State, State], moved: int, as_of: date,
) -> ProductEffect:  # fmt: skip
    now, after = states
    held = Shift(now.held().get(line.product_id, 0), after.held().get(line.product_id, 0))
    wanted = Shift(now.units()[line.product_id], after.units()[line.product_id])
    on_hand, reserved = shelf.on_hand, shelf.reserved
    then = replace(
        shelf,
        on_hand=None if on_hand is None else on_hand + moved,
        reserved=None if reserved is None else reserved - held.now + held.after,
    )
    seen = sum(row.units for row in waiting if row.stage in TO_SHIP_STAGES) + held.now
    still_wanted = wanted.after - held.after  # what is held already counts as taken
    return ProductEffect(
        product_id=line.product_id,
        sku=line.sku,
        product=line.product,
        units=wanted,
        on_hand=Shift(on_hand, then.on_hand),
        reserved=Shift(reserved, then.reserved),
        available=Shift(shelf.available, then.available),
        waiting=tuple(
            Waiting(row.order_number, row.customer, row.stage, row.promised_on, row.units)
            for row in waiting[:MOST_WAITING]
        ),
        waiting_orders=len(waiting),
        waiting_units=sum(row.units for row in waiting),
        reserved_elsewhere=None if reserved is None else max(reserved - seen, 0),
        aside=aside,
        ready_on=then.ready_on(still_wanted, as_of),
    )


def _find_waiting(
    engine: Engine, scope: Scope, order: Any, product_ids: tuple[int, ...], language: str
) -> dict[int, list[Any]]:
    """product_id → the other orders of the warehouse that wait for it, the first promised first."""
    visible = scope.visible
    orders, lines, customers = visible.orders, visible.order_lines, visible.customers
    name = name_in(language, customers)
    columns = (orders.c.order_id, orders.c.order_number, orders.c.stage, orders.c.promised_on)
    statement = (
        select(
            lines.c.product_id,
            *columns,
            name.label("customer"),
            func.sum(lines.c.quantity).label("units"),
        )
        .select_from(lines)
        .join(orders, orders.c.order_id == lines.c.order_id)
        .outerjoin(customers, customers.c.customer_id == orders.c.customer_id)
        .where(
            # few orders are open, many lines have the product
            unindexed(lines.c.product_id).in_(product_ids),
            is_open(orders.c),
            orders.c.stage != "shipped",
            orders.c.warehouse_id == order.warehouse_id,
            orders.c.order_id != order.order_id,
        )
        .group_by(lines.c.product_id, *columns, name)
        .order_by(
            orders.c.promised_on.is_(None), orders.c.promised_on, orders.c.order_id,
            lines.c.product_id,
        )
    )  # fmt: skip
    found: dict[int, list[Any]] = {}
    with engine.connect() as connection:
        for row in connection.execute(statement):
            found.setdefault(row.product_id, []).append(row)
    return found


def _owed_by_customer(engine: Engine, scope: Scope, order: Any) -> Decimal | None:
    """What the customer owes for all orders, in the order's currency."""
    orders = scope.visible.orders.c
    if not (scope.sees("orders", "paid") and scope.sees("orders", "net_sales")):
        return None
    amount = func.sum(case((is_owing(orders), owed(orders))))
    statement = select(func.coalesce(amount, 0)).where(
        orders.customer_id == order.customer_id, orders.currency == order.currency
    )
    with engine.connect() as connection:
        return _decimal(connection.scalar(statement))


def _earliest(
    engine: Engine, scope: Scope, order: Any, stage: str, products: Sequence[ProductEffect],
    as_of: date,
) -> date | None:  # fmt: skip
    if stage not in OPEN_STAGES or not products:
        return None
    ready = [as_of if stage == "shipped" else product.ready_on for product in products]
    days = find_delivery_days(engine, scope, order.warehouse_id)
    return earliest_delivery(ready, as_of, days)


def _targets(
    engine: Engine, scope: Scope, order: Any, sums: Sums, owners: tuple[int | None, int | None],
    language: str,
) -> tuple[TargetEffect, ...]:  # fmt: skip
    """Of the rep who has the order, and of the one who gets it."""
    sales = sums.net_sales
    if sales.now is None or sales.after is None:
        return ()
    found = []
    for owner_id in dict.fromkeys(owner for owner in owners if owner is not None):
        row = _find_target(engine, scope, order, owner_id, language)
        if row is None or row.target is None:
            continue
        others = _decimal(row.reached) - (sales.now if owner_id == owners[0] else 0)
        after = others + (sales.after if owner_id == owners[1] else 0)
        found.append(
            TargetEffect(
                owner_id, row.rep, order.ordered_on.replace(day=1), _decimal(row.target),
                Shift(_decimal(row.reached), after),
            )
        )  # fmt: skip
    return tuple(found)


def _find_target(engine: Engine, scope: Scope, order: Any, owner_id: int, language: str) -> Any:
    visible, month_on = scope.visible, order.ordered_on.replace(day=1)
    last_on = _last_day(month_on)
    orders, targets, employees = visible.orders.c, visible.targets.c, visible.employees
    reached = select(func.coalesce(func.sum(orders.net_sales), 0)).where(
        orders.owner_id == owner_id,
        orders.ordered_on.between(month_on, last_on),
        # the same days with a zone's room, to be found by index
        orders.ordered_at.between(_noon(month_on, -1), _noon(last_on, 1)),
        orders.stage != "cancelled",
        orders.currency == order.currency,
    )
    aim = select(func.sum(targets.net_sales)).where(
        targets.employee_id == owner_id,
        targets.month_on == month_on,
        targets.currency == order.currency,
    )
    rep = select(name_in(language, employees)).where(employees.c.employee_id == owner_id)
    statement = select(
        aim.scalar_subquery().label("target"),
        reached.scalar_subquery().label("reached"),
        rep.limit(1).scalar_subquery().label("rep"),
    )
    with engine.connect() as connection:
        return connection.execute(statement).one_or_none()


def _noon(day: date, days: int) -> datetime:
    return datetime.combine(day, time(12)) + timedelta(days=days)


def _last_day(month_on: date) -> date:
    return month_on.replace(day=calendar.monthrange(month_on.year, month_on.month)[1])


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value)).quantize(PLACES, ROUND_HALF_UP)
