"""The calendar as pages show it and forecasts use it: built-in events and stored ones, joined."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd
from sqlalchemy import Engine

from dashboard.analytics.calendar_days import built_in_events, countries
from dashboard.analytics.calendar_events import events_for_forecast, join_events
from data_access.calendar_events import list_events, list_promotions
from data_access.edits.calendar_events import COUNTRY, DEFAULT_COUNTRY
from data_access.refreshing.calendar import read_calendar
from data_access.schema import read_properties
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
    wide = _wide(first_on, last_on)
    return _inside(
        join_events(
            built_in_events(country, *wide),
            list_events(engine, scope, *wide),
            list_promotions(engine, scope, first_on, last_on),
        ),
        first_on,
        last_on,
    )


def events_of_company(record: Engine, first_on: date, last_on: date) -> pd.DataFrame:
    """name, first_on, last_on, kind: what a refresh gives to forecasts."""
    country, wide = country_of(read_properties(record)), _wide(first_on, last_on)
    own, campaigns = read_calendar(record, *wide)
    joined = join_events(built_in_events(country, *wide), own, campaigns)
    return events_for_forecast(_inside(joined, first_on, last_on))


def _wide(first_on: date, last_on: date) -> tuple[date, date]:
    """A moved event may lie in another year than it is built into."""
    return first_on - timedelta(days=366), last_on + timedelta(days=366)


def _inside(joined: pd.DataFrame, first_on: date, last_on: date) -> pd.DataFrame:
    touches = (joined["first_on"] <= last_on) & (joined["last_on"] >= first_on)
    return joined[touches].reset_index(drop=True)
