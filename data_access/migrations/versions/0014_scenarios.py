"""Scenarios of what-if under a name, and with whom they are shared"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id, Moment
from data_access.migrations.logging_triggers import follow_rows, log_rows

revision = "0014"
down_revision = "0013"

DECISIONS = "decision in ('open', 'adopted', 'rejected')"


def upgrade() -> None:
    scenarios = [
        sa.Column("scenario_id", Id, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("note", sa.String(length=1000), nullable=True),
        sa.Column("decision", sa.String(length=20), nullable=False, server_default="open"),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("learnt_version", Id, nullable=False),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("changed_at", Moment, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
    ]
    op.create_table(
        "scenarios",
        *scenarios,
        sa.CheckConstraint(DECISIONS, name=op.f("ck_scenarios_decision_known")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_scenarios_user_id_users")
        ),
        sa.PrimaryKeyConstraint("scenario_id", name=op.f("pk_scenarios")),
    )
    op.create_index(op.f("ix_scenarios_user_id"), "scenarios", ["user_id"])
    shares = [
        sa.Column("scenario_share_id", Id, nullable=False),
        sa.Column("scenario_id", Id, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("user_id", Id, nullable=True),
    ]
    op.create_table(
        "scenario_shares",
        *shares,
        sa.ForeignKeyConstraint(
            ["scenario_id"], ["scenarios.scenario_id"],
            name=op.f("fk_scenario_shares_scenario_id_scenarios"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_scenario_shares_user_id_users")
        ),
        sa.PrimaryKeyConstraint("scenario_share_id", name=op.f("pk_scenario_shares")),
    )  # fmt: skip
    for column in ("scenario_id", "user_id"):
        op.create_index(op.f(f"ix_scenario_shares_{column}"), "scenario_shares", [column])
    for table, key, columns in (
        ("scenarios", "scenario_id", scenarios),
        ("scenario_shares", "scenario_share_id", shares),
    ):
        follow_rows(table, key)
        log_rows(table, key, [str(column.name) for column in columns])
