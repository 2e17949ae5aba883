"""Customers, one by one: the list, one customer, and whom a phone belongs to. Asked of the record,
which knows phones and addresses."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Integer,
    Select,
    String,
    Subquery,
    cast,
    func,
    literal,
    null,
    select,
    union,
    union_all,
)

from data_access.columns import Money
from data_access.customer_filter import CustomerFilter, customer_predicates, has_whole_phone
from data_access.dialects import unindexed
from data_access.errors import NotFound
from data_access.filters import name_in
from data_access.frames import read_frame, read_row
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.owing import is_owing, owed
from data_access.scope import Scope

# the last two are as the last refresh found them, and of customers who ordered
CustomerSort = Literal["name", "created_at", "grade", "last_order", "net_sales_12m", "silent_90"]
NEVER_NULL = ("name",)
YEAR_DAYS = 365
MOST_SORTED = 5_000  # customers whose last orders are looked up one by one


def list_customers(
    engine: Engine,
    scope: Scope,
    customer_filter: CustomerFilter,
    *,
    as_of: date,
    sort: CustomerSort = "name",
    descending: bool = False,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """A page of customers; `keyset.next_page(frame)` is the `after` of the next one.

    customer_id, customer, customer_type, industry, grade, source, consent, phone, city, region,
    owner, created_at, orders, net_sales_12m (365 days up to `as_of`) and owed (both in the filter's
    currency; NULL without one or where hidden), last_ordered_on; cancelled orders left out
    """
    customers = scope.visible.customers
    wanted = customer_predicates(scope, customer_filter)
    return read_page(
        engine,
        Sort(
            _sorted_by(scope, sort, language),
            customers.c.customer_id,
            descending,
            has_nulls=sort not in NEVER_NULL,
            walked=_walked(engine, scope, sort, wanted),
        ),
        select(customers).where(*wanted),
        lambda page: _shown(scope, page, customer_filter.currency, as_of, language),
        limit=limit,
        after=after,
    )


def count_customers(engine: Engine, scope: Scope, customer_filter: CustomerFilter) -> int:
    """How many customers the filter finds."""
    customers = scope.visible.customers
    statement = (
        select(func.count())
        .select_from(customers)
        .where(*customer_predicates(scope, customer_filter))
    )
    with engine.connect() as connection:
        return int(connection.scalars(statement).one())


def find_customer(
    engine: Engine, scope: Scope, customer_id: int, language: str = "en"
) -> dict[str, Any]:
    """The customer with every column of the table that the person may see, and customer (the name
    in the person's language), owner, region. Refused with NotFound."""
    customers = scope.visible.customers
    found = select(customers).where(customers.c.customer_id == customer_id).subquery("page")
    row = read_row(engine, select(found).add_columns(*_named(scope, found, language)))
    if row is None:
        raise NotFound("customer")
    return row


def find_customer_by_phone(engine: Engine, scope: Scope, words: str) -> dict[str, int | None]:
    """customer_id: of the one customer to whom the phone belongs that was typed in full, their own
    or a contact's; None where there is none, or more than one, or where phones are masked."""
    found: list[int] = []
    customers, contacts = scope.visible.customers.c, scope.visible.contacts.c
    readable = [
        (relation.customer_id, is_theirs)
        for name, relation in (("customers", customers), ("contacts", contacts))
        if scope.reads(name, "phone")
        and (is_theirs := has_whole_phone(relation.phone, words)) is not None
    ]
    if readable:
        statement = union(*(select(key).where(is_theirs) for key, is_theirs in readable)).limit(2)
        with engine.connect() as connection:
            found = [int(each) for each in connection.scalars(statement)]
    return {"customer_id": found[0] if len(found) == 1 else None}


def list_customer_options(engine: Engine, scope: Scope, language: str = "en") -> pd.DataFrame:
    """option (customer_type, industry, grade, source, segment, region_id, owner_id), word (of the
    first five) or number (of the others), name (of the others), customers: what occurs among the
    customers that the person sees, the most used first."""
    customers, scores = scope.visible.customers, scope.visible.customer_scores
    words = ("customer_type", "industry", "grade", "source")
    legs = [_used(customers, customers.c[name], None) for name in words]
    legs.append(_used(scores, scores.c.segment, None))
    for key, relation, own in (
        ("region_id", scope.visible.regions, "region_id"),
        ("owner_id", scope.visible.employees, "employee_id"),
    ):
        name = select(name_in(language, relation)).where(relation.c[own] == customers.c[key])
        legs.append(_used(customers, customers.c[key], name.scalar_subquery()))
    used = union_all(*legs).subquery("used").c
    return read_frame(
        engine,
        select(used.option, used.word, used.number, used.name, used.customers).order_by(
            used.option, used.customers.desc(), used.word, used.number
        ),
    )


def _used(
    relation: FromClause, column: ColumnElement[Any], name: ColumnElement[Any] | None
) -> Select[Any]:
    no_word, no_number = cast(null(), String), cast(null(), Integer)
    return (
        select(
            literal(column.key).label("option"),
            (column if name is None else no_word).label("word"),
            (no_number if name is None else column).label("number"),
            (cast(null(), String) if name is None else name).label("name"),
            func.count().label("customers"),
        )
        .select_from(relation)
        .where(column.is_not(None))
        .group_by(column)
    )


def _sorted_by(scope: Scope, sort: CustomerSort, language: str) -> ColumnElement[Any]:
    customers = scope.visible.customers
    match sort:
        case "name":
            return name_in(language, customers)
        case "last_order":
            return _last_order(scope, customers)
        case "net_sales_12m" | "silent_90":
            scores = scope.visible.customer_scores
            found = select(scores.c[sort]).where(scores.c.customer_id == customers.c.customer_id)
            return found.correlate(customers).scalar_subquery()
    return customers.c[sort]


def _walked(
    engine: Engine, scope: Scope, sort: CustomerSort, wanted: list[ColumnElement[bool]]
) -> tuple[Select[Any], ColumnElement[Any], ColumnElement[Any]] | None:
    """The customers by the index of the relation that knows the value, where they are many: then a
    page of them is soon found there. Of few, each is looked up and they are sorted."""
    relation: FromClause
    match sort:
        case "last_order":
            relation = scope.visible.orders.alias("last")
            value = relation.c.ordered_at
            is_one = _is_last_order(scope, relation)
        case "net_sales_12m" | "silent_90":
            relation = scope.visible.customer_scores.alias("scored")
            value = relation.c[sort]
            is_one = value.is_not(None)
        case _:
            return None
    customers = scope.visible.customers
    if not _are_many(engine, select(customers.c.customer_id).where(*wanted)):
        return None
    walk = (
        select(customers)
        # +: SQLite would look the relation up for each customer
        .join_from(
            relation, customers, customers.c.customer_id == unindexed(relation.c.customer_id)
        )
        .where(is_one, *wanted)
    )
    return walk, value, relation.c.customer_id


def _are_many(engine: Engine, customer_ids: Select[Any]) -> bool:
    with engine.connect() as connection:
        return len(connection.execute(customer_ids.limit(MOST_SORTED + 1)).all()) > MOST_SORTED


def _is_last_order(scope: Scope, orders: FromClause) -> ColumnElement[bool]:
    """One for each customer who has any; cancelled orders do not count."""
    last = _latest_first(scope, orders.c.customer_id).with_only_columns(
        scope.visible.orders.c.order_id
    )
    # an equality with what is looked up for each order: no engine makes a join of all orders of it
    return (orders.c.stage != "cancelled") & (
        orders.c.order_id == last.correlate(orders).scalar_subquery()
    )


def _last_order(scope: Scope, customers: FromClause) -> ColumnElement[Any]:
    found = _latest_first(scope, customers.c.customer_id)
    return found.correlate(customers).scalar_subquery()


def _latest_first(scope: Scope, customer_id: ColumnElement[Any]) -> Select[Any]:
    """By index: the moments of one customer's orders stand in it in their order."""
    orders = scope.visible.orders.c
    return (
        select(orders.ordered_at)
        .where(orders.customer_id == customer_id, orders.stage != "cancelled")
        .order_by(orders.ordered_at.desc(), orders.order_id.desc())
        .limit(1)
    )


def _named(scope: Scope, page: Subquery, language: str) -> list[ColumnElement[Any]]:
    employees, regions = scope.visible.employees, scope.visible.regions
    owner = select(name_in(language, employees)).where(employees.c.employee_id == page.c.owner_id)
    region = select(name_in(language, regions)).where(regions.c.region_id == page.c.region_id)
    return [
        name_in(language, page).label("customer"),
        owner.scalar_subquery().label("owner"),
        region.scalar_subquery().label("region"),
    ]


def _shown(
    scope: Scope, page: Subquery, currency: str | None, as_of: date, language: str
) -> Select[Any]:
    orders = scope.visible.orders.c
    theirs = (orders.customer_id == page.c.customer_id, orders.stage != "cancelled")
    year = (orders.ordered_on > as_of - timedelta(days=YEAR_DAYS), orders.ordered_on <= as_of)
    count = select(func.count()).where(*theirs)
    last = select(func.max(orders.ordered_on)).where(*theirs)
    return select(
        page.c.customer_id,
        *_named(scope, page, language),
        page.c.customer_type,
        page.c.industry,
        page.c.grade,
        page.c.source,
        page.c.consent,
        page.c.phone,
        page.c.city,
        page.c.created_at,
        count.scalar_subquery().label("orders"),
        _summed(orders.net_sales, currency, orders, *theirs, *year).label("net_sales_12m"),
        last.scalar_subquery().label("last_ordered_on"),
        _summed(owed(orders), currency, orders, *theirs, is_owing(orders)).label("owed"),
    )


def _summed(
    value: ColumnElement[Any], currency: str | None, orders: Any, *predicates: ColumnElement[bool]
) -> ColumnElement[Any]:
    if currency is None:
        return cast(null(), Money)
    found = select(func.sum(value)).where(orders.currency == currency, *predicates)
    return cast(found.scalar_subquery(), Money)
