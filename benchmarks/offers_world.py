"""A whole refresh of offers on a database of many customers: the shipped command reads the lines
from the CRM database, and writes offers, pairs and evaluations to it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import numpy as np
import pandas as pd
from sqlalchemy import Engine, func, inspect, select

from benchmarks import worlds
from benchmarks.timing import milliseconds, print_table, shown
from data_access.database import bulk_writing, connect
from data_access.demo import build_demo
from data_access.demo.plan import Array, Plan, Rows, words
from data_access.demo.upkeep import without_upkeep
from data_access.loading import load
from data_access.offers import list_offers
from data_access.schema import upgrade_schema
from data_access.tables import customers, metadata, offers, orders, products

MOST_SECONDS, MOST_GIB, MOST_LIST_MS = 120, 4.0, 50
_WATCHED_EVERY = 0.2  # seconds
_PAGE = os.sysconf("SC_PAGE_SIZE")


def report_offers_refresh(
    lines: pd.DataFrame, folder: Path | None = None, *, sqlite_only: bool = False
) -> None:
    """Prints how long the refresh takes with how much memory, and the list of one customer."""
    rows = []
    with ExitStack() as stack:
        folder = folder or Path(stack.enter_context(TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        size = lines["order_id"].nunique()
        urls = {"SQLite": f"sqlite:///{folder / f'offers_{size}.sqlite'}"}
        if not sqlite_only:
            server = stack.enter_context(worlds.postgresql_server(folder))
            urls["PostgreSQL"] = worlds.postgresql_url(server, size, "offers")
        for name, url in urls.items():
            fill(url, lines)
            rows.append([name, *_measure(url)])
    heads = ["database", "offers", "seconds", "of processors", "GiB", "within limits", "list ms",
             "within limit"]  # fmt: skip
    title = f"Offers: a whole refresh (at most {MOST_SECONDS} s, {MOST_GIB:.0f} GiB, a list"
    print_table(f"{title} {MOST_LIST_MS} ms)", heads, rows)


def _measure(url: str) -> list[str]:
    clock, processors, gib = _refresh(url)
    kept = clock < MOST_SECONDS and gib < MOST_GIB
    database = connect(url)
    try:
        with database.record.connect() as connection:
            written = connection.scalar(select(func.count()).select_from(offers)) or 0
        one = _list_ms(database.record)
    finally:
        database.dispose()
    return [
        f"{written:,}", f"{clock:.0f}", f"{processors:.0f}", f"{gib:.1f}", "yes" if kept else "NO",
        shown(one), "yes" if one < MOST_LIST_MS else "NO",
    ]  # fmt: skip


def _list_ms(engine: Engine) -> float:
    scope = worlds.scope_named(engine, "manager")
    with engine.connect() as connection:
        last = int(connection.scalar(select(func.max(customers.c.customer_id))) or 0)
    chance = np.random.default_rng(7)
    asked = iter(np.resize(last - chance.integers(0, last // 2, 50), 1_000).tolist())
    return milliseconds(lambda: list_offers(engine, scope, next(asked), worlds.AS_OF), 50)


def _refresh(url: str) -> tuple[float, float, float]:
    """Seconds on the clock and of processors, and the most GiB of all its processes together."""
    command = [sys.executable, "-m", "dashboard", "refresh", "--what", "offers",
               "--as-of", worlds.AS_OF.isoformat(), "--database", url]  # fmt: skip
    before, start = os.times(), time.perf_counter()
    with subprocess.Popen(command) as process:
        most, done = [0.0], Event()
        watching = Thread(target=_watch, args=(process.pid, most, done))
        watching.start()
        code = process.wait()
        done.set()
        watching.join()
    clock, after = time.perf_counter() - start, os.times()
    assert code == 0, "the refresh failed"
    used = after.children_user + after.children_system
    return clock, used - before.children_user - before.children_system, most[0]


def _watch(pid: int, most: list[float], done: Event) -> None:
    while not done.wait(_WATCHED_EVERY):
        most[0] = max(most[0], sum(_resident(each) for each in _family(pid)) / 2**30)


def _family(pid: int) -> list[int]:
    found = [pid]
    for each in found:
        for task in Path(f"/proc/{each}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


def fill(url: str, lines: pd.DataFrame) -> None:
    """Puts the orders of `make_lines` into the database, beside a small demo company, unless they
    are there."""
    database = connect(url)
    try:
        if inspect(database.record).has_table("orders") and _last(database.record, "orders") > 1e4:
            return
        upgrade_schema(database.writer)
        build_demo(database.writer, Plan(Plan.FEWEST, worlds.SEED, worlds.AS_OF))
        rows = _rows(lines, database.record)
        with bulk_writing(database.writer, "benchmark") as writer, without_upkeep(writer):
            for name, own in rows.items():
                load(writer, metadata.tables[name], own, lambda _written: None)
    finally:
        database.dispose()


def _last(engine: Engine, table_name: str) -> int:
    table = metadata.tables[table_name]
    with engine.connect() as connection:
        key = next(iter(table.primary_key.columns))
        return int(connection.scalar(select(func.max(key))) or 0)


def _rows(lines: pd.DataFrame, engine: Engine) -> dict[str, Rows]:
    """Identities follow those of the demo."""
    after = {table.name: _last(engine, table.name) for table in (customers, products, orders)}
    heads = lines.drop_duplicates("order_id")
    people = int(lines["customer_id"].max()) + 1
    goods = int(lines["product_id"].max()) + 1
    first = np.datetime64(worlds.AS_OF, "D") - int(lines["ordered_on"].max())
    day = first + heads["ordered_on"].to_numpy().astype("timedelta64[D]")
    place, number = np.arange(goods), heads["order_id"].to_numpy()
    price = np.round(5 + 495 * np.random.default_rng(7).random(goods), 2)
    lines_of = _last(engine, "order_lines")
    return {
        "products": {
            "product_id": after["products"] + 1 + place,
            "sku": words(*(f"MADE-{each}" for each in place)),
            "name": words(*(f"Ware {each} of kind {each % 97}" for each in place)),
            "category_id": place % 5 + 1,
            "supplier_id": place % 7 + 1,
            "list_price": price,
            "unit_cost": np.round(price * 0.6, 2),
            "currency": _same(worlds.CURRENCY, goods),
        },
        "customers": {
            "customer_id": after["customers"] + 1 + np.arange(people),
            "name": words(*(f"Customer {each}" for each in range(people))),
            "customer_type": words("company", "person")[np.arange(people) % 2],
            "region_id": np.arange(people) % 5 + 1,
        },
        "orders": {
            "order_id": after["orders"] + 1 + number,
            "order_number": words(*(f"MADE-{each}" for each in number)),
            "customer_id": after["customers"] + 1 + heads["customer_id"].to_numpy(),
            "region_id": heads["customer_id"].to_numpy() % 5 + 1,
            "channel": _same("web", len(heads)),
            "stage": _same("completed", len(heads)),
            "currency": _same(worlds.CURRENCY, len(heads)),
            "ordered_at": day.astype("datetime64[s]") + np.timedelta64(4, "h"),
            "ordered_on": day,
        },
        "order_lines": {
            "line_id": lines_of + 1 + np.arange(len(lines)),
            "order_id": after["orders"] + 1 + lines["order_id"].to_numpy(),
            "line_number": lines.groupby("order_id").cumcount().to_numpy() + 1,
            "product_id": after["products"] + 1 + lines["product_id"].to_numpy(),
            "quantity": np.ones(len(lines), np.int64),
            "unit_price": price[lines["product_id"].to_numpy()],
        },
    }


def _same(value: str, count: int) -> Array:
    return words(value)[np.zeros(count, int)]
