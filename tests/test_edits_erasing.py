"""One of sixty people is erased: no trace is left of them anywhere, and every total stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import String, delete, func, insert, select, update
from streamlit.runtime.caching.cache_data_api import _data_caches

from dashboard import connection as app
from dashboard import reads
from dashboard.cli import main
from data_access.analytics_copy import AnalyticsCopy
from data_access.audit import ChangeFilter, list_changes
from data_access.database import Database, bulk_writing, connect, writing
from data_access.edits.commenting import comment_on_order
from data_access.edits.consenting import record_consent
from data_access.edits.erasing import (
    ErasureRefused,
    erase_from_command_line,
    erase_person,
    erased_customers,
)
from data_access.edits.exporting_people import export_person, person_data
from data_access.edits.rights import RightRefused
from data_access.edits.undoing import UndoRefused, undo_change
from data_access.errors import NotFound
from data_access.filters import OrderFilter, Period
from data_access.options import list_customers_named
from data_access.sales import sum_sales, sum_sales_by_channel, sum_sales_by_region
from data_access.scope import Scope
from data_access.scrubbing import scrub
from data_access.tables import (
    consents,
    contacts,
    customers,
    edit_requests,
    imported_rows,
    metadata,
    orders,
    sealed_values,
)
from data_access.verifying import verify
from tests.crm import NOW, add, add_order, scope_of
from tests.test_audit_log import edit_order

CANARY = "KANARIENVOGEL"
PHONE = "19731973197"
TODAY = date(2026, 11, 23)
ALL_TIME = OrderFilter(period=Period(date(1990, 1, 1), date(2027, 1, 1)), currency="CNY")
# of a person's rows: words of the company, numbers of orders, and what only certain words may be
NOT_PERSONAL = {
    "customers.customer_type", "customers.consent", "contacts.x", "orders.order_number",
    "orders.channel", "orders.stage", "orders.currency", "orders.coupon_code", "payments.currency",
    "payments.method", "shipments.carrier", "returns.state", "stock_movements.kind",
    "feedback.kind", "feedback.language", "feedback.state", "interactions.kind",
    "opportunities.stage", "opportunities.currency", "comments.author", "reminders.cause",
    "reminders.action", "reminders.state", "consents.state", "consents.recorded_by",
    "messages.kind", "messages.language", "messages.state", "messages.cause",
    "messages.channel", "messages.rights",
}  # fmt: skip


def words_of(table_name: str) -> dict[str, str]:
    """A canary for every text column that can tell of a person."""
    columns = [
        column for column in metadata.tables[table_name].c if isinstance(column.type, String)
    ]
    return {
        column.name: PHONE
        if column.name == "phone"
        else f"{CANARY} {table_name} {column.name}"[: column.type.length]
        for column in columns
        if f"{table_name}.{column.name}" not in NOT_PERSONAL
    }


class People:
    """Sixty customers, of whom one has canaries everywhere, some loaded in bulk and some edited."""

    def __init__(self, database: Database) -> None:
        self.database, writer = database, database.writer
        self.admin = scope_of(database, "admin", name="Ada")
        region_id = add(writer, "regions", name="Here")
        with bulk_writing(writer, "sixty people") as connection:
            rows = [{"name": f"Person {n}", "region_id": region_id, "city": "Shanghai",
                     "source": "Fair", "consent": "unknown"} for n in range(59)]  # fmt: skip
            connection.execute(insert(customers), rows)
            mine = {**words_of("customers"), "born_on": date(1931, 3, 7), "region_id": region_id}
            connection.execute(insert(customers).values(mine))
            found = select(customers.c.customer_id).where(customers.c.phone == PHONE)
            self.customer_id = int(connection.scalars(found).one())
        self.others = [
            add_order(database, customer_id=self.customer_id - n, region_id=region_id,
                      cancel_reason="Changed my mind", note=f"for {n}") for n in range(1, 10)
        ]  # fmt: skip
        order = {**words_of("orders"), "cancel_reason": None}
        self.orders = [
            add_order(database, customer_id=self.customer_id, region_id=region_id, **order)
            for _ in range(2)
        ]
        self._fill(self.orders[0])

    def _fill(self, order_id: int) -> None:
        writer, database = self.database.writer, self.database
        with writing(writer) as connection:
            of = metadata.tables["order_lines"].c
            line = connection.execute(select(of).where(of.order_id == order_id)).one()
        of_order = {"order_id": order_id}
        of_customer = {"customer_id": self.customer_id}
        add(writer, "payments", **of_order, amount=60, **words_of("payments"))
        add(writer, "shipments", **of_order, **words_of("shipments"))
        add(writer, "returns", **of_order, line_id=line.line_id, quantity=1, amount=1,
            **words_of("returns"))  # fmt: skip
        place = {"warehouse_id": add(writer, "warehouses"), "product_id": line.product_id}
        add(writer, "stock_movements", **of_order, **place, quantity=-1, kind="shipment",
            moved_at=NOW, **words_of("stock_movements"))  # fmt: skip
        add(writer, "feedback", **of_customer, kind="review", state="new", created_at=NOW, score=2,
            **words_of("feedback"))  # fmt: skip
        add(writer, "contacts", **of_customer, **words_of("contacts"))
        gone = add(writer, "contacts", **of_customer, name=f"{CANARY} left the company")
        with writing(writer) as connection:
            connection.execute(delete(contacts).where(contacts.c.contact_id == gone))
        add(writer, "interactions", **of_customer, **words_of("interactions"))
        add(writer, "opportunities", **of_customer, stage="lead", amount=9, currency="CNY",
            created_at=NOW, **words_of("opportunities"))  # fmt: skip
        add(writer, "reminders", **of_customer, cause="silent", action="call", state="done",
            recorded_at=NOW, **words_of("reminders"))  # fmt: skip
        for state in ("waiting", "sent"):
            add(writer, "messages", **of_customer, **of_order, cause=state, kind="order_confirmed",
                channel="mail", language="en", state=state, made_at=NOW,
                **words_of("messages"))  # fmt: skip
        with writing(writer) as connection:
            of_person = customers.c.customer_id == self.customer_id
            connection.execute(update(customers).where(of_person).values(grade=f"{CANARY[:8]} 2"))
            connection.execute(insert(imported_rows).values(
                source="old", table_name="customers", source_id="C1", row_id=self.customer_id,
                row_hash="0" * 64))  # fmt: skip
        said = f"{CANARY} said so"
        edit_order(database, self.admin, order_id, "r1", note=f"{CANARY} rings", reason=said)
        edit_order(database, self.admin, order_id, "r2", cancel_reason=said)
        comment_on_order(writer, self.admin, order_id, text=said, request_id="r3", now=NOW)
        record_consent(writer, self.admin, self.customer_id, state="granted", purpose=said,
                       text_version=CANARY, request_id="r4", now=NOW)  # fmt: skip

    def erase(self, scope: Scope | None = None, **changed: Any) -> Any:
        name = words_of("customers")["name"]
        values = {"confirmation": name, "request_id": "erase", "now": NOW, **changed}
        return erase_person(self.database.writer, scope or self.admin, self.customer_id, **values)

    def totals(self) -> list[Any]:
        asked = [
            query(self.database.record, self.admin, ALL_TIME, TODAY).to_dict("records")
            for query in (sum_sales, sum_sales_by_channel, sum_sales_by_region)
        ]
        kept = ("customers", "orders", "order_lines", "payments", "returns", "feedback",
                "interactions", "opportunities", "comments", "shipments")  # fmt: skip
        by_reason = select(orders.c.cancel_reason, func.count()).where(
            orders.c.cancel_reason == "Changed my mind"
        )
        with self.database.record.connect() as connection:
            counts = [
                connection.scalar(select(func.count()).select_from(metadata.tables[name]))
                for name in kept
            ]
            cities = connection.execute(
                select(customers.c.city, func.count()).where(customers.c.city == "Shanghai")
                .group_by(customers.c.city)
            ).all()  # fmt: skip
            reasons = connection.execute(by_reason.group_by(orders.c.cancel_reason)).all()
        return [*asked, counts, [tuple(row) for row in (*cities, *reasons)]]

    def traces(self) -> set[str]:
        """The tables in which something of the person stands."""
        with self.database.record.connect() as connection:
            return {
                table.name
                for table in metadata.sorted_tables
                for row in connection.execute(select(table))
                if any(
                    word in str(tuple(row)) for word in (CANARY[:8], PHONE, "1931-03", "1931, 3")
                )
            }


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


def test_nothing_of_the_person_is_left_and_every_total_stands(people: People) -> None:
    database, totals = people.database, people.totals()
    before = people.traces()
    assert before >= {"customers", "contacts", "orders", "comments", "feedback", "sealed_values"}
    done = people.erase()
    assert people.traces() == set()
    assert people.totals() == totals
    head, erased = verify(database.record)
    assert erased > 10 and head.audit_id
    number = done.values["erasure_id"]
    with database.record.connect() as connection:
        mine = customers.c.customer_id == people.customer_id
        row = connection.execute(select(customers).where(mine)).one()
        left = select(sealed_values.c.value).where(
            sealed_values.c.customer_id == people.customer_id
        )
        kept = set(connection.scalars(left)) - {"(erased)"}
        for of in (contacts, consents):  # which are about nothing else
            theirs = select(of.c.customer_id).where(of.c.customer_id == people.customer_id)
            assert connection.scalars(theirs).all() == []
    assert {word.rstrip("0123456789 ") for word in kept} == {"Erased customer", "已删除的客户"}
    assert (row.name, row.name_zh) == (f"Erased customer {number}", f"已删除的客户 {number}")
    assert (row.phone, row.city, row.born_on, row.consent) == (None, None, None, "unknown")
    change = list_changes(database.record, people.admin, ChangeFilter(action="erase_person"))
    assert set(change.actor_name) == {"Ada"}
    edit_order(database, people.admin, people.others[0], "later", note="x")
    assert verify(database.record).erased == erased


def test_only_an_admin_who_types_the_name_erases(people: People) -> None:
    with pytest.raises(RightRefused):
        people.erase(scope_of(people.database, "manager"))
    for typed in ("", " ", "Person 1", CANARY.lower()):
        with pytest.raises(ErasureRefused, match="not the name"):
            people.erase(confirmation=typed)
    assert "customers" in people.traces() and erased_customers(people.database.record) == []
    people.erase()
    asked = select(edit_requests).where(edit_requests.c.request_id.in_(("r1", "r2", "r3", "r4")))
    with people.database.record.connect() as connection:
        kept = {(row.fingerprint, row.answer) for row in connection.execute(asked)}
    assert kept == {("", "{}")}  # of what was asked about the person
    assert people.erase().is_repeat
    with pytest.raises(ErasureRefused):
        people.erase(request_id="once more")
    assert [customer_id for customer_id, _ in erased_customers(people.database.record)] == [
        people.customer_id
    ]


def test_what_was_erased_is_not_undone_recorded_or_handed_out(people: People) -> None:
    database = people.database
    people.erase()
    for request_id in ("r1", "erase"):
        with pytest.raises(UndoRefused) as refusal:
            undo_change(database.writer, people.admin, request_id, request_id=f"u{request_id}")
        assert refusal.value.reason == "erased"
    with pytest.raises(NotFound):
        record_consent(database.writer, people.admin, people.customer_id, state="granted",
                       purpose="x", request_id="c", now=NOW)  # fmt: skip
    with pytest.raises(NotFound):
        export_person(database.writer, people.admin, people.customer_id, request_id="e")
    row = list_changes(database.record, people.admin, ChangeFilter(request_id="r1")).iloc[0]
    assert str(row.changes[0].after).startswith("sealed:") and not row.reason


def test_it_is_done_again_when_something_came_back(people: People) -> None:
    people.erase()
    with writing(people.database.writer) as connection:
        mine = customers.c.customer_id == people.customer_id
        connection.execute(update(customers).where(mine).values(phone=PHONE, city="Shanghai"))
    add(people.database.writer, "contacts", customer_id=people.customer_id, name=CANARY)
    assert {"customers", "contacts", "sealed_values"} <= people.traces()
    erase_from_command_line(people.database.writer, people.customer_id)
    assert people.traces() == set() and verify(people.database.record).erased
    assert len(erased_customers(people.database.record)) == 1
    with people.database.record.connect() as connection:
        hashes = connection.scalars(select(imported_rows.c.row_hash)).all()
        city = connection.scalar(select(customers.c.city).where(mine))
    assert city == "Shanghai"  # which tells of nobody: others live there too
    assert hashes == ["existing"]  # an import leaves the row as it is


def test_the_person_is_told_everything(people: People) -> None:
    database, name = people.database, words_of("customers")["name"]
    export_person(database.writer, people.admin, people.customer_id, request_id="e", now=NOW)
    told = person_data(database.record, people.admin, people.customer_id)
    text = json.dumps(told, ensure_ascii=False)
    for table in ("customers", "contacts", "orders", "payments", "shipments", "returns", "feedback",
                  "interactions", "opportunities", "reminders"):  # fmt: skip
        for column, words in words_of(table).items():
            known = words in text or (table, column) in {
                ("customers", "grade"),
                ("customers", "consent_purpose"),
                ("orders", "note"),
                ("orders", "cancel_reason"),
            }  # fmt: skip  changed since; the log has what it was
            assert known, f"{table}.{column}"
    assert f"{CANARY} rings" in text and f"{CANARY} said so" in text and "1931-03-07" in text
    assert told["orders"][0]["region"] == "Here" and len(told["order_lines"]) == 2
    assert "export_person" in {row["action"] for row in told["log"]} and name in text
    assert "Person 1" not in text and "for 1" not in text
    verify(database.record)
    with pytest.raises(RightRefused):
        person_data(database.record, scope_of(database, "support"), people.customer_id)


# The bytes


def files_that_hold(folder: Path) -> set[str]:
    words = (CANARY.encode(), PHONE.encode(), CANARY[:8].encode())
    return {
        path.name
        for path in folder.rglob("*")
        if path.is_file() and any(word in path.read_bytes() for word in words)
    }


def remembered() -> list[bytes]:
    """What Streamlit keeps of answers."""
    caches = [each for group in _data_caches._function_caches.values() for each in group.values()]
    return [bytes(kept) for each in caches for kept in each.storage._mem_cache.values()]  # type: ignore[attr-defined]


@pytest.fixture
def configured(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[People]:
    """As a page and the command line meet it, with a copy that holds the person."""
    people = People(sqlite_database)
    url = sqlite_database.record.url.render_as_string(hide_password=False)
    monkeypatch.setenv("CRM_DATABASE_URL", url)
    monkeypatch.setenv("CRM_ANALYTICS_URL", f"duckdb:///{tmp_path / 'copy.duckdb'}")
    st.cache_data.clear()
    st.cache_resource.clear()
    yield people
    st.cache_data.clear()
    st.cache_resource.clear()


def test_file_copy_and_caches_forget(configured: People, tmp_path: Path) -> None:
    admin = configured.admin
    assert len(reads.read(list_customers_named, admin, CANARY)) == 1
    reads.read(list_customers_named, admin, CANARY, engine="record")
    assert {"crm.sqlite-wal", "copy.duckdb"} <= files_that_hold(tmp_path)
    assert any(CANARY.encode() in kept for kept in remembered())
    configured.erase()
    assert scrub(configured.database.writer)
    assert len(reads.read(list_customers_named, admin, CANARY, engine="record")) == 0
    assert files_that_hold(tmp_path) == set()
    assert len(reads.read(list_customers_named, admin, CANARY)) == 0
    assert len(reads.read(list_customers_named, admin, "Erased")) == 1
    assert not any(CANARY.encode() in kept for kept in remembered())
    st.cache_resource.clear()  # the next start has a file again
    assert len(reads.read(list_customers_named, admin, "Erased")) == 1
    assert app.engine_and_version("analytics")[0].dialect.name == "duckdb"
    assert (tmp_path / "copy.duckdb").exists() and files_that_hold(tmp_path) == set()


def test_a_copy_that_was_at_rest_forgets_when_it_is_opened(
    configured: People, tmp_path: Path
) -> None:
    path = tmp_path / "copy.duckdb"
    AnalyticsCopy(configured.database.record, path).close()
    assert "copy.duckdb" in files_that_hold(tmp_path)
    configured.erase()
    copy = AnalyticsCopy(configured.database.record, path)
    assert copy.version and path.exists()
    copy.close()
    assert "copy.duckdb" not in files_that_hold(tmp_path)


def test_the_command_line_hands_out_erases_lists_and_erases_again(
    configured: People, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    number, file = str(configured.customer_id), tmp_path / "person.json"
    AnalyticsCopy(configured.database.record, tmp_path / "copy.duckdb").close()
    assert main(["person", "export", PHONE, "--to", str(file)]) == 0
    assert CANARY in file.read_text("utf-8") and file.stat().st_mode & 0o077 == 0
    assert json.loads(file.read_text("utf-8"))["customers"][0]["customer_id"] == int(number)
    file.unlink()
    assert main(["person", "erase", number, "--confirm", "somebody"]) == 1
    assert main(["person", "erase", "nobody"]) == 1
    assert "There is no customer nobody" in capsys.readouterr().err
    backup = tmp_path.parent / f"{tmp_path.name}.backup"
    with configured.database.writer.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"VACUUM INTO '{backup}'")
    name = words_of("customers")["name"]
    assert main(["person", "erase", number, "--confirm", name]) == 0
    assert files_that_hold(tmp_path) == set()
    capsys.readouterr()
    assert main(["person", "erased"]) == 0
    listed = tmp_path / "erased.txt"
    listed.write_text(capsys.readouterr().out, "utf-8")
    assert listed.read_text("utf-8").split()[0] == number
    restored = connect(f"sqlite:///{backup}")
    configured.database.dispose()
    (tmp_path / "crm.sqlite").write_bytes(backup.read_bytes())
    restored.dispose()
    assert "crm.sqlite" in files_that_hold(tmp_path)
    assert main(["person", "erase", "--again", "--list", str(listed)]) == 0
    assert files_that_hold(tmp_path) == set() and configured.traces() == set()
    assert main(["verify"]) == 0
