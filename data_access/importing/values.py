"""Turns text into the values of our columns, or says why it cannot: nothing is guessed, and
nothing is cut off."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, SmallInteger, String

from data_access.columns import ExactDecimal
from data_access.importing.formats import Formats
from data_access.importing.moments import to_day, to_moment
from data_access.importing.numbers import to_decimal, to_integer
from data_access.importing.refusals import RowRefused
from data_access.tables import STAGES

MOST_ID = 200
_TRUE = {"true", "t", "yes", "y", "1", "是", "真"}
_FALSE = {"false", "f", "no", "n", "0", "否", "假"}

# what the database's own checks and the pages understand
CHOICES: dict[tuple[str, str], tuple[str, ...]] = {
    ("orders", "stage"): STAGES,
    ("customers", "consent"): ("granted", "refused", "unknown"),
    ("replenishments", "state"): (
        "proposed", "approved", "ordered", "received", "closed", "rejected",
    ),
    ("feedback", "kind"): ("complaint", "suggestion", "review"),
    ("feedback", "state"): ("new", "assigned", "resolved"),
    ("interactions", "kind"): ("call", "enquiry", "visit", "message"),
    ("stock_movements", "kind"): ("opening", "receipt", "shipment", "return", "correction"),
    ("opportunities", "stage"): ("lead", "qualified", "proposal", "won", "lost"),
}  # fmt: skip


Converter = Callable[[str], Any]


def converter(column: Column[Any], formats: Formats) -> Converter:
    """A function from stripped, non-empty text to the column's value; it raises RowRefused."""
    name, kind = column.name, column.type
    choices = CHOICES.get((column.table.name, name))
    if choices:
        return lambda text: _choice(name, text, choices)
    if name == "currency":
        return lambda text: _currency(name, text)
    if isinstance(kind, ExactDecimal):
        share = name.endswith("_rate") or name == "probability"
        return lambda text: to_decimal(name, text, kind, formats, share)
    if isinstance(kind, Boolean):
        return lambda text: _truth(name, text)
    if isinstance(kind, Integer):
        most = 2**15 if isinstance(kind, SmallInteger) else 2**31
        return lambda text: to_integer(name, text, most, formats)
    if isinstance(kind, DateTime):
        return lambda text: to_moment(name, text, formats)
    if isinstance(kind, Date):
        return lambda text: to_day(name, text, formats)
    if isinstance(kind, String):
        return lambda text: _text(name, text, kind.length)
    raise TypeError(f"no conversion for {column}")


def to_id(text: str | None) -> str | None:
    """An identity as text: trimmed, 17850 for 17850.0; leading zeros and all digits are kept."""
    if text and text.isascii() and text.isalnum() and len(text) <= MOST_ID:
        return text
    text = text.strip() if text else ""
    if not text:
        return None
    if text.endswith(".0") and text[:-2].isascii() and text[:-2].isdigit():
        text = text[:-2]
    if _SHORTENED.fullmatch(text):
        raise RowRefused("shortened_id", value=text)
    if len(text) > MOST_ID:
        raise RowRefused("long_id", most=MOST_ID)
    check_text(text)
    return text


_SHORTENED = re.compile(r"[0-9](\.[0-9]+)?[eE]\+[0-9]{2,3}")


def check_text(text: str) -> None:
    """Refuses what PostgreSQL or UTF-8 cannot hold."""
    if "\0" in text or _SURROGATE.search(text):
        raise RowRefused("not_text")


_SURROGATE = re.compile("[\ud800-\udfff]")


def _truth(column: str, text: str) -> bool:
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    plain = plain[:-2] if plain in ("1.0", "0.0") else plain
    if plain not in _TRUE and plain not in _FALSE:
        raise RowRefused("no_truth", column=column, value=text[:40])
    return plain in _TRUE


def _choice(column: str, text: str, choices: tuple[str, ...]) -> str:
    plain = text.strip().casefold()
    if plain not in choices:
        raise RowRefused("not_one_of", column=column, names=", ".join(choices), value=text[:40])
    return plain


def _currency(column: str, text: str) -> str:
    plain = text.strip().upper()
    if not re.fullmatch("[A-Z]{3}", plain):
        raise RowRefused("no_currency", column=column, value=text[:40])
    return plain


def _text(column: str, text: str, length: int | None) -> str:
    check_text(text)
    if length is not None and len(text) > length:
        raise RowRefused("too_long", column=column, most=length)
    return text
