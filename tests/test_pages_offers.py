"""Offers on their page: what is told to whom, by which method and why; what is left out, refused
and handed out as a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import delete, select
from streamlit.testing.v1 import AppTest

from dashboard.offer_words import about_rate, cold_note, in_full, in_short
from dashboard.texts import in_language
from data_access.database import Database, connect
from data_access.schema import upgrade_schema
from data_access.tables import offer_lists, reminders
from tests.browsing import Browser, says
from tests.exported import Buttons, read_csv
from tests.offered import Offered, open_offers
from tests.shop import open_shop


@pytest.fixture(scope="module")
def offered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Offered]:
    path: Path = tmp_path_factory.mktemp("offers") / "crm.sqlite"
    database = connect(f"sqlite:///{path}")
    upgrade_schema(database.writer)
    yield open_offers(database)
    database.dispose()


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, offered: Offered) -> Browser:
    return Browser(monkeypatch, offered.shop.database)


def see(browser: Browser, offered: Offered, role: str = "sales_rep", **asked: Any) -> AppTest:
    browser.sign_in(offered.shop.scopes[role].user_id)
    tab = browser.open("offers", **{"customer": str(offered.shop.customer_id), **asked})
    assert not tab.exception
    return tab


def lists(tab: AppTest) -> list[dict[str, str]]:
    """Of each list of offers, product → why."""
    return [
        dict(zip(each.value["product"], each.value["why"], strict=True))
        for each in tab.dataframe
        if "available" in each.value and "because" not in each.value
    ]


def left_out(tab: AppTest) -> dict[str, str]:
    (found,) = [each.value for each in tab.dataframe if "because" in each.value] or [None]
    return {} if found is None else dict(zip(found["product"], found["because"], strict=True))


def test_before_a_refresh_the_page_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, sqlite_database: Database
) -> None:
    browser = Browser(monkeypatch, sqlite_database)
    shop = open_shop(sqlite_database)
    browser.sign_in(shop.scopes["sales_rep"].user_id)
    tab = browser.open("offers", customer=str(shop.customer_id))
    assert not tab.exception and says(tab, "`python -m dashboard refresh` has run")
    tab = browser.open("offers", view="product", product=str(shop.pen))
    assert not tab.exception and says(tab, "Nobody that you see is offered it.")


def test_each_method_has_its_own_order_and_reasons(browser: Browser, offered: Offered) -> None:
    again, new = lists(see(browser, offered, "manager", method="personal"))
    assert again == {
        "Pen": "in 3 of their 3 orders, also the last",
        "Tea": "in 1 of their 3 orders, last 1 order ago",
    }
    assert list(new) == ["Ink", "Cup"] or list(new) == ["Cup", "Ink"]
    assert all(why.startswith("popular: in ") for why in new.values())
    _again, by_cosine = lists(see(browser, offered, "manager", method="cosine"))
    assert by_cosine == {"Ink": "9 of 10 buyers of Pen", "Cup": "4 of 10 buyers of Pen"}
    for method in ("ease", "content", "blend"):
        tab = see(browser, offered, "manager", method=method)
        assert tab.selectbox(key="offers_method").value == method and lists(tab)
    again, new = lists(see(browser, offered, "manager"))
    assert again["Pen"] == "in 3 of their 3 orders, also the last"
    tab = see(browser, offered, "manager", method="gone", variety="7")
    assert (tab.selectbox(key="offers_method").value, tab.slider(key="offers_variety").value) == (
        "blend", 0
    )  # fmt: skip
    tab.selectbox(key="offers_method").set_value("cosine").run()
    tab.slider(key="offers_variety").set_value(60).run()
    assert lists(tab)[1] == by_cosine
    said = {name: tab.query_params[name] for name in ("method", "variety")}
    assert said in (
        {"method": ["cosine"], "variety": ["60"]},
        {"method": "cosine", "variety": "60"},
    )


def test_who_sees_few_reads_no_count_of_everybody(browser: Browser, offered: Offered) -> None:
    new = lists(see(browser, offered, "sales_rep", method="cosine"))[1]
    assert new == {
        "Ink": "about 90% of all buyers of Pen", "Cup": "goes with Pen (by fewer than 5)",
    }  # fmt: skip
    tab = see(browser, offered, customer=str(offered.others[0]))
    assert says(tab, "There is no such customer, or it is not yours to see.") and not lists(tab)
    assert lists(see(browser, offered, "sales_lead", customer=str(offered.others[0])))


def test_what_is_left_out_says_why_and_can_be_let_in(browser: Browser, offered: Offered) -> None:
    tab = see(browser, offered, method="cosine")
    assert left_out(tab) == {"Lamp": "nothing of it is in stock"}
    assert "Lamp" not in lists(tab)[1]
    tab.checkbox(key="offers_stock").set_value(False).run()
    assert "Lamp" in lists(tab)[1] and left_out(tab) == {}
    tab.selectbox(key="offers_margin").set_value(0.3).run()
    assert len(lists(tab)) == 2  # margins are 40 %


def test_what_they_do_not_want_is_left_out_at_once(browser: Browser, offered: Offered) -> None:
    analyst = see(browser, offered, "analyst", method="cosine")
    analyst.session_state["offer_chosen"] = offered.cup
    analyst.run()
    form = f"offer_{offered.shop.customer_id}_{offered.cup}"
    assert says(analyst, "4 of 10 customers who bought **Pen** also bought this.")
    assert not [each for each in analyst.button if each.key == f"{form}_refused"]
    tab = see(browser, offered, "manager", method="cosine")
    tab.session_state["offer_chosen"] = offered.cup
    tab.run()
    tab.text_input(key=f"{form}_note").set_value("has enough")
    tab.button(key=f"{form}_refused").click().run()
    assert not tab.exception
    kept = offered.shop.row(select(reminders))
    assert (kept.cause, kept.state, kept.product_id, kept.note) == (
        "offer", "dismissed", offered.cup, "has enough"
    )  # fmt: skip
    assert "Cup" not in lists(tab)[1] and left_out(tab)["Cup"] == "they do not want it"
    assert says(tab, "Customer does not want Cup")
    tab.button(key="undo").click().run()
    assert "Cup" in lists(tab)[1] and offered.shop.count(reminders) == 0


def test_that_they_do_not_want_it_is_taken_back_where_it_is_left_out(
    browser: Browser, offered: Offered
) -> None:
    tab = see(browser, offered, method="cosine")
    tab.session_state["offer_chosen"] = offered.cup
    tab.run()
    form = f"offer_{offered.shop.customer_id}_{offered.cup}"
    tab.button(key=f"{form}_refused").click().run()
    assert "Cup" not in lists(tab)[1] and not [
        each for each in tab.button if "back" in str(each.key)
    ]
    tab.session_state["offer_chosen"] = offered.cup
    tab.run()
    tab.button(key=f"{form}_back").click().run()
    assert not tab.exception and says(tab, "Cup is offered to Customer again")
    assert "Cup" in lists(tab)[1] and offered.shop.count(reminders) == 0


def test_who_never_ordered_is_offered_what_is_popular(browser: Browser, offered: Offered) -> None:
    tab = see(browser, offered, customer=str(offered.cold), method="ease")
    assert any("They have not ordered yet" in str(each.value) for each in tab.info)
    (popular,) = lists(tab)
    assert popular and all(why.startswith("popular") for why in popular.values())
    assert tab.selectbox(key="offers_method").disabled
    assert not says(tab, "<img")  # the name is text


def test_without_a_product_the_most_sold_are_there_to_begin_with(
    browser: Browser, offered: Offered
) -> None:
    def sold(role: str) -> dict[str, int]:
        browser.sign_in(offered.shop.scopes[role].user_id)
        tab = browser.open("offers", view="product")
        assert not tab.exception and says(tab, "Most sold")
        (found,) = [each.value for each in tab.dataframe if "product" in each.value]
        return dict(zip(found["product"], found["orders"], strict=True))

    assert sold("sales_rep") == {"Pen": 3, "Tea": 1}
    assert sold("manager") == {"Pen": 12, "Ink": 9, "Tea": 7, "Lamp": 6, "Cup": 4}


def test_who_may_want_a_product_is_told_to_who_sees_them(
    browser: Browser, offered: Offered
) -> None:
    def wanting(role: str) -> pd.DataFrame:
        tab = see(browser, offered, role, view="product", product=str(offered.tea))
        (found,) = [each.value for each in tab.dataframe if "customer" in each.value] or [
            pd.DataFrame(columns=["customer"])
        ]
        return found

    assert wanting("sales_rep")["customer"].tolist() == ["Customer"]
    lead = wanting("sales_lead")
    assert {"Customer", "Other 8"} <= {*lead["customer"]} and "region" in lead
    mine = lead[lead["customer"] == "Customer"].iloc[0]
    assert (mine["rep"], mine["kind_told"]) == ("Rep Here", "Buy again")
    assert str(mine["last_bought_on"])[:10] == "2026-10-24"
    tab = see(browser, offered, "manager", view="product", product=str(offered.tea))
    (pairs,) = [each.value for each in tab.dataframe if "together" in each.value]
    assert pairs[["other_product", "together"]].values.tolist() == [["Lamp", 6]]
    tab = see(browser, offered, view="product", product="999999")
    assert says(tab, "There is no such product.")


def test_without_a_customer_the_page_asks_for_whom(browser: Browser, offered: Offered) -> None:
    tab = see(browser, offered, customer="")
    tab.text_input(key="offers_customer_words").set_value("Custom").run()
    tab.selectbox(key="offers_found_customer").set_value(offered.shop.customer_id).run()
    assert not tab.exception and len(lists(tab)) == 2
    tab.button(key="offers_other_customer").click().run()
    assert not lists(tab)
    tab = see(browser, offered, view="product")
    tab.text_input(key="offers_product_words").set_value("tea").run()
    tab.selectbox(key="offers_found_product").set_value(offered.tea).run()
    assert says(tab, "Who may want it next")


def test_the_lists_leave_as_files_for_who_may_see_them(
    browser: Browser, offered: Offered, monkeypatch: pytest.MonkeyPatch
) -> None:
    buttons = Buttons(monkeypatch)
    see(browser, offered, method="cosine")
    file = read_csv(buttons.click("offers"))
    assert file.column("List")[-1] == "New for them" and file.facts["Rows"] == "4"
    assert file.column("Why")[file.column("Product").index("Cup")] == (
        "goes with Pen (by fewer than 5)"
    )
    assert file.facts["Filter"].startswith("Customer: Customer; Ranked by: Item to item (cosine)")
    see(browser, offered, "sales_rep", view="product", product=str(offered.tea))
    assert read_csv(buttons.click("wanting")).column("Customer") == ["Customer"]


def test_the_page_is_chinese_throughout(browser: Browser, offered: Offered) -> None:
    browser.sign_in(offered.shop.scopes["manager"].user_id)
    tab = browser.open(
        "offers", locale="zh-CN", customer=str(offered.shop.customer_id), method="cosine"
    )
    assert lists(tab)[1]["墨水"] == "买过 钢笔 的 10 位客户中有 9 位"
    assert left_out(tab) == {"台灯": "没有可用库存"}


def test_a_method_that_was_not_worked_out_says_so(browser: Browser, offered: Offered) -> None:
    with offered.shop.writer.begin() as connection:
        connection.execute(delete(offer_lists))
    tab = see(browser, offered, method="ease", role="sales_rep")
    assert says(tab, "This method has not been worked out for them yet.")


# the words


OFFER: dict[str, Any] = {
    "reason": "bought", "own_count": 4, "own_base": 9, "orders_since": 2, "shared_count": 9,
    "shared_base": 41, "shared_rate": None, "source_product": "A*B",
}  # fmt: skip


def test_a_reason_is_told_with_its_counts() -> None:
    assert in_full(OFFER) == "Bought in 4 of their 9 orders, the last time 2 orders ago."
    one = {**OFFER, "own_count": 1, "own_base": 1, "orders_since": 0}
    assert in_full(one) == "Bought in 1 of their 1 order, the last time in their last order."
    together = {**OFFER, "reason": "together"}
    assert in_full(together) == "9 of 41 customers who bought **A&#42;B** also bought this."
    assert in_short(together) == "9 of 41 buyers of A*B"
    few = {**together, "shared_count": None}
    assert "fewer than five" in in_full(few) and "41" not in in_full(few)
    assert "4 of 9 are the same" in in_full({**OFFER, "reason": "similar"})
    for reason in ("popular", "popular_region", "popular_region_type"):
        assert "9 of the 41 latest orders" in in_full({**OFFER, "reason": reason})
        assert in_short({**OFFER, "reason": reason}).startswith("popular: in 9 of 41")
        assert "fewer than" in in_short({**few, "reason": reason})
    about = {**few, "shared_base": None, "shared_rate": 0.2}
    assert in_full(about) == "About 20% of all customers who bought **A&#42;B** also bought this."
    assert in_short(about) == "about 20% of all buyers of A*B"
    rare = {**about, "reason": "popular", "shared_rate": 0.0004}
    assert in_short(rare) == "popular: about 0.04% of the latest orders"
    assert [about_rate(each) for each in (1.0, 0.95, 0.03, 0.002)] == ["100%", "95%", "3%", "0.2%"]
    with in_language("zh_CN"):
        assert "同地区同类客户" in cold_note("popular_region_type")
