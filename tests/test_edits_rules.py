"""Rules of stages and discount limits are data that managers and administrators change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from data_access.audit import ChangeFilter, list_changes
from data_access.database import Database
from data_access.edits.fields import FieldsRefused
from data_access.edits.rights import RightRefused
from data_access.edits.rules import RuleRefused, change_discount_limit, change_stage_rule
from data_access.edits.undoing import undo_change
from data_access.rules import list_discount_limits, list_stage_rules
from data_access.scope import Scope
from data_access.tables import discount_limits, stage_rules
from tests.crm import scope_of

GOOD: dict[str, Any] = {
    "owner_role": "support", "target_hours": 12, "exit_criteria": "Packed", "exit_criteria_zh": "",
    "request_id": "r",
}  # fmt: skip


def change(database: Database, scope: Scope, stage: str = "confirmed", **values: Any) -> Any:
    return change_stage_rule(database.writer, scope, stage, **{**GOOD, **values})


def rule(database: Database, stage: str = "confirmed") -> Any:
    with database.record.connect() as connection:
        return connection.execute(select(stage_rules).where(stage_rules.c.stage == stage)).one()


def limit(database: Database, role: str) -> Decimal | None:
    with database.record.connect() as connection:
        return connection.scalar(
            select(discount_limits.c.max_rate).where(discount_limits.c.role == role)
        )


def test_a_rule_is_changed_logged_and_undone(database: Database) -> None:
    manager = scope_of(database, "manager", name="Mia")
    before = rule(database)
    change(database, manager)
    now = rule(database)
    assert (now.owner_role, now.target_hours, now.exit_criteria, now.exit_criteria_zh) == (
        "support", 12, "Packed", None,
    )  # fmt: skip
    listed = list_stage_rules(database.record, manager)
    assert list(listed["stage"]) == ["received", "confirmed", "processing", "shipped", "returned"]
    (row,) = list_changes(database.record, manager, ChangeFilter(request_id="r")).itertuples()
    assert (row.actor_name, row.action, row.table_name) == (
        "Mia",
        "change_stage_rule",
        "stage_rules",
    )
    assert ("target_hours", 24, 12) in row.changes
    undo_change(database.writer, manager, "r", request_id="undo")
    assert rule(database) == before


def test_a_limit_is_changed_and_made_where_there_was_none(database: Database) -> None:
    admin = scope_of(database, "admin")
    rate = Decimal("0.125")
    change_discount_limit(database.writer, admin, "sales_rep", max_rate=rate, request_id="r")
    assert limit(database, "sales_rep") == rate
    assert list(list_discount_limits(database.record, admin)["role"]) == [
        "sales_rep", "sales_lead", "manager", "admin",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "role", ["sales_lead", "sales_rep", "analyst", "finance", "warehouse", "support", "partner"]
)
def test_nobody_else_changes_rules(sqlite_database: Database, role: str) -> None:
    scope, before = scope_of(sqlite_database, role), rule(sqlite_database)
    with pytest.raises(RightRefused):
        change(sqlite_database, scope)
    with pytest.raises(RightRefused):
        change_discount_limit(
            sqlite_database.writer, scope, "sales_rep", max_rate=Decimal(1), request_id="r"
        )
    assert rule(sqlite_database) == before
    assert limit(sqlite_database, "sales_rep") == Decimal("0.1")


def test_bad_values_are_refused_at_their_fields(sqlite_database: Database) -> None:
    admin, before = scope_of(sqlite_database, "admin"), rule(sqlite_database)
    for bad in (
        {"owner_role": "analyst"}, {"owner_role": ""}, {"owner_role": None}, {"target_hours": 0},
        {"target_hours": -3}, {"target_hours": 1.5}, {"target_hours": "soon"},
        {"target_hours": 10**9}, {"target_hours": None}, {"exit_criteria": "  "},
        {"exit_criteria": "x" * 301}, {"exit_criteria": 7}, {"exit_criteria_zh": "a\0b"},
    ):  # fmt: skip
        with pytest.raises(FieldsRefused) as refused:
            change(sqlite_database, admin, **bad)
        assert list(refused.value.fields) == list(bad)
    for rate in (None, -1, Decimal("1.01"), "much", float("nan"), Decimal("0.00001")):
        with pytest.raises(FieldsRefused):
            change_discount_limit(
                sqlite_database.writer, admin, "sales_rep", max_rate=rate, request_id="r"
            )  # type: ignore[arg-type]
    assert rule(sqlite_database) == before


def test_what_is_not_there_or_the_same_is_refused(sqlite_database: Database) -> None:
    admin, now = scope_of(sqlite_database, "admin"), rule(sqlite_database)
    same = {
        name: getattr(now, name)
        for name in ("owner_role", "target_hours", "exit_criteria", "exit_criteria_zh")
    }
    for stage, values, reason in (("completed", {}, "unknown"), ("confirmed", same, "unchanged")):
        with pytest.raises(RuleRefused) as refused:
            change(sqlite_database, admin, stage, **values)
        assert refused.value.reason == reason
    with pytest.raises(RuleRefused):
        change_discount_limit(
            sqlite_database.writer, admin, "partner", max_rate=Decimal(1), request_id="r"
        )
