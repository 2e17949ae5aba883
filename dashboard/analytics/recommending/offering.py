"""What is offered to each customer: the best to buy again and the best that are new, with reasons;
to those who never ordered, what is popular among customers like them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.recommending.baskets import Floats, Ints
from dashboard.analytics.recommending.blending import Weights, blend
from dashboard.analytics.recommending.fitting import Candidates, Fitted, describe
from dashboard.analytics.recommending.listing import LISTED, agreement, make_lists
from dashboard.analytics.recommending.reasons import NOTHING, REASONS, about, explain

KEPT = 20  # of each kind
FEWEST_LATE_ORDERS = 30  # of a group, to say what is popular in it
OFFER_COLUMNS = ("customer_id", "product_id", "kind", "rank", "score", "method", "reason",
                 "source_product_id", "own_count", "own_base", "shared_count", "shared_base",
                 "shared_rate", "orders_since")  # fmt: skip
KINDS = ("again", "new")
WAYS = ("blend", "popular")
EVERY_REASON = (*REASONS, "popular_region_type", "popular_region")
OWN_REASONS = ("bought", "similar")  # whose counts are not over everybody
_AT_ONCE = 1_000  # customers


def make_offers(
    fitted: Fitted, weights: Weights, customers: Ints, *, may_be_offered: Any,
    attributes: pd.DataFrame | None = None, workers: int = 2,
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame | None]]:  # fmt: skip
    """`customers` are places; `may_be_offered` says of each product place whether it is sold, and
    `attributes` has a row for each.

    To  for some of the customers after others OFFER_COLUMNS, sorted by customer, kind and rank; 0
        where no source product, NaN where no number. Beside them what `make_lists` makes of their
        candidates, None without attributes, which it needs
    """
    common = None if attributes is None else agreement(fitted, attributes)

    def offer(chunk: Ints) -> tuple[pd.DataFrame, pd.DataFrame | None]:
        told = describe(
            fitted, chunk, kept=KEPT, rank=lambda dense: _new_score(weights, dense),
            beside=0 if common is None else LISTED,
        )  # fmt: skip
        told = told.keep(may_be_offered[told.product])
        scores = blend(weights, told)
        own = None if common is None else make_lists(fitted, weights, told, common)
        chosen, rank = foremost(told, scores)
        told, scores = told.keep(chosen), scores[chosen]
        return _offers(fitted, weights, told, scores, rank, attributes), own

    _ready = fitted.pulls, fitted.popularity  # once, before several ask for them
    waiting: deque[Future[tuple[pd.DataFrame, pd.DataFrame | None]]] = deque()
    with ThreadPoolExecutor(workers) as pool:  # numpy and scipy let go of the lock
        for first in range(0, len(customers), _AT_ONCE):
            waiting.append(pool.submit(offer, customers[first : first + _AT_ONCE]))
            if len(waiting) > 2 * workers:  # no more than that wait to be taken
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def foremost(told: Candidates, scores: Floats, most: int = KEPT) -> tuple[Ints, Ints]:
    """The best candidates of each customer and kind, by customer, kind and rank; and the ranks."""
    group = told.customer * 2 + ~told.is_again
    turn = np.lexsort((-scores, group))  # stable: of equals the first product
    ordered = group[turn]
    rank = np.arange(len(turn)) - np.searchsorted(ordered, ordered) + 1
    return turn[rank <= most], rank[rank <= most]


def offer_popular(
    groups: pd.DataFrame, popular: Mapping[tuple[str, Any], tuple[Ints, Ints, int]]
) -> pd.DataFrame:
    """
    From  groups: customer_id and, by level, the group of each (`region_type`, `region`); `popular`
          has for ("popular_region_type", group), ("popular_region", group) and ("popular", None)
          the products (identities), late orders with each and late orders in all
    To    OFFER_COLUMNS
    """
    parts = []
    for (region_type, region), own in groups.groupby(["region_type", "region"], dropna=False):
        levels = (("popular_region_type", region_type), ("popular_region", region),
                  ("popular", None))  # fmt: skip
        found = [
            (level[0], *popular[level])
            for level in levels
            if level in popular
            and (level[0] == "popular" or popular[level][2] >= FEWEST_LATE_ORDERS)
        ]
        if not found:
            continue
        reason, products, counts, base = found[0]
        size, customers = len(products), own["customer_id"].to_numpy(np.int64)
        share, rank = about(counts, base), np.arange(1, size + 1)
        # who is told no counts may read the score; of equals the first is the best
        score = np.nan_to_num(share) - rank * 1e-4
        parts.append(
            pd.DataFrame(
                {
                    "customer_id": np.repeat(customers, size),
                    "product_id": np.tile(products, len(customers)),
                    "kind": _named("new", KINDS, size * len(customers)),
                    "rank": np.tile(rank, len(customers)),
                    "score": np.tile(score, len(customers)),
                    "method": _named("popular", WAYS, size * len(customers)),
                    "reason": _named(reason, EVERY_REASON, size * len(customers)),
                    "source_product_id": 0,
                    "own_count": np.nan,
                    "own_base": np.nan,
                    "shared_count": np.tile(counts, len(customers)),
                    "shared_base": base,
                    "shared_rate": np.tile(share, len(customers)),
                    "orders_since": np.nan,
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*OFFER_COLUMNS])


def popular_among(
    lines: pd.DataFrame, may_be_offered: Mapping[int, bool], since: Any
) -> Iterator[tuple[tuple[str, Any], tuple[Ints, Ints, int]]]:
    """
    From  customer_id, order_id, ordered_on, product_id, region_type, region
    To    what `offer_popular` asks for; late orders are those from `since`
    """
    late = lines[lines["ordered_on"] >= since].drop_duplicates(["order_id", "product_id"])
    for level, column in (("popular_region_type", "region_type"), ("popular_region", "region"),
                          ("popular", None)):  # fmt: skip
        parts = [(None, late)] if column is None else list(late.groupby(column))
        for group, own in parts:
            counts = own["product_id"].value_counts()
            sold = [bool(may_be_offered.get(int(str(each)), False)) for each in counts.index]
            best = counts[sold].reset_index().sort_values(
                ["count", "product_id"], ascending=[False, True]
            ).head(KEPT)  # fmt: skip
            if len(best):
                yield (level, group), (best["product_id"].to_numpy(np.int64),
                                       best["count"].to_numpy(np.int64),
                                       int(own["order_id"].nunique()))  # fmt: skip


def _new_score(weights: Weights, dense: Mapping[str, Any]) -> Any:
    found = np.zeros(dense["popular"].shape, np.float32)
    for name, values in dense.items():
        weight = weights.new.get(name, 0.0)
        if weight:
            found += np.float32(weight) * values
    return found


def _offers(
    fitted: Fitted, weights: Weights, told: Candidates, scores: Floats, rank: Ints,
    attributes: pd.DataFrame | None,
) -> pd.DataFrame:  # fmt: skip
    why = explain(fitted, weights, told, attributes)
    ids = fitted.baskets.product_ids
    has_source = why.source != NOTHING
    is_own = np.isin(why.reason, OWN_REASONS)
    return pd.DataFrame(
        {
            "customer_id": fitted.baskets.customer_ids[told.customer],
            "product_id": ids[told.product],
            "kind": _words((~told.is_again).astype(np.int64), KINDS),
            "rank": rank,
            "score": scores,
            "method": _named("blend", WAYS, len(rank)),
            "reason": pd.Categorical(why.reason, EVERY_REASON),
            "source_product_id": np.where(has_source, ids[np.where(has_source, why.source, 0)], 0),
            "own_count": _told(why.count, is_own),
            "own_base": _told(why.base, is_own),
            "shared_count": _told(why.count, ~is_own),
            "shared_base": _told(why.base, ~is_own),
            "shared_rate": about(np.where(is_own, NOTHING, why.count), why.base),
            "orders_since": _told(why.since, is_own),
        }
    )


def _named(name: str, names: Sequence[str], size: int) -> Any:
    """So many times the same of these names."""
    return _words(np.full(size, names.index(name), np.int64), names)


def _words(codes: Ints, names: Sequence[str]) -> Any:
    return pd.Categorical.from_codes(codes, pd.Index(list(names)))


def _told(values: Ints, chosen: Any) -> Floats:
    return np.where(chosen & (values != NOTHING), values.astype(np.float64), np.nan)
