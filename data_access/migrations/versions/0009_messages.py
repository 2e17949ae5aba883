"""Messages to customers and colleagues, that an edit leads to and `send` takes out of the house"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id, Moment
from data_access.migrations.logging_triggers import follow_rows, log_rows

revision = "0009"
down_revision = "0008"

STATES = "state in ('waiting', 'sent', 'failed', 'withdrawn')"
# column → the table it refers to
REFERRING = {"customer_id": "customers", "order_id": "orders", "employee_id": "employees"}
WAITING = "state in ('waiting', 'failed')"


def upgrade() -> None:
    columns = [
        sa.Column("message_id", Id, nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=True),
        sa.Column("employee_id", Id, nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_try_at", Moment, nullable=True),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("sent_at", Moment, nullable=True),
    ]
    op.create_table(
        "messages",
        *columns,
        sa.CheckConstraint(STATES, name=op.f("ck_messages_state_known")),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.{column}"], name=op.f(f"fk_messages_{column}_{table}")
            )
            for column, table in REFERRING.items()
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_messages")),
        sa.UniqueConstraint("cause", name=op.f("uq_messages_cause")),
    )
    op.create_index(op.f("ix_messages_customer_id_made_at"), "messages", ["customer_id", "made_at"])
    op.create_index(op.f("ix_messages_order_id"), "messages", ["order_id"])
    op.create_index(
        "ix_messages_waiting", "messages", ["next_try_at", "message_id"],
        sqlite_where=sa.text(WAITING), postgresql_where=sa.text(WAITING),
    )  # fmt: skip
    follow_rows("messages", "message_id")
    log_rows("messages", "message_id", [str(column.name) for column in columns])
