"""Customers that were merged into others, and how complete the customers of each owner are"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id, Moment
from data_access.migrations.logging_triggers import follow_rows

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    _create_customer_merges()
    _create_completeness()
    follow_rows("customer_merges", "merge_id")
    follow_rows("completeness", "completeness_id")


def _create_customer_merges() -> None:
    op.create_table(
        "customer_merges",
        sa.Column("merge_id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("merged_id", Id, nullable=False),
        sa.Column("merged_name", sa.String(length=300), nullable=False),
        sa.Column("user_id", Id, nullable=False),
        sa.Column("merged_at", Moment, nullable=False),
        sa.Column("unmerged_at", Moment, nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.customer_id"],
            name=op.f("fk_customer_merges_customer_id_customers"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_customer_merges_user_id_users")
        ),
        sa.PrimaryKeyConstraint("merge_id", name=op.f("pk_customer_merges")),
    )
    op.create_index(op.f("ix_customer_merges_customer_id"), "customer_merges", ["customer_id"])


def _create_completeness() -> None:
    op.create_table(
        "completeness",
        sa.Column("completeness_id", Id, nullable=False),
        sa.Column("measured_on", sa.Date(), nullable=False),
        sa.Column("employee_id", Id, nullable=True),
        sa.Column("region_id", Id, nullable=True),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("fields", sa.Integer(), nullable=False),
        sa.Column("filled", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employee_id"],
            ["employees.employee_id"],
            name=op.f("fk_completeness_employee_id_employees"),
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["regions.region_id"], name=op.f("fk_completeness_region_id_regions")
        ),
        sa.PrimaryKeyConstraint("completeness_id", name=op.f("pk_completeness")),
        sa.UniqueConstraint(
            "measured_on", "employee_id", name=op.f("uq_completeness_measured_on_employee_id")
        ),
    )
