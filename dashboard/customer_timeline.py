"""All that happened with a customer, newest first, page by page, each with the order it is of."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.customer_words import EVENT_KINDS, EVENTS, MESSAGES
from dashboard.figures.colours import STAGE_NAME
from dashboard.filters import STAGE_NAMES
from dashboard.message_view import withdraw_button
from dashboard.order_list import open_order
from dashboard.paging import PAGE_ROWS, list_toolbar, pages_of
from dashboard.reads import read
from dashboard.texts import _, _n, language, plain
from dashboard.vocabulary import in_words
from data_access.customer_timeline import (
    KINDS,
    TimelineKind,
    count_customer_events,
    list_customer_events,
)
from data_access.keyset import Cursor
from data_access.scope import Scope

_SUBJECTS = {"payment": "payments.method", "refund": "payments.method", "return": "returns.reason"}
_STATES = {"return": "returns.state", **dict.fromkeys(MESSAGES, "messages.state")}
_RELATIONS = {
    "order": "orders", "payment": "payments", "return": "returns", "feedback": "feedback",
    "interaction": "interactions", "message": "messages",
}  # fmt: skip


def customer_timeline(scope: Scope, customer_id: int) -> None:
    """The choice of a kind, and the page of what happened."""
    st.subheader(_("Timeline"), anchor=False)
    kind = _kind(scope)

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(
            list_customer_events, scope, customer_id, kind=kind, after=after, limit=limit,
            language=language(), engine="record",
        )  # fmt: skip

    pages = pages_of("timeline", f"{scope.key} {customer_id} {kind}", rows)
    frame = rows(pages.start, PAGE_ROWS)
    if not len(frame):
        st.markdown(f":gray[{_('Nothing of this kind has happened yet.')}]")
        return
    count = read(count_customer_events, scope, customer_id, kind, engine="record")
    list_toolbar(pages, frame, _n("{n} event", "{n} events", count), lambda: None,
                 advice=_("newest first"))  # fmt: skip
    with st.container(border=True, gap="xsmall", key="customer_timeline"):
        event: Any
        for event in frame.itertuples():
            _show(scope, event)


def _kind(scope: Scope) -> TimelineKind:
    offered = [kind for kind in KINDS if kind == "all" or scope.sees(_RELATIONS[kind], _KEYS[kind])]
    said = st.query_params.get("kind", "all")
    chosen: TimelineKind = next((kind for kind in offered if kind == said), "all")
    st.session_state["timeline_kind"] = chosen
    st.segmented_control(
        _("Kind"),
        offered,
        format_func=lambda kind: _(EVENT_KINDS[kind]),
        key="timeline_kind",
        label_visibility="collapsed",
        on_change=_chosen,
    )
    return chosen


_KEYS = {
    "order": "order_id", "payment": "payment_id", "return": "return_id",
    "feedback": "feedback_id", "interaction": "interaction_id", "message": "message_id",
}  # fmt: skip


def _chosen() -> None:
    st.query_params.pop("page", None)
    kind = st.session_state["timeline_kind"]
    if kind and kind != "all":
        st.query_params["kind"] = kind
    else:
        st.query_params.pop("kind", None)


def _show(scope: Scope, event: Any) -> None:
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small",
        key=f"event_{event.event}_{event.row_id}",
    ):  # fmt: skip
        st.markdown(_told(event), width="stretch")
        if event.event in MESSAGES:
            withdraw_button(scope, "customer", int(event.row_id), event.state)
        if event.order_number:
            _order_of(event)


def _order_of(event: Any) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", width="content"):
        st.button(
            plain(event.order_number),
            key=f"open_{event.event}_{event.row_id}",
            type="tertiary",
            icon=":material/receipt:",
            help=_("Open the order"),
            on_click=open_order,
            args=(event.order_number,),
        )
        colour: Any = STAGE_NAME[event.stage]
        st.badge(_(STAGE_NAMES[event.stage]), color=colour)


def _told(event: Any) -> str:
    name, colour = EVENTS.get(event.event, (event.event, "gray"))
    shown = _(name) if event.event in EVENTS else plain(name)
    head = f":{colour}[●] **{shown}** :small[:gray[{formats.moment(event.happened_at)}]]"
    details = " · ".join(_details(event))
    told = f"{head}  \n:small[{details}]" if details else head
    if event.detail:
        lines = plain(" ".join(str(event.detail).split()))
        told += f"  \n:small[:gray[{lines}]]"
    return told


def _details(event: Any) -> list[str]:
    details = []
    if not pd.isna(event.amount):
        details.append(plain(formats.money(event.amount, event.currency)))
    if event.subject:
        words = _SUBJECTS.get(event.event)
        details.append(plain(in_words(words, event.subject) if words else event.subject))
    if not pd.isna(event.score):
        details.append(_("{n} of 5", n=int(event.score)))
    if event.state:
        details.append(plain(in_words(_STATES.get(event.event, "feedback.state"), event.state)))
    if event.person:
        details.append(plain(event.person))
    return details
