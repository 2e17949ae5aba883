"""A company to be tortured: orders with goods in stock, writers with every right; and what must
hold of its stock and money whatever was done to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Engine, func, insert, select, text

from data_access.accounts import NewUser, add_user
from data_access.database import bulk_writing, connect
from data_access.schema import upgrade_schema
from data_access.tables import (
    channels,
    order_lines,
    orders,
    products,
    stock,
    stock_movements,
    warehouses,
)
from data_access.totals import recount_orders

START = datetime(2026, 11, 2, 4, 0)
PRODUCTS = 20
PER_ORDER = 30  # units of each product in stock, for each order


def make_world(url: str, count: int, writers: int) -> None:
    database = connect(url)
    upgrade_schema(database.writer)
    for number in range(writers):
        user = NewUser(f"writer-{number}", "admin")
        add_user(database.writer, user, password_hash="!", now=START)
    with bulk_writing(database.writer, "a company to be tortured") as connection:
        connection.execute(insert(channels).values(channel="web", name="Web"))
        connection.execute(insert(warehouses).values(warehouse_id=1, code="W", name="Main"))
        numbers = range(1, PRODUCTS + 1)
        connection.execute(
            insert(products),
            [
                {"product_id": n, "sku": f"P-{n}", "name": f"Product {n}", "currency": "CNY",
                 "list_price": Decimal(n), "unit_cost": Decimal(n) / 2}
                for n in numbers
            ],
        )  # fmt: skip
        place = {"warehouse_id": 1}
        held = [{**place, "product_id": n, "on_hand": PER_ORDER * count} for n in numbers]
        connection.execute(insert(stock), held)
        opening = {"kind": "opening", "moved_at": START}
        connection.execute(
            insert(stock_movements),
            [{**place, "product_id": n, "quantity": PER_ORDER * count, **opening} for n in numbers],
        )
        connection.execute(insert(orders), [_order(number) for number in range(1, count + 1)])
        connection.execute(
            insert(order_lines),
            [
                {"order_id": number, "line_number": line, "product_id": 1 + (number * line) % 20,
                 "quantity": 2, "unit_price": Decimal("19.99"), "unit_cost": Decimal(8)}
                for number in range(1, count + 1)
                for line in (1, 2)
            ],
        )  # fmt: skip
        recount_orders(connection)
    if database.writer.dialect.name == "postgresql":
        with bulk_writing(database.writer, "sequences") as connection:
            for table, key in (("orders", "order_id"), ("products", "product_id"),
                               ("warehouses", "warehouse_id")):  # fmt: skip
                connection.execute(
                    text(
                        f"SELECT setval(pg_get_serial_sequence('{table}', '{key}'),"
                        f" (SELECT max({key}) FROM {table}))"
                    )
                )
    database.dispose()


def _order(number: int) -> dict[str, object]:
    moment = START + timedelta(minutes=number)
    return {
        "order_id": number,
        "order_number": f"T-{number:06d}",
        "channel": "web",
        "warehouse_id": 1,
        "stage": "received",
        "currency": "CNY",
        "ordered_at": moment,
        "ordered_on": moment.date(),
        "promised_on": moment.date() + timedelta(days=20),
    }


# Each finds the rows that break it.
IDENTITIES = {
    "stock": """
        SELECT s.product_id FROM stock s WHERE s.on_hand < 0
          OR s.on_hand <> (SELECT coalesce(sum(m.quantity), 0) FROM stock_movements m
            WHERE m.product_id = s.product_id AND m.warehouse_id = s.warehouse_id)
          OR s.reserved <> (SELECT coalesce(sum(l.quantity), 0)
            FROM order_lines l JOIN orders o ON o.order_id = l.order_id
            WHERE l.product_id = s.product_id AND o.warehouse_id = s.warehouse_id
            AND o.stage IN ('confirmed', 'processing'))
        """,
    "money": """
        SELECT o.order_id FROM orders o WHERE
          abs(o.paid - (SELECT coalesce(sum(p.amount), 0) FROM payments p
            WHERE p.order_id = o.order_id)) > 0.00001
          OR abs(o.net_sales - (SELECT coalesce(sum(l.net_sales), 0) FROM order_lines l
            WHERE l.order_id = o.order_id)) > 0.00001
          OR o.units <> (SELECT coalesce(sum(l.quantity), 0) FROM order_lines l
            WHERE l.order_id = o.order_id)
        """,
    # every edit of an order steps its version by one, and each request is one edit
    "versions": """
        SELECT o.order_id FROM orders o WHERE o.version <> 1 + (
          SELECT count(DISTINCT a.request_id) FROM audit a
          WHERE a.table_name = 'orders' AND a.row_id = o.order_id)
        """,
    "once": """
        SELECT request_id FROM audit
        WHERE before IS NULL AND table_name IN ('payments', 'shipments')
        GROUP BY request_id, table_name HAVING count(*) > 1
        """,
    "whole": """
        SELECT a.request_id FROM audit a WHERE a.request_id IS NOT NULL
          AND a.request_id NOT IN (SELECT request_id FROM edit_requests)
        """,
}


def broken_identities(engine: Engine) -> dict[str, int]:
    """How many rows break each identity."""
    with engine.connect() as connection:
        return {
            name: int(
                connection.scalar(select(func.count()).select_from(text(f"({sql}) AS broken"))) or 0
            )
            for name, sql in IDENTITIES.items()
        }
