"""Rules from itemsets, "who takes A and B also takes C", and how sure they are.

support = together ÷ orders, confidence = together ÷ orders with the left side, lift = confidence ÷
share of orders with the right side. The p-value is that of so many or more together by chance
(Fisher's exact test, one-sided: hypergeometric); q-values are Benjamini & Hochberg (1995) over all
rules that the itemsets allow, also those whose confidence is too small to be listed, since
choosing first would make chance look sure. The 95 % interval of lift is that of its logarithm with
the variance of multinomial counts (delta method)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import numpy as np
import pandas as pd
from scipy import stats

from dashboard.analytics.recommending.baskets import Floats, Ints
from dashboard.analytics.recommending.itemsets import Counts

_Z = 1.959963984540054
COLUMNS = ("antecedent", "consequent", "together", "antecedent_orders", "consequent_orders",
           "support", "confidence", "lift", "lift_low", "lift_high", "p_value",
           "q_value")  # fmt: skip


def make_rules(
    itemsets: Counts, orders: int, min_confidence: Fraction, *, longest_right: int = 1
) -> pd.DataFrame:
    """
    To  COLUMNS; antecedent and consequent are tuples of places; one row for each rule with at
        least this confidence (compared exactly), the most certain lift first
    """
    rules = list(_splits(itemsets, longest_right))
    if not rules:
        return pd.DataFrame(columns=list(COLUMNS))
    left, right, *counts = zip(*rules, strict=True)
    together, a, b = (np.array(each, np.int64) for each in counts)
    p = p_values(together, a, b, orders)
    q = q_values(p)
    least, of = min_confidence.numerator, min_confidence.denominator
    listed = np.array([t * of >= least * n for t, n in zip(counts[0], counts[1], strict=True)])
    together, a, b, p, q = (each[listed] for each in (together, a, b, p, q))
    lift, low, high = lift_interval(together, a, b, orders)
    frame = pd.DataFrame(
        {
            "antecedent": _tuples(left, listed),
            "consequent": _tuples(right, listed),
            "together": together,
            "antecedent_orders": a,
            "consequent_orders": b,
            "support": together / orders,
            "confidence": together / a,
            "lift": lift,
            "lift_low": low,
            "lift_high": high,
            "p_value": p,
            "q_value": q,
        }
    )
    order = ["lift_low", "together", "antecedent", "consequent"]
    return frame.sort_values(order, ascending=[False, False, True, True], ignore_index=True)


def p_values(together: Ints, a: Ints, b: Ints, orders: int) -> Floats:
    """The chance of `together` or more when `a` and `b` orders of `orders` are drawn freely."""
    return np.asarray(stats.hypergeom.sf(together - 1, orders, a, b))


def q_values(p: Floats) -> Floats:
    """Benjamini and Hochberg's adjusted p-values.

    >>> q_values(np.array([0.01, 0.02, 0.5])).round(3).tolist()
    [0.03, 0.03, 0.5]
    """
    if not len(p):
        return p
    turn = np.argsort(p, kind="stable")
    scaled = p[turn] * len(p) / np.arange(1, len(p) + 1)
    found = np.empty(len(p))
    found[turn] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return found


def lift_interval(together: Ints, a: Ints, b: Ints, orders: int) -> tuple[Floats, Floats, Floats]:
    """Lift with its 95 % interval."""
    k, n = together.astype(np.float64), float(orders)
    lift = k * n / (a.astype(np.float64) * b)
    # slopes of log(k·n / (a·b)) by the shares of the four cells, and their variance
    both, only_a, only_b = 1 / k - 1 / a - 1 / b + 1 / n, 1 / n - 1 / a, 1 / n - 1 / b
    neither = n - a - b + k
    variance = k * both**2 + (a - k) * only_a**2 + (b - k) * only_b**2 + neither * (1 / n) ** 2
    wide = np.exp(_Z * np.sqrt(np.maximum(variance, 0)))
    return lift, lift / wide, lift * wide


def _splits(
    itemsets: Counts, longest_right: int
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], int, int, int]]:
    for items, together in itemsets.items():
        for size in range(1, min(longest_right, len(items) - 1) + 1):
            for right in combinations(items, size):
                left = tuple(item for item in items if item not in right)
                yield left, right, together, itemsets[left], itemsets[right]


def _tuples(values: tuple[tuple[int, ...], ...], listed: np.typing.NDArray[np.bool_]) -> pd.Series:
    chosen = [own for own, is_listed in zip(values, listed, strict=True) if is_listed]
    return pd.Series(chosen, dtype="object")
