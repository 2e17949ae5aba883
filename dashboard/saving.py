"""Carries out a command for a form, once however often it is sent, and keeps what was refused."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from sqlalchemy import Engine

from dashboard.connection import database
from dashboard.texts import _, plain
from data_access.edits.fields import FieldsRefused
from data_access.edits.transaction import Done, new_request_id
from data_access.errors import Refused

Command = Callable[[Engine, str], Done]  # given the writing engine and the request id


def draw_request(form: str) -> None:
    """Call it where the form is drawn: what is sent from it is one request."""
    st.session_state.setdefault(_request(form), new_request_id())


def save(form: str, command: Command) -> Done | None:
    """Carries out the command; None when it was refused, which `show_refusal` then tells. For
    callbacks and sent forms."""
    draw_request(form)
    try:
        done = command(database().writer, st.session_state[_request(form)])
    except Refused as refusal:
        st.session_state[_refusal(form)] = refusal
        return None
    begin_anew(form)
    return done


def begin_anew(form: str) -> None:
    """The next thing sent from the form is another request; what was refused is forgotten."""
    st.session_state.pop(_request(form), None)
    st.session_state.pop(_refusal(form), None)


def say_saved(form: str, words: str) -> None:
    """For callbacks of a form in a dialog, where a toast would take the dialog's place:
    `show_refusal` says the words once."""
    st.session_state[_saved(form)] = words


def show_refusal(form: str) -> Refused | None:
    """What was refused last, and why; or, once, what was saved."""
    if said := st.session_state.pop(_saved(form), None):
        st.success(said, icon=":material/check:")
    refusal: Refused | None = st.session_state.get(_refusal(form))
    if refusal is not None:
        st.error(" ".join(told(refusal)), icon=":material/error:")
    return refusal


def told(refusal: Refused) -> list[str]:
    """The refusal in the person's language; of fields, what is wrong with each."""
    if isinstance(refusal, FieldsRefused):
        return [_(field.message, **_words(field)) for field in refusal.fields.values()]
    return [_(refusal.message, **_words(refusal))]


def _words(refusal: Refused) -> dict[str, object]:
    """Somebody's own words are no Markdown."""
    return {
        name: plain(value) if isinstance(value, str) else value
        for name, value in refusal.values.items()
    }


def _saved(form: str) -> str:
    return f"saved_{form}"


def _request(form: str) -> str:
    return f"request_of_{form}"


def _refusal(form: str) -> str:
    return f"refusal_of_{form}"
