"""Who may do what, in which stage: the table, and the commands that keep to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data_access.database import Database
from data_access.edits.rights import (
    ACTION_TO,
    REPLENISHMENT_RIGHTS,
    RIGHTS,
    TRANSITIONS,
    RightRefused,
    actions_for,
    may,
    next_stages,
    stages_of,
)
from data_access.errors import EditRefused, NotFound
from data_access.policy import Role
from data_access.stages import STAGES
from tests.crm import scope_of
from tests.shop import (
    COMMANDS,
    MOVES,
    ROLES,
    WITHOUT_VERSION,
    Shop,
    arguments,
    check_identities,
    move,
    open_shop,
    run,
)

SHEET = Path(__file__).parents[1] / "docs" / "actions.md"
WORDS = {
    "": (),
    "new": ("",),
    "all": STAGES,
    "open": STAGES[:4],
    "to shipping": STAGES[:3],
    "not cancelled": (*STAGES[:5], "returned"),
}
ALLOWED = {
    ("received", "confirmed"), ("confirmed", "processing"), ("processing", "shipped"),
    ("shipped", "completed"), ("received", "cancelled"), ("confirmed", "cancelled"),
    ("processing", "cancelled"), ("shipped", "returned"), ("completed", "returned"),
}  # fmt: skip


def test_the_table_is_the_sheet() -> None:
    orders, replenishments = SHEET.read_text("utf-8").split("\n## ")
    assert _sheet(orders) == RIGHTS
    assert _sheet(replenishments) == REPLENISHMENT_RIGHTS


def _sheet(text: str) -> dict[str, dict[Role, tuple[str, ...]]]:
    header, _, *rows = [line for line in text.splitlines() if line[:1] == "|"]
    roles = [title.replace(" ", "_") for title in _cells(header)[1:]]
    assert roles == list(Role) == list(ROLES)
    return {
        action: {Role(role): _stages(cell) for role, cell in zip(roles, cells, strict=True) if cell}
        for action, *cells in map(_cells, rows)
    }


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]


def _stages(cell: str) -> tuple[str, ...]:
    return WORDS[cell] if cell in WORDS else tuple(cell.split(", "))


def test_a_role_that_is_not_known_may_nothing(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    scope = scope_of(sqlite_database, "owner")
    assert not any(may(scope, action, stage) for action in RIGHTS for stage in (*STAGES, ""))
    with pytest.raises(NotFound):
        run(shop, scope, "confirm_order", shop.order())


def test_the_moves_of_the_table_are_the_transitions() -> None:
    allowed = {(stage, after) for stage, following in TRANSITIONS.items() for after in following}
    assert allowed == ALLOWED
    for after, action in ACTION_TO.items():
        begins = {stage for stage, following in TRANSITIONS.items() if after in following}
        assert set(RIGHTS[action][Role.ADMIN]) == begins


@pytest.mark.parametrize("stage", STAGES)
def test_only_the_listed_transitions_pass(database: Database, stage: str) -> None:
    shop = open_shop(database, pens=100, inks=100)
    admin = shop.scopes["admin"]
    for after in MOVES:
        order_id = shop.order(stage)
        before = shop.read(order_id)
        if (stage, after) in ALLOWED:
            done = move(shop, admin, order_id, after)
            assert (shop.read(order_id).stage, done.version) == (after, before.version + 1)
        else:
            with pytest.raises(RightRefused) as refused:
                move(shop, admin, order_id, after)
            assert refused.value.reason == stage
            assert shop.read(order_id) == before
    check_identities(shop)


@pytest.mark.parametrize("stage", STAGES)
def test_each_command_asks_for_the_right(sqlite_database: Database, stage: str) -> None:
    """Every role is refused wherever the table does not say it may."""
    check_rights(sqlite_database, stage)


def test_so_it_does_on_postgresql(postgresql_database: Database) -> None:
    check_rights(postgresql_database, "received")


def check_rights(database: Database, stage: str) -> None:
    shop = open_shop(database)
    order_id = shop.order(as_is=stage)
    before = shop.read(order_id)
    for role in ROLES:
        unseen = role == "warehouse" and stage not in ("confirmed", "processing", "shipped")
        for action in COMMANDS:
            if not may(shop.scopes[role], action, stage) or unseen:
                with pytest.raises(NotFound if unseen else RightRefused):
                    run(shop, shop.scopes[role], action, order_id)
    assert shop.read(order_id) == before


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("analyst", "partner")])
def test_each_role_can_do_what_it_may(sqlite_database: Database, role: str) -> None:
    shop = open_shop(sqlite_database, pens=500, inks=500)
    scope = shop.scopes[role]
    for action in COMMANDS:
        for stage in stages_of(scope, action):
            if action == "take_payment" and stage == "returned":
                continue  # it owes nothing any more
            if role == "warehouse" and stage not in ("confirmed", "processing", "shipped"):
                continue  # it does not see the order
            order_id = shop.order()
            if action == "refund_payment":
                run(shop, shop.scopes["admin"], "take_payment", order_id)
            shop.bring(order_id, stage)
            done = run(shop, scope, action, order_id)
            assert done.order_id == order_id and done.order_number
    check_identities(shop)


def test_pages_are_told_what_is_possible(sqlite_database: Database) -> None:
    scopes = open_shop(sqlite_database).scopes
    assert next_stages(scopes["warehouse"], "confirmed") == ("processing",)
    assert next_stages(scopes["sales_lead"], "received") == ("confirmed", "cancelled")
    assert next_stages(scopes["partner"], "received") == ()
    assert actions_for(scopes["finance"], "shipped") == ("take_payment", "refund_payment")
    assert actions_for(scopes["analyst"], "received") == ()
    assert "create_order" not in actions_for(scopes["sales_rep"], "received")


def test_somebody_elses_orders_are_as_if_they_were_not_there(database: Database) -> None:
    shop = open_shop(database)
    order_id = shop.order()
    for scope in shop.foreign.values():
        for action in COMMANDS:
            with pytest.raises(NotFound) as refused:
                run(shop, scope, action, order_id)
            with pytest.raises(NotFound) as gone:
                COMMANDS[action](
                    shop.writer, scope, 10**9, request_id="1", **_said(shop, action, order_id)
                )
            assert str(refused.value) == str(gone.value)


def _said(shop: Shop, action: str, order_id: int) -> dict[str, Any]:
    values = arguments(shop, order_id)[action]
    return values if action in WITHOUT_VERSION else {**values, "seen_version": 1}


def test_the_refusal_is_a_sentence() -> None:
    assert isinstance(RightRefused("role"), EditRefused)
    assert set(RightRefused.messages) == {"role", *STAGES}
