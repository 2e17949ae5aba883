"""The calendar as pages show it and forecasts use it: built-in events and what is stored, joined.

No page is needed for it: a refresh asks here too, and gives forecasts `events_for_forecast` of the
frame."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd
from sqlalchemy import Engine

from dashboard.analytics.calendar_days import built_in_events, countries
from dashboard.analytics.calendar_events import join_events
from data_access.calendar_events import list_events, list_promotions
from data_access.edits.calendar_events import COUNTRY, DEFAULT_COUNTRY
from data_access.scope import Scope

YEARS_BACK = 6  # how far effects are looked for


def country_of(facts: Mapping[str, str]) -> str:
    """The country whose holidays count, by the properties of the database."""
    stored = facts.get(COUNTRY, DEFAULT_COUNTRY)
    return stored if stored in countries() else DEFAULT_COUNTRY


def find_calendar(
    engine: Engine, scope: Scope, country: str, first_on: date, last_on: date
) -> pd.DataFrame:
    """The events that touch the days, as `join_events` has them. Asked of the record."""
    wide = first_on - timedelta(days=366), last_on + timedelta(days=366)
    joined = join_events(
        built_in_events(country, *wide),
        list_events(engine, scope, *wide),
        list_promotions(engine, scope, first_on, last_on),
    )
    inside = (joined["first_on"] <= last_on) & (joined["last_on"] >= first_on)
    return joined[inside].reset_index(drop=True)
