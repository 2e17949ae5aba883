"""What each method alone would offer, against a plain recomputation from the orders; and the list
that is shown of it."""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from dashboard.analytics.recommending.baskets import read_baskets
from dashboard.analytics.recommending.blending import USUAL, Weights
from dashboard.analytics.recommending.choosing import choose, likeness
from dashboard.analytics.recommending.fitting import fit
from dashboard.analytics.recommending.listing import LISTED, METHODS, read_list
from dashboard.analytics.recommending.offering import make_offers
from dashboard.analytics.recommending.reasons import about
from dashboard.analytics.recommending.similarity import bought_both, content, ease
from tests.shopping import habits

WEIGHTS = Weights(USUAL.again, USUAL.new, personal=3.0)


class Told:
    """Orders, the lists that were made of them, and what a person would count by hand."""

    def __init__(self) -> None:
        lines = habits(150)
        # beside the families, customers of whom few share what they bought: small counts
        rare = pd.DataFrame(
            {
                "customer_id": [200, 200, 201, 201, 202],
                "order_id": range(9001, 9006),
                "ordered_on": [300, 310, 305, 315, 316],
                "product_id": [70, 71, 70, 71, 70],
                "category": 9,
            }
        )
        self.lines = pd.concat([lines, rare], ignore_index=True)
        baskets = read_baskets(self.lines)
        ids = baskets.product_ids
        category = self.lines.groupby("product_id")["category"].first()
        self.facts = pd.DataFrame({
            "product_id": ids, "category": category.reindex(ids).to_numpy(), "supplier": ids % 4,
            "price": (ids * 7 % 50) + 1.0, "name": [f"thing {each % 5}" for each in ids],
        })  # fmt: skip
        fitted = fit(baskets, lambda at: content(self.facts.iloc[at].reset_index(drop=True)))
        customers = np.arange(len(baskets.customer_ids))
        parts = [*make_offers(
            fitted, WEIGHTS, customers, may_be_offered=np.ones(len(ids), bool),
            attributes=self.facts,
        )]  # fmt: skip
        self.offers = pd.concat([offers for offers, _lists in parts], ignore_index=True)
        self.rows = pd.concat([lists for _offers, lists in parts]).set_index("customer_id")
        self.fitted = fitted
        self.turns = {
            int(str(customer)): own.groupby(["ordered_on", "order_id"])["product_id"].agg(set)
            .sort_index().tolist()
            for customer, own in self.lines.groupby("customer_id")
        }  # fmt: skip
        self.buyers = {int(str(p)): {*own} for p, own in
                       self.lines.groupby("product_id")["customer_id"]}  # fmt: skip
        orders = self.lines.drop_duplicates("order_id")["ordered_on"].sort_values()
        since = orders.iloc[int(0.7 * (len(orders) - 1))]
        late = self.lines[self.lines["ordered_on"] >= since]
        self.late_orders = late["order_id"].nunique()
        self.late = late.groupby("product_id")["order_id"].nunique().to_dict()

    def row(self, customer: int) -> dict[Any, Any]:
        return dict(self.rows.loc[customer])

    def ages(self, customer: int, product: int) -> list[int]:
        turns = self.turns[customer]
        return [len(turns) - 1 - turn for turn, own in enumerate(turns) if product in own]

    @cached_property
    def likenesses(self) -> dict[str, dict[int, dict[int, float]]]:
        """By method, what having bought the one product adds to the other."""
        ids = sorted(self.late)
        bought = np.array([[c in self.buyers[p] for p in ids] for c in sorted(self.turns)], float)
        _places, weights = ease(bought_both(self.fitted.baskets.matrix()[:, self.fitted.offered]))
        assert [*self.fitted.baskets.product_ids[self.fitted.offered]] == ids
        both = bought.T @ bought
        root = np.sqrt(np.outer(np.diag(both), np.diag(both)))
        cosine = both / (root + 10.0)
        alike = content(self.facts.set_index("product_id").loc[ids].reset_index()).toarray()
        found = {"cosine": cosine, "ease": weights, "content": alike}
        return {
            name: {a: {b: float(values[i, j]) for j, b in enumerate(ids) if b != a}
                   for i, a in enumerate(ids)}
            for name, values in found.items()
        }  # fmt: skip


