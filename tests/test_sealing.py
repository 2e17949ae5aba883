"""The log holds no personal value in plain, tells it to who may read it, and finds tampering."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, delete, func, select, text, update

from data_access.audit import ChangeFilter, list_changes, list_order_changes
from data_access.database import Database, connect, writing
from data_access.edits.undoing import undo_change
from data_access.schema import _config, upgrade_schema
from data_access.sealing import PERSONAL, digest_in, digest_of
from data_access.tables import audit, customers, metadata, orders, sealed_values
from data_access.verifying import Head, Tampered, verify_log
from tests.crm import NOW, add, add_order, scope_of
from tests.test_audit_log import edit_order
from tests.test_commands_verify import Company


def whole_log(database: Database) -> str:
    with database.record.connect() as connection:
        return "\n".join(str(tuple(row)) for row in connection.execute(select(audit)))


def sealed(database: Database) -> list[Any]:
    with database.record.connect() as connection:
        return list(connection.execute(select(sealed_values).order_by("sealed_value_id")))


def test_what_is_personal_stands_in_the_log_as_a_digest(database: Database) -> None:
    boss, rep = scope_of(database, "manager"), add(database.writer, "employees", name="Rep")
    customer_id = add(
        database.writer, "customers", name="Li Wei", phone="13812345678", owner_id=rep,
        born_on=NOW.date().replace(year=1990),
    )  # fmt: skip
    contact_id = add(database.writer, "contacts", customer_id=customer_id, name="Ms Wang")
    order_id = add_order(database, customer_id=customer_id, ship_address="Lane 7")
    edit_order(database, boss, order_id, "r1", note="Ring twice", reason="Ms Wang asked")
    add(database.writer, "payments", order_id=order_id, amount=1, reference="Card of Li")
    with writing(database.writer) as connection:
        connection.execute(update(customers).where(customers.c.customer_id == customer_id)
                           .values(phone="13900000000"))  # fmt: skip
    written = whole_log(database)
    words = ("Li Wei", "1381234", "1390000", "1990-11", "Wang", "Lane 7", "Ring twice", "Card of")
    assert not [word for word in words if word in written]
    kept = {(row.table_name, row.row_id, row.field, row.customer_id, row.value)
            for row in sealed(database)}  # fmt: skip
    assert kept >= {
        ("customers", customer_id, "born_on", customer_id, "1990-11-23"),
        ("customers", customer_id, "phone", customer_id, "13900000000"),
        ("contacts", contact_id, "name", customer_id, "Ms Wang"),
        ("orders", order_id, "note", customer_id, "Ring twice"),
        ("audit", None, "reason", None, "Ms Wang asked"),
    }
    assert len({row.digest for row in sealed(database)}) == len(sealed(database))
    change = list_changes(database.record, boss, ChangeFilter(table_name="customers")).iloc[0]
    assert change.changes == (("phone", "13812345678", "13900000000"),)
    assert change.customer == "Li Wei"
    mine = scope_of(database, "sales_rep", employee_id=rep)
    told = list_order_changes(database.record, mine, order_id)
    assert "Ms Wang asked" in set(told.reason) and set(told.changes) == {()}
    verify_log(database.record)


def test_a_value_is_sealed_once_for_a_row_and_differently_for_another(database: Database) -> None:
    boss = scope_of(database, "manager")
    ids = [add_order(database, note="same") for _ in range(2)]
    for number in range(3):
        edit_order(database, boss, ids[0], f"r{number}", coupon_code=str(number))
    found = [row for row in sealed(database) if row.value == "same"]
    assert [row.row_id for row in found] == ids
    assert found[0].digest != found[1].digest
    for number, order_id in enumerate(ids):
        edit_order(database, boss, order_id, f"s{number}", coupon_code="x", reason="as agreed")
    reasons = [row for row in sealed(database) if row.value == "as agreed"]
    assert len({row.salt for row in reasons}) == len({row.digest for row in reasons}) == 2
    assert all(digest_of(row.salt, row.value) == row.digest for row in (*found, *reasons))


def test_every_personal_column_is_one_of_a_logged_table() -> None:
    for table, names in PERSONAL.items():
        assert set(names) <= set(metadata.tables[table].c.keys())


def test_an_edit_is_undone_with_the_values_it_had(database: Database) -> None:
    boss, order_id = scope_of(database, "manager"), add_order(database, note="first")
    customer_id = add(database.writer, "customers", name="Li", born_on=NOW.date())
    edit_order(database, boss, order_id, "r1", note="second")
    undo_change(database.writer, boss, "r1", request_id="u1", now=NOW)
    with database.record.connect() as connection:
        note = select(orders.c.note).where(orders.c.order_id == order_id)
        assert connection.scalar(note) == "first"
    assert customer_id and verify_log(database.record)


def change_value(connection: Connection) -> None:
    connection.execute(update(sealed_values).where(sealed_values.c.value == "second")
                       .values(value="third"))  # fmt: skip


def delete_value(connection: Connection) -> None:
    connection.execute(delete(sealed_values).where(sealed_values.c.value == "first"))


def change_table(connection: Connection) -> None:
    connection.execute(update(orders).where(orders.c.note == "second").values(note="third"))


@pytest.mark.parametrize(
    ("tamper", "reason", "sentence"),
    [
        (change_value, "value", "of orders {id} (SO-1) in the log, note, was changed"),
        (delete_value, "value_gone", "about orders {id} (SO-1), was deleted, and no erasure"),
        (change_table, "changed", "orders {id} (SO-1) is not as row {row} of the log left it:"
         " note second → third"),
    ],
)  # fmt: skip
def test_tampering_with_personal_values_is_found_out(
    database: Database, tamper: Callable[[Connection], None], reason: str, sentence: str
) -> None:
    company = Company(database)
    last = company.head().audit_id
    with company.past_the_log() as connection:
        tamper(connection)
    with pytest.raises(Tampered) as found:
        verify_log(database.record)
    said = sentence.format(id=company.order_id, row=last)
    assert found.value.reason == reason and said in str(found.value)


# A log from before


@pytest.fixture(params=["sqlite", "postgresql"])
def old_database(
    request: pytest.FixtureRequest, tmp_path: Path, new_postgresql_url: Callable[..., str]
) -> Any:
    """With two edits of an order's note, logged in plain."""
    is_sqlite = request.param == "sqlite"
    database = connect(f"sqlite:///{tmp_path}/old.sqlite" if is_sqlite else new_postgresql_url())
    with database.writer.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        for statement in (
            "INSERT INTO channels (channel_id, channel, name) VALUES (1, 'web', 'Web')",
            "INSERT INTO customers (customer_id, name, consent, consent_on, consent_purpose)"
            " VALUES (3, 'Li Wei', 'granted', '2026-01-02', 'Offers')",
            "INSERT INTO orders (order_id, order_number, customer_id, channel, stage, currency,"
            " ordered_at, ordered_on, net_sales, note) VALUES (7, 'SO-7', 3, 'web', 'received',"
            " 'CNY', '2026-11-20 04:00:00.000000', '2026-11-20', 19.9, 'Ring Li')",
            "UPDATE orders SET note = 'Ring Wei', net_sales = 20.5",
        ):
            connection.execute(text(statement))
    yield database
    database.dispose()


