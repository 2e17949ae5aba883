"""A change taken apart, against bridges worked by hand."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pandas as pd
import pytest

from dashboard.analytics.bridge import (
    EFFECTS,
    Measure,
    exact,
    leading,
    part_effects,
    product_effects,
    rounded,
    steps,
    sum_effects,
    top_movers,
)

SUMS = ("units", "gross_sales", "returns_value", "net_sales", "cost", "sold_cost")


def product(
    product_id: int, before: tuple[Any, ...], now: tuple[Any, ...], is_goods: int = 1
) -> dict[str, Any]:
    """units, gross sales, returns, net sales, cost of what was kept, cost of all that was sold."""
    return {
        "product_id": product_id, "name": f"P{product_id}", "is_goods": is_goods,
        **dict(zip(SUMS, now, strict=True)),
        **{f"before_{name}": value for name, value in zip(SUMS, before, strict=True)},
    }  # fmt: skip


NOTHING = (0, 0.0, 0.0, 0.0, 0.0, 0.0)
# Two products in both periods. Before: 10 saws at 100 and 30 dolls at 20; P̄₀ = 1,600 ÷ 40 = 40.
# Now: 12 saws at list 110, 5 % off, so 104.50 each; 20 dolls at 20, of which 2 came back.
SAW = product(1, (10, 1000.0, 0.0, 1000.0, 600.0, 600.0), (12, 1320.0, 0.0, 1254.0, 744.0, 744.0))
DOLL = product(2, (30, 600.0, 0.0, 600.0, 240.0, 240.0), (20, 400.0, 40.0, 360.0, 162.0, 180.0))
NEW = product(3, NOTHING, (1, 55.0, 0.0, 55.0, 40.0, 40.0))
GONE = product(4, (2, 30.0, 15.0, 15.0, 4.0, 8.0), NOTHING)
POSTAGE = product(5, (9, 45.0, 0.0, 45.0, 0.0, 0.0), (7, 42.0, 6.0, 36.0, 0.0, 0.0), is_goods=0)
ALL = pd.DataFrame([SAW, DOLL, NEW, GONE, POSTAGE])


def told(measure: Measure) -> dict[str, float]:
    effects = sum_effects(product_effects(ALL, measure))
    return {name: float(rounded(each)) for name, each in effects.items()}


def test_net_sales_by_hand() -> None:
    assert told("net_sales") == {
        "price": 120,  # saws: list 110 − 100, × 12; dolls: none
        "discount": -66,  # 5.50 × 12
        "volume": -320,  # (32 − 40) × 40
        "mix": 320,  # Σp₀q₁ = 100 × 12 + 20 × 20 = 1,600, less 32 × 40
        "new": 55,
        "gone": -30,  # what was sold, before the 15 that came back
        "returns": -25,  # 40 now, 15 before
        "charges": -9,  # 36 − 45
    }
    assert sum(told("net_sales").values()) == (1254 + 360 + 55 + 36) - (1000 + 600 + 15 + 45)


def test_margin_by_hand() -> None:
    """A unit brought before 100 − 60 = 40 of a saw, 20 − 8 = 12 of a doll: 760 ÷ 40 = 19."""
    assert told("margin") == {
        "price": 120,
        "discount": -66,
        "unit_cost": -44,  # saws 62 − 60, × 12 = 24; dolls 9 − 8, × 20 = 20
        "volume": -152,  # −8 × 19
        "mix": 112,  # 40 × 12 + 12 × 20 = 720, less 32 × 19 = 608
        "new": 15,
        "gone": -22,
        "returns": -11,  # 40 − 18 lost now, 15 − 4 before
        "charges": -9,
    }
    margin_now = (1254 - 744) + (360 - 162) + (55 - 40) + 36
    margin_before = (1000 - 600) + (600 - 240) + (15 - 4) + 45
    assert sum(told("margin").values()) == margin_now - margin_before


def test_volume_and_mix_of_each_product_sum_to_those_of_all() -> None:
    effects = product_effects(ALL).set_index("product_id")
    assert {p: float(effects.loc[p, "volume"]) for p in (1, 2)} == {1: 80, 2: -400}
    assert {p: float(effects.loc[p, "mix"]) for p in (1, 2)} == {1: 120, 2: 200}


def test_nothing_but_more_of_the_same_is_all_volume() -> None:
    twice = pd.DataFrame([product(n, (q, q * p, 0.0, q * p, 0.0, 0.0),
                                  (2 * q, 2 * q * p, 0.0, 2 * q * p, 0.0, 0.0))
                          for n, q, p in ((1, 3, 7.5), (2, 11, 0.35))])  # fmt: skip
    found = sum_effects(product_effects(twice))
    assert {name: rounded(each) for name, each in found.items()} == {
        "price": 0, "volume": rounded(Decimal("26.35")), "mix": 0
    }  # fmt: skip


def test_products_taken_back_more_than_sold_are_corrections() -> None:
    taken_back = product(1, NOTHING, (-2, -20.0, 0.0, -20.0, 0.0, 0.0))
    found = sum_effects(product_effects(pd.DataFrame([taken_back])))
    assert {name: each for name, each in found.items() if each} == {"corrections": -20}


@pytest.mark.parametrize("measure", ["net_sales", "margin"])
@pytest.mark.parametrize("seed", range(30))
def test_the_steps_sum_to_the_cent(measure: Measure, seed: int) -> None:
    chance = Random(seed)

    def sums() -> tuple[Any, ...]:
        units = chance.choice((0, 1, 3, 7, 13, -2))
        money = [round(chance.uniform(-1, 1000), 4) for _ in range(5)]
        return (units, *money) if units else (0, 0.0, *money[1:])

    products = pd.DataFrame(
        [product(n, sums(), sums(), chance.choice((0, 1, 1))) for n in range(40)]
    )
    total = {
        prefix: sum(map(exact, products[f"{prefix}net_sales"]))
        - (sum(map(exact, products[f"{prefix}cost"])) if measure == "margin" else 0)
        for prefix in ("", "before_")
    }
    effects = sum_effects(product_effects(products, measure))
    assert abs(sum(effects.values()) - (total[""] - total["before_"])) < Decimal("1e-20")
    told = steps(Decimal(total["before_"]), effects)
    assert sum(told.values()) == rounded(Decimal(total[""])) - rounded(Decimal(total["before_"]))
    assert all(abs(told[name] - effects[name]) <= Decimal("0.01") for name in effects)
    assert set(effects) <= set(EFFECTS)


def test_amounts_without_coins_are_rounded_to_whole_ones() -> None:
    halves = {"a": Decimal("0.5"), "b": Decimal("0.5"), "c": Decimal("-0.5")}
    assert [int(step) for step in steps(Decimal(0), halves, 0).values()] == [1, 0, 0]


def test_parts_that_moved_most_and_the_rest() -> None:
    parts = pd.DataFrame(
        {
            "key": ["a", "b", "c", "d", None],
            "name": ["A", "B", "C", "D", None],
            "net_sales": [10.0, 5.0, 7.0, 1.0, 0.0],
            "cost": [4.0, 4.0, 4.0, 0.0, 0.0],
            "before_net_sales": [4.0, 25.0, 7.5, 0.0, 3.0],
            "before_cost": [4.0, 4.0, 0.0, 0.0, 0.0],
        }
    )
    rows = top_movers(parts, "net_sales", 3)
    told = [(row.key, float(row.change), row.parts) for row in rows.fillna("none").itertuples()]
    assert told == [("a", 6, 1), ("none", -3, 1), ("b", -20, 1), ("none", 0.5, 2)]
    assert sum(rows["change"]) == sum(part_effects(parts))
    assert list(top_movers(parts, "net_sales", 4)["parts"]) == [1] * 5
    assert list(map(float, part_effects(parts, "margin"))) == [6, -20, -4.5, 1, -3]


def test_the_reasons_that_are_told() -> None:
    effects = {"a": Decimal(-50), "b": Decimal(-40), "c": Decimal(-5), "d": Decimal(30)}
    assert leading(effects, Decimal(-65)) == (("a", "b"), ("d",))
    assert leading({"a": Decimal(-90), "d": Decimal(3)}, Decimal(-87)) == (("a",), ())
    assert leading({}, Decimal(0)) == ((), ())
