"""Adds up the sums of days: to periods that are compared, and to days, weeks and months."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from data_access.dialects import Grain
from data_access.filters import Period
from data_access.measures import AMOUNTS, MEASURES

Numbers: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

_CURRENCIES = ["first_currency", "last_currency"]
_IS_AMOUNT = np.isin(MEASURES, AMOUNTS)


def compared_periods(period: Period) -> dict[str, Period]:
    """The spans a period is compared over: now, previous and last_year."""
    return {"now": period, "previous": period.previous(), "last_year": period.last_year()}


def every_day(
    found: pd.DataFrame, periods: Collection[Period], shown: Collection[str]
) -> pd.DataFrame:
    """The sums of `found` for every day of the periods, in order; where it has no row, or none by
    that date, the `shown` measures are 0."""
    days = sorted({day for each in periods for day in _days(each)})
    place = np.searchsorted(np.array(days, "datetime64[us]"), found["day_on"].to_numpy())
    values = np.zeros((len(days), len(MEASURES)))
    values[:, ~np.isin(MEASURES, list(shown))] = np.nan
    sums = _values(found)
    ordered = found["first_currency"].notna().to_numpy()[:, None] & _IS_AMOUNT
    values[place] = np.where(np.isnan(sums) & ~ordered, values[place], sums)
    columns = {"day_on": np.array(days, "datetime64[us]"), **_measures(values)}
    for name in _CURRENCIES:
        currencies = np.full(len(days), None, dtype=object)
        currencies[place] = found[name]
        columns[name] = pd.Series(currencies, dtype="object")
    return pd.DataFrame(columns)


def add_up_periods(days: pd.DataFrame, period: Period) -> pd.DataFrame:
    """Of the frame of sum_sales_by_day: `span` now, previous and last_year with `start_on, end_on`,
    the measures and discounts; three rows."""
    spans = compared_periods(period)
    sums = _sums(days, [(each, [0]) for each in spans.values()])
    heads = {
        "span": pd.Series(list(spans), dtype="object"),
        "start_on": np.array([each.start for each in spans.values()], "datetime64[us]"),
        "end_on": np.array([each.end for each in spans.values()], "datetime64[us]"),
    }
    return _frame(heads, sums)


def add_up_over_time(days: pd.DataFrame, period: Period, grain: Grain) -> pd.DataFrame:
    """Of the frame of sum_sales_by_day: period_on (the day, the Monday, the first of the month),
    the measures and discounts for every day, week or month of one of its periods, in order."""
    starts = [_start_of(grain, day) for day in _days(period)]
    firsts = [place for place, day in enumerate(starts) if place == 0 or day != starts[place - 1]]
    heads = {"period_on": np.array([starts[place] for place in firsts], "datetime64[us]")}
    return _frame(heads, _sums(days, [(period, firsts)]))


def _sums(days: pd.DataFrame, steps: Sequence[tuple[Period, Sequence[int]]]) -> Numbers:
    """For each period, the measures of its days, added up from each of the first days to the next;
    amounts over several currencies are NaN."""
    values, on = _values(days), days["day_on"].to_numpy()
    currencies = np.column_stack([days[name].to_numpy() for name in _CURRENCIES])
    sums = []
    for period, firsts in steps:
        start = int(np.searchsorted(on, np.datetime64(period.start, "us")))
        held = slice(start, start + period.days)
        sums.append(np.add.reduceat(values[held], firsts))
        for step, part in enumerate(np.split(currencies[held], firsts[1:])):
            if len({*part.ravel()} - {None}) > 1:
                sums[-1][step, _IS_AMOUNT] = np.nan
    return np.concatenate(sums)


def _values(frame: pd.DataFrame) -> Numbers:
    return np.column_stack([frame[name].to_numpy("float64", na_value=np.nan) for name in MEASURES])


def _frame(heads: dict[str, Any], values: Numbers) -> pd.DataFrame:
    sums = _measures(values)
    discounts = sums["gross_sales"] - sums["returns_value"] - sums["net_sales"]
    return pd.DataFrame({**heads, **sums, "discounts": np.round(discounts, 4)})


def _measures(values: Numbers) -> dict[str, Any]:
    return {name: _column(name, values[:, place]) for place, name in enumerate(MEASURES)}


def _column(name: str, values: Numbers) -> Any:
    if name in AMOUNTS:
        return np.round(values, 4)
    hidden = np.isnan(values)
    if hidden.any():
        return pd.arrays.IntegerArray(np.nan_to_num(values).astype("int64"), hidden)
    return values.astype("int64")


def _days(period: Period) -> Sequence[date]:
    return [period.start + timedelta(days=n) for n in range(period.days)]


def _start_of(grain: Grain, day: date) -> date:
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day
