"""The analytics copy holds what the record holds, whatever happened to either."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from pandas.testing import assert_frame_equal
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Engine,
    Integer,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from data_access.analytics_copy import AnalyticsCopy, SnapshotFailed, copy, open_analytics
from data_access.analytics_copy.layout import LEFT_OUT, kept_columns, key_of
from data_access.columns import ExactDecimal
from data_access.database import Database, bulk_writing, writing
from data_access.frames import read_frame, read_row
from data_access.tables import (
    BUSINESS_TABLES,
    RESULT_TABLES,
    STAGES,
    changes,
    customers,
    data_version,
    order_lines,
    orders,
    products,
    properties,
    regions,
    stock,
    stock_plans,
    users,
)
from data_access.totals import recount_orders
from tests.crm import NOW, add, add_order, scope_of
from tests.rolled_up import assert_rolled_up

WORDS: dict[str, tuple[str, ...]] = {
    "stage": STAGES,
    "currency": ("CNY", "EUR"),
    "consent": ("granted", "refused", "unknown"),
    "state": ("proposed", "approved", "closed"),
    "mark": ("called", "bought", "not_interested", "wrong"),
}
TEXTS = ("王伟", "", " ", "O'Brien", "🙂", "a\\b", "NULL", "%", 'say "x"', "line\nbreak")
READERS = ("rows", "snapshot")


@pytest.fixture(params=READERS)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How a build reads the record: row by row, or in bulk through Arrow."""
    monkeypatch.setattr(copy, "SMALL_RECORD", 10**9 if request.param == "rows" else 0)
    return str(request.param)


def add_random_rows(database: Database, chance: Random, most: int = 6) -> None:
    """Awkward rows in every business table."""
    with writing(database.writer) as connection:
        for table in BUSINESS_TABLES:
            for _ in range(chance.randint(1, most)):
                add_random_row(connection, table, chance)
        recount_orders(connection)


def add_random_row(connection: Connection, table: Table, chance: Random) -> None:
    row = {
        column.name: random_cell(connection, column, chance)
        for column in table.columns
        if not column.computed and column is not key_of(table)
    }
    if table.name == "targets":
        row["month_on"] = date(1900, 1, 1) + timedelta(days=chance.randrange(40_000))
    if table.name == "order_lines":
        row["line_number"] = chance.randrange(10**6)
    if table.name == "stock":
        product = {"sku": f"stocked {chance.getrandbits(60)}", "name": "x", "currency": "CNY"}
        inserted = connection.execute(insert(products).values(product))
        row["product_id"] = inserted.inserted_primary_key[0]
    if table.name == "allocations":  # one of a line
        line = {**row, "line_number": chance.randrange(10**6), "unit_price": 1}
        line["product_id"] = connection.scalar(select(func.min(products.c.product_id)))
        line = {name: line[name] for name in line if name in order_lines.c and name != "line_id"}
        inserted = connection.execute(insert(order_lines).values(line))
        row["line_id"] = inserted.inserted_primary_key[0]
    if table.name == "call_marks":  # of a person
        person = {"username": f"{chance.getrandbits(60)}", "name": "x", "role": "manager",
                  "password_hash": "", "created_at": NOW, "password_changed_at": NOW}  # fmt: skip
        inserted = connection.execute(insert(users).values(person))
        row["user_id"] = inserted.inserted_primary_key[0]
    if table is stock_plans:  # one row each for a stock
        add_random_row(connection, stock, chance)
        row["stock_id"] = connection.scalar(select(func.max(stock.c.stock_id)))
    elif table in RESULT_TABLES:  # one row each for a customer
        inserted = connection.execute(insert(customers).values(name="scored"))
        row["customer_id"] = inserted.inserted_primary_key[0]
    connection.execute(insert(table).values(row))


def random_cell(connection: Connection, column: Column[Any], chance: Random) -> Any:
    if column.nullable and chance.random() < 0.4:
        return None
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column
        return chance.choice(connection.scalars(select(target)).all() or [None])
    if column.unique or column.name == "coupon_code":
        return f"{chance.choice(TEXTS)}{chance.getrandbits(60)}"
    if column.name in WORDS:
        return chance.choice(WORDS[column.name])
    return _value(column, chance)


