"""What each single method would offer a customer, beside the blend: its best to buy again and its
best new ones, each with the reason that is true of that method's score.

| method | score | reason |
|---|---|---|
| personal | decayed count of purchases + weight × popularity | bought; popular where that is more |
| cosine, ease | how it goes with what the customer bought | together, by what adds most |
| content | how like it is to what the customer bought | similar, by what adds most |

Kept as one row for each customer, packed into text, since a row for each product would be millions.
Counts over everybody stand apart: not everybody may read them. Beside them is what share they are
about."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from dashboard.analytics.recommending.baskets import Floats, Ints
from dashboard.analytics.recommending.blending import Weights, personal
from dashboard.analytics.recommending.fitting import Candidates, Fitted
from dashboard.analytics.recommending.reasons import about, strongest
from dashboard.analytics.recommending.similarity import price_bands, words_of

LISTED = 15  # by each method, of each kind
METHODS = ("personal", "cosine", "ease", "content")
REASON_CODES = ("bought", "together", "similar", "popular")
COMPARED = ("category", "supplier", "price", "name")
LIST_COLUMNS = ("customer_id", "order_count", "late_orders", "products", "entries", "counts")
_BOUGHT, _TOGETHER, _SIMILAR, _POPULAR = range(4)
_NONE = 2**16 - 1
_LENGTHS = len(METHODS) * 2  # again, new
_ENTRY = np.dtype(
    [
        ("reason", "u1"),
        ("product", "<u2"),
        ("source", "<u2"),
        ("score", "<f4"),
        ("own", "<u2"),
        ("since", "<u2"),
        ("share", "<f4"),
    ]
)  # fmt: skip  places in `products`
_ID, _COUNT = np.dtype("<i8"), np.dtype("<i4")


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
    for number, method in enumerate(METHODS):
        scores = _scores(weights, told, method)
        rows = _best(told, scores, _counts(fitted, told, method, scores))
        parts.append(_explained(fitted, weights, told, method, number, rows, scores[rows],
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
    scores: Floats, common: npt.NDArray[np.uint8],
) -> _Entries:  # fmt: skip
    customer, product = told.customer[rows], told.product[rows]
    is_again, target = told.is_again[rows], fitted.at[product]
    source = own = since = shared = np.full(len(rows), -1)
    if method == "personal":
        popular = weights.personal * told.features["popular"][rows].astype(np.float64) ** 2
        bought = is_again & (told.features["often"][rows] >= popular)
        reason = np.where(bought, _BOUGHT, _POPULAR)
        own = np.where(bought, told.features["times"][rows].round().astype(np.int64), -1)
        since = np.where(bought, told.features["since"][rows].round().astype(np.int64), -1)
        shared = np.where(bought, -1, fitted.late_orders[product])
    else:
        held = fitted.bought if method == "ease" else fitted.slow
        place = strongest(fitted, customer, target, fitted.pulls[method], held, exact=False)
        source = fitted.offered[place]
        reason = np.full(len(rows), _SIMILAR if method == "content" else _TOGETHER)
        if method == "content":
            own = common[place, target].astype(np.int64)
        else:
            shared = fitted.both[place, target].astype(np.int64)
    lists = number * 2 + ~is_again
    return _Entries(customer, lists, product, scores, reason, source, own, since, shared)


def _pack(fitted: Fitted, told: _Entries) -> pd.DataFrame:
    """Counts of a row: one for each entry, then the buyers of each of its products."""
    size, ids = len(fitted.baskets.product_ids), fitted.baskets.product_ids
    has_source = told.source >= 0
    key = told.customer * size
    known = np.sort(np.concatenate([key + told.product, (key + told.source)[has_source]]))
    known = known[np.diff(known, prepend=-1) > 0]
    owner, product = np.divmod(known, size)
    first = np.flatnonzero(np.diff(told.customer, prepend=-1))
    customers, entries = told.customer[first], np.diff(first, append=len(told.customer))
    begin = np.searchsorted(owner, customers)
    products = np.diff(begin, append=len(owner))
    begin = np.repeat(begin, entries)
    packed = np.zeros(len(told.customer), _ENTRY)
    packed["product"] = np.searchsorted(known, key + told.product) - begin
    places = np.searchsorted(known, key + told.source) - begin
    packed["source"] = np.where(has_source, places, _NONE)
    packed["reason"], packed["score"] = told.reason, told.score
    for name in ("own", "since"):
        values = getattr(told, name)
        packed[name] = np.where(values < 0, _NONE, np.minimum(values, _NONE - 1))
    buyers = fitted.buyers[told.source]
    base = np.where(has_source, buyers, fitted.late_order_count)
    packed["share"] = about(told.shared, base)
    lengths = np.zeros((len(customers), _LENGTHS), np.uint8)
    np.add.at(lengths, (np.repeat(np.arange(len(customers)), entries), told.list), 1)
    heads = np.zeros((len(customers), _ENTRY.itemsize), np.uint8)
    heads[:, :_LENGTHS] = lengths
    whole = _joined(heads.view(_ENTRY).ravel(), np.ones(len(customers), np.int64), packed, entries)
    counts = _joined(told.shared.astype(_COUNT), entries,
                     fitted.buyers[product].astype(_COUNT), products)  # fmt: skip
    return pd.DataFrame(
        {
            "customer_id": fitted.baskets.customer_ids[customers],
            "order_count": fitted.baskets.orders_of[customers],
            "late_orders": fitted.late_order_count,
            "products": _texts(ids[product].astype(_ID), products),
            "entries": _texts(whole, entries + 1),
            "counts": _texts(counts, entries + products),
        }
    )


def _joined(
    first: npt.NDArray[Any], of_first: Ints, second: npt.NDArray[Any], of_second: Ints
) -> npt.NDArray[Any]:
    """Of each customer so many of the first, then so many of the second."""
    found = np.empty(len(first) + len(second), first.dtype)
    ends = np.cumsum(of_first + of_second)
    found[_spread(ends - of_first - of_second, of_first)] = first
    found[_spread(ends - of_second, of_second)] = second
    return found


def _spread(starts: Ints, sizes: Ints) -> Ints:
    """The places of runs of such sizes that start there."""
    return np.repeat(starts - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())


def _texts(items: npt.NDArray[Any], sizes: Ints) -> list[str]:
    """So many items of each customer in base64, filled with zeros to threes: so no text shares a
    letter with the next one, and all are encoded at once."""
    filled = -(-sizes // 3) * 3
    starts = np.cumsum(filled) - filled
    whole = np.zeros(filled.sum(), items.dtype)
    whole[_spread(starts, sizes)] = items
    text = base64.b64encode(whole.tobytes()).decode("ascii")
    letters = 4 * items.dtype.itemsize  # of three items
    begin, end = (each // 3 * letters for each in (starts, starts + filled))
    return [text[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]


def read_list(row: Mapping[str, Any], method: str) -> pd.DataFrame:
    """
    From  `row` of LIST_COLUMNS, counts and late_orders None where they are not to be read; one of
          METHODS
    To    product_id, kind (again, new), rank, score, method, reason, source_product_id, own_count,
          own_base, shared_count, shared_base, shared_rate, orders_since: as of offers; NA where
          there is nothing to tell, or not told
    """
    raw = base64.b64decode(row["entries"])
    lengths = np.frombuffer(raw[:_LENGTHS], np.uint8).astype(np.int64)
    entries = np.frombuffer(raw[_ENTRY.itemsize :], _ENTRY)[: lengths.sum()]
    products = np.frombuffer(base64.b64decode(row["products"]), _ID)
    counts = np.full(len(entries) + len(products), np.nan)
    if row["counts"] is not None:
        counts = np.frombuffer(base64.b64decode(row["counts"]), _COUNT).astype(np.float64)
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
            "shared_rate": np.where(is_own, np.nan, np.round(own["share"].astype(np.float64), 6)),
            "orders_since": np.where(reason == _BOUGHT, _number(own["since"]), np.nan),
        }
    ).assign(source_product_id=lambda told: told["source_product_id"].where(has_source))


def _number(values: npt.NDArray[Any]) -> Floats:
    return np.where(values == _NONE, np.nan, values.astype(np.float64))
