"""Ways that demand may go, drawn in blocks from its own history.

Whole weeks are drawn, so that weekdays do not count as chance; where a day resembles the day
before, blocks of four weeks, so that bad days come together as they do (moving-block bootstrap,
H. Künsch 1989). Each way has a level of its own around the rate, as far as the rate is uncertain.
All items share the draws: the same seed gives the same ways, and differences between items or
service levels are not chance.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dashboard.analytics.inventory.demand import Demand, Flags, Whole
from dashboard.analytics.survival import Floats

PATHS = 1_000
WEEK, LONG_BLOCK = 7, 28
_TOGETHER = 128  # items worked out side by side


@dataclass(frozen=True)
class Ways:
    """Of the items `rows`. `units` (items, paths) are needed in the lead time, `needed` with the
    undershoot and as stocks meet it when they order; `weeks` (weeks, items, paths) until the end of
    each week from today; `undershoot` (items)."""

    rows: Whole
    units: Floats
    needed: Floats
    undershoot: Floats
    weeks: Floats


def draw_ways(
    demand: Demand, lead_days: Whole, order_quantity: Floats, weeks: int, *, seed: int = 7
) -> Iterator[Ways]:
    """In pieces that together are all items; `lead_days` (items, paths).

    The undershoot is how far below the reorder point the day that reaches it takes the stock,
    because stock is looked at once a day. Between two looks the stock lies anywhere in one order
    quantity above the point, so a day of x units reaches it in proportion to min(x, Q), and lands
    x − 1 to x − min(x, Q) below. Its demand is that of the day as it was: a higher rate brings more
    days, not larger ones.

    A stock that sells more than is expected comes to order more often: when an order is placed, the
    level is on average higher by its variance than on any other day (size bias).
    """
    paths = lead_days.shape[1]
    chance = np.random.default_rng(seed)
    level = np.asarray(chance.standard_normal(paths))
    where, part = chance.random((2, paths))
    count = max(weeks, int(lead_days.max(initial=0)) // WEEK + 1)
    starts = chance.random((paths, count))
    for rows, block in _groups(demand.is_correlated, demand.history.shape[1]):
        factors = _factors(demand, rows, count)
        sums = _sum_weeks(demand.history[rows], factors, lead_days[rows], starts, block, weeks)
        spread = np.sqrt(np.log1p(demand.level_error[rows] ** 2))[:, None]
        around = np.exp(spread * level - spread**2 / 2)
        days = demand.history[rows] / demand.scale[rows][:, None]
        under = _undershoot(days, order_quantity[rows], where, part)
        in_lead, until = sums
        yield Ways(
            rows, in_lead * around, in_lead * around * np.exp(spread**2) + under,
            under.mean(axis=1), until * around,
        )  # fmt: skip


def _groups(is_correlated: Flags, days: int) -> Iterator[tuple[Whole, int]]:
    """Items to be worked out together, with the length of their blocks."""
    for long in (False, True):
        rows = np.flatnonzero(is_correlated == long)
        block = LONG_BLOCK if long and days >= 2 * LONG_BLOCK else min(WEEK, days)
        for at in range(0, len(rows), _TOGETHER):
            yield rows[at : at + _TOGETHER], block


def _factors(demand: Demand, rows: Whole, count: int) -> Floats:
    """(items, count) of each week; what lies beyond what is known is like its end."""
    if demand.weeks is None:
        return np.ones((len(rows), count))
    known = demand.weeks.shape[1]
    return np.asarray(demand.weeks[rows][:, np.minimum(np.arange(count), known - 1)])


def _sum_weeks(
    history: Floats, factors: Floats, lead_days: Whole, starts: Floats, block: int, weeks: int
) -> tuple[Floats, Floats]:
    """(items, paths) the units of the lead time, and (weeks, items, paths) until each week's end.
    The weeks of a block follow each other in the history."""
    sums = np.concatenate((np.zeros((len(history), 1)), history.cumsum(axis=1)), axis=1)
    last, length = sums.shape[1] - block, min(block, WEEK)
    whole, rest = lead_days // WEEK, np.minimum(lead_days % WEEK, length)
    in_lead, total = np.zeros(lead_days.shape), np.zeros(lead_days.shape)
    until = np.zeros((weeks, *lead_days.shape))
    item = np.arange(len(history))[:, None]
    for week in range(starts.shape[1]):
        number, place = divmod(week * WEEK, max(block, WEEK))
        at = (starts[:, number] * last).astype(np.int64) + place
        begun, factor = sums[:, at], factors[:, week : week + 1]
        sold = (sums[:, at + length] - begun) * factor
        part = (sums[item, at + rest] - begun) * factor
        in_lead += np.where(whole > week, sold, np.where(whole == week, part, 0.0))
        total += sold
        if week < weeks:
            until[week] = total
    return in_lead, until


def _undershoot(days: Floats, order_quantity: Floats, where: Floats, part: Floats) -> Floats:
    found = np.zeros((len(days), len(where)))
    for item, units in enumerate(np.ceil(days - 1e-9)):
        within = np.minimum(units, max(order_quantity[item], 1.0))
        sums = within.cumsum()
        if sums[-1] > 0:
            day = np.searchsorted(sums, where * sums[-1], side="right")
            day = np.minimum(day, len(units) - 1)
            found[item] = units[day] - 1 - np.floor(part * within[day])
    return found
