"""The fields of the dialogs in which people act on an order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.reads import read
from dashboard.refusals import field_note
from dashboard.texts import N_, _, language, plain
from dashboard.vocabulary import WORDS, in_words
from data_access.edits.returning import ReturnedLine
from data_access.errors import Refused
from data_access.new_order import list_owners
from data_access.scope import Scope

Kind = Literal[
    "text", "area", "day", "money", "count", "percent", "words", "owner", "line", "switch", "came"
]

WIDE: tuple[Kind, ...] = ("area", "came", "line")  # need the whole width of a dialog


@dataclass(frozen=True)
class Subject:
    """The order that a dialog is about, and its lines as they are now."""

    order: Mapping[str, Any]
    lines: list[Any]  # rows of `list_order_lines`
    as_of: date

    def line(self, line_id: Any) -> Any:
        return next((line for line in self.lines if line.line_id == line_id), None)

    @property
    def first_line(self) -> Any:
        return next(iter(self.lines), None)


def _empty(_subject: Subject) -> Any:
    return None


@dataclass(frozen=True)
class Field:
    """One argument of a command and how it is asked for."""

    name: str
    label: str  # a msgid
    kind: Kind
    initial: Callable[[Subject], Any] = _empty
    stored: str = ""  # the `table.column` it changes
    words: str = ""  # the column of the vocabulary it chooses from
    required: bool = True


CARRIER = Field("carrier", N_("Carrier"), "words", words="shipments.carrier")
TRACKING = Field("tracking_number", N_("Tracking number"), "text")
METHOD = Field("method", N_("Method"), "words", words="payments.method")
REFERENCE = Field("reference", N_("Reference"), "text", required=False)
LINE = Field("line_id", N_("Product"), "line", lambda subject: _of(subject.first_line, "line_id"))
LINES = Field("lines", N_("What came back"), "came")


def _of(row: Any, name: str) -> Any:
    return getattr(row, name, None)


def key_of(action: str, name: str) -> str:
    return f"edit_{action}_{name}"


def fill(action: str, fields: tuple[Field, ...], subject: Subject) -> None:
    """For callbacks: every field as it is before anybody types."""
    for each in fields:
        st.session_state[key_of(action, each.name)] = each.initial(subject)
        if each.kind == "came":
            for line in subject.lines:
                st.session_state[key_of(action, f"came_{line.line_id}")] = 0
                st.session_state[key_of(action, f"back_{line.line_id}")] = True


def draw_field(
    scope: Scope, action: str, each: Field, subject: Subject, refusal: Refused | None
) -> None:
    """The field, and below it what is wrong with it."""
    if each.kind == "came":
        _draw_came(action, subject, refusal)
    else:
        _draw(scope, action, each, subject)
    field_note(refusal, each.name)


def _draw(scope: Scope, action: str, each: Field, subject: Subject) -> None:
    key, label = key_of(action, each.name), _(each.label)
    if not each.required:
        label = _("{field} (optional)", field=label)
    currency = subject.order["currency"]
    match each.kind:
        case "text":
            st.text_input(label, key=key)
        case "area":
            st.text_area(label, key=key, height=96)
        case "day":
            st.date_input(label, key=key, format="YYYY-MM-DD", min_value=date(1970, 1, 1),
                          max_value=date(2100, 1, 1))  # fmt: skip
        case "money":
            shown = f"{label} ({formats.symbol(currency)})"
            st.number_input(shown, key=key, value=None, step=1.0, format="%.2f")
        case "count":
            st.number_input(label, key=key, value=None, step=1)
        case "percent":
            st.number_input(f"{label} (%)", key=key, value=None, step=1.0, format="%.2f")
        case "words":
            st.selectbox(
                label, list(WORDS[each.words]), key=key, index=None, accept_new_options=True,
                format_func=lambda value: in_words(each.words, value),
                placeholder=_("Choose, or type another one"),
            )  # fmt: skip
        case "owner":
            names = owner_names(scope, subject.as_of)
            st.selectbox(label, list(names), key=key, index=None, format_func=names.get)  # type: ignore[arg-type]
        case "line":
            _draw_line(action, label, subject)
        case "switch":
            st.checkbox(label, key=key)


def owner_names(scope: Scope, as_of: date) -> dict[int, str]:
    """owner_id → name of those to whom an order may be given."""
    found = read(list_owners, scope, as_of, language(), engine="record")
    return dict(zip(found["owner_id"], found["name"], strict=True))


def _draw_line(action: str, label: str, subject: Subject) -> None:
    names = {line.line_id: f"{line.product} ({line.sku})" for line in subject.lines}

    def take_over() -> None:
        """The fields start again from what the chosen line is now."""
        line = subject.line(st.session_state[key_of(action, "line_id")])
        for name, value in (("quantity", quantity_of(line)), ("discount_rate", discount_of(line))):
            if key_of(action, name) in st.session_state:
                st.session_state[key_of(action, name)] = value

    st.selectbox(
        label, list(names), key=key_of(action, "line_id"), format_func=lambda line: names[line],
        on_change=take_over, disabled=len(names) < 2,
    )  # fmt: skip


def quantity_of(line: Any) -> int | None:
    return None if line is None else int(line.quantity)


def discount_of(line: Any) -> float | None:
    rate = _of(line, "discount_rate")
    return None if rate is None or pd.isna(rate) else float(rate) * 100


def _draw_came(action: str, subject: Subject, refusal: Refused | None) -> None:
    """A row for each line of which the customer has something."""
    place = 0
    for line in _kept(subject):
        kept = int(line.quantity - line.returned_quantity)
        name, count, back = st.columns([5, 3, 3], vertical_alignment="center", gap="small")
        name.markdown(f"{plain(line.product)}  \n:small[:gray[{plain(line.sku)}]]")
        with count:
            came = st.number_input(
                _("Came back, of {kept}", kept=kept), key=key_of(action, f"came_{line.line_id}"),
                min_value=0, step=1,
            )  # fmt: skip
        back.checkbox(_("Back in stock"), key=key_of(action, f"back_{line.line_id}"))
        if came:
            field_note(refusal, f"lines.{place}.quantity")
            field_note(refusal, f"lines.{place}.line_id")
            place += 1


def _kept(subject: Subject) -> list[Any]:
    return [line for line in subject.lines if line.quantity > line.returned_quantity]


def argument(action: str, each: Field, subject: Subject) -> Any:
    """What the command is given for the field: what stands in it, of the kind the command takes.
    Whether it is any good is the command's to say."""
    if each.kind == "came":
        return _came(action, subject)
    value = st.session_state.get(key_of(action, each.name))
    match each.kind:
        case "money" if value is not None:
            return Decimal(str(value))
        case "percent" if value is not None:
            return Decimal(str(value)) / 100
        case "text" | "area" | "words":
            return value or ""
        case "switch":
            return bool(value)
    return value


def _came(action: str, subject: Subject) -> tuple[ReturnedLine, ...]:
    said = [
        (
            int(line.line_id),
            st.session_state.get(key_of(action, f"came_{line.line_id}")) or 0,
            st.session_state.get(key_of(action, f"back_{line.line_id}"), True),
        )
        for line in _kept(subject)
    ]
    return tuple(ReturnedLine(line_id, count, bool(back)) for line_id, count, back in said if count)


def in_field(each: Field, value: Any, currency: str | None, names: Mapping[int, str]) -> str:
    """The argument as a person reads it."""
    match each.kind:
        case "money":
            return formats.money(value, currency)
        case "percent":
            return formats.rate(value)
        case "count":
            return formats.number(value)
        case "day":
            return formats.day(value)
        case "words":
            return in_words(each.words, value)
        case "owner":
            return names.get(value, formats.MISSING)
        case "switch":
            return _("Yes") if value else _("No")
    return str(value or formats.MISSING)
