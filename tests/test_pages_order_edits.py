"""Acting on an order: what is offered, what is shown before saving, refusals, conflicts, undo."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from dashboard import conflict_view
from dashboard.chosen_orders import ChosenOrder
from dashboard.conflict_view import Mine
from dashboard.edit_dialogs import Draft
from dashboard.edit_fields import Field
from dashboard.order_actions import ACTIONS
from data_access.database import Database
from data_access.edits.rights import RIGHTS, actions_for
from data_access.edits.transaction import new_request_id
from data_access.errors import OrderChange
from data_access.tables import payments, replenishments, returns, shipments
from tests.browsing import Browser, says, texts
from tests.crm import NOW
from tests.shop import ROLES, Shop, open_shop, run


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def shop(sqlite_database: Database) -> Shop:
    return open_shop(sqlite_database)


def number_of(shop: Shop, order_id: int) -> str:
    return str(shop.read(order_id).order_number)


def open_order(browser: Browser, shop: Shop, role: str, order_id: int) -> AppTest:
    browser.sign_in(shop.scopes[role].user_id)
    return browser.open("order", number=number_of(shop, order_id))


def begin(browser: Browser, shop: Shop, role: str, order_id: int, action: str) -> AppTest:
    """The page with the dialog of the action."""
    tab = open_order(browser, shop, role, order_id)
    tab.button(key=f"do_{action}").click().run()
    assert not tab.exception
    return tab


def save(tab: AppTest) -> AppTest:
    tab.button(key="edit_save").click().run()
    assert not tab.exception
    return tab


def keys(tab: AppTest) -> set[str]:
    return {str(button.key) for button in tab.button}


def test_each_role_is_offered_what_it_may_do_in_each_stage(browser: Browser, shop: Shop) -> None:
    by_stage = {stage: shop.order(as_is=stage) for stage in ("received", "shipped", "cancelled")}
    for role in ROLES:
        for stage, order_id in by_stage.items():
            tab = open_order(browser, shop, role, order_id)
            offered = {key[3:] for key in keys(tab) if key.startswith("do_")}
            may = set(actions_for(shop.scopes[role], stage)) & ACTIONS.keys()
            hidden = says(tab, "There is no such order")
            expected = set() if hidden else may - {"refund_payment"}  # nothing is paid
            if stage == "cancelled":
                expected -= {"take_payment"}
            assert offered == expected, (role, stage)
    assert set(ACTIONS) == set(RIGHTS) - {"create_order", "allow_short", "comment_on_order"}


def test_shipping_needs_both_fields_and_keeps_what_is_typed(browser: Browser, shop: Shop) -> None:
    order_id = shop.order("processing")
    tab = begin(browser, shop, "warehouse", order_id, "ship_order")
    tab.text_input(key="edit_ship_order_tracking_number").set_value("SF-77")
    save(tab)
    assert sum("Fill in this field" in text for text in texts(tab)) == 1
    assert tab.text_input(key="edit_ship_order_tracking_number").value == "SF-77"
    assert shop.read(order_id).stage == "processing"
    tab.selectbox(key="edit_ship_order_carrier").set_value("SF Express")
    save(tab)
    assert shop.read(order_id).stage == "shipped"
    sent = shop.row(select(shipments).where(shipments.c.order_id == order_id))
    assert (sent.carrier, sent.tracking_number) == ("SF Express", "SF-77")
    assert says(tab, "is shipped.") and "undo" not in keys(tab)
    assert "edit_save" not in keys(tab)


def test_the_effect_is_shown_before_saving_and_comes_true(browser: Browser, shop: Shop) -> None:
    order_id = shop.order(units=(3, 2))
    tab = begin(browser, shop, "manager", order_id, "confirm_order")
    assert says(tab, "10 → **7**") and says(tab, "5 → **3**")
    assert says(tab, "| Stage | Received | **Confirmed** |")
    assert says(tab, "¥200.00 (40.0%)")  # the margin
    save(tab)
    assert (shop.shelf(shop.pen).reserved, shop.shelf(shop.ink).reserved) == (3, 2)


def test_the_warehouse_sees_goods_but_no_money(browser: Browser, shop: Shop) -> None:
    tab = begin(browser, shop, "warehouse", shop.order("processing"), "ship_order")
    assert says(tab, "10 → **7**")
    assert not any("¥" in text or "Gross margin" in text for text in texts(tab))


def test_short_goods_are_refused_and_can_be_reserved_all_the_same(
    browser: Browser, shop: Shop
) -> None:
    order_id = shop.order(units=(12, 0))
    tab = begin(browser, shop, "sales_lead", order_id, "confirm_order")
    assert says(tab, "2 short")
    save(tab)
    assert says(tab, "12 wanted, 10 free, 2 lacking") and shop.read(order_id).stage == "received"
    tab.checkbox(key="edit_confirm_order_allow_short").set_value(True)
    save(tab)
    assert shop.read(order_id).stage == "confirmed"
    assert says(tab, "It waits for goods") and shop.count(replenishments) == 1


def test_a_payment_is_prefilled_with_what_is_owed(browser: Browser, shop: Shop) -> None:
    order_id = shop.order("shipped")
    tab = begin(browser, shop, "finance", order_id, "take_payment")
    amount = tab.number_input(key="edit_take_payment_amount")
    assert amount.value == 500.0
    amount.set_value(600.0).run()
    tab.selectbox(key="edit_take_payment_method").set_value("Cash")
    save(tab)
    assert says(tab, "500&#46;00 is owed; more cannot be booked.")
    tab.number_input(key="edit_take_payment_amount").set_value(120.5).run()
    assert says(tab, "| Owed for this order | ¥500.00 | **¥379.50** |")
    save(tab)
    assert shop.read(order_id).paid == Decimal("120.50")
    assert says(tab, "120&#46;50 is booked")


def test_a_return_names_lines_and_quantities(browser: Browser, shop: Shop) -> None:
    order_id = shop.order("completed", units=(3, 2))
    pen, ink = shop.lines(order_id)
    tab = begin(browser, shop, "support", order_id, "register_return")
    save(tab)
    assert sum("Fill in this field" in text for text in texts(tab)) == 2  # lines, reason
    tab.number_input(key=f"edit_register_return_came_{ink.line_id}").set_value(3)
    tab.selectbox(key="edit_register_return_reason").set_value("Wrong item")
    save(tab)
    assert says(tab, "The customer has 2 of it; more cannot come back.")
    tab.number_input(key=f"edit_register_return_came_{ink.line_id}").set_value(1)
    tab.checkbox(key=f"edit_register_return_back_{ink.line_id}").set_value(False)
    save(tab)
    back = shop.row(select(returns).where(returns.c.order_id == order_id))
    assert (back.line_id, back.quantity, back.reason) == (ink.line_id, 1, "Wrong item")
    assert shop.shelf(shop.ink).on_hand == 3  # not fit to be sold
    assert pen.returned_quantity == 0


def test_a_field_starts_again_with_the_line_that_is_chosen(browser: Browser, shop: Shop) -> None:
    order_id = shop.order(units=(3, 2))
    _pen, ink = shop.lines(order_id)
    tab = begin(browser, shop, "sales_rep", order_id, "change_line_quantity")
    quantity = tab.number_input(key="edit_change_line_quantity_quantity")
    assert quantity.value == 3
    tab.selectbox(key="edit_change_line_quantity_line_id").set_value(ink.line_id).run()
    assert tab.number_input(key="edit_change_line_quantity_quantity").value == 2
    tab.number_input(key="edit_change_line_quantity_quantity").set_value(4).run()
    assert says(tab, "**¥700.00**")
    save(tab)
    assert [line.quantity for line in shop.lines(order_id)] == [3, 4]


def test_a_discount_over_the_limit_is_refused_at_the_field(browser: Browser, shop: Shop) -> None:
    order_id = shop.order()
    tab = begin(browser, shop, "sales_rep", order_id, "change_line_discount")
    tab.number_input(key="edit_change_line_discount_discount_rate").set_value(15.0)
    save(tab)
    assert says(tab, "You may give a discount of up to 10&#37;.")
    assert says(tab, "Correct the marked fields")
    tab.number_input(key="edit_change_line_discount_discount_rate").set_value(7.5)
    save(tab)
    assert shop.lines(order_id)[0].discount_rate == Decimal("0.0750")


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def conflict(browser: Browser, shop: Shop, order_id: int, mine: date) -> AppTest:
    """The manager's dialog after the lead changed the same day, and the note besides."""
    tab = begin(browser, shop, "manager", order_id, "change_promised_date")
    lead = shop.scopes["sales_lead"]
    run(shop, lead, "change_promised_date", order_id, promised_on=today() + timedelta(days=20))
    run(shop, lead, "change_note", order_id, note="Ring *twice*")
    tab.date_input(key="edit_change_promised_date_promised_on").set_value(mine)
    return save(tab)


