"""Files as a source: put into an in-memory DuckDB whose columns are all text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from data_access.importing.delimited import ROW_COLUMN, Record, find_layout, read_records
from data_access.importing.refusals import ImportRefused, RowRefused
from data_access.importing.source_tables import (
    BATCH_ROWS,
    Row,
    SourceTable,
    as_text,
    first_line,
    quoted,
)
from data_access.importing.workbooks import read_sheet, sheet_names


def is_importable(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(_ENDINGS) and path.name[0] not in ".~"


_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".xlsx", ".xlsm")


class FileSource:
    """Files as tables of an in-memory DuckDB, each column text and `source_row` the row number.
    A mapping's SQL is DuckDB's, and can reach neither files nor the network."""

    def __init__(self, paths: Sequence[Path], encoding: str | None, delimiter: str | None) -> None:
        self.tables: dict[str, SourceTable] = {}
        self._duckdb = duckdb.connect(":memory:", config=_CLOSED)
        try:
            for path in paths:
                for table, records in _tables_in(path, encoding, delimiter):
                    self._load(table, records)
        except BaseException:
            self._duckdb.close()
            raise
        if len(self.tables) == 1:
            only = next(iter(self.tables.values()))
            self.tables.setdefault("source", only)
            if only.name.casefold() != "source":
                self._duckdb.execute(f"CREATE VIEW source AS FROM {quoted(only.name)}")
        self._duckdb.execute("SET lock_configuration = true")

    def columns_of(self, origin: str, where: str) -> list[str]:
        result = self._run(f"SELECT * FROM {origin} AS origin LIMIT 0", where)  # noqa: S608
        return [str(column[0]) for column in result.description or ()]

    def rows_of(self, statement: str, where: str) -> Iterator[list[Row]]:
        result = self._run(statement, where)
        try:
            while rows := result.fetchmany(BATCH_ROWS):
                yield [tuple([as_text(cell) for cell in row]) for row in rows]
        except duckdb.Error as error:
            raise ImportRefused("failed_sql", where=where, detail=first_line(error)) from error

    def close(self) -> None:
        self._duckdb.close()

    def _run(self, statement: str, where: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._duckdb.execute(statement)
        except duckdb.Error as error:
            raise ImportRefused("failed_sql", where=where, detail=first_line(error)) from error

    def _load(self, table: SourceTable, records: Iterator[Record]) -> None:
        other = self.tables.get(table.name.casefold())
        if other:
            raise ImportRefused("same_name", file=table.file, other=other.file, table=table.name)
        self.tables[table.name.casefold()] = table
        _, header = next(records)
        assert not isinstance(header, RowRefused)
        table.columns = [name or "" for name in header]
        names = ", ".join(f"{quoted(name)} VARCHAR" for name in table.columns)
        self._duckdb.execute(f"CREATE TABLE {quoted(table.name)} ({names}, {ROW_COLUMN} BIGINT)")
        while chunk := list(islice(records, BATCH_ROWS)):
            self._append(table, chunk)

    def _append(self, table: SourceTable, chunk: Iterable[Record]) -> None:
        numbers: list[int] = []
        rows: list[list[str | None]] = []
        for number, record in chunk:
            if isinstance(record, RowRefused):
                table.refused.append((number, record))
            else:
                numbers.append(number)
                rows.append(record)
        if not rows:
            return
        table.first_row = table.first_row or rows[0]
        table.rows += len(rows)
        arrays = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
        batch = pa.table([*arrays, pa.array(numbers, pa.int64())], [*table.columns, ROW_COLUMN])
        self._duckdb.register("batch to append", batch)
        self._duckdb.execute(
            f'INSERT INTO {quoted(table.name)} SELECT * FROM "batch to append"'  # noqa: S608
        )
        self._duckdb.unregister("batch to append")


_CLOSED: dict[str, Any] = {
    "enable_external_access": False,
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


def _tables_in(
    path: Path, encoding: str | None, delimiter: str | None
) -> Iterator[tuple[SourceTable, Iterator[Record]]]:
    name = path.name.lower()
    if name.endswith((".xlsx", ".xlsm")):
        sheets = sheet_names(path)
        if not sheets:
            raise ImportRefused("empty_file", file=path.name, row=1)
        for sheet in sheets:
            table_name = path.stem if len(sheets) == 1 else sheet
            yield SourceTable(table_name, [], path.name), read_sheet(path, sheet)
    elif name.endswith(_ENDINGS):
        layout = find_layout(path, encoding, delimiter)
        ending = next(ending for ending in _ENDINGS if name.endswith(ending))
        table = SourceTable(path.name[: -len(ending)], [], path.name, layout)
        yield table, read_records(path, layout)
    else:
        raise ImportRefused("unknown_kind", file=path.name)
