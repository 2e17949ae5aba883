"""Files as people have them: ragged, misnamed, damaged, hostile. Either their rows are read as
they stand, or the file and the row are named."""

from __future__ import annotations

import gzip
import random
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from sqlalchemy import select

from data_access.database import Database
from data_access.errors import Refused
from data_access.importing import ImportRefused, open_source, read_mapping
from data_access.importing.mapping import Mapping
from data_access.importing.parsing import parse_mapping
from data_access.tables import customers, feedback, order_lines, orders, payments
from tests.importing import FILES, counts_of, run_import, shop_mapping, write_files

TEMPLATE = Path(__file__).resolve().parent.parent / "data_access" / "importing" / "template"


def people(**columns: Any) -> Mapping:
    """A mapping of one file to customers."""
    given = {"name": "name", **columns}
    table = {"from": "people", "id": "id", "columns": given}
    return parse_mapping({"source": "people", "tables": {"customers": table}})


def workbook(path: Path, rows: Any, title: str = "people", **options: Any) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    if options.get("is_1904"):
        book.epoch = CALENDAR_MAC_1904
    for row in rows:
        sheet.append(row)
    for cell in options.get("texts", ()):
        sheet[cell].data_type = "s"
    book.save(path)
    return path


def names_in(database: Database) -> list[str]:
    statement = select(customers.c.name).where(customers.c.name != "Noise customer")
    with database.record.connect() as connection:
        return list(connection.scalars(statement.order_by(customers.c.customer_id)))


def test_the_template_is_an_example_that_can_be_imported(database: Database) -> None:
    mapping = read_mapping("csv_template")
    report = run_import(database, TEMPLATE, mapping)
    assert report.refused == []
    assert [file.unused for file in report.files if file.unused] == []
    (totals,) = report.totals
    assert (totals.currency, totals.orders, totals.lines) == ("CNY", 3, 4)
    assert (totals.gross_sales, totals.net_sales) == (Decimal("2254.20"), Decimal("1803.60"))
    with database.record.connect() as connection:
        late = connection.scalar(
            select(orders.c.ordered_at).where(orders.c.order_number == "A-1002")
        )
        reference = connection.scalar(select(payments.c.reference).where(payments.c.amount == 1000))
        words = connection.scalar(select(feedback.c.text))
    assert late == datetime(2025, 1, 6, 15, 45)
    assert reference == "2025010700018"
    assert words == "一盒包装压坏了，其余很好。"
    assert "明茶馆" in [*_column(database, customers.c.name_zh)]
    assert not run_import(database, TEMPLATE, mapping).is_written


def _column(database: Database, column: Any) -> Iterator[Any]:
    with database.record.connect() as connection:
        yield from connection.scalars(select(column))


def test_a_file_of_the_template_may_come_later(sqlite_database: Database, tmp_path: Path) -> None:
    mapping = read_mapping("csv_template")
    run_import(sqlite_database, TEMPLATE, mapping)
    path = tmp_path / "payments.csv"
    path.write_text(
        "payment,order_number,amount,currency,paid_at\nP-2,A-1001,573.2,CNY,2025-02-01\n"
    )
    report = run_import(sqlite_database, path, mapping)
    assert report.refused == []
    assert counts_of(report)["payments"].new == 1


