"""Imports another system's rows through a mapping: read, compare, and write all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from data_access.database import Database
from data_access.importing.asking import distinct_tables, is_there, unused_names
from data_access.importing.cells import Known
from data_access.importing.comparing import PlannedRow, TablePlan, compare_table
from data_access.importing.mapping import Mapping
from data_access.importing.refusals import ImportRefused, MappingRefused, RowRefused
from data_access.importing.report import (
    ImportReport,
    RefusedRow,
    TableCounts,
    Totals,
    files_of,
    totals_in,
    totals_of,
)
from data_access.importing.shipped import read_mapping, shipped_names
from data_access.importing.source_tables import Source
from data_access.importing.sources import open_source
from data_access.importing.writing import write_plans
from data_access.schema import read_properties

__all__ = [
    "ImportRefused", "ImportReport", "Mapping", "MappingRefused", "RefusedRow", "RowRefused",
    "Source", "TableCounts", "Totals", "import_source", "open_source", "read_mapping",
    "shipped_names",
]  # fmt: skip

Progress = Callable[[str, str, int], None]  # "read" or "write", table, rows more


def import_source(
    database: Database,
    source: Source,
    mapping: Mapping,
    *,
    source_name: str | None = None,
    is_dry_run: bool = False,
    allow_refused: bool = False,
    progress: Progress = lambda phase, table, rows: None,
) -> ImportReport:
    """Brings the database to what the source says, in one transaction, and reports. Nothing is
    written on a dry run, when nothing has changed, or when a row is refused (unless allowed)."""
    name = (source_name or mapping.source).strip()
    report = ImportReport(name, is_dry_run, files=files_of(source, unused_names(source, mapping)))
    for table in distinct_tables(source):
        report.refused += [
            RefusedRow(None, table.file, row, None, reason) for row, reason in table.refused
        ]
    tally = _Tally(progress)
    if all(rule.is_optional and not is_there(source, rule) for rule in mapping.tables):
        tables = ", ".join(rule.origin or "" for rule in mapping.tables)
        raise ImportRefused("nothing_mapped", names=tables)
    plans = _compare(database, source, mapping, name, tally)
    for plan in plans:
        report.counts.append(plan.counts)
        report.refused += plan.refused
    report.totals = tally.totals()
    if is_dry_run or (report.refused and not allow_refused):
        return report
    if any(plan.rows for plan in plans):
        report.totals = write_plans(
            database.writer, name, plans, lambda table, rows: progress("write", table, rows)
        )
        report.is_written = True
    else:
        with database.record.connect() as connection:
            report.totals = totals_in(connection, name)
    return report


def _compare(
    database: Database, source: Source, mapping: Mapping, name: str, tally: _Tally
) -> list[TablePlan]:
    zone = ZoneInfo(read_properties(database.record).get("time_zone", "Asia/Shanghai"))
    formats = replace(mapping.formats, business_zone=zone)
    plans = []
    with database.record.connect() as connection:
        known = Known(connection)
        for rule in mapping.tables:
            plan = compare_table(connection, source, name, rule, formats, known, tally.see)
            if plan is not None:
                plans.append(plan)
    return plans


class _Tally:
    """Adds up the accepted orders and lines as they pass, for the totals of a dry run."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.orders: dict[str, tuple[str, str]] = {}
        self.lines: dict[str, tuple[int, int, Decimal, Decimal]] = {}

    def see(self, plan: TablePlan, rows: list[PlannedRow]) -> None:
        name = plan.rule.table.name
        self._progress("read", name, len(rows))
        at = {column.name: position for position, column in enumerate(plan.columns)}
        if name == "orders":
            for row in rows:
                values = row.values
                self.orders[row.source_id] = (values[at["currency"]], values[at["stage"]])
        elif name == "order_lines":
            for row in rows:
                self._add(row.values, at)

    def _add(self, values: tuple[Any, ...], at: dict[str, int]) -> None:
        order_id, price = values[at["order_id"]], values[at["unit_price"]]
        if not isinstance(order_id, str):
            return
        quantity = values[at["quantity"]]
        returned = values[at["returned_quantity"]] if "returned_quantity" in at else 0
        rate = values[at["discount_rate"]] if "discount_rate" in at else 0
        lines, units, gross, net = self.lines.get(order_id, (0, 0, Decimal(0), Decimal(0)))
        self.lines[order_id] = (
            lines + 1,
            units + quantity,
            gross + quantity * price,
            net + round((quantity - returned) * price * (1 - rate), 4),
        )

    def totals(self) -> list[Totals]:
        return totals_of(self.orders, self.lines)
