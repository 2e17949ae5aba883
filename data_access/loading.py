"""Writes many rows fast: COPY on PostgreSQL, executemany of plain tuples on SQLite."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv
from sqlalchemy import Connection, Integer, Table, delete, text

Array = npt.NDArray[Any]
Rows = dict[str, Array]  # by column; a missing number is NaN, a missing identity 0

CHUNK = 50_000
Written = Callable[[int], None]


def load(connection: Connection, table: Table, rows: Rows, written: Written) -> None:
    """Inserts `rows`; `written` hears how many after each chunk."""
    if connection.dialect.name == "postgresql":
        _copy(connection, table, rows, written)
    else:
        _insert(connection, table, rows, written)


def empty(connection: Connection, table: Table) -> None:
    """Deletes all rows. SQLite deletes row by row from a table that has foreign keys, which takes
    longer than writing as many: there the table is dropped and made as it was. No other table may
    refer to it."""
    if connection.dialect.name != "sqlite":
        connection.execute(delete(table))
        return
    made = text("SELECT sql FROM sqlite_master WHERE tbl_name = :name AND sql IS NOT NULL"
                " ORDER BY type <> 'table'")  # fmt: skip
    statements = list(connection.scalars(made, {"name": table.name}))
    connection.exec_driver_sql(f'DROP TABLE "{table.name}"')
    for statement in statements:
        connection.exec_driver_sql(statement)


@contextmanager
def with_indexes_after(connection: Connection, table: Table) -> Iterator[None]:
    """For a table that is written whole: on SQLite its indexes are built after the rows, in which
    they would be filled page by page, here and there, and 200 MB are held in memory meanwhile.
    Readers go on with what stands; on PostgreSQL they would have to wait, so nothing is done."""
    if connection.dialect.name != "sqlite":
        yield
        return
    connection.exec_driver_sql("PRAGMA cache_size = -200000")
    for index in table.indexes:
        connection.exec_driver_sql(f'DROP INDEX IF EXISTS "{index.name}"')
    yield
    for index in table.indexes:
        index.create(connection)
    connection.exec_driver_sql("PRAGMA cache_size = -2000")


def rows_in(rows: Rows) -> int:
    return len(next(iter(rows.values())))


def _chunks(table: Table, rows: Rows) -> Iterator[dict[str, Array]]:
    for start in range(0, rows_in(rows), CHUNK):
        yield {name: values[start : start + CHUNK] for name, values in rows.items()}


def _insert(connection: Connection, table: Table, rows: Rows, written: Written) -> None:
    marks = ", ".join("?" * len(rows))
    statement = f"INSERT INTO {table.name} ({', '.join(rows)}) VALUES ({marks})"  # noqa: S608
    cursor = connection.connection.cursor()
    for chunk in _chunks(table, rows):
        cells = [_cells(table, name, values) for name, values in chunk.items()]
        rows_at_once: Any = zip(*cells, strict=True)  # sqlite3 takes them as they come
        cursor.executemany(statement, rows_at_once)
        written(len(cells[0]))
    cursor.close()


def _cells(table: Table, name: str, values: Array) -> list[Any]:
    """Python values as SQLite keeps them: text for days and moments, None for NULL."""
    if values.dtype.kind == "M":
        missing = np.isnat(values)
        return _blank(_date_texts(values), missing)
    if values.dtype.kind == "f":
        missing = np.isnan(values)
        if isinstance(table.c[name].type, Integer):
            values = np.where(missing, 0, values).astype(np.int64)
        return _blank(values, missing)
    if _names_a_row(table, name):
        return _blank(values, values == 0)
    return list(values.tolist())


def _date_texts(values: Array) -> Array:
    """'2026-11-23' and '2026-11-23 04:00:00.000000', as SQLAlchemy writes them."""
    if values.dtype == np.dtype("datetime64[D]"):
        return np.datetime_as_string(values)
    texts = np.datetime_as_string(values.astype("datetime64[us]"))
    letters = np.ascontiguousarray(texts).view(np.uint32).reshape(len(texts), -1)
    letters[:, 10] = ord(" ")
    return texts


def _blank(values: Array, missing: Array) -> list[Any]:
    if not missing.any():
        return list(values.tolist())
    cells = values.astype(object)
    cells[missing] = None
    return list(cells)


def _names_a_row(table: Table, name: str) -> bool:
    return name.endswith("_id") and table.c[name].nullable is True


def _copy(connection: Connection, table: Table, rows: Rows, written: Written) -> None:
    names = ", ".join(rows)
    statement = f"COPY {table.name} ({names}) FROM STDIN WITH (FORMAT csv)"
    cursor = connection.connection.cursor()
    options = pyarrow.csv.WriteOptions(include_header=False)
    for chunk in _chunks(table, rows):
        arrays = {name: as_arrow(table, name, values) for name, values in chunk.items()}
        frame, buffer = pa.table(arrays), io.BytesIO()
        pyarrow.csv.write_csv(frame, buffer, options)
        with cursor.copy(statement) as copy:
            copy.write(buffer.getvalue())
        written(frame.num_rows)
    cursor.close()
    move_sequence(connection, table)


def as_arrow(table: Table, name: str, values: Array) -> Any:
    """An Arrow array of a column's values, with NULL for NaN and for the identity 0."""
    if values.dtype.kind == "M":
        return pa.array(values)
    if values.dtype.kind == "f":
        missing = np.isnan(values)
        if isinstance(table.c[name].type, Integer):
            values = np.where(missing, 0, values).astype(np.int64)
        return pa.array(values, mask=missing)
    if _names_a_row(table, name):
        return pa.array(values, mask=values == 0)
    return pa.array(values)


def move_sequence(connection: Connection, table: Table) -> None:
    """The next row that somebody adds on PostgreSQL takes a number after the loaded ones."""
    key = next(iter(table.primary_key.columns)).name
    connection.execute(
        text(
            f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key}'),"  # noqa: S608
            f" (SELECT max({key}) FROM {table.name}))"
        )
    )
