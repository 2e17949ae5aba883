"""The warnings of now, worked out when what they rest on has changed, and the messages that tell
of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine

from data_access.database import Database
from data_access.edits.alerting import Warned, Written, count_open, find_judge, write_alerts
from data_access.edits.clock import time_of_work
from data_access.refreshing import runs
from data_access.schema import read_properties
from data_access.scope import Scope, mint_scope

PART = "alerts"
# beside what every part of a refresh rests on
ALSO_READ = (
    "stock", "replenishments", "stock_movements", "suppliers", "warehouses", "anomaly_notes",
    "calendar_events", "stock_plans",
)  # fmt: skip


Find = Callable[[Scope, date, str], list[Warned]]  # of a person, a day and a currency


@dataclass(frozen=True)
class Outcome:
    """How it ended: `done`, `skipped` (nothing has changed), or `nobody` sees everything."""

    state: str
    written: Written


def work_out_alerts(database: Database, find: Find, currency: str, now: datetime) -> Outcome:
    """Writes the warnings that hold now, as somebody sees them who sees everything; `find` tells
    them. Nothing is worked out or written while neither the data nor the day is another."""
    work = time_of_work(read_properties(database.record), now)
    version = runs.read_input_version(database.record, ALSO_READ)
    last = runs.find_last_done(database.record, PART)
    if last is not None and (last.version, last.as_of) == (version, work.today):
        return Outcome("skipped", _standing(database.record))
    judge = find_judge(database.record)
    scope = None if judge is None else mint_scope(database.record, judge)
    if scope is None:
        return Outcome("nobody", Written())
    run = runs.begin_run(database.writer, PART, work.today, version)
    try:
        found = find(scope, work.today, currency)
        written = write_alerts(database.writer, run, found, now=work.at, today=work.today)
        return Outcome("done", written)
    except BaseException as error:
        runs.fail_run(database.writer, run, f"{type(error).__name__}: {error}".splitlines()[0])
        raise


def _standing(engine: Engine) -> Written:
    return Written(open=count_open(engine))
