"""Ways that demand may go, drawn in blocks from its own history.

Whole weeks are drawn, so that weekdays do not count as chance; where a day resembles the day
before, blocks of four weeks, so that bad days come together as they do (moving-block bootstrap,
H. Künsch 1989). Each way has a level of its own around the rate, as far as the rate is uncertain.
All items share the draws: the same seed gives the same ways, and differences between items or
service levels are not chance.
"""

from __future__ import annotations

import numpy as np

from dashboard.analytics.inventory.demand import Demand, Flags, Whole
from dashboard.analytics.survival import Floats

PATHS = 1_000
WEEK, LONG_BLOCK = 7, 28
_TOGETHER = 512  # items worked out side by side


def draw_lead_demand(demand: Demand, lead_days: Whole, *, seed: int = 7) -> tuple[Floats, Floats]:
    """(items, paths) units needed in `lead_days` (items, paths), and (items, paths) the undershoot:
    how far below the reorder point the day that reaches it takes the stock, because stock is looked
    at once a day (renewal theory: a day is met in proportion to its demand, at any point of it).
    Its demand is that of the day as it was: a higher rate brings more days, not larger ones.
    """
    items, paths = lead_days.shape
    chance = np.random.default_rng(seed)
    level = np.asarray(chance.standard_normal(paths))
    where, part = chance.random((2, paths))
    starts = chance.random((paths, 1 + int(lead_days.max(initial=1)) // WEEK))
    found, under = np.zeros((items, paths)), np.zeros((items, paths))
    for rows, block in _groups(demand.is_correlated, demand.history.shape[1]):
        factor = _levels(demand.level_error[rows], level)
        history = demand.history[rows]
        sums = np.concatenate((np.zeros((len(rows), 1)), history.cumsum(axis=1)), axis=1)
        found[rows] = factor * _sum_blocks(sums, lead_days[rows], starts, block)
        under[rows] = _undershoot(history / demand.scale[rows][:, None], where, part)
    return found, under


def draw_days(demand: Demand, horizon: int, *, paths: int = PATHS, seed: int = 7) -> Floats:
    """(items, paths, horizon): units needed on each day to come, today first."""
    chance = np.random.default_rng(seed)
    level = np.asarray(chance.standard_normal(paths))
    starts = chance.random((paths, 1 + horizon // WEEK))
    found = np.zeros((len(demand.rate), paths, horizon))
    day = np.arange(horizon)
    for rows, block in _groups(demand.is_correlated, demand.history.shape[1]):
        last = demand.history.shape[1] - block + 1
        first = (starts * last).astype(np.int64)
        at = first[:, day // block] + day % block
        factor = _levels(demand.level_error[rows], level)
        found[rows] = demand.history[rows][:, at] * factor[:, :, None]
    return found


def _groups(is_correlated: Flags, days: int) -> list[tuple[Whole, int]]:
    """Items to be worked out together, with the length of their blocks."""
    found = []
    for long in (False, True):
        rows = np.flatnonzero(is_correlated == long)
        block = min(LONG_BLOCK if long else WEEK, days)
        found += [(rows[at : at + _TOGETHER], block) for at in range(0, len(rows), _TOGETHER)]
    return found


def _levels(error: Floats, level: Floats) -> Floats:
    """Factors around 1, by item and path."""
    spread = np.sqrt(np.log1p(error**2))[:, None]
    return np.asarray(np.exp(spread * level - spread**2 / 2))


def _sum_blocks(sums: Floats, lead_days: Whole, starts: Floats, block: int) -> Floats:
    """`sums` (items, days + 1) of the history; whole blocks, and a part of the next one."""
    last = sums.shape[1] - block
    whole, rest = lead_days // block, lead_days % block
    first = (starts[:, : int(whole.max(initial=0)) + 1] * last).astype(np.int64)
    found = np.zeros(lead_days.shape)
    for number in range(first.shape[1] - 1):
        at = first[:, number]
        found += np.where(whole > number, sums[:, at + block] - sums[:, at], 0.0)
    item, path = np.arange(len(sums))[:, None], np.arange(len(starts))[None]
    begun = first[path, whole]
    return np.asarray(found + sums[item, begun + rest] - sums[item, begun])


def _undershoot(days: Floats, where: Floats, part: Floats) -> Floats:
    found = np.zeros((len(days), len(where)))
    for item, sums in enumerate(days.cumsum(axis=1)):
        if sums[-1] > 0:
            day = np.searchsorted(sums, where * sums[-1], side="right")
            units = days[item, np.minimum(day, days.shape[1] - 1)]
            found[item] = np.floor(part * np.ceil(units - 1e-9))
    return found
