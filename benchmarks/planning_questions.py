"""Every question that the forecast and the calendar ask."""

from __future__ import annotations

from datetime import date, timedelta

from benchmarks.question import Question
from data_access.calendar_events import list_events, list_promotions, sum_orders_by_day
from data_access.forecast_adjustments import (
    list_adjusted_periods,
    list_adjustment_effects,
    list_adjustments,
)
from data_access.forecast_ledger import list_published_forecasts, list_published_scores
from data_access.forecast_series import SPLIT_MEASURES, SeriesFilter, sum_forecast_history
from data_access.forecasts import (
    find_last_forecast_run,
    list_forecast_backtests,
    list_forecast_components,
    list_forecasts,
    sum_forecast_parts,
)


def planning_questions(as_of: date, currency: str) -> list[Question]:
    return [*_calendar("event-calendar", as_of, currency), *_forecast("forecast", as_of, currency)]


def _calendar(page: str, as_of: date, currency: str) -> list[Question]:
    years = date(as_of.year - 6, 1, 1), as_of
    return [
        Question(page, "events", list_events, years, engine="record"),
        Question(page, "promotions", list_promotions, years, engine="record"),
        Question(page, "sales by day", sum_orders_by_day, (*years, currency)),
    ]


def _forecast(page: str, as_of: date, currency: str) -> list[Question]:
    series = SeriesFilter()
    stored = {
        "forecasts": list_forecasts, "periods, adjusted": list_adjusted_periods,
        "backtests": list_forecast_backtests, "components": list_forecast_components,
        "adjustments": list_adjustments, "what adjustments add": list_adjustment_effects,
    }  # fmt: skip
    since = as_of - timedelta(days=400)
    return [
        Question(page, "the last refresh", find_last_forecast_run, engine="record"),
        *(Question(page, name, query, (series,), engine="record")
          for name, query in stored.items()),
        *(Question(page, f"parts by {cut}", sum_forecast_parts, (series, cut, 30), engine="record")
          for cut in ("region", *SPLIT_MEASURES) if cut != "total"),
        Question(page, "history", sum_forecast_history, (series, as_of, currency, since)),
        Question(page, "the ledger", list_published_forecasts, engine="record"),
        Question(page, "scores of the ledger", list_published_scores, (as_of,), engine="record"),
    ]  # fmt: skip
