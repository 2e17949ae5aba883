"""What share everybody's counts are about, for who sees only some customers"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data_access.columns import Rate

revision = "0025"
down_revision = "0024"
# as `about` of dashboard/analytics/recommending/reasons.py rounds
_ABOUT = """
UPDATE {table} SET shared_rate = CASE
    WHEN {share} >= 0.1 THEN round({share} * 20) / 20
    WHEN {share} >= 0.01 THEN round({share} * 100) / 100
    WHEN {share} >= 0.001 THEN round({share} * 1000) / 1000
    ELSE round({share} * 10000) / 10000 END
WHERE {count} >= 5 AND {base} > 0
"""


def upgrade() -> None:
    for table, count, base in (
        ("offers", "shared_count", "shared_base"),
        ("product_pairs", "together", "product_orders"),
    ):
        op.add_column(table, sa.Column("shared_rate", Rate, nullable=True))
        share = f"(CAST({count} AS NUMERIC) * 1.0 / {base})"
        op.execute(_ABOUT.format(table=table, share=share, count=count, base=base))
    op.execute("DELETE FROM offer_lists")  # packed in another way: the next refresh makes them anew
    op.drop_column("offer_lists", "small_counts")
