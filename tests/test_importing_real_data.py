"""Companies that others have described, imported whole: the control totals come out to the cent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, extract, func, select

from data_access.database import Database
from data_access.importing import ImportReport, import_source, open_source, read_mapping
from data_access.importing.mapping import Mapping
from data_access.schema import read_data_version
from data_access.tables import (
    customers,
    employees,
    feedback,
    metadata,
    order_lines,
    orders,
    products,
    replenishments,
    returns,
    shipments,
    stock,
)
from tests.real_data import real_data

NOISE = "NOISE-1"  # the order number of somebody else, in every test database


def run(database: Database, source: str | Path, mapping: Mapping) -> ImportReport:
    opened = open_source(str(source))
    try:
        return import_source(database, opened, mapping)
    finally:
        opened.close()


@dataclass(frozen=True)
class Northwind:
    """Imported into an empty database, which the tests of this module share."""

    database: Database
    report: ImportReport


@pytest.fixture(scope="module")
def northwind(shared_database: Database) -> Northwind:
    source = real_data("northwind.db")
    return Northwind(shared_database, run(shared_database, source, read_mapping("northwind")))


@pytest.fixture(scope="session")
def northwind_on_postgresql(new_postgresql_url: Callable[..., str]) -> str:
    dump = real_data("northwind_postgres.sql").read_text("utf-8")
    url = new_postgresql_url()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(dump)
    return url


def sales_by_year(database: Database) -> dict[int, tuple[int, Decimal]]:
    year = extract("year", orders.c.ordered_on)
    statement = (
        select(year, func.count(), func.sum(orders.c.net_sales))
        .where(orders.c.order_number != NOISE)
        .group_by(year)
    )
    with database.record.connect() as connection:
        return {
            int(when): (count, round(Decimal(str(net)), 2))
            for when, count, net in connection.execute(statement)
        }


def count(database: Database, table_name: str, *conditions: object) -> int:
    table = metadata.tables[table_name]
    with database.record.connect() as connection:
        statement = select(func.count()).select_from(table).where(*conditions)  # type: ignore[arg-type]
        return int(connection.scalar(statement) or 0)


def assert_northwind(database: Database, report: ImportReport, customer_count: int) -> None:
    assert report.is_written
    assert report.refused == []
    (totals,) = report.totals
    assert (totals.currency, totals.orders, totals.lines) == ("USD", 830, 2155)
    assert totals.gross_sales == Decimal("1354458.5900")
    assert round(totals.net_sales, 2) == Decimal("1265793.04")
    assert sales_by_year(database) == {
        1996: (152, Decimal("208083.97")),
        1997: (408, Decimal("617085.20")),
        1998: (270, Decimal("440623.87")),
    }
    new = {counts.table: counts.new for counts in report.counts}
    assert (new["customers"], new["products"]) == (customer_count, 77)
    mine = orders.c.order_number != NOISE
    assert count(database, "orders", mine, orders.c.stage == "processing") == 21
    assert count(database, "orders", mine, orders.c.completed_on > orders.c.promised_on) == 37
    assert count(database, "stock", stock.c.on_hand <= stock.c.reorder_point) == 22
    assert count(database, "replenishments", replenishments.c.state == "ordered") == 17
    assert count(database, "shipments", shipments.c.carrier == "Federal Shipping") > 200


def test_northwind_has_its_control_totals(northwind: Northwind) -> None:
    database = northwind.database
    assert_northwind(database, northwind.report, customer_count=93)
    assert count(database, "products", products.c.discontinued_on.is_not(None)) == 8
    buyers = select(orders.c.customer_id).where(orders.c.customer_id.is_not(None))
    silent = customers.c.customer_id.not_in(buyers)
    assert count(database, "customers", silent) == 4
    assert count(database, "employees", employees.c.manager_id.is_not(None)) == 8


def test_northwind_on_postgresql_has_its_control_totals(
    postgresql_database: Database, northwind_on_postgresql: str
) -> None:
    mapping = read_mapping("northwind_postgresql")
    report = run(postgresql_database, northwind_on_postgresql, mapping)
    assert_northwind(postgresql_database, report, customer_count=91)
    version = read_data_version(postgresql_database.record)
    assert not run(postgresql_database, northwind_on_postgresql, mapping).is_written
    assert read_data_version(postgresql_database.record) == version


def test_northwind_from_the_other_engine_brings_the_company_up_to_date(
    sqlite_database: Database, northwind_on_postgresql: str
) -> None:
    run(sqlite_database, real_data("northwind.db"), read_mapping("northwind"))
    report = run(sqlite_database, northwind_on_postgresql, read_mapping("northwind_postgresql"))
    counts = {counts.table: counts for counts in report.counts}
    assert (counts["orders"].new, counts["order_lines"].new) == (0, 0)
    assert counts["order_lines"].unchanged == 2155
    assert counts["customers"].gone == 2
    assert round(report.totals[0].net_sales, 2) == Decimal("1265793.04")


def test_importing_northwind_twice_changes_nothing(northwind: Northwind) -> None:
    database, first = northwind.database, northwind.report
    version = read_data_version(database.record)
    second = run(database, real_data("northwind.db"), read_mapping("northwind"))
    assert not second.is_written
    assert read_data_version(database.record) == version
    assert [counts.unchanged for counts in second.counts] == [c.new for c in first.counts]
    assert second.totals == first.totals


def test_northwinds_days_are_kept_in_any_zone(northwind: Northwind) -> None:
    statement = select(orders.c.ordered_on, orders.c.ordered_at, orders.c.shipped_on).where(
        orders.c.order_number == "10248"
    )
    with northwind.database.record.connect() as connection:
        row = connection.execute(statement).one()
    assert [str(cell) for cell in row] == ["1996-07-04", "1996-07-03 16:00:00", "1996-07-16"]


def test_customer_orders_has_its_control_totals(database: Database) -> None:
    source, mapping = real_data("customer_orders.sqlite"), read_mapping("customer_orders")
    report = run(database, source, mapping)
    assert report.refused == []
    (totals,) = report.totals
    assert (totals.orders, totals.lines) == (1950, 3914)
    assert totals.gross_sales == Decimal("308598.53")
    assert totals.net_sales == Decimal("299889.62")  # COMPLETE alone
    statement = (
        select(orders.c.stage, func.sum(orders.c.gross_sales))
        .where(orders.c.order_number != NOISE)
        .group_by(orders.c.stage)
    )
    with database.record.connect() as connection:
        by_stage = {stage: round(gross, 2) for stage, gross in connection.execute(statement)}
        refunded = connection.scalar(select(func.sum(returns.c.amount)))
        moment = connection.scalar(select(orders.c.ordered_at).where(orders.c.order_number == "1"))
    assert by_stage == {
        "completed": Decimal("299889.62"),
        "cancelled": Decimal("5702.77"),
        "returned": Decimal("3006.14"),
    }
    assert round(Decimal(str(refunded)), 2) == Decimal("3006.14")
    assert str(moment) == "2021-02-04 13:20:22.245676"
    new = {counts.table: counts.new for counts in report.counts}
    assert (new["channels"], new["customers"], new["products"]) == (23, 392, 46)
    assert count(database, "feedback", feedback.c.kind == "review") == 261
    assert count(database, "feedback", feedback.c.score.between(1, 5)) == 261
    assert not run(database, source, mapping).is_written


def test_online_retail_keeps_every_line(sqlite_database: Database) -> None:
    source = real_data("online_retail_by_day.csv.gz")
    report = run(sqlite_database, source, read_mapping("online_retail"))
    assert report.refused == []
    (totals,) = report.totals
    assert (totals.orders, totals.lines) == (25_900, 541_909)
    assert round(totals.gross_sales, 2) == Decimal("9747747.93")
    new = {counts.table: counts.new for counts in report.counts}
    assert new["customers"] == 4372
    nameless = orders.c.customer_id.is_(None)
    assert count(sqlite_database, "orders", nameless, orders.c.order_number != NOISE) == 3710
    assert count(sqlite_database, "order_lines", order_lines.c.quantity < 0) == 10_624
    assert count(sqlite_database, "customers", customers.c.name == "Customer 17850") == 1
    assert count(sqlite_database, "products", ~products.c.is_goods) == 11  # M and m are two
    assert count(sqlite_database, "products", products.c.name == "WHITE METAL LANTERN") == 1
    with create_engine(sqlite_database.record.url).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
