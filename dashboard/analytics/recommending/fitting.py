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
from dashboard.analytics.recommending.similarity import cosine, ease

MOST_NEW = 5_000  # products
LATE_SHARE = 0.3  # of the orders, in which popularity is counted
SLOW, FAST = 0.95, 0.5  # what a purchase is worth after each later order of the customer
NEW_KEPT = 40  # new candidates by each method
_BATCH = 500  # customers
Singles = npt.NDArray[np.float32]
Rank = Callable[[Mapping[str, Floats]], Floats]  # dense features → score of new candidates


@dataclass(frozen=True)
class Fitted:
    """`offered` are the places of products that may be offered as new, `popularity` the share of
    the late orders with each product, `alike` and `content` of offered products among themselves
    (rows: what was bought), `ease_at` places within `offered`."""

    baskets: Baskets
    offered: Ints
    late_orders: Ints  # with the product
    late_order_count: int
    bought: Matrix  # customers by products: 1
    times: Matrix  # orders with the product
    slow: Matrix
    fast: Matrix
    alike: Matrix
    ease_at: Ints
    ease: npt.NDArray[np.float32]
    content: Matrix

    @cached_property
    def both(self) -> npt.NDArray[np.int32]:
        """How many customers bought both of two offered products; on the diagonal, one."""
        own = sparse.csc_array(self.bought[:, self.offered]).astype(np.int32)
        return np.asarray((own.T @ own).todense())

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
            "cosine": self.alike.toarray().astype(np.float32),
            "content": self.content.toarray().astype(np.float32),
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

    def keep(self, chosen: Flags) -> Candidates:
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
    own = bought[:, offered]
    places, weights = ease(own)
    age = baskets.age.astype(np.float64)
    content = content_of(offered) if content_of else sparse.csr_array((len(offered),) * 2)
    return Fitted(
        baskets, offered, late, count, bought, baskets.matrix(np.ones(len(age))),
        baskets.matrix(SLOW**age), baskets.matrix(FAST**age), cosine(own),
        places, weights.astype(np.float32), content,
    )  # fmt: skip


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
    return {
        "ease": np.maximum(found, 0),
        "cosine": np.sqrt((share @ fitted.alike.astype(np.float32)).toarray()),
        "content": np.sqrt((share @ fitted.content.astype(np.float32)).toarray()),
        "popular": np.broadcast_to(
            np.sqrt(fitted.popularity[fitted.offered]).astype(np.float32), shape
        ),
    }


def _describe(
    fitted: Fitted, customers: Ints, kept: int, rank: Rank | None, beside: int
) -> Candidates:
    bought = sparse.csr_array(fitted.bought[customers])
    dense = dense_features(fitted, customers)
    own = bought[:, fitted.offered].toarray() > 0
    chosen = np.zeros_like(own)
    each = beside if rank else kept
    ways = [(scores, each) for name, scores in dense.items() if name != "popular"]
    for scores, most in [*ways, (rank(dense), kept)] if rank else ways:
        most = min(most, own.shape[1])
        if most:
            best_first = np.where(own, np.inf, -scores)  # among many equals faster than its mirror
            best = np.argpartition(best_first, most - 1, axis=1)[:, :most]
            np.put_along_axis(chosen, best, True, axis=1)
    if each and own.shape[1]:  # the same for all, but for what they have
        first = np.argsort(-fitted.popularity[fitted.offered], kind="stable")
        first = first[: each + int(own.sum(axis=1).max(initial=0))]
        free = ~own[:, first]
        chosen[:, first] |= free & (np.cumsum(free, axis=1) <= each)
    chosen &= ~own
    new_row, new_at = np.nonzero(chosen)
    own_row = np.repeat(np.arange(len(customers)), np.diff(bought.indptr))
    row = np.concatenate([own_row, new_row])
    product = np.concatenate([bought.indices, fitted.offered[new_at]]).astype(np.int64)
    turn = np.lexsort((product, row))
    row, product = row[turn], product[turn]
    is_again = turn < len(own_row)
    at = np.full(len(fitted.late_orders), -1)
    at[fitted.offered] = np.arange(len(fitted.offered))
    place = at[product]
    features = {
        name: np.where(place >= 0, values[row, place], 0).astype(np.float32)
        if own.shape[1]
        else np.zeros(len(row), np.float32)
        for name, values in dense.items()
    }
    features["popular"] = np.sqrt(fitted.popularity[product]).astype(np.float32)
    for name, matrix in (("times", fitted.times), ("often", fitted.slow), ("lately", fitted.fast)):
        features[name] = np.zeros(len(row), np.float32)
        features[name][is_again] = sparse.csr_array(matrix[customers]).data
    return Candidates(customers[row], product, is_again, features)
