"""Units of a stock that are set aside for a line of an open order"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id, Moment
from data_access.migrations.logging_triggers import follow_rows, log_rows

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    columns = [
        sa.Column("allocation_id", Id, nullable=False),
        sa.Column("order_id", Id, nullable=False),
        sa.Column("line_id", Id, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("promised_weight", sa.SmallInteger(), nullable=False),
        sa.Column("margin_weight", sa.SmallInteger(), nullable=False),
        sa.Column("value_weight", sa.SmallInteger(), nullable=False),
        sa.Column("user_id", Id, nullable=True),
        sa.Column("allocated_at", Moment, nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
    ]
    op.create_table(
        "allocations",
        *columns,
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.order_id"], name=op.f("fk_allocations_order_id_orders")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["order_lines.line_id"], name=op.f("fk_allocations_line_id_order_lines")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.user_id"], name=op.f("fk_allocations_user_id_users")
        ),
        sa.PrimaryKeyConstraint("allocation_id", name=op.f("pk_allocations")),
        sa.UniqueConstraint("line_id", name=op.f("uq_allocations_line_id")),
    )
    op.create_index(op.f("ix_allocations_order_id"), "allocations", ["order_id"])
    follow_rows("allocations", "allocation_id")
    log_rows("allocations", "allocation_id", [column.name for column in columns])