def _value(column: Column[Any], chance: Random) -> Any:
    kind = column.type
    moment = datetime(1970, 1, 1) + timedelta(seconds=chance.randrange(3 * 10**9))
    if isinstance(kind, Boolean):
        return chance.random() < 0.5
    if isinstance(kind, ExactDecimal):
        digits = 6 if kind.scale == 6 else min(chance.choice((3, 7, 11)), kind.precision)
        return Decimal(chance.randrange(-(10**digits), 10**digits)).scaleb(-kind.scale)
    if isinstance(kind, Integer):
        return chance.randrange(-100, 1000)
    if isinstance(kind, DateTime):
        return moment + timedelta(microseconds=chance.randrange(10**6))
    if isinstance(kind, Date):
        return moment.date()
    return chance.choice(TEXTS)[: getattr(kind, "length", None)]


def assert_equal(database: Database, copied: AnalyticsCopy) -> None:
    for table in BUSINESS_TABLES:
        everything = select(*kept_columns(table)).order_by(key_of(table))
        assert_frame_equal(
            read_frame(copied.engine, everything), read_frame(database.record, everything)
        )
    assert_rolled_up(database, copied)


def identities(copied: AnalyticsCopy) -> list[tuple[Any, ...]]:
    """Tables of the copy; another list after a build, the same list after catching up."""
    with copied.engine.connect() as connection:
        return [
            tuple(row)
            for row in connection.exec_driver_sql(
                "SELECT table_name, table_oid FROM duckdb_tables() ORDER BY 1"
            )
        ]


def net_sales(engine: Engine) -> Decimal:
    total = read_row(engine, select(func.sum(orders.c.net_sales).label("total")))
    assert total is not None
    return Decimal(str(total["total"])).quantize(Decimal("0.0001"))


@pytest.mark.parametrize("seed", range(2))
def test_a_new_copy_equals_the_record(
    database: Database, tmp_path: Path, reader: str, seed: int
) -> None:
    add_random_rows(database, Random(seed), most=12)
    copied = AnalyticsCopy(database.record, tmp_path / "new.duckdb")
    assert_equal(database, copied)
    assert copied.version == copied.refresh() > 0
    copied.close()


def test_columns_whose_first_value_comes_late_keep_their_type(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy, "SMALL_RECORD", 0)
    with bulk_writing(sqlite_database.writer) as connection:
        empty = {"name": "n", "city": None, "created_at": None, "consent_on": None}
        connection.execute(insert(customers), [empty] * 110_000)
        connection.execute(
            insert(customers).values(
                name="last", city="Nantes", created_at=datetime(2026, 1, 2, 3, 4, 5, 6),
                consent_on=date(2026, 1, 2),
            )
        )  # fmt: skip
    copied = AnalyticsCopy(sqlite_database.record)
    last = select(customers.c.city, customers.c.created_at, customers.c.consent_on).where(
        customers.c.name == "last"
    )
    assert_frame_equal(read_frame(copied.engine, last), read_frame(sqlite_database.record, last))
    copied.close()


@pytest.mark.parametrize("seed", range(2))
def test_catching_up_equals_building_anew(database: Database, tmp_path: Path, seed: int) -> None:
    chance = Random(seed)
    add_random_rows(database, chance)
    copied = AnalyticsCopy(database.record, tmp_path / "copy.duckdb")
    before = identities(copied)
    for _ in range(6):
        edit_at_random(database, chance)
        copied.refresh()
        assert_equal(database, copied)
    assert identities(copied) == before
    fresh = AnalyticsCopy(database.record)
    assert_equal(database, fresh)
    assert fresh.version == copied.version
    for each in (copied, fresh):
        each.close()


def edit_at_random(database: Database, chance: Random) -> None:
    """Inserts, updates and deletes in any tables, in one transaction."""
    with writing(database.writer) as connection:
        for _ in range(chance.randint(1, 8)):
            table = chance.choice(BUSINESS_TABLES)
            ids = connection.scalars(select(key_of(table))).all()
            match chance.choice(("insert", "update", "update", "delete")):
                case "insert":
                    add_random_row(connection, table, chance)
                case "update" if ids:
                    column = chance.choice(_editable(table))
                    connection.execute(
                        update(table)
                        .where(key_of(table) == chance.choice(ids))
                        .values({column.name: _value(column, chance)})
                    )
                case "delete" if ids and table.name in ("payments", "targets", "feedback"):
                    connection.execute(delete(table).where(key_of(table) == chance.choice(ids)))
        recount_orders(connection)


