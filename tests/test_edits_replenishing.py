"""Requests to replenish: who may make and move them, once for each cause, and all or nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from data_access.database import Database, writing, writing_engine
from data_access.edits.fields import FieldsRefused
from data_access.edits.replenish_opening import (
    Pick,
    ReplenishmentRefused,
    ReplenishmentsRefused,
)
from data_access.edits.replenish_requests import (
    WantedRefused,
    request_replenishments,
)
from data_access.edits.replenish_steps import approve_replenishments
from data_access.edits.rights import REPLENISHMENT_RIGHTS, RightRefused
from data_access.edits.undoing import UndoRefused, undo_change
from data_access.errors import EditRefused, NotFound
from data_access.policy import Role
from data_access.tables import products, replenishments
from tests.crm import NOW, add, scope_of
from tests.replenishing import (
    COST,
    EXPECTED,
    STEPS,
    WAYS,
    ask,
    asked,
    brought,
    request,
    step,
    wanted,
)
from tests.shop import ROLES, TODAY, Shop, open_shop, run

ROOT = Path(__file__).parents[1]
# state → the steps that a manager may take, and where they lead
ALLOWED = {
    "proposed": {"approve": "approved", "reject": "rejected"},
    "approved": {"order": "ordered", "reject": "rejected"},
    "ordered": {"receive": "received", "close": "closed"},
    "received": {"close": "closed"},
    "rejected": {},
    "closed": {},
}


@pytest.mark.parametrize("state", list(WAYS))
def test_only_the_listed_steps_pass(database: Database, state: str) -> None:
    shop = open_shop(database)
    for action in STEPS:
        replenishment_id = brought(shop, state, why="hand")
        before = request(shop, replenishment_id)
        if action in ALLOWED[state]:
            step(shop, action, replenishment_id)
            after = request(shop, replenishment_id)
            assert after.state == ALLOWED[state][action]
            assert after.version == before.version + 1
        else:
            with pytest.raises(ReplenishmentRefused) as refused:
                step(shop, action, replenishment_id)
            assert refused.value.reason.removesuffix("_by") == state
            assert request(shop, replenishment_id) == before
        with writing(shop.writer) as connection:  # the next one is for the same cause
            connection.execute(
                update(replenishments)
                .where(replenishments.c.replenishment_id == replenishment_id)
                .values(cause=f"done {replenishment_id}")
            )


@pytest.mark.parametrize("role", ROLES)
def test_each_role_does_what_the_sheet_says(sqlite_database: Database, role: str) -> None:
    shop = open_shop(sqlite_database)
    scope = shop.scopes[role]
    for action in STEPS:
        rights = REPLENISHMENT_RIGHTS[f"{action}_replenishment"].get(Role(role), ())
        for state in WAYS:
            replenishment_id = brought(shop, state, why="hand")
            before = request(shop, replenishment_id)
            if state in rights:
                step(shop, action, replenishment_id, by=scope)
                assert request(shop, replenishment_id).state != state
            else:
                with pytest.raises(EditRefused) as refused:
                    step(shop, action, replenishment_id, by=scope)
                assert request(shop, replenishment_id) == before
                if not rights:
                    assert isinstance(refused.value, RightRefused)
            with writing(shop.writer) as connection:
                connection.execute(
                    update(replenishments).values(cause=replenishments.c.replenishment_id)
                )


def test_who_asks_decides_and_orders_is_kept(database: Database) -> None:
    shop = open_shop(database)
    supplier_id = add(shop.writer, "suppliers", name="Supplier")
    replenishment_id = asked(
        shop, 24, needed_by=EXPECTED, note=" For the fair ", supplier_id=supplier_id
    )
    row = request(shop, replenishment_id)
    assert (row.state, row.quantity, row.cause) == ("proposed", 24, "Below the reorder point")
    assert (row.requested_by, row.requested_at) == (shop.scopes["warehouse"].user_id, NOW)
    assert (row.needed_by, row.note, row.supplier_id) == (EXPECTED, "For the fair", supplier_id)
    step(shop, "approve", replenishment_id, by=shop.scopes["admin"])
    other = add(shop.writer, "suppliers", name="Another")
    step(shop, "order", replenishment_id, quantity=30, unit_cost=COST, supplier_id=other)
    row = request(shop, replenishment_id)
    assert (row.decided_by, row.decided_at) == (shop.scopes["admin"].user_id, NOW)
    assert (row.ordered_by, row.ordered_at) == (shop.scopes["manager"].user_id, NOW)
    assert (row.quantity, row.requested_quantity) == (30, 24)
    assert (row.expected_on, row.unit_cost, row.supplier_id) == (EXPECTED, COST, other)


def test_a_rejection_has_a_reason(database: Database) -> None:
    shop = open_shop(database)
    replenishment_id = asked(shop)
    for reason in ("", "  ", "x" * 301):
        with pytest.raises(FieldsRefused):
            step(shop, "reject", replenishment_id, reason=reason)
    step(shop, "reject", replenishment_id, reason=" Too dear ")
    row = request(shop, replenishment_id)
    assert (row.state, row.reason) == ("rejected", "Too dear")


@pytest.mark.parametrize(
    "said",
    [
        {"quantity": 0}, {"quantity": -5}, {"quantity": 2.5}, {"quantity": None},
        {"quantity": 10**9}, {"needed_by": TODAY - timedelta(days=1)},
        {"needed_by": TODAY + timedelta(days=999)}, {"supplier_id": 999}, {"supplier_id": "one"},
        {"product_id": 999}, {"warehouse_id": 999}, {"note": "x" * 301}, {"note": "\0"},
    ],
)  # fmt: skip
def test_what_is_asked_for_badly_is_refused(
    sqlite_database: Database, said: dict[str, Any]
) -> None:
    shop = open_shop(sqlite_database)
    values: dict[str, Any] = {"quantity": 5, **said}
    with pytest.raises(FieldsRefused):
        ask(shop, wanted(shop, **values))
    assert shop.proposals() == []


@pytest.mark.parametrize(
    "said",
    [
        {"quantity": 0}, {"quantity": "many"}, {"expected_on": None},
        {"expected_on": TODAY - timedelta(days=1)}, {"unit_cost": -1}, {"unit_cost": 0},
        {"supplier_id": 999},
    ],
)  # fmt: skip
def test_what_is_ordered_badly_is_refused(sqlite_database: Database, said: dict[str, Any]) -> None:
    shop = open_shop(sqlite_database)
    replenishment_id = brought(shop, "approved")
    with pytest.raises(FieldsRefused):
        step(shop, "order", replenishment_id, **said)
    assert request(shop, replenishment_id).state == "approved"


def test_what_is_not_sold_any_more_is_not_bought(database: Database) -> None:
    shop = open_shop(database)
    with writing(shop.writer) as connection:
        connection.execute(
            update(products).where(products.c.product_id == shop.pen).values(discontinued_on=TODAY)
        )
        connection.execute(
            update(products).where(products.c.product_id == shop.ink).values(is_goods=False)
        )
    for product_id in (shop.pen, shop.ink):
        with pytest.raises(ReplenishmentRefused) as refused:
            ask(shop, wanted(shop, product_id=product_id))
        assert refused.value.reason == "not_bought"


# Once for each cause


def test_asking_again_makes_none(database: Database) -> None:
    shop = open_shop(database)
    both = [wanted(shop), wanted(shop, product_id=shop.ink)]
    first = ask(shop, *both, request_id="once")
    assert first.values["requests"] == 2 and first.values["passed_over"] == []
    again = ask(shop, *both, request_id="once")  # the same form sent again
    assert again.is_repeat and again.values == first.values
    with pytest.raises(ReplenishmentRefused) as refused:
        ask(shop, *both)
    assert refused.value.reason == "all_requested"
    with pytest.raises(ReplenishmentRefused) as refused:
        ask(shop, both[0], by=shop.scopes["admin"])
    assert str(refused.value) == (
        "A warehouse has requested Pen (PEN-1) for this already: 10 units."
    )
    assert len(shop.proposals()) == 2


def test_what_is_requested_already_is_passed_over(database: Database) -> None:
    shop = open_shop(database)
    asked(shop)
    done = ask(shop, wanted(shop), wanted(shop, product_id=shop.ink))
    assert done.values["requests"] == 1 and done.values["passed_over"] == ["PEN-1"]
    assert [row.product_id for row in shop.proposals()] == [shop.pen, shop.ink]


def test_one_bad_row_refuses_them_all(database: Database) -> None:
    shop = open_shop(database)
    with pytest.raises(WantedRefused) as refused:
        ask(shop, wanted(shop), wanted(shop, 0, product_id=shop.ink))
    assert isinstance(refused.value.refusal, FieldsRefused) and "INK-1" in str(refused.value)
    assert shop.proposals() == []


DIES = """
import os, sys
from sqlalchemy import event
from data_access.database import writing_engine
from data_access.edits.replenish_requests import Wanted, request_replenishments
from data_access.scope import mint_scope
from sqlalchemy import make_url
url, *ids = sys.argv[1:]
user_id, pen, ink, warehouse_id = map(int, ids)
engine, written = writing_engine(make_url(url)), []
def die(connection, cursor, statement, *rest):
    if statement.startswith("INSERT INTO replenishments"):
        written.append(statement)
        if len(written) == 2:
            os._exit(9)
