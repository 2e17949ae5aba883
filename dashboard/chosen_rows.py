"""The rows that a person has ticked in a list: kept by what they are, not by their place in it, so
that they stay the same when the list is sorted, paged, or changed by others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

Row = TypeVar("Row")


@dataclass(frozen=True)
class ChosenRows(Generic[Row]):
    """Under its own name in the session; `identity` tells which row is which."""

    name: str
    identity: Callable[[Row], int]

    def rows(self) -> tuple[Row, ...]:
        """In the order in which they were ticked."""
        return tuple(self._kept().values())

    def places(self, shown: Sequence[Row]) -> list[int]:
        """Where they stand among those shown, which are remembered as they are now."""
        kept = self._kept()
        kept.update({self.identity(row): row for row in shown if self.identity(row) in kept})
        return [place for place, row in enumerate(shown) if self.identity(row) in kept]

    def choose_places(self, shown: Sequence[Row], places: Iterable[int]) -> None:
        """For callbacks: of the rows shown, these are chosen; those of other pages stay."""
        kept, ticked = self._kept(), {place for place in places if 0 <= place < len(shown)}
        for place, row in enumerate(shown):
            if place in ticked:
                kept[self.identity(row)] = row
            else:
                kept.pop(self.identity(row), None)

    def choose_none(self) -> None:
        """For callbacks: a fresh list, in which nothing is ticked."""
        st.session_state[self.name] = {}
        st.session_state[f"{self.name}_round"] = self.round() + 1

    def round(self) -> int:
        """Part of the key of the list's table, which keeps its ticks as long as its key."""
        counted: int = st.session_state.get(f"{self.name}_round", 0)
        return counted

    def _kept(self) -> dict[int, Row]:
        kept: dict[int, Row] = st.session_state.setdefault(self.name, {})
        return kept
