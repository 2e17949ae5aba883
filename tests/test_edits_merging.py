"""Two records of one customer become one, nothing is lost, and the way back restores both."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from data_access.customer_pairs import find_customer_pair, list_merges
from data_access.database import Database, writing
from data_access.edits.erasing import erase_from_command_line
from data_access.edits.fields import FieldsRefused
from data_access.edits.merging import MergeRefused, merge_customers, unmerge_customers
from data_access.edits.transaction import Done, new_request_id
from data_access.errors import NotFound, NotSaved, Refused
from data_access.scope import Scope
from data_access.tables import (
    audit,
    contacts,
    customer_merges,
    customer_scores,
    customers,
    edit_requests,
    feedback,
    imported_rows,
    interactions,
    opportunities,
    orders,
    reminders,
    sealed_values,
)
from data_access.verifying import verify_log
from tests.crm import NOW, add, add_order, scope_of
from tests.importing import FILES, run_import, write_files

BELONGING = (orders, contacts, feedback, interactions, opportunities, reminders)


@dataclass
class Twins:
    """Two records of one customer, each with rows of its own, and people around them."""

    database: Database
    kept: int
    gone: int
    scopes: dict[str, Scope]

    def read(self, customer_id: int) -> Any:
        with self.database.record.connect() as connection:
            statement = select(customers).where(customers.c.customer_id == customer_id)
            return connection.execute(statement).one_or_none()

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        with self.database.record.connect() as connection:
            return {
                table.name: sorted(map(tuple, connection.execute(select(table))))
                for table in (customers, *BELONGING)
            }

    def totals(self) -> list[Any]:
        statement = select(
            func.count(), func.sum(orders.c.net_sales), func.sum(orders.c.paid),
            func.sum(orders.c.units),
        )  # fmt: skip
        with self.database.record.connect() as connection:
            counts = [
                connection.scalar(select(func.count()).select_from(table)) for table in BELONGING
            ]
            return [*connection.execute(statement).one(), *counts]

    def seen(self, role: str = "admin") -> str:
        pair = find_customer_pair(self.database.record, self.scopes[role], self.kept, self.gone)
        return str(pair["seen"])

    def merge(self, role: str = "admin", **said: Any) -> Done:
        values: dict[str, Any] = {"taken": (), "request_id": new_request_id(), **said}
        kept, gone = values.pop("kept", self.kept), values.pop("gone", self.gone)
        if "seen" not in values:
            values["seen"] = self.seen()
        return merge_customers(self.database.writer, self.scopes[role], kept, gone, **values)

    def unmerge(self, merge_id: Any, role: str = "admin", **said: Any) -> Done:
        values = {"request_id": new_request_id(), **said}
        return unmerge_customers(self.database.writer, self.scopes[role], merge_id, **values)

    def change(self, customer_id: int, **values: Any) -> None:
        with writing(self.database.writer) as connection:
            these = customers.c.customer_id == customer_id
            connection.execute(update(customers).where(these).values(**values))


def make_twins(database: Database) -> Twins:
    writer = database.writer
    north, south = (add(writer, "regions", name=name) for name in ("North", "South"))
    rep = add(writer, "employees", name="Rep", region_id=north)
    scopes = {
        role: scope_of(database, role, username=role, name=role)
        for role in ("admin", "manager", "analyst", "support", "finance")
    }
    scopes["sales_lead"] = scope_of(database, "sales_lead", region_ids=[north])
    scopes["other_lead"] = scope_of(database, "sales_lead", region_ids=[south])
    scopes["sales_rep"] = scope_of(database, "sales_rep", employee_id=rep)
    pair = []
    for number, name in enumerate(("Acme Ltd", "ACME Limited")):
        customer_id = add(
            writer, "customers", name=name, owner_id=rep, region_id=north,
            phone=f"1380000000{number}", created_at=NOW.replace(year=2024 - number),
            consent="granted", consent_on=date(2026, 1, 1 + number), born_on=None,
        )  # fmt: skip
        order_id = add_order(database, customer_id=customer_id, owner_id=rep, region_id=north)
        add(writer, "payments", order_id=order_id, amount=Decimal(40 + number))
        of = {"customer_id": customer_id}
        add(writer, "contacts", **of)
        add(writer, "feedback", **of, kind="review", state="new", created_at=NOW)
        add(writer, "interactions", **of, kind="call", happened_at=NOW)
        add(writer, "opportunities", **of, stage="lead", amount=5, currency="CNY", created_at=NOW)
        add(writer, "reminders", **of, cause="care", action="call", state="done", recorded_at=NOW)
        add(writer, "customer_scores", **of, **SCORE)
        pair.append(customer_id)
    return Twins(database, *pair, scopes)


SCORE: dict[str, Any] = {
    "as_of_on": NOW.date(), "currency": "CNY", "orders": 1, "orders_12m": 1,
    "first_ordered_on": NOW.date(), "last_ordered_on": NOW.date(), "net_sales": 1,
    "net_sales_12m": 1, "net_sales_prior_12m": 0, "categories": 1, "enquiries_90": 0,
    "enquiries_prior_90": 0, "recency_score": 1, "frequency_score": 1, "monetary_score": 1,
    "segment": "new", "rule_segment": "none",
}  # fmt: skip


def test_everything_moves_and_totals_stay(database: Database) -> None:
    twins = make_twins(database)
    before = twins.totals()
    version = _version(twins)
    done = twins.merge("sales_lead", taken=("name", "phone"))
    assert twins.totals() == before
    assert twins.read(twins.gone) is None
    kept = twins.read(twins.kept)
    assert (kept.name, kept.phone, kept.created_at.year) == ("ACME Limited", "13800000001", 2023)
    assert done.values["moved"] == {table.name: 1 for table in BELONGING}
    with database.record.connect() as connection:
        for table in BELONGING:
            owners = connection.scalars(select(table.c.customer_id)).all()
            assert owners.count(twins.kept) == 2 and twins.gone not in owners
        scored = connection.scalars(select(customer_scores.c.customer_id)).all()
        assert scored == [twins.kept]
    assert _version(twins) == version + 1
    verify_log(database.record)


def _version(twins: Twins) -> int:
    with twins.database.record.connect() as connection:
        return int(connection.scalar(select(func.sum(orders.c.version))) or 0)


def test_taking_it_back_restores_every_row(database: Database) -> None:
    twins = make_twins(database)
    before = twins.contents()
    done = twins.merge(taken=("name", "owner_id", "consent"))
    twins.unmerge(done.values["merge_id"], "manager")
    after = twins.contents()
    moved = next(row for row in after["orders"] if row not in before["orders"])
    assert len([row for row in after["orders"] if row not in before["orders"]]) == 1
    same = next(row for row in before["orders"] if row[0] == moved[0])
    assert moved[-1] == same[-1] + 2 and moved[:-1] == same[:-1]  # two steps of its version
    for name in before.keys() - {"orders"}:
        assert after[name] == before[name], name
    verify_log(database.record)
    frame = list_merges(database.record, twins.scopes["sales_lead"])
    assert frame["merged_name"].tolist() == ["ACME Limited"]
    assert frame["unmerged_at"].notna().all() and frame["person"].tolist() == ["admin"]


def test_what_came_later_stays_with_the_one_who_was_kept(database: Database) -> None:
    twins = make_twins(database)
    done = twins.merge(taken=("phone", "name"))
    later = add_order(database, customer_id=twins.kept)
    twins.change(twins.kept, phone="999")
    twins.unmerge(done.values["merge_id"])
    kept, back = twins.read(twins.kept), twins.read(twins.gone)
    assert (kept.name, kept.phone, back.phone) == ("Acme Ltd", "999", "13800000001")
    with database.record.connect() as connection:
        statement = select(orders.c.order_id).where(orders.c.customer_id == twins.kept)
        assert later in connection.scalars(statement).all()


def test_merges_in_a_row_are_taken_back_in_any_order(database: Database) -> None:
    twins = make_twins(database)
    before = twins.contents()
    third = add(database.writer, "customers", name="Acme Holding")
    first = twins.merge()
    pair = find_customer_pair(database.record, twins.scopes["admin"], third, twins.kept)
    second = twins.merge(kept=third, gone=twins.kept, seen=pair["seen"])
    assert second.values["moved"]["customer_merges"] == 1
    twins.unmerge(first.values["merge_id"])  # out of the third, where it is by now
    twins.unmerge(second.values["merge_id"])
    after = twins.contents()
    assert {row[:2] for row in after["customers"]} - {(third, "Acme Holding")} == {
        row[:2] for row in before["customers"]
    }
    assert {row[0]: row[2] for row in after["orders"]} == {
        row[0]: row[2] for row in before["orders"]
    }


def test_another_customer_may_have_the_identity_by_now(sqlite_database: Database) -> None:
    twins = make_twins(sqlite_database)
    done = twins.merge()
    stranger = add(sqlite_database.writer, "customers", customer_id=twins.gone, name="Stranger")
    twins.unmerge(done.values["merge_id"])
    assert stranger == twins.gone and twins.read(twins.gone).name == "Stranger"
    with sqlite_database.record.connect() as connection:
        back = connection.execute(select(customers).where(customers.c.name == "ACME Limited")).one()
        owner = connection.scalars(select(contacts.c.customer_id)).all()
    assert back.customer_id in owner and stranger not in owner


def refused(twins: Twins, kind: type[Refused], work: Callable[[], Any], reason: str = "") -> None:
    before = twins.contents()
    with pytest.raises(kind) as caught:
        work()
    assert not reason or caught.value.reason == reason
    assert twins.contents() == before


def test_refusals_write_nothing(database: Database) -> None:
    twins = make_twins(database)
    for role in ("sales_rep", "analyst", "support", "finance"):
        refused(twins, MergeRefused, lambda role=role: twins.merge(role), "role")
        refused(twins, MergeRefused, lambda role=role: twins.unmerge(1, role), "role")
    refused(twins, NotFound, lambda: twins.merge("other_lead"), "customer")
    refused(twins, MergeRefused, lambda: twins.merge(gone=twins.kept), "same")
    for bad in (None, 0, -1, "x", 1.5, 2**63, 10**30, True, [1], 999_999):
        refused(twins, NotFound, lambda bad=bad: twins.merge(gone=bad), "customer")
        refused(twins, MergeRefused, lambda bad=bad: twins.unmerge(bad), "unknown")
    for taken in (("customer_id",), ("name; DROP TABLE orders",), ("created_at", "name")):
        refused(twins, FieldsRefused, lambda taken=taken: twins.merge(taken=taken))
    refused(twins, MergeRefused, lambda: twins.merge(seen=""), "changed")
    seen = twins.seen()
    twins.change(twins.gone, phone="777")
    refused(twins, MergeRefused, lambda: twins.merge(seen=seen), "changed")
    twins.change(twins.gone, consent="refused")
    refused(twins, MergeRefused, twins.merge, "consent")
    twins.merge(taken=("consent",))
    assert twins.read(twins.kept).consent == "refused"


def test_a_pair_is_shown_to_who_sees_both(sqlite_database: Database) -> None:
    twins = make_twins(sqlite_database)
    twins.change(twins.gone, owner_id=None)
    for role in ("other_lead", "sales_rep"):  # who see none of them, and one
        for pair in ((twins.kept, twins.gone), (twins.gone, twins.kept)):
            with pytest.raises(NotFound):
                find_customer_pair(sqlite_database.record, twins.scopes[role], *pair)
    assert twins.seen("sales_lead") == twins.seen()


def test_a_merge_is_done_and_taken_back_once(database: Database) -> None:
    twins = make_twins(database)
    seen = twins.seen()
    first = twins.merge(request_id="form", seen=seen)
    again = twins.merge(request_id="form", seen=seen)
    assert again.is_repeat and again.values == first.values
    with pytest.raises(NotSaved):
        twins.merge(request_id="form", seen=seen, taken=("name",))
    refused(twins, NotFound, lambda: twins.merge(seen=seen), "customer")
    merge_id = first.values["merge_id"]
    refused(twins, MergeRefused, lambda: twins.unmerge(merge_id, "other_lead"), "unknown")
    region_id = twins.read(twins.kept).region_id
    twins.change(twins.kept, region_id=None)  # no more of the lead who merged them
    refused(twins, MergeRefused, lambda: twins.unmerge(merge_id, "sales_lead"), "unknown")
    twins.change(twins.kept, region_id=region_id)
    twins.unmerge(merge_id, "sales_lead")
    refused(twins, MergeRefused, lambda: twins.unmerge(merge_id), "unmerged")


def test_an_erased_record_does_not_come_back(sqlite_database: Database) -> None:
    twins = make_twins(sqlite_database)
    merge_id = twins.merge().values["merge_id"]
    with writing(sqlite_database.writer) as connection:
        connection.execute(update(customer_merges).values(record="{}", merged_name=""))
    refused(twins, MergeRefused, lambda: twins.unmerge(merge_id), "erased")


def test_who_is_erased_takes_the_merged_record_along(sqlite_database: Database) -> None:
    twins = make_twins(sqlite_database)
    twins.change(twins.gone, phone="19731973197")
    twins.merge()
    held = select(sealed_values.c.value).where(sealed_values.c.value.in_(
        ("19731973197", "13800000001", "ACME Limited")))  # fmt: skip
    for left in (3, 0):
        with sqlite_database.record.connect() as connection:
            assert len(connection.scalars(held).all()) == left
        erase_from_command_line(sqlite_database.writer, twins.kept)


def test_one_of_two_at_once_succeeds(database: Database) -> None:
    twins = make_twins(database)
    third = add(database.writer, "customers", name="Acme Holding")
    seen = find_customer_pair(database.record, twins.scopes["admin"], third, twins.gone)["seen"]
    tries: list[dict[str, Any]] = [
        {"seen": twins.seen()}, {"kept": third, "seen": seen, "role": "manager"},
    ]  # fmt: skip

    def attempt(said: dict[str, Any]) -> str:
        try:
            twins.merge(**said)
        except Refused as refusal:
            return refusal.reason
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, tries)) == ["customer", "done"]
    assert len(list_merges(database.record, twins.scopes["admin"])) == 1


def test_the_log_and_the_stored_answer_hold_no_personal_data(sqlite_database: Database) -> None:
    twins = make_twins(sqlite_database)
    twins.merge(request_id="form", taken=("name", "phone"))
    with sqlite_database.record.connect() as connection:
        answer = connection.scalar(select(edit_requests.c.answer))
        (row,) = connection.execute(
            select(audit).where(audit.c.table_name == "customer_merges")
        ).all()
    assert "ACME" not in f"{answer} {tuple(row)}" and "1380000" not in f"{answer} {tuple(row)}"
    assert (row.action, row.request_id, row.actor) == ("merge_customers", "form", "admin")


def test_importing_again_does_not_bring_the_merged_one_back(
    database: Database, tmp_path: Path
) -> None:
    files = write_files(tmp_path / "shop")
    run_import(database, files)
    with database.record.connect() as connection:
        names = {row.name: row.customer_id for row in connection.execute(select(customers))}
    kept, gone = names["王伟"], names["李娜"]
    admin = scope_of(database, "admin")
    seen = find_customer_pair(database.record, admin, kept, gone)["seen"]
    done = merge_customers(
        database.writer, admin, kept, gone, taken=(), seen=seen, request_id="merge"
    )
    report = run_import(database, files)
    assert {counts.new for counts in report.counts} == {0}
    write_files(tmp_path / "shop", orders=FILES["orders.csv"] + "O4,2,open,2025-02-01\n")
    run_import(database, files)
    with database.record.connect() as connection:
        assert connection.scalar(select(customers).where(customers.c.customer_id == gone)) is None
        new = select(orders.c.customer_id).where(orders.c.order_number == "O4")
        assert connection.scalar(new) == kept
    unmerge_customers(database.writer, admin, done.values["merge_id"], request_id="back")
    with database.record.connect() as connection:
        source_ids = select(imported_rows.c.row_id).where(imported_rows.c.table_name == "customers")
        assert sorted(connection.scalars(source_ids)) == sorted((kept, gone))
