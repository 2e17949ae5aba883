"""Whether one share is larger than another: the difference, how sure it is, and how many are needed
to tell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95
FEWEST = 30  # of each group, for a claim
POWER = 0.8


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


def compare_shares(
    first: int, of_first: int, second: int, of_second: int, confidence: float = CONFIDENCE
) -> Difference:
    """The difference of two independent shares, after R. Newcombe, Interval estimation for the
    difference between independent proportions (1998), method 10: from the Wilson intervals of each.

    >>> found = compare_shares(56, 70, 48, 80)
    >>> round(found.value, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    p, q = first / of_first, second / of_second
    p_low, p_high = wilson(first, of_first, confidence)
    q_low, q_high = wilson(second, of_second, confidence)
    low = p - q - math.hypot(p - p_low, q_high - q)
    high = p - q + math.hypot(p_high - p, q - q_low)
    return Difference(p, q, low, high)


def wilson(some: int, of: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The interval of one share, after E. Wilson (1927).

    >>> low, high = wilson(81, 263)
    >>> round(low, 4), round(high, 4)
    (0.2553, 0.3662)
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = (some + z * z / 2) / (of + z * z)
    half = z / (of + z * z) * math.sqrt(some * (of - some) / of + z * z / 4)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def customers_needed(share: float, lift: float, confidence: float = CONFIDENCE) -> int:
    """How many each group needs for a lift of the share to be noticed four times in five (Fleiss,
    Statistical Methods for Rates and Proportions, without the correction for continuity).

    >>> customers_needed(0.6, 0.1)
    356
    """
    raised = min(share + lift, 1.0)
    mean = (share + raised) / 2
    z, power = NormalDist().inv_cdf((1 + confidence) / 2), NormalDist().inv_cdf(POWER)
    spread = z * math.sqrt(2 * mean * (1 - mean))
    spread += power * math.sqrt(share * (1 - share) + raised * (1 - raised))
    return math.ceil((spread / (raised - share)) ** 2)
