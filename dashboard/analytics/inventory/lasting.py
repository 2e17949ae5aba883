"""How far the level of demand may be off for as long as a lead time, from the ranges of the
forecasts of months (split conformal, by horizon).

A month is about as long as a lead time and its total is one number: its range tells the error of a
sum, in as far as errors of its days go together. What a range holds beyond the noise of single
orders, which the ways into the future have from the history, lasts: it is error of the level.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from dashboard.analytics.inventory.demand import Whole
from dashboard.analytics.survival import Floats

SHARED_ERROR = 0.2  # of the forecast of all units, where it has no range
MOST_LASTING = 1.0
MONTHS_AHEAD = 2  # the month that has begun, and the next
_MONTH, _BLOCK = 30.4, 28  # days
_REACH_80 = 1.2816  # standard deviations from the middle of an 80 % range to its end
_LEAST_VALUE = 0.3  # of what a month brought last year, that a range is a share of


@dataclass(frozen=True)
class Ranges:
    """Of a month: value and half of the 80 % range, in units, of (products), (categories) and all
    (value, half)."""

    products: Whole
    product_months: Floats  # (products, 2)
    categories: Whole
    category_months: Floats  # (categories, 2)
    total: tuple[float, float]


def ranges_from(months: pd.DataFrame, as_of: date) -> Ranges | None:
    """The mean of the months to come; None where all units have no range.

    From  product_id, category_id (both NaN: all), period_on (the first of a month), units, low_80,
          high_80

    >>> months = pd.DataFrame({"product_id": [1, 1, None], "category_id": None,
    ...     "period_on": pd.to_datetime(["2026-11-01", "2026-12-01", "2026-11-01"]),
    ...     "units": [8, 12, 90], "low_80": [4, 6, 80], "high_80": [12, 18, 100]})
    >>> found = ranges_from(months, date(2026, 11, 26))
    >>> found.product_months.tolist(), found.total
    ([[10.0, 5.0]], (90.0, 10.0))
    """
    begun = pd.Timestamp(as_of).replace(day=1)
    last = begun + pd.DateOffset(months=MONTHS_AHEAD)
    known = months[(months["period_on"] >= begun) & (months["period_on"] < last)]
    known = known.assign(half=(known["high_80"] - known["low_80"]) / 2)
    is_all = known["product_id"].isna() & known["category_id"].isna()
    if not is_all.any():
        return None
    value, half = known.loc[is_all, ["units", "half"]].astype("float64").mean()
    return Ranges(
        *_by(known, "product_id"), *_by(known, "category_id"), (float(value), float(half))
    )


def _by(months: pd.DataFrame, key: str) -> tuple[Whole, Floats]:
    table = months[months[key].notna()].groupby(key)[["units", "half"]].mean()
    return np.asarray(table.index, np.int64), table.to_numpy(np.float64).reshape(-1, 2)


def lasting_errors(
    ranges: Ranges | None, products: Whole, categories: Whole, sold: Floats, leaning: Floats
) -> Floats:
    """(products) standard error of the level as a share of it. `sold` (products, days) in all
    warehouses; `leaning`: as far as a product's level is its category's (0 to 1). No part is surer
    than the whole.

    >>> sold = np.full((1, 364), 1.0)
    >>> ranges = Ranges(np.array([1]), np.array([[30.4, 13.0]]), np.array([5]),
    ...                 np.array([[30.4, 6.5]]), (30.4, 0.0))
    >>> [float(lasting_errors(ranges, np.array([1]), np.array([5]), sold, np.array([each]))[0]
    ...        .round(2)) for each in (0.0, 1.0)]
    [0.33, 0.17]
    """
    if ranges is None:
        return np.full(len(products), SHARED_ERROR)
    blocks = max(sold.shape[1] // _BLOCK, 1)
    recent = sold[:, -blocks * _BLOCK :].reshape(len(sold), blocks, -1).sum(axis=2)
    spread = recent.var(axis=1) * blocks / max(blocks - 1, 1)
    noise, month = spread * _MONTH / _BLOCK, sold.mean(axis=1) * _MONTH
    whole = np.array([ranges.total])
    total = _beyond(whole, noise.sum(keepdims=True), month.sum(keepdims=True))[0]
    names, place = np.unique(categories, return_inverse=True)
    of_names = rows_of(ranges.categories, ranges.category_months, names)
    both = (np.asarray(np.bincount(place, each), np.float64) for each in (noise, month))
    category = _beyond(of_names, *both)
    category = np.fmax(category, total)[place]
    own = _beyond(rows_of(ranges.products, ranges.product_months, products), noise, month)
    own = np.where(np.isfinite(own), np.fmax(own, total), category)
    return np.asarray(np.sqrt((1 - leaning) * own**2 + leaning * category**2))


def _beyond(months: Floats, noise: Floats, usual: Floats) -> Floats:
    """From (parts, 2) value and half of the range; variance and mean of a month's units. NaN:
    nothing is known."""
    value = np.fmax(months[:, 0], np.maximum(_LEAST_VALUE * usual, 1e-9))
    error = months[:, 1] / _REACH_80 / value
    scattered = noise / np.maximum(usual, 1e-9) ** 2
    return np.asarray(np.minimum(np.sqrt(np.maximum(error**2 - scattered, 0)), MOST_LASTING))


def rows_of(keys: Whole, values: Floats, wanted: Whole) -> Floats:
    """(wanted, …) the values of these keys; NaN where there are none.

    >>> rows_of(np.array([7, 9]), np.array([[1.0], [2.0]]), np.array([9, 8])).tolist()
    [[2.0], [nan]]
    """
    place = pd.Index(keys).get_indexer(pd.Index(wanted))
    padded = np.concatenate((values, np.full((1, values.shape[1]), np.nan)))
    return np.asarray(padded[place])  # −1: the last row