def test_a_conflict_shows_mine_theirs_and_the_original(browser: Browser, shop: Shop) -> None:
    order_id = shop.order()
    before, mine = shop.read(order_id).promised_on, today() + timedelta(days=9)
    tab = conflict(browser, shop, order_id, mine)
    theirs = today() + timedelta(days=20)
    (table,) = (text for text in texts(tab) if "Theirs" in text)
    row = next(line for line in table.splitlines() if line.startswith("|Promised"))
    days = [row.replace("&#45;", "-").find(str(day)) for day in (before, theirs, mine)]
    assert -1 not in days and days == sorted(days)
    assert "A sales&#95;lead" in row and "Ring &#42;twice&#42;" in table
    assert tab.date_input(key="edit_change_promised_date_promised_on").value == mine
    assert shop.read(order_id).promised_on == theirs
    assert tab.button(key="edit_save").label == "Apply mine on top"
    save(tab)
    assert shop.read(order_id).promised_on == mine and shop.read(order_id).note == "Ring *twice*"


def test_what_only_one_of_the_two_touched_stands_beside() -> None:
    theirs = OrderChange("orders", 1, "note", "", "Ring twice", "Ann", "change_note", NOW)
    day = Field("promised_on", "Promised", "day", stored="orders.promised_on")
    note, promised = conflict_view._rows([theirs], [Mine(day, today())], "CNY", {})
    assert note[2:4] == ("**Ring twice**", ":gray[not touched]")
    assert promised[1:3] == ("", ":gray[not touched]")
    assert promised[3].replace("&#45;", "-") == f"**{today()}**"


