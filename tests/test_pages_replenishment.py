"""Replenishment: requests from the stock and on their own page, as each role meets them."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest

from dashboard.replenish_chosen import Request
from data_access.accounts import utc_now
from data_access.database import Database, writing
from data_access.tables import orders, replenishments, stock, users
from tests.browsing import Browser, says, texts
from tests.crm import add, add_user
from tests.exported import Buttons, read_csv
from tests.test_pages_stock import Stores, ago, cards, in_view


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def stores(browser: Browser) -> Stores:
    stores = Stores(browser)
    stores.plan()
    return stores


def rows(stores: Stores) -> list[Any]:
    with stores.browser.database.record.connect() as connection:
        return list(
            connection.execute(select(replenishments).order_by(replenishments.c.replenishment_id))
        )


def requested(stores: Stores, state: str = "proposed", **values: Any) -> int:
    row = {
        "product_id": stores.pen, "warehouse_id": stores.place, "quantity": 24,
        "cause": "Below the reorder point", "requested_at": utc_now() - timedelta(days=3),
        **values,
    }  # fmt: skip
    return add(stores.browser.database.writer, "replenishments", state=state, **row)


def open_page(stores: Stores, role: str = "manager", *, name: str = "Mia", **query: Any) -> AppTest:
    values = {key: query.pop(key) for key in ("language", "region_ids") if key in query}
    user_id = add_user(stores.browser.database, role, name=name, **values)
    stores.browser.sign_in(user_id)
    locale = "zh-CN" if values.get("language") else "en-GB"
    tab = stores.browser.open("replenishment", locale=locale, **query)
    assert not tab.exception
    return tab


def listed(tab: AppTest) -> Any:
    (table,) = (each.value for each in tab.dataframe if "why" in each.value)
    return table


def click(tab: AppTest, key: str) -> AppTest:
    tab = tab.button(key=key).click().run()
    assert not tab.exception
    return tab


def has(tab: AppTest, key: str) -> bool:
    return any(each.key == key for each in tab.button)


def refusal(tab: AppTest) -> str:
    return unescape(" ".join(each.value for each in tab.error))


def says_plainly(tab: AppTest, words: str) -> bool:
    return any(words in unescape(text) for text in texts(tab))


def test_nothing_requested_says_where_requests_come_from(browser: Browser) -> None:
    browser.sign_in(add_user(browser.database, "manager"))
    tab = browser.open("replenishment")
    assert not tab.exception and says(tab, "Nothing is requested yet.")


def test_a_request_is_approved_ordered_received_in_parts_and_closed(stores: Stores) -> None:
    replenishment_id = requested(stores)
    tab = open_page(stores)
    table = listed(tab)
    assert table["why"].tolist() == ["At or below its reorder point"]
    assert (table["quantity"].tolist(), table["age_days"].tolist()) == ([24], ["3 d"])
    assert table["value"].tolist() == [48]
    tab = click(click(tab, "opened_approve"), "replenish_save")
    assert says(tab, "1 request is approved.") and rows(stores)[0].state == "approved"
    tab = click(tab, "opened_order")
    tab.number_input(key=f"replenish_order_quantity_{replenishment_id}").set_value(36)
    tab.date_input(key=f"replenish_order_expected_{replenishment_id}").set_value(ago(-5))
    tab.number_input(key=f"replenish_order_cost_{replenishment_id}").set_value(2.5)
    tab = click(tab, "replenish_save")
    row = rows(stores)[0]
    assert (row.state, row.quantity, row.requested_quantity) == ("ordered", 36, 24)
    assert (row.expected_on, row.unit_cost) == (ago(-5), 2.5)
    tab = click(tab, "opened_receive")
    tab.number_input(key=f"replenish_receive_came_{replenishment_id}").set_value(30)
    tab.text_input(key="replenish_receive_note").set_value("D-1")
    tab = click(tab, "replenish_save")
    assert says(tab, "Received: PEN × 30.")
    assert says(tab, "30 of 36 received") and rows(stores)[0].state == "ordered"
    tab = click(tab, "opened_close")
    tab = click(tab, "replenish_save")
    assert "6 units of Pen (PEN) have not come." in refusal(tab)
    tab.selectbox(key="replenish_close_reason").set_value("The supplier cannot deliver")
    tab = click(tab, "replenish_save")
    row = rows(stores)[0]
    assert (row.state, row.received_quantity) == ("closed", 30)
    assert says(tab, "Not coming: PEN × 6.")
    history = unescape(next(text for text in texts(tab) if "Requested: 24" in text))
    for words in ("Approved · Mia", "Ordered: 36 · Mia", "Received: 30", "D-1",
                  "6 units not coming"):  # fmt: skip
        assert words in history, words


def test_more_than_ordered_is_kept_only_when_said(stores: Stores) -> None:
    replenishment_id = requested(stores, "ordered", expected_on=ago(2))
    tab = open_page(stores, "warehouse")
    assert (
        listed(tab)["days_late"].tolist() == ["2 d late"] and cards(tab)["Overdue receipts"] == "1"
    )
    tab = click(tab, "opened_receive")
    tab = tab.number_input(key=f"replenish_receive_came_{replenishment_id}").set_value(30).run()
    tab = click(tab, "replenish_save")
    assert "6 more than ordered" in refusal(tab)
    assert rows(stores)[0].received_quantity == 0
    tab = tab.checkbox(key="replenish_receive_allow_more").set_value(True).run()
    tab = click(tab, "replenish_save")
    assert rows(stores)[0].received_quantity == 30 and rows(stores)[0].state == "received"


def test_who_waited_is_freed_and_told(stores: Stores) -> None:
    with writing(stores.browser.database.writer) as connection:
        connection.execute(update(stock).where(stock.c.product_id == stores.pen).values(on_hand=0))
        number = connection.scalar(
            select(orders.c.order_number).where(orders.c.stage == "processing")
        )
    requested(stores, "ordered")
    tab = click(click(open_page(stores, "warehouse"), "opened_receive"), "replenish_save")
    assert says_plainly(tab, f"1 order has all it waited for: {number}.")


def test_many_are_decided_together_or_none(stores: Stores) -> None:
    first, second = requested(stores), requested(stores, product_id=stores.ink)
    tab = open_page(stores)
    for replenishment_id in (first, second):
        tab = choose(tab, replenishment_id)
    assert says(tab, "2 requests selected")
    tab = click(tab, "chosen_approve")
    with writing(stores.browser.database.writer) as connection:  # somebody else is faster
        connection.execute(
            update(replenishments)
            .where(replenishments.c.replenishment_id == second)
            .values(state="rejected", version=2)
        )
    tab = click(tab, "replenish_save")
    told = refusal(tab)
    assert "1 of 2 requests do not allow it" in told and "is rejected" in told
    assert [row.state for row in rows(stores)] == ["proposed", "rejected"]


def choose(tab: AppTest, replenishment_id: int) -> AppTest:
    """As a tick in the list does, which AppTest cannot click."""
    state = tab.session_state
    kept = state["chosen_requests"] if "chosen_requests" in state else {}  # noqa: SIM401
    kept[replenishment_id] = Request(
        replenishment_id, 1, "proposed", "PEN", "Pen", "Harbour", 24, 0, None, 10, None, 2.0, "CNY"
    )
    tab.session_state["chosen_requests"] = kept
    return tab.run()


def test_a_rejection_asks_why(stores: Stores) -> None:
    requested(stores)
    tab = click(click(open_page(stores), "opened_reject"), "replenish_save")
    assert rows(stores)[0].state == "proposed"
    tab.selectbox(key="replenish_reject_reason").set_value("Too expensive")
    tab = click(tab, "replenish_save")
    assert rows(stores)[0].reason == "Too expensive"
    assert says(tab, "1 request is rejected.")
    tab = click(tab, "undo")
    assert rows(stores)[0].state == "proposed"


def test_the_warehouse_receives_decides_nothing_and_sees_no_money(stores: Stores) -> None:
    requested(stores)
    requested(stores, "ordered", product_id=stores.ink, unit_cost=50, requested_by=None)
    tab = open_page(stores, "warehouse", queue="proposed")
    assert not has(tab, "opened_approve") and not has(tab, "opened_reject")
    assert "value" not in listed(tab)
    tab = open_page(stores, "warehouse", queue="ordered")
    assert has(tab, "opened_receive") and not has(tab, "opened_close")
    assert not any("¥" in text for text in [*texts(tab), *cards(tab).values()])
    tab = click(tab, "opened_receive")
    assert not any(each.key and "cost" in each.key for each in tab.number_input)


def test_a_lead_may_only_look(stores: Stores) -> None:
    requested(stores, cause="By hand", note="For the fair")
    tab = open_page(stores, "sales_lead", region_ids=[stores.north])
    assert listed(tab)["why"].tolist() == ["Asked for by hand"] and says(tab, "For the fair")
    assert not any(has(tab, f"opened_{action}") for action in ("approve", "order", "receive"))
    assert not has(tab, "request_all_replenishment")


def test_the_order_behind_a_request_is_linked_for_who_sees_it(stores: Stores) -> None:
    number = new_order(stores)
    requested(stores, cause=f"{number} · PEN")
    tab = open_page(stores, "sales_lead", region_ids=[stores.south])
    assert listed(tab)["why"].tolist() == [f"Order {number} lacks it"] and has(tab, "open_cause")
    tab = open_page(stores, "sales_lead", region_ids=[stores.north])
    assert not has(tab, "open_cause")
    assert listed(tab)["why"].tolist() == ["An order lacks it"] and not says(tab, number)
    tab = open_page(stores, "sales_lead", region_ids=[stores.north], q=number)
    assert says(tab, "No request fits these filters.")  # nothing tells that there is such an order


def new_order(stores: Stores) -> str:
    """The number of Bob's order, in the south, of 15 pens."""
    with stores.browser.database.record.connect() as connection:
        return str(
            connection.scalar(select(orders.c.order_number).where(orders.c.stage == "received"))
        )


