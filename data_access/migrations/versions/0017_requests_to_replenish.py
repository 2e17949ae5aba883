"""Who asked for a replenishment, decided on it, ordered and received it; one open request a cause"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id, Moment, Money
from data_access.migrations.logging_triggers import log_rows

revision = "0017"
down_revision = "0016"

OPEN_REQUEST = "requested_by is not null and state in ('proposed', 'approved', 'ordered')"


def upgrade() -> None:
    for column in (
        sa.Column("requested_by", Id, nullable=True),
        sa.Column("requested_quantity", sa.Integer(), nullable=True),
        sa.Column("needed_by", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=True),
        sa.Column("decided_by", Id, nullable=True),
        sa.Column("decided_at", Moment, nullable=True),
        sa.Column("ordered_by", Id, nullable=True),
        sa.Column("unit_cost", Money, nullable=True),
        sa.Column("received_by", Id, nullable=True),
        sa.Column("closed_by", Id, nullable=True),
        sa.Column("closed_at", Moment, nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
    ):
        op.add_column("replenishments", column)
    op.create_index(op.f("ix_replenishments_state"), "replenishments", ["state"])
    op.create_index(
        "uq_replenishments_open_cause", "replenishments", ["product_id", "warehouse_id", "cause"],
        unique=True, sqlite_where=sa.text(OPEN_REQUEST), postgresql_where=sa.text(OPEN_REQUEST),
    )  # fmt: skip
    op.create_index(
        op.f("ix_stock_movements_replenishment_id"), "stock_movements", ["replenishment_id"]
    )
    columns = [column["name"] for column in sa.inspect(op.get_bind()).get_columns("replenishments")]
    log_rows("replenishments", "replenishment_id", columns, sealed=())
