"""Going quiet: who, what is at stake, why, what to do, and how far to trust it."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select
from streamlit.testing.v1 import AppTest

from data_access.database import Database, writing
from data_access.refreshing.telling import without_counts
from data_access.tables import customer_scores, refreshes, reminders
from tests.browsing import Browser, says, texts
from tests.crm import add, add_order, add_user

BINS = [{"from_rate": 0.9, "to_rate": 1.0, "predictions": 4_312, "mean_rate": 0.95,
         "happened_rate": 0.94}]  # fmt: skip


def evaluation(low: float, high: float) -> dict[str, Any]:
    """Facts of a score whose AUC is better than the rule's by so much, and its Brier score too."""
    gap = {"value": (low + high) / 2, "low": low, "high": high}
    better = {"value": -0.04, "low": -0.05, "high": -0.03}
    scores = {name: {"auc": auc, "brier": 0.075, "ece": 0.028, "lift": 1.2}
              for name, auc in (("score", 0.926), ("model", 0.9), ("recency", 0.847))}  # fmt: skip
    told = {
        "day": "2026-08-25", "horizon_days": 90, "customers": 4711, "silent_rate": 0.805,
        "scores": scores, "bins": BINS, "recency_bins": BINS,
        "differences": {"score_minus_recency": {"auc": gap, "brier": better}},
    }  # fmt: skip
    return {"model": {"name": "mbg_cnbd", "stages": 2}, "evaluation": {"90": told, "30": None}}


def learnt(low: float, high: float) -> dict[str, str]:
    """As a refresh writes it."""
    details = evaluation(low, high)
    return {"facts": json.dumps(without_counts(details)), "details": json.dumps(details)}


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def score(database: Database, name: str, *, last: int, owner_id: int | None = None,
          customer: dict[str, Any] | None = None, **values: Any) -> int:  # fmt: skip
    customer_id = add(database.writer, "customers", name=name, owner_id=owner_id,
                      customer_type="company", **(customer or {}))  # fmt: skip
    row = {
        "customer_id": customer_id, "as_of_on": today(), "currency": "CNY", "orders": 9,
        "orders_12m": 5, "first_ordered_on": today() - timedelta(days=last + 400),
        "last_ordered_on": today() - timedelta(days=last), "usual_gap_days": 21, "net_sales": 9000,
        "net_sales_12m": 5000, "net_sales_prior_12m": 4000, "categories": 1, "enquiries_90": 0,
        "enquiries_prior_90": 0, "recency_score": 3, "frequency_score": 3, "monetary_score": 3,
        "segment": "loyal", "rule_segment": "others", "silent_30": 0.9, "silent_90": 0.8,
        "silent_180": 0.7, "value_at_risk_90": 1000, "drivers": "overdue", **values,
    }  # fmt: skip
    with writing(database.writer) as connection:
        connection.execute(insert(customer_scores), [row])
    for days in (last, last + 400):
        add_order(database, customer_id=customer_id, ordered_on=today() - timedelta(days=days))
    return customer_id


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def company(browser: Browser) -> Browser:
    database = browser.database
    rep_id = add(database.writer, "employees", name="Ding")
    score(database, "Overdue Ltd", last=80, value_at_risk_90=1500, owner_id=rep_id)
    score(database, "Gone Ltd", last=200, drivers="long_silent", silent_90=0.97)
    score(database, "Shy Ltd", last=120, customer={"consent": "refused"}, value_at_risk_90=10)
    score(database, "Faithful Ltd", last=3, silent_90=0.05, drivers="", enquiries_prior_90=4,
          enquiries_90=1, value_at_risk_90=40)  # fmt: skip
    with writing(database.writer) as connection:
        connection.execute(
            insert(refreshes).values(
                what="scores",
                state="done",
                as_of_on=today(),
                version=1,
                started_at=datetime(2026, 11, 23),
                **learnt(0.06, 0.09),
            )
        )
    return browser


def as_role(browser: Browser, role: str = "manager", **values: Any) -> AppTest:
    browser.sign_in(add_user(browser.database, role, **values))
    return browser.open("quiet")


def listed(tab: AppTest) -> Any:
    (table,) = (each.value for each in tab.dataframe if "why" in each.value)
    return table


def cards(tab: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in tab.metric}


def test_without_scores_the_page_says_how_to_get_them(browser: Browser) -> None:
    tab = as_role(browser)
    assert not tab.exception
    assert says(tab, "Nobody has been scored yet.") and says(tab, "python -m dashboard refresh")
    add(browser.database.writer, "refreshes", what="scores", state="done", as_of_on=today(),
        version=1, started_at=datetime(2026, 11, 23))  # fmt: skip
    tab = as_role(browser)
    assert not tab.exception and says(tab, "Nobody ordered in the last 365 days.")


def test_who_goes_quiet_stands_with_what_is_at_stake_and_why(company: Browser) -> None:
    tab = as_role(company)
    assert not tab.exception
    shown = cards(tab)
    assert (shown["Likely silent"], shown["No order for 90 d"]) == ("3", "2")
    assert shown["Falling enquiries"] == "1"
    table = listed(tab)
    assert table["customer"].tolist() == ["Overdue Ltd", "Gone Ltd", "Shy Ltd"]
    assert table["why"].tolist()[:2] == [
        "silent for 80 d, usually orders every 21 d", "no order for 200 d",
    ]  # fmt: skip
    assert table["proposal"].tolist() == ["Call", "Visit", "no contact wished"]
    assert says(tab, "2 of them also by the score")


