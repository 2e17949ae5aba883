"""A shop whose series are forecast: half a year of orders in two regions and in none, by two
channels, of pens, inks, new nibs and postage; with cancelled orders and some in euro."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import insert

from dashboard.refreshing import Outcome, refresh, source_of
from data_access.analytics_copy import AnalyticsCopy
from data_access.database import Database, writing
from data_access.scope import Scope
from data_access.tables import order_lines, orders
from data_access.totals import recount_orders
from tests.crm import add, add_order, scope_of

AS_OF = date(2026, 11, 23)  # a Monday
FIRST = date(2026, 5, 20)
NOW = datetime(2026, 11, 23, 4, 0)


@dataclass
class Shop:
    database: Database
    region_ids: dict[str, int]
    products: dict[str, int]
    scopes: dict[str, Scope]


def open_forecast_shop(database: Database) -> Shop:
    writer = database.writer
    region_ids = {name: add(writer, "regions", code=name, name=name) for name in ("north", "south")}
    add_order(database, channel="web", ordered_on=date(2020, 1, 1), stage="cancelled")
    add_order(database, channel="store", ordered_on=date(2026, 9, 1), currency="EUR")
    categories = [add(writer, "categories", name=name) for name in ("Writing", "Refills")]
    products = {
        "pen": add(writer, "products", category_id=categories[0]),
        "ink": add(writer, "products", category_id=categories[1]),
        "nib": add(writer, "products", category_id=categories[1]),
        "postage": add(writer, "products", is_goods=False),
    }
    customer_id = add(writer, "customers", name="Ada")
    _write_orders(database, region_ids, products, customer_id)
    scopes = {
        role: scope_of(database, role, name=role.title())
        for role in ("admin", "manager", "analyst", "sales_rep", "finance", "support")
    }
    scopes["sales_lead"] = scope_of(
        database, "sales_lead", name="Lea", region_ids=[region_ids["north"]]
    )
    return Shop(database, region_ids, products, scopes)


def _write_orders(
    database: Database, region_ids: dict[str, int], products: dict[str, int], customer_id: int
) -> None:
    chance = Random(7)
    made: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for place in range((AS_OF - FIRST).days + 1):
        day = FIRST + timedelta(days=place)
        for region, region_id in (*region_ids.items(), (None, None)):
            busy = {"north": 3, "south": 2}.get(str(region), 0) + (day.weekday() == 4)
            for _ in range(chance.randint(0, busy)):
                number = 1_000 + len(made)
                stage = "cancelled" if chance.random() < 0.05 else "completed"
                made.append(_order(number, day, region_id, stage, chance, customer_id))
                lines += _lines(number, place, products, chance)
    with writing(database.writer) as connection:
        connection.execute(insert(orders), made)
        connection.execute(insert(order_lines), lines)
        recount_orders(connection)


def _order(
    number: int, day: date, region_id: int | None, stage: str, chance: Random, customer_id: int
) -> dict[str, Any]:
    return {
        "order_id": number,
        "order_number": f"F-{number}",
        "customer_id": customer_id if chance.random() < 0.5 else None,
        "region_id": region_id,
        "channel": chance.choice(("web", "web", "store")),
        "stage": stage,
        "currency": "CNY",
        "ordered_at": datetime.combine(day, time(4)),
        "ordered_on": day,
        "promised_on": day + timedelta(days=7),
    }


def _lines(
    number: int, place: int, products: dict[str, int], chance: Random
) -> list[dict[str, Any]]:
    bought = [name for name in ("pen", "ink") if chance.random() < 0.6] or ["pen"]
    if place > 150 and chance.random() < 0.4:
        bought.append("nib")
    if chance.random() < 0.3:
        bought.append("postage")
    return [
        {
            "order_id": number,
            "line_number": line,
            "product_id": products[name],
            "quantity": chance.randint(1, 6),
            "returned_quantity": 0,
            "unit_price": Decimal(chance.choice(("9.90", "12.35", "100"))),
            "discount_rate": Decimal(chance.choice(("0", "0.1"))),
            "unit_cost": Decimal("6.15"),
        }
        for line, name in enumerate(bought, start=1)
    ]


def forecast_shop(
    database: Database,
    as_of: date = AS_OF,
    *,
    workers: int | None = 1,
    dask: str | None = None,
    parts: tuple[str, ...] = ("forecasts",),
) -> list[Outcome]:
    copied = AnalyticsCopy(database.record)
    try:
        source = source_of(
            database.record, database.writer, copied.engine, as_of, workers=workers, dask=dask
        )
        return refresh(source, parts, lambda part, share: None)
    finally:
        copied.close()
