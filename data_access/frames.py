"""Turns a statement into a frame whose dtypes follow from the statement's column types."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import Date, DateTime, Engine, Float, Integer, Numeric, Select
from sqlalchemy.sql.elements import ColumnElement

from data_access.columns import ExactDecimal


def read_frame(engine: Engine, statement: Select[Any]) -> pd.DataFrame:
    """The rows of `statement`: money and rates as float64 rounded to their scale, days and moments
    as datetime64, counts as Int64 where NULL is possible and int64 otherwise."""
    with engine.connect() as connection:
        rows = connection.execute(statement).all()
    columns = list(statement.selected_columns)
    values = list(zip(*rows, strict=True)) if rows else [()] * len(columns)
    return pd.DataFrame(
        {column.key: _series(column, cells) for column, cells in zip(columns, values, strict=True)}
    )


def read_row(engine: Engine, statement: Select[Any]) -> dict[str, Any] | None:
    """The first row as a dict of plain values, or None."""
    with engine.connect() as connection:
        row = connection.execute(statement.limit(1)).mappings().one_or_none()
    return dict(row) if row is not None else None


def _series(column: ColumnElement[Any], cells: tuple[Any, ...]) -> pd.Series[Any]:
    kind = column.type
    if isinstance(kind, ExactDecimal | Numeric | Float):
        return pd.Series([None if cell is None else float(cell) for cell in cells], dtype="float64")
    if isinstance(kind, Integer):
        return pd.Series(
            [None if cell is None else int(cell) for cell in cells],
            dtype="Int64" if any(cell is None for cell in cells) else "int64",
        )
    if isinstance(kind, Date | DateTime):
        return pd.Series(pd.to_datetime(list(cells)).as_unit("us"), dtype="datetime64[us]")
    return pd.Series(list(cells), dtype="object")
