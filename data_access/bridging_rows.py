"""The rows behind a part of a change between two periods: its orders and its customers. Asked of
the analytics copy, as `data_access.bridging` is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Engine, Subquery, and_, case, func, not_, or_, select

from data_access.bridging import (
    AMOUNTS,
    KEYS,
    OF_LINES,
    BothPeriods,
    CustomerGroup,
    PartBy,
    ProductGroup,
    both_periods,
    customers_of_both,
)
from data_access.filters import OrderFilter, Period, in_period, name_in
from data_access.frames import read_frame
from data_access.scope import Scope

MOST_ROWS = 50


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some of the orders of both periods: those of a group of products or customers, or of the
    `keys` of one thing (None: those that have none); `others`: of all but these keys."""

    products: ProductGroup | None = None
    customers: CustomerGroup | None = None
    by: PartBy | None = None
    keys: tuple[Any, ...] = ()
    others: bool = False

    def __post_init__(self) -> None:
        if sum(each is not None for each in (self.products, self.customers, self.by)) != 1:
            raise ValueError("a part is one of products, of customers, or of one thing")


def list_orders_of_part(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    before: Period,
    part: Part,
    language: str = "en",
    limit: int = MOST_ROWS,
) -> pd.DataFrame:
    """order_id, order_number, ordered_on, is_now (1: of the period, 0: of the one before),
    customer, channel_name, stage; net_sales, returns_value and cost, for products and categories of
    their lines alone. The largest net sales first, for returns the largest returns."""
    by_line = part.products is not None or part.by in OF_LINES
    both = both_periods(scope, order_filter, as_of, before, by_line=by_line)
    either = or_(both.now, both.before)
    names = ("net_sales", "returns_value", "cost")
    sums = [both.sum_of(name, either).label(name) for name in names]
    summed = (
        both.grouped(both.c.order_id, *sums)
        .where(_is_of(part, both, lambda: both_periods(scope, order_filter, as_of, before,
                                                   by_line=by_line),
                      lambda: customers_of_both(scope, order_filter, as_of, before)))
        .group_by(both.c.order_id)
        .subquery("summed")
    )  # fmt: skip
    largest = summed.c.returns_value if part.products == "returns" else summed.c.net_sales
    size = func.round(func.abs(func.coalesce(largest, 0)), 4).label("size")
    # names are looked up for those that are shown alone
    inside = (
        select(*summed.c, size)
        .order_by(size.desc(), summed.c.order_id)
        .limit(limit)
        .subquery("inside")
    )
    orders = scope.visible.orders
    customers, channels = scope.visible.customers, scope.visible.channels
    assert order_filter.period is not None
    statement = (
        select(
            orders.c.order_id,
            orders.c.order_number,
            orders.c.ordered_on,
            case((in_period(orders.c.ordered_on, order_filter.period), 1), else_=0).label("is_now"),
            name_in(language, customers).label("customer"),
            func.coalesce(name_in(language, channels), orders.c.channel).label("channel_name"),
            orders.c.stage,
            *(inside.c[name] for name in names),
        )
        .select_from(inside)
        .join(orders, orders.c.order_id == inside.c.order_id)
        .outerjoin(customers, customers.c.customer_id == orders.c.customer_id)
        .outerjoin(channels, channels.c.channel == orders.c.channel)
        .order_by(inside.c.size.desc(), inside.c.order_id)
    )
    return read_frame(engine, statement)


def list_customers_of_group(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    before: Period,
    customer_group: CustomerGroup,
    language: str = "en",
    limit: int = MOST_ROWS,
) -> pd.DataFrame:
    """customer_id, customer, net_sales, cost, before_net_sales and before_cost of the customers of
    the group whose net sales changed most."""
    each, customers = customers_of_both(scope, order_filter, as_of, before), scope.visible.customers
    changed = func.coalesce(each.c.net_sales - each.c.before_net_sales, 0)
    statement = (
        select(
            each.c.customer_id,
            name_in(language, customers).label("customer"),
            *(column for column in each.c if column.name.endswith(AMOUNTS)),
        )
        .outerjoin_from(each, customers, customers.c.customer_id == each.c.customer_id)
        .where(each.c.customer_group == customer_group, each.c.customer_id.is_not(None))
        .order_by(func.round(func.abs(changed), 4).desc(), each.c.customer_id)
        .limit(limit)
    )
    return read_frame(engine, statement)


def _is_of(
    part: Part,
    both: BothPeriods,
    again: Callable[[], BothPeriods],
    customers: Callable[[], Subquery],
) -> ColumnElement[bool]:
    """Whether a row of `both` is of the part; `again` is the same once more, to be grouped."""
    if part.customers == "nobody":
        return both.c.customer_id.is_(None)  # type: ignore[no-any-return]
    if part.customers:
        found = customers()
        wanted = select(found.c.customer_id).where(found.c.customer_group == part.customers)
        return both.c.customer_id.in_(wanted)  # type: ignore[no-any-return]
    if part.by:
        return _has_key(both.c[KEYS[part.by]], part.keys, others=part.others)
    if part.products == "charges":
        is_charge: ColumnElement[bool] = not_(both.c.is_goods)
        return is_charge
    if part.products == "returns":
        return and_(both.c.is_goods, both.c.returned_units != 0)
    each = again()
    is_now, was = (
        func.coalesce(func.sum(case((during, each.c.units))), 0) > 0
        for during in (each.now, each.before)
    )
    groups = {
        "both": and_(is_now, was), "new": and_(is_now, not_(was)), "gone": and_(not_(is_now), was),
        "corrections": and_(not_(is_now), not_(was)),
    }  # fmt: skip
    wanted = (
        each.grouped(each.c.product_id)
        .where(each.c.is_goods)
        .group_by(each.c.product_id)
        .having(groups[str(part.products)])
    )
    return both.c.product_id.in_(wanted)  # type: ignore[no-any-return]


def _has_key(
    column: ColumnElement[Any], keys: tuple[Any, ...], *, others: bool
) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.in_([key for key in keys if key is not None])
    if None in keys:
        found = or_(found, column.is_(None))
    if not others:
        return found
    known: ColumnElement[bool] = func.coalesce(found, False)
    return not_(known)
