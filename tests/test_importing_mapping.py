"""A mapping that cannot be used is refused with its table and key, before a row is read."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from data_access.database import Database
from data_access.importing import ImportRefused, MappingRefused, read_mapping, shipped_names
from data_access.importing.parsing import parse_mapping
from tests.importing import SHOP, run_import, write_files


@pytest.mark.parametrize("name", shipped_names())
def test_each_shipped_mapping_can_be_read(name: str) -> None:
    mapping = read_mapping(name)
    assert mapping.source
    assert {"customers", "products", "orders", "order_lines"} <= {
        rule.table.name for rule in mapping.tables
    }


def test_tables_are_put_in_the_order_they_can_be_written() -> None:
    names = [rule.table.name for rule in read_mapping("northwind").tables]
    assert names.index("regions") < names.index("employees") < names.index("customers")
    assert names.index("customers") < names.index("orders") < names.index("order_lines")


WRONG = [
    ('source = "shop"', "", "names no source"),
    ('source = "shop"', 'source = "shop"\nsauce = 1', "file has an unknown key sauce"),
    ("Asia/Shanghai", "Asia/Atlantis", "time_zone Asia/Atlantis is not a time zone"),
    ("[tables.orders]", "[tables.invoices]", "tables.invoices is not a table that can be imported"),
    ("[tables.customers]", "[tables.users]", "tables.users is not a table that can be imported"),
    ('name = "name"\nphone', 'nam = "name"\nphone', "tables.customers.columns.nam is not a column"),
    ('stage = { column = "status"', 'net_sales = { column = "status"',
     "tables.orders.columns.net_sales is not a column that can be imported"),
    ('unit_price = "price"', "", "tables.order_lines has no column unit_price"),
    ('ordered_at = "moment"', 'ordered_at = "moment"\nordered_on = "day"',
     "tables.orders has both ordered_on and ordered_at"),
    ('ordered_at = "moment"', "", "tables.orders has no column ordered_"),
    ('from = "orders"', "", "tables.orders needs exactly one of from, select and rows"),
    ('from = "orders"', 'from = "orders"\nselect = "x"', "needs exactly one of from, select"),
    ('from = "orders"', "from = 7", "tables.orders.from must be text"),
    ('id = "number"', "", "tables.orders has no id"),
    ('id = "number"', "id = 7", "tables.orders.id must be a column, a list of columns"),
    ('{ value = "CNY" }', '{ value = "yuan" }',
     "columns.currency has the value yuan, which is refused: currency is not a currency"),
    ('done = "completed"', 'done = "finished"', "columns.stage has the value finished"),
    ('{ column = "customer", lookup = "customers", missing = "null" }', '"customer"',
     "tables.orders.columns.customer_id must be a lookup in customers"),
    ('lookup = "customers"', 'lookup = "products"',
     "columns.customer_id looks up products, but refers to customers"),
    ('missing = "null"', 'missing = "maybe"',
     r"columns\.customer_id\.missing must be"),
    ('missing = "null"', 'by = "name"', "columns.customer_id cannot look up by name"),
    ('existing = "use"', 'existing = "overwrite"', 'tables.channels.existing must be "use"'),
    ('{ id = "web", ', "{ ", r"tables.channels.rows\[1\] has no id"),
    ('quantity = "quantity"', "quantity = { }", "needs exactly one of column, sql and value"),
    ('quantity = "quantity"', 'quantity = { colum = "q" }', "columns.quantity has an unknown key"),
    ('quantity = "quantity"', "quantity = 5", "columns.quantity must be a table of keys"),
    ('quantity = "quantity"', 'quantity = { column = "q", lookup = "orders" }',
     "columns.quantity has an unknown key lookup"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "sentence"), WRONG)
def test_a_wrong_mapping_is_refused(old: str, new: str, sentence: str) -> None:
    assert old in SHOP
    with pytest.raises(MappingRefused, match=sentence):
        parse_mapping(tomllib.loads(SHOP.replace(old, new)))


def test_a_lookup_needs_a_table_that_is_filled() -> None:
    document = tomllib.loads(SHOP)
    del document["tables"]["customers"]
    with pytest.raises(MappingRefused, match=r"Add tables\.customers, or by ="):
        parse_mapping(document)


@pytest.mark.parametrize("text", ["= nonsense", "\x00", '[tables]\nsource = "a"\n[tables]'])
def test_a_file_that_is_no_toml_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(MappingRefused, match=r"mapping a\.toml cannot be read"):
        read_mapping(str(tmp_path / "a.toml"))


def test_an_unknown_name_is_answered_with_the_shipped_ones() -> None:
    with pytest.raises(
        MappingRefused, match="Shipped are csv_template, customer_orders, northwind"
    ):
        read_mapping("southwind")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('from = "orders"', 'from = "orderz"', "tables.orders: the source has no table or file"),
        ('"moment"', '"when"', r"columns\.ordered_at: the source's orders has no column when"),
        ('from = "orders"', 'select = "SELECT * FROM nowhere"', "tables.orders: the source cannot"),
        ('quantity = "quantity"', 'quantity = { sql = "1 +" }', "tables.order_lines: the source"),
    ],
)
def test_what_the_source_does_not_have_is_refused(
    sqlite_database: Database, tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    mapping = parse_mapping(tomllib.loads(SHOP.replace(old, new, 1)))
    with pytest.raises(ImportRefused, match=sentence):
        run_import(sqlite_database, write_files(tmp_path), mapping)


def test_a_lookup_by_a_unique_column_finds_rows_of_any_origin(
    database: Database, tmp_path: Path
) -> None:
    columns = {
        "order_id": {"column": "order", "lookup": "orders", "by": "order_number"},
        "amount": "amount",
        "currency": {"value": "XTS"},
        "paid_at": "day",
    }
    table = {"from": "bank", "id": "id", "columns": columns}
    mapping = parse_mapping({"source": "bank", "tables": {"payments": table}})
    path = tmp_path / "bank.csv"
    path.write_text("id;order;amount;day\n1;NOISE-1;9,50;2025-01-01\n2;N-2;1,00;2025-01-01\n")
    report = run_import(database, path, mapping, allow_refused=True)
    assert [(row.row, str(row.reason)) for row in report.refused] == [
        (2, "amount is not a number: 9,50"),
        (3, "order_id refers to N-2, which is not in orders"),
    ]
    path.write_text("id;order;amount;day\n1;NOISE-1;9.50;2025-01-01\n")
    assert run_import(database, path, mapping).is_written


def test_decimal_commas_are_read_where_the_mapping_says_so(
    database: Database, tmp_path: Path
) -> None:
    document = tomllib.loads(SHOP)
    document["numbers_and_dates"] = {"decimal_comma": True, "date_order": "dmy"}
    folder = write_files(
        tmp_path,
        lines="number;line;sku;quantity;price\nO1;1;A;1;1.234,50\n",
        orders="number;customer;status;moment\nO1;1;done;03/04/2025 09:00\n",
    )
    report = run_import(database, folder, parse_mapping(document))
    assert report.refused == []
    assert str(report.totals[0].gross_sales) == "1234.5000"
