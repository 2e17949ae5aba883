"""What the analytics copy costs: to build, to keep in step, on disk and in memory."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import bindparam, select, update

from benchmarks.timing import milliseconds, print_table, shown
from data_access.analytics_copy import AnalyticsCopy
from data_access.database import Database, connect, writing
from data_access.tables import orders

CHANGED = (1, 100, 1_000, 10_000)
EDITS = {"no sum": "version", "an amount": "net_sales"}  # what changed, and a column of it

# builds in a process of its own, so that its memory is that of a build and nothing else
_BUILD = """
import resource, sys, time
from pathlib import Path
from data_access.analytics_copy import AnalyticsCopy
from data_access.database import connect
record = connect(sys.argv[1]).record
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
AnalyticsCopy(record, Path(sys.argv[2]))
print(time.perf_counter() - start, before,
      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
      resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def report_copying(title: str, url: str, path: Path) -> None:
    path.unlink(missing_ok=True)
    built = subprocess.run(
        [sys.executable, "-c", _BUILD, url, str(path)],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    seconds, before, peak, reader = map(float, built.stdout.split())
    rows = [
        ["build", f"{seconds:,.1f} s"],
        ["file", f"{path.stat().st_size / 2**20:,.0f} MiB"],
        ["peak memory, of which 2nd process",
         f"{peak / 1024:,.0f} MiB (before {before / 1024:,.0f}), {reader / 1024:,.0f} MiB"],
        *_catching_up(url, path),
    ]  # fmt: skip
    print_table(f"{title}: the analytics copy", ["", "cost"], rows)


def _catching_up(url: str, path: Path) -> list[list[str]]:
    database = connect(url)
    start = time.perf_counter()
    copied = AnalyticsCopy(database.record, path)
    opened = (time.perf_counter() - start) * 1000
    rows = [
        ["open, nothing changed", f"{shown(opened)} ms"],
        ["notice that nothing changed", f"{milliseconds(copied.refresh, 50):.2f} ms"],
    ]
    for what, column in EDITS.items():
        for count in CHANGED:
            found = [_time_of_catching_up(database, copied, count, column) for _ in range(5)]
            clock, cores = (sorted(each)[2] for each in zip(*found, strict=True))
            cost = f"{shown(clock)} ms, CPU {shown(cores)}"
            rows.append([f"catch up with {count:,} changed orders, {what}", cost])
    copied.close()
    database.dispose()
    return rows


def _time_of_catching_up(
    database: Database, copied: AnalyticsCopy, count: int, column: str
) -> tuple[float, float]:
    """Milliseconds on the clock, and of this process's cores."""
    with writing(database.writer) as connection:
        ids = connection.scalars(select(orders.c.order_id).limit(count)).all()
        statement = (
            update(orders)
            .where(orders.c.order_id == bindparam("changed"))
            .values({column: orders.c[column] + 1})
        )
        connection.execute(statement, [{"changed": order_id} for order_id in ids])
    start, cores = time.perf_counter(), time.process_time()
    copied.refresh()
    return (time.perf_counter() - start) * 1000, (time.process_time() - cores) * 1000
