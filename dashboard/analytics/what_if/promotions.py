"""What a promotion sells more while it runs, and less in the days after.

Of each category, day by day: log E[sold] = a + an effect of each promotion + after a promotion +
weekday + season + trend + price index + how busy the other categories were. The effects of all
promotions then make one line over the depth of the discount; how far single promotions lie from it
is part of what is not known of the next one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analytics.what_if.regression import Floats, fit_demand
from dashboard.analytics.what_if.shrinking import FEWEST, pool

AFTER_DAYS = 7
FEWEST_OWN = 4  # past promotions of a category, for its own mean to be its estimate
FEWEST_SALES = 60
_YEAR = 365.25
# Nothing seen: a discount of 10 % sells about a third more, and nearly nothing is known.
ASSUMED, ASSUMED_ERROR = 0.30, 0.25
ASSUMED_AFTER, ASSUMED_AFTER_ERROR = -0.05, 0.05
_USUAL_DEPTH = 0.1
EFFECTS = ("campaign_id", "category_id", "discount_rate", "effect", "error")


@dataclass(frozen=True)
class Uplift:
    """Of one category: log uplift = level + slope × (discount − middle), and what of it is known.

    error         of the next promotion: of the line, and how far promotions differ
    after         log factor of the days after, with its error
    count         promotions it was learnt from, own of them the category's
    """

    level: float
    slope: float
    middle: float
    error: float
    after: float
    after_error: float
    origin: str
    count: int
    own: int

    def at(self, discount_rate: float) -> float:
        return self.level + self.slope * (discount_rate - self.middle)


@dataclass(frozen=True)
class Promotions:
    """What past promotions did: `effects` has EFFECTS (on the log scale), `after` category_id,
    after, error."""

    effects: pd.DataFrame
    after: pd.DataFrame


def estimate_promotions(days: pd.DataFrame, campaigns: pd.DataFrame) -> Promotions:
    """The effect of each past promotion, apart from price, season, weekday and trend.

    From  days: category_id, day (whole numbers, none left out), weekday, sold, price (index of its
          list prices), others; campaigns: campaign_id, category_id (NaN: of everything), first,
          last (days), discount_rate
    """
    effects, after = [], []
    for category_id, own in days.groupby("category_id", sort=True):
        its = campaigns["category_id"].isna() | (campaigns["category_id"] == category_id)
        found = _effects_of(own.sort_values("day"), campaigns[its])
        effects += [(number, category_id, *rest) for number, *rest in found[0]]
        after += [(category_id, *found[1])] if found[1] else []
    return Promotions(
        pd.DataFrame(effects, columns=list(EFFECTS)),
        pd.DataFrame(after, columns=["category_id", "after", "error"]),
    )


def uplift_of(promotions: Promotions, category_id: int) -> Uplift:
    """What the next promotion of the category may do."""
    effects, after = promotions.effects, promotions.after
    if len(effects) < FEWEST:
        return Uplift(ASSUMED, 1.0, _USUAL_DEPTH, ASSUMED_ERROR, ASSUMED_AFTER,
                      ASSUMED_AFTER_ERROR, "assumed", len(effects), 0)  # fmt: skip
    line = _Line.through(effects)
    own = effects[effects["category_id"] == category_id]
    level, error = line.level, line.error
    if len(own):
        rest = own["effect"] - line.slope * (own["discount_rate"] - line.middle)
        weight = 1 / (own["error"] ** 2 + line.spread**2)
        mean, own_error = float((weight * rest).sum() / weight.sum()), float(weight.sum() ** -0.5)
        share = line.between**2 / (line.between**2 + own_error**2) if line.between else 0.0
        level = share * mean + (1 - share) * level
        error = np.sqrt(share * own_error**2 + (1 - share) ** 2 * line.error**2)
    else:
        error = np.hypot(line.error, line.between)
    dip, dip_error = _after_of(after, category_id)
    return Uplift(
        float(level), line.slope, line.middle, float(np.hypot(error, line.spread)),
        dip, dip_error, "estimated" if len(own) >= FEWEST_OWN else "shrunk",
        len(effects), len(own),
    )  # fmt: skip


@dataclass(frozen=True)
class _Line:
    """All effects over the depth of the discount. `spread`: of single promotions around it;
    `between`: of categories."""

    level: float
    slope: float
    middle: float
    error: float
    spread: float
    between: float

    @classmethod
    def through(cls, effects: pd.DataFrame) -> _Line:
        depth = effects["discount_rate"].to_numpy(np.float64)
        effect, error = effects["effect"].to_numpy(np.float64), effects["error"].to_numpy()
        spread, slope, middle = 0.3, 0.0, float(depth.mean())
        rest = effect
        for _turn in range(4):
            weight = 1 / (error**2 + spread**2)
            middle = float((weight * depth).sum() / weight.sum())
            if np.ptp(depth) > 0.02:
                apart = depth - middle
                slope = float((weight * apart * effect).sum() / (weight * apart**2).sum())
            rest = effect - slope * (depth - middle)
            spread = pool(rest, error).spread
        pooled = pool(rest, error)
        between = _between(effects["category_id"].to_numpy(), rest, np.hypot(error, spread))
        return cls(pooled.mean, slope, middle, pooled.error, pooled.spread, between)


def _between(category: Floats, rest: Floats, error: Floats) -> float:
    means, errors = [], []
    for one in np.unique(category):
        weight = 1 / error[category == one] ** 2
        means.append((weight * rest[category == one]).sum() / weight.sum())
        errors.append(weight.sum() ** -0.5)
    return pool(np.array(means), np.array(errors)).spread if len(means) >= FEWEST else 0.0


def _after_of(after: pd.DataFrame, category_id: int) -> tuple[float, float]:
    if len(after) < FEWEST:
        return ASSUMED_AFTER, ASSUMED_AFTER_ERROR
    pooled = pool(after["after"].to_numpy(np.float64), after["error"].to_numpy(np.float64))
    own = after[after["category_id"] == category_id]
    if not len(own):
        return pooled.mean, float(np.hypot(pooled.error, pooled.spread))
    error = float(own["error"].iloc[0])
    share = pooled.spread**2 / (pooled.spread**2 + error**2)
    mean = share * float(own["after"].iloc[0]) + (1 - share) * pooled.mean
    return mean, float(np.sqrt(share * error**2 + (1 - share) ** 2 * pooled.error**2))


def _effects_of(
    days: pd.DataFrame, campaigns: pd.DataFrame
) -> tuple[list[tuple[float, float, float, float]], tuple[float, float] | None]:
    """(campaign_id, discount_rate, effect, error) of each promotion, and what comes after."""
    day = days["day"].to_numpy(np.float64)
    sold = days["sold"].to_numpy(np.float64)
    runs = [
        (one, on)
        for one in campaigns[["campaign_id", "category_id", "first", "last", "discount_rate"]]
        .astype(np.float64)
        .to_numpy()
        if 0 < (on := (day >= one[2]) & (day <= one[3])).sum() < len(day) and sold[on].sum() > 0
    ]
    of_everything = [on for one, on in runs if np.isnan(one[1])]
    runs = [(one, on) for one, on in runs if not np.isnan(one[1])]
    if not runs or sold.sum() < FEWEST_SALES:
        return [], None
    anything = np.any([on for _one, on in runs], axis=0)
    after = np.any(
        [(day > one[3]) & (day <= one[3] + AFTER_DAYS) for one, _on in runs], axis=0
    ) & ~anything  # fmt: skip
    columns = _plain_columns(days, day)
    if of_everything:
        columns.append(np.any(of_everything, axis=0).astype(np.float64))
    first = len(columns)
    columns += [on.astype(np.float64) for _one, on in runs]
    if after.any():
        columns.append(after.astype(np.float64))
    try:
        fit = fit_demand(sold, np.column_stack(columns))
    except (ValueError, np.linalg.LinAlgError):
        return [], None
    effects = [
        (float(one[0]), float(one[4]), float(fit.coefficients[first + place]),
         fit.error(first + place))
        for place, (one, _on) in enumerate(runs)
    ]  # fmt: skip
    dip = (float(fit.coefficients[-1]), fit.error(len(columns) - 1)) if after.any() else None
    return effects, dip


def _plain_columns(days: pd.DataFrame, day: Floats) -> list[Floats]:
    weekday = days["weekday"].to_numpy()
    columns = [np.ones(len(day)), (day - day.mean()) / _YEAR]
    columns += [(weekday == each).astype(np.float64) for each in np.unique(weekday)[1:]]
    price = np.log(days["price"].to_numpy(np.float64))
    if np.ptp(price) > 0:
        columns.append(price - price.mean())
    others = np.log(np.maximum(days["others"].to_numpy(np.float64), 0.5))
    if np.ptp(others) > 0:
        columns.append(others - others.mean())
    if np.ptp(day) >= 1.5 * _YEAR:
        for wave in (1, 2):
            columns += [
                np.sin(2 * np.pi * wave * day / _YEAR),
                np.cos(2 * np.pi * wave * day / _YEAR),
            ]
    return columns
