"""An index on the few orders that await a refund"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

AWAITS_REFUND = "stage <> 'cancelled' AND round(net_sales - paid, 4) < -0.00995"


def upgrade() -> None:
    op.create_index(
        "ix_orders_awaiting_refund",
        "orders",
        ["returned_at", "order_id"],
        sqlite_where=sa.text(AWAITS_REFUND),
        postgresql_where=sa.text(AWAITS_REFUND),
    )
