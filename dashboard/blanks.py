"""What stands where there is nothing to show: one sentence that says why, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import streamlit as st

from dashboard.filters import choose, clear, is_filtered
from dashboard.reads import read
from dashboard.texts import _
from data_access.options import find_data_span
from data_access.scope import Scope

Action = tuple[str, Callable[[], None]]  # what the button says, what it does


def blank(title: str, advice: str = "", *actions: Action, key: str = "blank") -> None:
    """A quiet box with a sentence, advice and buttons."""
    with st.container(border=True, horizontal_alignment="center", gap="xsmall", key=f"{key}_box"):
        st.space("small")
        st.markdown(f"**{title}**", text_alignment="center")
        if advice:
            st.markdown(f":gray[{advice}]", text_alignment="center")
        if actions:
            with st.container(horizontal=True, horizontal_alignment="center"):
                for number, (label, act) in enumerate(actions):
                    st.button(
                        label,
                        key=f"{key}_{number}",
                        type="primary" if number == 0 else "secondary",
                        on_click=act,
                    )
        st.space("small")


def nothing_found(scope: Scope, currency: str | None, *, has_period: bool = True) -> None:
    """No order fits: says whether the filters or the dates are why, and offers the way out."""
    last_on = read(find_data_span, scope, currency, engine="record")["last_on"]
    if last_on is None:
        blank(
            _("There are no orders for you yet."),
            _("Orders appear here as soon as they are entered or imported."),
        )
        return
    actions: list[Action] = []
    if is_filtered():
        actions.append((_("Clear filters"), clear))
    if has_period:
        actions.append((_("Show the last 30 days with orders"), lambda: _show_days_before(last_on)))
    blank(
        _("No order fits these filters."),
        _("The last order is of {day}.", day=last_on) if has_period else "",
        *actions,
    )


def _show_days_before(last_on: date) -> None:
    clear()
    first_on = last_on - timedelta(days=29)
    choose(period=["own"], **{"from": [str(first_on)], "to": [str(last_on)]})
