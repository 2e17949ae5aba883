"""Days and weeks of one series that tell the same: each whole week ahead is the mean of its own
forecast and of its days' sum, the surer one counting more, and the days are set to it.

Source: temporal hierarchies (Athanasopoulos, Hyndman, Kourentzes & Petropoulos 2017), weights by
the inverse of the squared errors at past origins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
WEEK = 7


@dataclass(frozen=True)
class Overlap:
    """Which weeks are told by days as well: `count` weeks from number `week` on, whose days begin
    at number `day`."""

    day: int
    week: int
    count: int

    @classmethod
    def of(cls, until: date, days: int, weeks: int) -> Overlap:
        """So many days after `until`, and so many weeks after its last whole one; a week that has
        begun is not told by days alone.

        >>> Overlap.of(date(2026, 11, 22), 60, 26)  # a Sunday
        Overlap(day=0, week=0, count=8)
        >>> Overlap.of(date(2026, 11, 25), 60, 26)  # a Wednesday
        Overlap(day=4, week=1, count=8)
        """
        lead = -(until + timedelta(days=1)).weekday() % WEEK
        begun = 1 if lead else 0
        return cls(lead, begun, max(0, min((days - lead) // WEEK, weeks - begun)))

    @property
    def days(self) -> slice:
        return slice(self.day, self.day + WEEK * self.count)

    @property
    def weeks(self) -> slice:
        return slice(self.week, self.week + self.count)

    def sums(self, days: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """(…, count): of the days of each week."""
        own = days[..., self.days]
        return np.asarray(own.reshape(*own.shape[:-1], self.count, WEEK).sum(axis=-1))


def weight_of_weeks(error_of_days: float | None, error_of_weeks: float | None) -> float:
    """How much the weeks' own forecast counts, by the mean squared errors of a week's total.

    >>> weight_of_weeks(3.0, 1.0), weight_of_weeks(None, 1.0), weight_of_weeks(0.0, 0.0)
    (0.75, 0.5, 0.5)
    """
    if error_of_days is None or error_of_weeks is None or error_of_days + error_of_weeks <= 0:
        return 0.5
    return error_of_days / (error_of_days + error_of_weeks)


def set_days(days: Floats, weeks: Floats, overlap: Overlap, *, may_be_negative: bool) -> Floats:
    """The days whose weeks add up to `weeks` (count): in proportion; evenly moved where values may
    be negative, or where a week of days is nothing.

    >>> overlap = Overlap(0, 0, 1)
    >>> set_days(np.arange(7.0), np.array([42.0]), overlap, may_be_negative=False).tolist()
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
    """
    told = np.array(days, dtype=np.float64)
    own = told[overlap.days].reshape(overlap.count, WEEK)
    sums = own.sum(axis=1)
    in_proportion = (sums > 0) & (not may_be_negative)
    grown = np.divide(weeks, sums, out=np.ones_like(sums), where=in_proportion)
    moved = np.where(in_proportion, 0.0, (weeks - sums) / WEEK)
    told[overlap.days] = (own * grown[:, None] + moved[:, None]).ravel()
    return told