def test_queues_search_and_filters(stores: Stores) -> None:
    maker = add(stores.browser.database.writer, "suppliers", name="Maker")
    other = add(stores.browser.database.writer, "suppliers", name="Other")
    requested(stores, supplier_id=maker)
    requested(stores, "approved", product_id=stores.ink, supplier_id=other)
    assert cards(open_page(stores))["To be ordered"] == "1"
    assert listed(open_page(stores, queue="all"))["sku"].tolist() == ["PEN", "INK"]
    assert listed(open_page(stores, queue="all", q="ink"))["sku"].tolist() == ["INK"]
    assert listed(open_page(stores, queue="all", q="maker"))["sku"].tolist() == ["PEN"]
    assert listed(open_page(stores, queue="all", supplier=str(other)))["sku"].tolist() == ["INK"]
    assert says(open_page(stores, q="no such thing"), "No request fits these filters.")


# Asked for


def test_all_suggestions_are_requested_once(stores: Stores) -> None:
    requested(stores, "closed", product_id=stores.ink)
    tab = click(open_page(stores), "request_all_replenishment")
    (made,) = (each.value for each in tab.dataframe if "to_request" in each.value)
    # the suggestion of the page of stock, with what it rests on
    assert made[
        ["projected", "reorder_point", "order_quantity", "to_request"]
    ].to_numpy().tolist() == [[8, 32, 468, 468]]
    tab = click(tab, "request_save")
    assert says(tab, "1 replenishment is requested.")
    row = rows(stores)[-1]
    assert (row.product_id, row.quantity, row.state) == (stores.pen, 468, "proposed")
    assert (row.cause, row.needed_by) == ("Below the reorder point", ago(-2))  # 8 at 3 a day
    assert tab.button(key="request_all_replenishment").label == "All suggestions are requested"
    tab = click(tab, "request_all_replenishment")
    (passed,) = (each.value for each in tab.dataframe if "why_not" in each.value)
    assert passed["why_not"].tolist() == ["468 requested already are enough"]
    assert tab.button(key="request_save").disabled and len(rows(stores)) == 2


