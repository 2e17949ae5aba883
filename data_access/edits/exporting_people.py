"""Everything held about one person, to be handed to them. That it was handed out is logged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, or_, select

from data_access.accounts import utc_now
from data_access.audit_chain import record
from data_access.database import writing
from data_access.edits.consenting import open_customer
from data_access.edits.person_rows import is_theirs, key_of, log_of, tables_of_people
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import NotFound
from data_access.policy import Role
from data_access.row_images import read_image
from data_access.scope import Scope
from data_access.sealing import REASON, digest_in, opener, values_of
from data_access.tables import audit, customers, metadata

MAY_EXPORT_PEOPLE = (Role.ADMIN, Role.MANAGER)
PEOPLE = "people"  # what the log calls work on a person as a whole
_LOGGED = ("happened_at", "actor", "actor_name", "action", "table_name", "row_id", "reason")
_NOT_TOLD = ("version",)
MOST_FOUND = 20


def may_export_people(scope: Scope) -> bool:
    return scope.role in MAY_EXPORT_PEOPLE


def export_person(
    engine: Engine, scope: Scope, customer_id: int, *, request_id: str, now: datetime | None = None
) -> Done:
    """Logs that the person's data are handed out; `person_data` then has them."""

    def work(edit: Edit) -> Done:
        if not may_export_people(edit.scope):
            raise RightRefused("role")
        known = open_customer(edit, customer_id)
        edit.connection.execute(
            insert(audit).values(
                happened_at=edit.now,
                user_id=edit.scope.user_id,
                actor=edit.scope.username,
                actor_name=edit.scope.name,
                action=edit.action,
                table_name=PEOPLE,
                row_id=known,
                request_id=edit.request_id,
            )
        )
        return Done(values={"customer_id": known})

    return carry_out(
        engine, scope, "export_person", work, request_id=request_id, details=(customer_id,),
        now=now,
    )  # fmt: skip


def people_called(engine: Engine, words: str) -> list[tuple[int, str]]:
    """customer_id and name of those with exactly this number, name, phone or mail address; for the
    command line, which sees everybody."""
    same = [column == words for column in (customers.c.name, customers.c.name_zh,
                                           customers.c.phone, customers.c.email)]  # fmt: skip
    if words.isascii() and words.isdigit() and len(words) < 19:
        same.append(customers.c.customer_id == int(words))
    statement = select(customers.c.customer_id, customers.c.name).where(or_(*same))
    with engine.connect() as connection:
        rows = connection.execute(statement.order_by(customers.c.customer_id).limit(MOST_FOUND))
        return [(row.customer_id, row.name) for row in rows]


def log_export(engine: Engine, actor: str, customer_id: int) -> None:
    """As `export_person`, by who holds the database."""
    with writing(engine) as connection:
        record(
            connection, actor=actor, action="export_person", now=utc_now(), table_name=PEOPLE,
            row_id=customer_id,
        )  # fmt: skip


def person_data(engine: Engine, scope: Scope, customer_id: int) -> dict[str, Any]:
    """What `export_person` hands out; RightRefused for other roles."""
    if not may_export_people(scope):
        raise RightRefused("role")
    with engine.connect() as connection:
        return everything_about(connection, customer_id)


def everything_about(connection: Connection, customer_id: int) -> dict[str, Any]:
    """Table → rows about the customer and their orders, ready for JSON, with the names of what ids
    refer to; `log` has what was done to them. NotFound without such a customer."""
    known = select(customers.c.customer_id).where(customers.c.customer_id == customer_id)
    if connection.scalar(known) is None:
        raise NotFound("customer")
    found: dict[str, Any] = {}
    ids: dict[str, list[int]] = {}
    for table in tables_of_people():
        key = key_of(table)
        statement = select(table).where(is_theirs(table, customer_id)).order_by(key)
        rows = [dict(row) for row in connection.execute(statement).mappings()]
        ids[table.name] = [row[key.name] for row in rows]
        found[table.name] = _readable(connection, table, rows)
    return {**found, "log": _log(connection, ids)}


def _readable(
    connection: Connection, table: Table, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The rows with what their ids are called, as JSON writes them."""
    names = {
        column.name: _names(connection, column, rows)
        for column in table.c
        if column.foreign_keys and column.name.endswith("_id")
    }
    readable = []
    for row in rows:
        told: dict[str, Any] = {}
        for name, value in row.items():
            if name not in _NOT_TOLD:
                told[name] = _plain(value)
                if value in names.get(name, {}):
                    told[name.removesuffix("_id")] = names[name][value]
        readable.append(told)
    return readable


def _names(connection: Connection, column: Any, rows: list[dict[str, Any]]) -> dict[Any, str]:
    (reference,) = column.foreign_keys
    target = metadata.tables[reference.column.table.name]
    if "name" not in target.c or target.name in ("customers",):
        return {}
    wanted = {row[column.name] for row in rows} - {None}
    statement = select(reference.column, target.c.name).where(reference.column.in_(wanted))
    return {row[0]: row[1] for row in connection.execute(statement)} if wanted else {}


def _log(connection: Connection, ids: dict[str, list[int]]) -> list[dict[str, Any]]:
    rows = log_of(connection, ids)
    opened = opener(connection, [(row.table_name, image) for row in rows
                                 for image in (row.before, row.after)])  # fmt: skip
    reasons = {row.reason: digest_in(row.reason) for row in rows if row.reason}
    words = values_of(connection, [digest for digest in reasons.values() if digest])
    told = []
    for row in rows:
        entry = {name: _plain(getattr(row, name)) for name in _LOGGED}
        entry[REASON[1]] = words.get(reasons.get(row.reason) or "", row.reason)
        for side in ("before", "after"):
            entry[side] = _image(opened(row.table_name, read_image(getattr(row, side))))
        told.append(entry)
    return told


def _image(image: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in image.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
