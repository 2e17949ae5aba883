"""What the pages of planning say in words, apart from any page."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from dashboard.analytics.what_if.parameters import Elasticity
from dashboard.texts import in_language
from dashboard.what_if_words import price_flags
from dashboard.why_words import told_places


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with in_language("en"):
        yield


def elasticity(value: float, origin: str = "estimated") -> Elasticity:
    return Elasticity(
        value=value, error=0.5, origin=origin, moves=90, products=9, weeks=99, lowest=0.8,
        highest=1.2, is_placebo=False,
    )  # fmt: skip


def test_a_price_that_seems_to_raise_demand_is_doubted() -> None:
    assert price_flags(elasticity(-1.3), 0.1) == []
    assert "Dearer sold no less" in price_flags(elasticity(2.2), 0.1)[0]
    assert price_flags(elasticity(2.2, "assumed"), 0.1) == []


def test_where_it_moved_tells_no_way_with_one_part_only() -> None:
    one = {"Phone": Decimal(70)}
    two = {"West": Decimal(90), "East": Decimal(-20)}
    assert told_places([one, two], Decimal(70), "USD") == "West (+$90.00)"
    assert told_places([two], Decimal(-70), "USD") == "East (-$20.00)"
