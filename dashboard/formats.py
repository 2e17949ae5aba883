"""Numbers, money, days and ages as people write them in the language of the session.

Missing values (None, NaN, NaT) are shown as "–". Both languages write 1,234.5, so tables and
charts drawn by the browser use the patterns at the end, which do not follow the browser's locale
as Streamlit's "localized", "dollar" or "percent" would.
"""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import (
    format_decimal,
    get_currency_precision,
    get_currency_symbol,
    is_currency,
)

from dashboard.texts import _, language

MISSING = "–"

_SYMBOLS = {"CNY": "¥", "JPY": "JP¥"}  # CLDR's English says CN¥ for what everyone here calls ¥
_STEPS = {
    "en": ((10**9, "B"), (10**6, "M"), (10**3, "K")),
    "zh_CN": ((10**8, "亿"), (10**4, "万")),
}
_zone = ZoneInfo("Asia/Shanghai")


def use_zone(name: str) -> None:
    """The zone of business days; a database has one, so a process has one."""
    global _zone
    _zone = ZoneInfo(name)


def money(value: Any, currency: str | None) -> str:
    """¥1,240,000.00; the decimals a currency has."""
    if _is_missing(value):
        return MISSING
    return _with_symbol(value, currency, f"#,##0{_decimals(places(currency))}")


def compact_money(value: Any, currency: str | None) -> str:
    """¥1.24M, ¥124.3万; below a thousand (ten thousand) in full."""
    if _is_missing(value):
        return MISSING
    scaled, unit, decimals = _compacted(float(value))
    if not unit:
        decimals = 0 if abs(scaled) >= 100 or scaled == 0 else places(currency)
    return _with_symbol(scaled, currency, f"#,##0{_decimals(decimals)}{unit}")


def places(currency: str | None) -> int:
    """The decimals a currency has: 2, for yen 0."""
    return get_currency_precision(currency) if currency and is_currency(currency) else 2


def signed_money(value: Any, currency: str | None) -> str:
    """+¥12.3K, -¥5: a change."""
    if _is_missing(value):
        return MISSING
    text = compact_money(value, currency)
    return f"+{text}" if value > 0 else text


def money_range(value: Any, low: Any, high: Any, currency: str | None) -> str:
    """¥1,200 (¥300–¥2,400); nothing where the value is not known."""
    if _is_missing(value):
        return ""
    middle = compact_money(value, currency)
    if _is_missing(low) or _is_missing(high):
        return middle
    return f"{middle} ({compact_money(low, currency)}–{compact_money(high, currency)})"


def tick_money(value: Any, currency: str | None) -> str:
    """The same without trailing zeros, for an axis: ¥250K, ¥25万, ¥1.25M."""
    if _is_missing(value):
        return MISSING
    scaled, unit, _places = _compacted(float(value))
    return _with_symbol(scaled, currency, f"#,##0.##{unit}")


def tick_number(value: Any) -> str:
    """250K, 25万"""
    return tick_money(value, None)


def number(value: Any, decimals: int = 0) -> str:
    """12,345; with `decimals` places where asked."""
    return MISSING if _is_missing(value) else _decimal(value, decimals)


def compact_number(value: Any) -> str:
    """1.24M, 124.3万; below ten thousand in full, since people count so far."""
    if _is_missing(value):
        return MISSING
    if 1000 <= abs(value) < 9_999.5:
        return _decimal(value, 0)
    scaled, unit, decimals = _compacted(float(value))
    return _decimal(scaled, decimals) + unit


def rate(value: Any, decimals: int = 1) -> str:
    """0.934 → 93.4%"""
    return MISSING if _is_missing(value) else f"{_decimal(_percent(value), decimals)}%"


def points(difference: Any) -> str:
    """The change of a rate: 0.012 → +1.2 pp, +1.2 个百分点."""
    if _is_missing(difference) or math.isinf(difference):
        return _("n/a")
    return _("{number} pp", number=_signed(_percent(difference), 1))


def change(relative: Any) -> str:
    """A relative change: 0.123 → +12.3%; n/a where there was nothing to compare with."""
    if _is_missing(relative) or math.isinf(relative):
        return _("n/a")
    percent = _percent(relative)
    return f"{_signed(percent, 1 if abs(percent) < 1000 else 0)}%"


def day(value: date | datetime | None) -> str:
    """2026-11-23"""
    return MISSING if _is_missing(value) else f"{value:%Y-%m-%d}"


def month(value: date | datetime | None) -> str:
    """2026-11"""
    return MISSING if _is_missing(value) else f"{value:%Y-%m}"


def week(value: date | None) -> str:
    """The ISO week, which starts on Monday: 2026-W48, 2026 年第 48 周."""
    if _is_missing(value) or value is None:
        return MISSING
    year, number_of_week, _weekday = value.isocalendar()
    return _("{year}-W{week}", year=year, week=f"{number_of_week:02}")


def moment(value: datetime | None, *, seconds: bool = False) -> str:
    """A UTC moment in the business zone: 2026-11-23 20:15."""
    if _is_missing(value) or value is None:
        return MISSING
    local = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(_zone)
    return f"{local:%Y-%m-%d %H:%M:%S}" if seconds else f"{local:%Y-%m-%d %H:%M}"


