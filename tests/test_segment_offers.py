"""What to offer to a segment: for how many, what that is worth, and a letter to each in two
languages."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from dashboard.analytics.segments import cells_of
from dashboard.offer_drafts import add_drafts, draft
from data_access.database import Database, writing
from data_access.divisions import Division
from data_access.keyset import next_page
from data_access.segment_offers import (
    count_segment_offers,
    find_segment_reach,
    list_segment_offers,
    sum_segment_offers,
)
from data_access.tables import customers, products
from tests.browsing import Browser, says
from tests.crm import add
from tests.exported import Buttons, read_csv
from tests.scored import AS_OF, score_shop

XSS = "<img src=x onerror=alert(1)>"
ALL = Division()


@pytest.fixture
def shop(database: Database) -> SimpleNamespace:
    return open_offers(database)


def open_offers(database: Database) -> SimpleNamespace:
    """Six scored customers: tea new for Ada, Bea and Dan (who refuses contact), a lamp again for
    Ada; a cup that is sold out, a pot that Bea refused, a hat that is not among the best."""
    scored, writer = score_shop(database), database.writer
    ids = scored.customer_ids
    tea, lamp, cup, pot, hat = (
        add(writer, "products", name=name, name_zh=name_zh, list_price=Decimal(50), pack_size=12,
            unit_cost=Decimal(20))
        for name, name_zh in (("Tea", "茶"), ("Lamp", "灯"), ("Cup", "杯"), ("Pot", "壶"),
                              ("Hat", "帽"))
    )  # fmt: skip
    warehouse = add(writer, "warehouses")
    for product_id, on_hand in ((tea, 1), (cup, 0)):
        add(writer, "stock", warehouse_id=warehouse, product_id=product_id, on_hand=on_hand,
            reserved=0)  # fmt: skip
    for name, product_id, kind, rank, score in (
        ("Ada", tea, "new", 2, 3), ("Ada", lamp, "again", 1, 4), ("Ada", cup, "new", 1, 9),
        ("Bea", tea, "new", 1, 5), ("Bea", pot, "again", 1, 9), ("Bea", hat, "new", 6, 9),
        ("Dan", tea, "new", 1, 5), ("Fay", lamp, "again", 5, 1),
    ):  # fmt: skip
        add(writer, "offers", customer_id=ids[name], product_id=product_id, kind=kind, rank=rank,
            score=Decimal(score), as_of_on=AS_OF, method="blend",
            reason="bought" if kind == "again" else "together",
            source_product_id=lamp if kind == "new" else None, shared_count=9, shared_base=41,
            )  # fmt: skip
    add(writer, "reminders", customer_id=ids["Bea"], product_id=pot, cause="rebuy", action="call",
        state="dismissed", recorded_at=datetime(2026, 11, 1))  # fmt: skip
    for task, value in (("new", "0.5"), ("again", "0.9")):
        add(writer, "offer_evaluations", as_of_on=AS_OF, protocol="last_order_out", task=task,
            method="blend", measure="hit", list_length=10, customers=99,
            value=Decimal(value))  # fmt: skip
    changes = {"Dan": {"consent": "refused"}, "Bea": {"name": XSS, "consent": "unknown"}}
    with writing(writer) as connection:
        for name, changed in changes.items():
            connection.execute(
                update(customers).where(customers.c.customer_id == ids[name]).values(**changed)
            )
    return SimpleNamespace(scored=scored, record=database.record, ids=ids, tea=tea, lamp=lamp,
                           scopes=scored.scopes, database=database)  # fmt: skip


def sums(shop: SimpleNamespace, role: str, division: Division = ALL, **asked: Any) -> Any:
    found = sum_segment_offers(shop.record, shop.scopes[role], division, AS_OF, **asked)
    return found.set_index("product")


def listed(shop: SimpleNamespace, role: str, **asked: Any) -> pd.DataFrame:
    return list_segment_offers(shop.record, shop.scopes[role], ALL, AS_OF, **asked)


def test_each_product_is_told_for_whom_and_what_it_is_worth(shop: SimpleNamespace) -> None:
    found = sums(shop, "manager")
    assert list(found.index) == ["Lamp", "Tea"]  # sold out, refused and ranked low: left out
    names = ["customers", "again", "new", "available"]
    assert found.loc["Tea", names].tolist() == [2, 0, 2, 1]
    assert found.loc["Lamp", names[:3]].tolist() == [2, 2, 0]
    assert pd.isna(found.loc["Lamp", "available"])
    # the chance of an order (1 - 0.2) × taken (0.5 / 10) × a pack of 12 × 50, for two customers
    assert found.loc["Tea", "expected_units"] == pytest.approx(2 * 0.8 * 0.05 * 12)
    assert found.loc["Tea", "expected_value"] == pytest.approx(2 * 0.8 * 0.05 * 12 * 50)
    assert found.loc["Lamp", "expected_value"] == pytest.approx(2 * 0.8 * 0.09 * 12 * 50)
    assert found.loc["Tea", "margin_rate"] == pytest.approx(0.6)
    assert list(sums(shop, "manager", kind="new").index) == ["Tea"]
    champions = Division(groups=cells_of("champions"))
    assert sums(shop, "manager", champions)["customers"].tolist() == [1, 1]
    reach = find_segment_reach(shop.record, shop.scopes["manager"], ALL)
    assert (reach["customers"], reach["refusing"]) == (6, 1)


def test_a_product_that_a_customer_told_a_caller_off_is_not_offered(shop: SimpleNamespace) -> None:
    """As on the list of the customer: one rule of what is refused."""
    manager = shop.scopes["manager"]
    assert sums(shop, "manager").loc["Tea", "customers"] == 2
    add(shop.database.writer, "call_marks", customer_id=shop.ids["Ada"], product_id=shop.tea,
        mark="not_interested", user_id=manager.user_id, week_on=AS_OF - timedelta(days=7),
        marked_at=datetime.combine(AS_OF - timedelta(days=1), time(3)))  # fmt: skip
    assert sums(shop, "manager").loc["Tea", "customers"] == 1
    count = count_segment_offers(shop.record, manager, ALL, AS_OF, product_id=shop.tea)
    assert count == 1


def test_who_sees_some_customers_is_told_of_those(shop: SimpleNamespace) -> None:
    assert sums(shop, "sales_rep")["customers"].to_dict() == {"Lamp": 1, "Tea": 2}
    assert sums(shop, "sales_lead")["customers"].to_dict() == {"Lamp": 1}
    assert set(listed(shop, "sales_rep")["customer"]) == {"Ada", XSS}
    assert set(listed(shop, "sales_lead")["customer"]) == {"Fay"}
    counted = {
        role: count_segment_offers(shop.record, shop.scopes[role], ALL, AS_OF)
        for role in ("manager", "sales_lead", "sales_rep")
    }
    assert counted == {"manager": 3, "sales_lead": 1, "sales_rep": 2}
    reach = find_segment_reach(shop.record, shop.scopes["sales_lead"], ALL)
    assert (reach["customers"], reach["refusing"]) == (3, 1)


def test_each_customer_has_the_best_offer_and_what_they_bought_last(shop: SimpleNamespace) -> None:
    found = listed(shop, "manager")
    assert found["customer"].tolist() == ["Ada", XSS, "Fay"]  # by net sales; who refuses is not
    assert found["product"].tolist() == ["Lamp", "Tea", "Lamp"]
    assert found["product_zh"].tolist() == ["灯", "茶", "灯"]
    assert found["source"].iloc[1] == "Lamp" and found["last_product"].notna().all()
    of_tea = listed(shop, "manager", product_id=shop.tea)
    assert of_tea["customer"].tolist() == ["Ada", XSS] and set(of_tea["product"]) == {"Tea"}
    first = listed(shop, "manager", limit=2)
    rest = listed(shop, "manager", limit=2, after=next_page(first))
    assert [*first["customer"], *rest["customer"]] == found["customer"].tolist()


# the letters


def test_a_letter_is_written_in_both_languages_with_exactly_their_words(
    shop: SimpleNamespace,
) -> None:
    row = listed(shop, "manager").assign(last_product=XSS, last_product_zh=f"{XSS}笔")
    lines = add_drafts(row, "Rep North").to_dict("records")
    day = pd.Timestamp(lines[1]["last_ordered_on"]).strftime("%Y-%m-%d")
    assert lines[1]["draft_en"] == (
        f"Dear {XSS},\n\nThank you for your last order: {XSS}, on {day}. Customers who bought Lamp,"
        " as you did, also chose Tea. Its list price is ¥50.00.\n\nShall I put together an order"
        " for you?\n\nBest regards,\nRep North"
    )
    chinese = lines[1]["draft_zh"]
    assert chinese.startswith(f"尊敬的{XSS}：") and f"感谢您在 {day} 订购{XSS}笔。" in chinese
    assert "也选购了茶。标价为 ¥50.00。" in chinese and chinese.endswith("Rep North")
    assert "您之前购买过灯" in lines[0]["draft_zh"]
    assert "You have bought Lamp before" in lines[0]["draft_en"]


def test_a_letter_says_nothing_that_is_not_known() -> None:
    line = {
        "customer": "Ada", "customer_zh": "Ada", "product": "Tea {0}", "product_zh": "茶",
        "kind": "new", "reason": "popular", "source": None, "source_zh": None, "list_price": None,
        "currency": "CNY", "last_ordered_on": pd.NaT, "last_product": None, "last_product_zh": None,
    }  # fmt: skip
    said = draft(line, "Me", "en")
    assert "We think that Tea {0} would suit you." in said
    assert "price" not in said and "order:" not in said and "nan" not in said.lower()
    assert "标价" not in draft(line, "Me", "zh_CN")


# the block


def page() -> None:
    import streamlit as st

    from dashboard.offer_segment import segment_block
    from dashboard.session import current_scope
    from dashboard.texts import use_language
    from tests.scored import AS_OF

    use_language(st.query_params.get("in", "en"))
    segment_block(current_scope("segments"), AS_OF)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


def see(browser: Browser, shop: SimpleNamespace, role: str, **asked: str) -> AppTest:
    browser.sign_in(shop.scopes[role].user_id)
    tab = AppTest.from_function(page, default_timeout=30)
    tab.query_params.update(asked)
    tab.run()
    assert not tab.exception
    return tab


def table(tab: AppTest, column: str) -> pd.DataFrame:
    (found,) = (each.value for each in tab.dataframe if column in each.value)
    return found


def test_a_segment_is_chosen_and_a_letter_changed(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    buttons = Buttons(monkeypatch)
    shop = open_offers(browser.database)
    tab = see(browser, shop, "sales_rep")
    assert tab.selectbox(key="segment_offer_segment").options == [
        "Champions", "Loyal", "Need attention", "All customers",
    ]  # fmt: skip
    assert says(tab, "1 customer in the segment.")
    tab.selectbox(key="segment_offer_segment").set_value("all").run()
    assert table(tab, "worth")["product"].tolist() == ["Tea", "Lamp"]
    assert [*map(list, table(tab, "worth")["stock"])] == [["enough"], []]
    assert table(tab, "worth")["worth"].tolist() == ["¥48.00", "¥43.20"]
    assert table(tab, "last_product")["customer"].tolist() == ["Ada", XSS]
    tab.session_state["segment_offer_customer"] = shop.ids["Bea"]
    tab.run()
    assert not tab.exception and says(tab, "has not been asked whether they want offers")
    english, chinese = tab.text_area
    assert english.value.startswith(f"Dear {XSS},") and chinese.value.startswith("尊敬的")
    assert not says(tab, XSS)  # in Markdown it is escaped
    english.set_value("Hello *you*").run()
    assert tab.code[0].value == "Hello *you*"
    tab.session_state["segment_offer_product"] = shop.lamp
    tab.run()
    assert table(tab, "last_product")["customer"].tolist() == ["Ada"]
    file = read_csv(buttons.click("segment_offers"))
    assert file.column("Customer") == ["Ada"]
    assert file.column("Draft in English")[0].startswith("Dear Ada,")
    assert file.column("Draft in Chinese")[0].startswith("尊敬的Ada：")
    tab = see(browser, shop, "sales_lead", **{"in": "zh_CN"})
    tab.selectbox(key="segment_offer_segment").set_value("all").run()
    assert table(tab, "last_product")["product"].tolist() == ["灯"]
    assert says(tab, "其中 1 位拒绝联系，已排除。")


def test_no_price_is_written_where_it_is_hidden(shop: SimpleNamespace) -> None:
    with writing(shop.database.writer) as connection:
        connection.execute(update(products).values(list_price=None))
    found = add_drafts(listed(shop, "manager"), "Me")
    assert not any("price" in each for each in found["draft_en"])
    assert sums(shop, "manager")["expected_value"].isna().all()
