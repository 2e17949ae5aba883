"""Scenarios under a name: who may save, open, share, decide on and remove them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest

from data_access.audit import ChangeFilter, list_changes
from data_access.database import Database
from data_access.edits.fields import FieldsRefused
from data_access.edits.rights import RightRefused
from data_access.edits.scenarios import (
    MOST_SAVED,
    MOST_SHARED,
    ScenarioRefused,
    change_scenario,
    decide_scenario,
    may_decide_scenario,
    remove_scenario,
    save_scenario,
    share_scenario,
)
from data_access.edits.transaction import new_request_id
from data_access.scenarios import (
    find_scenario,
    list_scenario_people,
    list_scenario_shares,
    list_scenarios,
)
from data_access.scope import Scope
from data_access.verifying import verify_log
from tests.crm import add, add_user, scope_of


def save(database: Database, scope: Scope, **changed: Any) -> int:
    said: dict[str, Any] = {
        "name": "Dearer", "note": "", "definition": '{"levers": {}}', "result": '{"revenue": 1}',
        "starts_on": date(2026, 11, 23), "ends_on": date(2026, 12, 20), "learnt_version": 3,
        "request_id": new_request_id(), **changed,
    }  # fmt: skip
    return int(save_scenario(database.writer, scope, **said).values["scenario_id"])


def names(database: Database, scope: Scope) -> list[str]:
    return list_scenarios(database.record, scope, scope.user_id, scope.role)["name"].tolist()


def find(database: Database, scope: Scope, number: int) -> dict[str, Any]:
    return find_scenario(database.record, scope, scope.user_id, scope.role, number)


def share(database: Database, scope: Scope, number: int, seen: int = 1, **whom: Any) -> None:
    said = {"roles": (), "user_ids": (), **whom}
    share_scenario(
        database.writer, scope, number, seen_version=seen, request_id=new_request_id(), **said
    )


def test_an_analyst_saves_and_a_manager_sees_what_is_shared(database: Database) -> None:
    analyst, boss, other = (
        scope_of(database, role, name=role) for role in ("analyst", "manager", "manager")
    )
    number = save(database, analyst, note="In spring")
    assert names(database, analyst) == ["Dearer"] and not names(database, boss)
    assert find(database, boss, number) == {}
    share(database, analyst, number, user_ids=(boss.user_id,))
    assert names(database, boss) == ["Dearer"] and not names(database, other)
    found = find(database, boss, number)
    assert (found["person"], found["note"], found["decision"]) == ("analyst", "In spring", "open")
    assert (found["learnt_version"], found["result"]) == (3, '{"revenue": 1}')
    share(database, analyst, number, seen=2, roles=("manager",))
    assert names(database, other) == ["Dearer"]
    shares = list_scenario_shares(database.record, boss, boss.user_id, boss.role, number)
    assert shares["role"].tolist() == ["manager"] and shares["user_id"].isna().all()
    hidden = save(database, analyst, name="Mine alone")
    assert names(database, other) == ["Dearer"] and not find(database, other, hidden)
    share(database, analyst, hidden, user_ids=(other.user_id,))
    assert not len(list_scenario_shares(database.record, boss, boss.user_id, boss.role, hidden))
    share(database, analyst, number, seen=3)
    assert not names(database, boss)


def test_a_lead_does_not_see_the_numbers_of_all_regions(database: Database) -> None:
    region_id = add(database.writer, "regions", name="North")
    lead = scope_of(database, "sales_lead", region_ids=[region_id])
    boss = scope_of(database, "manager")
    number = save(database, boss)
    share(database, boss, number, roles=("sales_lead",))
    found = find(database, lead, number)
    assert found["definition"] and found["result"] is None


@pytest.mark.parametrize("role", ["sales_rep", "finance", "warehouse", "support", "partner"])
def test_others_neither_save_nor_see(database: Database, role: str) -> None:
    boss = scope_of(database, "manager")
    number = save(database, boss)
    person = scope_of(database, role)
    with pytest.raises(RightRefused):
        save(database, person)
    with pytest.raises(RightRefused):
        decide_scenario(database.writer, person, number, decision="adopted", seen_version=1,
                        request_id="d")  # fmt: skip
    with pytest.raises(FieldsRefused):
        share(database, boss, number, user_ids=(person.user_id,))
    with pytest.raises(FieldsRefused):
        share(database, boss, number, roles=(role,))
    assert find(database, person, number) == {}


def test_who_saved_it_changes_it_and_heads_decide(database: Database) -> None:
    analyst, boss = scope_of(database, "analyst"), scope_of(database, "manager")
    number = save(database, analyst)
    assert not may_decide_scenario(scope_of(database, "analyst"), analyst.user_id)
    with pytest.raises(ScenarioRefused, match="not shared"):
        decide_scenario(database.writer, boss, number, decision="adopted", seen_version=1,
                        request_id="a")  # fmt: skip
    share(database, analyst, number, roles=("manager",))
    decide_scenario(database.writer, boss, number, decision="adopted", seen_version=2,
                    request_id="b")  # fmt: skip
    assert find(database, analyst, number)["decision"] == "adopted"
    with pytest.raises(ScenarioRefused, match="Only who saved"):
        remove_scenario(database.writer, boss, number, seen_version=3, request_id="c")
    with pytest.raises(ScenarioRefused, match="meanwhile"):
        change_scenario(database.writer, analyst, number, name="X", note="", seen_version=1,
                        request_id="d")  # fmt: skip
    change_scenario(database.writer, analyst, number, name=" Cheaper ", note="No", seen_version=3,
                    request_id="e")  # fmt: skip
    assert names(database, boss) == ["Cheaper"]
    with pytest.raises(FieldsRefused):
        decide_scenario(database.writer, analyst, number, decision="maybe", seen_version=4,
                        request_id="f")  # fmt: skip
    remove_scenario(database.writer, analyst, number, seen_version=4, request_id="g")
    assert not names(database, analyst) and not names(database, boss)
    with pytest.raises(ScenarioRefused, match="no such scenario"):
        remove_scenario(database.writer, analyst, number, seen_version=4, request_id="h")
    logged = list_changes(database.record, scope_of(database, "admin"), ChangeFilter())
    told = {"save_scenario", "share_scenario", "decide_scenario", "remove_scenario"}
    assert told <= set(logged["action"])
    verify_log(database.record)


def test_an_administrator_may_tidy_up(database: Database) -> None:
    """And opens what is not shared with anybody, to see what it is."""
    number, admin = save(database, scope_of(database, "analyst")), scope_of(database, "admin")
    assert names(database, admin) == ["Dearer"] and find(database, admin, number)
    remove_scenario(database.writer, admin, number, seen_version=1, request_id="a")
    assert not names(database, admin)


def test_who_has_no_role_opens_nothing_shared_with_people(database: Database) -> None:
    boss, other = scope_of(database, "manager"), scope_of(database, "manager")
    number = save(database, boss)
    share(database, boss, number, user_ids=(other.user_id,))
    assert find_scenario(database.record, boss, 10**6, None, number) == {}


EDITS: dict[str, Callable[..., Any]] = {
    "change": partial(change_scenario, name="Mine", note=""),
    "decide": partial(decide_scenario, decision="adopted"),
    "share": partial(share_scenario, roles=("analyst",), user_ids=()),
    "remove": remove_scenario,
}


def test_it_is_shared_with_few_and_with_who_is_there(database: Database) -> None:
    boss, gone = scope_of(database, "manager"), add_user(database, "manager", is_active=False)
    number = save(database, boss)
    for user_ids in ((gone,), (10**9,), (0,), tuple(range(1, MOST_SHARED + 2))):
        with pytest.raises(FieldsRefused):
            share(database, boss, number, user_ids=user_ids)


@pytest.mark.parametrize("name", EDITS)
def test_of_two_who_edit_at_once_the_second_is_told(database: Database, name: str) -> None:
    """Both looked at version 1; the first shared it; the second changes nothing at all."""
    boss, admin = scope_of(database, "manager"), scope_of(database, "admin")
    number = save(database, boss)
    share(database, boss, number, roles=("manager",))
    before = find(database, boss, number)
    with pytest.raises(ScenarioRefused, match="meanwhile"):
        EDITS[name](database.writer, admin, number, seen_version=1, request_id="late")
    assert find(database, boss, number) == before
    shares = list_scenario_shares(database.record, boss, boss.user_id, boss.role, number)
    assert shares["role"].tolist() == ["manager"]


@pytest.mark.parametrize("name", EDITS)
def test_who_may_not_open_it_changes_nothing(database: Database, name: str) -> None:
    analyst, boss = scope_of(database, "analyst"), scope_of(database, "manager")
    number = save(database, analyst)
    with pytest.raises(ScenarioRefused, match="not shared"):
        EDITS[name](database.writer, boss, number, seen_version=1, request_id="x")
    peer = scope_of(database, "analyst")
    share(database, analyst, number, roles=("analyst",))
    with pytest.raises(ScenarioRefused, match="Only who saved"):
        EDITS[name](database.writer, peer, number, seen_version=2, request_id="y")
    assert find(database, analyst, number)["version"] == 2


def test_saving_twice_saves_once(database: Database) -> None:
    boss = scope_of(database, "manager")
    assert save(database, boss, request_id="a") == save(database, boss, request_id="a")
    assert len(names(database, boss)) == 1


@pytest.mark.parametrize("bad", ["", "[]", "{", "{" + " " * 20_000 + "}"])
def test_what_cannot_be_read_again_is_not_stored(database: Database, bad: str) -> None:
    boss = scope_of(database, "manager")
    for field in ("definition", "result"):
        with pytest.raises(ScenarioRefused, match="cannot be stored"):
            save(database, boss, **{field: bad})
    with pytest.raises(FieldsRefused):
        save(database, boss, name=" ")


def test_nobody_saves_without_end(database: Database) -> None:
    boss = scope_of(database, "manager")
    for number in range(MOST_SAVED):
        save(database, boss, name=f"S{number}")
    with pytest.raises(ScenarioRefused, match="already"):
        save(database, boss)


def test_an_analyst_finds_colleagues_to_share_with(database: Database) -> None:
    boss = scope_of(database, "manager", name="Boss")
    add_user(database, "manager", name="Gone", is_active=False)
    found = list_scenario_people(database.record, scope_of(database, "analyst"), ("manager",))
    assert list(zip(found["user_id"], found["name"], strict=True)) == [(boss.user_id, "Boss")]
