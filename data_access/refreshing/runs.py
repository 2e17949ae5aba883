"""Each run of a part of a refresh: when, for which day, on which data, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, func, insert, select, update

from data_access.accounts import utc_now
from data_access.database import writing
from data_access.errors import Refused
from data_access.tables import changes, refreshes

# What the results rest on: a change of anything else makes none of them old.
INPUTS = ("*", "orders", "order_lines", "customers", "products", "categories", "interactions")
LONGEST_MESSAGE = 500


class RunRefused(Refused):
    messages: ClassVar[dict[str, str]] = {
        "replaced": "Another refresh has begun meanwhile, and does this one's work.",
    }


@dataclass(frozen=True)
class Run:
    refresh_id: int
    what: str
    as_of: date
    version: int  # of the data it rests on


def read_input_version(engine: Engine, also: tuple[str, ...] = ()) -> int:
    """The last change of what the results rest on: INPUTS, and `also` these tables."""
    with engine.connect() as connection:
        last = select(func.max(changes.c.change_id)).where(
            changes.c.table_name.in_((*INPUTS, *also))
        )
        return int(connection.scalar(last) or 0)


def find_bulk_version(engine: Engine) -> int:
    """The last change that may have changed anything, such as an import of many rows."""
    with engine.connect() as connection:
        last = select(func.max(changes.c.change_id)).where(changes.c.table_name == "*")
        return int(connection.scalar(last) or 0)


def find_last_done(engine: Engine, what: str) -> Run | None:
    """The last run of this part that came to its end."""
    statement = (
        select(refreshes.c.refresh_id, refreshes.c.what, refreshes.c.as_of_on, refreshes.c.version)
        .where(refreshes.c.what == what, refreshes.c.state == "done")
        .order_by(refreshes.c.refresh_id.desc())
        .limit(1)
    )
    with engine.connect() as connection:
        row = connection.execute(statement).one_or_none()
    return Run(*row) if row is not None else None


def begin_run(engine: Engine, what: str, as_of: date, version: int) -> Run:
    """Says that the part is being worked out. A run that never ended was broken off; should it be
    at work after all, `need_running` and `finish_run` refuse it: the last that began writes."""
    with writing(engine) as connection:
        connection.execute(
            update(refreshes)
            .where(refreshes.c.what == what, refreshes.c.state == "running")
            .values(state="failed", finished_at=utc_now(), message="broken off")
        )
        values = {"what": what, "as_of_on": as_of, "version": version, "state": "running"}
        refresh_id = connection.scalars(
            insert(refreshes)
            .values(**values, started_at=utc_now())
            .returning(refreshes.c.refresh_id)
        ).one()
    return Run(refresh_id, what, as_of, version)


def finish_run(
    connection: Connection,
    run: Run,
    rows: int,
    facts: Mapping[str, Any],
    details: Mapping[str, Any] | None = None,
) -> None:
    """In the transaction that writes the rows: together they stand, or neither does. `details` may
    count everybody's customers, `facts` may not. RunRefused as of `need_running`."""
    need_running(connection, run)
    connection.execute(
        update(refreshes)
        .where(refreshes.c.refresh_id == run.refresh_id)
        .values(
            state="done",
            finished_at=utc_now(),
            row_count=rows,
            facts=_as_json(facts),
            details=None if details is None else _as_json(details),
            message=None,
        )
    )


def need_running(connection: Connection, run: Run) -> None:
    """RunRefused where another run of this part has begun since."""
    state = connection.scalar(
        select(refreshes.c.state).where(refreshes.c.refresh_id == run.refresh_id)
    )
    if state != "running":
        raise RunRefused("replaced")


def _as_json(facts: Mapping[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False, allow_nan=False)


def fail_run(engine: Engine, run: Run, message: str) -> None:
    """Says that the run came to nothing, unless it is done."""
    with writing(engine) as connection:
        connection.execute(
            update(refreshes)
            .where(refreshes.c.refresh_id == run.refresh_id, refreshes.c.state != "done")
            .values(state="failed", finished_at=utc_now(), message=message[:LONGEST_MESSAGE])
        )
