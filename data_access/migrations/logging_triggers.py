"""The triggers that follow and log a table's rows, for migrations that make or widen one."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

from data_access.sealing import MARK, PERSONAL

_EVENTS = (("insert", "NEW"), ("update", "NEW"), ("delete", "OLD"))
_SAID = ("happened_at", "user_id", "actor", "actor_name", "reason", "request_id", "undoes")


def follow_rows(table: str, key: str) -> None:
    """Every change of a row takes the next number of the change sequence."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_followed AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION follow_change('{key}')"
        )
        return
    for event, row in _EVENTS:
        op.execute(
            f"CREATE TRIGGER {table}_followed_{event} AFTER {event.upper()} ON {table}"
            " WHEN NOT (SELECT is_bulk FROM data_version) BEGIN"
            " UPDATE data_version SET version = version + 1;"
            " INSERT INTO changes (change_id, table_name, row_id)"
            f" SELECT version, '{table}', {row}.{key} FROM data_version; END"
        )


def log_rows(
    table: str, key: str, columns: Sequence[str], sealed: Sequence[str] | None = None
) -> None:
    """Every change of a row is written to `audit` with the row before and after, the `sealed`
    columns (those of sealing.py) as digests. SQLite must be told every column, so a migration that
    adds one to a logged table calls this again."""
    if sealed is None:
        sealed = [name for name in PERSONAL.get(table, ()) if name in columns]
    if op.get_bind().dialect.name == "postgresql":
        arguments = ", ".join(f"'{name}'" for name in (key, *sealed))
        op.execute(f"DROP TRIGGER IF EXISTS {table}_logged ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_logged AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION log_change({arguments})"
        )
        return
    said = ", ".join(f"audit_context('{name}')" for name in _SAID)
    for event, row in _EVENTS:
        rows = {"insert": ("NEW",), "update": ("OLD", "NEW"), "delete": ("OLD",)}[event]
        images = {each: _image(table, key, each, columns, sealed) for each in rows}
        unchanged = f" AND {_plain('OLD', columns)} <> {_plain('NEW', columns)}"
        order_id = f"{row}.order_id" if "order_id" in columns else "NULL"
        op.execute(f"DROP TRIGGER IF EXISTS {table}_logged_{event}")
        op.execute(
            f"CREATE TRIGGER {table}_logged_{event} AFTER {event.upper()} ON {table}"
            " WHEN NOT (SELECT is_bulk FROM data_version)"
            f"{unchanged if event == 'update' else ''} BEGIN"
            f"{_sealing(table, key, rows, columns, sealed)}"
            f" INSERT INTO audit ({', '.join(_SAID)}, action, table_name, row_id, order_id,"
            " before, after)"
            f" VALUES ({said}, coalesce(audit_context('action'), '{event}'), '{table}',"
            f" {row}.{key}, {order_id}, {images.get('OLD', 'NULL')}, {images.get('NEW', 'NULL')});"
            " END"
        )


def _plain(row: str, columns: Sequence[str]) -> str:
    pairs = ", ".join(f"'{name}', {row}.{name}" for name in columns)
    return f"json_object({pairs})"


def _image(table: str, key: str, row: str, columns: Sequence[str], sealed: Sequence[str]) -> str:
    def value(name: str) -> str:
        if name not in sealed:
            return f"{row}.{name}"
        return (
            f"(SELECT '{MARK}' || digest FROM sealed_values WHERE table_name = '{table}'"
            f" AND row_id = {row}.{key} AND field = '{name}' AND value = {row}.{name})"
        )

    pairs = ", ".join(f"'{name}', {value(name)}" for name in columns)
    return f"json_object({pairs})"


def _sealing(
    table: str, key: str, rows: Sequence[str], columns: Sequence[str], sealed: Sequence[str]
) -> str:
    """Keeps each value of the rows that is not kept yet."""
    if not sealed:
        return ""
    row, customer = rows[-1], "NULL"
    if "customer_id" in columns:
        customer = f"{row}.customer_id"
    elif "order_id" in columns:
        customer = f"(SELECT customer_id FROM orders WHERE order_id = {row}.order_id)"
    found = " UNION ".join(
        f"SELECT '{name}' AS field, {each}.{name} AS value" for name in sealed for each in rows
    )
    salt = f"audit_salt('{table}', {row}.{key}, found.field, found.value)"
    return (
        " INSERT INTO sealed_values (table_name, row_id, field, customer_id, value, salt, digest)"
        f" SELECT '{table}', {row}.{key}, found.field, {customer}, found.value, {salt},"
        f" audit_digest({salt}, found.value) FROM ({found}) AS found"
        " WHERE found.value IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sealed_values AS held"
        f" WHERE held.table_name = '{table}' AND held.row_id = {row}.{key}"
        " AND held.field = found.field AND held.value = found.value);"
    )
