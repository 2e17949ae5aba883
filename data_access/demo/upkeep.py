"""Loading into bare tables: indexes, change triggers and (on PostgreSQL, which would look up every
single row) foreign keys are set aside and put back as they were, inside the same transaction, so
nobody else ever sees the tables without them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.schema import AddConstraint, DropConstraint

from data_access.tables import BUSINESS_TABLES, audit

INDEXES = [index for table in BUSINESS_TABLES for index in table.indexes]
TRIGGERED = (*BUSINESS_TABLES, audit)  # a demo that is replaced takes its log along
FOREIGN_KEYS = [key for table in BUSINESS_TABLES for key in table.foreign_key_constraints]


@contextmanager
def without_upkeep(connection: Connection) -> Iterator[None]:
    """For a `bulk_writing` connection, which tells of the change as a whole."""
    is_postgresql = connection.dialect.name == "postgresql"
    stop = _stop_following_on_postgresql if is_postgresql else _stop_following_on_sqlite
    for index in INDEXES:
        # by name: SQLAlchemy does not find an index on an expression
        connection.exec_driver_sql(f'DROP INDEX IF EXISTS "{index.name}"')
    follow_again = stop(connection)
    yield
    for statement in follow_again:
        connection.exec_driver_sql(statement)
    for index in INDEXES:
        index.create(connection)
    if is_postgresql:
        for key in FOREIGN_KEYS:  # checks all rows at once
            connection.execute(AddConstraint(key))
        # its planner would go on believing that the tables are empty
        for table in BUSINESS_TABLES:
            connection.exec_driver_sql(f"ANALYZE {table.name}")


def _stop_following_on_sqlite(connection: Connection) -> list[str]:
    connection.exec_driver_sql("PRAGMA cache_size = -200000")  # 200 MB while this lasts
    triggers = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    again = ["PRAGMA cache_size = -2000"]
    for row in connection.execute(triggers).all():
        connection.exec_driver_sql(f'DROP TRIGGER "{row.name}"')
        again.append(row.sql)
    return again


def _stop_following_on_postgresql(connection: Connection) -> list[str]:
    for key in FOREIGN_KEYS:
        connection.execute(DropConstraint(key))
    for table in TRIGGERED:
        connection.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
    return [f"ALTER TABLE {table.name} ENABLE TRIGGER USER" for table in TRIGGERED]
