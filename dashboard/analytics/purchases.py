"""One row per customer of what the buying models look at: repeat purchases, and when.

Time is counted in weeks (days ÷ 7) from a customer's first order. Orders of one day are one
purchase, the first purchase only starts the clock, and the clock runs to the cut date, not to the
last order.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from dashboard.analytics.survival import Floats, Whole

WEEK = 7.0
_COLUMNS = ("customer_id", "first_on", "last_on", "orders", "repeats", "last_age", "age",
            "log_gaps", "usual_gap_days", "valued", "mean_value", "repeat_mean",
            "year_value")  # fmt: skip


def clean_orders(orders: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """
    From  customer_id, ordered_on, value      one row per order; rows without a customer or a day,
          and those after `as_of`, are passed over; a missing value counts as 0
    To    customer_id, day (since 1970), value     one row per customer and day, in that order; a
          day on which more came back than was sold is no order and is left out
    """
    day = pd.to_datetime(orders["ordered_on"]).to_numpy("datetime64[D]")
    whole = orders["customer_id"].notna().to_numpy() & ~np.isnat(day)
    known = whole & (day <= np.datetime64(as_of, "D"))
    value = pd.to_numeric(orders["value"], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    kept = pd.DataFrame(
        {
            "customer_id": orders["customer_id"].to_numpy()[known],
            "day": day[known].astype(np.int64),
            "value": np.where(np.isfinite(value[known]), value[known], 0.0),
        }
    )
    days = kept.groupby(["customer_id", "day"], sort=True)["value"].sum().reset_index()
    return days[days["value"] >= 0].reset_index(drop=True)


def summarise_purchases(orders: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """
    From  customer_id, ordered_on, value     one row per order
    To    customer_id, first_on, last_on, orders (days with one), repeats (orders − 1),
          last_age (weeks from the first order to the last), age (weeks from the first order to
          `as_of`), log_gaps (sum of the logarithms of the gaps in weeks), usual_gap_days (median
          of the customer's own gaps; NaN after one order), valued (orders of more than 0),
          mean_value (of those; 0 without one), repeat_mean (of all but the first order), year_value
          (of the last 365 days)
                                             one row per customer

    >>> orders = pd.DataFrame({"customer_id": [7, 7, 7, 9], "value": [10.0, 5.0, 30.0, 8.0],
    ...     "ordered_on": ["2026-01-01", "2026-01-01", "2026-01-15", "2026-01-08"]})
    >>> summary = summarise_purchases(orders, date(2026, 1, 22))
    >>> summary[["customer_id", "repeats", "last_age", "age", "mean_value"]].values.tolist()
    [[7.0, 1.0, 2.0, 3.0, 22.5], [9.0, 0.0, 0.0, 2.0, 8.0]]
    """
    return summarise_days(clean_orders(orders, as_of), as_of)


def summarise_days(days: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The same from what `clean_orders` gives, of which later days are passed over."""
    until = int(np.datetime64(as_of, "D").astype(np.int64))
    days = days[days["day"] <= until]
    if not len(days):
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in _COLUMNS})
    day = days["day"].to_numpy(np.int64)
    value = days["value"].to_numpy(np.float64)
    starts = np.flatnonzero(_is_first(days["customer_id"]))
    ends = np.append(starts[1:], len(days)) - 1
    gaps, owner = _gaps(day, starts, ends)
    orders = ends - starts + 1
    positive = value > 0
    valued = np.add.reduceat(positive.astype(np.int64), starts)
    total = np.add.reduceat(np.where(positive, value, 0.0), starts)
    return pd.DataFrame(
        {
            "customer_id": days["customer_id"].to_numpy()[starts],
            "first_on": day[starts].astype("datetime64[D]").astype("datetime64[s]"),
            "last_on": day[ends].astype("datetime64[D]").astype("datetime64[s]"),
            "orders": orders,
            "repeats": orders - 1,
            "last_age": (day[ends] - day[starts]) / WEEK,
            "age": (until - day[starts]) / WEEK,
            "log_gaps": np.bincount(owner, np.log(gaps / WEEK), minlength=len(starts)),
            "usual_gap_days": _medians(gaps, owner, len(starts)),
            "valued": valued,
            "mean_value": total / np.maximum(valued, 1),
            "repeat_mean": (np.add.reduceat(value, starts) - value[starts])
            / np.maximum(orders - 1, 1),
            "year_value": np.add.reduceat(np.where(day > until - 365, value, 0.0), starts),
        }
    )


def measure_regularity(days: pd.DataFrame) -> float:
    """How regular the gaps between orders are: 1 when they come by chance (exponential), k when as
    regular as Erlang-k; NaN without thirty pairs of gaps. D. Wheat and D. Morrison, Estimating
    Purchase Regularity with Two Interpurchase Times (1990), on disjoint pairs of gaps.

    From  customer_id, day     as of `clean_orders`

    >>> chance = np.random.default_rng(1).exponential(500, (4000, 4)).cumsum(axis=1).round()
    >>> days = pd.DataFrame({"customer_id": np.repeat(np.arange(4000), 4), "day": chance.ravel()})
    >>> round(measure_regularity(days), 1)
    1.0
    """
    if not len(days):
        return float("nan")
    starts = np.flatnonzero(_is_first(days["customer_id"]))
    ends = np.append(starts[1:], len(days)) - 1
    gaps, owner = _gaps(days["day"].to_numpy(np.int64), starts, ends)
    if len(gaps) < 2:
        return float("nan")
    first_gap = np.searchsorted(owner, owner, side="left")
    place = np.arange(len(gaps)) - first_gap
    paired = np.flatnonzero((place[:-1] % 2 == 0) & (owner[:-1] == owner[1:]))
    if len(paired) < 30:
        return float("nan")
    share = gaps[paired] / (gaps[paired] + gaps[paired + 1])
    spread = float(np.var(share))
    return (1 - 4 * spread) / (8 * spread) if spread > 1e-9 else float("inf")


def _is_first(customers: pd.Series) -> Whole:
    codes = pd.factorize(customers)[0]
    return np.append(True, codes[1:] != codes[:-1])


def _gaps(day: Whole, starts: Whole, ends: Whole) -> tuple[Floats, Whole]:
    """The days between the orders of each customer, and whose they are (0 for the first)."""
    owner = np.repeat(np.arange(len(starts)), ends - starts + 1)
    same = owner[1:] == owner[:-1]
    return np.diff(day)[same].astype(np.float64), owner[1:][same]


def _medians(gaps: Floats, owner: Whole, customers: int) -> Floats:
    order = np.lexsort((gaps, owner))
    counts = np.bincount(owner, minlength=customers)
    begins = np.append(0, counts.cumsum()[:-1])
    found = np.full(customers, np.nan)
    some = np.flatnonzero(counts)
    ranked = gaps[order]
    lower = ranked[begins[some] + (counts[some] - 1) // 2]
    upper = ranked[begins[some] + counts[some] // 2]
    found[some] = (lower + upper) / 2
    return found
