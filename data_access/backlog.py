"""The backlog: what is confirmed and not yet shipped, now and at the end of past days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Engine, case, cast, func, null, or_, select

from data_access.columns import Moment
from data_access.dialects import ZONE, day_after_minutes, minutes_ahead
from data_access.filters import OrderFilter, Period
from data_access.frames import read_frame
from data_access.measures import Chosen, chosen_orders, in_one_currency, shows
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
    chosen = chosen_orders(scope, replace(order_filter, period=None), as_of)
    orders = chosen.c
    begun_at, left_at = _backlog_moments(orders)
    minutes = minutes_ahead(as_of, zone)
    start, end = (_midnight(day, minutes) for day in (period.start, period.end + timedelta(days=1)))
    begun_on = day_after_minutes(case((begun_at < start, start), else_=begun_at), minutes)
    left_on = case((left_at < end, day_after_minutes(left_at, minutes)))
    statement = (
        select(
            begun_on.label("begun_on"),
            left_on.label("left_on"),
            chosen.count().label("orders"),
            func.sum(orders.units).label("units"),
            func.sum(orders.net_sales + orders.returns_value).label("net_sales"),
            func.min(orders.currency).label("first_currency"),
            func.max(orders.currency).label("last_currency"),
        )
        .where(*chosen.predicates, begun_at < end, or_(left_at.is_(None), left_at >= start))
        .group_by(begun_on, left_on)
    )
    return _running(read_frame(engine, statement), scope, chosen, period)


def sum_backlog(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """One row: orders, units, net_sales confirmed and not yet shipped now, whenever ordered."""
    chosen = chosen_orders(scope, replace(order_filter, period=None), as_of)
    value = func.sum(chosen.c.net_sales + chosen.c.returns_value)
    units, amount = _nothing(scope, chosen, "units"), _nothing(scope, chosen, "net_sales")
    statement = select(
        chosen.count().label("orders"),
        func.coalesce(func.sum(chosen.c.units), units).label("units"),
        in_one_currency(func.coalesce(value, amount), chosen).label("net_sales"),
    ).where(*chosen.predicates, chosen.c.stage.in_(TO_SHIP_STAGES))
    return read_frame(engine, statement)


def _backlog_moments(orders: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """When an order entered and left the backlog; NULL for never. Imported orders may lack
    moments: then the moment of the order stands for them."""
    confirmed_at = func.coalesce(orders.confirmed_at, orders.processing_at)
    begun_at = case(
        (orders.stage == "received", cast(null(), Moment)),
        (orders.stage == "cancelled", confirmed_at),
        else_=func.coalesce(confirmed_at, orders.ordered_at),
    )
    left_at = func.coalesce(
        orders.shipped_at, orders.completed_at, orders.returned_at, orders.cancelled_at, begun_at
    )
    still = orders.stage.in_(TO_SHIP_STAGES)
    return begun_at, case((still, cast(null(), Moment)), else_=left_at)


def _midnight(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) - timedelta(minutes=minutes)


def _running(frame: pd.DataFrame, scope: Scope, chosen: Chosen, period: Period) -> pd.DataFrame:
    """What entered less what left, added up to the end of each day."""
    days = pd.date_range(period.start, period.end, freq="D", unit="us", name="day_on")
    currencies = {*frame["first_currency"], *frame["last_currency"]}
    counts = frame[["orders", "units", "net_sales"]].astype("float64").fillna(0)
    left_on = frame["left_on"].where(frame["left_on"] >= frame["begun_on"], frame["begun_on"])
    entered = counts.groupby(frame["begun_on"]).sum()
    left = counts.groupby(left_on.where(frame["left_on"].notna())).sum()
    moved = entered.reindex(days, fill_value=0) - left.reindex(days, fill_value=0)
    running = moved.cumsum().round(4)
    for name in ("units", "net_sales"):
        if not shows(scope, name, by_lines=chosen.by_lines):
            running[name] = float("nan")
    if len(currencies) > 1 and not chosen.currency:
        running["net_sales"] = float("nan")
    return running.astype({"orders": "int64", "units": "Int64"}).reset_index()


def _nothing(scope: Scope, chosen: Chosen, column: str) -> Any:
    return 0 if shows(scope, column, by_lines=chosen.by_lines) else null()
