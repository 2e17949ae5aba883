"""Connects to the CRM database: one engine that only reads, one that writes, one for aggregates."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.pool import QueuePool

from data_access.audit_chain import record_bulk_load, teach_sqlite

BUSY_SECONDS = 3


@dataclass(frozen=True)
class Database:
    """The engines a process works with; queries and commands are handed one of them."""

    record: Engine  # the CRM database, reading only: lists and single rows
    writer: Engine  # the CRM database: commands, imports; one connection per process on SQLite
    analytics: Engine  # aggregates: the analytics copy, or `record` where there is none

    def dispose(self) -> None:
        for engine in {self.record, self.writer, self.analytics}:
            engine.dispose()


def connect(url: str | URL, *, analytics: Engine | None = None) -> Database:
    """Database for a SQLAlchemy URL of SQLite or PostgreSQL; connects on first use."""
    record, writer = reading_engine(url), writing_engine(url)
    return Database(record=record, writer=writer, analytics=analytics or record)


def reading_engine(url: str | URL) -> Engine:
    url = _with_driver(url)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url, poolclass=QueuePool, pool_size=8, max_overflow=24, connect_args=_SQLITE_ARGUMENTS
        )
        _prepare_sqlite(engine, begin="BEGIN", query_only=True)
        return engine
    return create_engine(
        url,
        pool_size=8,
        max_overflow=24,
        pool_pre_ping=True,
        execution_options={"postgresql_readonly": True},
        connect_args={"options": "-c timezone=UTC -c statement_timeout=15000"},
    )


def writing_engine(url: str | URL) -> Engine:
    url = _with_driver(url)
    if url.get_backend_name() == "sqlite":
        engine = create_engine(
            url, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args=_SQLITE_ARGUMENTS
        )
        _prepare_sqlite(engine, begin="BEGIN IMMEDIATE", query_only=False)
        return engine
    return create_engine(
        url,
        pool_size=4,
        pool_pre_ping=True,
        connect_args={"options": "-c timezone=UTC"},
    )


@contextmanager
def writing(engine: Engine, *, patience: int | None = None) -> Iterator[Connection]:
    """One write transaction; rolled back on any BaseException, Streamlit's interruptions included.
    Takes the change-sequence lock first, so writers follow one another on both engines. With
    `patience` it fails after so many seconds behind others (on SQLite always BUSY_SECONDS)."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            if patience is not None:
                connection.execute(text(f"SET LOCAL lock_timeout = '{patience}s'"))
            connection.execute(text("SELECT version FROM data_version FOR UPDATE"))
        yield connection


@contextmanager
def bulk_writing(engine: Engine, what: str = "bulk load") -> Iterator[Connection]:
    """A write transaction whose rows are not followed one by one: on commit the change sequence
    says once that anything may have changed, the analytics copy is built anew, and the log says
    `what` was loaded."""
    with writing(engine) as connection:
        connection.execute(text("UPDATE data_version SET is_bulk = true"))
        yield connection
        record_bulk_load(connection, what)
        connection.execute(text("UPDATE data_version SET is_bulk = false, version = version + 1"))
        connection.execute(
            text(
                "INSERT INTO changes (change_id, table_name, row_id)"
                " SELECT version, '*', NULL FROM data_version"
            )
        )


@contextmanager
def replacing(engine: Engine, table_name: str) -> Iterator[Connection]:
    """A write transaction for the rows of one table that is worked out of others, which are not
    followed one by one: on commit the change sequence says once that the table may be another, and
    the analytics copy reads it anew. No logged table is written in it."""
    with writing(engine) as connection:
        connection.execute(text("UPDATE data_version SET is_bulk = true"))
        yield connection
        connection.execute(text("UPDATE data_version SET is_bulk = false"))
        note_change(connection, table_name)


def note_change(connection: Connection, table_name: str) -> None:
    """Says in the change sequence that the table as a whole may be another."""
    connection.execute(text("UPDATE data_version SET version = version + 1"))
    connection.execute(
        text(
            "INSERT INTO changes (change_id, table_name, row_id)"
            " SELECT version, :table_name, NULL FROM data_version"
        ),
        {"table_name": table_name},
    )


def commit_counter(engine: Engine) -> Callable[[], int]:
    """Tells how often this process has committed through `engine` from now on."""
    commits = 0

    @event.listens_for(engine, "commit")
    def count(_connection: Connection) -> None:
        nonlocal commits
        commits += 1

    return lambda: commits


def sqlite_warning(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str | None:
    """A sentence when this SQLite can corrupt a WAL database (sqlite.org/wal.html#walresetbug)."""
    fixed = version >= (3, 51, 3) and version[:2] != (3, 52)
    backported = (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)
    if version < (3, 7) or fixed or backported:
        return None
    name = ".".join(map(str, version))
    return (
        f"SQLite {name} has the WAL-reset bug: two processes writing at the same instant can damage"
        " the database. Run one OrderScope process, or use SQLite 3.51.3 or newer, or PostgreSQL."
    )


_SQLITE_ARGUMENTS: dict[str, Any] = {
    "timeout": BUSY_SECONDS,
    "check_same_thread": False,
    "isolation_level": None,  # transactions are begun by the listener below
}


def _prepare_sqlite(engine: Engine, *, begin: str, query_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        if query_only:
            cursor.execute("PRAGMA query_only = ON")
        else:
            cursor.execute("PRAGMA trusted_schema = ON")  # triggers call functions of ours
            teach_sqlite(connection, record.info)
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _with_driver(url: str | URL) -> URL:
    url = make_url(url)
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    return url
