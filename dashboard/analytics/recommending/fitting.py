"""What is learnt of products from everybody's orders, and how each of a customer's candidates looks
by it. Candidates to buy again are all the customer ever bought; new ones are the best of the
products most ordered lately, at most MOST_NEW of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from dashboard.analytics.recommending.baskets import Baskets, Flags, Floats, Ints, Matrix
from dashboard.analytics.recommending.similarity import bought_both, cosine, ease

MOST_NEW = 5_000  # products
LATE_SHARE = 0.3  # of the orders, in which popularity is counted
SLOW, FAST = 0.95, 0.5  # what a purchase is worth after each later order of the customer
NEW_KEPT = 40  # new candidates by each method
_BATCH = 100  # customers: what is worked out of more does not stay near the processor
_GROUP = 25  # products, the best of which is looked at first
Singles = npt.NDArray[np.float32]
Rank = Callable[[Mapping[str, Floats]], Floats]  # dense features → score of new candidates


@dataclass(frozen=True)
class Fitted:
    """`offered` are the places of products that may be offered as new, `popularity` the share of
    the late orders with each product, `alike` and `content` of offered products among themselves
    (rows: what was bought), `both` how many customers bought both of two of them, `ease_at` places
    within `offered`."""

    baskets: Baskets
    offered: Ints
    late_orders: Ints  # with the product
    late_order_count: int
    bought: Matrix  # customers by products: 1
    times: Matrix  # orders with the product
    slow: Matrix
    fast: Matrix
    since: Matrix  # orders after the last with the product
    both: npt.NDArray[np.int32]
    alike: Matrix
    ease_at: Ints
    ease: npt.NDArray[np.float32]
    content: Matrix

    @cached_property
    def buyers(self) -> Ints:
        """Of each product."""
        return np.bincount(self.bought.indices, minlength=self.bought.shape[1])

    @cached_property
    def at(self) -> Ints:
        """The place within `offered` of each product, -1 where it is not there."""
        found = np.full(len(self.late_orders), -1)
        found[self.offered] = np.arange(len(self.offered))
        return found

    @cached_property
    def pulls(self) -> Mapping[str, Singles]:
        """By method, what having bought the row's product adds to the column's, dense. Of EASE
        nothing where nobody bought both: that would be no reason."""
        size = len(self.offered)
        weights = np.zeros((size, size), np.float32)
        if len(self.ease_at):
            weights[np.ix_(self.ease_at, self.ease_at)] = self.ease
        weights[self.both == 0] = 0
        return {
            "ease": weights,
            "cosine": self.alike.toarray(),
            "content": self.content.toarray(),
        }

    @cached_property
    def popularity(self) -> Floats:
        return np.asarray(self.late_orders / max(int(self.late_orders.max(initial=1)), 1))


@dataclass(frozen=True)
class Candidates:
    """One row for each customer (a place) and product (a place), sorted by both."""

    customer: Ints
    product: Ints
    is_again: Flags
    features: Mapping[str, Singles]

    def scores(self, weights: Mapping[str, float]) -> Floats:
        found = np.zeros(len(self.customer))
        for name, weight in weights.items():
            if weight:
                found += weight * self.features[name]
        return found

    def keep(self, chosen: Flags | Ints) -> Candidates:
        return Candidates(
            self.customer[chosen], self.product[chosen], self.is_again[chosen],
            {name: values[chosen] for name, values in self.features.items()},
        )  # fmt: skip


def fit(
    baskets: Baskets, content_of: Callable[[Ints], Matrix] | None = None,
    may_be_offered: Flags | None = None,
) -> Fitted:  # fmt: skip
    """`content_of` gives how alike products (places) are; `may_be_offered` says of each product
    whether it may be offered as new."""
    bought = baskets.matrix()
    late, count = count_late_orders(baskets)
    offered = np.argsort(-late, kind="stable")
    offered = offered[(late > 0)[offered]]
    if may_be_offered is not None:
        offered = offered[may_be_offered[offered]]
    offered = np.sort(offered[:MOST_NEW])
    both = bought_both(bought[:, offered])
    places, weights = ease(both)
    age = baskets.age.astype(np.float64)
    content = content_of(offered) if content_of else sparse.csr_array((len(offered),) * 2)
    return Fitted(
        baskets, offered, late, count, bought, baskets.matrix(np.ones(len(age))),
        baskets.matrix(SLOW**age), baskets.matrix(FAST**age), _orders_since(baskets, bought),
        both, cosine(both).astype(np.float32), places, weights.astype(np.float32),
        content.astype(np.float32),
    )  # fmt: skip


def _orders_since(baskets: Baskets, bought: Matrix) -> Matrix:
    """Where `bought` has something: how many orders of the customer came after the last with it."""
    bought.sort_indices()
    size = bought.shape[1]
    there = np.repeat(np.arange(bought.shape[0]), np.diff(bought.indptr)) * size + bought.indices
    place = np.searchsorted(there, baskets.customer * size + baskets.product)
    latest = np.zeros(len(there), np.int64)
    latest[place] = baskets.turn  # turns of a customer ascend: the last stays
    ages = np.repeat(baskets.orders_of, np.diff(bought.indptr)) - 1 - latest
    shape = bought.shape
    return sparse.csr_array((ages, bought.indices.copy(), bought.indptr.copy()), shape=shape)


def count_late_orders(baskets: Baskets) -> tuple[Ints, int]:
    """How many of the latest orders hold each product, and how many orders those are."""
    first = np.ones(len(baskets.customer), dtype=bool)
    first[1:] = (baskets.customer[1:] != baskets.customer[:-1]) | (
        baskets.turn[1:] != baskets.turn[:-1]
    )
    size = len(baskets.product_ids)
    if not len(first):
        return np.zeros(size, np.int64), 0
    since = np.quantile(baskets.when[first], 1 - LATE_SHARE, method="lower")
    late = baskets.when >= since
    return np.bincount(baskets.product[late], minlength=size), int((first & late).sum())


def describe(
    fitted: Fitted, customers: Ints, *, kept: int = NEW_KEPT, rank: Rank | None = None,
    beside: int = 0,
) -> Candidates:  # fmt: skip
    """All candidates of these customers (places, sorted) with their features. Of new ones those
    that are best by any method or, with `rank`, by it, and the best `beside` by any method."""
    parts = [
        _describe(fitted, customers[first : first + _BATCH], kept, rank, beside)
        for first in range(0, max(len(customers), 1), _BATCH)
    ]
    names = parts[0].features
    return Candidates(
        np.concatenate([part.customer for part in parts]),
        np.concatenate([part.product for part in parts]),
        np.concatenate([part.is_again for part in parts]),
        {name: np.concatenate([part.features[name] for part in parts]) for name in names},
    )


def dense_features(fitted: Fitted, customers: Ints) -> dict[str, Any]:
    """Of each customer and offered product: how it goes with what the customer bought."""
    slow = sparse.csr_array(fitted.slow[customers])
    total = np.asarray(slow.sum(axis=1)).ravel()
    scale = sparse.diags_array(np.divide(1, total, out=np.zeros(len(total)), where=total > 0))
    share = sparse.csr_array(scale @ slow[:, fitted.offered]).astype(np.float32)
    own = sparse.csr_array(fitted.bought[customers][:, fitted.offered]).astype(np.float32)
    shape = own.shape
    found = np.zeros(shape, np.float32)
    if len(fitted.ease_at):
        found[:, fitted.ease_at] = own[:, fitted.ease_at] @ fitted.ease
    cosines, likeness = (share @ fitted.alike).toarray(), (share @ fitted.content).toarray()
    return {
        "ease": np.maximum(found, 0, out=found),
        "cosine": np.sqrt(cosines, out=cosines),
        "content": np.sqrt(likeness, out=likeness),
        "popular": np.broadcast_to(
            np.sqrt(fitted.popularity[fitted.offered]).astype(np.float32), shape
        ),
    }


def _describe(
    fitted: Fitted, customers: Ints, kept: int, rank: Rank | None, beside: int
) -> Candidates:
    bought = sparse.csr_array(fitted.bought[customers])
    own_row = np.repeat(np.arange(len(customers)), np.diff(bought.indptr))
    dense = dense_features(fitted, customers)
    new_row, new_at = _new_candidates(fitted, dense, own_row, bought.indices, kept, rank, beside)
    row = np.concatenate([own_row, new_row])
    product = np.concatenate([bought.indices, fitted.offered[new_at]]).astype(np.int64)
    turn = np.lexsort((product, row))
    row, product = row[turn], product[turn]
    is_again = turn < len(own_row)
    place = fitted.at[product]
    features = {
        name: np.where(place >= 0, values[row, place], 0).astype(np.float32)
        if len(fitted.offered)
        else np.zeros(len(row), np.float32)
        for name, values in dense.items()
    }
    features["popular"] = np.sqrt(fitted.popularity[product]).astype(np.float32)
    for name, matrix in (("times", fitted.times), ("often", fitted.slow), ("lately", fitted.fast),
                         ("since", fitted.since)):  # fmt: skip
        features[name] = np.zeros(len(row), np.float32)
        features[name][is_again] = sparse.csr_array(matrix[customers]).data
    return Candidates(customers[row], product, is_again, features)


def _new_candidates(
    fitted: Fitted, dense: Mapping[str, Any], own_row: Ints, own_product: Ints, kept: int,
    rank: Rank | None, beside: int,
) -> tuple[Ints, Ints]:  # fmt: skip
    """Rows and places within `offered` of what the customers never bought and is the best by any
    method. With `rank`, what a method says nothing of is no candidate by it; learning needs such
    ones too."""
    own_at = fitted.at[own_product]
    own = (own_row[own_at >= 0], own_at[own_at >= 0])
    chosen = np.zeros(dense["popular"].shape, dtype=bool)
    each = beside if rank else kept
    for name, scores in dense.items():
        if name != "popular":
            (_mark_best if rank else _mark_so_many)(chosen, scores, own, each)
    if rank:
        _mark_best(chosen, rank(dense), own, kept)
    if each and chosen.shape[1]:  # the same for all, but for what they have
        is_own = np.zeros_like(chosen)
        is_own[own] = True
        most = int(np.bincount(own[0], minlength=1).max(initial=0))
        first = np.argsort(-fitted.popularity[fitted.offered], kind="stable")[: each + most]
        free = ~is_own[:, first]
        chosen[:, first] |= free & (np.cumsum(free, axis=1) <= each)
    row, place = np.divmod(np.flatnonzero(chosen), max(chosen.shape[1], 1))
    return row, place


def _mark_so_many(chosen: Flags, scores: Any, own: tuple[Ints, Ints], most: int) -> None:
    """Marks the `most` largest of each row, also where they are 0, but for those of `own`."""
    most = min(most, scores.shape[1])
    if not most:
        return
    best_first = -scores  # among many equals faster than its mirror
    best_first[own] = np.inf
    best = np.argpartition(best_first, most - 1, axis=1)[:, :most]
    np.put_along_axis(chosen, best, True, axis=1)
    chosen[own] = False


def _mark_best(chosen: Flags, scores: Any, own: tuple[Ints, Ints], most: int) -> None:
    """Marks the `most` largest above 0 of each row, but for those of `own`; of equals the first."""
    kept = scores[own]
    scores[own] = 0
    width, groups = scores.shape[1], scores.shape[1] // _GROUP
    if groups > most > 0:  # as many groups have one above `least`: what is below it is none of them
        tops = scores[:, : groups * _GROUP].reshape(len(scores), _GROUP, groups).max(axis=1)
        least = np.partition(tops, groups - most, axis=1)[:, groups - most, None]
        found = np.flatnonzero(scores >= np.maximum(least, np.finfo(np.float32).tiny))
    else:
        found = np.flatnonzero(scores > 0)
    row, place = np.divmod(found, max(width, 1))
    turn = np.lexsort((-scores[row, place], row))
    row, place = row[turn], place[turn]
    best = np.arange(len(row)) - np.searchsorted(row, row) < most
    chosen[row[best], place[best]] = True
    scores[own] = kept
