"""What forecasts of units expect of products and categories in the weeks to come: as a refresh has
stored it, or as it would have done on a past day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from dashboard.analytics.forecasting import FAST
from dashboard.analytics.inventory.lasting import MONTHS_AHEAD, ranges_from
from dashboard.analytics.inventory.level import Outlook, outlook_from
from dashboard.calendar_frames import YEARS_BACK, events_of_company
from dashboard.forecast_gathering import Span, find_span, tasks_of
from dashboard.forecast_pool import run_tasks
from dashboard.forecast_refresh import EVENTS_AHEAD
from dashboard.forecast_tasks import Draft, Result, Task, plain_draft
from data_access.forecast_series import Split
from data_access.refreshing.demand import read_forecast_months, read_forecast_weeks

_SPLITS: tuple[Split, ...] = ("total", "category", "product")
_COLUMNS = {"product": "product_id", "category": "category_id"}


def stored_outlook(record: Engine, as_of: date) -> Outlook | None:
    """From the stored forecasts; None where there are none of the day."""
    ranges = ranges_from(read_forecast_months(record), as_of)
    return outlook_from(read_forecast_weeks(record), as_of, ranges)


def past_forecasts(
    engine: Engine, mornings: Sequence[date], *, workers: int | None = None
) -> list[tuple[pd.DataFrame, pd.DataFrame]]:
    """Of each morning the weeks as `outlook_from` takes them, and the months as `ranges_from` does:
    forecast from the days before as a refresh would have, but for the slow models, weeks of
    products and categories brought to the company's total."""
    tasks: list[list[Task]] = [_tasks(engine, morning) for morning in mornings]
    drafts: dict[str, Draft] = {}

    def take(results: list[Result]) -> None:
        drafts.update(
            {each.task.fingerprint: each.draft or plain_draft(each.task) for each in results}
        )

    every = {task.fingerprint: task for own in tasks for task in own}
    run_tasks(list(every.values()), take, workers=workers)
    return [
        (_weeks(own, drafts, day), _months(own, drafts, day))
        for own, day in zip(tasks, mornings, strict=True)
    ]


def _tasks(engine: Engine, morning: date) -> list[Task]:
    span = find_span(engine, morning)
    if span is None:
        return []
    ahead = morning + timedelta(days=EVENTS_AHEAD)
    events = events_of_company(engine, date(morning.year - YEARS_BACK, 1, 1), ahead)
    span = Span(span.currency, span.first, morning - timedelta(days=1), {})
    return [
        replace(task, members=FAST)
        for split in _SPLITS
        for task in tasks_of(engine, span, split, events)
        if task.series[:3] in (("units", "week", "company"), ("units", "month", "company"))
    ]


def _weeks(tasks: list[Task], drafts: dict[str, Draft], morning: date) -> pd.DataFrame:
    values = {
        (task.series.split, task.series.part): np.array(drafts[task.fingerprint]["value"])
        for task in tasks
        if task.series.grain == "week"
    }
    frames = []
    total = values.get(("total", ""), np.zeros(0))
    monday = morning - timedelta(days=morning.weekday())
    starts = pd.date_range(monday, periods=len(total), freq="7D")
    for split, column in _COLUMNS.items():
        own = {part: each for (of, part), each in values.items() if of == split and part}
        if not own:
            continue
        table = np.stack(list(own.values()))
        rest = values.get((split, ""), np.zeros(len(total)))
        whole = table.sum(axis=0) + rest
        table = table * np.where(whole > 0, total / np.where(whole > 0, whole, 1), 1.0)
        frames.append(
            pd.DataFrame(
                {
                    "product_id": np.nan,
                    "category_id": np.nan,
                    "period_on": np.tile(starts, len(own)),
                    "units": table.ravel(),
                }
                | {column: np.repeat([float(part) for part in own], len(total))}
            )
        )
    columns = ["product_id", "category_id", "period_on", "units"]
    return pd.concat(frames) if frames else pd.DataFrame(columns=columns)


def _months(tasks: list[Task], drafts: dict[str, Draft], morning: date) -> pd.DataFrame:
    starts = pd.date_range(morning.replace(day=1), periods=MONTHS_AHEAD, freq="MS")
    rows = []
    for task in tasks:
        split, part = task.series.split, task.series.part
        if task.series.grain != "month" or bool(part) != (split in _COLUMNS):
            continue  # what belongs to no part is none
        of = {_COLUMNS[split]: float(part)} if part else {}
        draft = drafts[task.fingerprint]
        told = zip(starts, draft["value"], draft["low_80"], draft["high_80"], strict=False)
        rows += [
            {"product_id": np.nan, "category_id": np.nan, "period_on": start, "units": value,
             "low_80": low, "high_80": high} | of
            for start, value, low, high in told
        ]  # fmt: skip
    columns = ["product_id", "category_id", "period_on", "units", "low_80", "high_80"]
    return pd.DataFrame(rows, columns=columns)
