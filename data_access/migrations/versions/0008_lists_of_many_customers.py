"""Indexes for lists of many customers: by phone, birthday, last order, score and day of delivery"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    on_server = op.get_bind().dialect.name == "postgresql"
    phone = _last_ten_digits(on_server)
    for table in ("customers", "contacts"):
        op.create_index(f"ix_{table}_phone_end", table, [sa.text(phone)])
    op.create_index("ix_customers_birthday", "customers", [sa.text(_month_and_day(on_server))])
    op.create_index(
        "ix_orders_of_customer",
        "orders",
        ["customer_id", "ordered_at", "order_id", "stage", "ordered_on"],
    )
    op.drop_index("ix_orders_customer_id_ordered_at_order_id", "orders")
    op.create_index("ix_orders_completed_on", "orders", ["completed_on"])
    op.create_index(
        "ix_interactions_customer_id_happened_at", "interactions", ["customer_id", "happened_at"]
    )
    op.drop_index("ix_interactions_customer_id", "interactions")
    for name in ("net_sales_12m", "silent_90"):
        op.create_index(
            f"ix_customer_scores_{name}_customer_id", "customer_scores", [name, "customer_id"]
        )


def _last_ten_digits(on_server: bool) -> str:
    digits = "phone"
    for mark in " -()./+":
        digits = f"replace({digits}, '{mark}', '')"
    return f"right({digits}, 10)" if on_server else f"substr({digits}, -10)"


def _month_and_day(on_server: bool) -> str:
    if on_server:
        return "CAST(EXTRACT(month FROM born_on) * 100 + EXTRACT(day FROM born_on) AS INTEGER)"
    return "CAST(substr(born_on, 6, 2) || substr(born_on, 9, 2) AS INTEGER)"
