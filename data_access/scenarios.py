"""Saved scenarios: one's own, and those that were shared with the person or the person's role; an
administrator's are all of them. Asked of the record.

`user_id` and `role` are of the person who asks: part of what an answer is remembered by.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Engine, FromClause, or_, select, true

from data_access.frames import read_frame, read_row
from data_access.policy import Role
from data_access.scope import Scope

MOST_LISTED = 200


def list_scenarios(engine: Engine, scope: Scope, user_id: int, role: str | None) -> pd.DataFrame:
    """scenario_id, name, user_id and person (whose it is), note, decision, starts_on, ends_on,
    changed_at, version: the 200 that were changed last, the latest first."""
    saved, users = scope.visible.scenarios.c, scope.visible.users.c
    person = select(users.name).where(users.user_id == saved.user_id).scalar_subquery()
    columns = (
        saved.scenario_id, saved.name, saved.user_id, person.label("person"), saved.note,
        saved.decision, saved.starts_on, saved.ends_on, saved.changed_at, saved.version,
    )  # fmt: skip
    return read_frame(
        engine,
        select(*columns)
        .where(_may_open(scope, user_id, role))
        .order_by(saved.changed_at.desc(), saved.scenario_id.desc())
        .limit(MOST_LISTED),
    )


def find_scenario(
    engine: Engine, scope: Scope, user_id: int, role: str | None, scenario_id: int
) -> dict[str, Any]:
    """The same of one, with definition, result (NULL for who does not see all regions),
    learnt_version and created_at; empty where there is none that the person may open."""
    saved, users = scope.visible.scenarios.c, scope.visible.users.c
    person = select(users.name).where(users.user_id == saved.user_id).scalar_subquery()
    columns = (
        saved.scenario_id, saved.name, saved.user_id, person.label("person"), saved.note,
        saved.decision, saved.definition, saved.result, saved.starts_on, saved.ends_on,
        saved.learnt_version, saved.created_at, saved.changed_at, saved.version,
    )  # fmt: skip
    found = read_row(
        engine,
        select(*columns).where(saved.scenario_id == scenario_id, _may_open(scope, user_id, role)),
    )
    return found or {}


def list_scenario_shares(
    engine: Engine, scope: Scope, user_id: int, role: str | None, scenario_id: int
) -> pd.DataFrame:
    """role, user_id, person: with whom a scenario that the person may open is shared."""
    shares, users, saved = (
        scope.visible.scenario_shares, scope.visible.users, scope.visible.scenarios,
    )  # fmt: skip
    return read_frame(
        engine,
        select(shares.c.role, shares.c.user_id, users.c.name.label("person"))
        .select_from(shares)
        .join(saved, saved.c.scenario_id == shares.c.scenario_id)
        .outerjoin(users, users.c.user_id == shares.c.user_id)
        .where(shares.c.scenario_id == scenario_id, _may_open(scope, user_id, role))
        .order_by(shares.c.scenario_share_id),
    )


def list_scenario_people(engine: Engine, scope: Scope, roles: tuple[str, ...]) -> pd.DataFrame:
    """user_id, name, role: the active colleagues in these roles, by name."""
    users = scope.visible.users
    return read_frame(
        engine,
        select(users.c.user_id, users.c.name, users.c.role)
        .where(users.c.is_active == true(), users.c.role.in_(roles))
        .order_by(users.c.name, users.c.user_id),
    )


def is_shown(
    saved: FromClause, shares: FromClause, user_id: int, role: str | None
) -> ColumnElement[bool]:
    """Which rows of `saved` (scenarios) the person may open, by `shares` (scenario_shares)."""
    if role == Role.ADMIN:
        return true()
    shared = (
        select(shares.c.scenario_id)
        .where(
            shares.c.scenario_id == saved.c.scenario_id,
            or_(shares.c.role == str(role), shares.c.user_id == user_id),
        )
        .correlate(saved)
        .exists()
    )
    return or_(saved.c.user_id == user_id, shared)


def _may_open(scope: Scope, user_id: int, role: str | None) -> ColumnElement[bool]:
    return is_shown(scope.visible.scenarios, scope.visible.scenario_shares, user_id, role)
