"""The form of a new order: lines, totals, pasted rows, refusals at the fields, one order."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from dashboard.new_order_draft import NewDraft
from dashboard.pasting import MOST_ROWS, PastedRow, pasted_rows
from data_access.database import Database
from data_access.policy import Role
from data_access.tables import orders
from tests.browsing import Browser, says, texts
from tests.crm import add
from tests.shop import Shop, open_shop


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def shop(sqlite_database: Database) -> Shop:
    return open_shop(sqlite_database)


def form(browser: Browser, shop: Shop, role: str = "sales_rep") -> AppTest:
    browser.sign_in(shop.scopes[role].user_id)
    tab = browser.open("new-order")
    assert not tab.exception
    return tab


def field(name: str) -> str:
    return f"new_order_{name}"


def choose_customer(tab: AppTest, shop: Shop) -> None:
    tab.selectbox(key=field("customer")).set_value(shop.customer_id).run()


def add_product(tab: AppTest, product_id: int) -> None:
    tab.selectbox(key=field("product")).set_value(product_id).run()
    assert not tab.exception


def create(tab: AppTest) -> AppTest:
    tab.button(key="create_order").click().run()
    assert not tab.exception
    return tab


def created(shop: Shop) -> list[object]:
    return shop.rows(select(orders).where(orders.c.order_number.startswith("SO-")))


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def test_an_order_is_created_and_opened(browser: Browser, shop: Shop) -> None:
    tab = form(browser, shop)
    choose_customer(tab, shop)
    assert says(tab, "Rep Here")  # whose customer it is
    add_product(tab, shop.pen)
    add_product(tab, shop.ink)
    add_product(tab, shop.pen)  # one more
    tab.number_input(key=field("discount_1")).set_value(5.0).run()
    assert says(tab, "10 free, 8 after") and says(tab, "**¥290.00**")
    assert says(tab, "¥110.00 (37.9%)")  # the margin
    tab.selectbox(key=field("channel")).set_value("web")
    tab.text_area(key=field("note")).set_value("Gift\nwrap")
    create(tab)
    (order,) = created(shop)
    assert [(line.quantity, line.discount_rate) for line in shop.lines(order.order_id)] == [
        (2, Decimal("0.05")), (1, 0),
    ]  # fmt: skip
    assert (order.customer_id, order.owner_id, order.note) == (
        shop.customer_id, shop.rep_id, "Gift\nwrap",
    )  # fmt: skip
    assert order.ship_address == "Road 1" and order.net_sales == 290
    assert order.promised_on > today()  # as it was proposed
    assert says(tab, "is created.") and order.order_number in tab.query_params["number"]


def test_every_bad_field_is_refused_at_the_field(browser: Browser, shop: Shop) -> None:
    tab = form(browser, shop)
    create(tab)
    assert sum("Fill in this field" in text for text in texts(tab)) == 3
    choose_customer(tab, shop)
    add_product(tab, shop.pen)
    tab.number_input(key=field("discount_1")).set_value(45.0)
    tab.number_input(key=field("quantity_1")).set_value(0)
    tab.selectbox(key=field("channel")).set_value("web")
    tab.date_input(key=field("promised_on")).set_value(today() - timedelta(days=1)).run()
    tab.text_input(key=field("coupon_code")).set_value("NOSUCH")
    create(tab)
    for words in (
        "You may give a discount of up to 10&#37;.", "This must be at least 1.",
        "This day lies before", "cannot be used today.",
    ):  # fmt: skip
        assert says(tab, words), words
    assert not created(shop) and tab.number_input(key=field("discount_1")).value == 45.0


def test_the_leads_limit_is_higher(browser: Browser, shop: Shop) -> None:
    tab = form(browser, shop, "sales_lead")
    choose_customer(tab, shop)
    add_product(tab, shop.pen)
    tab.number_input(key=field("discount_1")).set_value(20.0)
    tab.selectbox(key=field("channel")).set_value("web")
    create(tab)
    assert len(created(shop)) == 1


def test_a_coupon_comes_on_top(browser: Browser, shop: Shop) -> None:
    rate = {"discount_rate": Decimal("0.1"), "currency": "CNY"}
    add(shop.writer, "campaigns", name="Spring", coupon_code="SPRING", **rate)
    tab = form(browser, shop)
    choose_customer(tab, shop)
    add_product(tab, shop.pen)
    tab.text_input(key=field("coupon_code")).set_value("spring").run()
    assert says(tab, "10.0% off every line: Spring") and says(tab, "**¥90.00**")


def test_pasted_rows_become_lines_and_the_others_are_told(browser: Browser, shop: Shop) -> None:
    tab = form(browser, shop)
    choose_customer(tab, shop)
    pasted = "SKU\tQuantity\nPEN-1\t3\nNO-1\t2\nink-1\tmany\n"
    tab.text_area(key=field("pasted")).set_value(pasted)
    tab.button(key="add_pasted").click().run()
    assert says(tab, "1 of 3 rows added.")
    assert says(tab, "Row 3, NO&#45;1: no product on sale has this SKU.")
    assert says(tab, "Row 4, ink&#45;1: there is no quantity beside it.")
    assert tab.number_input(key=field("quantity_1")).value == 3
    assert tab.text_area(key=field("pasted")).value == "NO-1\t2\nink-1\t"


def test_a_second_click_makes_no_second_order(browser: Browser, shop: Shop) -> None:
    tab = form(browser, shop)
    choose_customer(tab, shop)
    add_product(tab, shop.pen)
    tab.selectbox(key=field("channel")).set_value("web").run()
    draft = tab.session_state["new_order_draft"]
    create(tab)
    # the same form again, as a click that was under way would send it
    tab.session_state["new_order_draft"] = NewDraft(
        draft.request_id, draft.customer_id, draft.lines, draft.keys
    )
    for name, value in (("channel", "web"), ("quantity_1", 1), ("discount_1", 0.0)):
        tab.session_state[field(name)] = value
    tab.switch_page("../pages/new_order.py").run()
    create(tab)
    assert len(created(shop)) == 1 and not tab.exception


def test_what_is_written_outlives_a_visit_to_another_page(browser: Browser, shop: Shop) -> None:
    tab = form(browser, shop)
    choose_customer(tab, shop)
    add_product(tab, shop.pen)
    tab.number_input(key=field("quantity_1")).set_value(4).run()
    tab.switch_page("../pages/orders.py").run()
    tab.switch_page("../pages/new_order.py").run()
    assert tab.number_input(key=field("quantity_1")).value == 4


def test_a_foreign_customer_is_neither_found_nor_taken(browser: Browser, shop: Shop) -> None:
    rep = form(browser, shop)
    rep.text_input(key=field("search")).set_value("Noise").run()
    assert rep.selectbox(key=field("customer")).options == []
    foreign = add(shop.writer, "customers", name="Foreign", region_id=shop.lead_region_id)
    rep.session_state["new_order_draft"] = NewDraft("forged", foreign)
    assert says(rep.run(), "There is no such customer, or it is not yours to see.")


@pytest.mark.parametrize("role", list(Role))
def test_only_who_sells_is_offered_the_form(browser: Browser, shop: Shop, role: Role) -> None:
    sells = role in (Role.ADMIN, Role.MANAGER, Role.SALES_LEAD, Role.SALES_REP)
    browser.sign_in(shop.scopes[role].user_id)
    tab = browser.open("orders")
    assert ("new_order" in {button.key for button in tab.button}) == sells
    form_tab = browser.open("new-order")
    assert ("create_order" in {button.key for button in form_tab.button}) == sells


def test_rows_are_understood_however_they_are_set_apart() -> None:
    text = "Artikel\tMenge\nA-1\t2\n\nB 2;1,000\nC-3, 4\nD-4 5.0\nE-5\nF-6\t-2\nG-7\t2.5"
    assert pasted_rows(text) == [
        PastedRow(2, "A-1", 2), PastedRow(4, "B 2", 1000), PastedRow(5, "C-3", 4),
        PastedRow(6, "D-4", 5), PastedRow(7, "E-5", None), PastedRow(8, "F-6", None),
        PastedRow(9, "G-7", None),
    ]  # fmt: skip
    assert len(pasted_rows("A-1\t1\n" * 5_000)) == MOST_ROWS + 1