def test_what_is_requested_counts_as_on_order(stores: Stores) -> None:
    """1 of 468 is requested by hand: the rest is still suggested, by the same rule."""
    requested(stores, "approved", quantity=1, cause="By hand")
    tab = click(open_page(stores), "request_all_replenishment")
    (made,) = (each.value for each in tab.dataframe if "to_request" in each.value)
    assert made["to_request"].tolist() == [468] and made["requested"].tolist() == [1]
    requested(stores, "approved", quantity=25, cause="Large customer order")
    tab = click(open_page(stores), "request_all_replenishment")
    (passed,) = (each.value for each in tab.dataframe if "why_not" in each.value)
    assert passed["why_not"].tolist() == ["26 requested already are enough"]


def test_the_chosen_stock_is_requested_from_the_page_of_stock(stores: Stores) -> None:
    maker = add(stores.browser.database.writer, "suppliers", name="Maker")
    tab = click(stores.open("manager", name="Wu"), "request_stock")
    assert says(tab, "**Order 468**")
    tab.number_input(key="wanted_quantity_point").set_value(480)
    tab.date_input(key="wanted_by").set_value(ago(-4))
    tab.selectbox(key="wanted_supplier").set_value(maker)
    tab.text_input(key="wanted_note").set_value("Quickly")
    tab = click(tab, "request_save")
    (row,) = rows(stores)
    assert (row.quantity, row.needed_by, row.supplier_id, row.note) == (
        480, ago(-4), maker, "Quickly"
    )  # fmt: skip
    assert says(tab, "1 replenishment is requested.") and says(tab, "480 units are requested")
    tab = click(click(tab, "request_stock"), "request_save")
    assert "Wu has requested Pen (PEN) for this already" in refusal(tab)
    assert len(rows(stores)) == 1


