"""Recommending: scores, measures and reasons against a plain recomputation of each."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import sparse

from dashboard.analytics.recommending import evaluation, reasons
from dashboard.analytics.recommending.baskets import Baskets, read_baskets
from dashboard.analytics.recommending.blending import USUAL, Weights, blend, fit_choices
from dashboard.analytics.recommending.diversity import diversify, spread
from dashboard.analytics.recommending.fitting import Candidates, Fitted, describe, fit
from dashboard.analytics.recommending.measuring import (
    coverage,
    diversity_of_lists,
    intervals,
    likeness,
    measure_lists,
    novelty,
    rank_lists,
)
from dashboard.analytics.recommending.screening import Screen
from dashboard.analytics.recommending.similarity import bought_both, content, cosine, ease
from tests.shopping import habits, random_lines


def baskets_of(lines: pd.DataFrame) -> dict[int, list[set[int]]]:
    """customer → the products of each order, in turn."""
    found: dict[int, list[set[int]]] = {}
    for customer, own in lines.groupby("customer_id"):
        turns = own.groupby(["ordered_on", "order_id"])["product_id"].agg(set)
        found[int(str(customer))] = turns.sort_index().tolist()
    return found


def test_orders_follow_each_other_by_day_then_by_order() -> None:
    lines = random_lines(3).sample(frac=1, random_state=1)
    read = read_baskets(lines)
    for place, customer in enumerate(read.customer_ids):
        own = read.customer == place
        turns = [set(read.product_ids[read.product[own & (read.turn == turn)]].tolist())
                 for turn in range(read.orders_of[place])]  # fmt: skip
        assert turns == baskets_of(lines)[customer]


def test_days_and_running_numbers_give_the_same_order() -> None:
    lines = random_lines(4)
    days = lines.assign(ordered_on=pd.Timestamp("2026-01-01") + pd.to_timedelta(
        lines["ordered_on"], unit="D"))  # fmt: skip
    by_number, by_day = read_baskets(lines), read_baskets(days)
    assert by_number.turn.tolist() == by_day.turn.tolist()
    assert np.ptp(by_day.when - by_number.when) == 0


def test_likeness_is_as_defined() -> None:
    bought = read_baskets(random_lines(5)).matrix()
    dense = bought.toarray()
    both = bought_both(bought)
    np.testing.assert_array_equal(both, dense.T @ dense)
    buyers = np.diag(both)
    wanted = both / (np.sqrt(np.outer(buyers, buyers)) + 4.0)
    np.fill_diagonal(wanted, 0)
    np.testing.assert_allclose(cosine(both, shrinkage=4.0).toarray(), wanted, atol=1e-12)
    inverse = np.linalg.inv(both + 20.0 * np.eye(len(both)))
    places, weights = ease(both, ridge=20.0)
    expected = np.eye(len(both)) - inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(weights, expected[np.ix_(places, places)], atol=1e-9)
    nearest = cosine(both, shrinkage=4.0, neighbours=3).toarray()
    for row, full in zip(nearest, wanted, strict=True):
        assert sorted(row[row > 0]) == pytest.approx(sorted(full)[-3:])


def test_attributes_make_products_alike() -> None:
    facts = pd.DataFrame({
        "category": [1, 1, 2, None], "supplier": [5, 6, 6, None], "price": [10, 11, 500, None],
        "name": ["Green tea", "Black tea", "Desk lamp", None]})  # fmt: skip
    alike = content(facts).toarray()
    assert alike[0, 1] > alike[1, 2] > 0
    assert alike[3].sum() == 0 and not np.diag(alike).any()
    np.testing.assert_allclose(alike, alike.T)


def plain_features(lines: pd.DataFrame, customer: int, product: int) -> dict[str, float]:
    turns = baskets_of(lines)[customer]
    ages = [len(turns) - 1 - turn for turn, own in enumerate(turns) if product in own]
    return {
        "times": len(ages),
        "often": sum(0.95**age for age in ages),
        "lately": sum(0.5**age for age in ages),
    }


def test_features_of_candidates_are_as_defined() -> None:
    lines = random_lines(6)
    read = read_baskets(lines)
    fitted = fit(read)
    told = describe(fitted, np.arange(len(read.customer_ids)))
    bought, slow = fitted.bought.toarray(), fitted.slow.toarray()
    alike, pull = fitted.alike.toarray(), np.zeros((bought.shape[1],) * 2)
    pull[np.ix_(fitted.offered[fitted.ease_at], fitted.offered[fitted.ease_at])] = fitted.ease
    assert fitted.offered.tolist() == list(range(bought.shape[1]))
    for row in range(0, len(told.customer), 3):
        who, what = told.customer[row], told.product[row]
        wanted = plain_features(lines, int(read.customer_ids[who]), int(read.product_ids[what]))
        wanted["cosine"] = float(np.sqrt(slow[who] @ alike[:, what] / slow[who].sum()))
        wanted["ease"] = max(float(bought[who] @ pull[:, what]), 0)
        for name, value in wanted.items():
            assert told.features[name][row] == pytest.approx(value, abs=1e-5), name
        assert told.is_again[row] == (bought[who, what] > 0)
    # everything the customer bought, and everything else of so small a shop
    assert len(told.customer) == bought.size


def test_popular_counts_the_late_orders() -> None:
    lines = random_lines(7)
    read = read_baskets(lines)
    orders = lines.drop_duplicates(["customer_id", "order_id"])["ordered_on"]
    since = np.sort(orders)[int(0.7 * (len(orders) - 1))]
    late = lines[lines["ordered_on"] >= since].drop_duplicates(["order_id", "product_id"])
    fitted = fit(read)
    assert fitted.late_order_count == late["order_id"].nunique()
    counted = late["product_id"].value_counts()
    assert fitted.late_orders.tolist() == [int(counted.get(p, 0)) for p in read.product_ids]


@pytest.mark.parametrize("seed", range(4))
def test_measures_equal_a_plain_recomputation(seed: int) -> None:
    chance = np.random.default_rng(seed)
    customers, products, k = 14, 20, 5
    truth = sparse.csr_array((chance.random((customers, products)) < 0.2).astype(float))
    bought = sparse.csr_array((chance.random((customers, products)) < 0.3).astype(float))
    pairs = np.argwhere(chance.random((customers, products)) < 0.6)
    scores = np.round(chance.random(len(pairs)), 1)  # with equals
    tested = np.array([0, 2, 3, 7, 9, 13])
    chosen = np.isin(pairs[:, 0], tested)
    who, what, worth = pairs[chosen, 0], pairs[chosen, 1], scores[chosen]
    lists = rank_lists(who, what, worth, tested, k)
    measured = measure_lists(lists, truth, tested)
    alike = []
    for row, customer in enumerate(tested):
        ranked = sorted((-w, p) for c, p, w in zip(who, what, worth, strict=True) if c == customer)
        own = [int(p) for _w, p in ranked[:k]]
        assert [p for p in lists[row].tolist() if p >= 0] == own
        wanted = set(np.flatnonzero(truth.toarray()[customer]).tolist())
        hits = [p in wanted for p in own]
        ideal = sum(1 / np.log2(place + 2) for place in range(min(k, len(wanted))))
        assert measured["recall"][row] == pytest.approx(sum(hits) / len(wanted))
        assert measured["hit"][row] == (sum(hits) > 0)
        gained = sum(hit / np.log2(place + 2) for place, hit in enumerate(hits))
        assert measured["ndcg"][row] == pytest.approx(gained / ideal)
        columns = bought.toarray()
        pairs_of = [columns[:, a] @ columns[:, b] / np.sqrt(columns[:, a].sum()
                    * columns[:, b].sum()) for a, b in combinations(own, 2)]  # fmt: skip
        alike.append(1 - np.mean(pairs_of))
    shown = [p for row in lists.tolist() for p in row if p >= 0]
    assert coverage(lists, products) == len(set(shown)) / products
    share = np.maximum(bought.toarray().sum(axis=0), 1) / customers
    assert novelty(lists, bought) == pytest.approx(np.mean([-np.log2(share[p]) for p in shown]))
    every = np.unique(shown)
    likely = likeness(every, bought)
    assert diversity_of_lists(lists, every, likely) == pytest.approx(np.mean(alike))


def test_the_interval_covers_the_mean_as_often_as_it_says() -> None:
    chance = np.random.default_rng(3)
    inside = 0
    for seed in range(200):
        values = chance.exponential(1.0, 150)
        _mean, low, high = intervals(values, seed=seed, resamples=300)
        inside += low <= 1.0 <= high
    assert 0.89 <= inside / 200 <= 0.985


def test_choices_give_back_the_weights_they_were_drawn_with() -> None:
    chance = np.random.default_rng(2)
    customer = np.repeat(np.arange(4_000), 12)
    facts = chance.random((len(customer), 3))
    drawn = facts @ np.array([3.0, 1.0, 0.0]) + chance.gumbel(size=len(customer))
    chosen = np.zeros(len(customer), dtype=bool)
    chosen[drawn.reshape(-1, 12).argmax(axis=1) + np.arange(4_000) * 12] = True
    found = fit_choices(customer, facts, chosen, np.array([1.0, 1.0, 1.0]), 2.0)
    assert found == pytest.approx([3.0, 1.0, 0.0], abs=0.2) and (found >= 0).all()


def split_of(lines: pd.DataFrame) -> tuple[Baskets, evaluation.Split]:
    read = read_baskets(lines)
    return read, evaluation.split_last_orders(read)


def test_nothing_is_learnt_from_the_part_held_back() -> None:
    lines = habits(120)
    _read, split = split_of(lines)
    changed = lines.copy()
    last = lines.groupby("customer_id")["order_id"].transform("max") == lines["order_id"]
    changed.loc[last, "product_id"] = (lines["product_id"] * 7 + 3) % 60
    other = evaluation.split_last_orders(read_baskets(changed))
    assert evaluation.learn(split.learnt, seed=1) == evaluation.learn(other.learnt, seed=1)
    assert (fit(split.learnt).slow != fit(other.learnt).slow).nnz == 0
    assert (split.truth != other.truth).nnz > 100


def test_a_time_cut_learns_from_no_later_row() -> None:
    read = read_baskets(habits(120))
    cut = evaluation.usual_cut(read)
    assert cut is not None
    split = evaluation.split_at(read, cut)
    assert split.learnt.when.max() <= cut < read.when.max()
    held = read.when > cut
    pairs = {(c, p) for c, p in zip(read.customer[held], read.product[held], strict=True)}
    assert set(zip(*(each.tolist() for each in split.truth.nonzero()), strict=True)) == pairs


def test_the_blend_finds_habits_better_than_its_rivals() -> None:
    lines = habits()
    read, split = split_of(lines)
    found = evaluation.evaluate(read, split, k=5, seed=7)
    for rival in evaluation.RIVALS:
        assert found["tasks"]["all"]["differences"][rival]["ndcg"]["low"] > 0
    new = found["tasks"]["new"]["differences"]["popularity"]["ndcg"]
    assert new["low"] > 0
    again, all_of = (found["tasks"][name]["methods"]["blend"] for name in ("again", "all"))
    assert again["repeat_rate"] == 1.0 and again["recall_explore"] in (None, 0.0)
    assert 0 < all_of["repeat_rate"] < 1


@pytest.fixture(scope="module")
def explained() -> tuple[pd.DataFrame, Fitted, Candidates, Weights, reasons.Reasons]:
    lines = habits(150)
    read = read_baskets(lines)
    facts = lines.groupby("product_id")["category"].first().reset_index()
    fitted = fit(read, lambda places: content(facts.iloc[places].reset_index(drop=True)))
    weights = Weights({**USUAL.again, "cosine": 2.0}, {**USUAL.new, "content": 1.0})
    told = describe(fitted, np.arange(150))
    return lines, fitted, told, weights, reasons.explain(fitted, weights, told, facts)


def test_the_reason_is_what_added_most(
    explained: tuple[pd.DataFrame, Fitted, Candidates, Weights, reasons.Reasons],
) -> None:
    _lines, _fitted, told, weights, found = explained
    parts = reasons.add_up(weights, told)
    assert np.stack(list(parts.values())).sum(axis=0) == pytest.approx(blend(weights, told))
    for row in range(len(told.customer)):
        assert parts[found.reason[row]][row] >= max(each[row] for each in parts.values()) - 1e-9
    assert {*found.reason} == {*reasons.REASONS}


def test_the_counts_of_a_reason_are_exact(
    explained: tuple[pd.DataFrame, Fitted, Candidates, Weights, reasons.Reasons],
) -> None:
    lines, fitted, told, _weights, found = explained
    turns = baskets_of(lines)
    buyers = {int(str(p)): {*own} for p, own in lines.groupby("product_id")["customer_id"]}
    family = dict(zip(lines["product_id"], lines["category"], strict=True))
    ids, checked = fitted.baskets.product_ids, set()
    for row in range(0, len(told.customer), 5):
        who, what = int(told.customer[row]), int(ids[told.product[row]])
        count, base, since = found.count[row], found.base[row], found.since[row]
        source = int(ids[found.source[row]]) if found.source[row] >= 0 else None
        checked.add(found.reason[row])
        match found.reason[row]:
            case "bought":
                with_it = [turn for turn, own in enumerate(turns[who]) if what in own]
                assert (count, base) == (len(with_it), len(turns[who]))
                assert since == len(turns[who]) - 1 - with_it[-1]
            case "together":
                assert source is not None and source != what and who in buyers[source]
                assert count == len(buyers[source] & buyers[what]) > 0
                assert base == len(buyers[source])
            case "similar":
                assert source is not None and source != what and who in buyers[source]
                assert (count, base) == (int(family[source] == family[what]), 1)
            case _:
                assert source is None and 0 <= count <= base == fitted.late_order_count
    assert checked == {*reasons.REASONS}


def test_the_source_is_the_product_that_added_most(
    explained: tuple[pd.DataFrame, Fitted, Candidates, Weights, reasons.Reasons],
) -> None:
    _lines, fitted, told, weights, found = explained
    parts = reasons.contributions(weights, told)
    by_cosine = (found.reason == "together") & (parts["cosine"] >= parts["ease"])
    slow, alike = fitted.slow.toarray(), fitted.alike.toarray()
    rows = np.flatnonzero(by_cosine)
    assert len(rows) > 50
    for row in rows:
        added = slow[told.customer[row]] * alike[:, told.product[row]]
        assert added[found.source[row]] == pytest.approx(added.max())


@settings(max_examples=60, deadline=None)
@given(some.integers(0, 10_000), some.integers(2, 12), some.integers(1, 6))
def test_more_variety_never_makes_a_list_less_varied(seed: int, size: int, k: int) -> None:
    chance = np.random.default_rng(seed)
    half = np.round(chance.random((size, size)), 1)
    alike = np.triu(half, 1) + np.triu(half, 1).T + np.eye(size)
    scores = np.round(chance.random(size), 1)
    spreads, worths = [], []
    for variety in np.linspace(0, 1, 33):
        chosen = diversify(scores, alike, k, float(variety))
        assert len(chosen) == len(set(chosen.tolist())) == min(k, size)
        spreads.append(spread(alike, chosen))
        worths.append(scores[chosen].sum())
    assert all(b >= a - 1e-9 for a, b in pairwise(spreads))
    assert worths[0] == pytest.approx(np.sort(scores)[::-1][:k].sum())


def test_what_is_left_out_says_why() -> None:
    offers = pd.DataFrame({
        "available": [3, 0, pd.NA, 2, 2, 2], "is_refused": [False, True, False, True, False, False],
        "bought_units": [0, 0, 0, 0, 3, 10], "returned_units": [0, 0, 0, 0, 2, 3],
        "margin_rate": [0.5, 0.5, 0.05, 0.5, 0.5, None]})  # fmt: skip
    told = Screen(least_margin=0.1).apply(offers)["left_out"].tolist()
    assert told == [None, "not_available", "low_margin", "refused", "returned_often", None]
    free = Screen(needs_stock=False, most_returned=None).apply(offers)["left_out"].tolist()
    assert free == [None, "refused", None, "refused", None, None]
