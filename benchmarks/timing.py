"""How long something takes, and how a table of it is printed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

ENOUGH_SECONDS = 1.5


def milliseconds(ask: Callable[[], Any], repeats: int = 7) -> float:
    """The median of a few calls after one that does not count; fewer where a call is slow."""
    taken = [_once(ask)]
    while len(taken) <= repeats and sum(taken) < ENOUGH_SECONDS * 1000:
        taken.append(_once(ask))
    return statistics.median(taken[1:] or taken)


def best(ask: Callable[[], Any], repeats: int = 7) -> tuple[float, float]:
    """The least milliseconds on the clock and of processors, of a few calls: what others do on the
    machine only adds to them."""
    clock, used = [], []
    while len(clock) <= repeats and sum(clock) < ENOUGH_SECONDS * 1000:
        start = time.process_time()
        clock.append(_once(ask))
        used.append((time.process_time() - start) * 1000)
    return min(clock), min(used)


def _once(ask: Callable[[], Any]) -> float:
    start = time.perf_counter()
    ask()
    return (time.perf_counter() - start) * 1000


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
