"""Forecasts in words: what is forecast, by which model and why, and how far to trust it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.segment_words import SEGMENT_NAMES
from dashboard.texts import N_, _, _n, in_a_row
from data_access.dialects import Grain
from data_access.forecast_series import Measure, SeriesFilter

NAIVE = "seasonal_naive"
MEASURE_NAMES: dict[str, str] = {
    "net_sales": N_("Net sales"),
    "orders": N_("Orders"),
    "units": N_("Units"),
    "margin": N_("Gross profit"),
}
GRAIN_NAMES: dict[str, str] = {"day": N_("By day"), "week": N_("By week"), "month": N_("By month")}
STEP_NAMES: dict[str, str] = {"day": N_("Day"), "week": N_("Week"), "month": N_("Month")}
SPLIT_NAMES: dict[str, str] = {
    "total": N_("Total"),
    "region": N_("By region"),
    "channel": N_("By channel"),
    "category": N_("By category"),
    "product": N_("By product"),
    "segment": N_("By segment"),
}
MODEL_NAMES: dict[str, str] = {
    NAIVE: N_("Seasonal naive"),
    "naive": N_("Last value"),
    "repeating": N_("Exact repetition"),
    "year_on_year": N_("Last year × growth"),
    "theta": N_("Theta"),
    "damped": N_("Damped trend"),
    "trend": N_("Linear trend"),
    "autoregression": N_("Autoregression"),
    "prophet_log": N_("Prophet"),
    "boosting": N_("Gradient boosting"),
    "median": N_("Median of the models"),
    "mean": N_("Mean of the models"),
    "weighted": N_("Weighted mean of the models"),
    "yearly_mean": N_("Mean with last year"),
    "yearly_prophet": N_("Prophet with last year"),
}
NOTES: dict[str, str] = {
    "short": N_("The history is too short to hold a part of it back: no model could be judged on "
                "the past, and the range is a guess from how values differ."),
    "empty": N_("Nothing has happened in this series yet, so nothing is expected."),
    "constant": N_("The history is the same value again and again, and so is the forecast."),
    "broken": N_("Some values of the history were no numbers; they were filled in."),
    "fell_back": N_("No model was clearly better than seasonal naive on past origins, so that is "
                    "what is used."),
    "failed": N_("The models failed on this series: the last season is repeated, with a range as "
                 "wide as its values differ."),
    "by_weeks": N_("Too little happens on single days to learn from them: the week is forecast, "
                   "and shared out by weekday."),
    "shared": N_("This is the share of the company's forecast that fell to the region lately."),
}  # fmt: skip
STALE_DAYS = 7  # after which a forecast should be worked out anew


def model_name(member: str) -> str:
    """A model of a later version as it is stored."""
    return _(MODEL_NAMES[member]) if member in MODEL_NAMES else member


def amount(value: Any, measure: Measure, currency: str | None) -> str:
    """¥1.24M of money, 12.4 or 1,240 of what is counted."""
    if measure in ("net_sales", "margin"):
        return formats.compact_money(value, currency)
    if pd.isna(value):
        return formats.MISSING
    return formats.compact_number(round(float(value), 0 if abs(value) >= 100 else 1))


def period_name(day: Any, grain: Grain) -> str:
    shown = {"day": formats.day, "week": formats.week, "month": formats.month}[grain]
    return shown(day)


def periods(count: int, grain: Grain) -> str:
    """60 days, 26 weeks, 12 months"""
    match grain:
        case "week":
            return _n("{n} week", "{n} weeks", count)
        case "month":
            return _n("{n} month", "{n} months", count)
    return _n("{n} day", "{n} days", count)


def part_name(split: str, part: Any, name: Any) -> str:
    """What a part of a split is called."""
    if part is None or pd.isna(part):
        return {
            "region": _("Without a region"),
            "category": _("Without a category"),
            "product": _("Postage, charges and corrections"),
            "segment": _("Customers without a segment"),
        }.get(split, _("None"))
    if split == "segment":
        return _(SEGMENT_NAMES[part]) if part in SEGMENT_NAMES else str(part)
    return str(name) if isinstance(name, str) and name else str(part)


def accuracy_of(row: Any) -> dict[str, Any]:
    """What past origins told of the chosen and of the naive model; empty where nothing."""
    found: dict[str, Any] = json.loads(row.accuracy or "{}")
    return found


def notes_of(forecasts: pd.DataFrame) -> list[str]:
    """The codes of all the forecasts, each once."""
    every = [code for notes in forecasts["notes"] for code in json.loads(notes or "[]")]
    return list(dict.fromkeys(every))


def notes_in_words(codes: Sequence[str]) -> list[str]:
    return [_(NOTES[code]) for code in codes if code in NOTES]


def why_chosen(member: str, accuracy: Mapping[str, Any]) -> str:
    """Why this model: how it did on past origins against seasonal naive."""
    wape, naive = accuracy.get("wape"), accuracy.get("naive_wape")
    if wape is None or naive is None:
        return _("{model} is used: the history is too short to compare models on the past.",
                 model=model_name(member))  # fmt: skip
    values = {
        "model": model_name(member), "wape": formats.rate(wape), "naive": formats.rate(naive),
        "origins": formats.number(accuracy.get("origins")),
    }  # fmt: skip
    if member == NAIVE:
        return _("{model} is used: from {origins} past origins no other model was clearly better "
                 "(WAPE {wape}).", **values)  # fmt: skip
    if naive:
        return _("{model} was chosen: from {origins} past origins it was off by {wape} of what "
                 "happened, seasonal naive by {naive}: {less} less.",
                 less=formats.rate(1 - wape / naive, 0), **values)  # fmt: skip
    return _("{model} was chosen from {origins} past origins.", **values)


def coverage_in_words(accuracy: Mapping[str, Any]) -> str:
    """How often the ranges held in the past."""
    inner, outer = accuracy.get("coverage_80"), accuracy.get("coverage_95")
    if inner is None or outer is None:
        return _("How often the ranges hold could not be measured on the past.")
    return _("In the past the 80% range held {inner} of what happened, the 95% range {outer}.",
             inner=formats.rate(inner, 0), outer=formats.rate(outer, 0))  # fmt: skip


def learnt_in_words(origin_on: Any, days_old: int) -> str:
    """How far the data reached, and how many days of whole periods have passed since."""
    if not days_old:
        return _("Learnt from data until {day}: nothing newer is over.", day=formats.day(origin_on))
    return _n(
        "Learnt from data until {day}, {n} day old.", "Learnt from data until {day}, {n} days old.",
        days_old, day=formats.day(origin_on),
    )  # fmt: skip


def refit_in_words(days_old: int) -> str:
    """How to have it worked out anew, and whether that is due."""
    how = _("A refresh every night works it out anew.")
    if days_old <= STALE_DAYS:
        return how
    return in_a_row((_("That is more than a week: it is time to work it out anew."), how))


def series_in_words(series: SeriesFilter, part: str = "") -> str:
    """Net sales by days, By channel: Web store"""
    words = [f"{_(MEASURE_NAMES[series.measure])} · {_(GRAIN_NAMES[series.grain])}"]
    if series.split != "total":
        words.append(f"{_(SPLIT_NAMES[series.split])}: {part}")
    return " · ".join(words)
