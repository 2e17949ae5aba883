"""What the segments of customers add up to, beside each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from dashboard.analytics.kpis import growth

ADDED = (
    "customers", "orders_12m", "expected_orders_12m", "net_sales", "net_sales_12m",
    "net_sales_prior_12m", "margin_12m", "costed_sales_12m", "predicted_value_12m",
    "value_at_risk_90",
)  # fmt: skip


def add_up_segments(
    sums: pd.DataFrame, name: Callable[[int], str], order: Sequence[str], value: str
) -> pd.DataFrame:
    """One row for each segment that has customers, in the given order; `value` names the column
    that shares are of.

    From  group_number and ADDED     one row per part
    To    segment, ADDED, customer_rate, value_rate (of all), margin_rate (of the sales whose cost
          is known), growth (over the 12 months before), value_per_customer, orders_per_customer

    >>> numbers = {name: [1.0, 2.0, 1.0] for name in ADDED}
    >>> sums = pd.DataFrame({"group_number": [1, 2, 3], **numbers})
    >>> added = add_up_segments(sums, lambda group: "ab"[group // 3], ("b", "a"), "net_sales")
    >>> added[["segment", "customers", "value_rate"]].values.tolist()
    [['b', 1.0, 0.25], ['a', 3.0, 0.75]]
    """
    named = sums.assign(segment=[name(int(group)) for group in sums["group_number"]])
    numbers = named[list(ADDED)].astype("float64")
    added = numbers.groupby(named["segment"]).sum(min_count=1)
    added = added.loc[[each for each in order if each in added.index]].reset_index()
    whole, customers = added[value].sum(), added["customers"]
    return added.assign(
        customer_rate=customers / (customers.sum() or np.nan),
        value_rate=added[value] / (whole if whole > 0 else np.nan),
        margin_rate=added["margin_12m"]
        / added["costed_sales_12m"].where(added["costed_sales_12m"] > 0),
        growth=growth(added["net_sales_12m"], added["net_sales_prior_12m"]),
        value_per_customer=added[value] / customers,
        orders_per_customer=added["orders_12m"] / customers,
    )


def add_up_spend(
    sums: pd.DataFrame, name: Callable[[int], str], order: Sequence[str]
) -> pd.DataFrame:
    """One row for each segment of the order, those that no campaign reached with nothing.

    From  group_number, orders, spend, net_sales, margin     one row per part
    To    segment, orders, spend, net_sales, margin (each NaN where a part of it is not known),
          margin_per_spend

    >>> sums = pd.DataFrame({"group_number": [1, 2, 3], "orders": [1, 2, 1],
    ...     "spend": [10.0, 20.0, 5.0], "net_sales": [90.0, 60.0, 9.0],
    ...     "margin": [30.0, 15.0, None]})
    >>> add_up_spend(sums, lambda group: "ab"[group // 3], ("b", "a", "c")).values.tolist()
    [['b', 1, 5.0, 9.0, nan, nan], ['a', 3, 30.0, 150.0, 45.0, 1.5], ['c', 0, nan, nan, nan, nan]]
    """
    columns = ["orders", "spend", "net_sales", "margin"]
    named = [name(int(group)) for group in sums["group_number"]]
    numbers = sums[columns].astype("float64")
    by_segment = numbers.groupby(pd.Series(named, index=numbers.index, dtype=object))
    # a sum with something unknown in it is unknown
    added = by_segment.sum().where(by_segment.count().eq(by_segment.size(), axis=0))
    added = added.reindex(list(order))
    return (
        added.assign(
            orders=added["orders"].fillna(0).astype(int),
            margin_per_spend=added["margin"] / added["spend"].where(added["spend"] != 0),
        )
        .rename_axis("segment")
        .reset_index()
    )


def sum_up_movements(moves: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """How many were in each segment before and are now, who stayed, came and left.

    From  was (missing: no customer yet), now, customers   one row per pair
    To    segment, was, now, stayed, left, came, new, change, stayed_rate; those ever held, in order

    >>> pairs = {"was": ["a", "a", None], "now": ["a", "b", "a"]}
    >>> moves = pd.DataFrame({**pairs, "customers": [5, 2, 1]})
    >>> sum_up_movements(moves, ("a", "b"))[["was", "now", "stayed", "left", "new"]].values.tolist()
    [[7, 6, 5, 2, 1], [0, 2, 0, 0, 0]]
    """
    was, now, count = moves["was"], moves["now"], moves["customers"]
    rows = []
    for segment in order:
        before, after = int(count[was == segment].sum()), int(count[now == segment].sum())
        stayed = int(count[(was == segment) & (now == segment)].sum())
        new = int(count[was.isna() & (now == segment)].sum())
        if before or after:
            rows.append(
                (segment, before, after, stayed, before - stayed, after - stayed - new, new)
            )
    columns = ["segment", "was", "now", "stayed", "left", "came", "new"]
    frame = pd.DataFrame(rows, columns=columns)
    rate = frame["stayed"] / frame["was"].where(frame["was"] > 0)
    return frame.assign(change=frame["now"] - frame["was"], stayed_rate=rate.astype("float64"))
