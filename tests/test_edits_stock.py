"""Stock and money follow every command, whatever comes after what and whoever comes first."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from data_access.database import Database, connect, writing_engine
from data_access.demo import Plan, build_demo
from data_access.edits.moving import (
    cancel_order,
    complete_order,
    confirm_order,
    start_processing,
)
from data_access.edits.returning import ReturnedLine
from data_access.edits.rights import RightRefused
from data_access.edits.stock import StockRefused
from data_access.edits.undoing import undo_change
from data_access.errors import EditRefused, StaleVersion
from data_access.schema import upgrade_schema
from data_access.scope import mint_scope
from data_access.tables import orders, shipments, stock, stock_movements
from tests.crm import NOW, add, scope_of
from tests.shop import (
    COMMANDS,
    TODAY,
    WITHOUT_VERSION,
    Crm,
    Shop,
    arguments,
    check_identities,
    check_order,
    check_stock,
    move,
    open_shop,
    run,
)


def shelf(shop: Shop) -> tuple[int, int]:
    """Pens on hand, and reserved."""
    row = shop.shelf(shop.pen)
    return row.on_hand, row.reserved


def movements(shop: Shop, order_id: int) -> list[tuple[str, int]]:
    wanted = select(stock_movements).where(stock_movements.c.order_id == order_id)
    found = shop.rows(wanted.order_by(stock_movements.c.movement_id))
    return [(row.kind, row.quantity) for row in found]


def test_goods_are_held_taken_out_and_put_back(database: Database) -> None:
    shop = open_shop(database, pens=10)
    order_id, admin = shop.order(units=(4, 0)), shop.scopes["admin"]
    after = {}
    for stage in ("confirmed", "processing", "shipped", "completed", "returned"):
        move(shop, admin, order_id, stage)
        after[stage] = shelf(shop)
        check_identities(shop)
    assert after == {
        "confirmed": (10, 4), "processing": (10, 4), "shipped": (6, 0), "completed": (6, 0),
        "returned": (10, 0),
    }  # fmt: skip
    assert movements(shop, order_id) == [("shipment", -4), ("return", 4)]


@pytest.mark.parametrize("stage", ["received", "confirmed", "processing"])
def test_cancelling_frees_what_was_held(database: Database, stage: str) -> None:
    shop = open_shop(database, pens=10)
    order_id = shop.order(stage, units=(4, 0))
    run(shop, shop.scopes["sales_lead"], "cancel_order", order_id)
    order = shop.read(order_id)
    assert shelf(shop) == (10, 0) and movements(shop, order_id) == []
    assert (order.cancel_reason, order.due_on) == ("Changed my mind", None)
    check_identities(shop)


def test_a_changed_quantity_changes_what_is_held(database: Database) -> None:
    shop = open_shop(database, pens=10)
    order_id, lead = shop.order("confirmed", units=(4, 0)), shop.scopes["sales_lead"]
    for quantity in (9, 2, 10):
        run(shop, lead, "change_line_quantity", order_id, quantity=quantity)
        assert shelf(shop) == (10, quantity)
    with pytest.raises(StockRefused) as refused:
        run(shop, lead, "change_line_quantity", order_id, quantity=11)
    assert refused.value.shortages[0].lacking == 1
    assert shelf(shop) == (10, 10)
    run(shop, lead, "change_line_quantity", order_id, quantity=12, allow_short=True)
    assert shelf(shop) == (10, 12) and [row.quantity for row in shop.proposals()] == [2]
    check_identities(shop)


def test_a_short_line_names_the_product_and_by_how_many(database: Database) -> None:
    shop = open_shop(database, pens=10, inks=5)
    order_id = shop.order(units=(13, 7))
    with pytest.raises(StockRefused) as refused:
        run(shop, shop.scopes["sales_lead"], "confirm_order", order_id)
    lacking = {one.product: (one.wanted, one.there, one.lacking) for one in refused.value.shortages}
    assert lacking == {"Ink": (7, 5, 2), "Pen": (13, 10, 3)}
    assert str(refused.value) == (
        "Several products are short. The first is Ink (INK-1): 7 wanted, 5 free, 2 lacking."
    )
    assert shop.read(order_id).stage == "received" and shop.proposals() == []
    check_identities(shop)


def test_the_product_is_named_in_the_persons_language(database: Database) -> None:
    shop = open_shop(database, pens=1)
    lead = scope_of(database, "sales_lead", region_ids=[shop.region_id], language="zh_CN")
    with pytest.raises(StockRefused) as refused:
        run(shop, lead, "confirm_order", shop.order())
    assert "钢笔" in str(refused.value)


def test_a_lead_confirms_short_and_a_replenishment_is_proposed_once(database: Database) -> None:
    shop = open_shop(database, pens=10)
    supplier_id = add(shop.writer, "suppliers", name="Supplier")
    packed = add(
        shop.writer, "products", sku="BOX", name="Box", pack_size=6, minimum_order_quantity=10,
        supplier_id=supplier_id,
    )  # fmt: skip
    add(shop.writer, "stock", warehouse_id=shop.warehouse_id, product_id=packed)
    shop.pen = packed
    order_id, lead = shop.order(units=(4, 2)), shop.scopes["sales_lead"]
    done = run(shop, lead, "confirm_order", order_id, allow_short=True)
    assert done.values["lacking"] == {"BOX": 4}
    (proposal,) = shop.proposals()
    assert (proposal.quantity, proposal.state, proposal.supplier_id) == (
        12,
        "proposed",
        supplier_id,
    )
    assert proposal.cause == f"{done.order_number} · BOX"
    assert (proposal.warehouse_id, proposal.product_id) == (shop.warehouse_id, packed)
    run(shop, lead, "change_line_quantity", order_id, quantity=5, allow_short=True)
    run(shop, lead, "change_line_quantity", order_id, quantity=30, allow_short=True)
    (grown,) = shop.proposals()
    assert (grown.replenishment_id, grown.quantity) == (proposal.replenishment_id, 30)
    check_identities(shop)
    run(shop, lead, "cancel_order", order_id)
    assert [row.state for row in shop.proposals()] == ["rejected"]


def test_each_order_proposes_what_it_lacks_itself(database: Database) -> None:
    shop = open_shop(database, pens=10)
    lead = shop.scopes["sales_lead"]
    for units in (8, 5, 4):
        run(shop, lead, "confirm_order", shop.order(units=(units, 0)), allow_short=True)
    assert [row.quantity for row in shop.proposals()] == [3, 4]
    assert shelf(shop) == (10, 17)
    check_identities(shop)


def test_only_leads_and_heads_confirm_short(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database, pens=1)
    order_id = shop.order(units=(1, 0))
    run(shop, shop.scopes["sales_lead"], "confirm_order", order_id)
    for role in ("warehouse", "support", "finance", "sales_rep", "analyst", "partner"):
        with pytest.raises(RightRefused):
            run(
                shop, shop.scopes[role], "change_line_quantity", order_id, quantity=9,
                allow_short=True,
            )  # fmt: skip
    assert shelf(shop) == (1, 1)


def test_goods_that_are_not_there_do_not_leave(database: Database) -> None:
    shop = open_shop(database, pens=1)
    order_id, admin = shop.order(units=(3, 0)), shop.scopes["admin"]
    run(shop, admin, "confirm_order", order_id, allow_short=True)
    move(shop, admin, order_id, "processing")
    with pytest.raises(StockRefused) as refused:
        move(shop, shop.scopes["warehouse"], order_id, "shipped")
    assert refused.value.reason == "not_on_hand"
    assert shop.count(shipments) == 0 and shelf(shop) == (1, 3)
    shop.set_stock(shop.pen, 5)
    move(shop, shop.scopes["warehouse"], order_id, "shipped")
    assert shelf(shop) == (2, 0)
    check_identities(shop)


def test_lines_of_one_product_are_held_together(database: Database) -> None:
    shop = open_shop(database, pens=5)
    shop.ink = shop.pen  # both lines are pens
    order_id = shop.order(units=(3, 3))
    with pytest.raises(StockRefused) as refused:
        run(shop, shop.scopes["admin"], "confirm_order", order_id)
    assert (refused.value.shortages[0].wanted, refused.value.shortages[0].there) == (6, 5)
    shop.set_stock(shop.pen, 6)
    shop.bring(order_id, "shipped")
    assert shelf(shop) == (0, 0) and movements(shop, order_id) == [("shipment", -6)]
    check_identities(shop)


def test_a_product_that_lies_only_elsewhere_is_short_here(database: Database) -> None:
    shop = open_shop(database)
    other = add(shop.writer, "warehouses", code="W2", name="Other")
    order_id = shop.order(units=(2, 0), warehouse_id=other)
    with pytest.raises(StockRefused) as refused:
        run(shop, shop.scopes["admin"], "confirm_order", order_id)
    assert refused.value.shortages[0].there == 0
    run(shop, shop.scopes["admin"], "confirm_order", order_id, allow_short=True)
    held = shop.row(select(stock).where(stock.c.warehouse_id == other))
    assert (held.on_hand, held.reserved) == (0, 2)
    check_identities(shop)


def test_a_product_of_which_no_stock_is_kept_is_not_followed(database: Database) -> None:
    shop = open_shop(database)
    shop.pen = add(shop.writer, "products", sku="SERVICE", name="Service")
    order_id = shop.order(units=(50, 0))
    shop.bring(order_id, "returned")
    assert movements(shop, order_id) == []
    check_identities(shop)


def test_an_order_without_a_warehouse_is_given_one(database: Database) -> None:
    shop = open_shop(database, pens=10)
    order_id = shop.order(units=(2, 0), warehouse_id=None)
    run(shop, shop.scopes["sales_lead"], "confirm_order", order_id)
    order = shop.read(order_id)
    assert (order.warehouse_id, order.version) == (shop.warehouse_id, 2)
    assert shelf(shop) == (10, 2)
    check_identities(shop)


# The last piece


def at_once(shop: Shop, order_ids: list[int]) -> list[Any]:
    """Confirms the orders by one thread and connection each, as two processes would, all let go
    together; the answers or refusals."""
    start, found = threading.Barrier(len(order_ids)), {}

    def confirm(order_id: int) -> None:
        writer = writing_engine(shop.writer.url)
        start.wait()
        try:
            found[order_id] = confirm_order(
                writer, shop.scopes["sales_lead"], order_id, seen_version=1,
                request_id=f"confirm {order_id}",
            )  # fmt: skip
        except EditRefused as refusal:
            found[order_id] = refusal
        writer.dispose()

    threads = [threading.Thread(target=confirm, args=(order_id,)) for order_id in order_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[order_id] for order_id in order_ids]


def test_of_two_who_confirm_the_last_piece_one_is_told(database: Database) -> None:
    shop = open_shop(database, pens=1)
    for _ in range(5):
        answers = at_once(shop, [shop.order(units=(1, 0)) for _ in range(2)])
        refused = [answer for answer in answers if isinstance(answer, StockRefused)]
        assert len(refused) == 1 and refused[0].shortages[0].lacking == 1
        assert shelf(shop) == (1, 1)
        check_identities(shop)
        (held,) = [answer for answer in answers if not isinstance(answer, EditRefused)]
        run(shop, shop.scopes["admin"], "cancel_order", held.order_id)


def test_of_two_who_confirm_one_order_one_is_told(database: Database) -> None:
    shop = open_shop(database)
    order_id = shop.order()
    start, found = threading.Barrier(2), []

    def confirm(name: str) -> None:
        start.wait()
        try:
            found.append(
                confirm_order(
                    shop.writer, shop.scopes["admin"], order_id, seen_version=1, request_id=name
                )
            )
        except EditRefused as refusal:
            found.append(refusal)

    threads = [threading.Thread(target=confirm, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(one, StaleVersion) for one in found) == [False, True]
    assert shop.read(order_id).version == 2
    check_identities(shop)


# Whatever comes after what


@pytest.mark.parametrize("seed", range(2))
def test_stock_and_money_hold_after_any_commands(database: Database, seed: int) -> None:
    """Random commands by random people on a few orders, now and then one undone: most are refused,
    all keep the identities, and each that is done steps the order's version by one."""
    chance = Random(seed)
    shop = open_shop(database, pens=12, inks=6)
    order_ids = [shop.order(units=(chance.randint(1, 5), chance.randint(0, 3))) for _ in range(4)]
    requests: list[str] = []
    undone = 0
    for turn in range(120):
        if requests and chance.random() < 0.15:
            undone += undo_one(shop, requests.pop(chance.randrange(len(requests))))
            check_stock(shop)
        done = try_one(shop, chance, chance.choice(order_ids))
        requests += [done] if done else []
        if turn % 20 == 0:
            check_identities(shop)
    check_identities(shop)
    assert len(requests) > 15 and undone > 2


