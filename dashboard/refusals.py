"""How a refusal reads: one sentence where it concerns the whole, a note at the field where not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.texts import _, plain
from data_access.edits.fields import FieldsRefused
from data_access.errors import Refused


def sentence(refusal: Refused) -> str:
    """In the person's language, as Markdown: what others have written stands as they wrote it."""
    return _(refusal.message, **{name: _said(value) for name, value in refusal.values.items()})


def as_text(refusal: Refused) -> str:
    """The same without Markdown, for the cell of a table."""
    return _(refusal.message, **{name: _said(value, str) for name, value in refusal.values.items()})


def refused_fields(refusal: Refused | None) -> Mapping[str, Refused]:
    """The refusals by field; none where something else was refused."""
    return refusal.fields if isinstance(refusal, FieldsRefused) else {}


def field_note(refusal: Refused | None, name: str) -> None:
    """What is wrong with the field, right below it."""
    found = refused_fields(refusal).get(name)
    if found is not None:
        st.markdown(f":red[:material/error: {sentence(found)}]", width="stretch")


def show_refusal(refusal: Refused | None) -> None:
    """The sentence above the button that was clicked."""
    if refusal is not None:
        st.error(sentence(refusal), icon=":material/block:")


def _said(value: Any, written: Callable[[object], str] = plain) -> str:
    if isinstance(value, date):
        return formats.day(value)
    if isinstance(value, Decimal):
        return formats.number(value, 0 if value == value.to_integral_value() else 2)
    if isinstance(value, int):
        return formats.number(value)
    return written(value)
