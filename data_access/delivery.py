"""Whether orders are delivered on time and in full, and how long they take.

due_orders       promised for a day of the period that is over before `as_of`, not cancelled
on_time_orders   of these, delivered on or before the promised day
otif_orders      of these, in full as far as the record can tell (`in_full`)
delivered_orders delivered in the period, not cancelled, their moments in order
cycle_…          seconds from order to delivery of the delivered orders
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Integer,
    Select,
    and_,
    case,
    func,
    literal,
    select,
    true,
    union_all,
)

from data_access.dialects import Grain, seconds_between, start_of
from data_access.filters import OrderFilter, Period, in_period, order_predicates
from data_access.frames import read_frame
from data_access.in_full import is_in_full
from data_access.scope import Scope
from data_access.stage_times import MOMENTS, spread_of
from data_access.stages import OPEN_STAGES

SPANS = ("now", "previous", "last_year")


def sum_punctuality(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """span (now, previous, last_year), due_orders, on_time_orders, otif_orders: of the filter's
    period by promised date, of the one before it, and of the same period one year earlier."""
    legs: list[Select[Any]] = []
    for place, period in _spans(order_filter):
        due = _due(scope, order_filter, as_of, period)
        columns: list[ColumnElement[Any]] = [literal(place, Integer).label("place")]
        legs.append(select(*columns, *_punctuality(due)))
    return _by_span(engine, legs)


def sum_punctuality_over_time(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, grain: Grain = "day"
) -> pd.DataFrame:
    """period_on (the day, the Monday, the first of the month of the promised date), due_orders,
    on_time_orders, otif_orders: in order, only where something was due."""
    due = _due(scope, order_filter, as_of, _period(order_filter))
    started = start_of(grain, due.c.promised_on)
    statement = (
        select(started.label("period_on"), *_punctuality(due)).group_by(started).order_by(started)
    )
    return read_frame(engine, statement)


def sum_cycle_times(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """span (now, previous, last_year), delivered_orders, cycle_median, cycle_nine_in_ten,
    cycle_total, and received_total, confirmed_total, processing_total and shipped_total, which
    add up to it: seconds of the orders delivered in the period."""
    parts = [f"{stage}_total" for stage in OPEN_STAGES]
    legs: list[Select[Any]] = []
    for place, period in _spans(order_filter):
        delivered = _delivered(scope, order_filter, as_of, period)
        spread = spread_of(engine, delivered, "seconds").subquery("spread")
        totals = select(
            *(func.sum(delivered.c[stage]).label(f"{stage}_total") for stage in OPEN_STAGES)
        ).subquery("totals")
        columns: list[ColumnElement[Any]] = [
            literal(place, Integer).label("place"),
            spread.c.orders.label("delivered_orders"),
            spread.c.median.label("cycle_median"),
            spread.c.nine_in_ten.label("cycle_nine_in_ten"),
            spread.c.total.label("cycle_total"),
            *(totals.c[part] for part in parts),
        ]
        legs.append(select(*columns).select_from(spread.join(totals, true())))
    return _by_span(engine, legs)


def sum_cycle_times_over_time(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, grain: Grain = "day"
) -> pd.DataFrame:
    """period_on (of the day of delivery), delivered_orders, cycle_median: in order, only where
    something was delivered."""
    delivered = _delivered(scope, order_filter, as_of, _period(order_filter))
    started = start_of(grain, delivered.c.completed_on).label("period_on")
    steps = select(started, delivered.c.seconds).subquery("steps")
    spread = spread_of(engine, steps, "seconds", ["period_on"]).subquery("spread")
    statement = select(
        spread.c.period_on,
        spread.c.orders.label("delivered_orders"),
        spread.c.median.label("cycle_median"),
    ).order_by(spread.c.period_on)
    return read_frame(engine, statement)


def _due(scope: Scope, order_filter: OrderFilter, as_of: date, period: Period) -> FromClause:
    """The orders that had to be delivered: promised_on, is_on_time, is_otif (1 or 0)."""
    orders = scope.visible.orders.c
    on_time = orders.completed_on <= orders.promised_on
    return (
        select(
            orders.promised_on,
            case((on_time, 1), else_=0).label("is_on_time"),
            case((and_(on_time, is_in_full(scope)), 1), else_=0).label("is_otif"),
        )
        .where(
            *order_predicates(scope, replace(order_filter, period=None), as_of),
            orders.stage != "cancelled",
            orders.promised_on < as_of,
            in_period(orders.promised_on, period),
        )
        .subquery("due")
    )


def _punctuality(due: FromClause) -> list[ColumnElement[int]]:
    return [
        func.count().label("due_orders"),
        func.coalesce(func.sum(due.c.is_on_time), 0).label("on_time_orders"),
        func.coalesce(func.sum(due.c.is_otif), 0).label("otif_orders"),
    ]


def _delivered(scope: Scope, order_filter: OrderFilter, as_of: date, period: Period) -> FromClause:
    """The orders delivered in the period: completed_on, seconds in all, and in each stage."""
    orders = scope.visible.orders.c
    # a moment that is missing is that of the next stage: then nothing was spent between the two
    reached: list[ColumnElement[Any]] = [
        func.coalesce(*(orders[name] for name in MOMENTS[place:])) for place in range(4)
    ]
    reached.append(orders.completed_at)
    steps = [
        seconds_between(reached[place], reached[place + 1]).label(stage)
        for place, stage in enumerate(OPEN_STAGES)
    ]
    timed = (
        select(
            orders.completed_on,
            seconds_between(orders.ordered_at, orders.completed_at).label("seconds"),
            *steps,
        )
        .where(
            *order_predicates(scope, replace(order_filter, period=None), as_of),
            orders.stage != "cancelled",
            orders.completed_at.is_not(None),
            in_period(orders.completed_on, period),
        )
        .subquery("timed")
    )
    in_order = [timed.c[stage] >= 0 for stage in OPEN_STAGES]
    return select(timed).where(*in_order).subquery("delivered")


def _spans(order_filter: OrderFilter) -> Iterator[tuple[int, Period]]:
    period = _period(order_filter)
    yield from enumerate((period, period.previous(), period.last_year()))


def _period(order_filter: OrderFilter) -> Period:
    if order_filter.period is None:
        raise ValueError("what was delivered is asked of a period")
    return order_filter.period


def _by_span(engine: Engine, legs: list[Select[Any]]) -> pd.DataFrame:
    spans = union_all(*legs).subquery("spans")
    frame = read_frame(engine, select(spans).order_by(spans.c.place)).drop(columns="place")
    frame.insert(0, "span", pd.Series(SPANS, dtype="object"))
    return frame
