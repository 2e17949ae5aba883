"""The list of calls of a week: whom each rep is to call, why, what came of it, what happened last.

The list stands as it was made. Left out when it is read: who has refused to be contacted since, and
who is held out so that the effect shows. A customer with an order since is shown as one who bought,
whatever anybody marked.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    distinct,
    exists,
    func,
    null,
    select,
)

from data_access.consent import refuses
from data_access.dialects import days_between
from data_access.filters import OrderFilter, name_in
from data_access.frames import read_frame, read_row
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.scope import Scope

CallView = Literal["open", "done", "all"]
CallSort = Literal["expected_value", "rank"]
BOUGHT_WITHIN_DAYS = 28  # after the last day that the list knew
MARKS = ("called", "bought", "not_interested", "wrong")
MOST_WEEKS = 26
MOST_RANK = 10_000


def sum_calls(
    engine: Engine, scope: Scope, order_filter: OrderFilter, week_on: date
) -> pd.DataFrame:
    """One row: lines (all that are listed), open, called, bought, not_interested, wrong (as they
    were marked), ordered (open no more for the data have an order), refusing (left out: they refuse
    contact by now), held_out, reps, expected_value (of the open lines; NULL over several
    currencies), currency (NULL over several), listed_on (the last day that a list knew; NULL
    without one)."""
    rows = _lines(scope, order_filter, week_on).subquery("lines").c
    listed = and_(rows.is_held_out == 0, rows.is_refusing == 0)
    still_open = and_(listed, rows.mark.is_(None), rows.has_ordered == 0)
    one = func.count(distinct(case((listed, rows.currency)))) <= 1
    value = func.coalesce(func.sum(case((still_open, rows.expected_value))), 0)
    columns: list[ColumnElement[Any]] = [
        _count(listed).label("lines"),
        _count(still_open).label("open"),
        *(_count(and_(listed, rows.mark == mark)).label(mark) for mark in MARKS),
        _count(and_(listed, rows.mark.is_(None), rows.has_ordered == 1)).label("ordered"),
        _count(and_(rows.is_held_out == 0, rows.is_refusing == 1)).label("refusing"),
        _count(rows.is_held_out == 1).label("held_out"),
        func.count(distinct(case((listed, rows.employee_id)))).label("reps"),
        case((one, value), else_=null()).label("expected_value"),
        case((one, func.max(case((listed, rows.currency)))), else_=null()).label("currency"),
        func.max(rows.as_of_on).label("listed_on"),
    ]
    return read_frame(engine, select(*columns))


def list_calls(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    week_on: date,
    *,
    view: CallView = "open",
    sort: CallSort = "expected_value",
    descending: bool = True,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """call_id, week_on, customer_id, customer, phone, contact, contact_phone (of the customer's
    first contact person), consent, employee_id, rep, rank, currency, expected_value, mark, note,
    marked_product, marked_by, marked_at (NULL while nobody marked it), has_ordered (1: an order
    since the list was made), last_order_id, last_order_number, last_ordered_on, last_net_sales,
    last_currency, last_contact (its kind), last_subject, last_contact_at. `rank` sorts by rep, then
    by rank."""
    rows = _lines(scope, order_filter, week_on).subquery("lines")
    chosen = select(rows).where(rows.c.is_held_out == 0, rows.c.is_refusing == 0)
    still_open = and_(rows.c.mark_id.is_(None), rows.c.has_ordered == 0)
    if view != "all":
        chosen = chosen.where(still_open if view == "open" else ~still_open)
    by_rep = rows.c.employee_id * MOST_RANK + rows.c.rank
    value = rows.c.expected_value if sort == "expected_value" else by_rep
    return read_page(
        engine,
        Sort(value, rows.c.call_id, descending, has_nulls=False),
        chosen,
        lambda page: _shown(scope, page, language),
        limit=limit,
        after=after,
    )


def list_call_reasons(
    engine: Engine,
    scope: Scope,
    week_on: date,
    customer_ids: tuple[int, ...] = (),
    *,
    language: str = "en",
) -> pd.DataFrame:
    """customer_id, cause, product_id, product, probability, value, expected_value, quantity,
    orders, last_ordered_on, usual_gap_days, expected_on, counted, counted_of, taken_rate,
    source_product: why each of the customers (without any: all) is on the list of the week, what
    is worth the most first."""
    visible = scope.visible
    reasons, products = visible.call_reasons, visible.products
    source = visible.products.alias("source")
    names = ("probability", "value", "expected_value", "quantity", "orders", "last_ordered_on",
             "usual_gap_days", "expected_on", "counted", "counted_of",
             "taken_rate")  # fmt: skip
    statement = (
        select(
            reasons.c.customer_id,
            reasons.c.cause,
            reasons.c.product_id,
            name_in(language, products).label("product"),
            *(reasons.c[name] for name in names),
            name_in(language, source).label("source_product"),
        )
        .outerjoin_from(reasons, products, products.c.product_id == reasons.c.product_id)
        .outerjoin(source, source.c.product_id == reasons.c.source_product_id)
        .where(reasons.c.week_on == week_on)
        .order_by(reasons.c.customer_id, reasons.c.expected_value.desc(), reasons.c.call_reason_id)
    )
    if customer_ids:
        statement = statement.where(reasons.c.customer_id.in_(customer_ids))
    return read_frame(engine, statement)


def list_call_weeks(engine: Engine, scope: Scope) -> pd.DataFrame:
    """week_on: the weeks that have a list, the newest first."""
    calls = scope.visible.calls
    statement = select(calls.c.week_on).distinct().order_by(calls.c.week_on.desc())
    return read_frame(engine, statement.limit(MOST_WEEKS))


def find_last_call_run(engine: Engine, scope: Scope) -> dict[str, Any] | None:
    """as_of_on, finished_at of the last refresh of the lists that was done; None before one."""
    refreshes = scope.visible.refreshes
    return read_row(
        engine,
        select(refreshes.c.as_of_on, refreshes.c.finished_at)
        .where(refreshes.c.what == "calls", refreshes.c.state == "done")
        .order_by(refreshes.c.refresh_id.desc()),
    )


def _lines(scope: Scope, chosen: OrderFilter, week_on: date) -> Select[Any]:
    """The lines of the week, held out or not, each with its last mark."""
    visible = scope.visible
    calls, customers, marks = visible.calls, visible.customers, visible.call_marks
    last = (
        select(marks.c.customer_id, func.max(marks.c.call_mark_id).label("mark_id"))
        .where(marks.c.week_on == week_on)
        .group_by(marks.c.customer_id)
        .subquery("last_marks")
    )
    orders = visible.orders
    ordered = exists().where(
        orders.c.customer_id == calls.c.customer_id,
        orders.c.stage != "cancelled",
        days_between(calls.c.as_of_on, orders.c.ordered_on).between(1, BOUGHT_WITHIN_DAYS),
    )
    names = ("call_id", "week_on", "as_of_on", "customer_id", "employee_id", "rank", "currency",
             "expected_value")  # fmt: skip
    return (
        select(
            *(calls.c[name] for name in names),
            last.c.mark_id,
            marks.c.mark,
            _flag(calls.c.is_held_out).label("is_held_out"),
            _flag(refuses(customers)).label("is_refusing"),
            _flag(ordered).label("has_ordered"),
        )
        .join_from(calls, customers, customers.c.customer_id == calls.c.customer_id)
        .outerjoin(last, last.c.customer_id == calls.c.customer_id)
        .outerjoin(marks, marks.c.call_mark_id == last.c.mark_id)
        .where(calls.c.week_on == week_on, *_filtered(calls, customers, chosen))
    )


def _filtered(
    calls: FromClause, customers: FromClause, chosen: OrderFilter
) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if chosen.region_ids:
        wanted.append(customers.c.region_id.in_(chosen.region_ids))
    if chosen.owner_ids:
        wanted.append(calls.c.employee_id.in_(chosen.owner_ids))
    if chosen.currency:
        wanted.append(calls.c.currency == chosen.currency)
    return wanted


def _shown(scope: Scope, page: Subquery, language: str) -> Select[Any]:
    visible = scope.visible
    customers, employees, marks, users, products = (
        visible.customers, visible.employees, visible.call_marks, visible.users, visible.products,
    )  # fmt: skip
    orders, interactions, contacts = visible.orders, visible.interactions, visible.contacts
    own, talks, people = (
        relation.alias(f"their_{name}")
        for name, relation in (
            ("orders", orders), ("interactions", interactions), ("contacts", contacts)
        )
    )  # fmt: skip
    last_order = (
        select(own.c.order_id)
        .where(own.c.customer_id == page.c.customer_id, own.c.stage != "cancelled")
        .order_by(own.c.ordered_at.desc(), own.c.order_id.desc())
    )
    last_talk = (
        select(talks.c.interaction_id)
        .where(talks.c.customer_id == page.c.customer_id)
        .order_by(talks.c.happened_at.desc(), talks.c.interaction_id.desc())
    )
    person = (
        select(people.c.contact_id)
        .where(people.c.customer_id == page.c.customer_id)
        .order_by(_flag(people.c.is_primary).desc(), people.c.contact_id)
    )
    statement = select(
        *(page.c[name] for name in ("call_id", "week_on", "customer_id")),
        name_in(language, customers).label("customer"),
        customers.c.phone,
        contacts.c.name.label("contact"),
        contacts.c.phone.label("contact_phone"),
        customers.c.consent,
        page.c.employee_id,
        name_in(language, employees).label("rep"),
        *(page.c[name] for name in ("rank", "currency", "expected_value")),
        marks.c.mark,
        marks.c.note,
        name_in(language, products).label("marked_product"),
        users.c.name.label("marked_by"),
        marks.c.marked_at,
        page.c.has_ordered,
        orders.c.order_id.label("last_order_id"),
        orders.c.order_number.label("last_order_number"),
        orders.c.ordered_on.label("last_ordered_on"),
        orders.c.net_sales.label("last_net_sales"),
        orders.c.currency.label("last_currency"),
        interactions.c.kind.label("last_contact"),
        interactions.c.subject.label("last_subject"),
        interactions.c.happened_at.label("last_contact_at"),
    )
    return (
        statement.join_from(page, customers, customers.c.customer_id == page.c.customer_id)
        .outerjoin(employees, employees.c.employee_id == page.c.employee_id)
        .outerjoin(marks, marks.c.call_mark_id == page.c.mark_id)
        .outerjoin(users, users.c.user_id == marks.c.user_id)
        .outerjoin(products, products.c.product_id == marks.c.product_id)
        .outerjoin(orders, orders.c.order_id == _first(last_order))
        .outerjoin(interactions, interactions.c.interaction_id == _first(last_talk))
        .outerjoin(contacts, contacts.c.contact_id == _first(person))
    )


def _first(statement: Select[Any]) -> Any:
    return statement.limit(1).scalar_subquery()


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(_flag(condition)), 0)
