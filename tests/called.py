"""A company with a list of calls, by hand: a line of one customer and two products that are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from data_access.database import Database
from tests.crm import add
from tests.shop import Shop, open_shop

WEEK = date(2026, 11, 23)  # a Monday


@dataclass
class Called:
    shop: Shop
    call_id: int

    @property
    def database(self) -> Database:
        return self.shop.database

    def line(self, customer_id: int, **values: Any) -> int:
        return add_line(self.shop, customer_id, **values)

    def reason(self, customer_id: int, cause: str = "silent", **values: Any) -> int:
        return add_reason(self.shop, customer_id, cause, **values)


def open_list(database: Database) -> Called:
    shop = open_shop(database)
    call_id = add_line(shop, shop.customer_id, rank=1, expected_value=Decimal("945.00"))
    add_reason(shop, shop.customer_id, "silent", probability=Decimal("0.9"),
               value=Decimal(1000), expected_value=Decimal(900), orders=4,
               usual_gap_days=Decimal(30))  # fmt: skip
    add_reason(shop, shop.customer_id, "rebuy", product_id=shop.pen, quantity=12, orders=3,
               usual_gap_days=Decimal(53), expected_on=WEEK + timedelta(days=10))  # fmt: skip
    add_reason(shop, shop.customer_id, "rebuy", product_id=shop.ink, quantity=2, orders=5,
               probability=Decimal("0.5"), value=Decimal(30), expected_value=Decimal(15),
               usual_gap_days=Decimal(20), expected_on=WEEK)  # fmt: skip
    return Called(shop, call_id)


def add_line(shop: Shop, customer_id: int, **values: Any) -> int:
    row = {
        "week_on": WEEK, "as_of_on": WEEK, "employee_id": shop.rep_id, "customer_id": customer_id,
        "rank": 1, "currency": "CNY", "expected_value": Decimal(100),
        "experiment": "calls-2026-Q4", "is_held_out": False, **values,
    }  # fmt: skip
    return add(shop.writer, "calls", **row)


def add_reason(shop: Shop, customer_id: int, cause: str, **values: Any) -> int:
    row = {
        "week_on": WEEK, "customer_id": customer_id, "cause": cause,
        "probability": Decimal("0.3"), "value": Decimal(100), "expected_value": Decimal(30),
        "last_ordered_on": WEEK - timedelta(days=60), **values,
    }  # fmt: skip
    return add(shop.writer, "call_reasons", **row)
