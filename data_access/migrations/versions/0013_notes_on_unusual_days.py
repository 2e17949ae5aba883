"""What people found out about unusual days"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id, Moment
from data_access.migrations.logging_triggers import follow_rows, log_rows

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    columns = [
        sa.Column("anomaly_note_id", Id, nullable=False),
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("about", sa.String(length=300), nullable=False),
        sa.Column("is_of_all", sa.Boolean(), nullable=False),
        sa.Column("employee_id", Id, nullable=True),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("author", sa.String(length=300), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("written_at", Moment, nullable=False),
    ]
    op.create_table(
        "anomaly_notes",
        *columns,
        sa.ForeignKeyConstraint(
            ["employee_id"],
            ["employees.employee_id"],
            name=op.f("fk_anomaly_notes_employee_id_employees"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_anomaly_notes_user_id_users")
        ),
        sa.PrimaryKeyConstraint("anomaly_note_id", name=op.f("pk_anomaly_notes")),
    )
    op.create_index(op.f("ix_anomaly_notes_day_on"), "anomaly_notes", ["day_on"])
    follow_rows("anomaly_notes", "anomaly_note_id")
    log_rows("anomaly_notes", "anomaly_note_id", [column.name for column in columns])
