"""What the CRM database knows at all: what it does not is not shown as nothing."""

from __future__ import annotations

from datetime import date, timedelta

from dashboard.reads import read
from data_access.filters import Period
from data_access.options import find_data_span, find_what_is_recorded
from data_access.scope import Scope


def knows_payments(scope: Scope) -> bool:
    """Whether this person may be told what was paid and what is owed."""
    seen = scope.sees("payments", "amount")
    return seen and bool(read(find_what_is_recorded, scope, engine="record")["payments"])


def knows_costs(scope: Scope) -> bool:
    """Whether this person may be told a margin."""
    seen = scope.sees("orders", "cost")
    return seen and bool(read(find_what_is_recorded, scope, engine="record")["costs"])


def knows_two_years(scope: Scope, currency: str | None, as_of: date) -> bool:
    """Whether the last 365 days can be compared with the 365 before."""
    return covers(scope, currency, Period(as_of - timedelta(days=2 * 365), as_of))


def covers(scope: Scope, currency: str | None, period: Period) -> bool:
    """Whether this person's orders are there for all but a hundredth of the period: what they do
    not cover is not known, and no growth since then is told."""
    first_on = read(find_data_span, scope, currency, engine="record")["first_on"]
    return first_on is not None and first_on <= period.start + timedelta(days=period.days // 100)
