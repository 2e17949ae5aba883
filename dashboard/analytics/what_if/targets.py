"""The target of the weeks of a scenario, from the targets of months."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd


def target_between(targets: pd.DataFrame, start: date, end: date) -> float:
    """From  month_on, net_sales    one row per month
    To    what the days from `start` to `end` are to bring, each month's target spread evenly over
          its days; 0 where a month has none."""
    days = pd.date_range(start, end + timedelta(days=1), inclusive="left")
    months = days.to_period("M")
    known = pd.Series(
        targets["net_sales"].to_numpy(np.float64),
        index=pd.DatetimeIndex(pd.to_datetime(targets["month_on"])).to_period("M"),
    )
    shares = known.reindex(months).to_numpy(np.float64) / months.days_in_month.to_numpy(np.float64)
    return 0.0 if np.isnan(shares).any() else float(shares.sum())
