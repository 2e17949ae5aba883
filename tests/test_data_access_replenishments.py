"""Requests to replenish as people read them: counts, lists, receipts, on each record engine."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select

from data_access.database import Database
from data_access.keyset import next_page
from data_access.replenishments import (
    OF_AN_ORDER,
    RequestFilter,
    count_replenishments,
    list_open_requests,
    list_replenishments,
    list_request_receipts,
    list_suppliers,
    list_warehouses,
)
from data_access.scope import Scope
from data_access.tables import orders
from tests.crm import add, add_order, scope_of

TODAY = date(2026, 11, 23)


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


class Stores:
    """Pens at 2 and inks at 50, from two suppliers, in two warehouses; one order of the north."""

    def __init__(self, database: Database) -> None:
        self.database, writer = database, database.writer
        self.north = add(writer, "regions", name="North")
        self.one, self.two = (
            add(writer, "warehouses", name=name, name_zh=zh)
            for name, zh in (("One", "一"), ("Two", "二"))
        )
        self.maker = add(writer, "suppliers", name="Maker", lead_time_days=21)
        self.other = add(writer, "suppliers", name="Other", name_zh="别家")
        self.desk = add(writer, "categories", name="Desk", name_zh="办公")
        self.pen = add(writer, "products", sku="PEN", name="Pen", name_zh="钢笔", unit_cost=2,
                       category_id=self.desk, lead_time_days=9)  # fmt: skip
        self.ink = add(writer, "products", sku="INK", name="Ink", name_zh="墨水", unit_cost=50)
        self.boss = scope_of(database, "manager", name="Mia")
        order_id = add_order(database, region_id=self.north, stage="confirmed",
                             lines=[{"product_id": self.pen, "quantity": 5}])  # fmt: skip
        with database.record.connect() as connection:
            self.number = connection.scalar(
                select(orders.c.order_number).where(orders.c.order_id == order_id)
            )

    def request(self, state: str = "proposed", quantity: int = 10, **values: Any) -> int:
        row = {"product_id": self.pen, "warehouse_id": self.one, "supplier_id": self.maker,
               "cause": "By hand", **values}  # fmt: skip
        return add(self.database.writer, "replenishments", state=state, quantity=quantity, **row)

    def listed(self, scope: Any = None, wanted: RequestFilter | None = None, **said: Any) -> Any:
        wanted = wanted or RequestFilter()
        return list_replenishments(
            self.database.record, scope or self.boss, wanted, as_of=TODAY, **said
        )


@pytest.fixture
def stores(database: Database) -> Stores:
    return Stores(database)


def test_each_state_is_counted_with_what_is_still_to_come(stores: Stores) -> None:
    stores.request(quantity=10)
    stores.request(quantity=5, product_id=stores.ink)
    stores.request("ordered", 30, received_quantity=12, expected_on=ago(1), unit_cost=3)
    stores.request("ordered", 8, expected_on=TODAY)
    stores.request("ordered", 4, received_quantity=9)  # more came than was ordered
    stores.request("closed", 20, received_quantity=15)
    found = count_replenishments(stores.database.record, stores.boss, RequestFilter(), TODAY)
    by = found.set_index("state")
    assert by["requests"].to_dict() == {"proposed": 2, "ordered": 3, "closed": 1}
    assert by["units"].to_dict() == {"proposed": 15, "ordered": 18 + 8, "closed": 0}
    assert by["part_received"].to_dict() == {"proposed": 0, "ordered": 2, "closed": 1}
    assert by["late"].to_dict() == {"proposed": 0, "ordered": 1, "closed": 0}
    # 10 · 2 + 5 · 50; 30 · 3, 8 and 4 · 2
    assert by["value"].astype(float).to_dict() == {"proposed": 270, "ordered": 114, "closed": 40}
    of_pens = RequestFilter(states=("closed",), category_ids=(stores.desk,))
    by = count_replenishments(stores.database.record, stores.boss, of_pens, TODAY)
    assert by.set_index("state")["requests"].to_dict() == {"proposed": 1, "ordered": 3, "closed": 1}


def test_two_currencies_have_no_sum(stores: Stores) -> None:
    dear = add(stores.database.writer, "products", currency="EUR")
    stores.request()
    stores.request(product_id=dear)
    (row,) = count_replenishments(
        stores.database.record, stores.boss, RequestFilter(), TODAY
    ).itertuples()
    assert pd.isna(row.value) and pd.isna(row.currency)


def test_a_request_with_all_that_is_known_of_it(stores: Stores) -> None:
    people = {
        column: scope_of(stores.database, "manager", name=name).user_id
        for column, name in (
            ("requested_by", "Ann"), ("decided_by", "Bob"), ("ordered_by", "Cid"),
            ("received_by", "Dan"), ("closed_by", "Eve"),
        )
    }  # fmt: skip
    at = {
        name: datetime(2026, 11, day, 17, 0)  # the next day in Shanghai
        for name, day in (
            ("requested_at", 1), ("decided_at", 2), ("ordered_at", 3), ("received_at", 10),
            ("closed_at", 11),
        )
    }  # fmt: skip
    stores.request(
        "closed", 30, received_quantity=28, requested_quantity=24, unit_cost=Decimal("2.50"),
        needed_by=ago(5), expected_on=ago(9), note="Fair", reason="Sold out",
        cause=f"{stores.number} · PEN", version=6, **people, **at,
    )  # fmt: skip
    (row,) = stores.listed(language="zh_CN").to_dict("records")
    assert (row["product"], row["warehouse"], row["category"], row["supplier"]) == (
        "钢笔", "一", "办公", "Maker",
    )  # fmt: skip
    assert (row["requester"], row["decider"], row["orderer"], row["receiver"], row["closer"]) == (
        "Ann", "Bob", "Cid", "Dan", "Eve",
    )  # fmt: skip
    assert (row["unit_cost"], row["value"], row["currency"]) == (2.5, 75, "CNY")
    assert (row["quantity"], row["received_quantity"], row["open_units"]) == (30, 28, 0)
    assert (row["requested_quantity"], row["lead_days"], row["version"]) == (24, 9, 6)
    assert row["age_days"] == 21 and pd.isna(row["days_late"])
    assert (row["order_number"], row["note"], row["reason"]) == (stores.number, "Fair", "Sold out")
    assert row["needed_by"].date() == ago(5) and row["closed_at"] == at["closed_at"]


def test_what_is_late_and_what_is_not(stores: Stores) -> None:
    stores.request("ordered", expected_on=ago(3))
    stores.request("ordered", expected_on=TODAY, supplier_id=None, product_id=stores.ink)
    stores.request("proposed", expected_on=ago(9))
    found = stores.listed()
    assert found["days_late"].fillna(0).tolist() == [3, 0, 0]
    assert found["lead_days"].fillna(-1).tolist() == [9, -1, 9]


@pytest.mark.parametrize(
    ("sort", "descending", "expected"),
    [
        ("requested_at", False, [2, 1, 3, 0]),
        ("requested_at", True, [3, 1, 2, 0]),
        ("expected_on", False, [3, 0, 1, 2]),
        ("needed_by", False, [1, 0, 2, 3]),
        ("quantity", True, [1, 0, 3, 2]),
        ("value", True, [2, 1, 0, 3]),
    ],
)
def test_sorted_and_turned_page_by_page(
    stores: Stores, sort: Any, descending: bool, expected: list[int]
) -> None:
    """Rows without a value come last, ties by who came first (or last)."""
    ids = [
        stores.request(quantity=20, expected_on=ago(2)),
        stores.request(quantity=30, requested_at=datetime(2026, 11, 2), needed_by=ago(1)),
        stores.request(quantity=5, requested_at=datetime(2026, 11, 1), product_id=stores.ink),
        stores.request(quantity=9, requested_at=datetime(2026, 11, 3), expected_on=ago(4)),
    ]
    found: list[int] = []
    after = None
    for _page in range(4):
        page = stores.listed(sort=sort, descending=descending, limit=1, after=after)
        found += page["replenishment_id"].tolist()
        after = next_page(page)
    assert [ids.index(each) for each in found] == expected and after is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"states": ("approved",)}, [1]),
        ({"search": "钢笔"}, [0]),
        ({"search": "ink"}, [1]),
        ({"search": "MAKER pen"}, [0]),
        ({"search": "别家"}, [1]),
        ({"search": "SO-77"}, [1]),
        ({"search": "100%"}, []),
    ],
)
def test_filters_and_search(stores: Stores, said: dict[str, Any], expected: list[int]) -> None:
    ids = [
        stores.request(),
        stores.request("approved", product_id=stores.ink, warehouse_id=stores.two,
                       supplier_id=stores.other, cause="SO-77 · INK"),
    ]  # fmt: skip
    found = stores.listed(wanted=RequestFilter(**said))["replenishment_id"]
    assert [ids.index(each) for each in found] == expected
    for name, value in (("warehouse_ids", stores.two), ("supplier_ids", stores.other)):
        found = stores.listed(wanted=RequestFilter(**{name: (value,)}))["replenishment_id"]
        assert found.tolist() == [ids[1]]


def test_the_warehouse_reads_no_cost_and_a_lead_only_their_orders(stores: Stores) -> None:
    stores.request("ordered", unit_cost=Decimal(3), cause=f"{stores.number} · PEN")
    keeper = scope_of(stores.database, "warehouse")
    found = stores.listed(keeper)
    assert found[["unit_cost", "value"]].isna().all(axis=None) and len(found) == 1
    counted = count_replenishments(stores.database.record, keeper, RequestFilter(), TODAY)
    assert counted["value"].isna().all()
    own = scope_of(stores.database, "sales_lead", region_ids=[stores.north])
    foreign = scope_of(
        stores.database, "sales_lead", region_ids=[add(stores.database.writer, "regions")]
    )
    assert stores.listed(own)["order_number"].tolist() == [stores.number]
    assert stores.listed(foreign)["order_number"].isna().all()
    for role in ("sales_rep", "support", "finance", "partner"):
        assert not len(stores.listed(scope_of(stores.database, role)))


def test_a_cause_names_an_order_only_to_who_sees_it(stores: Stores) -> None:
    causes = (f"{stores.number} · PEN", f"{stores.number} · PEN-OLD",
              "Below the reorder point · 5 on order", "By hand")  # fmt: skip
    ids = [stores.request(cause=cause) for cause in causes]
    own = scope_of(stores.database, "sales_lead", region_ids=[stores.north])
    foreign = scope_of(
        stores.database, "sales_lead", region_ids=[add(stores.database.writer, "regions")]
    )

    def told(scope: Scope) -> list[str]:
        return stores.listed(scope).set_index("replenishment_id").loc[ids, "cause"].tolist()

    assert told(stores.boss) == list(causes)
    assert told(own) == [causes[0], OF_AN_ORDER, *causes[2:]]  # whose order it is cannot be told
    assert told(foreign) == [OF_AN_ORDER, OF_AN_ORDER, *causes[2:]]
    assert not len(stores.listed(foreign, wanted=RequestFilter(search=stores.number)))


def test_receipts_open_requests_and_names(stores: Stores) -> None:
    record = stores.database.record
    request_id = stores.request("ordered", 30)
    stores.request("rejected")
    for day, units in ((3, 12), (2, 5)):
        add(stores.database.writer, "stock_movements", product_id=stores.pen, kind="receipt",
            warehouse_id=stores.one, quantity=units, moved_at=datetime(2026, 11, day),
            replenishment_id=request_id)  # fmt: skip
    found = list_request_receipts(record, stores.boss, request_id)
    assert found["quantity"].tolist() == [5, 12]
    (row,) = list_open_requests(record, stores.boss).itertuples(index=False)
    assert tuple(row) == (stores.pen, stores.one, "ordered", "By hand", 30)
    assert list_suppliers(record, stores.boss, "zh_CN")["name"].tolist() == ["Maker", "别家"]
    assert list_warehouses(record, stores.boss)["name"].tolist() == ["One", "Two"]
    lead = scope_of(stores.database, "sales_lead", region_ids=[stores.north])
    assert not len(list_request_receipts(record, lead, request_id))
    assert not len(list_suppliers(record, lead))
