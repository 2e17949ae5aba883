"""Puts a figure on the page."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from dashboard.figures.template import CONFIG


def show_chart(figure: go.Figure, *, alt: str, key: str) -> None:
    """The figure in the theme's colours; `alt` says in words what it shows."""
    st.plotly_chart(figure, config=CONFIG, alt=alt, key=key)