@pytest.fixture(scope="module")
def told() -> Told:
    return Told()


def scores_by_hand(told: Told, customer: int, method: str) -> dict[tuple[str, int], float]:
    own = {product for turn in told.turns[customer] for product in turn}
    most = max(told.late.values())
    found: dict[tuple[str, int], float] = {}
    if method == "personal":
        for product in own | told.late.keys():
            often = sum(0.95**age for age in told.ages(customer, product))
            popular = told.late.get(product, 0) / most
            if product in own or popular:
                kind = "again" if product in own else "new"
                found[kind, product] = often + WEIGHTS.personal * popular
        return found
    pulls = told.likenesses[method]
    held = {p: 1.0 if method == "ease" else sum(0.95**age for age in told.ages(customer, p))
            for p in own}  # fmt: skip
    for product in told.late:
        added = sum(worth * pulls[p].get(product, 0.0) for p, worth in held.items() if p in pulls)
        score = max(added, 0.0) if method == "ease" else np.sqrt(added / sum(held.values()))
        if score > 0:
            found["again" if product in own else "new", product] = score
    return found


@pytest.mark.parametrize("method", METHODS)
def test_a_methods_list_has_the_best_by_its_score(told: Told, method: str) -> None:
    for customer in (0, 7, 200):
        listed = read_list(told.row(customer), method)
        by_hand = scores_by_hand(told, customer, method)
        for kind in ("again", "new"):
            own = listed[listed["kind"] == kind]
            wanted = {product: score for (of, product), score in by_hand.items() if of == kind}
            best = sorted(wanted.values(), reverse=True)[:LISTED]
            assert own["score"].tolist() == pytest.approx(best, rel=2e-4, abs=2e-6), (
                customer,
                kind,
            )
            assert own["rank"].tolist() == list(range(1, len(best) + 1))
            for product, score in zip(own["product_id"], own["score"], strict=True):
                assert wanted[product] == pytest.approx(score, rel=2e-4, abs=2e-6)


def test_reasons_have_exact_counts_and_the_source_that_adds_most(told: Told) -> None:
    seen, pulls = set(), told.likenesses
    for customer, method in ((each, name) for each in (0, 3, 50, 200) for name in METHODS):
        for row in read_list(told.row(customer), method).itertuples():
            seen.add((method, row.reason))
            product, ages = row.product_id, told.ages(customer, row.product_id)
            if row.reason == "bought":
                assert (row.own_count, row.own_base) == (len(ages), len(told.turns[customer]))
                assert row.orders_since == min(ages)
                popular = told.late.get(product, 0) / max(told.late.values())
                assert sum(0.95**age for age in ages) >= WEIGHTS.personal * popular - 1e-6
                continue
            assert np.isnan(row.orders_since)
            if row.reason == "popular":
                assert (row.shared_count, row.shared_base) == (
                    told.late[product], told.late_orders
                )  # fmt: skip
                continue
            source = int(row.source_product_id)
            own = {p for turn in told.turns[customer] for p in turn} - {product}
            worth = {p: pulls[method][p].get(product, 0.0)
                     * (1 if method == "ease" else sum(0.95**a for a in told.ages(customer, p)))
                     for p in own if p in pulls[method]
                     and (method != "ease" or told.buyers[p] & told.buyers[product])}  # fmt: skip
            assert worth[source] == pytest.approx(max(worth.values()), rel=1e-4)
            if row.reason == "together":
                both = told.buyers[source] & told.buyers[product]
                assert (row.shared_count, row.shared_base) == (
                    len(both), len(told.buyers[source])
                )  # fmt: skip
            else:
                one, other = (told.facts.set_index("product_id").loc[p] for p in (source, product))
                bands = told.facts["price"].rank(pct=True).mul(5).map(np.ceil)
                band = dict(zip(told.facts["product_id"], bands, strict=True))
                same = [
                    one["category"] == other["category"],
                    one["supplier"] == other["supplier"],
                    band[source] == band[product],
                    True,
                ]  # fmt: skip  every name says "thing"
                assert (row.own_count, row.own_base) == (sum(same), 4)
    assert seen == {("personal", "bought"), ("personal", "popular"), ("cosine", "together"),
                    ("ease", "together"), ("content", "similar")}  # fmt: skip


