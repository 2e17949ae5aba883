"""The calendar as people keep it: events of their own, what they changed about the built-in ones,
and the promotions among the campaigns. Asked of the record."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Engine, Select, func, or_, select

from data_access.frames import read_frame
from data_access.scope import Scope


def list_events(engine: Engine, scope: Scope, first_on: date, last_on: date) -> pd.DataFrame:
    """calendar_event_id, name, name_zh, kind, first_on, last_on, stands_for, is_off, person (who
    changed it last), changed_at, version: the own events that touch the days, and everything that
    changes a built-in event or a campaign (`stands_for`), by day."""
    users, events = scope.visible.users.c, scope.visible.calendar_events.c
    person = select(users.name).where(users.user_id == events.user_id).scalar_subquery()
    statement = events_between(scope.visible, first_on, last_on)
    return read_frame(engine, statement.add_columns(person.label("person"), events.changed_at))


def list_promotions(engine: Engine, scope: Scope, first_on: date, last_on: date) -> pd.DataFrame:
    """campaign_id, name, name_zh, kind, starts_on, ends_on: the campaigns that touch the days and
    have an end, by day."""
    return read_frame(engine, promotions_between(scope.visible, first_on, last_on))


def events_between(of: Any, first_on: date, last_on: date) -> Select[Any]:
    """What `list_events` asks, without the person, of the relations `of` (`scope.visible`, or the
    tables themselves)."""
    events = of.calendar_events.c
    touches = (events.first_on <= last_on) & (events.last_on >= first_on)
    return (
        select(
            events.calendar_event_id, events.name, events.name_zh, events.kind, events.first_on,
            events.last_on, events.stands_for, events.is_off, events.version,
        )
        .where(or_(events.stands_for.is_not(None), touches))
        .order_by(events.first_on.is_(None), events.first_on, events.calendar_event_id)
    )  # fmt: skip


def promotions_between(of: Any, first_on: date, last_on: date) -> Select[Any]:
    campaigns = of.campaigns.c
    return (
        select(
            campaigns.campaign_id, campaigns.name, campaigns.name_zh, campaigns.kind,
            campaigns.starts_on, campaigns.ends_on,
        )
        .where(
            campaigns.starts_on <= last_on,
            campaigns.ends_on >= first_on,
            campaigns.starts_on <= campaigns.ends_on,
        )
        .order_by(campaigns.starts_on, campaigns.campaign_id)
    )  # fmt: skip


def sum_orders_by_day(
    engine: Engine, scope: Scope, first_on: date, last_on: date, currency: str | None
) -> pd.DataFrame:
    """day_on, orders, net_sales: the days of the currency's orders that were not cancelled, by day;
    a day without any is not there. Asked of the analytics copy."""
    orders = scope.visible.orders.c
    statement = (
        select(
            orders.ordered_on.label("day_on"),
            func.count().label("orders"),
            func.sum(orders.net_sales).label("net_sales"),
        )
        .where(
            orders.stage != "cancelled",
            orders.ordered_on >= first_on,
            orders.ordered_on <= last_on,
            *([orders.currency == currency] if currency else []),
        )
        .group_by(orders.ordered_on)
        .order_by(orders.ordered_on)
    )
    return read_frame(engine, statement)
