"""Why it changed, as people of different roles meet it."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from data_access.database import Database, writing
from data_access.tables import order_lines
from data_access.totals import recount_orders
from tests.browsing import Browser, says, texts
from tests.crm import add, add_order, add_user


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


def days_ago(days: int) -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=days)


class Shop:
    """Saws: 10 à 100 before, 12 à 110 now; dolls: 30 à 20 before, 20 à 20 now, by three people."""

    def __init__(self, browser: Browser) -> None:
        self.browser, self.database = browser, browser.database
        writer = browser.database.writer
        self.east, self.west = (add(writer, "regions", name=name) for name in ("East", "West"))
        people = {
            name: add(writer, "customers", name=name, region_id=region)
            for name, region in (("Ada", self.east), ("Bea", self.west), ("Cem", self.east))
        }
        saw = add(writer, "products", name="Saw")
        doll = add(writer, "products", name="Doll")
        for number, days, customer, product, quantity, price, cost, more in (
            ("B1", 40, "Ada", saw, 10, 100, 60, {}),
            ("B2", 41, "Bea", doll, 30, 20, 8, {"channel": "store"}),
            ("N1", 4, "Ada", saw, 12, 110, 62, {}),
            ("N2", 5, "Cem", doll, 20, 20, 8, {"channel": "store"}),
            ("X", 6, "Cem", doll, 99, 20, 8, {"stage": "cancelled"}),
        ):
            region = self.west if customer == "Bea" else self.east
            add_order(
                self.database, order_number=number, ordered_on=days_ago(days), region_id=region,
                customer_id=people[customer],
                lines=[{"product_id": product, "quantity": quantity, "unit_price": Decimal(price),
                        "unit_cost": Decimal(cost)}],
                **more,
            )  # fmt: skip

    def open(self, role: str = "manager", slug: str = "why", **query: Any) -> AppTest:
        regions = [self.east] if role == "sales_lead" else []
        self.browser.sign_in(add_user(self.database, role, region_ids=regions))
        tab = self.browser.open(slug, currency="CNY", **query)
        assert not tab.exception
        return tab


@pytest.fixture
def shop(browser: Browser) -> Shop:
    return Shop(browser)


def table(tab: AppTest, column: str) -> pd.DataFrame:
    return next(each.value for each in tab.dataframe if column in each.value)


def amounts(tab: AppTest) -> dict[str, float]:
    steps = table(tab, "share")
    return {
        row.name: float(re.sub(r"[¥,]", "", str(row.amount)))
        for row in steps[["name", "amount"]].itertuples(index=False, name="Row")
    }


def cards(tab: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in tab.metric if metric.value}


def test_a_change_by_price_volume_and_mix(shop: Shop) -> None:
    """P̄₀ = 1,600 ÷ 40 = 40: volume −8 × 40, mix 1,200 + 400 − 32 × 40, prices 10 × 12."""
    tab = shop.open()
    assert amounts(tab) == {
        "List prices": 120, "Units sold": -320, "Mix of products": 320, "Change": 120
    }  # fmt: skip
    assert cards(tab) == {
        "Net sales before": "¥1.60K", "Net sales now": "¥1.72K", "Change": "+¥120"
    }  # fmt: skip
    assert says(tab, "**Net sales rose by ¥120 (+7.5%) against the previous period.**")
    assert says(tab, "a larger share of dearer products (+¥320)")
    assert says(tab, "against fewer units (-¥320)")
    assert says(tab, "2 of 2 products sold in both periods")


def test_the_change_is_that_of_the_overview(shop: Shop) -> None:
    for period in ("last_30", "last_90", "this_year"):
        shown = cards(shop.open(slug="overview", period=period))["Net sales"]
        assert cards(shop.open(period=period))["Net sales now"] == shown


def test_a_change_by_customers_and_their_orders(shop: Shop) -> None:
    tab = shop.open(explain="customers", part="lost")
    assert amounts(tab) == {"New customers": 400, "Kept, buying more": 320, "Lost": -600,
                            "Change": 120}  # fmt: skip
    assert says(tab, "Ordered in the period compared with, and not in this one.")
    assert list(table(tab, "customer")["customer"]) == ["Bea"]
    orders = next(each.value for each in tab.dataframe if "order_number" in each.value)
    assert orders[["order_number", "of"]].values.tolist() == [["B2", "before"]]


@pytest.mark.parametrize(
    ("explain", "expected"),
    [
        ("channel", {"web": 320, "store": -200}),
        ("region", {"East": 720, "West": -600}),
        ("product", {"Saw": 320, "Doll": -200}),
    ],
)
def test_a_change_by_its_parts(shop: Shop, explain: str, expected: dict[str, float]) -> None:
    found = amounts(shop.open(explain=explain))
    assert found.pop("Change") == 120 == sum(found.values())
    assert sorted(found.values()) == sorted(expected.values())


def test_a_step_opens_its_products_and_orders(shop: Shop) -> None:
    tab = shop.open(part="price")
    products = table(tab, "before_price")
    assert products[["name", "before_units", "units", "before_price", "price"]].values.tolist() == [
        ["Saw", 10, 12, 100, 110]
    ]
    orders = table(tab, "order_number")
    assert list(orders["order_number"]) == ["N1", "B1", "B2", "N2"]
    tab.button(key="why_close").click().run()
    assert not tab.exception
    assert not any("order_number" in each.value for each in tab.dataframe)


def test_a_channel_leads_to_the_list_of_its_orders(shop: Shop) -> None:
    tab = shop.open(explain="channel", part="store")
    links = [link.proto for link in tab.get("page_link") if "All orders" in link.proto.label]
    assert len(links) == 2
    assert all("channel=store" in link.query_string for link in links)
    assert f"from={days_ago(29)}" in links[0].query_string
    assert f"to={days_ago(30)}" in links[1].query_string


def test_margin_by_price_cost_volume_and_mix(shop: Shop) -> None:
    """A saw brought 40 before, a doll 12; together 19 a unit."""
    tab = shop.open(measure="margin")
    assert amounts(tab) == {"List prices": 120, "Unit costs": -24, "Units sold": -152,
                            "Mix of products": 112, "Change": 56}  # fmt: skip
    assert says(tab, "**Gross profit rose by ¥56.00 (+7.4%) against the previous period.**")


def test_a_lead_is_told_of_their_regions_alone(shop: Shop) -> None:
    tab = shop.open("sales_lead", explain="region")
    assert amounts(tab) == {"East": 720, "Change": 720}
    assert "Bea" not in " ".join(texts(tab))


@pytest.mark.parametrize("role", ["warehouse", "support", "finance", "partner"])
def test_those_who_see_no_money_or_no_margin_do_not_open_it(shop: Shop, role: str) -> None:
    shop.browser.sign_in(add_user(shop.database, role))
    tab = shop.browser.open("why")
    assert says(tab, "not for your role") or not tab.dataframe


def test_without_costs_there_is_no_margin(browser: Browser) -> None:
    with writing(browser.database.writer) as connection:
        connection.execute(update(order_lines).values(unit_cost=None))
        recount_orders(connection)
    add_order(browser.database, ordered_on=days_ago(3), lines=[{"unit_cost": None}])
    browser.sign_in(add_user(browser.database, "manager"))
    tab = browser.open("why", measure="margin", currency="CNY")
    assert not tab.exception
    assert "Net sales now" in cards(tab)
    assert says(tab, "**Net sales: ¥100. There was nothing in the previous period.**")


def test_an_address_that_is_wrong_counts_as_not_said(shop: Shop) -> None:
    tab = shop.open(explain="weather", against="never", measure="luck", part="<img>")
    assert amounts(tab)["Change"] == 120


def test_a_period_before_that_the_orders_do_not_cover_is_told(shop: Shop) -> None:
    told = "The data do not reach back over all of the period before"
    assert says(shop.open("manager"), told)
    add_order(shop.database, ordered_on=days_ago(200), customer_id=None, lines=[])
    assert not says(shop.open("manager"), told)


def test_nothing_to_compare_is_said(browser: Browser) -> None:
    browser.sign_in(add_user(browser.database, "sales_lead"))
    tab = browser.open("why")
    assert not tab.exception
    assert says(tab, "There are no orders for you yet.")
