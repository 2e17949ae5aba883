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
_BATCH = 500
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
    customer, product = told.customer[rows], told.product[rows]
    baskets = fitted.baskets
    last = sparse.coo_array(fitted.bought)
    size = last.shape[1]
    lines = baskets.customer * size + baskets.product
    turn = np.lexsort((baskets.age, lines))
    newest = turn[np.flatnonzero(np.diff(lines[turn], prepend=-1))]
    place = np.searchsorted(lines[newest], customer * size + product)
    found.put(
        rows,
        count=told.features["times"][rows].round().astype(np.int64),
        base=baskets.orders_of[customer],
        since=baskets.age[newest[place]] if len(rows) else 0,
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
    at = _places(fitted)
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
    """The product of the customer's that adds most: the largest of held × pull."""
    at = _places(fitted)
    for first in range(0, len(rows), _BATCH * 20):
        chunk = rows[first : first + _BATCH * 20]
        own = sparse.csr_array(held[told.customer[chunk]][:, fitted.offered])
        lengths = np.diff(own.indptr)
        target = np.repeat(at[told.product[chunk]], lengths)
        worth = own.data * pull[own.indices, target]
        row = np.repeat(np.arange(len(chunk)), lengths)
        worth[own.indices == target] = -np.inf
        turn = np.lexsort((own.indices, -worth, row))
        foremost = turn[np.flatnonzero(np.diff(row[turn], prepend=-1))]
        found.source[chunk[row[foremost]]] = fitted.offered[own.indices[foremost]]


def _places(fitted: Fitted) -> Ints:
    at = np.full(len(fitted.late_orders), NOTHING)
    at[fitted.offered] = np.arange(len(fitted.offered))
    return at