def test_a_folder_with_none_of_the_tables_is_refused(
    sqlite_database: Database, tmp_path: Path
) -> None:
    (tmp_path / "orderz.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ImportRefused, match="none of the mapping's tables"):
        run_import(sqlite_database, tmp_path, read_mapping("csv_template"))


def test_columns_and_files_that_are_not_imported_are_told(
    sqlite_database: Database, tmp_path: Path
) -> None:
    text = FILES["customers.csv"].replace("phone", "Fone")
    folder = write_files(tmp_path, customers=text, extra="a,b\n1,2\n")
    report = run_import(sqlite_database, folder)
    assert {file.file: file.unused for file in report.files if file.unused} == {
        "customers.csv": ("Fone",),
        "extra.csv": ("a", "b"),
    }


def test_ragged_and_broken_rows_are_refused_one_by_one(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        'id,name\n1,Ann\n2\n3,Bo,extra\n\n4,Cy,,\n5,"D ""dee""\nDoe"\n6,"E"e\n7,Fay\n8,"open\n'
    )
    report = run_import(sqlite_database, path, people(), allow_refused=True)
    assert [(row.row, str(row.reason)) for row in report.refused] == [
        (3, "has 1 fields, the header has 2"),
        (4, "has 3 fields, the header has 2"),
        (8, "has a quotation mark out of place"),
        (10, "has a quotation mark out of place"),
    ]
    assert names_in(sqlite_database) == ["Ann", "Cy", 'D "dee"\nDoe', "Fay"]


def test_ids_and_numbers_of_spreadsheets(database: Database, tmp_path: Path) -> None:
    folder = write_files(
        tmp_path,
        customers="id,name\n007,Bond\n17850.0,Lee\n123456789012345678,Max\n1.2E+17,Lost\n7.0,Odd\n",
        orders="number,customer,status,moment\n0042,007,done,45658\n43,17850,done,45658.5\n"
        "44,99999,open,2025-01-01\n",
        lines="number,line,sku,quantity,price\n0042,1,A,-6,2.55\n",
    )
    report = run_import(database, folder, allow_refused=True)
    assert [str(row.reason) for row in report.refused] == [
        "has the id 1.2E+17, which a spreadsheet has shortened"
    ]
    with database.record.connect() as connection:
        rows = connection.execute(
            select(orders.c.order_number, customers.c.name, orders.c.ordered_on)
            .outerjoin(customers, customers.c.customer_id == orders.c.customer_id)
            .where(orders.c.order_number != "NOISE-1")
            .order_by(orders.c.order_id)
        ).all()
        quantity = connection.scalar(select(order_lines.c.quantity).where(
            order_lines.c.quantity < 0))  # fmt: skip
    assert [tuple(row) for row in rows] == [
        ("0042", "Bond", date(2025, 1, 1)),
        ("43", "Lee", date(2025, 1, 1)),
        ("44", None, date(2025, 1, 1)),
    ]
    assert quantity == -6


@pytest.mark.parametrize("is_1904", [False, True])
def test_a_workbook_is_read_like_a_csv_file(
    sqlite_database: Database, tmp_path: Path, is_1904: bool
) -> None:
    rows = [
        ["id", "name", "born", "city"],
        ["007", "王伟", date(1990, 5, 20), "北京"],
        [17850.0, "=HYPERLINK(1)", datetime(1991, 6, 21), None],
        [],
        [3, "Cy", 33000, True],
    ]
    path = workbook(tmp_path / "people.xlsx", rows, is_1904=is_1904, texts=["B3"])
    mapping = people(born_on="born", city="city")
    report = run_import(sqlite_database, path, mapping)
    assert report.refused == []
    assert names_in(sqlite_database) == ["王伟", "=HYPERLINK(1)", "Cy"]
    born = [day for day in _column(sqlite_database, customers.c.born_on) if day]
    assert born == [date(1990, 5, 20), date(1991, 6, 21), date(1990, 5, 7)]
    assert not run_import(sqlite_database, path, mapping).is_written


def test_formulas_and_errors_in_a_workbook_are_refused_with_their_cell(
    sqlite_database: Database, tmp_path: Path
) -> None:
    rows = [["id", "name"], [1, "=A2&A3"], [2, "#REF!"], [3, "Cy", "beside"], [4, "Dee"]]
    report = run_import(sqlite_database, workbook(tmp_path / "people.xlsx", rows), people(),
                        allow_refused=True)  # fmt: skip
    assert [(row.row, row.reason.reason) for row in report.refused] == [
        (2, "formula"), (3, "error_cell"), (4, "ragged"),
    ]  # fmt: skip
    assert "cell B2" in str(report.refused[0].reason)


def test_the_sheets_of_a_workbook_are_tables(sqlite_database: Database, tmp_path: Path) -> None:
    book = Workbook()
    for name, text in FILES.items():
        sheet = book.create_sheet(name.removesuffix(".csv"))
        for line in text.splitlines():
            sheet.append([cell or None for cell in line.split(",")])
    book.save(tmp_path / "shop.xlsx")
    report = run_import(sqlite_database, tmp_path / "shop.xlsx")
    assert counts_of(report)["order_lines"].new == 4
    assert not run_import(sqlite_database, write_files(tmp_path / "csv")).is_written


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "people.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<row/>" * (10 * 1024**2))
    assert path.stat().st_size < 200_000
    with pytest.raises(ImportRefused, match=r"people.xlsx, row 1: more than 50 MiB"):
        open_source(str(path))


def test_a_workbook_with_entities_is_refused(tmp_path: Path) -> None:
    whole = workbook(tmp_path / "whole.xlsx", [["id", "name"], [1, "Ann"]])
    evil = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
    path = tmp_path / "people.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for part in old.namelist():
            new.writestr(part, evil if part.endswith("sheet1.xml") else old.read(part))
    with pytest.raises(ImportRefused, match="XML that no spreadsheet"):
        open_source(str(path))


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("id,name,Name", r"row 1: two columns are named Name"),
        ("id,,name", r"row 1: column 2 has no name"),
        ("id,name,source_row", r"row 1: a column may not be named source_row"),
        (",".join(f"c{n}" for n in range(1001)), r"row 1: more than 1000 columns"),
        ("\n", r"row 1: the file is empty"),
    ],
)
def test_a_header_that_cannot_be_used_is_refused(
    tmp_path: Path, header: str, sentence: str
) -> None:
    path = tmp_path / "people.csv"
    path.write_text(header + "\n1,2,3\n")
    with pytest.raises(ImportRefused, match=sentence):
        open_source(str(path))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("people.xls", b"\xd0\xcf\x11\xe0", "not a kind of file"),
        ("people.pdf", b"%PDF", "not a kind of file"),
        ("people.csv", b"", "row 1: the file is empty"),
        ("people.csv.gz", b"not packed", "damaged"),
        ("people.xlsx", b"PK not a workbook", "damaged"),
        ("people.db", b"SQLite format 3\0" + b"x" * 100, "cannot be read"),
    ],
)
def test_files_of_other_kinds_are_refused(
    tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ImportRefused, match=sentence):
        open_source(str(tmp_path / name))


