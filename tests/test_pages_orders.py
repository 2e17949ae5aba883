"""The orders pages: filters in the address, columns by role, and one order."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from data_access.database import Database
from tests.browsing import Browser, says, texts
from tests.crm import add, add_order, add_user


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def sold(browser: Browser, number: str, days_ago: int = 3, **values: Any) -> int:
    ordered_on = today() - timedelta(days=days_ago)
    return add_order(browser.database, order_number=number, ordered_on=ordered_on, **values)


def numbers(tab: AppTest) -> list[str]:
    return [number for table in tab.dataframe for number in table.value.get("order_number", [])]


def as_manager(browser: Browser, slug: str = "orders", **query: Any) -> AppTest:
    browser.sign_in(add_user(browser.database, "manager"))
    return browser.open(slug, **query)


def test_the_address_filters_the_list(browser: Browser) -> None:
    sold(browser, "WEB-1", channel="web")
    sold(browser, "SHOP-1", channel="store")
    tab = as_manager(browser, channel="store", currency="CNY")
    assert not tab.exception
    assert numbers(tab) == ["SHOP-1"]
    assert tab.button(key="drop_channel").label == "Channel: Store"


def test_a_click_takes_a_filter_away_from_the_list_and_the_address(browser: Browser) -> None:
    sold(browser, "WEB-1", channel="web")
    sold(browser, "SHOP-1", channel="store")
    tab = as_manager(browser, channel="store", q="SHOP", period="last_30", currency="CNY")
    tab.button(key="drop_channel").click().run()
    assert "channel" not in tab.query_params and "SHOP" in tab.query_params["q"]
    tab.button(key="clear_filters").click().run()
    assert sorted(numbers(tab)) == ["SHOP-1", "WEB-1"]
    assert "last_30" in tab.query_params["period"]  # what is looked at is no filter


def test_what_is_chosen_goes_along_to_the_next_page(browser: Browser) -> None:
    sold(browser, "WEB-1", channel="web", stage="shipped")
    sold(browser, "SHOP-1", channel="store", stage="shipped")
    tab = as_manager(browser, currency="CNY")
    tab.multiselect(key="filter_channel").set_value(["web"]).run()
    assert numbers(tab) == ["WEB-1"]
    tab.query_params.clear()  # the menu's links name no filter
    tab.switch_page("../pages/receivables.py").run()
    assert numbers(tab) == ["WEB-1"]
    assert "web" in tab.query_params["channel"]


def test_an_address_with_nonsense_shows_everything(browser: Browser) -> None:
    sold(browser, "WEB-1")
    tab = as_manager(
        browser, channel="' or 1=1", region="x", stage="nowhere", min="-5", max="nan",
        period="never", payment="maybe", sort="nothing", currency="CNY",
    )  # fmt: skip
    assert not tab.exception
    assert numbers(tab) == ["WEB-1"]


def test_own_dates_that_make_no_sense_mean_the_last_30_days(browser: Browser) -> None:
    sold(browser, "NEW-1", days_ago=3)
    sold(browser, "OLD-1", days_ago=80)
    dates = {"from": "2026-13-40", "to": "2020-01-01"}
    tab = as_manager(browser, period="own", currency="CNY", **dates)
    assert numbers(tab) == ["NEW-1"]


def test_a_stage_is_a_filter_and_a_second_click_takes_it_back(browser: Browser) -> None:
    sold(browser, "S-1", stage="shipped")
    sold(browser, "C-1", stage="confirmed")
    tab = as_manager(browser, currency="CNY")
    tab.button(key="stage_shipped").click().run()
    assert numbers(tab) == ["S-1"]
    tab.button(key="stage_shipped").click().run()
    assert sorted(numbers(tab)) == ["C-1", "S-1"]


def test_the_list_is_paged_and_says_how_many_there_are(browser: Browser) -> None:
    for place in range(27):
        sold(browser, f"P-{place:02}", days_ago=place)
    tab = as_manager(browser, sort="number", currency="CNY")
    assert says(tab, "1–25 of 27 orders")
    tab.button(key="next_orders").click().run()
    assert numbers(tab) == ["P-25", "P-26"]
    assert says(tab, "26–27 of 27 orders")
    tab.button(key="previous_orders").click().run()
    assert numbers(tab)[0] == "P-00"


def test_warehouse_sees_what_must_ship_soonest_first_and_no_money(browser: Browser) -> None:
    sold(browser, "LATER", stage="processing", promised_on=today() + timedelta(days=5))
    sold(browser, "SOONER", stage="confirmed", promised_on=today() + timedelta(days=1))
    sold(browser, "GONE", stage="shipped", promised_on=today())
    browser.sign_in(add_user(browser.database, "warehouse"))
    tab = browser.open("orders")
    assert numbers(tab) == ["SOONER", "LATER"]
    assert not {"net_sales", "payment_state"} & set(tab.dataframe[0].value.columns)
    assert not any("¥" in text for text in texts(tab))


def test_an_unknown_and_a_foreign_order_read_the_same(browser: Browser) -> None:
    rep = add(browser.database.writer, "employees")
    browser.sign_in(add_user(browser.database, "sales_rep", employee_id=rep))
    foreign = browser.open("order", number="NOISE-1")
    unknown = browser.open("order", number="NO-SUCH-ORDER")
    words = "There is no such order, or it is not yours to see."
    assert says(foreign, words) and says(unknown, words)
    assert texts(foreign) == texts(unknown)


def test_an_order_shows_what_belongs_to_it(browser: Browser) -> None:
    customer = add(browser.database.writer, "customers", name="Harbour *Trading*")
    order_id = sold(browser, "FULL-1", customer_id=customer, stage="shipped")
    add(browser.database.writer, "payments", order_id=order_id, amount=Decimal(40))
    add(browser.database.writer, "shipments", order_id=order_id, tracking_number="SF-77")
    tab = as_manager(browser, "order", number="FULL-1")
    assert not tab.exception
    assert [title.value for title in tab.subheader] == [
        "Lines", "Payments", "Shipments", "Timeline", "Comments", "Changes",
    ]  # fmt: skip
    assert says(tab, "&#42;Trading&#42;")  # somebody's own stars are no markdown
    assert says(tab, "¥60&#46;00") or says(tab, "60&#46;00")  # what is still owed


def test_without_any_orders_the_page_says_so(browser: Browser) -> None:
    rep = add(browser.database.writer, "employees")
    browser.sign_in(add_user(browser.database, "sales_rep", employee_id=rep))
    assert says(browser.open("orders"), "There are no orders for you yet.")


def test_data_that_end_long_ago_are_one_click_away(browser: Browser) -> None:
    add_order(browser.database, order_number="OLD-1", ordered_on=date(1998, 5, 6))
    tab = as_manager(browser, currency="CNY")
    assert says(tab, "No order fits these filters.") and numbers(tab) == []
    (button,) = (button for button in tab.button if button.label.startswith("Show the last"))
    button.click().run()
    assert "OLD-1" in numbers(tab)


def test_a_link_names_a_page_of_the_list_and_its_order(browser: Browser) -> None:
    for place in range(57):
        sold(browser, f"P-{place:02}", days_ago=3)
    tab = as_manager(browser, sort="number", page="3", currency="CNY")
    assert numbers(tab) == [f"P-{place}" for place in range(50, 57)]
    tab.button(key="previous_orders").click().run()
    assert numbers(tab)[0] == "P-25" and "2" in tab.query_params["page"]
    tab.selectbox(key="order_sorting").set_value("oldest").run()
    assert "page" not in tab.query_params and says(tab, "1–25 of 57 orders")


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "1e3", "²", "9" * 40])
def test_a_page_that_is_not_there_is_the_first(browser: Browser, page: str) -> None:
    sold(browser, "ONLY-1")
    assert numbers(as_manager(browser, page=page, currency="CNY")) == ["ONLY-1"]


def test_the_number_of_an_order_does_not_linger_on_a_list(browser: Browser) -> None:
    sold(browser, "ONLY-1")
    tab = as_manager(browser, number="ONLY-1")
    assert "number" not in tab.query_params


def test_an_order_leads_to_what_else_its_customer_and_others_may_want(browser: Browser) -> None:
    pen, ink = (add(browser.database.writer, "products", name=name) for name in ("Pen", "Ink*"))
    ann = add(browser.database.writer, "customers", name="Ann")
    lines = [{"product_id": each} for each in (pen, ink, pen)]
    sold(browser, "SO-1", customer_id=ann, lines=lines)

    def leads_to(role: str) -> dict[str, str]:
        browser.sign_in(add_user(browser.database, role))
        tab = browser.open("order", number="SO-1")
        assert not tab.exception
        links = [each.proto for each in tab.get("page_link")]
        return {each.label: each.query_string for each in links if "offers" in each.page}

    assert leads_to("manager") == {
        "What to offer": f"customer={ann}",
        "Pen": f"view=product&product={pen}",
        "Ink&#42;": f"view=product&product={ink}",
    }
    assert leads_to("warehouse") == {}
