"""What is summed over orders, each measure by the date it belongs to: sales by order date, shipped
and returned units by shipment date, punctuality by promised date. Cancelled orders count only
where a measure says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    null,
    select,
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
BASES = {"ordered_on": ORDERED, "shipped_on": SHIPPED, "promised_on": PROMISED}
MEASURES = (*ORDERED, *SHIPPED, *PROMISED)

AMOUNTS = ("gross_sales", "returns_value", "net_sales", "cost")
_BASIS = {name: basis for basis, names in BASES.items() for name in names}
# measure → the column of an order it sums; the others count orders
SUMMED = {
    "units": "units",
    "returned_units": "returned_units",
    "shipped_units": "units",
    **{name: name for name in AMOUNTS},
}
# the column of a line that an order's column rests on
_OF_LINES = {
    "units": "quantity",
    "returned_units": "returned_quantity",
    "gross_sales": "unit_price",
    "returns_value": "unit_price",
    "net_sales": "net_sales",
    "cost": "unit_cost",
}


@dataclass(frozen=True)
class Chosen:
    """The orders a filter chooses: their columns, and the predicates still to be applied."""

    orders: FromClause
    predicates: list[ColumnElement[bool]]
    by_lines: bool  # the sums are those of some of the lines
    currency: str | None

    @property
    def c(self) -> Any:
        return self.orders.c


def chosen_orders(
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    *,
    during: ColumnElement[bool] | None = None,
    by_category: bool = False,
) -> Chosen:
    """The visible orders that the filter chooses, with their own sums; with categories wanted,
    the sums of those categories' lines. `during`, over `scope.visible.orders`, stands for the
    period on `ordered_on`; `by_category` gives one row per order and category."""
    orders, currency = scope.visible.orders, order_filter.currency
    dated = [] if during is None else [during]
    wanted = replace(order_filter, category_ids=()) if by_category else order_filter
    predicates = dated + order_predicates(
        scope, wanted, as_of, period_column="ordered_on" if during is None else None
    )
    if not (order_filter.category_ids or by_category):
        return Chosen(orders, predicates, False, currency)
    ids = select(orders.c.order_id).where(*predicates)
    sums = _sums_of_lines(scope, order_filter.category_ids, ids, by_category)
    named = [column for column in orders.c if column.name not in _OF_LINES]
    summed = [column for column in sums.c if column.name != "order_id"]
    joined = select(*named, *summed).join_from(orders, sums, sums.c.order_id == orders.c.order_id)
    return Chosen(joined.subquery("orders_by_lines"), [], True, currency)


def _sums_of_lines(
    scope: Scope, category_ids: tuple[int, ...], order_ids: Select[Any], by_category: bool
) -> Subquery:
    lines, products = scope.visible.order_lines, scope.visible.products
    keys = [lines.c.order_id, *([products.c.category_id] if by_category else [])]
    returned = lines.c.returned_quantity * lines.c.unit_price * (1 - lines.c.discount_rate)
    kept = lines.c.quantity - lines.c.returned_quantity
    statement = (
        select(
            *keys,
            func.sum(lines.c.quantity).label("units"),
            func.sum(lines.c.returned_quantity).label("returned_units"),
            func.sum(lines.c.quantity * lines.c.unit_price).label("gross_sales"),
            func.sum(func.round(returned, 4)).label("returns_value"),
            func.sum(lines.c.net_sales).label("net_sales"),
            func.sum(kept * func.coalesce(lines.c.unit_cost, 0)).label("cost"),
        )
        .join_from(lines, products, products.c.product_id == lines.c.product_id)
        .where(lines.c.order_id.in_(order_ids))
        .group_by(*keys)
    )
    if category_ids:
        statement = statement.where(products.c.category_id.in_(category_ids))
    return statement.subquery("sums_of_lines")


def totals(
    scope: Scope,
    chosen: Chosen,
    as_of: date,
    names: Sequence[str],
    during: Mapping[str, ColumnElement[bool]] | None = None,
) -> list[ColumnElement[Any]]:
    """The named measures as aggregates. `during` tells, for each date basis, which orders belong
    to the measures of that basis; without it all do."""
    shown = shown_measures(scope, by_lines=chosen.by_lines)
    return [
        (_total(chosen, name, as_of, during or {}) if name in shown else _hidden(name)).label(name)
        for name in names
    ]


def in_one_currency(total: ColumnElement[Any], chosen: Chosen) -> ColumnElement[Any]:
    """The sum, or NULL where the filter names no currency and the rows are in several."""
    if chosen.currency:
        return total
    several = func.min(chosen.c.currency) != func.max(chosen.c.currency)
    return case((several, cast(null(), Money)), else_=total)


def shown_measures(scope: Scope, *, by_lines: bool) -> set[str]:
    """The measures whose columns this person sees."""
    return {
        name
        for name in MEASURES
        if name not in SUMMED or shows(scope, SUMMED[name], by_lines=by_lines)
    }


def shows(scope: Scope, column: str, *, by_lines: bool) -> bool:
    """Whether this person sees a sum that orders carry, or the lines it is made of."""
    if by_lines and not scope.sees("order_lines", _OF_LINES[column]):
        return False
    return scope.sees("orders", column)


def _total(
    chosen: Chosen, name: str, as_of: date, during: Mapping[str, ColumnElement[bool]]
) -> ColumnElement[Any]:
    orders, basis = chosen.c, _BASIS[name]
    conditions = [during[basis]] if basis in during else []
    if name == "cancelled_orders":
        conditions.append(orders.stage == "cancelled")
    elif name != "received_orders":
        conditions.append(orders.stage != "cancelled")
    if name in PROMISED:
        conditions.append(orders.promised_on < as_of)
    if name == "on_time_orders":
        conditions.append(orders.completed_on <= orders.promised_on)
    if name not in SUMMED:
        return func.count(case((and_(*conditions), 1))) if conditions else func.count()
    total = func.coalesce(func.sum(case((and_(*conditions), orders[SUMMED[name]]))), 0)
    return in_one_currency(total, chosen) if name in AMOUNTS else total


def _hidden(name: str) -> ColumnElement[Any]:
    return cast(null(), Money if name in AMOUNTS else Integer())
