"""The schema in which messages are not only about customers: what was written before stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import func, select, text, update

from data_access.database import connect, writing
from data_access.schema import _config, upgrade_schema
from data_access.tables import audit, changes, messages
from data_access.verifying import verify_log
from tests.crm import NOW

CUSTOMER = "INSERT INTO customers (customer_id, name) VALUES (1, 'Ada')"
MESSAGE = (
    "INSERT INTO messages (message_id, cause, kind, customer_id, email, language, subject, body,"
    " made_at, state, attempts) VALUES (7, 'order_shipped:order:3', 'order_shipped', 1,"
    " 'ada@example.com', 'en', 'On its way', 'Dear Ada', '2026-11-23 04:00:00.000000', 'failed', 2)"
)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_messages_of_before_are_kept_followed_and_logged(
    engine: str, tmp_path: Path, new_postgresql_url: Callable[..., str]
) -> None:
    is_server = engine == "postgresql"
    database = connect(new_postgresql_url() if is_server else f"sqlite:///{tmp_path}/crm.sqlite")
    with database.writer.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0015")
        connection.execute(text(CUSTOMER))
        connection.execute(text(MESSAGE))
    upgrade_schema(database.writer)

    def ask(statement: Any) -> Any:
        with database.record.connect() as connection:
            return connection.execute(statement).all()

    (row,) = ask(select(messages))
    assert (row.message_id, row.email, row.body, row.attempts) == (
        7, "ada@example.com", "Dear Ada", 2,
    )  # fmt: skip
    assert (row.channel, row.user_id, row.rights, row.made_at) == ("mail", None, None, NOW)
    logged = select(func.count()).where(audit.c.table_name == "messages")
    followed = select(func.count()).where(changes.c.table_name == "messages")
    before = ask(logged)[0][0], ask(followed)[0][0]
    with writing(database.writer) as connection:
        connection.execute(update(messages).values(state="withdrawn"))
    assert (ask(logged)[0][0], ask(followed)[0][0]) == (before[0] + 1, before[1] + 1)
    (entry,) = ask(select(audit).order_by(audit.c.audit_id.desc()).limit(1))
    assert '"channel"' in entry.after and "ada@example.com" not in entry.after
    verify_log(database.record)
    database.dispose()
