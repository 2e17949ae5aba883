"""What customers are worth: so far, last year, in the year to come, and by when they were won.

A customer's orders are those that were not cancelled, up to `as_of`, in the filter's currency;
`12m` is the 365 days that end on `as_of`, `prior_12m` the 365 before. A cohort is the customers
whose first order is of the same month; months are counted from 0 for January of the year 0. What is
predicted is what the last refresh stored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Double,
    Engine,
    Integer,
    Subquery,
    and_,
    case,
    cast,
    extract,
    func,
    select,
)

from data_access.filters import Period, in_period
from data_access.frames import read_frame
from data_access.scope import Scope

YEAR = 365
_SUMMED = ("orders", "net_sales", "net_sales_12m", "net_sales_prior_12m")
# an interval of 80 % is so many standard deviations wide
_WIDTH = 2.5631
_REFRESHES_LOOKED_AT = 20


@dataclass(frozen=True, kw_only=True)
class ValueFilter:
    """Whose value: customers of these regions, sales reps and sources (of all, where none is
    named), in one currency."""

    currency: str
    region_ids: tuple[int, ...] = ()
    owner_ids: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in ("region_ids", "owner_ids", "sources"):
            object.__setattr__(self, name, tuple(sorted(set(getattr(self, name)))))


def last_year(as_of: date) -> Period:
    """The 365 days that end on `as_of`."""
    return Period(as_of - timedelta(days=YEAR - 1), as_of)


def list_sources(engine: Engine, scope: Scope) -> pd.DataFrame:
    """source, customers: how customers were won, the most first."""
    customers, count = scope.visible.customers.c, func.count().label("customers")
    return read_frame(
        engine,
        select(customers.source, count)
        .where(customers.source.is_not(None), customers.source != "")
        .group_by(customers.source)
        .order_by(count.desc(), customers.source),
    )


def sum_value_by_cohort(
    engine: Engine, scope: Scope, value_filter: ValueFilter, as_of: date
) -> pd.DataFrame:
    """A row for each month with first orders, the earliest first: first_month, customers,
    customers_12m (who ordered in the last year), orders, net_sales, net_sales_12m,
    net_sales_prior_12m; of those who are scored: scored, expected_orders, predicted_value (of 12
    months), variance (of that sum, were customers independent), scored_on (NULL: nobody is)."""
    found = with_scores(scope, value_filter, as_of)
    month = month_of(found.c.first_on)
    columns: list[Any] = [
        month.label("first_month"),
        func.count().label("customers"),
        func.count(case((found.c.orders_12m > 0, 1))).label("customers_12m"),
        *(func.sum(found.c[name]).label(name) for name in _SUMMED),
        *_predicted(found),
        func.max(found.c.scored_on).label("scored_on"),
    ]
    return read_frame(engine, select(*columns).group_by(month).order_by(month))


def sum_sales_by_tenth(
    engine: Engine, scope: Scope, value_filter: ValueFilter, as_of: date
) -> pd.DataFrame:
    """tenth (1: the tenth of the last year's customers who bought most), customers, net_sales (of
    that year)."""
    orders = scope.visible.orders.c
    sums = (
        select(orders.customer_id, func.sum(orders.net_sales).label("net_sales"))
        .where(
            *bought(scope, value_filter, as_of),
            in_period(orders.ordered_on, last_year(as_of)),
        )
        .group_by(orders.customer_id)
        .subquery("sums")
    )
    best_first = (sums.c.net_sales.desc(), sums.c.customer_id)
    per_customer = (
        select(
            cast(func.ntile(10).over(order_by=best_first), Integer).label("tenth"),
            sums.c.net_sales,
        )
        .where(is_chosen(scope, value_filter, sums.c.customer_id))
        .subquery("per_customer")
    )
    tenth = per_customer.c.tenth
    return read_frame(
        engine,
        select(
            tenth,
            func.count().label("customers"),
            func.sum(per_customer.c.net_sales).label("net_sales"),
        )
        .group_by(tenth)
        .order_by(tenth),
    )


def find_shared_error(engine: Engine, scope: Scope) -> dict[str, Any]:
    """shared_error: how far expected orders were off at earlier days, for all customers alike, as a
    standard deviation on the logarithmic scale; None where no refresh knows it. Asked of the
    record."""
    refreshes = scope.visible.refreshes.c
    latest = (
        select(refreshes.facts)
        .where(refreshes.state == "done", refreshes.facts.is_not(None))
        .order_by(refreshes.refresh_id.desc())
        .limit(_REFRESHES_LOOKED_AT)
    )
    for facts in read_frame(engine, latest)["facts"]:
        known = _number_in(facts, "shared_error")
        if known is not None:
            return {"shared_error": known}
    return {"shared_error": None}


def _number_in(facts: str, name: str) -> float | None:
    """The number of this name in a JSON object, or in one that stands in it."""
    try:
        said = json.loads(facts)
    except ValueError:
        return None
    for part in [said, *said.values()] if isinstance(said, dict) else []:
        number = part.get(name) if isinstance(part, dict) else None
        if isinstance(number, int | float) and not isinstance(number, bool):
            return float(number)
    return None


def chosen_customers(scope: Scope, value_filter: ValueFilter) -> list[ColumnElement[bool]]:
    """Predicates over `scope.visible.customers`."""
    customers = scope.visible.customers.c
    return [
        column.in_(values)
        for column, values in (
            (customers.region_id, value_filter.region_ids),
            (customers.owner_id, value_filter.owner_ids),
            (customers.source, value_filter.sources),
        )
        if values
    ]


def bought(scope: Scope, value_filter: ValueFilter, as_of: date) -> list[ColumnElement[bool]]:
    """Predicates over `scope.visible.orders`: those that count."""
    orders = scope.visible.orders.c
    return [
        orders.stage != "cancelled",
        orders.currency == value_filter.currency,
        orders.ordered_on <= as_of,
        orders.customer_id.is_not(None),
    ]


def is_chosen(
    scope: Scope, value_filter: ValueFilter, customer_id: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Whether it is one of the visible customers whom the filter chooses: asked of sums, of which
    there are fewer than orders."""
    customers = scope.visible.customers.c
    chosen = select(customers.customer_id).where(*chosen_customers(scope, value_filter))
    return customer_id.in_(chosen)


