"""Warnings that are open, with what was answered to them, and the orders that wait for the stock
they are about. Asked of the record; what the warnings are worked out of, of either engine."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Engine, Subquery, and_, case, func, select

from data_access.filters import name_in
from data_access.frames import read_frame
from data_access.inventory import WAITING_STAGES
from data_access.scope import Scope

KINDS = ("short_order", "out_of_stock", "runs_out", "reorder", "unusual_day")
SEVERITIES = ("high", "medium", "low")  # the worst first
UNUSUAL_DAY = "unusual_day"
MOST_ALERTS = 1_000
MOST_ORDERS = 5_000


def list_alerts(
    engine: Engine,
    scope: Scope,
    user_id: int,
    today: date,
    *,
    unusual_days: bool = True,
    language: str = "en",
) -> pd.DataFrame:
    """The open warnings, the worst first and of these the oldest, at most MOST_ALERTS: alert_id,
    kind (of KINDS), severity (of SEVERITIES), cause, product_id, sku, product, warehouse,
    first_seen_at, last_seen_on, facts, demand_facts (JSON; NULL where hidden), orders (those
    visible that wait for the stock), short_orders (those that lack some of it), lacking (units of
    these), acknowledged_by, acknowledged_id, acknowledged_at, note, snoozed_until, reason (of this
    person's own snooze, while it lasts)."""
    visible = scope.visible
    alerts, products, warehouses = visible.alerts, visible.products, visible.warehouses
    waiting = _waiting(scope)
    taken, put_off = (visible.alert_answers.alias(name) for name in ("taken", "put_off"))
    rank = case({name: place for place, name in enumerate(SEVERITIES)}, value=alerts.c.severity)
    statement = (
        select(
            alerts.c.alert_id,
            alerts.c.kind,
            alerts.c.severity,
            alerts.c.cause,
            alerts.c.product_id,
            products.c.sku,
            name_in(language, products).label("product"),
            name_in(language, warehouses).label("warehouse"),
            alerts.c.first_seen_at,
            alerts.c.last_seen_on,
            alerts.c.facts,
            alerts.c.demand_facts,
            func.coalesce(waiting.c.orders, 0).label("orders"),
            func.coalesce(waiting.c.short_orders, 0).label("short_orders"),
            func.coalesce(waiting.c.lacking, 0).label("lacking"),
            taken.c.author.label("acknowledged_by"),
            taken.c.user_id.label("acknowledged_id"),
            taken.c.made_at.label("acknowledged_at"),
            taken.c.note,
            put_off.c.until_on.label("snoozed_until"),
            put_off.c.note.label("reason"),
        )
        .select_from(alerts)
        .outerjoin(products, products.c.product_id == alerts.c.product_id)
        .outerjoin(warehouses, warehouses.c.warehouse_id == alerts.c.warehouse_id)
        .outerjoin(waiting, waiting.c.alert_id == alerts.c.alert_id)
        .outerjoin(
            taken, and_(taken.c.alert_id == alerts.c.alert_id, taken.c.kind == "acknowledged")
        )
        .outerjoin(
            put_off,
            and_(
                put_off.c.alert_id == alerts.c.alert_id,
                put_off.c.kind == "snoozed",
                put_off.c.user_id == user_id,
                put_off.c.until_on > today,
            ),
        )
        .where(alerts.c.ended_at.is_(None))
        .order_by(
            rank,
            alerts.c.first_seen_at,
            alerts.c.alert_id,
            taken.c.alert_answer_id.is_(None),
            taken.c.alert_answer_id,
            put_off.c.alert_answer_id.is_(None),
            put_off.c.alert_answer_id,
        )
        .limit(MOST_ALERTS)
    )
    if not unusual_days:
        statement = statement.where(alerts.c.kind != UNUSUAL_DAY)
    return read_frame(engine, statement)


def list_alert_orders(
    engine: Engine, scope: Scope, alert_id: int | None = None, *, limit: int = MOST_ORDERS
) -> pd.DataFrame:
    """The visible orders that wait for the stock of open warnings, or of this one, those that lack
    most first: alert_id, order_id, order_number, promised_on, quantity, lacking (units)."""
    visible = scope.visible
    waiting, orders = visible.alert_orders, visible.orders
    statement = (
        select(
            waiting.c.alert_id,
            orders.c.order_id,
            orders.c.order_number,
            orders.c.promised_on,
            waiting.c.quantity,
            waiting.c.lacking,
        )
        .join_from(waiting, visible.alerts, visible.alerts.c.alert_id == waiting.c.alert_id)
        .join(orders, orders.c.order_id == waiting.c.order_id)
        .where(visible.alerts.c.ended_at.is_(None))
        .order_by(
            waiting.c.alert_id,
            waiting.c.lacking.desc(),
            orders.c.promised_on.is_(None),
            orders.c.promised_on,
            waiting.c.alert_order_id,
        )
        .limit(max(1, min(limit, MOST_ORDERS)))
    )
    if alert_id is not None:
        statement = statement.where(waiting.c.alert_id == alert_id)
    return read_frame(engine, statement)


def find_last_alert_run(engine: Engine, scope: Scope) -> dict[str, Any]:
    """state (done or failed), as_of_on, finished_at and message (why it failed) of the last time
    that warnings were worked out; empty: never, or the person sees no runs."""
    refreshes = scope.visible.refreshes
    columns = (refreshes.c.state, refreshes.c.as_of_on, refreshes.c.finished_at,
               refreshes.c.message)  # fmt: skip
    statement = (
        select(*columns)
        .where(refreshes.c.what == "alerts", refreshes.c.state.in_(("done", "failed")))
        .order_by(refreshes.c.refresh_id.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        row = connection.execute(statement).one_or_none()
    return dict(row._mapping) if row is not None else {}


def sum_waiting_by_order(engine: Engine, scope: Scope) -> pd.DataFrame:
    """order_id, product_id, warehouse_id, stage, promised_on, units, set_aside (of them, for the
    order alone): what each open order that has not left the warehouse waits for; those first that
    hold stock, then what is promised soonest."""
    orders, lines = scope.visible.orders, scope.visible.order_lines
    given = scope.visible.allocations.c
    own = case((given.quantity > lines.c.quantity, lines.c.quantity), else_=given.quantity)
    keys = (orders.c.order_id, lines.c.product_id, orders.c.warehouse_id, orders.c.stage,
            orders.c.promised_on)  # fmt: skip
    return read_frame(
        engine,
        select(
            *keys,
            func.sum(lines.c.quantity).label("units"),
            func.coalesce(func.sum(own), 0).label("set_aside"),
        )
        .join_from(orders, lines, lines.c.order_id == orders.c.order_id)
        .outerjoin(scope.visible.allocations, given.line_id == lines.c.line_id)
        .where(orders.c.stage.in_(WAITING_STAGES), orders.c.warehouse_id.is_not(None))
        .group_by(*keys)
        .order_by(
            case((orders.c.stage == "received", 1), else_=0),
            orders.c.promised_on.is_(None),
            orders.c.promised_on,
            orders.c.order_id,
            lines.c.product_id.is_(None),
            lines.c.product_id,
        ),
    )


def _waiting(scope: Scope) -> Subquery:
    waiting = scope.visible.alert_orders
    short = waiting.c.lacking > 0
    return (
        select(
            waiting.c.alert_id,
            func.count().label("orders"),
            func.count(case((short, 1))).label("short_orders"),
            func.sum(waiting.c.lacking).label("lacking"),
        )
        .group_by(waiting.c.alert_id)
        .subquery("waiting")
    )
