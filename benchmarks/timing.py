"""How long something takes, and how a table of it is printed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

ENOUGH_SECONDS = 1.5


@dataclass(frozen=True)
class Taken:
    """Milliseconds on the clock, and of this process's cores: not those of a database server."""

    clock: float
    cores: float


def milliseconds(ask: Callable[[], Any], repeats: int = 7) -> float:
    """The median of a few calls after one that does not count; fewer where a call is slow."""
    return time_taken(ask, repeats).clock


def time_taken(ask: Callable[[], Any], repeats: int = 7) -> Taken:
    """As `milliseconds`, with the time of the cores beside that on the clock."""
    taken = [_once(ask)]
    while len(taken) <= repeats and sum(each.clock for each in taken) < ENOUGH_SECONDS * 1000:
        taken.append(_once(ask))
    counted = taken[1:] or taken
    return Taken(
        statistics.median(each.clock for each in counted),
        statistics.median(each.cores for each in counted),
    )


def _once(ask: Callable[[], Any]) -> Taken:
    start, cores = time.perf_counter(), time.process_time()
    ask()
    return Taken((time.perf_counter() - start) * 1000, (time.process_time() - cores) * 1000)


def kept(taken: float, limit: float) -> str:
    return f"under {limit:,.0f}" if taken < limit else f"NOT under {limit:,.0f}"


def percentile(values: Sequence[float], share: float) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, round(share * (len(ranked) - 1)))]


def shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def times(slow: float | None, quick: float) -> str:
    """How many times `quick` fits into `slow`."""
    return "–" if slow is None else f"{slow / quick:,.1f}×"


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """As Markdown, so that it can be pasted; the first column to the left."""
    widths = [max(len(row[place]) for row in (heads, *rows)) for place in range(len(heads))]
    print(f"\n### {title}\n")
    for row in (heads, ["-" * width for width in widths], *rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        print(f"| {' | '.join(cells)} |")
    print(flush=True)
