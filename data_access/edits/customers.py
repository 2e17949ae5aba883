"""Changes a customer: the fields that the role may change, as the person saw them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from operator import index
from typing import Any

from sqlalchemy import Engine, Row, Table, select, update

from data_access.edits.clock import business_time
from data_access.edits.fields import MOST_ID, Fields
from data_access.edits.rights import CUSTOMER_FIELDS, customer_fields, need_customer_right
from data_access.edits.terms import LONGEST_ADDRESS, may_own
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import CustomerChanged, FieldChange, NotFound
from data_access.scope import Scope
from data_access.tables import contacts, customers

_Take = Callable[[Edit, Fields, str, Any], Any]
CUSTOMER_TYPES = ("company", "person")
_LONGEST = {"name": 300, "name_zh": 300, "industry": 80, "grade": 10, "source": 80, "city": 120,
            "country": 80}  # fmt: skip


def change_customer(
    engine: Engine,
    scope: Scope,
    customer_id: int,
    *,
    values: Mapping[str, Any],
    seen: Mapping[str, Any],
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Sets the fields in `values`; `seen` has what stood in them when the person began. Refused
    with NotFound, RightRefused, FieldsRefused, or CustomerChanged where another has changed one of
    these fields meanwhile."""

    def work(edit: Edit) -> Done:
        need_customer_right(edit.scope, edit.action)
        customer = open_customer(edit, customer_id)
        wanted = _taken(edit, values)
        check_seen(customer, wanted, seen, customer.name)
        changed = {
            name: value for name, value in wanted.items() if getattr(customer, name) != value
        }
        if not changed:
            fields = Fields()
            fields.refuse(next(iter(wanted), "name"), "unchanged")
            fields.check()
        edit.connection.execute(
            update(customers)
            .where(customers.c.customer_id == customer.customer_id)
            .values(**changed)
        )
        return Done(values={"customer_id": customer.customer_id, "fields": sorted(changed)})

    return carry_out(
        engine, scope, "change_customer", work, request_id=request_id,
        details=(customer_id, sorted(map(str, values.items())), sorted(map(str, seen.items()))),
        now=now,
    )  # fmt: skip


def open_customer(edit: Edit, customer_id: Any) -> Row[Any]:
    """The customer as stored, locked. NotFound where there is none or it is not theirs to see."""
    visible = edit.scope.visible.customers
    return _open(edit, customers, "customer_id", customer_id, visible)


def open_contact(edit: Edit, contact_id: Any) -> Row[Any]:
    """The contact as stored, locked, of a customer whom the person sees; NotFound as above."""
    return _open(edit, contacts, "contact_id", contact_id, edit.scope.visible.contacts)


def _open(edit: Edit, table: Table, key: str, value: Any, visible: Any) -> Row[Any]:
    row_id = _identity(value)
    is_visible = select(visible.c[key]).where(visible.c[key] == row_id).exists()
    statement = select(table).where(table.c[key] == row_id, is_visible)
    row = edit.connection.execute(statement.with_for_update(of=table)).one_or_none()
    if row is None:
        raise NotFound("customer")
    return row


def _identity(value: Any) -> int:
    try:
        number = index(value)
    except TypeError:
        number = 0
    if not 0 < number <= MOST_ID:
        raise NotFound("customer")
    return number


def check_seen(
    row: Row[Any], wanted: Mapping[str, Any], seen: Mapping[str, Any], name: str
) -> None:
    """CustomerChanged where a field is no longer as the person saw it, nor as they want it."""
    changes = [
        FieldChange(field, seen.get(field), getattr(row, field), value)
        for field, value in wanted.items()
        if _plain(getattr(row, field)) not in (_plain(seen.get(field)), _plain(value))
    ]
    if changes:
        raise CustomerChanged(name, changes)


def _plain(value: Any) -> Any:
    """Nothing, however it is said, is nothing; a moment at a day is the day."""
    if value is None or value != value or value == "":
        return None
    return value.date() if isinstance(value, datetime) else value


def _taken(edit: Edit, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are written; FieldsRefused names each that is wrong, or not for the
    role."""
    fields, allowed = Fields(), customer_fields(edit.scope)
    wanted: dict[str, Any] = {}
    for name, value in values.items():
        if name not in CUSTOMER_FIELDS:
            fields.refuse(str(name)[:60], "unknown")
        elif name not in allowed:
            fields.refuse(name, "not_yours")
        else:
            take: _Take = _TAKE.get(name, _text)
            wanted[name] = take(edit, fields, name, value)
    fields.check()
    return wanted


def _text(_edit: Edit, fields: Fields, name: str, value: Any) -> str | None:
    return fields.text(name, value, most=_LONGEST[name], required=name == "name")


def _address(_edit: Edit, fields: Fields, name: str, value: Any) -> str | None:
    return fields.text(name, value, most=LONGEST_ADDRESS, one_line=False)


def _phone(_edit: Edit, fields: Fields, name: str, value: Any) -> str | None:
    return fields.phone(name, value)


def _email(_edit: Edit, fields: Fields, name: str, value: Any) -> str | None:
    return fields.email(name, value)


def _born_on(edit: Edit, fields: Fields, name: str, value: Any) -> date | None:
    return fields.past_day(name, value, last=business_time(edit).today)


def _type(_edit: Edit, fields: Fields, name: str, value: Any) -> str | None:
    if value is not None and value not in CUSTOMER_TYPES:
        fields.refuse(name, "unknown")
    return value if isinstance(value, str) else None


def _owner(edit: Edit, fields: Fields, name: str, value: Any) -> int:
    chosen = fields.id(name, value)
    if name not in fields.refused and not may_own(edit, chosen):
        fields.refuse(name, "unknown")
    return chosen


def _region(edit: Edit, fields: Fields, name: str, value: Any) -> int:
    chosen = fields.id(name, value)
    regions = edit.scope.visible.regions.c.region_id
    statement = select(regions).where(regions == chosen)
    if name not in fields.refused and edit.connection.scalar(statement) is None:
        fields.refuse(name, "unknown")
    return chosen


_TAKE: Mapping[str, _Take] = {
    "address": _address,
    "phone": _phone,
    "email": _email,
    "born_on": _born_on,
    "customer_type": _type,
    "owner_id": _owner,
    "region_id": _region,
}
