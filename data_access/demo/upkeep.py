"""Loading into bare tables: indexes and change triggers are set aside and put back as they were,
inside the same transaction, so nobody else ever sees the tables without them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from data_access.tables import BUSINESS_TABLES

_SQLITE = "SELECT type, name, sql FROM sqlite_master WHERE type = :kind AND sql IS NOT NULL"
_POSTGRESQL = """
    SELECT i.indexname, i.indexdef FROM pg_indexes i
    WHERE i.schemaname = current_schema() AND i.tablename = ANY(:tables)
      AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conname = i.indexname)
"""


@contextmanager
def without_upkeep(connection: Connection) -> Iterator[None]:
    """For a `bulk_writing` connection, which tells of the change as a whole."""
    if connection.dialect.name == "postgresql":
        again = _set_aside_on_postgresql(connection)
    else:
        again = _set_aside_on_sqlite(connection)
    yield
    for statement in again:
        connection.exec_driver_sql(statement)
    if connection.dialect.name == "postgresql":
        for table in BUSINESS_TABLES:  # the planner's counts would be those of empty tables
            connection.exec_driver_sql(f"ANALYZE {table.name}")


def _set_aside_on_sqlite(connection: Connection) -> list[str]:
    connection.exec_driver_sql("PRAGMA cache_size = -200000")  # 200 MB while this lasts
    again = []
    for kind in ("index", "trigger"):
        for row in connection.execute(text(_SQLITE), {"kind": kind}).all():
            connection.exec_driver_sql(f'DROP {row.type} "{row.name}"')
            again.append(row.sql)
    return [*again, "PRAGMA cache_size = -2000"]


def _set_aside_on_postgresql(connection: Connection) -> list[str]:
    names = [table.name for table in BUSINESS_TABLES]
    again = []
    for row in connection.execute(text(_POSTGRESQL), {"tables": names}).all():
        connection.exec_driver_sql(f'DROP INDEX "{row.indexname}"')
        again.append(row.indexdef)
    for name in names:
        connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER USER")
        again.append(f"ALTER TABLE {name} ENABLE TRIGGER USER")
    return again