def test_the_rule_and_the_horizon_can_be_moved(company: Browser) -> None:
    tab = as_role(company)
    tab = tab.number_input(key="quiet_rule").set_value(150).run()
    assert cards(tab)["No order for 150 d"] == "1"
    tab.session_state["quiet_horizon"] = 30
    tab = tab.selectbox(key="quiet_chance").set_value(90).run()
    assert cards(tab)["Likely silent"] == "4"
    tab.session_state["quiet_view"] = "enquiries"
    tab = tab.run()
    assert listed(tab)["why"].tolist() == ["enquiries fell from 4 to 1"]


def test_what_was_done_is_recorded_and_takes_the_customer_off_the_list(company: Browser) -> None:
    tab = as_role(company)
    table = listed(tab)
    customer_id = _id_of(company.database, "Overdue Ltd")
    tab.session_state["quiet_customer"] = customer_id
    tab = tab.run()
    assert not tab.exception and table["customer"].iloc[0] == "Overdue Ltd"
    (link,) = (
        each.proto for each in tab.get("page_link") if each.proto.label == "Open the customer"
    )
    assert link.query_string == f"customer={customer_id}"
    tab.selectbox(key=f"quiet_{customer_id}_action").set_value("visit")
    tab.text_input(key=f"quiet_{customer_id}_note").set_value("met Ms Lin")
    tab = tab.button(key=f"quiet_{customer_id}_done").click().run()
    assert not tab.exception and says(tab, "Overdue Ltd: Done")
    assert listed(tab)["customer"].tolist() == ["Gone Ltd", "Shy Ltd"]
    with company.database.record.connect() as connection:
        kept = connection.execute(select(reminders)).mappings().one()
    assert (kept["cause"], kept["action"], kept["state"], kept["note"]) == (
        "silent", "visit", "done", "met Ms Lin",
    )  # fmt: skip


def test_who_refused_contact_can_only_be_dismissed(company: Browser) -> None:
    tab = as_role(company)
    customer_id = _id_of(company.database, "Shy Ltd")
    tab.session_state["quiet_customer"] = customer_id
    tab = tab.run()
    assert tab.button(key=f"quiet_{customer_id}_done").disabled
    tab = tab.button(key=f"quiet_{customer_id}_dismissed").click().run()
    assert "Shy Ltd" not in listed(tab)["customer"].tolist()


def test_a_rep_sees_own_customers_and_no_count_of_all(company: Browser) -> None:
    rep_id = _employee(company.database, "Ding")
    tab = as_role(company, "sales_rep", employee_id=rep_id)
    assert listed(tab)["customer"].tolist() == ["Overdue Ltd"]
    assert cards(tab)["Likely silent"] == "1"
    tab.session_state["quiet_trust"] = True
    tab = tab.run()
    assert not tab.exception and says(tab, "every customer was given the chance")
    assert not tab.get("plotly_chart")
    assert not any("4,711" in words or "4,312" in words for words in texts(tab))


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.06, 0.09, "It ranks customers better than the time since the last order"),
        (-0.01, 0.02, "It ranks customers no better"),
        (-0.05, -0.02, "The time since the last order ranks customers better"),
    ],
)
def test_the_score_is_judged_beside_the_plain_rule(
    company: Browser, low: float, high: float, verdict: str
) -> None:
    with writing(company.database.writer) as connection:
        connection.execute(refreshes.update().values(**learnt(low, high)))
    tab = as_role(company, "analyst")
    tab.session_state["quiet_trust"] = True
    tab = tab.run()
    assert not tab.exception
    assert says(tab, verdict) and says(tab, "4,711") and says(tab, "MBG/CNBD-2")
    assert says(tab, "closer to what happened") and len(tab.get("plotly_chart")) == 1
    (table,) = (each.value for each in tab.dataframe if "auc" in each.value)
    assert table["auc"].tolist() == ["0.926", "0.847"]
    assert not [each for each in tab.button if each.label == "Mark as done"]


def test_a_horizon_that_was_not_judged_says_so(company: Browser) -> None:
    tab = as_role(company)
    tab.session_state["quiet_trust"] = True
    tab.session_state["quiet_horizon"] = 30
    tab = tab.run()
    assert not tab.exception and says(tab, "There is too little history yet")


def test_the_page_speaks_chinese(company: Browser) -> None:
    company.sign_in(add_user(company.database, "manager"))
    tab = company.open("quiet", locale="zh-CN")
    assert not tab.exception and says(tab, "沉默预警")
    assert listed(tab)["why"].iloc[0] == "已沉默 80 天，通常每 21 天下一单"


def _id_of(database: Database, name: str) -> int:
    return _number(database, f"SELECT customer_id FROM customers WHERE name = '{name}'")


def _employee(database: Database, name: str) -> int:
    return _number(database, f"SELECT employee_id FROM employees WHERE name = '{name}'")


def _number(database: Database, statement: str) -> int:
    with database.record.connect() as connection:
        return int(connection.exec_driver_sql(statement).scalar_one())
