"""What a customer says to being contacted: kept as a history, and heeded by lists."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from data_access.consent import (
    find_consent,
    list_consents,
    only_refusals,
    sum_consents,
    without_refusals,
)
from data_access.database import Database
from data_access.edits.consenting import record_consent
from data_access.edits.fields import FieldsRefused
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import new_request_id
from data_access.edits.undoing import UndoRefused, undo_change
from data_access.errors import NotFound
from data_access.scope import Scope
from data_access.verifying import verify_log
from tests.crm import NOW, add, scope_of

TODAY = date(2026, 11, 23)


def say(database: Database, scope: Scope, customer_id: int, state: str, **changed: Any) -> Any:
    values = {"purpose": "Offers by e-mail", "request_id": new_request_id(), "now": NOW}
    return record_consent(database.writer, scope, customer_id, state=state, **{**values, **changed})


def test_each_decision_is_kept_and_the_last_one_holds(database: Database) -> None:
    boss, customer_id = scope_of(database, "manager", name="Ada"), add(database.writer, "customers")
    yesterday = TODAY - timedelta(days=1)
    say(database, boss, customer_id, "granted", decided_on=yesterday, text_version="2026-1")
    say(database, boss, customer_id, "withdrawn", request_id="last")
    history = list_consents(database.record, boss, customer_id)
    assert history[["state", "purpose", "text_version", "recorded_by"]].to_numpy().tolist() == [
        ["withdrawn", "Offers by e-mail", None, "Ada"],
        ["granted", "Offers by e-mail", "2026-1", "Ada"],
    ]
    assert [str(day)[:10] for day in history["decided_on"]] == ["2026-11-23", "2026-11-22"]
    now = find_consent(database.record, boss, customer_id)
    assert now is not None
    assert (now["consent"], now["consent_on"], now["consent_purpose"]) == (
        "refused", TODAY, "Offers by e-mail"
    )  # fmt: skip
    verify_log(database.record)
    with pytest.raises(UndoRefused) as refusal:
        undo_change(database.writer, boss, "last", request_id="u1", now=NOW)
    assert refusal.value.reason == "consent"


def test_reps_record_it_for_their_own_customers_alone(database: Database) -> None:
    mine, other = (add(database.writer, "employees") for _ in range(2))
    own, foreign = (add(database.writer, "customers", owner_id=who) for who in (mine, other))
    rep = scope_of(database, "sales_rep", employee_id=mine)
    assert say(database, rep, own, "granted").values == {"customer_id": own, "state": "granted"}
    with pytest.raises(NotFound):
        say(database, rep, foreign, "granted", request_id="x")
    for role in ("analyst", "finance", "warehouse", "partner"):
        with pytest.raises(RightRefused):
            say(database, scope_of(database, role), own, "granted", request_id=role)
    say(database, scope_of(database, "support"), foreign, "refused")
    assert len(list_consents(database.record, rep, foreign)) == 0


@pytest.mark.parametrize(
    ("state", "changed", "field"),
    [
        ("maybe", {}, "state"),
        ("granted", {"purpose": " "}, "purpose"),
        ("granted", {"purpose": "x" * 201}, "purpose"),
        ("granted", {"text_version": "x" * 61}, "text_version"),
        ("granted", {"decided_on": TODAY + timedelta(days=1)}, "decided_on"),
    ],
)
def test_what_cannot_be_recorded_names_the_field(
    sqlite_database: Database, state: str, changed: dict[str, Any], field: str
) -> None:
    boss, customer_id = (
        scope_of(sqlite_database, "manager"),
        add(sqlite_database.writer, "customers"),
    )
    with pytest.raises(FieldsRefused) as refusal:
        say(sqlite_database, boss, customer_id, state, **changed)
    assert set(refusal.value.fields) == {field}
    assert list_consents(sqlite_database.record, boss, customer_id).empty


def test_a_list_for_contact_leaves_out_who_refused_and_counts_them(database: Database) -> None:
    boss = scope_of(database, "manager")
    ids = [add(database.writer, "customers", name=f"C{number}") for number in range(3)]
    say(database, boss, ids[0], "granted")
    say(database, boss, ids[1], "refused")
    customers = scope_of(database, "manager").visible.customers
    wanted = select(customers.c.customer_id, customers.c.name).where(customers.c.name.like("C_"))
    with database.record.connect() as connection:
        listed = connection.scalars(without_refusals(wanted, customers).order_by("customer_id"))
        assert list(listed) == [ids[0], ids[2]]
        limited = only_refusals(wanted.order_by(customers.c.name).limit(1), customers)
        assert connection.scalar(limited) == 1
    sums = sum_consents(database.record, boss)
    counts = {(row.consent, row.purpose): row.customers for row in sums.itertuples()}
    assert counts["refused", "Offers by e-mail"] == counts["granted", "Offers by e-mail"] == 1
