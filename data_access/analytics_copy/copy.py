"""Builds the copy, and brings it in step with the record before a read that notices a change."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import duckdb
import pyarrow as pa
from sqlalchemy import URL, Connection, Engine, Table, func, make_url, select

from data_access.analytics_copy import layout
from data_access.analytics_copy.rolling_up import LAYOUT, RollingUp, make_roll_ups
from data_access.analytics_copy.snapshot import identity, take_snapshot
from data_access.analytics_copy.store import FACTS, delete_file, open_store, run, store_engine
from data_access.database import reading_engine
from data_access.schema import read_data_version
from data_access.tables import BUSINESS_TABLES, changes, data_version, properties

Progress = Callable[[float], None]  # told the share that is done, from 0 to 1

MOST_CHANGES = 50_000  # more are copied faster by building anew
SMALL_RECORD = 20_000  # fewer rows are read faster than a process starts
CHUNK = 500
WHOLE: list[int] = []  # instead of the ids of the rows that changed: any may have
FEW = 50  # ids that are quicker written into a statement than handed over

_log = logging.getLogger(__name__)


class LiveAnalytics:
    """Aggregates answered by an engine that is itself current: the record, or its replica."""

    def __init__(self, engine: Engine, *, is_record: bool = False) -> None:
        self.engine, self._is_record = engine, is_record

    def refresh(self, known: int | None = None) -> int:
        """The version of its data; `known` is that of the record, if it has just been read."""
        if known is not None and self._is_record:
            return known
        return read_data_version(self.engine)

    def close(self) -> None:
        self.engine.dispose()


class AnalyticsCopy:
    """A copy of `record` in DuckDB: in the file at `path`, or in memory."""

    def __init__(
        self, record: Engine, path: Path | None = None, progress: Progress | None = None
    ) -> None:
        self._record, self._path = record, path
        self._store = open_store(path)
        self._lock = Lock()
        self._building = False
        self.version = -1  # nothing yet
        self.engine = store_engine(lambda: self._store)
        self.refresh(progress=progress)

    def refresh(self, known: int | None = None, *, progress: Progress | None = None) -> int:
        """Brings the copy in step with the record, and returns the version it now holds. While
        another thread builds it anew, readers go on with the version that there is. `known` is the
        record's version, if it has just been read."""
        if known is None or known < self.version:
            known = read_data_version(self._record)
        while self.version != known:
            if self._lock.acquire(timeout=0.02):
                try:
                    if self.version != known:
                        self._come_into_step(progress)
                    return self.version
                finally:
                    self._lock.release()
            if self._building and self.version >= 0:
                break
        return self.version

    def rebuild(self, progress: Progress | None = None) -> None:
        """Builds the copy anew, undisturbed readers going on with the old one until the end."""
        with self._lock:
            self._build(progress)

    def close(self) -> None:
        self.engine.dispose()
        self._store.close()
        self.version = -1

    def _come_into_step(self, progress: Progress | None) -> None:
        version = self._catch_up()
        if version is None and self._holds_the_erased():
            self._build_elsewhere(progress)
        elif version is None:
            self._build(progress)
        else:
            self.version = version

    def _catch_up(self) -> int | None:
        """Copies the rows that changed; None when only building anew will do."""
        with self._writing() as cursor, _one_moment(self._record) as connection:
            held = _facts(cursor)
            database_id, version = _record_facts(connection)
            if held is None or held[0] != database_id or held[1] > version:
                return None
            changed = _changed_rows(connection, held[1], version)
            if changed is None:
                return None
            whole = [table for table in BUSINESS_TABLES if changed.get(table.name) == WHOLE]
            arriving = {
                table.name: _rows(connection, table, ids)
                for table in BUSINESS_TABLES
                if (ids := changed.get(table.name))
            }
            roll_ups = RollingUp(cursor, changed, arriving)
            if whole:
                self._replace_tables(cursor, connection, whole, version)
            for table in BUSINESS_TABLES:
                if table.name in arriving:
                    _replace_rows(cursor, table, changed[table.name], arriving[table.name])
            roll_ups.follow()
            if version != held[1]:
                run(cursor, f"UPDATE {FACTS} SET version = ?", version)  # noqa: S608
        return version

    def _holds_the_erased(self) -> bool:
        """Whether the copy has a person who has been erased from the record since."""
        with self._store.cursor() as cursor, _one_moment(self._record) as connection:
            held = _facts(cursor)
            now = _record_facts(connection)[0]
        return held is not None and held[0] != now and held[0].split()[:1] == now.split()[:1]

    def _build_elsewhere(self, progress: Progress | None) -> None:
        """DuckDB keeps in its file what was deleted from tables, so the file goes: at the start for
        a new one, later, when others read the old one, for memory until the next start."""
        old = self._store
        if self.version < 0:
            old.close()
            self._delete_file()
            self._store = open_store(self._path)
            self._build(progress)
            return
        fresh = open_store(None)
        self._build(progress, fresh)
        self._store = fresh
        self.engine.dispose()
        old.close()
        self._delete_file()

    def _delete_file(self) -> None:
        if self._path is not None and self._path.exists():
            delete_file(self._path)

    def _replace_tables(
        self,
        cursor: duckdb.DuckDBPyConnection,
        connection: Connection,
        tables: list[Table],
        version: int,
    ) -> None:
        """Reads these tables anew, as they stand at `version`, while other readers go on with the
        old ones."""
        self._building = True
        try:
            if sum(_highest_id(connection, table) for table in tables) >= SMALL_RECORD:
                with take_snapshot(self._record.url, tables) as snapshot:
                    if snapshot.version == version:
                        for table, reader in snapshot.tables():
                            _create_table(cursor, table, reader)
                        return
            for table in tables:
                _create_table(cursor, table, _rows(connection, table))
        finally:
            self._building = False

    def _build(
        self, progress: Progress | None, store: duckdb.DuckDBPyConnection | None = None
    ) -> None:
        self._building = True
        try:
            with self._writing(store) as cursor:
                if _row_estimate(self._record) < SMALL_RECORD:
                    version = _build_from_rows(cursor, self._record)
                else:
                    version = _build_from_snapshot(cursor, self._record, progress)
            run(store or self._store, "CHECKPOINT")
            self.version = version
        finally:
            self._building = False

    @contextmanager
    def _writing(
        self, store: duckdb.DuckDBPyConnection | None = None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """One transaction on the copy: readers see all of it or nothing."""
        with (store or self._store).cursor() as cursor:
            cursor.begin()
            try:
                yield cursor
            except BaseException:
                cursor.rollback()
                raise
            cursor.commit()


def open_analytics(
    record: Engine, url: str | None, progress: Progress | None = None
) -> AnalyticsCopy | LiveAnalytics:
    """What answers aggregates: for a duckdb URL a copy, for None the record, and for any other
    URL the engine behind it, which must hold the same tables."""
    if url is None:
        return LiveAnalytics(record, is_record=True)
    target = make_url(url)
    if target.get_backend_name() != "duckdb":
        return LiveAnalytics(reading_engine(target))
    return AnalyticsCopy(record, _path(target), progress)


def _path(url: URL) -> Path | None:
    return None if url.database in (None, "", ":memory:") else Path(str(url.database))


@contextmanager
def _one_moment(record: Engine) -> Iterator[Connection]:
    """A connection whose reads all see the same state of the record."""
    with record.connect() as connection:
        if record.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        yield connection


def _record_facts(connection: Connection) -> tuple[str, int]:
    facts = {
        name: select(properties.c.value).where(properties.c.name == name).scalar_subquery()
        for name in ("database_id", "erasures")
    }
    labelled = (fact.label(name) for name, fact in facts.items())
    row = connection.execute(select(data_version.c.version, *labelled)).one()
    return identity(row.database_id, row.erasures), row.version


def _facts(cursor: duckdb.DuckDBPyConnection) -> tuple[str, int] | None:
    """The database_id and version that the copy holds; None without a copy of this layout."""
    if not run(cursor, "SELECT 1 FROM duckdb_tables() WHERE table_name = ?", FACTS):
        return None
    held = f"SELECT database_id, version FROM {FACTS} WHERE layout = ?"  # noqa: S608
    rows = run(cursor, held, LAYOUT)
    return rows[0] if rows else None


def _changed_rows(connection: Connection, since: int, until: int) -> dict[str, list[int]] | None:
    """The ids of changed rows by table, WHOLE for a table that was replaced; None if they are not
    all known."""
    if until - since > MOST_CHANGES:
        return None
    rows = connection.execute(
        select(changes.c.table_name, changes.c.row_id).where(
            changes.c.change_id > since, changes.c.change_id <= until
        )
    ).all()
    if len(rows) != until - since:
        return None
    changed: dict[str, set[int]] = {}
    whole = {row.table_name for row in rows if row.row_id is None}
    if "*" in whole:
        return None
    for table_name, row_id in rows:
        if table_name not in whole:
            changed.setdefault(table_name, set()).add(row_id)
    return dict.fromkeys(whole, WHOLE) | {name: sorted(ids) for name, ids in changed.items()}


def _rows(connection: Connection, table: Table, ids: list[int] | None = None) -> pa.Table:
    """The rows of these ids that still exist (all rows for None), as Arrow."""
    columns = layout.kept_columns(table)
    key = layout.key_of(table)
    statement = select(*columns)
    if ids is None:
        rows = list(connection.execute(statement))
    else:
        rows = [
            row
            for start in range(0, len(ids), CHUNK)
            for row in connection.execute(statement.where(key.in_(ids[start : start + CHUNK])))
        ]
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return pa.table(
        {
            column.name: pa.array(values, layout.arrow_type(column))
            for column, values in zip(columns, cells, strict=True)
        }
    )


def _replace_rows(
    cursor: duckdb.DuckDBPyConnection, table: Table, ids: list[int], rows: pa.Table
) -> None:
    name, key = layout.quote(table.name), layout.quote(layout.key_of(table).name)
    if len(ids) <= FEW:
        changed = ", ".join(map(str, ids))
    else:
        cursor.register("arriving_ids", pa.table({"id": pa.array(ids, pa.int64())}))
        changed = "SELECT id FROM arriving_ids"
    run(
        cursor,
        f"DELETE FROM {name} WHERE {key} BETWEEN ? AND ? AND {key} IN ({changed})",  # noqa: S608
        ids[0],
        ids[-1],
    )
    if rows.num_rows:
        cursor.register("arriving", rows)
        run(cursor, f"INSERT INTO {name} {layout.selection(table, 'arriving')}")


def _build_from_rows(cursor: duckdb.DuckDBPyConnection, record: Engine) -> int:
    with _one_moment(record) as connection:
        database_id, version = _record_facts(connection)
        for table in BUSINESS_TABLES:
            _create_table(cursor, table, _rows(connection, table))
    make_roll_ups(cursor)
    _write_facts(cursor, database_id, version)
    return version


def _build_from_snapshot(
    cursor: duckdb.DuckDBPyConnection, record: Engine, progress: Progress | None
) -> int:
    total, done = max(_row_estimate(record), 1), 0
    with take_snapshot(record.url) as snapshot:
        for table, reader in snapshot.tables():

            def counted(reader: pa.RecordBatchReader = reader) -> Iterator[pa.RecordBatch]:
                nonlocal done
                for batch in reader:
                    yield batch
                    done += batch.num_rows
                    if progress is not None:
                        progress(min(done / total, 1.0))

            batches = pa.RecordBatchReader.from_batches(reader.schema, counted())
            _create_table(cursor, table, batches)
    make_roll_ups(cursor)
    _write_facts(cursor, snapshot.database_id, snapshot.version)
    return snapshot.version


def _create_table(
    cursor: duckdb.DuckDBPyConnection, table: Table, rows: pa.Table | pa.RecordBatchReader
) -> None:
    order = ", ".join(layout.SORTED_BY.get(table.name, (layout.key_of(table).name,)))
    cursor.register("arriving", rows)
    run(
        cursor,
        f"CREATE OR REPLACE TABLE {layout.quote(table.name)} AS"
        f" {layout.selection(table, 'arriving')} ORDER BY {order}",
    )
    cursor.unregister("arriving")


def _write_facts(cursor: duckdb.DuckDBPyConnection, database_id: str, version: int) -> None:
    run(
        cursor,
        f"CREATE OR REPLACE TABLE {FACTS} (database_id VARCHAR, layout VARCHAR, version BIGINT)",
    )
    facts = (database_id, LAYOUT, version)
    run(cursor, f"INSERT INTO {FACTS} VALUES (?, ?, ?)", *facts)  # noqa: S608


def _row_estimate(record: Engine) -> int:
    """About how many rows there are to copy: the sum of the highest ids, which an index knows."""
    with record.connect() as connection:
        return sum(_highest_id(connection, table) for table in BUSINESS_TABLES)


def _highest_id(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.max(layout.key_of(table)))) or 0
