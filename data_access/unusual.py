"""What tells whether a day was unusual, and what made it so: net sales day by day, the parts of one
day beside those of the days it is measured by, and the notes that explain days.

Net sales by order date, cancelled orders left out, in the filter's currency; without one, or hidden
from the person, NULL."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import ColumnElement, Engine, case, cast, func, null, select, true

from data_access.bridging import KEYS, OF_LINES, named
from data_access.columns import Money
from data_access.filters import OrderFilter, Period, in_period, name_in
from data_access.frames import read_frame
from data_access.measures import Chosen, chosen_orders, rolled_up_orders, shows
from data_access.scope import Scope

DayPart = Literal["channel", "region", "category", "product", "customer"]
DAY_PARTS: tuple[DayPart, ...] = ("channel", "region", "category", "product", "customer")
HISTORY = timedelta(days=3 * 366)
MEASURED_BY = 8  # the same weekdays before the day
_KEYS = {**KEYS, "customer": "customer_id"}


def about(order_filter: OrderFilter) -> str:
    """Which orders a note is about: what is chosen besides period and currency; empty: all."""
    return replace(order_filter, period=None, currency=None).key


def sum_net_sales_by_day(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """day_on and net_sales of the days before `as_of` that had orders, three years back, in order;
    the filter's period does not count."""
    span = Period(as_of - HISTORY, as_of - timedelta(days=1))
    chosen = rolled_up_orders(
        scope, engine, order_filter, "orders_by_ordered_on",
        lambda orders: in_period(orders.ordered_on, span), live=True,
    )  # fmt: skip
    if chosen is None:
        during = in_period(scope.visible.orders.c.ordered_on, span)
        chosen = chosen_orders(scope, order_filter, as_of, during=during, live=True)
    day = chosen.c.ordered_on
    statement = (
        select(day.label("day_on"), _net_sales(scope, chosen, true()).label("net_sales"))
        .select_from(chosen.orders)
        .where(*chosen.predicates)
        .group_by(day)
        .having(*([chosen.count() > 0] if chosen.rolled_up else []))
        .order_by(day)
    )
    return read_frame(engine, statement)


def sum_day_by_part(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    day: date,
    by: DayPart,
    language: str = "en",
) -> pd.DataFrame:
    """key (NULL: none), name, net_sales of the day and usual_sales, those of the MEASURED_BY same
    weekdays before it together, of each part that had any; in the order of the keys."""
    usual = tuple(day - timedelta(days=7 * weeks) for weeks in range(1, MEASURED_BY + 1))
    on = scope.visible.orders.c.ordered_on
    by_line = by in OF_LINES
    chosen = chosen_orders(
        scope, order_filter, as_of, during=on.in_((day, *usual)), by_line=by_line, live=True
    )
    key = chosen.c[_KEYS[by]]
    sums = (
        select(
            key.label("key"),
            _net_sales(scope, chosen, chosen.c.ordered_on == day).label("net_sales"),
            _net_sales(scope, chosen, chosen.c.ordered_on != day).label("usual_sales"),
        )
        .select_from(chosen.orders)
        .where(*chosen.predicates)
        .group_by(key)
        .subquery("sums")
    )
    relation = scope.visible.customers if by == "customer" else named(scope, by)
    statement = (
        select(sums.c.key, name_in(language, relation).label("name"))
        .add_columns(sums.c.net_sales, sums.c.usual_sales)
        .outerjoin_from(sums, relation, relation.c[_KEYS[by]] == sums.c.key)
        .order_by(sums.c.key.is_(None), sums.c.key)
    )
    return read_frame(engine, statement)


def list_day_notes(engine: Engine, scope: Scope, currency: str | None = None) -> pd.DataFrame:
    """anomaly_note_id, day_on, about, is_of_all, user_id, author, note, written_at; the newest
    first."""
    notes = scope.visible.anomaly_notes.c
    columns = (
        notes.anomaly_note_id, notes.day_on, notes.about,
        case((notes.is_of_all, 1), else_=0).label("is_of_all"), notes.user_id, notes.author,
        notes.note, notes.written_at,
    )  # fmt: skip
    statement = select(*columns).order_by(notes.written_at.desc(), notes.anomaly_note_id.desc())
    if currency:
        statement = statement.where(notes.currency == currency)
    return read_frame(engine, statement)


def _net_sales(scope: Scope, chosen: Chosen, during: ColumnElement[bool]) -> ColumnElement[Any]:
    if not chosen.currency or not shows(scope, "net_sales", by_lines=chosen.by_lines):
        return cast(null(), Money)
    return func.coalesce(func.sum(case((during, chosen.c.net_sales))), 0)
