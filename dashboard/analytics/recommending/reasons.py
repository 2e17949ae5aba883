"""Why a product is offered: the component of the score that added most, with the exact counts that
it rests on.

| reason | count of base | since |
|---|---|---|
| bought | orders of the customer with the product, of all the customer's | orders since the last |
| together | customers who bought the source and this product, of those who bought the source | – |
| similar | attributes that it has in common with the source, of those compared | – |
| popular | of the late orders those with the product | – |

The source of "together" and "similar" is the product the customer bought that added most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from dashboard.analytics.recommending.baskets import Floats, Ints
from dashboard.analytics.recommending.blending import COUNTS, Weights, contributions
from dashboard.analytics.recommending.fitting import Candidates, Fitted
from dashboard.analytics.recommending.similarity import price_bands, words_of

REASONS = ("bought", "together", "similar", "popular")
NOTHING = -1
FEWEST_TOLD = 5  # of everybody's, to tell who sees only some customers what share they are
_AT_ONCE = 20_000  # candidates
_COMPARED = ("category", "supplier", "price", "name")


@dataclass(frozen=True)
class Reasons:
    """By candidate; `source` is a product place; -1 where there is nothing to tell."""

    reason: npt.NDArray[np.object_]
    source: Ints
    count: Ints
    base: Ints
    since: Ints

    def put(self, rows: Ints, **columns: Any) -> None:
        for name, values in columns.items():
            getattr(self, name)[rows] = values


def explain(
    fitted: Fitted, weights: Weights, told: Candidates, attributes: pd.DataFrame | None = None
) -> Reasons:
    """`attributes` are those of `content`, one row for each product place."""
    size = len(told.customer)
    parts = add_up(weights, told)
    best = np.argmax(np.stack([parts[name] for name in REASONS]), axis=0)
    none = np.full(size, NOTHING)
    found = Reasons(
        np.array(REASONS, dtype=object)[best], none.copy(), none.copy(), none.copy(), none.copy()
    )
    _tell_bought(fitted, told, found)
    _tell_popular(fitted, told, found)
    _tell_together(fitted, weights, told, found)
    _tell_similar(fitted, told, found, attributes)
    return found


def about(count: Any, base: Any) -> Floats:
    """The share in round numbers: whole twentieths from a tenth on, below that its first digit. No
    count can be got from it, since that of ten times as many is the same. NaN where fewer than
    FEWEST_TOLD are counted.

    >>> about(np.array([9, 4, 12, 17]), np.array([41, 41, 4_900, 17])).tolist()
    [0.2, nan, 0.002, 1.0]
    """
    told = np.asarray(count) >= FEWEST_TOLD
    share = np.divide(count, base, out=np.full(told.shape, np.nan), where=told)
    with np.errstate(invalid="ignore"):
        steps = np.where(share >= 0.1, 20.0, 10.0 ** -np.floor(np.log10(share)))
    return np.asarray(np.round(np.floor(share * steps + 0.5) / steps, 6))  # a half goes up


def add_up(weights: Weights, told: Candidates) -> dict[str, Floats]:
    """What each reason adds to the score; together they are the score. That something was bought
    before at all counts as "bought"; being popular wins where nothing adds anything."""
    parts = contributions(weights, told)
    offset = np.where(told.is_again, weights.offset, 0.0)
    return {
        "bought": np.where(told.is_again, sum(parts[name] for name in COUNTS) + offset, 0.0),
        "together": parts["cosine"] + parts["ease"],
        "similar": parts["content"],
        "popular": parts["popular"] + 1e-12,
    }


def _tell_bought(fitted: Fitted, told: Candidates, found: Reasons) -> None:
    rows = np.flatnonzero(found.reason == "bought")
    found.put(
        rows,
        count=told.features["times"][rows].round().astype(np.int64),
        base=fitted.baskets.orders_of[told.customer[rows]],
        since=told.features["since"][rows].round().astype(np.int64),
    )


def _tell_popular(fitted: Fitted, told: Candidates, found: Reasons) -> None:
    rows = np.flatnonzero(found.reason == "popular")
    found.put(rows, count=fitted.late_orders[told.product[rows]], base=fitted.late_order_count)


def _tell_together(fitted: Fitted, weights: Weights, told: Candidates, found: Reasons) -> None:
    """By which of the two methods, the one that adds more to this candidate says."""
    rows = np.flatnonzero(found.reason == "together")
    if not len(rows):
        return
    parts = contributions(weights, told)
    by_ease = parts["ease"][rows] > parts["cosine"][rows]
    both = fitted.both
    for chosen, method, held in (
        (by_ease, "ease", fitted.bought),
        (~by_ease, "cosine", fitted.slow),
    ):
        _tell_sources(fitted, told, found, rows[chosen], fitted.pulls[method], held)
    at = fitted.at
    source, product = at[found.source[rows]], at[told.product[rows]]
    found.put(rows, count=both[source, product], base=both[source, source])


def _tell_similar(
    fitted: Fitted, told: Candidates, found: Reasons, attributes: pd.DataFrame | None
) -> None:
    rows = np.flatnonzero(found.reason == "similar")
    if not len(rows):
        return
    _tell_sources(fitted, told, found, rows, fitted.pulls["content"], fitted.slow)
    if attributes is not None:
        source, product = found.source[rows], told.product[rows]
        agree = _agreeing(attributes, source, product)
        found.put(rows, count=agree.sum(axis=1), base=agree.shape[1])


def _agreeing(attributes: pd.DataFrame, first: Ints, second: Ints) -> npt.NDArray[np.bool_]:
    columns = []
    for name in _COMPARED:
        if name not in attributes:
            continue
        if name == "name":
            words = [set(words_of(each)) for each in attributes[name]]
            pairs = zip(first, second, strict=True)
            columns.append(np.array([bool(words[a] & words[b]) for a, b in pairs], dtype=bool))
            continue
        values = price_bands(attributes[name]) if name == "price" else attributes[name]
        codes = pd.factorize(values)[0]
        columns.append((codes[first] == codes[second]) & (codes[first] >= 0))
    return np.column_stack(columns) if columns else np.zeros((len(first), 0), dtype=bool)


def _tell_sources(
    fitted: Fitted, told: Candidates, found: Reasons, rows: Ints, pull: Any, held: Any
) -> None:
    target = fitted.at[told.product[rows]]
    found.source[rows] = fitted.offered[strongest(fitted, told.customer[rows], target, pull, held)]


def strongest(
    fitted: Fitted, customer: Ints, target: Ints, pull: Any, held: Any, exact: bool = True
) -> Ints:
    """The place within `offered` of the product of the customer's that adds most to the target (a
    place there): the largest of held × pull, of equals the first."""
    found = np.zeros(len(target), np.int64)
    customers, owner = np.unique(customer, return_inverse=True)
    own = sparse.csr_array(held[customers][:, fitted.offered])
    own.sort_indices()
    starts, lengths = own.indptr.astype(np.int32), np.diff(own.indptr)
    values = own.data if exact else own.data.astype(np.float32)
    for first in range(0, len(target), _AT_ONCE):
        chunk = slice(first, first + _AT_ONCE)
        size = lengths[owner[chunk]]
        begin = np.concatenate([[0], np.cumsum(size)[:-1]]).astype(np.int32)
        which = np.repeat(np.arange(len(size), dtype=np.int32), size)
        place = (starts[owner[chunk]] - begin)[which] + np.arange(len(which), dtype=np.int32)
        source, aim = own.indices[place], target[chunk].astype(np.int32)[which]
        worth = values[place] * pull[source, aim]
        worth[source == aim] = -np.inf
        best = np.flatnonzero(worth == np.maximum.reduceat(worth, begin)[which])
        found[chunk] = source[best[np.flatnonzero(np.diff(which[best], prepend=-1))]]
    return found
