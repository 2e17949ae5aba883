"""The part `offers` of a refresh: what to offer each customer, what is bought together, and how
well offers do on orders that were not learnt from.

How much each component counts is learnt anew once a week; until then only customers with new or
changed orders get new offers, by what was learnt then."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dashboard.analytics.recommending import evaluation
from dashboard.analytics.recommending.baskets import Baskets, read_baskets
from dashboard.analytics.recommending.blending import Weights, draw_customers
from dashboard.analytics.recommending.fitting import LATE_SHARE, Fitted, fit
from dashboard.analytics.recommending.itemsets import read_held
from dashboard.analytics.recommending.offering import make_offers, offer_popular, popular_among
from dashboard.analytics.recommending.pairs import find_pairs
from dashboard.analytics.recommending.similarity import content
from data_access.purchasing import read_attributes
from data_access.refreshing import offers as stored
from data_access.refreshing.runs import Run

if TYPE_CHECKING:
    from dashboard.refreshing import Source

SEED = 7
LEARNT_FOR = timedelta(days=7)
LIST_LENGTH = 10
MOST_JUDGED = 20_000  # customers
_MEASURES = ("recall", "ndcg", "hit")
_PLAIN = ("coverage", "novelty", "diversity", "recall_repeat", "recall_explore")
Advance = Callable[[float], None]


def refresh_offers(source: Source, run: Run, advance: Advance) -> int:
    """How many offers were written."""
    last = stored.find_last_facts(source.record, run)
    weights = None if last is None else _known_weights(last, source.as_of)
    touched = (
        None
        if weights is None or last is None or not stored.has_lists(source.record)
        else stored.find_changed_customers(source.record, last["version"], run.version)
    )
    lines = stored.read_lines(source.analytics, source.as_of)
    facts = read_attributes(source.record)
    baskets = read_baskets(lines)
    attributes = facts.set_index("product_id").reindex(baskets.product_ids).reset_index()
    attributes["price"] = attributes["price"].astype("float64")
    is_sold = ~(pd.to_datetime(attributes["discontinued_on"]) <= pd.Timestamp(source.as_of))
    sold = is_sold.to_numpy(bool)
    advance(0.05)

    def content_of(places: Any) -> Any:
        return content(attributes.iloc[places].reset_index(drop=True))

    with ThreadPoolExecutor(1) as beside:
        fitting = beside.submit(fit, baskets, content_of, sold) if touched != set() else None
        learnt = None if weights else _learn(_some(baskets), content_of)
        if learnt:
            weights, touched, learnt_on = learnt.weights, None, source.as_of
        else:
            learnt_on = date.fromisoformat(last["learnt_on"]) if last else source.as_of
        assert weights is not None
        advance(0.2)
        with stored.replacing_offers(source.writer, run, touched) as target:
            fitted = fitting.result() if fitting else None
            pairs = beside.submit(_pairs, source)
            judging = beside.submit(_judge, learnt, content_of) if learnt else None
            advance(0.3)
            _put_offers(
                source, target, baskets, fitted, lines, weights, attributes, sold, touched, advance
            )
            told = {"learnt_on": learnt_on.isoformat(), "weights": _as_told(weights),
                    "list_length": LIST_LENGTH}  # fmt: skip
            counts = {"customers": len(baskets.customer_ids), "learnt_from": weights.learnt_from,
                      "worked_out": target.customers}  # fmt: skip
            target.finish(
                pairs.result(), judging.result() if judging else None, told, {**told, **counts}
            )  # fmt: skip
    return target.offers


def _pairs(source: Source) -> pd.DataFrame:
    return find_pairs(read_held(stored.read_all_baskets(source.analytics, source.as_of)))


@dataclass(frozen=True)
class _Learnt:
    """What the weights were learnt from, and is judged on."""

    some: Baskets
    split: evaluation.Split
    fitted: Fitted  # to what the split learns from
    weights: Weights


def _learn(some: Baskets, content_of: Any) -> _Learnt:
    split = evaluation.split_last_orders(some)
    fitted = fit(split.learnt, content_of)
    weights = evaluation.learn_split(split, fitted, seed=SEED)
    return _Learnt(some, split, replace(fitted), weights)  # without what it has worked out


def _some(baskets: Baskets) -> Baskets:
    """The orders of at most MOST_JUDGED customers, which weights and evaluation rest on."""
    drawn = draw_customers(np.arange(len(baskets.customer_ids)), MOST_JUDGED, SEED)
    chosen = np.zeros(len(baskets.customer_ids), dtype=bool)
    chosen[drawn] = True
    return baskets.keep(chosen[baskets.customer])


def _judge(learnt: _Learnt, content_of: Any) -> pd.DataFrame:
    """How the lists do on orders that they did not learn from: the weights are learnt anew, without
    the orders that are measured on."""
    rows: list[dict[str, Any]] = []
    splits = [learnt.split]
    cut = evaluation.usual_cut(learnt.some)
    if cut is not None:
        splits.append(evaluation.split_at(learnt.some, cut))
    for split in splits:
        judged = evaluation.evaluate(
            learnt.some, split, k=LIST_LENGTH, seed=SEED, content_of=content_of,
            fitted=learnt.fitted if split is learnt.split else None,
        )  # fmt: skip
        rows += [
            {"protocol": split.name, "task": task, "list_length": LIST_LENGTH, **row}
            for task, measured in judged["tasks"].items()
            for row in _evaluation_rows(measured)
        ]
    return pd.DataFrame(rows)


def _evaluation_rows(measured: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for method, own in measured["methods"].items():
        gains = measured["differences"].get(method, {})
        for measure in (*_MEASURES, *_PLAIN):
            value = own[measure]
            told = value if isinstance(value, dict) else {"mean": value, "low": None, "high": None}
            if told["mean"] is None:
                continue
            gain = gains.get(measure, {})
            rows.append(
                {"method": method, "measure": measure, "customers": measured["customers"],
                 "value": told["mean"], "low": told["low"], "high": told["high"],
                 "gain": gain.get("mean"), "gain_low": gain.get("low"),
                 "gain_high": gain.get("high")}
            )  # fmt: skip
    return rows


def _put_offers(
    source: Source, target: stored.Replacement, baskets: Baskets, fitted: Fitted | None,
    lines: pd.DataFrame, weights: Weights, attributes: pd.DataFrame, sold: Any,
    touched: set[int] | None, advance: Advance,
) -> None:  # fmt: skip
    """What is offered, and what each method alone would offer."""
    groups = stored.read_groups(source.record)
    if touched is not None:
        groups = groups[groups["customer_id"].isin(touched)]
    if not len(baskets.customer) or not len(groups) or fitted is None:
        return
    known = groups["customer_id"].isin(baskets.customer_ids)
    places = np.searchsorted(baskets.customer_ids, np.sort(groups.loc[known, "customer_id"]))
    for found, lists in make_offers(
        fitted, weights, places, may_be_offered=sold, attributes=attributes,
        workers=source.workers or os.cpu_count() or 1,
    ):  # fmt: skip
        target.put(found, lists)
        advance(0.3 + 0.6 * target.customers / max(len(places), 1))
    cold = _grouped(groups[~known])
    if not len(cold):
        return
    by_customer = _grouped(stored.read_groups(source.record))
    since = lines.drop_duplicates("order_id")["ordered_on"].quantile(
        1 - LATE_SHARE, interpolation="lower"
    )
    may_be = dict(zip(baskets.product_ids.tolist(), sold.tolist(), strict=True))
    popular = dict(popular_among(lines.merge(by_customer, on="customer_id"), may_be, since))
    target.put(offer_popular(cold, popular))


def _grouped(groups: pd.DataFrame) -> pd.DataFrame:
    """customer_id, region and region_type; both NA without a region."""
    region = groups["region_id"].astype("Int64").astype("string")
    return pd.DataFrame(
        {
            "customer_id": groups["customer_id"],
            "region": region,
            "region_type": region + " " + groups["customer_type"].astype("string"),
        }
    )


def _as_told(weights: Weights) -> dict[str, Any]:
    return {
        "again": dict(weights.again), "new": dict(weights.new), "offset": weights.offset,
        "personal": weights.personal, "learnt_from": weights.learnt_from,
    }  # fmt: skip


def _known_weights(last: dict[str, Any], as_of: date) -> Weights | None:
    """What was learnt at most a week before `as_of`."""
    if "weights" not in last:
        return None
    learnt_on = date.fromisoformat(last["learnt_on"])
    if not timedelta(0) <= as_of - learnt_on < LEARNT_FOR:
        return None
    return Weights(**last["weights"])
