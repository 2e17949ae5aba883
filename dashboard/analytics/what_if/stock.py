"""What a scenario means for stock: how long it lasts, how much is needed, what it ties up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.analytics.what_if.baseline import Baseline, Floats

SERVICE = 0.95
LIKELY = 0.5
REVIEW_WEEKS = 1.0  # between two orders to suppliers


@dataclass(frozen=True)
class Stock:
    """By group of the baseline: units on hand, units that arrive (G, H), lead time in weeks, and
    its spread (standard deviation of the log of actual lead times)."""

    on_hand: Floats
    arriving: Floats
    lead_weeks: Floats
    lead_spread: float
    lead_count: int


@dataclass(frozen=True)
class StockOutcome:
    """needed       (G,) units that last through a lead time and a week in 95 % of the cases
    tied_up       money in `needed`; NaN where a cost is not known
    runs_out      (3, G) weeks until there is nothing left: P10, P50, P90; inf: not in this time
    chance_out    (G,) the share of paths on which it runs out
    """

    needed: Floats
    tied_up: float
    runs_out: Floats
    chance_out: Floats

    @property
    def all_needed(self) -> float:
        return float(self.needed.sum())

    @property
    def running_out(self) -> int:
        """How many groups run out with a chance of a half or more."""
        return int((self.chance_out >= LIKELY).sum())

    def first_out(self) -> list[int]:
        """The groups that may run out, the likeliest first."""
        places = np.argsort(-self.chance_out, kind="stable")
        return [int(place) for place in places if self.chance_out[place] > 0]


def stock_of(
    baseline: Baseline,
    units: Floats,
    stock: Stock,
    normal: Floats,
    lead_time_days: int = 0,
    begun: float = 0.0,
) -> StockOutcome:
    """`normal` (S,) draws the lead times; `lead_time_days` makes all of them longer; `begun` is the
    share of the first week that is over, whose sales have left the shelves."""
    count, groups, _weeks = units.shape
    asked = np.cumsum(units, axis=2)
    left = (stock.on_hand[:, None] + np.cumsum(stock.arriving, axis=1))[None] - asked
    left += begun * units[:, :, :1]
    is_out = left <= 0
    ever = is_out.any(axis=2)
    first = is_out.argmax(axis=2)
    rows, columns = np.ogrid[:count, :groups]
    used = units[rows, columns, first]
    over = -left[rows, columns, first]
    into = first + 1 - np.clip(over / np.maximum(used, 1e-9), 0, 1)  # within the week
    runs_out = np.where(ever, into, np.inf)
    ordered = np.sort(runs_out, axis=0)
    places = [min(int(np.ceil(share * count)) - 1, count - 1) for share in (0.1, 0.5, 0.9)]
    lead = np.maximum(stock.lead_weeks + lead_time_days / 7, 0.0)
    during = lead[None, :] * np.exp(stock.lead_spread * normal)[:, None] + REVIEW_WEEKS
    needed = np.quantile(_sold_within(asked, during), SERVICE, axis=0)
    return StockOutcome(
        needed,
        float((needed * baseline.cost).sum()),
        ordered[places],
        ever.mean(axis=0),
    )


def _sold_within(asked: Floats, weeks: Floats) -> Floats:
    """(S, G) units of the first so many weeks; beyond the paths it goes on as on average."""
    count, groups, horizon = asked.shape
    beyond = np.maximum(weeks / horizon, 1.0)
    inside = np.minimum(weeks, horizon)
    whole = np.minimum(inside.astype(int), horizon - 1)
    rows, columns = np.ogrid[:count, :groups]
    before = np.where(whole > 0, asked[rows, columns, np.maximum(whole - 1, 0)], 0.0)
    within = before + (inside - whole) * (asked[rows, columns, whole] - before)
    return np.asarray(within * beyond)
