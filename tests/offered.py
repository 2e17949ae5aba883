"""A small company whose offers were worked out: who bought a pen bought ink, who bought tea bought
a lamp; what is few stays untold to who sees few."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from dashboard.refreshing import refresh, source_of
from data_access.analytics_copy import AnalyticsCopy
from data_access.database import Database
from tests.crm import add, add_order
from tests.shop import TODAY, Shop, open_shop

HOSTILE = "<img src=x onerror=alert(1)>"


@dataclass
class Offered:
    shop: Shop
    tea: int
    lamp: int
    cup: int
    others: list[int]  # customers of another rep of the region
    cold: int  # of the rep, without orders


def open_offers(database: Database) -> Offered:
    """`shop.customer_id`, the rep's: pens in three orders, tea in the second. Nine customers of
    another rep: pen and ink; four of them also a cup, six tea and a lamp, of which none is left."""
    shop = open_shop(database)
    writer = database.writer
    tea, lamp, cup = (
        add(writer, "products", sku=sku, name=name, name_zh=chinese)
        for sku, name, chinese in (
            ("TEA-1", "Tea", "茶"), ("LAMP-1", "Lamp", "台灯"), ("CUP-1", "Cup", "杯子")
        )
    )  # fmt: skip
    add(writer, "stock", warehouse_id=shop.warehouse_id, product_id=lamp, on_hand=0, reserved=0)
    place = {"region_id": shop.region_id, "owner_id": shop.other_rep_id}
    others = [add(writer, "customers", name=f"Other {number}", **place) for number in range(9)]
    for days, products in ((40, [shop.pen]), (30, [shop.pen, tea]), (20, [shop.pen])):
        _order(shop, shop.customer_id, products, days)
    for number, customer_id in enumerate(others):  # on one day, so that all of it is lately
        _order(shop, customer_id, [shop.pen, shop.ink], 30)
        if number < 4:
            _order(shop, customer_id, [cup], 30)
        if number >= 3:
            _order(shop, customer_id, [tea, lamp], 30)
    cold = add(writer, "customers", name=HOSTILE, owner_id=shop.rep_id, region_id=shop.region_id)
    work_out_offers(database, TODAY)
    return Offered(shop, tea, lamp, cup, others, cold)


def work_out_offers(database: Database, as_of: date) -> None:
    copied = AnalyticsCopy(database.record)
    try:
        source = source_of(database.record, database.writer, copied.engine, as_of)
        told = refresh(source, ("offers",), lambda part, share: None)
    finally:
        copied.close()
    assert [each.state for each in told] == ["done"], told


def _order(shop: Shop, customer_id: int, products: list[int], days_ago: int) -> None:
    add_order(shop.database, customer_id=customer_id, region_id=shop.region_id,
              ordered_on=TODAY - timedelta(days=days_ago),
              lines=[{"product_id": each} for each in products])  # fmt: skip
