"""How long an order stays in a stage: from the moment it enters until the next moment on record.

A stage that was never recorded took no time, and its time counts to the stage before it, where the
record last saw the order; so the stages of a delivered order add up to its whole time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, select

from data_access.dialects import day_after_minutes, minutes_ahead
from data_access.filters import Period
from data_access.stages import OPEN_STAGES

ENTERED = dict(
    zip(OPEN_STAGES, ("ordered_at", "confirmed_at", "processing_at", "shipped_at"), strict=True)
)
MOMENTS = (*ENTERED.values(), "completed_at")


def left_at(orders: Any, stage: str) -> ColumnElement[Any]:
    """The next moment on record after the stage; NULL while there is none."""
    later = [orders[name] for name in MOMENTS[OPEN_STAGES.index(stage) + 1 :]]
    return func.coalesce(*later) if len(later) > 1 else later[0]


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


def spread_of(rows: FromClause, length: str, keys: Sequence[str] = ()) -> Select[Any]:
    """For each combination of `keys`: orders, the median, nine_in_ten and longest `length`, and
    its total.

    The median is the shortest length that half of the orders did not exceed, nine_in_ten the
    shortest that nine in ten did not: an order's own, never one in between, and so the same on
    every engine."""
    groups = [rows.c[key] for key in keys]
    ranked = select(
        *groups,
        rows.c[length].label("length"),
        func.row_number().over(partition_by=groups or None, order_by=rows.c[length]).label("rank"),
        func.count().over(partition_by=groups or None).label("many"),
    ).subquery("ranked")
    of_all, rank, many = ranked.c.length, ranked.c.rank, ranked.c.many
    groups = [ranked.c[key] for key in keys]
    return select(
        *groups,
        func.count().label("orders"),
        func.min(case((2 * rank >= many, of_all))).label("median"),
        func.min(case((10 * rank >= 9 * many, of_all))).label("nine_in_ten"),
        func.max(of_all).label("longest"),
        func.sum(of_all).label("total"),
    ).group_by(*groups)
