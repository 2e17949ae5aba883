"""Small imports for tests: files written on the spot, and a mapping of orders with lines."""

from __future__ import annotations

import tomllib
from pathlib import Path

from sqlalchemy import func, select

from data_access.database import Database
from data_access.importing import ImportReport, TableCounts, import_source, open_source
from data_access.importing.mapping import Mapping
from data_access.importing.parsing import parse_mapping
from data_access.tables import BUSINESS_TABLES, imported_rows

SHOP = """
source = "shop"
time_zone = "Asia/Shanghai"

[tables.channels]
existing = "use"
rows = [{ id = "web", channel = "web", name = "Web" }]

[tables.customers]
from = "customers"
id = "id"
[tables.customers.columns]
name = "name"
phone = { column = "phone", optional = true }

[tables.products]
from = "products"
id = "sku"
[tables.products.columns]
sku = "sku"
name = "name"
currency = { value = "CNY" }

[tables.orders]
from = "orders"
id = "number"
[tables.orders.columns]
order_number = "number"
customer_id = { column = "customer", lookup = "customers", missing = "null" }
channel = { value = "web", lookup = "channels" }
stage = { column = "status", map = { open = "confirmed", done = "completed" } }
currency = { value = "CNY" }
ordered_at = "moment"

[tables.order_lines]
from = "lines"
id = ["number", "line"]
[tables.order_lines.columns]
order_id = { column = "number", lookup = "orders" }
line_number = "line"
product_id = { column = "sku", lookup = "products" }
quantity = "quantity"
unit_price = "price"
"""

FILES = {
    "customers.csv": "id,name,phone\n1,王伟,138001\n2,李娜,\n",
    "products.csv": "sku,name\nA,Tea\nB,Cup\n",
    "orders.csv": "number,customer,status,moment\nO1,1,done,2025-01-01 09:00\n"
    "O2,2.0,open,2025-01-02 23:30\nO3,,open,2025-01-03\n",
    "lines.csv": "number,line,sku,quantity,price\nO1,1,A,2,10.50\nO1,2,B,1,4\nO2,1,A,-1,10.50\n"
    "O3,1,B,3,4.00\n",
}


def shop_mapping() -> Mapping:
    return parse_mapping(tomllib.loads(SHOP))


def write_files(folder: Path, **changed: str) -> Path:
    """The shop's files; `lines="…"` writes another lines.csv."""
    folder.mkdir(exist_ok=True)
    contents = {**FILES, **{f"{name}.csv": text for name, text in changed.items()}}
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run_import(
    database: Database,
    source: Path | str,
    mapping: Mapping | None = None,
    *,
    is_dry_run: bool = False,
    allow_refused: bool = False,
) -> ImportReport:
    opened = open_source(str(source))
    try:
        return import_source(
            database,
            opened,
            mapping or shop_mapping(),
            is_dry_run=is_dry_run,
            allow_refused=allow_refused,
        )
    finally:
        opened.close()


def counts_of(report: ImportReport) -> dict[str, TableCounts]:
    return {counts.table: counts for counts in report.counts}


def row_counts(database: Database) -> dict[str, int]:
    with database.record.connect() as connection:
        return {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in (*BUSINESS_TABLES, imported_rows)
        }
