"""What part of the whole each row is, and how it grew."""

from __future__ import annotations

import pandas as pd

from dashboard.analytics.kpis import growth


def add_shares(sums: pd.DataFrame) -> pd.DataFrame:
    """Each row's share of net sales, and its growth over the period before.

    From  net_sales, previous_net_sales   one row per channel, region or category
    To    the same rows and columns, and share, change

    >>> sums = pd.DataFrame({"net_sales": [30.0, 10.0], "previous_net_sales": [20.0, 0.0]})
    >>> add_shares(sums)[["share", "change"]].values.tolist()
    [[0.75, 0.5], [0.25, nan]]
    """
    whole = sums["net_sales"].sum()
    share = sums["net_sales"].astype("float64") / (whole if whole else float("nan"))
    return sums.assign(share=share, change=growth(sums["net_sales"], sums["previous_net_sales"]))
