"""Many processes edit the same orders at once, some are killed: nothing is lost or done twice.

python -m benchmarks.torture [--edits 20000] [--orders 1000] [--hot 10] [--writers 8] [--kills 200]
                             [--postgresql]
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, make_url, select

from benchmarks import worlds
from benchmarks.timing import percentile, print_table
from benchmarks.torture_world import broken_identities, make_world
from benchmarks.torture_writer import CARRIED_OUT, Journal, scope_of, send, write_edits
from data_access.database import Database, connect
from data_access.tables import audit, edit_requests
from data_access.verifying import Tampered, verify_log

FOREVER = 10**9
SENT_AGAIN = 200
_processes = get_context("forkserver")
_processes.set_forkserver_preload(["benchmarks.torture_writer", "benchmarks.worlds"])


@dataclass(frozen=True)
class Result:
    seconds: float
    outcomes: Counter[str]
    milliseconds: list[float]
    lost: int  # acknowledged, but not there
    unanswered: int  # there, but never acknowledged
    resumed: int  # killed between asking and being answered
    changed_again: int  # sent again when all was over, and yet something was written
    broken: dict[str, int]
    chain: str

    @property
    def done(self) -> int:
        return self.outcomes["done"] + self.outcomes["again"]

    @property
    def is_whole(self) -> bool:
        wrong = self.lost + self.unanswered + self.changed_again + sum(self.broken.values())
        return not wrong and not self.chain


def torture(
    url: str, *, edits: int, most: int, writers: int, folder: Path, kills: int = 0
) -> Result:
    """So many edits by so many processes of orders 1 to `most`; or as many as there are until so
    many writers were killed, each replaced by one that asks again what was not answered."""
    folder.mkdir()
    quota = FOREVER if kills else edits // writers

    def start(number: int) -> Any:
        process = _processes.Process(
            target=write_edits, args=(url, number, quota, most, folder), daemon=True
        )
        process.start()
        return process

    started = time.perf_counter()
    running = {number: start(number) for number in range(writers)}
    chance = Random(kills)
    for _ in range(kills):
        number = chance.randrange(writers)
        _wait_until_busy(folder / f"{number}.journal")
        time.sleep(chance.uniform(0, 0.1))
        os.kill(running[number].pid, signal.SIGKILL)
        running[number].join()
        running[number] = start(number)
    if kills:
        (folder / "stop").touch()
    for process in running.values():
        process.join()
        assert process.exitcode == 0, "a writer failed"
    return _examine(url, folder, time.perf_counter() - started)


def _wait_until_busy(journal: Path) -> None:
    """Until the writer has written a few more lines."""
    size = journal.stat().st_size if journal.exists() else 0
    while not journal.exists() or journal.stat().st_size < size + 500:
        time.sleep(0.005)


def _examine(url: str, folder: Path, seconds: float) -> Result:
    entries = [
        entry for path in sorted(folder.glob("*.journal")) for entry in Journal(path).entries
    ]
    ends = [entry for entry in entries if "outcome" in entry]
    acknowledged = {end["id"] for end in ends if end["outcome"] in CARRIED_OUT}
    asked = [entry for entry in entries if entry.get("id") in acknowledged and "action" in entry]
    names = {path.stem for path in folder.glob("*.journal")}
    database = connect(url)
    with database.record.connect() as connection:
        stored = {
            request_id
            for request_id in connection.scalars(select(edit_requests.c.request_id))
            if request_id.split("-")[0] in names
        }
    changed_again = _send_again(database, Random(1).sample(asked, min(len(asked), SENT_AGAIN)))
    broken = broken_identities(database.record)
    try:
        verify_log(database.record)
        chain = ""
    except Tampered as tampered:
        chain = str(tampered)
    database.dispose()
    return Result(
        seconds,
        Counter(end["outcome"] for end in ends),
        [end["took"] for end in ends if end["outcome"] == "done"],
        len(acknowledged - stored),
        len(stored - acknowledged),
        sum("resumed" in entry for entry in entries),
        changed_again,
        broken,
        chain,
    )


def _send_again(database: Database, requests: Sequence[dict[str, Any]]) -> int:
    """How many of these carried out requests write something when they are asked again."""
    changed = 0
    for request in requests:
        scope = scope_of(database, f"writer-{request['id'].split('-')[0]}")
        before = _logged(database)
        changed += send(database, scope, request) != "again" or _logged(database) != before
    return changed


def _logged(database: Database) -> int:
    with database.record.connect() as connection:
        return int(connection.scalar(select(func.max(audit.c.audit_id))) or 0)


@contextmanager
def _databases(folder: Path, *, postgresql: bool) -> Iterator[Callable[[str], str]]:
    """Makes the URL of an empty database of this name."""
    if not postgresql:
        yield lambda name: f"sqlite:///{folder / name}.sqlite"
        return
    with worlds.postgresql_server(folder) as server:

        def make(name: str) -> str:
            with server.connect() as connection:
                connection.exec_driver_sql(f"CREATE DATABASE {name}")
            return make_url(server.url).set(database=name).render_as_string(hide_password=False)

        yield make


def _report(title: str, results: dict[str, Result]) -> None:
    heads = ("", "edits", "seconds", "edits/s", "p50 ms", "p99 ms", "conflicts", "refused",
             "in mid-edit", "lost", "twice or half", "stock", "money", "chain")  # fmt: skip
    rows = []
    for name, one in results.items():
        broken = one.broken
        halves = broken["versions"] + broken["once"] + broken["whole"] + one.unanswered
        halves += one.changed_again
        rows.append(
            (
                name,
                f"{one.done:,}",
                f"{one.seconds:,.1f}",
                f"{one.done / one.seconds:,.0f}",
                f"{percentile(one.milliseconds, 0.5):.1f}",
                f"{percentile(one.milliseconds, 0.99):.1f}",
                f"{one.outcomes['conflict']:,}",
                f"{one.outcomes['refused']:,}",
                f"{one.resumed:,}",
                f"{one.lost}",
                f"{halves}",
                "exact" if not broken["stock"] else f"{broken['stock']} broken",
                "exact" if not broken["money"] else f"{broken['money']} broken",
                one.chain or "whole",
            )
        )
    print_table(title, heads, rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.torture", description=__doc__)
    parser.add_argument("--edits", type=int, default=20_000)
    parser.add_argument("--orders", type=int, default=1_000)
    parser.add_argument("--hot", type=int, default=10, help="orders of the second run")
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--postgresql", action="store_true", help="instead of SQLite")
    chosen = parser.parse_args()
    runs: dict[str, dict[str, int]] = {
        f"{chosen.orders:,} orders": {"most": chosen.orders},
        f"{chosen.hot:,} hot orders": {"most": chosen.hot},
    }
    if chosen.kills:
        runs[f"{chosen.kills:,} × kill −9"] = {"most": chosen.orders, "kills": chosen.kills}
    results = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        new_url = stack.enter_context(_databases(folder, postgresql=chosen.postgresql))
        for place, (name, options) in enumerate(runs.items()):
            url = new_url(f"torture_{place}")
            make_world(url, chosen.orders, chosen.writers)
            results[name] = torture(
                url, edits=chosen.edits, writers=chosen.writers, folder=folder / f"run_{place}",
                **options,
            )  # fmt: skip
            print(f"{name}: {results[name].done:,} edits", flush=True)
        title = "PostgreSQL" if chosen.postgresql else "SQLite"
        _report(f"{title}, {chosen.writers} writers, {os.cpu_count()} cores", results)
    return 0 if all(result.is_whole for result in results.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
