"""What a person answers to warnings: that they are on it, or when they want to be reminded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import streamlit as st

from dashboard import formats
from dashboard.live import dialog_closes, dialog_opens
from dashboard.saving import begin_anew, draw_request, save, show_refusal
from dashboard.session import current_scope, today
from dashboard.texts import _, _n
from data_access.edits.alerts import (
    LONGEST_NOTE,
    LONGEST_SNOOZE,
    acknowledge_alerts,
    reopen_alerts,
    snooze_alerts,
)
from data_access.edits.transaction import Done

_ACKNOWLEDGE, _SNOOZE = "alert_acknowledge", "alert_snooze"
_DAYS = (1, 3, 7, 14)


def acknowledge_dialog(alert_ids: Sequence[int], done: Callable[[], None]) -> None:
    dialog_opens()
    begin_anew(_ACKNOWLEDGE)
    ids = list(alert_ids)

    @st.dialog(_("I am on it"), icon=":material/how_to_reg:", on_dismiss=dialog_closes)
    def ask() -> None:
        current_scope("work")
        _counted(ids)
        st.caption(_("Your colleagues see your name and your note, and the warning is folded away."
                     " When its cause is gone, the warning goes by itself."))  # fmt: skip
        draw_request(_ACKNOWLEDGE)
        with st.form("alert_acknowledge_form", border=False, enter_to_submit=False):
            st.text_area(
                _("Note"), key="alert_note", max_chars=LONGEST_NOTE, height=90,
                placeholder=_("What you do about it"),
            )  # fmt: skip
            sent = st.form_submit_button(_("I am on it"), type="primary")
        if sent and _acknowledge(ids):
            done()
            st.rerun()
        show_refusal(_ACKNOWLEDGE)

    ask()


def snooze_dialog(alert_ids: Sequence[int], done: Callable[[], None]) -> None:
    dialog_opens()
    begin_anew(_SNOOZE)
    ids = list(alert_ids)

    @st.dialog(_("Remind me later"), icon=":material/snooze:", on_dismiss=dialog_closes)
    def ask() -> None:
        current_scope("work")
        _counted(ids)
        st.caption(_("It is put off for you alone; your colleagues are still warned."))
        st.pills(
            _("Until"), list(_DAYS), key="alert_days", default=_DAYS[1], required=True,
            format_func=lambda days: _n("in {n} day", "in {n} days", days),
            on_change=_choose_days,
        )  # fmt: skip
        st.session_state.setdefault("alert_until", today() + timedelta(days=_DAYS[1]))
        draw_request(_SNOOZE)
        with st.form("alert_snooze_form", border=False, enter_to_submit=False):
            st.date_input(
                _("Shown again on"), key="alert_until", format="YYYY-MM-DD",
                min_value=today() + timedelta(days=1), max_value=today() + LONGEST_SNOOZE,
            )  # fmt: skip
            st.text_area(_("Reason"), key="alert_reason", max_chars=LONGEST_NOTE, height=90)
            sent = st.form_submit_button(_("Remind me later"), type="primary")
        if sent and _snooze(ids):
            done()
            st.rerun()
        show_refusal(_SNOOZE)

    ask()


def take_back(form: str, alert_ids: Sequence[int]) -> None:
    """For callbacks."""
    scope = current_scope("work")
    begin_anew(form)
    done = save(
        form,
        lambda engine, request_id: reopen_alerts(
            engine, scope, list(alert_ids), request_id=request_id
        ),
    )
    if done is not None:
        st.toast(_("Shown again."), icon=":material/check:")


def _counted(ids: Sequence[int]) -> None:
    st.markdown(f"**{_n('{n} warning', '{n} warnings', len(ids))}**")


def _choose_days() -> None:
    days = st.session_state.get("alert_days")
    if isinstance(days, int):
        st.session_state["alert_until"] = today() + timedelta(days=days)


def _acknowledge(ids: list[int]) -> bool:
    scope = current_scope("work")
    note = str(st.session_state.get("alert_note") or "")
    done = save(
        _ACKNOWLEDGE,
        lambda engine, request_id: acknowledge_alerts(
            engine, scope, ids, note=note, request_id=request_id
        ),
    )
    if done is not None:
        st.toast(_("Your colleagues see that you are on it.") + _ended(done),
                 icon=":material/check:")  # fmt: skip
    return done is not None


def _snooze(ids: list[int]) -> bool:
    scope, said = current_scope("work"), st.session_state
    until = said.get("alert_until")
    day = until if isinstance(until, date) else today()
    done = save(
        _SNOOZE,
        lambda engine, request_id: snooze_alerts(
            engine, scope, ids, until_on=day, reason=str(said.get("alert_reason") or ""),
            request_id=request_id,
        ),
    )  # fmt: skip
    if done is not None:
        st.toast(_("Shown again on {day}.", day=formats.day(day)) + _ended(done),
                 icon=":material/check:")  # fmt: skip
    return done is not None


def _ended(done: Done) -> str:
    ended = int(done.values["ended"])
    if not ended:
        return ""
    return " " + _n("{n} had ended meanwhile.", "{n} had ended meanwhile.", ended)
