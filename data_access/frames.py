"""Turns a statement into a frame whose dtypes follow from the statement's column types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import CursorResult, Date, DateTime, Engine, Float, Integer, Numeric, Select
from sqlalchemy.sql.elements import ColumnElement

from data_access.columns import ExactDecimal


def read_frame(engine: Engine, statement: Select[Any]) -> pd.DataFrame:
    """The rows of `statement`: money and rates as float64 rounded to their scale, days and moments
    as datetime64, counts as Int64 where NULL is possible and int64 otherwise."""
    columns = list(statement.selected_columns)
    with engine.connect() as connection:
        cells = _by_column(connection.execute(statement), len(columns))
    return pd.DataFrame(
        {column.key: _array(column, each) for column, each in zip(columns, cells, strict=True)}
    )


def read_row(engine: Engine, statement: Select[Any]) -> dict[str, Any] | None:
    """The first row as a dict of plain values, or None."""
    with engine.connect() as connection:
        row = connection.execute(statement.limit(1)).mappings().one_or_none()
    return dict(row) if row is not None else None


def _by_column(result: CursorResult[Any], width: int) -> Sequence[Any]:
    """The cells of each column; DuckDB has them so, and hands over masked arrays."""
    if result.context.dialect.name == "duckdb":
        return list(result.cursor.fetchnumpy().values())
    rows = result.all()
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _array(column: ColumnElement[Any], cells: Any) -> Any:
    kind = column.type
    if isinstance(kind, ExactDecimal | Numeric | Float):
        return _numbers(cells, kind.scale if isinstance(kind, ExactDecimal) else None)
    if isinstance(kind, Integer):
        return _counts(cells)
    if isinstance(kind, Date | DateTime):
        if isinstance(cells, np.ndarray):
            return _filled(cells, np.datetime64("NaT"))
        return pd.to_datetime(list(cells)).as_unit("us")
    return pd.Series(_objects(cells), dtype="object")


def _objects(cells: Any) -> Any:
    """As an array where there is one: pandas takes it as it is, and looks through a list."""
    if not isinstance(cells, np.ndarray):
        return list(cells)
    found = np.ma.getdata(cells).astype("object")
    found[np.ma.getmaskarray(cells)] = None
    return found


def _numbers(cells: Any, scale: int | None) -> Any:
    if not isinstance(cells, np.ndarray):
        return np.array([np.nan if cell is None else float(cell) for cell in cells])
    numbers = _filled(cells.astype("float64"), np.nan)
    return numbers if scale is None else np.round(numbers, scale)


def _counts(cells: Any) -> Any:
    if not isinstance(cells, np.ndarray):
        if any(cell is None for cell in cells):
            return pd.array([None if cell is None else int(cell) for cell in cells], dtype="Int64")
        return np.array([int(cell) for cell in cells], dtype="int64")
    missing = np.ma.getmaskarray(cells)
    counts = _filled(cells, 0).astype("int64")
    return pd.arrays.IntegerArray(counts, missing) if missing.any() else counts


def _filled(cells: Any, missing: Any) -> Any:
    """Without its mask; `missing` where it had been."""
    return cells.filled(missing) if isinstance(cells, np.ma.MaskedArray) else cells
