"""What is needed to tell which open orders will be late: how orders moved so far, and where the
open ones stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    FromClause,
    Subquery,
    and_,
    case,
    func,
    literal,
    select,
)

from data_access.dialects import ZONE, day_after_minutes, days_between, minutes_ahead
from data_access.filters import OrderFilter, is_open, name_in, order_predicates
from data_access.frames import read_frame
from data_access.scope import Scope
from data_access.shortages import lines_short_of_stock, orders_short_of_stock
from data_access.stage_times import MOMENTS, entered_on

HISTORY_DAYS = 365  # of orders, back from `as_of`
MOST_HISTORIES = 120_000  # of the newest days; more tell little more, and take longer
MOST_OPEN = 10_000  # those promised soonest
_DAYS = ("received_day", "confirmed_day", "processing_day", "shipped_day", "completed_day")


def list_stage_histories(
    engine: Engine, scope: Scope, as_of: date, zone: str = ZONE
) -> pd.DataFrame:
    """One row for each order of the last HISTORY_DAYS, or of as many whole days as hold up to
    MOST_HISTORIES: order_id, channel, region_id, carrier, was_short (1: when it was ordered, less
    was free than it needs; NULL: not known), promised_day, the days it entered each stage
    (received_day, confirmed_day, processing_day, shipped_day, completed_day), and ended_day: after
    it nothing of the order is known, because it was cancelled, or was delivered nobody knows when.
    Days count from `as_of`: yesterday is −1."""
    orders = scope.visible.orders
    first_on = _first_day(engine, scope, as_of)
    in_time = orders.c.ordered_on.between(first_on, as_of)
    carriers = _carriers(scope)
    shortages = orders_short_of_stock(scope, in_time, first_on)
    days = _days(orders.c, as_of, zone)
    statement = (
        select(
            orders.c.order_id,
            orders.c.channel,
            orders.c.region_id,
            carriers.c.carrier,
            shortages.c.was_short,
            _since(orders.c.promised_on, as_of).label("promised_day"),
            *(_since(day, as_of).label(name) for name, day in days.items()),
            _since(_ended(orders.c, days, as_of, zone), as_of).label("ended_day"),
        )
        .select_from(orders)
        .outerjoin(carriers, carriers.c.order_id == orders.c.order_id)
        .outerjoin(shortages, shortages.c.order_id == orders.c.order_id)
        .where(in_time)
        .order_by(orders.c.order_id)
    )
    return read_frame(engine, statement)


def list_open_orders(
    engine: Engine,
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    language: str = "en",
    zone: str = ZONE,
) -> pd.DataFrame:
    """The open orders with a promised date, whenever ordered; the MOST_OPEN promised soonest.

    order_id, order_number, customer, stage, entered_on (its stage), ordered_on, promised_on,
    channel, channel_name, region_id, region, carrier, lines, short_lines (of an order not yet
    shipped, the lines for which too little is in its warehouse now; NULL: not known), net_sales,
    currency.
    """
    orders = scope.visible.orders
    chosen = and_(
        *order_predicates(scope, replace(order_filter, period=None), as_of),
        is_open(orders.c),
        orders.c.promised_on.is_not(None),
    )
    first = (  # by few columns, so that the others are read of these orders alone
        select(orders.c.order_id)
        .where(chosen)
        .order_by(orders.c.promised_on, orders.c.order_id)
        .limit(MOST_OPEN)
        .subquery("first")
    )
    page = (
        select(orders, entered_on(orders.c, as_of, zone).label("entered_on"))
        .join_from(orders, first, first.c.order_id == orders.c.order_id)
        .subquery("page")
    )
    carriers = _carriers(scope, first)
    lines = lines_short_of_stock(scope, page)
    statement = (
        select(
            page.c.order_id,
            page.c.order_number,
            _name(scope, "customers", "customer_id", page, language).label("customer"),
            page.c.stage,
            page.c.entered_on,
            page.c.ordered_on,
            page.c.promised_on,
            page.c.channel,
            _name(scope, "channels", "channel", page, language).label("channel_name"),
            page.c.region_id,
            _name(scope, "regions", "region_id", page, language).label("region"),
            carriers.c.carrier,
            lines.c.lines,
            lines.c.short_lines,
            page.c.net_sales,
            page.c.currency,
        )
        .select_from(page)
        .outerjoin(carriers, carriers.c.order_id == page.c.order_id)
        .outerjoin(lines, lines.c.order_id == page.c.order_id)
        .order_by(page.c.promised_on, page.c.order_id)
    )
    return read_frame(engine, statement)


def _first_day(engine: Engine, scope: Scope, as_of: date) -> date:
    """The first of the days to learn from."""
    orders = scope.visible.orders.c
    earliest = as_of - timedelta(days=HISTORY_DAYS)
    by_day = read_frame(
        engine,
        select(orders.ordered_on, func.count().label("orders"))
        .where(orders.ordered_on.between(earliest, as_of))
        .group_by(orders.ordered_on)
        .order_by(orders.ordered_on.desc()),
    )
    fitting = by_day["ordered_on"][by_day["orders"].cumsum() <= MOST_HISTORIES]
    held_back = len(by_day) > len(fitting)
    if not held_back:
        return earliest
    return fitting.iloc[-1].date() if len(fitting) else as_of


def _days(orders: Any, as_of: date, zone: str) -> dict[str, ColumnElement[Any]]:
    """The business day on which an order entered each stage."""
    minutes = minutes_ahead(as_of, zone)
    days = [day_after_minutes(orders[name], minutes) for name in MOMENTS]
    stored = (orders.ordered_on, None, None, orders.shipped_on, orders.completed_on)
    return {
        name: day if kept is None else func.coalesce(kept, day)
        for name, day, kept in zip(_DAYS, days, stored, strict=True)
    }


def _ended(
    orders: Any, days: dict[str, ColumnElement[Any]], as_of: date, zone: str
) -> ColumnElement[Any]:
    last_seen = func.coalesce(*(days[name] for name in reversed(_DAYS)))
    cancelled_on = day_after_minutes(orders.cancelled_at, minutes_ahead(as_of, zone))
    delivered = orders.stage.in_(("completed", "returned"))
    return case(
        (orders.stage == "cancelled", func.coalesce(cancelled_on, last_seen)),
        (and_(delivered, days["completed_day"].is_(None)), last_seen),
    )


def _since(day: ColumnElement[Any], as_of: date) -> ColumnElement[int]:
    return days_between(literal(as_of), day)


def _carriers(scope: Scope, wanted: FromClause | None = None) -> Subquery:
    """order_id and its carrier, the first by name of several; of the orders `wanted` alone."""
    shipments = scope.visible.shipments.c
    carriers = select(shipments.order_id, func.min(shipments.carrier).label("carrier"))
    if wanted is not None:
        carriers = carriers.where(shipments.order_id.in_(select(wanted.c.order_id)))
    return carriers.group_by(shipments.order_id).subquery("carriers")


def _name(
    scope: Scope, relation: str, key: str, page: FromClause, language: str
) -> ColumnElement[Any]:
    named: FromClause = getattr(scope.visible, relation)
    found = select(name_in(language, named)).where(named.c[key] == page.c[key])
    return found.scalar_subquery()
