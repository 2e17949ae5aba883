"""Turns text into the values of our columns, or says why it cannot: nothing is guessed, and
nothing is cut off."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, SmallInteger, String

from data_access.columns import ExactDecimal
from data_access.importing.refusals import RowRefused
from data_access.tables import STAGES

MOST_ID = 200
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_SERIAL_DAYS = range(10_000, 109_575)  # 1927-05-18 to 2200-01-01: fewer digits may be a year
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


@dataclass(frozen=True)
class Formats:
    """How the source writes numbers, days and moments."""

    decimal_comma: bool = False
    date_order: str | None = None  # "dmy" or "mdy", for days such as 3/4/2025
    dates_1904: bool = False  # serial numbers of an old Macintosh workbook
    zone: ZoneInfo | None = None  # of moments without an offset; None: UTC
    business_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Shanghai"))


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
        return lambda text: _decimal(name, text, kind, formats, share)
    if isinstance(kind, Boolean):
        return lambda text: _truth(name, text)
    if isinstance(kind, Integer):
        most = 2**15 if isinstance(kind, SmallInteger) else 2**31
        return lambda text: _integer(name, text, most, formats)
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


def business_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.replace(tzinfo=UTC).astimezone(zone).date()


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The UTC moment at which the business day begins."""
    return _utc(datetime.combine(day, time(), tzinfo=zone))


def to_day(column: str, text: str, formats: Formats) -> date:
    """A day. Midnight without an offset is how a database writes a day and keeps it; any other
    moment is the business day it falls on."""
    found = _moment(column, text, formats, "no_day")
    if isinstance(found, datetime):
        if found.tzinfo is None and found.time() == time():
            return found.date()
        return business_day(_stored(found, formats), formats.business_zone)
    return found


def to_moment(column: str, text: str, formats: Formats) -> datetime:
    """A UTC moment without offset. A day alone is the moment at which that business day begins."""
    found = _moment(column, text, formats, "no_moment")
    if isinstance(found, datetime):
        return _stored(found, formats)
    return start_of_day(found, formats.business_zone)


def _stored(moment: datetime, formats: Formats) -> datetime:
    return _utc(moment if moment.tzinfo else moment.replace(tzinfo=formats.zone or UTC))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


_DAY = re.compile(r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日)")
_COMPACT_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_OTHER_DAY = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")
_TIME = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?\s*(AM|PM)?"
    r"\s*(Z|UTC|[+-][0-9]{2}(?::?[0-9]{2})?)?",
    re.IGNORECASE,
)
_SERIAL = re.compile(r"([0-9]{5,6})(\.[0-9]+)?")


def _moment(column: str, text: str, formats: Formats, reason: str) -> date | datetime:
    plain = unicodedata.normalize("NFKC", text).strip()
    try:
        found = _written_moment(column, plain, formats) or _serial_moment(plain, formats)
    except (ValueError, OverflowError) as error:
        raise RowRefused(reason, column=column, value=text[:40]) from error
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise RowRefused(reason, column=column, value=text[:40])
    return found


def _written_moment(column: str, text: str, formats: Formats) -> date | datetime | None:
    for pattern in (_DAY, _COMPACT_DAY, _OTHER_DAY):
        match = pattern.match(text)
        if not match:
            continue
        rest = text[match.end() :]
        if rest and rest[0] not in " T":
            continue
        day = _day_of(column, text, match, formats)
        rest = rest[1:].strip()
        return _with_time(day, rest) if rest else day
    return None


def _day_of(column: str, text: str, match: re.Match[str], formats: Formats) -> date:
    if match.re is not _OTHER_DAY:
        parts = [int(part) for part in match.groups() if part and part.isdigit()]
        return date(parts[0], parts[1], parts[2])
    first, second, year = (int(part) for part in match.groups())
    order = formats.date_order or ("dmy" if first > 12 else "mdy" if second > 12 else None)
    if order is None and first != second:
        raise RowRefused("ambiguous_day", column=column, value=text[:40])
    return date(year, second, first) if order == "dmy" else date(year, first, second)


def _with_time(day: date, text: str) -> datetime:
    match = _TIME.fullmatch(text)
    if not match:
        raise ValueError(text)
    hour, minute, second, fraction, half, offset = match.groups()
    hours = int(hour)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError(text)
        hours = hours % 12 + (12 if half.upper() == "PM" else 0)
    micro = int((fraction or "0").ljust(9, "0")[:6])  # nanoseconds are cut to microseconds
    moment = datetime.combine(day, time(hours, int(minute), int(second or 0), micro))
    return moment.replace(tzinfo=_offset(offset)) if offset else moment


def _offset(text: str) -> timezone:
    if text.upper() in ("Z", "UTC"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    gap = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-gap if text[0] == "-" else gap)


def _serial_moment(text: str, formats: Formats) -> date | datetime | None:
    """A spreadsheet's day number: 45658 is 2025-01-01, with a fraction for the time of day."""
    match = _SERIAL.fullmatch(text)
    if not match or int(match[1]) not in _SERIAL_DAYS:
        return None
    start = date(1904, 1, 1) if formats.dates_1904 else date(1899, 12, 30)
    day = start + timedelta(days=int(match[1]))
    part = Decimal(match[2] or 0)
    if not part:
        return day
    seconds = int((part * 86400).to_integral_value(ROUND_HALF_EVEN))
    return datetime.combine(day, time()) + timedelta(seconds=seconds)


_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_NUMBER = re.compile(r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")


def _number(column: str, text: str, formats: Formats) -> Decimal:
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    negative = plain.startswith("(") and plain.endswith(")")
    plain = plain[1:-1] if negative else plain
    plain = re.sub(r"^([+-]?)\s*[$€£¥]\s*|\s*[元€]$", r"\1", plain).replace("\u00a0", " ")
    if plain[:1] in "+-" and plain:
        negative = negative != (plain[0] == "-")
        plain = plain[1:]
    if formats.decimal_comma:
        plain = plain.translate({ord(","): ".", ord("."): ",", ord(" "): ",", ord("'"): ","})
    whole, dot, fraction = plain.partition(".")
    if "," in whole:
        if not _GROUPED.fullmatch(whole):
            raise RowRefused("no_number", column=column, value=text[:40])
        plain = whole.replace(",", "") + dot + fraction
    if not _NUMBER.fullmatch(plain):
        raise RowRefused("no_number", column=column, value=text[:40])
    number = Decimal(plain)
    return -number if negative else number


def _decimal(column: str, text: str, kind: ExactDecimal, formats: Formats, share: bool) -> Decimal:
    percent = share and text.rstrip().endswith(("%", "％"))
    number = _number(column, text.rstrip(" %％") if percent else text, formats)
    number = number / 100 if percent else number
    if share and not 0 <= number <= 1:
        raise RowRefused("no_share", column=column, value=text[:40])
    try:
        number = number.quantize(Decimal(1).scaleb(-kind.scale), ROUND_HALF_EVEN)
    except InvalidOperation:
        number = Decimal(10) ** kind.precision
    if abs(number) >= Decimal(10) ** (kind.precision - kind.scale):
        raise RowRefused("out_of_range", column=column, value=text[:40])
    return number + 0  # no negative zero


def _integer(column: str, text: str, most: int, formats: Formats) -> int:
    try:
        number = _number(column, text, formats)
    except RowRefused as error:
        raise RowRefused("no_integer", column=column, value=text[:40]) from error
    if abs(number) >= most:
        raise RowRefused("out_of_range", column=column, value=text[:40])
    if number != int(number):
        raise RowRefused("no_integer", column=column, value=text[:40])
    return int(number)


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
