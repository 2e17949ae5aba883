"""The people of a customer: added, changed and removed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, delete, insert, update

from data_access.edits.customers import check_seen, open_contact, open_customer
from data_access.edits.fields import Fields
from data_access.edits.rights import need_customer_right
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.scope import Scope
from data_access.tables import contacts

CONTACT_FIELDS = ("name", "position", "phone", "email", "is_primary")
LONGEST_NAME = 300
LONGEST_POSITION = 120


def add_contact(
    engine: Engine,
    scope: Scope,
    customer_id: int,
    *,
    name: str,
    position: str = "",
    phone: str = "",
    email: str = "",
    is_primary: bool = False,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """One more person of the customer; the primary one takes that from another."""
    said = {
        "name": name, "position": position, "phone": phone, "email": email,
        "is_primary": is_primary,
    }  # fmt: skip
    values = _taken(said)

    def work(edit: Edit) -> Done:
        need_customer_right(edit.scope, edit.action)
        customer = open_customer(edit, customer_id)
        if values["is_primary"]:
            _take_primary_away(edit, customer.customer_id)
        contact_id = edit.connection.scalars(
            insert(contacts)
            .values(customer_id=customer.customer_id, **values)
            .returning(contacts.c.contact_id)
        ).one()
        return Done(values={"customer_id": customer.customer_id, "contact_id": contact_id})

    return carry_out(
        engine, scope, "add_contact", work, request_id=request_id,
        details=(customer_id, values), now=now,
    )  # fmt: skip


def change_contact(
    engine: Engine,
    scope: Scope,
    contact_id: int,
    *,
    values: Mapping[str, Any],
    seen: Mapping[str, Any],
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Sets the fields in `values` (of CONTACT_FIELDS); CustomerChanged where one of them is no
    longer as it was `seen`."""
    wanted = _taken(values)

    def work(edit: Edit) -> Done:
        need_customer_right(edit.scope, edit.action)
        contact = open_contact(edit, contact_id)
        check_seen(contact, wanted, seen, contact.name)
        changed = {name: value for name, value in wanted.items() if getattr(contact, name) != value}
        if not changed:
            fields = Fields()
            fields.refuse(next(iter(wanted), "name"), "unchanged")
            fields.check()
        if changed.get("is_primary"):
            _take_primary_away(edit, contact.customer_id)
        edit.connection.execute(
            update(contacts).where(contacts.c.contact_id == contact.contact_id).values(**changed)
        )
        return Done(values={"customer_id": contact.customer_id, "contact_id": contact.contact_id})

    return carry_out(
        engine, scope, "change_contact", work, request_id=request_id,
        details=(contact_id, wanted, sorted(map(str, seen.items()))), now=now,
    )  # fmt: skip


def remove_contact(
    engine: Engine,
    scope: Scope,
    contact_id: int,
    *,
    seen: Mapping[str, Any],
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Takes the person away, as long as they are as `seen`."""

    def work(edit: Edit) -> Done:
        need_customer_right(edit.scope, edit.action)
        contact = open_contact(edit, contact_id)
        kept = {name: seen[name] for name in CONTACT_FIELDS if name in seen}
        check_seen(contact, kept, kept, contact.name)
        edit.connection.execute(delete(contacts).where(contacts.c.contact_id == contact.contact_id))
        return Done(values={"customer_id": contact.customer_id, "contact_id": contact.contact_id})

    return carry_out(
        engine, scope, "remove_contact", work, request_id=request_id,
        details=(contact_id, sorted(map(str, seen.items()))), now=now,
    )  # fmt: skip


def _taken(values: Mapping[str, Any]) -> dict[str, Any]:
    fields = Fields()
    taken: dict[str, Any] = {}
    for name, value in values.items():
        match name:
            case "name":
                taken[name] = fields.text(name, value, most=LONGEST_NAME, required=True)
            case "position":
                taken[name] = fields.text(name, value, most=LONGEST_POSITION)
            case "phone":
                taken[name] = fields.phone(name, value)
            case "email":
                taken[name] = fields.email(name, value)
            case "is_primary":
                taken[name] = fields.truth(name, value)
            case _:
                fields.refuse(str(name)[:60], "unknown")
    fields.check()
    return taken


def _take_primary_away(edit: Edit, customer_id: int) -> None:
    edit.connection.execute(
        update(contacts)
        .where(contacts.c.customer_id == customer_id, contacts.c.is_primary)
        .values(is_primary=False)
    )
