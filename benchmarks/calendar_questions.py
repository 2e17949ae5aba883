"""Every question that the calendar asks."""

from __future__ import annotations

from datetime import date

from benchmarks.question import Question
from data_access.calendar_events import list_events, list_promotions, sum_orders_by_day


def calendar_questions(as_of: date, currency: str) -> list[Question]:
    page = "event-calendar"
    years = date(as_of.year - 6, 1, 1), as_of
    return [
        Question(page, "events", list_events, years, engine="record"),
        Question(page, "promotions", list_promotions, years, engine="record"),
        Question(page, "sales by day", sum_orders_by_day, (*years, currency)),
    ]
