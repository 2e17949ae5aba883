"""What was written to customers, whether it has left, and how it is withdrawn."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.reads import read
from dashboard.saving import draw_request, save, show_refusal
from dashboard.session import current_scope
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, in_a_row, plain
from dashboard.vocabulary import in_words
from data_access.edits.messages import UNSENT, may_withdraw, withdraw_message
from data_access.messages import (
    MOST_MESSAGES,
    list_failed_messages,
    list_order_messages,
    sum_messages,
)
from data_access.scope import Scope

STATE_COLOURS = {"waiting": "orange", "sent": "green", "failed": "red", "withdrawn": "gray"}
WRITE_HELP = N_(
    "The customer gets a short e-mail that reminds them, in their language, at the next"
    " `python -m dashboard send`. Until then it can be withdrawn on the customer's page."
)
_HOW = N_("`python -m dashboard send` sends what waits.")


def order_messages(scope: Scope, order_id: int) -> None:
    """The e-mails about the order, newest first, each with its text; nothing where there is none or
    the person does not see them."""
    found = read(list_order_messages, scope, order_id, engine="record")
    if not len(found):
        return
    st.subheader(_("E-mails"), anchor=False)
    with st.container(border=True, gap="xsmall", key="order_messages"):
        message: Any
        for message in found.itertuples():
            _show(scope, message)
        if len(found) == MOST_MESSAGES:
            st.caption(_("The last {n} are shown.", n=MOST_MESSAGES))


def _show(scope: Scope, message: Any) -> None:
    number = int(message.message_id)
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"message_{number}"
    ):
        kind = plain(in_words("messages.kind", message.kind))
        st.markdown(f"**{kind}**  \n:small[:gray[{_told(message)}]]", width="stretch")
        colour: Any = STATE_COLOURS[message.state]
        st.badge(in_words("messages.state", message.state), color=colour)
        withdraw_button(scope, "order", number, message.state)
    if message.body:
        with st.expander(plain(message.subject), key=f"message_text_{number}"):
            st.text(message.body)


def _told(message: Any) -> str:
    """When, to whom, and what went wrong."""
    when = message.sent_at if message.state == "sent" else message.made_at
    told = [formats.moment(when), plain(message.email)]
    if message.state == "failed":
        if message.last_error:
            told.append(plain(message.last_error))
        told.append(_next_try(message))
    return " · ".join(told)


def _next_try(message: Any) -> str:
    if message.next_try_at is None or message.next_try_at != message.next_try_at:
        return _("not tried again")
    return _("tried again from {moment}", moment=formats.moment(message.next_try_at))


def withdraw_button(scope: Scope, slug: str, message_id: int, state: str) -> None:
    """For a message that has not left, and who may stop it."""
    form = f"withdraw_{message_id}"
    if state in UNSENT and may_withdraw(scope):
        draw_request(form)
        st.button(
            _("Withdraw"),
            key=form,
            icon=":material/cancel_schedule_send:",
            on_click=_withdraw,
            args=(slug, message_id),
        )
    show_refusal(form)


def _withdraw(slug: str, message_id: int) -> None:
    scope = current_scope(slug)
    done = save(
        f"withdraw_{message_id}",
        lambda engine, request_id: withdraw_message(
            engine, scope, message_id, request_id=request_id
        ),
    )
    if done is not None:
        st.toast(_("The e-mail is withdrawn."), icon=":material/check:")


def message_summary(scope: Scope) -> None:
    """How many messages wait, failed or left, by kind, and why those that failed did."""
    st.subheader(_("Messages to customers and colleagues"), anchor=False)
    sums = read(sum_messages, scope, engine="record")
    if not len(sums):
        st.caption(_("No message has been written yet."))
        return
    waiting, failed = int(sums["waiting"].sum()), int(sums["failed"].sum())
    told = _("{waiting} wait, {failed} could not be delivered.",
             waiting=formats.number(waiting), failed=formats.number(failed))  # fmt: skip
    st.caption(in_a_row((told, _(_HOW))))
    show_table(
        sums,
        [
            Column("kind", _("Kind"), width=200, words="messages.kind"),
            Column("waiting", _("Waiting"), "count", width=100),
            Column("failed", _("Not delivered"), "count", width=120),
            Column("sent", _("Sent"), "count", width=100),
            Column("withdrawn", _("Withdrawn"), "count", width=100),
        ],
        key="message_sums",
        alt=_("Messages by kind and state"),
    )
    if failed:
        _failed_messages(scope)


def _failed_messages(scope: Scope) -> None:
    failed = read(list_failed_messages, scope, engine="record")
    st.markdown(f"**{_('Not delivered')}**")
    show_table(
        failed,
        [
            Column("made_at", _("Written at"), "moment"),
            Column("kind", _("Kind"), width=150, words="messages.kind"),
            Column("channel", _("Way"), width=90, words="messages.channel"),
            Column("recipient", _("To"), width=200),
            Column("attempts", _("Attempts"), "count"),
            Column("next_try_at", _("Next try"), "moment"),
            Column("last_error", _("Why it failed"), width=300),
        ],
        key="messages_failed",
        alt=_("Messages that were not delivered"),
    )
    if len(failed) == MOST_MESSAGES:
        st.caption(_("The last {n} are shown.", n=MOST_MESSAGES))
