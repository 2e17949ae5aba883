"""What a scenario is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dashboard.analytics.what_if.world import SEED
from data_access.filters import OrderFilter


@dataclass(frozen=True)
class Question:
    """The choice of the bar, perhaps one product, so many weeks ahead of a day."""

    chosen: OrderFilter
    product_id: int | None
    horizon: int
    as_of: date
    seed: int = SEED
