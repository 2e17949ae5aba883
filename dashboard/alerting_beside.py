"""Warnings are looked for every few minutes beside the app, where it runs on one machine; where
there are several servers, `python -m dashboard alert` does it, by cron."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from dashboard.alert_causes import find_causes
from dashboard.alert_digest import write_digests
from dashboard.alerting import work_out_alerts
from dashboard.settings import settings
from data_access.accounts import utc_now
from data_access.database import connect

EVERY_SECONDS = 300
_THREAD = "warnings"
_log = logging.getLogger(__name__)


class _NotOfThisThread(logging.Filter):
    """That it draws no page is no news."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.threadName != _THREAD


@contextmanager
def alerting_beside(every_seconds: float = EVERY_SECONDS) -> Iterator[None]:
    """At once, and again until the block is left. What fails is logged and tried again."""
    ends = Event()
    thread = Thread(target=_look, args=(ends, every_seconds), name=_THREAD, daemon=True)
    quiet = logging.getLogger("streamlit.runtime.scriptrunner_utils.script_run_context")
    quiet.addFilter(_NotOfThisThread())
    thread.start()
    try:
        yield
    finally:
        ends.set()


def _look(ends: Event, every_seconds: float) -> None:
    while not ends.is_set():
        try:
            look_once()
        except Exception:
            _log.exception("Warnings could not be looked for; it is tried again later.")
        ends.wait(every_seconds)


def look_once() -> None:
    known = settings()
    database = connect(known.database_url)
    try:
        work_out_alerts(database, find_causes, known.currency, utc_now())
        write_digests(database, utc_now(), known.public_url)
    finally:
        database.dispose()
