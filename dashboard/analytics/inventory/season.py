"""How much more or less will be asked in the weeks to come than lately, by what a year ago the same
weeks brought against the year before them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dashboard.analytics.inventory.demand import HALF_LIFE, SMOOTHING, Demand, Whole, usual_limit
from dashboard.analytics.survival import Floats

YEAR = 364  # days: whole weeks
AHEAD_DAYS = 42  # a usual lead time, and until the next order
FEWEST_DAYS = 300  # of the year before, with demand of anything
DRAWN_UNITS = 500  # of all groups, that a group is drawn towards
LEAST, MOST = 0.5, 2.0


def season_factors(daily: Floats, demand: Demand, groups: Whole) -> Floats:
    """The factor of each item, 1 where there is no year before to tell.

    `daily` (items, 2 × YEAR) is demand until yesterday, `groups` numbers from 0 of items that share
    a season, such as those of a category. The first 42 days of the second year are divided by the
    mean of the first, weighted as the item's own rate is; a group is drawn towards all groups as by
    500 units. Single large orders count only in part.
    """
    if ((daily[:, :YEAR] > 0).any(axis=0)).sum() < FEWEST_DAYS:
        return np.ones(len(daily))
    limit = usual_limit(daily, np.ones(daily.shape, np.bool_))
    sums = np.zeros((int(groups.max(initial=0)) + 1, daily.shape[1]))
    np.add.at(sums, groups, np.minimum(daily, limit[:, None]))
    then = sums[:, YEAR : YEAR + AHEAD_DAYS]
    found = np.ones(len(daily))
    halving = {"regular": HALF_LIFE, "intermittent": np.log(2) / SMOOTHING}
    for kind, days in halving.items():
        weights = 0.5 ** (np.arange(YEAR)[::-1] / days)
        usual = (sums[:, :YEAR] * weights).sum(axis=1) / weights.sum()
        of_all = then.mean(axis=1).sum() / max(float(usual.sum()), 1e-9)
        own = then.mean(axis=1) / np.where(usual > 0, usual, np.inf)
        units = then.sum(axis=1)
        drawn = (own * units + of_all * DRAWN_UNITS) / (units + DRAWN_UNITS)
        found = np.where(demand.kind == kind, np.clip(drawn, LEAST, MOST)[groups], found)
    return found


def with_season(demand: Demand, factors: Floats) -> Demand:
    """The demand of the weeks to come: rate and history times the factor, the variance too."""
    return replace(
        demand,
        rate=demand.rate * factors,
        history=demand.history * factors[:, None],
        scale=demand.scale * factors,
        deviation=demand.deviation * np.sqrt(factors),
        recent=demand.recent * factors,
    )
