"""The segments page as people of different roles meet it, with whatever its address says."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import delete
from streamlit.testing.v1 import AppTest

from dashboard import formats
from dashboard.charts import clicked_point
from data_access.database import Database, writing
from data_access.divisions import Division, read_definition
from data_access.edits.segments import save_segment
from data_access.segment_lists import list_saved_segments
from data_access.tables import customer_scores, rebuy_dues, refreshes, segment_history
from tests.browsing import Browser, says
from tests.crm import add, add_order
from tests.foretold import today
from tests.scored import AS_OF, CUSTOMERS, Scored, score_shop

EMPTY = (rebuy_dues, segment_history, customer_scores, refreshes)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def scored(browser: Browser) -> Scored:
    return score_shop(browser.database)


def page(browser: Browser, scored: Scored, role: str = "manager", **query: Any) -> AppTest:
    browser.sign_in(scored.scopes[role].user_id)
    tab = browser.open("segments", **query)
    assert not tab.exception
    return tab


def table(tab: AppTest, column: str) -> Any:
    return next(each.value for each in tab.dataframe if column in each.value)


def drawn(tab: AppTest) -> list[Any]:
    """The traces of every chart."""
    charts = [json.loads(each.proto.spec) for each in tab.get("plotly_chart")]
    return [{"mode": "", **trace} for chart in charts for trace in chart["data"]]


def names(tab: AppTest) -> list[str]:
    return list(table(tab, "customer")["customer"])


def counts(tab: AppTest) -> dict[str, int]:
    shown = table(tab, "customer_rate")
    return dict(zip(shown["name"], shown["customers"], strict=True))


def test_growth_needs_orders_of_the_whole_year_before(browser: Browser, scored: Scored) -> None:
    assert says(page(browser, scored), "n/a against the 12 months before")
    add_order(
        browser.database, customer_id=scored.customer_ids["Ada"], currency="CNY",
        ordered_on=AS_OF - timedelta(days=2 * 365 - 7), lines=[{}],
    )  # fmt: skip
    tab = page(browser, scored)
    now, before = (sum(facts[at] for facts in CUSTOMERS) for at in (6, 7))
    assert says(tab, f"{formats.change((now - before) / before)} against the 12 months before")


def test_customers_by_segment_with_value_movement_and_what_to_do(
    browser: Browser, scored: Scored
) -> None:
    tab = page(browser, scored)
    assert [metric.value for metric in tab.metric][:2] == ["6", "¥8.57K"]
    assert counts(tab) == {
        "Champions": 1, "Loyal": 1, "New customers": 1, "Need attention": 1, "At-risk customers": 1,
        "Lost customers": 1,
    }  # fmt: skip
    assert names(tab)[:2] == ["Ada", "Bea"]
    moves = table(tab, "stayed_rate").set_index("name")
    assert moves.loc["Champions", ["was", "now", "left"]].tolist() == [2, 1, 2]
    tab = page(browser, scored, segment="champions")
    assert names(tab) == ["Ada"]
    assert says(tab, "Of 2 customers in **Champions** then, 0 stayed.")
    assert says(tab, "The others are now: At-risk customers 1, Loyal 1.")
    assert says(tab, "Thank them, show new products first")
    assert table(tab, "customer")["expected"].tolist() == ["¥3.00K (¥1.50K–¥6.00K)"]


@pytest.mark.parametrize(
    ("role", "seen"), [("sales_rep", ["Ada", "Bea", "Cem"]), ("sales_lead", ["Dan", "Fay", "Eva"])]
)
def test_a_person_counts_and_lists_only_own_customers(
    browser: Browser, scored: Scored, role: str, seen: list[str]
) -> None:
    tab = page(browser, scored, role)
    assert sorted(names(tab)) == sorted(seen)
    assert sum(counts(tab).values()) == 3
    assert tab.metric[0].value == "3"


def test_an_analyst_sees_masked_phones(browser: Browser, scored: Scored) -> None:
    assert set(table(page(browser, scored, "analyst"), "phone")["phone"]) == {"138****5678"}


def test_rules_and_clusters(browser: Browser, scored: Scored) -> None:
    tab = page(browser, scored, divide="rule")
    assert counts(tab) == {"Frequent and loyal": 1, "Curious": 1, "Others": 4}
    tab = page(browser, scored, divide="rule", often="1,3,6", segment="frequent_loyal")
    assert names(tab) == ["Ada", "Bea", "Cem"]
    tab = page(browser, scored, divide="cluster", segment="1")
    assert names(tab) == ["Ada", "Bea"]
    assert says(tab, "very: ordered lately, many orders")
    assert says(tab, "an agreement of 0.91")
    tab = page(browser, scored, divide="cluster", locale="zh-CN")
    assert says(tab, "第 1 类")


@pytest.mark.parametrize(
    "query",
    [
        {"divide": "sql", "segment": "nobody", "measure": "password", "sort": "phone"},
        {"days": "1,2,3,4", "orders": "1,2,3,4", "sales": "1,2,3,4"},
        {"days": "x", "orders": "1e9,,", "sales": "nan,nan,nan,nan", "page": "99"},
        {"days": "9,8,7,6", "orders": "1,2,3,4", "sales": "inf,inf,inf,inf"},
        {"divide": "cluster", "segment": "-1", "versus": "９９"},
        {"divide": "rule", "often": "3,2,1"},
        {"divide": "rule", "often": "1,2,99999999999999999999999"},
        {"region": "7", "currency": "XXX", "segment": "lost"},
    ],
)
def test_a_forged_address_shows_the_usual(
    browser: Browser, scored: Scored, query: dict[str, str]
) -> None:
    tab = page(browser, scored, **query)
    assert sum(counts(tab).values()) == 6


def test_cut_points_move_the_counts(browser: Browser, scored: Scored) -> None:
    tab = page(browser, scored, days="300,100,100,3", orders="2,7,20,60", sales="60,100,1000,8000")
    assert counts(tab)["Champions"] == 1
    tab = page(browser, scored, days="9,9,9,9", orders="1,1,1,20", sales="1,1,1,5000")
    assert counts(tab)["Champions"] == 2
    assert says(tab, "cut points of your own")
    tab.button(key="segment_cuts").click().run()
    assert not tab.exception
    fields = {each.key: each.value for each in tab.number_input}
    assert (fields["cut_recency_days_5"], fields["cut_net_sales_5"]) == (9, 5000)
    assert table(tab, "then")["now"].tolist() == table(tab, "then")["then"].tolist()


def test_typed_cut_points_are_looked_at_before_they_are_used(
    browser: Browser, scored: Scored
) -> None:
    tab = page(browser, scored)
    tab.button(key="segment_cuts").click().run()
    tab.number_input(key="cut_orders_5").set_value(1)
    tab.button(key="segment_cuts").click().run()  # AppTest runs a dialog with its page alone
    assert not tab.exception
    tab = page(browser, scored, divide="rule")
    tab.button(key="segment_cuts").click().run()
    assert {each.key: each.value for each in tab.number_input} == {
        "rule_loyal_from": 4.0, "rule_curious_from": 1.0, "rule_curious_to": 2.0,
    }  # fmt: skip


def test_a_segment_is_saved_and_chosen_again(browser: Browser, scored: Scored) -> None:
    tab = page(browser, scored, "sales_lead", segment="at_risk")
    tab.button(key="saved_segments").click().run()
    tab.text_input(key="segment_name_new").set_value("Call <b>them</b>")
    next(
        each
        for each in tab.button
        if (each.label == "Save segment" and each.key is None) or "FormSubmitter" in str(each.key)
    ).click().run()
    saved = list_saved_segments(browser.database.record, scored.scopes["manager"])
    assert saved["name"].tolist() == ["Call <b>them</b>"]
    assert 211 not in read_definition(saved["definition"][0]).groups
    tab = page(browser, scored, "sales_rep", segment="lost")
    tab.button(key="saved_segments").click().run()
    assert not tab.exception
    assert says(tab, "1 customer now") or says(tab, "0 customers now")


def test_one_bad_definition_does_not_spoil_the_list(browser: Browser, scored: Scored) -> None:
    database, manager = browser.database, scored.scopes["manager"]
    save_segment(database.writer, manager, Division(), name="Everybody", request_id="x")
    with writing(database.writer) as connection:
        connection.exec_driver_sql('UPDATE saved_segments SET definition = \'{"by": "sql"}\'')
    tab = page(browser, scored)
    tab.button(key="saved_segments").click().run()
    assert says(tab, "cannot be read") and not tab.exception


@pytest.mark.parametrize("question", ["bought", "next", "missing", "points", "compare"])
@pytest.mark.parametrize("role", ["manager", "sales_rep"])
def test_more_questions_are_answered(
    browser: Browser, scored: Scored, question: str, role: str
) -> None:
    browser.sign_in(scored.scopes[role].user_id)
    tab = browser.open("segments")
    tab.segmented_control(key="segments_more").set_value(question).run()
    assert not tab.exception
    answers = {
        "bought": "Net sales of the last 365 days", "next": "The five categories",
        "missing": "buy what their peers buy", "compare": "",
        "points": "customers with most net sales" if role == "manager" else "net sales in the last",
    }  # fmt: skip
    assert says(tab, answers[question])
    if question == "compare":
        shown = table(tab, "difference").set_index("measure")
        assert shown.loc["Customers"].tolist() == ["1", "1", "0.0%"]


def test_points_are_the_customers_of_the_segment_and_a_click_opens_one(
    browser: Browser, scored: Scored
) -> None:
    browser.sign_in(scored.scopes["manager"].user_id)
    tab = browser.open("segments")
    tab.segmented_control(key="segments_more").set_value("points").run()
    (points,) = (each for each in drawn(tab) if each["mode"] == "markers")
    facts = {facts[0]: facts for facts in CUSTOMERS if facts[6] > 0}
    names = [re.search("<b>(.*?)</b>", told)[1] for told in points["customdata"]]  # type: ignore[index]
    assert sorted(names) == sorted(facts)
    since = (today() - AS_OF).days  # the scores were worked out
    assert points["x"] == [1 + since + facts[name][2] for name in names]
    assert points["y"] == [facts[name][6] for name in names]
    tab = browser.open("segments", segment="champions")
    tab.segmented_control(key="segments_more").set_value("points").run()
    (points,) = (each for each in drawn(tab) if each["mode"] == "markers")
    assert len(points["x"]) == 1 and "Ada" in points["customdata"][0]


@pytest.mark.parametrize(
    ("points", "place"),
    [([{"point_index": 1}], 1), ([], None), ([{"point_index": 2}], None), (["x"], None),
     ([{"point_index": -1}], None), ([{"point_index": "1"}], None)],
)  # fmt: skip
def test_what_a_browser_says_was_clicked_is_not_taken_on_trust(
    points: list[Any], place: int | None
) -> None:
    st.session_state["chart"] = {"selection": {"points": points}}
    assert clicked_point("chart", 2) == place


def test_marketing_spend_is_for_who_sees_every_order(browser: Browser, scored: Scored) -> None:
    fair = add(browser.database.writer, "campaigns", currency="CNY", budget=100)
    order = {"customer_id": scored.customer_ids["Ada"], "ordered_on": AS_OF, "campaign_id": fair}
    add_order(browser.database, **order)  # 100 that cost 60
    for role in ("manager", "analyst"):
        browser.sign_in(scored.scopes[role].user_id)
        tab = browser.open("segments")
        tab.segmented_control(key="segments_more").set_value("spend").run()
        assert not tab.exception
        shown = table(tab, "per_spend").set_index("name")
        assert says(tab, "budget is shared evenly over all its orders")
        assert shown["per_spend"].tolist() == ["0.40", *["–"] * 5]
        assert shown["orders"].tolist() == [1, 0, 0, 0, 0, 0]
    browser.sign_in(scored.scopes["sales_rep"].user_id)
    tab = browser.open("segments")
    assert "spend" not in str(tab.segmented_control(key="segments_more").options).lower()


def test_nothing_is_worked_out_yet(browser: Browser, scored: Scored) -> None:
    with writing(browser.database.writer) as connection:
        for each in EMPTY:
            connection.execute(delete(each))
    assert says(page(browser, scored), "No customers are scored yet.")


def test_one_customer_is_a_page_too(browser: Browser, scored: Scored) -> None:
    ada = scored.customer_ids["Ada"]
    with writing(browser.database.writer) as connection:
        connection.execute(delete(segment_history))
        connection.execute(delete(customer_scores).where(customer_scores.c.customer_id != ada))
    for divide in ("rfm", "rule", "cluster"):
        assert names(page(browser, scored, divide=divide)) == [CUSTOMERS[0][0]]


def test_support_has_no_segments(browser: Browser, scored: Scored) -> None:
    tab = page(browser, scored, "support")
    assert not tab.dataframe and not tab.metric
