"""Where tasks are worked out: here, one after the other; in processes on this machine; or on a Dask
cluster. Each gives the same results, in whatever order they come."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from itertools import groupby
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import ClassVar

from dashboard.analytics.forecasting import SLOW
from dashboard.forecast_tasks import Result, Task, work_out
from data_access.errors import Refused

TOGETHER = 32  # quick series in one piece of work
EXPLAINED_TOGETHER = 4
FEWEST_APART = 4  # pieces of work for which processes are started
ATTEMPTS = 3  # of a piece whose process died
RETRIES = 10  # of a piece whose Dask worker died
CONNECT_SECONDS = 30  # in which a scheduler answers, and has a worker

Batch = Sequence[Task]
Take = Callable[[list[Result]], None]


class ClusterRefused(Refused):
    messages: ClassVar[dict[str, str]] = {
        "unreachable": "No Dask scheduler answers at {address}.",
        "no_workers": "The Dask scheduler at {address} has no workers.",
        "lost": "The Dask cluster at {address} was lost; what it had worked out is kept.",
    }


def in_batches(tasks: Sequence[Task]) -> list[Batch]:
    """Tasks that are worked out together, those that take longest first."""

    def kind(task: Task) -> tuple[bool, bool, int, tuple[str, ...], float]:
        is_quick = not set(task.members) & set(SLOW)
        return (is_quick, not task.is_explained, -task.horizon, task.members, task.floor)

    batches: list[Batch] = []
    for (is_quick, is_plain, *_), group in groupby(sorted(tasks, key=kind), key=kind):
        alike = list(group)
        size = 1 if not is_quick else TOGETHER if is_plain else EXPLAINED_TOGETHER
        batches += [alike[first : first + size] for first in range(0, len(alike), size)]
    return batches


def run_tasks(
    tasks: Sequence[Task], take: Take, *, workers: int | None = None, dask: str | None = None
) -> None:
    """Works the tasks out and hands over the results as they come. `workers`: processes on this
    machine (one for each core), 1 for none but this; `dask`: the address of a scheduler."""
    batches = in_batches(tasks)
    workers = workers or os.cpu_count() or 1
    if dask is not None:
        _on_cluster(batches, take, dask)
    elif workers == 1 or len(batches) < FEWEST_APART:
        for batch in batches:
            take(work_out(batch))
    else:
        _in_processes(batches, take, workers)


def _in_processes(batches: list[Batch], take: Take, workers: int) -> None:
    """A process that dies takes others' work with it: what is not done is begun anew."""
    left = dict(enumerate(batches))
    for attempt in range(1, ATTEMPTS + 1):
        try:
            for number, results in _from_pool(left, workers):
                take(results)
                del left[number]
            return
        except BrokenProcessPool:
            if attempt == ATTEMPTS:
                raise


def _from_pool(batches: dict[int, Batch], workers: int) -> Iterator[tuple[int, list[Result]]]:
    # spawned: a fork would copy the locks of this process' threads as they stand
    pool = ProcessPoolExecutor(
        min(workers, len(batches)), mp_context=get_context("spawn"), initializer=end_with_parent
    )
    try:
        numbers = {pool.submit(work_out, batch): number for number, batch in batches.items()}
        for future in as_completed(numbers):
            yield numbers[future], future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def _on_cluster(batches: list[Batch], take: Take, address: str) -> None:
    from distributed import Client, KilledWorker
    from distributed import as_completed as as_finished
    from distributed.comm.core import CommClosedError

    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterRefused("unreachable", address=address) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
        except TimeoutError as error:
            raise ClusterRefused("no_workers", address=address) from error
        futures = [client.submit(work_out, batch, pure=False, retries=RETRIES) for batch in batches]
        try:
            for _future, results in as_finished(futures, loop=client.loop, with_results=True):  # type: ignore[no-untyped-call]
                take(results)
        except (KilledWorker, CommClosedError, CancelledError) as error:
            raise ClusterRefused("lost", address=address) from error
