"""Warnings with what was answered to them, and messages to people beside those to customers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id, Moment
from data_access.migrations.logging_triggers import follow_rows, log_rows

revision = "0019"
down_revision = "0018"

STATES = "state in ('waiting', 'sent', 'failed', 'withdrawn')"
WAITING = "state in ('waiting', 'failed')"
CHANNELS = "channel in ('mail', 'webhook')"
# column of messages → the table it refers to
REFERRING = {"customer_id": "customers", "order_id": "orders", "employee_id": "employees",
             "user_id": "users"}  # fmt: skip
MESSAGE_COLUMNS = (
    "message_id", "cause", "kind", "channel", "customer_id", "order_id", "employee_id", "user_id",
    "rights", "email", "language", "subject", "body", "made_at", "state", "attempts",
    "next_try_at", "last_error", "sent_at",
)  # fmt: skip
ANSWER_COLUMNS = (
    "alert_answer_id", "alert_id", "kind", "user_id", "author", "note", "until_on", "made_at",
)  # fmt: skip


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        _widen_messages()
    else:
        _rebuild_messages()
    follow = op.get_bind().dialect.name != "postgresql"  # the new table of SQLite has no triggers
    if follow:
        follow_rows("messages", "message_id")
    log_rows("messages", "message_id", MESSAGE_COLUMNS)
    _alerts()
    _answers()
    _settings()


def _widen_messages() -> None:
    channel = sa.Column("channel", sa.String(10), nullable=False, server_default="mail")
    op.add_column("messages", channel)
    op.add_column("messages", sa.Column("user_id", Id, nullable=True))
    op.add_column("messages", sa.Column("rights", sa.Text(), nullable=True))
    op.alter_column("messages", "customer_id", nullable=True)
    op.alter_column("messages", "email", nullable=True)
    op.create_foreign_key(
        "fk_messages_user_id_users", "messages", "users", ["user_id"], ["user_id"]
    )
    op.create_check_constraint(op.f("ck_messages_channel_known"), "messages", CHANNELS)
    op.create_check_constraint(
        op.f("ck_messages_about_somebody"),
        "messages",
        "customer_id is not null or user_id is not null",
    )


def _rebuild_messages() -> None:
    """SQLite cannot let a column be empty that could not be: the rows move to another table."""
    op.create_table(
        "messages_0019",
        sa.Column("message_id", Id, nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False, server_default="mail"),
        sa.Column("customer_id", Id, nullable=True),
        sa.Column("order_id", Id, nullable=True),
        sa.Column("employee_id", Id, nullable=True),
        sa.Column("user_id", Id, nullable=True),
        sa.Column("rights", sa.Text(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=400), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", Moment, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("next_try_at", Moment, nullable=True),
        sa.Column("last_error", sa.String(length=300), nullable=True),
        sa.Column("sent_at", Moment, nullable=True),
        sa.CheckConstraint(STATES, name=op.f("ck_messages_state_known")),
        sa.CheckConstraint(CHANNELS, name=op.f("ck_messages_channel_known")),
        sa.CheckConstraint(
            "customer_id is not null or user_id is not null",
            name=op.f("ck_messages_about_somebody"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.{column}"], name=op.f(f"fk_messages_{column}_{table}")
            )
            for column, table in REFERRING.items()
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_messages")),
        sa.UniqueConstraint("cause", name=op.f("uq_messages_cause")),
    )
    kept = ", ".join(
        name for name in MESSAGE_COLUMNS if name not in ("channel", "user_id", "rights")
    )
    op.execute(f"INSERT INTO messages_0019 ({kept}) SELECT {kept} FROM messages")
    op.drop_table("messages")
    op.rename_table("messages_0019", "messages")
    op.create_index(op.f("ix_messages_customer_id_made_at"), "messages", ["customer_id", "made_at"])
    op.create_index(op.f("ix_messages_order_id"), "messages", ["order_id"])
    op.create_index(
        "ix_messages_waiting", "messages", ["next_try_at", "message_id"],
        sqlite_where=sa.text(WAITING),
    )  # fmt: skip


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("alert_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("cause", sa.String(length=80), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("product_id", Id, nullable=True),
        sa.Column("warehouse_id", Id, nullable=True),
        sa.Column("first_seen_at", Moment, nullable=False),
        sa.Column("last_seen_on", sa.Date(), nullable=False),
        sa.Column("ended_at", Moment, nullable=True),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("demand_facts", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind in ('short_order', 'out_of_stock', 'runs_out', 'reorder', 'unusual_day')",
            name=op.f("ck_alerts_kind_known"),
        ),
        sa.CheckConstraint(
            "severity in ('high', 'medium', 'low')", name=op.f("ck_alerts_severity_known")
        ),
        *_referring("alerts", {"product_id": "products", "warehouse_id": "warehouses"}),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alerts")),
    )
    _unique_where("uq_alerts_open_cause", "alerts", ["cause"], "ended_at is null")
    op.create_index(op.f("ix_alerts_product_id"), "alerts", ["product_id"])
    follow_rows("alerts", "alert_id")
    op.create_table(
        "alert_orders",
        sa.Column("alert_order_id", Id, nullable=False),
        sa.Column("alert_id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("lacking", sa.Integer(), nullable=False),
        *_referring("alert_orders", {"alert_id": "alerts", "order_id": "orders"}),
        sa.PrimaryKeyConstraint("alert_order_id", name=op.f("pk_alert_orders")),
        sa.UniqueConstraint("alert_id", "order_id", name=op.f("uq_alert_orders_alert_id_order_id")),
    )
    op.create_index(op.f("ix_alert_orders_order_id"), "alert_orders", ["order_id"])
    follow_rows("alert_orders", "alert_order_id")


def _answers() -> None:
    op.create_table(
        "alert_answers",
        sa.Column("alert_answer_id", Id, nullable=False),
        sa.Column("alert_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("author", sa.String(length=300), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("made_at", Moment, nullable=False),
        sa.CheckConstraint(
            "kind in ('acknowledged', 'snoozed')", name=op.f("ck_alert_answers_kind_known")
        ),
        sa.CheckConstraint(
            "(kind = 'snoozed') = (until_on is not null)",
            name=op.f("ck_alert_answers_until_of_a_snooze"),
        ),
        *_referring("alert_answers", {"alert_id": "alerts", "user_id": "users"}),
        sa.PrimaryKeyConstraint("alert_answer_id", name=op.f("pk_alert_answers")),
    )
    op.create_index(op.f("ix_alert_answers_alert_id"), "alert_answers", ["alert_id"])
    answers = "alert_answers"
    _unique_where(f"uq_{answers}_acknowledged", answers, ["alert_id"], "kind = 'acknowledged'")
    _unique_where(f"uq_{answers}_snoozed", answers, ["alert_id", "user_id"], "kind = 'snoozed'")
    follow_rows(answers, "alert_answer_id")
    log_rows(answers, "alert_answer_id", ANSWER_COLUMNS, sealed=("note",))


def _settings() -> None:
    op.create_table(
        "alert_settings",
        sa.Column("user_id", Id, nullable=False, autoincrement=False),
        sa.Column("digest", sa.String(length=10), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("unusual_days", sa.Boolean(), nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.CheckConstraint(
            "digest in ('none', 'daily', 'at_once')", name=op.f("ck_alert_settings_digest_known")
        ),
        sa.CheckConstraint(CHANNELS, name=op.f("ck_alert_settings_channel_known")),
        *_referring("alert_settings", {"user_id": "users"}),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_alert_settings")),
    )
    op.create_table(
        "alert_tellings",
        sa.Column("alert_telling_id", Id, nullable=False),
        sa.Column("alert_id", Id, nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("message_id", Id, nullable=False),
        *_referring(
            "alert_tellings", {"alert_id": "alerts", "user_id": "users", "message_id": "messages"}
        ),
        sa.PrimaryKeyConstraint("alert_telling_id", name=op.f("pk_alert_tellings")),
        sa.UniqueConstraint("alert_id", "user_id", name=op.f("uq_alert_tellings_alert_id_user_id")),
    )
    op.create_index(op.f("ix_alert_tellings_message_id"), "alert_tellings", ["message_id"])


def _referring(table: str, columns: dict[str, str]) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{other}.{column}"], name=op.f(f"fk_{table}_{column}_{other}")
        )
        for column, other in columns.items()
    ]


def _unique_where(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(
        name, table, columns, unique=True,
        sqlite_where=sa.text(where), postgresql_where=sa.text(where),
    )  # fmt: skip
