"""A short stock is divided at once or not at all, never beyond what is there, and given back."""

from __future__ import annotations

import threading
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, select, update

from dashboard.analytics.inventory.allocation import Weights, allocate
from data_access.allocating import list_stock_lines
from data_access.database import Database, writing, writing_engine
from data_access.edits.allocating import AllocationRefused, Share, Weighed, allocate_stock
from data_access.edits.rights import RightRefused
from data_access.edits.stock import StockRefused
from data_access.edits.transaction import Done, new_request_id
from data_access.edits.undoing import UndoRefused, undo_change
from data_access.errors import EditRefused, NotFound, StaleVersion
from data_access.scope import Scope
from data_access.tables import allocations, audit, order_lines, orders, stock
from data_access.verifying import verify_log
from tests.crm import NOW, scope_of
from tests.shop import ROLES, Shop, check_identities, move, open_shop, run

EVEN = Weighed(50, 25, 25)


def shares_of(shop: Shop, units: dict[int, int]) -> list[Share]:
    """Of orders with one line of pens: order_id → units, as the orders are now."""
    return [
        Share(order_id, shop.read(order_id).version, shop.lines(order_id)[0].line_id, count)
        for order_id, count in units.items()
    ]


def divide(
    shop: Shop, units: dict[int, int], role: str | Scope = "manager", **changed: Any
) -> Done:
    shelf = shop.shelf(shop.pen)
    options = {
        "weights": EVEN, "seen_on_hand": shelf.on_hand, "seen_reserved": shelf.reserved,
        "request_id": new_request_id(), "now": NOW, "shares": shares_of(shop, units), **changed,
    }  # fmt: skip
    scope = shop.scopes[role] if isinstance(role, str) else role
    return allocate_stock(shop.writer, scope, shop.pen, shop.warehouse_id, **options)


def undo(shop: Shop, done: Done, role: str = "manager") -> Done:
    return undo_change(
        shop.writer, shop.scopes[role], done.request_id, request_id=new_request_id(), now=NOW
    )


def set_aside(shop: Shop) -> dict[int, int]:
    rows = shop.rows(select(allocations.c.order_id, allocations.c.quantity))
    return {row.order_id: row.quantity for row in rows}


def waiting(shop: Shop, units: int, *, stage: str = "confirmed", **values: Any) -> int:
    """An order of so many pens, confirmed though they are short."""
    order_id = shop.order(units=(units, 0), **values)
    if stage != "received":
        run(shop, shop.scopes["admin"], "confirm_order", order_id, allow_short=True)
    if stage == "processing":
        move(shop, shop.scopes["admin"], order_id, "processing")
    return order_id


def refused(reason: str, kind: type[EditRefused] = AllocationRefused) -> Any:
    return pytest.raises(kind, check=lambda error: error.reason == reason)


