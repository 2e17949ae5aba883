"""What stands where there is nothing to show: one sentence that says why, and what to do."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

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
