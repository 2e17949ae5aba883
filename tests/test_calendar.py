"""The calendar: the days that rules give, what people change, and what events did to sales."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from dashboard.analytics.calendar_days import built_in_events, countries, official_until
from dashboard.analytics.calendar_events import event_effects, events_for_forecast, join_events
from dashboard.calendar_frames import country_of, events_of_company, find_calendar
from data_access.audit import ChangeFilter, list_changes
from data_access.calendar_events import list_events
from data_access.database import Database
from data_access.demo.almanac import LUNAR_NEW_YEAR, MID_AUTUMN
from data_access.edits.calendar_events import (
    COUNTRY,
    CalendarRefused,
    add_event,
    change_event,
    choose_country,
    remove_event,
    switch_event_off,
)
from data_access.edits.fields import FieldsRefused
from data_access.edits.rights import RightRefused
from data_access.edits.undoing import undo_change
from data_access.schema import read_data_version, read_properties
from data_access.scope import Scope
from tests.crm import add, scope_of

# The State Council's notices for 2023 to 2026 (www.gov.cn): days off, weekend days worked
OFFICIAL: dict[int, tuple[dict[str, tuple[str, str]], tuple[str, ...]]] = {
    2023: (
        {"New Year's Day": ("2022-12-31", "2023-01-02"), "Spring Festival": ("01-21", "01-27"),
         "Tomb-Sweeping Day": ("04-05", "04-05"), "Labor Day": ("04-29", "05-03"),
         "Dragon Boat Festival": ("06-22", "06-24"), "National Day": ("09-29", "10-06")},
        ("01-28", "01-29", "04-23", "05-06", "06-25", "10-07", "10-08"),
    ),
    2024: (
        {"New Year's Day": ("2023-12-30", "2024-01-01"), "Spring Festival": ("02-10", "02-17"),
         "Tomb-Sweeping Day": ("04-04", "04-06"), "Labor Day": ("05-01", "05-05"),
         "Dragon Boat Festival": ("06-08", "06-10"), "Mid-Autumn Festival": ("09-15", "09-17"),
         "National Day": ("10-01", "10-07")},
        ("02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"),
    ),
    2025: (
        {"New Year's Day": ("01-01", "01-01"), "Spring Festival": ("01-28", "02-04"),
         "Tomb-Sweeping Day": ("04-04", "04-06"), "Labor Day": ("05-01", "05-05"),
         "Dragon Boat Festival": ("05-31", "06-02"), "National Day": ("10-01", "10-08")},
        ("01-26", "02-08", "04-27", "09-28", "10-11"),
    ),
    2026: (
        {"New Year's Day": ("01-01", "01-03"), "Spring Festival": ("02-15", "02-23"),
         "Tomb-Sweeping Day": ("04-04", "04-06"), "Labor Day": ("05-01", "05-05"),
         "Dragon Boat Festival": ("06-19", "06-21"), "Mid-Autumn Festival": ("09-25", "09-27"),
         "National Day": ("10-01", "10-07")},
        ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10"),
    ),
}  # fmt: skip
NO_OWN = pd.DataFrame(
    columns=["calendar_event_id", "name", "name_zh", "kind", "first_on", "last_on", "stands_for",
             "is_off", "version"]
)  # fmt: skip
NO_CAMPAIGNS = pd.DataFrame(
    columns=["campaign_id", "name", "name_zh", "kind", "starts_on", "ends_on"]
)


def year_of(country: str, year: int) -> pd.DataFrame:
    return built_in_events(country, date(year, 1, 1), date(year, 12, 31))


def own(**values: Any) -> pd.DataFrame:
    row = {"calendar_event_id": 5, "name": "Fair", "name_zh": None, "kind": "other",
           "first_on": pd.NaT, "last_on": pd.NaT, "stands_for": None, "is_off": False,
           "version": 3}  # fmt: skip
    return pd.DataFrame([{**row, **values}])


@pytest.mark.parametrize("year", OFFICIAL)
def test_days_off_are_those_of_the_official_notice(year: int) -> None:
    days_off, worked = OFFICIAL[year]
    found = year_of("CN", year)
    for name, span in days_off.items():
        first, last = (date.fromisoformat(f"{year}-{day}"[-10:]) for day in span)
        event = found[(found["name"] == name) & (found["key"] == f"CN/{name}/{year}")]
        assert event[["first_on", "last_on"]].values.tolist() == [[first, last]], name
    workdays = found[found["kind"] == "workday"]["first_on"].tolist()
    assert workdays == [date.fromisoformat(f"{year}-{day}") for day in worked]


def test_a_festival_within_the_days_off_of_another_has_its_own_day() -> None:
    found = year_of("CN", 2025).set_index("name")
    assert found.loc["Mid-Autumn Festival", "first_on"] == date(2025, 10, 6)
    assert found.loc["Mid-Autumn Festival", "last_on"] == date(2025, 10, 6)
    assert found.loc["Spring Festival", "name_zh"] == "春节"


def test_a_festival_falls_on_its_own_day_whatever_the_days_off_around_it() -> None:
    """Against the table of the demo's almanac, and www.gov.uk/bank-holidays."""
    found = built_in_events("CN", date(2020, 1, 1), date(2035, 12, 31))
    spring = found[found["name"] == "Spring Festival"]["falls_on"]
    assert spring.tolist() == list(LUNAR_NEW_YEAR.values())
    run_up = found[found["name"] == "Spring Festival run-up"]["falls_on"].tolist()
    assert set(run_up) >= {day - timedelta(days=21) for day in LUNAR_NEW_YEAR.values()}
    autumn = found[found["name"] == "Mid-Autumn Festival"]["falls_on"]
    assert autumn.tolist() == list(MID_AUTUMN.values())
    assert year_of("CN", 2026).set_index("name").loc["National Day", "falls_on"] == date(
        2026, 10, 1
    )
    british = year_of("GB", 2022).set_index("key")["falls_on"]
    assert british["GB/Christmas Day/2022"] == date(2022, 12, 27)  # the 25th was a Sunday
    assert british["GB/New Year's Day/2022"] == date(2022, 1, 3)
    assert british["GB/Late Summer Bank Holiday/2022"] == date(2022, 8, 29)
    assert british["GB/Easter Monday/2022"] == date(2022, 4, 18)


