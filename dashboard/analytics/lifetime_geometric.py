"""Buying until one stops: the BG/NBD, the MBG/NBD and the MBG/CNBD-k as one family.

While active, a customer orders at random with a rate of their own (Gamma-distributed: r, alpha);
after each order they stop for good with a chance of their own (Beta-distributed: a, b). With
`stages` = k an order comes at every k-th tick of the customer's clock, which makes the gaps more
regular; with `drops_at_start` they may stop right after the first order.

Sources: P. Fader, B. Hardie and K. Lee, "Counting Your Customers" the Easy Way (2005): BG/NBD;
E. Batislam, M. Denizel and A. Filiztekin (2007): MBG/NBD; M. Platzer and T. Reutterer, Ticking Away
the Moments (2016): MBG/CNBD-k.

`repeats`, `last_age` and `age` are those of `purchases`: x, t_x and T in the papers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, digamma, gammaln

from dashboard.analytics.survival import Floats

NAMES = ("r", "alpha", "a", "b")
_SMALLEST_TAIL = 1e-9
_MOST_ORDERS = 5_000  # in one horizon


@dataclass(frozen=True)
class Family:
    """Which member: how many ticks an order takes, and whether the first order may be the last."""

    stages: int = 1
    drops_at_start: bool = True


@dataclass(frozen=True)
class Standing:
    """What is believed of each customer at their `age`."""

    log_likelihood: Floats  # without the part of the gaps that no parameter changes
    stopped: Floats  # the chance that they have stopped
    active: Floats  # one column per tick since the last order: the chance to be active and there
    slope: Floats  # of the log-likelihoods by the logarithm of each parameter, one column each


def stand(
    family: Family, parameters: Floats, repeats: Floats, last_age: Floats, age: Floats
) -> Standing:
    r, alpha, a, b = parameters
    ticks = family.stages * repeats
    chances = repeats + family.drops_at_start  # to stop, until now
    some = chances > 0
    until, last = np.log(alpha + age), np.log(alpha + last_age)
    since = np.log(np.maximum(age - last_age, 1e-12))

    of_ticks, of_slopes = [-(r + ticks) * until], [np.zeros_like(age)]
    for tick in range(1, family.stages):
        step = np.log(r + ticks + tick - 1) + since - np.log(tick) - until
        of_ticks.append(of_ticks[-1] + step)
        of_slopes.append(of_slopes[-1] + 1 / (r + ticks + tick - 1))
    stays = np.log(np.where(some, b + chances - 1, 1.0))
    active = np.stack(of_ticks, axis=1) + stays[:, None]
    stopped = np.where(some, np.log(a) - (r + ticks) * last, -np.inf)
    most = np.maximum(active.max(axis=1), stopped)
    active, stopped = np.exp(active - most[:, None]), np.exp(stopped - most)
    whole = active.sum(axis=1) + stopped
    active, stopped = active / whole[:, None], stopped / whole

    left = np.where(some, chances, 1.0)
    of_stopping = gammaln(b + left - 1) - gammaln(a + b + left) + gammaln(a + b) - gammaln(b)
    likelihood = gammaln(r + ticks) - gammaln(r) + r * np.log(alpha) + most + np.log(whole)
    likelihood = likelihood + np.where(some, of_stopping, 0.0)

    is_active = active.sum(axis=1)
    grown = np.stack(of_slopes, axis=1) - until[:, None]
    passed = r + ticks[:, None] + np.arange(family.stages)
    by_r = digamma(r + ticks) - digamma(r) + np.log(alpha) - stopped * last
    by_r = by_r + (active * grown).sum(axis=1)
    by_alpha = r / alpha - stopped * (r + ticks) / (alpha + last_age)
    by_alpha = by_alpha - (active * passed).sum(axis=1) / (alpha + age)
    common = digamma(a + b) - digamma(a + b + left)
    by_a = common + stopped / a
    by_b = common + digamma(b + left - 1) - digamma(b) + is_active / (b + left - 1)
    slope = np.stack([by_r, by_alpha, np.where(some, by_a, 0), np.where(some, by_b, 0)], axis=1)
    return Standing(likelihood, stopped, active, slope * parameters)


def expect_orders(
    family: Family,
    parameters: Floats,
    repeats: Floats,
    last_age: Floats,
    age: Floats,
    weeks: float,
) -> Floats:
    """The mean number of orders in the weeks to come."""
    return sum_tails(family, parameters, repeats, last_age, age, weeks, None)[0]


def sum_tails(
    family: Family,
    parameters: Floats,
    repeats: Floats,
    last_age: Floats,
    age: Floats,
    weeks: float,
    thresholds: Floats | None,
) -> tuple[Floats, Floats]:
    """The mean number of orders in the weeks to come and, for each of the `thresholds` between 0
    and 1 of a customer (a row each), the number that so large a share is not above: a draw of the
    number for a threshold that was drawn.

    The chance of at least m orders is exact: the clock ticks on as a negative binomial, and
    (1 − p)^(m − 1) has the mean of a Beta. Summed over m that is the mean number.
    """
    r, alpha, a, b = parameters
    now = stand(family, parameters, repeats, last_age, age)
    share = weeks / (alpha + age + weeks)
    stays = b + repeats + family.drops_at_start
    mean = np.zeros(len(age))
    drawn = np.zeros((len(age), 0 if thresholds is None else thresholds.shape[1]))
    goes_on, rows = np.ones(len(age)), np.arange(len(age))
    for orders in range(1, _MOST_ORDERS + 1):
        tail = np.zeros(len(rows))
        for tick in range(family.stages):
            needed = orders * family.stages - tick
            shape = r + family.stages * repeats[rows] + tick
            tail += now.active[rows, tick] * betainc(needed, shape, share[rows])
        tail *= goes_on[rows]
        mean[rows] += tail
        if thresholds is not None:
            drawn[rows] += tail[:, None] > thresholds[rows]
        goes_on[rows] *= (stays[rows] + orders - 1) / (a + stays[rows] + orders - 1)
        rows = rows[tail > _SMALLEST_TAIL]
        if not len(rows):
            break
    return mean, drawn
