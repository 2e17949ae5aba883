"""What is to be warned of now: stocks as /stock judges them, and days of unusual sales."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import pandas as pd

from dashboard.reads import read
from dashboard.stock_plan import StockRule, stock_board, worst_first
from dashboard.unusual import unexplained_lately
from data_access.alerts import UNUSUAL_DAY, sum_waiting_by_order
from data_access.edits.alerting import Waiting, Warned
from data_access.scope import Scope

# severity of a stock → the kind of warning; the others need nobody now
KINDS: Mapping[str, str] = {
    "short": "short_order",
    "out": "out_of_stock",
    "critical": "runs_out",
    "low": "reorder",
}
SEVERITIES: Mapping[str, str] = {
    "short_order": "high",
    "out_of_stock": "high",
    "runs_out": "medium",
    "reorder": "low",
    UNUSUAL_DAY: "medium",
}
_FACTS = ("on_hand", "reserved", "available", "on_order", "requested", "expected_on")
_DEMAND_FACTS = (
    "reorder_point", "days_of_supply", "chance_out", "daily_demand", "lead_days",
)  # fmt: skip
_DECIMALS = 2
LONGEST_SUPPLY = 9_999.0  # days; beyond, it lasts


def judge_stock(scope: Scope, as_of: date) -> pd.DataFrame:
    """The rows of /stock, the worst first, as its severities stand with nothing chosen: the one
    place in which warnings learn how bad a stock is."""
    return worst_first(stock_board(scope, as_of, StockRule()).rows)


def find_causes(scope: Scope, as_of: date, currency: str) -> list[Warned]:
    """Everything to be warned of, as somebody sees it who sees everything."""
    waiting = read(sum_waiting_by_order, scope)
    return [*stock_causes(judge_stock(scope, as_of), waiting), *day_causes(scope, as_of, currency)]


def stock_causes(stock: pd.DataFrame, waiting: pd.DataFrame) -> list[Warned]:
    """One for each stock at most: that orders lack goods, before that it is empty, runs out, or is
    to be ordered. What is discontinued is not ordered again, so only orders are warned of.

    From  stock    rows of `judge_stock`
          waiting  order_id, product_id, warehouse_id, units, set_aside, in the order of serving
    """
    queues = dict(list(waiting.groupby(["product_id", "warehouse_id"], sort=False)))
    causes = []
    for row in stock.to_dict("records"):
        queue = queues.get((row["product_id"], row["warehouse_id"]))
        orders = _served(int(row["on_hand"]), queue)
        lacking = max(sum(order.lacking for order in orders), row["reserved"] - row["on_hand"], 0)
        kind = "short_order" if lacking else KINDS.get(str(row["severity"]), "")
        if not kind or (row["is_discontinued"] and kind != "short_order"):
            continue
        causes.append(
            Warned(
                kind=kind,
                cause=f"stock:{row['product_id']}:{row['warehouse_id']}",
                severity=SEVERITIES[kind],
                product_id=int(row["product_id"]),
                warehouse_id=int(row["warehouse_id"]),
                facts={**_told(row, _FACTS), "lacking": int(lacking)},
                demand_facts=_told(row, _DEMAND_FACTS),
                orders=orders,
            )
        )
    return causes


def day_causes(scope: Scope, as_of: date, currency: str) -> list[Warned]:
    """The unusual days of the last week that nobody has explained."""
    days = unexplained_lately(scope, currency, as_of)
    names = ("net_sales", "expected", "low", "high", "z", "event", "event_zh")
    return [
        Warned(
            kind=UNUSUAL_DAY,
            cause=f"day:{row['day_on']:%Y-%m-%d}:{currency}",
            severity=SEVERITIES[UNUSUAL_DAY],
            facts={**_told(row, ("day_on", *names)), "currency": currency},
        )
        for row in days.to_dict("records")
    ]


def _served(on_hand: int, queue: pd.DataFrame | None) -> tuple[Waiting, ...]:
    """The orders that wait, each with what is not there once all have what is set aside for them,
    and those before it theirs."""
    if queue is None:
        return ()
    left, orders = max(on_hand - int(queue["set_aside"].sum()), 0), []
    for order_id, units, own in zip(
        queue["order_id"], queue["units"], queue["set_aside"], strict=True
    ):
        rest = int(units) - int(own)
        orders.append(Waiting(int(order_id), int(units), max(rest - left, 0)))
        left = max(left - rest, 0)
    return tuple(orders)


def _told(row: Mapping[Any, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: _plain(row[name]) for name in names}


def _plain(value: Any) -> Any:
    """As JSON has it, and the same for the same data: no dates, no numbers that are none."""
    if value is None or value is pd.NaT or value != value:
        return None
    if isinstance(value, str):
        return value
    if hasattr(value, "isoformat"):
        return f"{value:%Y-%m-%d}"
    number = float(value)
    if not math.isfinite(number):
        return LONGEST_SUPPLY
    rounded = round(number, _DECIMALS)
    return int(rounded) if rounded == int(rounded) else rounded