def test_units_are_set_aside_and_nothing_else_moves(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second, third = (waiting(shop, units) for units in (8, 6, 1))
    shelf, versions = shop.shelf(shop.pen), [shop.read(each).version for each in (first, second)]
    done = divide(shop, {first: 4, second: 6, third: 0}, reason="The fair opens")
    assert set_aside(shop) == {first: 4, second: 6}
    assert shop.shelf(shop.pen) == shelf
    assert [shop.read(each).version for each in (first, second)] == [one + 1 for one in versions]
    assert shop.read(third).version == 2  # nothing of it is different
    assert done.values["units"] == 10 and done.values["sku"] == "PEN-1"
    assert len(done.values["orders"]) == 2
    row = shop.row(select(allocations).where(allocations.c.order_id == second))
    assert (row.promised_weight, row.margin_weight, row.value_weight) == (50, 25, 25)
    assert (row.user_id, row.request_id) == (shop.scopes["manager"].user_id, done.request_id)
    logged = shop.rows(select(audit).where(audit.c.request_id == done.request_id))
    assert {each.action for each in logged} == {"allocate_stock"}
    assert {each.order_id for each in logged} == {first, second}
    check_identities(shop)
    verify_log(database.record)


def test_the_same_request_again_changes_nothing(database: Database) -> None:
    shop = open_shop(database, pens=10)
    order_id = waiting(shop, 12)
    said = {"shares": shares_of(shop, {order_id: 4}), "request_id": "once"}
    divide(shop, {}, **said)
    assert divide(shop, {}, **said).is_repeat
    assert set_aside(shop) == {order_id: 4} and shop.read(order_id).version == 3


def test_what_was_set_aside_is_moved_to_another_order(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second = waiting(shop, 8), waiting(shop, 6)
    divide(shop, {first: 8, second: 2})
    divide(shop, {first: 4, second: 6}, weights=Weighed(0, 0, 100))
    assert set_aside(shop) == {first: 4, second: 6}
    divide(shop, {first: 0, second: 6})
    assert set_aside(shop) == {second: 6}
    with refused("unchanged"):
        divide(shop, {first: 0, second: 6})


@pytest.mark.parametrize(
    ("units", "reason"),
    [((9, 1), "more_than_asked"), ((8, 3), "more_than_there"), ((-1, 3), "units"),
     ((True, 3), "units"), ((2.0, 3), "units"), (("2", 3), "units")],
)  # fmt: skip
def test_never_more_than_asked_or_there(
    sqlite_database: Database, units: tuple[Any, Any], reason: str
) -> None:
    shop = open_shop(sqlite_database, pens=10)
    first, second = waiting(shop, 8), waiting(shop, 6)
    with refused(reason):
        divide(shop, {first: units[0], second: units[1]})
    assert set_aside(shop) == {} and shop.read(first).version == 2
    divide(shop, {first: 8, second: 2})  # all of it, to the last unit


def test_what_is_no_division_is_refused(sqlite_database: Database) -> None:
    shop = open_shop(sqlite_database, pens=10)
    first, second = waiting(shop, 8), waiting(shop, 6)
    for weights in (Weighed(-1, 0, 0), Weighed(0, 101, 0), Weighed(0, 0, 0.5)):  # type: ignore[arg-type]
        with refused("weights"):
            divide(shop, {first: 1, second: 0}, weights=weights)
    with refused("nothing"):
        divide(shop, {})
    with refused("twice"):
        divide(shop, {}, shares=shares_of(shop, {first: 1}) * 2)
    with refused("no_stock"):
        allocate_stock(
            shop.writer, shop.scopes["manager"], shop.pen, 999, shares_of(shop, {first: 1}),
            weights=EVEN, seen_on_hand=10, seen_reserved=14, request_id="1",
        )  # fmt: skip
    assert set_aside(shop) == {}


@pytest.mark.parametrize("role", [role for role in ROLES if role not in ("admin", "manager")])
def test_only_heads_and_the_lead_divide(sqlite_database: Database, role: str) -> None:
    shop = open_shop(sqlite_database, pens=10)
    units = {waiting(shop, 8): 4, waiting(shop, 6): 6}
    if role == "sales_lead":
        assert divide(shop, units, role).values["units"] == 10
    else:
        with refused("role", RightRefused):
            divide(shop, units, role)
        assert set_aside(shop) == {}


# What is set aside is kept


def test_nobody_else_is_sent_what_is_set_aside(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second = (waiting(shop, units, stage="processing") for units in (8, 6))
    divide(shop, {first: 4, second: 6})
    with refused("set_aside", StockRefused) as raised:
        move(shop, shop.scopes["warehouse"], first, "shipped")
    (short,) = raised.value.shortages
    assert (short.wanted, short.there, short.lacking) == (8, 4, 4)
    move(shop, shop.scopes["warehouse"], second, "shipped")
    assert shop.shelf(shop.pen).on_hand == 4
    shop.set_stock(shop.pen, 8)
    move(shop, shop.scopes["warehouse"], first, "shipped")
    check_identities(shop)


def test_what_is_not_set_aside_goes_to_whoever_ships_first(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second = (waiting(shop, units, stage="processing") for units in (8, 6))
    divide(shop, {first: 0, second: 2})
    move(shop, shop.scopes["warehouse"], first, "shipped")
    check_identities(shop)


def test_an_order_not_confirmed_yet_is_kept_its_units(database: Database) -> None:
    shop = open_shop(database, pens=10)
    new, other = waiting(shop, 8, stage="received"), waiting(shop, 3, stage="received")
    divide(shop, {new: 8, other: 0})
    with refused("short", StockRefused) as raised:
        run(shop, shop.scopes["sales_lead"], "confirm_order", other)
    assert raised.value.shortages[0].there == 2
    run(shop, shop.scopes["sales_lead"], "confirm_order", new)
    assert shop.shelf(shop.pen).reserved == 8
    check_identities(shop)


def test_a_new_order_gets_its_units_before_older_ones_that_reserved_them(
    database: Database,
) -> None:
    shop = open_shop(database, pens=10)
    old, new = waiting(shop, 8, stage="processing"), waiting(shop, 6, stage="received")
    divide(shop, {old: 4, new: 6})
    run(shop, shop.scopes["sales_lead"], "confirm_order", new)
    move(shop, shop.scopes["admin"], new, "processing")
    with refused("set_aside", StockRefused):
        move(shop, shop.scopes["admin"], old, "shipped")
    move(shop, shop.scopes["admin"], new, "shipped")
    assert shop.shelf(shop.pen).reserved == 8
    check_identities(shop)


def test_what_was_set_aside_for_a_cancelled_order_is_free(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second = (waiting(shop, units, stage="processing") for units in (8, 6))
    divide(shop, {first: 8, second: 2})
    run(shop, shop.scopes["admin"], "cancel_order", first)
    move(shop, shop.scopes["admin"], second, "shipped")
    check_identities(shop)


def test_a_line_that_asks_for_less_gives_back_the_rest(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second = waiting(shop, 8), waiting(shop, 6)
    divide(shop, {first: 8, second: 2})
    run(shop, shop.scopes["admin"], "change_line_quantity", first, quantity=3)
    assert divide(shop, {first: 3, second: 6}).values["units"] == 9
    assert set_aside(shop) == {first: 3, second: 6}


# Somebody was faster


def test_who_changed_an_order_since_is_told(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second = waiting(shop, 8), waiting(shop, 6)
    seen = shares_of(shop, {first: 4, second: 6})
    run(shop, shop.scopes["sales_lead"], "change_promised_date", first)
    with refused("changed_by", StaleVersion) as raised:
        divide(shop, {}, shares=seen)
    assert "A sales_lead" in str(raised.value)
    assert [change.field for change in raised.value.changes] == ["promised_on"]
    assert set_aside(shop) == {}


def test_who_moved_the_stock_since_is_told(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second = waiting(shop, 8), waiting(shop, 6, stage="processing")
    seen = {"seen_on_hand": 10, "seen_reserved": 14}
    move(shop, shop.scopes["warehouse"], second, "shipped")
    with refused("moved_by") as raised:
        divide(shop, {first: 4}, **seen)
    assert "A warehouse" in str(raised.value)
    assert (raised.value.values["on_hand"], raised.value.values["reserved"]) == (4, 8)
    with writing(shop.writer) as connection:
        connection.execute(update(stock).values(on_hand=7))
    with refused("moved"):
        divide(shop, {first: 4}, seen_on_hand=4, seen_reserved=8)


def test_an_order_that_came_since_is_told(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first = waiting(shop, 12)
    seen = shares_of(shop, {first: 4})
    late = waiting(shop, 2, stage="received")
    with refused("came") as raised:
        divide(shop, {}, shares=seen)
    assert raised.value.values["number"] == shop.read(late).order_number
    run(shop, shop.scopes["admin"], "cancel_order", late)
    with refused("gone"):
        divide(shop, {first: 4, late: 1})


@pytest.mark.parametrize("second", ["manager", "sales_lead"])
def test_of_two_who_divide_at_once_one_is_told(database: Database, second: str) -> None:
    shop = open_shop(database, pens=10)
    one, other = waiting(shop, 8), waiting(shop, 6)
    plans = {"admin": {one: 8, other: 2}, second: {one: 4, other: 6}}
    for turn in range(3):
        shares = {role: shares_of(shop, units) for role, units in plans.items()}
        shelf, start = shop.shelf(shop.pen), threading.Barrier(2)
        found: dict[str, Any] = {}

        def work(
            role: str, *, shares: Any = shares, shelf: Any = shelf, start: Any = start,
            found: Any = found, turn: int = turn,
        ) -> None:  # fmt: skip
            writer = writing_engine(shop.writer.url)
            start.wait()
            try:
                found[role] = allocate_stock(
                    writer, shop.scopes[role], shop.pen, shop.warehouse_id, shares[role],
                    weights=EVEN, seen_on_hand=shelf.on_hand, seen_reserved=shelf.reserved,
                    request_id=f"{role} {turn}",
                )  # fmt: skip
            except EditRefused as refusal:
                found[role] = refusal
            writer.dispose()

        threads = [threading.Thread(target=work, args=(role,)) for role in plans]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (winner,) = [role for role, answer in found.items() if isinstance(answer, Done)]
        (loser,) = [role for role in plans if role != winner]
        assert isinstance(found[loser], StaleVersion)
        assert shop.scopes[winner].name in str(found[loser])
        assert set_aside(shop) == plans[winner]
        undo(shop, found[winner])
        assert set_aside(shop) == {}
    check_identities(shop)


def test_one_who_is_interrupted_sets_nothing_aside(database: Database) -> None:
    """Stopped between the one order and the other, when all units are written already."""
    shop = open_shop(database, pens=10)
    first, second = waiting(shop, 8), waiting(shop, 6)
    logged, stepped = shop.count(audit), []

    def stop(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE orders"):
            stepped.append(statement)
            if len(stepped) == 2:
                raise InterruptedError

    event.listen(shop.writer, "before_cursor_execute", stop)
    with pytest.raises(InterruptedError):
        divide(shop, {first: 4, second: 6})
    event.remove(shop.writer, "before_cursor_execute", stop)
    assert len(stepped) == 2
    assert set_aside(shop) == {} and shop.count(audit) == logged
    assert [shop.read(each).version for each in (first, second)] == [2, 2]
    divide(shop, {first: 4, second: 6})


# Undone


def test_undoing_brings_back_exactly_what_was(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second, third = waiting(shop, 8), waiting(shop, 6), waiting(shop, 3)
    divide(shop, {first: 8, second: 0, third: 2}, weights=Weighed(10, 20, 30))
    rows, shelf = shop.rows(select(allocations)), shop.shelf(shop.pen)
    done = divide(shop, {first: 0, second: 6, third: 3})
    assert undo(shop, done).values["undone"] == "allocate_stock"
    assert sorted(shop.rows(select(allocations))) == sorted(rows)
    assert shop.shelf(shop.pen) == shelf
    with refused("undone", UndoRefused):
        undo(shop, done)
    check_identities(shop)
    verify_log(database.record)


def test_it_is_not_undone_when_an_order_was_sent_since(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second = (waiting(shop, units, stage="processing") for units in (8, 6))
    done = divide(shop, {first: 4, second: 6})
    sent = move(shop, shop.scopes["warehouse"], second, "shipped")
    with refused("changed_by", UndoRefused) as raised:
        undo(shop, done)
    assert "A warehouse" in str(raised.value)
    assert shop.read(second).order_number in str(raised.value)
    assert set_aside(shop) == {first: 4}  # of what was sent nothing is set aside any more
    undo(shop, sent)
    assert set_aside(shop) == {first: 4, second: 6}
    undo(shop, done)
    assert set_aside(shop) == {}
    check_identities(shop)


def test_it_is_not_undone_when_the_goods_went_to_another_order_since(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first = waiting(shop, 8, stage="processing")
    divide(shop, {first: 8})
    done = divide(shop, {first: 2})
    third = waiting(shop, 6, stage="processing")
    move(shop, shop.scopes["warehouse"], third, "shipped")
    with refused("stock", UndoRefused) as raised:
        undo(shop, done)
    assert raised.value.values["what"] == "PEN-1"
    assert set_aside(shop) == {first: 2}
    check_identities(shop)


def test_a_cancelling_is_not_undone_when_its_units_were_given_away(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second = (waiting(shop, units, stage="received") for units in (8, 6))
    divide(shop, {first: 8, second: 2})
    cancelled = run(shop, shop.scopes["admin"], "cancel_order", first)
    divide(shop, {second: 6})
    with refused("stock", UndoRefused):
        undo(shop, cancelled)
    assert shop.read(first).stage == "cancelled"


def test_a_lead_undoes_their_own_division_and_nothing_else(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second = waiting(shop, 8), waiting(shop, 6)
    done = divide(shop, {first: 4, second: 6}, "manager")
    with refused("role", UndoRefused):
        undo(shop, done, "sales_lead")
    own = divide(shop, {first: 8, second: 2}, "sales_lead")
    for role in ("sales_rep", "warehouse", "analyst"):
        with refused("role", UndoRefused):
            undo(shop, own, role)
    undo(shop, own, "sales_lead")
    assert set_aside(shop) == {first: 4, second: 6}
    moved = run(shop, shop.scopes["sales_lead"], "change_promised_date", first)
    with refused("role", UndoRefused):
        undo(shop, moved, "sales_lead")


# Other regions


def test_a_lead_divides_only_what_no_other_region_has_reserved(database: Database) -> None:
    shop = open_shop(database, pens=10)
    own, also = waiting(shop, 8), waiting(shop, 6)
    theirs = waiting(shop, 7, region_id=shop.lead_region_id)
    version = shop.read(theirs).version
    with refused("more_than_there") as raised:
        divide(shop, {own: 0, also: 4}, "sales_lead")
    assert raised.value.values["there"] == 3
    divide(shop, {own: 0, also: 3}, "sales_lead")
    with refused("more_than_there"):
        divide(shop, {own: 1, also: 3}, "sales_lead")
    assert set_aside(shop) == {also: 3} and shop.read(theirs).version == version


def test_a_lead_moves_what_a_manager_gave_to_their_region(database: Database) -> None:
    shop = open_shop(database, pens=10)
    own, also = waiting(shop, 8), waiting(shop, 6)
    theirs = waiting(shop, 7, region_id=shop.lead_region_id)
    divide(shop, {own: 6, also: 0, theirs: 4})
    divide(shop, {own: 1, also: 5}, "sales_lead")
    assert set_aside(shop) == {own: 1, also: 5, theirs: 4}
    with refused("more_than_there") as raised:
        divide(shop, {own: 2, also: 5}, "sales_lead")
    assert raised.value.values["there"] == 6


def test_a_lead_keeps_off_what_another_region_has_set_aside_unconfirmed(
    database: Database,
) -> None:
    shop = open_shop(database, pens=10)
    own, theirs = waiting(shop, 8), waiting(
        shop, 7, stage="received", region_id=shop.lead_region_id
    )  # fmt: skip
    divide(shop, {own: 0, theirs: 7})
    with refused("more_than_there") as raised:
        divide(shop, {own: 4}, "sales_lead")
    assert raised.value.values["there"] == 3


def test_a_lead_cannot_name_an_order_of_another_region(database: Database) -> None:
    shop = open_shop(database, pens=10)
    own, theirs = waiting(shop, 8), waiting(shop, 7, region_id=shop.lead_region_id)
    with pytest.raises(NotFound):
        divide(shop, {own: 1, theirs: 0}, "sales_lead")
    scope = scope_of(database, "sales_lead", region_ids=[shop.region_id, shop.lead_region_id])
    divide(shop, {own: 8, theirs: 2}, scope)
    assert set_aside(shop) == {own: 8, theirs: 2}


# Whatever the world


@pytest.mark.parametrize("seed", range(3))
def test_never_more_is_set_aside_than_is_there_whatever_happens(
    database: Database, seed: int
) -> None:
    """Proposals of any weights and wild divisions, among confirmings, shippings, cancellings and
    undoings: each is carried out just when it keeps to the rules, and the sum always does."""
    chance = Random(seed)
    shop = open_shop(database, pens=15)
    regions = (shop.region_id, shop.lead_region_id)
    requests: list[Done] = []
    seen: set[bool] = set()
    for _ in range(5):
        waiting(shop, chance.randint(1, 8), stage="received", region_id=chance.choice(regions))
    for _ in range(40):
        if chance.random() < 0.6:
            requests += _divide_at_random(shop, chance, seen)
        else:
            _do_anything(shop, chance, requests)
        check_set_aside(shop)
    check_identities(shop)
    assert seen == {True, False} and len(requests) > 4


def _divide_at_random(shop: Shop, chance: Random, seen: set[bool]) -> list[Done]:
    role = chance.choice(("manager", "sales_lead"))
    lines = list_stock_lines(shop.writer, shop.scopes[role], shop.pen, shop.warehouse_id)
    if not len(lines):
        return []
    if chance.random() < 0.6:
        there = max(int(lines["on_hand"][0] - lines["elsewhere"][0]), int(lines["set_aside"].sum()))
        weights = Weights(*(chance.random() for _ in range(3)))
        shared = allocate(lines, there, weights).set_index("order_id")["allocated"]
        units = {int(order_id): int(count) for order_id, count in shared.items()}
        assert sum(units.values()) <= there
        is_wild = False
    else:
        units = {int(each): chance.randint(0, 6) for each in lines["order_id"]}
        is_wild = True
    try:
        done = divide(shop, units, role)
    except AllocationRefused as refusal:
        assert is_wild or refusal.reason in ("unchanged", "more_than_there")
        seen.add(False)
        return []
    asked = dict(zip(lines["order_id"], lines["quantity"], strict=True))
    assert all(count <= asked[order_id] for order_id, count in units.items())
    seen.add(True)
    return [done]


def _do_anything(shop: Shop, chance: Random, requests: list[Done]) -> None:
    admin = shop.scopes["admin"]
    order_id = chance.choice([row.order_id for row in shop.rows(
        select(orders.c.order_id).where(orders.c.warehouse_id == shop.warehouse_id))])  # fmt: skip
    action = chance.choice(("confirm_order", "confirm_order", "start_processing", "ship_order",
                            "cancel_order", "change_line_quantity", "undo", "more"))  # fmt: skip
    options: dict[str, Any] = {
        "confirm_order": {"allow_short": True},
        "change_line_quantity": {"quantity": chance.randint(1, 9)},
    }
    try:
        if action == "undo" and requests:
            undo(shop, requests.pop())
        elif action == "more":
            waiting(shop, chance.randint(1, 8), stage="received")
        elif action != "undo":
            requests.append(run(shop, admin, action, order_id, **options.get(action, {})))
    except EditRefused:
        pass


def check_set_aside(shop: Shop) -> None:
    """Σ allocated ≤ available, and no line has more than it asks."""
    rows = shop.rows(
        select(orders.c.stage, order_lines.c.quantity, allocations.c.quantity.label("units"))
        .join(order_lines, order_lines.c.line_id == allocations.c.line_id)
        .join(orders, orders.c.order_id == order_lines.c.order_id)
    )
    still = [row for row in rows if row.stage in ("received", "confirmed", "processing")]
    held = sum(min(row.units, row.quantity) for row in still)
    assert held <= shop.shelf(shop.pen).on_hand
    assert all(row.units > 0 for row in rows)
