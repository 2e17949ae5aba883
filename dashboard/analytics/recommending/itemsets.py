"""Sets of products that enough orders hold, of any length, by exact counts.

Eclat (Zaki 2000): products from the rarest to the most frequent; for each, the orders with it are
numbered anew and each other product becomes one integer with a bit for every order that holds it
too, so that the orders with a set are counted by `&` and `bit_count`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from dashboard.analytics.recommending.baskets import Ints, Matrix

Counts = dict[tuple[int, ...], int]  # places of products, ascending → orders with all of them
MOST_SETS = 2_000_000


class TooManySetsError(ValueError):
    """More sets than can be listed: the least number of orders is too small."""


@dataclass(frozen=True)
class Held:
    """`matrix` is orders by products, 1 where the order has the product."""

    product_ids: npt.NDArray[Any]
    matrix: Matrix

    @property
    def orders(self) -> int:
        return int(self.matrix.shape[0])


def read_held(lines: pd.DataFrame) -> Held:
    """
    From  order_id, product_id, and customer_id where orders are numbered by customer
    To    Held; a product that an order names twice counts once

    >>> held = read_held(pd.DataFrame({"order_id": [1, 1, 1, 2], "product_id": list("abba")}))
    >>> held.orders, int(held.matrix.nnz)
    (2, 3)
    """
    order = pd.factorize(lines["order_id"])[0].astype(np.int64)
    if "customer_id" in lines:
        customer = pd.factorize(lines["customer_id"])[0].astype(np.int64) + 1  # unknown: 0
        order = np.unique(order * (customer.max(initial=0) + 1) + customer, return_inverse=True)[1]
    product, product_ids = pd.factorize(lines["product_id"], sort=True)
    shape = (int(order.max(initial=-1)) + 1, len(product_ids))
    ones = np.ones(len(lines), np.int32)
    matrix = sparse.csr_array((ones, (order, product)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return Held(np.asarray(product_ids), matrix)


def least_orders(support: str, orders: int) -> int:
    """The fewest orders that reach the support: "0.01" and "1%" are shares of the orders, a whole
    number of 1 or more is a number of orders. Exact, without floating point.

    >>> least_orders("0.006", 9835), least_orders("1%", 200), least_orders("25", 200)
    (60, 2, 25)
    """
    text = support.strip()
    share = Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)
    is_count = text.isdigit() and share >= 1
    if not is_count and not 0 < share <= 1:
        raise ValueError(support)
    needed = share if is_count else share * orders
    return max(1, -(-needed.numerator // needed.denominator))


def find_itemsets(held: Held, least: int, *, most: int = MOST_SETS) -> Counts:
    """All sets of products that at least `least` orders hold; TooManySetsError beyond `most`."""
    matrix = sparse.csc_array(held.matrix)
    counts = np.diff(matrix.indptr)
    places = np.flatnonzero(counts >= least)
    places = places[np.argsort(counts[places], kind="stable")]
    found: Counts = {(int(place),): int(counts[place]) for place in places}
    by_order = sparse.csr_array(matrix[:, places])  # columns from rare to frequent
    by_product = sparse.csc_array(by_order)
    for first in range(len(places)):
        rows = by_product.indices[by_product.indptr[first] : by_product.indptr[first + 1]]
        for items, count in _with_first(by_order, rows, first, least):
            if len(found) >= most:
                raise TooManySetsError(most)
            found[tuple(sorted(int(places[item]) for item in items))] = count
    return found


def _with_first(
    by_order: Matrix, rows: Ints, first: int, least: int
) -> Iterator[tuple[tuple[int, ...], int]]:
    """The sets of two or more whose rarest product is `first`, which these orders hold."""
    within = sparse.csc_array(by_order[rows])
    counts = np.diff(within.indptr)
    others = np.flatnonzero(counts >= least)
    others = others[others > first]
    bits = [_as_bits(within.indices[within.indptr[i] : within.indptr[i + 1]], len(rows))
            for i in others]  # fmt: skip
    items = [(int(item), own, int(counts[item])) for item, own in zip(others, bits, strict=True)]
    waiting: list[tuple[tuple[int, ...], list[tuple[int, int, int]]]] = [((first,), items)]
    while waiting:
        prefix, candidates = waiting.pop()
        for place, (item, own, count) in enumerate(candidates):
            longer = (*prefix, item)
            yield longer, count
            further = []
            for other, theirs, _count in candidates[place + 1 :]:
                both = own & theirs
                together = both.bit_count()
                if together >= least:
                    further.append((other, both, together))
            if further:
                waiting.append((longer, further))


def _as_bits(rows: Ints, size: int) -> int:
    flags = np.zeros(size, np.uint8)
    flags[rows] = 1
    return int.from_bytes(np.packbits(flags, bitorder="little").tobytes(), "little")
