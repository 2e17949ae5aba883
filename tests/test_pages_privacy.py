"""Personal data on their page: consent, everything held about one person, and erasure."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select
from streamlit.testing.v1 import AppTest

from dashboard.menu import may_open
from data_access.audit import ChangeFilter, list_changes
from data_access.database import Database
from data_access.policy import Role
from data_access.scope import Scope
from data_access.tables import consents, customers
from tests.browsing import Browser, says
from tests.crm import NOW, add, scope_of


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, sqlite_database: Database) -> Browser:
    return Browser(monkeypatch, sqlite_database)


@pytest.fixture
def customer_id(sqlite_database: Database) -> int:
    add(sqlite_database.writer, "customers", name="Somebody", consent="refused",
        consent_on=NOW.date(), consent_purpose="Order updates")  # fmt: skip
    found = add(sqlite_database.writer, "customers", name="Li Wei", phone="13812345678")
    add(sqlite_database.writer, "contacts", customer_id=found, name="Ms Wang")
    return found


def sign_in(browser: Browser, role: str) -> tuple[Scope, AppTest]:
    scope = scope_of(browser.database, role, name=f"A {role}")
    browser.sign_in(scope.user_id)
    tab = browser.open("privacy")
    assert not tab.exception
    return scope, tab


def find(tab: AppTest, words: str) -> AppTest:
    return tab.text_input(key="privacy_words").set_value(words).run()


def row_of(browser: Browser, customer_id: int) -> Any:
    with browser.database.record.connect() as connection:
        mine = customers.c.customer_id == customer_id
        return connection.execute(select(customers).where(mine)).one()


def test_it_is_for_those_who_answer_for_it() -> None:
    assert {role for role in Role if may_open(role, "privacy")} == {Role.ADMIN, Role.MANAGER}


def test_the_page_tells_who_agreed_and_who_was_erased(browser: Browser, customer_id: int) -> None:
    _scope, tab = sign_in(browser, "manager")
    (sums,) = (each.value for each in tab.dataframe)
    assert ["Refused", "Order updates", 1] in sums.to_numpy().tolist()
    assert says(tab, "leave out those who refused: 1.") and says(tab, "Nobody has been erased.")
    assert says(find(tab, "nobody at all"), "Nobody is called so.")
    assert customer_id


def test_a_consent_is_recorded(browser: Browser, customer_id: int) -> None:
    _scope, tab = sign_in(browser, "manager")
    tab = find(tab, "1381234")
    assert says(tab, "Not asked")
    consent = tab.button(key=f"consent_of_{customer_id}").click().run()
    assert says(consent, "Nothing has been recorded yet.")
    tab.text_input(key="consent_version").set_value("2026-1")
    (record,) = (button for button in tab.button if button.label == "Record")
    record.click()
    tab.button(key=f"consent_of_{customer_id}").click().run()
    assert not tab.exception
    with browser.database.record.connect() as connection:
        (row,) = connection.execute(select(consents)).all()
    assert (row.state, row.purpose, row.text_version, row.recorded_by) == (
        "granted", "Order updates", "2026-1", "A manager"
    )  # fmt: skip
    assert row_of(browser, customer_id).consent == "granted"


def test_everything_held_is_handed_out_and_that_is_logged(
    browser: Browser, customer_id: int
) -> None:
    scope, tab = sign_in(browser, "manager")
    tab = find(tab, "Li Wei")
    tab = tab.button(key="collect_person").click().run()
    of, text = tab.session_state["person_file"]
    told = json.loads(text)
    assert of == customer_id and told["contacts"][0]["name"] == "Ms Wang"
    row = list_changes(browser.database.record, scope, ChangeFilter(action="export_person")).iloc[0]
    assert (row.actor_name, row.table_name, row.row_id) == ("A manager", "people", customer_id)
    assert not [button for button in tab.button if button.key == "erase_person"]


def test_an_admin_erases_who_types_the_name(browser: Browser, customer_id: int) -> None:
    _scope, tab = sign_in(browser, "admin")
    tab = find(tab, "Li Wei")
    for typed, phone in (("Somebody", "13812345678"), ("Li Wei", None)):
        tab.button(key="erase_person").click().run()
        tab.text_input(key="erase_name").set_value(typed)
        (send,) = (button for button in tab.button if button.label == "Erase for good")
        send.click()
        tab.button(key="erase_person").click().run()  # AppTest opens a dialog by its button alone
        assert not tab.exception
        assert row_of(browser, customer_id).phone == phone
        assert says(tab, "This is not the name of the customer.") == (phone is not None)
    _scope, tab = sign_in(browser, "admin")
    (erased,) = (each.value for each in tab.dataframe if "erased_by" in each.value)
    assert len(erased) == 1
    assert says(find(tab, "Li Wei"), "Nobody is called so.")
    changes = browser.open("changes", action="erase_person")
    assert not changes.exception
    assert not says(changes, "Li Wei") and "erased a person" in str(
        [each.label for each in changes.expander]
    )
