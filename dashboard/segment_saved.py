"""Segments saved under a name: chosen again by a click, and what may be done with them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.filters import choose
from dashboard.live import dialog_closes, dialog_opens
from dashboard.reads import read
from dashboard.saving import begin_anew, draw_request, save, say_saved, show_refusal
from dashboard.segment_choice import (
    Chosen,
    cuts_for_address,
    say,
    segment_of,
)
from dashboard.segment_views import segments_of
from dashboard.segment_words import WAY_NAMES, segment_name
from dashboard.session import current_scope
from dashboard.texts import _, _n, plain
from data_access.divisions import Division, DivisionRefused, read_definition
from data_access.edits.segments import (
    LONGEST_NAME,
    may_change_segment,
    may_save_segments,
    remove_segment,
    rename_segment,
    save_segment,
)
from data_access.scope import Scope
from data_access.segment_lists import list_saved_segments

_FORM = "saved_segment"


def saved_button(scope: Scope, chosen: Chosen) -> None:
    """Opens the list of saved segments, for who may save or finds some."""
    saved = read(list_saved_segments, scope, engine="record")
    if not len(saved) and not may_save_segments(scope):
        return
    label = _("Saved segments ({n})", n=len(saved)) if len(saved) else _("Save segment")
    if st.button(label, key="saved_segments", icon=":material/bookmark:", width="content"):
        _open(chosen)


def _open(chosen: Chosen) -> None:
    dialog_opens()
    begin_anew(_FORM)

    @st.dialog(_("Saved segments"), width="medium", on_dismiss=dialog_closes)
    def saved() -> None:
        scope = current_scope("segments")
        if st.session_state.pop("saved_segment_done", False):
            dialog_closes()
            st.rerun()
        if may_save_segments(scope):
            _save_form(scope, chosen)
        _list(scope)
        show_refusal(_FORM)

    saved()


def _save_form(scope: Scope, chosen: Chosen) -> None:
    """Keeps what is chosen now: how customers are divided, the segment, and the filters."""
    draw_request(_FORM)
    part = chosen.part(chosen.segment)
    with st.form("save_segment", border=True):
        st.markdown(f"**{_('Save what is chosen now')}** · {described(part)}")
        st.text_input(
            _("Name"),
            key="segment_name_new",
            max_chars=LONGEST_NAME,
            placeholder=_("Such as: Champions of the north"),
            help=_("Everybody finds it here; who is in it is asked anew each time, and each "
                   "person sees their own customers only."),
        )  # fmt: skip
        st.form_submit_button(_("Save segment"), type="primary", on_click=_save, args=(part,))


def _list(scope: Scope) -> None:
    saved = read(list_saved_segments, scope, engine="record")
    if not len(saved):
        st.markdown(f":gray[{_('No segment is saved yet.')}]")
        return
    names = {int(row["saved_segment_id"]): row for row in saved.to_dict("records")}
    picked = st.selectbox(
        _("Segment"),
        list(names),
        format_func=lambda number: str(names[number]["name"]),
        key="saved_segment_picked",
        on_change=begin_anew,
        args=(_FORM,),
    )
    if picked in names:
        _one(scope, names[picked])


def _one(scope: Scope, row: dict[Any, Any]) -> None:
    division = _division(row)
    if division is None:
        st.markdown(f":gray[{_('This segment was saved by another version and cannot be read.')}]")
    else:
        count = int(segments_of(scope, division, "net_sales_12m")["customers"].sum())
        told = _n("{n} customer now", "{n} customers now", count)
        by = _("saved by {name}", name=plain(row["person"])) if row["person"] else ""
        st.markdown(" · ".join(part for part in (described(division), told, by) if part))
    number, version = int(row["saved_segment_id"]), int(row["version"])
    if may_change_segment(scope, int(row["user_id"])):
        st.text_input(
            _("New name"), value=str(row["name"]), key=f"segment_name_{number}_{version}",
            max_chars=LONGEST_NAME,
        )  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        if division is not None:
            st.button(
                _("Show"), key="saved_segment_show", type="primary", on_click=_show,
                args=(division,),
            )  # fmt: skip
        if may_change_segment(scope, int(row["user_id"])):
            st.button(_("Rename"), key="saved_segment_rename", on_click=_rename,
                      args=(number, version))  # fmt: skip
            st.button(_("Remove"), key="saved_segment_remove", on_click=_remove,
                      args=(number, version), icon=":material/delete:")  # fmt: skip


def described(division: Division) -> str:
    """RFM · Champions · own cut points"""
    code = segment_of(division)
    words = [_(WAY_NAMES[division.by])]
    words.append(
        segment_name(code) if code else _("several parts") if division.groups else _("all segments")
    )
    if division.has_cuts or division.limits != Division().limits:
        words.append(_("cut points of your own"))
    if division.region_ids:
        words.append(_n("{n} region", "{n} regions", len(division.region_ids)))
    return " · ".join(words)


def _division(row: dict[Any, Any]) -> Division | None:
    try:
        return read_definition(str(row["definition"]))
    except DivisionRefused:
        return None


def _save(part: Division) -> None:
    scope = current_scope("segments")
    name = st.session_state.get("segment_name_new")
    done = save(
        _FORM,
        lambda engine, request_id: save_segment(
            engine, scope, part, name=name or "", request_id=request_id
        ),
    )
    if done:
        st.session_state["segment_name_new"] = ""
        say_saved(_FORM, _("Segment saved."))


def _rename(number: int, version: int) -> None:
    scope = current_scope("segments")
    name = st.session_state.get(f"segment_name_{number}_{version}")
    done = save(
        _FORM,
        lambda engine, request_id: rename_segment(
            engine, scope, number, name=name or "", seen_version=version, request_id=request_id
        ),
    )
    if done:
        say_saved(_FORM, _("Segment renamed."))


def _remove(number: int, version: int) -> None:
    scope = current_scope("segments")
    done = save(
        _FORM,
        lambda engine, request_id: remove_segment(
            engine, scope, number, seen_version=version, request_id=request_id
        ),
    )
    if done:
        say_saved(_FORM, _("Segment removed. The customers stay as they are."))


def _show(division: Division) -> None:
    """The address says what the segment says."""
    current_scope("segments")
    choose(
        region=[str(each) for each in division.region_ids],
        currency=[division.currency] if division.currency else None,
    )
    code = segment_of(division)
    say(
        divide=division.by,
        segment=code or None,
        versus=None,
        **cuts_for_address(division),
    )
    st.session_state["saved_segment_done"] = True
