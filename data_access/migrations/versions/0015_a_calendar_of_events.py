"""A calendar: events of one's own, and what differs from the built-in ones"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id, Moment
from data_access.migrations.logging_triggers import follow_rows, log_rows

revision = "0015"
down_revision = "0014"

COLUMNS = (
    "calendar_event_id", "name", "name_zh", "kind", "first_on", "last_on", "stands_for", "is_off",
    "user_id", "changed_at", "version",
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "calendar_events",
        sa.Column("calendar_event_id", Id, nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("name_zh", sa.String(length=300), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=True),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("stands_for", sa.String(length=200), nullable=True),
        sa.Column("is_off", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "kind in ('holiday', 'workday', 'shopping', 'promotion', 'other')",
            name=op.f("ck_calendar_events_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_calendar_events_user_id_users")
        ),
        sa.PrimaryKeyConstraint("calendar_event_id", name=op.f("pk_calendar_events")),
        sa.UniqueConstraint("stands_for", name=op.f("uq_calendar_events_stands_for")),
    )
    op.create_index(op.f("ix_calendar_events_first_on"), "calendar_events", ["first_on"])
    follow_rows("calendar_events", "calendar_event_id")
    log_rows("calendar_events", "calendar_event_id", COLUMNS, sealed=())
