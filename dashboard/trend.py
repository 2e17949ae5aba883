"""The steps of a trend: by day, week or month."""

from __future__ import annotations

import streamlit as st

from dashboard.periods import grain_of
from dashboard.texts import N_, _
from data_access.dialects import Grain
from data_access.filters import Period

_NAMES: dict[Grain, str] = {"day": N_("Day"), "week": N_("Week"), "month": N_("Month")}
_FEWEST_DAYS: dict[Grain, int] = {"day": 1, "week": 8, "month": 32}
_MOST_DAYS: dict[Grain, int] = {"day": 400, "week": 3_000, "month": 100_000}


def grain_box(title: str, period: Period) -> Grain:
    """The block's title with the choice of grain at its right."""
    usual = grain_of(period)
    fitting = [
        grain for grain in _NAMES if _FEWEST_DAYS[grain] <= period.days <= _MOST_DAYS[grain]
    ] or [usual]
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(f"**{title}**", width="content")
        if len(fitting) == 1:
            return fitting[0]
        return (
            st.segmented_control(
                _("Step"),
                fitting,
                default=usual,
                required=True,
                format_func=lambda grain: _(_NAMES[grain]),
                key=f"grain_{'_'.join(fitting)}_{usual}",
                label_visibility="collapsed",
                persist_state="session",
            )
            or usual
        )
