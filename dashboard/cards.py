"""The KPI card: what it is, how much, and whether that is better than before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

import streamlit as st

from dashboard import formats
from dashboard.filters import Values, current, link_to
from dashboard.menu import find_page
from dashboard.texts import N_, _

Better = Literal["higher", "lower", "neither"]
Verdict = Literal["better", "worse", "same", "moved", "unknown"]
_SMALLEST = 0.0005  # a change that would read 0.0 is no change
_COLOURS = {"better": "green", "worse": "red", "same": "gray", "moved": "gray"}
ORDERS_BEHIND = N_("Show the orders behind this number")
_THAN_PREVIOUS: dict[Verdict, str] = {
    "better": N_("better vs previous"),
    "worse": N_("worse vs previous"),
    "same": N_("as in previous"),
    "moved": N_("vs previous"),
    "unknown": N_("no previous value"),
}
_THAN_LAST_YEAR: dict[Verdict, str] = {
    "better": N_("better vs last year"),
    "worse": N_("worse vs last year"),
    "same": N_("as last year"),
    "moved": N_("vs last year"),
    "unknown": N_("no value last year"),
}


@dataclass(frozen=True, kw_only=True)
class Card:
    key: str
    label: str
    value: str
    help: str  # the formula, its date basis and what is left out
    previous: float | None = None  # a relative change; of a rate, a difference
    last_year: float | None = None
    is_rate: bool = False
    better: Better = "higher"
    values: Sequence[float] = ()  # of the sparkline
    page: str = "orders"
    rows: Mapping[str, str | Sequence[str]] | None = None  # what to choose to see the rows
    rows_told: str = ""  # what they are
    note: str = ""  # in place of the changes


def show_cards(cards: Sequence[Card], *, across: int = 4) -> None:
    """Four cards (or `across`) in a row on a laptop, two on a tablet, one on a phone."""
    width = 230 if across <= 4 else 185
    grid = st.grid(across, min_column_width=width, gap="xsmall", border=True, key="cards")
    chosen = current()
    for card in cards:
        _show_card(grid, card, chosen, is_narrow=across > 4)


def _show_card(grid: Any, card: Card, chosen: Values, *, is_narrow: bool) -> None:
    with grid.cell(), st.container(gap=None, key=f"card_{card.key}"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", gap="xsmall", wrap=False
        ):
            st.metric(card.label, card.value, help=card.help, width="content")
            if len(card.values) > 1:
                st.metric(
                    _("{name}, course", name=card.label),
                    "",
                    label_visibility="collapsed",
                    chart_data=list(card.values),
                    delta_color="blue",
                    width=84,
                )
        if card.note:
            st.markdown(f":small[:gray[{card.note}]]")
            return
        with st.container(
            horizontal=True,
            horizontal_alignment="distribute",
            vertical_alignment="bottom",
            gap=None,
            wrap=is_narrow,
        ):
            changes = (
                _change(card, card.previous, _THAN_PREVIOUS),
                _change(card, card.last_year, _THAN_LAST_YEAR),
            )
            said = "  \n".join(f":small[{change}]" for change in changes)
            st.markdown(said, width="content")
            if card.rows is not None:
                st.page_link(
                    find_page(card.page).file,
                    label=f":blue[{_('Rows')}]",
                    icon="",
                    query_params=link_to(chosen, **card.rows),
                    help=card.rows_told or _(ORDERS_BEHIND),
                )


def _change(card: Card, change: float | None, sentences: Mapping[Verdict, str]) -> str:
    judged = verdict(change, card.better)
    words = _(sentences[judged])
    if judged == "unknown" or change is None:
        return f":gray[{words}]"
    moved = formats.points(change) if card.is_rate else formats.change(change)
    arrow = "=" if judged == "same" else "▲" if change > 0 else "▼"
    return f":{_COLOURS[judged]}[{arrow} {moved}] :gray[{words}]"


def verdict(change: float | None, better: Better) -> Verdict:
    """What a change means where more (or less) is better."""
    if change is None or not isfinite(change):
        return "unknown"
    if abs(change) < _SMALLEST:
        return "same"
    if better == "neither":
        return "moved"
    return "better" if (change > 0) == (better == "higher") else "worse"
