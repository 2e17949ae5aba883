"""A change in sales between two periods, taken apart by products, customers, channels, regions and
categories. Asked of the analytics copy.

Sales are those of `data_access.sales`: by order date, cancelled orders left out; with a choice of
categories, of their lines. The period is the filter's, `before` the one it is compared with; the
two may overlap. Columns of the latter begin with `before_`. Amounts are in the filter's currency;
without one, or hidden from the person, they are NULL.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    null,
    select,
)

from data_access.columns import Money
from data_access.filters import OrderFilter, Period, in_any_period, in_period, name_in
from data_access.frames import read_frame
from data_access.measures import Chosen, chosen_orders, rolled_up_orders, shows
from data_access.scope import Scope

PartBy = Literal["channel", "region", "category", "product"]
ProductGroup = Literal["both", "new", "gone", "corrections", "charges", "returns"]
CustomerGroup = Literal["new", "won_back", "kept_grown", "kept_shrunk", "lost", "nobody"]
KEYS = {
    "channel": "channel", "region": "region_id", "category": "category_id",
    "product": "product_id",
}  # fmt: skip
OF_LINES = ("category", "product")
_ROLL_UPS = {
    "channel": "orders_by_ordered_on", "region": "orders_by_ordered_on",
    "category": "lines_by_ordered_on",
}  # fmt: skip
AMOUNTS = ("net_sales", "cost")
_OF_PRODUCTS = ("gross_sales", "returns_value", "net_sales", "cost", "sold_cost")


@dataclass(frozen=True)
class BothPeriods:
    """The chosen orders, or lines, of both periods."""

    scope: Scope
    chosen: Chosen
    now: ColumnElement[bool]
    before: ColumnElement[bool]

    @property
    def c(self) -> Any:
        return self.chosen.c

    def sums(self, names: tuple[str, ...]) -> list[ColumnElement[Any]]:
        """The named sums of the period and of the one before."""
        return [
            self.sum_of(name, during).label(f"{prefix}{name}")
            for prefix, during in (("", self.now), ("before_", self.before))
            for name in names
        ]

    def sum_of(self, name: str, during: ColumnElement[bool]) -> ColumnElement[Any]:
        column = "cost" if name == "sold_cost" else name
        is_money = name != "units"
        seen = shows(self.scope, column, by_lines=self.chosen.by_lines)
        if not seen or (is_money and not self.chosen.currency):
            return cast(null(), Money if is_money else Integer())
        return func.coalesce(func.sum(case((during, self.c[name]))), 0)

    def grouped(self, *columns: ColumnElement[Any]) -> Select[Any]:
        return select(*columns).select_from(self.chosen.orders).where(*self.chosen.predicates)


def sum_sales_of_two_periods(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, before: Period
) -> pd.DataFrame:
    """One row: net_sales and cost, before_net_sales and before_cost."""
    both = _summed_up(engine, scope, order_filter, as_of, before)
    return read_frame(engine, both.grouped(*both.sums(AMOUNTS)))


def sum_sales_by_product(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    before: Period,
    language: str = "en",
) -> pd.DataFrame:
    """product_id, name, is_goods (1, or 0 for charges); units (ordered), gross_sales,
    returns_value, net_sales, cost (of the units kept) and sold_cost (of all units), and the same
    of the period before; in the order of product_id."""
    both = both_periods(scope, order_filter, as_of, before, by_line=True)
    sums = (
        both.grouped(both.c.product_id, *both.sums(("units", *_OF_PRODUCTS)))
        .group_by(both.c.product_id)
        .subquery("sums")
    )
    products = scope.visible.products
    statement = (
        select(
            sums.c.product_id,
            name_in(language, products).label("name"),
            case((products.c.is_goods, 1), else_=0).label("is_goods"),
            *(column for column in sums.c if column.name != "product_id"),
        )
        .join_from(sums, products, products.c.product_id == sums.c.product_id)
        .order_by(sums.c.product_id)
    )
    return read_frame(engine, statement)


def sum_sales_by_customer_group(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, before: Period
) -> pd.DataFrame:
    """customer_group, customers, net_sales, cost, before_net_sales and before_cost of those who
    ordered in one of the periods, in the order of the names:

    new          only in this one, and never before it      won_back  likewise, but earlier once
    kept_grown   in both, at least as much net sales now    lost      only in the one before
    kept_shrunk  in both, less net sales now                nobody    orders without a customer"""
    customers = customers_of_both(scope, order_filter, as_of, before)
    amounts = [column.name for column in customers.c if column.name.endswith(AMOUNTS)]
    statement = (
        select(
            customers.c.customer_group,
            func.count(customers.c.customer_id).label("customers"),
            *(func.sum(customers.c[name], type_=Money).label(name) for name in amounts),
        )
        .group_by(customers.c.customer_group)
        .order_by(customers.c.customer_group)
    )
    return read_frame(engine, statement)


def sum_sales_by_part(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    before: Period,
    by: PartBy,
    language: str = "en",
) -> pd.DataFrame:
    """key (channel, or the id; NULL: none), name, net_sales, cost, before_net_sales and
    before_cost; in the order of the keys."""
    both = _summed_up(engine, scope, order_filter, as_of, before, by)
    key = both.c[KEYS[by]]
    occurs = [both.chosen.count() > 0] if both.chosen.rolled_up else []
    sums = (
        both.grouped(key.label("key"), *both.sums(AMOUNTS))
        .group_by(key)
        .having(*occurs)
        .subquery("sums")
    )
    relation = named(scope, by)
    statement = (
        select(sums.c.key, name_in(language, relation).label("name"))
        .add_columns(*(column for column in sums.c if column.name != "key"))
        .outerjoin_from(sums, relation, relation.c[KEYS[by]] == sums.c.key)
        .order_by(sums.c.key.is_(None), sums.c.key)
    )
    return read_frame(engine, statement)


def both_periods(
    scope: Scope, order_filter: OrderFilter, as_of: date, before: Period, *, by_line: bool = False
) -> BothPeriods:
    period = order_filter.period
    if period is None:
        raise ValueError("a change needs a period")
    during = in_any_period(scope.visible.orders.c.ordered_on, (period, before))
    chosen = chosen_orders(scope, order_filter, as_of, during=during, by_line=by_line, live=True)
    on = chosen.c.ordered_on
    return BothPeriods(scope, chosen, in_period(on, period), in_period(on, before))


def _summed_up(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    before: Period,
    by: PartBy = "channel",
) -> BothPeriods:
    """As `both_periods`, of sums of days where these know enough."""
    period = order_filter.period
    if period is None:
        raise ValueError("a change needs a period")
    periods, chosen = (period, before), None
    if by in _ROLL_UPS:
        chosen = rolled_up_orders(
            scope, engine, order_filter, _ROLL_UPS[by],
            lambda columns: in_any_period(columns.ordered_on, periods), live=True,
        )  # fmt: skip
    if chosen is None:
        return both_periods(scope, order_filter, as_of, before, by_line=by in OF_LINES)
    on = chosen.c.ordered_on
    return BothPeriods(scope, chosen, in_period(on, period), in_period(on, before))


def customers_of_both(
    scope: Scope, order_filter: OrderFilter, as_of: date, before: Period
) -> Subquery:
    """Each customer of the two periods with their group and sums."""
    both = both_periods(scope, order_filter, as_of, before)
    each = (
        both.grouped(
            both.c.customer_id,
            func.max(case((both.now, 1), else_=0)).label("is_now"),
            func.max(case((both.before, 1), else_=0)).label("is_before"),
            *both.sums(AMOUNTS),
        )
        .group_by(both.c.customer_id)
        .subquery("each")
    )
    orders, period = scope.visible.orders.c, order_filter.period
    assert period is not None
    came_back = exists().where(  # asked of these customers: all who ever bought are many more
        orders.customer_id == each.c.customer_id,
        orders.ordered_on < period.start,
        orders.stage != "cancelled",
    )
    kept = and_(each.c.is_now == 1, each.c.is_before == 1)
    grown = func.round(each.c.net_sales - each.c.before_net_sales, 4) >= 0
    group = case(
        (each.c.customer_id.is_(None), "nobody"),
        (and_(kept, grown), "kept_grown"),
        (kept, "kept_shrunk"),
        (each.c.is_before == 1, "lost"),
        (came_back, "won_back"),
        else_="new",
    )
    return select(each, group.label("customer_group")).subquery("customers_of_two_periods")


def named(scope: Scope, by: PartBy) -> FromClause:
    """What names the keys of `by`."""
    visible = scope.visible
    return {
        "channel": visible.channels,
        "region": visible.regions,
        "category": visible.categories,
        "product": visible.products,
    }[by]
