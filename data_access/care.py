"""Whom to call in the coming days without a matter of business: birthdays, the days on which
customers first ordered, and deliveries that nobody asked about. Asked of the record."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Date,
    Engine,
    Integer,
    Select,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    select,
    union_all,
)

from data_access.consent import refuses
from data_access.dialects import days_between, month_and_day
from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.scope import Scope

CareCause = Literal["birthday", "anniversary", "delivered"]
CAUSES: tuple[CareCause, ...] = ("birthday", "anniversary", "delivered")
DAYS_AHEAD = 7
DAYS_SINCE_DELIVERY = 7
MOST_YEARS = 30  # since the first order


def list_care(
    engine: Engine,
    scope: Scope,
    cause: CareCause,
    as_of: date,
    *,
    limit: int = 50,
    language: str = "en",
) -> pd.DataFrame:
    """customer_id, customer, phone, owner, due_on, days_left (from `as_of`; of a delivery, minus
    the days since), years (of an anniversary), order_number (of a delivery); the soonest first, the
    latest delivery first. Birthdays and anniversaries of today and the next DAYS_AHEAD days;
    deliveries of the last DAYS_SINCE_DELIVERY days since which nothing was logged, one for each
    customer. Customers who refused to be contacted are left out."""
    found = _found(scope, cause, as_of).subquery("found")
    customers, employees = scope.visible.customers, scope.visible.employees
    owner = select(name_in(language, employees)).where(
        employees.c.employee_id == customers.c.owner_id
    )
    days_left = days_between(literal(as_of, Date), found.c.due_on)
    order = found.c.due_on.desc() if cause == "delivered" else found.c.due_on
    statement = (
        select(
            customers.c.customer_id,
            name_in(language, customers).label("customer"),
            customers.c.phone,
            owner.scalar_subquery().label("owner"),
            found.c.due_on,
            days_left.label("days_left"),
            found.c.years,
            found.c.order_number,
        )
        .join_from(found, customers, customers.c.customer_id == found.c.customer_id)
        .where(~refuses(customers))
        .order_by(order, customers.c.customer_id)
        .limit(max(1, min(limit, 500)))
    )
    return read_frame(engine, statement)


def sum_care(engine: Engine, scope: Scope, as_of: date) -> pd.DataFrame:
    """cause, customers, refused (left out of the list): a row for each cause that there is."""
    found = union_all(*(_cause_of(scope, cause, as_of) for cause in CAUSES)).subquery("found")
    customers = scope.visible.customers
    refused = refuses(customers)
    statement = (
        select(
            found.c.cause,
            func.count(case((~refused, 1))).label("customers"),
            func.count(case((refused, 1))).label("refused"),
        )
        .join_from(found, customers, customers.c.customer_id == found.c.customer_id)
        .group_by(found.c.cause)
        .order_by(found.c.cause)
    )
    return read_frame(engine, statement)


def _cause_of(scope: Scope, cause: CareCause, as_of: date) -> Select[Any]:
    found = _found(scope, cause, as_of).subquery(cause)
    return select(literal(cause).label("cause"), found.c.customer_id)


def _found(scope: Scope, cause: CareCause, as_of: date) -> Select[Any]:
    match cause:
        case "birthday":
            return _birthdays(scope, as_of)
        case "anniversary":
            return _anniversaries(scope, as_of)
        case "delivered":
            return _deliveries(scope, as_of)


def _row(
    customer_id: ColumnElement[Any],
    due_on: ColumnElement[Any],
    years: ColumnElement[Any] | None = None,
    order_number: ColumnElement[Any] | None = None,
) -> Select[Any]:
    none: ColumnElement[Any] = null()
    return select(
        customer_id.label("customer_id"),
        due_on.label("due_on"),
        cast(none if years is None else years, Integer).label("years"),
        (none if order_number is None else order_number).label("order_number"),
    )


def _days_ahead(as_of: date) -> list[date]:
    return [as_of + timedelta(days=days) for days in range(DAYS_AHEAD + 1)]


def _birthdays(scope: Scope, as_of: date) -> Select[Any]:
    """Who is born on February 29 is congratulated on the 28th in other years."""
    customers = scope.visible.customers.c
    said = month_and_day(customers.born_on)
    due: dict[int, date] = {}
    for day in _days_ahead(as_of):
        due[day.month * 100 + day.day] = day
        if (day.month, day.day) == (2, 28) and (day + timedelta(days=1)).day == 1:
            due[229] = day
    day_of = case({key: literal(day, Date) for key, day in due.items()}, value=said)
    return _row(customers.customer_id, day_of).where(said.in_(list(due)))


def _anniversaries(scope: Scope, as_of: date) -> Select[Any]:
    """Looked for by the days themselves, which an index knows, and only the first orders kept."""
    orders = scope.visible.orders
    earlier = orders.alias("earlier")
    days = {
        day.replace(year=day.year - years): (day, years)
        for day in _days_ahead(as_of)
        for years in range(1, MOST_YEARS + 1)
        if (day.month, day.day) != (2, 29)
    }
    due = case(
        {start: literal(day, Date) for start, (day, _years) in days.items()},
        value=orders.c.ordered_on,
    )
    years = case({start: years for start, (_day, years) in days.items()}, value=orders.c.ordered_on)
    first = (
        select(earlier.c.order_id)
        .where(earlier.c.customer_id == orders.c.customer_id, earlier.c.stage != "cancelled")
        .order_by(earlier.c.ordered_at, earlier.c.order_id)
        .limit(1)
    )
    return _row(orders.c.customer_id, due, years).where(
        orders.c.ordered_on.in_(list(days)),
        orders.c.order_id == first.correlate(orders).scalar_subquery(),
    )


def _deliveries(scope: Scope, as_of: date) -> Select[Any]:
    orders, interactions = scope.visible.orders.c, scope.visible.interactions.c
    latest_first = (orders.completed_at.desc(), orders.order_id.desc())
    recent = (
        select(
            orders.customer_id,
            orders.completed_on,
            orders.completed_at,
            orders.order_number,
            func.row_number()
            .over(partition_by=orders.customer_id, order_by=latest_first)
            .label("place"),
        )
        .where(
            orders.stage == "completed",
            orders.completed_on.between(as_of - timedelta(days=DAYS_SINCE_DELIVERY), as_of),
            orders.completed_at.is_not(None),
        )
        .subquery("recent")
        .c
    )
    asked_since = exists(1).where(
        interactions.customer_id == recent.customer_id,
        interactions.happened_at >= recent.completed_at,
    )
    return _row(recent.customer_id, recent.completed_on, order_number=recent.order_number).where(
        recent.place == 1, ~asked_since
    )
