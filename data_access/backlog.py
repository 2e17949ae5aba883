"""The backlog: what is confirmed and not yet shipped, now and at the end of past days."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Engine, Integer, case, cast, func, null, select, union_all

from data_access.dialects import ZONE, day_after_minutes, minutes_ahead
from data_access.filters import OrderFilter, Period
from data_access.frames import read_frame
from data_access.measures import in_one_currency, order_sums
from data_access.scope import Scope
from data_access.stages import TO_SHIP_STAGES


def sum_backlog_by_day(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    period: Period,
    zone: str = ZONE,
) -> pd.DataFrame:
    """day_on (every day of `period`), orders, units, net_sales: what was confirmed and not yet
    shipped at the end of the day, at its value before returns. Today's last row is the backlog of
    today's stages. The filter's own period is left out."""
    orders = order_sums(scope, order_filter, as_of, period_column=None)
    begun_on, left_on = _backlog_days(orders.c, as_of, zone)
    value = orders.c.net_sales + orders.c.returns_value
    moved = union_all(
        *(
            select(
                day.label("day_on"),
                cast(sign, Integer).label("orders"),
                (sign * orders.c.units).label("units"),
                (sign * value).label("net_sales"),
                orders.c.currency,
            ).where(begun_on.is_not(None), day.is_not(None), day <= period.end)
            for day, sign in ((begun_on, 1), (left_on, -1))
        )
    ).subquery("moved")
    day = case((moved.c.day_on < period.start, period.start), else_=moved.c.day_on)
    statement = select(
        day.label("day_on"),
        func.sum(moved.c.orders).label("orders"),
        func.sum(moved.c.units).label("units"),
        in_one_currency(func.sum(moved.c.net_sales), moved.c, order_filter).label("net_sales"),
    ).group_by(day)
    return _running(read_frame(engine, statement), scope, period)


def sum_backlog(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """One row: orders, units, net_sales confirmed and not yet shipped now, whenever ordered."""
    orders = order_sums(scope, order_filter, as_of, period_column=None).c
    value = orders.net_sales + orders.returns_value
    statement = select(
        func.count().label("orders"),
        func.coalesce(func.sum(orders.units), _nothing(scope, "units")).label("units"),
        in_one_currency(
            func.coalesce(func.sum(value), _nothing(scope, "net_sales")), orders, order_filter
        ).label("net_sales"),
    ).where(orders.stage.in_(TO_SHIP_STAGES))
    return read_frame(engine, statement)


def _backlog_days(orders: Any, as_of: date, zone: str) -> tuple[ColumnElement[Any], ...]:
    """The business days on which an order entered and left the backlog; NULL for never. Imported
    orders may lack moments: then the order date stands for them."""
    minutes = minutes_ahead(as_of, zone)
    confirmed_at = func.coalesce(orders.confirmed_at, orders.processing_at)
    begun_at = case(
        (orders.stage == "received", null()),
        (orders.stage == "cancelled", confirmed_at),
        else_=func.coalesce(confirmed_at, orders.ordered_at),
    )
    begun_on = day_after_minutes(begun_at, minutes)
    left_at = func.coalesce(
        orders.shipped_at, orders.completed_at, orders.returned_at, orders.cancelled_at, begun_at
    )
    left_on = day_after_minutes(case((left_at < begun_at, begun_at), else_=left_at), minutes)
    return begun_on, case((orders.stage.in_(TO_SHIP_STAGES), null()), else_=left_on)


def _running(frame: pd.DataFrame, scope: Scope, period: Period) -> pd.DataFrame:
    days = pd.date_range(period.start, period.end, freq="D", unit="us", name="day_on")
    moved = frame.set_index("day_on").astype("float64").reindex(days)
    running = moved.fillna(0).cumsum().round(4)
    for name in ("units", "net_sales"):
        if not scope.sees("orders", name):
            running[name] = float("nan")
    return running.astype({"orders": "int64", "units": "Int64"}).reset_index()


def _nothing(scope: Scope, column: str) -> Any:
    return 0 if scope.sees("orders", column) else null()
