"""Customers, their contacts and what was spoken: what each command writes, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from data_access.database import Database
from data_access.edits.contacts import add_contact, change_contact, remove_contact
from data_access.edits.customers import change_customer
from data_access.edits.fields import FieldsRefused
from data_access.edits.interactions import log_interaction
from data_access.edits.rights import CUSTOMER_FIELDS, CUSTOMER_RIGHTS, RightRefused
from data_access.edits.transaction import Done, new_request_id
from data_access.errors import CustomerChanged, EditRefused, NotFound, NotSaved
from data_access.policy import Role
from data_access.scope import Scope
from data_access.tables import contacts, customers, interactions
from tests.crm import NOW, add
from tests.shop import ROLES, Shop, open_shop

Command = Callable[[Shop, Scope, int, int], Done]


@pytest.fixture
def shop(database: Database) -> Shop:
    return open_shop(database)


def contact_of(shop: Shop, **values: Any) -> int:
    row = {"name": "Ann", "phone": "13812345678", "is_primary": True, **values}
    return add(shop.writer, "contacts", customer_id=shop.customer_id, **row)


def log(shop: Shop, scope: Scope, customer_id: int, contact_id: int = 0, **more: Any) -> Done:
    said = {"kind": "call", "subject": "Asked for paper", "request_id": new_request_id(), **more}
    return log_interaction(shop.writer, scope, customer_id, **{"now": NOW, **said})


def change(shop: Shop, scope: Scope, customer_id: int, contact_id: int = 0, **more: Any) -> Done:
    said = {"values": {"phone": "+86 138-1234 5678"}, "seen": {"phone": None}, **more}
    return change_customer(
        shop.writer, scope, customer_id, request_id=new_request_id(), now=NOW, **said
    )


def add_one(shop: Shop, scope: Scope, customer_id: int, contact_id: int = 0, **more: Any) -> Done:
    said = {"name": "李雷", "request_id": new_request_id(), **more}
    return add_contact(shop.writer, scope, customer_id, **said)


def change_one(shop: Shop, scope: Scope, customer_id: int, contact_id: int, **more: Any) -> Done:
    said = {"values": {"position": "Buyer"}, "seen": {"position": None}, **more}
    return change_contact(shop.writer, scope, contact_id, request_id=new_request_id(), **said)


def remove_one(shop: Shop, scope: Scope, customer_id: int, contact_id: int, **more: Any) -> Done:
    said = {"seen": {"name": "Ann", "phone": "13812345678"}, **more}
    return remove_contact(shop.writer, scope, contact_id, request_id=new_request_id(), **said)


COMMANDS: dict[str, Command] = {
    "change_customer": change,
    "add_contact": add_one,
    "change_contact": change_one,
    "remove_contact": remove_one,
    "log_interaction": log,
}


def contents(shop: Shop) -> list[Any]:
    tables = (customers, contacts, interactions)
    return [
        tuple(map(tuple, shop.rows(select(table).order_by(*table.primary_key)))) for table in tables
    ]


def refused(name: str, reason: str, command: Callable[[], Any]) -> None:
    with pytest.raises(FieldsRefused) as caught:
        command()
    assert {field: each.reason for field, each in caught.value.fields.items()} == {name: reason}


def test_there_is_a_command_for_each_right() -> None:
    assert COMMANDS.keys() == CUSTOMER_RIGHTS.keys()
    for column in CUSTOMER_FIELDS:
        assert column in customers.c
    assert "consent" not in CUSTOMER_FIELDS  # has a history of its own


def test_each_role_does_what_it_may_and_nothing_else(shop: Shop) -> None:
    for action, command in COMMANDS.items():
        for role in ROLES:
            contact_id, before = contact_of(shop), contents(shop)
            if Role(role) in CUSTOMER_RIGHTS[action]:
                shop_now = {"seen": {"phone": shop.row(select(customers.c.phone).where(
                    customers.c.customer_id == shop.customer_id))[0]},
                    "values": {"phone": f"13800000{ROLES.index(role):03}"}}  # fmt: skip
                more = shop_now if action == "change_customer" else {}
                command(shop, shop.scopes[role], shop.customer_id, contact_id, **more)  # type: ignore[call-arg]
                assert contents(shop) != before, (action, role)
            else:
                with pytest.raises((RightRefused, NotFound)):
                    command(shop, shop.scopes[role], shop.customer_id, contact_id)
                assert contents(shop) == before, (action, role)


def test_nobody_touches_a_customer_who_is_not_theirs(shop: Shop) -> None:
    contact_id, before = contact_of(shop), contents(shop)
    nothings: tuple[Any, ...] = (0, -1, 10**30, 999_999, "1", None)
    for command in COMMANDS.values():
        for role in ("sales_rep", "sales_lead"):
            with pytest.raises((NotFound, RightRefused)):
                command(shop, shop.foreign[role], shop.customer_id, contact_id)
        for nothing in nothings:
            with pytest.raises(NotFound):
                command(shop, shop.scopes["manager"], nothing, nothing)
    assert contents(shop) == before


def test_a_change_of_fields_that_others_changed_shows_both(shop: Shop) -> None:
    manager, rep = shop.scopes["manager"], shop.scopes["sales_rep"]
    seen = {"phone": None, "city": None}
    change(shop, manager, shop.customer_id, values={"phone": "021-5555555"}, seen=seen)
    with pytest.raises(CustomerChanged) as caught:
        change(shop, rep, shop.customer_id, values={"phone": "13900000000"}, seen=seen)
    (found,) = caught.value.changes
    assert (found.field, found.theirs, found.mine) == ("phone", "021-5555555", "13900000000")
    # another field is nobody's quarrel, and nor is the very same value
    change(shop, rep, shop.customer_id, values={"city": "Wuhan"}, seen=seen)
    with pytest.raises(FieldsRefused):
        change(shop, rep, shop.customer_id, values={"city": "Wuhan"}, seen={"city": "Wuhan"})
    row = shop.row(select(customers).where(customers.c.customer_id == shop.customer_id))
    assert (row.phone, row.city) == ("021-5555555", "Wuhan")


def test_contacts_others_changed_are_neither_changed_nor_removed(shop: Shop) -> None:
    contact_id, rep = contact_of(shop), shop.scopes["sales_rep"]
    change_one(shop, shop.scopes["manager"], 0, contact_id, values={"name": "Anna"},
               seen={"name": "Ann"})  # fmt: skip
    with pytest.raises(CustomerChanged):
        change_one(shop, rep, 0, contact_id, values={"name": "Anne"}, seen={"name": "Ann"})
    with pytest.raises(CustomerChanged):
        remove_one(shop, rep, 0, contact_id)
    assert [row.name for row in shop.rows(select(contacts)) if row.contact_id == contact_id] == [
        "Anna"
    ]
    remove_one(shop, rep, 0, contact_id, seen={"name": "Anna"})
    with pytest.raises(NotFound):
        remove_one(shop, rep, 0, contact_id, seen={"name": "Anna"})


def test_one_contact_is_the_first_to_contact(shop: Shop) -> None:
    first = contact_of(shop)
    done = add_one(shop, shop.scopes["support"], shop.customer_id, is_primary=True)
    primary = select(contacts.c.contact_id).where(
        contacts.c.is_primary, contacts.c.customer_id == shop.customer_id
    )
    assert [row[0] for row in shop.rows(primary)] == [done.values["contact_id"]]
    change_one(shop, shop.scopes["support"], 0, first, values={"is_primary": True},
               seen={"is_primary": False})  # fmt: skip
    assert [row[0] for row in shop.rows(primary)] == [first]


BAD_FIELDS: tuple[tuple[str, Any, str], ...] = (
    ("name", "", "required"),
    ("name", "x" * 301, "too_long"),
    ("name", "a\x00b", "not_written"),
    ("name", "\ud800", "not_written"),
    ("name", 7, "no_text"),
    ("name_zh", "两\n行", "not_written"),
    ("phone", "call me", "no_phone"),
    ("phone", "1234", "no_phone"),
    ("phone", "+" + "1" * 60, "too_long"),
    ("email", "a@b", "no_email"),
    ("email", "a b@c.com", "no_email"),
    ("email", "a@b.com, c@d.com", "no_email"),
    ("address", "x" * 501, "too_long"),
    ("born_on", date(2026, 11, 24), "to_come"),
    ("born_on", date(1850, 1, 1), "day_passed"),
    ("born_on", "yesterday", "no_day"),
    ("customer_type", "robot", "unknown"),
    ("grade", "x" * 11, "too_long"),
    ("owner_id", 999_999, "unknown"),
    ("owner_id", None, "required"),
    ("region_id", -1, "unknown"),
    ("consent", "granted", "unknown"),
    ("customer_id", 5, "unknown"),
)


def test_what_cannot_be_is_refused_at_its_field(shop: Shop) -> None:
    before, manager = contents(shop), shop.scopes["manager"]
    row = shop.row(select(customers).where(customers.c.customer_id == shop.customer_id))
    for name, value, reason in BAD_FIELDS:
        with pytest.raises(FieldsRefused) as caught:
            change(shop, manager, shop.customer_id, values={name: value},
                   seen={name: getattr(row, name)})  # fmt: skip
        assert {field: each.reason for field, each in caught.value.fields.items()} == {name: reason}
    assert contents(shop) == before


def test_a_field_of_another_role_is_named(shop: Shop) -> None:
    before = contents(shop)
    for role, name in (("sales_rep", "owner_id"), ("support", "grade"), ("sales_rep", "grade")):
        scope = shop.scopes[role]
        refused(
            name, "not_yours",
            lambda scope=scope, name=name: change(
                shop, scope, shop.customer_id, values={name: 1, "city": "Wuhan"}, seen={}
            ),
        )  # fmt: skip
    lead = shop.scopes["sales_lead"]
    refused(
        "region_id", "unknown",
        lambda: change(
            shop, lead, shop.customer_id, values={"region_id": shop.lead_region_id},
            seen={"region_id": shop.region_id},
        ),
    )  # fmt: skip
    assert contents(shop) == before


BAD_TALK: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"kind": "dance"}, "kind", "unknown"),
    ({"kind": ["call"]}, "kind", "unknown"),
    ({"subject": " "}, "subject", "required"),
    ({"subject": "x" * 301}, "subject", "too_long"),
    ({"note": "x" * 2001}, "note", "too_long"),
    ({"note": "a\x07"}, "note", "not_written"),
    ({"happened_at": NOW + timedelta(hours=9)}, "happened_at", "to_come"),
    ({"happened_at": NOW - timedelta(days=900)}, "happened_at", "day_passed"),
    ({"happened_at": "now"}, "happened_at", "no_day"),
)


def test_what_was_not_spoken_is_refused(shop: Shop) -> None:
    before = contents(shop)
    for more, name, reason in BAD_TALK:
        with pytest.raises(FieldsRefused) as caught:
            log(shop, shop.scopes["support"], shop.customer_id, **more)
        assert {field: each.reason for field, each in caught.value.fields.items()} == {name: reason}
    assert contents(shop) == before


def test_a_conversation_is_logged_once_by_who_had_it(shop: Shop) -> None:
    rep, request_id = shop.scopes["sales_rep"], new_request_id()
    at = datetime(2026, 11, 23, 9, 30)  # by the clock in Shanghai
    said = {"note": "第一行\r\n第二行 <b>", "happened_at": at, "request_id": request_id}
    done = log(shop, rep, shop.customer_id, **said)
    assert log(shop, rep, shop.customer_id, **said).is_repeat
    (row,) = shop.rows(select(interactions).where(interactions.c.customer_id == shop.customer_id))
    assert row.interaction_id == done.values["interaction_id"]
    assert (row.employee_id, row.kind, row.subject) == (shop.rep_id, "call", "Asked for paper")
    assert (row.note, row.happened_at) == ("第一行\n第二行 <b>", datetime(2026, 11, 23, 1, 30))
    with pytest.raises(NotSaved):
        log(shop, rep, shop.customer_id, subject="another", request_id=request_id)


def test_every_refusal_is_one_of_ours(shop: Shop) -> None:
    for value in (object(), {}, float("nan"), b"x", "'; DROP TABLE customers; --" * 40):
        for name in CUSTOMER_FIELDS:
            with pytest.raises(EditRefused):
                change(shop, shop.scopes["admin"], shop.customer_id, values={name: value}, seen={})
