"""The calendar as people of different roles meet it, and what they change in it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from dashboard.analytics.calendar_days import official_until
from data_access.database import Database
from data_access.edits.calendar_events import COUNTRY, add_event
from data_access.schema import read_properties
from data_access.scope import mint_scope
from data_access.tables import audit, calendar_events
from tests.browsing import Browser, says
from tests.crm import add_order, add_user
from tests.exported import Buttons, read_csv


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def soon(days: int = 5) -> date:
    return today() + timedelta(days=days)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


def as_role(browser: Browser, role: str = "analyst", *, locale: str = "en-GB") -> AppTest:
    browser.sign_in(add_user(browser.database, role))
    tab = browser.open("event-calendar", locale=locale)
    assert not tab.exception
    return tab


def listed(tab: AppTest) -> Any:
    (table,) = (each.value for each in tab.dataframe if "event" in each.value)
    return table


def open_event(tab: AppTest, key: str) -> AppTest:
    tab.session_state["calendar_open"] = key
    tab = tab.run()
    assert not tab.exception
    return tab


def stored(browser: Browser) -> list[Any]:
    with browser.database.record.connect() as connection:
        return list(connection.execute(select(calendar_events)).all())


def add_fair(browser: Browser) -> str:
    scope = mint_scope(browser.database.record, add_user(browser.database, "manager"))
    assert scope is not None
    done = add_event(browser.database.writer, scope, name="Fair", name_zh="展会", kind="promotion",
                     first_on=soon(), last_on=soon(7), request_id="made")  # fmt: skip
    return f"own/{done.values['calendar_event_id']}"


def test_what_comes_next_stands_first(browser: Browser) -> None:
    add_fair(browser)
    tab = as_role(browser)
    table = listed(tab)
    row = table[table["event"] == "Fair"].iloc[0]
    assert (row["days"], row["kind_told"], row["origin"]) == (3, "Promotion", "Own")
    assert row["effect"] == "not seen yet"
    assert table["first_on"].is_monotonic_increasing
    assert {"Spring Festival", "11.11", "618 run-up"} <= set(table["event"])
    labels = [each.label for each in tab.metric]
    assert labels == [
        "Next event", "In the next 90 days", "Moves sales most", "Official days known until",
    ]  # fmt: skip


def test_it_says_when_the_official_days_of_next_year_are_not_known(browser: Browser) -> None:
    tab = as_role(browser)
    official = official_until("CN", today())
    assert official is not None
    unknown = official <= today().year
    assert says(tab, f"adjusted working days of {official + 1} are not known yet") == unknown
    (card,) = (each for each in tab.metric if each.label == "Official days known until")
    assert card.value == str(official)


def test_effects_of_events_are_told_from_the_past(browser: Browser) -> None:
    """Every day brings an order of 100, and 11.11 three of 150: +200 % and +350 %."""
    last_year = today().year - 1
    for year in (last_year, last_year - 1):
        for shift in range(-70, 71):
            day = date(year, 11, 11) + timedelta(days=shift)
            if day < today():
                for _ in range(1 if shift else 3):
                    add_order(browser.database, ordered_on=day,
                              lines=[{"unit_price": 100 if shift else 150}])  # fmt: skip
    tab = as_role(browser)
    table = listed(tab)
    row = table[table["event"] == "11.11"].iloc[0]
    assert row["effect"] == "about +200% over the day, seen 2 times"
    assert row["between"] == "+200% to +200%"
    assert next(each.value for each in tab.metric if each.label == "Moves sales most") == "11.11"
    tab.session_state["calendar_measure"] = "net_sales"
    tab = tab.run()
    table = listed(tab)
    assert table[table["event"] == "11.11"].iloc[0]["between"] == "+350% to +350%"


def test_an_event_is_added_in_a_dialog(browser: Browser) -> None:
    tab = as_role(browser)
    tab = tab.button(key="add_event").click().run()
    assert not tab.exception
    tab.text_input(key="event_name").set_value("Fair")
    tab.text_input(key="event_name_zh").set_value("展会")
    tab.date_input(key="event_first").set_value(soon())
    tab.date_input(key="event_last").set_value(soon(2))
    save = next(
        each for each in tab.button if each.label == "Add event" and each.key != "add_event"
    )
    tab = save.click().run()
    assert not tab.exception and says(tab, "before the first") and not stored(browser)
    tab.date_input(key="event_last").set_value(soon(6))
    save = next(
        each for each in tab.button if each.label == "Add event" and each.key != "add_event"
    )
    tab = save.click().run()
    assert not tab.exception and says(tab, "Added: Fair")
    (row,) = stored(browser)
    assert (row.name, row.name_zh, row.first_on, row.last_on) == ("Fair", "展会", soon(), soon(6))
    assert "Fair" in listed(tab)["event"].tolist()


def test_an_own_event_is_removed_and_the_removal_undone(browser: Browser) -> None:
    key = add_fair(browser)
    tab = open_event(as_role(browser, "manager"), key)
    tab = tab.button(key="event_remove").click().run()
    assert not tab.exception and says(tab, "Removed: Fair") and not stored(browser)
    tab = tab.button(key="undo").click().run()
    assert not tab.exception and [row.name for row in stored(browser)] == ["Fair"]


def test_a_change_of_another_is_not_overwritten(browser: Browser) -> None:
    key = add_fair(browser)
    tab = open_event(as_role(browser), key)
    with browser.database.writer.connect() as connection:
        connection.exec_driver_sql("UPDATE calendar_events SET version = 2")
        connection.commit()
    tab = tab.button(key="event_remove").click().run()
    assert not tab.exception and len(stored(browser)) == 1


def test_a_built_in_event_is_switched_off_and_restored(browser: Browser) -> None:
    tab = as_role(browser)
    shown = listed(tab)
    place = shown["event"].tolist().index("12.12")
    year = shown["first_on"].iloc[place].year
    key = f"CN/12.12/{year}"
    tab = open_event(tab, key)
    tab = tab.button(key="event_off").click().run()
    assert not tab.exception and says(tab, "Switched off:")
    assert listed(tab)["origin"].iloc[place] == "Switched off"
    tab = open_event(tab, key)
    assert says(tab, "It does not count in forecasts.")
    tab = tab.button(key="event_restore").click().run()
    assert not tab.exception and listed(tab)["origin"].iloc[place] == "Built in"


def test_the_country_is_chosen(browser: Browser) -> None:
    tab = as_role(browser, "manager")
    tab.selectbox(key="calendar_country").set_value("DE")
    tab = tab.button(key="use_country").click().run()
    assert not tab.exception and says(tab, "those of Germany from now on")
    assert read_properties(browser.database.record)[COUNTRY] == "DE"
    table = listed(tab)
    assert "Easter Monday" in table["event"].tolist() and "618" not in table["event"].tolist()
    with browser.database.record.connect() as connection:
        actions = connection.scalars(select(audit.c.action)).all()
    assert "choose_country" in actions


def test_a_lead_reads_and_changes_nothing(browser: Browser) -> None:
    key = add_fair(browser)
    tab = as_role(browser, "sales_lead")
    assert "Fair" in listed(tab)["event"].tolist()
    assert "add_event" not in [each.key for each in tab.button]
    tab = open_event(tab, key)
    assert says(tab, "Promotion")
    assert not {"event_remove", "event_off"} & {each.key for each in tab.button}


def test_the_calendar_leaves_as_it_is_shown(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_fair(browser)
    buttons = Buttons(monkeypatch)
    tab = as_role(browser)
    found = read_csv(buttons.click("calendar"))
    assert found.column("Event") == listed(tab)["event"].tolist()
    assert "Country: China" in found.facts["Filter"]


def test_a_rep_does_not_open_it(browser: Browser) -> None:
    browser.sign_in(add_user(browser.database, "sales_rep"))
    tab = browser.open("event-calendar")
    assert not tab.exception and not tab.dataframe


def test_the_page_speaks_chinese(browser: Browser) -> None:
    add_fair(browser)
    tab = as_role(browser, "manager", locale="zh-CN")
    table = listed(tab)
    assert {"展会", "春节", "双11", "国庆节"} <= set(table["event"])
    assert "法定节假日" in set(table["kind_told"])
    assert says(tab, "中国")


def _submit(tab: AppTest) -> Any:
    """The button of the form, beside that of the page with the same words."""
    return next(
        each for each in tab.button if each.label == "Add event" and each.key != "add_event"
    )