def _editable(table: Table) -> list[Column[Any]]:
    return [
        column
        for column in table.columns
        if not (column.primary_key or column.foreign_keys or column.computed or column.unique)
        and column.name not in (*WORDS, "month_on", "line_number", "channel", "coupon_code")
    ]


def test_own_edit_shows_in_the_next_number(database: Database) -> None:
    order_id = add_order(database, lines=[{"quantity": 2}])
    copied = AnalyticsCopy(database.record)
    before = net_sales(copied.engine)
    with writing(database.writer) as connection:
        connection.execute(
            update(order_lines).where(order_lines.c.order_id == order_id).values(quantity=5)
        )
        recount_orders(connection, [order_id])
    assert net_sales(copied.engine) == before
    copied.refresh()
    assert net_sales(copied.engine) == before + 300
    copied.close()


def bulk_write(database: Database) -> None:
    with bulk_writing(database.writer) as connection:
        connection.execute(insert(products), [{"sku": f"bulk {n}", "name": "x", "currency": "CNY"}
                                              for n in range(20)])  # fmt: skip


def lose_a_change(database: Database) -> None:
    add(database.writer, "regions")
    with database.writer.begin() as connection:
        last = select(func.max(changes.c.change_id)).scalar_subquery()
        connection.execute(delete(changes).where(changes.c.change_id == last))


def go_back(database: Database) -> None:
    """As restoring an older backup does."""
    with database.writer.begin() as connection:
        connection.execute(update(data_version).values(is_bulk=True))
        connection.execute(update(regions).values(name="restored"))
        connection.execute(update(data_version).values(is_bulk=False, version=1))


def become_another_database(database: Database) -> None:
    with database.writer.begin() as connection:
        connection.execute(update(data_version).values(is_bulk=True))
        connection.execute(update(regions).values(name="of another company"))
        connection.execute(
            update(properties).where(properties.c.name == "database_id").values(value="another")
        )
        connection.execute(
            update(data_version).values(is_bulk=False, version=data_version.c.version + 1)
        )


def change_very_much(database: Database) -> None:
    with writing(database.writer) as connection:
        rows = [{"sku": f"many {n}", "name": "x", "currency": "CNY"} for n in range(60)]
        connection.execute(insert(products), rows)


@pytest.mark.parametrize(
    "happening",
    [bulk_write, lose_a_change, go_back, become_another_database, change_very_much],
)
def test_what_cannot_be_followed_is_built_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch, happening: Callable[[Database], None]
) -> None:
    monkeypatch.setattr(copy, "MOST_CHANGES", 50)
    copied = AnalyticsCopy(database.record)
    before = identities(copied)
    happening(database)
    copied.refresh()
    assert_equal(database, copied)
    assert identities(copied) != before
    copied.close()


