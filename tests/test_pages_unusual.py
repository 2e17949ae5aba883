"""Unusual days on the pages: named, explained, and then no longer on the list."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pandas as pd
import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from dashboard.analytics.calendar_days import countries
from data_access.calendar_events import list_events
from data_access.database import Database
from data_access.edits.calendar_events import add_event, choose_country
from data_access.tables import regions
from tests.browsing import Browser, says
from tests.crm import add, add_order, add_user, scope_of

DAYS = 84
SPIKE = 3  # days ago


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


def days_ago(days: int) -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date() - timedelta(days=days)


@pytest.fixture
def shop(browser: Browser) -> Browser:
    """Twelve weeks of about 100 a day by Ada in the East, and one day of 2,000 more by Bea."""
    writer = browser.database.writer
    east = add(writer, "regions", name="East")
    ada, bea = (add(writer, "customers", name=name, region_id=east) for name in ("Ada", "Bea"))
    for days in range(DAYS + 1):
        price = Decimal(100 + days * 37 % 11)
        add_order(browser.database, order_number=f"D{days}", ordered_on=days_ago(days),
                  customer_id=ada, region_id=east, lines=[{"unit_price": price}])  # fmt: skip
    add_order(browser.database, order_number="BIG", ordered_on=days_ago(SPIKE), customer_id=bea,
              region_id=east, channel="event", lines=[{"unit_price": Decimal(2000)}])  # fmt: skip
    return browser


def open_as(shop: Browser, role: str, slug: str = "why", **query: Any) -> AppTest:
    with shop.database.record.connect() as connection:
        every = list(connection.scalars(select(regions.c.region_id)))
    employee = add(shop.database.writer, "employees")
    person = add_user(
        shop.database, role, name=f"The {role}", employee_id=employee,
        region_ids=every if role == "sales_lead" else [],
    )  # fmt: skip
    shop.sign_in(person)
    tab = shop.open(slug, currency="CNY", **query)
    assert not tab.exception
    return tab


def table(tab: AppTest, column: str) -> pd.DataFrame | None:
    return next((each.value for each in tab.dataframe if column in each.value), None)


def test_an_unusual_day_is_named_with_what_was_expected(shop: Browser) -> None:
    tab = open_as(shop, "manager", view="days")
    assert says(tab, f"**1 day of 29 was unusual: {days_ago(SPIKE)} (+¥1.99K).**")
    found = table(tab, "range")
    assert found is not None
    assert [day.date() for day in pd.to_datetime(found["day_on"])] == [days_ago(SPIKE)]
    assert found["range"].iloc[0].startswith("¥")
    assert found["note"].iloc[0] == ""


def test_a_day_tells_what_drove_it_and_leads_to_its_orders(shop: Browser) -> None:
    tab = open_as(shop, "manager", view="days", day=str(days_ago(SPIKE)))
    causes = table(tab, "by")
    assert causes is not None
    first = causes.drop_duplicates("by").set_index("by")
    assert first.loc["Customer", "name"] == "Bea"
    assert first.loc["Customer", "difference"] == "¥2,000.00"
    (link,) = (
        each.proto for each in tab.get("page_link") if each.proto.label == "All orders of this day"
    )
    assert f"from={days_ago(SPIKE)}&to={days_ago(SPIKE)}" in link.query_string


def test_an_explained_day_needs_no_attention_any_more(shop: Browser) -> None:
    assert attention(open_as(shop, "manager", "overview"))
    tab = open_as(shop, "manager", view="days", day=str(days_ago(SPIKE)))
    tab.text_area(key="day_note_text").set_value("A fair in *Wuhan*")
    button = next(each for each in tab.button if each.label == "Save explanation")
    button.click().run()
    assert not tab.exception
    assert says(tab, "A fair in &#42;Wuhan&#42;")
    assert says(tab, "The manager")
    found = table(tab, "range")
    assert found is not None and found["note"].tolist() == ["A fair in *Wuhan*"]
    assert not attention(open_as(shop, "manager", "overview"))
    assert not attention(open_as(shop, "analyst", "overview"))
    assert attention(open_as(shop, "sales_lead", "overview"))  # who sees other orders
    tab = open_as(shop, "manager", view="days", day=str(days_ago(SPIKE)))
    next(each for each in tab.button if str(each.key).startswith("remove_note_")).click().run()
    assert not tab.exception
    assert attention(open_as(shop, "manager", "overview"))


def attention(tab: AppTest) -> list[str]:
    return [each.proto.label for each in tab.get("page_link") if "unusual day" in each.proto.label]


def test_a_note_about_some_orders_explains_only_these(shop: Browser) -> None:
    tab = open_as(shop, "manager", view="days", day=str(days_ago(SPIKE)), channel="event")
    assert says(tab, "There are not yet ten weeks of sales")
    tab = open_as(shop, "manager", view="days", day=str(days_ago(SPIKE)), region="999")
    tab.text_area(key="day_note_text").set_value("")
    next(each for each in tab.button if each.label == "Save explanation").click().run()
    assert not tab.exception
    assert any("Fill in this field." in each.value for each in tab.error)


def test_the_trend_of_the_overview_marks_the_day(shop: Browser) -> None:
    drawn = str(open_as(shop, "manager", "overview").get("plotly_chart")[0].proto.spec)
    assert "unusual: expected" in drawn
    assert "unusual: expected" not in str(
        open_as(shop, "manager", "overview", period="last_365").get("plotly_chart")[0].proto.spec
    )


def test_today_is_never_unusual(shop: Browser) -> None:
    add_order(shop.database, ordered_on=days_ago(0), lines=[{"unit_price": Decimal(9000)}])
    tab = open_as(shop, "manager", view="days", day=str(days_ago(0)))
    assert says(tab, f"**1 day of 29 was unusual: {days_ago(SPIKE)}")
    assert table(tab, "by") is None
    assert says(open_as(shop, "manager", view="days", period="today"), "No day of this period")


def test_too_little_history_is_said(browser: Browser) -> None:
    add_order(browser.database, ordered_on=days_ago(3))
    tab = open_as(browser, "manager", view="days")
    assert says(tab, "There are not yet ten weeks of sales") or says(tab, "On many days nothing")


def test_a_rep_explains_a_day_of_their_own_orders(shop: Browser) -> None:
    tab = open_as(shop, "sales_rep", view="days", day=str(days_ago(SPIKE)))
    assert says(tab, "There are not yet ten weeks of sales")  # of their own: none


def test_the_calendar_of_the_company_names_the_day_to_everybody(shop: Browser) -> None:
    fair = {"name": "Wuhan fair", "name_zh": "武汉展会", "kind": "other"}
    add_event(shop.database.writer, scope_of(shop.database, "manager"), **fair,
              first_on=days_ago(SPIKE), last_on=days_ago(SPIKE), request_id="a")  # fmt: skip
    for role in ("manager", "sales_lead", "analyst"):
        found = table(open_as(shop, role, view="days"), "range")
        assert found is not None and found["calendar"].tolist() == ["Wuhan fair"]
    seen = list_events(shop.database.record, scope_of(shop.database, "sales_rep"),
                       days_ago(SPIKE), days_ago(0))  # fmt: skip
    assert seen["name"].tolist() == ["Wuhan fair"]


def test_what_came_before_on_the_days_of_an_event_is_no_news(shop: Browser) -> None:
    for days in (SPIKE + 14, SPIKE + 35):
        add_order(shop.database, ordered_on=days_ago(days), lines=[{"unit_price": Decimal(2000)}])
    assert attention(open_as(shop, "manager", "overview"))
    manager = scope_of(shop.database, "manager")
    for days in (SPIKE, SPIKE + 14, SPIKE + 35):
        add_event(shop.database.writer, manager, name="Fair", kind="other", request_id=f"a{days}",
                  first_on=days_ago(days), last_on=days_ago(days))  # fmt: skip
    tab = open_as(shop, "manager", view="days")
    assert says(tab, "All 29 days are within what was to be expected.")
    assert not attention(open_as(shop, "manager", "overview"))


def test_bank_holidays_explain_the_days_a_british_company_is_closed(browser: Browser) -> None:
    off = holidays.country_holidays("GB", subdiv="ENG")
    last = days_ago(0)
    for days in range(1, 400):
        day = days_ago(days)
        if day.weekday() < 5 and day not in off:
            add_order(browser.database, ordered_on=day,
                      lines=[{"unit_price": Decimal(100 + days * 37 % 11)}])  # fmt: skip
    closed = [day for day in pd.bdate_range(days_ago(365), last).date if day in off]
    tab = open_as(browser, "manager", view="days", period="last_365")
    assert says(tab, f"{len(closed)} days of ")
    manager = scope_of(browser.database, "manager")
    choose_country(browser.database.writer, manager, "GB", known=countries, request_id="a")
    assert says(open_as(browser, "manager", view="days", period="last_365"), "days are within what")
