"""Text becomes our values exactly, or is refused with the column and the text."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_access.importing import RowRefused
from data_access.importing.formats import Formats
from data_access.importing.moments import business_day, start_of_day
from data_access.importing.values import converter, to_id
from data_access.tables import metadata

SHANGHAI = ZoneInfo("Asia/Shanghai")


def convert(column: str, text: str, **formats: Any) -> Any:
    table, name = column.split(".")
    return converter(metadata.tables[table].c[name], Formats(**formats))(text)


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("17850.0", "17850"),
        ("007", "007"),
        ("007.0", "007"),
        ("123456789012345678", "123456789012345678"),
        (" Val2 ", "Val2"),
        ("1.10", "1.10"),
        ("v1.0", "v1.0"),
        ("=1+1", "=1+1"),
        ("王伟", "王伟"),
        ("", None),
        (None, None),
    ],
)
def test_an_id_stays_text(text: str | None, identity: str | None) -> None:
    assert to_id(text) == identity


@pytest.mark.parametrize("text", ["1.23457E+17", "1E+05", "4.5e+10"])
def test_an_id_that_a_spreadsheet_shortened_is_refused(text: str) -> None:
    with pytest.raises(RowRefused, match="a spreadsheet has shortened"):
        to_id(text)


@given(st.integers(0, 10**18))
def test_ids_written_as_decimals_are_the_same_ids(number: int) -> None:
    assert to_id(f"{number}.0") == to_id(str(number)) == str(number)


@given(st.decimals(-(10**13), 10**13, places=4))
def test_money_is_exact(amount: Decimal) -> None:
    assert convert("payments.amount", str(amount)) == amount
    grouped = f"{amount:,}"
    assert convert("payments.amount", grouped) == amount
    comma = grouped.translate({ord(","): ".", ord("."): ","})
    assert convert("payments.amount", comma, decimal_comma=True) == amount


@given(st.floats(-1e9, 1e9))
def test_a_float_becomes_the_nearest_hundredth_of_a_cent(amount: float) -> None:
    expected = Decimal(repr(amount)).quantize(Decimal("0.0001"), ROUND_HALF_EVEN)
    assert convert("payments.amount", repr(amount)) == expected


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("¥1,234.50", "1234.50"),
        ("1 234,50 元", None),
        ("-$5", "-5"),
        ("(12.30)", "-12.30"),
        ("１２．５", "12.5"),
        ("1,23", None),
        ("1,2345.00", None),
        ("nan", None),
        ("Infinity", None),
        ("1e400", None),
        ("--1", None),
        ("12..5", None),
        ("12a", None),
        ("9" * 15, None),
    ],
)
def test_what_a_person_would_read_as_money(text: str, amount: str | None) -> None:
    if amount is None:
        with pytest.raises(RowRefused, match="amount"):
            convert("payments.amount", text)
    else:
        assert convert("payments.amount", text) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "share"), [("0.15", "0.15"), ("15%", "0.15"), ("15 ％", "0.15"), ("0", "0")]
)
def test_a_share_is_at_most_one(text: str, share: str) -> None:
    assert convert("order_lines.discount_rate", text) == Decimal(share)
    with pytest.raises(RowRefused, match="not a share"):
        convert("order_lines.discount_rate", "15")


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("12.0", 12), ("-3", -3), ("1,200", 1200)]
)
def test_whole_numbers(text: str, number: int) -> None:
    assert convert("order_lines.quantity", text) == number


@pytest.mark.parametrize("text", ["1.5", "a", "2147483648", "1e10", "９９９９９９９９９９９９"])
def test_what_is_no_whole_number_is_refused(text: str) -> None:
    with pytest.raises(RowRefused, match="quantity"):
        convert("order_lines.quantity", text)


@given(st.dates(date(1927, 5, 18), date(2199, 12, 31)))
def test_a_day_in_every_spelling(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    spellings = [
        day.isoformat(),
        f"{day:%Y/%m/%d}",
        f"{day.year}/{day.month}/{day.day}",
        f"{day:%Y%m%d}",
        f"{day.year}年{day.month}月{day.day}日",
        f"{day} 00:00:00.000",
        str(serial),
        f"{serial}.0",
    ]
    assert {convert("orders.promised_on", text) for text in spellings} == {day}
    dotted = f"{day.day}.{day.month}.{day.year}"
    assert convert("orders.promised_on", dotted, date_order="dmy") == day
    american = f"{day.month}/{day.day}/{day.year}"
    assert convert("orders.promised_on", american, date_order="mdy") == day


def test_spreadsheet_days_of_both_systems() -> None:
    assert convert("orders.promised_on", "45658") == date(2025, 1, 1)
    assert convert("orders.promised_on", "44196", dates_1904=True) == date(2025, 1, 1)
    assert convert("orders.ordered_at", "45658.75") == datetime(2025, 1, 1, 18)


@pytest.mark.parametrize(
    "text",
    ["2025-02-30", "0000-00-00", "2025", "20251301", "1899-12-31", "2200-01-01", "tomorrow", "60",
     "2025-01-01 25:00", "2025-01-01x", "13/13/2025", "99999999999", "2025-1/1"],
)  # fmt: skip
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(RowRefused, match=f"promised_on is not a day: {text}"):
        convert("orders.promised_on", text)


def test_a_day_with_two_readings_is_refused_unless_the_order_is_known() -> None:
    with pytest.raises(RowRefused, match="date_order"):
        convert("orders.promised_on", "3/4/2025")
    assert convert("orders.promised_on", "3/4/2025", date_order="dmy") == date(2025, 4, 3)
    assert convert("orders.promised_on", "13/4/2025") == date(2025, 4, 13)
    assert convert("orders.promised_on", "4/4/2025") == date(2025, 4, 4)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-12-31T16:30:00Z", datetime(2025, 12, 31, 16, 30)),
        ("2026-01-01 00:30:00+08:00", datetime(2025, 12, 31, 16, 30)),
        ("2026-01-01 00:30", datetime(2025, 12, 31, 16, 30)),
        ("2026-01-01 12:30 AM", datetime(2025, 12, 31, 16, 30)),
        ("2021-02-04 13:20:22.245676861+00", datetime(2021, 2, 4, 13, 20, 22, 245676)),
        ("2026-01-01", datetime(2025, 12, 31, 16)),
    ],
)
def test_a_moment_is_stored_as_utc(text: str, moment: datetime) -> None:
    assert convert("orders.ordered_at", text, zone=SHANGHAI) == moment


def test_the_business_day_of_a_moment_is_counted_in_the_business_zone() -> None:
    assert convert("orders.ordered_on", "2025-12-31T16:30:00Z") == date(2026, 1, 1)
    assert convert("orders.ordered_on", "2025-12-31 15:30") == date(2025, 12, 31)


@given(
    st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    st.sampled_from(sorted(available_timezones())).map(ZoneInfo),
)
def test_the_start_of_a_day_falls_on_that_day_in_every_zone(day: date, zone: ZoneInfo) -> None:
    found = business_day(start_of_day(day, zone), zone)
    assert found == day or (found - day == timedelta(days=1) and _day_is_skipped(day, zone))


def _day_is_skipped(day: date, zone: ZoneInfo) -> bool:
    """Samoa had no 30 December 2011: no moment of the zone falls on such a day."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone)
    return business_day(noon.astimezone(ZoneInfo("UTC")).replace(tzinfo=None), zone) != day


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("orders.stage", " Shipped ", "shipped"),
        ("orders.currency", "usd", "USD"),
        ("channels.is_online", "是", True),
        ("channels.is_online", "0", False),
        ("customers.name", "=cmd|'/c calc'!A1", "=cmd|'/c calc'!A1"),
        ("customers.name", "\u202eevil 👩‍👩‍👧 王", "\u202eevil 👩‍👩‍👧 王"),
    ],
)
def test_words(column: str, text: str, value: object) -> None:
    assert convert(column, text) == value


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("orders.stage", "lost", "not_one_of"),
        ("orders.currency", "RMB¥", "no_currency"),
        ("channels.is_online", "maybe", "no_truth"),
        ("customers.name", "x" * 301, "too_long"),
        ("customers.name", "a\0b", "not_text"),
        ("customers.name", "a\ud800b", "not_text"),
    ],
)
def test_words_that_are_refused(column: str, text: str, reason: str) -> None:
    with pytest.raises(RowRefused) as refusal:
        convert(column, text)
    assert refusal.value.reason == reason


@given(st.text(max_size=60), st.sampled_from(
    ["orders.ordered_on", "orders.ordered_at", "payments.amount", "order_lines.quantity",
     "order_lines.discount_rate", "orders.stage", "orders.currency", "channels.is_online",
     "customers.name", "feedback.score"]
))  # fmt: skip
def test_any_text_is_converted_or_refused(text: str, column: str) -> None:
    try:
        convert(column, text.strip())
        to_id(text)
    except RowRefused as refusal:
        assert str(refusal)
