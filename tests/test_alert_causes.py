"""What is to be warned of, from the rows of the page of stock and from days of unusual sales."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st

from dashboard.alert_causes import LONGEST_SUPPLY, find_causes, stock_causes
from dashboard.alert_words import facts_of, sentence
from dashboard.texts import in_language
from data_access.database import Database
from data_access.edits.alerting import Waiting
from data_access.edits.anomalies import acknowledge_day
from data_access.edits.transaction import new_request_id
from tests.crm import NOW, add, add_order, scope_of

AS_OF = date(2026, 8, 20)


def row(product_id: int, severity: str, **changed: Any) -> dict[str, Any]:
    return {
        "product_id": product_id, "warehouse_id": 1, "severity": severity, "on_hand": 5,
        "reserved": 2, "available": 3, "on_order": 0, "requested": 0, "expected_on": pd.NaT,
        "reorder_point": np.nan, "days_of_supply": np.inf, "chance_out": 0.123456,
        "suggested": 4, "daily_demand": 1 / 3, "lead_days": 7.0, "is_discontinued": False,
        **changed,
    }  # fmt: skip


def waiting(*orders: tuple[int, int, int], set_aside: tuple[int, ...] = ()) -> pd.DataFrame:
    columns = ["order_id", "product_id", "units"]
    own = list(set_aside) or [0] * len(orders)
    return pd.DataFrame(orders, columns=columns).assign(warehouse_id=1, set_aside=own)


def test_each_severity_that_needs_somebody_is_warned_of() -> None:
    severities = ("short", "out", "critical", "low", "coming", "over", "dead", "ok")
    stock = pd.DataFrame(
        [row(place, name, reserved=9 if name == "short" else 2)
         for place, name in enumerate(severities, start=1)]
    )  # fmt: skip
    found = {each.cause: (each.kind, each.severity) for each in stock_causes(stock, waiting())}
    assert found == {
        "stock:1:1": ("short_order", "high"), "stock:2:1": ("out_of_stock", "high"),
        "stock:3:1": ("runs_out", "medium"), "stock:4:1": ("reorder", "low"),
    }  # fmt: skip


def test_the_orders_are_served_in_their_order_and_the_rest_lacks() -> None:
    stock = pd.DataFrame([row(1, "ok")])
    (cause,) = stock_causes(stock, waiting((7, 1, 3), (8, 1, 4), (9, 1, 1)))
    assert cause.kind == "short_order" and cause.facts and cause.facts["lacking"] == 3
    assert cause.orders == (Waiting(7, 3, 0), Waiting(8, 4, 2), Waiting(9, 1, 1))
    assert sum(order.quantity - order.lacking for order in cause.orders) == 5
    assert stock_causes(stock, waiting((7, 1, 3), (8, 1, 2))) == []


def test_what_is_set_aside_for_an_order_is_its_own_before_the_turn_of_others() -> None:
    stock = pd.DataFrame([row(1, "ok")])
    (cause,) = stock_causes(stock, waiting((7, 1, 3), (8, 1, 4), (9, 1, 1), set_aside=(0, 4, 0)))
    assert cause.orders == (Waiting(7, 3, 2), Waiting(8, 4, 0), Waiting(9, 1, 1))
    (cause,) = stock_causes(stock, waiting((7, 1, 3), (8, 1, 4), set_aside=(0, 1)))
    assert cause.orders == (Waiting(7, 3, 0), Waiting(8, 4, 2))


def test_what_is_discontinued_is_warned_of_only_where_orders_lack_it() -> None:
    gone = pd.DataFrame([row(1, "out", is_discontinued=True), row(2, "low", is_discontinued=True)])
    (cause,) = stock_causes(gone, waiting((7, 1, 6)))
    assert (cause.kind, cause.product_id) == ("short_order", 1)


def test_the_numbers_are_json_and_the_same_each_time() -> None:
    stock = pd.DataFrame([row(1, "low", expected_on=pd.Timestamp("2026-11-30"))])
    (one,), (other,) = (stock_causes(stock, waiting()) for _ in range(2))
    assert one == other and one.facts and one.demand_facts
    assert json.loads(json.dumps(one.facts, allow_nan=False)) == one.facts
    assert one.facts["expected_on"] == "2026-11-30"
    assert one.demand_facts == {
        "reorder_point": None, "days_of_supply": LONGEST_SUPPLY, "chance_out": 0.12,
        "daily_demand": 0.33, "lead_days": 7,
    }  # fmt: skip


def told(kind: str, *, of_all: bool = True, orders: int = 0, short: int = 0, **facts: Any) -> str:
    (cause,) = stock_causes(pd.DataFrame([row(1, "low", **facts)]), waiting())
    read = {
        "kind": kind,
        "orders": orders,
        "short_orders": short,
        "lacking": 3,
        "facts": json.dumps(cause.facts),
        "demand_facts": json.dumps(cause.demand_facts),
    }
    warned: Any = next(pd.DataFrame([read]).itertuples())
    return sentence(warned, facts_of(warned), of_all=of_all)


def test_the_words_say_what_is_the_matter() -> None:
    due = {"on_order": 40, "expected_on": pd.Timestamp("2026-12-01")}
    assert (
        told("out_of_stock", orders=1) == "nothing free · nothing on order · 1 order waits for it"
    )
    assert told("runs_out", days_of_supply=4.2, **due) == (
        "3 free, enough for 4 d · 40 on order, due 2026-12-01"
    )
    assert told("reorder", reorder_point=12.0) == ("3 free, reorder point 12 · nothing on order")
    assert told("reorder", requested=6) == "3 free · 6 requested, nothing ordered"
    assert told("short_order", of_all=False, orders=5, short=2) == (
        "2 orders of yours lack 3 units · nothing on order"
    )
    assert told("short_order", of_all=False, orders=5) == (
        "5 orders of yours wait for it · nothing on order"
    )
    with in_language("zh_CN"):
        assert told("runs_out", days_of_supply=4.2, **due) == (
            "可用 3，约够 4 天 · 在途 40，预计 2026-12-01 到货"
        )


@pytest.fixture
def seller(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Twelve weeks of about 100 a day, and 2,000 more three days ago; far from any holiday."""
    url = sqlite_database.writer.url.render_as_string(hide_password=False)
    monkeypatch.setenv("CRM_DATABASE_URL", url)
    monkeypatch.setenv("CRM_ANALYTICS_URL", "off")
    st.cache_data.clear()
    st.cache_resource.clear()
    product_id = add(sqlite_database.writer, "products", is_goods=False)
    for days in range(1, 85):
        price = Decimal(100 + days * 37 % 11 + (2000 if days == 3 else 0))
        line = {"product_id": product_id, "unit_price": price}
        add_order(sqlite_database, ordered_on=AS_OF - timedelta(days=days), lines=[line])
    return sqlite_database


def test_unusual_days_are_warned_of_until_somebody_explains_them(seller: Database) -> None:
    manager, odd = scope_of(seller, "manager"), AS_OF - timedelta(days=3)
    (day,) = find_causes(manager, AS_OF, "CNY")
    assert (day.kind, day.cause) == ("unusual_day", f"day:{odd}:CNY")
    assert day.facts and day.facts["net_sales"] == 2101 and day.facts["high"] < 200
    assert (day.product_id, day.demand_facts, day.orders) == (None, None, ())
    acknowledge_day(
        seller.writer, manager, odd, currency="CNY", note="A fair", request_id=new_request_id(),
        now=NOW,
    )  # fmt: skip
    assert find_causes(manager, AS_OF, "CNY") == []


def test_an_unusual_day_is_warned_of_for_a_week(seller: Database) -> None:
    manager = scope_of(seller, "manager")
    for days, found in ((0, 1), (4, 1), (5, 0)):
        causes = find_causes(manager, AS_OF + timedelta(days=days), "CNY")
        odd = [each for each in causes if each.cause == f"day:{AS_OF - timedelta(days=3)}:CNY"]
        assert len(odd) == found, days
