"""The DuckDB that holds the copy: one instance per process, a connection of it for each thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
from duckdb_engine import ConnectionWrapper, Dialect
from sqlalchemy import Engine, create_engine
from sqlalchemy.dialects import registry
from sqlalchemy.pool import QueuePool

FACTS = "copy_facts"
_CONFIG: dict[str, Any] = {
    "enable_external_access": False,  # it reads no other file and nothing from the network
    "preserve_insertion_order": False,  # sorting is asked for where it matters; saves memory
}
_log = logging.getLogger(__name__)


class CopyDialect(Dialect):
    """duckdb_engine's dialect, which compiles a statement once and not on every execution."""

    supports_statement_cache = True
    has_roll_ups = True  # see roll_ups.py

    def do_begin(self, dbapi_connection: Any) -> None:
        """Every statement is a transaction of its own: readers ask one question at a time, and
        beginning and rolling back takes as long as a small answer."""

    def do_commit(self, dbapi_connection: Any) -> None:
        pass

    def do_rollback(self, dbapi_connection: Any) -> None:
        dbapi_connection.abort()  # what was not read of the last result


registry.register("duckdb.copy", __name__, "CopyDialect")


def open_store(path: Path | None) -> duckdb.DuckDBPyConnection:
    """The DuckDB at `path`, or one in memory for None and wherever the file cannot be ours: held
    by another process, holding somebody else's tables, or in a folder that cannot be written."""
    if path is not None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            return _open_file(path)
        except (duckdb.Error, OSError, ForeignFile) as error:
            _log.warning("The analytics copy stays in memory: %s", error)
    return duckdb.connect(":memory:", config=_CONFIG)


class ForeignFile(Exception):  # noqa: N818
    """The file holds something that is not an analytics copy."""


def _open_file(path: Path) -> duckdb.DuckDBPyConnection:
    try:
        store = duckdb.connect(str(path), config=_CONFIG)
    except duckdb.Error as error:
        if "lock" in str(error) or not _may_be_deleted(path):
            raise
        _log.warning("The analytics copy is unreadable and is built anew: %s", error)
        path.unlink()
        path.with_name(path.name + ".wal").unlink(missing_ok=True)
        store = duckdb.connect(str(path), config=_CONFIG)
    names = {name for (name,) in run(store, "SHOW TABLES")}
    if names and FACTS not in names:
        store.close()
        raise ForeignFile(f"{path} holds tables that are not an analytics copy")
    path.chmod(0o600)
    return store


def delete_file(path: Path) -> None:
    """Of a copy that is closed, or that only those who still read it hold open."""
    if _may_be_deleted(path):
        path.unlink()
        path.with_name(path.name + ".wal").unlink(missing_ok=True)


def run(connection: duckdb.DuckDBPyConnection, sql: str, *values: object) -> list[Any]:
    """Executes, and reads the result to its end, without which a connection does nothing else."""
    return connection.execute(sql, list(values)).fetchall()


def _may_be_deleted(path: Path) -> bool:
    """Whether the file may be deleted: only what is named like a copy, and never a
    SQLite database, which a slip in a setting could point at."""
    if path.suffix != ".duckdb" or not path.is_file():
        return False
    with path.open("rb") as file:
        return not file.read(16).startswith(b"SQLite format 3")


def store_engine(store: Callable[[], duckdb.DuckDBPyConnection]) -> Engine:
    """A SQLAlchemy engine over what is the store when a connection is made; the pooled connections
    see one another's commits."""
    return create_engine(
        "duckdb+copy://",
        creator=lambda: ConnectionWrapper(store().cursor()),
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=56,
    )
