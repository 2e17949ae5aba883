"""The backlog: what is confirmed and not yet shipped, now and at the end of past days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Date,
    Engine,
    Integer,
    Select,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)

from data_access.filters import OrderFilter, Period, joined_periods
from data_access.frames import read_frame
from data_access.measures import Chosen, chosen_orders, in_one_currency, rolled_up_orders, shows
from data_access.scope import Scope
from data_access.stages import TO_SHIP_STAGES


def sum_backlog_by_day(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    periods: tuple[Period, ...],
) -> pd.DataFrame:
    """day_on (every day of the periods, in order), orders, units, net_sales: what was confirmed
    and not yet shipped at the end of the day, at its value before returns. Today's last row is the
    backlog of today's stages. The filter's own period is left out."""
    ranges = joined_periods(periods)
    sums = rolled_up_orders(scope, engine, order_filter, "backlog_by_day")
    if sums is not None:
        moved = _moved(engine, sums, ranges[-1].end)
        return pd.concat([_held(moved, scope, sums, each) for each in ranges], ignore_index=True)
    chosen = chosen_orders(scope, replace(order_filter, period=None), as_of)
    legs = [_held_during(chosen, each, place) for place, each in enumerate(ranges)]
    found = read_frame(engine, legs[0] if len(legs) == 1 else select(union_all(*legs).subquery()))
    days = [
        _running(found[found["place"] == place], scope, chosen, each)
        for place, each in enumerate(ranges)
    ]
    return pd.concat(days, ignore_index=True)


def _moved(engine: Engine, sums: Chosen, until: date) -> pd.DataFrame:
    """day_on, and by how much the backlog grew on the day, for the days on which it did."""
    day = sums.c.day_on
    return read_frame(
        engine,
        select(
            day,
            *(func.sum(sums.c[name]).label(name) for name in ("orders", "units", "net_sales")),
        )
        .where(*sums.predicates, day <= until)
        .group_by(day)
        .order_by(day),
    )


def _held(moved: pd.DataFrame, scope: Scope, chosen: Chosen, period: Period) -> pd.DataFrame:
    """The backlog at the end of each day of the period: all that came before, added up."""
    days = np.datetime64(period.start, "D") + np.arange(period.days)
    counts = moved[["orders", "units", "net_sales"]].to_numpy("float64", na_value=0).cumsum(axis=0)
    last = np.searchsorted(moved["day_on"].to_numpy().astype("datetime64[D]"), days, side="right")
    held = np.vstack([np.zeros(3), counts])[last]
    return _told(days, held, scope, chosen, mixed=False)


def _held_during(chosen: Chosen, period: Period, place: int) -> Select[Any]:
    """What was in the backlog at the end of a day of the period, by the days it entered (the first
    of the period, if before) and left it (NULL: after the period, or not at all)."""
    orders = chosen.c
    begun_on, left_on = backlog_days(orders)
    # what most orders say by one day, so that past years are passed over by blocks
    not_shipped = orders.shipped_on.is_(None) | (orders.shipped_on > period.start)
    not_cancelled = orders.cancelled_on.is_(None) | (orders.cancelled_on > period.start)
    held = (
        select(
            begun_on.label("begun_on"),
            left_on.label("left_on"),
            *((orders.order_id,) if chosen.by_lines else ()),
            orders.units,
            (orders.net_sales + orders.returns_value).label("net_sales"),
            orders.currency,
        )
        .where(*chosen.predicates, orders.ordered_on <= period.end, not_shipped, not_cancelled)
        .subquery("held")
    )
    entered = case((held.c.begun_on < period.start, period.start), else_=held.c.begun_on)
    left = case((held.c.left_on <= period.end, held.c.left_on))
    return (
        select(
            literal(place, Integer).label("place"),
            entered.label("begun_on"),
            left.label("left_on"),
            replace(chosen, orders=held).count().label("orders"),
            func.sum(held.c.units).label("units"),
            func.sum(held.c.net_sales).label("net_sales"),
            func.min(held.c.currency).label("first_currency"),
            func.max(held.c.currency).label("last_currency"),
        )
        .where(held.c.begun_on <= period.end)
        .where(or_(held.c.left_on.is_(None), held.c.left_on > period.start))
        .group_by(entered, left)
    )


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


def backlog_days(orders: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The days an order entered and left the backlog; NULL for never. Imported orders may lack
    days: then the day of the order stands for them, before which none enters."""
    known_on = func.coalesce(orders.confirmed_on, orders.ordered_on, type_=Date)
    begun_on = case(
        (orders.stage == "received", cast(null(), Date)),
        ((orders.stage == "cancelled") & orders.confirmed_on.is_(None), cast(null(), Date)),
        (known_on < orders.ordered_on, orders.ordered_on),
        else_=known_on,
    )
    still = orders.stage.in_(TO_SHIP_STAGES)
    left_on = case(
        (orders.shipped_on.is_not(None), orders.shipped_on),
        (still, orders.cancelled_on),
        else_=func.coalesce(orders.completed_on, orders.cancelled_on, begun_on, type_=Date),
    )
    return begun_on, left_on


def _running(frame: pd.DataFrame, scope: Scope, chosen: Chosen, period: Period) -> pd.DataFrame:
    """What entered less what left, added up to the end of each day."""
    days = np.datetime64(period.start, "D") + np.arange(period.days)
    counts = frame[["orders", "units", "net_sales"]].to_numpy("float64", na_value=0)
    entered = (frame["begun_on"].to_numpy().astype("datetime64[D]") - days[0]).astype("int64")
    has_left = frame["left_on"].notna().to_numpy()
    left_on = frame["left_on"].to_numpy()[has_left].astype("datetime64[D]")
    left = np.maximum((left_on - days[0]).astype("int64"), entered[has_left])
    moved = np.zeros((len(days), 3))
    np.add.at(moved, entered, counts)
    np.subtract.at(moved, left, counts[has_left])
    currencies = {*frame["first_currency"], *frame["last_currency"]}
    mixed = len(currencies) > 1 and not chosen.currency
    return _told(days, moved.cumsum(axis=0), scope, chosen, mixed=mixed)


def _told(days: Any, held: Any, scope: Scope, chosen: Chosen, *, mixed: bool) -> pd.DataFrame:
    """`held` has orders, units and net sales of each day."""
    orders, units, net_sales = held.T
    shown = {name: shows(scope, name, by_lines=chosen.by_lines) for name in ("units", "net_sales")}
    hidden = np.full(len(days), np.nan)
    return pd.DataFrame(
        {
            "day_on": days.astype("datetime64[us]"),
            "orders": orders.round().astype("int64"),
            "units": pd.array(units if shown["units"] else hidden, dtype="Int64"),
            "net_sales": net_sales.round(4) if shown["net_sales"] and not mixed else hidden,
        }
    )


def _nothing(scope: Scope, chosen: Chosen, column: str) -> Any:
    return 0 if shows(scope, column, by_lines=chosen.by_lines) else null()
