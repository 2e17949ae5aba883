"""The requests that a person has ticked in the list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from dashboard.chosen_rows import ChosenRows


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


CHOSEN_REQUESTS = ChosenRows[Request]("chosen_requests", lambda row: row.replenishment_id)
