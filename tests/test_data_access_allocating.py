"""What is short, whom that hits, and what each line holds: worked by hand, and a second time."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from data_access.allocating import (
    list_set_aside,
    list_shortages,
    list_stock_lines,
)
from data_access.analytics_copy import AnalyticsCopy
from data_access.database import Database, writing
from data_access.set_aside import Aside
from data_access.tables import allocations, orders, products
from tests.crm import NOW, add, scope_of
from tests.shop import TODAY, Shop, open_shop, run

SAID = {"promised_weight": 50, "margin_weight": 30, "value_weight": 20, "allocated_at": NOW,
        "request_id": "first"}  # fmt: skip


def order(shop: Shop, units: int, *, stage: str = "confirmed", in_days: int = 5, **row: Any) -> int:
    order_id = shop.order(units=(units, 0), promised_on=TODAY + timedelta(days=in_days), **row)
    if stage != "received":
        run(shop, shop.scopes["admin"], "confirm_order", order_id, allow_short=True)
    return order_id


def set_aside(shop: Shop, order_id: int, units: int, **said: Any) -> None:
    line_id = shop.lines(order_id)[0].line_id
    row = {**SAID, "user_id": shop.scopes["manager"].user_id, **said}
    with writing(shop.writer) as connection:
        connection.execute(
            insert(allocations).values(order_id=order_id, line_id=line_id, quantity=units, **row)
        )


def held(shop: Shop, role: str = "manager", scope: Any = None) -> dict[int, int]:
    lines = list_stock_lines(shop.writer, scope or shop.scopes[role], shop.pen, shop.warehouse_id)
    return dict(zip(lines["order_id"], lines["held"], strict=True))


def short(shop: Shop, role: str = "manager", scope: Any = None) -> Any:
    return list_shortages(shop.writer, scope or shop.scopes[role]).to_dict("records")


def totals_of(shop: Shop, scope: Any) -> Any:
    return list_shortages(shop.writer, scope).attrs["totals"]


def test_enough_is_not_short(database: Database) -> None:
    shop = open_shop(database, pens=10)
    order(shop, 6)
    order(shop, 4, stage="received")
    assert short(shop) == []
    assert totals_of(shop, shop.scopes["manager"])["stocks"] == 0


def test_a_short_product_with_whom_it_hits(database: Database) -> None:
    shop = open_shop(database, pens=10)
    other = add(shop.writer, "customers", name="Other", region_id=shop.region_id)
    order(shop, 6, in_days=3)
    order(shop, 3, in_days=4, customer_id=other)
    order(shop, 4, in_days=5, customer_id=other)
    order(shop, 2, in_days=1, stage="received")
    for expected_on, quantity in ((TODAY + timedelta(days=9), 20), (TODAY + timedelta(days=7), 5)):
        add(shop.writer, "replenishments", product_id=shop.pen, warehouse_id=shop.warehouse_id,
            quantity=quantity, state="ordered", expected_on=expected_on)  # fmt: skip
    (row,) = short(shop)
    assert (row["sku"], row["on_hand"], row["asked"], row["missing"]) == ("PEN-1", 10, 15, 5)
    # 6 and 3 are served; of 4 one is, and 2 that are not confirmed get nothing
    assert (row["hit_orders"], row["hit_customers"]) == (2, 2)
    assert (row["hit_sales"], row["hit_currency"]) == (600, "CNY")
    assert (row["elsewhere"], row["on_order"]) == (0, 25)
    assert row["expected_on"].date() == TODAY + timedelta(days=7)
    totals = totals_of(shop, shop.scopes["manager"])
    assert {name: int(totals[name]) for name in ("stocks", "missing", "orders", "customers")} == {
        "stocks": 1, "missing": 5, "orders": 2, "customers": 2
    }  # fmt: skip
    assert (totals["net_sales"], totals["currency"]) == (600, "CNY")


def test_what_is_no_goods_is_never_short(database: Database) -> None:
    shop = open_shop(database, pens=1)
    order(shop, 3)
    assert len(short(shop)) == 1
    with writing(shop.writer) as connection:
        connection.execute(
            update(products).where(products.c.product_id == shop.pen).values(is_goods=False)
        )
    assert short(shop) == []
    assert totals_of(shop, shop.scopes["manager"])["stocks"] == 0


def test_an_order_that_two_shortages_hit_counts_once_in_all(database: Database) -> None:
    shop = open_shop(database, pens=1, inks=1)
    order_id = shop.order(units=(3, 3))
    run(shop, shop.scopes["admin"], "confirm_order", order_id, allow_short=True)
    assert [row["hit_orders"] for row in short(shop)] == [1, 1]
    totals = totals_of(shop, shop.scopes["manager"])
    assert (totals["stocks"], totals["orders"], totals["customers"]) == (2, 1, 1)


def test_what_is_set_aside_comes_before_any_turn(database: Database) -> None:
    shop = open_shop(database, pens=10)
    soon, late = order(shop, 8, in_days=1), order(shop, 6, in_days=9)
    new = order(shop, 3, in_days=0, stage="received")
    assert held(shop) == {soon: 8, late: 2, new: 0}
    set_aside(shop, late, 5)
    assert held(shop) == {soon: 5, late: 5, new: 0}
    set_aside(shop, new, 4)  # asks for three
    assert held(shop) == {soon: 2, late: 5, new: 3}
    shop.set_stock(shop.pen, 4)  # as a count found it: what is set aside is not there
    assert held(shop) == {soon: 0, late: 4, new: 0}


def test_a_lead_is_told_a_sum_of_other_regions_and_no_more(database: Database) -> None:
    shop = open_shop(database, pens=10)
    theirs = order(shop, 7, in_days=1, region_id=shop.lead_region_id)
    own = order(shop, 8, in_days=2)
    lines = list_stock_lines(shop.writer, shop.scopes["sales_lead"], shop.pen, shop.warehouse_id)
    assert lines["order_id"].tolist() == [own]
    assert (lines["elsewhere"][0], lines["held"][0]) == (7, 3)
    (row,) = short(shop, "sales_lead")
    assert (row["asked"], row["elsewhere"], row["missing"], row["hit_orders"]) == (15, 7, 5, 1)
    assert row["hit_customers"] == 1
    set_aside(shop, own, 6)
    assert held(shop, "sales_lead") == {own: 6}
    assert held(shop) == {theirs: 4, own: 6}
    assert short(shop, scope=shop.foreign["sales_lead"])[0]["elsewhere"] == 8


def test_a_lead_hears_nothing_of_what_hits_others_alone(database: Database) -> None:
    shop = open_shop(database, pens=10)
    order(shop, 12, region_id=shop.lead_region_id)
    assert short(shop, "sales_lead") == []
    assert len(short(shop)) == 1


def test_the_warehouse_sees_units_and_no_money(database: Database) -> None:
    shop = open_shop(database, pens=10)
    order(shop, 12)
    unseen = order(shop, 5, stage="received")
    scope = shop.scopes["warehouse"]
    (row,) = short(shop, scope=scope)
    assert (row["asked"], row["missing"], row["hit_customers"]) == (12, 2, 1)
    assert row["hit_sales"] != row["hit_sales"]
    assert totals_of(shop, scope)["net_sales"] is None
    lines = list_stock_lines(shop.writer, scope, shop.pen, shop.warehouse_id)
    assert unseen not in lines["order_id"].tolist()
    assert lines[["net_sales", "margin", "customer_value"]].isna().all(axis=None)


@pytest.mark.parametrize("role", ["sales_rep", "finance", "support", "partner"])
def test_who_does_not_see_stock_hears_of_no_other_order(database: Database, role: str) -> None:
    shop = open_shop(database, pens=10)
    rep = add(shop.writer, "employees", name="Else", region_id=shop.lead_region_id)
    other = add(shop.writer, "customers", name="Other", owner_id=rep)
    theirs = order(shop, 12, customer_id=other, channel="partner")
    lines = list_stock_lines(shop.writer, shop.scopes[role], shop.pen, shop.warehouse_id)
    assert theirs not in lines["order_id"].tolist()


def test_the_value_of_a_customer_is_what_they_are_expected_to_buy(database: Database) -> None:
    shop = open_shop(database, pens=1)
    scored = add(shop.writer, "customers", name="Scored", region_id=shop.region_id)
    add(shop.writer, "customer_scores", customer_id=scored, as_of_on=TODAY, currency="CNY",
        orders=1, orders_12m=1, first_ordered_on=TODAY, last_ordered_on=TODAY, net_sales=5,
        net_sales_12m=5, net_sales_prior_12m=0, categories=1, enquiries_90=0,
        enquiries_prior_90=0, recency_score=1, frequency_score=1, monetary_score=1, segment="x",
        rule_segment="x", predicted_value_12m=77)  # fmt: skip
    first, second = order(shop, 2, customer_id=scored), order(shop, 3)
    lines = list_stock_lines(shop.writer, shop.scopes["manager"], shop.pen, shop.warehouse_id)
    value = dict(zip(lines["order_id"], lines["customer_value"], strict=True))
    assert value == {first: 77, second: 300}  # the other has bought what they ordered


def test_who_set_units_aside_by_which_weights(database: Database) -> None:
    shop = open_shop(database, pens=10)
    first, second = order(shop, 8), order(shop, 6)
    set_aside(shop, first, 4)
    set_aside(shop, second, 6, request_id="second", allocated_at=NOW + timedelta(hours=1))
    found = list_set_aside(shop.writer, shop.scopes["manager"], shop.pen, shop.warehouse_id)
    assert found["request_id"].tolist() == ["second", "first"]
    assert found["person"].tolist() == ["A manager"] * 2
    assert found[["lines", "units"]].to_numpy().tolist() == [[1, 6], [1, 4]]
    assert found.iloc[0]["margin_weight"] == 30


# A second computation


@pytest.mark.parametrize("seed", range(6))
def test_lines_hold_what_is_handed_out_unit_by_unit(database: Database, seed: int) -> None:
    """Random orders, some of them of another region, some with units set aside; of the record and
    of the analytics copy, for a manager and a lead."""
    chance = Random(seed)
    shop = open_shop(database, pens=chance.randint(0, 25))
    left = shop.shelf(shop.pen).on_hand
    for _ in range(chance.randint(1, 7)):
        region = chance.choice((shop.region_id, shop.lead_region_id))
        units = chance.randint(1, 9)
        order_id = order(
            shop, units, stage=chance.choice(("received", "confirmed")),
            in_days=chance.randint(-3, 9), region_id=region,
        )  # fmt: skip
        if left and chance.random() < 0.4:
            given = min(chance.randint(1, units), left)
            set_aside(shop, order_id, given)
            left -= given
    lead = scope_of(database, "sales_lead", region_ids=[shop.region_id])
    copied = AnalyticsCopy(database.record)
    copied.refresh()
    try:
        for scope in (shop.scopes["manager"], lead):
            expected = _by_hand(shop, None if scope is not lead else shop.region_id)
            assert held(shop, scope=scope) == expected
            lines = list_stock_lines(copied.engine, scope, shop.pen, shop.warehouse_id)
            assert dict(zip(lines["order_id"], lines["held"], strict=True)) == expected
            asked = {each: shop.lines(each)[0].quantity for each in expected}
            hit = [each for each in expected if expected[each] < asked[each]]
            found = short(shop, scope=scope)
            assert sum(row["hit_orders"] for row in found) == len(hit)
            assert sum(row["missing"] for row in found) == sum(
                asked[each] - expected[each] for each in hit
            )
            again = list_shortages(copied.engine, scope).to_dict("records")
            assert [row["missing"] for row in again] == [row["missing"] for row in found]
    finally:
        copied.close()


def _by_hand(shop: Shop, region_id: int | None) -> dict[int, int]:
    rows = shop.rows(select(orders).where(orders.c.warehouse_id == shop.warehouse_id))
    asked = {row.order_id: shop.lines(row.order_id)[0].quantity for row in rows}
    aside = dict(shop.rows(select(allocations.c.order_id, allocations.c.quantity)))
    mine = [row for row in rows if region_id in (None, row.region_id)]
    shelf = shop.shelf(shop.pen)
    elsewhere = sum(
        asked[row.order_id] for row in rows if row not in mine and row.stage == "confirmed"
    )
    own = sum(aside.get(row.order_id, 0) for row in mine)
    left = max(shelf.on_hand - elsewhere, own)
    found = {row.order_id: aside.get(row.order_id, 0) for row in mine}
    left -= own
    for row in sorted(mine, key=lambda row: (row.stage != "confirmed", row.promised_on,
                                             row.order_id)):  # fmt: skip
        while left and found[row.order_id] < asked[row.order_id]:
            found[row.order_id] += 1
            left -= 1
    return found


def test_an_order_keeps_its_own_units_when_less_is_there_than_all_have_set_aside() -> None:
    aside = Aside(own=3, others=2, unreserved=2)
    assert [aside.left_to_ship(there) for there in (9, 5, 4)] == [7, 3, 3]
    assert [aside.left_to_confirm(free) for free in (9, 5, 4)] == [7, 3, 3]