def age(days: Any) -> str:
    """6 d, 6 天"""
    return MISSING if _is_missing(days) else _("{n} d", n=_decimal(_whole_days(days), 0))


def days_late(days: Any) -> str:
    """6 d late, due today, in 3 d."""
    if _is_missing(days):
        return MISSING
    late = _whole_days(days)
    if late == 0:
        return _("due today")
    shown = _decimal(abs(late), 0)
    return _("{n} d late", n=shown) if late > 0 else _("in {n} d", n=shown)


def duration(days: Any) -> str:
    """A length of time given in days or as a timedelta: 2.1 d, 5.0 h, 12 min."""
    if _is_missing(days):
        return MISSING
    length = _in_days(days)
    if abs(length) >= 1:
        return _("{n} d", n=_decimal(length, 1))
    if abs(length) * 24 >= 1:
        return _("{n} h", n=_decimal(length * 24, 1))
    return _("{n} min", n=_decimal(length * 24 * 60, 0))


def time_left(days: Any) -> str:
    """Until a deadline, in days: 2.1 d left, 5.0 h over."""
    if _is_missing(days):
        return MISSING
    left = _in_days(days)
    length = duration(abs(left))
    return _("{time} left", time=length) if left >= 0 else _("{time} over", time=length)


# What the browser formats itself.

SEPARATORS = ".,"  # layout.separators of a figure
DAY_TICKS, MONTH_TICKS = "%Y-%m-%d", "%Y-%m"  # tickformat and hoverformat of a time axis
COUNT_COLUMN = "%,d"  # format= of st.column_config.NumberColumn
DECIMAL_COLUMN = "%,.1f"
RATE_COLUMN = "%.1f%%"  # of a column that holds per cent, 93.4 and not 0.934
CHANCE_COLUMN = "%.0f%%"  # the same for a ProgressColumn
DAY_COLUMN = "YYYY-MM-DD"  # of st.column_config.DateColumn
MOMENT_COLUMN = "YYYY-MM-DD HH:mm"  # of st.column_config.DatetimeColumn


def money_column(currency: str | None) -> str:
    """format= of a NumberColumn; reads as `money` does."""
    return f"{symbol(currency)}%,.{places(currency)}f"


def symbol(currency: str | None) -> str:
    """¥, $ or US$, €; the code itself where there is no sign; nothing for None."""
    if currency is None:
        return ""
    return _SYMBOLS.get(currency) or get_currency_symbol(currency, locale=language())


def ticks(low: float, high: float, shown: Any, *, about: int = 5) -> dict[str, Any]:
    """Axis settings with round values from `low` to `high`, each written by `shown(value)`; the
    only way to 万 and 亿 on an axis, since the browser's own formats know K, M and G."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return {}
    rough = (high - low) / about
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = magnitude * next(size for size in (1, 2, 2.5, 5, 10) if size * magnitude >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    values = [index * step for index in range(first, last + 1)]
    return {"tickmode": "array", "tickvals": values, "ticktext": [shown(value) for value in values]}


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and math.isnan(value)


def _compacted(value: float) -> tuple[float, str, int]:
    """The value in its unit, the unit, and how many decimals: two below ten, else one."""
    steps = _STEPS.get(language(), _STEPS["en"])
    lower = (*steps[1:], (1, ""))
    for (size, unit), (smaller, smaller_unit) in zip(steps, lower, strict=True):
        # 999,960 would read "1,000.0K": what rounds up to the next unit is written in it
        if round(abs(value) / smaller, 1 if smaller_unit else 0) * smaller >= size:
            scaled = value / size
            return scaled, unit, 2 if abs(scaled) < 9.995 else 1
    return value, "", 0 if abs(value) >= 100 or value == int(value) else 1


def _with_symbol(value: Any, currency: str | None, pattern: str) -> str:
    text: str = format_decimal(_rounded(value, pattern), format=pattern, locale=language())
    minus, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    return f"{minus}{symbol(currency)}{digits}"


def _decimal(value: Any, decimals: int) -> str:
    pattern = f"#,##0{_decimals(decimals)}"
    text: str = format_decimal(_rounded(value, pattern), format=pattern, locale=language())
    return text


def _rounded(value: Any, pattern: str) -> Any:
    """Halves away from zero as invoices do, and never "-0"."""
    if isinstance(value, float) and math.isinf(value):
        return value
    fraction = pattern.partition(".")[2]
    places = fraction.count("0") + fraction.count("#")
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding="ROUND_HALF_UP")
    return exact if exact else Decimal(0)


def _signed(value: float, decimals: int) -> str:
    text = _decimal(value, decimals)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def _decimals(count: int) -> str:
    return f".{'0' * count}" if count else ""


def _percent(value: Any) -> float:
    return float(value) * 100


def _in_days(value: Any) -> float:
    return value / timedelta(days=1) if isinstance(value, timedelta) else float(value)


def _whole_days(value: Any) -> int:
    return math.floor(_in_days(value))
