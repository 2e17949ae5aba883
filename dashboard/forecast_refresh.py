"""The part `forecasts` of a refresh: every series of the CRM forecast, reconciled and stored.

What was worked out of a series is kept as soon as it is there: a run that breaks off goes on where
it stopped, and a later run works out anew only what rests on other data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from dashboard.calendar_frames import YEARS_BACK, events_of_company
from dashboard.forecast_gathering import Gathered, Span, find_span, gather, name_of
from dashboard.forecast_pool import run_tasks
from dashboard.forecast_reconciliation import reconcile
from dashboard.forecast_rows import rows_of
from dashboard.forecast_tasks import Draft, Result, Series, Task, draft_by_weeks, plain_draft
from data_access.refreshing import forecasts as stored
from data_access.refreshing.runs import Run

if TYPE_CHECKING:
    from dashboard.refreshing import Source

EVENTS_AHEAD = 400  # days
MOST_NAMED = 5  # of the series that failed
_READ, _WORKED = 0.05, 0.85  # shares of the whole that are done then
Advance = Callable[[float], None]


@dataclass
class _Work:
    """What is known of the tasks, by fingerprint, while they are worked out."""

    source: Source
    run: Run
    advance: Advance
    tasks: dict[str, Task]
    drafts: dict[str, Draft]
    errors: dict[str, str] = field(default_factory=dict)

    def take(self, results: list[Result]) -> None:
        found = {each.task.fingerprint: each for each in results}
        drafts = {name: each.draft for name, each in found.items() if each.draft is not None}
        stored.store_drafts(self.source.writer, self.run, drafts)
        self.drafts |= drafts
        self.errors |= {name: each.error for name, each in found.items() if each.draft is None}
        done = (len(self.drafts) + len(self.errors)) / len(self.tasks)
        self.advance(_READ + (_WORKED - _READ) * done)


def _events(source: Source) -> pd.DataFrame:
    """The calendar, as far as forecasts look back and ahead."""
    ahead = source.as_of + timedelta(days=EVENTS_AHEAD)
    return events_of_company(source.record, date(source.as_of.year - YEARS_BACK, 1, 1), ahead)


def refresh_forecasts(source: Source, run: Run, advance: Advance) -> tuple[int, str]:
    """How many forecasts were stored, and in words which series failed; for those stands what they
    did a season ago."""
    span = find_span(source.analytics, source.as_of)
    if span is None:
        nothing = {table.name: stored.empty_rows(table) for table in stored.RESULTS}
        stored.replace_forecasts(source.writer, run, nothing, (), {}, {}, lambda rows: None)
        return 0, ""
    gathered = gather(source.analytics, span, _events(source))
    advance(_READ)
    prints = {task.series: task.fingerprint for task in gathered.tasks}
    tasks = {prints[task.series]: task for task in gathered.tasks}
    known = stored.read_drafts(source.record, tasks)
    work = _Work(source, run, advance, tasks, {**known})
    missing = [task for name, task in tasks.items() if name not in known]
    run_tasks(missing, work.take, workers=source.workers, dask=source.dask)
    failed = {s: work.errors[name] for s, name in prints.items() if name in work.errors}
    drafts = {
        task.series: work.drafts.get(prints[task.series]) or plain_draft(task)
        for task in gathered.tasks
    }
    for task in gathered.by_weeks:
        weeks = drafts[task.series._replace(grain="week")]
        drafts[task.series] = draft_by_weeks(task, weeks, gathered.weekdays[task.series.measure])
    counts = {"series": len(prints), "known": len(known), "worked_out": len(missing)}
    return _store(work, span, gathered, drafts, failed, counts), _told(failed)


def _store(
    work: _Work,
    span: Span,
    gathered: Gathered,
    drafts: Mapping[Series, Draft],
    failed: Mapping[Series, str],
    counts: Mapping[str, int],
) -> int:
    reconciled = reconcile(drafts, gathered.shares, span.until)
    tables = rows_of(reconciled, work.run.refresh_id, span.currency, span.until)
    facts = {
        "currency": span.currency,
        "left_out": sorted(span.left_out),  # currencies
        "until": span.until.isoformat(),
        "failed": [name_of(series) for series in failed][:MOST_NAMED],
    }
    details = {
        **facts,
        **counts,
        "left_out": span.left_out,
        "failed": {name_of(series): error for series, error in failed.items()},
    }
    total = sum(len(next(iter(rows.values()))) for rows in tables.values())
    written = 0

    def count(rows: int) -> None:
        nonlocal written
        written += rows
        work.advance(_WORKED + (1 - _WORKED) * 0.99 * written / max(total, 1))

    stored.replace_forecasts(
        work.source.writer, work.run, tables, work.drafts, facts, details, count
    )
    return len(reconciled)


def _told(failed: Mapping[Series, str]) -> str:
    named = [f"{name_of(series)} ({error})" for series, error in failed.items()]
    more = f" and {len(named) - MOST_NAMED} more" if len(named) > MOST_NAMED else ""
    return "; ".join(named[:MOST_NAMED]) + more
