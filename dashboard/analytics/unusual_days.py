"""Days whose sales are not what weekday, trend and season lead one to expect.

A robust decomposition by LOESS (STL: Cleveland, Cleveland, McRae and Terpenning, 1990) of the
logarithm of the sales; what it leaves over, in units of its own spread (1.4826 × the median
absolute deviation), is the day's z. In and around an event of the calendar, such as Spring
Festival, what the same day of that event left over at other times is expected too. Zero sales have
no logarithm: a tenth of an ordinary day is added to each day and taken off again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.analytics.event_days import expect_of_events, find_event_days

Numbers = NDArray[np.float64]
Verdict = Literal["judged", "too_short", "too_sparse"]
UNUSUAL_Z, NOTABLE_Z = 4.5, 3.0  # beyond the first a day is unusual, beyond the other perhaps
FEWEST_DAYS = 70  # of a history that says what is usual
_MOST_EMPTY = 0.3  # of the open days: beyond, a day without sales is nothing special
_CLOSED = 0.9  # of a weekday's days without sales: beyond, it is a day on which nothing is sold
_SMALLEST_SPREAD = 0.03  # of the logarithm: less than 3 % is not worth a word
_SEASON, _TREND = 35, 61  # how many weeks, and days, are smoothed over
# fitting at some of the days and interpolating takes a fraction of the time
_JUMPS = {"seasonal_jump": 12, "trend_jump": 15, "low_pass_jump": 7}
COLUMNS = (
    "day_on", "net_sales", "expected", "low", "high", "z", "event", "event_zh", "is_unusual",
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """`days` has COLUMNS, a row for each day that is judged, in order: low and high are the ends of
    what is expected, `event` and `event_zh` name the event of the calendar that it belongs to, None
    for a day without."""

    days: pd.DataFrame
    verdict: Verdict

    @property
    def unusual(self) -> pd.DataFrame:
        """Those beyond what is expected, the furthest first."""
        found = self.days[self.days["is_unusual"]]
        return found.sort_values("z", key=abs, ascending=False, kind="stable")


def judge_days(sales: pd.DataFrame, events: pd.DataFrame, last: date) -> Judged:
    """How usual each day up to `last` is. Days without a row had no sales; weekdays on which next
    to nothing is ever sold are closed, and not judged.

    From  sales   day_on, net_sales       one row per day with sales
          events  name, name_zh, kind, first_on, last_on, falls_on
                  as `events_that_count` has them, of these days at least
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
    return Judged(_judged(opened.index, amounts, weekdays, events), "judged")


def _judged(days: Any, amounts: Numbers, period: int, events: pd.DataFrame) -> pd.DataFrame:
    tenth = float(np.median(amounts[amounts > 0])) / 10
    logs = np.log(np.maximum(amounts, 0) + tenth)
    left = logs - _usual(logs, period)
    near = find_event_days(events, days[0].date(), days[-1].date())
    event_days = [near.get(day, []) for day in days.date]
    ordinary = np.array([not any(one.is_within for one in of_day) for of_day in event_days])
    centre, spread = _centre_and_spread(left[ordinary] if ordinary.sum() > 30 else left)
    of_event = expect_of_events(event_days, left - centre, spread)
    surprise, spreads = left - centre - of_event.effects, spread * of_event.factors
    expected = logs - surprise
    reach = UNUSUAL_Z * spreads
    which = of_event.event_days
    return pd.DataFrame(
        {
            "day_on": days,
            "net_sales": amounts,
            "expected": _amount(expected, tenth),
            "low": _amount(expected - reach, tenth),
            "high": _amount(expected + reach, tenth),
            "z": surprise / spreads,
            "event": pd.Series([one and one.name for one in which], dtype="object"),
            "event_zh": pd.Series([one and one.name_zh for one in which], dtype="object"),
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
