"""What each method alone would offer a customer"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "offer_lists",
        sa.Column("customer_id", Id, nullable=False, autoincrement=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("order_count", sa.Integer(), nullable=False),
        sa.Column("late_orders", sa.Integer(), nullable=False),
        sa.Column("products", sa.Text(), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("small_counts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customers.customer_id"],
            name=op.f("fk_offer_lists_customer_id_customers"),
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_offer_lists")),
    )