def head_of(database: Database) -> Head:
    with database.record.connect() as connection:
        last = select(audit.c.audit_id, audit.c.hash).order_by(audit.c.audit_id.desc()).limit(1)
        return Head(*connection.execute(last).one())


def test_an_earlier_log_is_sealed_once_and_says_so(old_database: Database) -> None:
    assert "Ring Li" in whole_log(old_database)
    kept = head_of(old_database)
    upgrade_schema(old_database.writer)
    assert "Ring" not in whole_log(old_database)
    values = [(row.row_id, row.customer_id, row.value) for row in sealed(old_database)]
    assert values == [(7, 3, "Ring Li"), (7, 3, "Ring Wei")]
    assert verify_log(old_database.record, kept).audit_id == kept.audit_id + 1
    with pytest.raises(Tampered, match="Personal values were sealed after row 1"):
        verify_log(old_database.record, Head(1, kept.hash))
    boss = scope_of(old_database, "manager")
    change = list_changes(old_database.record, boss, ChangeFilter(action="update")).iloc[0]
    assert {one.field: one.after for one in change.changes}["note"] == "Ring Wei"
    with writing(old_database.writer) as connection:
        connection.execute(update(customers).values(phone="138"))
        connection.execute(update(orders).values(note="Ring Li"))
        history = connection.execute(select(metadata.tables["consents"])).one()
    assert (history.state, history.purpose, str(history.decided_on)) == (
        "granted", "Offers", "2026-01-02"
    )  # fmt: skip
    new = [(row.field, row.value) for row in sealed(old_database)[2:]]  # Ring Li was there
    assert sorted(new) == [("consent_purpose", "Offers"), ("name", "Li Wei"), ("phone", "138")]
    verify_log(old_database.record)


def test_a_log_that_was_not_whole_then_is_not_made_whole(old_database: Database) -> None:
    with Company.past_the_log_of(old_database, ("orders", "audit")) as connection:
        connection.execute(text("UPDATE audit SET actor = 'somebody' WHERE audit_id = 2"))
    upgrade_schema(old_database.writer)
    with pytest.raises(Tampered, match="Row 2 of the log did not follow"):
        verify_log(old_database.record)


def test_every_value_of_the_log_is_a_digest_or_not_personal(database: Database) -> None:
    Company(database)
    with database.record.connect() as connection:
        rows = connection.execute(select(audit).where(audit.c.table_name.in_(PERSONAL))).all()
        assert connection.scalar(select(func.count()).select_from(sealed_values))
    for row in rows:
        for image in filter(None, (row.before, row.after)):
            values = json.loads(image)
            personal = {values[name] for name in PERSONAL[row.table_name]} - {None}
            assert all(map(digest_in, personal))
