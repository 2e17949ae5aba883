"""Who is due to buy a product again, as a refresh worked it out, and what reminding them brings.

Left out of the list: who refused to be contacted, who is held out so that the effect shows, who was
reminded (or set aside) since the last purchase, and who has bought the product since the refresh.
"""

from __future__ import annotations

from datetime import date, timedelta
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
    not_,
    or_,
    select,
)

from data_access.consent import refuses
from data_access.dialects import ZONE, day_after_minutes, days_between, minutes_ahead
from data_access.filters import OrderFilter, name_in
from data_access.frames import read_frame, read_row
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.scope import Scope

RebuySort = Literal["expected_on", "probability_30"]
BOUGHT_WITHIN_DAYS = 14  # of the expected day, or of the reminder where that came later
CALLED_DAYS = 30  # that a customer is not reminded after a call from the list
_LISTED = ("rebuy_due_id", "customer_id", "product_id", "orders", "last_ordered_on",
           "usual_gap_days", "expected_on", "earliest_on", "latest_on", "probability_30",
           "suggested_quantity")  # fmt: skip


def sum_rebuys(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, within_days: int
) -> pd.DataFrame:
    """One row: due (customers and products that the list names), due_customers, overdue (expected
    before `as_of`), likely (expected purchases within 30 days: the sum of the chances), held_out,
    refusing, acted_upon (left out of the list, each counted once in this order), all_dues (of any
    day), worked_out_on (the day of the refresh; NULL without one)."""
    rows = _dues(scope, order_filter).subquery("dues").c
    is_due = rows.expected_on <= as_of + timedelta(days=within_days)
    listed = and_(is_due, rows.is_refusing == 0, rows.is_held_out == 0, rows.is_done == 0)
    refusing = and_(is_due, rows.is_refusing == 1)
    held_out = and_(is_due, rows.is_refusing == 0, rows.is_held_out == 1)
    done = and_(is_due, rows.is_refusing == 0, rows.is_held_out == 0, rows.is_done == 1)
    chance = func.sum(case((listed, rows.probability_30)))
    return read_frame(
        engine,
        select(
            _count(listed).label("due"),
            func.count(distinct(case((listed, rows.customer_id)))).label("due_customers"),
            _count(and_(listed, rows.expected_on < as_of)).label("overdue"),
            func.coalesce(chance, 0).label("likely"),
            _count(held_out).label("held_out"),
            _count(refusing).label("refusing"),
            _count(done).label("acted_upon"),
            func.count().label("all_dues"),
            func.max(rows.as_of_on).label("worked_out_on"),
        ),
    )


