"""What `python -m dashboard evaluate forecast` is asked about: a file of series, or the CRM."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting.regular import (
    Regular,
    Rhythm,
    find_rhythm,
    make_regular,
    places_after,
)
from dashboard.calendar_frames import events_of_company
from dashboard.forecast_gathering import find_span, name_of, tasks_of
from dashboard.forecast_tasks import Task
from dashboard.settings import settings
from dashboard.texts import _
from data_access.accounts import utc_now
from data_access.database import connect
from data_access.edits.clock import time_of_work
from data_access.errors import Refused
from data_access.forecast_series import Split
from data_access.importing.series_file import SeriesFile, read_series_file
from data_access.schema import need_schema, read_properties

_SPLITS: tuple[Split, ...] = ("total", "channel", "category")


class ForecastEvaluationRefused(Refused):
    messages: ClassVar[dict[str, str]] = {
        "uneven": "The periods of {count} series are not evenly spaced, such as those of {series}.",
        "short": "No series is long enough to hold {horizon} periods back: the longest has"
        " {longest}. Ask for a shorter horizon.",
        "no_orders": "There are no orders to learn from.",
        "no_match": "No series of {holdout} is in {file}.",
        "not_later": "{file}: the values of series {series} begin at {period}, which is not after"
        " what is learnt from.",
        "other_periods": "{file} and {holdout} do not both have days, or both numbers, as periods.",
        "held_short": "{file} holds nothing within {horizon} periods after what is learnt from.",
    }


@dataclass
class Material:
    """Series of one rhythm, what is held out of each (or None), and what is to be said of them."""

    series: list[Regular]
    rhythm: Rhythm
    held_out: dict[str, np.ndarray] | None = None
    told: dict[str, Any] = field(default_factory=dict)


def of_file(path: Path, arguments: argparse.Namespace) -> Material:
    file = _read(path, arguments)
    rhythm = find_rhythm(file.values)
    series, uneven = make_regular(file.values, rhythm)
    if not series:
        raise ForecastEvaluationRefused("uneven", count=len(uneven), series=uneven[0])
    series = [replace(each, values=_closed(each.values, arguments.gaps)) for each in series]
    missing = sum(int((~np.isfinite(each.values)).sum()) for each in series)
    told = {
        "source": path.name,
        "rows": file.rows,
        "rows_left_out": file.left_out,
        "rows_without_value": file.without_value,
        "series_uneven": len(uneven),
        "periods_missing": missing,
    }
    material = Material(series, rhythm, told=told)
    if arguments.holdout:
        later = _read(arguments.holdout, arguments)
        material.held_out = _held_out(material, later, file, path, arguments)
    return material


def _read(path: Path, arguments: argparse.Namespace) -> SeriesFile:
    return read_series_file(
        path,
        encoding=arguments.encoding,
        delimiter="\t" if arguments.delimiter in ("\\t", "tab") else arguments.delimiter,
        date_order=arguments.date_order,
        sum_duplicates=arguments.sum_duplicates,
    )


def _closed(values: np.ndarray, gaps: str) -> np.ndarray:
    return np.where(np.isfinite(values), values, 0.0) if gaps == "zero" else values


def _held_out(
    material: Material,
    later: SeriesFile,
    file: SeriesFile,
    path: Path,
    arguments: argparse.Namespace,
) -> dict[str, np.ndarray]:
    """What came after each series, NaN for periods without a value."""
    kinds = {each.values["period"].dtype.kind for each in (later, file)}
    if len(kinds) > 1:
        raise ForecastEvaluationRefused(
            "other_periods", file=path.name, holdout=arguments.holdout.name
        )
    known = {each.series_id: each for each in material.series}
    held: dict[str, np.ndarray] = {}
    unknown = 0
    for name, rows in later.values.groupby("series_id", sort=True):
        series_id = str(name)
        if series_id not in known:
            unknown += 1
            continue
        places = places_after(known[series_id], rows, material.rhythm)
        if places.min() < 1:
            period = rows["period"].iloc[int(places.argmin())]
            raise ForecastEvaluationRefused(
                "not_later", file=arguments.holdout.name, series=series_id,
                period=f"{period:%Y-%m-%d}" if isinstance(period, pd.Timestamp) else period,
            )  # fmt: skip
        within = places <= (arguments.horizon or places.max())
        if within.any():
            values = np.full(int(places[within].max()), np.nan)
            values[places[within] - 1] = rows["value"].to_numpy(np.float64)[within]
            held[series_id] = _closed(values, arguments.gaps)
    if unknown == later.values["series_id"].nunique():
        raise ForecastEvaluationRefused("no_match", file=path.name, holdout=arguments.holdout.name)
    if not held:
        raise ForecastEvaluationRefused(
            "held_short", file=arguments.holdout.name, horizon=arguments.horizon
        )
    material.told |= {"holdout": arguments.holdout.name, "holdout_series_unknown": unknown}
    return held


def of_database(arguments: argparse.Namespace) -> tuple[Material, Material]:
    """Days and weeks as a refresh forecasts them, with the events of the calendar: a campaign of
    the past counts as planned before it began."""
    database = connect(arguments.database or settings().database_url)
    try:
        need_schema(database.record)
        today = time_of_work(read_properties(database.record), utc_now()).today
        span = find_span(database.record, today)
        if span is None:
            raise ForecastEvaluationRefused("no_orders")
        events = events_of_company(database.record, span.first, today + timedelta(days=366))
        tasks = [
            task
            for split in _SPLITS
            for task in tasks_of(database.record, span, split, events)
            if _is_evaluated(task)
        ]
    finally:
        database.dispose()
    return _of_tasks(tasks, Rhythm("day")), _of_tasks(tasks, Rhythm("week", 7))


def _is_evaluated(task: Task) -> bool:
    """Net sales of the company, of each region, channel and category, and all orders: what is
    more of these would only weigh more."""
    series = task.series
    if not len(task.history.values):
        return False
    if series.split == "total" and series.level == "company":
        return series.measure in ("net_sales", "orders")
    is_whole = series.split == "total" or series.level == "company"
    return is_whole and series.measure == "net_sales"


def _of_tasks(tasks: Sequence[Task], rhythm: Rhythm) -> Material:
    found = [
        Regular(
            name_of(each.series), each.history.values, 0.0,
            None if each.history.start is None else pd.Timestamp(each.history.start),
            each.history.events,
        )
        for each in tasks
        if each.series.grain == rhythm.step
    ]  # fmt: skip
    if not found:
        raise ForecastEvaluationRefused("no_orders")
    told = {"source": _("the CRM database"), "rows": sum(len(each.values) for each in found),
            "rows_left_out": 0, "rows_without_value": 0, "series_uneven": 0,
            "periods_missing": 0}  # fmt: skip
    return Material(found, rhythm, told=told)
