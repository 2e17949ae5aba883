"""What a list or a campaign brings, by a randomised trial that may be looked at every day.

An interval for a fixed number of customers is wrong more often the more often one looks. The
intervals here hold at all times at once: who stops when the difference looks sure is still wrong at
most once in twenty trials.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from scipy.special import betaln, xlog1py, xlogy

LEVEL = 0.05
POWER = 0.8
FEWEST = 30  # of each arm, for a claim
RATIO_LEVEL = 0.001  # an alarm about the split itself: strict, for it says that nothing holds
SPREAD = 0.1  # how large effects are expected to be: a standard deviation, as a share
_PRIOR = 10.0  # customers that the expected split weighs as much as


@dataclass(frozen=True)
class Difference:
    """The first share less the second, with its interval."""

    first: float
    second: float
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.first - self.second

    @property
    def is_sure(self) -> bool:
        """The interval leaves out that there is none."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Arm:
    """Those of a trial who were treated alike."""

    customers: int
    bought: int

    @property
    def share(self) -> float:
        return self.bought / self.customers if self.customers else math.nan

    @property
    def variance(self) -> float:
        """Of the share; with four more customers, two of whom bought, after A. Agresti and B.
        Coull (1998): what is guessed of few customers is often too small, and never may be zero."""
        guess = (self.bought + 2) / (self.customers + 4)
        return guess * (1 - guess) / max(self.customers, 1)


def compare_arms(
    first: Arm, second: Arm, level: float = LEVEL, spread: float = SPREAD
) -> Difference:
    """The first share less the second, with an interval that holds at all times at once.

    The normal-mixture confidence sequence of two streams: H. Robbins (1970); R. Johari, P. Koomen,
    L. Pekelis, D. Walsh, Always valid inference (2022); S. Howard and others, Time-uniform,
    nonparametric, nonasymptotic confidence sequences (2021). With V the variance of the difference
    and s = `spread`: difference ± √(V (V + s²) / s² · (2 ln(1/level) + ln((V + s²) / V))).

    >>> found = compare_arms(Arm(900, 450), Arm(100, 30))
    >>> round(found.value, 3), round(found.low, 3), round(found.high, 3)
    (0.2, 0.049, 0.351)
    """
    half = _half_width(first.variance + second.variance, level, spread)
    value = first.share - second.share
    return Difference(first.share, second.share, value - half, value + half)


def customers_needed(
    share: float, lift: float, level: float = LEVEL, spread: float = SPREAD
) -> int:
    """How many each arm needs for a lift of the share to be noticed four times in five, by then or
    before.

    >>> customers_needed(0.6, 0.1), customers_needed(0.6, 0.2)
    (685, 155)
    """
    deviation = NormalDist().inv_cdf(POWER)
    each = share * (1 - share) + (share + lift) * (1 - share - lift)

    def is_enough(customers: int) -> bool:
        variance = each / customers
        return _half_width(variance, level, spread) + deviation * math.sqrt(variance) <= lift

    most = 1
    while not is_enough(most):
        most *= 2
    return bisect_left(range(most), True, lo=1, key=is_enough)


def _half_width(variance: float, level: float, spread: float) -> float:
    prior = spread * spread
    wide = variance + prior
    bound = 2 * math.log(1 / level) + math.log(wide / variance)
    return math.sqrt(variance * wide / prior * bound)


def split_evidence(held_out: int, listed: int, rate: float) -> float:
    """How many times likelier the split is if its rate is not `rate` than if it is. Where the split
    is honest it ever reaches 1/level in at most `level` of all trials, however often one looks: a
    Bayes factor against a Beta mixture around the rate, after M. Lindon and A. Malek, Anytime-valid
    inference for multinomial count data (2022).

    >>> round(split_evidence(10, 90, 0.1), 2), round(split_evidence(40, 60, 0.1)) > 1000
    (0.28, True)
    """
    mixture = betaln(_PRIOR * rate + held_out, _PRIOR * (1 - rate) + listed)
    mixture -= betaln(_PRIOR * rate, _PRIOR * (1 - rate))
    plain = xlogy(held_out, rate) + xlog1py(listed, -rate)
    return float(np.exp(np.minimum(mixture - plain, 700.0)))


def follow_trial(steps: pd.DataFrame, rate: float, level: float = LEVEL) -> pd.DataFrame:
    """The trial as it grew, step by step.

    From  step, is_held_out, assigned (customers), customers (of them, those whose days are over),
          bought (of these)                                    one row per step and arm
    To    step, listed, listed_bought, held_out, held_out_bought (all so far), value, low, high
          (the difference of the shares, NaN while an arm is empty), evidence (the largest so far
          that the split is not `rate`), is_broken (it has reached 1 / RATIO_LEVEL)

    >>> steps = pd.DataFrame({"step": [1, 1, 2, 2], "is_held_out": [0, 1, 0, 1],
    ...     "assigned": [90, 10, 90, 10], "customers": [90, 10, 0, 0], "bought": [45, 3, 0, 0]})
    >>> follow_trial(steps, 0.1)[["listed", "held_out", "is_broken"]].values.tolist()
    [[90, 10, False], [90, 10, False]]
    """
    counts = ["assigned", "customers", "bought"]
    wide = steps.assign(is_held_out=steps["is_held_out"].astype(int)).pivot_table(
        index="step", columns="is_held_out", values=counts, aggfunc="sum", fill_value=0
    )
    wide = wide.reindex(columns=pd.MultiIndex.from_product([counts, (0, 1)]), fill_value=0)
    so_far = wide.cumsum().astype(int)
    rows = []
    evidence = 0.0
    for step, row in so_far.iterrows():
        listed = Arm(row["customers", 0], row["bought", 0])
        held_out = Arm(row["customers", 1], row["bought", 1])
        evidence = max(evidence, split_evidence(row["assigned", 1], row["assigned", 0], rate))
        found = compare_arms(listed, held_out, level)
        known = listed.customers > 0 and held_out.customers > 0
        rows.append(
            (
                step, listed.customers, listed.bought, held_out.customers, held_out.bought,
                *((found.value, found.low, found.high) if known else (math.nan,) * 3),
                evidence, evidence >= 1 / RATIO_LEVEL,
            )
        )  # fmt: skip
    names = ["step", "listed", "listed_bought", "held_out", "held_out_bought", "value", "low",
             "high", "evidence", "is_broken"]  # fmt: skip
    return pd.DataFrame(rows, columns=names)
