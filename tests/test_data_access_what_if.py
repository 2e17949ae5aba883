"""What what-if learns from, counted by hand on each engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert

from data_access.database import Database, writing
from data_access.filters import OrderFilter, Period
from data_access.tables import customer_scores
from data_access.what_if import (
    find_sold,
    last_monday,
    list_campaign_spans,
    sum_category_days,
    sum_expected_by_hundredth,
    sum_orders_by_customer_age,
    sum_product_weeks,
    sum_targets,
)
from data_access.what_if_stock import list_arrivals, list_lead_times, list_product_stock
from tests.crm import add, add_order, scope_of

TODAY = date(2026, 11, 25)  # a Wednesday
MONDAY = date(2026, 11, 23)
YEN = OrderFilter(currency="JPY")  # the noise buys in other currencies


def ago(days: int) -> date:
    return MONDAY - timedelta(days=days)


@pytest.fixture
def shop(database: Database) -> dict[str, int]:
    writer = database.writer
    tea, pens = (add(writer, "categories", name=name) for name in ("Tea", "Pens"))
    return {
        "tea": tea, "pens": pens,
        "leaf": add(writer, "products", name="Leaf", category_id=tea, lead_time_days=9),
        "pen": add(writer, "products", name="Pen", category_id=pens),
        "postage": add(writer, "products", name="Postage", category_id=pens, is_goods=False),
        "north": add(writer, "regions", name="North"),
    }  # fmt: skip


def sell(database: Database, product_id: int, on: date, quantity: int = 1, price: float = 100,
         **values: Any) -> int:  # fmt: skip
    line = {
        "product_id": product_id, "quantity": quantity, "unit_price": Decimal(str(price)),
        **values.pop("line", {}),
    }  # fmt: skip
    return add_order(database, lines=[line], ordered_on=on, currency="JPY", **values)


def rows(frame: Any, *names: str) -> list[tuple[Any, ...]]:
    return list(frame[list(names)].itertuples(index=False, name=None))


def test_weeks_of_a_product(database: Database, shop: dict[str, int]) -> None:
    """Two lines in the week of 16 November at 100 and 110; what was returned brings nothing; this
    week is not over; what was cancelled, postage and other currencies do not count."""
    leaf = shop["leaf"]
    discounted = {"discount_rate": Decimal("0.1"), "returned_quantity": 1}
    sell(database, leaf, ago(7), quantity=3, line=discounted)
    sell(database, leaf, ago(1), price=110)
    sell(database, leaf, MONDAY)
    sell(database, leaf, ago(3), stage="cancelled")
    sell(database, shop["postage"], ago(3))
    sell(database, leaf, ago(8), line={"unit_cost": None})
    found = sum_product_weeks(database.analytics, scope_of(database, "analyst"), YEN, TODAY)
    assert [str(day)[:10] for day in found["week_on"]] == ["2026-11-09", "2026-11-16"]
    assert rows(found, "sold", "units", "list_price", "net_sales")[1] == (2, 4, 105.0, 290.0)
    assert found["cost"].tolist()[1] == 180.0 and found["cost"].isna().tolist() == [True, False]
    assert set(found["category_id"]) == {shop["tea"]}
    assert last_monday(TODAY) == MONDAY == last_monday(MONDAY)


def test_what_was_sold_of_a_choice(database: Database, shop: dict[str, int]) -> None:
    """In the week of 16 November 3 leaves at 100 of which 1 came back, and a pen at 50; a leaf on
    the first day of the week after; each costs 60. Where one cost is not known, no margin is."""
    leaf, pen, week = shop["leaf"], shop["pen"], Period(ago(7), ago(1))
    costs = {"unit_cost": 60}
    sell(database, leaf, ago(7), quantity=3, line={"returned_quantity": 1, **costs},
         region_id=shop["north"])  # fmt: skip
    sell(database, pen, ago(1), price=50, line=costs)
    for day in (ago(8), MONDAY):
        sell(database, leaf, day, line=costs)
    sell(database, leaf, ago(3), stage="cancelled")
    sell(database, shop["postage"], ago(3))
    boss = scope_of(database, "manager")

    def sold(
        chosen: OrderFilter = YEN, product_id: int | None = None, period: Period = week
    ) -> Any:
        found = find_sold(database.analytics, boss, chosen, product_id, period)
        return found["revenue"], found["margin"], found["units"]

    assert sold() == (250.0, 250.0 - 180, 4.0)
    assert sold(product_id=pen) == (50.0, -10.0, 1.0)
    assert sold(replace(YEN, category_ids=(shop["tea"],))) == (200.0, 80.0, 3.0)
    assert sold(replace(YEN, region_ids=(shop["north"],))) == (200.0, 80.0, 3.0)
    assert sold(period=Period(ago(30), ago(20))) == (0.0, 0.0, 0.0)
    sell(database, leaf, ago(2), line={"unit_cost": None})
    assert sold() == (350.0, None, 5.0)


def test_days_of_a_category(database: Database, shop: dict[str, int]) -> None:
    for day in (2, 2, 5):
        sell(database, shop["pen"], ago(day))
    found = sum_category_days(database.analytics, scope_of(database, "manager"), YEN, TODAY)
    assert found["sold"].tolist() == [1, 2]
    assert [str(day)[:10] for day in found["ordered_on"]] == ["2026-11-18", "2026-11-21"]


def test_orders_tell_which_category_a_campaign_is_of(
    database: Database, shop: dict[str, int]
) -> None:
    """Five of five orders have tea; of the other campaign's five three; four orders are too few;
    a coupon is no promotion."""
    dated = {"starts_on": ago(20), "ends_on": ago(10), "currency": "JPY"}
    writer = database.writer
    tea, mixed, few, coupon = (
        add(writer, "campaigns", name=name, discount_rate=Decimal("0.2"), **dated, **more)
        for name, more in (("Tea", {"budget": Decimal(70)}), ("Mixed", {}), ("Few", {}),
                           ("Coupon", {"coupon_code": "X"}))
    )  # fmt: skip
    for number in range(5):
        sell(database, shop["leaf"], ago(15), campaign_id=tea)
        sell(database, shop["leaf" if number < 3 else "pen"], ago(15), campaign_id=mixed)
    for _number in range(4):
        sell(database, shop["leaf"], ago(15), campaign_id=few)
    sell(database, shop["leaf"], ago(15), campaign_id=coupon)
    found = list_campaign_spans(database.analytics, scope_of(database, "manager"), YEN, TODAY)
    category_of = dict(zip(found["campaign_id"], found["category_id"], strict=True))
    assert category_of[tea] == shop["tea"]
    assert found["campaign_id"].tolist() == [tea, mixed, few]
    assert found["category_id"].isna().tolist() == [False, True, True]
    assert found["orders"].tolist() == [5, 5, 4] and found["budget"].tolist()[0] == 70


def test_new_customers_by_age(database: Database, shop: dict[str, int]) -> None:
    """Two customers of September: both order at once, one again after 13 days, in week 1."""
    one, other = (add(database.writer, "customers") for _ in range(2))
    first = date(2026, 9, 5)
    for customer_id, days in ((one, 0), (other, 3), (one, 13)):
        day = first + timedelta(days=days)
        sell(database, shop["pen"], day, customer_id=customer_id)
    sell(database, shop["pen"], date(2023, 1, 1), customer_id=add(database.writer, "customers"))
    found = sum_orders_by_customer_age(
        database.analytics, scope_of(database, "manager"), YEN, TODAY
    )
    assert rows(found, "age_days", "customers", "orders", "net_sales") == [
        (0, 2, 2, 200.0), (7, 1, 1, 100.0)
    ]  # fmt: skip
    assert {str(day)[:10] for day in found["cohort_on"]} == {"2026-09-01"}


def test_the_best_customers_come_first(database: Database, shop: dict[str, int]) -> None:
    """200 customers who are expected to bring 1, 2, … 200: two in each hundredth."""
    for number in range(1, 201):
        customer_id = add(database.writer, "customers", region_id=shop["north"])
        _score(database, customer_id, predicted_value_12m=number, expected_orders_12m=1)
    boss = scope_of(database, "manager")
    found = sum_expected_by_hundredth(database.analytics, boss, YEN)
    assert len(found) == 100 and found["customers"].sum() == 200
    assert rows(found, "hundredth", "orders", "predicted_value", "squared", "noise")[0] == (
        1, 2.0, 399.0, 200**2 + 199**2, 200**2 + 199**2
    )  # fmt: skip
    elsewhere = OrderFilter(currency="JPY", region_ids=(shop["north"] + 1,))
    assert not len(sum_expected_by_hundredth(database.analytics, boss, elsewhere))


def test_stock_arrivals_and_lead_times(database: Database, shop: dict[str, int]) -> None:
    writer, boss = database.writer, scope_of(database, "manager")
    for on_hand in (10, 5):
        warehouse = add(writer, "warehouses", name="W")
        add(writer, "stock", warehouse_id=warehouse, product_id=shop["leaf"], on_hand=on_hand,
            reserved=2)  # fmt: skip
    ordered = datetime(2026, 11, 2, 9)
    said: dict[str, Any] = {"product_id": shop["leaf"], "ordered_at": ordered, "quantity": 30}
    add(
        writer, "replenishments", state="ordered", expected_on=ago(-9), received_quantity=10, **said
    )
    add(writer, "replenishments", state="closed", expected_on=date(2026, 11, 12),
        received_at=datetime(2026, 11, 16, 1), received_quantity=30, **said)  # fmt: skip
    stock = list_product_stock(database.analytics, boss)
    assert rows(stock, "product_id", "on_hand", "reserved", "lead_time_days") == [
        (shop["leaf"], 15, 4, 9)
    ]
    arrivals = list_arrivals(database.analytics, boss)
    assert (
        arrivals["units"].tolist() == [20] and str(arrivals["expected_on"][0])[:10] == "2026-12-02"
    )
    assert rows(list_lead_times(database.analytics, boss, TODAY), "planned_days", "days") == [
        (10, 14)
    ]


def test_targets_of_the_months_ahead(database: Database, shop: dict[str, int]) -> None:
    for month, amount in ((11, 300), (12, 500)):
        add(database.writer, "targets", month_on=date(2026, month, 1), net_sales=Decimal(amount),
            currency="JPY", region_id=shop["north"])  # fmt: skip
    ahead = Period(MONDAY, MONDAY + timedelta(days=27))
    found = sum_targets(database.analytics, scope_of(database, "manager"), YEN, ahead)
    assert found["net_sales"].tolist() == [300.0, 500.0]
    lead = scope_of(database, "sales_lead", region_ids=[add(database.writer, "regions", name="S")])
    assert not len(sum_targets(database.analytics, lead, YEN, ahead))


def _score(database: Database, customer_id: int, **values: Any) -> None:
    row = {
        "customer_id": customer_id, "as_of_on": ago(1), "currency": "JPY", "orders": 4,
        "orders_12m": 2, "first_ordered_on": ago(300), "last_ordered_on": ago(9),
        "net_sales": 900, "net_sales_12m": 400, "net_sales_prior_12m": 500, "categories": 1,
        "enquiries_90": 0, "enquiries_prior_90": 0, "recency_score": 3, "frequency_score": 3,
        "monetary_score": 3, "segment": "loyal", "rule_segment": "others", **values,
    }  # fmt: skip
    with writing(database.writer) as connection:
        connection.execute(insert(customer_scores), [row])