def test_shopping_days_and_what_leads_up_to_them() -> None:
    found = year_of("CN", 2026)
    shopping = found[found["kind"] == "shopping"].set_index("name")
    assert shopping.loc["11.11", "first_on"] == shopping.loc["11.11", "last_on"]
    assert shopping.loc["11.11", "first_on"] == date(2026, 11, 11)
    assert shopping.loc["618 run-up", "first_on"] == date(2026, 6, 1)
    assert shopping.loc["12.12 run-up", "last_on"] == date(2026, 12, 11)
    before = shopping.loc["Spring Festival run-up"]
    assert before["last_on"] == date(2026, 2, 14)  # the day before the days off


def test_the_holidays_of_another_country() -> None:
    found = year_of("DE", 2026).set_index("name")
    assert found.loc["Easter Monday", "first_on"] == date(2026, 4, 6)
    assert found.loc["German Unity Day", "name_zh"] is None
    assert set(found["kind"]) == {"holiday"}
    assert {"CN", "DE", "US", "JP"} <= set(countries())


def test_the_last_year_whose_official_days_are_known() -> None:
    # the package knows the notice for 2026, published in November 2025, and none for 2027
    assert official_until("CN", date(2026, 11, 26)) == 2026
    assert official_until("CN", date(2024, 6, 1)) == 2026
    assert official_until("DE", date(2026, 11, 26)) is None
    assert not len(year_of("CN", 2027)[lambda each: each["kind"] == "workday"])


