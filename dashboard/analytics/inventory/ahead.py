"""What the ways into the future come to, on a fixed grid: from it reorder points for any service
level, chances and days of running out are read off without drawing anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from dashboard.analytics.inventory.demand import Demand, Whole
from dashboard.analytics.inventory.lead_time import LeadTimes
from dashboard.analytics.inventory.paths import PATHS, WEEK, draw_ways
from dashboard.analytics.survival import Floats

LEVELS = (
    0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.96, 0.97,
    0.98, 0.985, 0.99, 0.995, 0.999,
)  # fmt: skip
WEEK_LEVELS = (0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98)
WEEKS = 13
HORIZON_DAYS = WEEKS * WEEK


@dataclass(frozen=True)
class LeadTimeAhead:
    """By item, in units: (items, LEVELS) quantiles, `units` of the demand of a lead time, `needed`
    of that and the undershoot, when an order is placed."""

    units: Whole
    needed: Whole

    def of(self, items: Whole) -> Self:
        """Of these items alone."""
        if np.array_equal(items, np.arange(len(self.units))):
            return self
        return type(self)(**{name: each[items] for name, each in vars(self).items()})

    def point_for(self, service: Floats) -> Floats:
        """The smallest whole number that covers so many of the ways; between two levels of the grid
        as far as the service lies between them."""
        grid = np.array(LEVELS)
        high = np.clip(np.searchsorted(grid, service - 1e-9), 1, len(grid) - 1)
        low, row = high - 1, np.arange(len(self.needed))
        part = np.clip((service - grid[low]) / (grid[high] - grid[low]), 0, 1)
        lower, upper = self.needed[row, low], self.needed[row, high]
        return np.asarray(np.ceil(lower + part * (upper - lower) - 1e-6))

    def chance_of(self, available: Floats) -> Floats:
        """That the demand of a lead time takes all of so much."""
        return chance_above(self.units, np.array(LEVELS), available)


@dataclass(frozen=True)
class Ahead(LeadTimeAhead):
    """Also `weeks` (items, WEEKS, WEEK_LEVELS), quantiles of the demand until each week's end;
    `mean` and `undershoot` are means."""

    weeks: Whole
    mean: Floats
    undershoot: Floats


def chance_above(quantiles: Whole, levels: Floats, units: Floats) -> Floats:
    """That a value is so many units or more, from its quantiles (items, levels), in whole units.

    >>> chance_above(np.array([[0, 4, 10]] * 4), np.array([0.1, 0.5, 0.9]),
    ...              np.array([0, 4, 7, 11])).round(2).tolist()
    [1.0, 0.6, 0.37, 0.0]
    """
    below = quantiles < units[:, None]
    last = below.sum(axis=1)  # the first level that reaches so many
    count, row = len(levels), np.arange(len(units))
    high, low = np.minimum(last, count - 1), np.maximum(last - 1, 0)
    upper, lower = quantiles[row, high], quantiles[row, low]
    apart = np.maximum(upper - lower, 1)
    reached = levels[low] + (levels[high] - levels[low]) * (units - 1 - lower) / apart
    chance = np.where(last == 0, 1.0, np.where(last == count, 0.0, 1 - reached))
    return np.asarray(np.clip(chance, 0.0, 1.0))


def look_ahead(
    demand: Demand, leads: LeadTimes, order_quantity: Floats, *, paths: int = PATHS, seed: int = 7
) -> Ahead:
    """As many ways as `paths`, the same for every item."""
    items, sells = len(demand.rate), demand.rate > 0
    chances = np.random.default_rng(seed + 1).permutation((np.arange(paths) + 0.5) / paths)
    units, needed = (np.zeros((items, len(LEVELS)), np.int64) for _ in range(2))
    weeks = np.zeros((items, WEEKS, len(WEEK_LEVELS)), np.int64)
    mean, undershoot = np.zeros(items), np.zeros(items)
    at, at_weeks = _places(LEVELS, paths), _places(WEEK_LEVELS, paths)
    for ways in draw_ways(demand, leads.draw(chances), order_quantity, WEEKS, seed=seed):
        rows = ways.rows
        # a whole stock is taken by as many whole units: 7.9 take 7 and not 8
        units[rows] = np.floor(np.sort(ways.units, axis=1)[:, at] + 1e-6)
        needed[rows] = np.ceil(np.sort(ways.needed, axis=1)[:, at] - 1e-3)
        until = np.sort(ways.weeks, axis=2)[:, :, at_weeks]
        weeks[rows] = np.floor(until.transpose(1, 0, 2) + 1e-6)
        mean[rows], undershoot[rows] = ways.units.mean(axis=1), ways.undershoot
    for found in (units, needed, weeks, mean, undershoot):
        found[~sells] = 0
    return Ahead(units, needed, weeks, mean, undershoot)


def _places(levels: tuple[float, ...], paths: int) -> Whole:
    at = np.ceil(np.array(levels) * paths - 1e-9).astype(np.int64) - 1
    return np.asarray(np.clip(at, 0, paths - 1))
