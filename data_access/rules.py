"""What the company has agreed on as data: who answers for a stage, and who may give what discount.
Asked of the record."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Engine, select

from data_access.frames import read_frame
from data_access.scope import Scope


def list_stage_rules(engine: Engine, scope: Scope) -> pd.DataFrame:
    """stage, owner_role, target_hours, exit_criteria, exit_criteria_zh, in the order of the
    stages."""
    rules = scope.visible.stage_rules.c
    columns = (
        rules.stage, rules.owner_role, rules.target_hours, rules.exit_criteria,
        rules.exit_criteria_zh,
    )  # fmt: skip
    return read_frame(engine, select(*columns).order_by(rules.position, rules.stage_rule_id))


def list_discount_limits(engine: Engine, scope: Scope) -> pd.DataFrame:
    """role, max_rate: the largest discount that each role may give, the smallest first."""
    limits = scope.visible.discount_limits.c
    statement = select(limits.role, limits.max_rate).order_by(limits.max_rate, limits.role)
    return read_frame(engine, statement)
