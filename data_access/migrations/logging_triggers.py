"""The triggers that follow and log a table's rows, for migrations that make or widen one."""

from __future__ import annotations

from collections.abc import Sequence

from alembic import op

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


def log_rows(table: str, key: str, columns: Sequence[str]) -> None:
    """Every change of a row is written to `audit` with the row before and after. SQLite must be
    told every column, so a migration that adds one to a logged table calls this again."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP TRIGGER IF EXISTS {table}_logged ON {table}")
        op.execute(
            f"CREATE TRIGGER {table}_logged AFTER INSERT OR UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION log_change('{key}')"
        )
        return
    said = ", ".join(f"audit_context('{name}')" for name in _SAID)
    for event, row in _EVENTS:
        before = "NULL" if event == "insert" else _image("OLD", columns)
        after = "NULL" if event == "delete" else _image("NEW", columns)
        changed = f" AND {before} <> {after}" if event == "update" else ""
        order_id = f"{row}.order_id" if "order_id" in columns else "NULL"
        op.execute(f"DROP TRIGGER IF EXISTS {table}_logged_{event}")
        op.execute(
            f"CREATE TRIGGER {table}_logged_{event} AFTER {event.upper()} ON {table}"
            f" WHEN NOT (SELECT is_bulk FROM data_version){changed} BEGIN"
            f" INSERT INTO audit ({', '.join(_SAID)}, action, table_name, row_id, order_id,"
            " before, after)"
            f" VALUES ({said}, coalesce(audit_context('action'), '{event}'), '{table}',"
            f" {row}.{key}, {order_id}, {before}, {after}); END"
        )


def _image(row: str, columns: Sequence[str]) -> str:
    pairs = ", ".join(f"'{name}', {row}.{name}" for name in columns)
    return f"json_object({pairs})"