def test_a_built_in_event_is_moved_or_switched_off_in_one_year_or_in_all() -> None:
    built_in = built_in_events("CN", date(2026, 1, 1), date(2027, 12, 31))
    moved = own(stands_for="CN/Spring Festival/2027", first_on=pd.Timestamp("2027-02-05"),
                last_on=pd.Timestamp("2027-02-13"))  # fmt: skip
    found = join_events(built_in, moved, NO_CAMPAIGNS).set_index("key")
    spring = found.loc["CN/Spring Festival/2027"]
    assert (spring["first_on"], spring["last_on"]) == (date(2027, 2, 5), date(2027, 2, 13))
    assert (spring["source"], spring["name"], spring["event_id"]) == (
        "changed",
        "Spring Festival",
        5,
    )
    assert found.loc["CN/Spring Festival/2026", "source"] == "built_in"
    assert spring["falls_on"] == date(2027, 2, 6)  # the moon does not move
    away = own(stands_for="CN/618/2027", first_on=pd.Timestamp("2027-06-20"),
               last_on=pd.Timestamp("2027-06-21"))  # fmt: skip
    found = join_events(built_in, away, NO_CAMPAIGNS).set_index("key")
    assert found.loc["CN/618/2027", "falls_on"] == date(2027, 6, 20)
    off = join_events(built_in, own(stands_for="CN/618", is_off=True), NO_CAMPAIGNS)
    assert off[off["name"] == "618"]["is_off"].tolist() == [True, True]
    assert "618" not in events_for_forecast(off)["name"].tolist()
    assert "618 run-up" in events_for_forecast(off)["name"].tolist()


def test_own_events_and_campaigns_are_events_too() -> None:
    campaigns = pd.DataFrame(
        [
            (1, "Pens, May", None, "discount", "2026-05-10", "2026-05-12"),
            (2, "Paper, July", None, "discount", "2026-07-10", "2026-07-12"),
            (3, "Double 11 2026", None, "festival", "2026-11-02", "2026-11-11"),  # all built in
            (4, "Coupon", None, "coupon", "2026-01-01", "2026-12-31"),  # how the shop sells
        ],
        columns=NO_CAMPAIGNS.columns,
    )
    for name in ("starts_on", "ends_on"):
        campaigns[name] = pd.to_datetime(campaigns[name])
    fair = own(first_on=pd.Timestamp("2026-03-01"), last_on=pd.Timestamp("2026-03-02"))
    joined = join_events(year_of("CN", 2026), fair, campaigns)
    events = events_for_forecast(joined).set_index("name")
    assert events.loc["Fair", "first_on"] == date(2026, 3, 1)
    assert not any("Promotion" in name or "Pens" in name for name in events.index)  # of few goods
    promotions = joined[joined["series"] == "Promotion: discount"]["first_on"].tolist()
    assert promotions == [date(2026, 5, 10), date(2026, 7, 10)]
    assert joined[joined["key"] == "campaign/3"]["is_off"].tolist() == [True]
    assert "campaign/4" not in joined["key"].tolist()


def test_the_effect_of_an_event_by_hand() -> None:
    days = pd.date_range("2026-01-05", periods=140)  # a Monday
    usual = 100 + 10 * days.day_of_week.to_numpy(dtype=float)  # 100 on Mondays, 110 on Tuesdays, …
    sales = pd.DataFrame({"day_on": days, "value": usual})
    first, second = 28, 85  # a Monday, and a Tuesday with the Wednesday after it
    sales.loc[first, "value"] = 300.0  # 100 expected: +200 %
    sales.loc[[second, second + 1], "value"] = [220.0, 125.0]  # 230 expected: +50 %
    events = pd.DataFrame(
        [
            ("Sale", days[first].date(), days[first].date()),
            ("Sale", days[second].date(), days[second + 1].date()),
            ("Once", days[50].date(), days[50].date()),
            ("Sale", date(2026, 12, 1), date(2026, 12, 1)),  # is to come
        ],
        columns=["name", "first_on", "last_on"],
    )
    found = event_effects(sales, events).set_index("name")
    sale = found.loc["Sale"]
    assert sale["times"] == 2
    assert sale["effect_rate"] == pytest.approx((2.0 + 0.5) / 2)
    assert (sale["low_rate"], sale["high_rate"]) == (pytest.approx(0.5), pytest.approx(2.0))
    assert found.loc["Once", "times"] == 1 and pd.isna(found.loc["Once", "effect_rate"])


