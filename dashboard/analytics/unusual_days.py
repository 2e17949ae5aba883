"""Days whose sales are not what weekday, trend and season lead one to expect.

A robust decomposition by LOESS (STL: Cleveland, Cleveland, McRae and Terpenning, 1990) of the
logarithm of the sales; what it leaves over, in units of its own spread (1.4826 × the median
absolute deviation), is the day's z. On a day of an event of the calendar, such as Spring Festival,
what the same day of that event left over in other years is expected too. Zero sales have no
logarithm: a tenth of an ordinary day is added to each day and taken off again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import median
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.analytics.known_days import LONG, known_days

Numbers = NDArray[np.float64]
Verdict = Literal["judged", "too_short", "too_sparse"]
UNUSUAL_Z, NOTABLE_Z = 4.5, 3.0  # beyond the first a day is unusual, beyond the other perhaps
FEWEST_DAYS = 70  # of a history that says what is usual
_MOST_EMPTY = 0.3  # of the open days: beyond, a day without sales is nothing special
_CLOSED = 0.9  # of a weekday's days without sales: beyond, it is a day on which nothing is sold
_SMALLEST_SPREAD = 0.03  # of the logarithm: less than 3 % is not worth a word
_CHANCE = 2  # spreads: what was left over on one day of another year may be chance up to here
_SEASON, _TREND = 35, 61  # how many weeks, and days, are smoothed over
# fitting at some of the days and interpolating takes a fraction of the time
_JUMPS = {"seasonal_jump": 12, "trend_jump": 15, "low_pass_jump": 7}
COLUMNS = ("day_on", "net_sales", "expected", "low", "high", "z", "event", "is_unusual")


@dataclass(frozen=True)
class Judged:
    """`days` has COLUMNS, a row for each day that is judged, in order: low and high are the ends of
    what is expected, `event` names the event of the calendar that the day belongs to."""

    days: pd.DataFrame
    verdict: Verdict

    @property
    def unusual(self) -> pd.DataFrame:
        """Those beyond what is expected, the furthest first."""
        found = self.days[self.days["is_unusual"]]
        return found.sort_values("z", key=abs, ascending=False, kind="stable")


def judge_days(sales: pd.DataFrame, last: date) -> Judged:
    """How usual each day up to `last` is. Days without a row had no sales; weekdays on which next
    to nothing is ever sold are closed, and not judged.

    From  day_on, net_sales       one row per day with sales
    To    Judged
    """
    known = sales[sales["day_on"] <= pd.Timestamp(last)].dropna()
    if not len(known):
        return Judged(_empty(), "too_short")
    days = pd.date_range(known["day_on"].min(), last, freq="D", unit="us")
    values = known.set_index("day_on")["net_sales"].reindex(days, fill_value=0.0)
    opened = values[_is_open(values)]
    if len(opened) < FEWEST_DAYS:
        return Judged(_empty(), "too_short")
    amounts = opened.to_numpy("float64")
    weekdays = pd.DatetimeIndex(opened.index).day_of_week.nunique()
    if weekdays < 2 or float((amounts <= 0).mean()) > _MOST_EMPTY:
        return Judged(_empty(), "too_sparse")
    return Judged(_judged(opened.index, amounts, weekdays), "judged")


def _judged(days: Any, amounts: Numbers, period: int) -> pd.DataFrame:
    tenth = float(np.median(amounts[amounts > 0])) / 10
    logs = np.log(np.maximum(amounts, 0) + tenth)
    left = logs - _usual(logs, period)
    events = known_days(days[0].date(), days[-1].date())
    keys = [events.get(day) for day in days.date]
    ordinary = np.array([key is None for key in keys])
    centre, spread = _centre_and_spread(left[ordinary] if ordinary.sum() > 30 else left)
    of_event, certainty = _of_events(keys, days.year.to_numpy(), left - centre, spread)
    surprise, spreads = left - centre - of_event, spread * certainty
    expected = logs - surprise
    reach = UNUSUAL_Z * spreads
    return pd.DataFrame(
        {
            "day_on": days,
            "net_sales": amounts,
            "expected": _amount(expected, tenth),
            "low": _amount(expected - reach, tenth),
            "high": _amount(expected + reach, tenth),
            "z": surprise / spreads,
            "event": pd.Series([key[0] if key else None for key in keys], dtype="object"),
            "is_unusual": np.abs(surprise) > reach,
        }
    )


def _usual(logs: Numbers, period: int) -> Numbers:
    """Trend and season."""
    from statsmodels.tsa.stl._stl import STL  # takes long to import, and few processes need it

    fitted = STL(logs, period=period, seasonal=_SEASON, trend=_TREND, robust=True, **_JUMPS)
    found = fitted.fit(inner_iter=2, outer_iter=3)
    usual: Numbers = np.asarray(found.trend) + np.asarray(found.seasonal)
    return usual


def _of_events(
    keys: Sequence[tuple[str, int] | None], years: Any, left: Numbers, spread: float
) -> tuple[Numbers, Numbers]:
    """What events lead one to expect of each day, and by which factor one is less sure of it: what
    the same day of the event left over in other years (of the long ones its neighbours too), as
    far as their median is more than chance: the soft threshold of denoising."""
    effects, factors = np.zeros(len(left)), np.ones(len(left))
    of_year: dict[tuple[str, int], dict[int, float]] = {}
    for key, year, value in zip(keys, years.tolist(), left.tolist(), strict=True):
        if key is not None:
            of_year.setdefault(key, {})[year] = value
    for place, key in enumerate(keys):
        if key is None:
            continue
        event, offset = key
        reach = 1 if event in LONG else 0
        others = [
            value
            for near in range(offset - reach, offset + reach + 1)
            for year, value in of_year.get((event, near), {}).items()
            if year != years[place]
        ]
        if not others:
            continue
        typical, chance = median(others), _CHANCE * spread / sqrt(len(others))
        if abs(typical) > chance:
            effects[place] = typical - chance * (1 if typical > 0 else -1)
            factors[place] = sqrt(1 + 1 / len(others))
    return effects, factors


def _centre_and_spread(values: Numbers) -> tuple[float, float]:
    centre = float(np.median(values))
    deviation = 1.4826 * float(np.median(np.abs(values - centre)))
    return centre, max(deviation, _SMALLEST_SPREAD)


def _is_open(values: pd.Series[Any]) -> NDArray[np.bool_]:
    """Whether something is usually sold on the day's weekday."""
    weekday = pd.DatetimeIndex(values.index).day_of_week
    empty = (values == 0).groupby(weekday).mean()
    closed = set(empty[empty > _CLOSED].index)
    is_open: NDArray[np.bool_] = ~np.isin(weekday, list(closed))
    return is_open


def _amount(logs: Numbers, tenth: float) -> Numbers:
    amounts = np.maximum(np.exp(logs) - tenth, 0)
    return np.asarray(np.round(amounts, 4), "float64")


def _empty() -> pd.DataFrame:
    frame = pd.DataFrame(columns=list(COLUMNS))
    return frame.astype({"day_on": "datetime64[us]", "is_unusual": bool, "z": float})
