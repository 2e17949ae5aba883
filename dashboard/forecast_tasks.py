"""One forecast as a piece of work that any process can do: what goes in, what comes out as plain
values, and the fingerprint of all that it rests on."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from dashboard.analytics import forecasting
from dashboard.analytics.forecasting import (
    NAIVE,
    Forecast,
    History,
    explain_series,
    forecast_many,
)
from dashboard.analytics.forecasting.past import Judged
from dashboard.analytics.thin_demand import WEEK, Floats, divide_weeks, spread_of_days

BOUNDS = ("low_80", "high_80", "low_95", "high_95")
ACCURACY = ("wape", "mase", "smape", "bias", "coverage_80", "coverage_95")
ERROR_OF_WEEK = "error_of_week"  # mean squared error of a week's total at past origins
BY_WEEKS = "by_weeks"  # the note of days that were worked out of weeks
_DAYS_OF = {"day": WEEK, "week": 1}  # periods of a week
_NEAR_WEEKS = 8
_PLACES = 4  # of a value that is stored
_LIBRARIES = ("numpy", "scipy", "pandas", "scikit-learn", "prophet", "statsmodels")

Draft = Mapping[str, Any]


class Series(NamedTuple):
    """Which series: region_id is 0 for orders without a region and for the company, part is empty
    in total and for what belongs to no part."""

    measure: str
    grain: str
    level: str
    region_id: int
    split: str
    part: str


@dataclass(frozen=True)
class Task:
    series: Series
    history: History
    horizon: int
    members: tuple[str, ...]
    floor: float
    seed: int
    is_explained: bool = False  # trend, seasons and events are told though no member finds them

    @property
    def fingerprint(self) -> str:
        """The same fingerprint, the same forecast."""
        history = self.history
        said = hashlib.sha256(_CODE.encode())
        said.update(np.ascontiguousarray(history.values, dtype="<f8").tobytes())
        told = (history.season, history.start, history.step, self.horizon, self.members,
                self.floor, self.seed, self.is_explained, _in_words(history.events))  # fmt: skip
        said.update(repr(told).encode())
        return said.hexdigest()


@dataclass(frozen=True)
class Result:
    task: Task
    draft: Draft | None
    error: str = ""


def work_out(tasks: Sequence[Task]) -> list[Result]:
    """The forecasts of tasks that are alike but for their history; one that fails is told, and the
    others are worked out without it."""
    # the models' matrices are so small that threads only wait for each other
    with threadpool_limits(1, user_api="blas"):
        try:
            return _together(tasks)
        except Exception as error:
            if len(tasks) == 1:
                return [Result(tasks[0], None, _told(error))]
        return [result for task in tasks for result in work_out([task])]


def _together(tasks: Sequence[Task]) -> list[Result]:
    first = tasks[0]
    found = forecast_many(
        [task.history for task in tasks],
        first.horizon,
        members=first.members,
        seed=first.seed,
        floor=first.floor,
    )
    return [
        Result(task, draft_of(_explained(task, each), task.history.start, _week_of(task)))
        for task, each in zip(tasks, found, strict=True)
    ]


def _explained(task: Task, forecast: Forecast) -> Forecast:
    if not task.is_explained or forecast.components is not None:
        return forecast
    try:
        components = explain_series(task.history, task.horizon, seed=task.seed)
    except Exception:  # the page says that it is not told; the forecast stands
        return forecast
    return replace(forecast, components=components)


def _week_of(task: Task) -> int:
    return _DAYS_OF.get(task.series.grain, 0)


def _told(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def draft_of(forecast: Forecast, first_on: date | None, week: int = 0) -> Draft:
    """The forecast as values that JSON keeps; so many of its periods are a week. What is published
    is added up, so it is what is `expected`, inside the ranges."""
    periods = forecast.periods
    expected = np.clip(*(periods[name].to_numpy() for name in ("expected", "low_80", "high_80")))
    whole, by_step = forecast.judged
    return {
        "member": forecast.member,
        "notes": list(forecast.notes),
        "first_on": first_on.isoformat() if first_on else None,
        "value": _numbers(expected),
        "naive": _numbers(forecast.members.loc[NAIVE]),
        **{name: _numbers(periods[name]) for name in BOUNDS},
        "accuracy": _rows(whole),
        "by_step": _rows(by_step),
        "components": _components(forecast.components),
        ERROR_OF_WEEK: _error_of_week(forecast, week),
    }


def _error_of_week(forecast: Forecast, week: int) -> float | None:
    """Of the weeks that days and weeks both tell; None where no past origin tells it."""
    past = forecast.past
    if not week or forecast.member not in past.names:
        return None
    value, expected = forecast.periods["value"].sum(), forecast.periods["expected"].sum()
    told = past.told[past.names.index(forecast.member)] * (expected / value if value > 0 else 1.0)
    wrong = told - past.actual
    wrong = wrong[np.isfinite(wrong).all(axis=1)]
    count = min(wrong.shape[1] // week, _NEAR_WEEKS)
    if not len(wrong) or not count:
        return None
    weeks = wrong[:, : count * week].reshape(len(wrong), count, week).sum(axis=2)
    return float(np.mean(weeks**2))


def plain_draft(task: Task) -> Draft:
    """What is said of a series that could not be forecast: the last season again, and a range as
    wide as its values differ."""
    values = np.nan_to_num(np.asarray(task.history.values, dtype=np.float64))
    season = task.history.season
    if len(values) < season:
        told = np.full(task.horizon, values.mean() if len(values) else 0.0)
    else:
        told = values[len(values) - season + np.arange(task.horizon) % season]
    told = np.maximum(told, task.floor)
    width = float(values.std()) if len(values) else 0.0
    widths = dict(zip(BOUNDS, (-1.28 * width, 1.28 * width, -1.96 * width, 1.96 * width),
                      strict=True))  # fmt: skip
    start = task.history.start
    return {
        "member": NAIVE, "notes": ["failed"], "first_on": start.isoformat() if start else None,
        "value": _numbers(told), "naive": _numbers(told),
        **{name: _numbers(np.maximum(told + each, task.floor)) for name, each in widths.items()},
        "accuracy": [], "by_step": [], "components": None,
    }  # fmt: skip


def draft_by_weeks(task: Task, weeks: Draft, shares: Floats) -> Draft:
    """The days of the task out of the forecast of its weeks; how that did is told of the weeks."""
    values, start = task.history.values, task.history.start
    first = start + timedelta(days=len(values)) if start else None
    weekday = first.weekday() if first else 0
    whole = np.asarray(weeks["value"], dtype=np.float64)
    told = divide_weeks(whole, shares, weekday, task.horizon)
    bounds = np.maximum(spread_of_days(values, told), task.floor)
    return {
        **weeks,
        "notes": [*weeks["notes"], BY_WEEKS],
        "first_on": start.isoformat() if start else None,
        "value": _numbers(told),
        "naive": _numbers(values[len(values) - WEEK + np.arange(task.horizon) % WEEK]),
        **dict(zip(BOUNDS, map(_numbers, bounds), strict=True)),
        "components": None,
    }


def _numbers(values: Any) -> list[float]:
    return [float(each) for each in np.round(np.asarray(values, dtype=np.float64), _PLACES)]


def _rows(judged: Judged) -> list[dict[str, Any]]:
    numbers = ("first_step", "last_step", "origins")
    columns = {
        "member": judged["member"].tolist(),
        **{name: map(int, judged[name].tolist()) for name in numbers if name in judged},
        **{name: map(_finite, judged[name].tolist()) for name in ACCURACY},
        "is_worse_than_naive": map(bool, judged["is_worse_than_naive"].tolist()),
    }
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _finite(value: Any) -> float | None:
    number = float(value)
    return round(number, 6) if math.isfinite(number) else None


def _components(components: pd.DataFrame | None) -> dict[str, Any] | None:
    if components is None:
        return None
    days = pd.to_datetime(components["period_on"]).dt.strftime("%Y-%m-%d").tolist()
    names = [name for name in components if name not in ("period_on", "is_future")]
    return {"period_on": days, **{str(name): _numbers(components[name]) for name in names}}


def _in_words(events: pd.DataFrame | None) -> str:
    """All tasks of a refresh share one calendar, which is written out once."""
    if events is None:
        return ""
    if not _written or _written[0] is not events:
        _written[:] = [events, events.to_csv(index=False)]
    return str(_written[1])


_written: list[Any] = []  # the last calendar, and its text


def _code() -> str:
    """What forecasts rest on beside the data: this code and the libraries."""
    folder = Path(forecasting.__file__).parent
    sources = [path.read_text("utf-8") for path in sorted(folder.glob("*.py"))]
    return repr((sources, Path(__file__).read_text("utf-8"), [version(n) for n in _LIBRARIES]))


_CODE = _code()
