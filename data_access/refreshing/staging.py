"""Rows that come piece by piece while others are still worked out, for tables that are written
whole when all are there: readers see the old ones until then, and no writer has to wait.

On SQLite they are put into a file beside the record, by a process of its own that needs neither
this one's lock nor Python values, and moved from there by the database itself. That the process
has a SQLite library of its own is also why it is one (see `analytics_copy/snapshot.py`)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from sqlalchemy import Connection, Engine, Table, func, select

from data_access.loading import Rows, as_arrow, load, rows_in
from data_access.refreshing.runs import Run

STAGER = Path(__file__).with_name("stager.py")


class StagingFailed(Exception):  # noqa: N818
    """The rows could not be put aside; the text says why."""


class Staged(Protocol):
    def put(self, table: Table, rows: Rows) -> None:
        """Some rows of the table; a key that is only a number is left out."""

    def settle(self) -> None:
        """No more rows come."""

    def move(self, connection: Connection, table: Table) -> None:
        """Writes all rows that were put into the table, numbered after those that are there."""


class Kept:
    """In memory."""

    def __init__(self) -> None:
        self._parts: list[tuple[Table, Rows]] = []

    def put(self, table: Table, rows: Rows) -> None:
        self._parts.append((table, rows))

    def settle(self) -> None:
        pass

    def move(self, connection: Connection, table: Table) -> None:
        last = _last_number(connection, table)
        for _table, rows in (part for part in self._parts if part[0] is table):
            numbers = np.arange(last + 1, last + 1 + rows_in(rows))
            load(connection, table, {_key(table): numbers, **rows}, lambda rows: None)
            last += len(numbers)


class Beside:
    """In the database at `path`, by `process`."""

    def __init__(self, path: Path, process: subprocess.Popen[bytes]) -> None:
        self._path, self._process = path, process
        self._columns: dict[str, list[str]] = {}
        self._is_attached = False

    def put(self, table: Table, rows: Rows) -> None:
        stream = self._process.stdin
        assert stream
        arrays = pa.table({name: as_arrow(table, name, own) for name, own in rows.items()})
        stream.write(f"{table.name}\n".encode())
        with pa.ipc.new_stream(stream, arrays.schema) as writer:
            writer.write_table(arrays)
        self._columns[table.name] = [*rows]

    def settle(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        if code := self._process.wait():
            raise StagingFailed(f"ended with {code}")

    def move(self, connection: Connection, table: Table) -> None:
        if table.name not in self._columns:
            return
        if not self._is_attached:
            connection.exec_driver_sql("ATTACH DATABASE ? AS staged", (str(self._path),))
            self._is_attached = True
        names = ", ".join(self._columns[table.name])
        into, source = names, names
        if _key(table) not in self._columns[table.name]:
            into = f"{_key(table)}, {names}"
            source = f"rowid + {_last_number(connection, table)}, {names}"
        connection.exec_driver_sql(
            f"INSERT INTO main.{table.name} ({into}) SELECT {source} FROM staged.{table.name}"  # noqa: S608
        )


@contextmanager
def staged(engine: Engine, run: Run) -> Iterator[Staged]:
    """For tables that `engine` writes whole in this run."""
    database = engine.url.database or ":memory:"
    if engine.dialect.name != "sqlite" or database.startswith((":memory:", "file:")):
        yield Kept()
        return
    record = Path(database)
    path = record.with_name(f"{record.name}.staged-{run.refresh_id}")
    for left in record.parent.glob(f"{escape(record.name)}.staged-*"):
        left.unlink()  # by runs that were broken off: only the last that began writes
    path.touch(mode=0o600)
    try:
        with _stager(path) as process:
            yield Beside(path, process)
    finally:
        _detach(engine)
        path.unlink(missing_ok=True)


@contextmanager
def _stager(path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(  # noqa: S603  our own module
        [sys.executable, "-P", str(STAGER), str(path)],  # -P: its folder is no place to import from
        stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdin and process.stderr
        try:
            yield process
        except (OSError, StagingFailed) as error:
            process.kill()
            if reason := process.stderr.read().decode(errors="replace").strip():
                raise StagingFailed(reason.splitlines()[-1]) from error
            raise
        finally:
            process.kill()
            with suppress(OSError):  # of what it did not take any more
                process.stdin.close()


def _detach(engine: Engine) -> None:
    """Outside of any transaction, in which a database cannot go."""
    connection = engine.raw_connection()
    try:
        attached = {row[1] for row in connection.cursor().execute("PRAGMA database_list")}
        if "staged" in attached:
            connection.cursor().execute("DETACH DATABASE staged")
    finally:
        connection.close()


def _key(table: Table) -> str:
    return next(iter(table.primary_key.columns)).name


def _last_number(connection: Connection, table: Table) -> int:
    return int(connection.scalar(select(func.coalesce(func.max(table.c[_key(table)]), 0))) or 0)
