"""The button that has all forecasts worked out anew."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.forecast_process import begin_forecasting
from dashboard.session import current_scope
from dashboard.texts import _
from data_access.edits.rights import may_refresh_forecasts
from data_access.scope import Scope

_ASKED = "forecast_refresh_asked"


def refresh_button(scope: Scope, run: dict[str, Any]) -> None:
    """Works them out anew; `run` is as of `find_forecast_progress`."""
    if may_refresh_forecasts(scope):
        st.button(
            _("Work out anew"), key="refresh_forecasts", icon=":material/refresh:",
            width="content", on_click=ask_for_forecasts, args=(run,),
            disabled=run.get("state") == "running" or is_asked_for(run),
            help=_("From all data there are by now. It takes a minute or more, beside the pages."),
        )  # fmt: skip


def ask_for_forecasts(run: dict[str, Any]) -> None:
    """For callbacks: begins, if this person may and has not asked already."""
    if may_refresh_forecasts(current_scope("forecast")) and not is_asked_for(run):
        begin_forecasting()
        st.session_state[_ASKED] = _begun(run)


def is_asked_for(run: dict[str, Any]) -> bool:
    """Whether this person has asked, and the refresh has not said yet that it is at work."""
    return bool(st.session_state.get(_ASKED) == _begun(run))


def _begun(run: dict[str, Any]) -> str:
    return str(run.get("started_at"))