event.listen(engine, "before_cursor_execute", die)
wanted = [Wanted(product_id=each, warehouse_id=warehouse_id, quantity=10, why="point")
          for each in (pen, ink)]
request_replenishments(engine, mint_scope(engine, user_id), wanted, request_id="the one that died")
"""


def test_a_restart_in_the_middle_leaves_nothing_and_the_next_run_makes_all(
    database: Database,
) -> None:
    """The process dies between the first row and the second, and the next one asks again."""
    shop = open_shop(database)
    both = [wanted(shop), wanted(shop, product_id=shop.ink)]

    url = shop.writer.url.render_as_string(hide_password=False)
    told = (url, shop.scopes["warehouse"].user_id, shop.pen, shop.ink, shop.warehouse_id)
    died = subprocess.run([sys.executable, "-c", DIES, *map(str, told)], cwd=ROOT, check=False)
    assert died.returncode == 9
    assert shop.proposals() == []
    assert ask(shop, *both).values["requests"] == 2
    with pytest.raises(ReplenishmentRefused):
        ask(shop, *both)
    assert len(shop.proposals()) == 2


@pytest.mark.parametrize("state", ["proposed", "approved", "ordered"])
def test_the_database_keeps_one_open_request_for_a_cause(database: Database, state: str) -> None:
    shop = open_shop(database)
    row = {"product_id": shop.pen, "warehouse_id": shop.warehouse_id, "quantity": 1,
           "cause": "One", "requested_by": 1}  # fmt: skip
    add(shop.writer, "replenishments", state="proposed", **row)
    with pytest.raises(IntegrityError):
        add(shop.writer, "replenishments", state=state, **row)
    for done in ("received", "closed", "rejected"):
        add(shop.writer, "replenishments", state=done, **row)
    for imported in ("proposed", "ordered"):
        add(shop.writer, "replenishments", state=imported, **{**row, "requested_by": None})
    assert len(shop.proposals()) == 6


def test_a_warning_after_an_order_is_another_cause(database: Database) -> None:
    shop = open_shop(database)
    brought(shop, "ordered", 10)
    with pytest.raises(ReplenishmentRefused) as refused:  # as it was seen before that order
        ask(shop, wanted(shop))
    assert refused.value.reason == "ordered_meanwhile"
    again = asked(shop, seen_on_order=10)
    assert request(shop, again).cause == "Below the reorder point · 10 on order"
    with pytest.raises(ReplenishmentRefused):
        asked(shop, seen_on_order=10)


def test_once_rejected_it_can_be_requested_again(database: Database) -> None:
    shop = open_shop(database)
    first = brought(shop, "rejected")
    assert asked(shop) != first


# From an order that is short


def test_a_lead_requests_what_their_orders_lack_and_nothing_else(database: Database) -> None:
    shop = open_shop(database, pens=2)
    lead, elsewhere = shop.scopes["sales_lead"], shop.foreign["sales_lead"]
    order_id = shop.order(units=(5, 1))
    number = shop.read(order_id).order_number
    of_order = {"why": "order", "order_id": order_id}
    done = ask(shop, wanted(shop, 3, **of_order), by=lead)
    row = request(shop, done.values["replenishment_ids"][0])
    assert row.cause == f"{number} · PEN-1" and row.requested_by == lead.user_id
    for why in ("point", "hand"):
        with pytest.raises(ReplenishmentRefused) as refused:
            ask(shop, wanted(shop, why=why), by=lead)
        assert refused.value.reason == "orders_only"
    with pytest.raises(NotFound):
        ask(shop, wanted(shop, 3, **of_order), by=elsewhere)
    with pytest.raises(ReplenishmentRefused) as refused:  # inks are there
        ask(shop, wanted(shop, 1, product_id=shop.ink, **of_order), by=lead)
    assert str(refused.value) == f"Order {number} does not wait for Ink (INK-1)."


@pytest.mark.parametrize("stage", ["shipped", "completed", "cancelled"])
def test_an_order_that_has_left_waits_for_nothing(sqlite_database: Database, stage: str) -> None:
    shop = open_shop(sqlite_database, pens=10)
    order_id = shop.order(stage, units=(5, 0))
    shop.set_stock(shop.pen, 0)
    with pytest.raises(ReplenishmentRefused) as refused:
        ask(shop, wanted(shop, why="order", order_id=order_id), by=shop.scopes["manager"])
    assert refused.value.reason == "not_short"


def test_an_order_whose_goods_are_there_waits_for_nothing(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database, pens=10)
    for stage in ("received", "confirmed", "processing"):
        with pytest.raises(ReplenishmentRefused) as refused:
            ask(shop, wanted(shop, why="order", order_id=shop.order(stage, units=(2, 0))),
                by=shop.scopes["manager"])  # fmt: skip
        assert refused.value.reason == "not_short"


def test_confirming_short_and_asking_for_the_order_are_one_cause(database: Database) -> None:
    shop = open_shop(database, pens=2)
    lead = shop.scopes["sales_lead"]
    order_id = shop.order(units=(5, 0), promised_on=EXPECTED)
    run(shop, lead, "confirm_order", order_id, allow_short=True)
    (row,) = shop.proposals()
    assert (row.requested_by, row.needed_by, row.version) == (lead.user_id, EXPECTED, 1)
    with pytest.raises(ReplenishmentRefused) as refused:
        ask(shop, wanted(shop, why="order", order_id=order_id))
    assert refused.value.reason == "requested_by"
    run(shop, lead, "change_line_quantity", order_id, quantity=9, allow_short=True)
    (grown,) = shop.proposals()
    assert (grown.quantity, grown.version) == (7, 2)
    with pytest.raises(ReplenishmentRefused) as refused:  # what was seen was another quantity
        step(shop, "approve", grown.replenishment_id, seen_version=1)
    assert str(refused.value) == (
        "A sales_lead changed the request for Pen (PEN-1) meanwhile: 7 units, 0 of them received."
        " Look at it again."
    )
    run(shop, lead, "cancel_order", order_id)
    (gone,) = shop.proposals()
    assert (gone.state, gone.decided_by, gone.version) == ("rejected", lead.user_id, 3)


# Several at a time, and two people at a time


def test_many_are_approved_or_none(database: Database) -> None:
    shop = open_shop(database)
    manager = shop.scopes["manager"]
    first, second = asked(shop), asked(shop, product_id=shop.ink)
    picks = [Pick(first, 1), Pick(second, 1)]
    step(shop, "reject", second)
    with pytest.raises(ReplenishmentsRefused) as refused:
        approve_replenishments(shop.writer, manager, picks, request_id="all", now=NOW)
    ((row_id, refusal),) = [(each.replenishment_id, each.refusal) for each in refused.value.rows]
    assert row_id == second
    assert str(refusal) == "A manager has rejected the request for Ink (INK-1)."
    assert request(shop, first).state == "proposed"
    done = approve_replenishments(shop.writer, manager, picks[:1], request_id="one", now=NOW)
    assert done.values["requests"] == 1 and request(shop, first).state == "approved"
    for bad, reason in (([], "nothing"), (picks[:1] * 2, "twice"), ([Pick(99, 1)], "gone")):
        with pytest.raises(ReplenishmentRefused) as one:
            approve_replenishments(shop.writer, manager, bad, request_id="bad", now=NOW)
        assert one.value.reason == reason


def at_once(shop: Shop, works: list[Any]) -> list[Any]:
    """The answers or refusals of what is carried out by a thread and connection each, let go
    together."""
    start, found = threading.Barrier(len(works)), {}

    def go(place: int) -> None:
        writer = writing_engine(shop.writer.url)
        start.wait()
        try:
            found[place] = works[place](writer)
        except EditRefused as refusal:
            found[place] = refusal
        writer.dispose()

    threads = [threading.Thread(target=go, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[place] for place in range(len(works))]


def test_of_two_who_approve_one_request_one_is_told_who_was_first(database: Database) -> None:
    shop = open_shop(database)
    people = [shop.scopes["manager"], shop.scopes["admin"]]
    for turn in range(4):
        replenishment_id = asked(shop, why="hand" if turn else "point", product_id=shop.pen)

        def approve(scope: Any, seen: int = replenishment_id, turn: int = turn) -> Any:
            return lambda writer: approve_replenishments(
                writer, scope, [Pick(seen, 1)], request_id=f"{scope.username} {turn}", now=NOW
            )

        answers = at_once(shop, [approve(scope) for scope in people])
        (refused,) = [each for each in answers if isinstance(each, EditRefused)]
        winner = people[[isinstance(each, EditRefused) for each in answers].index(False)]
        assert str(refused) == f"{winner.name} has approved the request for Pen (PEN-1) already."
        row = request(shop, replenishment_id)
        assert (row.state, row.version, row.decided_by) == ("approved", 2, winner.user_id)
        step(shop, "reject", replenishment_id)


def test_of_two_who_ask_at_once_one_makes_it(database: Database) -> None:
    shop = open_shop(database)
    scopes = [shop.scopes["warehouse"], shop.scopes["manager"]]
    rows = (wanted(shop), wanted(shop, product_id=shop.ink))

    def asking(scope: Any) -> Any:
        return lambda writer: request_replenishments(
            writer, scope, rows, request_id=scope.username, now=NOW
        )

    answers = at_once(shop, [asking(scope) for scope in scopes])
    assert sorted(isinstance(each, ReplenishmentRefused) for each in answers) == [False, True]
    assert len(shop.proposals()) == 2


def test_two_who_receive_the_same_delivery_book_it_once(database: Database) -> None:
    shop = open_shop(database, pens=0)
    replenishment_id = brought(shop, "ordered", 10)
    seen = request(shop, replenishment_id).version
    step(shop, "receive", replenishment_id, by=shop.scopes["warehouse"], quantity=4)
    with pytest.raises(ReplenishmentRefused) as refused:
        step(shop, "receive", replenishment_id, quantity=4, seen_version=seen)
    assert str(refused.value) == (
        "A warehouse changed the request for Pen (PEN-1) meanwhile: 10 units, 4 of them received."
        " Look at it again."
    )
    assert shop.shelf(shop.pen).on_hand == 4


# Undone


def test_a_decision_is_undone_and_no_second_open_request_comes_of_it(database: Database) -> None:
    shop = open_shop(database)
    manager = shop.scopes["manager"]
    replenishment_id = asked(shop)
    approved = step(shop, "approve", replenishment_id)
    undo_change(shop.writer, manager, approved.request_id, request_id="undo", now=NOW)
    row = request(shop, replenishment_id)
    assert (row.state, row.decided_by) == ("proposed", None)
    rejected = step(shop, "reject", replenishment_id)
    asked(shop)  # again, for the same cause
    with pytest.raises(UndoRefused) as refused:
        undo_change(shop.writer, manager, rejected.request_id, request_id="undo 2", now=NOW)
    assert refused.value.reason == "again"
    assert request(shop, replenishment_id).state == "rejected"


def test_a_request_is_undone_while_nobody_has_decided(database: Database) -> None:
    shop = open_shop(database)
    done = ask(shop, wanted(shop), wanted(shop, product_id=shop.ink))
    undo_change(shop.writer, shop.scopes["admin"], done.request_id, request_id="undo", now=NOW)
    assert shop.proposals() == []


def test_nobody_without_a_role_asks(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    for scope in (scope_of(sqlite_database, "owner"), shop.scopes["sales_rep"]):
        with pytest.raises(RightRefused):
            ask(shop, by=scope)
    assert shop.rows(select(replenishments)) == []
