"""Where each stock stands: what is free, what is coming, how long it lasts, how bad it is."""

from __future__ import annotations

import numpy as np
import pandas as pd

SEVERITIES = ("short", "out", "critical", "low", "coming", "over", "dead", "ok")  # the worst first
OVERSTOCK_DAYS = 180
DEAD_DAYS = 180


def place_stock(
    stock: pd.DataFrame, *, overstock_days: int = OVERSTOCK_DAYS, dead_days: int = DEAD_DAYS
) -> pd.DataFrame:
    """The stock rows with their position.

    From  on_hand, reserved, on_order, reorder_point (NaN: none), daily_demand, lead_days,
          order_quantity, days_unsold (NaN: never sold)
    To    the same, and available, projected, days_of_supply (infinite without demand), is_low
          (available ≤ reorder point), severity, rank (0: the worst severity)

    Available = on hand − reserved, projected = on hand + on order − reserved; units and days.

    Severity: `short` less is there than is promised, `out` nothing is free though there is demand,
    `critical` what is free does not last until goods ordered today are there and what is on order
    does not close the gap, `low` at or below the reorder point with all that is on order, `coming`
    at or below it but enough is on order, `over` more than so many days of supply and more than an
    order brings, `dead` unsold for so long, `ok` else.

    >>> rows = pd.DataFrame({
    ...     "on_hand": [10, 3, 90], "reserved": [4, 5, 0], "on_order": [20, 0, 0],
    ...     "reorder_point": [30.0, 1.0, 20.0], "daily_demand": [2.0, 1.0, 0.0],
    ...     "lead_days": [7.0, 7.0, 7.0], "order_quantity": [10, 10, 10],
    ...     "days_unsold": [1.0, 2.0, 400.0]})
    >>> place_stock(rows)[["available", "projected", "days_of_supply", "severity"]]
       available  projected  days_of_supply severity
    0          6         26             3.0      low
    1         -2         -2             0.0    short
    2         90         90             inf     dead
    """
    free = stock["on_hand"] - stock["reserved"]
    projected = free + stock["on_order"]
    rate = stock["daily_demand"].to_numpy(np.float64)
    left = np.maximum(free.to_numpy(np.float64), 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        days = np.where(rate > 0, left / rate, np.inf)
    point = stock["reorder_point"].to_numpy(np.float64)
    is_low = free.to_numpy(np.float64) <= point  # NaN is never reached
    is_uncovered = projected.to_numpy(np.float64) <= point
    need = rate * stock["lead_days"].to_numpy(np.float64)
    enough = np.nan_to_num(point) + stock["order_quantity"].to_numpy(np.float64)
    unsold = stock["days_unsold"].to_numpy(np.float64)
    rank = np.select(
        [
            free < 0,
            (free == 0) & ((rate > 0) | (point > 0)),
            (rate > 0) & (left < need) & (projected < need),
            is_uncovered & ((rate > 0) | (point > 0)),
            is_low & ((rate > 0) | (point > 0)),
            (free > enough) & (days > overstock_days) & (rate > 0),
            (free > 0) & (np.isnan(unsold) | (unsold >= dead_days)),
        ],
        range(len(SEVERITIES) - 1),
        len(SEVERITIES) - 1,
    )
    return stock.assign(
        available=free, projected=projected, days_of_supply=days, is_low=is_low, rank=rank,
        severity=np.array(SEVERITIES)[rank],
    )  # fmt: skip
