"""The rows before and after that the log keeps as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Date, DateTime
from sqlalchemy.sql.base import ReadOnlyColumnCollection
from sqlalchemy.types import TypeEngine

from data_access.columns import ExactDecimal
from data_access.sealing import is_sealed

Image = Mapping[str, Any]


class Difference(NamedTuple):
    field: str
    before: Any
    after: Any


def read_image(text: str | None) -> dict[str, Any]:
    """The columns of a row; nothing where there was no row."""
    image: dict[str, Any] = json.loads(text, parse_float=Decimal) if text else {}
    return image


def stored_value(kind: TypeEngine[Any], value: Any) -> Any:
    """What a column of this type holds, from how JSON writes it on either engine. What stands
    sealed stays so."""
    if value is None or is_sealed(value):
        return value
    if isinstance(kind, ExactDecimal):
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-kind.scale))
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return bool(value) if isinstance(kind, Boolean) else value


def differences(before: Image, after: Image) -> list[Difference]:
    """What differs, in the order of the columns; None where a row was not there."""
    fields = dict.fromkeys((*before, *after))
    pairs = (Difference(name, before.get(name), after.get(name)) for name in fields)
    return [pair for pair in pairs if pair.before != pair.after]


def differences_from(
    columns: ReadOnlyColumnCollection[str, Any], image: Image, row: Mapping[str, Any]
) -> list[Difference]:
    """Where the row in the table is no longer what the image shows. A column that was added after
    the image was taken is not compared."""
    shown = {
        name: stored_value(columns[name].type, value)
        for name, value in image.items()
        if name in columns
    }
    return differences(shown, {name: row[name] for name in shown})
