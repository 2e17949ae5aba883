"""A selection of orders moves together, or not at all, with a reason for each that cannot."""

from __future__ import annotations

from typing import Any

import pytest

from data_access.database import Database
from data_access.edits.bulk import MOST_ORDERS, STAGES_TO_MOVE_TO, Move, MovesRefused, move_orders
from data_access.edits.fields import FieldsRefused
from data_access.edits.rights import RightRefused
from data_access.edits.stock import StockRefused
from data_access.errors import NotFound, StaleVersion
from tests.shop import Shop, check_identities, open_shop, run


def move_all(shop: Shop, role: str, moves: list[Move], stage: str, **said: Any) -> Any:
    request_id = said.pop("request_id", f"to {stage}")
    return move_orders(shop.writer, shop.scopes[role], moves, stage, request_id=request_id, **said)


def seen(shop: Shop, order_ids: list[int], **said: Any) -> list[Move]:
    return [Move(order_id, shop.read(order_id).version, **said) for order_id in order_ids]


def test_all_orders_of_a_selection_move(database: Database) -> None:
    shop = open_shop(database, pens=30, inks=30)
    order_ids = [shop.order() for _ in range(3)]
    shipping = {"carrier": "SF Express", "tracking_number": "SF1"}
    for role, stage, said in (
        ("sales_lead", "confirmed", {}), ("warehouse", "processing", {}),
        ("warehouse", "shipped", shipping), ("support", "completed", {}),
    ):  # fmt: skip
        done = move_all(shop, role, seen(shop, order_ids, **said), stage)
        assert {shop.read(order_id).stage for order_id in order_ids} == {stage}
        versions = {str(order_id): shop.read(order_id).version for order_id in order_ids}
        assert done.values == {"stage": stage, "versions": versions}
    check_identities(shop)


def test_one_that_cannot_move_holds_back_all_and_every_reason_is_told(database: Database) -> None:
    shop = open_shop(database, pens=5, inks=5)
    good, stale, shipped = shop.order(units=(1, 0)), shop.order(), shop.order("shipped")
    stage_before = [shop.read(order_id) for order_id in (good, stale, shipped)]
    short = shop.order(units=(9, 0))
    moves = seen(shop, [good, stale, shipped, short])
    moves.append(Move(10**9, 1))
    run(shop, shop.scopes["admin"], "change_note", stale)
    with pytest.raises(MovesRefused) as refused:
        move_all(shop, "admin", moves, "confirmed")
    reasons = {row.order_id: type(row.refusal) for row in refused.value.rows}
    assert reasons == {
        stale: StaleVersion, shipped: RightRefused, short: StockRefused, 10**9: NotFound,
    }  # fmt: skip
    assert str(refused.value) == "No order was moved: 4 of 5 cannot be."
    assert [shop.read(good), shop.read(shipped)] == [stage_before[0], stage_before[2]]
    check_identities(shop)


def test_the_first_of_the_list_takes_what_is_there(database: Database) -> None:
    shop = open_shop(database, pens=5)
    order_ids = [shop.order(units=(units, 0)) for units in (3, 4, 2)]
    with pytest.raises(MovesRefused) as refused:
        move_all(shop, "sales_lead", seen(shop, order_ids), "confirmed")
    (row,) = refused.value.rows
    assert isinstance(row.refusal, StockRefused) and row.order_id == order_ids[1]
    assert (row.refusal.shortages[0].wanted, row.refusal.shortages[0].there) == (4, 2)
    move_all(shop, "sales_lead", seen(shop, [order_ids[0], order_ids[2]]), "confirmed")
    check_identities(shop)


def test_somebody_elses_orders_are_not_found(database: Database) -> None:
    shop = open_shop(database)
    moves = seen(shop, [shop.order()])
    with pytest.raises(MovesRefused) as refused:
        move_orders(
            shop.writer, shop.foreign["sales_lead"], moves, "confirmed", request_id="foreign"
        )
    assert [type(row.refusal) for row in refused.value.rows] == [NotFound]


def test_each_role_moves_only_where_it_may(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    moves = seen(shop, [shop.order("confirmed")])
    for role in ("sales_lead", "sales_rep", "finance", "support", "analyst", "partner"):
        with pytest.raises(MovesRefused) as refused:
            move_all(shop, role, moves, "processing")
        assert [type(row.refusal) for row in refused.value.rows] == [RightRefused]
    assert move_all(shop, "warehouse", moves, "processing").values["stage"] == "processing"


def test_shipping_needs_a_tracking_number_for_each(database: Database) -> None:
    shop = open_shop(database, pens=30, inks=30)
    order_ids = [shop.order("processing") for _ in range(2)]
    moves = [
        Move(order_ids[0], 3, carrier="SF Express", tracking_number="SF1"),
        Move(order_ids[1], 3, carrier="SF Express"),
    ]
    with pytest.raises(MovesRefused) as refused:
        move_all(shop, "warehouse", moves, "shipped")
    (row,) = refused.value.rows
    assert isinstance(row.refusal, FieldsRefused) and list(row.refusal.fields) == [
        "tracking_number"
    ]
    assert shop.read(order_ids[0]).stage == "processing"


def test_cancelling_needs_a_reason(database: Database) -> None:
    shop = open_shop(database)
    moves = seen(shop, [shop.order()])
    for reason in ("", None, 5):
        with pytest.raises(FieldsRefused):
            move_all(shop, "admin", moves, "cancelled", reason=reason)
    move_all(shop, "admin", moves, "cancelled", reason="Duplicate order")
    assert shop.read(moves[0].order_id).cancel_reason == "Duplicate order"


def test_a_selection_must_be_one(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database)
    (move,) = seen(shop, [shop.order()])
    for moves, stage, reason in (
        ([], "confirmed", "nothing"),
        ([move, move], "confirmed", "twice"),
        ([Move(number, 1) for number in range(1, MOST_ORDERS + 2)], "confirmed", "too_many"),
        ([move], "returned", "stage"), ([move], "received", "stage"), ([move], "lost", "stage"),
    ):  # fmt: skip
        with pytest.raises(MovesRefused) as refused:
            move_all(shop, "admin", moves, stage)
        assert refused.value.reason == reason
    assert STAGES_TO_MOVE_TO == ("confirmed", "processing", "shipped", "completed", "cancelled")
    assert shop.read(move.order_id).version == 1


@pytest.mark.parametrize("forged", ["x", None, -1, 2**70, 1.5])
def test_forged_rows_are_refused_as_rows(sqlite_database: Database, forged: Any) -> None:
    shop = open_shop(sqlite_database)
    order_id = shop.order()
    with pytest.raises(MovesRefused) as refused:
        move_all(shop, "admin", [Move(order_id, 1), Move(forged, 1)], "confirmed")
    assert [row.order_id for row in refused.value.rows] == [forged]
    with pytest.raises(MovesRefused):
        move_all(shop, "admin", [Move(order_id, forged)], "confirmed")
    assert shop.read(order_id).version == 1


def test_the_same_selection_sent_twice_moves_once(database: Database) -> None:
    shop = open_shop(database)
    moves = seen(shop, [shop.order()])
    first = move_all(shop, "admin", moves, "confirmed", request_id="r")
    again = move_all(shop, "admin", moves, "confirmed", request_id="r")
    assert again.is_repeat and again.values == first.values
    assert shop.read(moves[0].order_id).version == 2