def test_without_days_to_compare_with_nothing_is_measured() -> None:
    days = pd.date_range("2026-01-05", periods=14)
    sales = pd.DataFrame({"day_on": days, "value": 1.0})
    events = pd.DataFrame(
        [("Sale", days[3].date(), days[3].date())], columns=["name", "first_on", "last_on"]
    )
    assert event_effects(sales, events)["times"].tolist() == [0]
    assert list(event_effects(sales.head(0), events)) == list(event_effects(sales, events))


def fair(**values: Any) -> dict[str, Any]:
    return {"name": "Fair", "name_zh": "展会", "kind": "promotion", "first_on": date(2026, 12, 1),
            "last_on": date(2026, 12, 3), **values}  # fmt: skip


def listed(database: Database, scope: Scope) -> list[Any]:
    frame = list_events(database.record, scope, date(2026, 11, 1), date(2027, 12, 31))
    return list(frame.itertuples())


def test_an_event_is_added_changed_and_removed(database: Database) -> None:
    analyst, manager = scope_of(database, "analyst"), scope_of(database, "manager")
    add_event(database.writer, analyst, **fair(), request_id="a")
    assert add_event(database.writer, analyst, **fair(), request_id="a").is_repeat
    (event,) = listed(database, scope_of(database, "sales_lead"))
    assert (event.name, event.name_zh, event.kind, event.version) == (
        "Fair",
        "展会",
        "promotion",
        1,
    )
    number = int(event.calendar_event_id)
    change_event(database.writer, manager, number, **fair(last_on=date(2026, 12, 5)),
                 seen_version=1, request_id="b")  # fmt: skip
    with pytest.raises(CalendarRefused, match="meanwhile"):
        remove_event(database.writer, analyst, number, seen_version=1, request_id="c")
    with pytest.raises(CalendarRefused, match="Nothing is different"):
        change_event(database.writer, manager, number, **fair(last_on=date(2026, 12, 5)),
                     seen_version=2, request_id="d")  # fmt: skip
    remove_event(database.writer, analyst, number, seen_version=2, request_id="e")
    assert not listed(database, manager)
    with pytest.raises(CalendarRefused, match="no such event"):
        remove_event(database.writer, analyst, number, seen_version=2, request_id="f")
    undo_change(database.writer, manager, "e", request_id="g")
    assert [each.name for each in listed(database, manager)] == ["Fair"]
    logged = list_changes(database.record, scope_of(database, "admin"), ChangeFilter())
    assert set(logged["action"]) >= {"add_event", "change_event", "remove_event", "undo_change"}


