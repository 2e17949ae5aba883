"""The role sheet is whole, says the same as the policy, and who lacks something sees nothing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from data_access.database import Database, writing
from data_access.policy import (
    POLICY,
    Role,
    half_lift,
    hidden,
    initial,
    of_own,
    phone,
    whole_weeks,
)
from data_access.scope import RELATIONS, Scope, mint_scope
from data_access.tables import metadata, users
from tests.crm import add, add_order, add_user, scope_of
from tests.role_sheet import MASKS, ROLES, read_sheet

MASK_NAMES: dict[Any, str] = {
    None: "✓",
    hidden: "hidden",
    phone: "138****5678",
    initial: "z***",
    of_own: "of own",
    half_lift: "half lift",
    whole_weeks: "whole weeks",
}


def rows_seen(engine: Engine, scope: Scope) -> dict[str, int]:
    """How many rows of each relation; relations without any are left out."""
    with engine.connect() as connection:
        counts = {
            name: connection.scalar(select(func.count()).select_from(getattr(scope.visible, name)))
            for name in RELATIONS
        }
    return {name: count for name, count in counts.items() if count}


def test_the_sheet_knows_every_role() -> None:
    assert tuple(Role) == ROLES


def test_every_table_is_a_relation_or_none_on_purpose() -> None:
    assert set(metadata.tables) - set(RELATIONS) == {
        "sessions", "sign_in_failures", "edit_requests", "forecast_drafts", "alert_settings",
        "alert_tellings",
    }  # fmt: skip


@pytest.mark.parametrize("relation", RELATIONS)
def test_every_column_is_classified_for_every_role(relation: str) -> None:
    columns = metadata.tables[relation].c.keys()
    for role, entries in read_sheet().items():
        assert relation in entries, f"docs/roles.md lacks {relation}"
        assert list(entries[relation].columns) == columns, role


def test_the_sheet_names_no_relation_that_is_gone() -> None:
    assert all(set(entries) == set(RELATIONS) for entries in read_sheet().values())


@pytest.mark.parametrize("role", Role)
def test_the_policy_is_the_sheet(role: Role) -> None:
    rules, entries = POLICY[role], read_sheet()[role]
    assert set(rules) == {name for name, entry in entries.items() if entry.rows != "none"}
    for relation, rule in rules.items():
        for column, word in entries[relation].columns.items():
            assert word in MASKS
            assert MASK_NAMES[rule.masks.get(column)] == word, f"{relation}.{column}"
            assert Scope.sees(_scope_of(role), relation, column) == (word != "hidden")


def _scope_of(role: Role) -> Any:
    class OnlyRole:
        def __init__(self) -> None:
            self.role = role

    return OnlyRole()


def test_nobody_reads_a_password_hash(database: Database) -> None:
    add_user(database, "manager", password_hash="$2b$secret")
    for role in Role:
        relation = scope_of(database, role).visible.users
        with database.record.connect() as connection:
            assert set(connection.scalars(select(relation.c.password_hash))) <= {None}


@pytest.mark.parametrize("role", ["owner", "", "ADMIN", "admin ", "sales rep", "None"])
def test_a_role_that_is_not_known_sees_nothing(database: Database, role: str) -> None:
    add_order(database, owner_id=add(database.writer, "employees"))
    scope = scope_of(database, role, employee_id=1, channel="web", region_ids=[1])
    assert scope.role is None
    assert rows_seen(database.record, scope) == {}


def test_a_role_without_a_policy_sees_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = scope_of(database, "manager")
    assert rows_seen(database.record, scope)
    monkeypatch.setitem(POLICY, Role.MANAGER, {})
    monkeypatch.setattr("data_access.scope._made", {})  # made by the policy as it was
    again = mint_scope(database.record, scope.user_id)
    assert again is not None
    assert rows_seen(database.record, again) == {}


def test_a_disabled_user_has_no_scope(database: Database) -> None:
    user_id = add_user(database, "admin")
    assert mint_scope(database.record, user_id) is not None
    with writing(database.writer) as connection:
        connection.execute(update(users).where(users.c.user_id == user_id).values(is_active=False))
    assert mint_scope(database.record, user_id) is None
    assert mint_scope(database.record, 10**9) is None


def test_a_scope_cannot_be_made_by_hand() -> None:
    with pytest.raises(PermissionError):
        Scope(user_id=1, username="me", name="Me", role=Role.ADMIN)


PERSONAL = (
    "regions", "employees", "customers", "contacts", "orders", "order_lines", "payments",
    "shipments", "returns", "feedback", "interactions", "targets", "opportunities",
)  # fmt: skip


@pytest.mark.parametrize(
    ("role", "lacking"),
    [("sales_rep", "an employee"), ("sales_lead", "a region"), ("partner", "a channel")],
)
def test_who_lacks_what_the_role_needs_sees_nothing_of_anybody(
    database: Database, role: str, lacking: str
) -> None:
    # a customer nobody owns, in no region, whose order came through an unnamed channel
    customer_id = add(database.writer, "customers", owner_id=None, region_id=None)
    order_id = add_order(database, customer_id=customer_id, owner_id=None, region_id=None)
    add(database.writer, "payments", order_id=order_id, amount=1)
    add(
        database.writer,
        "targets",
        employee_id=None,
        region_id=None,
        month_on=date(2026, 11, 1),
        net_sales=1,
        currency="CNY",
    )
    seen = rows_seen(database.record, scope_of(database, role, channel=None))
    assert lacking
    assert {name: count for name, count in seen.items() if name in PERSONAL} == {}


def test_customers_without_an_owner_belong_to_no_rep(database: Database) -> None:
    mine = add(database.writer, "employees", name="Mine")
    add(database.writer, "customers", name="Nobody's", owner_id=None)
    customer_id = add(database.writer, "customers", name="My own", owner_id=mine)
    add_order(database, order_number="OWN", customer_id=customer_id)
    add_order(database, order_number="NOBODYS", customer_id=None, owner_id=mine)
    scope = scope_of(database, "sales_rep", employee_id=mine)
    with database.record.connect() as connection:
        assert connection.scalars(select(scope.visible.customers.c.name)).all() == ["My own"]
        assert connection.scalars(select(scope.visible.orders.c.order_number)).all() == ["OWN"]


def test_a_mask_holds_wherever_the_column_is_used(database: Database) -> None:
    add(database.writer, "customers", name="Zhang", phone="13812345678", email="z@example.com")
    customers = scope_of(database, "analyst").visible.customers
    whole = select(func.count()).where(customers.c.phone.contains("12345"))
    with database.record.connect() as connection:
        assert connection.scalar(whole) == 0
        phones = connection.scalars(
            select(customers.c.phone).where(customers.c.name == "Zhang").order_by(customers.c.phone)
        )
        assert phones.all() == ["138****5678"]


def test_people_with_different_rights_have_different_keys(database: Database) -> None:
    first, second = (add(database.writer, "employees") for _ in range(2))
    regions = [add(database.writer, "regions") for _ in range(3)]
    scopes = [
        scope_of(database, "sales_rep", employee_id=first),
        scope_of(database, "sales_rep", employee_id=second),
        scope_of(database, "sales_rep"),
        scope_of(database, "sales_lead", region_ids=regions[:1]),
        scope_of(database, "sales_lead", region_ids=regions[:2]),
        scope_of(database, "sales_lead"),
        scope_of(database, "partner"),
        scope_of(database, "unknown"),
        *(scope_of(database, role) for role in ("admin", "manager", "analyst", "finance")),
    ]
    assert len({scope.key for scope in scopes}) == len(scopes)
