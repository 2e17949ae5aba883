"""What filters can be set to, as far as the person sees it; the most used first."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Integer,
    Select,
    String,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from data_access.filters import name_in
from data_access.frames import read_frame, read_row
from data_access.roll_ups import has_roll_ups
from data_access.scope import Scope
from data_access.searching import named_so


def count_orders_by_option(engine: Engine, scope: Scope) -> pd.DataFrame:
    """option (channel, currency, region_id, owner_id), word (of the first two) or number (of the
    others), orders: what occurs in orders, the most used first."""
    sums = scope.visible.roll_up("orders_by_owner") if has_roll_ups(engine) else None
    orders = (scope.visible.orders if sums is None else sums).c
    counted = func.count() if sums is None else func.sum(sums.c.orders, type_=Integer())
    legs = [_used(orders[name], counted, word=True) for name in ("channel", "currency")]
    legs += [_used(orders[name], counted, word=False) for name in ("region_id", "owner_id")]
    used = union_all(*legs).subquery("used").c
    return read_frame(
        engine,
        select(used.option, used.word, used.number, used.orders).order_by(
            used.option, used.orders.desc(), used.word, used.number
        ),
    )


def list_channels(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """channel, name; in the order of their names."""
    channels = scope.visible.channels
    return _named(engine, channels, channels.c.channel, language)


def list_regions(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """region_id, name; in the order of their names."""
    regions = scope.visible.regions
    return _named(engine, regions, regions.c.region_id, language)


def list_reps(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """employee_id, name; in the order of their names."""
    employees = scope.visible.employees
    return _named(engine, employees, employees.c.employee_id, language)


def list_categories(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """category_id, name, products: the categories, by the number of their products."""
    categories, products = scope.visible.categories, scope.visible.products
    count = func.count().label("products")
    statement = (
        select(categories.c.category_id, name_in(language, categories).label("name"), count)
        .join(products, products.c.category_id == categories.c.category_id)
        .group_by(categories.c.category_id, name_in(language, categories))
        .order_by(count.desc(), categories.c.category_id)
    )
    return read_frame(engine, statement)


def find_data_span(
    engine: Engine, scope: Scope, currency: str | None = None
) -> dict[str, date | None]:
    """first_on and last_on: the days of the first and last order the person sees, of one currency
    where it is named; None when there is none."""
    orders = scope.visible.orders.c
    wanted = [orders.currency == currency] if currency else []
    first = select(func.min(orders.ordered_on)).where(*wanted).scalar_subquery()
    last = select(func.max(orders.ordered_on)).where(*wanted).scalar_subquery()
    row = read_row(engine, select(first.label("first_on"), last.label("last_on")))
    return row or {"first_on": None, "last_on": None}


def list_customers_named(
    engine: Engine, scope: Scope, words: str, language: str = "en", limit: int = 20
) -> pd.DataFrame:
    """customer_id, name, city: customers whose name, in any language, or phone as this person
    sees it holds the words; names that start with them first, then by name."""
    customers = scope.visible.customers
    name = name_in(language, customers)
    names = (customers.c.name, customers.c.name_zh)
    starts = or_(*(column.istartswith(words, autoescape=True) for column in names))
    statement = (
        select(customers.c.customer_id, name.label("name"), customers.c.city)
        .where(named_so(customers.c, words))
        .order_by(func.coalesce(starts, False).desc(), name, customers.c.customer_id)
        .limit(max(1, min(limit, 100)))
    )
    return read_frame(engine, statement)


def find_what_is_recorded(engine: Engine, scope: Scope) -> dict[str, Any]:
    """payments: there are any, or days on which they are due; costs: orders know theirs. Without,
    that nothing was paid, or that all sales are margin, would be a guess."""
    orders, payments = scope.visible.orders.c, scope.visible.payments.c
    any_payment = select(payments.payment_id).exists()
    any_due_day = select(orders.order_id).where(orders.due_on.is_not(None)).exists()
    any_cost = select(orders.order_id).where(orders.cost != 0).exists()
    row = read_row(
        engine,
        select(
            case((any_payment | any_due_day, 1), else_=0).label("payments"),
            case((any_cost, 1), else_=0).label("costs"),
        ),
    )
    return {name: bool(row and row[name]) for name in ("payments", "costs")}


def _used(column: ColumnElement[Any], counted: ColumnElement[int], *, word: bool) -> Select[Any]:
    absent = cast(null(), Integer if word else String)
    return (
        select(
            literal(column.key).label("option"),
            (column if word else absent).label("word"),
            (absent if word else column).label("number"),
            counted.label("orders"),
        )
        .where(column.is_not(None))
        .group_by(column)
        .having(counted > 0)
    )


def _named(
    engine: Engine, relation: FromClause, key: ColumnElement[Any], language: str
) -> pd.DataFrame:
    name = name_in(language, relation).label("name")
    return read_frame(engine, select(key, name).order_by(name, key))
