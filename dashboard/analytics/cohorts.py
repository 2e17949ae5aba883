"""Customers by the quarter of their first order: what they bring, and how many come back.

A month is counted from 0 for January of the year 0; a cohort is the first month of its quarter.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

SHARED_ERROR = 0.1  # of a sum of predictions where nothing better is known
_DEVIATIONS = 1.2816  # to either side of the middle, for 80 %
SUMMED = ("customers", "customers_12m", "orders", "net_sales", "net_sales_12m",
          "net_sales_prior_12m", "scored", "expected_orders", "predicted_value",
          "variance")  # fmt: skip


def month_of(day: date) -> int:
    """
    >>> month_of(date(2026, 3, 9)) - month_of(date(2025, 12, 31))
    3
    """
    return day.year * 12 + day.month - 1


def first_day_of(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def quarter_of(month: int) -> int:
    """The first month of the month's quarter.

    >>> first_day_of(quarter_of(month_of(date(2026, 6, 30))))
    datetime.date(2026, 4, 1)
    """
    return month - month % 3


def interval_of_sum(
    value: float, variance: float, shared_error: float | None
) -> tuple[float, float]:
    """Between which the sum of many predictions lies four times in five. What is the customers' own
    evens out (`variance` is that of the sum were they independent); how far all are off together
    (`shared_error`, a share of the sum) does not. The sum of the customers' own intervals would be
    much too wide.

    >>> [round(each, 2) for each in interval_of_sum(100.0, 25.0, 0.0)]
    [93.59, 106.41]
    >>> [round(each, 2) for each in interval_of_sum(100.0, 0.0, 0.1)]
    [87.18, 112.82]
    """
    together = value * (SHARED_ERROR if shared_error is None else shared_error)
    half = _DEVIATIONS * float(np.sqrt(max(variance, 0.0) + together**2))
    return max(value - half, 0.0), value + half


def value_by_quarter(cohorts: pd.DataFrame, shared_error: float | None) -> pd.DataFrame:
    """The latest cohort first.

    From  first_month and the SUMMED                      one row per month with first orders
    To    cohort, the same sums, predicted_low, predicted_high (NaN where nobody is scored),
          value_per_customer                              one row per quarter

    >>> months = pd.DataFrame({"first_month": [24315, 24316], **dict.fromkeys(SUMMED, 0)})
    >>> months = months.assign(customers=2, net_sales=10.0)
    >>> found = value_by_quarter(months, None)
    >>> found[["cohort", "customers", "value_per_customer"]].values.tolist()
    [[24315.0, 4.0, 5.0]]
    """
    quarters = cohorts.assign(cohort=cohorts["first_month"] - cohorts["first_month"] % 3)
    found = quarters.groupby("cohort", as_index=False)[list(SUMMED)].sum()
    bounds = [
        interval_of_sum(value, variance, shared_error) if scored else (np.nan, np.nan)
        for value, variance, scored in zip(
            found["predicted_value"], found["variance"], found["scored"], strict=True
        )
    ]
    found["predicted_low"] = np.array([low for low, _high in bounds], dtype="float64")
    found["predicted_high"] = np.array([high for _low, high in bounds], dtype="float64")
    found["predicted_value"] = found["predicted_value"].where(found["scored"] > 0)
    found["value_per_customer"] = found["net_sales"] / found["customers"]
    return found.sort_values("cohort", ascending=False, ignore_index=True)


def retention_by_quarter(retention: pd.DataFrame, as_of: date, most: int = 12) -> pd.DataFrame:
    """Retention(k) = members who ordered in month k after the month of their first order ÷ members.

    A cohort whose later months have not come to month k yet counts those who have; while any of its
    members' month k is not over, `is_complete` is False.

    From  first_month, month_number, customers          one row per month of each first month
    To    cohort, month_number (1 to `most`), customers, members, rate, is_complete
                                                        one row per cell, earliest cohort first

    >>> months = pd.DataFrame({"first_month": [24312, 24312, 24313], "month_number": [0, 1, 0],
    ...                        "customers": [4, 1, 2]})
    >>> retention_by_quarter(months, date(2026, 2, 28)).values.tolist()
    [[24312, 1, 1, 4, 0.25, False]]
    """
    current = month_of(as_of)
    places = zip(retention["first_month"], retention["month_number"], strict=True)
    by_place = dict(zip(places, retention["customers"].tolist(), strict=True))
    firsts = sorted({int(first) for first in retention["first_month"]})
    cells = []
    for cohort in sorted({quarter_of(first) for first in firsts}):
        months = [first for first in firsts if quarter_of(first) == cohort]
        for number in range(1, most + 1):
            reached = [first for first in months if first + number <= current]
            members = sum(by_place.get((first, 0), 0) for first in reached)
            if not members:
                continue
            back = sum(by_place.get((first, number), 0) for first in reached)
            is_complete = cohort + 2 + number < current
            cells.append((cohort, number, back, members, back / members, is_complete))
    columns = ["cohort", "month_number", "customers", "members", "rate", "is_complete"]
    return pd.DataFrame(cells, columns=columns)


def rate_of(part: int | float, whole: int | float) -> float:
    """
    >>> rate_of(1, 4), rate_of(1, 0)
    (0.25, nan)
    """
    return float(part) / float(whole) if whole else float("nan")


def add_repurchase_rates(buyers: pd.DataFrame) -> pd.DataFrame:
    """
    From  customers, repeaters, perhaps previous_customers and previous_repeaters
    To    the same rows and columns and rate, perhaps previous_rate

    >>> buyers = pd.DataFrame({"customers": [4, 0], "repeaters": [1, 0]})
    >>> add_repurchase_rates(buyers)["rate"].tolist()
    [0.25, nan]
    """
    found = buyers.assign(
        rate=[rate_of(*each) for each in zip(buyers["repeaters"], buyers["customers"], strict=True)]
    )
    if "previous_customers" in buyers:
        previous = zip(buyers["previous_repeaters"], buyers["previous_customers"], strict=True)
        found["previous_rate"] = [rate_of(*each) for each in previous]
    return found


def share_of_best(tenths: pd.DataFrame) -> float:
    """The share of net sales that the best tenth of the customers brought; NaN without sales.

    >>> share_of_best(pd.DataFrame({"tenth": [1, 2], "net_sales": [30.0, 10.0]}))
    0.75
    """
    best = tenths.loc[tenths["tenth"] == 1, "net_sales"].sum()
    whole = float(tenths["net_sales"].sum())
    return rate_of(best, whole) if whole > 0 else float("nan")
