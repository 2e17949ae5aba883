"""The days that move sales and that nobody needs to type: public holidays, the weekend days worked
in exchange for them, and the great shopping days. Worked out by rule, never stored.

Public holidays are those of the `holidays` package, which holds the notices of each year for
countries that move days off by decree (in China the State Council's, each November)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import holidays
import pandas as pd

COLUMNS = ["key", "series", "name", "name_zh", "kind", "first_on", "last_on", "falls_on"]
KINDS = ("holiday", "workday", "shopping", "promotion", "other")
DAY = timedelta(days=1)
_NOT_ITSELF = re.compile(r" \((?:observed|estimated|observed, estimated)\)$")
# where the days of the whole country are fewer than those of nearly all who live there
_MOST_PEOPLE_LIVE_IN = {"GB": "ENG"}
_EXCHANGED = "Day off (substituted"
_SAID_OTHERWISE = {
    "CN": {
        "Chinese New Year (Spring Festival)": ("Spring Festival", "春节"),
        "Chinese New Year's Eve": ("Spring Festival", "春节"),
        "Chinese New Year Extended Holiday": ("Spring Festival", "春节"),
    }
}
_EVES = {"Chinese New Year's Eve"}  # a day off in some years, and never the festival itself
# name, Chinese, first and last (month, day): the day itself, and the days that lead up to it
_SHOPPING = {
    "CN": (
        ("618 run-up", "618 预热期", (6, 1), (6, 17)),
        ("618", "618", (6, 18), (6, 18)),
        ("11.11 run-up", "双11 预热期", (11, 1), (11, 10)),
        ("11.11", "双11", (11, 11), (11, 11)),
        ("12.12 run-up", "双12 预热期", (12, 10), (12, 11)),
        ("12.12", "双12", (12, 12), (12, 12)),
    )
}
_RUN_UP_DAYS = 21  # goods for Spring Festival are bought in the weeks before it


_Names = tuple[str, str | None]


@dataclass(frozen=True)
class _Span:
    name: str
    name_zh: str | None
    kind: str
    first_on: date
    last_on: date
    falls_on: date
    year: int


def built_in_events(country: str, first_on: date, last_on: date) -> pd.DataFrame:
    """key (of this one occurrence), series (the same event in all years), name, name_zh, kind,
    first_on, last_on, falls_on: the events of the country that touch the days, by day. `kind` is
    holiday (the whole stretch of days off), workday (a weekend day that is worked) or shopping. A
    holiday falls on the first day of the festival itself, or on the day off that the law gives in
    its place, such as a Monday for a Sunday."""
    years = range(first_on.year - 1, last_on.year + 2)
    known = _known(country, years)
    days_off = list(_days_off(country, known))
    spans = sorted(
        (
            *days_off,
            *_worked_weekends(known, years),
            *_shopping_days(country, years),
            *_before_spring_festival(country, days_off),
        ),
        key=lambda span: (span.first_on, span.last_on, span.name),
    )
    rows, seen = [], set()
    for span in spans:
        series = f"{country}/{span.name}"
        key = f"{series}/{span.first_on if span.kind == 'workday' else span.year}"
        while key in seen:
            key += "+"
        seen.add(key)
        if span.first_on <= last_on and span.last_on >= first_on:
            rows.append((key, series, span.name, span.name_zh, span.kind, span.first_on,
                         span.last_on, span.falls_on))  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def countries() -> tuple[str, ...]:
    """The two-letter codes (ISO 3166) of the countries whose holidays are known."""
    return tuple(sorted(code for code in holidays.list_supported_countries() if len(code) == 2))


def official_until(country: str, as_of: date) -> int | None:
    """The last year whose officially moved days are known; None for a country that moves none, so
    that its holidays follow from the law. A country that has moved days in one of the last four
    years and has none in a later year has not published them yet, or the package is older."""
    years = range(as_of.year - 3, as_of.year + 3)
    moved = {day.year for day in _known(country, years)[0].weekend_workdays}
    recent = [year for year in moved if year in years]
    return max(recent) if recent else None


def _known(country: str, years: range) -> tuple[Any, Any]:
    """The holidays of the years in English and, where it is known, in Chinese."""
    of_country = partial(holidays.country_holidays, country, _MOST_PEOPLE_LIVE_IN.get(country))
    any_language = of_country()
    languages = getattr(type(any_language), "supported_languages", ()) or ()
    english = next((each for each in languages if each.startswith("en")), None)
    return (
        of_country(years=years, language=english),
        of_country(years=years, language="zh_CN") if "zh_CN" in languages else None,
    )


def _days_off(country: str, known: tuple[Any, Any]) -> Iterator[_Span]:
    """Each festival with the whole stretch of days off that it stands in. Where several stand in
    one, it belongs to that of the most days, and each other has its own days alone."""
    named = _names_by_day(country, known)
    in_english, _in_chinese = known
    said_of = {day: in_english.get_list(day) for day in in_english}
    eves = {day for day, names in said_of.items() if _EVES.intersection(names)}
    instead = {
        (day, _NOT_ITSELF.sub("", name))
        for day, names in said_of.items()
        for name in names
        if "(observed" in name and not in_english.weekend_workdays
    }
    after: date | None = None
    for day in sorted(named):
        if after is not None and day <= after:
            continue
        first, last = day, day
        while not in_english.is_working_day(first - DAY):
            first -= DAY
        while not in_english.is_working_day(last + DAY):
            last += DAY
        after = last
        days_of: dict[_Names, list[date]] = {}
        for each in pd.date_range(first, last).date:
            for names in named.get(each, ()):
                days_of.setdefault(names, []).append(each)
        most = sorted(map(len, days_of.values()), reverse=True)
        has_main = len(most) == 1 or most[0] > most[1]
        for (name, name_zh), days in days_of.items():
            is_main = has_main and len(days) == most[0]
            span = (first, last) if is_main else (days[0], days[-1])
            itself = [each for each in days if each not in eves] or days
            falls_on = next((each for each in days if (each, name) in instead), itself[0])
            yield _Span(name, name_zh, "holiday", *span, falls_on, days[0].year)


def _names_by_day(country: str, known: tuple[Any, Any]) -> dict[date, list[_Names]]:
    """The names, in English and Chinese, of the festivals of each day; a day taken off in exchange
    for a weekend belongs to those beside it."""
    english, chinese = known
    own = _SAID_OTHERWISE.get(country, {})
    found: dict[date, list[_Names]] = {}
    in_chinese: dict[str, str | None] = {}
    for day in sorted(english):
        names_here = english.get_list(day)
        in_chinese_here = chinese.get_list(day) if chinese is not None else [None] * len(names_here)
        for name, name_zh in zip(names_here, in_chinese_here, strict=False):
            if name.startswith(_EXCHANGED):
                continue
            is_itself = not _NOT_ITSELF.search(name)
            name = _NOT_ITSELF.sub("", name)
            if is_itself:
                in_chinese.setdefault(name, name_zh)
            names = own.get(name) or (name, in_chinese.get(name, name_zh))
            if names not in found.setdefault(day, []):
                found[day].append(names)
    return found


def _worked_weekends(known: tuple[Any, Any], years: range) -> Iterator[_Span]:
    for day in known[0].weekend_workdays:
        if day.year in years:
            yield _Span("Adjusted working day", "调休上班日", "workday", day, day, day, day.year)


def _shopping_days(country: str, years: range) -> Iterator[_Span]:
    for name, name_zh, first, last in _SHOPPING.get(country, ()):
        for year in years:
            first_on = date(year, *first)
            yield _Span(name, name_zh, "shopping", first_on, date(year, *last), first_on,
                        year)  # fmt: skip


def _before_spring_festival(country: str, days_off: list[_Span]) -> Iterator[_Span]:
    for span in days_off:
        if country == "CN" and span.name == "Spring Festival":
            first = span.first_on - _RUN_UP_DAYS * DAY
            falls_on = span.falls_on - _RUN_UP_DAYS * DAY
            yield _Span("Spring Festival run-up", "春节备货期", "shopping", first,
                        span.first_on - DAY, falls_on, span.year)  # fmt: skip
