"""Makes the tasks of a refresh: every series of the CRM, in whole periods without gaps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import Engine

from dashboard.analytics.forecast_sums import shrunk_shares
from dashboard.analytics.forecasting import ALL, FAST, History, Step
from dashboard.analytics.thin_demand import is_thin, weekday_shares
from dashboard.forecast_tasks import Series, Task
from data_access.dialects import Grain
from data_access.forecast_series import (
    GRAINS,
    SPLIT_MEASURES,
    Split,
    last_period,
    period_starts,
    start_of_period,
)
from data_access.refreshing import series as stored

Floats = npt.NDArray[np.float64]

HORIZONS: Mapping[Grain, int] = {"day": 60, "week": 26, "month": 12}
SEASONS: Mapping[Grain, int] = {"day": 7, "week": 52, "month": 12}
MEMBERS: Mapping[str, tuple[str, ...]] = {"company": ALL, "region": FAST}  # of totals by level
STALE_DAYS = 60  # without any order, after which the last order is taken for the end
SOLD_DAYS = 730  # in which a product must have sold to be forecast by itself
SHARE_DAYS = 365  # that tell how a product's sales are shared among regions
_FIRMNESS = 0.1  # of what a usual product sells: how firmly regions buy what they buy in all
_SEED = 7
UNSOLD = "*"  # stands for products that no region bought lately

Shares = Mapping[str, Mapping[str, Mapping[int, float]]]  # measure → product → region → share


@dataclass(frozen=True)
class Gathered:
    tasks: list[Task]
    by_weeks: list[Task]  # days of which most are empty: worked out of the weeks
    weekdays: Mapping[str, Floats]  # measure → the share of each weekday in what is sold
    shares: Shares


@dataclass(frozen=True)
class Span:
    """The currency of the most orders, and the days that are learnt from, first and last."""

    currency: str
    first: date
    until: date
    left_out: dict[str, int]  # currency → orders


def find_span(engine: Engine, as_of: date) -> Span | None:
    """As of the day; None where nothing was ever ordered."""
    until = as_of - timedelta(days=1)
    currencies = stored.read_currencies(engine, until)
    if not len(currencies):
        return None
    main = currencies.iloc[0]
    last = main["last_on"].date()
    left_out = {
        str(name): int(orders)
        for name, orders in zip(currencies["currency"][1:], currencies["orders"][1:], strict=True)
    }
    is_stale = (until - last).days > STALE_DAYS
    return Span(
        str(main["currency"]), main["first_on"].date(), last if is_stale else until, left_out
    )


def gather(engine: Engine, span: Span, events: pd.DataFrame | None = None) -> Gathered:
    """Every series that is forecast."""
    tasks = [task for split in SPLIT_MEASURES for task in tasks_of(engine, span, split, events)]
    thin = [each for each in tasks if each.series.grain == "day" and is_thin(each.history.values)]
    apart = {each.series for each in thin}
    return Gathered(
        [each for each in tasks if each.series not in apart],
        thin,
        _weekdays(tasks),
        _shares(engine, span.currency, span.until),
    )


def tasks_of(
    engine: Engine, span: Span, split: Split, events: pd.DataFrame | None = None
) -> Iterator[Task]:
    """Every series of the split: of the company and of each region, by day, week and month."""
    days = stored.read_daily(engine, split, span.currency, span.until)
    if split == "product":
        days = _still_sold(engine, days, span.until)
    yield from _tasks(days, split, span.first, span.until, events)


def name_of(series: Series) -> str:
    """Such as "net_sales by month, region 3, channel web"."""
    where = "company" if series.level == "company" else f"region {series.region_id}"
    part = "total" if series.split == "total" else f"{series.split} {series.part or '-'}"
    return f"{series.measure} by {series.grain}, {where}, {part}"


def _weekdays(tasks: list[Task]) -> Mapping[str, Floats]:
    return {
        each.series.measure: weekday_shares(each.history.values, each.history.start.weekday())
        for each in tasks
        if each.series[1:] == ("day", "company", 0, "total", "") and each.history.start
    }


def _still_sold(engine: Engine, days: pd.DataFrame, until: date) -> pd.DataFrame:
    """Of goods that are sold, and have sold lately; and of what is no goods."""
    since = pd.Timestamp(until) - pd.Timedelta(days=SOLD_DAYS)
    recent = set(days["part"][days["day_on"] > since].dropna().astype("int64"))
    kept = recent & set(stored.read_sold_products(engine, until))
    return days[days["part"].isna() | days["part"].isin(kept)]


def _tasks(
    days: pd.DataFrame, split: Split, first: date, until: date, events: pd.DataFrame | None
) -> Iterator[Task]:
    """Of each region and of the company, of every part, measure and grain."""
    measures = SPLIT_MEASURES[split]
    length = (until - first).days + 1
    place = (days["day_on"] - pd.Timestamp(first)).dt.days.to_numpy()
    parts = ["" if pd.isna(each) else str(each) for each in days["part"]]
    regions = (
        days["region_id"].fillna(0).astype("int64").to_numpy()
        if "region_id" in days else np.zeros(len(days), dtype=np.int64)
    )  # fmt: skip
    for level in ("company", "region"):
        if split == "product" and level == "region":
            continue
        own = regions if level == "region" else np.zeros_like(regions)
        keys = pd.MultiIndex.from_arrays([own, np.array(parts, dtype=object)])
        codes, unique = pd.factorize(keys, sort=True)
        seen = _dense(codes, place, np.ones(len(days)), len(unique), length) > 0
        begins = seen.argmax(axis=1)  # the first day on which anything was ordered
        for measure in measures:
            table = _dense(codes, place, days[measure].to_numpy("float64"), len(unique), length)
            for grain in GRAINS:
                starts = whole_periods(grain, first, until)
                sums = _add_up(table, starts, first, grain, until)
                for row, (region_id, part) in enumerate(unique):
                    series = Series(measure, grain, level, int(region_id), split, str(part))
                    began = first + timedelta(days=int(begins[row]))
                    yield _task(series, sums[row], starts, began, events)


def _dense(codes: Any, place: Any, values: Floats, rows: int, length: int) -> Floats:
    flat = np.bincount(codes * length + place, values, minlength=rows * length)
    return np.asarray(flat.reshape(rows, length), dtype=np.float64)


def whole_periods(grain: Grain, first: date, until: date) -> pd.DatetimeIndex:
    """The periods that lie whole between the first day and the last."""
    begin = start_of_period(grain, first)
    last = last_period(grain, until + timedelta(days=1))
    starts = period_starts(grain, first, last)
    return starts if begin == first else starts[1:]


def _add_up(
    table: Floats, starts: pd.DatetimeIndex, first: date, grain: Grain, until: date
) -> Floats:
    """(rows, periods), rounded: whatever order the days were added in, the same numbers."""
    if not len(starts):
        return np.zeros((len(table), 0))
    begins = (starts - pd.Timestamp(first)).days.to_numpy()
    end = (start_of_period(grain, until + timedelta(days=1)) - first).days
    return np.asarray(np.round(np.add.reduceat(table[:, :end], begins, axis=1), 4))


def _task(
    series: Series,
    values: Floats,
    starts: pd.DatetimeIndex,
    began: date,
    events: pd.DataFrame | None,
) -> Task:
    """From the period of the first order on: before it there was nothing to sell or nobody to."""
    grain: Step = series.grain  # type: ignore[assignment]
    skipped = int(starts.searchsorted(pd.Timestamp(start_of_period(grain, began))))
    start = starts[skipped].date() if skipped < len(starts) else None
    history = History(values[skipped:], SEASONS[grain], start, grain, events)
    members = MEMBERS[series.level] if series.split == "total" else FAST
    floor = -math.inf if series.measure == "margin" else 0.0
    return Task(series, history, HORIZONS[grain], members, floor, _SEED, _is_explained(series))


def _is_explained(series: Series) -> bool:
    """Whether people are told what a series is made of: totals, and net sales of the company's
    channels and categories; each takes Prophet a third of a second."""
    if series.split == "total":
        return series.level == "company" or series.measure == "net_sales"
    is_part = series.split in ("channel", "category") and series.level == "company"
    return is_part and series.measure == "net_sales"


def _shares(engine: Engine, currency: str, until: date) -> Shares:
    since = until - timedelta(days=SHARE_DAYS - 1)
    sold = stored.read_product_regions(engine, currency, since, until)
    products = ["" if pd.isna(each) else str(int(each)) for each in sold["part"]]
    regions = sold["region_id"].fillna(0).astype("int64")
    found: dict[str, dict[str, dict[int, float]]] = {}
    for measure in SPLIT_MEASURES["product"]:
        table = pd.crosstab(
            np.array(products, dtype=object), regions.to_numpy(),
            values=sold[measure].to_numpy("float64"), aggfunc="sum",
        ).fillna(0.0)  # fmt: skip
        if not len(table):
            found[measure] = {}
            continue
        whole = table.sum(axis=0).to_numpy()
        firmness = _FIRMNESS * max(float(whole.sum()), 0.0) / len(table) or 1.0
        unsold = np.zeros((1, len(whole)))
        shares = shrunk_shares(np.vstack([table.to_numpy(), unsold]), whole, firmness)
        numbers = [int(each) for each in table.columns]
        found[measure] = {
            str(product): dict(zip(numbers, map(float, row), strict=True))
            for product, row in zip([*table.index, UNSOLD], shares, strict=True)
        }
    return found
