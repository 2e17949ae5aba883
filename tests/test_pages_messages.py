"""What was written to a customer stands where people look, and who may withdraws it there."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest

from dashboard.texts import plain
from data_access.database import Database, writing
from data_access.tables import messages
from tests.browsing import Browser, says
from tests.shop import Shop
from tests.test_edits_messages import ADDRESS, open_with_address, written
from tests.test_pages_rebuy import add_due, choose


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def shop(browser: Browser) -> Shop:
    return open_with_address(browser.database, name="Ada *Wong*")


def see(browser: Browser, shop: Shop, role: str, slug: str, **query: Any) -> AppTest:
    browser.sign_in(shop.scopes[role].user_id)
    tab = browser.open(slug, **query)
    assert not tab.exception
    return tab


def buttons(tab: AppTest) -> set[str]:
    return {str(button.key) for button in tab.button if "withdraw" in str(button.key)}


def test_the_order_tells_what_was_written_and_it_can_be_withdrawn(
    browser: Browser, shop: Shop
) -> None:
    number = shop.read(shop.order("confirmed")).order_number
    (message,) = written(shop)
    key = f"withdraw_{message.message_id}"
    analyst = see(browser, shop, "analyst", "order", number=number)
    assert says(analyst, plain("a***")) and not says(analyst, ADDRESS) and not buttons(analyst)
    assert not says(analyst, "Dear Ada")
    assert not says(see(browser, shop, "finance", "order", number=number), "E-mails")
    tab = see(browser, shop, "sales_rep", "order", number=number)
    assert says(tab, "Dear Ada *Wong*,") and says(tab, "Order confirmation")
    tab.button(key=key).click().run()
    assert not tab.exception and not buttons(tab)
    assert written(shop)[0].state == "withdrawn"


def test_the_customers_timeline_tells_it_too(browser: Browser, shop: Shop) -> None:
    shop.order("shipped")
    confirmed, shipped = written(shop)
    with writing(shop.writer) as connection:
        mine = messages.c.message_id == confirmed.message_id
        failed = {"state": "failed", "last_error": "550 nobody <b>", "next_try_at": None}
        connection.execute(update(messages).where(mine).values(failed))
    of = {"customer": str(shop.customer_id), "kind": "message"}
    tab = see(browser, shop, "support", "customer", **of)
    assert says(tab, "Shipping notice") and says(tab, "550 nobody")
    assert says(tab, "Not delivered") and says(tab, "is on its way")
    assert buttons(tab) == {f"withdraw_{each.message_id}" for each in (confirmed, shipped)}
    tab.button(key=f"withdraw_{confirmed.message_id}").click().run()
    assert not tab.exception
    assert [row.state for row in written(shop)] == ["withdrawn", "waiting"]
    browser.sign_in(shop.scopes["manager"].user_id)
    chinese = browser.open("customer", locale="zh-CN", **of)
    assert says(chinese, "发货通知") and says(chinese, "等待发送")


def test_the_heads_see_how_many_wait(browser: Browser, shop: Shop) -> None:
    assert says(see(browser, shop, "manager", "privacy"), "No message has been written yet.")
    shop.order("shipped")
    tab = see(browser, shop, "manager", "privacy")
    assert says(tab, "2 wait, 0 could not be delivered.")


def test_marking_as_reminded_writes_where_asked_to(browser: Browser, shop: Shop) -> None:
    due_id = add_due(shop)
    tab = choose(see(browser, shop, "sales_rep", "rebuy"), due_id)
    tab.checkbox(key=f"rebuy_{due_id}_write").check()
    tab.button(key=f"rebuy_{due_id}_done").click().run()
    assert not tab.exception
    with browser.database.record.connect() as connection:
        assert connection.scalars(select(messages.c.kind)).all() == ["follow_up"]
