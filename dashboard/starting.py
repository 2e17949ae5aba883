"""Before the first request: refuse what must not run, say what may go wrong, warm up."""

from __future__ import annotations

import gc
import logging
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from threading import Thread
from typing import Any, ClassVar

import streamlit as st
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from dashboard.connection import database
from dashboard.forecast_process import end_forecasting
from dashboard.guard import PLAIN_REFUSAL, is_loopback
from dashboard.settings import Settings, settings
from dashboard.texts import _
from dashboard.theme_once import keep_theme
from data_access.database import sqlite_warning
from data_access.errors import Refused
from data_access.sessions import has_stray_demo_users

LOG = logging.getLogger("orderscope")


class StartRefused(Refused):
    """The app does not start; the sentence says what to do."""

    messages: ClassVar[dict[str, str]] = {
        "demo_users": "This database holds demo accounts, whose password everybody knows, but is"
        " not a demo database. Disable them or use another database.",
        "plain": PLAIN_REFUSAL,
    }


def check_before_start() -> None:
    """Ends the process with one sentence when OrderScope must not run like this."""
    try:
        chosen = settings()
        check_address(chosen, st.get_option("server.address"), st.get_option("server.sslCertFile"))
        if make_url(chosen.database_url).get_backend_name() == "sqlite":
            _warn(sqlite_warning())
        check_demo_users()
    except Refused as refusal:
        sys.exit(str(refusal))


def check_address(chosen: Settings, address: str | None, certificate: str | None) -> None:
    """Refuses an address that other machines reach, unless TLS stands before it."""
    over_tls = certificate or (chosen.public_url or "").startswith("https://")
    if address and not (is_loopback(address) or over_tls or chosen.allow_plain_http):
        raise StartRefused("plain")


def check_demo_users() -> None:
    """Refuses a database of real data in which demo accounts stand."""
    try:
        stray = has_stray_demo_users(database().record)
    except OperationalError:
        _warn("The database does not answer yet; the app waits for it.")
        return
    if stray:
        raise StartRefused("demo_users")


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Once, when the server starts: what was imported by now stays, so the collector leaves it
    alone, which takes 80 ms from every run of a page. When it ends, so does what it began."""
    gc.collect()
    gc.freeze()
    keep_theme()
    Thread(target=_load_what_pages_need_later, daemon=True).start()
    yield {}
    end_forecasting()
    gc.unfreeze()


def _load_what_pages_need_later() -> None:
    """What would otherwise make the first page that needs it wait for a second."""
    import_module("statsmodels.tsa.stl._stl")


def show_script_error(error: Exception) -> bool:
    """Logs an error that no page expected under a number, and shows the person only that."""
    if isinstance(error, OperationalError):
        st.error(_("The database did not answer. Try again in a moment."))
        return True
    reference = secrets.token_hex(4)
    LOG.error("page error %s", reference, exc_info=error)
    st.error(
        _(
            "Something went wrong here. Nothing was changed. If it happens again, report the"
            " number {reference}.",
            reference=reference,
        )
    )
    return True


def _warn(sentence: str | None) -> None:
    if sentence:
        sys.stderr.write(f"{sentence}\n")
