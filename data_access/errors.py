"""Refusals, worded for the person. `message` is a gettext msgid; `values` fill its {names}."""

from __future__ import annotations

from typing import ClassVar


class Refused(Exception):  # noqa: N818  a refusal is an answer, not a fault
    """Something was not done. The page shows `_(error.message).format(**error.values)`."""

    messages: ClassVar[dict[str, str]] = {}

    def __init__(self, reason: str, **values: object) -> None:
        self.reason, self.values = reason, values
        self.message = self.messages[reason]
        super().__init__(self.message.format(**values))


class EditRefused(Refused):
    """A command was not carried out; nothing was written."""


class DatabaseUnfit(Refused):
    """The database cannot be used by this version of OrderScope."""

    messages: ClassVar[dict[str, str]] = {
        "newer_schema": "The database was made by a newer OrderScope. Upgrade OrderScope first.",
    }


class NotFound(Refused):
    """There is no such row, or not for this person; nobody can tell which."""

    messages: ClassVar[dict[str, str]] = {
        "order": "There is no order {number}, or it is not yours to see.",
    }
