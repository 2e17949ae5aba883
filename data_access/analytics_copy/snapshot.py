"""The record as Arrow streams: business tables as they stood at one moment.

They are read by a process of its own. The Arrow driver brings its own SQLite library, and two
SQLite libraries in one process drop each other's file locks when either closes the file
(sqlite.org/howtocorrupt.html, 2.2.1); besides, what it needs of memory goes with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote as quote_path

import pyarrow as pa
from sqlalchemy import URL, Boolean, Column, Integer, Table

from data_access.analytics_copy.layout import kept_columns, quote
from data_access.columns import ExactDecimal
from data_access.tables import BUSINESS_TABLES

READER = Path(__file__).with_name("reader.py")
HEADING = (
    "SELECT (SELECT value FROM properties WHERE name = 'database_id'),"
    " (SELECT value FROM properties WHERE name = 'erasures'),"
    " (SELECT version FROM data_version)"
)


def identity(database_id: str | None, erasures: str | None) -> str:
    """Another one whenever a person was erased: what held them is built anew, not brought in
    step."""
    return f"{database_id or ''}{f' less {erasures}' if erasures else ''}"


class SnapshotFailed(Exception):  # noqa: N818
    """The record could not be read; the text says why."""


@dataclass
class Snapshot:
    database_id: str
    version: int
    _tables: Sequence[Table]
    _stream: IO[bytes]

    def tables(self) -> Iterator[tuple[Table, pa.RecordBatchReader]]:
        """Each table with its rows; read one to its end before the next."""
        for table in self._tables:
            with pa.ipc.open_stream(self._stream) as reader:
                yield table, reader


@contextmanager
def take_snapshot(url: URL, tables: Sequence[Table] = BUSINESS_TABLES) -> Iterator[Snapshot]:
    """Reads the tables of the record at `url` in one transaction."""
    with subprocess.Popen(  # noqa: S603  our own module
        [sys.executable, "-P", str(READER)],  # -P: its folder is no place to import from
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        try:
            process.stdin.write(json.dumps(_job(url, tables)).encode())
            process.stdin.close()
            database_id, erasures, version = json.loads(process.stdout.readline())
            yield Snapshot(identity(database_id, erasures), version, tables, process.stdout)
        except Exception as error:
            process.kill()
            if reason := process.stderr.read().decode(errors="replace").strip():
                raise SnapshotFailed(reason.splitlines()[-1]) from error
            raise
        finally:
            process.kill()


def _job(url: URL, tables: Sequence[Table]) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {
            "driver": "sqlite",
            "source": _sqlite_uri(url.database or ""),
            "heading": HEADING,
            "queries": [_sqlite_rows(table) for table in tables],
            "skipped": 1,
        }
    return {
        "driver": "postgresql",
        "source": url.set(drivername="postgresql").render_as_string(hide_password=False),
        "heading": HEADING,
        "queries": [_postgresql_rows(table) for table in tables],
        "skipped": 0,
    }


def _sqlite_uri(database: str) -> str:
    if database.startswith("file:"):
        return database
    return f"file:{quote_path(str(Path(database).resolve()))}?mode=ro"


def _sqlite_rows(table: Table) -> str:
    """SQLite has no column types in a result and the driver guesses them from the first rows,
    which may all be NULL: so a first row, skipped later, shows one value of each column's type."""
    columns = kept_columns(table)
    shown = ", ".join(f"{_shown(column)} AS {quote(column.name)}" for column in columns)
    names = ", ".join(quote(column.name) for column in columns)
    return f"SELECT {shown} UNION ALL SELECT {names} FROM {table.name}"  # noqa: S608


def _shown(column: Column[Any]) -> str:
    if isinstance(column.type, ExactDecimal):
        return "0.0"
    return "0" if isinstance(column.type, Integer | Boolean) else "''"


def _postgresql_rows(table: Table) -> str:
    """Decimals travel as text, which keeps every digit."""
    names = ", ".join(
        f"{quote(column.name)}::text AS {quote(column.name)}"
        if isinstance(column.type, ExactDecimal)
        else quote(column.name)
        for column in kept_columns(table)
    )
    return f"SELECT {names} FROM {table.name}"  # noqa: S608
