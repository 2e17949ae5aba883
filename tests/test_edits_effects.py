"""What an edit would do is what it then does; and the form of a new order says what it will be."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dashboard.bulk_view import lacking_of
from data_access.database import Database
from data_access.edits.new_order import create_order
from data_access.edits.rights import stages_of
from data_access.edits.stock import StockRefused
from data_access.effects import Effect, Proposed, Shift, Waiting, find_effect
from data_access.errors import NotFound
from data_access.new_order import (
    NewLine,
    NewOrder,
    find_coupon,
    find_customer_for_order,
    find_discount_limit,
    find_preview,
    list_owners,
    list_products_for_order,
    list_warehouses,
    suggest_promised_on,
)
from data_access.set_aside import Aside
from tests.crm import NOW, add
from tests.shop import COMMANDS, TODAY, Shop, arguments, open_shop, run


def effect(shop: Shop, order_id: int, action: str, role: str = "admin", **said: Any) -> Effect:
    return find_effect(
        shop.database.record, shop.scopes[role], order_id, Proposed(action, **said), TODAY
    )


def proposed(said: dict[str, Any]) -> dict[str, Any]:
    """What of a command's arguments an effect is asked with."""
    names = ("line_id", "quantity", "discount_rate", "promised_on", "owner_id", "amount")
    found = {name: said[name] for name in names if name in said}
    if "lines" in said:
        found["returned"] = tuple(
            (line.line_id, line.quantity, line.back_in_stock) for line in said["lines"]
        )
    return found


def settled(found: Effect, side: str) -> dict[str, Any]:
    """All figures of one side, as plain values."""
    names = ("stage", "net_sales", "margin", "owed", "customer_owes", "promised_on")
    figures = {name: getattr(getattr(found, name), side) for name in names}
    for product in found.products:
        for name in ("units", "on_hand", "reserved", "available"):
            figures[f"{product.sku} {name}"] = getattr(getattr(product, name), side)
    for target in found.targets:
        figures[f"reached {target.owner_id}"] = getattr(target.reached, side)
    return figures


@pytest.mark.parametrize("action", [name for name in COMMANDS if name != "propose_cancellation"])
def test_what_is_foretold_comes_true(database: Database, action: str) -> None:
    shop = open_shop(database, pens=40, inks=40)
    set_targets(shop)
    for stage in stages_of(shop.scopes["admin"], action)[:3]:
        if action == "take_payment" and stage == "returned":
            continue
        order_id = shop.order()
        if action == "refund_payment":
            run(shop, shop.scopes["admin"], "take_payment", order_id)
        shop.bring(order_id, stage)
        said = arguments(shop, order_id)[action]
        foretold = effect(shop, order_id, action, **proposed(said))
        now = effect(shop, order_id, "change_note")
        figures = settled(now, "now")
        assert settled(now, "after") == figures
        assert {name: settled(foretold, "now")[name] for name in figures} == figures
        run(shop, shop.scopes["admin"], action, order_id)
        came = settled(effect(shop, order_id, "change_note"), "now")
        expected = settled(foretold, "after")
        assert {name: expected[name] for name in came} == came, (action, stage)


def set_targets(shop: Shop) -> None:
    for employee_id in (shop.rep_id, shop.other_rep_id):
        add(
            shop.writer, "targets", employee_id=employee_id, region_id=shop.region_id,
            month_on=TODAY.replace(day=1), net_sales=Decimal(5_000), currency="CNY",
        )  # fmt: skip


def test_the_stock_left_and_who_waits_for_it(database: Database) -> None:
    shop = open_shop(database, pens=10)
    waits = shop.order("confirmed", units=(4, 0), order_number="W-1", promised_on=date(2026, 12, 1))
    first = shop.order(units=(5, 0), order_number="W-2", promised_on=date(2026, 11, 25))
    shop.order("shipped", units=(1, 0))
    shop.order("confirmed", units=(0, 3))
    mine = shop.order(units=(7, 0))
    (product,) = effect(shop, mine, "confirm_order").products
    assert (product.on_hand, product.reserved) == (Shift(9, 9), Shift(4, 11))
    assert (product.available, product.lacking) == (Shift(5, -2), 2)
    assert product.waiting == (
        Waiting("W-2", "Customer", "received", date(2026, 11, 25), 5),
        Waiting("W-1", "Customer", "confirmed", date(2026, 12, 1), 4),
    )
    assert (product.waiting_orders, product.waiting_units) == (2, 9)
    assert product.reserved_elsewhere == 0 and waits and first


