"""The actions on an order at the top of its page: the next step, and all the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.edit_dialogs import open_edit
from dashboard.order_actions import ACTIONS, GROUPS, next_step, offered
from dashboard.texts import _
from data_access.scope import Scope

_MORE = "more_actions"


def action_bar(scope: Scope, order: Mapping[str, Any]) -> None:
    """One button for what this person does next, the others behind another; for somebody who may
    do nothing, nothing."""
    names = offered(scope, order)
    if not names:
        return
    number = order["order_number"]
    first = next_step(names, order)
    others = [name for name in names if name != first]
    with st.container(
        horizontal=True, gap="xsmall", vertical_alignment="center", width="content", key="actions"
    ):
        if others:
            label = _("More actions") if first else _("Actions")
            with st.popover(label, key=_MORE, on_change="rerun"):
                _groups(others, number)
        if first:
            _button(first, number, type="primary")


def _groups(names: list[str], number: str) -> None:
    for group, label in GROUPS.items():
        within = [name for name in names if ACTIONS[name].group == group]
        if within:
            with st.container(gap=None):
                st.caption(_(label))
                for name in within:
                    _button(name, number, type="tertiary")


def _button(name: str, number: str, *, type: Any) -> None:
    action = ACTIONS[name]
    st.button(
        _(action.verb),
        key=f"do_{name}",
        type=type,
        icon=action.icon,
        on_click=_begin,
        args=(name, number),
    )


def _begin(name: str, number: str) -> None:
    st.session_state[_MORE] = False
    open_edit(name, number)
