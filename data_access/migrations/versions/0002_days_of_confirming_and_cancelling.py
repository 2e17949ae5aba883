"""The business days on which orders are confirmed and cancelled"""

from __future__ import annotations

from datetime import UTC
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

DAYS = {"confirmed_on": "confirmed_at", "cancelled_on": "cancelled_at"}
ROWS = 10_000

orders = sa.table(
    "orders",
    sa.column("order_id", sa.BigInteger),
    *(sa.column(name, sa.Date) for name in DAYS),
    *(sa.column(name, sa.DateTime) for name in DAYS.values()),
)


def upgrade() -> None:
    for name in DAYS:
        op.add_column("orders", sa.Column(name, sa.Date(), nullable=True))
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE data_version SET is_bulk = true"))
    _fill_days(connection)
    connection.execute(sa.text("UPDATE data_version SET is_bulk = false, version = version + 1"))
    connection.execute(
        sa.text(
            "INSERT INTO changes (change_id, table_name, row_id)"
            " SELECT version, '*', NULL FROM data_version"
        )
    )


def _fill_days(connection: sa.Connection) -> None:
    name = "SELECT value FROM properties WHERE name = 'time_zone'"
    zone = ZoneInfo(connection.scalar(sa.text(name)) or "Asia/Shanghai")
    moments = sa.select(orders.c.order_id, *(orders.c[moment] for moment in DAYS.values()))
    filled = (
        sa.update(orders)
        .where(orders.c.order_id == sa.bindparam("of"))
        .values({name: sa.bindparam(f"new_{name}") for name in DAYS})
    )
    last = 0
    while True:
        page = moments.where(orders.c.order_id > last).order_by(orders.c.order_id).limit(ROWS)
        rows = connection.execute(page).all()
        if not rows:
            return
        last = rows[-1].order_id
        days = [
            {
                "of": row.order_id,
                **{
                    f"new_{name}": moment and moment.replace(tzinfo=UTC).astimezone(zone).date()
                    for name, moment in zip(DAYS, row[1:], strict=True)
                },
            }
            for row in rows
        ]
        connection.execute(filled, days)


def downgrade() -> None:
    for name in DAYS:
        op.drop_column("orders", name)
