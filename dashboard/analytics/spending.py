"""What an order is worth: the Gamma-Gamma model of spend per order.

P. Fader and B. Hardie, The Gamma-Gamma Model of Monetary Value (2013). An order's value is Gamma
(p, and a scale of the customer's own, itself Gamma: q, v). A customer with few orders is shrunk
towards everybody's mean. Spend is taken to be independent of how often one orders; the correlation
that says whether it is comes with the fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln
from threadpoolctl import threadpool_limits

from dashboard.analytics.survival import Floats

FEWEST_CUSTOMERS = 20
_BOUNDS = ((-6.0, 8.0), (-6.0, 8.0), (-9.0, 12.0))
_LEAST_Q = 1.05  # below 1 the mean has no end


@dataclass(frozen=True)
class Spending:
    """p, q and v; without a fit a spread that is usual, at the mean of what there is."""

    p: float
    q: float
    v: float
    log_likelihood: float
    customers: int
    is_fitted: bool = True

    @property
    def mean(self) -> float:
        return self.p * self.v / (max(self.q, _LEAST_Q) - 1)


def fit_spending(orders: Floats, mean_value: Floats) -> Spending:
    """The likeliest, from each customer's number of orders and their mean value; customers without
    an order of more than 0 are passed over.

    >>> fit_spending(np.array([]), np.array([])).mean
    0.0
    """
    known = (orders > 0) & (mean_value > 0) & np.isfinite(mean_value)
    orders, mean_value = orders[known].astype(np.float64), mean_value[known].astype(np.float64)
    centre = float(np.average(mean_value, weights=orders)) if len(orders) else 0.0
    spread = float(np.std(mean_value)) if len(orders) else 0.0
    if len(orders) < FEWEST_CUSTOMERS or spread < 1e-6 * centre:
        return Spending(6.0, 4.0, centre / 2, 0.0, len(orders), False)
    scaled = mean_value / centre

    def uphill(logs: Floats) -> tuple[float, Floats]:
        value, slope = _likelihood(np.exp(logs), orders, scaled)
        return -value / len(orders), -slope / len(orders)

    with threadpool_limits(1):
        found = minimize(
            uphill, np.log([3.0, 3.0, 1.0]), jac=True, method="L-BFGS-B", bounds=_BOUNDS,
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8},
        )  # fmt: skip
    p, q, v = (float(each) for each in np.exp(found.x))
    likelihood = float(-found.fun * len(orders)) - len(orders) * float(np.log(centre))
    return Spending(p, q, v * centre, likelihood, len(orders))


def expect_spend(spending: Spending, orders: Floats, mean_value: Floats) -> Floats:
    """The mean value of a customer's next order; everybody's for one without orders.

    >>> expect_spend(Spending(6.0, 4.0, 15.0, 0.0, 100), np.array([0, 3]), np.array([0.0, 60.0]))
    array([30.        , 55.71428571])
    """
    q = max(spending.q, _LEAST_Q)
    known = spending.v + orders * mean_value
    return np.asarray(spending.p * known / (spending.p * orders + q - 1))


def draw_spend(
    spending: Spending,
    orders: Floats,
    mean_value: Floats,
    counts: Floats,
    chance: np.random.Generator,
) -> Floats:
    """A draw of the sum of so many next orders, for each count of a customer (a row each)."""
    shape = spending.p * orders + max(spending.q, _LEAST_Q)
    rate = spending.v + orders * mean_value
    some = counts > 0
    row = np.nonzero(some)[0]
    total = np.zeros(counts.shape)
    own = chance.gamma(shape[row]) / np.maximum(rate[row], 1e-12)
    total[some] = chance.gamma(spending.p * counts[some]) / np.maximum(own, 1e-12)
    return total


def _likelihood(parameters: Floats, orders: Floats, mean: Floats) -> tuple[float, Floats]:
    p, q, v = parameters
    shape = p * orders
    total = orders * mean
    rate = np.log(total + v)
    each = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
    each = each + (shape - 1) * np.log(mean) + shape * np.log(orders) - (shape + q) * rate
    both = digamma(shape + q)
    by_p = orders * (both - digamma(shape) + np.log(total) - rate)
    by_q = both - digamma(q) + np.log(v) - rate
    by_v = q / v - (shape + q) / (total + v)
    slope = np.array([by_p.sum(), by_q.sum(), by_v.sum()]) * parameters
    return float(each.sum()), slope
