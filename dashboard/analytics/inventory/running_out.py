"""On which day a stock runs out, and whether before the next receipt: the first day on which a way
that demand may go has taken all that was free and all that came in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard.analytics.survival import Floats

LEVELS = (0.1, 0.5, 0.9)


def tell_stock_out(
    available: Floats, receipts: Floats, days: Floats, next_receipt: Floats
) -> pd.DataFrame:
    """By item: out_p10, out_p50, out_p90 (days from today, 0 today; NaN: not within the horizon)
    and chance_before_receipt.

    `available` units free now; `receipts` (items, horizon) units that come in on each day, before
    its demand; `days` (items, paths, horizon) demand; `next_receipt` days until goods come in, on
    order or ordered today (beyond the horizon: until its end).

    >>> days = np.array([[[5.0, 5.0, 5.0], [2.0, 2.0, 2.0]]])
    >>> tell_stock_out(np.array([9.0]), np.zeros((1, 3)), days, np.array([2.0])).iloc[0].tolist()
    [1.0, 1.0, nan, 0.5]
    """
    first = first_passage(available, receipts, days)
    horizon = days.shape[2]
    ordered = np.sort(first, axis=1)
    paths = ordered.shape[1]
    found = {}
    for level in LEVELS:
        at = min(int(np.ceil(level * paths - 1e-9)) - 1, paths - 1)
        day = ordered[:, max(at, 0)].astype(np.float64)
        found[f"out_p{round(level * 100)}"] = np.where(day < horizon, day, np.nan)
    until = np.minimum(next_receipt, horizon)
    found["chance_before_receipt"] = (first < until[:, None]).mean(axis=1)
    return pd.DataFrame(found)


def first_passage(available: Floats, receipts: Floats, days: Floats) -> Floats:
    """(items, paths): the first day at whose end nothing is free; the horizon where it is none."""
    there = available[:, None] + receipts.cumsum(axis=1)
    gone = days.cumsum(axis=2) >= there[:, None, :]
    return np.asarray(np.where(gone.any(axis=2), gone.argmax(axis=2), days.shape[2]))


def project_stock(available: float, receipts: Floats, days: Floats) -> pd.DataFrame:
    """step, mean, low_80, high_80 of the free stock at the end of each day, of one item: `receipts`
    (horizon), `days` (paths, horizon). Below 0: orders that wait."""
    left = available + receipts.cumsum()[None] - days.cumsum(axis=1)
    low, high = np.quantile(left, [0.1, 0.9], axis=0)
    return pd.DataFrame(
        {"step": np.arange(left.shape[1]), "mean": left.mean(axis=0), "low_80": low,
         "high_80": high}
    )  # fmt: skip
