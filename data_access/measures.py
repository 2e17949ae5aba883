"""What is summed over orders, each measure by the date it belongs to: sales by order date, shipped
and returned units by shipment date, punctuality by promised date. Cancelled orders count only
where a measure says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Integer,
    and_,
    case,
    cast,
    distinct,
    func,
    literal,
    null,
    select,
    type_coerce,
)

from data_access.columns import Money
from data_access.filters import OrderFilter, has_category, key_predicates, order_predicates
from data_access.roll_ups import OF_LINES, has_roll_ups
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
    live: bool = False  # cancelled orders are left out already
    rolled_up: bool = False  # a row stands for as many orders as its `orders` says

    @property
    def c(self) -> Any:
        return self.orders.c

    def count(self, *conditions: ColumnElement[bool]) -> ColumnElement[int]:
        """How many orders meet the conditions."""
        if self.rolled_up:
            told = case((and_(*conditions), self.c.orders)) if conditions else self.c.orders
            return func.coalesce(func.sum(told), 0, type_=Integer())
        one = self.c.order_id if self.by_lines else literal(1, Integer)
        counted = case((and_(*conditions), one)) if conditions else one
        return func.count(distinct(counted)) if self.by_lines else func.count(counted)


def chosen_orders(
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    *,
    during: ColumnElement[bool] | None = None,
    by_line: bool = False,
    live: bool = False,
) -> Chosen:
    """The visible orders that the filter chooses, with their own sums; with categories wanted,
    those of the categories' lines, one row per line. `during`, over `scope.visible.orders`, stands
    for the period; `by_line` gives one row per line with its product_id, category_id, is_goods and
    sold_cost (of all its units, those that came back included); `live` leaves cancelled orders out,
    which is quicker than to pass over them in each measure."""
    orders, currency = scope.visible.orders, order_filter.currency
    dated = [] if during is None else [during]
    by_lines = by_line or bool(order_filter.category_ids)
    wanted = replace(order_filter, category_ids=()) if by_lines else order_filter
    predicates = dated + order_predicates(scope, wanted, as_of, dated=during is None)
    if live:
        predicates.append(orders.c.stage != "cancelled")
    if order_filter.returned and order_filter.category_ids:
        predicates.append(has_category(scope, order_filter.category_ids, returned=True))
    if not by_lines:
        return Chosen(orders, predicates, False, currency, live)
    lines, products = scope.visible.order_lines, scope.visible.products
    if order_filter.category_ids:
        predicates.append(products.c.category_id.in_(order_filter.category_ids))
    named = [column for column in orders.c if column.name not in _OF_LINES]
    joined = (
        select(
            *named,
            lines.c.product_id,
            products.c.category_id,
            products.c.is_goods,
            *_of_line(lines.c),
        )
        .select_from(orders)
        .join(lines, lines.c.order_id == orders.c.order_id)
        .join(products, products.c.product_id == lines.c.product_id)
        .where(*predicates)
    )
    return Chosen(joined.subquery("orders_by_lines"), [], True, currency, live)


def rolled_up_orders(
    scope: Scope,
    engine: Engine,
    order_filter: OrderFilter,
    name: str,
    during: Callable[[Any], ColumnElement[bool]] | None = None,
    *,
    live: bool = False,
) -> Chosen | None:
    """As `chosen_orders`, from the roll-up `name`; None where the engine has none, or the question
    or the person's rights are about more than it knows. `during`, of its columns, stands for the
    period."""
    beyond = replace(order_filter, period=None, stages=(), channels=(), region_ids=())
    if not has_roll_ups(engine) or not order_filter.currency:
        return None
    if beyond != OrderFilter(currency=order_filter.currency):
        return None
    sums = scope.visible.roll_up(name)
    if sums is None:
        return None
    predicates = [] if during is None else [during(sums.c)]
    predicates += key_predicates(sums.c, order_filter)
    if live:
        predicates.append(sums.c.stage != "cancelled")
    of_lines = name in OF_LINES
    return Chosen(sums, predicates, of_lines, order_filter.currency, live, rolled_up=True)


def _of_line(lines: Any) -> list[ColumnElement[Any]]:
    returned = lines.returned_quantity * lines.unit_price * (1 - lines.discount_rate)
    kept = lines.quantity - lines.returned_quantity
    return [
        lines.quantity.label("units"),
        lines.returned_quantity.label("returned_units"),
        type_coerce(lines.quantity * lines.unit_price, Money).label("gross_sales"),
        func.round(returned, 4, type_=Money).label("returns_value"),
        lines.net_sales,
        type_coerce(kept * func.coalesce(lines.unit_cost, 0), Money).label("cost"),
        type_coerce(lines.quantity * func.coalesce(lines.unit_cost, 0), Money).label("sold_cost"),
    ]


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
    elif name != "received_orders" and not chosen.live:
        conditions.append(orders.stage != "cancelled")
    if name in PROMISED:
        conditions.append(orders.promised_on < as_of)
    if name == "on_time_orders" and chosen.rolled_up:
        return func.coalesce(func.sum(case((and_(*conditions), orders.on_time_orders))), 0)
    if name == "on_time_orders":
        conditions.append(orders.completed_on <= orders.promised_on)
    if name == "orders" and chosen.by_lines and not chosen.live:
        # counting distinct orders is dear, and these two are asked for as well
        return _total(chosen, "received_orders", as_of, during) - _total(
            chosen, "cancelled_orders", as_of, during
        )
    if name not in SUMMED:
        return chosen.count(*conditions)
    summed = orders[SUMMED[name]]
    total = func.coalesce(func.sum(case((and_(*conditions), summed)) if conditions else summed), 0)
    return in_one_currency(total, chosen) if name in AMOUNTS else total


def _hidden(name: str) -> ColumnElement[Any]:
    return cast(null(), Money if name in AMOUNTS else Integer())
