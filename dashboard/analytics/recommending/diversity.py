"""A list with more variety: maximal marginal relevance (Carbonell & Goldstein 1998).

Greedy MMR alone does not promise that a larger λ gives a more varied list. Here the lists of a
fixed grid of λ are made, and the slider picks the one of them with the largest
(1 − λ)·relevance + λ·diversity. Of a fixed set, that choice never loses diversity as λ grows."""

from __future__ import annotations

import numpy as np

from dashboard.analytics.recommending.baskets import Floats, Ints

GRID = tuple(step / 20 for step in range(21))
_EQUAL = 1e-12


def diversify(scores: Floats, alike: Floats, k: int, variety: float) -> Ints:
    """The places of k candidates. `scores` from 0 (worst) to 1, `alike` symmetric from 0 to 1;
    `variety` is λ from 0 (the best scores, in their order) to 1.

    >>> alike = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1.0]])
    >>> diversify(np.array([1, 0.9, 0.2]), alike, 2, 0.0).tolist()
    [0, 1]
    >>> diversify(np.array([1, 0.9, 0.2]), alike, 2, 0.9).tolist()
    [0, 2]
    """
    k = min(k, len(scores))
    best, worth = np.zeros(0, np.int64), (-np.inf, -np.inf)
    for each in GRID:
        chosen = greedy(scores, alike, k, each)
        relevance, variedness = float(scores[chosen].mean()) if k else 0.0, spread(alike, chosen)
        own = ((1 - variety) * relevance + variety * variedness, variedness)
        if own[0] > worth[0] + _EQUAL or (abs(own[0] - worth[0]) <= _EQUAL and own[1] > worth[1]):
            best, worth = chosen, own
    return best


def greedy(scores: Floats, alike: Floats, k: int, variety: float) -> Ints:
    """One after the other, the largest (1 − λ)·score − λ·(likeness to the nearest chosen)."""
    chosen: list[int] = []
    left = np.ones(len(scores), dtype=bool)
    nearest = np.zeros(len(scores))
    for _turn in range(min(k, len(scores))):
        worth = np.where(left, (1 - variety) * scores - variety * nearest, -np.inf)
        # of equals the one with the better score, then the first
        place = int(np.lexsort((np.arange(len(worth)), -scores, -worth))[0])
        chosen.append(place)
        left[place] = False
        nearest = np.maximum(nearest, alike[place])
    return np.array(chosen, np.int64)


def spread(alike: Floats, chosen: Ints) -> float:
    """1 − mean likeness of two of them; 0 of fewer than two."""
    if len(chosen) < 2:
        return 0.0
    own = alike[np.ix_(chosen, chosen)]
    return float(1 - (own.sum() - np.trace(own)) / (len(chosen) * (len(chosen) - 1)))
