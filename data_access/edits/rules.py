"""Changes what the company has agreed on: who answers for a stage and how long, and how much
discount a role may give."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Engine, Table, insert, select, update

from data_access.edits.fields import Fields
from data_access.edits.rights import RightRefused
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.policy import Role
from data_access.scope import Scope
from data_access.tables import discount_limits, stage_rules

MAY_CHANGE_RULES = (Role.ADMIN, Role.MANAGER)
LONGEST_CRITERIA = 300
MOST_HOURS = 24 * 90
# who can answer for an order: those who act on one
OWNER_ROLES = (
    Role.ADMIN, Role.MANAGER, Role.SALES_LEAD, Role.SALES_REP, Role.FINANCE, Role.WAREHOUSE,
    Role.SUPPORT,
)  # fmt: skip
DISCOUNT_ROLES = (Role.SALES_REP, Role.SALES_LEAD, Role.MANAGER, Role.ADMIN)


class RuleRefused(EditRefused):
    """The rule cannot be changed so."""

    messages: ClassVar[dict[str, str]] = {
        "unknown": "There is no such rule.",
        "unchanged": "Nothing is different from before.",
    }


def may_change_rules(scope: Scope) -> bool:
    return scope.role in MAY_CHANGE_RULES


def change_stage_rule(
    engine: Engine,
    scope: Scope,
    stage: str,
    *,
    owner_role: str,
    target_hours: int,
    exit_criteria: str,
    exit_criteria_zh: str,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Who answers for orders in this stage, within how many hours they shall leave it, and what
    must be done by then, in both languages (Chinese may be left empty)."""
    fields = Fields()
    if owner_role not in OWNER_ROLES:
        fields.refuse("owner_role", "unknown")
    values: dict[str, Any] = {
        "owner_role": str(owner_role),
        "target_hours": fields.whole("target_hours", target_hours, most=MOST_HOURS),
        "exit_criteria": fields.text(
            "exit_criteria", exit_criteria, most=LONGEST_CRITERIA, required=True
        ),
        "exit_criteria_zh": fields.text(
            "exit_criteria_zh", exit_criteria_zh, most=LONGEST_CRITERIA
        ),
    }
    fields.check()

    def work(edit: Edit) -> Done:
        _need_role(edit)
        _change(edit, stage_rules, "stage", stage, values)
        return Done(values={"stage": stage, **values})

    return carry_out(
        engine, scope, "change_stage_rule", work, request_id=request_id,
        details=(stage, values), now=now,
    )  # fmt: skip


def change_discount_limit(
    engine: Engine,
    scope: Scope,
    role: str,
    *,
    max_rate: Decimal,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """The largest discount (a share from 0 to 1) that people of this role may give."""
    fields = Fields()
    rate = fields.rate("max_rate", max_rate)
    fields.check()

    def work(edit: Edit) -> Done:
        _need_role(edit)
        if role not in DISCOUNT_ROLES:
            raise RuleRefused("unknown")
        known = select(discount_limits.c.role).where(discount_limits.c.role == role)
        if edit.connection.scalar(known) is None:
            edit.connection.execute(insert(discount_limits).values(role=role, max_rate=rate))
        else:
            _change(edit, discount_limits, "role", role, {"max_rate": rate})
        return Done(values={"role": str(role), "max_rate": str(rate)})

    return carry_out(
        engine, scope, "change_discount_limit", work, request_id=request_id,
        details=(role, rate), now=now,
    )  # fmt: skip


def _need_role(edit: Edit) -> None:
    if not may_change_rules(edit.scope):
        raise RightRefused("role")


def _change(edit: Edit, table: Table, key: str, of: str, values: dict[str, Any]) -> None:
    """Sets the columns of the one row; refused where there is none, or it says so already."""
    statement = select(table).where(table.c[key] == of).with_for_update()
    row = edit.connection.execute(statement).mappings().one_or_none()
    if row is None:
        raise RuleRefused("unknown")
    if all(row[name] == value for name, value in values.items()):
        raise RuleRefused("unchanged")
    edit.connection.execute(update(table).where(table.c[key] == of).values(**values))