def test_orders_that_are_not_seen_are_only_counted(database: Database) -> None:
    shop = open_shop(database, pens=10)
    other = add(
        shop.writer, "customers", name="Secret", owner_id=shop.other_rep_id,
        region_id=shop.region_id,
    )  # fmt: skip
    shop.order("confirmed", units=(4, 0), customer_id=other)
    shop.order("confirmed", units=(1, 0))
    mine = shop.order(units=(2, 0))
    found = effect(shop, mine, "confirm_order", "sales_rep")
    (product,) = found.products
    assert [one.customer for one in product.waiting] == ["Customer"]
    assert (product.waiting_units, product.reserved_elsewhere) == (1, 4)
    assert product.available == Shift(5, 3)
    assert "Secret" not in repr(found)


def test_what_is_set_aside_is_foretold_as_the_command_has_it(database: Database) -> None:
    shop = open_shop(database, pens=10)
    kept, mine, late = (shop.order(units=(units, 0)) for units in (6, 5, 5))
    ready = shop.order("processing", units=(2, 0))
    for order_id, units in ((kept, 6), (ready, 1)):
        add(shop.writer, "allocations", order_id=order_id, quantity=units, promised_weight=50,
            line_id=shop.lines(order_id)[0].line_id, margin_weight=25, value_weight=25,
            allocated_at=NOW, request_id=str(order_id))  # fmt: skip
    (product,) = effect(shop, mine, "confirm_order").products
    assert (product.aside, product.available) == (Aside(0, 7, 6), Shift(8, 3))
    with pytest.raises(StockRefused) as refused:
        run(shop, shop.scopes["admin"], "confirm_order", mine)
    (shortage,) = refused.value.shortages
    assert product.lacking == shortage.lacking == 3
    (product,) = effect(shop, kept, "confirm_order").products
    assert (product.aside, product.lacking) == (Aside(6, 1, 0), 0)
    # of three in a list the first takes its own, which leaves the second short and the third too
    orders = [effect(shop, each, "confirm_order") for each in (kept, mine, late)]
    taken: dict[tuple[int, int | None], int] = {}
    told = [lacking_of(each, "confirmed", shop.warehouse_id, taken) for each in orders]
    assert told == ["", *2 * ["Not enough in stock: Pen (set aside for others)"]]
    shipped = effect(shop, ready, "ship_order")
    assert lacking_of(shipped, "shipped", shop.warehouse_id, {}) == ""
    assert shipped.products[0].aside.left_to_ship(10) == 4


def test_money_is_shown_to_those_who_see_it(database: Database) -> None:
    shop = open_shop(database)
    set_targets(shop)
    order_id = shop.order("confirmed")
    line_id = shop.lines(order_id)[0].line_id
    change = {"line_id": line_id, "discount_rate": Decimal("0.1")}
    nothing = Shift(None, None)

    def ask(role: str) -> Effect:
        return effect(shop, order_id, "change_line_discount", role, **change)

    rep = ask("sales_rep")
    assert (rep.net_sales, rep.margin) == (Shift(500, 470), Shift(200, 170))
    assert (rep.owed, rep.customer_owes) == (Shift(500, 470), Shift(500, 470))
    (target,) = rep.targets
    assert (target.target, target.reached, target.rep) == (5_000, Shift(500, 470), "Rep Here")
    support, finance, warehouse = ask("support"), ask("finance"), ask("warehouse")
    assert (support.margin, support.owed, support.net_sales) == (nothing, nothing, Shift(500, 470))
    assert (finance.products, finance.net_sales) == ((), Shift(500, 500))
    for hidden in (warehouse.net_sales, warehouse.margin, warehouse.owed, warehouse.customer_owes):
        assert hidden == nothing
    assert warehouse.targets == () and warehouse.products[0].on_hand.now == 10