def test_all_suggestions_of_the_list_of_stock_are_requested(stores: Stores) -> None:
    tab = stores.open("manager")
    assert tab.button(key="request_all_stock").label == "Request 1 suggestion"
    tab = click(click(tab, "request_all_stock"), "request_save")
    assert [(row.product_id, row.quantity) for row in rows(stores)] == [(stores.pen, 468)]
    assert tab.button(key="request_all_stock").label == "All suggestions are requested"
    assert not has(in_view(tab, "over"), "request_all_stock")


def test_who_approves_second_is_told_who_was_first(stores: Stores) -> None:
    replenishment_id = requested(stores)
    first = click(open_page(stores, name="Mia"), "opened_approve")
    second = click(open_page(stores, "admin", name="Ada"), "opened_approve")
    second = click(second, "replenish_save")
    stores.browser.sign_in(user_named(stores, "Mia"))
    first = click(first, "replenish_save")
    assert "Ada has approved the request for Pen (PEN) already." in refusal(first)
    row = rows(stores)[0]
    assert (row.replenishment_id, row.state) == (replenishment_id, "approved")
    assert row.decided_by == user_named(stores, "Ada")


def user_named(stores: Stores, name: str) -> int:
    with stores.browser.database.record.connect() as connection:
        return int(connection.scalar(select(users.c.user_id).where(users.c.name == name)) or 0)


def test_stock_that_is_not_low_is_requested_by_hand(stores: Stores) -> None:
    tab = in_view(stores.open("warehouse"), "over")
    tab = click(click(tab, "request_stock"), "request_save")
    (row,) = rows(stores)
    assert (row.product_id, row.cause) == (stores.ink, "By hand")


def test_a_lead_requests_what_an_order_of_theirs_lacks(stores: Stores) -> None:
    tab = in_view(stores.open("sales_lead", region_ids=[stores.south]), "all")
    tab.session_state["stock_chosen"] = shelf_of(stores, stores.pen)
    tab = click(tab.run(), "request_stock")
    assert len(tab.selectbox(key="wanted_why").options) == 1
    assert not any(each.key == "wanted_supplier" for each in tab.selectbox)
    tab = click(tab, "request_save")
    (row,) = rows(stores)
    number = new_order(stores)
    assert (row.cause, row.quantity) == (f"{number} · PEN", 7)  # 15 wanted, 8 free
    tab = in_view(stores.open("sales_lead", region_ids=[stores.north]), "all")
    tab.session_state["stock_chosen"] = shelf_of(stores, stores.ink)
    assert not has(tab.run(), "request_stock")


def shelf_of(stores: Stores, product_id: int) -> int:
    with stores.browser.database.record.connect() as connection:
        return int(
            connection.scalar(select(stock.c.stock_id).where(stock.c.product_id == product_id)) or 0
        )


def test_the_list_leaves_as_a_file(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    buttons = Buttons(monkeypatch)
    requested(stores)
    open_page(stores)
    found = read_csv(buttons.click("replenishments"))
    assert found.column("SKU") == ["PEN"] and found.column("Value") == ["48.0"]
    assert found.column("Cause") == ["At or below its reorder point"]
    open_page(stores, "warehouse")
    assert "Value" not in read_csv(buttons.click("replenishments")).titles


def test_it_reads_in_chinese(stores: Stores) -> None:
    requested(stores)
    requested(stores, "ordered", product_id=stores.ink, expected_on=ago(1))
    tab = open_page(stores, language="zh_CN")
    assert listed(tab)["why"].tolist() == ["达到或低于补货点"]
    assert cards(tab)["逾期未到"] == "1" and says(tab, "经过")
    assert tab.button(key="opened_reject").label == "拒绝"
    assert not any("Requested" in text or "Cause" in text for text in texts(tab))


@pytest.mark.parametrize("role", ["sales_rep", "support", "finance", "partner"])
def test_others_may_not_open_it(stores: Stores, role: str) -> None:
    requested(stores)
    stores.browser.sign_in(add_user(stores.browser.database, role))
    tab = stores.browser.open("replenishment")
    assert not any("why" in each.value for each in tab.dataframe)
