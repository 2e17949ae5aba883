"""Edits under load: how many a second with their log, how soon others' numbers hold one, and how
long a stage change takes from click to screen. Measured on a copy of the database."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Row, create_engine, make_url, select, text

from benchmarks import worlds
from benchmarks.clicking import stage_changes
from benchmarks.timing import percentile, print_table, shown
from data_access.analytics_copy import AnalyticsCopy
from data_access.database import connect
from data_access.edits.lines import change_line_discount
from data_access.edits.terms import change_note
from data_access.edits.transaction import Done, new_request_id
from data_access.errors import EditRefused
from data_access.filters import OrderFilter
from data_access.sales import sum_sales
from data_access.schema import read_data_version
from data_access.scope import Scope
from data_access.tables import order_lines, orders

PERSON = "manager"
WRITERS = (1, 4)
SECONDS = 8.0
REPEATS = 20
ORDERS = 200
BEFORE_SHIPPING = ("received", "confirmed", "processing")


@dataclass
class Written:
    milliseconds: list[float]
    refused: int


def report_editing(title: str, url: str, folder: Path) -> None:
    with _copied(url, folder) as copy_url:
        rows = [_writing(copy_url, writers) for writers in WRITERS]
        heads = ["edits", "writers", "done", "refused", "edits/s", "p50 ms", "p95 ms"]
        print_table(f"{title}: notes and discounts changed, each with its log", heads, rows)
        path = folder / "editing.duckdb"
        path.unlink(missing_ok=True)
        found = _until_others_hold_it(copy_url, path)
        row = ["discount of a line", str(len(found)), *_halves(found)]
        heads = ["edit", "times", "p50 ms", "p95 ms"]
        print_table(f"{title}: from the commit until another session's sums hold it", heads, [row])
        row = stage_changes(copy_url, f"duckdb:///{path}")
        heads = ["stage change", "times", "p50 ms", "p95 ms"]
        print_table(
            f"{title}: from the click that saves it until the browser shows it", heads, [row]
        )


def _halves(taken: list[float]) -> tuple[str, str]:
    return shown(percentile(taken, 0.5)), shown(percentile(taken, 0.95))


@contextmanager
def _copied(url: str, folder: Path) -> Iterator[str]:
    """The URL of a copy, which is gone afterwards: the others are asked again in the next run."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        path = folder / "editing.sqlite"
        _remove(path)
        database = connect(url)
        with database.writer.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.dispose()
        shutil.copy(str(parsed.database), path)
        yield f"sqlite:///{path}"
        _remove(path)
        return
    admin = create_engine(parsed.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS editing"))
        connection.execute(text(f"CREATE DATABASE editing TEMPLATE {parsed.database}"))
    yield parsed.set(database="editing").render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS editing WITH (FORCE)"))
    admin.dispose()


def _remove(path: Path) -> None:
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()


def _writing(url: str, writers: int) -> list[str]:
    """So many processes edit orders of their own as fast as they can."""
    context = get_context("spawn")
    together, found = context.Barrier(writers), context.SimpleQueue()
    processes = [
        context.Process(target=_write, args=(url, place, writers, together, found))
        for place in range(writers)
    ]
    for process in processes:
        process.start()
    all_written = [found.get() for _ in processes]
    for process in processes:
        process.join()
    taken = [one for written in all_written for one in written.milliseconds]
    refused = sum(written.refused for written in all_written)
    speed = f"{len(taken) / SECONDS:,.0f}"
    return ["note, discount", str(writers), str(len(taken)), str(refused), speed, *_halves(taken)]


def _write(url: str, place: int, writers: int, together: Any, found: Any) -> None:
    database = connect(url)
    scope = worlds.scope_named(database.record, PERSON)
    rows = _lines(database.record)[place::writers]
    versions = {row.order_id: row.version for row in rows}
    written = Written([], 0)
    together.wait()
    end, turn = time.perf_counter() + SECONDS, 0
    while time.perf_counter() < end:
        row, start = rows[turn % len(rows)], time.perf_counter()
        try:
            done = _edit(database.writer, scope, row, versions[row.order_id], turn // len(rows))
        except EditRefused:
            written.refused += 1
        else:
            versions[row.order_id] = done.version or 0
            written.milliseconds.append((time.perf_counter() - start) * 1000)
        turn += 1
    database.dispose()
    found.put(written)


def _edit(engine: Engine, scope: Scope, row: Row[Any], version: int, turn: int) -> Done:
    seen = {"seen_version": version, "request_id": new_request_id()}
    if turn % 2:
        return _change_discount(engine, scope, row, turn, **seen)
    return change_note(engine, scope, row.order_id, note=seen["request_id"], **seen)


def _change_discount(engine: Engine, scope: Scope, row: Row[Any], turn: int, **seen: Any) -> Done:
    """Another discount at each turn, counted from 1, than the one before."""
    rate = Decimal((int(row.discount_rate * 10_000) + turn) % 900) / 10_000
    return change_line_discount(
        engine, scope, row.order_id, line_id=row.line_id, discount_rate=rate, **seen
    )


def _lines(record: Engine) -> list[Row[Any]]:
    """One line of each of some orders that are not yet shipped."""
    chosen = (
        select(
            orders.c.order_id, orders.c.version, order_lines.c.line_id, order_lines.c.discount_rate
        )
        .join(order_lines, order_lines.c.order_id == orders.c.order_id)
        .where(orders.c.stage.in_(BEFORE_SHIPPING), order_lines.c.line_number == 1)
        .order_by(orders.c.order_id)
        .limit(ORDERS)
    )
    with record.connect() as connection:
        return list(connection.execute(chosen).all())


def _until_others_hold_it(url: str, path: Path) -> list[float]:
    """Milliseconds from the commit until the copy is brought in step and a sum over all orders is
    read from it, as another session's next run does; pages look for news every two seconds."""
    database = connect(url)
    scope = worlds.scope_named(database.record, PERSON)
    row = _lines(database.record)[0]
    copied = AnalyticsCopy(database.record, path)
    version, taken, before = row.version, [], _net_sales(copied.engine, scope)
    for turn in range(1, REPEATS + 1):
        done = _change_discount(
            database.writer, scope, row, turn, seen_version=version, request_id=new_request_id()
        )
        start = time.perf_counter()
        copied.refresh(read_data_version(database.record))
        after = _net_sales(copied.engine, scope)
        taken.append((time.perf_counter() - start) * 1000)
        if after == before:
            raise RuntimeError("the sums do not hold the edit")
        version, before = done.version or 0, after
    copied.close()
    database.dispose()
    return taken


def _net_sales(engine: Engine, scope: Scope) -> float:
    sums = sum_sales(engine, scope, OrderFilter(currency=worlds.CURRENCY), worlds.AS_OF)
    return float(sums["net_sales"].iloc[0])
