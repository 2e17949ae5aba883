"""Shares, debts and months: the examples in their docstrings hold, and empty frames are no case."""

from __future__ import annotations

import doctest
from datetime import date
from math import isnan

import pandas as pd
import pytest

from dashboard.analytics import receivables, shares
from dashboard.analytics.receivables import every_month, summarise_receivables
from dashboard.analytics.shares import add_shares


@pytest.mark.parametrize("module", [receivables, shares], ids=lambda module: module.__name__)
def test_the_examples_hold(module) -> None:
    results = doctest.testmod(module)
    assert results.attempted >= 2 and results.failed == 0


def test_where_nothing_is_owed_there_is_no_share_past_due() -> None:
    owed = summarise_receivables(pd.DataFrame({"age": [], "orders": [], "owed": []}))
    assert (owed.orders, owed.amount, owed.past_due) == (0, 0.0, 0.0)
    assert isnan(owed.past_due_rate)


def test_without_payments_every_month_is_zero() -> None:
    none = pd.DataFrame({"period_on": pd.to_datetime([]), "paid": [], "refunded": []})
    months = every_month(none, date(2026, 9, 15), date(2026, 11, 2))
    assert months["period_on"].dt.month.tolist() == [9, 10, 11]
    assert months["amount"].tolist() == [0.0, 0.0, 0.0]


def test_without_sales_there_are_no_shares() -> None:
    none = pd.DataFrame({"net_sales": [0.0], "previous_net_sales": [0.0]})
    assert add_shares(none)[["share", "change"]].isna().all(axis=None)
    assert list(add_shares(none.head(0)).columns)[-2:] == ["share", "change"]
