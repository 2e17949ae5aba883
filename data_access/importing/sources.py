"""Where rows come from: a database, or files put into an in-memory DuckDB whose columns are all
text. Either way a table's rows are the answer to one SELECT, handed on as text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
from sqlalchemy import URL, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from data_access.importing.delimited import ROW_COLUMN, Layout, Record, find_layout, read_records
from data_access.importing.refusals import ImportRefused, RowRefused
from data_access.importing.workbooks import read_sheet, sheet_names, text_of

BATCH_ROWS = 20_000
Row = tuple[str | None, ...]


@dataclass
class SourceTable:
    """A table of the source: its name there, the file it is, and what was wrong with its rows."""

    name: str
    columns: list[str]
    file: str = ""
    layout: Layout | None = None
    rows: int = 0
    first_row: list[str | None] = field(default_factory=list)
    refused: list[tuple[int, RowRefused]] = field(default_factory=list)


class Source(Protocol):
    tables: dict[str, SourceTable]  # by name in small letters

    def columns_of(self, origin: str, where: str) -> list[str]: ...

    def rows_of(self, statement: str, where: str) -> Iterator[list[Row]]: ...

    def close(self) -> None: ...


def open_source(
    source: str, *, encoding: str | None = None, delimiter: str | None = None
) -> Source:
    """A source for a SQLAlchemy URL, a SQLite file, a CSV or XLSX file, or a folder of those."""
    if "://" in source:
        return DatabaseSource(_url(source))
    path = Path(source)
    try:
        if path.is_dir():
            paths = sorted(child for child in path.iterdir() if is_importable(child))
            if not paths:
                raise ImportRefused("empty_folder", source=source)
            return FileSource(paths, encoding, delimiter)
        if not path.is_file():
            raise ImportRefused("no_such_source", source=source)
        with path.open("rb") as file:
            is_sqlite = file.read(16) == b"SQLite format 3\0"
    except OSError as error:
        raise ImportRefused("no_such_source", source=source) from error
    if is_sqlite:
        query = {"mode": "ro", "uri": "true"}
        database = f"file:{path.resolve()}"
        return DatabaseSource(URL.create("sqlite", database=database, query=query))
    return FileSource([path], encoding, delimiter)


def quoted(identifier: str) -> str:
    """Double quotes name a column on SQLite, PostgreSQL and DuckDB alike."""
    return '"' + identifier.replace('"', '""') + '"'


def is_importable(path: Path) -> bool:
    return path.is_file() and path.name.lower().endswith(_ENDINGS) and path.name[0] not in ".~"


_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".xlsx", ".xlsm")


class DatabaseSource:
    """Another database, opened for reading only."""

    def __init__(self, url: URL) -> None:
        try:
            self._engine = create_engine(url, **_reading(url))
            if url.get_backend_name() == "sqlite":
                event.listen(self._engine, "connect", _only_query)
            self._connection = self._engine.connect()
            inspector = inspect(self._connection)
            names = [*inspector.get_table_names(), *inspector.get_view_names()]
            self.tables = {name.casefold(): SourceTable(name, []) for name in names}
        except (NoSuchModuleError, ImportError) as error:
            raise ImportRefused("no_driver", source=url.get_backend_name()) from error
        except SQLAlchemyError as error:
            raise ImportRefused("unreachable", source=_shown(url), detail=_first(error)) from error

    def columns_of(self, origin: str, where: str) -> list[str]:
        return list(self._run(f"SELECT * FROM {origin} AS origin LIMIT 0", where).keys())  # noqa: S608

    def rows_of(self, statement: str, where: str) -> Iterator[list[Row]]:
        result = self._run(statement, where)
        try:
            while rows := result.fetchmany(BATCH_ROWS):
                yield [tuple([_text(cell) for cell in row]) for row in rows]
        except SQLAlchemyError as error:
            raise ImportRefused("failed_sql", where=where, detail=_first(error)) from error

    def close(self) -> None:
        self._connection.close()
        self._engine.dispose()

    def _run(self, statement: str, where: str) -> Any:
        if self._engine.dialect.paramstyle in ("format", "pyformat"):
            statement = statement.replace("%", "%%")
        options = {"stream_results": True}
        try:
            return self._connection.exec_driver_sql(statement, execution_options=options)
        except SQLAlchemyError as error:
            self._connection.rollback()
            raise ImportRefused("failed_sql", where=where, detail=_first(error)) from error


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
                yield [tuple([_text(cell) for cell in row]) for row in rows]
        except duckdb.Error as error:
            raise ImportRefused("failed_sql", where=where, detail=_first(error)) from error

    def close(self) -> None:
        self._duckdb.close()

    def _run(self, statement: str, where: str) -> duckdb.DuckDBPyConnection:
        try:
            return self._duckdb.execute(statement)
        except duckdb.Error as error:
            raise ImportRefused("failed_sql", where=where, detail=_first(error)) from error

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


def _text(cell: Any) -> str | None:
    return cell if type(cell) is str or cell is None else text_of(cell)


def _url(source: str) -> URL:
    try:
        url = make_url(source)
    except (ArgumentError, ValueError) as error:
        raise ImportRefused("no_such_source", source=source.split("@")[-1]) from error
    if url.drivername in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() == "sqlite" and url.database and "uri" not in url.query:
        path = Path(url.database)
        if not path.is_file():
            raise ImportRefused("no_such_source", source=url.database)
        return url.set(
            database=f"file:{path.resolve()}", query={**url.query, "mode": "ro", "uri": "true"}
        )
    return url


def _reading(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "postgresql":
        options = "-c timezone=UTC -c default_transaction_read_only=on"
        return {"connect_args": {"options": options}}
    return {}


def _only_query(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA query_only = ON")


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


def _first(error: Exception) -> str:
    """The driver's own first line, without SQLAlchemy's address of its manual."""
    cause = getattr(error, "orig", None) or error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__)[:300]
