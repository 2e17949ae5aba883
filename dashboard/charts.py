"""Puts a figure on the page."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from dashboard.figures.template import CONFIG


def show_chart(figure: go.Figure, *, alt: str, key: str) -> None:
    """The figure in the theme's colours; `alt` says in words what it shows."""
    st.plotly_chart(figure, config=CONFIG, alt=alt, key=key)


def clicked_point(key: str, count: int) -> int | None:
    """For callbacks: which of the `count` points or bars of a chart was clicked; None where none
    was, or what the browser sent is none of them."""
    points = st.session_state[key]["selection"]["points"]
    place = points[0].get("point_index") if points and isinstance(points[0], dict) else None
    return place if isinstance(place, int) and 0 <= place < count else None
