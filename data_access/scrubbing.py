"""Takes what was deleted off the disk too: a database keeps it in its file until it is written
anew."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

_ON_POSTGRESQL = ("customers", "contacts", "interactions", "orders", "payments", "shipments",
                  "returns", "stock_movements", "comments", "feedback", "opportunities",
                  "reminders", "call_marks", "consents", "messages", "sealed_values",
                  "edit_requests")  # fmt: skip


def scrub(engine: Engine) -> bool:
    """Writes a SQLite file anew and empties its write-ahead log; on PostgreSQL frees what rows used
    to hold. False when somebody was reading, and it must be done again later."""
    connection = engine.raw_connection()
    try:
        if engine.dialect.name == "sqlite":
            cursor = connection.cursor()
            cursor.execute("VACUUM")
            busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
        connection.autocommit = True  # type: ignore[attr-defined]
        for table in _ON_POSTGRESQL:
            connection.cursor().execute(f"VACUUM {table}")
        return True
    except _errors(engine):
        return False
    finally:
        if engine.dialect.name != "sqlite":
            connection.autocommit = False  # type: ignore[attr-defined]
        connection.close()


def _errors(engine: Engine) -> tuple[type[Exception], ...]:
    """What the driver itself raises."""
    driver: Any = engine.dialect.dbapi
    return (driver.Error,)
