"""How demand answers to price: own-price elasticity of each product, with its own standard error,
drawn to that of its category as far as it is not known, and with the reasons not to believe it.

For one product at a time, week by week:
log E[sold] = a + ε·log(list price) + promotion + after a promotion + how busy everything else was
+ season (Fourier) + trend, see `regression.fit_demand`. The list price is used, not what was paid,
which holds the mix of discounts. It is an association, not an experiment: where demand of this
week goes with the price of *next* week (the placebo), prices followed demand, and ε is too small.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from dashboard.analytics.what_if.regression import Fit, Floats, fit_demand, fit_plain
from dashboard.analytics.what_if.shrinking import FEWEST, pool

FEWEST_MOVES = 8
FEWEST_WEEKS = 52
FEWEST_SALES = 40
MOVE = 0.01  # a price that changes by less has not moved
PLACEBO_LIMIT = 1.85  # standard errors
# Where nothing can be learnt: the mean of 1,851 published elasticities is −2.62 (Bijmolt, van
# Heerde and Pieters 2005); they differ widely.
ASSUMED, ASSUMED_ERROR = -2.6, 1.2
LOWEST, HIGHEST = -6.0, 0.0  # of what is assumed; what is estimated may be anything
_YEAR = 365.25 / 7
_SEASONED_WEEKS = 78
_LAGS = 8
_MOST_BUSY_SHARE = 0.25
COLUMNS = (
    "product_id", "category_id", "weeks", "sales", "moves", "price", "lowest", "highest",
    "own", "own_error", "freedom", "placebo", "placebo_error",
)  # fmt: skip


def estimate_elasticities(panel: pd.DataFrame) -> pd.DataFrame:
    """Every product's own estimate.

    From  product_id, category_id, week (whole numbers, none left out), sold, price (list price),
          promoted, after (share of the week's days), others (sold of everything else)
    To    COLUMNS: weeks, sales (sum of sold), moves (price changes of 1 % or more), price (the
          last), lowest, highest (2.5 and 97.5 % of its prices ÷ the last one), own, own_error,
          freedom, placebo, placebo_error (NaN where nothing can be learnt)
    """
    rows = [_estimate_one(product) for _id, product in panel.groupby("product_id", sort=True)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def shrink_elasticities(estimates: pd.DataFrame) -> pd.DataFrame:
    """Adds elasticity, error (its own part), shared_error (the part all of its category share),
    own_weight, origin (estimated: half or more is its own; shrunk; assumed) and is_placebo: whether
    the product's or its category's placebo warns."""
    found = estimates.copy()
    known = found["own"].notna().to_numpy()
    everything = _pool_of(found[known])
    parts = []
    for _category, part in found.groupby("category_id", dropna=False, sort=True):
        has = part["own"].notna()
        pooled = _pool_of(part[has]) if has.sum() >= FEWEST else everything
        parts.append(_shrunk(part, pooled))
    return pd.concat(parts).sort_index() if parts else _shrunk(found, everything)


def draw_assumed(count: int, seed: int) -> Floats:
    """Draws of an elasticity nothing is known of."""
    low, high = ((edge - ASSUMED) / ASSUMED_ERROR for edge in (LOWEST, HIGHEST))
    spread = stats.truncnorm(low, high, loc=ASSUMED, scale=ASSUMED_ERROR)
    return np.asarray(spread.rvs(count, random_state=np.random.default_rng(seed)))


def is_below(elasticity: float, error: float, limit: float = -1.0) -> float:
    """The chance that demand falls by more than the price rises: P(ε < limit)."""
    return float(stats.norm.cdf((limit - elasticity) / max(error, 1e-12)))


def design(product: pd.DataFrame) -> Floats:
    """Regressors of one product's weeks, the constant first and the log of the price second;
    what never changes is left out."""
    return np.column_stack([column for _name, column in _columns(product)])


def _columns(product: pd.DataFrame) -> Iterator[tuple[str, Floats]]:
    week = product["week"].to_numpy(np.float64)
    logs = np.log(product["price"].to_numpy(np.float64))
    yield "constant", np.ones(len(week))
    yield "price", logs - logs.mean()
    yield "trend", (week - week.mean()) / _YEAR
    for name in ("promoted", "after"):
        share = product[name].to_numpy(np.float64)
        if np.ptp(share) > 0 and (share > 0).sum() >= 2:
            yield name, share
    others = product["others"].to_numpy(np.float64)
    if (others > 0).all() and product["sold"].sum() < _MOST_BUSY_SHARE * others.sum():
        yield "busy", np.log(others) - np.log(others).mean()
    if len(week) >= _SEASONED_WEEKS:
        for wave in (1, 2):
            angle = 2 * np.pi * wave * week / _YEAR
            yield f"sine {wave}", np.sin(angle)
            yield f"cosine {wave}", np.cos(angle)


def _estimate_one(product: pd.DataFrame) -> tuple[float, ...]:
    product = product.sort_values("week")
    price = product["price"].to_numpy(np.float64)
    sold = product["sold"].to_numpy(np.float64)
    moves = int((np.abs(np.diff(np.log(price))) >= np.log1p(MOVE)).sum())
    lowest, highest = np.quantile(price / price[-1], (0.025, 0.975))
    facts = (
        product["product_id"].iloc[0], product["category_id"].iloc[0], len(product),
        float(sold.sum()), moves, price[-1], float(lowest), float(highest),
    )  # fmt: skip
    if moves == 0 or len(product) < FEWEST_WEEKS or sold.sum() < FEWEST_SALES:
        return (*facts, *(np.nan,) * 5)
    try:
        fit = fit_demand(sold, design(product))
        placebo, placebo_error = _placebo(product)
    except (ValueError, np.linalg.LinAlgError):
        return (*facts, *(np.nan,) * 5)
    if not 0 < fit.error(1) < 25:
        return (*facts, *(np.nan,) * 5)
    return (
        *facts, float(fit.coefficients[1]), fit.error(1), fit.freedom, placebo, placebo_error,
    )  # fmt: skip


def _placebo(product: pd.DataFrame) -> tuple[float, float]:
    """The coefficient of next week's price on this week's demand, which should be zero."""
    now = product.iloc[:-1]
    coming = np.log(product["price"].to_numpy(np.float64))[1:]
    logs = np.log(np.maximum(now["sold"].to_numpy(np.float64), 0.5))
    fit: Fit = fit_plain(logs, np.column_stack([design(now), coming - coming.mean()]), _LAGS)
    return float(fit.coefficients[-1]), fit.error(-1)


@dataclass(frozen=True)
class _Common:
    mean: float
    error: float
    spread: float
    is_assumed: bool
    placebo: float  # in standard errors


def _pool_of(part: pd.DataFrame) -> _Common:
    if not len(part):
        return _Common(ASSUMED, ASSUMED_ERROR, 0.0, True, 0.0)
    pooled = pool(part["own"].to_numpy(np.float64), part["own_error"].to_numpy(np.float64))
    weight = 1 / part["placebo_error"].to_numpy(np.float64) ** 2
    placebo = float((weight * part["placebo"].to_numpy(np.float64)).sum() / np.sqrt(weight.sum()))
    if len(part) < FEWEST:  # how far products differ is not known from so few
        return _Common(pooled.mean, max(pooled.error, 0.5), 0.5, False, placebo)
    return _Common(pooled.mean, pooled.error, pooled.spread, False, placebo)


def _shrunk(part: pd.DataFrame, common: _Common) -> pd.DataFrame:
    own, error = part["own"].to_numpy(np.float64), part["own_error"].to_numpy(np.float64)
    known = np.isfinite(own)
    between = common.spread**2
    weight = np.where(known, between / (between + np.where(known, error, 1.0) ** 2), 0.0)
    if between == 0.0:
        weight = np.zeros(len(part))
    found = part.copy()
    found["elasticity"] = weight * np.where(known, own, 0.0) + (1 - weight) * common.mean
    found["error"] = np.where(known, np.sqrt(weight) * np.where(known, error, 0.0), common.spread)
    found["shared_error"] = (1 - weight) * common.error
    found["own_weight"] = weight
    found["origin"] = np.where(
        common.is_assumed, "assumed", np.where(weight >= 0.5, "estimated", "shrunk")
    )
    own_placebo = part["placebo"].to_numpy() / part["placebo_error"].to_numpy()
    found["is_placebo"] = (own_placebo > PLACEBO_LIMIT) | (common.placebo > PLACEBO_LIMIT)
    return found
