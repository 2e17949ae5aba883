"""A row's values as one short text: the same values, the same hash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column

from data_access.importing.cells import Resolved


def hash_of(columns: Sequence[Column[Any]], values: tuple[Any, ...]) -> str:
    """The same for the same values; an empty column counts as an absent one."""
    parts = [
        f"{column.name}={canonical(value)}"
        for column, value in zip(columns, values, strict=True)
        if value is not None
    ]
    return hashlib.sha256("\x1f".join(sorted(parts)).encode()).hexdigest()


def canonical(value: Any) -> str:
    if type(value) is str:
        return value
    if isinstance(value, Resolved):
        return str(value.value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