def test_mine_can_be_discarded(browser: Browser, shop: Shop) -> None:
    order_id = shop.order()
    tab = conflict(browser, shop, order_id, today() + timedelta(days=9))
    assert tab.button(key="edit_close").label == "Discard mine"
    tab.button(key="edit_close").click().run()
    assert shop.read(order_id).promised_on == today() + timedelta(days=20)
    assert "edit_save" not in keys(tab)


def test_a_manager_undoes_what_was_just_done(browser: Browser, shop: Shop) -> None:
    order_id = shop.order()
    tab = save(begin(browser, shop, "manager", order_id, "confirm_order"))
    assert shop.read(order_id).stage == "confirmed"
    tab.button(key="undo").click().run()
    assert shop.read(order_id).stage == "received" and shop.shelf(shop.pen).reserved == 0
    assert says(tab, "Undone: ") and "undo" not in keys(tab)


def test_an_undo_that_is_not_safe_any_more_says_why(browser: Browser, shop: Shop) -> None:
    order_id = shop.order()
    tab = save(begin(browser, shop, "manager", order_id, "confirm_order"))
    run(shop, shop.scopes["warehouse"], "start_processing", order_id)
    tab.button(key="undo").click().run()
    assert says(tab, "A warehouse changed it since") and not tab.exception
    assert shop.read(order_id).stage == "processing"


def forged(action: str, order: Any) -> Draft:
    return Draft(action, order.order_number, order.order_id, order.version, new_request_id())


def test_a_forged_dialog_does_what_the_role_may_do_and_no_more(
    browser: Browser, shop: Shop
) -> None:
    order_id = shop.order()
    tab = open_order(browser, shop, "sales_rep", order_id)
    tab.session_state["draft"] = forged("confirm_order", shop.read(order_id))
    save(tab.run())
    assert says(tab, "Your role may not do this.") and shop.read(order_id).stage == "received"


def test_a_forged_draft_for_a_foreign_order_reads_as_no_such_order(
    browser: Browser, shop: Shop
) -> None:
    order_id = shop.order()
    browser.sign_in(shop.foreign["sales_rep"].user_id)
    unknown = browser.open("order", number="NO-SUCH-ORDER")
    tab = browser.open("order", number=number_of(shop, order_id))
    tab.session_state["draft"] = forged("change_note", shop.read(order_id))
    tab.run()
    assert texts(tab) == texts(unknown) and "edit_save" not in keys(tab)