def with_scores(scope: Scope, value_filter: ValueFilter, as_of: date) -> Subquery:
    """A row for each customer: what they bought, and what the last refresh expects of them."""
    orders, scores = scope.visible.orders.c, scope.visible.customer_scores
    now = last_year(as_of)
    prior = last_year(now.start - timedelta(days=1))
    in_year, in_prior = (in_period(orders.ordered_on, year) for year in (now, prior))
    sums = (
        select(
            orders.customer_id,
            func.min(orders.ordered_on).label("first_on"),
            func.max(orders.ordered_on).label("last_on"),
            func.count().label("orders"),
            func.count(case((in_year, 1))).label("orders_12m"),
            func.sum(orders.net_sales).label("net_sales"),
            func.sum(case((in_year, orders.net_sales), else_=0)).label("net_sales_12m"),
            func.sum(case((in_prior, orders.net_sales), else_=0)).label("net_sales_prior_12m"),
        )
        .where(*bought(scope, value_filter, as_of))
        .group_by(orders.customer_id)
        .subquery("sums")
    )
    return (
        select(
            *sums.c,
            scores.c.as_of_on.label("scored_on"),
            scores.c.expected_orders_12m.label("expected_orders"),
            scores.c.predicted_value_12m.label("predicted_value"),
            scores.c.predicted_low,
            scores.c.predicted_high,
            scores.c.silent_90,
        )
        .outerjoin_from(
            sums,
            scores,
            and_(
                scores.c.customer_id == sums.c.customer_id,
                scores.c.currency == value_filter.currency,
            ),
        )
        .where(is_chosen(scope, value_filter, sums.c.customer_id))
        .subquery("with_scores")
    )


def _predicted(found: Subquery) -> list[ColumnElement[Any]]:
    return [
        func.count(found.c.predicted_value).label("scored"),
        func.coalesce(func.sum(found.c.expected_orders), 0).label("expected_orders"),
        func.coalesce(func.sum(found.c.predicted_value), 0).label("predicted_value"),
        func.coalesce(func.sum(_variance(found)), 0.0).label("variance"),
    ]


def _variance(found: Subquery) -> ColumnElement[float]:
    """Of what one customer brings: as wide as the stored interval, and at least that of orders
    that come by chance (the interval of one who hardly ever orders is 0 wide)."""
    low, high, value, orders = (
        cast(found.c[name], Double)
        for name in ("predicted_low", "predicted_high", "predicted_value", "expected_orders")
    )
    width = (high - low) / _WIDTH
    by_chance = case((orders > 0, value * value / orders), else_=0.0)
    return case((width * width > by_chance, width * width), else_=by_chance)


def month_of(day: ColumnElement[Any]) -> ColumnElement[int]:
    """The month, counted."""
    return cast(extract("year", day) * 12 + extract("month", day) - 1, Integer)
