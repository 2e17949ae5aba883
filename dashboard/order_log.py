"""What was changed about one order, by whom and why."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.change_words import Entry, entries_of, headline, told_changes
from dashboard.menu import find_page, may_open
from dashboard.reads import read
from dashboard.texts import _, language
from data_access.audit import list_order_changes
from data_access.keyset import next_page
from data_access.scope import Scope

MOST_ROWS = 200
FIRST_ENTRIES = 8


def order_log(scope: Scope, order: dict[str, Any]) -> None:
    """The last changes, newest first; nothing where the person may not read the log or there is
    none."""
    if not scope.sees("audit", "action"):
        return
    changes = read(
        list_order_changes, scope, order["order_id"], engine="record", limit=MOST_ROWS,
        language=language(),
    )  # fmt: skip
    entries = entries_of(changes)
    if not entries:
        return
    with st.container(horizontal=True, horizontal_alignment="distribute",
                      vertical_alignment="center", key="order_log_title"):  # fmt: skip
        st.subheader(_("Changes"), anchor=False, width="content")
        _link_to_log(scope, order["order_number"])
    with st.container(border=True, gap="xsmall", key="order_log"):
        for entry in entries[:FIRST_ENTRIES]:
            st.markdown(_told(entry))
        older = entries[FIRST_ENTRIES:]
        if older:
            with st.expander(_("Earlier changes ({n})", n=len(older)), key="earlier_changes"):
                for entry in older:
                    st.markdown(_told(entry))
                if next_page(changes) is not None:
                    st.caption(_("The last {n} rows of the log are shown.", n=MOST_ROWS))


def _link_to_log(scope: Scope, number: str) -> None:
    if may_open(scope.role, "changes"):
        st.page_link(
            find_page("changes").file,
            label=_("All details"),
            icon=":material/history:",
            query_params={"period": "any", "q": number},
        )


def _told(entry: Entry) -> str:
    undone = f" :orange-badge[{_('Undone')}]" if entry.undone_by else ""
    line = f"{headline(entry)} :small[:gray[{formats.moment(entry.happened_at)}]]{undone}"
    changes = told_changes(entry)
    return f"{line}  \n:small[{changes}]" if changes else line