def test_sql_of_a_mapping_reaches_no_file(sqlite_database: Database, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("id,name\n1,Ann\n")
    secret = tmp_path / "secret"
    secret.write_text("canary")
    for sql in (f"(SELECT max(content) FROM read_text('{secret}'))", "getenv('HOME')"):
        with pytest.raises(ImportRefused) as refusal:
            run_import(sqlite_database, tmp_path / "people.csv", people(city={"sql": sql}))
        assert "tables.customers" in str(refusal.value)
        assert "canary" not in str(refusal.value)


def test_a_source_database_is_never_written(sqlite_database: Database, tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "source.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE people (id, name)")
        connection.execute("INSERT INTO people VALUES ('007', 'Ann'), (NULL, 'Nobody')")
    before = path.read_bytes()
    report = run_import(sqlite_database, f"sqlite:///{path}", people(), allow_refused=True)
    assert [str(row.reason) for row in report.refused] == ["has no id"]
    select_and_drop = {"select": "SELECT * FROM people); DROP TABLE people; --", "id": "id",
                       "columns": {"name": "name"}}  # fmt: skip
    with pytest.raises(ImportRefused):
        run_import(sqlite_database, path, parse_mapping(
            {"source": "x", "tables": {"customers": select_and_drop}}))  # fmt: skip
    assert path.read_bytes() == before


def malformed(seed: int) -> tuple[str, bytes]:
    """A file's name and bytes, damaged in one of many ways; the same for the same seed."""
    chance = random.Random(seed)
    text = FILES["lines.csv"] * chance.randint(1, 5)
    encoding = chance.choice(["utf-8", "utf-8-sig", "utf-16", "gb18030", "cp1252"])
    content = bytearray(text.replace("Tea", "茶").encode(encoding, "replace"))
    name = chance.choice(["lines.csv", "lines.tsv", "lines.txt", "lines.csv.gz", "lines.xlsx"])
    for _ in range(chance.randint(1, 12)):
        at = chance.randrange(len(content))
        match chance.randrange(7):
            case 0:
                content[at] = chance.randrange(256)
            case 1:
                del content[at : at + chance.randint(1, 40)]
                content = content or bytearray(b"\n")
            case 2:
                content[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 9)))
            case 3:
                content[at:at] = chance.choice([b'"', b"\0", b"\r", b"\xff\xfe", b",,,", b"\n\n"])
            case 4:
                content[at:at] = chance.choice(["=1+1", "1e999", "😀", "\u202e"]).encode()
            case 5:
                content = content[: at + 1]
            case _:
                content += content[: chance.randint(1, 200)]
    if name.endswith(".gz"):
        packed = bytearray(gzip.compress(bytes(content)))
        if chance.random() < 0.5:
            packed[chance.randrange(len(packed))] ^= 1 << chance.randrange(8)
        content = packed
    return name, bytes(content)


def damaged_workbook(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    rows = [line.split(",") for line in FILES["lines.csv"].splitlines()]
    content = bytearray(workbook(path, [list(row) for row in rows], "lines").read_bytes())
    for _ in range(chance.randint(1, 6)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content[: chance.choice([len(content), chance.randrange(1, len(content))])])


def test_malformed_files_are_refused_with_file_and_row_or_read(
    sqlite_database: Database, tmp_path: Path
) -> None:
    run_import(sqlite_database, write_files(tmp_path / "whole"))
    mapping, refusals, read = shop_mapping(), 0, 0
    for seed in range(300):
        folder = tmp_path / str(seed)
        folder.mkdir()
        name, content = malformed(seed)
        (folder / name).write_bytes(content)
        if name.endswith(".xlsx"):
            damaged_workbook(folder / name, seed)
        for other in ("customers", "products", "orders"):
            (folder / f"{other}.csv").write_text(FILES[f"{other}.csv"], encoding="utf-8")
        try:
            report = run_import(sqlite_database, folder, mapping, is_dry_run=True)
        except Refused as refusal:
            refusals += 1
            if "file" in refusal.values:
                assert refusal.values["file"] == name
                assert int(str(refusal.values["row"])) >= 1
            else:  # a header so damaged that a mapped column, or the table, is not there
                assert "tables.order_lines" in str(refusal)
        else:
            read += 1
            assert all(row.file and row.row >= 1 and str(row.reason) for row in report.refused)
    assert refusals > 50
    assert read > 50


def test_source_rows_with_the_same_id_are_refused(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("id,name\n1,Ann\n2,Bo\n1.0,Ann again\n")
    report = run_import(sqlite_database, path, people())
    assert [(row.row, str(row.reason)) for row in report.refused] == [
        (4, "has the same id as row 2")
    ]
