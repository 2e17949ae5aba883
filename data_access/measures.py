"""What is summed over orders, each measure by the date it belongs to.

The date bases: sales by order date, shipped and returned units by shipment date, punctuality by
promised date. A leg holds the measures of one basis and NULL for the rest; legs are stacked and
summed once by their key, so one statement answers for all bases.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from data_access.columns import Money
from data_access.filters import OrderFilter, order_predicates
from data_access.scope import Scope

ORDERED = (
    "received_orders", "cancelled_orders", "orders", "units", "gross_sales", "returns_value",
    "net_sales", "cost",
)  # fmt: skip
SHIPPED = ("shipped_orders", "shipped_units", "returned_units")
PROMISED = ("due_orders", "on_time_orders")
BEFORE = ("previous_orders", "previous_net_sales")
MEASURES = (*ORDERED, *SHIPPED, *PROMISED)
AMOUNTS = ("gross_sales", "returns_value", "net_sales", "cost", "previous_net_sales")
BASES = {"ordered_on": ORDERED, "shipped_on": SHIPPED, "promised_on": PROMISED}

_ORDER_SUMS = ("units", "returned_units", "gross_sales", "returns_value", "net_sales", "cost")
# the columns of a line that a sum over lines rests on
_COLUMNS = {
    **{name: name for name in _ORDER_SUMS},
    "shipped_units": "units",
    "previous_net_sales": "net_sales",
}
_LINE_COLUMNS = {
    "units": "quantity",
    "returned_units": "returned_quantity",
    "gross_sales": "unit_price",
    "returns_value": "unit_price",
    "net_sales": "net_sales",
    "cost": "unit_cost",
}
Key = Callable[[Any], ColumnElement[Any]]  # columns of the chosen orders → what to group by


def order_sums(
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    *,
    period_column: str | None = "ordered_on",
    by_category: bool = False,
) -> Subquery:
    """The filtered orders with their sums; with categories wanted, the sums of those categories'
    lines. `by_category` gives one row per order and category."""
    orders = scope.visible.orders
    if not (order_filter.category_ids or by_category):
        chosen = order_predicates(scope, order_filter, as_of, period_column=period_column)
        return select(orders).where(*chosen).subquery("chosen_orders")
    wanted = replace(order_filter, category_ids=())
    lines, products = scope.visible.order_lines, scope.visible.products
    grouped = [column for column in orders.c if column.name not in _ORDER_SUMS]
    keys = [*grouped, products.c.category_id] if by_category else grouped
    statement = (
        select(*keys, *_sums_of_lines(lines.c))
        .select_from(orders)
        .join(lines, lines.c.order_id == orders.c.order_id)
        .join(products, products.c.product_id == lines.c.product_id)
        .where(*order_predicates(scope, wanted, as_of, period_column=period_column))
        .group_by(*keys)
    )
    if order_filter.category_ids:
        statement = statement.where(products.c.category_id.in_(order_filter.category_ids))
    return statement.subquery("chosen_orders")


def _sums_of_lines(lines: Any) -> list[ColumnElement[Any]]:
    returned = lines.returned_quantity * lines.unit_price * (1 - lines.discount_rate)
    kept = lines.quantity - lines.returned_quantity
    return [
        func.sum(lines.quantity).label("units"),
        func.sum(lines.returned_quantity).label("returned_units"),
        func.sum(lines.quantity * lines.unit_price).label("gross_sales"),
        func.sum(func.round(returned, 4)).label("returns_value"),
        func.sum(lines.net_sales).label("net_sales"),
        func.sum(kept * func.coalesce(lines.unit_cost, 0)).label("cost"),
    ]


def leg(
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    basis: str,
    key: Key | str,
    *,
    before: bool = False,
    by_category: bool = False,
) -> Select[Any]:
    """One row per key with the measures of one date basis; a text as key makes it a single row.
    `before` asks for the previous period's measures instead."""
    chosen = order_sums(scope, order_filter, as_of, period_column=basis, by_category=by_category)
    shown = shown_measures(scope, by_lines=by_category or bool(order_filter.category_ids))
    wanted = shown & set(BEFORE if before else BASES[basis])
    totals = _totals(chosen.c, as_of, mixed=order_filter.currency is None)
    columns = [
        cast(totals[name] if name in wanted else null(), _kind(name)).label(name)
        for name in (*MEASURES, *BEFORE)
    ]
    if isinstance(key, str):
        return select(literal(key).label("key"), *columns)
    return select(key(chosen.c).label("key"), *columns).group_by(key(chosen.c))


def stacked(scope: Scope, legs: Sequence[Select[Any]], *, by_lines: bool = False) -> Subquery:
    """The legs as one row per key: key and every measure. A measure that a leg has no row for
    is 0; one that the person may not see is NULL."""
    rows = union_all(*legs).subquery("legs")
    shown = shown_measures(scope, by_lines=by_lines)
    columns = [
        cast(_joined(rows.c, name) if name in shown else null(), _kind(name)).label(name)
        for name in (*MEASURES, *BEFORE)
    ]
    return select(rows.c.key, *columns).group_by(rows.c.key).subquery("measures")


def _joined(rows: Any, name: str) -> ColumnElement[Any]:
    total = func.sum(rows[name])
    if name not in AMOUNTS:
        return func.coalesce(total, 0)
    # an amount is NULL over several currencies, and 0 where its leg has no row at all
    counted = rows["previous_orders" if name in BEFORE else "received_orders"]
    return case((func.sum(counted).is_(None), 0), else_=total)


def _totals(orders: Any, as_of: date, *, mixed: bool) -> dict[str, ColumnElement[Any]]:
    counted = orders.stage != "cancelled"
    due = and_(counted, orders.promised_on < as_of)

    def total(condition: ColumnElement[bool], value: Any = 1) -> ColumnElement[Any]:
        return func.coalesce(func.sum(case((condition, value))), 0)

    def money(column: Any) -> ColumnElement[Any]:
        if not mixed:
            return total(counted, column)
        several = func.min(orders.currency) != func.max(orders.currency)
        return case((several, null()), else_=total(counted, column))

    return {
        "received_orders": func.count(),
        "cancelled_orders": total(orders.stage == "cancelled"),
        "orders": total(counted),
        "units": total(counted, orders.units),
        **{name: money(orders[name]) for name in ORDERED if name in AMOUNTS},
        "shipped_orders": total(counted),
        "shipped_units": total(counted, orders.units),
        "returned_units": total(counted, orders.returned_units),
        "due_orders": total(due),
        "on_time_orders": total(and_(due, orders.completed_on <= orders.promised_on)),
        "previous_orders": total(counted),
        "previous_net_sales": money(orders.net_sales),
    }


def shown_measures(scope: Scope, *, by_lines: bool) -> set[str]:
    """The measures whose columns this person sees."""
    shown = set()
    for name in (*MEASURES, *BEFORE):
        column = _COLUMNS.get(name)
        if column is None or (
            scope.sees("orders", column)
            and (not by_lines or scope.sees("order_lines", _LINE_COLUMNS[column]))
        ):
            shown.add(name)
    return shown


def _kind(name: str) -> Any:
    return Money if name in AMOUNTS else Integer()


def in_one_currency(total: Any, orders: Any, order_filter: OrderFilter) -> ColumnElement[Any]:
    """The sum, or NULL where the rows are in several currencies."""
    if order_filter.currency:
        return cast(total, Money)
    several = func.min(orders.currency) != func.max(orders.currency)
    return cast(case((several, null()), else_=total), Money)
