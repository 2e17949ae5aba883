"""What a refresh learnt stands apart from what counts everybody's customers"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from data_access.refreshing.telling import without_counts

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("refreshes", sa.Column("details", sa.Text(), nullable=True))
    names = ("refresh_id", "what", "facts", "details")
    connection, runs = op.get_bind(), sa.table("refreshes", *map(sa.column, names))
    known = sa.select(runs.c.refresh_id, runs.c.facts).where(
        runs.c.what == "scores", runs.c.facts.is_not(None)
    )
    for refresh_id, facts in connection.execute(known).all():
        told = json.dumps(without_counts(json.loads(facts)), ensure_ascii=False)
        connection.execute(
            sa.update(runs).where(runs.c.refresh_id == refresh_id).values(facts=told, details=facts)
        )
