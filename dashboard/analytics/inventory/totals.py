"""What many stocks come to."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

LIKELY = 0.5


@dataclass(frozen=True)
class Amount:
    """`worth` in the currency of the costs."""

    stocks: int
    units: float
    worth: float


@dataclass(frozen=True)
class StockTotals:
    """`uncovered` and `discontinued` are of the `low` ones; `turns` is 0 where no cost is known;
    `stock_outs` are expected within the lead times, and `likely` more likely than not."""

    held: Amount
    turns: float
    low: int
    uncovered: int
    discontinued: int
    stock_outs: float
    likely: int
    over: Amount  # of what is free the part beyond the reorder point and an order
    dead: Amount


def sum_stock(rows: pd.DataFrame) -> StockTotals:
    """From the rows of `place_stock`.

    From  on_hand, available, projected, unit_cost (NaN: not known), stock_value, reorder_point
          (NaN: none), order_quantity, yearly_demand, is_low, is_discontinued, chance_out (NaN: not
          told), severity

    >>> rows = pd.DataFrame({
    ...     "on_hand": [90, 8, 5], "available": [90, 8, 5], "projected": [90, 8, 25],
    ...     "unit_cost": [2.0, 10.0, None], "stock_value": [180.0, 80.0, None],
    ...     "reorder_point": [20.0, 10.0, 6.0], "order_quantity": [30, 5, 9],
    ...     "yearly_demand": [50.0, 42.0, 3.0], "is_low": [False, True, True],
    ...     "is_discontinued": False, "chance_out": [0.1, 0.6, None],
    ...     "severity": ["over", "low", "coming"]})
    >>> told = sum_stock(rows)
    >>> told.held, told.turns, told.over
    (Amount(stocks=3, units=103.0, worth=260.0), 2.0, Amount(stocks=1, units=40.0, worth=80.0))
    >>> told.low, told.uncovered, told.stock_outs, told.likely
    (2, 1, 0.7, 1)
    """
    low, worth = rows[rows["is_low"]], float(rows["stock_value"].sum())
    over, dead = rows[rows["severity"] == "over"], rows[rows["severity"] == "dead"]
    excess = over["available"] - over["reorder_point"].fillna(0) - over["order_quantity"]
    yearly = float((rows["yearly_demand"] * rows["unit_cost"]).sum())
    return StockTotals(
        held=Amount(len(rows), float(rows["on_hand"].sum()), worth),
        turns=yearly / worth if worth else 0.0,
        low=len(low),
        uncovered=int((low["projected"] <= low["reorder_point"]).sum()),
        discontinued=int(low["is_discontinued"].sum()),
        stock_outs=float(rows["chance_out"].sum()),
        likely=int((rows["chance_out"] >= LIKELY).sum()),
        over=Amount(len(over), float(excess.sum()), float((excess * over["unit_cost"]).sum())),
        dead=Amount(len(dead), float(dead["on_hand"].sum()), float(dead["stock_value"].sum())),
    )
