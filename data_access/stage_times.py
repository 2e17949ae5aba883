"""How long an order stays in a stage: from the moment it enters until the next moment on record.

A stage that was never recorded took no time, and its time counts to the stage before it, where the
record last saw the order; so the stages of a delivered order add up to its whole time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Select,
    and_,
    case,
    func,
    literal_column,
    select,
)

from data_access.dialects import day_after_minutes, minutes_ahead
from data_access.filters import Period
from data_access.stages import OPEN_STAGES

ENTERED = dict(
    zip(OPEN_STAGES, ("ordered_at", "confirmed_at", "processing_at", "shipped_at"), strict=True)
)
Predicates = list[ColumnElement[bool]]
MOMENTS = (*ENTERED.values(), "completed_at")


def ways_to_leave(
    engine: Engine, orders: Any, stage: str
) -> Iterator[tuple[ColumnElement[Any], Predicates]]:
    """The next moment on record after the stage, with what says that it is that one. The analytics
    copy is asked of each column that may hold it: by a condition on a plain column, but not on the
    first of several, it passes over rows of other times unread."""
    later = [orders[name] for name in MOMENTS[OPEN_STAGES.index(stage) + 1 :]]
    if engine.dialect.name != "duckdb":
        yield func.coalesce(*later) if len(later) > 1 else later[0], []
        return
    for place, moment in enumerate(later):
        yield moment, [each.is_(None) for each in later[:place]]


def entered_on(orders: Any, as_of: date, zone: str) -> ColumnElement[Any]:
    """The business day on which an open order entered the stage it is in; where that moment is
    missing, the last one before it."""
    minutes = minutes_ahead(as_of, zone)

    def day(stage: str) -> ColumnElement[Any]:
        known = [orders[name] for name in MOMENTS[OPEN_STAGES.index(stage) :: -1]]
        return day_after_minutes(func.coalesce(*known), minutes)

    return case(
        (orders.stage == "received", orders.ordered_on),
        *((orders.stage == stage, day(stage)) for stage in ("confirmed", "processing")),
        (orders.stage == "shipped", func.coalesce(orders.shipped_on, day("shipped"))),
    )


def moment_in(moment: ColumnElement[Any], period: Period, zone: str) -> ColumnElement[bool]:
    """Whether the moment lies in the business days of the period."""
    minutes = minutes_ahead(period.end, zone)
    start, end = (
        datetime.combine(day, time()) - timedelta(minutes=minutes)
        for day in (period.start, period.end + timedelta(days=1))
    )
    return and_(moment >= start, moment < end)


def spread_of(
    engine: Engine, rows: FromClause, length: str, keys: Sequence[str] = ()
) -> Select[Any]:
    """For each combination of `keys`: orders, the median, nine_in_ten and longest `length`, and
    its total.

    The median is the shortest length that half of the orders did not exceed, nine_in_ten the
    shortest that nine in ten did not: an order's own, never one in between, and so the same on
    every engine. SQLite, which has no function for it, ranks the rows."""
    if engine.dialect.name == "sqlite":
        rows, length, shares = _ranked(rows, length, keys), "length", _by_rank
    else:
        shares = _by_function
    groups, of_all = [rows.c[key] for key in keys], rows.c[length]
    return select(
        *groups,
        func.count().label("orders"),
        shares(rows, length, 1, 2).label("median"),
        shares(rows, length, 9, 10).label("nine_in_ten"),
        func.max(of_all).label("longest"),
        func.sum(of_all).label("total"),
    ).group_by(*groups)


def _ranked(rows: FromClause, length: str, keys: Sequence[str]) -> FromClause:
    groups = [rows.c[key] for key in keys]
    return select(
        *groups,
        rows.c[length].label("length"),
        func.row_number().over(partition_by=groups or None, order_by=rows.c[length]).label("rank"),
        func.count().over(partition_by=groups or None).label("many"),
    ).subquery("ranked")


def _by_rank(rows: FromClause, length: str, part: int, of: int) -> ColumnElement[Any]:
    """The shortest length that `part` of `of` rows do not exceed."""
    return func.min(case((of * rows.c.rank >= part * rows.c.many, rows.c[length])))


def _by_function(rows: FromClause, length: str, part: int, of: int) -> ColumnElement[Any]:
    column = rows.c[length]
    share: ColumnElement[float] = literal_column(f"{part / of}")
    return func.percentile_disc(share, type_=column.type).within_group(column)
