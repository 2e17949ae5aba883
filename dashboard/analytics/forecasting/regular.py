"""Rows of several series made regular: the step found, gaps seen, periods numbered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting.history import Floats, History, Step
from dashboard.analytics.forecasting.seasonality import strength_of_season

Steps = Literal["day", "week", "month", "quarter", "year", "number"]
USUAL_SEASON: dict[Steps, int] = {
    "day": 7, "week": 52, "month": 12, "quarter": 4, "year": 1, "number": 1,
}  # fmt: skip
USUAL_HORIZON: dict[Steps, int] = {
    "day": 28, "week": 13, "month": 12, "quarter": 8, "year": 6, "number": 12,
}  # fmt: skip
_GAPS: list[tuple[int, int, Steps]] = [
    (1, 1, "day"), (7, 7, "week"), (28, 31, "month"), (89, 92, "quarter"), (365, 366, "year"),
]  # fmt: skip
_SEASONS_TRIED = (4, 7, 12, 24, 52)
_LEAST_STRENGTH = 0.03  # of a season that is believed though nobody named it
_SURE = 2.0  # standard errors of the mean strength
_SPREAD_OF_ONE = 0.15  # of the strength, where there is one series only
_MOST_EMPTY = 20  # places for each value


@dataclass(frozen=True)
class Rhythm:
    """How the periods follow: `step`, and the distance of two in numbers or days (1 of months,
    quarters and years, which are counted)."""

    step: Steps
    apart: int = 1

    def numbers(self, periods: pd.Series) -> Floats:
        """Numbers that rise by one from period to period; a fraction for one in between."""
        if self.step in ("month", "quarter", "year"):
            months = periods.dt.year.to_numpy() * 12 + periods.dt.month.to_numpy() - 1
            length = {"month": 1, "quarter": 3, "year": 12}[self.step]
            return np.asarray(months // length, dtype=np.float64)
        return np.asarray(_whole(periods) / self.apart)


def _whole(periods: pd.Series) -> np.ndarray:
    """Whole numbers as they are, days counted."""
    values = periods.to_numpy()
    values = values.astype("datetime64[D]") if values.dtype.kind == "M" else values
    return values.astype(np.int64)


@dataclass(frozen=True)
class Regular:
    """A series in places without gaps; NaN for a period that has no value."""

    series_id: str
    values: Floats
    first: float  # the number of the first period
    starts: pd.Timestamp | None
    events: pd.DataFrame | None = field(default=None, compare=False, repr=False)

    def history(self, step: Steps, season: int) -> History:
        known: Step | None = step if step in ("day", "week", "month") else None
        start = self.starts.date() if self.starts is not None else None
        return History(self.values, season, start, known, self.events)


def find_rhythm(rows: pd.DataFrame) -> Rhythm:
    """The most usual distance between a series' periods.

    From  series_id, period (int64 or datetime64), sorted
    """
    is_dated = rows["period"].dtype.kind == "M"
    same = rows["series_id"].to_numpy()[1:] == rows["series_id"].to_numpy()[:-1]
    gaps = np.diff(_whole(rows["period"]))[same]
    usual = Counter(gaps[gaps > 0].tolist()).most_common(1)
    apart = int(usual[0][0]) if usual else 1
    if not is_dated:
        return Rhythm("number", apart)
    for low, high, step in _GAPS:
        if low <= apart <= high:
            return Rhythm(step, apart if step in ("day", "week") else 1)
    return Rhythm("number", apart)


def make_regular(rows: pd.DataFrame, rhythm: Rhythm) -> tuple[list[Regular], list[str]]:
    """The series, in the order of their ids, and the ids of those that are not evenly spaced."""
    found, uneven = [], []
    for series_id, own in rows.groupby("series_id", sort=True):
        numbers = rhythm.numbers(own["period"])
        offsets = numbers - numbers[0]
        places = np.round(offsets).astype(np.int64)
        length = int(places[-1]) + 1
        slack = 0.45 if rhythm.step == "week" else 1e-6
        if np.abs(offsets - places).max() > slack or length > _MOST_EMPTY * len(own) + 1000:
            uneven.append(str(series_id))
            continue
        values = np.full(length, np.nan)
        values[places] = own["value"].to_numpy(np.float64)
        starts = own["period"].iloc[0] if own["period"].dtype.kind == "M" else None
        found.append(Regular(str(series_id), values, float(numbers[0]), starts))
    return found, uneven


def places_after(known: Regular, later: pd.DataFrame, rhythm: Rhythm) -> np.ndarray:
    """1 for the period right after a series' last, and so on; below 1 for earlier ones."""
    numbers = rhythm.numbers(later["period"]) - known.first
    return np.asarray(np.round(numbers).astype(np.int64) - (len(known.values) - 1))


def find_common_season(series: list[Floats]) -> int:
    """The season that the series show though nobody named one, 1 if they show none: the one that
    surely explains most of how they move around their level, on average."""
    best, strength = 1, _LEAST_STRENGTH
    for season in _SEASONS_TRIED:
        long = [values for values in series if len(values) >= 3 * season]
        if len(long) * 2 < len(series):
            continue
        found = [strength_of_season(values, season) for values in long]
        spread = float(np.std(found, ddof=1)) if len(found) > 1 else _SPREAD_OF_ONE
        least = float(np.mean(found)) - _SURE * spread / len(found) ** 0.5
        if least > strength:
            best, strength = season, least
    return best
