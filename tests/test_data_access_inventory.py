"""Stock, what moved it, what is to come and who waits, by a hand-made company on each engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from data_access.database import Database
from data_access.inventory import (
    list_expected_receipts,
    list_stock,
    list_waiting_lines,
    sum_movements_of_stock,
    sum_waiting_by_stock,
)
from data_access.refreshing.demand import (
    read_daily_demand,
    read_demand_since,
    read_last_shipped,
    read_lead_times,
    read_movements_since,
    read_stated_lead_times,
)
from data_access.scope import Scope
from tests.crm import add, add_order, scope_of

TODAY = date(2026, 11, 23)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@dataclass
class Stores:
    """Pens in two warehouses and a service that is no goods; one rep in the north."""

    database: Database

    def __post_init__(self) -> None:
        writer = self.database.writer
        self.north, self.south = (add(writer, "regions", name=name) for name in ("North", "South"))
        self.one, self.two = (
            add(writer, "warehouses", name=name, name_zh=zh)
            for name, zh in (("One", "一"), ("Two", "二"))
        )
        self.supplier = add(writer, "suppliers", name="Pen makers", lead_time_days=21)
        self.pen = add(writer, "products", name="Pen", name_zh="笔", unit_cost=2, pack_size=6,
                       supplier_id=self.supplier, lead_time_days=9)  # fmt: skip
        self.postage = add(writer, "products", name="Postage", is_goods=False)
        self.shelf = self.stock(self.one, on_hand=5, reserved=8, reorder_point=10)
        self.other_shelf = self.stock(self.two, on_hand=40, reserved=0)
        self.stock(self.one, product_id=self.postage, on_hand=1)
        self.ann, self.bob = (
            add(writer, "customers", name=name, region_id=region)
            for name, region in (("Ann", self.north), ("Bob", self.south))
        )

    def stock(self, warehouse_id: int, **values: Any) -> int:
        row = {"product_id": self.pen, "warehouse_id": warehouse_id, **values}
        return add(self.database.writer, "stock", **row)

    def refill(self, state: str, quantity: int, **values: Any) -> None:
        row = {"product_id": self.pen, "warehouse_id": self.one, "supplier_id": self.supplier,
               **values}  # fmt: skip
        add(self.database.writer, "replenishments", state=state, quantity=quantity, **row)

    def move(self, at: datetime, quantity: int, kind: str, warehouse_id: int | None = None) -> None:
        add(self.database.writer, "stock_movements", product_id=self.pen, quantity=quantity,
            warehouse_id=warehouse_id or self.one, kind=kind, moved_at=at)  # fmt: skip

    def order(self, customer_id: int, units: int, stage: str, **values: Any) -> int:
        region = self.north if customer_id == self.ann else self.south
        row = {"warehouse_id": self.one, "region_id": region, "currency": "CNY",
               "ordered_on": ago(2), **values}  # fmt: skip
        line = {"product_id": self.pen, "quantity": units, "unit_price": 5, "unit_cost": 2}
        return add_order(self.database, customer_id=customer_id, stage=stage, lines=[line], **row)

    def of_pens(self, found: pd.DataFrame) -> pd.DataFrame:
        return found[found["product_id"] == self.pen].reset_index(drop=True)


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores(database)


@pytest.fixture
def boss(stores: Stores) -> Scope:
    return scope_of(stores.database, "manager")


def test_stock_with_what_is_on_order_and_was_shipped_last(stores: Stores, boss: Scope) -> None:
    stores.refill("ordered", 30, received_quantity=12, expected_on=ago(-4))
    stores.refill("ordered", 5, expected_on=ago(1))
    stores.refill("ordered", 5, received_quantity=9, expected_on=ago(2))  # more came than ordered
    stores.refill("proposed", 7)
    stores.refill("rejected", 99)
    stores.refill("received", 50, received_quantity=50)
    # 02:00 of the next day in Shanghai
    stores.move(datetime(2026, 11, 10, 18, 0), -3, "shipment")
    stores.move(datetime(2026, 11, 20, 3, 0), 9, "receipt")
    found = stores.of_pens(list_stock(stores.database.analytics, boss, "zh_CN"))
    assert found["warehouse"].tolist() == ["一", "二"] and found["product"].tolist() == ["笔"] * 2
    row = found.iloc[0]
    assert (row["on_hand"], row["reserved"], row["reorder_point"]) == (5, 8, 10)
    assert (row["on_order"], row["requested"]) == (18 + 5, 7)
    assert row["expected_on"].date() == ago(1)
    engine = stores.database.analytics
    shipped = stores.of_pens(read_last_shipped(engine, TODAY, "Asia/Shanghai"))
    assert [day.date() for day in shipped["last_shipped_on"]] == [date(2026, 11, 11)]
    assert (row["unit_cost"], row["supplier"]) == (2, "Pen makers")
    assert found["on_order"].tolist() == [23, 0] and pd.isna(found["expected_on"][1])


def test_what_is_no_goods_has_no_stock(stores: Stores, boss: Scope) -> None:
    found = list_stock(stores.database.analytics, boss)
    assert stores.postage not in set(found["product_id"])


def test_expected_receipts_by_day(stores: Stores, boss: Scope) -> None:
    stores.refill("ordered", 30, received_quantity=12, expected_on=ago(-4))
    stores.refill("ordered", 2, expected_on=ago(-4))
    stores.refill("ordered", 3)
    stores.refill("ordered", 5, received_quantity=9, expected_on=ago(2))
    stores.refill("approved", 100, expected_on=ago(-1))
    found = stores.of_pens(list_expected_receipts(stores.database.analytics, boss))
    assert found["quantity"].tolist() == [20, 3]
    assert found["expected_on"][0].date() == ago(-4) and pd.isna(found["expected_on"][1])


def test_lead_times_are_counted_in_business_days(stores: Stores, boss: Scope) -> None:
    times = {
        "ordered_at": datetime(2026, 10, 1, 17, 0),  # the 2nd in Shanghai
        "received_at": datetime(2026, 10, 9, 1, 0),
    }
    stores.refill("received", 5, received_quantity=5, **times)
    stores.refill("closed", 5, received_quantity=5, ordered_at=datetime(2024, 1, 1),
                  received_at=datetime(2024, 1, 9))  # fmt: skip
    stores.refill("ordered", 5, ordered_at=datetime(2026, 11, 1))
    found = stores.of_pens(read_lead_times(stores.database.analytics, ago(365), "Asia/Shanghai"))
    assert found["lead_days"].tolist() == [7]


def test_demand_is_what_was_ordered_and_not_cancelled(stores: Stores, boss: Scope) -> None:
    stores.order(stores.ann, 4, "completed", ordered_on=ago(3))
    stores.order(stores.bob, 2, "received", ordered_on=ago(3))
    stores.order(stores.bob, 50, "cancelled", ordered_on=ago(3))
    stores.order(stores.ann, 9, "received", ordered_on=TODAY)
    stores.order(stores.ann, 1, "completed", ordered_on=ago(40))
    stores.order(stores.ann, 6, "completed", ordered_on=ago(5), warehouse_id=None)
    found = stores.of_pens(read_demand_since(stores.database.analytics, ago(30), TODAY))
    found = found.sort_values("units")
    assert found["units"].tolist() == [4 + 2, 6]
    assert sorted(found["warehouse_id"].isna()) == [False, True]


def test_movements_of_a_day(stores: Stores, boss: Scope) -> None:
    evening = datetime(2026, 11, 20, 17, 0)  # the 21st in Shanghai
    for quantity, kind in ((-4, "shipment"), (-1, "shipment"), (20, "receipt"), (2, "return")):
        stores.move(evening, quantity, kind)
    stores.move(datetime(2026, 11, 20, 15, 0), -3, "shipment")
    stores.move(datetime(2026, 9, 1), -30, "shipment")
    engine = stores.database.analytics
    found = stores.of_pens(read_movements_since(engine, ago(30), TODAY, "Asia/Shanghai"))
    found = found.sort_values("moved_on")
    assert [day.date() for day in found["moved_on"]] == [date(2026, 11, 20), date(2026, 11, 21)]
    assert found["net"].tolist() == [-3, 17] and found["came"].tolist() == [0, 22]
    told = sum_movements_of_stock(engine, boss, stores.pen, stores.one, ago(30), TODAY)
    assert told["net"].tolist() == [-3, 17]


def test_who_waits_and_with_what(stores: Stores, boss: Scope) -> None:
    late = stores.order(stores.ann, 8, "processing", promised_on=ago(-1))
    stores.order(stores.bob, 3, "received", promised_on=ago(2))
    stores.order(stores.bob, 5, "shipped")
    stores.order(stores.bob, 50, "cancelled")
    stores.order(stores.bob, 7, "confirmed", warehouse_id=stores.two)
    engine = stores.database.analytics
    sums = stores.of_pens(sum_waiting_by_stock(engine, boss)).set_index("warehouse_id")
    assert sums.loc[stores.one, "waiting_units"] == 11
    assert sums.loc[stores.one, ["waiting_orders", "waiting_customers"]].tolist() == [2, 2]
    assert sums.loc[stores.one, "waiting_sales"] == 55
    lines = list_waiting_lines(engine, boss, stores.pen, stores.one)
    assert lines["customer"].tolist() == ["Bob", "Ann"] and lines["quantity"].tolist() == [3, 8]
    ann = lines[lines["order_id"] == late].iloc[0]
    assert (ann["net_sales"], ann["margin"], ann["customer_value"]) == (40, 24, 40)
    assert lines["customer_value"][0] == 5 * (3 + 5 + 7)
    stores.order(stores.bob, 2, "received", currency="EUR")
    sums = stores.of_pens(sum_waiting_by_stock(engine, boss)).set_index("warehouse_id")
    assert pd.isna(sums.loc[stores.one, "waiting_sales"])  # of two currencies
    assert sums.loc[stores.one, "waiting_units"] == 13
    assert sums.loc[stores.two, ["waiting_sales", "waiting_currency"]].tolist() == [35, "CNY"]


def test_a_lead_sees_the_stock_and_the_orders_of_their_regions(stores: Stores) -> None:
    stores.order(stores.ann, 8, "processing")
    stores.order(stores.bob, 3, "received")
    lead = scope_of(stores.database, "sales_lead", region_ids=[stores.north])
    engine = stores.database.analytics
    assert len(stores.of_pens(list_stock(engine, lead))) == 2
    assert sum_waiting_by_stock(engine, lead)["waiting_units"].tolist() == [8]
    assert list_waiting_lines(engine, lead, stores.pen, stores.one)["customer"].tolist() == ["Ann"]
    stores.move(datetime(2026, 11, 20), -3, "shipment")
    told = sum_movements_of_stock(engine, lead, stores.pen, stores.one, ago(30), TODAY)
    assert not len(told)


def test_the_warehouse_sees_no_money(stores: Stores) -> None:
    stores.order(stores.ann, 8, "processing")
    keeper = scope_of(stores.database, "warehouse")
    engine = stores.database.analytics
    assert stores.of_pens(list_stock(engine, keeper))["unit_cost"].isna().all()
    assert sum_waiting_by_stock(engine, keeper)["waiting_sales"].isna().all()
    lines = list_waiting_lines(engine, keeper, stores.pen, stores.one)
    assert len(lines) and lines[["net_sales", "margin", "customer_value"]].isna().all(axis=None)


def test_who_sees_no_stock_sees_nothing(stores: Stores) -> None:
    finance = scope_of(stores.database, "finance")
    assert not len(list_stock(stores.database.analytics, finance))


def test_the_evaluation_reads_goods_of_everybody(stores: Stores) -> None:
    writer = stores.database.writer
    stores.order(stores.ann, 4, "completed", ordered_on=ago(3))
    stores.order(stores.bob, 2, "received", ordered_on=ago(3))
    stores.order(stores.bob, 50, "cancelled", ordered_on=ago(3))
    add_order(stores.database, warehouse_id=stores.one, ordered_on=ago(3),
              lines=[{"product_id": stores.postage, "quantity": 7}])  # fmt: skip
    found = read_daily_demand(writer)
    assert stores.postage not in set(found["product_id"])
    assert stores.of_pens(found)["units"].tolist() == [4 + 2]
    times = {
        "ordered_at": datetime(2026, 10, 1, 17, 0),  # the 2nd in Shanghai
        "received_at": datetime(2026, 10, 9, 1, 0),
    }
    stores.refill("received", 5, received_quantity=5, **times)
    receipts = read_lead_times(writer, ago(365), "Asia/Shanghai")
    assert stores.of_pens(receipts)["lead_days"].tolist() == [7]
    assert not len(stores.of_pens(read_lead_times(writer, ago(30), "Asia/Shanghai")))
    (pen,) = stores.of_pens(read_stated_lead_times(writer)).itertuples()
    assert (pen.lead_time_days, pen.supplier_lead_time_days) == (9, 21)