def list_rebuys(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    within_days: int,
    *,
    sort: RebuySort = "expected_on",
    descending: bool = False,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """rebuy_due_id, customer_id, customer, phone, rep, product_id, product, orders (days with a
    purchase), last_ordered_on, usual_gap_days, expected_on, days_overdue (negative: still to come),
    earliest_on, latest_on, probability_30, suggested_quantity. Only the record knows the phone."""
    # by plain conditions: of those on a 1 or 0 PostgreSQL cannot tell how many rows keep them
    listed = not_(or_(*_kept_off(scope).values()))
    dues = _dues(scope, order_filter).where(listed).subquery("dues")
    chosen = select(dues).where(dues.c.expected_on <= as_of + timedelta(days=within_days))
    return read_page(
        engine,
        Sort(dues.c[sort], dues.c.rebuy_due_id, descending, has_nulls=False),
        chosen,
        lambda page: _shown(scope, page, as_of, language),
        limit=limit,
        after=after,
    )


def find_last_rebuy_run(engine: Engine, scope: Scope) -> dict[str, Any] | None:
    """as_of_on, finished_at of the last refresh of the dues that was done; None before one."""
    refreshes = scope.visible.refreshes
    return read_row(
        engine,
        select(refreshes.c.as_of_on, refreshes.c.finished_at)
        .where(refreshes.c.what == "rebuy", refreshes.c.state == "done")
        .order_by(refreshes.c.refresh_id.desc()),
    )


def sum_reminder_effect(
    engine: Engine, scope: Scope, as_of: date, zone: str = ZONE
) -> pd.DataFrame:
    """is_held_out (1, 0), customers, bought, waiting. Customers who were reminded of a product, and
    those held out who were due at the time; bought: how many of them bought one of these products
    after it was noted, at most 14 days after the expected day (or the day it was noted, where that
    came later). Only those whose days are over count; of the others `waiting` is the number."""
    noted = _noted(scope, as_of, zone).subquery("noted").c
    by_customer = (
        select(
            noted.customer_id,
            noted.is_held_out,
            func.max(noted.is_over).label("is_over"),
            func.max(noted.has_bought * noted.is_over).label("has_bought"),
        )
        .group_by(noted.customer_id, noted.is_held_out)
        .subquery("by_customer")
        .c
    )
    return read_frame(
        engine,
        select(
            by_customer.is_held_out,
            func.coalesce(func.sum(by_customer.is_over), 0).label("customers"),
            func.coalesce(func.sum(by_customer.has_bought), 0).label("bought"),
            func.coalesce(func.sum(1 - by_customer.is_over), 0).label("waiting"),
        )
        .group_by(by_customer.is_held_out)
        .order_by(by_customer.is_held_out),
    )


def _dues(scope: Scope, chosen: OrderFilter) -> Select[Any]:
    """Each due with what keeps it off the list (1 or 0)."""
    dues, customers = scope.visible.rebuy_dues, scope.visible.customers
    return (
        select(
            *(dues.c[name] for name in _LISTED),
            dues.c.as_of_on,
            *(_flag(each).label(name) for name, each in _kept_off(scope).items()),
        )
        .join_from(dues, customers, customers.c.customer_id == dues.c.customer_id)
        .where(
            ~_has_bought_since(scope, dues),
            *_filtered(scope, chosen),
        )
    )


def _kept_off(scope: Scope) -> dict[str, ColumnElement[bool]]:
    """What keeps a due off the list, over `rebuy_dues` and `customers`."""
    dues, customers = scope.visible.rebuy_dues, scope.visible.customers
    return {
        "is_held_out": dues.c.is_held_out,
        "is_refusing": refuses(customers),
        "is_done": or_(_is_acted_upon(scope, dues), _is_called(scope, dues)),
    }


def _filtered(scope: Scope, chosen: OrderFilter) -> list[ColumnElement[bool]]:
    customers, products = scope.visible.customers, scope.visible.products
    wanted: list[ColumnElement[bool]] = []
    if chosen.region_ids:
        wanted.append(customers.c.region_id.in_(chosen.region_ids))
    if chosen.owner_ids:
        wanted.append(customers.c.owner_id.in_(chosen.owner_ids))
    if chosen.category_ids or not scope.sees_all("products"):
        of = select(products.c.product_id)
        if chosen.category_ids:
            of = of.where(products.c.category_id.in_(chosen.category_ids))
        wanted.append(scope.visible.rebuy_dues.c.product_id.in_(of))
    return wanted


def _is_acted_upon(scope: Scope, dues: FromClause) -> ColumnElement[bool]:
    """By a person, since the day of the last purchase."""
    reminders = scope.visible.reminders
    return exists().where(
        reminders.c.customer_id == dues.c.customer_id,
        reminders.c.product_id == dues.c.product_id,
        reminders.c.cause == "rebuy",
        reminders.c.state != "held_out",
        reminders.c.recorded_at >= dues.c.last_ordered_on,
    )


def _is_called(scope: Scope, dues: FromClause) -> ColumnElement[bool]:
    """From the list of calls since the day of the last purchase: about this product, or in the last
    days about whatever the customer may need."""
    marks = scope.visible.call_marks
    return exists().where(
        marks.c.customer_id == dues.c.customer_id,
        marks.c.marked_at >= dues.c.last_ordered_on,
        or_(
            marks.c.product_id == dues.c.product_id,
            and_(
                marks.c.product_id.is_(None),
                days_between(day_after_minutes(marks.c.marked_at, 0), dues.c.as_of_on)
                < CALLED_DAYS,
            ),
        ),
    )


def _has_bought_since(scope: Scope, dues: FromClause) -> ColumnElement[bool]:
    orders, all_dues = scope.visible.orders, scope.visible.rebuy_dues.alias("all_dues")
    worked_out_on = select(func.min(all_dues.c.as_of_on)).scalar_subquery()
    # who ordered anything since the refresh: few, of whom alone the orders are looked through
    later = orders.alias("later")
    customers = select(later.c.customer_id).where(later.c.ordered_on > worked_out_on)
    return and_(
        dues.c.customer_id.in_(customers),
        exists().where(
            orders.c.customer_id == dues.c.customer_id,
            orders.c.ordered_on > dues.c.as_of_on,
            orders.c.ordered_on > worked_out_on,
            orders.c.stage != "cancelled",
            _holds(scope, orders, dues),
        ),
    )


def _holds(scope: Scope, orders: FromClause, noted: FromClause) -> ColumnElement[bool]:
    """The order has the product of the due or reminder; nested, so that the few orders of the
    customer are read first, and said to be of that very row, two selections further out."""
    lines = scope.visible.order_lines
    return (
        exists()
        .where(lines.c.order_id == orders.c.order_id, lines.c.product_id == noted.c.product_id)
        .correlate(orders, noted)
    )


def _noted(scope: Scope, as_of: date, zone: str) -> Select[Any]:
    reminders = scope.visible.reminders
    noted_on = day_after_minutes(reminders.c.recorded_at, minutes_ahead(as_of, zone))
    is_control = and_(reminders.c.state == "held_out", reminders.c.is_held_out)
    is_reminded = and_(reminders.c.state == "done", ~reminders.c.is_held_out)
    waits = or_(
        days_between(reminders.c.due_on, as_of) <= BOUGHT_WITHIN_DAYS,
        days_between(noted_on, as_of) <= BOUGHT_WITHIN_DAYS,
    )
    return select(
        reminders.c.customer_id,
        _flag(reminders.c.is_held_out).label("is_held_out"),
        case((waits, 0), else_=1).label("is_over"),
        _flag(_has_bought_in_time(scope, reminders, noted_on)).label("has_bought"),
    ).where(
        reminders.c.cause == "rebuy",
        reminders.c.due_on.is_not(None),
        reminders.c.product_id.is_not(None),
        or_(is_control, is_reminded),
    )


def _has_bought_in_time(
    scope: Scope, reminders: FromClause, noted_on: ColumnElement[Any]
) -> ColumnElement[bool]:
    orders = scope.visible.orders
    return exists().where(
        orders.c.customer_id == reminders.c.customer_id,
        orders.c.ordered_at >= reminders.c.recorded_at,
        or_(
            days_between(reminders.c.due_on, orders.c.ordered_on) <= BOUGHT_WITHIN_DAYS,
            days_between(noted_on, orders.c.ordered_on) <= BOUGHT_WITHIN_DAYS,
        ),
        orders.c.stage != "cancelled",
        _holds(scope, orders, reminders),
    )


def _shown(scope: Scope, page: Subquery, as_of: date, language: str) -> Select[Any]:
    visible = scope.visible
    customers, products, employees = visible.customers, visible.products, visible.employees
    rep = (
        select(name_in(language, employees))
        .join_from(customers, employees, employees.c.employee_id == customers.c.owner_id)
        .where(customers.c.customer_id == page.c.customer_id)
    )
    of_customer = customers.c.customer_id == page.c.customer_id
    of_product = products.c.product_id == page.c.product_id
    return select(
        page.c.rebuy_due_id,
        page.c.customer_id,
        _value(select(name_in(language, customers)).where(of_customer), "customer"),
        _value(select(customers.c.phone).where(of_customer), "phone"),
        _value(rep, "rep"),
        page.c.product_id,
        _value(select(name_in(language, products)).where(of_product), "product"),
        *(page.c[name] for name in _LISTED[3:7]),
        days_between(page.c.expected_on, as_of).label("days_overdue"),
        *(page.c[name] for name in _LISTED[7:]),
    )


def _value(statement: Select[Any], label: str) -> Any:
    return statement.limit(1).scalar_subquery().label(label)


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(_flag(condition)), 0)
