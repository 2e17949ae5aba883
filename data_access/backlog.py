"""The backlog: what is confirmed and not yet shipped, now and at the end of past days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    Integer,
    case,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

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
    begun_on, left_on = _backlog_days(orders, as_of, zone)
    within = (begun_on <= period.end) & or_(left_on.is_(None), left_on >= period.start)
    value = orders.net_sales + orders.returns_value
    moved = union_all(
        *(
            select(
                day.label("day_on"),
                literal(sign, Integer).label("orders"),
                (sign * orders.units).label("units"),
                (sign * value).label("net_sales"),
                orders.currency,
            ).where(*chosen.predicates, within, day <= period.end)
            for day, sign in ((begun_on, 1), (left_on, -1))
        )
    ).subquery("moved")
    day = case((moved.c.day_on < period.start, period.start), else_=moved.c.day_on)
    statement = select(
        day.label("day_on"),
        func.sum(moved.c.orders).label("orders"),
        func.sum(moved.c.units).label("units"),
        func.sum(moved.c.net_sales).label("net_sales"),
        func.min(moved.c.currency).label("first_currency"),
        func.max(moved.c.currency).label("last_currency"),
    ).group_by(day)
    return _running(read_frame(engine, statement), scope, chosen, period)


def sum_backlog(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """One row: orders, units, net_sales confirmed and not yet shipped now, whenever ordered."""
    chosen = chosen_orders(scope, replace(order_filter, period=None), as_of)
    value = func.sum(chosen.c.net_sales + chosen.c.returns_value)
    units, amount = _nothing(scope, chosen, "units"), _nothing(scope, chosen, "net_sales")
    statement = select(
        func.count().label("orders"),
        func.coalesce(func.sum(chosen.c.units), units).label("units"),
        in_one_currency(func.coalesce(value, amount), chosen).label("net_sales"),
    ).where(*chosen.predicates, chosen.c.stage.in_(TO_SHIP_STAGES))
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


def _running(frame: pd.DataFrame, scope: Scope, chosen: Chosen, period: Period) -> pd.DataFrame:
    days = pd.date_range(period.start, period.end, freq="D", unit="us", name="day_on")
    currencies = {*frame.pop("first_currency"), *frame.pop("last_currency")}
    moved = frame.set_index("day_on").astype("float64").reindex(days)
    running = moved.fillna(0).cumsum().round(4)
    for name in ("units", "net_sales"):
        if not shows(scope, name, by_lines=chosen.by_lines):
            running[name] = float("nan")
    if len(currencies) > 1 and not chosen.currency:
        running["net_sales"] = float("nan")
    return running.astype({"orders": "int64", "units": "Int64"}).reset_index()


def _nothing(scope: Scope, chosen: Chosen, column: str) -> Any:
    return 0 if shows(scope, column, by_lines=chosen.by_lines) else null()
