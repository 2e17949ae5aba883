"""On which day a stock runs out, and whether before the next receipt: the first day at whose end
demand has taken all that was free and all that came in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard.analytics.inventory.ahead import HORIZON_DAYS, WEEK_LEVELS, chance_above
from dashboard.analytics.inventory.demand import Whole
from dashboard.analytics.inventory.paths import WEEK
from dashboard.analytics.survival import Floats

# the earliest day in ten is that of the demand that one way in ten exceeds
_DAYS = {"out_p10": WEEK_LEVELS.index(0.9), "out_p50": WEEK_LEVELS.index(0.5),
         "out_p90": WEEK_LEVELS.index(0.1)}  # fmt: skip


def tell_stock_out(
    available: Floats, receipts: Floats, weeks: Whole, next_receipt: Floats
) -> pd.DataFrame:
    """By item: out_p10, out_p50, out_p90 (days from today, 0 today; NaN: not within HORIZON_DAYS)
    and chance_before_receipt.

    `available` units free now; `receipts` (items, HORIZON_DAYS) units that come in on each day,
    before its demand; `weeks` (items, weeks, WEEK_LEVELS) quantiles of the demand until each week's
    end, days between them as the line runs; `next_receipt` days until goods come in, on order or
    ordered today (beyond the horizon: until its end). P10 is the first day on which nothing is free
    in one of ten ways.

    >>> weeks = np.full((1, 13, 7), 7) * np.arange(1, 14)[:, None]  # one a day, in every way
    >>> tell_stock_out(np.array([9.0]), np.zeros((1, 91)), weeks, np.array([5.0])).values.tolist()
    [[8.0, 8.0, 8.0, 0.0]]
    """
    comes = receipts.any(axis=1)
    there = available[comes, None] + receipts[comes].cumsum(axis=1)
    found = {}
    for name, level in _DAYS.items():
        day = _first_day(weeks[:, :, level], available)
        gone = by_day(weeks[comes, :, level]) >= there
        day[comes] = np.where(gone.any(axis=1), gone.argmax(axis=1), np.nan)
        found[name] = day
    until = np.clip(np.asarray(next_receipt, np.int64), 1, HORIZON_DAYS)
    before = available.astype(np.float64)
    before[comes] = (there - receipts[comes])[np.arange(len(there)), until[comes] - 1]
    chance = chance_above(_taken_by(weeks, until), np.array(WEEK_LEVELS), before)
    none = (available <= 0) & (weeks[:, -1, -1] > 0)
    return pd.DataFrame({**found, "chance_before_receipt": np.where(none, 1.0, chance)})


def _first_day(weeks: Whole, available: Floats) -> Floats:
    """(items) the first day at whose end so much is gone, from (items, weeks); as `by_day` has the
    days, but without working out each of them. NaN: not within the horizon."""
    gone = weeks >= available[:, None]
    row, week = np.arange(len(weeks)), gone.argmax(axis=1)
    begun = np.where(week > 0, weeks[row, np.maximum(week - 1, 0)], 0)
    sold = np.maximum(weeks[row, week] - begun, 1e-9)
    day = np.clip(np.ceil((available - begun) * WEEK / sold - 1e-9), 1, WEEK)
    return np.where(gone.any(axis=1), week * WEEK + day - 1, np.nan)


def _taken_by(weeks: Whole, days: Whole) -> Whole:
    """(items, WEEK_LEVELS) whole units gone at the end of so many days, by item."""
    row = np.arange(len(weeks))
    low, rest = days // WEEK, (days % WEEK)[:, None]
    begun = np.where((low > 0)[:, None], weeks[row, np.maximum(low - 1, 0)], 0)
    ended = weeks[row, np.minimum(low, weeks.shape[1] - 1)]
    return np.asarray(begun + (ended - begun) * rest // WEEK)


def by_day(weeks: Floats | Whole) -> Floats:
    """(items, HORIZON_DAYS) until the end of each day, from (items, weeks) until each week's."""
    ends = np.concatenate((np.zeros((len(weeks), 1)), weeks), axis=1)
    day = np.arange(1, HORIZON_DAYS + 1)
    low = np.minimum(day // WEEK, ends.shape[1] - 2)
    part = (day - low * WEEK) / WEEK
    return np.asarray(ends[:, low] + part * (ends[:, low + 1] - ends[:, low]))


def first_passage(available: Floats, receipts: Floats, days: Floats) -> Floats:
    """(items, paths): the first day at whose end nothing is free; the horizon where it is none.
    `days` (items, paths, horizon) of demand."""
    there = available[:, None] + receipts.cumsum(axis=1)
    gone = days.cumsum(axis=2) >= there[:, None, :]
    return np.asarray(np.where(gone.any(axis=2), gone.argmax(axis=2), days.shape[2]))


def project_stock(available: float, receipts: Floats, weeks: Whole) -> pd.DataFrame:
    """step, median, low_80, high_80 of the free stock at the end of each day, of one item:
    `receipts` (HORIZON_DAYS), `weeks` (weeks, WEEK_LEVELS). Below 0: orders that wait."""
    there = available + receipts.cumsum()
    high, middle, low = (there - by_day(weeks[None, :, level])[0] for level in
                         (_DAYS["out_p90"], _DAYS["out_p50"], _DAYS["out_p10"]))  # fmt: skip
    return pd.DataFrame(
        {"step": np.arange(HORIZON_DAYS), "median": middle, "low_80": low, "high_80": high}
    )
