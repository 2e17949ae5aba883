"""`python -m dashboard verify`: whoever changes something past the log is found out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from dashboard.cli import main
from data_access.audit_chain import HASHED, chain_hash
from data_access.database import Database, bulk_writing, connect, writing
from data_access.edits.locking import step_version
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.tables import AUDITED_TABLES, audit, data_version, orders, payments, stock
from data_access.totals import recount_orders
from data_access.verifying import Head, Tampered, verify_log
from tests.crm import NOW, add, add_order, scope_of
from tests.test_audit_log import edit_order


@dataclass
class Company:
    """A loaded order, and one whose note was changed twice; a payment taken, another taken back."""

    database: Database
    loaded: int = 0
    order_id: int = 0
    payment_id: int = 0

    def __post_init__(self) -> None:
        boss = scope_of(self.database, "manager", name="Ada")
        with bulk_writing(self.database.writer, "a load") as connection:
            self.loaded = int(connection.scalar(select(func.max(orders.c.order_id))) or 0)
            connection.execute(update(orders).values(note="loaded"))
        product_id = add(self.database.writer, "products", sku="PEN-1")
        warehouse_id = add(self.database.writer, "warehouses")
        add(self.database.writer, "stock", product_id=product_id, warehouse_id=warehouse_id)
        self.order_id = add_order(self.database, order_number="SO-1")
        edit_order(self.database, boss, self.order_id, "r1", note="first")
        edit_order(self.database, boss, self.order_id, "r2", note="second")
        self.payment_id = add(self.database.writer, "payments", order_id=self.order_id, amount=60)
        taken_back = add(self.database.writer, "payments", order_id=self.order_id, amount=1)
        with writing(self.database.writer) as connection:
            connection.execute(delete(payments).where(payments.c.payment_id == taken_back))
            recount_orders(connection, [self.order_id])

        def late(edit: Edit) -> Done:
            return Done(self.order_id, version=step_version(edit, self.order_id))

        carry_out(self.database.writer, boss, "step", late, request_id="r3", now=NOW)

    def head(self) -> Head:
        return verify_log(self.database.record)

    @contextmanager
    def past_the_log(self) -> Iterator[Connection]:
        tables = tuple(table.name for table in (*AUDITED_TABLES, audit))
        with self.past_the_log_of(self.database, tables) as connection:
            yield connection

    @staticmethod
    @contextmanager
    def past_the_log_of(database: Database, tables: Sequence[str]) -> Iterator[Connection]:
        """What somebody can do who owns the database: all triggers out of the way, and back."""
        with database.writer.begin() as connection:
            if connection.dialect.name == "sqlite":
                found = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                again = connection.execute(found).all()
                for row in again:
                    connection.exec_driver_sql(f"DROP TRIGGER {row.name}")
                yield connection
                for row in again:
                    connection.exec_driver_sql(row.sql)
                return
            for name in tables:
                connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER USER")
            yield connection
            for name in tables:
                connection.exec_driver_sql(f"ALTER TABLE {name} ENABLE TRIGGER USER")


Tamper = Callable[[Company, Connection], Any]


def of_request(connection: Connection, request_id: str) -> int:
    found = select(audit.c.audit_id).where(audit.c.request_id == request_id)
    return int(connection.scalars(found).one())


def last_id(connection: Connection) -> int:
    return int(connection.scalar(select(func.max(audit.c.audit_id))) or 0)


def rehash(connection: Connection) -> None:
    """Makes the chain fit whatever the rows say now, numbered anew."""
    previous = ""
    for number, row in enumerate(connection.execute(select(audit).order_by(audit.c.audit_id)), 1):
        fields = {**row._mapping, "audit_id": number}
        fields["happened_at"] = row.happened_at.isoformat(" ", "microseconds")
        found = chain_hash(previous, *(fields[name] for name in HASHED))
        connection.execute(
            update(audit)
            .where(audit.c.audit_id == row.audit_id)
            .values(audit_id=number, previous_hash=previous, hash=found)
        )
        previous = found


def change_order(**values: Any) -> Tamper:
    return lambda company, connection: connection.execute(
        update(orders).where(orders.c.order_id == company.order_id).values(**values)
    )


def rewrite(request_id: str, **values: Any) -> Tamper:
    return lambda company, connection: connection.execute(
        update(audit).where(audit.c.request_id == request_id).values(**values)
    )


def forget(request_id: str) -> Tamper:
    return lambda company, connection: connection.execute(
        delete(audit).where(audit.c.request_id == request_id)
    )


def both(*steps: Tamper) -> Tamper:
    def tamper(company: Company, connection: Connection) -> None:
        for step in steps:
            step(company, connection)

    return tamper


def rehash_all(_company: Company, connection: Connection) -> None:
    rehash(connection)


def delete_payment(company: Company, connection: Connection) -> None:
    connection.execute(delete(payments).where(payments.c.payment_id == company.payment_id))


def add_payment(step: int) -> Tamper:
    """The next payment for step 2; for step 1 the one that was taken back."""
    return lambda company, connection: connection.execute(
        insert(payments).values(
            payment_id=company.payment_id + step, order_id=company.order_id, amount=1,
            currency="CNY", paid_at=NOW, paid_on=NOW.date(),
        )
    )  # fmt: skip


def swap(company: Company, connection: Connection) -> None:
    first, second = (of_request(connection, request_id) for request_id in ("r1", "r2"))
    for old, new in ((first, 10**6), (second, first), (10**6, second)):
        connection.execute(update(audit).where(audit.c.audit_id == old).values(audit_id=new))


def rehash_one(company: Company, connection: Connection) -> None:
    row = connection.execute(select(audit).where(audit.c.request_id == "r1")).one()
    fields = {**row._mapping, "happened_at": row.happened_at.isoformat(" ", "microseconds")}
    found = chain_hash(row.previous_hash, *(fields[name] for name in HASHED))
    connection.execute(update(audit).where(audit.c.request_id == "r1").values(hash=found))


def cut_off_the_end(company: Company, connection: Connection) -> None:
    connection.execute(delete(audit).where(audit.c.audit_id == last_id(connection)))


KINDS: dict[str, tuple[Tamper, str, str]] = {
    "an amount of an order": (
        change_order(net_sales=1), "changed",
        "orders {order_id} (SO-1) is not as row {last} of the log left it:"
        " net_sales 100.0000 → 1.0000.",
    ),
    "a stage": (change_order(stage="cancelled"), "changed", "stage completed → cancelled"),
    "a payment": (
        lambda company, connection: connection.execute(
            update(payments).where(payments.c.payment_id == company.payment_id).values(amount=6)
        ),
        "changed", "payments {payment_id} (SO-1) is not as row",
    ),
    "what is in stock": (
        lambda company, connection: connection.execute(update(stock).values(on_hand=99)),
        "changed", "(PEN-1) is not as row",
    ),
    "a payment deleted": (delete_payment, "deleted", "payments {payment_id} (SO-1) was deleted"),
    "a payment added": (add_payment(2), "added", "(SO-1) was added past the log"),
    "a payment that is back": (add_payment(1), "back", "(SO-1) is there, though row"),
    "a loaded order's line deleted": (
        lambda company, connection: connection.execute(text("DELETE FROM order_lines"
            " WHERE line_id = (SELECT min(line_id) FROM order_lines)")),
        "count", "order_lines has 1 rows, the log knows of 2.",
    ),
    "why": (rewrite("r1", reason="because"), "rewritten", "about orders {order_id} (SO-1), was"),
    "who": (rewrite("r1", actor="somebody"), "rewritten", "was rewritten"),
    "when": (rewrite("r1", happened_at=NOW.replace(year=2020)), "rewritten", "was rewritten"),
    "what was": (rewrite("r2", before=None), "rewritten", "was rewritten"),
    "a row of the log with its hash": (
        both(rewrite("r1", actor="somebody"), rehash_one), "unlinked", "does not follow",
    ),
    "a row of the log removed": (forget("r1"), "unlinked", "does not follow the row before it"),
    "two rows of the log swapped": (swap, "unlinked", "does not follow"),
    "an edit removed, the chain mended": (
        both(forget("r1"), rehash_all), "before",
        "orders {order_id} (SO-1) was changed past the log before its row",
    ),
    "the last edit removed, the chain mended": (cut_off_the_end, "changed", "version 3 → 4"),
    "an image rewritten, the chain mended": (
        both(rewrite("r2", after="no JSON"), rehash_all), "rewritten", "was rewritten",
    ),
    "the log emptied": (
        lambda company, connection: connection.execute(delete(audit)), "empty", "The log is empty",
    ),
    "a bulk load that never ends": (
        lambda company, connection: connection.execute(update(data_version).values(is_bulk=True)),
        "bulk", "The log is switched off",
    ),
}  # fmt: skip
ON_POSTGRESQL = ("an amount of an order", "a payment deleted", "a payment added", "when",
                 "a row of the log removed", "an edit removed, the chain mended")  # fmt: skip


def check_found_out(company: Company, kind: str) -> None:
    tamper, reason, sentence = KINDS[kind]
    last = company.head().audit_id
    with company.past_the_log() as connection:
        tamper(company, connection)
    with pytest.raises(Tampered) as found:
        verify_log(company.database.record)
    said = sentence.format(order_id=company.order_id, payment_id=company.payment_id, last=last)
    assert found.value.reason == reason and said in str(found.value)


@pytest.mark.parametrize("kind", KINDS)
def test_tampering_is_found_out_and_named(sqlite_database: Database, kind: str) -> None:
    check_found_out(Company(sqlite_database), kind)


@pytest.mark.parametrize("kind", ON_POSTGRESQL)
def test_so_it_is_on_postgresql(postgresql_database: Database, kind: str) -> None:
    check_found_out(Company(postgresql_database), kind)


def test_a_value_of_no_kind_is_found_out(sqlite_database: Database) -> None:
    company = Company(sqlite_database)
    with company.past_the_log() as connection:
        connection.exec_driver_sql(
            f"UPDATE orders SET promised_on = 'soon' WHERE order_id = {company.order_id}"
        )
    with pytest.raises(Tampered, match="promised_on 2026-11-27 → soon"):
        verify_log(sqlite_database.record)


def test_a_whole_log_is_verified_whatever_was_edited(database: Database) -> None:
    company = Company(database)
    head = company.head()
    assert verify_log(database.record, head) == head
    edit_order(database, scope_of(database, "manager"), company.order_id, "later", note="x")
    later = verify_log(database.record, head)
    assert later.audit_id > head.audit_id
    with bulk_writing(database.writer) as connection:
        connection.execute(delete(payments))
        connection.execute(update(orders).values(note="another load"))
    assert verify_log(database.record, later).audit_id == later.audit_id + 1


def roll_back(company: Company, connection: Connection) -> None:
    """The last edit never was, in the table neither."""
    cut_off_the_end(company, connection)
    change_order(version=3)(company, connection)


@pytest.mark.parametrize(
    ("tamper", "reason"),
    [
        (roll_back, "cut_off"),
        (both(rewrite("r1", actor="somebody"), rehash_all), "other_head"),
    ],
)
def test_only_a_head_that_was_kept_tells_what_was_done_thoroughly(
    database: Database, tamper: Tamper, reason: str
) -> None:
    company = Company(database)
    kept = company.head()
    with company.past_the_log() as connection:
        tamper(company, connection)
    assert verify_log(database.record) != kept
    with pytest.raises(Tampered) as found:
        verify_log(database.record, kept)
    assert found.value.reason == reason


def test_a_log_that_is_switched_off_is_told(database: Database) -> None:
    with database.writer.begin() as connection:
        connection.exec_driver_sql(
            "DROP TRIGGER payments_logged_update"
            if database.writer.dialect.name == "sqlite"
            else "ALTER TABLE payments DISABLE TRIGGER payments_logged"
        )
    with pytest.raises(Tampered, match="the trigger payments_logged"):
        verify_log(database.record)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'x'", "DELETE FROM audit", "UPDATE audit SET hash = ''",
     "UPDATE audit SET audit_id = audit_id + 1000"],
)  # fmt: skip
def test_the_log_is_only_ever_added_to(database: Database, statement: str) -> None:
    head = verify_log(database.record)
    with pytest.raises(SQLAlchemyError, match="append-only"), writing(database.writer) as writer:
        writer.exec_driver_sql(statement)
    assert verify_log(database.record) == head


def test_nobody_slips_a_row_into_the_log(database: Database) -> None:
    row = "'2026-11-23 04:00:00.000000', 'x', 'x', 'orders'"
    columns = "happened_at, actor, action, table_name"
    refused = {
        "sqlite": (
            f"INSERT INTO audit ({columns}, hash) VALUES ({row}, 'f')",
            f"INSERT INTO audit ({columns}, audit_id) VALUES ({row}, 1000000)",
            f"INSERT OR REPLACE INTO audit ({columns}, audit_id) VALUES ({row}, 1)",
        ),
        "postgresql": ("TRUNCATE audit CASCADE",),
    }
    for statement in refused[database.writer.dialect.name]:
        with pytest.raises(SQLAlchemyError, match="append-only"):  # noqa: SIM117
            with writing(database.writer) as writer:
                writer.exec_driver_sql(statement)
    with writing(database.writer) as writer:  # and what is added honestly joins the chain
        writer.exec_driver_sql(f"INSERT INTO audit ({columns}) VALUES ({row})")
    assert verify_log(database.record).audit_id > 1


def test_no_other_program_edits_a_logged_row(sqlite_database: Database) -> None:
    order_id = add_order(sqlite_database)
    path = str(sqlite_database.writer.url.database)
    with sqlite3.connect(path) as other, pytest.raises(sqlite3.OperationalError) as error:
        other.execute("UPDATE orders SET note = 'mine' WHERE order_id = ?", (order_id,))
    assert "no such function: audit_" in str(error.value)
    other.close()


# The command


def test_the_command_tells_the_head_and_checks_against_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    monkeypatch.setenv("CRM_DATABASE_URL", url)
    monkeypatch.setattr("sys.stdin", None)
    assert main(["verify"]) == 1
    assert "not a database of OrderScope" in capsys.readouterr().err
    assert main(["user", "add", "ada", "--role", "admin", "--generate"]) == 0
    capsys.readouterr()
    assert main(["verify"]) == 0
    sentence, head = capsys.readouterr().out.splitlines()
    assert sentence == "The log is whole, and the tables are as it says."
    assert main(["verify", "--head", head]) == 0
    database = connect(url)
    company = Company(database)
    with company.past_the_log() as connection:
        change_order(net_sales=1)(company, connection)
    database.dispose()
    capsys.readouterr()
    assert main(["verify", "--head", head]) == 1
    assert "(SO-1) is not as row" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["verify", "--head", "12:nothing"])
