"""Warnings in My work: who is shown which, what they answer; the choice on the account page; and
what could not be delivered, on the page of privacy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest

from dashboard.texts import plain
from data_access.accounts import utc_now
from data_access.database import Database, writing
from data_access.edits.alert_messages import AlertSettings, find_alert_settings
from data_access.refreshing.runs import begin_run, fail_run
from data_access.tables import alert_answers, alerts, messages, users
from tests.browsing import Browser, says, texts
from tests.crm import add
from tests.shop import Shop
from tests.warned import WarnedShop, open_warned_shop


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def warned(browser: Browser) -> WarnedShop:
    warned = open_warned_shop(browser.database)
    today = utc_now().date()
    warned.warn(warned.pens(), warned.ink(), warned.day(), now=utc_now(), today=today)
    return warned


def see(browser: Browser, shop: Shop, role: str, slug: str = "work", **query: Any) -> AppTest:
    browser.sign_in(shop.scopes[role].user_id)
    if slug == "work":
        query = {"queue": "alerts", **query}
    tab = browser.open(slug, **query)
    assert not tab.exception
    return tab


def told(tab: AppTest) -> list[str]:
    return [words for table in tab.dataframe for words in table.value.get("told", [])]


def test_each_role_is_shown_what_concerns_it(browser: Browser, warned: WarnedShop) -> None:
    manager = see(browser, warned.shop, "manager")
    assert told(manager) == [
        "5 units missing · 2 orders lack it · nothing on order",
        "net sales ¥98.8K instead of ¥800 to ¥1.20K",
        "1 free, reorder point 12 · nothing on order",
    ]
    house = see(browser, warned.shop, "warehouse")
    assert len(told(house)) == 2 and not any("¥" in words for words in told(house))
    assert not any("¥" in words for words in texts(house))
    for role in ("sales_lead", "sales_rep"):
        tab = see(browser, warned.shop, role)
        assert told(tab) == ["1 order of yours lacks 3 units · nothing on order"], role
    for role in ("finance", "support"):
        tab = see(browser, warned.shop, role)
        assert told(tab) == [] and "queue_alerts" not in {str(each.key) for each in tab.button}


def test_the_queue_counts_those_that_wait_and_the_urgent(
    browser: Browser, warned: WarnedShop
) -> None:
    tab = see(browser, warned.shop, "manager", queue="late")
    assert says(tab, "**3**  \n:small[:red[1 urgent]]")
    keys = [str(each.key) for each in tab.button if str(each.key).startswith("queue_")]
    assert keys[0] == "queue_alerts"


def test_a_click_leads_to_the_stock_or_to_the_order(browser: Browser, warned: WarnedShop) -> None:
    for role, title in (("manager", "Stock"), ("sales_rep", "LATE")):
        tab = see(browser, warned.shop, role)
        first = warned.rows()[0].alert_id
        tab.session_state["open_alert"] = first
        tab.run()
        assert not tab.exception
        assert any(title in each.value for each in tab.title), role
    assert tab.query_params["number"] == "LATE"


def answer(tab: AppTest, opener: str, label: str) -> None:
    tab.button(key=opener).click()  # AppTest opens a dialog by its button alone
    (send,) = (each for each in tab.button if each.label == label and "FormSubmit" in str(each.key))
    send.click().run()
    assert not tab.exception


def test_somebody_is_on_it_and_colleagues_see_who(browser: Browser, warned: WarnedShop) -> None:
    tab = see(browser, warned.shop, "warehouse")
    assert tab.button(key="alerts_acknowledge").disabled
    tab.session_state["alerts_ticked"] = [warned.rows()[0].alert_id]
    tab.run()
    assert says(tab, "1 chosen")
    tab.button(key="alerts_acknowledge").click().run()
    tab.text_area(key="alert_note").set_value("Called *them*")
    answer(tab, "alerts_acknowledge", "I am on it")
    (row,) = warned.shop.rows(select(alert_answers))
    assert (row.kind, row.note, row.author) == ("acknowledged", "Called *them*", "A warehouse")
    lead = see(browser, warned.shop, "sales_lead")
    (shown,) = (table.value for table in lead.dataframe if "who" in table.value)
    assert (shown["who"][0], shown["said"][0]) == ("A warehouse is on it", "Called *them*")
    assert says(lead, "No warning waits for an answer.")


def test_a_snooze_asks_for_a_reason_and_hides_it_from_oneself(
    browser: Browser, warned: WarnedShop
) -> None:
    tab = see(browser, warned.shop, "sales_rep")
    assert "alerts_acknowledge" not in {str(each.key) for each in tab.button}
    tab.session_state["alerts_ticked"] = [warned.rows()[0].alert_id]
    tab.run()
    tab.button(key="alerts_snooze").click().run()
    answer(tab, "alerts_snooze", "Remind me later")
    assert says(tab, "Fill in this field.")
    tab.text_area(key="alert_reason").set_value("Next truck")
    answer(tab, "alerts_snooze", "Remind me later")
    (row,) = warned.shop.rows(select(alert_answers))
    assert row.until_on > utc_now().date() and row.note == "Next truck"
    again = see(browser, warned.shop, "sales_rep")
    assert says(again, "No warning waits for an answer.")
    assert len(told(see(browser, warned.shop, "manager"))) == 3


def test_in_chinese_nothing_stays_english(browser: Browser, warned: WarnedShop) -> None:
    user_id = warned.shop.scopes["manager"].user_id
    with writing(warned.shop.writer) as connection:
        mine = users.c.user_id == user_id
        connection.execute(update(users).where(mine).values(language="zh_CN"))
    tab = see(browser, warned.shop, "manager")
    assert told(tab)[0] == "缺 5 件 · 2 个订单缺货 · 无在途"
    assert not any(letter.isascii() and letter.isalpha() for words in told(tab) for letter in
                   words.replace("K", ""))  # fmt: skip


def test_what_one_wants_to_be_told_is_chosen_on_the_account_page(
    browser: Browser, warned: WarnedShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = warned.shop
    record, manager = shop.database.record, shop.scopes["manager"].user_id
    tab = see(browser, shop, "manager", "account")
    assert {each.key for each in tab.toggle} == {"alert_unusual_days"}
    tab.segmented_control(key="alert_digest").set_value("daily").run()
    assert says(tab, "Your account has no e-mail address.")
    assert find_alert_settings(record, manager) == AlertSettings()
    with writing(shop.writer) as connection:
        mine = users.c.user_id == manager
        connection.execute(update(users).where(mine).values(email="m@example.com"))
    tab.segmented_control(key="alert_digest").set_value("daily").run()
    tab.toggle(key="alert_unusual_days").set_value(False).run()
    assert find_alert_settings(record, manager) == AlertSettings("daily", "mail", False)
    assert len(told(see(browser, shop, "manager"))) == 2
    assert "alert_channel" not in {each.key for each in tab.segmented_control}
    monkeypatch.setenv("CRM_WEBHOOK_URL", "http://127.0.0.1:9/hook")
    tab = see(browser, shop, "sales_rep", "account")
    assert not tab.toggle
    tab.segmented_control(key="alert_channel").set_value("webhook").run()
    tab.segmented_control(key="alert_digest").set_value("at_once").run()
    rep = shop.scopes["sales_rep"].user_id
    assert find_alert_settings(record, rep) == AlertSettings("at_once", "webhook", True)
    assert not says(see(browser, shop, "finance", "account"), "Warnings stand in My work")


def test_what_could_not_be_delivered_is_told_to_heads(browser: Browser, warned: WarnedShop) -> None:
    shop = warned.shop
    rep = shop.scopes["sales_rep"]
    add(shop.writer, "messages", cause="alerts:user:1:2", kind="alerts", channel="webhook",
        user_id=rep.user_id, rights=rep.key, language="en", subject="1 new warning", body="{}",
        made_at=utc_now(), state="failed", attempts=2, last_error="503 Service Unavailable",
        next_try_at=utc_now() + timedelta(minutes=20))  # fmt: skip
    for role in ("admin", "manager"):
        tab = see(browser, shop, role, "privacy")
        (failed,) = (table.value for table in tab.dataframe if "last_error" in table.value)
        assert failed["last_error"].tolist() == ["503 Service Unavailable"]
        assert failed["recipient"].tolist() == [rep.name] and failed["channel"][0] == "Webhook"
    assert shop.count(messages) == 1 and shop.count(alerts) == 3


def test_a_run_that_failed_is_told_until_one_goes_well(
    browser: Browser, warned: WarnedShop
) -> None:
    writer = warned.shop.writer
    run = begin_run(writer, "alerts", utc_now().date(), 9)
    fail_run(writer, run, "ValueError: odd *numbers*")
    tab = see(browser, warned.shop, "manager")
    assert says(tab, "Looking for warnings failed on") and says(tab, plain("odd *numbers*"))
    warned.warn(warned.pens(), today=utc_now().date())
    assert not says(see(browser, warned.shop, "manager"), "Looking for warnings failed")
    assert says(see(browser, warned.shop, "manager"), "Last looked for on")
