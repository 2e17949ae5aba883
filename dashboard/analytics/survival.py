"""How long things last when some have not ended yet: the product-limit estimate in whole days.

Source: E. L. Kaplan and P. Meier, Nonparametric Estimation from Incomplete Observations, JASA 53
(1958). An order that is still in its stage counts among those that could have left it on each day
it was there, and says nothing about the days after.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats: TypeAlias = "npt.NDArray[np.float64]"
Whole: TypeAlias = "npt.NDArray[np.int64]"
Flags: TypeAlias = "npt.NDArray[np.bool_]"


def estimate_survival(stays: pd.DataFrame) -> pd.DataFrame:
    """The Kaplan–Meier table of one group.

    From  days, ended     one row per stay; ended is False for one that was cut off after that day
    To    days, at_risk, ended, survival   one row per day on which a stay ended

    >>> stays = pd.DataFrame({"days": [1, 2, 2, 4], "ended": [True, True, False, True]})
    >>> estimate_survival(stays)["survival"].tolist()
    [0.75, 0.5, 0.0]
    """
    days = stays["days"].to_numpy(dtype=np.int64)
    ended = stays["ended"].to_numpy(dtype=bool)
    longest = int(days.max()) if len(days) else 0
    group = np.zeros(len(days), dtype=np.int64)
    at_risk, left = count_stays(group, days, ended, groups=1, longest=longest)
    found = np.flatnonzero(left[0] > 0)
    survival = np.cumprod(1 - left[0, found] / at_risk[0, found])
    return pd.DataFrame(
        {
            "days": found,
            "at_risk": at_risk[0, found].astype(np.int64),
            "ended": left[0, found].astype(np.int64),
            "survival": survival.round(12),
        }
    )


def count_stays(
    group: Whole, days: Whole, ended: Flags, *, groups: int, longest: int
) -> tuple[Floats, Floats]:
    """For each group and each day from 0 to `longest`: how many stays lasted at least so long and
    could have ended that day, and how many did. Longer stays count as `longest`."""
    width = longest + 1
    cell = group * width + np.minimum(days, longest)
    lasted = np.bincount(cell, minlength=groups * width).reshape(groups, width)
    left = np.bincount(cell[ended], minlength=groups * width).reshape(groups, width)
    at_risk = lasted[:, ::-1].cumsum(axis=1)[:, ::-1]
    return at_risk.astype(np.float64), left.astype(np.float64)


def leaving_days(hazards: Floats) -> Floats:
    """The chance of each length of stay, from the chance to leave on each day for those still
    there; the last day holds all that last longer.

    >>> leaving_days(np.array([[0.5, 0.5, 0.5]])).tolist()
    [[0.5, 0.25, 0.25]]
    """
    staying = np.cumprod(1 - hazards, axis=1)
    still = np.concatenate([np.ones((len(hazards), 1)), staying[:, :-1]], axis=1)
    chances = still * hazards
    chances[:, -1] = still[:, -1]
    return np.asarray(chances)


def hazards_at_age(hazards: Floats, age: Whole) -> Floats:
    """The hazards of the days still to come for stays that have reached `age`, one row each; after
    the last known day its hazard goes on."""
    width = hazards.shape[1]
    days = np.minimum(np.arange(width)[None, :] + age[:, None], width - 1)
    return np.asarray(np.take_along_axis(hazards, days, axis=1))


def add_stays(first: Floats, second: Floats) -> Floats:
    """The chances of two independent stays one after the other, row by row; the last day holds all
    that last longer.

    >>> half = np.array([[0.5, 0.5, 0.0]])
    >>> add_stays(half, half).tolist()
    [[0.25, 0.5, 0.25]]
    """
    width = first.shape[1]
    both = np.zeros_like(first)
    for day in range(width):
        both[:, day:] += first[:, day : day + 1] * second[:, : width - day]
    both[:, -1] += 1 - both.sum(axis=1)
    return both


def days_until(chances: Floats, share: float) -> Whole:
    """The first day by which at least `share` have left.

    >>> days_until(np.array([[0.25, 0.5, 0.25]]), 0.5).tolist()
    [1]
    """
    reached = chances.cumsum(axis=1) >= share - 1e-9
    reached[:, -1] = True
    return np.asarray(reached.argmax(axis=1), dtype=np.int64)
