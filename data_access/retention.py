"""Whether customers come back: month by month after the first order, and within a year.

Customers, their orders and cohorts are those of `data_access.value`.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import ColumnElement, Engine, FromClause, Subquery, case, func, select

from data_access.filters import in_period, name_in
from data_access.frames import read_frame
from data_access.scope import Scope
from data_access.value import (
    ValueFilter,
    bought,
    chosen_customers,
    is_chosen,
    last_year,
    month_of,
)

RepurchaseCut = Literal["channel", "region", "source"]


def sum_retention(
    engine: Engine, scope: Scope, value_filter: ValueFilter, as_of: date
) -> pd.DataFrame:
    """first_month, month_number (0: the month of the first order), customers (who ordered in that
    month): a row for each month of each cohort in which anybody ordered."""
    orders = scope.visible.orders.c
    month = month_of(orders.ordered_on)
    months = (
        select(orders.customer_id, month.label("month"))
        .where(*bought(scope, value_filter, as_of))
        .distinct()
        .cte("months")
    )
    first = (
        select(months.c.customer_id, func.min(months.c.month).label("first_month"))
        .where(is_chosen(scope, value_filter, months.c.customer_id))
        .group_by(months.c.customer_id)
        .subquery("firsts")
    )
    number = (months.c.month - first.c.first_month).label("month_number")
    statement = (
        select(
            first.c.first_month,
            number,
            func.count().label("customers"),
        )
        .join_from(months, first, first.c.customer_id == months.c.customer_id)
        .group_by(first.c.first_month, number)
        .order_by(first.c.first_month, number)
    )
    return read_frame(engine, statement)


def sum_repurchase(
    engine: Engine, scope: Scope, value_filter: ValueFilter, ends: tuple[date, ...]
) -> pd.DataFrame:
    """end_on, customers (with an order in the 365 days up to then), repeaters (with two or more):
    a row for each of the days, in their order."""
    orders = scope.visible.orders.c
    counts = [
        func.count(case((in_period(orders.ordered_on, last_year(end)), 1))).label(f"orders_{place}")
        for place, end in enumerate(ends)
    ]
    earliest = last_year(min(ends)).start
    per_customer = (
        select(orders.customer_id, *counts)
        .where(*bought(scope, value_filter, max(ends)), orders.ordered_on >= earliest)
        .group_by(orders.customer_id)
        .subquery("per_customer")
    )
    is_wanted = is_chosen(scope, value_filter, per_customer.c.customer_id)
    buyers = _buyers_and_repeaters(per_customer)
    wide = read_frame(engine, select().add_columns(*buyers).where(is_wanted))
    return pd.DataFrame(
        {
            "end_on": pd.to_datetime(list(ends)).as_unit("us"),
            "customers": [int(wide[f"customers_{place}"].iloc[0]) for place in range(len(ends))],
            "repeaters": [int(wide[f"repeaters_{place}"].iloc[0]) for place in range(len(ends))],
        }
    )


def sum_repurchase_by(
    engine: Engine,
    scope: Scope,
    value_filter: ValueFilter,
    as_of: date,
    cut: RepurchaseCut,
    language: str = "en",
) -> pd.DataFrame:
    """name (NULL: none), customers (with an order in the last year: of a channel, through it),
    repeaters (with two or more), previous_customers, previous_repeaters (of the year before); the
    most customers first."""
    orders, customers = scope.visible.orders.c, scope.visible.customers.c
    now = last_year(as_of)
    years = (now, last_year(now.start - timedelta(days=1)))
    counts = [
        func.count(case((in_period(orders.ordered_on, year), 1))).label(f"orders_{place}")
        for place, year in enumerate(years)
    ]
    parts = (orders.customer_id, *([orders.channel] if cut == "channel" else []))
    per_customer = (
        select(*parts, *counts)
        .where(*bought(scope, value_filter, as_of), orders.ordered_on >= years[1].start)
        .group_by(*parts)
        .subquery("per_customer")
    )
    by_customer = {"region": customers.region_id, "source": customers.source}
    key = per_customer.c.channel if cut == "channel" else by_customer[cut]
    sums = (
        select(key.label("key"), *_buyers_and_repeaters(per_customer))
        .join_from(
            per_customer,
            scope.visible.customers,
            customers.customer_id == per_customer.c.customer_id,
        )
        .where(*chosen_customers(scope, value_filter))
        .group_by(key)
        .subquery("sums")
    )
    named = {"channel": scope.visible.channels, "region": scope.visible.regions}
    name: ColumnElement[Any] = sums.c.key
    from_clause: FromClause = sums
    if cut in named:
        relation = named[cut]
        name = name_in(language, relation)
        named_by = relation.c["channel" if cut == "channel" else "region_id"]
        from_clause = sums.outerjoin(relation, named_by == sums.c.key)
    statement = (
        select(
            name.label("name"),
            sums.c.customers_0.label("customers"),
            sums.c.repeaters_0.label("repeaters"),
            sums.c.customers_1.label("previous_customers"),
            sums.c.repeaters_1.label("previous_repeaters"),
        )
        .select_from(from_clause)
        .order_by(sums.c.customers_0.desc(), sums.c.key)
    )
    return read_frame(engine, statement)


def _buyers_and_repeaters(per_customer: Subquery) -> list[ColumnElement[int]]:
    counts = [column for column in per_customer.c if column.name.startswith("orders_")]
    return [
        func.count(case((column >= least, 1))).label(f"{name}_{place}")
        for place, column in enumerate(counts)
        for name, least in (("customers", 1), ("repeaters", 2))
    ]
