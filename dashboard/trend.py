"""The trend of the overview: its steps, and what its period is compared with."""

from __future__ import annotations

import streamlit as st

from dashboard.periods import grain_of
from dashboard.texts import N_, _, _n
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


def spans_to_compare(period: Period) -> dict[str, Period]:
    """The period, and the last days of those it is compared with: enough for what stood open at
    their end."""
    previous, last_year = period.previous(), period.last_year()
    return {
        "now": period,
        "previous": Period(previous.end, previous.end),
        "last_year": Period(last_year.end, last_year.end),
    }


def top_of(rows: int, shown: int) -> str:
    """Says that some are not shown; nothing where all are."""
    return (
        _n("the largest {shown} of {n}", "the largest {shown} of {n}", rows, shown=shown)
        if (rows > shown)
        else ""
    )
