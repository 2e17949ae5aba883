"""The forecast as people of different roles meet it: what is expected and why, and what they do."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from streamlit.testing.v1 import AppTest

from dashboard.analytics.forecasting import ALL
from dashboard.forecast_process import begin_forecasting
from dashboard.forecast_progress import LONGEST_RUN
from dashboard.forecast_rows import SHARED
from dashboard.forecast_tasks import BY_WEEKS
from dashboard.forecast_words import MODEL_NAMES, NOTES
from data_access.accounts import utc_now
from data_access.database import Database, writing
from data_access.tables import (
    audit,
    forecast_adjustments,
    forecast_components,
    forecasts,
    published_forecast_values,
    published_forecasts,
    refreshes,
    users,
)
from tests.browsing import Browser, says
from tests.crm import add, add_user
from tests.exported import Buttons, read_csv
from tests.foretold import Foretold, foretell, today
from tests.test_pages_in_chinese import english_in, read_texts

PATIENCE_SECONDS = 120  # a busy machine is slow, not wrong


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def shop(browser: Browser) -> Foretold:
    return foretell(browser.database)


def as_role(
    browser: Browser, role: str = "analyst", *, locale: str = "en-GB", region_ids: Any = (),
    **query: Any,
) -> AppTest:  # fmt: skip
    browser.sign_in(add_user(browser.database, role, region_ids=region_ids))
    tab = browser.open("forecast", locale=locale, **query)
    assert not tab.exception
    return tab


def more(tab: AppTest, question: str) -> AppTest:
    tab.session_state["forecast_more"] = question
    tab = tab.run()
    assert not tab.exception
    return tab


def table(tab: AppTest, column: str) -> Any:
    return next(each.value for each in tab.dataframe if column in each.value)


def cards(tab: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in tab.metric}


def rows(browser: Browser, relation: Any) -> list[Any]:
    with browser.database.record.connect() as connection:
        return list(connection.execute(select(relation)).all())


def test_before_a_refresh_the_page_says_how_to_get_forecasts(browser: Browser) -> None:
    tab = as_role(browser)
    assert says(tab, "Nothing has been forecast yet.")
    assert says(tab, "python -m dashboard refresh --what forecasts")


def test_a_refresh_that_never_ended_is_told_and_may_be_begun_anew(
    browser: Browser, shop: Foretold
) -> None:
    add_run(browser, "running", utc_now() - LONGEST_RUN - timedelta(seconds=1))
    tab = as_role(browser)
    assert says(tab, "has not come to its end; what is shown is of the one before")
    assert not tab.button("refresh_forecasts").disabled


@pytest.mark.parametrize(
    ("state", "words"),
    [("running", "Forecasts are being worked out anew since"),
     ("failed", "failed; what is shown is of the one before. no disk")],
)  # fmt: skip
def test_it_tells_how_a_refresh_goes(
    browser: Browser, shop: Foretold, state: str, words: str
) -> None:
    add_run(browser, state, utc_now())
    tab = as_role(browser)
    assert tab.button("refresh_forecasts").disabled == (state == "running")
    assert says(tab, words) and cards(tab)["Net sales, next 30 days"] == "¥3.00K"


def test_what_is_expected_stands_with_its_trust(browser: Browser, shop: Foretold) -> None:
    tab = as_role(browser)
    shown = cards(tab)
    assert shown["Net sales, next 30 days"] == "¥3.00K"  # 30 days of 100
    assert (shown["Adjusted by hand"], shown["Past error (WAPE)"]) == ("nothing", "12.0%")
    assert says(tab, "Theta was chosen: from 6 past origins it was off by 12.0%")
    assert says(tab, "seasonal naive by 15.0%: 20% less")  # 1 − 0.12 / 0.15
    assert says(tab, "the 80% range held 81% of what happened, the 95% range 96%")
    assert says(tab, f"Learnt from data until {today() - timedelta(days=1)}: nothing newer")
    assert len(tab.get("plotly_chart")) == 1
    numbers = table(tab, "adjusted")
    assert len(numbers) == 30 and numbers["value"].tolist() == [100.0] * 30
    assert numbers["naive"].iloc[0] == 80.0 and numbers["low_80"].iloc[0] == 80.0


def test_an_old_forecast_says_that_it_is(browser: Browser) -> None:
    foretell(browser.database, days_old=9)
    tab = as_role(browser)
    assert says(tab, "9 days old") and says(tab, "That is more than a week")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("short", "The history is too short"),
        ("empty", "so nothing is expected"),
        ("constant", "the same value again and again"),
        ("broken", "were no numbers"),
        ("fell_back", "No model was clearly better than seasonal naive"),
        ("failed", "The models failed on this series"),
    ],
)
def test_what_is_odd_about_a_history_is_told(browser: Browser, code: str, words: str) -> None:
    foretell(browser.database, notes=json.dumps([code]), accuracy="{}")
    tab = as_role(browser)
    assert says(tab, words) and says(tab, "too short to compare models on the past")


def test_seasonal_naive_is_kept_where_nothing_is_better(browser: Browser) -> None:
    foretell(browser.database, member="seasonal_naive")
    assert says(as_role(browser), "no other model was clearly better (WAPE 12.0%)")


def test_measure_horizon_and_part_are_chosen_by_the_address(
    browser: Browser, shop: Foretold
) -> None:
    tab = as_role(browser, measure="orders", ahead="14", split="channel", part="web")
    assert cards(tab)["Orders, next 14 days"] == "1,050"  # 14 × 75
    assert table(tab, "adjusted")["value"].tolist() == [75.0] * 14
    tab = as_role(browser, measure="nonsense", grain="<b>", ahead="99", split="x", part="y")
    assert cards(tab)["Net sales, next 30 days"] == "¥3.00K"
    tab = as_role(browser, grain="week")
    assert says(tab, "There is no forecast of this.")


def test_a_region_is_chosen(browser: Browser, shop: Foretold) -> None:
    tab = as_role(browser, region=str(shop.north))
    assert cards(tab)["Net sales, next 30 days"] == "¥1.80K"  # 30 × 60
    assert not says(tab, "regions, each by the model")


def test_a_lead_has_the_total_of_own_regions(browser: Browser, shop: Foretold) -> None:
    tab = as_role(browser, "sales_lead", region_ids=[shop.south])
    assert cards(tab)["Net sales, next 30 days"] == "¥1.20K"  # 30 × 40
    tab = more(tab, "parts")
    assert table(tab, "share")["part_name"].tolist() == ["South"]


def test_two_regions_are_added_up(browser: Browser, shop: Foretold) -> None:
    tab = as_role(browser, "sales_lead", region_ids=[shop.north, shop.south])
    assert cards(tab)["Net sales, next 30 days"] == "¥3.00K"
    assert says(tab, "The forecasts of 2 regions")
    numbers = table(tab, "adjusted")
    # errors that know nothing of each other: √(12² + 8²)
    assert numbers["high_80"].iloc[0] == pytest.approx(100 + (12**2 + 8**2) ** 0.5, abs=0.01)
    adjust = next(each for each in tab.button if each.key == "adjust_forecast")
    assert adjust.disabled


@pytest.mark.parametrize("role", ["sales_rep", "finance", "warehouse", "support", "partner"])
def test_others_do_not_open_it(browser: Browser, shop: Foretold, role: str) -> None:
    browser.sign_in(add_user(browser.database, role))
    tab = browser.open("forecast")
    assert not tab.exception and not tab.dataframe and not tab.metric


def test_parts_add_up_to_the_total(browser: Browser, shop: Foretold) -> None:
    tab = more(as_role(browser), "parts")
    parts = table(tab, "share")
    assert dict(zip(parts["part_name"], parts["value"], strict=True)) == {
        "North": 1800.0, "South": 1200.0,
    }  # fmt: skip
    assert says(tab, "All parts together: ¥3,000.00.") and says(tab, "to the last digit")
    tab.session_state["forecast_cut"] = "channel"
    tab = tab.run()
    parts = table(tab, "share")
    assert parts["share"].tolist() == [75.0, 25.0]  # per cent
    assert says(tab, "to the last digit")


def test_what_it_is_made_of_is_drawn_and_told(browser: Browser, shop: Foretold) -> None:
    tab = more(as_role(browser), "made")
    assert says(tab, "From ¥100 to ¥110 over the periods ahead: +10%.")
    assert says(tab, "Highest: Sat (+20%); lowest:")
    assert says(tab, f"{today() + timedelta(days=4)}") and says(tab, ": +50%")
    tab = more(as_role(browser, region=str(shop.north)), "made")
    assert says(tab, "Trend and seasons are told of the company's totals, and of net sales of one")


def test_what_one_region_is_made_of_is_not_told_of_two(browser: Browser, shop: Foretold) -> None:
    of = forecasts.c
    alike = (of.measure == "net_sales", of.split == "total", of.grain == "day")
    with writing(browser.database.writer) as connection:
        whole = select(of.forecast_id).where(*alike, of.level == "company").scalar_subquery()
        north = connection.scalars(
            select(of.forecast_id).where(*alike, of.region_id == shop.north)
        ).one()
        rows = connection.execute(
            select(forecast_components).where(forecast_components.c.forecast_id == whole)
        ).mappings()
        kept = [{**row, "forecast_id": north} for row in rows]
        for row in kept:
            del row["forecast_component_id"]
        connection.execute(insert(forecast_components), kept)
    one = more(as_role(browser, "sales_lead", region_ids=(shop.north,)), "made")
    assert says(one, "What Prophet finds the series to be made of")
    two = more(as_role(browser, "sales_lead", region_ids=(shop.north, shop.south)), "made")
    assert says(two, "Trend and seasons are told of") and not says(two, "What Prophet finds")


def test_the_backtest_flags_what_is_worse_than_naive(browser: Browser, shop: Foretold) -> None:
    tab = more(as_role(browser), "backtest")
    tested = table(tab, "verdict")
    assert dict(zip(tested["model"], tested["verdict"], strict=True)) == {
        "Theta": "chosen", "Seasonal naive": "the yardstick", "Last value": "worse than naive",
    }  # fmt: skip
    assert tested["wape"].tolist() == pytest.approx([12.0, 15.0, 20.0])  # per cent
    assert says(tab, "Worse than seasonal naive, and never chosen: Last value.")
    assert says(tab, "At 6 days in the past")
    assert len(tab.get("plotly_chart")) == 2


def test_a_forecast_is_adjusted_shown_apart_and_restored(browser: Browser, shop: Foretold) -> None:
    tab = as_role(browser)
    tab = tab.button(key="adjust_forecast").click().run()
    tab.text_input(key="adjust_name").set_value("School order")
    tab.text_area(key="adjust_reason").set_value("The city buys for all schools")
    tab.date_input(key="adjust_first").set_value(today())
    tab.date_input(key="adjust_last").set_value(today() + timedelta(days=9))
    tab.number_input(key="adjust_rate").set_value(20.0)
    tab = _submit(tab, "Adjust").click().run()
    assert not tab.exception and says(tab, "Adjusted: School order")
    shown = cards(tab)
    assert shown["Adjusted by hand"] == "¥200"  # 10 days × 20 % of 100
    assert shown["Net sales, next 30 days"] == "¥3.20K"
    numbers = table(tab, "adjusted")
    assert numbers["value"].tolist() == [100.0] * 30  # the model's stays
    assert numbers["adjusted"].tolist() == [120.0] * 10 + [100.0] * 20
    tab = more(tab, "by_hand")
    listed = table(tab, "adds")
    assert listed[["name", "size", "adds"]].values.tolist() == [["School order", "+20.0%", "¥200"]]
    (row,) = rows(browser, forecast_adjustments)
    tab.session_state["forecast_adjustment_picked"] = row.adjustment_id
    tab = tab.run()
    tab = tab.button(key="adjustment_remove").click().run()
    assert not tab.exception and says(tab, "Removed: School order")
    assert cards(tab)["Adjusted by hand"] == "nothing" and not rows(browser, forecast_adjustments)


def test_an_adjustment_needs_a_reason_and_has_bounds(browser: Browser, shop: Foretold) -> None:
    tab = as_role(browser)
    tab = tab.button(key="adjust_forecast").click().run()
    tab.text_input(key="adjust_name").set_value("Wish")
    tab.number_input(key="adjust_rate").set_value(20.0)
    tab = _submit(tab, "Adjust").click().run()
    assert not tab.exception and says(tab, "Fill in this field.")
    tab.session_state["adjust_way"] = "amount"
    tab = tab.run()
    tab.text_area(key="adjust_reason").set_value("because")
    tab.number_input(key="adjust_amount").set_value(1_000_000.0)
    tab = _submit(tab, "Adjust").click().run()
    assert not tab.exception and says(tab, "may change a forecast by at most")
    assert not rows(browser, forecast_adjustments)


def test_an_adjustment_is_changed(browser: Browser, shop: Foretold) -> None:
    tab = as_role(browser)
    _adjust(tab, 10.0)
    tab = more(tab, "by_hand")
    (row,) = rows(browser, forecast_adjustments)
    tab.session_state["forecast_adjustment_picked"] = row.adjustment_id
    tab = tab.run()
    tab = tab.button(key="adjustment_change").click().run()
    assert not tab.exception and tab.text_input(key="adjust_name").value == "Plan"
    tab.number_input(key="adjust_rate").set_value(-10.0)
    tab = _submit(tab, "Save adjustment").click().run()
    assert not tab.exception
    (row,) = rows(browser, forecast_adjustments)
    assert (float(row.change_rate), row.version) == (-0.1, 2)


def test_somebody_elses_adjustment_is_only_shown(browser: Browser, shop: Foretold) -> None:
    _adjust(as_role(browser, "manager"), 10.0)
    tab = more(as_role(browser, "analyst"), "by_hand")
    (row,) = rows(browser, forecast_adjustments)
    tab.session_state["forecast_adjustment_picked"] = row.adjustment_id
    tab = tab.run()
    assert says(tab, "Only who made an adjustment")
    assert "adjustment_remove" not in [each.key for each in tab.button]


def test_a_forecast_is_published_and_later_scored(
    browser: Browser, shop: Foretold, monkeypatch: pytest.MonkeyPatch
) -> None:
    buttons = Buttons(monkeypatch)
    tab = as_role(browser, "manager")
    assert says(more(tab, "ledger"), "Nothing has been published yet.")
    _adjust(tab, 10.0)
    tab = tab.button(key="publish_forecast").click().run()
    tab.text_input(key="publish_note").set_value("For the plan")
    tab = _submit(tab, "Publish").click().run()
    assert not tab.exception and says(tab, "Published. It stands in the ledger below.")
    (published,) = rows(browser, published_forecasts)
    tab = more(tab, "ledger")
    assert says(tab, "No period of a published forecast is over yet")
    _go_back(browser, 40)
    tab = more(as_role(browser, "analyst"), "ledger")
    listed = table(tab, "human_added")
    assert listed["over"].iloc[0] == "40 / 60"
    # 30 of the 40 days sold 100: naive was off by 20 of them, and by 80 of the 10 that sold nothing
    naive = (30 * 20 + 10 * 80) / 3000
    assert listed["wape_naive"].iloc[0] == pytest.approx(100 * naive, abs=0.01)
    model = 10 * 100 / 3000
    assert listed["wape_model"].iloc[0] == pytest.approx(100 * model, abs=0.01)
    assert listed["model_added"].iloc[0] == pytest.approx(100 * (naive - model), abs=0.01)
    assert listed["human_added"].iloc[0] < 0  # it expected a tenth more, which did harm
    assert says(tab, "So far: naive")
    tab.session_state["forecast_published"] = published.published_forecast_id
    tab = tab.run()
    assert not tab.exception and says(tab, "Happened so far: ¥3.00K")
    left = read_csv(buttons.click("forecast_ledger"))
    assert left.column("Note") == ["For the plan"] and left.column("Periods over") == ["40 / 60"]


def test_the_page_speaks_chinese(browser: Browser, shop: Foretold) -> None:
    _adjust(as_role(browser, "manager"), 10.0)
    browser.sign_in(add_user(browser.database, "manager", name="张三", username="zhang"))
    tab = browser.open("forecast", locale="zh-CN")
    assert not tab.exception and says(tab, "季节性朴素法")
    for question in ("numbers", "parts", "made", "backtest", "by_hand", "ledger"):
        tab = more(tab, question)
        left = [
            text for text in read_texts(tab)
            if english_in(re.sub("WAPE|MASE|Prophet|Theta|Plan|more visits|users-.*", "", text))
        ]  # fmt: skip
        assert left == [], question


def test_the_forecast_leaves_as_it_is_shown(
    browser: Browser, shop: Foretold, monkeypatch: pytest.MonkeyPatch
) -> None:
    buttons = Buttons(monkeypatch)
    as_role(browser, "sales_lead", region_ids=[shop.south], ahead="14")
    found = read_csv(buttons.click("forecast"))
    assert found.facts["Rows"] == "14" and len(found.rows) == 14
    assert set(found.column("Model")) == {"40.0"} or set(found.column("Model")) == {"40"}
    assert "Net sales" in found.facts["Filter"] and "Learnt from data" in found.facts["Filter"]
    with browser.database.record.connect() as connection:
        logged = connection.execute(select(audit).where(audit.c.action == "export")).all()
    assert [row.reason for row in logged] == ["forecast"]


def test_every_model_and_note_is_put_in_words() -> None:
    assert set(ALL) == set(MODEL_NAMES)
    assert {BY_WEEKS, SHARED} <= set(NOTES)


def _submit(tab: AppTest, label: str) -> Any:
    """The button of the form, beside that of the page with the same words."""
    return [each for each in tab.button if each.label == label][-1]


def _adjust(tab: AppTest, rate: float) -> None:
    tab = tab.button(key="adjust_forecast").click().run()
    tab.text_input(key="adjust_name").set_value("Plan")
    tab.text_area(key="adjust_reason").set_value("more visits")
    tab.number_input(key="adjust_rate").set_value(rate)
    tab = _submit(tab, "Adjust").click().run()
    assert not tab.exception and says(tab, "Adjusted: Plan")


def _go_back(browser: Browser, days: int) -> None:
    """As if the forecast had been published so many days ago, over days that are known."""
    shift = timedelta(days=days)
    with writing(browser.database.writer) as connection:
        for row in connection.execute(select(published_forecast_values)).all():
            connection.execute(
                update(published_forecast_values)
                .where(published_forecast_values.c.step == row.step)
                .values(period_on=row.period_on - shift)
            )
        connection.execute(
            update(published_forecasts).values(origin_on=today() - shift - timedelta(days=1))
        )


def test_who_may_no_longer_has_nothing_worked_out(browser: Browser, shop: Foretold) -> None:
    user_id = add_user(browser.database, "analyst")
    browser.sign_in(user_id)
    tab = browser.open("forecast")
    with writing(browser.database.writer) as connection:
        connection.execute(update(users).where(users.c.user_id == user_id).values(role="finance"))
    tab.button("refresh_forecasts").click().run()
    assert "forecast_refresh_asked" not in tab.session_state


def add_run(browser: Browser, state: str, started_at: datetime) -> None:
    add(browser.database.writer, "refreshes", what="forecasts", state=state, as_of_on=today(),
        version=2, started_at=started_at, message="no disk")  # fmt: skip


def runs_since(browser: Browser, shop: Foretold) -> list[str]:
    later = (refreshes.c.refresh_id > shop.refresh_id) & (refreshes.c.what == "forecasts")
    with browser.database.record.connect() as connection:
        return list(connection.scalars(select(refreshes.c.state).where(later)))


def ask_for_forecasts(browser: Browser, role: str = "analyst") -> AppTest:
    tab = as_role(browser, role).button("refresh_forecasts").click().run()
    assert not tab.exception
    return tab


def test_an_analyst_has_them_worked_out_anew_and_a_lead_may_not(
    browser: Browser, shop: Foretold
) -> None:
    lead = as_role(browser, "sales_lead", region_ids=(shop.north,))
    assert "refresh_forecasts" not in {button.key for button in lead.button}
    tab = ask_for_forecasts(browser)
    assert tab.button("refresh_forecasts").disabled
    assert says(tab, "Forecasts are about to be worked out anew.") or says(tab, "anew since")
    process = begin_forecasting()  # somebody else's click at the same moment
    assert as_role(browser, "admin").button("refresh_forecasts").disabled
    assert begin_forecasting() is process
    assert process.wait(PATIENCE_SECONDS) == 0
    assert runs_since(browser, shop) == ["done"]
    tab = ask_for_forecasts(browser)
    assert begin_forecasting().wait(PATIENCE_SECONDS) == 0
    tab = tab.run()
    assert says(tab, "Nothing has changed since the forecasts were worked out.")
    assert not tab.button("refresh_forecasts").disabled
    assert runs_since(browser, shop) == ["done"]


def test_a_refresh_that_cannot_begin_is_told(
    browser: Browser, shop: Foretold, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    tab = ask_for_forecasts(browser)
    assert begin_forecasting().wait(PATIENCE_SECONDS) != 0
    tab = tab.run()
    assert says(tab, "The refresh could not be begun.")
    assert not tab.button("refresh_forecasts").disabled and not runs_since(browser, shop)
