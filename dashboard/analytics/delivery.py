"""Punctuality, cycle time and waiting, from sums that were counted once."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard.analytics.kpis import growth

STAGES = ("received", "confirmed", "processing", "shipped")
DAY = 86_400.0
_NUMBERS = ("orders", "median", "nine_in_ten")


def compare_delivery(punctuality: pd.DataFrame, cycle: pd.DataFrame) -> pd.DataFrame:
    """
    From  span, due_orders, on_time_orders, otif_orders    one row per span, and
          span, delivered_orders, cycle_median             one row per span
    To    kpi (on_time_rate, otif_rate, cycle_days), now, since_previous, since_last_year
          (growth; of a rate the difference)               one row per KPI

    >>> spans = ["now", "previous", "last_year"]
    >>> due = pd.DataFrame({"span": spans, "due_orders": [10, 10, 0],
    ...                     "on_time_orders": [9, 8, 0], "otif_orders": [8, 8, 0]})
    >>> cycle = pd.DataFrame({"span": spans, "delivered_orders": [2, 2, 0],
    ...                       "cycle_median": [86400, 43200, None]})
    >>> compare_delivery(due, cycle)[["kpi", "now", "since_previous"]].values.tolist()
    [['on_time_rate', 0.9, 0.1], ['otif_rate', 0.8, 0.0], ['cycle_days', 1.0, 1.0]]
    """
    due = _numbers(punctuality["due_orders"])
    due = due.where(due > 0)
    table = pd.DataFrame(
        {
            "on_time_rate": _numbers(punctuality["on_time_orders"]) / due,
            "otif_rate": _numbers(punctuality["otif_orders"]) / due,
            "cycle_days": _numbers(cycle["cycle_median"]) / DAY,
        }
    )
    spans = table.set_axis(punctuality["span"].tolist()).T
    compared = pd.DataFrame({"kpi": spans.index, "now": spans["now"].to_numpy()})
    is_rate = compared["kpi"].str.endswith("_rate")
    for span in ("previous", "last_year"):
        before = spans[span].reset_index(drop=True)
        grown = growth(compared["now"], before)
        compared[f"since_{span}"] = grown.where(~is_rate, (compared["now"] - before).round(12))
    return compared


def split_cycle(cycle: pd.DataFrame) -> pd.DataFrame:
    """The mean days in each stage, which add up to the mean cycle time.

    From  span, delivered_orders, cycle_total, received_total … shipped_total   seconds, per span
    To    span, stage, days, share                  one row per span with deliveries, and stage

    >>> cycle = pd.DataFrame({"span": ["now"], "delivered_orders": [2], "cycle_total": [345600],
    ...     "received_total": [0], "confirmed_total": [86400], "processing_total": [86400],
    ...     "shipped_total": [172800]})
    >>> split_cycle(cycle)["days"].tolist(), float(split_cycle(cycle)["days"].sum())
    ([0.0, 0.5, 0.5, 1.0], 2.0)
    """
    rows = [
        (row["span"], stage, row[f"{stage}_total"] / row["delivered_orders"] / DAY,
         row[f"{stage}_total"] / row["cycle_total"] if row["cycle_total"] else float("nan"))
        for row in cycle.to_dict("records") if row["delivered_orders"]
        for stage in STAGES
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["span", "stage", "days", "share"])


def compare_dwell(dwell: pd.DataFrame, keys: Sequence[str] = ()) -> pd.DataFrame:
    """
    From  span (now, previous), stage, `keys`, orders, median, nine_in_ten    seconds
    To    stage, `keys`, orders, median, nine_in_ten, previous_orders, previous_median,
          previous_nine_in_ten (days), change (of the median)    one row per stage and keys now

    >>> dwell = pd.DataFrame({"span": ["now", "previous"], "stage": ["shipped", "shipped"],
    ...     "orders": [3, 2], "median": [172800, 86400], "nine_in_ten": [259200, 86400]})
    >>> compare_dwell(dwell)[["stage", "median", "previous_median", "change"]].values.tolist()
    [['shipped', 2.0, 1.0, 1.0]]
    """
    by = ["stage", *keys]
    days = dwell.assign(
        orders=_numbers(dwell["orders"]),
        median=_numbers(dwell["median"]) / DAY,
        nine_in_ten=_numbers(dwell["nine_in_ten"]) / DAY,
    )
    now = days[days["span"] == "now"].drop(columns="span")
    before = days[days["span"] == "previous"][[*by, *_NUMBERS]]
    before = before.rename(columns={name: f"previous_{name}" for name in _NUMBERS})
    both = now.merge(before, on=by, how="left")
    return both.assign(change=growth(both["median"], both["previous_median"]))


def find_longest_queue(queues: pd.DataFrame) -> pd.Series | None:
    """The row with the most orders that wait for us, or for want of such, that are on their way;
    None when nothing is open.

    From  stage, orders, longest    one row per stage, or stage and channel or region
    To    one of the rows

    >>> queues = pd.DataFrame({"stage": ["processing", "shipped"], "orders": [5, 9],
    ...                        "longest": [14, 3]})
    >>> find_longest_queue(queues)["stage"]
    'processing'
    """
    if not len(queues):
        return None
    waiting = queues[queues["stage"] != "shipped"]
    of_these = waiting if len(waiting) else queues
    ranked = of_these.sort_values(["orders", "longest"], ascending=False, kind="stable")
    return ranked.iloc[0]


def _numbers(values: pd.Series) -> pd.Series:
    return values.astype("Float64").astype("float64")
