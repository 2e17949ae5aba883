"""Products that are no goods: postage, charges, corrections by hand"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column(
        "products", sa.Column("is_goods", sa.Boolean(), server_default=sa.true(), nullable=False)
    )