def test_an_opened_file_is_caught_up_and_not_built_again(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "copy.duckdb"
    AnalyticsCopy(database.record, path).close()
    with duckdb.connect(str(path)) as store:
        store.execute("ALTER TABLE regions ADD COLUMN of_the_old_build INTEGER")
        store.execute("UPDATE regions SET of_the_old_build = 1")
    add_order(database)
    again = AnalyticsCopy(database.record, path)
    assert_equal(database, again)
    with again.engine.connect() as connection:
        sums = connection.exec_driver_sql("SELECT sum(of_the_old_build) FROM regions").all()
    assert [tuple(row) for row in sums] == [(1,)]
    again.close()


def test_a_file_of_another_database_or_layout_is_built_anew(
    sqlite_database: Database, postgresql_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "copy.duckdb"
    add_order(sqlite_database)
    AnalyticsCopy(sqlite_database.record, path).close()
    other = AnalyticsCopy(postgresql_database.record, path)
    assert_equal(postgresql_database, other)
    other.close()
    with duckdb.connect(str(path)) as store:
        store.execute("UPDATE copy_facts SET layout = 'of an older version'")
        store.execute("ALTER TABLE orders DROP COLUMN units")
    newer = AnalyticsCopy(postgresql_database.record, path)
    assert_equal(postgresql_database, newer)
    newer.close()


def test_a_deleted_or_damaged_file_is_built_anew(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "copy.duckdb"
    AnalyticsCopy(database.record, path).close()
    for damage in (path.unlink, lambda: path.write_bytes(b"\0" * 9000)):
        damage()
        copied = AnalyticsCopy(database.record, path)
        assert_equal(database, copied)
        copied.close()
        with duckdb.connect(str(path), read_only=True) as store:
            assert store.execute("SELECT count(*) FROM regions").fetchall() == [(1,)]


def test_somebody_elses_file_is_never_touched(sqlite_database: Database, tmp_path: Path) -> None:
    foreign = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(foreign)) as store:
        store.execute("CREATE TABLE precious AS SELECT 1 AS a")
    sqlite_file = tmp_path / "slip.duckdb"
    sqlite_file.write_bytes((tmp_path / "crm.sqlite").read_bytes())
    before = sqlite_file.read_bytes()
    for path in (foreign, sqlite_file):
        copied = AnalyticsCopy(sqlite_database.record, path)
        assert_equal(sqlite_database, copied)
        copied.close()
    with duckdb.connect(str(foreign)) as store:
        assert store.execute("SHOW TABLES").fetchall() == [("precious",)]
    assert sqlite_file.read_bytes() == before


def test_a_file_held_by_another_process_leaves_this_one_a_copy_in_memory(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "copy.duckdb"
    holding = (
        "import duckdb,sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout and holder.stdout.readline() == "held\n"
        copied = AnalyticsCopy(sqlite_database.record, path)
        add_order(sqlite_database)
        copied.refresh()
        assert_equal(sqlite_database, copied)
        copied.close()
        holder.communicate("\n")


def test_only_its_owner_reads_the_file_and_it_holds_no_contact_details(
    sqlite_database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "copy.duckdb"
    add(sqlite_database.writer, "customers", phone="13812345678", address="Long Street 1")
    copied = AnalyticsCopy(sqlite_database.record, path)
    assert path.stat().st_mode & 0o077 == 0
    for table in BUSINESS_TABLES:
        left_out = [table.c[name] for name in LEFT_OUT.get(table.name, ())]
        counts = read_row(copied.engine, select(*map(func.count, left_out))) if left_out else {}
        assert not any((counts or {}).values())
    copied.close()
    assert b"13812345678" not in path.read_bytes()


def test_the_copy_reads_no_other_file_and_cannot_be_told_to(
    sqlite_database: Database, tmp_path: Path
) -> None:
    copied = AnalyticsCopy(sqlite_database.record, tmp_path / "copy.duckdb")
    for statement in (
        "SELECT * FROM read_text('/etc/hostname')",
        f"ATTACH '{tmp_path / 'other.duckdb'}'",
        "SET enable_external_access = true",
    ):
        with (
            pytest.raises(Exception, match=r"disabled|Cannot"),
            copied.engine.connect() as connection,
        ):
            connection.exec_driver_sql(statement)
    copied.close()


def test_without_a_copy_and_with_a_replica_the_answers_are_the_same(database: Database) -> None:
    add_order(database, lines=[{"quantity": 7}])
    url = database.record.url.render_as_string(hide_password=False)
    answers = []
    for chosen in (None, "duckdb:///:memory:", url):
        analytics = open_analytics(database.record, chosen)
        add_order(database)
        assert analytics.refresh() == open_analytics(database.record, None).refresh()
        answers.append(net_sales(analytics.engine) - net_sales(database.record))
        analytics.close()
    assert answers == [0, 0, 0]


def test_a_scope_sees_the_same_rows_on_the_copy(database: Database) -> None:
    region_id = add(database.writer, "regions", name="North")
    owner_id = add(database.writer, "employees", region_id=region_id)
    customer_id = add(database.writer, "customers", owner_id=owner_id, region_id=region_id)
    add_order(database, customer_id=customer_id, region_id=region_id, owner_id=owner_id)
    copied = AnalyticsCopy(database.record)
    people: dict[str, dict[str, Any]] = {
        "sales_rep": {"employee_id": owner_id},
        "sales_lead": {"region_ids": [region_id]},
        "finance": {},
        "warehouse": {},
        "partner": {"channel": "web"},
    }
    for role, rights in people.items():
        visible = scope_of(database, role, **rights).visible
        for table, relation in (
            (orders, visible.orders),
            (customers, visible.customers),
            (order_lines, visible.order_lines),
        ):
            kept = [relation.c[column.name] for column in kept_columns(table)]
            statement = select(*kept).order_by(kept[0])
            assert_frame_equal(
                read_frame(copied.engine, statement), read_frame(database.record, statement)
            )
    copied.close()


def test_readers_of_twenty_threads_never_meet_a_torn_answer(database: Database) -> None:
    """Each edit changes lines and their order in one transaction, so the totals always agree."""
    order_ids = [add_order(database, lines=[{}, {}]) for _ in range(5)]
    copied = AnalyticsCopy(database.record)
    lines = select(func.sum(order_lines.c.net_sales)).scalar_subquery()
    both = select(func.sum(orders.c.net_sales).label("orders"), lines.label("lines"))
    finished = threading.Event()
    seen: set[Any] = set()

    def read_until_the_end() -> int:
        reads = 0
        while not finished.is_set() or reads < 3:
            copied.refresh()
            answer = read_row(copied.engine, both)
            assert answer is not None
            assert answer["orders"] == answer["lines"]
            seen.add(answer["orders"])
            reads += 1
        return reads

    def edit() -> None:
        try:
            for turn in range(12):
                with writing(database.writer) as connection:
                    connection.execute(
                        update(order_lines)
                        .where(order_lines.c.order_id == order_ids[turn % 5])
                        .values(quantity=turn + 2)
                    )
                    recount_orders(connection, [order_ids[turn % 5]])
                if turn % 5 == 4:
                    bulk_write_once(database, turn)
        finally:
            finished.set()

    with ThreadPoolExecutor(21) as pool:
        readers = [pool.submit(read_until_the_end) for _ in range(20)]
        pool.submit(edit).result()
        assert all(reader.result() >= 3 for reader in readers)
    assert len(seen) > 1
    copied.refresh()
    assert_equal(database, copied)
    copied.close()


def bulk_write_once(database: Database, number: int) -> None:
    with bulk_writing(database.writer) as connection:
        connection.execute(insert(products).values(sku=f"torn {number}", name="x", currency="CNY"))


def test_readers_go_on_with_the_old_copy_while_it_is_built_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy, "SMALL_RECORD", 0)
    copied = AnalyticsCopy(database.record)
    old_version, old_total = copied.version, net_sales(copied.engine)
    add_order(database)
    bulk_write(database)
    meanwhile: list[tuple[int, Decimal]] = []

    def look(share: float) -> None:
        with ThreadPoolExecutor(1) as pool:
            version = pool.submit(copied.refresh).result(timeout=20)
            meanwhile.append((version, pool.submit(net_sales, copied.engine).result(timeout=20)))

    copied.refresh(progress=look)
    assert set(meanwhile) == {(old_version, old_total)}
    assert net_sales(copied.engine) == old_total + 100
    copied.close()


def test_a_build_that_fails_leaves_the_old_copy(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy, "SMALL_RECORD", 0)
    copied = AnalyticsCopy(sqlite_database.record, tmp_path / "copy.duckdb")
    total = net_sales(copied.engine)
    bulk_write(sqlite_database)
    moved = tmp_path / "away.sqlite"
    (tmp_path / "crm.sqlite").rename(moved)
    with pytest.raises(SnapshotFailed, match="failed to open"):
        copied.refresh()
    assert net_sales(copied.engine) == total
    moved.rename(tmp_path / "crm.sqlite")
    copied.refresh()
    assert_equal(sqlite_database, copied)
    copied.close()


def test_progress_runs_to_the_end(sqlite_database: Database, monkeypatch: Any) -> None:
    monkeypatch.setattr(copy, "SMALL_RECORD", 0)
    add_order(sqlite_database)
    shares: list[float] = []
    AnalyticsCopy(sqlite_database.record, progress=shares.append).close()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
