"""The closed forms of inventory theory; the parameters have the names of the textbooks.

L. Snyder and Z. Shen, Fundamentals of Supply Chain Theory (2019): economic order quantity (3.2),
newsvendor with normal demand (4.3), (s, S) after Y. Zheng and A. Federgruen (1991).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import norm, poisson

from dashboard.analytics.survival import Floats


def economic_order_quantity(
    fixed_cost: float, holding_cost: Floats | float, demand: Floats | float
) -> Any:
    """√(2 K λ ÷ h): K per order, h per unit and year (NaN: not known), λ units a year.

    >>> round(float(economic_order_quantity(8, 0.225, 1300)), 4)
    304.0468
    """
    if fixed_cost < 0 or np.any(np.less(demand, 0)) or np.any(np.less_equal(holding_cost, 0)):
        raise ValueError("costs and demand are not negative, and holding is not free")
    return np.sqrt(2 * fixed_cost * np.asarray(demand) / np.asarray(holding_cost))


def order_cost(
    quantity: Floats | float, fixed_cost: float, holding_cost: Floats | float,
    demand: Floats | float,
) -> Any:  # fmt: skip
    """What ordering so many at a time costs a year: K λ ÷ Q + h Q ÷ 2.

    >>> round(order_cost(304.0468, 8, 0.225, 1300), 4)
    68.4105
    """
    return fixed_cost * demand / quantity + holding_cost * quantity / 2


def newsvendor_normal(
    holding_cost: float, stockout_cost: float, mean: float, deviation: float
) -> tuple[float, float]:
    """The best stock for one period of normal demand, and its expected cost: μ + z σ and
    (h + p) φ(z) σ, where Φ(z) = p ÷ (h + p)."""
    z = float(norm.ppf(stockout_cost / (stockout_cost + holding_cost)))
    cost = (holding_cost + stockout_cost) * float(norm.pdf(z)) * deviation
    return mean + z * deviation, cost


def best_s_and_s(
    holding_cost: float, stockout_cost: float, fixed_cost: float, mean: float
) -> tuple[int, int, float]:
    """s, S and the cost of a period, for Poisson demand, unmet demand waiting and no lead time:
    order up to S as soon as s or less is left."""
    size = int(poisson.ppf(1 - 1e-12, mean)) + 1
    chances = poisson.pmf(np.arange(size), mean)
    target = stockout_cost / (stockout_cost + holding_cost)
    best = int(poisson.ppf(target, mean))

    def expected(level: int) -> float:
        gaps = level - np.arange(size)
        costs = holding_cost * np.maximum(gaps, 0) + stockout_cost * np.maximum(-gaps, 0)
        return float(costs @ chances)

    renewals = _renewals(chances, 20 * size)

    def cost(low: int, high: int) -> float:
        steps = high - low
        levels = np.array([expected(high - step) for step in range(steps)])
        return (fixed_cost + float(renewals[:steps] @ levels)) / float(renewals[:steps].sum())

    low = best - 1
    while cost(low, best) > expected(low):
        low -= 1
    high, least = best, cost(low, best)
    upper = best + 1
    while expected(upper) <= least:
        if cost(low, upper) < least:
            high = upper
            while cost(low, high) <= expected(low + 1):
                low += 1
            least = cost(low, high)
        upper += 1
    return low, high, least


def _renewals(chances: Floats, count: int) -> Floats:
    """How often so many units have gone out in all."""
    found = np.zeros(count)
    found[0] = 1 / (1 - chances[0])
    for step in range(1, count):
        reach = min(step, len(chances) - 1)
        gone = float(chances[1 : reach + 1] @ found[step - reach : step][::-1])
        found[step] = gone / (1 - chances[0])
    return found


def normal_safety_stock(
    service: Floats | float,
    lead_mean: Floats,
    lead_deviation: Floats,
    rate: Floats,
    deviation: Floats,
) -> Floats:
    """z √(L σ_d² + d̄² σ_L²): days and units a day.

    >>> normal_safety_stock(0.95, np.array([9.0]), np.array([0.0]), np.array([10.0]),
    ...                     np.array([4.0])).round(2).tolist()
    [19.74]
    """
    z = np.asarray(norm.ppf(service))
    return np.asarray(z * np.sqrt(lead_mean * deviation**2 + rate**2 * lead_deviation**2))