def test_what_the_customer_owes_is_over_all_their_orders(database: Database) -> None:
    shop = open_shop(database)
    other, mine = shop.order(units=(2, 0)), shop.order(units=(3, 0))
    run(shop, shop.scopes["finance"], "take_payment", other, amount=50)
    shop.order(units=(9, 0), currency="EUR")
    run(shop, shop.scopes["finance"], "take_payment", mine, amount=100)
    assert effect(shop, mine, "take_payment", amount=Decimal(60)).customer_owes == Shift(350, 290)
    cancelled = effect(shop, mine, "cancel_order")
    assert (cancelled.owed, cancelled.customer_owes) == (Shift(200, -100), Shift(350, 150))


def test_a_target_moves_from_rep_to_rep(database: Database) -> None:
    shop = open_shop(database)
    set_targets(shop)
    shop.order(units=(1, 0))
    mine = shop.order(units=(3, 0))
    found = effect(shop, mine, "change_owner", owner_id=shop.other_rep_id)
    reached = {target.rep: target.reached for target in found.targets}
    assert reached == {"Rep Here": Shift(400, 100), "Rep Also Here": Shift(0, 300)}


def test_the_promised_day_is_kept_only_if_the_goods_come(database: Database) -> None:
    shop = open_shop(database, pens=10)
    there, short = shop.order(units=(4, 0)), shop.order(units=(14, 0))
    usual = TODAY + timedelta(days=1 + 5)  # packing, and the way
    found = effect(shop, there, "change_promised_date", promised_on=usual)
    assert (found.earliest_on, found.can_be_met) == (usual, True)
    early = usual - timedelta(days=1)
    assert not effect(shop, there, "change_promised_date", promised_on=early).can_be_met
    lead_time = timedelta(days=9)
    assert effect(shop, short, "confirm_order").earliest_on == usual + lead_time
    for day, count, state in ((3, 2, "ordered"), (4, 3, "approved"), (2, 9, "proposed")):
        add(
            shop.writer, "replenishments", product_id=shop.pen, warehouse_id=shop.warehouse_id,
            quantity=count, state=state, expected_on=TODAY + timedelta(days=day),
        )  # fmt: skip
    assert effect(shop, short, "confirm_order").earliest_on == usual + timedelta(days=4)
    shop.bring(there, "completed")
    assert effect(shop, there, "change_note").earliest_on is None


def test_the_way_takes_as_long_as_it_took_lately(database: Database) -> None:
    shop = open_shop(database, inks=9)
    for days in (2, 3, 3):
        shop.order(
            as_is="completed", shipped_on=TODAY - timedelta(days=20),
            completed_on=TODAY - timedelta(days=20 - days),
        )  # fmt: skip
    assert effect(shop, shop.order(), "confirm_order").earliest_on == TODAY + timedelta(days=4)


def test_only_what_is_seen_has_an_effect(database: Database) -> None:
    shop = open_shop(database)
    order_id = shop.order()
    for scope in shop.foreign.values():
        with pytest.raises(NotFound):
            find_effect(shop.database.record, scope, order_id, Proposed("confirm_order"), TODAY)


# The form of a new order


def test_products_are_found_by_number_and_name(database: Database) -> None:
    shop = open_shop(database, pens=10)
    add(shop.writer, "products", sku="OLD", name="Pen, old", discontinued_on=TODAY)
    add(shop.writer, "products", sku="X-PEN", name="Holder for it", name_zh="笔架")
    shop.order("confirmed", units=(3, 0))
    record, rep = shop.database.record, shop.scopes["sales_rep"]

    def found(words: str, **options: Any) -> list[Any]:
        frame = list_products_for_order(record, rep, words, TODAY, **options)
        return frame[["sku", "product"]].values.tolist()

    assert found("pen") == [["PEN-1", "Pen"], ["X-PEN", "Holder for it"]]
    assert found("钢", language="zh_CN") == [["PEN-1", "钢笔"]]
    assert found("old") == [["X-PEN", "Holder for it"]] and found("%") == []
    row = list_products_for_order(record, rep, "pen", TODAY, limit=1).iloc[0]
    assert (row["available"], row["list_price"], row["currency"]) == (7, 100.0, "CNY")
    elsewhere = list_products_for_order(record, rep, "pen-1", TODAY, warehouse_id=10**6)
    assert elsewhere["available"].isna().all()


