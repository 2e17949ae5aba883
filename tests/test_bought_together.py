"""What is bought together: the rules a person chooses, the orders behind one as far as they see
them, and a network that stays readable."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest

from dashboard.analytics.recommending.pair_network import lay_out
from dashboard.figures.pair_network import LINE, arc, pair_network, widths_of
from dashboard.together_orders import seen_in_words
from dashboard.together_words import in_full, small_rate
from data_access.bought_together import (
    RuleFilter,
    count_pair_orders,
    find_rules,
    list_pair_orders,
    list_rule_products,
    list_rules,
)
from data_access.database import Database, writing
from data_access.keyset import next_page
from data_access.tables import call_reasons, offer_lists, offers, product_pairs
from tests.browsing import Browser, says
from tests.crm import NOW, add
from tests.exported import Buttons, read_csv
from tests.shop import Shop, open_shop

AS_OF = date(2026, 11, 23)
XSS = "<img src=x onerror=alert(1)>"


def pair(database: Database, product_id: int, other_product_id: int, **values: Any) -> None:
    row = {
        "as_of_on": AS_OF, "together": 6, "product_orders": 40, "other_orders": 20, "orders": 1_000,
        "lift": Decimal("7.5"), "lift_low": Decimal("3.1"), "lift_high": Decimal("18.2"),
        "q_value": Decimal("0.02"), **values,
    }  # fmt: skip
    share = Decimal(row["together"]) / row["product_orders"]
    row["shared_rate"] = round(share * 20) / Decimal(20)
    add(database.writer, "product_pairs", product_id=product_id, other_product_id=other_product_id,
        **row)  # fmt: skip


def both_ways(database: Database, one: int, other: int, **values: Any) -> None:
    """As a refresh writes a pair."""
    pair(database, one, other, **values)
    sizes = values.get("product_orders", 40), values.get("other_orders", 20)
    pair(database, other, one, **{**values, "product_orders": sizes[1], "other_orders": sizes[0]})


def sell(shop: Shop) -> SimpleNamespace:
    """Six orders with pen and ink: three of the rep's customer, one of another rep's in the region,
    one of another region, one of nobody; and others that do not count."""
    writer = shop.writer
    near = add(writer, "customers", name="Near", owner_id=shop.other_rep_id,
               region_id=shop.region_id)  # fmt: skip
    far = add(writer, "customers", name=XSS, region_id=shop.lead_region_id)
    orders = [shop.order(as_is="completed", ordered_on=AS_OF - timedelta(days=each))
              for each in (1, 2, 3)]  # fmt: skip
    orders += [
        shop.order(customer_id=near, owner_id=shop.other_rep_id),
        shop.order(customer_id=far, region_id=shop.lead_region_id, owner_id=None),
        shop.order(customer_id=None, region_id=None, owner_id=None),
    ]
    shop.order(units=(3, 0))
    shop.order(as_is="cancelled")
    shop.order(ordered_on=AS_OF + timedelta(days=1))
    both_ways(shop.database, shop.pen, shop.ink)
    return SimpleNamespace(shop=shop, orders=orders, near=near, far=far)


def rules(database: Database, scope: Any, **chosen: Any) -> pd.DataFrame:
    return list_rules(database.record, scope, RuleFilter(**chosen))


def test_a_pair_is_told_once_from_the_product_that_leads_more_often(database: Database) -> None:
    shop = open_shop(database)
    kitchen = add(shop.writer, "categories", name="Kitchen")
    cup = add(shop.writer, "products", name="Cup", category_id=kitchen)
    manager = shop.scopes["manager"]
    both_ways(database, shop.pen, shop.ink)
    both_ways(database, shop.pen, cup, together=30, other_orders=300, lift_low=Decimal(2),
              q_value=Decimal("0.001"))  # fmt: skip
    pair(database, cup, shop.ink, lift_low=Decimal("1.5"), lift=Decimal(9))  # one way alone
    found = rules(database, manager)
    assert found[["product", "other_product", "together"]].values.tolist() == [
        ["Ink", "Pen", 6], ["Pen", "Cup", 30], ["Cup", "Ink", 6],
    ]  # fmt: skip
    assert found[["confidence", "back_confidence", "support"]].iloc[0].tolist() == [
        0.3, 0.15, 0.006,
    ]  # fmt: skip
    told = find_rules(database.record, manager, RuleFilter())
    assert (told["rules"], told["products"], told["orders"]) == (3, 3, 1_000)
    # of one product: all that leads from it, either way
    of_pen = rules(database, manager, product_id=shop.pen)
    assert of_pen["other_product"].tolist() == ["Ink", "Cup"]
    assert of_pen["confidence"].tolist() == [0.15, 0.75]
    assert len(rules(database, manager, category_ids=(kitchen,))) == 2
    assert rules(database, manager, fewest=7)["together"].tolist() == [30]
    assert rules(database, manager, least_confidence=0.3)["product"].tolist() == ["Ink", "Pen"]
    assert find_rules(database.record, manager, RuleFilter(least_confidence=0.31))["rules"] == 1
    record = database.record
    for sort, expected in (("lift", "Cup"), ("together", "Pen"), ("confidence", "Pen"),
                           ("q_value", "Pen")):  # fmt: skip
        first = list_rules(record, manager, RuleFilter(), rule_sort=sort, limit=1)  # type: ignore[arg-type]
        assert first["product"].tolist() == [expected], sort
    assert list_rule_products(record, manager)["name"].tolist() == ["Cup", "Ink", "Pen"]
    chinese = list_rules(record, manager, RuleFilter(), language="zh_CN")
    assert chinese["product"].tolist()[:2] == ["墨水", "钢笔"]
    for nobody in ("finance", "warehouse", "partner"):
        assert rules(database, shop.scopes[nobody]).empty


def test_who_sees_some_orders_reads_nothing_that_tells_how_many_there_are(
    database: Database,
) -> None:
    """Of ten times as many orders they read the same, so that no count can be worked out."""
    shop = open_shop(database)
    both_ways(database, shop.pen, shop.ink)
    add(shop.writer, "offers", customer_id=shop.customer_id, product_id=shop.ink, as_of_on=AS_OF,
        kind="new", rank=1, score=Decimal(1), method="blend", reason="together",
        source_product_id=shop.pen, shared_count=6, shared_base=40,
        shared_rate=Decimal("0.15"))  # fmt: skip
    add(shop.writer, "offer_lists", customer_id=shop.customer_id, as_of_on=AS_OF, order_count=3,
        late_orders=40, products="p", entries="e", counts="6")  # fmt: skip
    add(shop.writer, "call_reasons", week_on=AS_OF, customer_id=shop.customer_id, cause="new",
        product_id=shop.ink, probability=Decimal("0.5"), value=Decimal(1),
        expected_value=Decimal(1), counted=6, counted_of=40)  # fmt: skip

    def read(role: str) -> list[Any]:
        relations = ("product_pairs", "offers", "offer_lists", "call_reasons")
        visible = shop.scopes[role].visible
        with database.record.connect() as connection:
            return [connection.execute(select(getattr(visible, name))).all() for name in relations]

    roles = ("sales_lead", "sales_rep", "manager")
    before = {role: read(role) for role in roles}
    with writing(database.writer) as connection:
        for table, names in (
            (product_pairs, ("together", "product_orders", "other_orders", "orders")),
            (offers, ("shared_count", "shared_base")),
            (call_reasons, ("counted", "counted_of")),
        ):
            connection.execute(update(table).values({name: table.c[name] * 10 for name in names}))
        connection.execute(update(product_pairs).values(lift_low=Decimal(6), q_value=Decimal(0)))
        connection.execute(update(offer_lists).values(counts="60", late_orders=400))
    for role in roles:
        assert all(map(len, before[role]))
        assert (read(role) == before[role]) == (role != "manager"), role
    lead = rules(database, shop.scopes["sales_lead"])
    assert lead[["product", "other_product", "confidence", "lift"]].values.tolist() == [
        ["Ink", "Pen", 0.3, 7.5],
    ]  # fmt: skip
    assert find_rules(database.record, shop.scopes["sales_lead"], RuleFilter())["orders"] is None


def test_the_orders_behind_a_pair_are_those_that_hold_both(database: Database) -> None:
    sold = sell(open_shop(database))
    shop, record = sold.shop, database.record
    seen = {
        "manager": sold.orders, "analyst": sold.orders, "admin": sold.orders,
        "sales_lead": sold.orders[:4], "sales_rep": sold.orders[:3],
    }  # fmt: skip
    for role, expected in seen.items():
        scope = shop.scopes[role]
        asked = (scope, shop.ink, shop.pen, AS_OF)
        found = list_pair_orders(record, *asked)
        assert sorted(found["order_id"]) == sorted(expected), role
        assert count_pair_orders(record, *asked) == len(expected)
        assert set(found["units"]) == {2} and set(found["other_units"]) == {3}
    for foreign in shop.foreign.values():
        found = list_pair_orders(record, foreign, shop.ink, shop.pen, AS_OF)
        assert XSS in set(found["customer"]) or found.empty
        assert not set(found["order_id"]) & set(sold.orders[:4])
    pages, after = [], None
    for _turn in range(4):
        page = list_pair_orders(record, shop.scopes["manager"], shop.pen, shop.ink, AS_OF,
                                after=after, limit=2)  # fmt: skip
        pages += page["order_id"].tolist()
        after = next_page(page)
        if after is None:
            break
    assert pages == list_pair_orders(
        record, shop.scopes["manager"], shop.pen, shop.ink, AS_OF
    )["order_id"].tolist() and len(pages) == 6  # fmt: skip


# the page


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


def see(browser: Browser, shop: Shop, role: str = "manager", **asked: Any) -> AppTest:
    browser.sign_in(shop.scopes[role].user_id)
    tab = browser.open("bought-together", **asked)
    assert not tab.exception
    return tab


def table(tab: AppTest, column: str) -> pd.DataFrame:
    (found,) = (each.value for each in tab.dataframe if column in each.value)
    return found


def test_the_page_tells_the_rule_and_shows_its_orders(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    buttons = Buttons(monkeypatch)
    sold = sell(open_shop(browser.database))
    shop = sold.shop
    tab = see(browser, shop)
    row = table(tab, "lift_told").iloc[0]
    assert (row["product"], row["other_product"], row["together"]) == ("Ink", "Pen", 6)
    assert (row["lift_told"], row["q_told"], row["support_told"]) == (
        "7.5 (3.1–18.2)", "2.0%", "0.60%",
    )  # fmt: skip
    file = read_csv(buttons.click("bought_together"))
    assert file.column("Who buys") == ["Ink"] and file.column("Orders") == ["6"]
    opened = {"pair": f"{shop.ink}-{shop.pen}"}
    tab = see(browser, shop, **opened)
    assert len(table(tab, "order_number")) == 6
    assert says(tab, "These are all the orders that were counted.")
    assert says(tab, "Of 20 orders with Ink, **6** hold Pen too: a confidence of **30.0%**")
    assert XSS in table(tab, "order_number")["customer"].tolist()
    for role, count in (("sales_lead", 4), ("sales_rep", 3)):
        tab = see(browser, shop, role, **opened)
        assert len(table(tab, "order_number")) == count
        assert says(tab, f"{count} orders of those that you see hold both.")
        assert says(tab, "**about 30%** hold Pen too")
        assert table(tab, "lift_told")["confidence_told"].tolist() == ["30%"]
        assert table(tab, "lift_told")["lift_told"].tolist() == ["7.5"]  # the head says about
        assert "together" not in table(tab, "lift_told")
    assert not says(see(browser, shop, pair="1-"), "hold both.")
    tab = see(browser, shop, product=str(shop.pen), pair="999-1")
    assert table(tab, "lift_told")["product"].tolist() == ["Pen"]
    browser.sign_in(shop.scopes["manager"].user_id)
    tab = browser.open("bought-together", locale="zh-CN", **opened)
    assert says(tab, "在含 墨水 的 20 个订单中") and says(tab, "以下就是计数的全部订单")


def test_without_rules_the_page_says_why(browser: Browser) -> None:
    shop = open_shop(browser.database)
    assert says(see(browser, shop), "has not been worked out yet")
    add(shop.writer, "refreshes", what="offers", as_of_on=AS_OF, version=1, state="done",
        started_at=NOW, finished_at=NOW)  # fmt: skip
    st.cache_data.clear()
    tab = see(browser, shop)
    assert says(tab, "No two products are bought together more often than by chance.")
    both_ways(shop.database, shop.pen, shop.ink)
    st.cache_data.clear()
    st.cache_resource.clear()
    assert says(see(browser, shop, fewest="100"), "No pair fits these filters.")


# the words


def test_a_rule_in_words() -> None:
    rule = {
        "product": "A*B", "other_product": "Tea", "together": 79, "product_orders": 199,
        "other_orders": 202, "orders": 7_650, "confidence": 79 / 199, "back_confidence": 79 / 202,
        "lift": 15.03, "lift_low": 12.84, "lift_high": 17.6, "q_value": 0.0,
    }  # fmt: skip
    said = in_full(rule)
    assert "Of 199 orders with A&#42;B, **79** hold Tea too: a confidence of **39.7%**." in said
    assert "2.6% hold Tea: with A&#42;B it is **15.0 times** as often (95 %: 12.8 to 17.6)" in said
    assert "less than 0.1% of them are expected to be chance" in said
    assert [small_rate(each) for each in (0.0103, 0.00065, 0.5, 0.0)] == [
        "1.0%", "0.065%", "50.0%", "0.0%",
    ]  # fmt: skip


def test_orders_that_changed_since_are_told() -> None:
    assert seen_in_words(6, 5, "2026-11-23") == (
        "6 orders were counted with the data of 2026-11-23; 5 hold both now, for orders have"
        " changed since."
    )
    assert seen_in_words(None, 5, "2026-11-23") == "5 orders of those that you see hold both."


# the network


def many_pairs(seed: int, products: int = 80, links: int = 160) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    ends = chance.integers(1, products + 1, size=(links, 2))
    ends = np.unique(np.sort(ends[ends[:, 0] != ends[:, 1]]), axis=0)
    frame = pd.DataFrame(ends, columns=["product_id", "other_product_id"])
    frame["lift_low"] = np.round(chance.uniform(1.1, 9, len(frame)), 1)
    swapped = frame.rename(
        columns={"product_id": "other_product_id", "other_product_id": "product_id"}
    )
    return pd.concat([frame, swapped], ignore_index=True)


@pytest.mark.parametrize("seed", range(6))
def test_the_network_is_the_same_however_it_is_asked_and_within_its_bounds(seed: int) -> None:
    pairs = many_pairs(seed, products=(80, 40, 300)[seed % 3])
    found = lay_out(pairs)
    shuffled = pairs.sample(frac=1, random_state=seed)
    again = lay_out(shuffled)
    assert (again.product_ids, again.groups) == (found.product_ids, found.groups)
    assert [link[:2] for link in again.links] == [link[:2] for link in found.links]
    assert len(found.product_ids) == len(set(found.product_ids)) <= 30
    assert 0 < len(found.links) <= 60
    assert list(found.groups) == sorted(found.groups)
    lines = [found.line_of(place) for place in range(len(found.product_ids))]
    assert np.diff(lines).min() >= 1  # no name over another
    drawn = pair_network(
        found, names=[f"Product number {each}" for each in found.product_ids],
        told=["told"] * len(found.links), strengths=[2.0] * len(found.links), chosen=0,
    )  # fmt: skip
    spec = json.loads(drawn.to_json())
    assert spec["layout"]["height"] >= LINE * len(found.product_ids)
    bottom, top = spec["layout"]["yaxis"]["range"]
    left, right = spec["layout"]["xaxis"]["range"]
    assert len(spec["data"]) == len(found.links) + 2
    for trace in spec["data"]:
        assert all(left <= each <= right for each in trace["x"])
        assert all(top <= each <= bottom for each in trace["y"])


def test_every_product_hangs_together_with_its_group() -> None:
    """A group that is too large is cut so that what is left still hangs together."""
    chain = pd.DataFrame(
        {"product_id": range(1, 60), "other_product_id": range(2, 61),
         "lift_low": [9.0 if each == 30 else 2.0 for each in range(1, 60)]}
    )  # fmt: skip
    found = lay_out(chain)
    assert len(found.product_ids) == 30 and {30, 31} <= set(found.product_ids)
    assert max(found.product_ids) - min(found.product_ids) == 29  # without a gap
    assert len(found.links) == 29
    assert lay_out(chain.iloc[:0]).lines == 0
    across, down = arc(2.0, 6.0)
    assert (down[0], down[-1]) == pytest.approx((2.0, 6.0)) and max(across) < 1
    assert widths_of([]) == [] and widths_of([1.0, 1.1, 50.0]) == [0, 0, 3]
