"""The plan of each stock: what a night tells of its demand, and when to order how much"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Days, Expected, Id, Rate
from data_access.migrations.logging_triggers import follow_rows

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "stock_plans",
        sa.Column("stock_id", Id, autoincrement=False, nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("daily_demand", Expected, nullable=False),
        sa.Column("deviation", Expected, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("demand_source", sa.String(length=20), nullable=False),
        sa.Column("season", Expected, nullable=False),
        sa.Column("seen_days", sa.Integer(), nullable=False),
        sa.Column("empty_days", sa.Integer(), nullable=False),
        sa.Column("large_days", sa.Integer(), nullable=False),
        sa.Column("yearly_units", sa.Integer(), nullable=False),
        sa.Column("lead_time_mean", Days, nullable=False),
        sa.Column("lead_time_deviation", Days, nullable=False),
        sa.Column("lead_time_source", sa.String(length=20), nullable=False),
        sa.Column("receipts", sa.Integer(), nullable=False),
        sa.Column("abc", sa.String(length=1), nullable=False),
        sa.Column("xyz", sa.String(length=1), nullable=False),
        sa.Column("variation", Expected, nullable=False),
        sa.Column("value_share", Rate, nullable=False),
        sa.Column("service", Rate, nullable=False),
        sa.Column("lead_time_demand", Expected, nullable=False),
        sa.Column("undershoot", Expected, nullable=False),
        sa.Column("safety_stock", Expected, nullable=False),
        sa.Column("reorder_point", sa.Integer(), nullable=False),
        sa.Column("order_quantity", sa.Integer(), nullable=False),
        sa.Column("opening_units", sa.Integer(), nullable=True),
        sa.Column("last_shipped_on", sa.Date(), nullable=True),
        sa.Column("aged_30", sa.Integer(), nullable=True),
        sa.Column("aged_90", sa.Integer(), nullable=True),
        sa.Column("aged_180", sa.Integer(), nullable=True),
        sa.Column("lead_time_grid", sa.Text(), nullable=False),
        sa.Column("weeks_grid", sa.Text(), nullable=False),
        sa.Column("lead_times", sa.Text(), nullable=False),
        sa.Column("history", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stock.stock_id"], name=op.f("fk_stock_plans_stock_id_stock")
        ),
        sa.PrimaryKeyConstraint("stock_id", name=op.f("pk_stock_plans")),
    )
    follow_rows("stock_plans", "stock_id")
