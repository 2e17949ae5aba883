"""Rates and ratios: by their examples, at their edges, and without touching their argument."""

from __future__ import annotations

import doctest

import pandas as pd
import pytest

from dashboard.analytics import kpis
from dashboard.analytics.kpis import KPIS, add_kpis, compare_kpis, growth

MEASURES = {
    "net_sales": [1000.0, 800.0, 0.0], "gross_sales": [1250.0, 900.0, 0.0],
    "discounts": [150.0, 100.0, 0.0], "returns_value": [100.0, 0.0, 0.0],
    "cost": [600.0, 480.0, 0.0], "orders": [8, 5, 0], "received_orders": [10, 5, 0],
    "cancelled_orders": [2, 0, 0], "due_orders": [4, 5, 0], "on_time_orders": [3, 5, 0],
    "shipped_units": [40, 20, 0], "returned_units": [2, 0, 0],
}  # fmt: skip


def _spans() -> pd.DataFrame:
    return pd.DataFrame({"span": ["now", "previous", "last_year"], **MEASURES})


def test_the_examples_in_the_docstrings_hold() -> None:
    results = doctest.testmod(kpis, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.attempted > 15
    assert results.failed == 0


def test_each_kpi_follows_its_formula() -> None:
    now = compare_kpis(_spans()).set_index("kpi")["now"]
    assert now.to_dict() == pytest.approx(
        {
            "net_sales": 1000,
            "orders": 8,
            "average_order_value": 125,  # 1000 ÷ 8
            "gross_margin_rate": 0.4,  # (1000 − 600) ÷ 1000
            "discount_rate": 0.12,  # 150 ÷ 1250
            "on_time_rate": 0.75,  # 3 ÷ 4
            "cancellation_rate": 0.2,  # 2 ÷ 10
            "return_rate": 0.05,  # 2 ÷ 40
        }
    )


def test_money_and_counts_grow_and_rates_differ() -> None:
    table = compare_kpis(_spans()).set_index("kpi")
    assert table.loc["net_sales", "since_previous"] == pytest.approx(0.25)  # 1000 from 800
    assert table.loc["orders", "since_previous"] == pytest.approx(0.6)  # 8 from 5
    assert table.loc["on_time_rate", "since_previous"] == pytest.approx(-0.25)  # 0.75 from 1
    assert table["since_last_year"].isna().all()


def test_growth_from_nothing_or_less_is_not_a_number() -> None:
    grown = growth(pd.Series([5, 5, 5]), pd.Series([0, -10, None]))
    assert grown.isna().all()


def test_hidden_parts_make_a_rate_not_a_number() -> None:
    sums = _spans().assign(
        cost=float("nan"), units=pd.array([None] * 3, dtype="Int64"),
        returned_units=pd.array([None] * 3, dtype="Int64"),
    )  # fmt: skip
    added = add_kpis(sums)
    assert added[["gross_margin_rate", "return_rate"]].isna().all(axis=None)
    assert added.loc[0, "average_order_value"] == 125


def test_an_empty_frame_gives_an_empty_frame_with_every_column() -> None:
    added = add_kpis(_spans().head(0))
    assert added.empty
    assert set(KPIS) <= set(added)


def test_a_missing_span_is_not_a_number() -> None:
    table = compare_kpis(_spans().head(2))
    assert table["last_year"].isna().all()
    assert list(table["kpi"]) == list(KPIS)


def test_the_argument_is_left_as_it_was() -> None:
    spans, before = _spans(), _spans()
    compare_kpis(spans)
    pd.testing.assert_frame_equal(spans, before)
