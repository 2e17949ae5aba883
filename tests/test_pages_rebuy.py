"""Due to rebuy on its page: the list, what can be done, the effect, and what is not there yet."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from dashboard.analytics.experiments import FEWEST
from dashboard.rebuy_effect import _told
from data_access.accounts import utc_now
from data_access.database import Database, writing
from data_access.tables import reminders
from tests.browsing import Browser, says, texts
from tests.crm import NOW, add
from tests.exported import Buttons, read_csv
from tests.shop import Shop, open_shop

TODAY = utc_now().date()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def shop(browser: Browser) -> Shop:
    return open_shop(browser.database)


def sign_in(browser: Browser, shop: Shop, role: str = "sales_rep", **query: Any) -> AppTest:
    browser.sign_in(shop.scopes[role].user_id)
    tab = browser.open("rebuy", **query)
    assert not tab.exception
    return tab


def add_due(shop: Shop, days: int = 3, **values: Any) -> int:
    row = {
        "customer_id": shop.customer_id, "product_id": shop.pen, "as_of_on": TODAY, "orders": 4,
        "last_ordered_on": TODAY - timedelta(days=50), "usual_gap_days": Decimal("53.00"),
        "expected_on": TODAY + timedelta(days=days), "earliest_on": TODAY + timedelta(days=1),
        "latest_on": TODAY + timedelta(days=40), "probability_30": Decimal("0.45"),
        "suggested_quantity": 12, **values,
    }  # fmt: skip
    return add(shop.writer, "rebuy_dues", **row)


def choose(tab: AppTest, due_id: int) -> AppTest:
    """As a click on the row does."""
    tab.session_state["rebuy_chosen"] = due_id
    return tab.run()


def test_before_a_refresh_the_page_says_what_to_run(browser: Browser, shop: Shop) -> None:
    assert says(sign_in(browser, shop), "`python -m dashboard refresh` has run")
    add(shop.writer, "refreshes", what="rebuy", as_of_on=TODAY, version=1, state="done",
        started_at=NOW, finished_at=NOW)  # fmt: skip
    assert says(sign_in(browser, shop), "Nobody is due to buy again.")


def test_a_rep_reminds_and_a_manager_takes_it_back(browser: Browser, shop: Shop) -> None:
    due_id = add_due(shop)
    tab = choose(sign_in(browser, shop, "manager"), due_id)
    (table,) = (each for each in tab.dataframe if "customer" in each.value)
    row = table.value.iloc[0]
    assert (row["customer"], row["product"], row["suggested_quantity"]) == ("Customer", "Pen", 12)
    assert says(tab, "12 × Pen")
    tab.selectbox(key=f"rebuy_{due_id}_action").set_value("coupon")
    tab.text_input(key=f"rebuy_{due_id}_note").set_value("Ten percent")
    tab.button(key=f"rebuy_{due_id}_done").click().run()
    assert not tab.exception
    kept = shop.row(select(reminders))
    assert (kept.action, kept.state, kept.note, kept.due_on) == (
        "coupon", "done", "Ten percent", TODAY + timedelta(days=3),
    )  # fmt: skip
    assert says(tab, "Nobody is due in these days.") and says(tab, "Customer: Done")
    (undo,) = (button for button in tab.button if button.label == "Undo")
    undo.click().run()
    assert shop.count(reminders) == 0


def test_what_somebody_else_did_meanwhile_is_told(browser: Browser, shop: Shop) -> None:
    due_id = add_due(shop)
    tab = choose(sign_in(browser, shop), due_id)
    with writing(shop.writer) as connection:
        connection.execute(reminders.insert().values(
            customer_id=shop.customer_id, product_id=shop.pen, cause="rebuy", action="call",
            state="done", user_id=shop.scopes["manager"].user_id, recorded_at=utc_now(),
            due_on=TODAY + timedelta(days=3),
        ))  # fmt: skip
    tab.button(key=f"rebuy_{due_id}_done").click().run()
    assert not tab.exception
    assert shop.count(reminders) == 1


def test_an_analyst_looks_and_does_nothing(browser: Browser, shop: Shop) -> None:
    due_id = add_due(shop)
    tab = choose(sign_in(browser, shop, "analyst"), due_id)
    assert not [button for button in tab.button if button.label == "Mark as reminded"]
    assert says(tab, "What reminding brings")


def test_those_left_out_are_counted_and_an_old_refresh_is_said(
    browser: Browser, shop: Shop
) -> None:
    add_due(shop, as_of_on=TODAY - timedelta(days=9))
    held = add(shop.writer, "customers", name="Held", owner_id=shop.rep_id)
    add_due(shop, customer_id=held, is_held_out=True, as_of_on=TODAY - timedelta(days=9))
    tab = sign_in(browser, shop)
    assert says(tab, "1 held out, 0 refused, 0 acted upon")
    assert says(tab, "brings it up to date")
    assert not any("Held" in each.value.to_string() for each in tab.dataframe)


def test_no_claim_is_made_before_there_are_enough(browser: Browser, shop: Shop) -> None:
    add_due(shop)
    assert says(sign_in(browser, shop), "Too few to tell yet")
    few = (FEWEST - 1, FEWEST - 1, 0)
    assert "Too few" in _told(few, (10, 400, 3)) and "points**" not in _told(few, (10, 400, 3))
    chance = _told((20, 50, 0), (18, 50, 0))
    assert "may be chance" in chance and "**" not in chance
    assert "may be chance" in _told((56, 70, 0), (48, 80, 0))  # one look would be sure
    sure = _told((560, 700, 0), (480, 800, 0))
    assert "**Reminding brings +20.0 points** (95 %: +12.9 to +27.1)" in sure
    assert "buys less: -20.0" in _told((480, 800, 0), (560, 700, 0))


def test_the_page_is_for_sales_and_analysts(browser: Browser, shop: Shop) -> None:
    add_due(shop)
    for role in ("support", "finance", "warehouse", "partner"):
        tab = sign_in(browser, shop, role)
        assert not any("Pen" in text for text in texts(tab))
        assert not tab.dataframe


def test_the_list_leaves_with_what_was_left_out(
    browser: Browser, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    buttons = Buttons(monkeypatch)
    add_due(shop, days=3)
    tab = sign_in(browser, shop)
    assert not tab.exception
    found = read_csv(buttons.click("due_to_rebuy"))
    assert found.facts["Rows"] == "1" and found.column("Product") == ["Pen"]
    assert found.facts["Left out"] == "0 customers who refuse contact are left out."
    assert "Expected in the next: 14 days" in found.facts["Filter"]