def test_a_built_in_event_is_switched_off_once_and_brought_back(database: Database) -> None:
    analyst = scope_of(database, "analyst")
    said = {"name": "618", "name_zh": "618", "kind": "shopping"}
    switch_event_off(database.writer, analyst, "CN/618", **said, request_id="a")
    with pytest.raises(CalendarRefused, match="meanwhile"):
        switch_event_off(database.writer, analyst, "CN/618", **said, request_id="b")
    (event,) = listed(database, analyst)
    assert (event.stands_for, event.is_off, event.first_on) == ("CN/618", True, pd.NaT)
    with pytest.raises(CalendarRefused, match="switched off"):  # days are those of one year
        change_event(database.writer, analyst, int(event.calendar_event_id), **fair(),
                     seen_version=1, request_id="d")  # fmt: skip
    span = date(2026, 1, 1), date(2026, 12, 31)
    found = find_calendar(database.record, analyst, "CN", *span)
    assert found[found["name"] == "618"]["is_off"].tolist() == [True]
    remove_event(database.writer, analyst, int(event.calendar_event_id), seen_version=1,
                 request_id="c")  # fmt: skip
    found = find_calendar(database.record, analyst, "CN", *span)
    assert found[found["name"] == "618"]["is_off"].tolist() == [False]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"last_on": date(2026, 11, 30)}, "before the first"),
        ({"last_on": date(2027, 12, 1)}, "at most"),
        ({"stands_for": "anything"}, "no such built-in"),
        ({"stands_for": "CN/618"}, "no such built-in"),
        ({"name": " "}, "name"),
        ({"kind": "party"}, "kind"),
        ({"first_on": None}, "first_on"),
    ],
)
def test_what_cannot_be_an_event_is_refused(
    sqlite_database: Database, values: dict[str, Any], words: str
) -> None:
    analyst = scope_of(sqlite_database, "analyst")
    with pytest.raises((CalendarRefused, FieldsRefused), match=words):
        add_event(sqlite_database.writer, analyst, **fair(**values), request_id="a")


@pytest.mark.parametrize(
    "role", ["sales_lead", "sales_rep", "finance", "warehouse", "support", "partner"]
)
def test_others_do_not_keep_the_calendar(sqlite_database: Database, role: str) -> None:
    scope = scope_of(sqlite_database, role)
    with pytest.raises(RightRefused):
        add_event(sqlite_database.writer, scope, **fair(), request_id="a")
    with pytest.raises(RightRefused):
        choose_country(sqlite_database.writer, scope, "DE", known=countries, request_id="b")


def test_the_country_is_chosen_for_everybody(database: Database) -> None:
    manager = scope_of(database, "manager")
    assert country_of(read_properties(database.record)) == "CN"
    before = read_data_version(database.record)
    choose_country(database.writer, manager, "DE", known=countries, request_id="a")
    assert read_data_version(database.record) > before  # who has a page open notices
    assert read_properties(database.record)[COUNTRY] == "DE"
    with pytest.raises(CalendarRefused, match="not known"):
        choose_country(database.writer, manager, "XX", known=countries, request_id="b")
    with pytest.raises(CalendarRefused, match="Nothing is different"):
        choose_country(database.writer, manager, "DE", known=countries, request_id="c")
    logged = list_changes(database.record, manager, ChangeFilter(action="choose_country"))
    assert len(logged) == 1
    assert country_of({COUNTRY: "XX"}) == "CN"


def test_a_refresh_is_given_the_calendar_of_the_company(database: Database) -> None:
    manager = scope_of(database, "manager")
    add_event(database.writer, manager, **fair(), request_id="a")
    said = {"name": "618", "kind": "shopping"}
    switch_event_off(database.writer, manager, "CN/618", **said, request_id="b")
    found = events_of_company(database.record, date(2026, 1, 1), date(2026, 12, 31))
    assert list(found) == ["name", "first_on", "last_on", "kind"]
    events = found.set_index("name")
    assert events.loc["Fair", "last_on"] == date(2026, 12, 3)
    assert "618" not in events.index and "11.11" in events.index
    choose_country(database.writer, manager, "DE", known=countries, request_id="c")
    found = events_of_company(database.record, date(2026, 1, 1), date(2026, 12, 31))
    assert "Easter Monday" in set(found["name"]) and "11.11" not in set(found["name"])


def test_campaigns_stand_in_the_calendar_of_those_who_see_them(database: Database) -> None:
    add(database.writer, "campaigns", name="Pens week", kind="discount", currency="CNY",
        starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 4))  # fmt: skip
    span = date(2026, 11, 23), date(2026, 11, 23) + timedelta(days=30)
    found = find_calendar(database.record, scope_of(database, "analyst"), "CN", *span)
    assert "Pens week" in found["name"].tolist()
    found = find_calendar(database.record, scope_of(database, "finance"), "CN", *span)
    assert "Pens week" not in found["name"].tolist() and len(found)
