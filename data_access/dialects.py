"""Calendar arithmetic that SQLAlchemy does not have, spelled for each engine."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Boolean, Date, Integer, String, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from data_access.columns import Moment

Grain = Literal["day", "week", "month"]
ZONE = "Asia/Shanghai"
PHONE_MARKS = " -()./+"  # written between the digits of a phone
PHONE_END_DIGITS = 10


class start_of_week(FunctionElement[date]):  # noqa: N801  a SQL function
    """The Monday of the day's week."""

    type = Date()
    inherit_cache = True


class start_of_month(FunctionElement[date]):  # noqa: N801
    """The first of the day's month."""

    type = Date()
    inherit_cache = True


class days_between(FunctionElement[int]):  # noqa: N801
    """Days from the first day to the second; negative when the second is earlier."""

    type = Integer()
    inherit_cache = True


class seconds_between(FunctionElement[int]):  # noqa: N801
    """Whole seconds from the first moment to the second; negative when the second is earlier."""

    type = BigInteger()
    inherit_cache = True


class day_after_minutes(FunctionElement[date]):  # noqa: N801
    """The day of a moment, some minutes later: with a zone's offset, its business day."""

    type = Date()
    inherit_cache = True


class hours_later(FunctionElement[datetime]):  # noqa: N801
    """The moment so many hours later, to the millisecond."""

    type = Moment
    inherit_cache = True


class holds(FunctionElement[bool]):  # noqa: N801
    """Whether the text holds the words, capital or not; wildcards are taken as they are."""

    type = Boolean()
    inherit_cache = True

    def __init__(self, text: Any, words: str) -> None:
        marked = words.replace("/", "//").replace("%", "/%").replace("_", "/_")
        super().__init__(text, literal(f"%{marked}%"))


class is_all_digits(FunctionElement[bool]):  # noqa: N801
    """Whether the text is made of the digits 0 to 9 alone; the empty text is."""

    type = Boolean()
    inherit_cache = True


class phone_digits(FunctionElement[str]):  # noqa: N801
    """The phone without what people write between its digits; the stars of a mask stay."""

    type = String()
    inherit_cache = True


class phone_end(FunctionElement[str]):  # noqa: N801
    """The last PHONE_END_DIGITS of a phone, by which an index finds it whatever stands before."""

    type = String()
    inherit_cache = True


class month_and_day(FunctionElement[int]):  # noqa: N801
    """Of a day: 1231 for the last one of any year."""

    type = Integer()
    inherit_cache = True


class unindexed(FunctionElement[Any]):  # noqa: N801
    """The value itself, which SQLite then does not look up by index."""

    inherit_cache = True

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.type = value.type


def start_of(grain: Grain, day: Any) -> Any:
    match grain:
        case "day":
            return day
        case "week":
            return start_of_week(day)
        case "month":
            return start_of_month(day)
    raise ValueError(f"there is no grain {grain!r}")