def undo_one(shop: Shop, done: str) -> bool:
    try:
        undo_change(shop.writer, shop.scopes["manager"], done, request_id=f"undo {done}", now=NOW)
    except EditRefused:
        return False
    return True


def try_one(shop: Shop, chance: Random, order_id: int) -> str | None:
    """The request that was carried out, if it was."""
    action = chance.choice([*COMMANDS, "confirm_order", "start_processing", "ship_order"])
    scope = shop.scopes[chance.choice(("admin", "admin", "manager", "sales_lead", "finance"))]
    before = shop.read(order_id)
    said = vary(chance, action, arguments(shop, order_id)[action])
    try:
        answer = run(shop, scope, action, order_id, **said)
    except EditRefused:
        assert shop.read(order_id) == before
        return None
    step = 0 if action in WITHOUT_VERSION else 1
    assert shop.read(order_id).version == answer.version == before.version + step
    return answer.request_id


def vary(chance: Random, action: str, said: dict[str, Any]) -> dict[str, Any]:
    """The good arguments, with other amounts and quantities."""
    match action:
        case "take_payment" | "refund_payment":
            return {**said, "amount": Decimal(chance.randint(1, 30_000)) / 100}
        case "change_line_quantity":
            return {**said, "quantity": chance.randint(1, 15), "allow_short": chance.random() < 0.4}
        case "change_line_discount":
            return {**said, "discount_rate": Decimal(chance.randint(0, 100)) / 100}
        case "confirm_order":
            return {"allow_short": chance.random() < 0.4}
        case "register_return":
            came = [
                ReturnedLine(line.line_id, chance.randint(1, line.quantity), chance.random() < 0.7)
                for line in said["lines"]
            ]
            return {**said, "lines": chance.sample(came, chance.randint(1, len(came)))}
    return said


def test_the_demo_keeps_the_same_identities(tmp_path: Path) -> None:
    """What the generator makes is what the commands go on with."""
    database = connect(f"sqlite:///{tmp_path / 'demo.sqlite'}")
    upgrade_schema(database.writer)
    build_demo(database.writer, Plan(orders=3_000, seed=7, as_of=TODAY))
    crm, manager = Crm(database), mint_scope(database.record, 2)
    assert manager is not None and manager.role == "manager"
    check_stock(crm)
    steps: dict[str, tuple[Any, dict[str, Any]]] = {
        "received": (confirm_order, {"allow_short": True}),
        "confirmed": (start_processing, {}),
        "processing": (cancel_order, {"reason": "Duplicate order"}),
        "shipped": (complete_order, {}),
    }
    for stage, (command, said) in steps.items():
        order_id = crm.rows(select(orders).where(orders.c.stage == stage).limit(1))[0].order_id
        order = crm.read(order_id)
        check_order(crm, order)
        said |= {"seen_version": order.version, "request_id": stage}
        command(database.writer, manager, order_id, **said)
        check_order(crm, crm.read(order_id))
        check_stock(crm)
    database.dispose()
