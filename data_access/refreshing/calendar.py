"""Reads what people keep of the calendar, with the rights of the system. Asked of the record."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pandas as pd
from sqlalchemy import Engine

from data_access import tables
from data_access.calendar_events import events_between, promotions_between
from data_access.frames import read_frame

_TABLES = SimpleNamespace(calendar_events=tables.calendar_events, campaigns=tables.campaigns)


def read_calendar(
    engine: Engine, first_on: date, last_on: date
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Own events and promotions, as `list_events` (without the person) and `list_promotions` have
    them."""
    return (
        read_frame(engine, events_between(_TABLES, first_on, last_on)),
        read_frame(engine, promotions_between(_TABLES, first_on, last_on)),
    )
