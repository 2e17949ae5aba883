"""How good lists are against what was ordered then. A list is a row of product places, best first,
-1 where it is shorter. Definitions: recall = hits ÷ all that was ordered; NDCG with gain 1 and the
ideal list as long as the shorter of k and what was ordered; hit = at least one; coverage = products
in any list ÷ all; novelty = mean −log2 of the share of customers who had the product; diversity =
1 − mean cosine (by customers) between two products of a list."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations

import numpy as np
from scipy import sparse

from dashboard.analytics.recommending.baskets import Flags, Floats, Ints, Matrix

RESAMPLES = 1_000
_BLOCK = 500  # products


def rank_lists(customer: Ints, product: Ints, scores: Floats, customers: Ints, k: int) -> Ints:
    """The k best of each of `customers` (sorted); of equals the first product."""
    near = _near_the_top(customer, scores, k)
    customer, product, scores = customer[near], product[near], scores[near]
    turn = np.lexsort((product, -scores, customer))
    who, what = customer[turn], product[turn]
    place = np.arange(len(who)) - np.searchsorted(who, who)
    row = np.searchsorted(customers, who)
    kept = place < k
    lists = np.full((len(customers), k), -1, np.int64)
    lists[row[kept], place[kept]] = what[kept]
    return lists


def _near_the_top(customer: Ints, scores: Floats, k: int) -> Flags:
    """Which rows may be among the k best of their customer: sorting all takes longer."""
    start = np.flatnonzero(np.diff(customer, prepend=-1))
    sizes = np.diff(start, append=len(customer))
    widest = int(sizes.max(initial=0))
    every = np.ones(len(customer), dtype=bool)
    if widest <= 2 * k or widest * len(start) > 4 * len(customer) or (np.diff(customer) < 0).any():
        return every
    row = np.repeat(np.arange(len(start)), sizes)
    table = np.full((len(start), widest), -np.inf)
    table[row, np.arange(len(customer)) - start[row]] = scores
    return np.asarray(scores >= np.partition(table, widest - k, axis=1)[row, widest - k])


def looked_up(truth: Matrix, customer: Ints, product: Ints) -> Flags:
    """Whether `truth` (customers by products) has each pair."""
    size = truth.shape[1]
    pairs = sparse.csr_array(truth)
    if not pairs.has_sorted_indices:
        pairs = pairs.sorted_indices()
    there = np.repeat(np.arange(len(pairs.indptr) - 1), np.diff(pairs.indptr)) * size
    there += pairs.indices
    asked = customer.astype(np.int64) * size + product
    place = np.minimum(np.searchsorted(there, asked), max(len(there) - 1, 0))
    return np.asarray(there[place] == asked) if len(there) else np.zeros(len(asked), dtype=bool)


def measure_lists(lists: Ints, truth: Matrix, customers: Ints) -> dict[str, Floats]:
    """recall, ndcg, hit of each customer; NaN for one who ordered nothing."""
    count, k = lists.shape
    row = np.repeat(customers, k)
    found = looked_up(truth, row, np.maximum(lists.ravel(), 0)).reshape(count, k) & (lists >= 0)
    ordered = np.diff(sparse.csr_array(truth).indptr)[customers].astype(np.float64)
    ordered[ordered == 0] = np.nan
    gains = 1 / np.log2(np.arange(k) + 2)
    ideal = np.append(0, np.cumsum(gains))[np.minimum(np.nan_to_num(ordered), k).astype(int)]
    with np.errstate(invalid="ignore", divide="ignore"):
        ndcg = np.where(np.isnan(ordered), np.nan, (found @ gains) / ideal)
    hits = found.sum(axis=1)
    return {
        "recall": hits / ordered,
        "ndcg": ndcg,
        "hit": np.where(np.isnan(ordered), np.nan, hits > 0),
    }


def coverage(lists: Ints, products: int) -> float:
    return len(np.unique(lists[lists >= 0])) / products if products else 0.0


def novelty(lists: Ints, bought: Matrix) -> float | None:
    """In bits; a product that nobody had counts as had by one."""
    shown = lists[lists >= 0]
    if not len(shown):
        return None
    buyers = np.maximum(np.bincount(bought.indices, minlength=bought.shape[1]), 1)
    return float(np.mean(-np.log2(buyers[shown] / bought.shape[0])))


def likeness(shown: Ints, bought: Matrix) -> Floats:
    """The cosines of these products (sorted places), by who bought both; of one that nobody
    bought none, also with itself."""
    columns = sparse.csc_array(bought[:, shown])
    buyers = np.diff(columns.indptr).astype(np.float64)
    columns = columns @ sparse.diags_array(1 / np.sqrt(np.maximum(buyers, 1)))
    rows = sparse.csr_array(columns.T)
    found = np.empty((len(shown), len(shown)))
    for first in range(0, len(shown), _BLOCK):
        found[first : first + _BLOCK] = (rows[first : first + _BLOCK] @ columns).toarray()
    return found


def diversity_of_lists(lists: Ints, shown: Ints, alike: Floats) -> float | None:
    """Mean over the lists of at least two products; `alike` is the `likeness` of `shown`, which
    hold all that the lists do."""
    lengths = (lists >= 0).sum(axis=1)
    lists, lengths = lists[lengths > 1], lengths[lengths > 1]
    if not len(lists):
        return None
    places = np.searchsorted(shown, lists)
    sums = np.zeros(len(lists))
    for first, second in combinations(range(lists.shape[1]), 2):
        pairs = np.flatnonzero((lists[:, first] >= 0) & (lists[:, second] >= 0))
        if len(pairs):
            sums[pairs] += alike[places[pairs, first], places[pairs, second]]
    return float(np.mean(1 - 2 * sums / (lengths * (lengths - 1))))


def intervals(
    values: Floats, *, seed: int, against: Floats | None = None, resamples: int = RESAMPLES
) -> tuple[float, float, float]:
    """The mean of the customers' values (or of the differences from `against`, customer by
    customer) and its 95 % interval: bootstrap over customers. NaN are left out."""
    differences = values if against is None else values - against
    known = differences[~np.isnan(differences)]
    if not len(known):
        return np.nan, np.nan, np.nan
    means = _drawn(len(known), seed, resamples) @ known / len(known)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(known.mean()), float(low), float(high)


@lru_cache(maxsize=1)
def _drawn(size: int, seed: int, resamples: int) -> Floats:
    """How often each of `size` values is drawn in each of the resamples (rows). One evaluation asks
    for the same draws a hundred times over, and drawing takes longer than all else in it."""
    chance = np.random.default_rng(seed)
    counts = [np.bincount(chance.integers(0, size, size), minlength=size) for _ in range(resamples)]
    return np.array(counts, np.float64)
