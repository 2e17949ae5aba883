"""What is done about the customers of a list is recorded once, by who may, and can be undone."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select, update

from data_access.audit import ChangeFilter, list_changes
from data_access.database import Database, writing
from data_access.edits.fields import FieldsRefused
from data_access.edits.reminding import ReminderRefused, record_reminder
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import new_request_id
from data_access.edits.undoing import UndoRefused, undo_change
from data_access.errors import NotFound
from data_access.holding_out import HELD_OUT_RATE, is_held_out
from data_access.schema import read_properties
from data_access.tables import customers, reminders
from tests.shop import ROLES, Shop, open_shop

DUE = date(2026, 11, 30)
SALES = ("admin", "manager", "sales_lead", "sales_rep")


def remind(shop: Shop, role: str = "sales_rep", **changed: Any) -> Any:
    values = {
        "scope": shop.scopes[role], "customer_id": shop.customer_id, "product_id": shop.pen,
        "cause": "rebuy", "action": "call", "state": "done", "due_on": DUE,
        "request_id": new_request_id(), **changed,
    }  # fmt: skip
    return record_reminder(shop.writer, **values)


def test_a_reminder_is_recorded_logged_and_undone(database: Database) -> None:
    shop = open_shop(database)
    done = remind(shop, note=" rang twice ", request_id="r")
    row = shop.row(select(reminders))
    assert (row.customer_id, row.product_id, row.cause, row.action, row.state) == (
        shop.customer_id, shop.pen, "rebuy", "call", "done",
    )  # fmt: skip
    assert (row.note, row.due_on, row.user_id) == (
        "rang twice", DUE, shop.scopes["sales_rep"].user_id,
    )  # fmt: skip
    facts = read_properties(database.record)
    held_out = is_held_out(facts["database_id"], shop.customer_id)
    assert done.values == {
        "reminder_id": row.reminder_id, "customer_id": shop.customer_id, "is_held_out": held_out,
    }  # fmt: skip
    assert row.is_held_out is held_out
    manager = shop.scopes["manager"]
    (logged,) = list_changes(database.record, manager, ChangeFilter(request_id="r")).itertuples()
    assert (logged.action, logged.product) == ("record_reminder", "Pen")
    assert ("customer_id", None, "Customer") in logged.changes
    undo_change(shop.writer, manager, "r", request_id="undo")
    assert shop.count(reminders) == 0


def test_the_same_click_is_one_reminder_and_a_second_person_learns_of_it(
    database: Database,
) -> None:
    shop = open_shop(database)
    first = remind(shop, request_id="r")
    assert remind(shop, request_id="r").values == first.values
    with pytest.raises(ReminderRefused, match="A sales_rep has recorded this already"):
        remind(shop, "manager")
    remind(shop, "manager", action="coupon")
    remind(shop, "manager", due_on=date(2026, 12, 1))
    remind(shop, "manager", cause="silent", product_id=None, due_on=None)
    remind(shop, "manager", cause="silent", product_id=None, due_on=None)
    assert shop.count(reminders) == 5


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("cause", ["silent", "rebuy", "care"])
def test_a_reminder_is_for_sales_and_care_for_support_too(
    sqlite_database: Database, role: str, cause: str
) -> None:
    shop = open_shop(sqlite_database)
    may = role in SALES or (cause == "care" and role == "support")
    if may:
        remind(shop, role, cause=cause)
    else:
        with pytest.raises(RightRefused):
            remind(shop, role, cause=cause)
    assert shop.count(reminders) == may


def test_nobody_records_about_a_customer_they_do_not_see(database: Database) -> None:
    shop = open_shop(database)
    for role in ("sales_rep", "sales_lead"):
        for customer_id in (shop.customer_id, 0, 10**30, "x", None):
            with pytest.raises(NotFound, match="no such customer"):
                remind(shop, scope=shop.foreign[role], customer_id=customer_id)
    assert shop.count(reminders) == 0


def test_who_refused_contact_is_not_reminded_but_may_be_set_aside(database: Database) -> None:
    shop = open_shop(database)
    with writing(shop.writer) as connection:
        connection.execute(update(customers).values(consent="refused"))
    for cause in ("rebuy", "silent"):
        with pytest.raises(ReminderRefused, match="Customer does not wish to be contacted"):
            remind(shop, cause=cause)
    remind(shop, state="dismissed")
    remind(shop, cause="care")  # what they asked for themselves
    assert shop.count(reminders) == 2


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("cause", "other"), ("cause", None), ("action", "shout"), ("state", "held_out"),
        ("note", "x" * 301), ("note", "\0"), ("due_on", "soon"), ("due_on", pd.NaT),
        ("product_id", None), ("product_id", 10**9), ("product_id", -1), ("product_id", "x"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_at_its_field(
    sqlite_database: Database, field: str, wrong: Any
) -> None:
    shop = open_shop(sqlite_database)
    with pytest.raises(FieldsRefused) as refused:
        remind(shop, **{field: wrong})
    assert list(refused.value.fields) == [field]
    assert shop.count(reminders) == 0


def test_an_undo_names_the_customer_whose_reminder_was_changed_since(
    sqlite_database: Database,
) -> None:
    shop = open_shop(sqlite_database)
    remind(shop, cause="care", product_id=None, request_id="r")
    with writing(shop.writer) as connection:
        connection.execute(update(reminders).values(state="dismissed"))
    with pytest.raises(UndoRefused, match=r"no longer be undone: Customer\."):
        undo_change(shop.writer, shop.scopes["admin"], "r", request_id="undo")


def test_one_in_ten_is_held_out_always_the_same_and_others_in_another_database() -> None:
    found = [is_held_out("one", customer_id) for customer_id in range(50_000)]
    assert abs(sum(found) / len(found) - HELD_OUT_RATE) < 0.005
    assert found == [is_held_out("one", customer_id) for customer_id in range(50_000)]
    other = [is_held_out("other", customer_id) for customer_id in range(50_000)]
    both = sum(map(all, zip(found, other, strict=True)))
    assert abs(both / len(found) - HELD_OUT_RATE**2) < 0.003
