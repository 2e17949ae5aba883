"""Saves what-if scenarios, tells whom they are shared with, and what was decided."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Engine, Row, delete, func, insert, select, true, update

from data_access.edits.fields import MOST_ID, Fields, refuse_field
from data_access.edits.rights import HEADS, SCENARIO_ROLES, RightRefused
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.policy import Role
from data_access.scenarios import is_shown
from data_access.scope import Scope
from data_access.tables import scenario_shares, scenarios, users

LONGEST_NAME, LONGEST_NOTE, LONGEST_TEXT = 120, 1_000, 20_000
MOST_SAVED, MOST_SHARED = 100, 50
DECISIONS = ("open", "adopted", "rejected")


class ScenarioRefused(EditRefused):
    """The scenario cannot be saved or changed so."""

    messages: ClassVar[dict[str, str]] = {
        "gone": "There is no such scenario any more, or it is not shared with you.",
        "others": "Only who saved a scenario may change it.",
        "changed": "Somebody changed this scenario meanwhile. Look at it again.",
        "too_many": "You have saved {most} scenarios already. Remove one first.",
        "unreadable": "The scenario cannot be stored.",
    }


def may_save_scenarios(scope: Scope) -> bool:
    return scope.role in SCENARIO_ROLES


def may_change_scenario(scope: Scope, user_id: int) -> bool:
    """Whether this person may rename, share and remove what the other one saved."""
    return may_save_scenarios(scope) and (user_id == scope.user_id or scope.role is Role.ADMIN)


def may_decide_scenario(scope: Scope, user_id: int) -> bool:
    """Whether this person may say what was decided: who saved it, and the heads who may open
    it."""
    return may_save_scenarios(scope) and (user_id == scope.user_id or scope.role in HEADS)


def save_scenario(
    engine: Engine,
    scope: Scope,
    *,
    name: str,
    note: str,
    definition: str,
    result: str,
    starts_on: date,
    ends_on: date,
    learnt_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Keeps the scenario with the numbers it has now; the answer's values have its scenario_id."""
    called, said = _words(name, note)
    _need_json(definition, result)

    def work(edit: Edit) -> Done:
        _need_role(edit)
        own = select(func.count()).where(scenarios.c.user_id == edit.scope.user_id)
        if (edit.connection.scalar(own) or 0) >= MOST_SAVED:
            raise ScenarioRefused("too_many", most=MOST_SAVED)
        scenario_id = edit.connection.scalars(
            insert(scenarios)
            .values(
                name=called, user_id=edit.scope.user_id, note=said, definition=definition,
                result=result, starts_on=starts_on, ends_on=ends_on,
                learnt_version=learnt_version, created_at=edit.now, changed_at=edit.now,
            )
            .returning(scenarios.c.scenario_id)
        ).one()  # fmt: skip
        return Done(values={"scenario_id": scenario_id, "name": called})

    return carry_out(
        engine, scope, "save_scenario", work, request_id=request_id,
        details=(called, said, definition, result), now=now,
    )  # fmt: skip


