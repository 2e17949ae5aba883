"""The data quality page: rules with their rows, duplicates side by side, merge and the way back."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import streamlit as st
from sqlalchemy import func, select
from streamlit.testing.v1 import AppTest

from dashboard.duplicates_view import _PAIR
from dashboard.quality_view import _opened
from dashboard.quality_words import FIELD_NAMES, KIND_NAMES, RELATION_NAMES, RULE_NAMES
from data_access.database import Database
from data_access.edits.merging import CHOSEN
from data_access.quality_rules import BY_CODE, RELATIONS, RULES
from data_access.tables import customers
from tests.browsing import Browser, says
from tests.crm import add_user, scope_of
from tests.test_edits_merging import Twins, make_twins


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def twins(browser: Browser) -> Twins:
    twins = make_twins(browser.database)
    twins.change(twins.gone, phone="13800000000", email=None)
    return twins


def look(browser: Browser, twins: Twins, role: str, **query: str) -> AppTest:
    browser.sign_in(twins.scopes[role].user_id)
    tab = browser.open("quality", **query)
    assert not tab.exception
    return tab


def test_everything_has_words() -> None:
    assert RULE_NAMES.keys() == BY_CODE.keys()
    assert RELATION_NAMES.keys() == set(RELATIONS)
    assert KIND_NAMES.keys() == {rule.kind for rule in RULES}
    assert FIELD_NAMES.keys() == set(CHOSEN)


def test_rules_are_listed_with_the_rows_of_one(browser: Browser, twins: Twins) -> None:
    tab = look(browser, twins, "manager", rule="customers.no_address")
    rules = tab.dataframe[0].value
    assert "Customer without an address" in rules["rule"].tolist()
    assert (rules["broken"] <= rules["total"]).all()
    assert tab.dataframe[1].value["name"].tolist() == ["ACME Limited", "Acme Ltd", "Noise customer"]
    assert {each.label for each in tab.metric} == {
        "Customers complete", "Wrong values", "Orphans", "Likely duplicates",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("relation", "page", "value"),
    [("customers", "customer", 7), ("contacts", "customer", 7), ("orders", "order", "O-7"),
     ("order_lines", "order", "O-7"), ("payments", "order", "O-7")],
)  # fmt: skip
def test_a_row_leads_to_its_customer_or_order(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, relation: str, page: str, value: object
) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    rows = pd.DataFrame({"customer_id": [7, None], "order_number": ["O-7", None]})
    opened = _opened(scope_of(browser.database, "manager"), relation, "rows", rows)
    for row, expected in ((0, {f"open_{page}": value}), (1, {})):  # the second is an orphan
        state.clear()
        state["rows"] = {"selection": {"cells": [(row, "name")]}}
        opened()
        state.pop("rows")
        assert state == expected


def test_a_row_without_a_page_of_its_own_leads_nowhere(browser: Browser) -> None:
    rows = pd.DataFrame({"customer_id": [7], "order_number": ["O-7"]})
    manager, finance = (scope_of(browser.database, role) for role in ("manager", "finance"))
    assert _opened(manager, "stock", "rows", rows) == "ignore"
    assert _opened(finance, "customers", "rows", rows) == "ignore"


def test_who_was_clicked_is_opened_and_the_way_back_is_there(
    browser: Browser, twins: Twins
) -> None:
    tab = look(browser, twins, "manager", rule="customers.no_address")
    assert says(tab, "Click a row to open it")
    tab.session_state["open_customer"] = twins.kept
    tab.run()
    assert not tab.exception
    assert [title.value for title in tab.title] == ["Acme Ltd"]
    assert "Data quality" in [link.proto.label for link in tab.get("page_link")]


def test_a_rep_sees_own_rows_alone(browser: Browser, twins: Twins) -> None:
    tab = look(browser, twins, "sales_rep", rule="customers.no_address")
    assert tab.dataframe[1].value["name"].tolist() == ["ACME Limited", "Acme Ltd"]
    assert says(tab, "left out, because your role does not see")


def test_an_analyst_is_told_what_is_masked(browser: Browser, twins: Twins) -> None:
    tab = look(browser, twins, "analyst")
    assert "Customer without a phone" not in tab.dataframe[0].value["rule"].tolist()
    assert says(tab, "only names are compared")
    assert "13800000000" not in str([each.value.to_numpy().tolist() for each in tab.dataframe])


def test_two_are_compared_merged_and_parted(browser: Browser, twins: Twins) -> None:
    tab = look(browser, twins, "sales_lead")
    pairs = next(each.value for each in tab.dataframe if "reasons" in each.value)
    assert pairs[["first", "second"]].values.tolist() == [["Acme Ltd", "ACME Limited"]]
    tab.session_state[_PAIR] = (twins.kept, twins.gone)  # as a click on the pair does
    tab.run()
    assert not tab.exception
    tab.button(key="merge_save").click().run()
    assert not tab.exception
    assert twins.read(twins.gone) is None and says(tab, "**ACME Limited** became part of")
    (back,) = (each for each in tab.button if each.label == "Take back")
    back.click().run()
    assert not tab.exception and says(tab, "Taken back")
    assert twins.read(twins.gone).phone == "13800000000"


def test_a_merge_of_what_changed_is_refused_in_words(browser: Browser, twins: Twins) -> None:
    tab = look(browser, twins, "manager")
    tab.session_state[_PAIR] = (twins.kept, twins.gone)
    tab.run()
    twins.change(twins.gone, city="Lyon")
    tab.button(key="merge_save").click().run()
    assert twins.read(twins.gone) is not None
    assert says(tab, "One of the two was changed meanwhile.")


def test_who_may_not_merge_sees_both_and_no_button(browser: Browser, twins: Twins) -> None:
    tab = look(browser, twins, "sales_rep")
    tab.session_state[_PAIR] = (twins.kept, twins.gone)
    tab.run()
    assert not [each for each in tab.button if each.key == "merge_save"]
    assert says(tab, "Sales leads, managers and administrators merge customers.")


def test_nothing_to_judge_is_said(browser: Browser) -> None:
    browser.sign_in(scope_of(browser.database, "sales_rep", employee_id=None).user_id)
    tab = browser.open("quality")
    assert not tab.exception
    with browser.database.record.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(customers)) == 1  # noise
    assert not says(tab, "Noise")


def test_in_chinese(browser: Browser, twins: Twins) -> None:
    browser.sign_in(add_user(browser.database, "manager", language="zh_CN"))
    tab = browser.open("quality")
    assert not tab.exception
    assert says(tab, "数据质量")
    assert "客户没有地址" in tab.dataframe[0].value["rule"].tolist()
