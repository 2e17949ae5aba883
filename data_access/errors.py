"""Refusals, worded for the person. `message` is a gettext msgid; `values` fill its {names}."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar


class Refused(Exception):  # noqa: N818  a refusal is an answer, not a fault
    """Something was not done. The page shows `_(error.message).format(**error.values)`."""

    messages: ClassVar[dict[str, str]] = {}

    def __init__(self, reason: str, **values: object) -> None:
        self.reason, self.values = reason, values
        self.message = self.messages[reason]
        super().__init__(self.message.format(**values))


class EditRefused(Refused):
    """A command was not carried out; nothing was written."""


class NotSaved(EditRefused):
    """Nothing is wrong with the order: the request itself or the database did not allow it."""

    messages: ClassVar[dict[str, str]] = {
        "busy": "Somebody else is saving just now. Nothing was changed; please try again.",
        "unreachable": (
            "The database does not answer, so it is not certain that this was saved. Please try"
            " again: nothing is done twice."
        ),
        "value": "A value is too large or cannot be stored. Nothing was changed.",
        "reason": "A reason has at most {most} characters. Nothing was changed.",
        "request": "This form is no longer valid. Load the page again.",
        "request_reused": "This form was already used for another change. Load the page again.",
        "rights": "Your rights have changed meanwhile. Load the page again.",
    }


class StaleVersion(EditRefused):
    """Somebody changed the order after the person read it. `changes` are the fields that changed
    since, as far as the person may read them, newest first."""

    messages: ClassVar[dict[str, str]] = {
        "changed": "Order {number} was changed since you opened it.",
        "changed_by": "{people} changed order {number} since you opened it.",
    }

    def __init__(
        self, number: str, version: int, people: Sequence[str], changes: Sequence[OrderChange]
    ) -> None:
        self.version, self.changes = version, tuple(changes)
        if people:
            super().__init__("changed_by", number=number, people=", ".join(people))
        else:
            super().__init__("changed", number=number)


@dataclass(frozen=True)
class OrderChange:
    """One field of an order, or of a row that belongs to it, before and after a change."""

    table_name: str
    row_id: int | None
    field: str
    before: Any
    after: Any
    person: str  # who did it, by name
    action: str
    happened_at: datetime


@dataclass(frozen=True)
class FieldChange:
    """A field that two people changed: as the person saw it, as it is now, as they want it."""

    field: str
    seen: Any
    theirs: Any
    mine: Any


class CustomerChanged(EditRefused):
    """Somebody changed the customer, or the contact, in the same fields after the person read
    it."""

    messages: ClassVar[dict[str, str]] = {
        "changed": "{name} was changed since you opened it. Nothing was saved.",
    }

    def __init__(self, name: str, changes: Sequence[FieldChange]) -> None:
        self.changes = tuple(changes)
        super().__init__("changed", name=name)


class DatabaseUnfit(Refused):
    """The database cannot be used by this version of OrderScope."""

    messages: ClassVar[dict[str, str]] = {
        "newer_schema": "The database was made by a newer OrderScope. Upgrade OrderScope first.",
        "older_schema": "The database was made by an older OrderScope. Start OrderScope once.",
        "no_schema": "This is not a database of OrderScope.",
    }


class NotFound(Refused):
    """There is no such row, or not for this person; nobody can tell which."""

    messages: ClassVar[dict[str, str]] = {
        "order": "There is no order {number}, or it is not yours to see.",
        "this_order": "There is no such order, or it is not yours to see.",
        "customer": "There is no such customer, or it is not yours to see.",
        "forecast": "There is no such forecast, or it is not yours to see.",
        "coupon": "The coupon {code} cannot be used today.",
    }
