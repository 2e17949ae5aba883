"""Turning the pages of a list that the database pages by keyset."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.texts import _
from data_access.keyset import Cursor, next_page

PAGE_ROWS = 25


@dataclass(frozen=True)
class Pages:
    """Where each page up to the one shown starts."""

    name: str
    cursors: list[Cursor | None]

    @property
    def start(self) -> Cursor | None:
        return self.cursors[-1]

    @property
    def number(self) -> int:
        return len(self.cursors)


def pages_of(name: str, question: str) -> Pages:
    """The pages turned so far; another `question` (filter, order, person) starts at the top."""
    place = f"pages_{name}"
    kept: tuple[str, list[Cursor | None]] | None = st.session_state.get(place)
    if kept is None or kept[0] != question:
        kept = (question, [None])
        st.session_state[place] = kept
    return Pages(name, kept[1])


def rows_shown(pages: Pages, frame: pd.DataFrame, counted: str) -> str:
    """1–25 of 1,234 orders; `counted` is the "1,234 orders"."""
    first = (pages.number - 1) * PAGE_ROWS + 1
    return _(
        "{first}–{last} of {orders}",
        first=formats.number(first),
        last=formats.number(first + len(frame) - 1),
        orders=counted,
    )


def list_toolbar(
    pages: Pages, frame: pd.DataFrame, counted: str, sort_box: Callable[[], None], *, advice: str
) -> None:
    """How many rows there are, their order, and the buttons that turn the pages."""
    following = next_page(frame)
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        gap="xsmall",
        key=f"{pages.name}_toolbar",
    ):
        shown = rows_shown(pages, frame, counted)
        st.markdown(f"**{shown}** :small[:gray[{advice}]]", width="content")
        with st.container(
            horizontal=True, gap="xsmall", vertical_alignment="center", width="content"
        ):
            sort_box()
            st.button(
                "",
                key=f"previous_{pages.name}",
                icon=":material/chevron_left:",
                help=_("Previous page"),
                disabled=pages.number == 1,
                on_click=_turn_back,
                args=(pages.cursors,),
            )
            st.button(
                "",
                key=f"next_{pages.name}",
                icon=":material/chevron_right:",
                help=_("Next page"),
                disabled=following is None,
                on_click=_turn_on,
                args=(pages.cursors, following),
            )


def clicked_row(table_key: str, rows: Sequence[Any]) -> Any | None:
    """What stands for the row of the clicked cell, among the rows that were shown."""
    cells = st.session_state[table_key]["selection"]["cells"]
    row = int(cells[0][0]) if cells else -1
    return rows[row] if 0 <= row < len(rows) else None


def clicked_head(table_key: str) -> str | None:
    """The column whose head was clicked."""
    columns = st.session_state[table_key]["selection"]["columns"]
    return columns[0] if columns else None


def _turn_back(cursors: list[Cursor | None]) -> None:
    if len(cursors) > 1:
        cursors.pop()


def _turn_on(cursors: list[Cursor | None], following: Cursor) -> None:
    if cursors[-1] != following:  # a second quick click is not a second page
        cursors.append(following)
