"""The process's way to the CRM database: one Database for everybody, made on first use."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from itertools import count
from typing import Literal

import duckdb
import streamlit as st
from sqlalchemy import Engine

from dashboard.formats import use_zone
from dashboard.runs import once_a_run
from dashboard.settings import settings
from data_access.analytics_copy import AnalyticsCopy, LiveAnalytics, SnapshotFailed, open_analytics
from data_access.analytics_copy.copy import Progress
from data_access.audit_chain import last_audit_id
from data_access.database import Database, commit_counter, connect
from data_access.schema import (
    read_data_version,
    read_properties,
    schema_is_current,
    upgrade_schema,
)

RETRY_SECONDS = 60  # until a copy that could not be brought in step is tried again

EngineName = Literal["analytics", "record", "log"]

_numbers = count(1)
_log = logging.getLogger(__name__)


@dataclass
class _Connected:
    database: Database
    analytics: AnalyticsCopy | LiveAnalytics
    name: str  # of this connection within the process: part of every cache key
    out_of_step_until: float = 0.0

    def __post_init__(self) -> None:
        self._commits = commit_counter(self.database.writer)

    @property
    def version(self) -> int:
        """Of the record; read once a run, and again when this process has written."""
        record = self.database.record
        return once_a_run("version", self._state, lambda: read_data_version(record))

    @property
    def facts(self) -> dict[str, str]:
        record = self.database.record
        return once_a_run("facts", self._state, lambda: read_properties(record))

    @property
    def _state(self) -> tuple[str, int]:
        return self.name, self._commits()


def database(progress: Progress | None = None) -> Database:
    """The engines of the configured CRM database: its schema brought up to date, its analytics
    copy built or brought in step. `progress` is told the share of the first build."""
    return _connected(progress).database


def engine_and_version(name: EngineName) -> tuple[Engine, str]:
    """The engine and a name for the state of its data, which holds every change made before; the
    log is of the record, and grows by what is no change of the data too."""
    connected = _connected()
    if name == "log":
        record = connected.database.record
        return record, f"{connected.name}.log.{last_audit_id(record)}"
    if name == "analytics" and time.monotonic() >= connected.out_of_step_until:
        try:
            version = connected.analytics.refresh(connected.version)
            return connected.analytics.engine, f"{connected.name}.copy.{version}"
        except (duckdb.Error, SnapshotFailed, OSError):
            _log.exception("The analytics copy is out of step; the CRM database answers instead.")
            connected.out_of_step_until = time.monotonic() + RETRY_SECONDS
    record = connected.database.record
    return record, f"{connected.name}.record.{connected.version}"


def data_version() -> int:
    return _connected().version


def facts() -> dict[str, str]:
    """The database's properties, such as its time zone."""
    return _connected().facts


def _release(connected: _Connected) -> None:
    connected.analytics.close()
    connected.database.dispose()


@st.cache_resource(show_spinner=False, on_release=_release)
def _connected(_progress: Progress | None = None) -> _Connected:
    chosen = settings()
    made = connect(chosen.database_url)
    if not schema_is_current(made.writer):
        upgrade_schema(made.writer, time_zone=chosen.time_zone)
    use_zone(read_properties(made.record).get("time_zone", chosen.time_zone))
    analytics = _analytics(made.record, chosen.analytics_url, _progress)
    made = replace(made, analytics=analytics.engine)
    return _Connected(made, analytics, f"connection {next(_numbers)}")


def _analytics(
    record: Engine, url: str | None, progress: Progress | None
) -> AnalyticsCopy | LiveAnalytics:
    try:
        return open_analytics(record, url, progress)
    except (duckdb.Error, SnapshotFailed, OSError):
        _log.exception("The analytics copy cannot be built; the CRM database answers instead.")
        return LiveAnalytics(record, is_record=True)
