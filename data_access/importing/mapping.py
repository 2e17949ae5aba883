"""A mapping: for each of our tables and columns, from where in the source it comes."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Table, UniqueConstraint

from data_access.importing.formats import Formats
from data_access.tables import BUSINESS_TABLES, RESULT_TABLES, allocations, call_marks, reminders

TABLES = {
    table.name: table
    for table in BUSINESS_TABLES
    if table not in (*RESULT_TABLES, reminders, allocations, call_marks)  # made here
}

# kept by totals.recount_orders, by commands, or by the database itself
_OURS = {
    "orders": {
        "units", "returned_units", "gross_sales", "returns_value", "net_sales", "cost", "paid",
        "version",
    }
}  # fmt: skip
# the moment and its business day: either can stand for both
MOMENT_OF_DAY = {
    "ordered_on": "ordered_at",
    "confirmed_on": "confirmed_at",
    "shipped_on": "shipped_at",
    "completed_on": "completed_at",
    "cancelled_on": "cancelled_at",
    "paid_on": "paid_at",
    "returned_on": "returned_at",
}


@dataclass(frozen=True)
class Lookup:
    """A reference: to the row of `table` with this source id, or with this value in `by`."""

    table: Table
    takes: Column[Any]  # the column whose value is stored
    by: Column[Any] | None = None
    may_be_missing: bool = False  # an unknown one becomes NULL


@dataclass(frozen=True)
class Expression:
    """What is asked of the source: one of its columns, or an SQL expression."""

    column: str | None = None
    sql: str | None = None


@dataclass(frozen=True)
class ColumnRule:
    target: Column[Any]
    where: str
    expression: Expression | None = None
    constant: str | None = None
    values: Dictionary[str, str] | None = None  # "" stands for an empty cell
    otherwise: str | None = None
    lookup: Lookup | None = None
    is_optional: bool = False  # the source need not have the column


@dataclass(frozen=True)
class TableRule:
    table: Table
    where: str
    columns: tuple[ColumnRule, ...]
    origin: str | None = None  # a table or file of the source
    select: str | None = None
    rows: tuple[dict[str, str], ...] = ()
    id: tuple[Expression, ...] = ()
    uses_existing: bool = False  # a row with the same unique value is taken as it is
    is_optional: bool = False  # the source need not have the table


@dataclass(frozen=True)
class Mapping:
    source: str
    title: str
    formats: Formats
    tables: tuple[TableRule, ...]  # in the order they can be written


def settable_columns(table: Table) -> dict[str, Column[Any]]:
    ours = _OURS.get(table.name, set())
    return {
        column.name: column
        for column in table.c
        if not column.primary_key and column.computed is None and column.name not in ours
    }


def unique_sets(table: Table) -> list[tuple[str, ...]]:
    """The columns, or sets of columns, that differ from row to row."""
    sets = [
        tuple(column.name for column in constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    ]
    return sorted(sets)