def test_counts_of_everybody_are_not_in_what_everybody_reads(told: Told) -> None:
    whole = told.row(200)
    told_few = {**whole, "counts": None, "late_orders": None}
    for method in METHODS:
        every, few = read_list(whole, method), read_list(told_few, method)
        assert few[["shared_count", "shared_base"]].isna().all(axis=None)
        shown = [name for name in every if name not in ("shared_count", "shared_base")]
        pd.testing.assert_frame_equal(few[shown], every[shown])
        about = [
            about_by_hand(count, base)
            for count, base in zip(every["shared_count"], every["shared_base"], strict=True)
        ]
        assert few["shared_rate"].tolist() == pytest.approx(about, nan_ok=True)
    pair = read_list(whole, "cosine").set_index("product_id")
    assert pair.loc[71, ["shared_count", "shared_base"]].tolist() == [2, 3]
    assert np.isnan(pair.loc[71, "shared_rate"])


def about_by_hand(count: float, base: float) -> float:
    """0.2195 → 0.2, 0.96 → 0.95, 0.0349 → 0.03; nothing of fewer than five."""
    if np.isnan(count) or count < 5:
        return float("nan")
    share = count / base
    return round(share * 20) / 20 if share >= 0.1 else float(f"{share:.0e}")


@given(
    some.integers(5, 400), some.integers(0, 4_000), some.integers(0, 400), some.integers(0, 4_000)
)
@settings(max_examples=300, deadline=None)
def test_a_share_tells_no_count_of_others(both: int, rest: int, seen: int, seen_rest: int) -> None:
    """Whatever part a person sees, what they are told is as true of many others as of few."""
    base = both + rest
    seen, seen_rest = min(seen, both), min(seen_rest, rest)
    told = about(np.array([both]), np.array([base]))[0]
    for times in (2, 10, 1_000):
        others = times * both - seen
        assert about(np.array([times * both]), np.array([times * base]))[0] == told
        assert others >= both - seen and times * rest - seen_rest >= rest - seen_rest


def test_a_blend_is_made_as_without_the_lists(told: Told) -> None:
    ((plain, lists),) = make_offers(
        told.fitted, WEIGHTS, np.arange(len(told.turns)),
        may_be_offered=np.ones(len(told.facts), bool),
    )  # fmt: skip
    assert lists is None
    # without attributes nothing is counted that two products have in common
    counted = ["own_count", "own_base"]
    is_similar = told.offers["reason"] == "similar"
    pd.testing.assert_frame_equal(plain[~is_similar], told.offers[~is_similar])
    pd.testing.assert_frame_equal(plain.drop(columns=counted), told.offers.drop(columns=counted))


def offers_of(seed: int, size: int) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    return pd.DataFrame({
        "rank": np.arange(1, size + 1), "score": np.sort(chance.random(size).round(2))[::-1],
        "category_id": chance.integers(1, 4, size), "supplier_id": chance.integers(1, 3, size),
        "list_price": chance.choice([10.0, 12.0, 30.0, np.nan], size),
        "names": chance.choice(["Green tea", "Black tea", "Lamp", "台灯"], size)})  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(some.integers(0, 10_000), some.integers(0, 20), some.integers(1, 10))
def test_the_slider_never_makes_a_list_less_varied(seed: int, size: int, length: int) -> None:
    offers = offers_of(seed, size)
    lists = [choose(offers, step / 10, length) for step in range(11)]
    assert all(b.variety >= a.variety - 1e-9 for a, b in pairwise(lists))
    assert lists[0].offers["score"].sum() == pytest.approx(offers["score"][:length].sum())
    for each in lists:
        assert len(each.offers) == min(size, length)
        assert each.offers["rank"].is_monotonic_increasing and each.offers["rank"].is_unique


def test_likeness_is_the_share_of_what_agrees() -> None:
    offers = pd.DataFrame({
        "category_id": [1, 1, None], "supplier_id": [1, 2, 2], "list_price": [10.0, 12.5, None],
        "names": ["Green tea", "Black tea", "Lamp"]})  # fmt: skip
    np.testing.assert_allclose(likeness(offers), [[1, 0.75, 0], [0.75, 1, 0.25], [0, 0.25, 1]])
