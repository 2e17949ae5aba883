"""Itemsets and rules against every subset counted one by one, and textbook tests of each number."""

from __future__ import annotations

from fractions import Fraction
from itertools import chain, combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from scipy import stats

from dashboard.analytics.recommending.itemsets import (
    TooManySetsError,
    find_itemsets,
    least_orders,
    read_held,
)
from dashboard.analytics.recommending.rules import lift_interval, make_rules, p_values, q_values
from data_access.demo import Plan
from data_access.demo.building import make_demo
from tests.test_demo import AS_OF

Baskets = list[frozenset[int]]


def lines_of(baskets: Baskets) -> pd.DataFrame:
    rows = [(order, product) for order, own in enumerate(baskets) for product in own]
    return pd.DataFrame(rows + rows[::3], columns=["order_id", "product_id"])


def every_set(baskets: Baskets, least: int) -> dict[tuple[int, ...], int]:
    """Each subset of each order, counted."""
    counted: dict[tuple[int, ...], int] = {}
    for own in baskets:
        sizes = range(1, len(own) + 1)
        for items in chain.from_iterable(combinations(sorted(own), size) for size in sizes):
            counted[items] = counted.get(items, 0) + 1
    return {items: count for items, count in counted.items() if count >= least}


def every_rule(
    baskets: Baskets, least: int, confidence: Fraction, longest: int
) -> set[tuple[tuple[int, ...], tuple[int, ...], int, int, int]]:
    found = set()
    for items in every_set(baskets, least):
        for size in range(1, min(longest, len(items) - 1) + 1):
            for right in combinations(items, size):
                left = tuple(sorted({*items} - {*right}))
                together, a, b = (
                    sum({*own} >= {*each} for own in baskets) for each in (items, left, right)
                )
                if Fraction(together, a) >= confidence:
                    found.add((left, right, together, a, b))
    return found


def baskets_drawn(seed: int, orders: int = 60, products: int = 9) -> Baskets:
    chance = np.random.default_rng(seed)
    rate = np.linspace(0.1, 0.6, products)
    held = chance.random((orders, products)) < rate
    held[:, 1] |= held[:, 0] & (chance.random(orders) < 0.7)
    return [frozenset(np.flatnonzero(row).tolist()) or frozenset([0]) for row in held]


@settings(max_examples=60, deadline=None)
@given(some.integers(0, 10_000), some.integers(1, 12), some.integers(1, 3))
def test_sets_and_rules_are_those_of_every_subset(seed: int, least: int, longest: int) -> None:
    baskets = baskets_drawn(seed, orders=40, products=7)
    held = read_held(lines_of(baskets))
    itemsets = find_itemsets(held, least)
    named = {tuple(held.product_ids[list(items)].tolist()): n for items, n in itemsets.items()}
    assert named == every_set(baskets, least)
    rules = make_rules(itemsets, held.orders, Fraction("0.4"), longest_right=longest)
    ids = held.product_ids
    told = {
        (tuple(ids[list(row.antecedent)].tolist()), tuple(ids[list(row.consequent)].tolist()),
         row.together, row.antecedent_orders, row.consequent_orders)
        for row in rules.itertuples()
    }  # fmt: skip
    assert told == every_rule(baskets, least, Fraction("0.4"), longest)
    assert len(told) == len(rules)


def test_more_orders_than_bits_of_a_word() -> None:
    baskets = baskets_drawn(1, orders=700, products=8)
    found = find_itemsets(read_held(lines_of(baskets)), 20)
    assert dict(found.items()) == every_set(baskets, 20)
    assert max(map(len, found)) >= 4


def test_a_confidence_that_is_met_exactly_counts() -> None:
    """Four of five is 0.8, however it is divided: 0.1 of the orders by 0.125 is not."""
    baskets = [frozenset({1, 2})] * 4 + [frozenset({1})] + [frozenset({3})] * 35
    held = read_held(lines_of(baskets))
    rules = make_rules(find_itemsets(held, 1), held.orders, Fraction("0.8"))
    assert (0,) in rules["antecedent"].tolist()
    stricter = make_rules(find_itemsets(held, 1), held.orders, Fraction("0.8000001"))
    assert (0,) not in stricter["antecedent"].tolist()


