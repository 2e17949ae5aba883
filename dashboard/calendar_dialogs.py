"""The dialogs in which people keep the calendar: an event, and the country."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st
from babel import Locale

from dashboard import formats
from dashboard.analytics.calendar_days import countries
from dashboard.calendar_frames import YEARS_BACK, country_of, find_calendar
from dashboard.calendar_words import effect_in_words, effect_range, event_name, kind_name
from dashboard.connection import facts
from dashboard.edit_notice import notify, take_notice_away
from dashboard.live import dialog_closes, dialog_opens
from dashboard.reads import read
from dashboard.saving import Command, begin_anew, draw_request, save, show_refusal
from dashboard.session import current_scope, today
from dashboard.texts import _, _n, language, plain
from data_access.edits.calendar_events import (
    EVENT_KINDS,
    LONGEST_NAME,
    add_event,
    change_event,
    choose_country,
    remove_event,
    switch_event_off,
)
from data_access.edits.rights import may_change_calendar
from data_access.scope import Scope

_FORM, _COUNTRY_FORM = "calendar_event", "calendar_country"
_OPEN = "calendar_open"
_NEW = "new"


def open_event(key: str = _NEW) -> None:
    """For callbacks: the dialog of the event with this key, or of a new one, is drawn next."""
    current_scope("event-calendar")
    take_notice_away()
    begin_anew(_FORM)
    st.session_state[_OPEN] = key


def calendar_buttons(scope: Scope) -> None:
    """What may be done with the whole calendar."""
    if not may_change_calendar(scope):
        return
    st.button(_("Add event"), key="add_event", icon=":material/add:", type="primary",
              on_click=open_event, width="content")  # fmt: skip
    code = country_of(facts())
    label = _name_of(code)
    with st.popover(label, icon=":material/flag:", key="calendar_country_box", width="content"):
        draw_request(_COUNTRY_FORM)
        st.selectbox(
            _("Public holidays of"), countries(), index=countries().index(code),
            format_func=_name_of, key="calendar_country",
            help=_("Whose public holidays count, in the forecasts of everybody."),
        )  # fmt: skip
        st.button(_("Use this country"), key="use_country", on_click=_choose_country)
        show_refusal(_COUNTRY_FORM)


def event_dialog(effects: pd.DataFrame) -> None:
    """The dialog that is open, if one is."""
    key: str | None = st.session_state.get(_OPEN)
    if key is None:
        return
    event = None if key == _NEW else _find(current_scope("event-calendar"), key)
    if key != _NEW and event is None:
        _close()
        return
    dialog_opens()
    title = _("New event") if event is None else _title(event)

    @st.dialog(title, width="medium", on_dismiss=_close)
    def show() -> None:
        scope = current_scope("event-calendar")
        if st.session_state.get(_OPEN) is None:  # saved just now
            st.rerun()
        if event is not None:
            _told(scope, event, effects)
        if may_change_calendar(scope):
            _form(event)
            show_refusal(_FORM)

    show()


def _title(event: Any) -> str:
    return plain(event_name(event.name, event.name_zh))


def _find(scope: Scope, key: str) -> Any:
    as_of = today()
    span = as_of - timedelta(days=366 * YEARS_BACK), as_of + timedelta(days=366 * 3)
    found = read(find_calendar, scope, country_of(facts()), *span, engine="record")
    return next((row for row in found[found["key"] == key].itertuples()), None)


def _told(scope: Scope, event: Any, effects: pd.DataFrame) -> None:
    """When it is, what kind it is, and what it did."""
    days = (event.last_on - event.first_on).days + 1
    span = formats.day(event.first_on)
    if days > 1:
        span += f" – {formats.day(event.last_on)} · " + _n("{n} day", "{n} days", days)
    words = [span, kind_name(event.kind)]
    name = event.series if event.source == "campaign" else event.name
    found: Any = next(effects[effects["name"] == name].itertuples(), None)
    st.markdown(" · ".join(words))
    if event.is_off:
        st.markdown(f":orange[{_('It does not count in forecasts.')}]")
    if found is not None:
        effect = effect_in_words(found.times, days, found.effect_rate)
        between = effect_range(found.low_rate, found.high_rate)
        between = f" :gray[({between})]" if between else ""
        st.markdown(_("Effect: {effect}", effect=effect) + between)
    if event.source == "campaign":
        st.markdown(
            f":small[:gray[{_('Forecasts leave campaigns out: each is of a few products.')}]]"
        )


def _form(event: Any) -> None:
    draw_request(_FORM)
    is_own = event is None or event.source == "own"
    has_days = event is None or not (event.source == "campaign" or event.is_off)
    place = _NEW if event is None else f"{event.key}_{event.version}"
    if has_days:
        with st.form(f"calendar_form_{place}", border=False):
            if is_own:
                left, right = st.columns(2)
                left.text_input(_("Name"), value=event.name if event else "", key="event_name",
                                max_chars=LONGEST_NAME, help=_(
                    "Forecasts take events of the same name for the same, and learn from each."
                ))  # fmt: skip
                right.text_input(_("Name in Chinese"), key="event_name_zh",
                                 value=(event.name_zh or "") if event else "",
                                 max_chars=LONGEST_NAME)  # fmt: skip
                st.segmented_control(
                    _("Kind"), EVENT_KINDS, default=event.kind if event else "promotion",
                    required=True, format_func=kind_name, key="event_kind",
                )  # fmt: skip
            left, right = st.columns(2)
            first = event.first_on if event is not None else today()
            last = event.last_on if event is not None else today()
            left.date_input(_("First day"), value=first, format="YYYY-MM-DD", key="event_first")
            right.date_input(_("Last day"), value=last, format="YYYY-MM-DD", key="event_last")
            label = _("Add event") if event is None else _("Save event")
            st.form_submit_button(label, type="primary", on_click=_save, args=(event,))
    if event is not None:
        _switches(event)


def _switches(event: Any) -> None:
    with st.container(horizontal=True, gap="small", key="event_switches"):
        if event.source == "own":
            st.button(_("Remove"), icon=":material/delete:", key="event_remove",
                      on_click=_remove, args=(event,))  # fmt: skip
            return
        if pd.notna(event.event_id):
            st.button(_("Restore as built in"), icon=":material/undo:", key="event_restore",
                      on_click=_remove, args=(event,))  # fmt: skip
            return
        if event.is_off:
            told = _("It falls into shopping days that are built in, and is not counted twice.")
            st.markdown(f":small[:gray[{told}]]")
            return
        st.button(_("Switch this one off"), icon=":material/toggle_off:", key="event_off",
                  on_click=_switch_off, args=(event, event.key))  # fmt: skip
        if event.source != "campaign" and event.kind != "workday":
            st.button(_("Switch it off in all years"), icon=":material/event_busy:",
                      key="event_off_always", on_click=_switch_off,
                      args=(event, event.series))  # fmt: skip


def _save(event: Any) -> None:
    said = st.session_state
    is_own = event is None or event.source == "own"
    words: dict[str, Any] = {
        "name": said.get("event_name") or "" if is_own else event.name,
        "name_zh": (said.get("event_name_zh") if is_own else event.name_zh) or "",
        "kind": said.get("event_kind") if is_own else event.kind,
        "first_on": said.get("event_first"),
        "last_on": said.get("event_last"),
    }
    scope = current_scope("event-calendar")
    if event is not None and pd.notna(event.event_id):
        _carry_out(lambda engine, request_id: change_event(
            engine, scope, int(event.event_id), **words, seen_version=int(event.version),
            request_id=request_id,
        ), _("Saved: {name}"))  # fmt: skip
    else:
        stands_for = None if event is None else event.key
        _carry_out(lambda engine, request_id: add_event(
            engine, scope, **words, stands_for=stands_for, request_id=request_id,
        ), _("Added: {name}") if event is None else _("Saved: {name}"))  # fmt: skip


def _remove(event: Any) -> None:
    scope = current_scope("event-calendar")
    told = _("Removed: {name}") if event.source == "own" else _("As built in again: {name}")
    _carry_out(lambda engine, request_id: remove_event(
        engine, scope, int(event.event_id), seen_version=int(event.version),
        request_id=request_id,
    ), told)  # fmt: skip


def _switch_off(event: Any, stands_for: str) -> None:
    scope = current_scope("event-calendar")
    _carry_out(lambda engine, request_id: switch_event_off(
        engine, scope, stands_for, name=event.name, name_zh=event.name_zh or "", kind=event.kind,
        request_id=request_id,
    ), _("Switched off: {name}"))  # fmt: skip


def _carry_out(command: Command, told: str) -> None:
    done = save(_FORM, command)
    if done is not None:
        _close()
        notify("event-calendar", told.format(name=plain(str(done.values["name"]))), done)


def _choose_country() -> None:
    scope = current_scope("event-calendar")
    code = str(st.session_state.get("calendar_country") or "")
    done = save(
        _COUNTRY_FORM,
        lambda engine, request_id: choose_country(
            engine, scope, code, known=countries, request_id=request_id
        ),
    )
    if done is not None:
        notify("event-calendar", _("The public holidays are those of {country} from now on.",
                             country=_name_of(code)))  # fmt: skip


def _close() -> None:
    st.session_state.pop(_OPEN, None)
    st.session_state["calendar_turns"] = st.session_state.get("calendar_turns", 0) + 1
    dialog_closes()


def _name_of(code: str) -> str:
    return str(Locale.parse(language()).territories.get(code, code))
