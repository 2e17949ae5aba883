"""Receipts: stock, what is held and what is on order are exact after each, and the orders that
waited are freed by promised date."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update

from dashboard.refreshing import refresh, source_of
from data_access.audit import list_order_changes
from data_access.database import Database, writing
from data_access.edits.fields import FieldsRefused
from data_access.edits.replenish_opening import ReplenishmentRefused
from data_access.edits.replenish_receipts import Receipt, receive_replenishments
from data_access.edits.replenish_requests import OPEN_STATES
from data_access.edits.undoing import UndoRefused, undo_change
from data_access.errors import EditRefused
from data_access.tables import (
    order_lines,
    orders,
    replenishments,
    stock,
    stock_movements,
)
from data_access.verifying import verify_log
from tests.crm import NOW, add
from tests.replenishing import asked, brought, on_order, request, step
from tests.shop import TODAY, Shop, check_identities, check_stock, move, open_shop, run


def receipts(shop: Shop, replenishment_id: int) -> list[int]:
    wanted = select(stock_movements).where(
        stock_movements.c.replenishment_id == replenishment_id, stock_movements.c.kind == "receipt"
    )
    return [row.quantity for row in shop.rows(wanted.order_by(stock_movements.c.movement_id))]


def short_order(shop: Shop, pens: int, inks: int = 0, **values: Any) -> tuple[int, str]:
    """Confirmed though less is there: order_id and number."""
    order_id = shop.order(units=(pens, inks), **values)
    run(shop, shop.scopes["sales_lead"], "confirm_order", order_id, allow_short=True)
    return order_id, shop.read(order_id).order_number


def due(days: int) -> Any:
    return TODAY + timedelta(days=days)


def test_a_receipt_books_stock_and_the_rest_stays_on_order(database: Database) -> None:
    shop = open_shop(database, pens=1)
    replenishment_id = brought(shop, "ordered", 10)
    keeper = shop.scopes["warehouse"]
    done = step(shop, "receive", replenishment_id, by=keeper, quantity=4)
    row = request(shop, replenishment_id)
    assert done.values["received"] == {"PEN-1": 4}
    assert (row.state, row.received_quantity, row.received_at) == ("ordered", 4, None)
    assert row.received_by == keeper.user_id
    assert shop.shelf(shop.pen).on_hand == 5 and on_order(shop) == 6
    step(shop, "receive", replenishment_id, by=keeper, quantity=6)
    row = request(shop, replenishment_id)
    assert (row.state, row.received_quantity, row.received_at) == ("received", 10, NOW)
    assert shop.shelf(shop.pen).on_hand == 11 and on_order(shop) == 0
    assert receipts(shop, replenishment_id) == [4, 6]
    check_identities(shop)


def test_more_than_is_on_order_is_asked_about(database: Database) -> None:
    shop = open_shop(database, pens=0)
    replenishment_id = brought(shop, "ordered", 10)
    step(shop, "receive", replenishment_id, quantity=7)
    with pytest.raises(ReplenishmentRefused) as refused:
        step(shop, "receive", replenishment_id, quantity=5)
    assert str(refused.value) == (
        "5 units of Pen (PEN-1) came, and 3 are still on order: 2 more than ordered. Correct the"
        " quantity, or say that all of them are kept."
    )
    assert shop.shelf(shop.pen).on_hand == 7
    step(shop, "receive", replenishment_id, quantity=5, allow_more=True)
    row = request(shop, replenishment_id)
    assert (row.state, row.quantity, row.received_quantity) == ("received", 10, 12)
    assert shop.shelf(shop.pen).on_hand == 12 and on_order(shop) == 0
    check_identities(shop)


@pytest.mark.parametrize("quantity", [0, -3, 1.5, None, "x", True])
def test_what_is_no_quantity_is_not_received(sqlite_database: Database, quantity: Any) -> None:
    shop = open_shop(sqlite_database, pens=0)
    replenishment_id = brought(shop, "ordered", 10)
    with pytest.raises(FieldsRefused):
        step(shop, "receive", replenishment_id, quantity=quantity)
    assert shop.shelf(shop.pen).on_hand == 0 and receipts(shop, replenishment_id) == []


def test_all_of_a_delivery_is_booked_or_none(database: Database) -> None:
    shop = open_shop(database, pens=0, inks=0)
    pens = brought(shop, "ordered", 10)
    inks = brought(shop, "ordered", 10, product_id=shop.ink)
    version = request(shop, pens).version
    both = [Receipt(pens, version, 10), Receipt(inks, version, 11)]
    keeper = shop.scopes["warehouse"]
    with pytest.raises(EditRefused):
        receive_replenishments(shop.writer, keeper, both, request_id="both", now=NOW)
    assert shop.shelf(shop.pen).on_hand == 0 and request(shop, pens).state == "ordered"
    both[1] = Receipt(inks, version, 11, allow_more=True)
    done = receive_replenishments(
        shop.writer, keeper, both, note="D-77", request_id="both again", now=NOW
    )
    assert done.values["received"] == {"PEN-1": 10, "INK-1": 11}
    again = receive_replenishments(
        shop.writer, keeper, both, note="D-77", request_id="both again", now=NOW
    )
    assert again.is_repeat and shop.shelf(shop.pen).on_hand == 10
    notes = shop.rows(select(stock_movements.c.note).where(stock_movements.c.kind == "receipt"))
    assert [row.note for row in notes] == ["D-77", "D-77"]
    check_identities(shop)


def test_a_product_that_never_lay_there_is_given_a_shelf(database: Database) -> None:
    shop = open_shop(database)
    other = add(shop.writer, "warehouses", code="W2", name="Other")
    replenishment_id = brought(shop, "ordered", 10, warehouse_id=other)
    first = step(shop, "receive", replenishment_id)
    shelf = shop.row(select(stock).where(stock.c.warehouse_id == other))
    assert (shelf.product_id, shelf.on_hand, shelf.reserved) == (shop.pen, 10, 0)
    check_identities(shop)
    # it can be undone though the night has planned the shelf, which stays, and is empty
    source = source_of(database.record, database.writer, database.record, TODAY)
    (night,) = refresh(source, ["stock"], lambda part, share: None)
    assert night.state == "done"
    undo_change(shop.writer, shop.scopes["manager"], first.request_id, request_id="no", now=NOW)
    left = shop.row(select(stock).where(stock.c.warehouse_id == other))
    assert (left.stock_id, left.on_hand) == (shelf.stock_id, 0)
    check_identities(shop)


def test_what_was_imported_without_a_warehouse_cannot_be_received(database: Database) -> None:
    shop = open_shop(database)
    replenishment_id = add(
        shop.writer, "replenishments", product_id=shop.pen, quantity=5, state="ordered"
    )
    with pytest.raises(ReplenishmentRefused) as refused:
        step(shop, "receive", replenishment_id)
    assert refused.value.reason == "no_warehouse"
    placed = add(
        shop.writer, "replenishments", product_id=shop.pen, quantity=5, state="ordered",
        warehouse_id=shop.warehouse_id,
    )  # fmt: skip
    step(shop, "receive", placed)
    assert request(shop, placed).state == "received" and shop.shelf(shop.pen).on_hand == 15


def test_closing_says_what_does_not_come(database: Database) -> None:
    shop = open_shop(database, pens=0)
    replenishment_id = brought(shop, "ordered", 10)
    step(shop, "receive", replenishment_id, quantity=4)
    for reason in ("", "   "):
        with pytest.raises(ReplenishmentRefused) as refused:
            step(shop, "close", replenishment_id, reason=reason)
        assert str(refused.value) == "6 units of Pen (PEN-1) have not come. Say why they will not."
    with pytest.raises(ReplenishmentRefused) as refused:
        step(shop, "close", replenishment_id, by=shop.scopes["warehouse"])
    assert refused.value.reason == "still_to_come"
    done = step(shop, "close", replenishment_id, reason="Sold out at the supplier")
    row = request(shop, replenishment_id)
    assert done.values["not_coming"] == {"PEN-1": 6}
    assert (row.state, row.reason, row.received_quantity) == (
        "closed", "Sold out at the supplier", 4
    )  # fmt: skip
    assert (row.closed_by, row.closed_at) == (shop.scopes["manager"].user_id, NOW)
    assert on_order(shop) == 0 and shop.shelf(shop.pen).on_hand == 4
    whole = brought(shop, "received", 3, why="hand")
    done = step(shop, "close", whole, by=shop.scopes["warehouse"], reason="")
    assert done.values["not_coming"] == {} and request(shop, whole).state == "closed"


# Orders that wait


def test_orders_are_freed_by_promised_date_and_ties_by_number(database: Database) -> None:
    shop = open_shop(database, pens=0)
    late, _ = short_order(shop, 3, promised_on=due(9), order_number="A-1")
    second, _ = short_order(shop, 4, promised_on=due(2), order_number="B-2")
    first, _ = short_order(shop, 2, promised_on=due(2), order_number="B-1")
    never, _ = short_order(shop, 1, promised_on=None, order_number="A-0")
    replenishment_id = brought(shop, "ordered", 30)
    freed = [
        (done.values["freed"], done.values["waiting"])
        for done in (
            step(shop, "receive", replenishment_id, quantity=units) for units in (1, 1, 3, 1, 3, 9)
        )
    ]
    # 2 for B-1, 4 for B-2, 3 for A-1, 1 for the one without a day
    assert freed == [
        ([], 4), (["B-1"], 3), ([], 3), (["B-2"], 2), (["A-1"], 1), (["A-0"], 0),
    ]  # fmt: skip
    assert shop.shelf(shop.pen).reserved == 10
    check_identities(shop)
    for order_id in (first, second, late, never):
        move(shop, shop.scopes["admin"], order_id, "processing")
        move(shop, shop.scopes["admin"], order_id, "shipped")
    assert shop.shelf(shop.pen).on_hand == 8
    check_identities(shop)


def test_what_is_set_aside_for_an_order_is_its_own_before_its_turn(database: Database) -> None:
    shop = open_shop(database, pens=3)
    _first, first = short_order(shop, 4, promised_on=due(2))
    later_id, _later = short_order(shop, 3, promised_on=due(9))
    line = shop.rows(select(order_lines).where(order_lines.c.order_id == later_id))[0]
    add(
        database.writer, "allocations", order_id=later_id, line_id=line.line_id, quantity=3,
        promised_weight=1, margin_weight=0, value_weight=0, allocated_at=NOW, request_id="a",
    )  # fmt: skip
    replenishment_id = brought(shop, "ordered", 10)
    done = step(shop, "receive", replenishment_id, quantity=3)
    assert (done.values["freed"], done.values["waiting"]) == ([], 1)  # the first has 3 of its 4
    done = step(shop, "receive", replenishment_id, quantity=1)
    assert (done.values["freed"], done.values["waiting"]) == ([first], 0)


def test_an_order_is_freed_when_its_last_product_is_there(database: Database) -> None:
    shop = open_shop(database, pens=0, inks=0)
    _, number = short_order(shop, 3, 2, promised_on=due(1))
    short_order(shop, 1, 9, promised_on=due(2))
    pens = brought(shop, "ordered", 10)
    inks = brought(shop, "ordered", 10, product_id=shop.ink)
    assert step(shop, "receive", pens).values == {
        "requests": 1, "received": {"PEN-1": 10}, "freed": [], "waiting": 2,
    }  # fmt: skip
    done = step(shop, "receive", inks, quantity=5)
    assert (done.values["freed"], done.values["waiting"]) == ([number], 1)


def test_only_orders_of_that_warehouse_are_freed(database: Database) -> None:
    shop = open_shop(database, pens=0)
    other = add(shop.writer, "warehouses", code="W2", name="Other")
    short_order(shop, 3)
    _, there = short_order(shop, 3, warehouse_id=other)
    replenishment_id = brought(shop, "ordered", 10, warehouse_id=other)
    done = step(shop, "receive", replenishment_id)
    assert (done.values["freed"], done.values["waiting"]) == ([there], 0)


def test_orders_that_hold_nothing_are_not_freed(database: Database) -> None:
    shop = open_shop(database, pens=0)
    shop.order(units=(3, 0))  # received, not confirmed
    gone, _ = short_order(shop, 2)
    run(shop, shop.scopes["admin"], "cancel_order", gone)
    replenishment_id = brought(shop, "ordered", 10)
    assert step(shop, "receive", replenishment_id).values["freed"] == []


def test_the_log_of_a_freed_order_says_so_and_its_version_stays(database: Database) -> None:
    shop = open_shop(database, pens=0)
    order_id, number = short_order(shop, 3)
    before = shop.read(order_id)
    replenishment_id = brought(shop, "ordered", 10)
    keeper = shop.scopes["warehouse"]
    done = step(shop, "receive", replenishment_id, by=keeper)
    assert shop.read(order_id) == before
    for role in ("admin", "sales_lead", "warehouse"):
        log = list_order_changes(shop.database.record, shop.scopes[role], order_id)
        told = log[log["action"] == "free_order"].iloc[0]
        assert (told["order_number"], told["actor_name"]) == (number, keeper.name)
        assert told["request_id"] in (done.request_id, None)
    verify_log(shop.writer)
    # it can be worked on, and undone, as before
    moved = move(shop, shop.scopes["admin"], order_id, "processing")
    noted = run(shop, shop.scopes["admin"], "change_note", order_id)
    for each in (noted, moved):
        undo_change(
            shop.writer, shop.scopes["admin"], each.request_id,
            request_id=f"undo {each.request_id}", now=NOW,
        )  # fmt: skip
    assert shop.read(order_id).stage == "confirmed"


def test_a_wrong_receipt_is_undone_while_the_goods_are_there(database: Database) -> None:
    shop = open_shop(database, pens=0)
    order_id, _ = short_order(shop, 3)
    replenishment_id = brought(shop, "ordered", 10)
    wrong = step(shop, "receive", replenishment_id, quantity=10)
    manager = shop.scopes["manager"]
    undo_change(shop.writer, manager, wrong.request_id, request_id="undo", now=NOW)
    row = request(shop, replenishment_id)
    assert (row.state, row.received_quantity, row.received_at) == ("ordered", 0, None)
    assert shop.shelf(shop.pen).on_hand == 0 and receipts(shop, replenishment_id) == [10, -10]
    check_identities(shop)
    right = step(shop, "receive", replenishment_id, quantity=5)
    move(shop, shop.scopes["admin"], order_id, "processing")
    move(shop, shop.scopes["admin"], order_id, "shipped")
    with pytest.raises(UndoRefused) as refused:  # three have left
        undo_change(shop.writer, manager, right.request_id, request_id="undo 2", now=NOW)
    assert refused.value.reason == "stock"
    check_identities(shop)
    verify_log(shop.writer)


def test_a_receipt_that_was_promised_to_others_since_is_not_undone(database: Database) -> None:
    shop = open_shop(database, pens=0)
    done = step(shop, "receive", brought(shop, "ordered", 10))
    run(shop, shop.scopes["sales_lead"], "confirm_order", shop.order(units=(4, 0)))
    with pytest.raises(UndoRefused) as refused:
        undo_change(
            shop.writer, shop.scopes["manager"], done.request_id, request_id="undo", now=NOW
        )
    assert refused.value.reason == "stock"
    check_identities(shop)


# Whatever comes after what


@pytest.mark.parametrize("seed", range(2))
def test_units_are_conserved_after_any_commands(database: Database, seed: int) -> None:
    """Random requests, steps and orders, now and then one undone. A plain account beside them says
    how many units are on hand, held and on order, and which orders wait, after each."""
    chance = Random(seed)
    shop = open_shop(database, pens=1, inks=0)
    for _order in range(4):
        short_order(shop, chance.randint(1, 4), promised_on=due(chance.randint(0, 4)))
    requests: list[int] = []
    undoable: list[str] = []
    done = {"steps": 0, "refused": 0, "undone": 0, "freed": 0}
    for _turn in range(90):
        hand, coming = shop.shelf(shop.pen).on_hand, on_order(shop)
        kind = chance.choice(("order", "ask", *["step"] * 7, "undo", "undo"))
        if kind == "step" and not requests:
            kind = "ask"
        if kind == "order":
            short_order(shop, chance.randint(1, 6), chance.randint(0, 3),
                        promised_on=due(chance.randint(0, 4)))  # fmt: skip
            assert (shop.shelf(shop.pen).on_hand, on_order(shop)) == (hand, coming)
        elif kind == "ask":
            requests.append(asked(shop, chance.randint(4, 20), why="hand",
                                  product_id=_another(shop, chance)))  # fmt: skip
            _take_another_cause(shop, requests[-1])
            assert (shop.shelf(shop.pen).on_hand, on_order(shop)) == (hand, coming)
        elif kind == "undo" and undoable:
            request_id = undoable.pop(chance.randrange(len(undoable)))
            try:
                undo_change(shop.writer, shop.scopes["manager"], request_id,
                            request_id=f"undo {request_id}", now=NOW)  # fmt: skip
                done["undone"] += 1
            except EditRefused:
                done["refused"] += 1
                assert (shop.shelf(shop.pen).on_hand, on_order(shop)) == (hand, coming)
        elif requests:
            going = [each for each in requests if request(shop, each).state in OPEN_STATES]
            among = going if going and chance.random() < 0.85 else requests
            _try_step(shop, chance, chance.choice(among), undoable, done)
        check_stock(shop)
        _check_receipts(shop, requests)
    check_identities(shop)
    verify_log(shop.writer)
    assert done["steps"] > 12 and done["undone"] and done["freed"]


def _another(shop: Shop, chance: Random) -> int:
    return chance.choice((shop.pen, shop.pen, shop.ink))


def _take_another_cause(shop: Shop, replenishment_id: int) -> None:
    """So that the next one asked for by hand is another request."""
    with writing(shop.writer) as connection:
        connection.execute(
            update(replenishments)
            .where(replenishments.c.replenishment_id == replenishment_id)
            .values(cause=f"By hand {replenishment_id}")
        )


def _try_step(
    shop: Shop, chance: Random, replenishment_id: int, undoable: list[str], done: dict[str, int]
) -> None:
    before = request(shop, replenishment_id)
    product_id, coming = before.product_id, on_order(shop)
    hand = shop.shelf(product_id).on_hand
    likely = {"proposed": "approve", "approved": "order", "ordered": "receive"}
    action = likely.get(before.state, "close")
    if chance.random() < 0.15:
        action = chance.choice(("approve", "reject", "order", "receive", "close"))
    said: dict[str, Any] = {}
    if action in ("order", "receive"):
        said["quantity"] = chance.randint(1, 20 if action == "order" else 10)
    if action == "receive":
        said["allow_more"] = chance.random() < 0.3
    waited = _short(shop)
    try:
        answer = step(shop, action, replenishment_id, **said)
    except EditRefused:
        done["refused"] += 1
        assert request(shop, replenishment_id) == before
        assert (shop.shelf(product_id).on_hand, on_order(shop)) == (hand, coming)
        return
    done["steps"] += 1
    left = max(before.quantity - before.received_quantity, 0)
    ordered = said.get("quantity", 0)
    came = {
        "approve": (0, 0), "reject": (0, 0), "order": (0, ordered),
        "receive": (ordered, -min(ordered, left)),
        "close": (0, -left if before.state == "ordered" else 0),
    }[action]  # fmt: skip
    assert (shop.shelf(product_id).on_hand, on_order(shop)) == (hand + came[0], coming + came[1])
    if action == "receive":
        freed = waited - _short(shop)
        assert set(answer.values["freed"]) == freed
        done["freed"] += len(freed)
    undoable.append(answer.request_id)


def _short(shop: Shop) -> set[str]:
    """The numbers of the orders that lack something, by a plain walk through the queue."""
    rows = shop.rows(
        select(orders, order_lines.c.product_id, order_lines.c.quantity)
        .join(order_lines, order_lines.c.order_id == orders.c.order_id)
        .where(orders.c.stage.in_(("confirmed", "processing")))
    )
    left = {p: shop.shelf(p).on_hand for p in (shop.pen, shop.ink)}
    lacking: set[str] = set()
    for row in sorted(rows, key=lambda row: (row.promised_on, row.order_number)):
        if left[row.product_id] < row.quantity:
            lacking.add(row.order_number)
        left[row.product_id] -= row.quantity
    return lacking


def _check_receipts(shop: Shop, requests: list[int]) -> None:
    for replenishment_id in requests:
        row = request(shop, replenishment_id)
        assert row.received_quantity == sum(receipts(shop, replenishment_id)) >= 0
        assert (row.state == "ordered") <= (row.received_quantity < row.quantity)
