"""What has just been done, in a line at the top of the page, with the way back."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard.connection import database
from dashboard.refusals import sentence
from dashboard.session import current_scope
from dashboard.texts import _
from data_access.edits.transaction import Done, new_request_id
from data_access.edits.undoing import may_undo, undo_change
from data_access.errors import Refused
from data_access.scope import Scope

_NOTICE = "notice"


@dataclass(frozen=True)
class Notice:
    """`about` is the order's number, or the page, that the line belongs to."""

    about: str
    words: str  # Markdown in the person's language
    done: Done | None = None  # that can be undone
    is_refusal: bool = False
    undo_request_id: str = ""


def notify(about: str, words: str, done: Done | None = None) -> None:
    """For callbacks: says what was done, where the person goes on."""
    st.session_state[_NOTICE] = Notice(about, words, done, undo_request_id=new_request_id())


def notify_refusal(about: str, refusal: Refused) -> None:
    st.session_state[_NOTICE] = Notice(about, sentence(refusal), is_refusal=True)


def take_notice_away() -> None:
    st.session_state.pop(_NOTICE, None)


def notice_line(scope: Scope, slug: str, about: str) -> None:
    """The line, while the person is where it belongs."""
    notice: Notice | None = st.session_state.get(_NOTICE)
    if notice is None:
        return
    if notice.about != about:
        take_notice_away()
        return
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", gap="small", key="notice"
    ):
        mark = ":red[:material/block:]" if notice.is_refusal else ":green[:material/check_circle:]"
        st.markdown(f"{mark} {notice.words}", width="stretch")
        if notice.done is not None and may_undo(scope, notice.done.action):
            st.button(
                _("Undo"),
                key="undo",
                icon=":material/undo:",
                on_click=_undo,
                args=(slug, notice),
            )
        st.button(
            "",
            key="notice_away",
            icon=":material/close:",
            type="tertiary",
            help=_("Close"),
            on_click=take_notice_away,
        )


def _undo(slug: str, notice: Notice) -> None:
    scope = current_scope(slug)
    if notice.done is None or st.session_state.get(_NOTICE) != notice:  # a second click
        return
    try:
        undo_change(
            database().writer,
            scope,
            notice.done.request_id,
            request_id=notice.undo_request_id,
        )
    except Refused as refusal:
        notify_refusal(notice.about, refusal)
    else:
        st.session_state[_NOTICE] = Notice(notice.about, _("Undone: {what}", what=notice.words))
