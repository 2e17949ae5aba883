"""The Pareto/NBD: buying at a rate of one's own until one stops at some moment, orders or not.

D. Schmittlein, D. Morrison and R. Colombo, Counting Your Customers (1987). Rates are Gamma (r,
alpha), lifetimes Pareto (s, beta). What other texts write with hypergeometric functions is here the
integral over the moment of stopping, by Gauss–Legendre on a logarithmic scale.
"""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, gammaln

from dashboard.analytics.lifetime_geometric import Standing
from dashboard.analytics.survival import Floats

NAMES = ("r", "alpha", "s", "beta")
_AT, _WEIGHT = np.polynomial.legendre.leggauss(32)
_FAR = 42.0  # e to the minus that is nothing


def stand(parameters: Floats, repeats: Floats, last_age: Floats, age: Floats) -> Standing:
    """`active` has one column."""
    r, alpha, s, beta = parameters
    shape = r + repeats
    until_a, until_b = np.log(alpha + age), np.log(beta + age)
    still = -shape * until_a - s * until_b
    ended, means = _stopped(parameters, shape, last_age, age)
    ended = ended + np.log(s)
    both = np.logaddexp(still, ended)
    active, stopped = np.exp(still - both), np.exp(ended - both)
    likelihood = gammaln(shape) - gammaln(r) + r * np.log(alpha) + s * np.log(beta) + both
    log_a, log_b, over_a, over_b = means
    by_r = digamma(shape) - digamma(r) + np.log(alpha) - active * until_a - stopped * log_a
    by_alpha = r / alpha - shape * (active / (alpha + age) + stopped * over_a)
    by_s = np.log(beta) - active * until_b + stopped * (1 / s - log_b)
    by_beta = s / beta - active * s / (beta + age) - stopped * (s + 1) * over_b
    slope = np.stack([by_r, by_alpha, by_s, by_beta], axis=1) * parameters
    return Standing(likelihood, stopped, active[:, None], slope)


def expect_orders(
    parameters: Floats, repeats: Floats, last_age: Floats, age: Floats, weeks: float
) -> Floats:
    """The mean number of orders in the weeks to come."""
    r, alpha, s, beta = parameters
    active = stand(parameters, repeats, last_age, age).active[:, 0]
    stays = np.log((beta + age) / (beta + age + weeks))
    power = s - 1
    lived = -np.expm1(power * stays) / power if abs(power) > 1e-9 else -stays
    return np.asarray(active * (r + repeats) / (alpha + age) * (beta + age) * lived)


def _stopped(
    parameters: Floats, shape: Floats, last_age: Floats, age: Floats
) -> tuple[Floats, tuple[Floats, Floats, Floats, Floats]]:
    """The logarithm of the integral of (alpha + t)^−shape · (beta + t)^−(s + 1) from the last order
    until now, and under it the means of log(alpha + t), log(beta + t), 1/(alpha + t) and
    1/(beta + t)."""
    _r, alpha, s, beta = parameters
    least = min(alpha, beta)
    begin = np.log(least + last_age)
    falls = shape * (least + last_age) / (alpha + last_age)
    falls = falls + (s + 1) * (least + last_age) / (beta + last_age) - 1
    length = np.log((least + age) / (least + last_age))
    length = np.minimum(length, _FAR / np.maximum(falls, 1e-6))
    length = np.maximum(length, 1e-12)
    moment = begin[:, None] + length[:, None] * (_AT + 1) / 2
    shifted = np.exp(moment)
    log_a = np.log(shifted + (alpha - least)) if alpha > least else moment
    log_b = np.log(shifted + (beta - least)) if beta > least else moment
    inside = moment - shape[:, None] * log_a - (s + 1) * log_b
    top = inside.max(axis=1)
    weighed = np.exp(inside - top[:, None]) * _WEIGHT
    whole = weighed.sum(axis=1)
    means = (
        (weighed * log_a).sum(axis=1) / whole,
        (weighed * log_b).sum(axis=1) / whole,
        (weighed * np.exp(-log_a)).sum(axis=1) / whole,
        (weighed * np.exp(-log_b)).sum(axis=1) / whole,
    )
    return top + np.log(whole * length / 2), means
