"""What the triggers below every edit write to `audit`, and how its rows hang together.

A row's hash is SHA-256, in hexadecimal digits, over the UTF-8 of these texts one after another:
the hash of the row before it (empty for the first), then the fields of HASHED as the table stores
them. Each text is written `LENGTH:TEXT;` with its length in characters, NULL is written `~;`, and a
moment `YYYY-MM-DD HH:MM:SS.ffffff`. SQLite asks `chain_hash`, PostgreSQL works it out itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, text

from data_access.sealing import teach_salts
from data_access.tables import AUDITED_TABLES, audit

SYSTEM = "system"  # the actor of what is written outside a command
HASHED = ("audit_id", "happened_at", "user_id", "actor", "actor_name", "action", "table_name",
          "row_id", "order_id", "reason", "before", "after", "request_id", "undoes")  # fmt: skip
_SAID = "audit"  # where a SQLite connection keeps what `recorded_as` says


def chain_hash(previous_hash: str, *fields: object) -> str:
    """The hash of the row with these HASHED fields, after the row with `previous_hash`."""
    texts = [None if field is None else str(field) for field in (previous_hash, *fields)]
    written = "".join("~;" if said is None else f"{len(said)}:{said};" for said in texts)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def moment_text(moment: datetime) -> str:
    """The moment as SQLite stores it, and as it goes into a hash."""
    return moment.isoformat(" ", "microseconds")


def teach_sqlite(connection: Any, info: dict[Any, Any]) -> None:
    """Gives a connection of SQLite's driver the functions that the triggers of `audit` call; a
    program whose connections lack them cannot change a logged row."""
    said: dict[str, Any] = info.setdefault(_SAID, {})

    def context(name: str) -> Any:
        if name == "happened_at" and name not in said:
            return moment_text(datetime.now(UTC).replace(tzinfo=None))
        return said.get(name, SYSTEM if name == "actor" else None)

    connection.create_function("audit_context", 1, context)
    connection.create_function("audit_hash", -1, chain_hash, deterministic=True)
    teach_salts(connection)


@contextmanager
def recorded_as(
    connection: Connection,
    *,
    actor: str,
    action: str,
    now: datetime,
    user_id: int | None = None,
    actor_name: str | None = None,
    reason: str | None = None,
    request_id: str | None = None,
    undoes: str | None = None,
) -> Iterator[None]:
    """Whatever is written in this transaction meanwhile is logged as this person's doing."""
    said = {
        "happened_at": moment_text(now),
        "user_id": user_id,
        "actor": actor,
        "actor_name": actor_name,
        "action": action,
        "reason": reason or None,
        "request_id": request_id,
        "undoes": undoes,
    }
    _say(connection, said)
    try:
        yield
    finally:
        if connection.dialect.name == "sqlite":  # PostgreSQL forgets with the transaction
            _say(connection, {})


def record(
    connection: Connection,
    *,
    actor: str,
    action: str,
    now: datetime,
    table_name: str,
    row_id: int | None = None,
    reason: str | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    user_id: int | None = None,
    actor_name: str | None = None,
    request_id: str | None = None,
    order_id: int | None = None,
) -> None:
    """Adds to the log what no trigger sees: work on accounts, imports, bulk loads, exports."""
    connection.execute(
        insert(audit).values(
            happened_at=now,
            user_id=user_id,
            actor=actor,
            actor_name=actor_name,
            action=action,
            table_name=table_name,
            row_id=row_id,
            order_id=order_id,
            reason=reason,
            before=_json(before),
            after=_json(after),
            request_id=request_id,
        )
    )


def last_audit_id(engine: Engine) -> int:
    """How far the log goes: the same number, the same log."""
    with engine.connect() as connection:
        return int(connection.scalar(select(func.max(audit.c.audit_id))) or 0)


def record_bulk_load(connection: Connection, what: str) -> None:
    """One row for a load whose rows are not logged one by one: the rows that each logged table now
    has, and its last id. What was logged of rows before may no longer be so."""
    held = {
        table.name: list(
            connection.execute(
                select(func.count(), func.coalesce(func.max(table.primary_key.columns[0]), 0))
                .select_from(table)
            ).one()
        )
        for table in AUDITED_TABLES
    }  # fmt: skip
    now = datetime.now(UTC).replace(tzinfo=None)
    record(
        connection, actor=SYSTEM, action="bulk_load", now=now, table_name="*", reason=what,
        after=held,
    )  # fmt: skip


def _say(connection: Connection, said: dict[str, Any]) -> None:
    if connection.dialect.name == "sqlite":
        kept: dict[str, Any] = connection.info[_SAID]
        kept.clear()
        kept.update(said)
    else:
        setting = text("SELECT set_config('orderscope.audit', :said, true)")
        connection.execute(setting, {"said": json.dumps(said)})


def _json(values: dict[str, Any] | None) -> str | None:
    return json.dumps(values, ensure_ascii=False, default=str) if values else None
