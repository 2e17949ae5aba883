"""A CRM's days of sales as regular series: each figure in all and by channel, region, category."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting.regular import Regular

FIGURES = ("net_sales", "orders")
_LEAST_DAYS = 15


def daily_series(sales: pd.DataFrame, today: date) -> list[Regular]:
    """The series from the first order of all to the day before `today`; a day without orders is 0.

    From  kind, name, ordered_on, orders, net_sales     as of `read_daily_sales`
    """
    sales = sales[sales["ordered_on"] < pd.Timestamp(today)]
    if not len(sales):
        return []
    days = pd.date_range(sales["ordered_on"].min(), sales["ordered_on"].max())
    if len(days) < _LEAST_DAYS:
        return []
    found = []
    for (kind, name), own in sales.groupby(["kind", "name"], sort=True):
        by_day = own.set_index("ordered_on")[list(FIGURES)].reindex(days, fill_value=0)
        figures = FIGURES if kind == "total" else FIGURES[:1]
        for figure in figures:
            label = f"{figure}, {kind} {name}".strip()
            values = by_day[figure].to_numpy(np.float64)
            found.append(Regular(label, values, 0.0, days[0]))
    return found


def weekly_series(days: list[Regular]) -> list[Regular]:
    """The same in whole weeks from Monday to Sunday."""
    found = []
    for each in days:
        skipped = 0 if each.starts is None else (7 - each.starts.weekday()) % 7
        values = each.values[skipped:]
        weeks = values[: len(values) // 7 * 7].reshape(-1, 7).sum(axis=1)
        starts = None if each.starts is None else each.starts + pd.Timedelta(days=skipped)
        found.append(Regular(each.series_id, weeks, 0.0, starts))
    return found
