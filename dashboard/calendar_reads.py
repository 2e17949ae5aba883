"""What the calendar shows: the events of some days, with what each did in the past. Asked in a run
of the page, and again for who takes the table out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from dashboard.analytics.calendar_events import (
    EFFECT_COLUMNS,
    event_effects,
    events_for_forecast,
)
from dashboard.calendar_frames import YEARS_BACK, find_calendar
from dashboard.calendar_words import (
    effect_in_words,
    effect_range,
    event_name,
    kind_name,
    source_name,
)
from dashboard.reads import draw, read
from data_access.calendar_events import sum_orders_by_day
from data_access.scope import Scope

COMING_DAYS = 366


@dataclass(frozen=True)
class Asked:
    """Which events, and what their effects are measured in."""

    as_of: date
    country: str
    currency: str | None
    measure: str  # orders, net_sales
    first_on: date
    last_on: date
    kind: str = ""  # empty: every kind


def effects_of(scope: Scope, asked: Asked) -> pd.DataFrame:
    """What each event did to the orders or net sales that the person sees, as `event_effects` has
    it."""
    return draw(
        _effects, scope, asked.as_of, asked.country, asked.currency, asked.measure
    )  # fmt: skip


def _effects(
    scope: Scope, as_of: date, country: str, currency: str | None, measure: str
) -> pd.DataFrame:
    first_on = date(as_of.year - YEARS_BACK, 1, 1)
    until = as_of - timedelta(days=1)  # today is not over
    found = read(sum_orders_by_day, scope, first_on, until, currency)
    if not len(found):
        return pd.DataFrame(columns=EFFECT_COLUMNS)
    days = pd.date_range(found["day_on"].iloc[0], until)
    values = pd.Series(
        found[measure].to_numpy(dtype=float), index=pd.DatetimeIndex(found["day_on"])
    ).reindex(days, fill_value=0.0)
    sales = pd.DataFrame({"day_on": days, "value": values.to_numpy()})
    last_on = as_of + timedelta(days=COMING_DAYS)
    events = read(find_calendar, scope, country, first_on, last_on, engine="record")
    return event_effects(sales, events_for_forecast(events))


def find_events(scope: Scope, asked: Asked) -> pd.DataFrame:
    """The events, as `join_events` has them, and in words: event, days, kind_told, effect, between,
    origin."""
    events = read(find_calendar, scope, asked.country, asked.first_on, asked.last_on,
                  engine="record")  # fmt: skip
    if asked.kind:
        events = events[events["kind"] == asked.kind]
    return _with_words(events.reset_index(drop=True), effects_of(scope, asked))


def _with_words(events: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    known = effects.set_index("name").to_dict("index")
    none = {"times": 0, "effect_rate": 0.0, "low_rate": float("nan"), "high_rate": float("nan")}
    rows: list[Any] = list(events.itertuples())
    found = [known.get(row.series if row.source == "campaign" else row.name, none) for row in rows]
    days = [(row.last_on - row.first_on).days + 1 for row in rows]
    return events.assign(
        event=[event_name(row.name, row.name_zh) for row in rows],
        days=days,
        kind_told=[kind_name(row.kind) for row in rows],
        effect=[
            "" if row.is_off else effect_in_words(int(each["times"]), length, each["effect_rate"])
            for row, each, length in zip(rows, found, days, strict=True)
        ],
        between=[
            "" if row.is_off else effect_range(each["low_rate"], each["high_rate"])
            for row, each in zip(rows, found, strict=True)
        ],
        origin=[source_name(row.source, is_off=row.is_off) for row in rows],
    )
