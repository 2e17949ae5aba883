"""What the forecast is made of: trend, week, year and events, each as a small picture and in words.

Prophet multiplies them: the trend is in units, the others are factors, told as per cent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st
from babel.dates import get_day_names, get_month_names

from dashboard import formats
from dashboard.analytics.forecast_seasons import season_effects
from dashboard.calendar_frames import country_of, find_calendar
from dashboard.calendar_words import event_name, signed
from dashboard.charts import show_chart
from dashboard.connection import facts
from dashboard.figures.forecast_components import event_bars, trend_line, turning
from dashboard.forecast_view import Told, remark
from dashboard.forecast_words import period_name
from dashboard.reads import read
from dashboard.texts import _, language
from data_access.forecast_series import end_of
from data_access.forecasts import list_forecast_components
from data_access.scope import Scope

_SMALLEST = 0.005  # a factor closer to 1 has no effect worth telling
_MOST_EVENTS = 4


def components_block(scope: Scope, told: Told) -> None:
    found = read(list_forecast_components, scope, told.chosen.series, engine="record")
    if not len(found) or len(told.forecasts) != 1:  # what one is made of is not what all are
        remark(_("Trend and seasons are told of the company's totals, and of net sales of one "
                 "region, channel or category."))  # fmt: skip
        return
    remark(_("What Prophet finds the series to be made of, whichever model was chosen. Seasons and "
             "events multiply the trend: +10% is a tenth more."))  # fmt: skip
    parts = {
        str(name): part.sort_values("period_on").reset_index(drop=True)
        for name, part in found.groupby("name")
    }
    blocks: dict[str, Callable[[pd.DataFrame], None]] = {
        "trend": partial(_trend, told),
        "weekly": partial(_weekly, told),
        "yearly": _yearly,
        "events": partial(_events, scope, told),
    }
    columns = st.columns(2, gap="medium")
    for place, (name, draw) in enumerate(blocks.items()):
        if name in parts:
            with columns[place % 2]:
                draw(parts[name])


def _trend(told: Told, part: pd.DataFrame) -> None:
    future = part[part["period_on"] > pd.Timestamp(told.origin_on)].head(len(told.periods))
    start, end = float(future["value"].iloc[0]), float(future["value"].iloc[-1])
    st.markdown(f"**{_('Trend')}**")
    show_chart(trend_line(part, shown=told.say), alt=_("Trend"), key="component_trend")
    change = signed(end / start - 1) if start else formats.MISSING
    st.markdown(_("From {start} to {end} over the periods ahead: {change}.", start=told.say(start),
                  end=told.say(end), change=change))  # fmt: skip


def _weekly(told: Told, part: pd.DataFrame) -> None:
    if told.chosen.series.grain != "day":
        return
    names = get_day_names("abbreviated", locale=language())
    _season(_("Week"), season_effects(part, "week"), names, "week")


def _yearly(part: pd.DataFrame) -> None:
    names = get_month_names("abbreviated", locale=language())
    _season(_("Year"), season_effects(part, "year"), names, "year")


def _season(title: str, effects: pd.DataFrame, all_names: Mapping[int, str], key: str) -> None:
    values, names = effects["effect"].tolist(), [all_names[each] for each in effects["place"]]
    st.markdown(f"**{title}**")
    if max(map(abs, values), default=0.0) < _SMALLEST:
        remark(_("No season was found."))
        return
    show_chart(turning(values, names), alt=title, key=f"component_{key}")
    best, worst = values.index(max(values)), values.index(min(values))
    st.markdown(_("Highest: {best} ({high}); lowest: {worst} ({low}).", best=names[best],
                  high=signed(values[best]), worst=names[worst],
                  low=signed(values[worst])))  # fmt: skip


def _events(scope: Scope, told: Told, part: pd.DataFrame) -> None:
    st.markdown(f"**{_('Events')}**")
    effects = part.assign(value=part["value"] - 1)
    moved = effects[effects["value"].abs() >= _SMALLEST]
    if not len(moved):
        remark(_("No event of the calendar moved it."))
        return
    show_chart(event_bars(effects), alt=_("Events"), key="component_events")
    ahead = moved[moved["period_on"].isin(told.periods["period_on"])]
    if not len(ahead):
        st.markdown(_("No event of the calendar moves the periods ahead."))
        return
    top = ahead.reindex(ahead["value"].abs().sort_values(ascending=False).index)
    words = [_event(scope, told, row) for row in top.head(_MOST_EVENTS).itertuples()]
    st.markdown(_("Ahead: {events}.", events="; ".join(words)))


def _event(scope: Scope, told: Told, row: Any) -> str:
    """2026-12-12 (12.12): +38%"""
    grain, first = told.chosen.series.grain, row.period_on.date()
    last = end_of(grain, first)
    span = told.origin_on, told.origin_on + timedelta(days=400)
    events = read(find_calendar, scope, country_of(facts()), *span, engine="record")
    there = events[(events["first_on"] <= last) & (events["last_on"] >= first) & ~events["is_off"]]
    names = [
        event_name(str(name), name_zh)
        for name, name_zh in zip(there["name"], there["name_zh"], strict=True)
    ]
    told_names = f" ({', '.join(names)})" if names else ""
    return f"{period_name(row.period_on, grain)}{told_names}: {signed(row.value)}"
