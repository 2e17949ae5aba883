"""What the analytics copy holds of each business table, and in which types and order."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa
from duckdb_engine import Dialect
from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Table

from data_access.columns import ExactDecimal
from data_access.tables import BUSINESS_TABLES

# Personal and free text that no sum or count needs: NULL in the copy, so that a file meant for
# arithmetic gives nobody a telephone list. Names stay: tops and searches show them.
LEFT_OUT: dict[str, frozenset[str]] = {
    "employees": frozenset({"email", "phone"}),
    "customers": frozenset({"phone", "email", "address", "born_on"}),
    "contacts": frozenset({"name", "phone", "email"}),
    "suppliers": frozenset({"contact_name", "phone", "email", "address"}),
    "orders": frozenset({"ship_address", "note"}),
    "returns": frozenset({"note"}),
    "stock_movements": frozenset({"note"}),
    "feedback": frozenset({"text"}),
    "interactions": frozenset({"subject", "note"}),
}

# Rows that are asked for together lie together, so that a period reads only its own blocks.
SORTED_BY: dict[str, tuple[str, ...]] = {
    "orders": ("ordered_on", "order_id"),
    "order_lines": ("order_id", "line_number"),
    "payments": ("order_id", "payment_id"),
    "shipments": ("order_id", "shipment_id"),
    "stock_movements": ("moved_at", "movement_id"),
}

_dialect = Dialect()
quote = _dialect.identifier_preparer.quote


def key_of(table: Table) -> Column[Any]:
    column: Column[Any] = next(iter(table.primary_key.columns))
    return column


def kept_columns(table: Table) -> list[Column[Any]]:
    left_out = LEFT_OUT.get(table.name, frozenset())
    return [column for column in table.columns if column.name not in left_out]


def duckdb_type(column: Column[Any]) -> str:
    return str(column.type.compile(dialect=_dialect))


def arrow_type(column: Column[Any]) -> pa.DataType:
    kind = column.type
    if isinstance(kind, ExactDecimal):
        return pa.decimal128(kind.precision, kind.scale)
    if isinstance(kind, Boolean):
        return pa.bool_()
    if isinstance(kind, Integer):
        return pa.int64()
    if isinstance(kind, DateTime):
        return pa.timestamp("us")
    return pa.date32() if isinstance(kind, Date) else pa.string()


def selection(table: Table, source: str) -> str:
    """SELECT that makes rows of the copy's `table` out of the kept columns in `source`."""
    kept = {column.name for column in kept_columns(table)}
    columns = ", ".join(
        f"CAST({quote(column.name) if column.name in kept else 'NULL'} AS {duckdb_type(column)})"
        f" AS {quote(column.name)}"
        for column in table.columns
    )
    return f"SELECT {columns} FROM {source}"  # noqa: S608  names are the metadata's


def _text_of_layout() -> str:
    selections = [selection(table, table.name) for table in BUSINESS_TABLES]
    return repr((selections, sorted(SORTED_BY.items())))


# A copy of another layout is built anew.
LAYOUT = hashlib.sha256(_text_of_layout().encode()).hexdigest()