def test_a_support_that_is_met_exactly_counts() -> None:
    assert least_orders("0.1", 30) == 3  # 0.1 * 30 is 3.0000000000000004
    assert least_orders("0.07", 100) == 7  # 0.07 * 100 is 7.000000000000001
    assert least_orders("7%", 101) == 8
    assert least_orders("1", 50) == 1 and least_orders("1.0", 50) == 50
    for wrong in ("0", "-1", "1.5", "-0.1", "many", "0%", "101%"):
        with pytest.raises(ValueError):
            least_orders(wrong, 10)


def test_orders_numbered_by_customer_are_kept_apart() -> None:
    lines = pd.DataFrame({"customer_id": ["a", "a", "b", None], "order_id": [1, 1, 1, 1],
                          "product_id": [7, 8, 9, 9]})  # fmt: skip
    held = read_held(lines)
    assert held.orders == 3
    assert find_itemsets(held, 1)[(0, 1)] == 1


def test_too_many_sets_are_not_listed() -> None:
    held = read_held(lines_of([frozenset(range(16))] * 3))
    assert len(find_itemsets(held, 2)) == 2**16 - 1
    with pytest.raises(TooManySetsError):
        find_itemsets(held, 2, most=1_000)


@pytest.mark.parametrize("table", [(9, 32, 60, 500), (1, 4, 5, 40), (12, 12, 12, 90)])
def test_the_p_value_is_that_of_fisher(table: tuple[int, int, int, int]) -> None:
    k, a, b, n = table
    cells = [[k, a - k], [b - k, n - a - b + k]]
    wanted = stats.fisher_exact(cells, alternative="greater").pvalue
    told = p_values(np.array([k]), np.array([a]), np.array([b]), n)
    assert told[0] == pytest.approx(wanted, rel=1e-9)


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    p = np.random.default_rng(4).random(300) ** 3
    np.testing.assert_allclose(q_values(p), stats.false_discovery_control(p, method="bh"))


def test_without_any_connection_few_rules_are_called_sure() -> None:
    chance = np.random.default_rng(8)
    rate = chance.uniform(0.05, 0.5, 14)
    wrong = 0
    for _run in range(40):
        held = chance.random((300, 14)) < rate
        itemsets = find_itemsets(read_held(lines_of([frozenset(np.flatnonzero(r).tolist())
                                                     for r in held])), 5)  # fmt: skip
        pairs = {items: n for items, n in itemsets.items() if len(items) <= 2}
        wrong += (make_rules(pairs, 300, Fraction(0))["q_value"] < 0.05).any()
    assert wrong <= 6  # of 40; at most 5 % in the long run


def test_the_interval_of_lift_holds_the_true_lift() -> None:
    chance = np.random.default_rng(6)
    cells = np.array([0.04, 0.10, 0.06, 0.80])  # both, only left, only right, neither
    true = 0.04 / (0.14 * 0.10)
    drawn = chance.multinomial(2_000, cells, 4_000)
    k, a, b = drawn[:, 0], drawn[:, 0] + drawn[:, 1], drawn[:, 0] + drawn[:, 2]
    lift, low, high = lift_interval(k, a, b, 2_000)
    assert lift == pytest.approx(k / 2_000 / (a / 2_000 * b / 2_000))
    assert ((low <= true) & (true <= high)).mean() == pytest.approx(0.95, abs=0.012)


def test_the_bundles_planted_in_the_demo_are_found() -> None:
    demo = make_demo(Plan(orders=20_000, seed=7, as_of=AS_OF))
    lines = demo.tables["order_lines"]
    held = read_held(pd.DataFrame({"order_id": lines["order_id"],
                                   "product_id": lines["product_id"]}))  # fmt: skip
    rules = make_rules(find_itemsets(held, 20), held.orders, Fraction("0.2"))
    sure = rules[(rules["lift_low"] > 2) & (rules["q_value"] < 0.01)
                 & (rules["antecedent"].map(len) == 1)]  # fmt: skip
    ids = held.product_ids
    found = {
        frozenset((int(ids[left[0]]), int(ids[right[0]])))
        for left, right in zip(sure["antecedent"], sure["consequent"], strict=True)
    }
    planted = {frozenset((each["first"], each["second"])) for each in demo.truth["bundles"]}
    hits = len(found & planted)
    print(f"precision {hits / len(found):.2f}, recall {hits / len(planted):.2f}")
    assert hits / len(planted) == 1.0
    assert hits / len(found) >= 0.8
