"""My work: the queues of each role, what is said about them, comments, and the rules."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.menu import PAGES, landing, may_open
from data_access.accounts import utc_now
from data_access.database import Database
from data_access.edits.commenting import comment_on_order
from data_access.policy import Role
from data_access.rules import list_stage_rules
from data_access.work_queues import list_mentions
from tests.browsing import Browser, says, texts
from tests.crm import add, add_user
from tests.shop import Shop, open_shop

HOUR = timedelta(hours=1)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def shop(browser: Browser) -> Shop:
    return open_shop(browser.database)


def sign_in(browser: Browser, shop: Shop, role: str, slug: str = "work", **query: Any) -> AppTest:
    browser.sign_in(shop.scopes[role].user_id)
    tab = browser.open(slug, **query)
    assert not tab.exception
    return tab


def queues(tab: AppTest) -> list[str]:
    return [str(b.key).removeprefix("queue_") for b in tab.button if "queue_" in str(b.key)]


def listed(tab: AppTest) -> list[str]:
    return [number for table in tab.dataframe for number in table.value.get("order_number", [])]


def order(shop: Shop, number: str, stage: str, hours: float) -> int:
    moments = {"received": "ordered_at", "confirmed": "confirmed_at", "processing": "processing_at"}
    entered = {moments[stage]: utc_now() - hours * HOUR}
    return shop.order(as_is=stage, order_number=number, **entered)


def write(tab: AppTest, words: str) -> None:
    """Sends a comment."""
    tab.text_area[0].set_value(words)
    (send,) = (button for button in tab.button if button.label == "Comment")
    send.click().run()


def test_each_role_has_its_own_queues_first(browser: Browser, shop: Shop) -> None:
    for stage in ("received", "confirmed", "processing"):
        order(shop, stage.upper(), stage, 1)
    cancelled = shop.order(as_is="cancelled")
    add(shop.writer, "payments", order_id=cancelled, amount=Decimal(1))
    own = {
        "sales_lead": ["to_confirm"], "warehouse": ["to_pack", "to_ship"], "finance": [],
        "sales_rep": [], "support": [],
    }  # fmt: skip
    for role, first in own.items():
        shown = [name for name in queues(sign_in(browser, shop, role)) if name.startswith("to_")]
        assert shown[: len(first)] == first, role
    assert set(queues(sign_in(browser, shop, "manager"))) == {
        "mentions", "alerts", "late", "to_confirm", "to_pack", "to_ship", "on_the_way", "unpaid",
        "to_refund",
    }  # fmt: skip


def test_what_is_late_comes_first_with_owner_and_how_long(browser: Browser, shop: Shop) -> None:
    order(shop, "OVER", "processing", 50)
    order(shop, "LEFT", "processing", 47.5)
    order(shop, "NEW", "confirmed", 1)
    tab = sign_in(browser, shop, "warehouse")
    assert queues(tab)[:2] == ["late", "to_ship"]
    assert listed(tab) == ["OVER"]
    tab.button(key="queue_to_ship").click().run()
    assert listed(tab) == ["OVER", "LEFT"] and "to_ship" in tab.query_params["queue"]
    (over, left) = (cell[0] for cell in tab.dataframe[0].value["left"])
    assert "over" in over and left.endswith("left")
    assert set(tab.dataframe[0].value["owner"]) == {"Warehouse"}
    assert says(tab, "Warehouse · within 48 h · done when: Everything is packed")
    assert not any("¥" in text for text in texts(tab))
    assert "at_stake" not in tab.dataframe[0].value


def test_the_queue_stays_while_others_become_urgent(browser: Browser, shop: Shop) -> None:
    order(shop, "CALM", "confirmed", 1)
    tab = sign_in(browser, shop, "warehouse")
    assert listed(tab) == ["CALM"]
    order(shop, "LATE", "processing", 99)
    tab.run()
    assert listed(tab) == ["CALM"] and queues(tab)[0] == "late"


def test_nothing_to_do_is_said(browser: Browser, shop: Shop) -> None:
    assert says(sign_in(browser, shop, "warehouse", queue="to_pack"), "No order waits to be packed")
    lost = sign_in(browser, shop, "sales_rep", queue="nowhere")
    assert says(lost, "Nobody waits for an answer of yours.")


def test_money_due_is_shown_to_finance(browser: Browser, shop: Shop) -> None:
    due_on = utc_now().date() + timedelta(days=2)
    shop.order(as_is="completed", order_number="OWING", due_on=due_on)
    cancelled = shop.order(as_is="cancelled")
    add(shop.writer, "payments", order_id=cancelled, amount=Decimal(1))
    tab = sign_in(browser, shop, "finance", queue="unpaid")
    assert listed(tab) == ["OWING"]
    assert set(tab.dataframe[0].value["owner"]) == {"Finance"}
    assert list(tab.dataframe[0].value["at_stake"]) == [500]


def test_a_comment_calls_a_colleague_who_sees_it_in_their_work(
    browser: Browser, shop: Shop
) -> None:
    shop.order("confirmed", order_number="TALK")
    tab = sign_in(browser, shop, "manager", "order", number="TALK")
    offered = tab.multiselect[0].options
    assert any("@warehouse" in option for option in offered)
    assert not any("@manager" in option or "@finance" in option for option in offered)
    tab.multiselect[0].set_value(["warehouse"])
    write(tab, "**Ring** ![x](http://evil)")
    said = "@warehouse **Ring** ![x](http://evil)"
    assert said in [text.value for text in tab.text]
    assert tab.text_area[0].value == ""

    theirs = sign_in(browser, shop, "warehouse")
    assert queues(theirs)[0] == "mentions" and said in [text.value for text in theirs.text]
    (seen,) = (button for button in theirs.button if button.label == "Mark as seen")
    seen.click().run()
    assert says(theirs, "Nobody waits for an answer of yours.")
    scope = shop.scopes["warehouse"]
    assert not len(list_mentions(shop.database.record, scope, scope.user_id))


def test_a_comment_that_cannot_be_is_refused_and_kept(browser: Browser, shop: Shop) -> None:
    shop.order(order_number="TALK")
    tab = sign_in(browser, shop, "sales_rep", "order", number="TALK")
    write(tab, "Hello @nobody")
    assert says(tab, "&#64;nobody is not known, or cannot see this order.")
    assert tab.text_area[0].value == "Hello @nobody"
    write(tab, "Hello")
    assert [text.value for text in tab.text] == ["Hello"] and not tab.error


def test_opening_a_mentioned_order_marks_it_as_seen(browser: Browser, shop: Shop) -> None:
    order_id = shop.order(order_number="TALK")
    comment_on_order(
        shop.writer, shop.scopes["sales_rep"], order_id, text="@sales.lead", request_id="r"
    )
    tab = sign_in(browser, shop, "sales_lead")
    (button,) = (button for button in tab.button if button.label == "Open order")
    button.click().run()
    assert [title.value for title in tab.title] == ["TALK"]
    scope = shop.scopes["sales_lead"]
    assert not len(list_mentions(shop.database.record, scope, scope.user_id))


@pytest.mark.parametrize("role", ["analyst", "finance", "partner"])
def test_who_does_not_comment_has_no_form(browser: Browser, shop: Shop, role: str) -> None:
    shop.order(order_number="TALK")
    browser.sign_in(shop.scopes[role].user_id)
    tab = browser.open("order", number="TALK")
    assert not tab.exception and not tab.text_area


def test_rules_are_changed_by_who_may(browser: Browser, shop: Shop) -> None:
    assert not [b for b in sign_in(browser, shop, "sales_lead").button if b.key == "change_rules"]
    tab = sign_in(browser, shop, "manager")
    tab.button(key="change_rules").click().run()
    tab.number_input(key="rule_hours_received").set_value(7)
    tab.selectbox(key="rule_owner_received").set_value("support")
    (save,) = (button for button in tab.button if button.label == "Save rule")
    save.click().run()
    rules = list_stage_rules(shop.database.record, shop.scopes["manager"]).set_index("stage")
    assert (rules.target_hours["received"], rules.owner_role["received"]) == (7, "support")


def test_work_is_where_those_start_who_have_a_queue() -> None:
    assert {role for role in Role if landing(role) == "work"} == {Role.WAREHOUSE, Role.SALES_REP}
    assert [page.slug for page in PAGES].count("work") == 1
    assert not may_open(Role.PARTNER, "work") and not may_open(Role.ANALYST, "work")


def test_who_has_nothing_sees_no_queues_of_others(browser: Browser) -> None:
    rep = add(browser.database.writer, "employees")
    browser.sign_in(add_user(browser.database, "sales_rep", employee_id=rep))
    tab = browser.open("work")
    assert not tab.exception and not listed(tab)
    assert not any("NOISE" in text for text in texts(tab))
