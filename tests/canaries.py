"""A demo CRM whose every customer, order and phone carries a mark of its own, so that whatever a
server sends can be searched for what it should not have sent."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from sqlalchemy import Engine, bindparam, select, update

from data_access.database import Database, bulk_writing, connect
from data_access.demo import Plan, build_demo
from data_access.schema import upgrade_schema
from data_access.scope import RELATIONS
from data_access.tables import customers, metadata, orders, user_regions, users
from tests.role_sheet import Person, World, visible_rows

ORDERS, SEED, AS_OF = 400, 7, date(2026, 11, 23)
MARK = re.compile(r"(?:NAME|MAIL|SHIP|NOTE)\d{5}x|171\d{8}")
SCRIPT = "<img src=x onerror=alert(1)>"
MARKDOWN = "**bold** [link](https://evil.example) ![](https://evil.example/x.png) $A^2$ :red[red]"


def build_marked_demo(path: Path) -> str:
    """A small demo CRM in this SQLite file; returns its URL."""
    url = f"sqlite:///{path}"
    database = connect(url)
    upgrade_schema(database.writer)
    build_demo(database.writer, Plan(ORDERS, SEED, AS_OF))
    _mark(database)
    database.dispose()
    return url


def marks_seen_by(engine: Engine, username: str) -> tuple[set[str], set[str]]:
    """The marks that the person may read, by the role sheet, and all the others."""
    with engine.connect() as connection:
        world = World(
            {
                name: [dict(row) for row in connection.execute(select(table)).mappings()]
                for name, table in metadata.tables.items()
                if name in RELATIONS
            }
        )
        user = connection.execute(select(users).where(users.c.username == username)).one()
        region_ids = connection.scalars(
            select(user_regions.c.region_id).where(user_regions.c.user_id == user.user_id)
        ).all()
    person = Person(user.role, user.employee_id, tuple(region_ids), user.channel)
    marked = ("customers", "orders")
    seen = _marks_in([row for name in marked for row in visible_rows(world, person, name)])
    return seen, _marks_in([row for name in marked for row in world[name]]) - seen


def _marks_in(rows: list[dict[str, object]]) -> set[str]:
    return {mark for row in rows for value in row.values() for mark in MARK.findall(str(value))}


def _mark(database: Database) -> None:
    with bulk_writing(database.writer) as connection:
        people = connection.execute(select(customers.c.customer_id, customers.c.name)).all()
        newest = connection.scalars(
            select(orders.c.customer_id).order_by(orders.c.ordered_at.desc()).limit(2)
        ).all()
        odd = dict(zip(newest, (SCRIPT, MARKDOWN), strict=True))
        connection.execute(
            update(customers).where(customers.c.customer_id == bindparam("key")),
            [
                {
                    "key": key,
                    "name": f"NAME{key:05}x {odd.get(key, name)}",
                    "name_zh": f"NAME{key:05}x {odd.get(key, '客户')}",
                    "email": f"MAIL{key:05}x@example.com",
                    "phone": f"171{key:08}",
                }
                for key, name in people
            ],
        )
        connection.execute(
            update(orders).where(orders.c.order_id == bindparam("key")),
            [
                {"key": key, "ship_address": f"SHIP{key:05}x", "note": f"NOTE{key:05}x"}
                for key in connection.scalars(select(orders.c.order_id)).all()
            ],
        )
