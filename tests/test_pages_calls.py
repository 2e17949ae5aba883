"""The call list on its page: who sees what, what can be said of a line, what leaves as a file."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select, update
from streamlit.testing.v1 import AppTest

from dashboard.analytics.experiments import Arm, compare_arms
from dashboard.call_effect import told
from dashboard.call_words import formula, in_full, in_short
from dashboard.texts import in_language
from data_access.database import Database, writing
from data_access.tables import call_capacities, call_marks, customers
from tests.browsing import Browser, says, texts
from tests.called import WEEK, Called, open_list
from tests.crm import NOW, add
from tests.exported import Buttons, read_csv
from tests.shop import open_shop


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def called(browser: Browser) -> Called:
    return open_list(browser.database)


def see(browser: Browser, called: Called, role: str = "sales_rep", **asked: Any) -> AppTest:
    browser.sign_in(called.shop.scopes[role].user_id)
    tab = browser.open("calls", **asked)
    assert not tab.exception
    return tab


def choose(tab: AppTest, call_id: int) -> AppTest:
    """As a click on the row does."""
    tab.session_state["call_chosen"] = call_id
    return tab.run()


def lines(tab: AppTest) -> pd.DataFrame:
    (table,) = (each.value for each in tab.dataframe if "customer" in each.value)
    found: pd.DataFrame = table
    return found


def test_before_a_refresh_the_page_says_what_to_run(
    browser: Browser, sqlite_database: Database
) -> None:
    shop = open_shop(sqlite_database)
    browser.sign_in(shop.scopes["sales_rep"].user_id)
    assert says(browser.open("calls"), "`python -m dashboard refresh` has run")
    add(shop.writer, "refreshes", what="calls", as_of_on=WEEK, version=1, state="done",
        started_at=NOW, finished_at=NOW)  # fmt: skip
    assert says(browser.open("calls"), "Nobody is to be called.")


def test_a_rep_reads_why_and_says_what_came_of_it(browser: Browser, called: Called) -> None:
    tab = see(browser, called)
    row = lines(tab).iloc[0]
    assert (row["rank"], row["customer"], row["expected_value"]) == (1, "Customer", 945)
    assert row["offer"] == "12 × Pen · 2 × Ink"
    assert row["why"] == (
        "likely silent (90%), last order 2026-09-24 · Pen due 2026-12-03 (30%)"
        " · Ink due 2026-11-23 (50%)"
    )
    assert "rep" not in lines(tab)
    tab = choose(tab, called.call_id)
    assert says(tab, "With a chance of 90.0% they order nothing for 90 days: the last order was on")
    assert says(tab, "bought on 3 days, the last on 2026-09-24, usually every 53 d")
    (sums,) = (text for text in texts(tab) if "Expected value:" in text.replace("*", ""))
    assert "&#61; ¥945&#46;00" in sums
    tab.selectbox(key=f"call_{called.call_id}_about").set_value(called.shop.ink)
    tab.text_input(key=f"call_{called.call_id}_note").set_value("Too dear")
    tab.button(key=f"call_{called.call_id}_not_interested").click().run()
    assert not tab.exception
    kept = called.shop.row(select(call_marks))
    assert (kept.mark, kept.product_id, kept.note) == (
        "not_interested", called.shop.ink, "Too dear",
    )  # fmt: skip
    assert says(tab, "Nobody is left to call on this list.")
    assert says(tab, "Customer: Not interested")


def test_what_was_marked_is_read_among_the_done_and_taken_back(
    browser: Browser, called: Called
) -> None:
    tab = choose(see(browser, called), called.call_id)
    tab.button(key=f"call_{called.call_id}_called").click().run()
    tab.segmented_control(key="calls_view").set_value("done").run()
    assert lines(tab)["result"].tolist() == ["Called"]
    tab = choose(tab, called.call_id)
    assert says(tab, "A sales")
    tab.button(key=f"call_{called.call_id}_back").click().run()
    assert called.shop.count(call_marks) == 0
    assert says(tab, "Nothing has come of this list yet.")


def test_what_is_wrong_needs_a_reason(browser: Browser, called: Called) -> None:
    tab = choose(see(browser, called), called.call_id)
    tab.button(key=f"call_{called.call_id}_wrong").click().run()
    assert [each.value for each in tab.error] == ["Fill in this field."]
    assert called.shop.count(call_marks) == 0


def test_a_manager_undoes_what_was_marked(browser: Browser, called: Called) -> None:
    tab = choose(see(browser, called, "manager"), called.call_id)
    tab.button(key=f"call_{called.call_id}_bought").click().run()
    assert called.shop.count(call_marks) == 1
    tab.button(key="undo").click().run()
    assert called.shop.count(call_marks) == 0
    assert lines(tab)["customer"].tolist() == ["Customer"]


def test_a_lead_sees_every_rep_of_their_regions_and_chooses_one(
    browser: Browser, called: Called
) -> None:
    shop = called.shop
    other = add(shop.writer, "customers", name="Other's", owner_id=shop.other_rep_id,
                region_id=shop.region_id)  # fmt: skip
    called.line(other, employee_id=shop.other_rep_id, expected_value=Decimal(99))
    tab = see(browser, called, "sales_lead")
    assert lines(tab)[["customer", "rep"]].values.tolist() == [
        ["Customer", "Rep Here"], ["Other's", "Rep Also Here"],
    ]  # fmt: skip
    assert says(tab, "What the list brings")
    assert lines(see(browser, called))["customer"].tolist() == ["Customer"]
    assert not says(see(browser, called), "What the list brings")


def test_the_analyst_reads_masked_and_marks_nothing(browser: Browser, called: Called) -> None:
    with writing(called.shop.writer) as connection:
        connection.execute(update(customers).values(phone="13812345678"))
    tab = choose(see(browser, called, "analyst"), called.call_id)
    assert lines(tab)["phone"].tolist() == ["138****5678"]
    assert not [each for each in tab.button if str(each.key).startswith("call_")]
    tab = see(browser, called)
    assert lines(tab)["phone"].tolist() == ["13812345678"]


def test_the_list_leaves_as_a_file_with_its_masks(
    browser: Browser, called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    buttons = Buttons(monkeypatch)
    add(called.shop.writer, "contacts", customer_id=called.shop.customer_id, name="Mia Chen",
        phone="13900001111", is_primary=True)  # fmt: skip
    see(browser, called)
    file = read_csv(buttons.click("call_list"))
    assert file.column("Customer") == ["Customer"]
    assert file.column("Phone of the contact") == ["13900001111"]
    assert file.column("To offer") == ["12 × Pen · 2 × Ink"]
    assert file.column("Formula") == [
        "90.0% × ¥1,000.00 + 30.0% × ¥100.00 + 50.0% × ¥30.00 = ¥945.00"
    ]
    assert file.facts["Rows"] == "1"
    see(browser, called, "analyst")
    masked = read_csv(buttons.click("call_list"))
    assert masked.column("Phone of the contact") == ["139****1111"]
    assert masked.column("Contact") == ["M***"]


def test_a_lead_changes_the_number_of_calls(browser: Browser, called: Called) -> None:
    tab = see(browser, called, "sales_lead")
    tab.button(key="change_capacity").click().run()
    tab.number_input(key=f"capacity_{called.shop.rep_id}_0").set_value(40)
    (button,) = (each for each in tab.button if each.label == "Save")
    button.click().run()
    assert not tab.exception
    assert called.shop.row(select(call_capacities)).calls_a_week == 40
    assert not [each for each in see(browser, called).button if each.key == "change_capacity"]


def test_amounts_of_two_currencies_are_told_each_in_its_own(
    browser: Browser, called: Called
) -> None:
    shop = called.shop
    other = add(shop.writer, "customers", name="Euros", owner_id=shop.rep_id,
                region_id=shop.region_id)  # fmt: skip
    called.line(other, currency="EUR", expected_value=Decimal(99))
    found = lines(see(browser, called))
    assert found["value_told"].tolist() == ["¥945.00", "€99.00"]


def test_an_old_week_can_be_looked_at(browser: Browser, called: Called) -> None:
    older = WEEK - timedelta(days=7)
    called.line(called.shop.customer_id, week_on=older, expected_value=Decimal(7))
    assert lines(see(browser, called))["expected_value"].tolist() == [945]
    assert lines(see(browser, called, week=older.isoformat()))["expected_value"].tolist() == [7]
    tab = see(browser, called, week="soon")
    assert lines(tab)["expected_value"].tolist() == [945]
    tab.selectbox(key="calls_week").set_value(older).run()
    assert lines(tab)["expected_value"].tolist() == [7]
    assert tab.query_params["week"] in (older.isoformat(), [older.isoformat()])


def test_the_page_is_chinese_throughout(browser: Browser, called: Called) -> None:
    browser.sign_in(called.shop.scopes["sales_rep"].user_id)
    tab = choose(browser.open("calls", locale="zh-CN"), called.call_id)
    assert says(tab, "致电对象") and says(tab, "90 天内不下单的概率为 90.0%")
    assert lines(tab)["offer"].tolist() == ["12 × 钢笔 · 2 × 墨水"]


# the words


REASON = {
    "cause": "rebuy", "product": "Pen", "product_id": 1, "probability": 0.3, "value": 100.0,
    "expected_value": 30.0, "quantity": 12, "orders": 1, "usual_gap_days": 53.0,
    "last_ordered_on": pd.Timestamp("2026-09-24"), "expected_on": pd.Timestamp("2026-12-03"),
}  # fmt: skip


def test_a_reason_is_told_with_its_numbers() -> None:
    assert "bought on 1 day, the last on 2026-09-24, usually every 53 d" in in_full(REASON)
    silent = {**REASON, "cause": "silent", "usual_gap_days": float("nan")}
    assert in_full(silent).endswith("the last order was on 2026-09-24.")
    assert in_short({**REASON, "product": "A*B"}) == "A*B due 2026-12-03 (30%)"
    assert "A&#42;B" in in_full({**REASON, "product": "A*B"})
    assert formula([], "CNY") == ""


def test_an_offer_is_told_with_what_its_chance_is_made_of() -> None:
    again = {**REASON, "cause": "again", "probability": 0.08, "counted": 4, "counted_of": 5,
             "taken_rate": 0.1}  # fmt: skip
    assert in_full(again) == (
        "To offer again: **Pen**, in 4 of their 5 orders. At least 10.0% of such offers were in the"
        " next order, where it was measured; × the chance that they order within 90 days: 8.0%."
    )
    new = {**again, "cause": "new", "counted": 9, "counted_of": 36, "source_product": "I*nk"}
    assert "Of 36 customers who bought I&#42;nk, 9 bought it too. At least" in in_full(new)
    few = {**new, "counted": None, "counted_of": None}
    assert "Customers who bought I&#42;nk bought it too. At least" in in_full(few)
    assert in_short(again) == "Pen (8%)"


def steps(*rows: tuple[int, int, int, int, int]) -> pd.DataFrame:
    names = ["step", "is_held_out", "assigned", "customers", "bought"]
    return pd.DataFrame(list(rows), columns=names)


def test_the_effect_is_claimed_only_where_it_is_sure() -> None:
    assert told(steps()) == "Nobody has been on a list yet."
    few = told(steps((1, 0, 270, 261, 100), (1, 1, 30, 29, 5)))
    assert few.startswith("Too few to tell yet: the 28 days of 261 listed and 29 held-out")
    assert "those of 10 more are not" in few
    found = compare_arms(Arm(900, 450), Arm(100, 20))
    sure = told(steps((1, 0, 900, 900, 450), (1, 1, 100, 100, 20)))
    assert "50.0% of 900 listed customers ordered within 28 days, 20.0% of 100 held out" in sure
    assert f"The list brings +30.0 points** (95 %: {100 * found.low:+.1f} to" in sure
    worse = told(steps((1, 0, 900, 900, 180), (1, 1, 100, 100, 50)))
    assert "Who is listed orders less: -30.0 points" in worse
    assert "may be chance" in told(steps((1, 0, 900, 900, 200), (1, 1, 100, 100, 20)))


def test_where_the_split_is_broken_no_effect_is_told() -> None:
    said = told(steps((1, 0, 900, 900, 450), (1, 1, 300, 300, 20)))
    assert "The split is not as it should be" in said and "25.0% instead of 10.0%" in said
    assert "brings" not in said
    with in_language("zh_CN"):
        assert "分组比例不对" in told(steps((1, 0, 900, 0, 0), (1, 1, 300, 0, 0)))
