"""Unusual days in words."""

from __future__ import annotations

from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.analytics.unusual_days import Judged
from dashboard.calendar_words import event_name
from dashboard.texts import N_, _, _n

PART_NAMES: dict[str, str] = {
    "channel": N_("Channel"),
    "region": N_("Region"),
    "category": N_("Category"),
    "product": N_("Product"),
    "customer": N_("Customer"),
}
METHOD = N_(
    "Expected from weekday, trend and season of up to three years, and from the same day of an "
    "event of the calendar at its other times. A day is unusual when it lies further from that "
    "than 4.5 times what days usually do; days that are not over, and weekdays on which nothing is "
    "sold, are left out."
)


def calendar_words(row: Any) -> str:
    """The event of the calendar that the day belongs to, and that nothing was sold."""
    event = event_name(row.event, row.event_zh) if isinstance(row.event, str) else ""
    return " · ".join(filter(None, (event, _("no sales") if row.net_sales == 0 else "")))


def why_not_judged(judged: Judged) -> str:
    """Why no day is said to be unusual; empty where days are judged."""
    if judged.verdict == "too_short":
        return _("There are not yet ten weeks of sales: what is usual cannot be told.")
    if judged.verdict == "too_sparse":
        return _("On many days nothing is sold: a single day cannot be told to be unusual.")
    return ""


def answer_in_words(found: pd.DataFrame, days: int, currency: str | None) -> str:
    """2 of 30 days were unusual, most of all 2026-11-11 (+¥120K)."""
    if not len(found):
        return _n(
            "The {n} day is within what was to be expected.",
            "All {n} days are within what was to be expected.",
            days,
        )
    most = found.iloc[0]
    amount = formats.signed_money(float(most["net_sales"] - most["expected"]), currency)
    return _n(
        "{n} day of {days} was unusual: {day} ({amount}).",
        "{n} days of {days} were unusual, most of all {day} ({amount}).",
        len(found),
        days=formats.number(days),
        day=formats.day(most["day_on"]),
        amount=amount,
    )


def range_in_words(row: Any, currency: str | None) -> str:
    """¥12K – ¥48K"""
    low, high = (formats.compact_money(value, currency) for value in (row.low, row.high))
    return f"{low} – {high}"
