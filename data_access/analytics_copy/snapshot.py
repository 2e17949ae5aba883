"""The record as Arrow streams: every business table as it stood at one moment.

Runs as a process of its own (`python -m`, URL on stdin, streams on stdout). The Arrow driver brings
its own SQLite library, and two SQLite libraries in one process drop each other's file locks when
either closes the file (sqlite.org/howtocorrupt.html, 2.2.1); besides, its memory goes with it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote as quote_path

import pyarrow as pa
from sqlalchemy import URL, Boolean, Column, Date, DateTime, Integer, Table

from data_access.analytics_copy.layout import kept_columns, quote
from data_access.columns import ExactDecimal
from data_access.tables import BUSINESS_TABLES

BATCH_ROWS = 100_000
FACTS = (
    "SELECT (SELECT value FROM properties WHERE name = 'database_id'),"
    " (SELECT version FROM data_version)"
)


class SnapshotFailed(Exception):  # noqa: N818
    """The record could not be read; the text says why."""


@dataclass
class Snapshot:
    database_id: str
    version: int
    _stream: IO[bytes]

    def tables(self) -> Iterator[tuple[Table, pa.RecordBatchReader]]:
        """Each business table with its rows; read one to its end before the next."""
        for table in BUSINESS_TABLES:
            with pa.ipc.open_stream(self._stream) as reader:
                yield table, reader


@contextmanager
def take_snapshot(url: URL) -> Iterator[Snapshot]:
    """Reads the record at `url` in one transaction of a process of its own."""
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-m", "data_access.analytics_copy.snapshot"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=root,
    ) as process:
        assert process.stdin and process.stdout and process.stderr
        try:
            process.stdin.write(_source(url).encode())
            process.stdin.close()
            facts = json.loads(process.stdout.readline())
            yield Snapshot(facts["database_id"], facts["version"], process.stdout)
        except Exception as error:
            process.kill() if process.poll() is None else None
            reason = process.stderr.read().decode(errors="replace").strip()
            if reason:
                raise SnapshotFailed(reason[-2000:]) from error
            raise
        finally:
            process.kill()


def _source(url: URL) -> str:
    """The URL as the Arrow driver of its database wants it."""
    if url.get_backend_name() != "sqlite":
        return url.set(drivername="postgresql").render_as_string(hide_password=False)
    database = url.database or ""
    if database.startswith("file:"):
        return database
    return f"file:{quote_path(str(Path(database).resolve()))}?mode=ro"


def _write_snapshot(source: str, stream: IO[bytes]) -> None:
    is_sqlite = source.startswith("file:")
    with closing(_connection(source)) as connection, closing(connection.cursor()) as cursor:
        if is_sqlite:
            cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": BATCH_ROWS})
        else:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(FACTS)
        database_id, version = cursor.fetchone()
        heading = {"database_id": database_id, "version": version}
        stream.write(json.dumps(heading).encode() + b"\n")
        for table in BUSINESS_TABLES:
            cursor.execute(_sqlite_rows(table) if is_sqlite else _postgresql_rows(table))
            _write_table(cursor.fetch_record_batch(), stream, skipped=int(is_sqlite))
        stream.flush()


def _connection(source: str) -> Any:
    if source.startswith("file:"):
        from adbc_driver_sqlite.dbapi import connect

        return connect(source)
    from adbc_driver_postgresql.dbapi import connect as connect_postgresql

    return connect_postgresql(source)


def _write_table(reader: pa.RecordBatchReader, stream: IO[bytes], *, skipped: int) -> None:
    with pa.ipc.new_stream(stream, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch.slice(skipped))
            skipped = 0


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
    is_text = isinstance(column.type, Date | DateTime) or not isinstance(
        column.type, Integer | Boolean
    )
    return "''" if is_text else "0"


def _postgresql_rows(table: Table) -> str:
    """Decimals travel as text, which keeps every digit."""
    names = ", ".join(
        f"{quote(column.name)}::text AS {quote(column.name)}"
        if isinstance(column.type, ExactDecimal)
        else quote(column.name)
        for column in kept_columns(table)
    )
    return f"SELECT {names} FROM {table.name}"  # noqa: S608


if __name__ == "__main__":
    _write_snapshot(sys.stdin.read(), sys.stdout.buffer)
