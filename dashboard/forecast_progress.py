"""How the last refresh of the forecasts goes, and the button that begins one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.forecast_process import begin_forecasting, is_forecasting, last_went_well
from dashboard.forecast_view import remark
from dashboard.reads import data_version, read
from dashboard.session import current_scope
from dashboard.texts import _, plain
from data_access.accounts import utc_now
from data_access.edits.rights import may_refresh_forecasts
from data_access.forecasts import find_forecast_progress
from data_access.scope import Scope

LONGEST_RUN = timedelta(hours=2)  # after which a run that has not ended may be begun anew
_ASKED = "forecast_refresh_asked"  # the data version at which this person asked


def refresh_button(scope: Scope) -> None:
    """Has all forecasts worked out anew, for who may."""
    if may_refresh_forecasts(scope):
        st.button(
            _("Work out anew"), key="refresh_forecasts", icon=":material/refresh:",
            width="content", on_click=_ask, disabled=is_forecasting() or _is_running(_last(scope)),
            help=_("From all data there are by now. It takes a minute or more, beside the pages."),
        )  # fmt: skip


def progress_line(scope: Scope) -> None:
    """Says so while a refresh is at work, and when the last one failed or had nothing to do."""
    run = _last(scope)
    at = formats.moment(run["started_at"]) if run else ""
    if _is_running(run):
        _waiting(_("Forecasts are being worked out anew since {moment}.", moment=at))
    elif is_forecasting():
        _waiting(_("Forecasts are about to be worked out anew."))
    elif st.session_state.get(_ASKED) == data_version():  # and no run has begun since
        _tell_no_run()
    elif run.get("state") == "running":
        _warn(_("The refresh of {moment} has not come to its end; what is shown is of the one "
                "before.", moment=at))  # fmt: skip
    elif run.get("state") == "failed":
        _warn(_("The refresh of {moment} failed; what is shown is of the one before. {message}",
                moment=at, message=plain(run["message"] or "")))  # fmt: skip


def _ask() -> None:
    scope = current_scope("forecast")
    if may_refresh_forecasts(scope) and not _is_running(_last(scope)):
        st.session_state[_ASKED] = data_version()
        begin_forecasting()


def _last(scope: Scope) -> dict[str, Any]:
    found: dict[str, Any] = read(find_forecast_progress, scope, engine="record")
    return found


def _is_running(run: dict[str, Any]) -> bool:
    """Of one that was killed, or of a server that was, nobody says that it ended."""
    return run.get("state") == "running" and run["started_at"] > utc_now() - LONGEST_RUN


def _tell_no_run() -> None:
    if last_went_well():
        remark(":material/check: " + _("Nothing has changed since the forecasts were worked out."))
    else:
        _warn(_("The refresh could not be begun. `python -m dashboard refresh --what forecasts` "
                "tells why."))  # fmt: skip


def _waiting(words: str) -> None:
    remark(f":material/hourglass_top: {words}")


def _warn(words: str) -> None:
    st.markdown(f":orange[:material/warning:] {words}")
