"""Days of series in which most days are empty.

The model with the least absolute error of such days is "nothing", which adds up to nothing. They
are forecast by weeks, and weeks are divided by weekday: aggregate, forecast, disaggregate (ADIDA;
Nikolopoulos, Syntetos, Boylan, Petropoulos & Assimakopoulos 2011).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

WEEK = 7
LOOKED_BACK = 364  # days
_FEWEST = 28  # days, before which nothing is said
_MOST_EMPTY = 0.5  # the share of empty days from which a series is thin
_QUANTILES = (0.1, 0.9, 0.025, 0.975)


def is_thin(values: Floats) -> bool:
    """Whether most of the last days are empty.

    >>> is_thin(np.tile([2.0, 0, 0, 0, 0, 0, 1.0], 8)), is_thin(np.ones(60))
    (True, False)
    """
    recent = values[-LOOKED_BACK:]
    return len(recent) >= _FEWEST and float((recent == 0).mean()) > _MOST_EMPTY


def weekday_shares(values: Floats, first_weekday: int) -> Floats:
    """(7,) the share of each weekday, Monday first, in the last days; `first_weekday` is that of
    the first value, 0 for Monday.

    >>> weekday_shares(np.tile([3.0, 1, 0, 0, 0, 0, 0], 5), 6).tolist()
    [0.25, 0.0, 0.0, 0.0, 0.0, 0.0, 0.75]
    """
    skipped = max(0, len(values) - LOOKED_BACK)
    recent = np.maximum(values[skipped:], 0.0)
    days = (np.arange(len(recent)) + skipped + first_weekday) % WEEK
    sums = np.bincount(days, recent, minlength=WEEK)
    whole = float(sums.sum())
    return np.asarray(sums / whole if whole > 0 else np.full(WEEK, 1 / WEEK))


def divide_weeks(weeks: Floats, shares: Floats, first_weekday: int, days: int) -> Floats:
    """(days,) of the weeks, the first of which has begun on its Monday; the first day wanted is the
    weekday `first_weekday` of it.

    >>> shares = np.array([0.4, 0.2, 0.2, 0.2, 0.0, 0.0, 0.0])
    >>> divide_weeks(np.array([10.0, 20.0]), shares, 2, 6).tolist()
    [2.0, 2.0, 0.0, 0.0, 0.0, 8.0]
    """
    places = first_weekday + np.arange(days)
    return np.asarray(weeks[places // WEEK] * shares[places % WEEK])


def spread_of_days(values: Floats, told: Floats) -> Floats:
    """(4, days): low_80, high_80, low_95, high_95 around what is told, as the last days lay around
    their mean; in proportion to it where there is one."""
    recent = values[-LOOKED_BACK:]
    mean = float(recent.mean())
    ends = np.quantile(recent, _QUANTILES)[:, None] - mean
    grown = np.abs(told) / abs(mean) if mean else np.ones(len(told))
    bounds = told + ends * grown
    low, high = np.minimum(bounds[[0, 2]], told), np.maximum(bounds[[1, 3]], told)
    return np.stack([low[0], high[0], low[1], high[1]])
