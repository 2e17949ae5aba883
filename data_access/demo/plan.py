"""What a demo CRM is made from: size, seed and the moment it ends at; and its clock.

Inside the generator a time is a whole number of seconds since the first day's midnight in the
business zone, so that waiting, adding and comparing are plain arithmetic on arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, ClassVar
from zlib import crc32
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from data_access.demo.almanac import LUNAR_NEW_YEAR
from data_access.errors import Refused

Array = npt.NDArray[Any]
Rows = dict[str, Array]  # column → values; 0 in an `_id` column, NaT and NaN stand for NULL
DAY = 86_400
HOUR = 3_600
MINUTE = 60
NEVER = 1 << 40  # later than everything
CURRENCY = "CNY"


class DemoRefused(Refused):
    """A demo CRM was not built; nothing was written."""

    messages: ClassVar[dict[str, str]] = {
        "not_demo": "This database holds data that is not a demo. Choose another database.",
        "already_demo": "This database already holds a demo CRM. Add --replace to build it anew.",
        "as_of": "A demo CRM can end on any day from {first} to {last}.",
        "too_few": "A demo CRM has at least {fewest} orders.",
    }


@dataclass(frozen=True)
class Plan:
    """The same plan makes the same rows."""

    orders: int
    seed: int
    as_of: date
    time_zone: str = "Asia/Shanghai"
    closing_time: time = time(18, 0)  # nothing happens on `as_of` after it
    products: int | None = None  # None: as many as go with the orders

    FEWEST: ClassVar[int] = 200
    FIRST: ClassVar[date] = date(min(LUNAR_NEW_YEAR) + 3, 1, 1)
    LAST: ClassVar[date] = date(max(LUNAR_NEW_YEAR), 7, 1)  # promises look half a year ahead

    def __post_init__(self) -> None:
        if self.orders < self.FEWEST:
            raise DemoRefused("too_few", fewest=self.FEWEST)
        if not self.FIRST <= self.as_of <= self.LAST:
            raise DemoRefused("as_of", first=self.FIRST, last=self.LAST)

    def chance(self, part: str) -> np.random.Generator:
        """Each part draws from its own stream, so one more draw here moves nothing there."""
        return np.random.default_rng([self.seed, crc32(part.encode())])

    @cached_property
    def first_day(self) -> date:
        return self.as_of - timedelta(days=3 * 365)

    @cached_property
    def days(self) -> int:
        return (self.as_of - self.first_day).days + 1

    @cached_property
    def now(self) -> int:
        closing = self.closing_time
        return (self.days - 1) * DAY + closing.hour * HOUR + closing.minute * MINUTE

    def index_of(self, day: date) -> int:
        return (day - self.first_day).days

    def day(self, seconds: Array, known: Array | None = None) -> Array:
        """The business day; NaT where not `known`."""
        days = np.datetime64(self.first_day, "D") + np.asarray(seconds, dtype=np.int64) // DAY
        return days if known is None else np.where(known, days, np.datetime64("NaT", "D"))

    def moment(self, seconds: Array, known: Array | None = None) -> Array:
        """The moment in UTC; NaT where not `known`."""
        seconds = np.asarray(seconds, dtype=np.int64)
        if known is not None:
            seconds = np.where(known, seconds, 0)
        moments = self._to_utc(np.datetime64(self.first_day, "s") + seconds)
        return moments if known is None else np.where(known, moments, np.datetime64("NaT", "s"))

    def _to_utc(self, local: Array) -> Array:
        offset = self._offset(self.first_day)
        if self._offset_is_constant:
            return local - np.timedelta64(offset, "s")
        zoned = pd.DatetimeIndex(local).tz_localize(
            self.time_zone, ambiguous=np.zeros(local.size, bool), nonexistent="shift_forward"
        )
        return np.asarray(zoned.tz_convert("UTC").tz_localize(None)).astype("datetime64[s]")

    @cached_property
    def _offset_is_constant(self) -> bool:
        span = range(-4 * 366, self.days + 400)
        return len({self._offset(self.first_day + timedelta(days=day)) for day in span}) == 1

    def _offset(self, day: date) -> int:
        noon = datetime.combine(day, time(12), tzinfo=ZoneInfo(self.time_zone))
        return int(noon.utcoffset().total_seconds())  # type: ignore[union-attr]


def pick(chance: np.random.Generator, weights: Array, count: int) -> Array:
    """`count` indices, drawn in proportion to `weights`."""
    steps = np.cumsum(weights, dtype=float)
    return np.asarray(np.searchsorted(steps, chance.random(count) * steps[-1], side="right"))


def pick_by_row(chance: np.random.Generator, weights: Array, rows: Array) -> Array:
    """For each of `rows` a column index, drawn in proportion to that row of `weights`."""
    steps = np.cumsum(weights, axis=1, dtype=float)
    steps /= steps[:, -1:]
    width = weights.shape[1]
    ladder = (steps + np.arange(len(steps))[:, None]).ravel()
    found = np.searchsorted(ladder, rows + chance.random(len(rows)), side="right") - rows * width
    return np.asarray(np.clip(found, 0, width - 1))


def only(which: Array, values: Array) -> Array:
    """`values` where `which`, None elsewhere."""
    found = np.full(len(which), None, dtype=object)
    found[which] = values[which]
    return found


def words(*values: str | None) -> Array:
    """A vocabulary to be indexed by arrays."""
    return np.array(values, dtype=object)
