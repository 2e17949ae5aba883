"""The log on its page and on an order: told in words, filtered, undone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.change_words import value_told
from dashboard.menu import may_open
from dashboard.texts import in_language
from dashboard.vocabulary import ACTIONS, FIELD_NAMES, TABLE_NAMES
from data_access.audit import NAMED_IN
from data_access.database import Database
from data_access.edits.rights import RIGHTS
from data_access.policy import Role
from data_access.tables import AUDITED_TABLES
from tests.browsing import Browser, says, texts
from tests.shop import Shop, move, open_shop, run


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def shop(browser: Browser) -> Shop:
    return open_shop(browser.database)


def sign_in(browser: Browser, shop: Shop, role: str, slug: str, **query: Any) -> AppTest:
    browser.sign_in(shop.scopes[role].user_id)
    tab = browser.open(slug, **query)
    assert not tab.exception
    return tab


def entries(tab: AppTest) -> list[str]:
    return [each.label for each in tab.expander if "**" in each.label]


def open_entry(tab: AppTest, words: str) -> AppTest:
    """As a click on the entry does."""
    (found,) = (each for each in tab.expander if words in each.label)
    tab.session_state[str(found.proto.id).split("-")[-1]] = True
    return tab.run()


def told(tab: AppTest) -> str:
    return "\n".join(texts(tab))


def test_the_log_tells_the_life_of_an_order(browser: Browser, shop: Shop) -> None:
    order_id = shop.order(order_number="LIFE")
    run(shop, shop.scopes["sales_rep"], "change_line_quantity", order_id, quantity=5)
    move(shop, shop.scopes["sales_lead"], order_id, "confirmed")
    run(shop, shop.scopes["sales_lead"], "change_owner", order_id)
    run(shop, shop.scopes["manager"], "cancel_order", order_id, reason="Duplicate order")
    tab = sign_in(browser, shop, "manager", "changes", q="LIFE")
    story = [label.split("**")[1] + label.split("**")[2] for label in entries(tab)]
    assert [line.split(" ·")[0] for line in story[:4]] == [
        "A manager cancelled the order :gray[“Duplicate order”]",
        "A sales&#95;lead changed the sales rep",
        "A sales&#95;lead confirmed the order",
        "A sales&#95;rep changed a quantity",
    ]
    order = told(sign_in(browser, shop, "manager", "order", number="LIFE"))
    for words in (
        "Quantity of Pen: 3 → 5", "Sales rep: Rep Here → Rep Also Here",
        "Stage: Received → Confirmed", "Duplicate order",
    ):  # fmt: skip
        assert words in order


def test_the_details_have_names_and_no_identities(browser: Browser, shop: Shop) -> None:
    order_id = shop.order(order_number="LIFE")
    run(shop, shop.scopes["manager"], "change_owner", order_id)
    tab = sign_in(browser, shop, "manager", "changes", action="change_owner")
    tab = open_entry(tab, "changed the sales rep")
    (table,) = tab.dataframe
    assert says(tab, "**Order** :gray")
    assert table.value.to_numpy().tolist() == [["Sales rep", "Rep Here", "Rep Also Here"]]


def test_filters_narrow_the_log_and_stay_in_the_address(browser: Browser, shop: Shop) -> None:
    for number in ("ONE", "TWO"):
        order_id = shop.order(order_number=number)
        run(shop, shop.scopes["sales_lead"], "change_note", order_id, note=f"Note {number}")
        move(shop, shop.scopes["manager"], order_id, "confirmed")
    for query, expected in (
        ({"person": "sales.lead"}, 2), ({"action": "confirm_order"}, 2),
        ({"kind": "stock", "person": "manager"}, 2),
        ({"q": "TWO", "person": "manager"}, 1), ({"q": "NEITHER"}, 0),
        ({"period": "own", "from": "2020-01-01", "to": "2020-01-31"}, 0),
    ):  # fmt: skip
        tab = sign_in(browser, shop, "manager", "changes", **query)
        assert len(entries(tab)) == expected, query
    assert says(tab, "No change fits these filters.")
    tab = sign_in(browser, shop, "manager", "changes")
    tab.selectbox(key="filter_person").set_value("sales.lead").run()
    assert len(entries(tab)) == 2 and "sales.lead" in tab.query_params["person"]


def test_a_change_is_undone_with_a_reason_and_the_log_says_so(browser: Browser, shop: Shop) -> None:
    order_id = shop.order(order_number="BACK")
    move(shop, shop.scopes["sales_lead"], order_id, "confirmed")
    tab = sign_in(browser, shop, "manager", "changes", action="confirm_order")
    tab = open_entry(tab, "confirmed the order")
    (undo,) = (button for button in tab.button if button.label == "Undo")
    undo.click().run()
    tab.text_input(key="undo_reason").set_value("Too early")
    (send,) = (button for button in tab.button if button.label == "Undo change")
    send.click()
    tab.button(key=undo.key).click().run()  # AppTest opens a dialog by its button alone
    assert shop.read(order_id).stage == "received"
    assert shop.shelf(shop.pen).reserved == 0
    tab = sign_in(browser, shop, "admin", "changes", q="BACK", period="any")
    assert any("undid a change :gray[“Too early”]" in label for label in entries(tab))
    tab = open_entry(tab, "confirmed the order")
    assert says(tab, ":orange[Undone] by A manager")
    assert not [button for button in tab.button if button.label == "Undo"]


def test_what_can_no_longer_be_undone_says_why(browser: Browser, shop: Shop) -> None:
    order_id = shop.order(order_number="BACK")
    manager = shop.scopes["manager"]
    run(shop, manager, "change_note", order_id, note="One")
    run(shop, shop.scopes["sales_lead"], "change_note", order_id, note="Two")
    tab = sign_in(browser, shop, "manager", "changes", person="manager")
    tab = open_entry(tab, "changed the note")
    (undo,) = (button for button in tab.button if button.label == "Undo")
    undo.click().run()
    (send,) = (button for button in tab.button if button.label == "Undo change")
    send.click()
    tab.button(key=undo.key).click().run()
    assert shop.read(order_id).note == "Two"
    assert says(tab, "changed it since, so it can no longer be undone: BACK")


@pytest.mark.parametrize("role", ["sales_rep", "warehouse", "support"])
def test_who_reads_no_rows_reads_who_and_when(browser: Browser, shop: Shop, role: str) -> None:
    order_id = shop.order(order_number="MASKED")
    move(shop, shop.scopes["sales_lead"], order_id, "confirmed")
    found = told(sign_in(browser, shop, role, "order", number="MASKED"))
    assert "**A sales&#95;lead** confirmed the order" in found
    assert "→" not in found and "All details" not in found
    assert not may_open(Role(role), "changes")


def test_people_s_own_words_are_no_markdown(browser: Browser, shop: Shop) -> None:
    order_id = shop.order(order_number="*BOLD*")
    run(shop, shop.scopes["manager"], "change_note", order_id, note="![x](http://evil) $A^2$")
    tab = sign_in(browser, shop, "manager", "order", number="*BOLD*")
    assert "![x]" not in told(tab) and "$A" not in told(tab)


def test_everything_that_is_logged_has_a_name() -> None:
    assert {table.name for table in AUDITED_TABLES} <= TABLE_NAMES.keys()
    for table in AUDITED_TABLES:
        for column in table.c:
            is_identity = column.name.endswith("_id") and column.name not in NAMED_IN
            assert is_identity or column.name == "version" or column.name in FIELD_NAMES, column
    assert RIGHTS.keys() - {"allow_short"} <= ACTIONS.keys()


def test_values_are_written_as_everywhere() -> None:
    moment = datetime(2026, 11, 23, 4, 5)
    with in_language("zh_CN"):
        assert value_told("orders", "stage", "shipped") == "已发货"
        assert value_told("stage_rules", "owner_role", "warehouse") == "仓库"
        assert value_told("orders", "ordered_at", moment) == "2026-11-23 12:05"
        assert value_told("orders", "note", None) == "–"
        assert len(value_told("orders", "note", "x" * 999)) < 200
