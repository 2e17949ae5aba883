"""The server under load: a page's runs over real websockets, by signed-in people."""

from __future__ import annotations

import asyncio
import http.client
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psutil

from benchmarks.timing import percentile, print_table, shown
from benchmarks.visitor import Run, Visitor, sign_in
from benchmarks.worlds import AS_OF

ROOT = Path(__file__).parents[1]
PAGE = "overview"
PRESETS = ("period=last_30", "period=last_90", "period=this_year", "period=last_365")
PERSON = "manager"
PAUSE_SECONDS, TICK_SECONDS = 5.0, 2.0
Act = Callable[[Visitor, int], Awaitable[Run | None]]


@dataclass
class Load:
    name: str
    sessions: int
    runs: list[float]
    seconds: float
    cpu_seconds: float

    def row(self) -> list[str]:
        return [
            self.name,
            str(self.sessions),
            str(len(self.runs)),
            shown(percentile(self.runs, 0.5)),
            shown(percentile(self.runs, 0.95)),
            shown(self.cpu_seconds / len(self.runs) * 1000),
            f"{len(self.runs) / self.seconds:.1f}",
        ]


@contextmanager
def serving(database_url: str, analytics_url: str) -> Iterator[tuple[int, psutil.Process]]:
    """The app as shipped, on a free port; yields the port and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        **os.environ,
        "CRM_DATABASE_URL": database_url,
        "CRM_ANALYTICS_URL": analytics_url,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "start", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_ready(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_ready(port: int, process: subprocess.Popen[bytes], seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            server = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            server.request("GET", "/readyz")
            if server.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the server did not become ready")


def report_serving(title: str, database_url: str, analytics_url: str, sizes: list[int]) -> None:
    with serving(database_url, analytics_url) as (port, process):
        cookies = [sign_in(port, PERSON) for _ in range(3)]
        start = process.memory_info().rss
        loads = asyncio.run(_loads(port, cookies, process, sizes))
        rows = [load.row() for load in loads]
        heads = ["overview", "sessions", "runs", "p50 ms", "p95 ms", "server CPU ms", "runs/s"]
        print_table(f"{title}: server time of a page run", heads, rows)
        now = process.memory_info().rss
        peak = f"{start / 2**20:,.0f} MiB before, {now / 2**20:,.0f} MiB after"
        print(f"Memory of the server: {peak}\n", flush=True)


async def _loads(
    port: int, cookies: list[str], process: psutil.Process, sizes: list[int]
) -> list[Load]:
    found = []
    for sessions in sizes:
        async with AsyncExitStack() as stack:
            visitors = [
                await stack.enter_async_context(Visitor(port, cookies[number % len(cookies)], PAGE))
                for number in range(sessions)
            ]
            first = await _together("first load, all at once", visitors, process, 1, _open)
            found.append(first)
            await _together("", visitors[:1], process, len(PRESETS), _look_around)
            rounds = max(3, 60 // sessions)
            found.append(await _together("warm, no pause", visitors, process, rounds, _look_around))
            if sessions == 1:
                found.append(await _together("new period", visitors, process, 20, _look_anew))
            else:
                found.append(await _at_leisure(visitors, process))
    return found


async def _open(visitor: Visitor, _turn: int) -> Run:
    return await visitor.run()


async def _look_around(visitor: Visitor, turn: int) -> Run:
    return await visitor.run(PRESETS[turn % len(PRESETS)])


async def _look_anew(visitor: Visitor, turn: int) -> Run:
    """A period that nobody asked for: nothing of it is cached."""
    end = AS_OF - timedelta(days=3 * turn + 1)
    return await visitor.run(f"period=own&from={end - timedelta(days=200)}&to={end}")


async def _together(
    name: str, visitors: list[Visitor], process: psutil.Process, rounds: int, act: Act
) -> Load:
    """Everybody acts again as soon as the answer is there."""

    async def visit(visitor: Visitor, offset: int) -> list[float]:
        return [_time(await act(visitor, offset + turn)) for turn in range(rounds)]

    return await _measured(
        name, process, [visit(visitor, place) for place, visitor in enumerate(visitors)]
    )


async def _at_leisure(visitors: list[Visitor], process: psutil.Process) -> Load:
    """Everybody changes a filter about every five seconds, and every open page looks for changes
    every two."""
    chance = random.Random(1)
    starts = [chance.uniform(0, PAUSE_SECONDS) for _ in visitors]

    async def visit(visitor: Visitor, wait: float) -> list[float]:
        taken: list[float] = []
        await asyncio.sleep(wait)
        for turn in range(4):
            taken.append(_time(await _look_around(visitor, turn)))
            for _ in range(2):
                await asyncio.sleep(TICK_SECONDS)
                await visitor.tick()
            await asyncio.sleep(PAUSE_SECONDS - 2 * TICK_SECONDS)
        return taken

    visits = [visit(visitor, wait) for visitor, wait in zip(visitors, starts, strict=True)]
    return await _measured("warm, a click every 5 s", process, visits)


async def _measured(
    name: str, process: psutil.Process, visits: Sequence[Awaitable[list[float]]]
) -> Load:
    start, before = time.perf_counter(), process.cpu_times()
    taken = [run for runs in await asyncio.gather(*visits) for run in runs]
    after = process.cpu_times()
    cpu = after.user + after.system - before.user - before.system
    return Load(name, len(visits), taken, time.perf_counter() - start, cpu)


def _time(run: Run | None) -> float:
    if run is None or run.problem or run.charts == 0:
        raise RuntimeError(f"the page was not drawn: {run}")
    return run.milliseconds
