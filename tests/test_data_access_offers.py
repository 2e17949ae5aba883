"""What is told of offers: what speaks against one now, and what a rep may not learn."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from dashboard.analytics.calling import ENDED_BY_AN_ORDER, HOLDS
from dashboard.analytics.recommending.screening import Screen
from data_access.database import Database
from data_access.offered import (
    REFUSALS,
    find_offer_list,
    find_offered_product,
    list_most_sold,
    list_offered_products,
)
from data_access.offers import list_bought_with, list_offers, list_pairs, list_wanting
from tests.crm import add, add_order, scope_of

AS_OF = date(2026, 11, 23)


@pytest.fixture
def shop(database: Database) -> SimpleNamespace:
    writer = database.writer
    region = add(writer, "regions")
    rep = add(writer, "employees", name="Rep", region_id=region)
    mine = add(writer, "customers", name="Ada", owner_id=rep, region_id=region, consent="granted")
    other = add(writer, "customers", name="Bea", consent="granted")
    tea, cup, lamp, gone = (
        add(writer, "products", name=name, list_price=Decimal(50), unit_cost=Decimal(cost),
            discontinued_on=ends)
        for name, cost, ends in (("Tea", 20, None), ("Cup", 49, None), ("Lamp", 30, None),
                                 ("Gone", 10, AS_OF))
    )  # fmt: skip
    return SimpleNamespace(
        database=database, writer=writer, mine=mine, other=other, tea=tea, cup=cup, lamp=lamp,
        gone=gone, admin=scope_of(database, "admin"),
        rep=scope_of(database, "sales_rep", employee_id=rep),
    )  # fmt: skip


def offer(shop: SimpleNamespace, customer_id: int, product_id: int, **values: Any) -> int:
    row: dict[str, Any] = {
        "as_of_on": AS_OF, "kind": "new", "rank": 1, "score": Decimal(2), "method": "blend",
        "reason": "together", "source_product_id": shop.tea, "shared_count": 9,
        "shared_base": 41, **values,
    }  # fmt: skip
    return add(shop.writer, "offers", customer_id=customer_id, product_id=product_id, **row)


def told(shop: SimpleNamespace, scope: Any, customer_id: int) -> dict[int, dict[str, Any]]:
    found = list_offers(shop.database.record, scope, customer_id, AS_OF)
    return {row["product_id"]: row for row in found.to_dict("records")}


def test_what_speaks_against_an_offer_is_told(shop: SimpleNamespace) -> None:
    warehouse = add(shop.writer, "warehouses")
    add(shop.writer, "stock", warehouse_id=warehouse, product_id=shop.cup, on_hand=5, reserved=5)
    add(shop.writer, "stock", warehouse_id=warehouse, product_id=shop.tea, on_hand=9, reserved=2)
    for rank, product in enumerate((shop.tea, shop.cup, shop.lamp, shop.gone), start=1):
        offer(shop, shop.mine, product, rank=rank)
    add(shop.writer, "reminders", customer_id=shop.mine, product_id=shop.lamp, cause="rebuy",
        action="call", state="dismissed", recorded_at=datetime(2026, 11, 1))  # fmt: skip
    order_id = add_order(shop.database, customer_id=shop.mine,
                         lines=[{"product_id": shop.tea, "quantity": 4}])  # fmt: skip
    add_order(shop.database, customer_id=shop.mine, stage="cancelled",
              lines=[{"product_id": shop.tea, "quantity": 70}])  # fmt: skip
    with shop.database.record.connect() as connection:
        line_id = connection.exec_driver_sql(
            f"SELECT line_id FROM order_lines WHERE order_id = {order_id}"
        ).scalar_one()
    add(shop.writer, "returns", order_id=order_id, line_id=line_id, quantity=3, amount=Decimal(9))
    found = told(shop, shop.admin, shop.mine)
    assert list(found) == [shop.tea, shop.cup, shop.lamp]  # by rank; what is gone is left out
    tea, cup, lamp = found.values()
    assert (tea["available"], tea["bought_units"], tea["returned_units"]) == (7, 4, 3)
    assert (cup["available"], cup["margin_rate"], cup["source_product"]) == (0, 0.02, "Tea")
    assert (lamp["is_refused"], cup["is_refused"], lamp["bought_units"]) == (1, 0, 0)
    frame = list_offers(shop.database.record, shop.admin, shop.mine, AS_OF)
    assert Screen().apply(frame)["left_out"].tolist() == [
        "returned_often", "not_available", "refused",
    ]  # fmt: skip
    assert Screen(least_margin=0.5, most_returned=None, needs_stock=False).apply(frame)[
        "left_out"
    ].tolist() == [None, "low_margin", "refused"]


def test_what_was_said_on_a_call_speaks_against_an_offer(shop: SimpleNamespace) -> None:
    """Of the product, or of all that the line was about; for as long as it stands, and until the
    product is ordered after all."""
    monday = date(2026, 11, 16)

    def mark(mark: str, days_ago: int, product_id: int | None = None) -> None:
        at = datetime.combine(AS_OF - timedelta(days=days_ago), time(3))
        add(shop.writer, "call_marks", customer_id=shop.mine, product_id=product_id, mark=mark,
            user_id=shop.admin.user_id, week_on=monday, marked_at=at)  # fmt: skip

    def refused() -> set[int]:
        found = told(shop, shop.admin, shop.mine)
        rows = list_offered_products(
            shop.database.record, shop.admin, shop.mine, (shop.tea, shop.cup, shop.lamp), AS_OF
        )
        same = set(rows.loc[rows["is_refused"] == 1, "product_id"])
        assert same == {each for each, row in found.items() if row["is_refused"]}
        return same

    for rank, product in enumerate((shop.tea, shop.cup, shop.lamp), start=1):
        offer(shop, shop.mine, product, rank=rank)
    mark("called", 1, shop.tea)
    mark("not_interested", 181, shop.tea)
    mark("not_interested", 1)  # of a line that names no product
    assert refused() == set()
    mark("not_interested", 179, shop.tea)
    mark("wrong", 364, shop.cup)
    add(shop.writer, "call_reasons", week_on=monday, customer_id=shop.mine, cause="rebuy",
        product_id=shop.lamp, probability=Decimal("0.5"), value=Decimal(1),
        expected_value=Decimal(1))  # fmt: skip
    assert refused() == {shop.tea, shop.cup, shop.lamp}
    add_order(shop.database, customer_id=shop.mine, ordered_on=AS_OF - timedelta(days=30),
              lines=[{"product_id": shop.tea}, {"product_id": shop.lamp}])  # fmt: skip
    assert refused() == {shop.cup, shop.lamp}  # of lamps it was said later
    assert set(list_wanting(shop.database.record, shop.admin, shop.cup, AS_OF)["customer"]) == set()
    assert {mark: REFUSALS[mark] for mark in ENDED_BY_AN_ORDER} == {
        mark: HOLDS[mark] for mark in ENDED_BY_AN_ORDER
    }


def test_a_rep_learns_nothing_of_others_customers(shop: SimpleNamespace) -> None:
    offer(shop, shop.mine, shop.cup, shared_count=4, shared_base=41)
    offer(shop, shop.mine, shop.lamp, rank=2, shared_count=5, shared_base=41,
          shared_rate=Decimal("0.1"))  # fmt: skip
    offer(shop, shop.mine, shop.tea, kind="again", reason="bought", source_product_id=None,
          shared_count=None, shared_base=None, own_count=2, own_base=3, orders_since=1)  # fmt: skip
    offer(shop, shop.other, shop.cup)
    assert told(shop, shop.rep, shop.other) == {}
    mine = told(shop, shop.rep, shop.mine)
    for product in (shop.lamp, shop.cup):
        assert pd.isna(mine[product]["shared_count"]) and pd.isna(mine[product]["shared_base"])
    assert mine[shop.lamp]["shared_rate"] == 0.1 and pd.isna(mine[shop.cup]["shared_rate"])
    assert (mine[shop.tea]["own_count"], mine[shop.tea]["own_base"]) == (2, 3)
    assert told(shop, shop.admin, shop.mine)[shop.cup]["shared_count"] == 4
    wanting = list_wanting(shop.database.record, shop.rep, shop.cup, AS_OF)
    assert wanting["customer"].tolist() == ["Ada"]
    assert set(list_wanting(shop.database.record, shop.admin, shop.cup, AS_OF)["customer"]) == {
        "Ada", "Bea",
    }  # fmt: skip


def test_of_a_methods_list_a_rep_reads_no_count_of_everybody(shop: SimpleNamespace) -> None:
    for customer_id in (shop.mine, shop.other):
        add(shop.writer, "offer_lists", customer_id=customer_id, as_of_on=AS_OF, order_count=3,
            late_orders=400, products="p", entries="e", counts="c")  # fmt: skip
    assert find_offer_list(shop.database.record, shop.rep, shop.other) is None
    mine, all_of_it = (
        find_offer_list(shop.database.record, scope, shop.mine) for scope in (shop.rep, shop.admin)
    )
    assert mine is not None and all_of_it is not None
    assert (mine["late_orders"], mine["counts"], mine["entries"]) == (None, None, "e")
    assert (all_of_it["late_orders"], all_of_it["counts"]) == (400, "c")


def test_of_a_product_is_told_what_it_is(shop: SimpleNamespace) -> None:
    found = find_offered_product(shop.database.record, shop.rep, shop.gone)
    assert found is not None and (found["product"], found["discontinued_on"]) == ("Gone", AS_OF)
    assert found["available"] is None
    assert find_offered_product(shop.database.record, shop.rep, shop.gone + 99) is None
    rows = list_offered_products(
        shop.database.record, shop.rep, shop.mine, (shop.gone, shop.tea), AS_OF
    )
    assert rows[["product", "is_sold"]].values.tolist() == [["Tea", 1], ["Gone", 0]]


def test_who_wants_a_product_next(shop: SimpleNamespace) -> None:
    likely, refusing, not_again, unknown = (
        add(shop.writer, "customers", name=name, consent=consent)
        for name, consent in (("Cy", "granted"), ("Di", "refused"), ("Ed", "unknown"),
                              ("Fay", "unknown"))
    )  # fmt: skip
    offer(shop, shop.mine, shop.cup, score=Decimal(1), kind="again")
    for customer_id in (likely, refusing, not_again):
        offer(shop, customer_id, shop.cup, score=Decimal(3))
    offer(shop, unknown, shop.cup, method="popular", reason="popular", source_product_id=None)
    add(shop.writer, "reminders", customer_id=not_again, product_id=shop.cup, cause="rebuy",
        action="call", state="dismissed", recorded_at=datetime(2026, 11, 1))  # fmt: skip
    for days_ago, product in ((9, shop.cup), (2, shop.tea)):
        add_order(shop.database, customer_id=shop.mine, lines=[{"product_id": product}],
                  ordered_on=AS_OF - timedelta(days=days_ago))  # fmt: skip
    found = list_wanting(shop.database.record, shop.admin, shop.cup, AS_OF)
    assert found["customer"].tolist() == ["Cy", "Ada"]
    ada = found.iloc[1]
    assert (ada["rep"], ada["source_product"]) == ("Rep", "Tea")
    days = [ada[name].date() for name in ("last_bought_on", "last_ordered_on")]
    assert days == [AS_OF - timedelta(days=9), AS_OF - timedelta(days=2)]
    assert pd.isna(found["last_bought_on"].iloc[0])
    again = list_wanting(shop.database.record, shop.admin, shop.cup, AS_OF, kind="again")
    assert again["customer"].tolist() == ["Ada"]
    one = list_wanting(shop.database.record, shop.admin, shop.cup, AS_OF, limit=1)
    assert one["customer"].tolist() == ["Cy"]


def test_rules_of_pairs(shop: SimpleNamespace) -> None:
    def pair(product_id: int, other: int, together: int, lift: int) -> None:
        add(shop.writer, "product_pairs", product_id=product_id, other_product_id=other,
            as_of_on=AS_OF, together=together, product_orders=40, other_orders=20, orders=1_000,
            shared_rate=Decimal(together) / 40, lift=Decimal(lift), lift_low=Decimal(lift) / 2,
            lift_high=Decimal(lift) * 2, q_value=Decimal("0.01"))  # fmt: skip

    pair(shop.tea, shop.cup, 10, 3)
    pair(shop.tea, shop.lamp, 30, 2)
    pair(shop.cup, shop.tea, 10, 3)
    for scope in (shop.admin, shop.rep):
        with_tea = list_bought_with(shop.database.record, scope, shop.tea)
        assert with_tea["other_product"].tolist() == ["Cup", "Lamp"]
        assert with_tea["confidence"].tolist() == [0.25, 0.75]
        assert len(list_pairs(shop.database.record, scope)) == 3
    with_tea = list_bought_with(shop.database.record, shop.admin, shop.tea)
    assert with_tea["support"].tolist() == [0.01, 0.03]
    often = list_pairs(shop.database.record, shop.admin, sort="together", fewest=11)
    assert often["together"].tolist() == [30]
    hidden = ["together", "product_orders", "other_orders", "orders", "support", "lift_high",
              "q_value"]  # fmt: skip
    assert list_bought_with(shop.database.record, shop.rep, shop.tea)[hidden].isna().all(axis=None)


def test_what_is_sold_most_counts_the_orders_that_the_person_sees(shop: SimpleNamespace) -> None:
    def order(customer_id: int, days_ago: int, *product_ids: int, **values: Any) -> None:
        add_order(shop.database, customer_id=customer_id, ordered_on=AS_OF - timedelta(days_ago),
                  lines=[{"product_id": each} for each in product_ids], **values)  # fmt: skip

    order(shop.mine, 0, shop.cup, shop.cup)
    order(shop.mine, 89, shop.cup, shop.gone)
    order(shop.mine, 90, shop.lamp)
    order(shop.mine, 5, shop.lamp, stage="cancelled")
    for days_ago in (1, 2, 3):
        order(shop.other, days_ago, shop.tea)
    add(shop.writer, "stock", warehouse_id=add(shop.writer, "warehouses"), product_id=shop.tea,
        on_hand=9, reserved=2)  # fmt: skip

    def told(scope: Any) -> list[Any]:
        found = list_most_sold(shop.database.record, scope, AS_OF)
        found["available"] = found["available"].fillna(-1)
        return found[["product", "orders", "available"]].values.tolist()

    assert told(shop.admin) == [["Tea", 3, 7], ["Cup", 2, -1]]
    assert told(shop.rep)[0][:2] == ["Cup", 2] and len(told(shop.rep)) == 1
    one = list_most_sold(shop.database.record, shop.admin, AS_OF, limit=1)
    assert one["last_ordered_on"].tolist() == [pd.Timestamp(AS_OF - timedelta(days=1))]
