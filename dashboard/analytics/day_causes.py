"""What made a day unusual: its parts beside what was to be expected of them."""

from __future__ import annotations

import pandas as pd


def day_causes(parts: pd.DataFrame, expected: float, most: int) -> pd.DataFrame:
    """The parts of a day that differ most from what was to be expected of them: of what was
    expected of the whole day, the share they had of the usual days. Over all parts the differences
    sum to that of the day.

    From  key, name, net_sales, usual_sales        one row per part
    To    name, net_sales, expected, difference    at most `most` rows, the largest difference first

    >>> parts = pd.DataFrame({"key": ["web", "store"], "name": ["Web", "Store"],
    ...     "net_sales": [900.0, 100.0], "usual_sales": [2400.0, 800.0]})
    >>> day_causes(parts, 400.0, 2)
        name  net_sales  expected  difference
    0    Web      900.0     300.0       600.0
    1  Store      100.0     100.0         0.0
    """
    usual = float(parts["usual_sales"].sum())
    if not usual > 0:
        return pd.DataFrame(columns=["name", "net_sales", "expected", "difference"])
    share = parts["usual_sales"] / usual
    rows = parts.assign(expected=(share * expected).round(4))
    rows = rows.assign(difference=(rows["net_sales"] - rows["expected"]).round(4))
    rows = rows.sort_values("difference", key=abs, ascending=False, kind="stable").head(most)
    return rows[["name", "net_sales", "expected", "difference"]].reset_index(drop=True)