def test_a_coupon_is_found_while_it_runs(database: Database) -> None:
    shop = open_shop(database)
    add(
        shop.writer, "campaigns", name="Offer", currency="CNY", coupon_code="Five",
        discount_rate=Decimal("0.05"), starts_on=TODAY, ends_on=TODAY,
    )  # fmt: skip
    record, rep = shop.database.record, shop.scopes["sales_rep"]
    row = find_coupon(record, rep, " FIVE ", TODAY)
    assert (row["coupon_code"], row["campaign"]) == ("Five", "Offer")
    assert row["discount_rate"] == Decimal("0.05")
    for code, day in (("FIVE", TODAY + timedelta(days=1)), ("SIX", TODAY), ("", TODAY)):
        with pytest.raises(NotFound):
            find_coupon(record, rep, code, day)


def test_the_form_starts_with_what_is_usual(database: Database) -> None:
    shop = open_shop(database)
    record, lead = shop.database.record, shop.scopes["sales_lead"]
    start = find_customer_for_order(record, lead, shop.customer_id)
    assert (start["rep"], start["ship_address"], start["channel"]) == ("Rep Here", "Road 1", None)
    assert start["warehouse_id"] is None
    shop.order(channel="partner")
    again = find_customer_for_order(record, lead, shop.customer_id)
    assert (again["channel"], again["warehouse_id"]) == ("partner", shop.warehouse_id)
    with pytest.raises(NotFound):
        find_customer_for_order(record, shop.foreign["sales_lead"], shop.customer_id)
    assert find_discount_limit(record, lead) == Decimal("0.2")
    assert find_discount_limit(record, shop.scopes["finance"]) == 0
    gone = add(shop.writer, "employees", name="Gone", region_id=shop.region_id, left_on=TODAY)
    assert gone not in list_owners(record, lead, TODAY)["owner_id"].tolist()
    assert list_owners(record, shop.scopes["sales_rep"], TODAY)["name"].tolist() == ["Rep Here"]
    assert list_warehouses(record, lead)["name"].tolist() == ["Main"]


def test_a_day_is_suggested_from_stock_and_lead_time(database: Database) -> None:
    shop = open_shop(database, pens=10, inks=5)
    record, rep = shop.database.record, shop.scopes["sales_rep"]

    def suggested(pens: int, inks: int, role: str = "sales_rep") -> date | None:
        lines = (NewLine(shop.pen, pens), NewLine(shop.ink, inks))
        return suggest_promised_on(record, shop.scopes[role], lines, TODAY, shop.warehouse_id)

    days = timedelta(days=6)
    assert suggested(10, 5) == TODAY + days
    assert suggested(11, 5) == TODAY + days + timedelta(days=9)
    assert suggested(11, 6) == TODAY + days + timedelta(days=20)
    assert suggested(1, 1, "support") is None
    assert suggest_promised_on(record, rep, (NewLine(10**9, 1),), TODAY, None) is None


def test_the_preview_is_what_is_saved(database: Database) -> None:
    shop = open_shop(database, pens=10, inks=5)
    add(shop.writer, "campaigns", currency="CNY", coupon_code="FIVE", discount_rate=Decimal("0.05"))
    lines = (NewLine(shop.pen, 3, Decimal("0.10")), NewLine(shop.ink, 7))
    shown = find_preview(
        shop.database.record, shop.scopes["sales_lead"], lines, TODAY,
        coupon_code="five", warehouse_id=shop.warehouse_id,
    )  # fmt: skip
    assert [line.available_after for line in shown.lines] == [7, -2]
    assert shown.earliest_on == TODAY + timedelta(days=6 + 20)
    done = create_order(
        shop.writer, shop.scopes["sales_lead"],
        NewOrder(shop.customer_id, lines, "web", TODAY, coupon_code="five"),
        request_id="r", now=NOW,
    )  # fmt: skip
    order = shop.read(int(done.order_id or 0))
    assert (shown.gross_sales, shown.net_sales) == (order.gross_sales, order.net_sales)
    assert (shown.cost, shown.margin) == (order.cost, order.net_sales - order.cost)
