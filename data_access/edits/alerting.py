"""Writes down the warnings that hold now: one for each cause, however often they are worked out. A
cause that is gone ends its warning; should it come back, that is another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, true, update

from data_access.database import writing
from data_access.policy import Role
from data_access.refreshing.runs import Run, finish_run, need_running
from data_access.tables import alert_answers, alert_orders, alert_tellings, alerts, users

CHUNK = 500
KEEP_ENDED = timedelta(days=400)  # a year and what a year is compared with
_COMPARED = ("kind", "severity", "facts", "demand_facts", "last_seen_on")


@dataclass(frozen=True)
class Waiting:
    """An order that waits for the stock a warning is about, and how much of it is not there."""

    order_id: int
    quantity: int
    lacking: int


@dataclass(frozen=True)
class Warned:
    """A cause that holds now. `demand_facts` are the numbers that tell what everybody orders."""

    kind: str
    cause: str
    severity: str
    product_id: int | None = None
    warehouse_id: int | None = None
    facts: Mapping[str, Any] | None = None
    demand_facts: Mapping[str, Any] | None = None
    orders: tuple[Waiting, ...] = ()


@dataclass(frozen=True)
class Written:
    begun: int = 0
    changed: int = 0
    ended: int = 0
    open: int = 0


def write_alerts(
    engine: Engine, run: Run, found: Sequence[Warned], *, now: datetime, today: date
) -> Written:
    """In one transaction with the end of the run. A run that another one has overtaken writes
    nothing: RunRefused."""
    with writing(engine) as connection:
        need_running(connection, run)
        standing = {row.cause: row for row in connection.execute(_open())}
        rows = {each.cause: _row(each, today) for each in found}
        same = {c for c in rows if c in standing and standing[c].kind == rows[c]["kind"]}
        ended = [row.alert_id for cause, row in standing.items() if cause not in same]
        for part in _parts(ended):
            over = update(alerts).where(alerts.c.alert_id.in_(part))
            connection.execute(over.values(ended_at=now))
        changed = [cause for cause in rows if cause in same and _differs(standing, rows, cause)]
        for cause in changed:
            mine = alerts.c.alert_id == standing[cause].alert_id
            connection.execute(update(alerts).where(mine).values(**rows[cause]))
        begun = [cause for cause in rows if cause not in same]
        for part in _parts(begun):
            new = [{**rows[cause], "first_seen_at": now} for cause in part]
            connection.execute(insert(alerts), new)
        moved = _write_orders(connection, found, ended)
        _forget_ended(connection, now)
        written = Written(len(begun), len({*changed, *moved} - {*begun}), len(ended), len(rows))
        finish_run(connection, run, len(rows), {})
        return written


def count_open(engine: Engine) -> int:
    """How many warnings are open: for the command line, which sees everybody's."""
    with engine.connect() as connection:
        counted = select(func.count()).where(alerts.c.ended_at.is_(None))
        return int(connection.scalar(counted) or 0)


def find_judge(engine: Engine) -> int | None:
    """The user_id of somebody who sees everything: warnings are worked out as that person sees
    the company. None where nobody does."""
    seeing = select(users.c.user_id).where(
        users.c.role.in_((Role.ADMIN, Role.MANAGER)), users.c.is_active == true()
    )
    with engine.connect() as connection:
        found: int | None = connection.scalar(seeing.order_by(users.c.role, users.c.user_id))
        return found


def _open() -> Any:
    return select(alerts).where(alerts.c.ended_at.is_(None)).order_by(alerts.c.alert_id)


def _row(warned: Warned, today: date) -> dict[str, Any]:
    return {
        "kind": warned.kind,
        "cause": warned.cause,
        "severity": warned.severity,
        "product_id": warned.product_id,
        "warehouse_id": warned.warehouse_id,
        "facts": _json(warned.facts or {}),
        "demand_facts": None if warned.demand_facts is None else _json(warned.demand_facts),
        "last_seen_on": today,
    }


def _json(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, allow_nan=False)


def _differs(
    standing: Mapping[str, Row[Any]], rows: Mapping[str, dict[str, Any]], cause: str
) -> bool:
    before, now = standing[cause], rows[cause]
    return any(getattr(before, name) != now[name] for name in _COMPARED)


def _write_orders(
    connection: Connection, found: Iterable[Warned], ended: Sequence[int]
) -> set[str]:
    """The orders of each open warning, those of ended ones taken away; returns the causes whose
    orders are others now."""
    for part in _parts(ended):
        connection.execute(delete(alert_orders).where(alert_orders.c.alert_id.in_(part)))
    ids = {row.cause: row.alert_id for row in connection.execute(_open())}
    held: dict[int, dict[int, Any]] = {}
    for row in connection.execute(select(alert_orders)):
        held.setdefault(row.alert_id, {})[row.order_id] = row
    new: list[dict[str, Any]] = []
    gone: list[int] = []
    moved: set[str] = set()
    for warned in found:
        alert_id = ids[warned.cause]
        before = held.get(alert_id, {})
        wanted = {order.order_id: order for order in warned.orders}
        for order_id, row in before.items():
            order = wanted.get(order_id)
            if order and (order.quantity, order.lacking) == (row.quantity, row.lacking):
                del wanted[order_id]
            else:
                gone.append(row.alert_order_id)
                moved.add(warned.cause)
        new += [{"alert_id": alert_id, **vars(order)} for order in wanted.values()]
        if wanted:
            moved.add(warned.cause)
    for part in _parts(gone):
        connection.execute(delete(alert_orders).where(alert_orders.c.alert_order_id.in_(part)))
    for rows in _parts(new):
        connection.execute(insert(alert_orders), rows)
    return moved


def _forget_ended(connection: Connection, now: datetime) -> None:
    """Those that ended long ago; but what somebody said to one is kept, with the warning."""
    old = alerts.c.ended_at < now - KEEP_ENDED
    answered = select(alert_answers.c.alert_id)
    ids = list(
        connection.scalars(select(alerts.c.alert_id).where(old, alerts.c.alert_id.not_in(answered)))
    )
    for part in _parts(ids):
        for table in (alert_tellings, alert_orders, alerts):
            connection.execute(delete(table).where(table.c.alert_id.in_(part)))


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[first : first + CHUNK] for first in range(0, len(values), CHUNK))
