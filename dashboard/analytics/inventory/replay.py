"""The past day by day under a policy: what it would have delivered, and what it would have cost.

Each day goods come in, waiting orders are served first, then the day's demand; what finds nothing
waits. At the end of the day, stock that is free and on order is compared with the reorder point and
so many times the order quantity is ordered as lift it above. Suppliers deliver in the order they
were asked. Under these rules a higher reorder point never means less stock on any day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analytics.inventory.demand import Whole
from dashboard.analytics.survival import Floats

TURN_DAYS = 240  # in which lead times go from the shortest to the longest and back


@dataclass(frozen=True)
class Replay:
    """Units, by item; all but `opening` by day too: `served` is what of the day's demand was
    delivered from stock on the day, `on_hand` and `waiting` are those at its end."""

    opening: Floats
    demand: Floats
    received: Floats
    delivered: Floats
    served: Floats
    on_hand: Floats
    waiting: Floats
    ordered: Floats


def replay_policy(
    demand: Floats,
    opening: Floats,
    reorder_point: Floats,
    order_quantity: Floats,
    lead_days: Whole,
) -> Replay:
    """`demand` (items, days); `reorder_point` (items) or (items, days); `lead_days` (items, days):
    the time of an order placed at the end of each day, at least 1: it comes in on the morning of so
    many days later."""
    items, days = demand.shape
    placed = np.arange(days)
    arrives = np.maximum.accumulate(placed + np.maximum(lead_days, 1), axis=1)
    quantity = np.maximum(order_quantity, 1.0)
    coming = np.zeros((items, int(arrives.max(initial=0)) + 1))
    found = {name: np.zeros((items, days)) for name in
             ("received", "delivered", "served", "on_hand", "waiting", "ordered")}  # fmt: skip
    by_day = reorder_point if reorder_point.ndim == 2 else reorder_point[:, None]
    points = np.broadcast_to(by_day, demand.shape)
    on_hand, waiting = np.maximum(opening, 0.0).astype(np.float64), np.zeros(items)
    position, row = on_hand.copy(), np.arange(items)
    for day in range(days):
        received = coming[:, day]
        there = on_hand + received
        old = np.minimum(there, waiting)
        served = np.minimum(there - old, demand[:, day])
        on_hand = there - old - served
        waiting = waiting - old + demand[:, day] - served
        position = position - demand[:, day]
        point = points[:, day]
        lots = np.where(position <= point, np.floor((point - position) / quantity) + 1, 0.0)
        ordered = lots * quantity
        position = position + ordered
        coming[row, arrives[:, day]] += ordered
        told = (received, old + served, served, on_hand, waiting, ordered)
        for name, value in zip(found, told, strict=True):
            found[name][:, day] = value
    return Replay(opening=np.maximum(opening, 0.0), demand=demand, **found)


def slow_lead_days(quantiles: Floats, days: int, *, seed: int = 7) -> Whole:
    """(items, days) lead times that go slowly up and down through `quantiles` (items, levels at
    equal steps of chance): each is met as often as it is likely, and goods come in the order in
    which they were asked for. Drawn anew for every day, the slowest of them would hold up those
    that were asked for after it, on days without any order too, and all would be longer."""
    items, levels = quantiles.shape
    phase = np.random.default_rng(seed).random((items, 1))
    turn = (np.arange(days)[None] / TURN_DAYS + phase) % 1
    at = np.rint((1 - np.abs(2 * turn - 1)) * (levels - 1)).astype(np.int64)
    return np.asarray(quantiles[np.arange(items)[:, None], at], np.int64)


def judge_replay(replay: Replay, unit_cost: Floats) -> pd.DataFrame:
    """By item: demand, served (units), fill_rate (served ÷ demand), cycles, cycles_without
    (stock-out), cycle_service, stock_out_days (days at whose end orders wait), average_units,
    average_value, orders. Shares are NaN where there was nothing to serve."""
    asked, served = replay.demand.sum(axis=1), replay.served.sum(axis=1)
    cycles, clean = _cycles(replay)
    average = replay.on_hand.mean(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return pd.DataFrame(
            {
                "demand": asked,
                "served": served,
                "fill_rate": served / asked,
                "cycles": cycles,
                "cycles_without": clean,
                "cycle_service": clean / cycles,
                "stock_out_days": (replay.waiting > 0).sum(axis=1),
                "average_units": average,
                "average_value": average * unit_cost,
                "orders": (replay.ordered > 0).sum(axis=1),
            }
        )


def sum_judged(judged: pd.DataFrame) -> pd.Series:
    """Of all items: the sums, and the shares of the sums."""
    total: pd.Series = judged[
        ["demand", "served", "cycles", "cycles_without", "stock_out_days", "average_units",
         "average_value", "orders"]
    ].sum()  # fmt: skip
    rates = {
        "fill_rate": total["served"] / total["demand"] if total["demand"] else np.nan,
        "cycle_service": total["cycles_without"] / total["cycles"] if total["cycles"] else np.nan,
    }
    found: pd.Series = pd.concat([total, pd.Series(rates)])
    return found


def _cycles(replay: Replay) -> tuple[Whole, Whole]:
    """From one receipt to the next: how many there were, and how many in which nobody waited."""
    begins = replay.received > 0
    number = begins.cumsum(axis=1)  # 0: before the first receipt
    cycles = number[:, -1] if number.shape[1] else np.zeros(len(number), np.int64)
    ends = np.where(begins, number - 1, -1)  # the cycle that ends on the morning of the day
    # the day before a receipt tells whether the cycle ran out: what waits stays until it comes in
    before = np.concatenate((np.zeros((len(number), 1)), replay.waiting[:, :-1]), axis=1) > 0
    return cycles, ((ends >= 0) & ~before).sum(axis=1)
