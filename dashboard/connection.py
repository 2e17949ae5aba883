"""The process's way to the CRM database: one Database for everybody, made on first use."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import count
from typing import Literal

import streamlit as st
from sqlalchemy import Engine

from data_access.database import Database, connect
from data_access.schema import read_data_version, schema_is_current, upgrade_schema

_numbers = count(1)


@dataclass(frozen=True)
class _Connected:
    database: Database
    name: str  # of this connection within the process: part of every cache key


def database() -> Database:
    """The engines of the configured CRM database, with its schema brought up to date."""
    return _connected().database


def engine_and_version(name: Literal["analytics", "record"]) -> tuple[Engine, str]:
    """The engine and a name for the state of its data, which holds every change made before."""
    connected = _connected()
    engine = connected.database.analytics if name == "analytics" else connected.database.record
    return engine, f"{connected.name}.{data_version()}"


def data_version() -> int:
    return read_data_version(database().record)


def _release(connected: _Connected) -> None:
    connected.database.dispose()


@st.cache_resource(show_spinner=False, on_release=_release)
def _connected() -> _Connected:
    made = connect(os.environ.get("CRM_DATABASE_URL", "sqlite:///crm.sqlite"))
    if not schema_is_current(made.writer):
        upgrade_schema(made.writer)
    return _Connected(made, f"connection {next(_numbers)}")
