"""One regular series, made fit to be forecast, and the part of it that an origin may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Step = Literal["day", "week", "month"]

LONGEST = 735  # periods that the smoothing members look back; older ones teach little
YEARS: dict[Step, int] = {"day": 364, "week": 52, "month": 12}  # whole weeks, so weekdays agree
_YEAR_OF_SEASON = {7: 364, 52: 52, 12: 12, 4: 4}


@dataclass(frozen=True)
class History:
    """A series without gaps: `values` one per period, the first of which begins on `start`.

    `season` is the number of periods after which the pattern comes again (7 of days, 52 of
    weeks, 12 of months, 1 for none). `events` has name, first_on, last_on: days known
    beforehand, past and future. `filled` marks values that `clean_history` put in.
    """

    values: Floats
    season: int
    start: date | None = None
    step: Step | None = None
    events: pd.DataFrame | None = None
    filled: npt.NDArray[np.bool_] | None = None

    @property
    def year(self) -> int:
        """Periods of a year, 0 where that is not known."""
        return YEARS[self.step] if self.step else _YEAR_OF_SEASON.get(self.season, 0)

    @property
    def is_daily(self) -> bool:
        return self.step == "day" or (self.step is None and self.season == 7)

    def days(self, first: int, count: int) -> pd.DatetimeIndex:
        """The first days of `count` periods from the period number `first` on."""
        start = pd.Timestamp(self.start or date(2000, 1, 3))
        if self.step == "month" or (self.step is None and self.season == 12):
            return pd.date_range(start + pd.DateOffset(months=first), periods=count, freq="MS")
        if self.step is None and self.season == 4:
            quarter = start + pd.DateOffset(months=3 * first)
            return pd.date_range(quarter, periods=count, freq=pd.DateOffset(months=3))
        length = 7 if self.step == "week" or (self.step is None and self.season == 52) else 1
        return pd.date_range(
            start + pd.Timedelta(days=first * length), periods=count, freq=f"{length}D"
        )


@dataclass(frozen=True)
class Window:
    """What was known of a history before the period number `end`."""

    history: History
    end: int

    @property
    def values(self) -> Floats:
        return self.history.values[max(0, self.end - LONGEST) : self.end]


def clean_history(history: History) -> tuple[History, tuple[str, ...]]:
    """The history with numbers only, and why that was not so: a reason code for each fault.

    `broken`: values that are no numbers were filled in (from a season before, else between their
    neighbours; before the first known value they are left out). `empty`: there is no number.
    """
    values = np.asarray(history.values, dtype=np.float64).ravel()
    season = max(1, int(history.season))
    known = np.isfinite(values)
    notes: tuple[str, ...] = () if known.all() else ("broken",)
    start, filled = history.start, None
    if not known.any():
        values, notes = np.empty(0), (*notes, "empty")
    elif not known.all():
        skipped = int(np.argmax(known))
        if skipped and start is not None:
            start = history.days(skipped, 1)[0].date()
        values, filled = _filled(values[skipped:], season), ~known[skipped:]
    return History(values, season, start, history.step, history.events, filled), notes


def _filled(values: Floats, season: int) -> Floats:
    filled = values.copy()
    known = np.isfinite(filled)
    for place in np.flatnonzero(~known):
        before = place - season
        if before >= 0 and np.isfinite(filled[before]):
            filled[place] = filled[before]
    known = np.isfinite(filled)
    places = np.arange(len(filled))
    filled[~known] = np.interp(places[~known], places[known], filled[known])
    return filled
