"""What each single method would offer a customer, beside the blend: its best to buy again and its
best new ones, each with the reason that is true of that method's score.

| method | score | reason |
|---|---|---|
| personal | decayed count of purchases + weight × popularity | bought; popular where that is more |
| cosine, ease | how it goes with what the customer bought | together, by what adds most |
| content | how like it is to what the customer bought | similar, by what adds most |

Kept as one row for each customer, packed into text, since a row for each product would be millions.
Counts over everybody below FEWEST_TOLD stand apart: not everybody may read them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from dashboard.analytics.recommending.baskets import Floats, Ints, Matrix
from dashboard.analytics.recommending.blending import Weights, personal
from dashboard.analytics.recommending.fitting import Candidates, Fitted
from dashboard.analytics.recommending.similarity import price_bands, words_of

LISTED = 15  # by each method, of each kind
FEWEST_TOLD = 5
METHODS = ("personal", "cosine", "ease", "content")
REASON_CODES = ("bought", "together", "similar", "popular")
COMPARED = ("category", "supplier", "price", "name")
LIST_COLUMNS = ("customer_id", "order_count", "late_orders", "products", "entries", "counts",
                "small_counts")  # fmt: skip
_BOUGHT, _TOGETHER, _SIMILAR, _POPULAR = range(4)
_NONE = 2**16 - 1
_NOT_TOLD = -1
_LENGTHS = len(METHODS) * 2  # again, new
_ENTRY = np.dtype(
    [
        ("reason", "u1"),
        ("product", "<u2"),
        ("source", "<u2"),
        ("score", "<f4"),
        ("own", "<u2"),
        ("since", "<u2"),
    ]
)  # fmt: skip  places in `products`
_ID, _COUNT = np.dtype("<i8"), np.dtype("<i4")
_SMALL = np.dtype([("place", "<u2"), ("count", "u1")])
_AT_ONCE = 20_000  # candidates


@dataclass(frozen=True)
class _Entries:
    """One row for each customer, method, kind and product, so sorted; places of customers and
    products; -1 where there is nothing to tell."""

    customer: Ints
    list: Ints  # place of the method × 2 + new
    product: Ints
    score: Floats
    reason: Ints
    source: Ints
    own: Ints
    since: Ints
    shared: Ints


def agreement(fitted: Fitted, attributes: pd.DataFrame) -> npt.NDArray[np.uint8]:
    """In how many of COMPARED two offered products agree; `attributes` has one row for each product
    place."""
    own = attributes.iloc[fitted.offered].reset_index(drop=True)
    bands = price_bands(attributes["price"]).iloc[fitted.offered]
    common = np.zeros((len(own), len(own)), np.uint8)
    for values in (own["category"], own["supplier"], bands):
        codes = pd.factorize(values)[0]
        common += (codes[:, None] == codes) & (codes >= 0)
    words = [set(words_of(each)) for each in own["name"]]
    row = np.repeat(np.arange(len(own)), [len(each) for each in words])
    codes = pd.factorize(np.array([word for each in words for word in each], dtype=object))[0]
    shape = (len(own), int(codes.max(initial=-1)) + 1)
    held = sparse.csr_array((np.ones(len(row), np.float32), (row, codes)), shape=shape)
    common += (held @ held.T).toarray() > 0
    return common


def make_lists(
    fitted: Fitted, weights: Weights, told: Candidates, common: npt.NDArray[np.uint8]
) -> pd.DataFrame:
    """
    From  `told`: candidates, sorted by customer and product, with the best LISTED new ones by each
          method among them; `common` as of `agreement`
    To    LIST_COLUMNS, sorted by customer
    """
    parts = []
    at = _places(fitted)
    for number, method in enumerate(METHODS):
        scores = _scores(weights, told, method)
        rows = _best(told, scores, _counts(fitted, told, method, scores))
        parts.append(_explained(fitted, weights, told, method, number, rows, scores[rows], at,
                                common))  # fmt: skip
    names = _Entries.__dataclass_fields__
    joined = {name: np.concatenate([getattr(each, name) for each in parts]) for name in names}
    turn = np.lexsort((joined["list"], joined["customer"]))  # stable: within a list the best first
    return _pack(fitted, _Entries(**{name: values[turn] for name, values in joined.items()}))


def _scores(weights: Weights, told: Candidates, method: str) -> Floats:
    if method == "personal":
        return personal(weights.personal, told)
    return np.asarray(told.features[method], np.float64)


def _counts(fitted: Fitted, told: Candidates, method: str, scores: Floats) -> Any:
    """Whether the method says anything of a candidate."""
    if method == "personal":
        return told.is_again | (fitted.late_orders[told.product] > 0)
    return scores > 0


def _best(told: Candidates, scores: Floats, says: Any) -> Ints:
    """Rows of the best LISTED of each customer and kind, the best first."""
    rows = np.flatnonzero(says)
    group = told.customer[rows] * 2 + ~told.is_again[rows]
    worth = scores[rows]
    popular = told.features["popular"][rows]  # decides where the method weighs it with nothing
    turn = np.lexsort((-popular, -worth, group))  # stable: of equals the first product
    ordered = group[turn]
    place = np.arange(len(turn)) - np.searchsorted(ordered, ordered)
    return np.asarray(rows[turn[place < LISTED]])


def _explained(
    fitted: Fitted, weights: Weights, told: Candidates, method: str, number: int, rows: Ints,
    scores: Floats, at: Ints, common: npt.NDArray[np.uint8],
) -> _Entries:  # fmt: skip
    customer, product = told.customer[rows], told.product[rows]
    is_again, target = told.is_again[rows], at[product]
    source = own = since = shared = np.full(len(rows), -1)
    if method == "personal":
        popular = weights.personal * told.features["popular"][rows].astype(np.float64) ** 2
        bought = is_again & (told.features["often"][rows] >= popular)
        reason = np.where(bought, _BOUGHT, _POPULAR)
        own = np.where(bought, told.features["times"][rows].round().astype(np.int64), -1)
        since = np.where(bought, _orders_since(fitted, customer, product), -1)
        shared = np.where(bought, -1, fitted.late_orders[product])
    else:
        place = _sources(fitted, customer, target, method)
        source = fitted.offered[place]
        reason = np.full(len(rows), _SIMILAR if method == "content" else _TOGETHER)
        if method == "content":
            own = common[place, target].astype(np.int64)
        else:
            shared = fitted.both[place, target].astype(np.int64)
    lists = number * 2 + ~is_again
    return _Entries(customer, lists, product, scores, reason, source, own, since, shared)


def _orders_since(fitted: Fitted, customer: Ints, product: Ints) -> Ints:
    """Orders of the customer after the last with the product; 0 where it was never bought."""
    baskets, size = fitted.baskets, len(fitted.baskets.product_ids)
    ends = [customer.min(initial=len(baskets.customer_ids)), customer.max(initial=-1) + 1]
    first, last = np.searchsorted(baskets.customer, ends)
    owner = baskets.customer[first:last]
    lines = owner * size + baskets.product[first:last]
    turns = baskets.turn[first:last]
    order = np.lexsort((-turns, lines))
    newest = order[np.flatnonzero(np.diff(lines[order], prepend=-1))]
    if not len(newest):
        return np.zeros(len(customer), np.int64)
    wanted = customer * size + product
    place = np.minimum(np.searchsorted(lines[newest], wanted), len(newest) - 1)
    age = baskets.orders_of[customer] - 1 - turns[newest[place]]
    return np.where(lines[newest][place] == wanted, age, 0)


def _sources(fitted: Fitted, customer: Ints, target: Ints, method: str) -> Ints:
    """The place within `offered` of the product of the customer's that adds most to the target
    (a place there); of equals the first."""
    found = np.zeros(len(target), np.int64)
    if not len(target):
        return found
    held: Matrix = fitted.bought if method == "ease" else fitted.slow
    customers, owner = np.unique(customer, return_inverse=True)
    own = sparse.csr_array(held[customers][:, fitted.offered])
    own.sort_indices()
    starts, lengths = own.indptr.astype(np.int32), np.diff(own.indptr)
    values, pull = own.data.astype(np.float32), fitted.pulls[method]
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


def _places(fitted: Fitted) -> Ints:
    at = np.full(len(fitted.late_orders), -1)
    at[fitted.offered] = np.arange(len(fitted.offered))
    return at


def _pack(fitted: Fitted, told: _Entries) -> pd.DataFrame:
    """Counts of a row: one for each entry, then the buyers of each of its products."""
    size, ids = len(fitted.baskets.product_ids), fitted.baskets.product_ids
    buyers = np.diff(sparse.csc_array(fitted.bought).indptr)
    has_source = told.source >= 0
    key = told.customer * size
    known = np.unique(np.concatenate([key + told.product, (key + told.source)[has_source]]))
    owner, product = np.divmod(known, size)
    customers, starts = np.unique(told.customer, return_index=True)
    ends = np.append(starts[1:], len(told.customer))
    low, high = (np.searchsorted(owner, customers, side=side) for side in ("left", "right"))
    begin = np.repeat(low, ends - starts)
    packed = np.zeros(len(told.customer), _ENTRY)
    packed["product"] = np.searchsorted(known, key + told.product) - begin
    places = np.searchsorted(known, key + told.source) - begin
    packed["source"] = np.where(has_source, places, _NONE)
    packed["reason"], packed["score"] = told.reason, told.score
    for name in ("own", "since"):
        values = getattr(told, name)
        packed[name] = np.where(values < 0, _NONE, np.minimum(values, _NONE - 1))
    row = np.repeat(np.arange(len(customers)), ends - starts)
    lengths = np.zeros((len(customers), _LENGTHS), np.uint8)
    np.add.at(lengths, (row, told.list), 1)
    product_ids, counted = ids[product].astype(_ID), buyers[product]
    own_counts = [
        np.concatenate([told.shared[a:b], counted[c:d]])
        for a, b, c, d in zip(starts, ends, low, high, strict=True)
    ]
    return pd.DataFrame(
        {
            "customer_id": fitted.baskets.customer_ids[customers],
            "order_count": fitted.baskets.orders_of[customers],
            "late_orders": fitted.late_order_count,
            "products": [_text(product_ids[c:d]) for c, d in zip(low, high, strict=True)],
            "entries": [
                base64.b64encode(lengths[n].tobytes() + packed[a:b].tobytes()).decode("ascii")
                for n, (a, b) in enumerate(zip(starts, ends, strict=True))
            ],
            "counts": [
                _text(np.where(own < FEWEST_TOLD, _NOT_TOLD, own).astype(_COUNT))
                for own in own_counts
            ],
            "small_counts": [_small(own) for own in own_counts],
        }
    )


def _small(counts: Ints) -> str:
    few = np.flatnonzero((counts < FEWEST_TOLD) & (counts >= 0))
    rest = np.zeros(len(few), _SMALL)
    rest["place"], rest["count"] = few, counts[few]
    return _text(rest)


def read_list(row: Mapping[str, Any], method: str) -> pd.DataFrame:
    """
    From  `row` of LIST_COLUMNS, small_counts None where they are not to be read; one of METHODS
    To    product_id, kind (again, new), rank, score, method, reason, source_product_id, own_count,
          own_base, shared_count, shared_base, orders_since: as of offers; NA where there is nothing
          to tell, or not told
    """
    raw = base64.b64decode(row["entries"])
    lengths = np.frombuffer(raw[:_LENGTHS], np.uint8).astype(np.int64)
    entries = np.frombuffer(raw[_LENGTHS:], _ENTRY)
    products = np.frombuffer(base64.b64decode(row["products"]), _ID)
    counts = np.frombuffer(base64.b64decode(row["counts"]), _COUNT).astype(np.float64)
    counts[counts < 0] = np.nan
    if row["small_counts"] is not None:
        small = np.frombuffer(base64.b64decode(row["small_counts"]), _SMALL)
        counts[small["place"].astype(np.int64)] = small["count"]
    number = METHODS.index(method) * 2
    first = int(lengths[:number].sum())
    again, new = int(lengths[number]), int(lengths[number + 1])
    own = entries[first : first + again + new]
    reason = own["reason"]
    has_source = own["source"] != _NONE
    source = np.where(has_source, own["source"], 0).astype(np.int64)
    buyers = counts[len(entries) :]
    is_own = np.isin(reason, (_BOUGHT, _SIMILAR))
    base = np.where(reason == _BOUGHT, float(row["order_count"]), float(len(COMPARED)))
    late = np.nan if pd.isna(row["late_orders"]) else float(row["late_orders"])
    shared_base = np.where(has_source, buyers[source] if len(buyers) else np.nan, late)
    return pd.DataFrame(
        {
            "product_id": products[own["product"]],
            "kind": np.repeat(["again", "new"], [again, new]),
            "rank": np.concatenate([np.arange(1, again + 1), np.arange(1, new + 1)]),
            "score": own["score"].astype(np.float64),
            "method": method,
            "reason": np.array(REASON_CODES, dtype=object)[reason],
            "source_product_id": pd.array(products[source], "Int64"),
            "own_count": np.where(is_own, _number(own["own"]), np.nan),
            "own_base": np.where(is_own, base, np.nan),
            "shared_count": np.where(is_own, np.nan, counts[first : first + len(own)]),
            "shared_base": np.where(is_own, np.nan, shared_base),
            "orders_since": np.where(reason == _BOUGHT, _number(own["since"]), np.nan),
        }
    ).assign(source_product_id=lambda told: told["source_product_id"].where(has_source))


def _number(values: npt.NDArray[Any]) -> Floats:
    return np.where(values == _NONE, np.nan, values.astype(np.float64))


def _text(values: npt.NDArray[Any]) -> str:
    return base64.b64encode(values.tobytes()).decode("ascii")
