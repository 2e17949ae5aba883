"""Turning the pages of a list that the database pages by keyset; the address says which one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.texts import _
from data_access.keyset import MAX_PAGE_SIZE, Cursor, next_page

PAGE_ROWS = 25
FARTHEST_PAGE = 4_000  # that a link reaches without turning to it


@dataclass(frozen=True)
class Pages:
    """The page shown, and where each page known so far starts."""

    name: str
    number: int
    starts: dict[int, Cursor | None]

    @property
    def start(self) -> Cursor | None:
        return self.starts[self.number]


def pages_of(name: str, question: str, ask: Callable[[Cursor | None, int], pd.DataFrame]) -> Pages:
    """The page that the address says, or the first. Where it starts is remembered from turning to
    it, while the `question` (filter, order, person) is the same; who comes by a link gets there
    through `ask(after, limit)`, the rows of the list."""
    place = f"pages_{name}"
    kept: tuple[str, dict[int, Cursor | None]] | None = st.session_state.get(place)
    if kept is None or kept[0] != question:
        kept = (question, {1: None})
        st.session_state[place] = kept
    starts, number = kept[1], _said_number()
    if number not in starts:
        _find_start(starts, number, ask)
    return Pages(name, number if number in starts else 1, starts)


def _said_number() -> int:
    said = st.query_params.get("page", "")
    return int(said) if said.isascii() and said.isdigit() and int(said[:6]) > 0 else 1


def _find_start(
    starts: dict[int, Cursor | None],
    number: int,
    ask: Callable[[Cursor | None, int], pd.DataFrame],
) -> None:
    """Walks the list in the longest strides; a page behind its end is not found."""
    if number > FARTHEST_PAGE:
        return
    here = max(known for known in starts if known < number)
    while here < number:
        stride = min(number - here, MAX_PAGE_SIZE // PAGE_ROWS)
        following = next_page(ask(starts[here], stride * PAGE_ROWS))
        if following is None:
            return
        here += stride
        starts[here] = following


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
    pages: Pages, frame: pd.DataFrame, counted: str, controls: Callable[[], None], *, advice: str
) -> None:
    """The buttons that turn the pages, how many rows there are, and what `controls` draws: the
    export before the sort box, so that the table's own toolbar does not lie over it on a phone."""
    following = next_page(frame)
    if following is not None:
        pages.starts[pages.number + 1] = following
    with st.container(
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
        gap="xsmall",
        key=f"{pages.name}_toolbar",
    ):
        # the buttons first: where they end a narrow row, the table's own toolbar lies over them
        with st.container(
            horizontal=True, gap="xsmall", vertical_alignment="center", width="content"
        ):
            st.button(
                "",
                key=f"previous_{pages.name}",
                icon=":material/chevron_left:",
                help=_("Previous page"),
                disabled=pages.number == 1,
                on_click=_turn_to,
                args=(pages.number - 1,),
            )
            st.button(
                "",
                key=f"next_{pages.name}",
                icon=":material/chevron_right:",
                help=_("Next page"),
                disabled=following is None,
                on_click=_turn_to,
                args=(pages.number + 1,),
            )
            shown = rows_shown(pages, frame, counted)
            st.markdown(f"**{shown}** :small[:gray[{advice}]]", width="content")
        with st.container(
            horizontal=True, gap="xsmall", vertical_alignment="center", width="content"
        ):
            controls()


def clicked_row(table_key: str, rows: Sequence[Any]) -> Any | None:
    """What stands for the row of the clicked cell, among the rows that were shown."""
    cells = st.session_state[table_key]["selection"]["cells"]
    row = int(cells[0][0]) if cells else -1
    return rows[row] if 0 <= row < len(rows) else None


def ticked_rows(table_key: str) -> list[int]:
    """The places of the rows that are ticked."""
    return [int(row) for row in st.session_state[table_key]["selection"]["rows"]]


def clicked_head(table_key: str) -> str | None:
    """The column whose head was clicked."""
    columns = st.session_state[table_key]["selection"]["columns"]
    return columns[0] if columns else None


def _turn_to(number: int) -> None:
    if number > 1:
        st.query_params["page"] = str(number)
    else:
        st.query_params.pop("page", None)


def first_page() -> None:
    """For callbacks: the list from its beginning."""
    st.query_params.pop("page", None)


def sort_by(name: str) -> None:
    """For callbacks: the list in another order, from its beginning."""
    first_page()
    st.query_params["sort"] = name


def sort_box(key: str, labels: Mapping[str, str], sorted_by: str, *, width: int = 200) -> None:
    """The orders that a list is offered in, by their names in the address; `labels` are msgids."""
    st.session_state[key] = sorted_by
    st.selectbox(
        _("Sort"),
        list(labels),
        format_func=lambda name: _(labels[name]),
        key=key,
        label_visibility="collapsed",
        width=width,
        on_change=lambda: sort_by(st.session_state[key]),
    )
