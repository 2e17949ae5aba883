"""Logs what was spoken with a customer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, insert, select

from data_access.dialects import ZONE
from data_access.edits.clock import business_time
from data_access.edits.customers import open_customer
from data_access.edits.fields import LONGEST_TEXT, Fields
from data_access.edits.rights import need_customer_right
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.scope import Scope
from data_access.tables import interactions, properties

INTERACTION_KINDS = ("call", "enquiry", "visit", "message")
LONGEST_SUBJECT = 300
LONGEST_AGO_DAYS = 730


def log_interaction(
    engine: Engine,
    scope: Scope,
    customer_id: int,
    *,
    kind: str,
    subject: str,
    note: str = "",
    happened_at: datetime | None = None,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """A call, an enquiry, a visit or a message. `happened_at` is what the clock at the company
    showed (None: now), not in the future and at most two years ago."""
    fields = Fields()
    if kind not in INTERACTION_KINDS:
        fields.refuse("kind", "unknown")
    about = fields.text("subject", subject, most=LONGEST_SUBJECT, required=True)
    words = fields.text("note", note, most=LONGEST_TEXT, one_line=False)
    if happened_at is not None and not _is_moment(happened_at):
        fields.refuse("happened_at", "no_day")
    fields.check()

    def work(edit: Edit) -> Done:
        need_customer_right(edit.scope, edit.action)
        customer = open_customer(edit, customer_id)
        interaction_id = edit.connection.scalars(
            insert(interactions)
            .values(
                customer_id=customer.customer_id,
                employee_id=edit.scope.employee_id,
                kind=str(kind),
                subject=about,
                note=words,
                happened_at=_moment(edit, happened_at),
            )
            .returning(interactions.c.interaction_id)
        ).one()
        return Done(values={"customer_id": customer.customer_id, "interaction_id": interaction_id})

    return carry_out(
        engine, scope, "log_interaction", work, request_id=request_id,
        details=(customer_id, kind, about, words, happened_at), now=now,
    )  # fmt: skip


def _is_moment(value: Any) -> bool:
    return isinstance(value, datetime) and value == value and value.tzinfo is None


def _moment(edit: Edit, said: datetime | None) -> datetime:
    """In UTC; FieldsRefused at `happened_at` where it cannot have been."""
    time, fields = business_time(edit), Fields()
    if said is None:
        return time.at
    first = time.today - timedelta(days=LONGEST_AGO_DAYS)
    if said.date() < first:
        fields.refuse("happened_at", "day_passed", first=first)
        fields.check()
    zone = edit.connection.scalar(
        select(properties.c.value).where(properties.c.name == "time_zone")
    )
    moment = said.replace(tzinfo=ZoneInfo(zone or ZONE)).astimezone(UTC).replace(tzinfo=None)
    if moment > time.at + timedelta(minutes=1):  # the minute that is being written
        fields.refuse("happened_at", "to_come")
        fields.check()
    return moment
