"""Does it work? Every method on orders that it did not learn from, in two ways of holding back:

- last order out: each customer's last order is foretold from everything but the last orders;
- global time cut: what customers order after a day is foretold from what lies before, so that no
  row later than the cut is learnt from.

Buying again and new are also measured apart: lists of only such products, against only those of
the products ordered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from dashboard.analytics.recommending.baskets import Baskets, Flags, Floats, Ints, Matrix
from dashboard.analytics.recommending.blending import (
    MOST_LEARNT_FROM,
    Weights,
    blend,
    draw_customers,
    last_orders,
    learn_weights,
    personal,
)
from dashboard.analytics.recommending.fitting import (
    NEW_KEPT,
    Candidates,
    Fitted,
    count_late_orders,
    describe,
    fit,
)
from dashboard.analytics.recommending.measuring import (
    coverage,
    diversity_of_lists,
    intervals,
    likeness,
    looked_up,
    measure_lists,
    novelty,
    rank_lists,
)

MOST_TESTED = 5_000  # customers; of more, so many are drawn
DEFAULT = "blend"
RIVALS = ("popularity", "frequency")
CUT_SHARE = 0.9  # of the orders, which lie before the cut
ContentOf = Callable[[Ints], Matrix]
_SCORES = ("recall", "ndcg", "hit")
_PLAIN: Mapping[str, Callable[[Candidates], Floats]] = {
    "popularity": lambda told: _of(told, "popular"),
    # popularity squared is at most 1: it only decides between equals, and fills the list
    "frequency": lambda told: _of(told, "times") + 0.5 * _of(told, "popular") ** 2,
    "cosine": lambda told: _of(told, "cosine"),
    "ease": lambda told: _of(told, "ease"),
    "content": lambda told: _of(told, "content"),
}


@dataclass(frozen=True)
class Split:
    """What is learnt from, and the products ordered after it (customers by products)."""

    name: str
    learnt: Baskets
    truth: Matrix
    cut: float | None = None


def split_last_orders(baskets: Baskets) -> Split:
    held = last_orders(baskets)
    return Split("last_order_out", baskets.keep(~held), baskets_matrix(baskets, held))


def split_at(baskets: Baskets, cut: float) -> Split:
    """Learns up to and with `cut`."""
    held = np.asarray(baskets.when > cut)
    return Split("time_cut", baskets.keep(~held), baskets_matrix(baskets, held), cut)


def usual_cut(baskets: Baskets) -> float | None:
    """The last day of the first nine tenths of the orders; None where there is only one day."""
    first = np.ones(len(baskets.when), dtype=bool)
    first[1:] = (baskets.customer[1:] != baskets.customer[:-1]) | (
        baskets.turn[1:] != baskets.turn[:-1]
    )
    whens = np.sort(baskets.when[first])
    if not len(whens) or whens[0] == whens[-1]:
        return None
    cut = float(whens[int(CUT_SHARE * (len(whens) - 1))])
    return cut if cut < whens[-1] else float(whens[whens < whens[-1]][-1])


def baskets_matrix(baskets: Baskets, lines: Flags) -> Matrix:
    return baskets.keep(lines).matrix()


def evaluate(
    baskets: Baskets, split: Split, *, k: int, seed: int, content_of: ContentOf | None = None,
    fitted: Fitted | None = None,
) -> dict[str, Any]:  # fmt: skip
    """`fitted` to what the split learns from, where that is done already.

    customers (who ordered before and after), cold (after only), measures of each method by task
    (all, again, new), and the default less each other with its interval."""
    learnt, truth = split.learnt, split.truth
    before = np.bincount(learnt.customer, minlength=truth.shape[0]) > 0
    after = np.diff(truth.indptr) > 0
    everyone = np.flatnonzero(before & after)
    tested = draw_customers(everyone, MOST_TESTED, seed)
    weights = learn(learnt, seed=seed, content_of=content_of)
    fitted = fitted or fit(learnt, content_of)
    told = describe(fitted, tested, kept=max(NEW_KEPT, k))
    methods = score_methods(told, weights, with_content=content_of is not None)
    again = sparse.csr_array(truth.multiply(fitted.bought))
    again.eliminate_zeros()
    new = sparse.csr_array(truth - again)
    new.eliminate_zeros()
    tasks = {
        "all": (np.ones(len(told.customer), dtype=bool), truth),
        "again": (told.is_again, again),
        "new": (~told.is_again, new),
    }
    cold = np.flatnonzero(~before & after)
    return {
        "customers": len(everyone),
        "tested": len(tested),
        "learnt_from": weights.learnt_from,
        "weights": {"again": dict(weights.again), "new": dict(weights.new),
                    "offset": weights.offset, "personal": weights.personal},
        "products": int((np.diff(sparse.csc_array(fitted.bought).indptr) > 0).sum()),
        "repeat_share": _plain(again[tested].nnz / max(truth[tested].nnz, 1)),
        "tasks": {
            name: _measure(told.keep(chosen), {each: own[chosen] for each, own in methods.items()},
                           wanted, tested, fitted, k, seed)
            for name, (chosen, wanted) in tasks.items()
        },
        "cold": _measure_cold(fitted, truth, cold, k),
    }  # fmt: skip


def learn(baskets: Baskets, *, seed: int, content_of: ContentOf | None = None) -> Weights:
    """The weights that the last orders within `baskets` teach."""
    split = split_last_orders(baskets)
    return learn_split(split, fit(split.learnt, content_of), seed=seed)


def learn_split(split: Split, fitted: Fitted, *, seed: int) -> Weights:
    """The weights that what was held back teaches, `fitted` to what came before."""
    customers = np.flatnonzero(np.diff(split.truth.indptr))
    return learn_weights(fitted, split.truth, draw_customers(customers, MOST_LEARNT_FROM, seed))


def score_methods(told: Candidates, weights: Weights, *, with_content: bool) -> dict[str, Floats]:
    """The scores of the candidates by each method, the default last."""
    found = {
        name: score(told) for name, score in _PLAIN.items() if with_content or name != "content"
    }
    found["personal"] = personal(weights.personal, told)
    found[DEFAULT] = blend(weights, told)
    return found


def _of(told: Candidates, name: str) -> Floats:
    return np.asarray(told.features[name], np.float64)


def _measure(
    told: Candidates, methods: Mapping[str, Floats], truth: Matrix, tested: Ints, fitted: Fitted,
    k: int, seed: int,
) -> dict[str, Any]:  # fmt: skip
    lists = {
        name: rank_lists(told.customer, told.product, scores, tested, k)
        for name, scores in methods.items()
    }
    by_customer = {name: measure_lists(own, truth, tested) for name, own in lists.items()}
    counted = int((np.diff(truth.indptr)[tested] > 0).sum())
    products = int((np.diff(sparse.csc_array(fitted.bought).indptr) > 0).sum())
    found: dict[str, Any] = {"customers": counted, "methods": {}, "differences": {}}
    if not counted:
        return found
    every = np.concatenate([own.ravel() for own in lists.values()])
    shown = np.unique(every[every >= 0])
    alike = likeness(shown, fitted.bought)
    for name, own in lists.items():
        measured = by_customer[name]
        found["methods"][name] = {
            **{each: _interval(measured[each], seed) for each in _SCORES},
            **_parts(own, truth, fitted, tested),
            "coverage": coverage(own, products),
            "novelty": novelty(own, fitted.bought),
            "diversity": diversity_of_lists(own, shown, alike),
        }
        if name != DEFAULT:
            found["differences"][name] = {
                each: _interval(by_customer[DEFAULT][each], seed, measured[each])
                for each in _SCORES
            }
    return found


def _parts(lists: Ints, truth: Matrix, fitted: Fitted, tested: Ints) -> dict[str, float | None]:
    """Of what was ordered again, and of what was ordered for the first time, the share that the
    lists had, and how much of the lists is of products bought before."""
    row = np.repeat(tested, lists.shape[1])[lists.ravel() >= 0]
    shown = lists[lists >= 0]
    hit, known = looked_up(truth, row, shown), looked_up(fitted.bought, row, shown)
    size = truth.shape[0]
    wanted = sparse.coo_array(truth[tested])
    who = tested[wanted.coords[0]]
    was_known = looked_up(fitted.bought, who, wanted.coords[1].astype(np.int64))
    again = np.bincount(who, weights=was_known, minlength=size)
    new = np.bincount(who, weights=~was_known, minlength=size)
    return {
        "recall_repeat": _mean(np.bincount(row, weights=hit & known, minlength=size), again),
        "recall_explore": _mean(np.bincount(row, weights=hit & ~known, minlength=size), new),
        "repeat_rate": _plain(float(known.mean())) if len(known) else None,
    }


def _mean(hits: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> float | None:
    chosen = wanted > 0
    return float(np.mean(hits[chosen] / wanted[chosen])) if chosen.any() else None


def _measure_cold(fitted: Fitted, truth: Matrix, cold: Ints, k: int) -> dict[str, Any]:
    """Customers who had never ordered get what is popular."""
    if not len(cold):
        return {"customers": 0}
    late, _count = count_late_orders(fitted.baskets)
    best = np.argsort(-late, kind="stable")[:k]
    lists = np.full((len(cold), k), -1)
    lists[:, : len(best)] = best
    measured = measure_lists(lists, truth, cold)
    return {"customers": len(cold), **{name: float(measured[name].mean()) for name in _SCORES}}


def _interval(values: Floats, seed: int, against: Floats | None = None) -> dict[str, float | None]:
    mean, low, high = intervals(values, seed=seed, against=against)
    return {"mean": _plain(mean), "low": _plain(low), "high": _plain(high)}


def _plain(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
