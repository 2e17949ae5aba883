"""Reads days and moments as people, databases and spreadsheets write them."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

from data_access.importing.formats import Formats
from data_access.importing.refusals import RowRefused

_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_SERIAL_DAYS = range(10_000, 109_575)  # 1927-05-18 to 2200-01-01: fewer digits may be a year


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
