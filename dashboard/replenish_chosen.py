"""The requests that a person has ticked: kept by what they are, as they were last shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

_CHOSEN, _ROUND = "chosen_requests", "chosen_requests_round"


@dataclass(frozen=True)
class Request:
    """A request as it stood in the list when it was last drawn."""

    replenishment_id: int
    version: int
    state: str
    sku: str
    product: str
    warehouse: str
    quantity: int
    received_quantity: int
    expected_on: date | None
    lead_days: int | None
    supplier_id: int | None
    unit_cost: float | None
    currency: str

    @property
    def left(self) -> int:
        """Units still to come, once it is ordered."""
        return max(self.quantity - self.received_quantity, 0)


def requests_of(frame: pd.DataFrame) -> tuple[Request, ...]:
    """The rows of `list_replenishments`, in the order in which they are shown."""
    rows: Iterable[Any] = frame.itertuples()
    return tuple(
        Request(
            replenishment_id=int(row.replenishment_id),
            version=int(row.version),
            state=row.state,
            sku=row.sku,
            product=row.product,
            warehouse=row.warehouse if isinstance(row.warehouse, str) else "",
            quantity=int(row.quantity),
            received_quantity=int(row.received_quantity),
            expected_on=None if pd.isna(row.expected_on) else row.expected_on.date(),
            lead_days=None if pd.isna(row.lead_days) else int(row.lead_days),
            supplier_id=None if pd.isna(row.supplier_id) else int(row.supplier_id),
            unit_cost=None if pd.isna(row.unit_cost) else float(row.unit_cost),
            currency=row.currency,
        )
        for row in rows
    )


def chosen_requests() -> tuple[Request, ...]:
    """In the order in which they were ticked."""
    return tuple(_kept().values())


def places_of_chosen(shown: Sequence[Request]) -> list[int]:
    """Where the chosen ones stand among those shown, which are remembered as they are now."""
    kept = _kept()
    kept.update({row.replenishment_id: row for row in shown if row.replenishment_id in kept})
    return [place for place, row in enumerate(shown) if row.replenishment_id in kept]


def choose_places(shown: Sequence[Request], places: Iterable[int]) -> None:
    """For callbacks: of the rows shown, these are chosen; those of other pages stay."""
    kept, ticked = _kept(), {place for place in places if 0 <= place < len(shown)}
    for place, row in enumerate(shown):
        if place in ticked:
            kept[row.replenishment_id] = row
        else:
            kept.pop(row.replenishment_id, None)


def choose_none() -> None:
    """For callbacks: a fresh list, in which nothing is ticked."""
    st.session_state[_CHOSEN] = {}
    st.session_state[_ROUND] = selection_round() + 1


def selection_round() -> int:
    """Part of the key of the list's table, which keeps its ticks as long as its key."""
    counted: int = st.session_state.get(_ROUND, 0)
    return counted


def _kept() -> dict[int, Request]:
    kept: dict[int, Request] = st.session_state.setdefault(_CHOSEN, {})
    return kept
