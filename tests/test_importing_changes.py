"""What an import writes: new and changed rows, all of them or none, and never twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, text, update

from data_access.database import Database, connect, writing
from data_access.importing import ImportRefused
from data_access.importing.parsing import parse_mapping
from data_access.importing.writing import BULK_ROWS
from data_access.schema import read_data_version
from data_access.tables import audit, changes, customers, order_lines, orders
from tests.crm import add
from tests.importing import (
    FILES,
    SHOP,
    counts_of,
    row_counts,
    run_import,
    shop_mapping,
    write_files,
)

ROOT = Path(__file__).resolve().parent.parent


def order(database: Database, number: str) -> dict[str, object]:
    statement = select(orders).where(orders.c.order_number == number)
    with database.record.connect() as connection:
        return dict(connection.execute(statement).mappings().one())


def test_an_import_writes_orders_with_lines_and_totals(database: Database, tmp_path: Path) -> None:
    report = run_import(database, write_files(tmp_path))
    assert report.is_written
    assert {name: counts.new for name, counts in counts_of(report).items()} == {
        "channels": 1, "customers": 2, "products": 2, "orders": 3, "order_lines": 4,
    }  # fmt: skip
    (totals,) = report.totals
    assert (totals.orders, totals.lines, totals.net_sales) == (3, 4, Decimal("26.5"))
    first, third = order(database, "O1"), order(database, "O3")
    assert (first["units"], first["net_sales"], first["stage"]) == (3, Decimal(25), "completed")
    assert str(first["ordered_at"]) == "2025-01-01 01:00:00"
    assert third["customer_id"] is None
    assert str(third["ordered_on"]) == "2025-01-03"
    with database.record.connect() as connection:
        assert connection.scalar(select(audit.c.action).where(audit.c.actor == "import"))


PAYMENTS = """
[tables.payments]
from = "payments"
id = "id"
[tables.payments.columns]
order_id = { column = "number", lookup = "orders" }
amount = "amount"
currency = { value = "CNY" }
paid_at = "moment"
"""


def test_an_imported_order_carries_what_was_paid(database: Database, tmp_path: Path) -> None:
    mapping = parse_mapping(tomllib.loads(SHOP + PAYMENTS))
    head, rows = "id,number,amount,moment\n", ",2025-01-05 10:00\n"
    steps = [
        (f"1,O1,10.00{rows}2,O1,4.5{rows}", (Decimal("14.5"), 0)),
        (f"1,O1,12.00{rows}2,O2,4.5{rows}", (12, Decimal("4.5"))),  # one changed, one moved
        (f"1,O1,12.00{rows}2,O2,4.5{rows}3,O2,-4.5{rows}", (12, 0)),
    ]
    for text_of_rows, paid in steps:
        path = write_files(tmp_path, payments=head + text_of_rows)
        assert run_import(database, path, mapping).is_written
        assert (order(database, "O1")["paid"], order(database, "O2")["paid"]) == paid


def test_importing_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    folder = write_files(tmp_path)
    run_import(database, folder)
    version, before = read_data_version(database.record), row_counts(database)
    report = run_import(database, folder)
    assert not report.is_written
    assert all(c.new == c.changed == c.refused == 0 for c in report.counts)
    assert (read_data_version(database.record), row_counts(database)) == (version, before)


def test_a_dry_run_reports_the_same_and_writes_nothing(database: Database, tmp_path: Path) -> None:
    folder = write_files(tmp_path)
    version, before = read_data_version(database.record), row_counts(database)
    dry = run_import(database, folder, is_dry_run=True)
    assert (read_data_version(database.record), row_counts(database)) == (version, before)
    assert not dry.is_written
    real = run_import(database, folder)
    assert [vars(c) for c in dry.counts] == [vars(c) for c in real.counts]
    assert dry.totals == real.totals


def test_a_changed_row_updates_ours_and_its_orders_version(
    database: Database, tmp_path: Path
) -> None:
    run_import(database, write_files(tmp_path))
    untouched = order(database, "O2")
    changed = FILES["lines.csv"].replace("O1,2,B,1,4", "O1,2,B,5,4")
    changed_orders = FILES["orders.csv"].replace("O3,,open", "O3,2,done")
    report = run_import(database, write_files(tmp_path, lines=changed, orders=changed_orders))
    counts = counts_of(report)
    assert (counts["order_lines"].changed, counts["order_lines"].unchanged) == (1, 3)
    assert (counts["orders"].changed, counts["orders"].new) == (1, 0)
    first, third = order(database, "O1"), order(database, "O3")
    assert (first["net_sales"], first["version"]) == (Decimal(41), 2)
    assert (third["stage"], third["version"]) == ("completed", 2)
    assert order(database, "O2") == untouched


def test_our_edit_stays_where_the_source_has_not_changed(
    database: Database, tmp_path: Path
) -> None:
    run_import(database, write_files(tmp_path))
    with writing(database.writer) as connection:
        named = update(customers).where(customers.c.name == "李娜").values(phone="13900000000")
        connection.execute(named)
    changed = FILES["customers.csv"].replace("138001", "138002")
    report = run_import(database, write_files(tmp_path, customers=changed))
    assert counts_of(report)["customers"].changed == 1
    with database.record.connect() as connection:
        phones = connection.execute(
            select(customers.c.name, customers.c.phone).where(
                customers.c.name.in_(["王伟", "李娜"])
            )
        ).all()
    assert {row[0]: row[1] for row in phones} == {"王伟": "138002", "李娜": "13900000000"}


def test_a_line_that_moves_is_recounted_in_both_orders(database: Database, tmp_path: Path) -> None:
    mapping = SHOP.replace('id = ["number", "line"]', 'id = "key"')
    lines = "key,number,line,sku,quantity,price\na,O1,1,A,1,5\nb,O1,2,A,2,5\nc,O2,1,A,4,5\n"
    parsed = parse_mapping(tomllib.loads(mapping))
    run_import(database, write_files(tmp_path, lines=lines), parsed)
    moved = lines.replace("b,O1,2", "b,O2,2")
    run_import(database, write_files(tmp_path, lines=moved), parsed)
    assert order(database, "O1")["net_sales"] == Decimal(5)
    assert order(database, "O2")["net_sales"] == Decimal(30)


def test_rows_gone_from_the_source_are_kept_and_counted(database: Database, tmp_path: Path) -> None:
    run_import(database, write_files(tmp_path))
    shorter = FILES["lines.csv"].replace("O3,1,B,3,4.00\n", "")
    report = run_import(database, write_files(tmp_path, lines=shorter))
    assert counts_of(report)["order_lines"].gone == 1
    assert order(database, "O3")["net_sales"] == Decimal(12)


def test_a_row_that_is_there_already_is_used_where_the_mapping_says_so(
    database: Database, tmp_path: Path
) -> None:
    channel_id = add(database.writer, "channels", channel="web", name="Our own name")
    report = run_import(database, write_files(tmp_path))
    assert counts_of(report)["channels"].existing == 1
    with database.record.connect() as connection:
        channels = customers.metadata.tables["channels"]
        name = connection.scalar(select(channels.c.name).where(channels.c.channel_id == channel_id))
    assert name == "Our own name"
    assert not run_import(database, write_files(tmp_path)).is_written


def test_a_number_that_another_row_has_is_refused(database: Database, tmp_path: Path) -> None:
    before = row_counts(database)
    text = FILES["orders.csv"].replace("O2", "NOISE-1")
    lines = FILES["lines.csv"].replace("O2", "NOISE-1")
    report = run_import(database, write_files(tmp_path, orders=text, lines=lines))
    assert not report.is_written
    assert [str(row.reason) for row in report.refused] == [
        "order_number is already used: NOISE-1",
        "order_id refers to NOISE-1, which is not in orders",
    ]
    assert row_counts(database) == before


def test_refused_rows_stop_everything_unless_they_are_allowed(
    database: Database, tmp_path: Path
) -> None:
    before, version = row_counts(database), read_data_version(database.record)
    bad = FILES["lines.csv"].replace("O1,2,B,1,4", "O1,2,B,one,4")
    folder = write_files(tmp_path, lines=bad)
    report = run_import(database, folder)
    (refused,) = report.refused
    assert (refused.file, refused.row, refused.source_id) == ("lines.csv", 3, "O1/2")
    assert str(refused.reason) == "quantity is not a whole number: one"
    assert (row_counts(database), read_data_version(database.record)) == (before, version)
    report = run_import(database, folder, allow_refused=True)
    assert counts_of(report)["order_lines"].new == 3
    assert order(database, "O1")["net_sales"] == Decimal(21)
    corrected = run_import(database, write_files(tmp_path))
    assert counts_of(corrected)["order_lines"].new == 1
    assert order(database, "O1")["net_sales"] == Decimal(25)


def test_a_failure_in_the_middle_leaves_nothing(database: Database, tmp_path: Path) -> None:
    """The database itself fails at the third line, after customers, products and orders."""
    refuse = "a line too many"
    with database.writer.begin() as connection:
        if database.writer.dialect.name == "sqlite":
            connection.execute(
                text(
                    "CREATE TRIGGER fails BEFORE INSERT ON order_lines WHEN NEW.quantity < 0"
                    f" BEGIN SELECT RAISE(ABORT, '{refuse}'); END"
                )
            )
        else:
            connection.execute(
                text(
                    "CREATE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS"
                    f" $$ BEGIN RAISE EXCEPTION '{refuse}'; END $$"
                )
            )
            connection.execute(
                text(
                    "CREATE TRIGGER fails BEFORE INSERT ON order_lines FOR EACH ROW"
                    " WHEN (NEW.quantity < 0) EXECUTE FUNCTION fails()"
                )
            )
    before, version = row_counts(database), read_data_version(database.record)
    with pytest.raises(ImportRefused, match=refuse):
        run_import(database, write_files(tmp_path))
    assert (row_counts(database), read_data_version(database.record)) == (before, version)


def test_a_killed_import_leaves_nothing(sqlite_database: Database, tmp_path: Path) -> None:
    many = "".join(f"O1,{line},A,1,1.00\n" for line in range(1, BULK_ROWS + 20_000))
    folder = write_files(tmp_path / "files", lines="number,line,sku,quantity,price\n" + many)
    (tmp_path / "shop.toml").write_text(SHOP, encoding="utf-8")
    path = Path(str(sqlite_database.record.url.database))
    before, version = row_counts(sqlite_database), read_data_version(sqlite_database.record)
    sqlite_database.dispose()
    log = path.with_name(path.name + "-wal")
    command = [sys.executable, "-m", "dashboard", "import", str(folder), "--mapping",
               str(tmp_path / "shop.toml"), "--database", f"sqlite:///{path}"]  # fmt: skip
    child = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, env=_environment())
    # pages in the log: the transaction has outgrown the cache and is under way, between tables
    while child.poll() is None and not (log.exists() and log.stat().st_size > 200_000):
        time.sleep(0.01)
    assert child.poll() is None, "the import ended before it could be killed"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    database = connect(f"sqlite:///{path}")
    try:
        assert (row_counts(database), read_data_version(database.record)) == (before, version)
        report = run_import(database, folder, shop_mapping())
        assert counts_of(report)["order_lines"].new == BULK_ROWS + 19_999
        assert order(database, "O1")["units"] == BULK_ROWS + 19_999
    finally:
        database.dispose()


def test_a_small_import_is_followed_row_by_row_and_a_large_one_as_a_whole(
    sqlite_database: Database, tmp_path: Path
) -> None:
    database = sqlite_database
    version = read_data_version(database.record)
    run_import(database, write_files(tmp_path / "small"))
    many = "".join(f"O1,{line},A,1,1.00\n" for line in range(1, BULK_ROWS + 2))
    middle = read_data_version(database.record)
    head = "number,line,sku,quantity,price\n"
    run_import(database, write_files(tmp_path / "large", lines=head + many))
    followed = select(func.count()).where(
        changes.c.change_id.between(version + 1, middle), changes.c.table_name == "order_lines"
    )
    whole = select(changes.c.table_name).where(changes.c.change_id > middle)
    with database.record.connect() as connection:
        assert connection.scalar(followed) == 4
        assert connection.scalars(whole).all() == ["*"]


def test_a_reference_to_a_row_deleted_here_is_refused(database: Database, tmp_path: Path) -> None:
    run_import(database, write_files(tmp_path))
    with writing(database.writer) as connection:
        connection.execute(delete(order_lines).where(order_lines.c.quantity.in_([2, 1, -1, 3])))
        connection.execute(delete(orders).where(orders.c.order_number == "O3"))
    before = row_counts(database)
    text = FILES["lines.csv"] + "O3,2,A,7,1\n"
    with pytest.raises(ImportRefused, match="row of orders"):
        run_import(database, write_files(tmp_path, lines=text))
    changed = FILES["orders.csv"].replace("O3,,open", "O3,,done")
    report = run_import(database, write_files(tmp_path, orders=changed), allow_refused=True)
    assert [(row.source_id, row.reason.reason) for row in report.refused][:1] == [("O3", "deleted")]
    assert row_counts(database) == before


def test_managers_may_stand_below_their_reports_but_not_in_a_circle(
    database: Database, tmp_path: Path
) -> None:
    mapping = parse_mapping(
        {
            "source": "staff",
            "tables": {
                "employees": {
                    "from": "staff",
                    "id": "id",
                    "columns": {
                        "name": "name",
                        "manager_id": {"column": "boss", "lookup": "employees"},
                    },
                }
            },
        }
    )
    path = tmp_path / "staff.csv"
    path.write_text("id,name,boss\n3,Rep,2\n2,Lead,1\n1,Head,\n7,A,8\n8,B,7\n9,C,99\n")
    report = run_import(database, path, mapping, allow_refused=True)
    assert [(row.source_id, row.reason.reason) for row in report.refused] == [
        ("9", "unknown_reference"), ("7", "circle"), ("8", "circle"),
    ]  # fmt: skip
    employees = order_lines.metadata.tables["employees"]
    boss = employees.alias()
    statement = select(employees.c.name, boss.c.name).join(
        boss, employees.c.manager_id == boss.c.employee_id
    )
    with database.record.connect() as connection:
        pairs = {(row[0], row[1]) for row in connection.execute(statement)}
    assert pairs == {("Rep", "Lead"), ("Lead", "Head")}


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}
