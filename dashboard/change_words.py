"""The log in words: the rows that one edit wrote are one entry, told as people would tell it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.filters import STAGE_NAMES
from dashboard.menu import ROLE_NAMES
from dashboard.texts import _, plain
from dashboard.vocabulary import FIELD_NAMES, TABLE_NAMES, WORDS, action_in_words, in_words
from data_access.policy import Role
from data_access.row_images import Difference
from data_access.sealing import is_sealed

SYSTEM = "system"  # the actor of what was written outside of the app
# table → what is said by its other fields, or worked out: only in the details
_FOLLOWS = {
    "orders": (
        "ordered_at", "confirmed_at", "processing_at", "shipped_at", "completed_at", "cancelled_at",
        "returned_at", "ordered_on", "confirmed_on", "shipped_on", "completed_on", "cancelled_on",
        "due_on", "units", "returned_units", "gross_sales", "returns_value", "net_sales", "cost",
        "paid", "cancel_reason",
    ),
    "order_lines": ("net_sales",),
    "payments": ("currency", "paid_at", "paid_on"),
    "shipments": ("warehouse_id", "shipped_at"),
    "returns": ("state", "returned_at", "returned_on"),
    "customers": ("consent_on", "consent_purpose", "created_at"),
    "consents": ("text_version", "decided_on", "recorded_by", "recorded_at"),
    "interactions": ("happened_at",),
    "replenishments": ("requested_by", "decided_by", "decided_at", "ordered_by", "received_by",
                       "closed_by", "closed_at"),
    "reminders": ("product_id", "recorded_at"),
    "call_marks": ("product_id", "week_on", "marked_at"),
    "call_capacities": ("changed_at",),
    "campaign_trials": ("definition", "user_id", "created_at", "changed_at"),
    "anomaly_notes": ("currency", "about", "is_of_all", "employee_id", "author", "written_at"),
    "allocations": ("promised_weight", "margin_weight", "value_weight", "allocated_at"),
    "alert_answers": ("author", "made_at"),
    "messages": ("cause", "customer_id", "employee_id", "user_id", "rights", "language", "body",
                 "made_at", "attempts", "next_try_at", "sent_at"),
}  # fmt: skip
_TOLD_TABLES = ("orders", "order_lines", "payments", "shipments", "returns", "stage_rules",
                "discount_limits", "customers", "contacts", "interactions", "consents",
                "reminders", "exports", "messages", "calendar_events", "properties",
                "anomaly_notes", "allocations", "alert_answers", "call_marks",
                "call_capacities", "campaign_trials")  # fmt: skip
_NEW_UNTOLD = ("orders", "messages")  # that there is a new one says all
# table → a field that its rows never lack
_ALWAYS = {
    "orders": "order_number",
    "order_lines": "quantity",
    "payments": "amount",
    "stock": "on_hand",
    "stock_movements": "quantity",
    "shipments": "shipped_at",
    "returns": "quantity",
    "replenishments": "quantity",
    "comments": "text",
    "stage_rules": "stage",
    "discount_limits": "role",
    "customers": "name",
    "contacts": "name",
    "interactions": "kind",
    "consents": "state",
    "reminders": "cause",
    "messages": "kind",
    "calendar_events": "name",
    "anomaly_notes": "note",
    "allocations": "quantity",
    "alert_answers": "kind",
    "call_marks": "mark",
    "call_capacities": "calls_a_week",
    "campaign_trials": "within_days",
}
_RATES = ("discount_rate", "max_rate", "held_out_rate")
_LONGEST = 160  # characters of a value
MOST_TOLD = 4


@dataclass(frozen=True)
class RowChange:
    """What an edit did to one row."""

    table_name: str
    about: str  # the product and the warehouse, or the customer, of the row, where it has them
    differences: tuple[Difference, ...]

    @property
    def is_new(self) -> bool:
        return self._whole_row(each.before for each in self.differences)

    @property
    def is_gone(self) -> bool:
        return self._whole_row(each.after for each in self.differences)

    def _whole_row(self, other_side: Iterable[Any]) -> bool:
        """Nothing stands on the other side, not even what every such row has."""
        has_all = _ALWAYS.get(self.table_name) in {each.field for each in self.differences}
        return has_all and all(value is None for value in other_side)


@dataclass(frozen=True)
class Entry:
    """One edit in the log."""

    audit_id: int  # of its newest row
    happened_at: datetime
    person: str
    action: str
    reason: str
    order_numbers: tuple[str, ...]
    request_id: str | None
    undoes: str | None
    undone_by: str | None
    rows: tuple[RowChange, ...]


def entries_of(changes: pd.DataFrame) -> list[Entry]:
    """The entries of a page of `list_changes`, in its order."""
    groups: list[list[Any]] = []
    for row in changes.itertuples():
        if groups and _edit_of(groups[-1][0]) == _edit_of(row):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [_entry(rows) for rows in groups]


def _edit_of(row: Any) -> tuple[Any, ...]:
    """What the rows of one edit have in common; outside of the app, of one second."""
    return (row.request_id or None, row.happened_at.floor("s"), row.actor, row.action)


def _entry(rows: list[Any]) -> Entry:
    newest, oldest_first = rows[0], rows[::-1]
    numbers = (row.order_number for row in oldest_first if row.order_number)
    return Entry(
        audit_id=int(newest.audit_id),
        happened_at=newest.happened_at,
        person=newest.actor_name or (_("Outside of the app") if newest.actor == SYSTEM
                                     else newest.actor),
        action=newest.action,
        reason=newest.reason or "",
        order_numbers=tuple(dict.fromkeys(numbers)),
        request_id=newest.request_id or None,
        undoes=newest.undoes or None,
        undone_by=newest.undone_by or None,
        rows=tuple(
            RowChange(
                row.table_name,
                " · ".join(filter(None, (row.product, row.warehouse, row.customer))),
                tuple(row.changes),
            )
            for row in oldest_first
        ),
    )  # fmt: skip


def headline(entry: Entry) -> str:
    """Markdown: who did what."""
    known = "orders.cancel_reason" if entry.action == "cancel_order" else "audit.reason"
    reason = in_words(known, entry.reason)
    why = f" :gray[“{plain(reason)}”]" if reason else ""
    return f"**{plain(entry.person)}** {plain(action_in_words(entry.action))}{why}"


def told_changes(entry: Entry, most: int = MOST_TOLD) -> str:
    """Markdown: the changes that say most, in one line."""
    told = [
        _told(row, each)
        for row in sorted(entry.rows, key=lambda row: row.table_name != "orders")
        if row.table_name in _TOLD_TABLES and not (row.table_name in _NEW_UNTOLD and row.is_new)
        for each in shown_differences(row)
        if each.field not in _FOLLOWS.get(row.table_name, ())
    ]
    more = [f"+{len(told) - most}"] if len(told) > most else []
    return " · ".join([*told[:most], *more])


def shown_differences(row: RowChange) -> list[Difference]:
    """Those that a person can read: no identities of rows; of a new row, only what it has."""
    return [
        each
        for each in row.differences
        if each.field in FIELD_NAMES and not (each.before is None and each.after is None)
    ]


def _told(row: RowChange, each: Difference) -> str:
    name = plain(field_name(each.field, row.table_name))
    if row.table_name == "order_lines" and row.about:
        name = _("{field} of {product}", field=name, product=plain(row.about))
    before, after = (plain(value_told(row.table_name, each.field, value)) for value in each[1:])
    if each.before is None:
        return _("{field}: {after}", field=name, after=after)
    return _("{field}: {before} → {after}", field=name, before=before, after=after)


def field_name(field: str, table: str = "") -> str:
    return _(FIELD_NAMES.get(f"{table}.{field}") or FIELD_NAMES.get(field, field))


def table_name(name: str) -> str:
    return _(TABLE_NAMES.get(name, name))


def value_told(table: str, field: str, value: Any) -> str:
    """The value as people write it: words in their language, money and days as everywhere."""
    if value is None or value == "":
        return formats.MISSING
    if is_sealed(value):
        return _("(erased)")
    match value:
        case bool():
            return _("Yes") if value else _("No")
        case Decimal():
            return formats.rate(value) if field in _RATES else formats.number(value, 2)
        case datetime():
            return formats.moment(value)
        case date():
            return formats.day(value)
        case int():
            return formats.number(value)
    text = str(value)
    if field == "stage" and text in STAGE_NAMES:
        return _(STAGE_NAMES[text])
    if field in ("owner_role", "role") and text in set(Role):
        return _(ROLE_NAMES[Role(text)])
    if f"{table}.{field}" in WORDS:
        return in_words(f"{table}.{field}", text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
