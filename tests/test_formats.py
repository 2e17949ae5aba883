"""Numbers, money and days as people write them in both languages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import formats
from dashboard.formats import (
    age,
    change,
    compact_money,
    compact_number,
    day,
    days_late,
    duration,
    moment,
    money,
    money_column,
    month,
    number,
    points,
    rate,
    symbol,
    tick_money,
    tick_number,
    ticks,
    use_zone,
    week,
)
from dashboard.texts import in_language


@pytest.fixture
def chinese() -> Iterator[None]:
    with in_language("zh_CN"):
        yield


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (0, "¥0", "¥0"),
        (12.5, "¥12.50", "¥12.50"),
        (999.4, "¥999", "¥999"),
        (999.5, "¥1.00K", "¥1,000"),
        (9999, "¥10.0K", "¥9,999"),
        (10000, "¥10.0K", "¥1.00万"),
        (999_949, "¥999.9K", "¥100.0万"),
        (999_960, "¥1.00M", "¥100.0万"),
        (1_243_000, "¥1.24M", "¥124.3万"),
        (99_999_999, "¥100.0M", "¥1.00亿"),
        (124_300_000, "¥124.3M", "¥1.24亿"),
        (123_456_789_012, "¥123.5B", "¥1,234.6亿"),
        (-3456.5, "-¥3.46K", "-¥3,457"),
        (Decimal("1240000.00"), "¥1.24M", "¥124.0万"),
        (np.float64(1_240_000), "¥1.24M", "¥124.0万"),
    ],
)
def test_money_is_said_in_the_unit_people_say(value: Any, english: str, chinese: str) -> None:
    assert compact_money(value, "CNY") == english
    with in_language("zh_CN"):
        assert compact_money(value, "CNY") == chinese


@given(st.floats(min_value=-1e12, max_value=1e12), st.sampled_from(["en", "zh_CN"]))
def test_a_compact_number_is_within_half_a_percent(value: float, code: str) -> None:
    units = {"K": 1e3, "M": 1e6, "B": 1e9, "万": 1e4, "亿": 1e8}
    with in_language(code):
        shown = compact_number(value)
    read = float(shown.rstrip("KMB万亿").replace(",", "")) * units.get(shown[-1], 1)
    assert read == pytest.approx(value, rel=0.005, abs=0.0501)


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        (1234.5, "CNY", "¥1,234.50"),
        (-1234.5, "CNY", "-¥1,234.50"),
        (Decimal("1.005"), "CNY", "¥1.01"),
        (2.675, "USD", "$2.68"),
        (1234.5, "JPY", "JP¥1,235"),
        (1234.5, "EUR", "€1,234.50"),
        (1234.5, "ZZZ", "ZZZ1,234.50"),
        (1234.5, None, "1,234.50"),
        (-0.001, "CNY", "¥0.00"),
    ],
)
def test_money_has_its_currency_and_its_decimals(
    value: Any, currency: str | None, shown: str
) -> None:
    assert money(value, currency) == shown


def test_a_dollar_is_told_from_a_yuan_in_chinese(chinese: None) -> None:
    assert money(5, "USD") == "US$5.00"
    assert money(5, "CNY") == "¥5.00"


@pytest.mark.parametrize(
    "shown",
    [number, compact_number, rate, day, month, week, moment, age, days_late, duration, tick_number,
     lambda value: money(value, "CNY"), lambda value: compact_money(value, "CNY"),
     lambda value: tick_money(value, "CNY")],
)  # fmt: skip
@pytest.mark.parametrize("missing", [None, float("nan"), np.float64("nan"), pd.NA, pd.NaT])
def test_what_is_missing_is_a_dash(shown: Callable[[Any], str], missing: Any) -> None:
    assert shown(missing) == "–"


@pytest.mark.parametrize("missing", [None, float("nan"), math.inf, -math.inf, pd.NA])
def test_a_change_from_nothing_is_not_a_number(missing: Any) -> None:
    assert change(missing) == points(missing) == "n/a"
    with in_language("zh_CN"):
        assert change(missing) == points(missing) == "无可比"


def test_changes_carry_their_sign_and_rates_change_by_points() -> None:
    assert [change(x) for x in (0.123, -0.5, 0, 25, 0.0001)] == [
        "+12.3%", "-50.0%", "0.0%", "+2,500%", "0.0%",
    ]  # fmt: skip
    assert [points(x) for x in (0.012, -0.012, 0)] == ["+1.2 pp", "-1.2 pp", "0.0 pp"]
    with in_language("zh_CN"):
        assert points(0.012) == "+1.2 个百分点"


def test_rates_and_numbers() -> None:
    assert rate(0.934) == "93.4%"
    assert rate(Decimal("1")) == "100.0%"
    assert rate(0.934, 0) == "93%"
    assert number(1234567) == "1,234,567"
    assert number(1234.567, 2) == "1,234.57"
    assert number(math.inf) == "∞"


def test_a_count_is_written_in_full_below_ten_thousand() -> None:
    shown = [compact_number(x) for x in (7, 0.5, 2067, -2067, 9_999, 9_999.6, 12_345)]
    assert shown == ["7", "0.5", "2,067", "-2,067", "9,999", "10.0K", "12.3K"]


def test_days_months_and_weeks() -> None:
    assert day(date(2026, 11, 23)) == day(pd.Timestamp("2026-11-23 20:00")) == "2026-11-23"
    assert month(date(2026, 11, 23)) == "2026-11"
    assert week(date(2026, 11, 23)) == "2026-W48"
    assert week(date(2027, 1, 3)) == "2026-W53"
    with in_language("zh_CN"):
        assert week(date(2027, 1, 4)) == "2027 年第 01 周"


def test_a_moment_is_shown_in_the_zone_of_the_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "_zone", formats._zone)
    assert moment(datetime(2026, 11, 23, 20, 5, 9)) == "2026-11-24 04:05"
    assert moment(datetime(2026, 11, 23, 20, 5, 9, tzinfo=UTC)) == "2026-11-24 04:05"
    assert moment(pd.Timestamp("2026-11-23 20:05:09"), seconds=True) == "2026-11-24 04:05:09"
    use_zone("America/New_York")
    assert moment(datetime(2026, 11, 23, 20, 5)) == "2026-11-23 15:05"


def test_ages_are_days() -> None:
    assert [age(6), age(6.9), age(timedelta(days=6, hours=20))] == ["6 d"] * 3
    assert [days_late(x) for x in (6, 0, -3)] == ["6 d late", "due today", "in 3 d"]
    assert [duration(x) for x in (2.13, 0.3, 0.003, timedelta(hours=5))] == [
        "2.1 d", "7.2 h", "4 min", "5.0 h",
    ]  # fmt: skip
    with in_language("zh_CN"):
        assert [age(6), days_late(6), days_late(0), days_late(-3), duration(0.3)] == [
            "6 天", "逾期 6 天", "今天到期", "还有 3 天", "7.2 小时",
        ]  # fmt: skip


def test_an_axis_is_written_in_the_units_of_the_language(chinese: None) -> None:
    axis = ticks(0, 1_243_000, lambda value: tick_money(value, "CNY"))
    assert axis["tickvals"] == [0, 250_000, 500_000, 750_000, 1_000_000, 1_250_000]
    assert axis["ticktext"] == ["¥0", "¥25万", "¥50万", "¥75万", "¥100万", "¥125万"]


def test_an_axis_of_nothing_is_left_to_plotly() -> None:
    assert ticks(0, 0, number) == ticks(0, math.nan, number) == {}


@given(
    st.floats(min_value=-1e9, max_value=1e9),
    st.floats(min_value=1e-3, max_value=1e9),
)
def test_an_axis_covers_its_values_with_few_ticks(low: float, length: float) -> None:
    values = ticks(low, low + length, number).get("tickvals", [low, low + length])
    slack = 1e-6 * max(abs(low), length)
    assert values[0] <= low + slack
    assert values[-1] >= low + length - slack
    assert 2 <= len(values) <= 8


def test_a_table_column_reads_as_money_does() -> None:
    assert money_column("CNY") == "¥%,.2f"
    assert money_column("JPY") == "JP¥%,.0f"
    assert money_column(None) == "%,.2f"
    assert symbol("GBP") == "£"
