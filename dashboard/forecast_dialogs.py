"""The dialogs of the forecast: adjust it by hand, publish it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.edit_notice import notify, take_notice_away
from dashboard.forecast_progress import refresh_button
from dashboard.forecast_view import Told
from dashboard.forecast_words import learnt_in_words, series_in_words
from dashboard.live import dialog_closes, dialog_opens
from dashboard.saving import begin_anew, draw_request, save, show_refusal
from dashboard.session import current_scope, today
from dashboard.texts import _, plain
from data_access.edits.forecasts import (
    LONGEST_NAME,
    LONGEST_REASON,
    MOST_CHANGE,
    adjust_forecast,
    change_adjustment,
)
from data_access.edits.publishing import LONGEST_NOTE, publish_forecast
from data_access.edits.rights import may_for_forecast
from data_access.forecast_series import SeriesFilter, end_of
from data_access.scope import Scope

_OPEN = "forecast_open"
_ADJUST, _PUBLISH = "adjust_forecast", "publish_forecast"
_WAYS = ("rate", "amount")


def forecast_buttons(scope: Scope, told: Told | None) -> None:
    """What may be done with the forecast that is shown, and with all of them."""
    refresh_button(scope)
    if told is None or not may_for_forecast(scope, _ADJUST):
        return
    is_one = len(told.forecasts) == 1
    why = None if is_one else _("Choose one region first: each has a forecast of its own.")
    st.button(_("Adjust"), key="adjust_forecast", icon=":material/tune:", width="content",
              on_click=open_adjustment, disabled=not is_one, help=why)  # fmt: skip
    st.button(_("Publish"), key="publish_forecast", icon=":material/publish:", width="content",
              type="primary", on_click=_open, args=(_PUBLISH,), disabled=not is_one,
              help=why)  # fmt: skip


def open_adjustment(row: Any = None) -> None:
    """For callbacks: the dialog of a new adjustment, or of one to be changed."""
    _open(_ADJUST)
    st.session_state["forecast_adjusting"] = row


def forecast_dialog(scope: Scope, told: Told) -> None:
    """The dialog that is open, if one is."""
    opened = st.session_state.get(_OPEN)
    if opened is None or not may_for_forecast(scope, opened):
        return
    dialog_opens()
    row = st.session_state.get("forecast_adjusting")
    titles = {
        _ADJUST: _("Change the adjustment") if row else _("Adjust the forecast"),
        _PUBLISH: _("Publish the forecast"),
    }

    @st.dialog(titles[opened], width="medium", on_dismiss=_close)
    def show() -> None:
        current_scope("forecast")
        if st.session_state.get(_OPEN) is None:  # saved just now
            st.rerun()
        st.markdown(f"**{plain(series_in_words(told.chosen.series, told.chosen.part_name))}**")
        if opened == _ADJUST:
            _adjust_form(told, row)
        else:
            _publish_form(told)
        show_refusal(opened)

    show()


def _adjust_form(told: Told, row: Any) -> None:
    draw_request(_ADJUST)
    series = told.chosen.series
    most = round(100 * float(MOST_CHANGE))
    is_rate = row is None or pd.notna(row.change_rate)
    way = st.segmented_control(
        _("Change by"), _WAYS, default="rate" if is_rate else "amount", required=True,
        format_func=lambda each: _("a share in %") if each == "rate" else _("an amount"),
        key="adjust_way",
    )  # fmt: skip
    with st.form("adjust_form", border=False):
        st.text_input(_("Name of the adjustment"), value=row.name if row else "", key="adjust_name",
                      max_chars=LONGEST_NAME,
                      placeholder=_("Such as: Large order of the schools"))  # fmt: skip
        st.text_area(_("Reason"), value=row.reason if row else "", key="adjust_reason",
                     max_chars=LONGEST_REASON, height=80,
                     placeholder=_("What do you know that the history does not tell?"))  # fmt: skip
        left, middle, right = st.columns(3)
        first, last = _span(told, row)
        left.date_input(_("First day"), value=first, format="YYYY-MM-DD", key="adjust_first")
        middle.date_input(_("Last day"), value=last, format="YYYY-MM-DD", key="adjust_last")
        if way == "amount":
            now = float(row.amount) if row is not None and not is_rate else None
            right.number_input(
                _("Amount in all"), value=now, step=1.0, format="%.2f", key="adjust_amount",
                help=_("For all of the days together; below 0 to take away."),
            )  # fmt: skip
        else:
            rate = float(row.change_rate) * 100 if row is not None and is_rate else None
            right.number_input(
                _("Change in %"), -float(most), float(most), value=rate, step=1.0, format="%.1f",
                key="adjust_rate", help=_("Below 0 to take away; at most {most}%.", most=most),
            )  # fmt: skip
        st.form_submit_button(
            _("Save adjustment") if row else _("Adjust"), type="primary", on_click=_save,
            args=(series, row, way),
        )  # fmt: skip
    told_so = _("The forecast of the model stays as it is; the adjustment stands beside it and can "
                "be removed.")  # fmt: skip
    st.markdown(f":small[:gray[{told_so}]]")


def _span(told: Told, row: Any) -> tuple[Any, Any]:
    if row is not None:
        return row.start_on.date(), row.end_on.date()
    last = told.periods["period_on"].max().date()
    return max(today(), told.periods["period_on"].min().date()), end_of(
        told.chosen.series.grain, last
    )


def _save(series: SeriesFilter, row: Any, way: str) -> None:
    scope, said = current_scope("forecast"), st.session_state
    rate, amount = said.get("adjust_rate"), said.get("adjust_amount")
    words: dict[str, Any] = {
        "name": said.get("adjust_name") or "",
        "reason": said.get("adjust_reason") or "",
        "start_on": said.get("adjust_first"),
        "end_on": said.get("adjust_last"),
        "change_rate": Decimal(str(round(rate or 0.0, 2))) / 100 if way == "rate" else None,
        "amount": Decimal(str(round(amount or 0.0, 2))) if way == "amount" else None,
    }
    if row is None:
        done = save(_ADJUST, lambda engine, request_id: adjust_forecast(
            engine, scope, series, **words, request_id=request_id,
        ))  # fmt: skip
    else:
        done = save(_ADJUST, lambda engine, request_id: change_adjustment(
            engine, scope, int(row.adjustment_id), **words, seen_version=int(row.version),
            request_id=request_id,
        ))  # fmt: skip
    if done is not None:
        _close()
        notify("forecast", _("Adjusted: {name}", name=plain(str(done.values["name"]))), done)


def _publish_form(told: Told) -> None:
    draw_request(_PUBLISH)
    words = _("It is kept in the ledger as it stands, with its adjustments, for ever; as time goes "
              "by it is compared with what happens: naive, the model, and the people.")  # fmt: skip
    st.markdown(words)
    st.markdown(f":small[{learnt_in_words(told.origin_on, told.days_old)}]")
    with st.form("publish_form", border=False):
        st.text_input(_("Note"), key="publish_note", max_chars=LONGEST_NOTE,
                      placeholder=_("Such as: For the plan of the quarter"))  # fmt: skip
        st.form_submit_button(_("Publish"), type="primary", on_click=_publish,
                              args=(told.chosen.series,))  # fmt: skip


def _publish(series: SeriesFilter) -> None:
    scope = current_scope("forecast")
    note = st.session_state.get("publish_note") or ""
    done = save(_PUBLISH, lambda engine, request_id: publish_forecast(
        engine, scope, series, note=note, request_id=request_id,
    ))  # fmt: skip
    if done is not None:
        _close()
        st.session_state["forecast_more"] = "ledger"
        notify("forecast", _("Published. It stands in the ledger below."))


def _open(which: str) -> None:
    current_scope("forecast")
    take_notice_away()
    begin_anew(which)
    st.session_state["forecast_adjusting"] = None
    st.session_state[_OPEN] = which


def _close() -> None:
    st.session_state.pop(_OPEN, None)
    st.session_state.pop("forecast_adjusting", None)
    dialog_closes()