def ticked(shop: Shop, *order_ids: int) -> dict[int, ChosenOrder]:
    rows = [shop.read(order_id) for order_id in order_ids]
    return {
        row.order_id: ChosenOrder(
            row.order_id, row.order_number, "Customer", row.stage, row.version
        )
        for row in rows
    }


def bulk(browser: Browser, shop: Shop, role: str, stage: str, *order_ids: int) -> AppTest:
    browser.sign_in(shop.scopes[role].user_id)
    tab = browser.open("orders", period="any")
    tab.session_state["chosen_orders"] = ticked(shop, *order_ids)
    tab.run()
    tab.button(key=f"bulk_{stage}").click().run()
    assert not tab.exception
    return tab


def reasons(tab: AppTest) -> list[str]:
    (table,) = (frame.value for frame in tab.dataframe if "reason" in frame.value)
    return list(table["reason"])


def test_a_selection_is_moved_together_and_undone_together(browser: Browser, shop: Shop) -> None:
    order_ids = [shop.order(units=(2, 1)) for _ in range(3)]
    tab = bulk(browser, shop, "manager", "confirmed", *order_ids)
    assert says(tab, "3 of 3 can be moved to Confirmed.")
    tab.button(key="bulk_save").click().run()
    assert [shop.read(order_id).stage for order_id in order_ids] == ["confirmed"] * 3
    assert says(tab, "3 orders are now: Confirmed") and "bulk_clear" not in keys(tab)
    tab.button(key="undo").click().run()
    assert [shop.read(order_id).stage for order_id in order_ids] == ["received"] * 3


def test_those_that_cannot_be_moved_are_told_row_by_row_and_left_out(
    browser: Browser, shop: Shop
) -> None:
    enough, short, gone = shop.order(units=(8, 0)), shop.order(units=(3, 0)), shop.order()
    run(shop, shop.scopes["manager"], "cancel_order", gone)
    tab = bulk(browser, shop, "sales_lead", "confirmed", enough, short, gone)
    assert reasons(tab) == [
        "✓", "Not enough in stock: Pen", "The order is cancelled: this cannot be done now.",
    ]  # fmt: skip
    assert tab.button(key="bulk_save").disabled
    tab.button(key="bulk_leave_out").click().run()
    tab.button(key="bulk_save").click().run()
    stages = [shop.read(order_id).stage for order_id in (enough, short, gone)]
    assert stages == ["confirmed", "received", "cancelled"]


def test_what_changed_in_between_moves_nothing_and_says_which(browser: Browser, shop: Shop) -> None:
    first, second = shop.order(), shop.order()
    tab = bulk(browser, shop, "manager", "cancelled", first, second)
    run(shop, shop.scopes["sales_lead"], "change_note", second, note="Wait")
    tab.selectbox(key="bulk_reason").set_value("Duplicate order")
    tab.button(key="bulk_save").click().run()
    assert says(tab, "No order was moved: 1 of 2 cannot be.")
    assert reasons(tab)[0] == "✓" and "A sales_lead changed order" in reasons(tab)[1]
    assert {shop.read(order_id).stage for order_id in (first, second)} == {"received"}


def test_who_moves_no_orders_is_offered_no_ticks(browser: Browser, shop: Shop) -> None:
    order_id = shop.order()
    browser.sign_in(shop.scopes["analyst"].user_id)
    tab = browser.open("orders", period="any")
    tab.session_state["chosen_orders"] = ticked(shop, order_id)
    assert not any(key.startswith("bulk_") for key in keys(tab.run()))


def test_a_refund_of_a_cancelled_order_is_the_next_step(browser: Browser, shop: Shop) -> None:
    order_id = shop.order()
    run(shop, shop.scopes["finance"], "take_payment", order_id, amount=Decimal(40))
    run(shop, shop.scopes["manager"], "cancel_order", order_id)
    tab = begin(browser, shop, "finance", order_id, "refund_payment")
    assert tab.number_input(key="edit_refund_payment_amount").value == 40.0
    tab.selectbox(key="edit_refund_payment_method").set_value("Cash")
    tab.text_input(key="edit_refund_payment_reason").set_value("Cancelled")
    save(tab)
    assert shop.read(order_id).paid == 0 and shop.count(payments) == 3  # and the noise's
