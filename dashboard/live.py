"""Keeps an open page true: within two seconds of anybody's change it is drawn anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.reads import data_version
from dashboard.session import current_scope, redraw, today
from dashboard.texts import _
from data_access.accounts import utc_now

EVERY_SECONDS = 2
_DIALOG = "dialog_is_open"


def page_title(title: str, as_of: date, beside: Callable[[], None] | None = None) -> None:
    """The page's name, what is drawn `beside` it, and how fresh its numbers are."""
    st.session_state[_DIALOG] = False  # a whole run closes it
    time = formats.moment(utc_now())[-5:]
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"
    ):
        st.title(title, anchor=False, width="content")
        stamp = _("As of {day} {time}", day=formats.day(as_of), time=time)
        with st.container(
            horizontal=True, vertical_alignment="center", gap="small", width="content"
        ):
            st.markdown(f":small[:gray[{stamp}]]", width="content")
            if beside is not None:
                beside()


def follow_changes(slug: str, also: Callable[[], Any] = lambda: None) -> None:
    """Watches the data version, the business day and what `also` tells; what is half typed
    stays."""
    seen = (data_version(), today(), also())

    @st.fragment(run_every=EVERY_SECONDS)
    def watch() -> None:
        current_scope(slug, by_timer=True)
        if not st.session_state.get(_DIALOG) and (data_version(), today(), also()) != seen:
            redraw()

    watch()


def dialog_opens() -> None:
    """Call it when a dialog is opened: the page waits with its news until that is closed."""
    st.session_state[_DIALOG] = True


def dialog_closes() -> None:
    """For `on_dismiss`."""
    st.session_state[_DIALOG] = False
