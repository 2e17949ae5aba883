"""Another database as a source, opened for reading only."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from data_access.importing.refusals import ImportRefused
from data_access.importing.source_tables import (
    BATCH_ROWS,
    Row,
    SourceTable,
    as_text,
    first_line,
)


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
            raise ImportRefused(
                "unreachable", source=_shown(url), detail=first_line(error)
            ) from error

    def columns_of(self, origin: str, where: str) -> list[str]:
        return list(self._run(f"SELECT * FROM {origin} AS origin LIMIT 0", where).keys())  # noqa: S608

    def rows_of(self, statement: str, where: str) -> Iterator[list[Row]]:
        result = self._run(statement, where)
        try:
            while rows := result.fetchmany(BATCH_ROWS):
                yield [tuple([as_text(cell) for cell in row]) for row in rows]
        except SQLAlchemyError as error:
            raise ImportRefused("failed_sql", where=where, detail=first_line(error)) from error

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
            raise ImportRefused("failed_sql", where=where, detail=first_line(error)) from error


def read_url(source: str) -> URL:
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
