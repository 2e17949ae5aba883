"""The customer value page: its cards, its cohorts, and the files it hands out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.analytics.cohorts import month_of, quarter_of
from dashboard.value_choice import cohort_name
from dashboard.value_people import feature_columns
from data_access.database import Database
from data_access.value_lists import ABOUT, CONTACT, FEATURES
from tests.browsing import Browser, says, texts
from tests.crm import add, add_order, add_user, scope_of
from tests.exported import Buttons, read_csv, read_xlsx
from tests.test_value import add_score


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def buttons(monkeypatch: pytest.MonkeyPatch) -> Buttons:
    return Buttons(monkeypatch)


def day(days_ago: int) -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=days_ago)


def sell(browser: Browser, name: str, *days_ago: int, amount: int = 100, **values: Any) -> int:
    customer_id = add(browser.database.writer, "customers", name=name, **values)
    for days in days_ago:
        add_order(browser.database, customer_id=customer_id, ordered_on=day(days),
                  lines=[{"unit_price": Decimal(amount)}])  # fmt: skip
    return customer_id


def as_role(browser: Browser, role: str = "manager", **query: Any) -> AppTest:
    browser.sign_in(add_user(browser.database, role))
    return browser.open("value", currency="CNY", **query)


def card_values(tab: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in tab.metric}


def cohort_of(days_ago: int) -> str:
    return cohort_name(quarter_of(month_of(day(days_ago))))


def customers(tab: AppTest) -> list[str]:
    return [name for table in tab.dataframe for name in table.value.get("customer", [])]


def test_without_orders_of_customers_there_is_nothing_to_show(browser: Browser) -> None:
    add_order(browser.database, ordered_on=day(3))
    tab = as_role(browser)
    assert not tab.exception
    assert says(tab, "There are no orders of customers yet.")
    assert not tab.metric


def test_before_a_refresh_the_page_shows_what_was_and_says_what_is_missing(
    browser: Browser, buttons: Buttons
) -> None:
    sell(browser, "Ada", 500, 200, 100)
    sell(browser, "Bo", 100)
    tab = as_role(browser)
    assert not tab.exception
    assert card_values(tab) == {
        "Next 12 months": "–", "Last 12 months": "¥300", "Value so far": "¥400",
        "Repurchase rate": "50.0%", "Share of the best tenth": "66.7%",
    }  # fmt: skip
    assert says(tab, "Not worked out yet") and says(tab, "python -m dashboard refresh")
    assert says(tab, "+50.0 pp vs the year before")
    assert says(tab, "n/a vs the year before")  # whose first months nobody knows
    assert not any("customer_features" in name for name in buttons)


def test_growth_is_told_where_the_whole_year_before_is_known(browser: Browser) -> None:
    sell(browser, "Ada", 500, 200, 100)
    sell(browser, "Bo", 800, 100)
    assert says(as_role(browser), "+200.0% vs the year before")


def test_what_nobody_bought_for_has_no_chart(browser: Browser) -> None:
    sell(browser, "Ada", 4000, 3990)
    tab = as_role(browser)
    assert not tab.exception
    assert says(tab, "Nobody ordered in the last 12 months.")
    assert says(tab, "Nobody ordered in these years.")
    assert [chart.key for chart in tab.get("plotly_chart")] == ["retention"]


def test_a_refresh_adds_the_prediction_with_the_interval_of_the_sum(browser: Browser) -> None:
    ada = sell(browser, "Ada", 200, 100)
    add_score(browser.database, ada, as_of_on=day(1), expected_orders_12m=Decimal(4),
              predicted_value_12m=Decimal(1000), predicted_low=Decimal(500),
              predicted_high=Decimal(1500))  # fmt: skip
    tab = as_role(browser)
    assert card_values(tab)["Next 12 months"] == "¥1.00K"
    # a shared error of a tenth, and orders that come by chance: 1000² ÷ 4 is more than his own
    half = 1.2816 * (1000**2 / 4 + 100**2) ** 0.5
    low, high = f"¥{1000 - half:.0f}", f"¥{(1000 + half) / 1000:.2f}K"
    assert says(tab, f"8 in 10: {low} – {high}")
    (table,) = (each.value for each in tab.dataframe if "expected" in each.value)
    assert table["expected"].tolist() == [f"¥1.00K ({low}–{high})"]


def test_a_cohort_leads_to_its_customers_and_they_leave(browser: Browser, buttons: Buttons) -> None:
    sell(browser, "=Ada", 400, 10)
    sell(browser, "Bo", 5, amount=30)
    tab = as_role(browser, cohort=cohort_of(400))
    assert not tab.exception
    assert customers(tab) == ["=Ada"]
    found = read_csv(buttons.click("cohort_customers"))
    assert found.column("Customer") == ["'=Ada"]
    assert f"First order: {cohort_of(400)}" in found.facts["Filter"]
    tab.button(key="close_cohort").click().run()
    assert customers(tab) == [] and "cohort" not in tab.query_params
    assert customers(as_role(browser, cohort="2026-Q9")) == []


def test_a_filter_on_the_source_narrows_everything(browser: Browser) -> None:
    sell(browser, "Ada", 40, source="Fair")
    sell(browser, "Bo", 40, amount=1, source="Search")
    tab = as_role(browser, source="Search")
    assert card_values(tab)["Value so far"] == "¥1.00"
    assert tab.button(key="drop_source").label == "Source: Search engine"


def test_features_leave_for_analysis_without_names_and_for_contact_without_refusals(
    browser: Browser, buttons: Buttons
) -> None:
    for name, consent, phone in (("Ada", "granted", "13812345678"), ("Bo", "refused", "139")):
        customer_id = sell(browser, name, 40, consent=consent, phone=phone)
        add_score(browser.database, customer_id, predicted_value_12m=Decimal(9),
                  discount_share=Decimal("0.25"), margin_12m=Decimal(5))  # fmt: skip
    tab = as_role(browser, "analyst")
    assert not tab.exception and says(tab, "2 rows, as filtered.")
    found = read_xlsx(buttons.click("customer_features", "xlsx"))
    assert len(found.rows) == 2 and "Customer" not in found.titles
    assert found.column("Discount share") == [0.25, 0.25]
    assert found.column("Segment") == ["New customers"] * 2
    assert "Left out" not in found.facts
    tab.segmented_control(key="features_purpose").set_value("contact").run()
    assert says(tab, "1 customer who refuses contact is left out.")
    assert says(tab, "1 row, as filtered.")
    found = read_xlsx(buttons.click("customer_features", "xlsx"))
    assert (found.column("Customer"), found.column("Phone")) == (["Ada"], ["138****5678"])
    assert found.facts["Left out"] == "1 customer who refuses contact is left out."
    tab.multiselect(key="features_columns").set_value(["customer", "orders"]).run()
    assert read_csv(buttons.click("customer_features")).titles == ["Customer", "Orders"]


@pytest.mark.parametrize("role", ["finance", "warehouse", "support", "partner"])
def test_it_is_not_for_every_role(browser: Browser, buttons: Buttons, role: str) -> None:
    sell(browser, "Ada", 40)
    tab = as_role(browser, role)
    assert says(tab, "This page is not for your role") and not tab.metric
    assert dict(buttons) == {}


def test_in_chinese(browser: Browser) -> None:
    sell(browser, "Ada", 500, 100)
    browser.sign_in(add_user(browser.database, "manager"))
    tab = browser.open("value", locale="zh-CN", currency="CNY")
    assert card_values(tab)["复购率"] == "0.0%"
    assert says(tab, "客户留存") and not says(tab, "customer")


def test_every_feature_has_a_title_in_words(sqlite_database: Database) -> None:
    columns = feature_columns(scope_of(sqlite_database, "manager"), for_contact=True)
    named = {column.name for column in columns}
    assert {*ABOUT, *CONTACT, *FEATURES} - named == {"currency"}  # which money brings along
    assert all(column.label and column.label != column.name for column in columns)
    assert len({column.label for column in columns}) == len(columns)
    support = feature_columns(scope_of(sqlite_database, "support"), for_contact=False)
    assert "margin_12m" not in {column.name for column in support}


def test_texts_of_a_filter_that_leaves_nobody(browser: Browser) -> None:
    sell(browser, "Ada", 40, source="Fair")
    sell(browser, "Bo", 40, source="Search")
    region = add(browser.database.writer, "regions", name="Empty", code="e")
    add(browser.database.writer, "regions", name="Other", code="o")
    for place in (region, region + 1):
        add_order(browser.database, ordered_on=day(4), region_id=place)
    tab = as_role(browser, region=str(region))
    assert "No customer fits these filters." in " ".join(texts(tab))
