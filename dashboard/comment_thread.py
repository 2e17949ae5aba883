"""What colleagues tell each other about an order: the thread, and the form to write in."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.menu import ROLE_NAMES
from dashboard.reads import read
from dashboard.saving import draw_request, save, show_refusal
from dashboard.session import current_scope
from dashboard.texts import _, _n, plain
from data_access.comments import MOST_COMMENTS, list_comments, list_people_to_mention
from data_access.edits.commenting import comment_on_order, see_mention
from data_access.edits.fields import LONGEST_TEXT
from data_access.edits.rights import may
from data_access.policy import Role
from data_access.scope import Scope
from data_access.work_queues import list_mentions


def comment_thread(scope: Scope, order: dict[str, Any]) -> None:
    """The form, for who may comment, and the comments, newest first, those that call the person
    marked. Nothing where the person does not read comments."""
    if not scope.sees("comments", "text"):
        return
    order_id = order["order_id"]
    comments = read(list_comments, scope, order_id, engine="record")
    writes = may(scope, "comment_on_order", order["stage"])
    if not len(comments) and not writes:
        return
    st.subheader(_("Comments"), anchor=False)
    with st.container(border=True, gap="small", key="comment_thread"):
        if writes:  # above what others write, so that it stays where it is
            _form(scope, order_id)
        _show_comments(scope, order_id, comments)


def _show_comments(scope: Scope, order_id: int, comments: pd.DataFrame) -> None:
    mentions = read(list_mentions, scope, scope.user_id, order_id, engine="record", limit=100)
    calls = dict(zip(mentions["comment_id"], mentions["mention_id"], strict=True))
    if len(comments) == MOST_COMMENTS:
        st.caption(_("The last {n} comments are shown.", n=MOST_COMMENTS))
    comment: Any
    for comment in comments.iloc[::-1].itertuples():
        with st.container(gap=None, key=f"comment_{comment.comment_id}"):
            written = formats.moment(comment.written_at)
            st.markdown(f"**{plain(comment.author)}** :small[:gray[{written}]]")
            st.text(comment.text)
            if comment.comment_id in calls:
                _called(calls[comment.comment_id])


def _called(mention_id: int) -> None:
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(_("You are mentioned"), icon=":material/alternate_email:", color="orange")
        st.button(
            _("Mark as seen"),
            key=f"see_{mention_id}",
            type="tertiary",
            icon=":material/done:",
            on_click=mark_as_seen,
            args=("order", mention_id),
        )
    show_refusal(f"see_{mention_id}")


def _form(scope: Scope, order_id: int) -> None:
    draw_request(_name(order_id))
    with st.form(f"comment_form_{order_id}", border=False, enter_to_submit=False):
        st.text_area(
            _("Write a comment"),
            key=f"comment_text_{order_id}",
            max_chars=LONGEST_TEXT,
            height=80,
            placeholder=_("Type @ and a username to call a colleague, or choose one below."),
            label_visibility="collapsed",
        )
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            _people(scope, order_id)
            st.form_submit_button(
                _("Comment"),
                type="primary",
                icon=":material/send:",
                on_click=_send,
                args=(order_id,),
            )
    show_refusal(_name(order_id))


def _people(scope: Scope, order_id: int) -> None:
    people = read(list_people_to_mention, scope, order_id, engine="record")
    names = {
        username: f"{name} @{username} · {_(ROLE_NAMES[Role(role)])}"
        for username, name, role in zip(
            people["username"], people["name"], people["role"], strict=True
        )
        if username != scope.username
    }
    st.multiselect(
        _("Call colleagues"),
        list(names),
        format_func=lambda username: names.get(username, username),
        key=f"comment_people_{order_id}",
        placeholder=_("Call colleagues who see this order"),
        label_visibility="collapsed",
    )


def _send(order_id: int) -> None:
    scope = current_scope("order")
    text_key, people_key = f"comment_text_{order_id}", f"comment_people_{order_id}"
    text = str(st.session_state.get(text_key) or "")
    people = [name for name in st.session_state.get(people_key, []) if f"@{name}" not in text]
    calls = " ".join(f"@{name}" for name in people)
    words = f"{calls} {text}".strip() if text.strip() else ""
    done = save(
        _name(order_id),
        lambda engine, request_id: comment_on_order(
            engine, scope, order_id, text=words, request_id=request_id
        ),
    )
    if done is None:
        return
    st.session_state[text_key], st.session_state[people_key] = "", []
    st.toast(
        _n("Comment saved, {n} colleague called.", "Comment saved, {n} colleagues called.",
           len(people)) if people else _("Comment saved."),
        icon=":material/check:",
    )  # fmt: skip


def mark_as_seen(slug: str, mention_id: int) -> None:
    """For callbacks: the person has read that they were called."""
    scope = current_scope(slug)
    save(
        f"see_{mention_id}",
        lambda engine, request_id: see_mention(engine, scope, mention_id, request_id=request_id),
    )


def _name(order_id: int) -> str:
    return f"comment_{order_id}"
