"""An edit is taken back whole, or not at all; and the log and the stock tell the truth after."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from data_access.audit import list_order_changes
from data_access.database import Database
from data_access.edits.bulk import Move, move_orders
from data_access.edits.new_order import create_order
from data_access.edits.transaction import Done, new_request_id
from data_access.edits.undoing import UndoRefused, undo_change
from data_access.new_order import NewLine, NewOrder
from data_access.tables import orders, payments, returns, shipments, stock, stock_movements
from tests.crm import NOW
from tests.shop import Shop, check_identities, move, open_shop, run

OF_AN_ORDER = (orders, payments, shipments, returns)


@pytest.fixture
def shop(database: Database) -> Iterator[Shop]:
    shop = open_shop(database, pens=20)
    yield shop
    with database.record.connect() as connection:
        assert not connection.scalar(select(stock.c.stock_id).where(stock.c.reserved < 0))
    check_identities(shop)


def undo(shop: Shop, done: Done | str, role: str = "manager", **options: Any) -> Done:
    request_id = done if isinstance(done, str) else done.request_id
    options = {"request_id": new_request_id(), "now": NOW, **options}
    return undo_change(shop.writer, shop.scopes[role], request_id, **options)


def state(shop: Shop, order_id: int) -> list[Any]:
    """All that belongs to the order and its products, but for versions and movements."""
    order = shop.read(order_id)._asdict()
    del order["version"]
    rest = [
        shop.rows(select(table).where(table.c.order_id == order_id)) for table in OF_AN_ORDER[1:]
    ]
    return [order, shop.lines(order_id), *rest, shop.shelf(shop.pen), shop.shelf(shop.ink)]


BEFORE = {"confirm_order": "received", "start_processing": "confirmed", "ship_order": "processing",
          "cancel_order": "processing", "register_return": "completed", "take_payment": "shipped",
          "refund_payment": "shipped",
          "change_line_quantity": "confirmed", "change_line_discount": "received",
          "change_promised_date": "received", "change_address": "received",
          "change_owner": "confirmed", "change_note": "shipped"}  # fmt: skip


def test_an_undone_edit_leaves_everything_as_it_was_and_redone_as_it_became(shop: Shop) -> None:
    for action, stage in BEFORE.items():
        order_id = shop.order(stage, (1, 0))
        if action == "refund_payment":
            run(shop, shop.scopes["finance"], "take_payment", order_id)
        before = state(shop, order_id)
        changed = {"quantity": 2} if action == "change_line_quantity" else {}
        done = run(shop, shop.scopes["admin"], action, order_id, **changed)
        after, version = state(shop, order_id), shop.read(order_id).version
        undone = undo(shop, done, reason="by mistake")
        assert state(shop, order_id) == before, action
        assert (undone.order_id, undone.version) == (order_id, version + 1)
        assert undone.values == {"undone": action, "orders": [done.order_number]}
        redone = undo(shop, undone)
        assert state(shop, order_id) == after and redone.version == version + 2, action


def test_goods_go_back_by_a_movement_of_their_own(shop: Shop) -> None:
    order_id = shop.order("processing", (3, 0))
    undo(shop, move(shop, shop.scopes["warehouse"], order_id, "shipped"))
    moved = shop.rows(select(stock_movements).where(stock_movements.c.order_id == order_id))
    assert [(row.quantity, row.kind) for row in moved] == [(-3, "shipment"), (3, "shipment")]
    assert shop.read(order_id).stage == "processing"


def test_others_may_have_moved_the_same_goods_meanwhile(shop: Shop) -> None:
    order_id = shop.order("received", (3, 0))
    done = move(shop, shop.scopes["sales_lead"], order_id, "confirmed")
    other = shop.order("shipped", (2, 0))
    undo(shop, done)
    assert (shop.shelf(shop.pen).on_hand, shop.shelf(shop.pen).reserved) == (18, 0)
    assert shop.read(other).stage == "shipped"


def test_goods_that_are_promised_to_others_are_not_taken_from_them(shop: Shop) -> None:
    order_id = shop.order("confirmed", (18, 0))
    done = run(shop, shop.scopes["sales_lead"], "cancel_order", order_id)
    shop.order("confirmed", (19, 0))
    with pytest.raises(UndoRefused) as refusal:
        undo(shop, done)
    assert refusal.value.reason == "stock" and "PEN-1" in str(refusal.value)
    assert shop.read(order_id).stage == "cancelled"


def test_what_was_changed_since_is_named_and_nothing_is_undone(shop: Shop) -> None:
    order_id = shop.order()
    done = run(shop, shop.scopes["sales_lead"], "change_note", order_id, note="a")
    run(shop, shop.scopes["sales_rep"], "change_note", order_id, note="b")
    before = state(shop, order_id)
    with pytest.raises(UndoRefused) as refusal:
        undo(shop, done)
    assert str(refusal.value) == (
        f"A sales_rep changed it since, so it can no longer be undone: {done.order_number}."
    )
    changed = {one.difference.field: one.difference[1:] for one in refusal.value.conflicts}
    assert changed["note"] == ("a", "b") and state(shop, order_id) == before


def test_a_change_is_undone_once(shop: Shop) -> None:
    order_id = shop.order()
    done = run(shop, shop.scopes["sales_lead"], "change_note", order_id)
    first = undo(shop, done, request_id="u1")
    assert undo(shop, done, request_id="u1").is_repeat
    with pytest.raises(UndoRefused) as refusal:
        undo(shop, done, request_id="u2")
    assert refusal.value.reason == "undone"
    undo(shop, first, request_id="redo")
    with pytest.raises(UndoRefused) as refusal:
        undo(shop, done, request_id="u3")
    assert refusal.value.reason == "undone"


def test_a_move_of_many_is_undone_for_all_or_for_none(shop: Shop) -> None:
    ids = [shop.order("received", (1, 0)) for _ in range(3)]
    moves = [Move(order_id, shop.read(order_id).version) for order_id in ids]
    lead = shop.scopes["sales_lead"]
    done = move_orders(shop.writer, lead, moves, "confirmed", request_id="m1", now=NOW)
    note = run(shop, lead, "change_note", ids[1])
    with pytest.raises(UndoRefused) as refusal:
        undo(shop, done)
    assert {one.about for one in refusal.value.conflicts} == {note.order_number}
    assert {shop.read(order_id).stage for order_id in ids} == {"confirmed"}
    undo(shop, note)
    undone = undo(shop, done)
    assert undone.values["undone"] == "move_orders" and len(undone.values["orders"]) == 3
    assert {shop.read(order_id).stage for order_id in ids} == {"received"}


@pytest.mark.parametrize("role", ["sales_lead", "sales_rep", "analyst", "finance", "warehouse",
                                  "support", "partner"])  # fmt: skip
def test_only_managers_and_administrators_undo(shop: Shop, role: str) -> None:
    done = run(shop, shop.scopes["sales_lead"], "change_note", shop.order())
    with pytest.raises(UndoRefused) as refusal:
        undo(shop, done, role)
    assert refusal.value.reason == "role"


def test_what_cannot_be_undone_says_why(shop: Shop) -> None:
    order_id = shop.order("shipped")
    line = NewLine(shop.pen, 1)
    new = NewOrder(shop.customer_id, (line,), "web", NOW.date())
    requests = {
        "unknown": "never was",
        "delivered": move(shop, shop.scopes["support"], order_id, "completed").request_id,
        "comment": run(shop, shop.scopes["support"], "comment_on_order", order_id).request_id,
        "created": create_order(
            shop.writer, shop.scopes["sales_rep"], new, request_id="new", now=NOW
        ).request_id,
    }
    for reason, request_id in requests.items():
        with pytest.raises(UndoRefused) as refusal:
            undo(shop, request_id)
        assert refusal.value.reason == reason


def test_the_log_tells_the_edit_its_undo_and_why(shop: Shop) -> None:
    order_id = shop.order()
    done = run(shop, shop.scopes["sales_lead"], "change_note", order_id, note="Ring twice")
    undo(shop, done, reason="wrong order", request_id="u1")
    rows = list_order_changes(shop.database.record, shop.scopes["manager"], order_id)
    first, second = rows.iloc[0], rows.iloc[1]
    assert (first.action, first.actor_name, first.reason) == (
        "undo_change", "A manager", "wrong order"
    )  # fmt: skip
    assert first.changes == (("note", "Ring twice", None),)
    assert (first.undoes, second.undone_by) == (done.request_id, "u1")


def test_a_whole_life_is_taken_back_step_by_step(shop: Shop) -> None:
    order_id = shop.order()
    states, dones = [], []
    for stage in ("confirmed", "processing", "shipped"):
        states.append(state(shop, order_id))
        dones.append(move(shop, shop.scopes["admin"], order_id, stage))
    payment = run(shop, shop.scopes["finance"], "take_payment", order_id, amount=Decimal(1))
    with pytest.raises(UndoRefused):
        undo(shop, dones[-1])
    paid_back = undo(shop, payment)
    paid_again = undo(shop, paid_back)
    with pytest.raises(UndoRefused):  # the payment stands again
        undo(shop, dones[-1])
    undo(shop, paid_again)
    for done in reversed(dones):
        undo(shop, done)
        assert state(shop, order_id) == states.pop()
    assert shop.read(order_id).stage == "received"