@compiles(start_of_week)
def _week(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(date_trunc('week', CAST({_only(element, compiler, kw)} AS TIMESTAMP)) AS DATE)"


@compiles(start_of_week, "sqlite")
def _week_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"date({_only(element, compiler, kw)}, 'weekday 0', '-6 days')"


@compiles(start_of_month)
def _month(element: Any, compiler: Any, **kw: Any) -> str:
    return f"CAST(date_trunc('month', CAST({_only(element, compiler, kw)} AS TIMESTAMP)) AS DATE)"


@compiles(start_of_month, "sqlite")
def _month_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"date({_only(element, compiler, kw)}, 'start of month')"


@compiles(days_between)
def _days(element: Any, compiler: Any, **kw: Any) -> str:
    first, second = _both(element, compiler, kw)
    return f"(CAST({second} AS DATE) - CAST({first} AS DATE))"


@compiles(days_between, "sqlite")
def _days_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    first, second = _both(element, compiler, kw)
    return f"CAST(julianday({second}) - julianday({first}) AS INTEGER)"


@compiles(seconds_between)
def _seconds(element: Any, compiler: Any, **kw: Any) -> str:
    first, second = _both(element, compiler, kw)
    epochs = [f"floor(EXTRACT(EPOCH FROM {moment}))" for moment in (second, first)]
    return f"CAST({' - '.join(epochs)} AS BIGINT)"


@compiles(seconds_between, "sqlite")
def _seconds_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    first, second = _both(element, compiler, kw)
    epochs = [f"CAST(strftime('%s', {moment}) AS INTEGER)" for moment in (second, first)]
    return f"({' - '.join(epochs)})"


@compiles(day_after_minutes)
def _day_after(element: Any, compiler: Any, **kw: Any) -> str:
    moment, minutes = _both(element, compiler, kw)
    return f"CAST({moment} + {minutes} * INTERVAL '1 minute' AS DATE)"


@compiles(day_after_minutes, "sqlite")
def _day_after_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    moment, minutes = _both(element, compiler, kw)
    return f"date({moment}, {minutes} || ' minutes')"


@compiles(hours_later)
def _hours_later(element: Any, compiler: Any, **kw: Any) -> str:
    moment, hours = _both(element, compiler, kw)
    return f"({moment} + {hours} * INTERVAL '1 hour')"


@compiles(hours_later, "sqlite")
def _hours_later_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    moment, hours = _both(element, compiler, kw)  # spelled as SQLAlchemy stores a moment
    return f"strftime('%Y-%m-%d %H:%M:%f000', {moment}, {hours} || ' hours')"


@compiles(holds)
def _holds(element: Any, compiler: Any, **kw: Any) -> str:
    text, pattern = _both(element, compiler, kw)
    return f"({text} ILIKE {pattern} ESCAPE '/')"


@compiles(holds, "sqlite")
def _holds_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    text, pattern = _both(element, compiler, kw)  # LIKE takes capitals alike, fast without lower()
    return f"({text} LIKE {pattern} ESCAPE '/')"


@compiles(is_all_digits)
def _all_digits(element: Any, compiler: Any, **kw: Any) -> str:
    return f"(translate({_only(element, compiler, kw)}, '0123456789', '') = '')"


@compiles(is_all_digits, "sqlite")
def _all_digits_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"({_only(element, compiler, kw)} NOT GLOB '*[^0-9]*')"


# spelled with constants, as in the indexes on them
@compiles(phone_digits)
def _phone_digits(element: Any, compiler: Any, **kw: Any) -> str:
    phone = _only(element, compiler, kw)
    for mark in PHONE_MARKS:
        phone = f"replace({phone}, '{mark}', '')"
    return phone


@compiles(phone_end)
def _phone_end(element: Any, compiler: Any, **kw: Any) -> str:
    return f"right({_phone_digits(element, compiler, **kw)}, {PHONE_END_DIGITS})"


@compiles(phone_end, "sqlite")
def _phone_end_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"substr({_phone_digits(element, compiler, **kw)}, -{PHONE_END_DIGITS})"


@compiles(month_and_day)
def _month_and_day(element: Any, compiler: Any, **kw: Any) -> str:
    day = _only(element, compiler, kw)
    return f"CAST(EXTRACT(month FROM {day}) * 100 + EXTRACT(day FROM {day}) AS INTEGER)"


@compiles(month_and_day, "sqlite")
def _month_and_day_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    day = _only(element, compiler, kw)
    return f"CAST(substr({day}, 6, 2) || substr({day}, 9, 2) AS INTEGER)"


@compiles(unindexed)
def _unindexed(element: Any, compiler: Any, **kw: Any) -> str:
    return _only(element, compiler, kw)


@compiles(unindexed, "sqlite")
def _unindexed_sqlite(element: Any, compiler: Any, **kw: Any) -> str:
    return f"+{_only(element, compiler, kw)}"


def _only(element: Any, compiler: Any, kw: dict[str, Any]) -> str:
    return str(compiler.process(element.clauses.clauses[0], **kw))


def _both(element: Any, compiler: Any, kw: dict[str, Any]) -> tuple[str, str]:
    first, second = element.clauses.clauses
    return str(compiler.process(first, **kw)), str(compiler.process(second, **kw))


def minutes_ahead(as_of: date, zone: str) -> int:
    """Minutes that `zone` is ahead of UTC at noon of `as_of`; moments of the other half of the
    year are taken with the same offset, which can move one by a day only around midnight."""
    ahead = datetime.combine(as_of, time(12), ZoneInfo(zone)).utcoffset() or timedelta()
    return int(ahead.total_seconds() // 60)
