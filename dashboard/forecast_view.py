"""The main view of the forecast: the answer in cards, the picture, and the numbers behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.calendar_frames import country_of, find_calendar
from dashboard.calendar_words import event_name
from dashboard.cards import Card
from dashboard.charts import show_chart
from dashboard.connection import engine_and_version, facts
from dashboard.exports import Export, title_and_export
from dashboard.figures.forecast_band import forecast_band
from dashboard.forecast_choice import Chosen
from dashboard.forecast_words import (
    MEASURE_NAMES,
    STEP_NAMES,
    accuracy_of,
    amount,
    coverage_in_words,
    learnt_in_words,
    model_name,
    notes_in_words,
    notes_of,
    period_name,
    periods,
    refit_in_words,
    series_in_words,
    why_chosen,
)
from dashboard.reads import read
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import _, in_a_row, language, plain
from data_access.dialects import Grain
from data_access.forecast_adjustments import list_adjusted_periods
from data_access.forecast_series import (
    SeriesFilter,
    end_of,
    last_period,
    sum_forecast_history,
)
from data_access.forecasts import list_forecasts
from data_access.scope import Scope

SHOWN_BEFORE: dict[Grain, int] = {"day": 120, "week": 560, "month": 1_100}  # days
MOST_MARKED = 10  # days
_ROWS_SEEN = 14


@dataclass(frozen=True)
class Told:
    """What is stored of the chosen series."""

    chosen: Chosen
    as_of: date
    forecasts: pd.DataFrame  # as `list_forecasts` has them
    periods: pd.DataFrame  # as `list_adjusted_periods` has them, up to the horizon
    history: pd.DataFrame  # as `sum_forecast_history` has it, over a year

    @property
    def origin_on(self) -> date:
        day: date = self.forecasts["origin_on"].max().date()
        return day

    @property
    def days_old(self) -> int:
        """How many days came since, of whole periods that are over."""
        grain = self.chosen.series.grain
        newest = end_of(grain, last_period(grain, self.as_of))
        return max((newest - self.origin_on).days, 0)

    @property
    def is_adjusted(self) -> bool:
        return bool((self.periods["adjustment"] != 0).any())

    def say(self, value: Any) -> str:
        return amount(value, self.chosen.series.measure, self.chosen.currency)


def find_told(scope: Scope, chosen: Chosen, as_of: date) -> Told | None:
    """None where nothing is stored of the series."""
    series = chosen.series
    found = read(list_forecasts, scope, series, language(), engine="record")
    if not len(found):
        return None
    told = read(list_adjusted_periods, scope, series, engine="record").head(chosen.horizon)
    first_on = found["origin_on"].min().date() - timedelta(
        days=max(SHOWN_BEFORE[series.grain], 366 + 31)
    )
    known_from = found["first_on"].min()
    if pd.notna(known_from):
        first_on = max(first_on, known_from.date())
    history = read(sum_forecast_history, scope, series, as_of, chosen.currency, first_on)
    return Told(chosen, as_of, found, told, history)


def forecast_cards(told: Told) -> list[Card]:
    """What is expected, what people changed about it, by which model, and how old it is."""
    series, horizon = told.chosen.series, len(told.periods)
    whole, by_hand = told.periods["adjusted"].sum(), told.periods["adjustment"].sum()
    before = _a_year_before(told)
    change = float(whole) / before - 1 if before else None
    member = _member(told)
    accuracy = accuracy_of(next(told.forecasts.itertuples())) if len(told.forecasts) == 1 else {}
    wape, naive = accuracy.get("wape"), accuracy.get("naive_wape")
    return [
        Card(
            key="expected",
            label=_("{measure}, next {periods}", measure=_(MEASURE_NAMES[series.measure]),
                    periods=periods(horizon, series.grain)),
            value=told.say(whole),
            help=_("The sum of what is expected, with adjustments by hand."),
            note=_("{change} against the same time last year", change=formats.change(change))
            if change is not None else _("nothing to compare with a year before"),
        ),
        Card(
            key="by_hand", label=_("Adjusted by hand"),
            value=told.say(by_hand) if told.is_adjusted else _("nothing"),
            help=_("What adjustments add to the forecast of the model, or take away."),
            note=_("the model alone: {value}", value=told.say(told.periods["value"].sum())),
        ),
        Card(
            key="model", label=_("Past error (WAPE)"),
            value=formats.rate(wape) if wape is not None else formats.MISSING,
            help=_("How far the model was off at past origins: sum of the errors ÷ sum of what "
                   "happened. It is the model that did best there; seasonal naive unless another "
                   "was clearly better. The line that errs least on single periods adds up to too "
                   "little where few orders come; what is shown is set so that sums come right."),
            note=_("{model}; seasonal naive {naive}", model=member, naive=formats.rate(naive))
            if naive is not None
            else _("each region by its own model") if len(told.forecasts) > 1
            else _("{model}; not judged on the past", model=member),
        ),
        Card(
            key="learnt", label=_("Learnt until"), value=formats.day(told.origin_on),
            help=_("The last day of the data that the forecast was learnt from."),
            note=_("{age} old", age=formats.age(told.days_old)) if told.days_old
            else _("every day that is over"),
        ),
    ]  # fmt: skip


def chart_block(scope: Scope, told: Told) -> None:
    """History and forecast, and in words by which model and how far to trust it."""
    series = told.chosen.series
    st.markdown(f"**{series_in_words(series, told.chosen.part_name)}**")
    first_on = told.origin_on - timedelta(days=SHOWN_BEFORE[series.grain])
    history = told.history[told.history["period_on"] >= pd.Timestamp(first_on)]
    events = _events(scope, told)
    show_chart(
        forecast_band(
            history, told.periods,
            shown=told.say,
            tick=partial(formats.tick_money, currency=_currency_of(told)),
            name_of=lambda day: period_name(day, series.grain),
            is_adjusted=told.is_adjusted,
            today=told.origin_on.isoformat(),
            marked=[(row.first_on.isoformat(), row.last_on.isoformat()) for row in events],
        ),
        alt=_("What happened, what is expected, and the ranges of it"),
        key=f"forecast_{series.key}_{told.chosen.horizon}",
    )  # fmt: skip
    if events:
        remark(_marked_in_words(events))
    st.markdown(f":small[{_trust(told)}]")
    for note in notes_in_words(notes_of(told.forecasts)):
        st.markdown(f":orange[:material/info:] :small[{note}]")


def _events(scope: Scope, told: Told) -> list[Any]:
    """Holidays, shopping days and own events ahead, where days are shown; not those that last so
    long that all is marked."""
    if told.chosen.series.grain != "day":
        return []
    first, last = told.periods["period_on"].min().date(), told.periods["period_on"].max().date()
    found = read(find_calendar, scope, country_of(facts()), first, last, engine="record")
    kept = found[~found["is_off"] & (found["kind"] != "workday") & (found["source"] != "campaign")]
    rows: list[Any] = list(kept.itertuples())
    return [
        row for row in rows
        if (row.last_on - row.first_on).days < MOST_MARKED and row.first_on >= first
    ]  # fmt: skip


def _marked_in_words(events: list[Any]) -> str:
    """Marked: 2026-12-12 12.12"""
    words = [
        f"{formats.day(row.first_on)} {plain(event_name(row.name, row.name_zh))}" for row in events
    ]
    return _("Marked: {events}.", events="; ".join(words))


def _trust(told: Told) -> str:
    learnt = (learnt_in_words(told.origin_on, told.days_old), refit_in_words(told.days_old))
    if len(told.forecasts) > 1:
        regions = _("The forecasts of {n} regions, each by the model that did best there, are "
                    "added up; their ranges are combined.", n=len(told.forecasts))  # fmt: skip
        return in_a_row((regions, *learnt))
    one: Any = next(told.forecasts.itertuples())
    accuracy = accuracy_of(one)
    return in_a_row((why_chosen(one.member, accuracy), coverage_in_words(accuracy), *learnt))


def numbers_block(scope: Scope, told: Told) -> None:
    """Period by period: the model, its ranges, what was changed by hand, and what came of it."""
    title_and_export(_export(told), len(told.periods), f"**{_('Period by period')}**")
    frame = _with_names(told.periods, told.chosen.series.grain)
    show_table(
        frame,
        number_columns(told.chosen.series),
        key=f"forecast_numbers_{told.chosen.series.key}",
        alt=_("The forecast in numbers"),
        currency=told.chosen.currency,
        height="content" if len(frame) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
    )


def number_columns(series: SeriesFilter) -> list[Column]:
    kind: Any = "money" if series.measure in ("net_sales", "margin") else "decimal"
    named = [
        ("naive", _("Seasonal naive"), 115), ("value", _("Model"), 110),
        ("low_80", _("80% from"), 105), ("high_80", _("80% to"), 105),
        ("low_95", _("95% from"), 105), ("high_95", _("95% to"), 105),
        ("adjustment", _("By hand"), 100), ("adjusted", _("With adjustments"), 125),
    ]  # fmt: skip
    return [
        Column("period", _(STEP_NAMES[series.grain]), width=110),
        *(Column(name, label, kind, width=width) for name, label, width in named),
    ]


def remark(words: str) -> None:
    """A quiet line."""
    st.markdown(f":small[:gray[{words}]]")


def _export(told: Told) -> Export:
    chosen = told.chosen

    def rows(person: Scope, most: int) -> pd.DataFrame:
        engine, _version = engine_and_version("record")
        found = list_adjusted_periods(engine, person, chosen.series).head(min(chosen.horizon, most))
        return _with_names(found, chosen.series.grain)

    return Export(
        slug="forecast", name="forecast", columns=number_columns(chosen.series), rows=rows,
        as_of=told.as_of, currency=chosen.currency,
        filters=[
            series_in_words(chosen.series, chosen.part_name),
            learnt_in_words(told.origin_on, told.days_old),
        ],
    )  # fmt: skip


def _with_names(frame: pd.DataFrame, grain: Grain) -> pd.DataFrame:
    return frame.assign(period=[period_name(day, grain) for day in frame["period_on"]])


def _a_year_before(told: Told) -> float:
    """What happened in the same periods one year earlier; 0 where that is not known in full."""
    shift = pd.DateOffset(years=1) if told.chosen.series.grain == "month" else pd.Timedelta("364D")
    known = told.history.set_index("period_on")["value"]
    wanted = known.reindex(told.periods["period_on"] - shift)
    return 0.0 if wanted.isna().any() else float(wanted.sum())


def _member(told: Told) -> str:
    members = list(dict.fromkeys(told.forecasts["member"]))
    return model_name(members[0]) if len(members) == 1 else _("several")


def _currency_of(told: Told) -> str | None:
    is_money = told.chosen.series.measure in ("net_sales", "margin")
    return told.chosen.currency if is_money else None