def change_scenario(
    engine: Engine,
    scope: Scope,
    scenario_id: int,
    *,
    name: str,
    note: str,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Gives it another name or note; its levers and numbers stay what they are."""
    called, said = _words(name, note)

    def write(edit: Edit, saved: Row[Any]) -> Done:
        _set(edit, saved, name=called, note=said)
        return Done(values={"scenario_id": scenario_id, "name": called})

    return _change_saved(
        engine, scope, "change_scenario", write, scenario_id, seen_version, request_id, now,
        told=(called, said),
    )  # fmt: skip


def decide_scenario(
    engine: Engine,
    scope: Scope,
    scenario_id: int,
    *,
    decision: str,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    def write(edit: Edit, saved: Row[Any]) -> Done:
        if decision not in DECISIONS:
            refuse_field("decision", "unknown")
        _set(edit, saved, decision=decision)
        return Done(values={"scenario_id": scenario_id, "decision": decision})

    return _change_saved(
        engine, scope, "decide_scenario", write, scenario_id, seen_version, request_id, now,
        told=(decision,), may=may_decide_scenario,
    )  # fmt: skip


def share_scenario(
    engine: Engine,
    scope: Scope,
    scenario_id: int,
    *,
    roles: Sequence[str],
    user_ids: Sequence[int],
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """From now on these roles and people may open it, and nobody else but who saved it."""
    told = tuple(sorted(set(roles))), tuple(sorted(set(user_ids)))

    def write(edit: Edit, saved: Row[Any]) -> Done:
        _need_known(edit, *told)
        edit.connection.execute(
            delete(scenario_shares).where(scenario_shares.c.scenario_id == scenario_id)
        )
        rows: list[dict[str, Any]] = [{"role": role, "user_id": None} for role in told[0]]
        rows += [{"role": None, "user_id": user_id} for user_id in told[1]]
        for row in rows:
            edit.connection.execute(insert(scenario_shares).values(scenario_id=scenario_id, **row))
        _set(edit, saved)
        return Done(values={"scenario_id": scenario_id, "shares": len(rows)})

    return _change_saved(
        engine, scope, "share_scenario", write, scenario_id, seen_version, request_id, now,
        told=told,
    )  # fmt: skip


def remove_scenario(
    engine: Engine,
    scope: Scope,
    scenario_id: int,
    *,
    seen_version: int,
    request_id: str,
    now: datetime | None = None,
) -> Done:
    def write(edit: Edit, saved: Row[Any]) -> Done:
        for table in (scenario_shares, scenarios):
            edit.connection.execute(delete(table).where(table.c.scenario_id == scenario_id))
        return Done(values={"scenario_id": scenario_id, "name": saved.name})

    return _change_saved(
        engine, scope, "remove_scenario", write, scenario_id, seen_version, request_id, now
    )


def _change_saved(
    engine: Engine,
    scope: Scope,
    action: str,
    write: Callable[[Edit, Row[Any]], Done],
    scenario_id: int,
    seen_version: int,
    request_id: str,
    now: datetime | None,
    *,
    told: tuple[Any, ...] = (),
    may: Callable[[Scope, int], bool] = may_change_scenario,
) -> Done:
    """Carries out `write` on a scenario that the person may open and `may` change so."""

    def work(edit: Edit) -> Done:
        saved = _open(edit, scenario_id, seen_version)
        if not may(edit.scope, saved.user_id):
            raise ScenarioRefused("others")
        return write(edit, saved)

    return carry_out(
        engine, scope, action, work, request_id=request_id,
        details=(scenario_id, *told, seen_version), now=now,
    )  # fmt: skip


def _words(name: Any, note: Any) -> tuple[str, str | None]:
    fields = Fields()
    called = fields.text("name", name, most=LONGEST_NAME, required=True)
    said = fields.text("note", note, most=LONGEST_NOTE)
    fields.check()
    return str(called), said or None


def _need_json(*texts: str) -> None:
    for text in texts:
        try:
            is_object = isinstance(json.loads(text), dict)
        except ValueError:
            is_object = False
        if not is_object or len(text) > LONGEST_TEXT:
            raise ScenarioRefused("unreadable")


def _need_role(edit: Edit) -> None:
    if not may_save_scenarios(edit.scope):
        raise RightRefused("role")


def _need_known(edit: Edit, roles: tuple[str, ...], user_ids: tuple[int, ...]) -> None:
    if len(roles) + len(user_ids) > MOST_SHARED:
        refuse_field("shared_with", "too_many", most=MOST_SHARED)
    allowed = [role.value for role in SCENARIO_ROLES]
    if any(role not in allowed for role in roles):
        refuse_field("shared_with", "unknown")
    if any(not isinstance(each, int) or not 0 < each <= MOST_ID for each in user_ids):
        refuse_field("shared_with", "unknown")
    known = select(func.count()).where(
        users.c.user_id.in_(user_ids), users.c.is_active == true(), users.c.role.in_(allowed)
    )
    if user_ids and edit.connection.scalar(known) != len(user_ids):
        refuse_field("shared_with", "unknown")


def _set(edit: Edit, saved: Row[Any], **values: Any) -> None:
    edit.connection.execute(
        update(scenarios)
        .where(scenarios.c.scenario_id == saved.scenario_id)
        .values(changed_at=edit.now, version=saved.version + 1, **values)
    )


def _open(edit: Edit, scenario_id: int, seen_version: int) -> Row[Any]:
    """The scenario, if the person may open it and has seen it as it is."""
    _need_role(edit)
    if not isinstance(scenario_id, int) or not 0 < scenario_id <= MOST_ID:
        raise ScenarioRefused("gone")
    saved = edit.connection.execute(
        select(scenarios)
        .where(
            scenarios.c.scenario_id == scenario_id,
            is_shown(scenarios, scenario_shares, edit.scope.user_id, edit.scope.role),
        )
        .with_for_update()
    ).one_or_none()
    if saved is None:
        raise ScenarioRefused("gone")
    if saved.version != seen_version:
        raise ScenarioRefused("changed")
    return saved
