"""Rows for tests: each call writes one thing with believable defaults and returns its id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import Connection, Engine, insert, select

from data_access.database import Database, writing
from data_access.scope import Scope, mint_scope
from data_access.tables import metadata, orders
from data_access.totals import recount_orders

_numbers = count(1)
NOW = datetime(2026, 11, 23, 4, 0)  # noon in Shanghai

DEFAULTS: dict[str, dict[str, Any]] = {
    "products": {"list_price": Decimal(100), "unit_cost": Decimal(60), "currency": "CNY"},
    "payments": {"currency": "CNY", "paid_at": NOW, "paid_on": NOW.date()},
    "returns": {"state": "closed", "returned_at": NOW, "returned_on": NOW.date()},
    "shipments": {"shipped_at": NOW},
    "interactions": {"kind": "call", "happened_at": NOW},
    "consents": {
        "state": "granted",
        "purpose": "Offers by e-mail",
        "decided_on": NOW.date(),
        "recorded_by": "Ada",
        "recorded_at": NOW,
    },
    "users": {
        "password_hash": "!",
        "created_at": NOW,
        "password_changed_at": NOW,
    },
}


def add(engine: Engine, table_name: str, **values: Any) -> int:
    """Writes one row, with a name or number where the table needs one; returns its id."""
    with writing(engine) as connection:
        row_id = _insert(connection, table_name, values)
        if table_name == "payments":
            recount_orders(connection, [values["order_id"]])
        return row_id


def add_order(
    database: Database,
    *,
    lines: Sequence[dict[str, Any]] = (),
    ordered_on: date = date(2026, 11, 20),
    **values: Any,
) -> int:
    """Writes an order with its lines and totals; returns order_id. Lines default to one unit of
    a new product at its list price."""
    writer = database.writer
    with writing(writer) as connection:
        order = {
            "order_number": f"T-{next(_numbers):06d}",
            "channel": "web",
            "stage": "completed",
            "currency": "CNY",
            "ordered_at": datetime.combine(ordered_on, datetime.min.time()) + timedelta(hours=4),
            "ordered_on": ordered_on,
            "promised_on": ordered_on + timedelta(days=7),
            **values,
        }
        _need_channel(connection, order["channel"])
        order_id = _insert(connection, "orders", order)
        for number, line in enumerate(lines or [{}], start=1):
            product_id = line.get("product_id") or _insert(connection, "products", {})
            _insert(
                connection,
                "order_lines",
                {
                    "order_id": order_id,
                    "line_number": number,
                    "quantity": 1,
                    "unit_price": Decimal(100),
                    "unit_cost": Decimal(60),
                    **line,
                    "product_id": product_id,
                },
            )
        recount_orders(connection, [order_id])
    return order_id


def add_user(
    database: Database, role: str, *, region_ids: Sequence[int] = (), **values: Any
) -> int:
    user_id = add(database.writer, "users", role=role, **values)
    for region_id in region_ids:
        add(database.writer, "user_regions", user_id=user_id, region_id=region_id)
    return user_id


def scope_of(database: Database, role: str, **values: Any) -> Scope:
    """The Scope of a new user of this role."""
    scope = mint_scope(database.record, add_user(database, role, **values))
    assert scope is not None
    return scope


def _insert(connection: Connection, table_name: str, values: dict[str, Any]) -> int:
    table = metadata.tables[table_name]
    row = {**DEFAULTS.get(table_name, {}), **values}
    for column in ("name", "code", "sku", "username", "channel"):
        if column in table.c and not table.c[column].nullable and column not in row:
            row[column] = f"{table_name}-{next(_numbers)}"
    key = connection.execute(insert(table).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def _need_channel(connection: Connection, channel: str) -> None:
    channels = metadata.tables["channels"]
    if not connection.scalar(select(channels.c.channel_id).where(channels.c.channel == channel)):
        connection.execute(insert(channels).values(channel=channel, name=channel.title()))


def hurry(database: Database) -> None:
    """Commits to this SQLite file do not wait for the disk: no test here pulls its plug."""
    connection = database.writer.raw_connection()
    connection.cursor().execute("PRAGMA synchronous = OFF")
    connection.close()


def close_whole(database: Database) -> None:
    """So that its SQLite file alone holds everything, and can be copied."""
    with database.writer.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()


def add_noise(database: Database) -> None:
    """Somebody else's rows, in every test database: another region, owner, channel, currency and
    century, whom nobody in a test may ever meet."""
    region_id = add(database.writer, "regions", code="noise", name="Noise region")
    employee_id = add(database.writer, "employees", name="Noise employee", region_id=region_id)
    customer_id = add(
        database.writer,
        "customers",
        name="Noise customer",
        owner_id=employee_id,
        region_id=region_id,
        phone="19999999999",
        email="noise@example.com",
    )
    order_id = add_order(
        database,
        order_number="NOISE-1",
        customer_id=customer_id,
        owner_id=employee_id,
        region_id=region_id,
        channel="noise",
        currency="XTS",
        ordered_on=date(1999, 9, 9),
        stage="shipped",
        lines=[{"quantity": 999, "unit_price": Decimal("999.99")}],
    )
    add(database.writer, "payments", order_id=order_id, amount=Decimal(9), currency="XTS",
        paid_on=date(1999, 9, 10))  # fmt: skip
    with database.record.connect() as connection:
        assert connection.scalar(select(orders.c.units)) == 999
