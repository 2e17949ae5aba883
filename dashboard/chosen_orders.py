"""The orders that a person has ticked in the list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.chosen_rows import ChosenRows


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


CHOSEN_ORDERS = ChosenRows[ChosenOrder]("chosen_orders", lambda row: row.order_id)
