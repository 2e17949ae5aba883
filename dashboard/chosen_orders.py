"""The orders that a person has ticked in the list: kept by what they are, not by their place in
it, so that they stay the same when the list is sorted, paged, or changed by others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

_CHOSEN, _ROUND = "chosen_orders", "chosen_round"


@dataclass(frozen=True)
class ChosenOrder:
    """An order as it stood in the list when it was last drawn."""

    order_id: int
    number: str
    customer: str
    stage: str
    version: int


def rows_shown(frame: pd.DataFrame) -> tuple[ChosenOrder, ...]:
    """The rows of `list_orders`, in the order in which they are shown."""
    rows: Iterable[Any] = frame.itertuples()
    return tuple(
        ChosenOrder(
            int(row.order_id), row.order_number, row.customer or "", row.stage, int(row.version)
        )
        for row in rows
    )


def chosen_orders() -> tuple[ChosenOrder, ...]:
    """In the order in which they were ticked."""
    return tuple(_kept().values())


def places_of_chosen(shown: Sequence[ChosenOrder]) -> list[int]:
    """Where the chosen orders stand among those shown, which are remembered as they are now."""
    kept = _kept()
    kept.update({row.order_id: row for row in shown if row.order_id in kept})
    return [place for place, row in enumerate(shown) if row.order_id in kept]


def choose_places(shown: Sequence[ChosenOrder], places: Iterable[int]) -> None:
    """For callbacks: of the rows shown, these are chosen; those of other pages stay."""
    kept, ticked = _kept(), {place for place in places if 0 <= place < len(shown)}
    for place, row in enumerate(shown):
        if place in ticked:
            kept[row.order_id] = row
        else:
            kept.pop(row.order_id, None)


def choose_none() -> None:
    """For callbacks: a fresh list, in which nothing is ticked."""
    st.session_state[_CHOSEN] = {}
    st.session_state[_ROUND] = selection_round() + 1


def selection_round() -> int:
    """Part of the key of the list's table, which keeps its ticks as long as its key."""
    counted: int = st.session_state.get(_ROUND, 0)
    return counted


def _kept() -> dict[int, ChosenOrder]:
    kept: dict[int, ChosenOrder] = st.session_state.setdefault(_CHOSEN, {})
    return kept
