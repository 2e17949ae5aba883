"""Records what a customer says to being contacted."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Engine, insert, select, update

from data_access.consent import STATES
from data_access.edits.clock import business_time
from data_access.edits.fields import Fields
from data_access.edits.opening import row_id
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import NotFound
from data_access.policy import Role
from data_access.scope import Scope
from data_access.tables import consents, customers, erasures

MAY_RECORD_CONSENT = (Role.ADMIN, Role.MANAGER, Role.SALES_LEAD, Role.SALES_REP, Role.SUPPORT)
LONGEST_PURPOSE = 200
LONGEST_VERSION = 60


def may_record_consent(scope: Scope) -> bool:
    return scope.role in MAY_RECORD_CONSENT


def record_consent(
    engine: Engine,
    scope: Scope,
    customer_id: int,
    *,
    state: str,
    purpose: str,
    decided_on: date | None = None,
    text_version: str = "",
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Adds to the customer's history that they granted, refused or withdrew (`state`) their consent
    to `purpose` on a day up to today, shown the wording `text_version`; the customer's own columns
    say the same. Refused with RightRefused, NotFound or FieldsRefused."""
    details = (customer_id, state, purpose, decided_on, text_version)

    def work(edit: Edit) -> Done:
        return _record(edit, customer_id, state, purpose, decided_on, text_version)

    return carry_out(
        engine, scope, "record_consent", work, request_id=request_id, details=details, now=now
    )


def _record(
    edit: Edit, customer_id: int, state: str, purpose: str, decided_on: date | None, version: str
) -> Done:
    if not may_record_consent(edit.scope):
        raise RightRefused("role")
    known = open_customer(edit, customer_id)
    fields, today = Fields(), business_time(edit).today
    if state not in STATES:
        fields.refuse("state", "unknown")
    words = fields.text("purpose", purpose, most=LONGEST_PURPOSE, required=True)
    text_version = fields.text("text_version", version, most=LONGEST_VERSION)
    day = decided_on or today
    if not isinstance(day, date) or day != day:  # pandas' NaT is not itself
        fields.refuse("decided_on", "no_day")
    elif day > today:
        fields.refuse("decided_on", "too_far", last=today)
    fields.check()
    edit.connection.execute(
        insert(consents).values(
            customer_id=known,
            state=state,
            purpose=words,
            text_version=text_version,
            decided_on=day,
            user_id=edit.scope.user_id,
            recorded_by=edit.scope.name,
            recorded_at=edit.now,
        )
    )
    holds = "granted" if state == "granted" else "refused"
    edit.connection.execute(
        update(customers)
        .where(customers.c.customer_id == known)
        .values(consent=holds, consent_on=day, consent_purpose=words)
    )
    return Done(values={"customer_id": known, "state": state})


def open_customer(edit: Edit, customer_id: int) -> int:
    """The customer, locked; NotFound if there is none, it is not the person's to see, or it was
    erased."""
    visible = edit.scope.visible.customers
    known = row_id(customer_id)
    is_visible = select(visible.c.customer_id).where(visible.c.customer_id == known).exists()
    erased = select(erasures.c.erasure_id).where(erasures.c.customer_id == known).exists()
    statement = select(customers.c.customer_id).where(
        customers.c.customer_id == known, is_visible, ~erased
    )
    found: int | None = edit.connection.scalar(statement.with_for_update(of=customers))
    if found is None:
        raise NotFound("customer")
    return found
