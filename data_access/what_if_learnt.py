"""What a refresh has learnt for what-if, as far as it still holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, select

from data_access.frames import read_row
from data_access.scope import Scope


def find_learnt(engine: Engine, scope: Scope, currency: str) -> dict[str, Any] | None:
    """end_on, data_version, orders, learnt (JSON): what was learnt from exactly the orders that the
    person sees, None where nothing was. Asked of the record."""
    stored = scope.visible.what_if_learnt.c
    return read_row(
        engine,
        select(stored.end_on, stored.data_version, stored.orders, stored.learnt).where(
            stored.rights == scope.rights_to_orders, stored.currency == currency
        ),
    )
