"""What an import found and did: counts per table, refused rows with their place and reason, and
totals to compare with the source's own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, and_, func, select

from data_access.importing.asking import distinct_tables
from data_access.importing.refusals import RowRefused
from data_access.importing.source_tables import Source
from data_access.tables import imported_rows, order_lines, orders


@dataclass(frozen=True)
class RefusedRow:
    table: str | None  # None: the record could not even be read
    file: str
    row: int
    source_id: str | None
    reason: RowRefused

    def as_dict(self) -> dict[str, Any]:
        return {
            "table": self.table,
            "file": self.file,
            "row": self.row,
            "source_id": self.source_id,
            "reason": str(self.reason),
        }


@dataclass
class TableCounts:
    table: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    existing: int = 0  # were there already, and are used as they are
    gone: int = 0  # imported before, no longer in the source; kept


@dataclass(frozen=True)
class Totals:
    """Of the source's orders in one currency; net sales leave out cancelled orders and returns."""

    currency: str
    orders: int
    lines: int
    units: int
    gross_sales: Decimal
    net_sales: Decimal


@dataclass(frozen=True)
class ReadFile:
    """How a file was understood, so that a person can object."""

    file: str
    table: str
    encoding: str | None
    delimiter: str | None
    rows: int
    columns: tuple[str, ...]
    first_row: tuple[str | None, ...]
    unused: tuple[str, ...]  # columns the mapping does not name


@dataclass
class ImportReport:
    source: str
    is_dry_run: bool
    is_written: bool = False
    files: list[ReadFile] = field(default_factory=list)
    counts: list[TableCounts] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    totals: list[Totals] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "dry_run": self.is_dry_run,
            "written": self.is_written,
            "files": [dict(vars(file)) for file in self.files],
            "tables": [dict(vars(counts)) for counts in self.counts],
            "refused": [row.as_dict() for row in self.refused],
            "totals": [
                {name: str(value) if isinstance(value, Decimal) else value
                 for name, value in vars(totals).items()}
                for totals in self.totals
            ],
        }  # fmt: skip


def files_of(source: Source, unused: Mapping[str, list[str]]) -> list[ReadFile]:
    return [
        ReadFile(
            table.file,
            table.name,
            table.layout.encoding if table.layout else None,
            table.layout.delimiter if table.layout else None,
            table.rows,
            tuple(table.columns),
            tuple(table.first_row),
            tuple(unused[table.name]),
        )
        for table in distinct_tables(source)
        if table.file
    ]


def totals_in(connection: Connection, source: str) -> list[Totals]:
    """Totals of all orders that have come from this source, per currency."""
    mine = (
        select(imported_rows.c.row_id)
        .where(imported_rows.c.source == source, imported_rows.c.table_name == "orders")
        .scalar_subquery()
    )
    counted = (
        select(order_lines.c.order_id, func.count().label("lines"))
        .where(order_lines.c.order_id.in_(mine))
        .group_by(order_lines.c.order_id)
        .subquery()
    )
    net = func.sum(orders.c.net_sales).filter(orders.c.stage != "cancelled")
    statement = (
        select(
            orders.c.currency,
            func.count(),
            func.coalesce(func.sum(counted.c.lines), 0),
            func.sum(orders.c.units),
            func.sum(orders.c.gross_sales),
            func.coalesce(net, 0),
        )
        .select_from(orders.outerjoin(counted, and_(counted.c.order_id == orders.c.order_id)))
        .where(orders.c.order_id.in_(mine))
        .group_by(orders.c.currency)
        .order_by(orders.c.currency)
    )
    return [_totals(*row) for row in connection.execute(statement)]


def totals_of(
    orders_by_id: Mapping[str, tuple[str, str]], lines: Mapping[str, tuple[int, int, Any, Any]]
) -> list[Totals]:
    """The same from rows not yet written: orders as id → (currency, stage), and per order id its
    (lines, units, gross sales, net sales)."""
    sums: dict[str, list[Any]] = {}
    for source_id, (currency, stage) in orders_by_id.items():
        count, units, gross, net = lines.get(source_id, (0, 0, Decimal(0), Decimal(0)))
        total = sums.setdefault(currency, [0, 0, 0, Decimal(0), Decimal(0)])
        total[0] += 1
        total[1] += count
        total[2] += units
        total[3] += gross
        total[4] += net if stage != "cancelled" else 0
    return [_totals(currency, *sums[currency]) for currency in sorted(sums)]


def _totals(currency: str, count: int, lines: int, units: int, gross: Any, net: Any) -> Totals:
    money = Decimal("0.0001")
    return Totals(
        currency,
        int(count),
        int(lines),
        int(units or 0),
        Decimal(str(gross or 0)).quantize(money),
        Decimal(str(net or 0)).quantize(money),
    )
