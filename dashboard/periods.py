"""The named periods of the filter bar, each ending today."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

from dashboard.texts import N_
from data_access.dialects import Grain
from data_access.filters import Period

OWN, ANY = "own", "any"

PERIODS: dict[str, str] = {
    "today": N_("Today"),
    "this_week": N_("This week"),
    "this_month": N_("This month"),
    "this_quarter": N_("This quarter"),
    "this_year": N_("This year"),
    "last_30": N_("Last 30 days"),
    "last_90": N_("Last 90 days"),
    "last_365": N_("Last 365 days"),
    OWN: N_("Own dates"),
    ANY: N_("Any time"),
}
_MONTHS = {"this_month": 1, "this_quarter": 3, "this_year": 12}
_DAYS = {"last_30": 30, "last_90": 90, "last_365": 365}
Running = Literal["week", "month", "quarter", "year"]
_RUNNING: dict[str, Running] = {
    "this_week": "week",
    "this_month": "month",
    "this_quarter": "quarter",
    "this_year": "year",
}


def period_of(preset: str, as_of: date) -> Period | None:
    """The business days of a preset on `as_of`; None for any time and for own dates."""
    if preset in _DAYS:
        return Period(as_of - timedelta(days=_DAYS[preset] - 1), as_of)
    if preset in _RUNNING:
        return Period(_first_day(preset, as_of), as_of, _RUNNING[preset])
    return Period(as_of, as_of) if preset == "today" else None


def grain_of(period: Period) -> Grain:
    """How finely a trend over the period is drawn."""
    if period.days <= 62:
        return "day"
    return "week" if period.days <= 200 else "month"


def is_cut_off(first_on: date, period: Period, grain: Grain) -> bool:
    """Whether the day, week or month that starts on `first_on` lies partly outside the period."""
    return first_on < period.start or _last_day(first_on, grain) > period.end


def _last_day(first_on: date, grain: Grain) -> date:
    if grain == "month":
        return (first_on + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return first_on + timedelta(days=6 if grain == "week" else 0)


def _first_day(preset: str, as_of: date) -> date:
    if preset == "this_week":
        return as_of - timedelta(days=as_of.weekday())
    months = _MONTHS[preset]
    return date(as_of.year, (as_of.month - 1) // months * months + 1, 1)
