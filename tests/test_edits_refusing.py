"""That a customer does not want a product is taken back wherever it was said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import literal, select

from data_access.audit import ChangeFilter, list_changes
from data_access.database import Database
from data_access.edits.calls import mark_call
from data_access.edits.refusing import RefusalKept, take_back_refusal
from data_access.edits.reminding import record_reminder
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import new_request_id
from data_access.edits.undoing import undo_change
from data_access.errors import NotFound
from data_access.offered import flag, is_refused
from data_access.tables import call_marks, reminders
from tests.called import WEEK, Called, open_list
from tests.crm import add
from tests.shop import ROLES

SALES = ("admin", "manager", "sales_lead", "sales_rep")


def take_back(called: Called, role: str = "sales_rep", **changed: Any) -> Any:
    values = {
        "scope": called.shop.scopes[role], "customer_id": called.shop.customer_id,
        "product_id": called.shop.ink, "request_id": new_request_id(), **changed,
    }  # fmt: skip
    return take_back_refusal(called.shop.writer, **values)


def set_aside(called: Called, role: str = "sales_rep", **changed: Any) -> None:
    values = {
        "product_id": called.shop.ink, "cause": "offer", "action": "call", "state": "dismissed",
        "request_id": new_request_id(), **changed,
    }  # fmt: skip
    shop = called.shop
    record_reminder(shop.writer, shop.scopes[role], shop.customer_id, **values)


def mark(called: Called, role: str = "sales_rep", **changed: Any) -> None:
    values = {"mark": "not_interested", "product_id": called.shop.ink, **changed}
    mark_call(called.shop.writer, called.shop.scopes[role], called.call_id,
              request_id=new_request_id(), **values)  # fmt: skip


def refused(called: Called, product_id: int) -> bool:
    scope, shop = called.shop.scopes["admin"], called.shop
    told = is_refused(scope, shop.customer_id, literal(product_id), WEEK + timedelta(days=1))
    with shop.database.record.connect() as connection:
        return bool(connection.scalar(select(flag(told))))


def test_wherever_it_was_said_it_is_gone_logged_and_undone(database: Database) -> None:
    called = open_list(database)
    shop = called.shop
    set_aside(called)
    set_aside(called, cause="rebuy", due_on=WEEK)
    set_aside(called, product_id=shop.pen)
    set_aside(called, cause="rebuy", due_on=WEEK, state="done", action="visit")
    mark(called)
    assert refused(called, shop.ink)
    done = take_back(called, request_id="back")
    assert done.values == {"customer_id": shop.customer_id, "product_id": shop.ink}
    assert not refused(called, shop.ink) and refused(called, shop.pen)
    assert (shop.count(reminders), shop.count(call_marks)) == (2, 0)
    manager = shop.scopes["manager"]
    logged = list_changes(database.record, manager, ChangeFilter(request_id="back"))
    assert set(logged["action"]) == {"take_back_refusal"} and len(logged) == 3
    undo_change(shop.writer, manager, "back", request_id="undo")
    assert refused(called, shop.ink) and shop.count(call_marks) == 1


def test_what_nobody_said_or_was_said_of_a_whole_line_stays(database: Database) -> None:
    called = open_list(database)
    with pytest.raises(RefusalKept, match="Nothing stands against this product"):
        take_back(called)
    set_aside(called)
    mark(called, product_id=None)
    with pytest.raises(RefusalKept, match="Take that back there"):
        take_back(called)
    assert called.shop.count(reminders) == 1  # all of it or nothing


def test_a_rep_takes_back_their_own_alone(database: Database) -> None:
    called = open_list(database)
    set_aside(called, "manager")
    with pytest.raises(RefusalKept, match="Only who said"):
        take_back(called)
    take_back(called, "sales_lead")
    set_aside(called)
    take_back(called)
    mark(called, "sales_lead")
    with pytest.raises(RefusalKept, match="Only who said"):
        take_back(called)
    assert called.shop.count(call_marks) == 1


@pytest.mark.parametrize("role", ROLES)
def test_it_is_for_sales(sqlite_database: Database, role: str) -> None:
    called = open_list(sqlite_database)
    set_aside(called, role if role in SALES else "admin")
    if role in SALES:
        take_back(called, role)
    else:
        with pytest.raises(RightRefused):
            take_back(called, role)
    assert called.shop.count(reminders) == (role not in SALES)


def test_nobody_takes_back_of_whom_they_do_not_see(database: Database) -> None:
    called = open_list(database)
    hidden = add(called.shop.writer, "customers", name="Hidden")
    add(called.shop.writer, "reminders", customer_id=hidden, product_id=called.shop.ink,
        cause="offer", action="call", state="dismissed", recorded_at=WEEK)  # fmt: skip
    with pytest.raises(NotFound):
        take_back(called, customer_id=hidden)
    take_back(called, "admin", customer_id=hidden)
