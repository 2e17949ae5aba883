"""Whose value the page shows: regions, sales reps, sources, and the cohort that was clicked."""

from __future__ import annotations

import re
from datetime import date

from dashboard.analytics.cohorts import first_day_of, month_of, quarter_of
from dashboard.filters import Choice, choose, current, first
from dashboard.reads import draw, read
from dashboard.texts import _
from dashboard.vocabulary import in_words
from data_access.filters import OrderFilter, Period
from data_access.scope import Scope
from data_access.value import ValueFilter, list_sources

_QUARTER = re.compile(r"([12]\d{3})-Q([1-4])")


def source_choice(scope: Scope) -> Choice:
    return draw(_sources, scope)


def _sources(scope: Scope) -> Choice:
    found = read(list_sources, scope)["source"]
    names = {source: in_words("customers.source", source) for source in found}
    return Choice("source", _("Source"), _("All sources"), names)


def value_filter(scope: Scope, chosen: OrderFilter, currency: str) -> ValueFilter:
    """The filter bar's choice of customers."""
    return ValueFilter(
        currency=currency,
        region_ids=chosen.region_ids,
        owner_ids=chosen.owner_ids,
        sources=source_choice(scope).read(current()),
    )


def cohort_name(cohort: int) -> str:
    """2026-Q3"""
    day = first_day_of(cohort)
    return f"{day.year}-Q{(day.month + 2) // 3}"


def chosen_cohort() -> int | None:
    """The cohort that the address names."""
    said = _QUARTER.fullmatch(first(current(), "cohort") or "")
    return (int(said[1]) * 12 + (int(said[2]) - 1) * 3) if said else None


def choose_cohort(cohort: int | None) -> None:
    """For callbacks; None: no cohort."""
    choose(cohort=None if cohort is None else [cohort_name(cohort)])


def days_of_cohort(cohort: int) -> Period:
    """The quarter whose first orders they are."""
    after = first_day_of(cohort + 3)
    return Period(first_day_of(cohort), date.fromordinal(after.toordinal() - 1))


def ends_of_years(as_of: date, count: int) -> tuple[date, ...]:
    """The last days of the years that the repurchase rate is told of: the ends of the quarters
    before today, and today, in order.

    >>> [day.isoformat() for day in ends_of_years(date(2026, 5, 9), 3)]
    ['2025-12-31', '2026-03-31', '2026-05-09']
    """
    quarter = quarter_of(month_of(as_of))
    starts = [first_day_of(quarter - 3 * step) for step in reversed(range(count - 1))]
    return (*(date.fromordinal(start.toordinal() - 1) for start in starts), as_of)
