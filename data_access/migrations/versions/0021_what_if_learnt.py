"""What what-if has learnt, for each set of rights"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Id

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "what_if_learnt",
        sa.Column("what_if_learnt_id", Id, nullable=False),
        sa.Column("rights", sa.String(length=400), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("end_on", sa.Date(), nullable=False),
        sa.Column("data_version", Id, nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("learnt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("what_if_learnt_id", name=op.f("pk_what_if_learnt")),
        sa.UniqueConstraint("rights", "currency", name=op.f("uq_what_if_learnt_rights_currency")),
    )
