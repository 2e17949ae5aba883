"""What filters can be set to, as far as the person sees it; the most used first."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Engine, FromClause, Select, Subquery, case, func, or_, select

from data_access.filters import name_in
from data_access.frames import read_frame, read_row
from data_access.scope import Scope
from data_access.searching import named_so


def list_channels(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """channel, name, orders: the channels with orders."""
    channels = scope.visible.channels
    used = _used(scope, scope.visible.orders.c.channel)
    return _options(engine, used, "channel", channels, channels.c.channel, language)


def list_regions(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """region_id, name, orders: the regions with orders."""
    regions = scope.visible.regions
    used = _used(scope, scope.visible.orders.c.region_id)
    return _options(engine, used, "region_id", regions, regions.c.region_id, language)


def list_reps(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """owner_id, name, orders: the employees who took orders."""
    employees = scope.visible.employees
    used = _used(scope, scope.visible.orders.c.owner_id)
    return _options(engine, used, "owner_id", employees, employees.c.employee_id, language)


def list_categories(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """category_id, name, products: the categories, by the number of their products."""
    categories = scope.visible.categories
    products = scope.visible.products.c
    used = (
        select(products.category_id.label("key"), func.count().label("products"))
        .where(products.category_id.is_not(None))
        .group_by(products.category_id)
        .subquery("used")
    )
    return _options(
        engine, used, "category_id", categories, categories.c.category_id, language, "products"
    )


def list_currencies(engine: Engine, scope: Scope) -> pd.DataFrame:
    """currency, orders."""
    used = _used(scope, scope.visible.orders.c.currency).c
    statement = select(used.key.label("currency"), used.orders)
    return read_frame(engine, statement.order_by(used.orders.desc(), used.key))


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


def _used(scope: Scope, column: ColumnElement[Any]) -> Subquery:
    return (
        select(column.label("key"), func.count().label("orders"))
        .select_from(scope.visible.orders)
        .where(column.is_not(None))
        .group_by(column)
        .subquery("used")
    )


def _options(
    engine: Engine,
    used: FromClause,
    key_name: str,
    relation: FromClause,
    key: ColumnElement[Any],
    language: str,
    count_name: str = "orders",
) -> pd.DataFrame:
    count, name = used.c[count_name], name_in(language, relation)
    statement: Select[Any] = (
        select(used.c.key.label(key_name), name.label("name"), count)
        .select_from(used)
        .join(relation, key == used.c.key)
        .order_by(count.desc(), used.c.key)
    )
    return read_frame(engine, statement)
