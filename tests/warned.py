"""A shop with something to warn of, for the tests of warnings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from data_access.alerts import list_alerts
from data_access.edits.alerting import Waiting, Warned, Written, write_alerts
from data_access.refreshing.runs import begin_run
from data_access.scope import Scope
from data_access.tables import alert_orders, alerts
from tests.crm import NOW, add
from tests.shop import TODAY, Shop, open_shop


@dataclass
class WarnedShop:
    """Pens that two orders here and one elsewhere wait for; ink that nobody orders."""

    shop: Shop
    mine: int  # promised first: it gets its pens
    late: int  # lacks some
    foreign: int  # of another region and rep, lacks all

    def pens(self, *, kind: str = "short_order", **facts: Any) -> Warned:
        told = {"on_hand": 7, "reserved": 10, "available": -3, "on_order": 0, "requested": 0,
                "expected_on": None, "lacking": 5, **facts}  # fmt: skip
        orders = (Waiting(self.mine, 6, 0), Waiting(self.late, 4, 3), Waiting(self.foreign, 2, 2))
        return self._stock(kind, "high", self.shop.pen, told, orders)

    def ink(self, *, kind: str = "reorder", **facts: Any) -> Warned:
        told = {"on_hand": 1, "reserved": 0, "available": 1, "on_order": 0, "requested": 0,
                "expected_on": None, "lacking": 0, **facts}  # fmt: skip
        return self._stock(kind, "low", self.shop.ink, told, ())

    def day(self) -> Warned:
        facts = {"day_on": "2026-11-20", "net_sales": 98765, "expected": 1000, "low": 800,
                 "high": 1200, "z": 9, "event": None, "event_zh": None,
                 "currency": "CNY"}  # fmt: skip
        return Warned("unusual_day", "day:2026-11-20:CNY", "medium", facts=facts)

    def _stock(
        self, kind: str, severity: str, product_id: int, facts: dict[str, Any],
        orders: tuple[Waiting, ...],
    ) -> Warned:  # fmt: skip
        place = self.shop.warehouse_id
        demand = {"rate": 2, "days_of_supply": 4, "reorder_point": 12, "suggested": 24}
        return Warned(kind, f"stock:{product_id}:{place}", severity, product_id, place, facts,
                      demand, orders)  # fmt: skip

    def warn(self, *found: Warned, now: datetime = NOW, today: date = TODAY) -> Written:
        run = begin_run(self.shop.writer, "alerts", today, 1)
        return write_alerts(self.shop.writer, run, found, now=now, today=today)

    def rows(self) -> list[Any]:
        return self.shop.rows(select(alerts).order_by(alerts.c.alert_id))

    def everything(self) -> list[Sequence[Any]]:
        return [
            tuple(row)
            for table in (alerts, alert_orders)
            for row in self.shop.rows(select(table).order_by(*table.primary_key.columns))
        ]

    def seen(self, scope: Scope, today: date = TODAY) -> Any:
        return list_alerts(self.shop.database.record, scope, scope.user_id, today).set_index("kind")


def open_warned_shop(database: Any) -> WarnedShop:
    """The pens are reserved by hand, so that there are fewer than are promised."""
    shop = open_shop(database, pens=7)
    foreign_rep = shop.foreign["sales_rep"].employee_id
    somebody = add(shop.writer, "customers", name="Far Away", owner_id=foreign_rep,
                   region_id=shop.lead_region_id)  # fmt: skip
    confirmed = {"as_is": "confirmed", "confirmed_at": NOW - timedelta(days=1)}
    soon, later = TODAY + timedelta(days=1), TODAY + timedelta(days=5)
    return WarnedShop(
        shop,
        shop.order(units=(6, 0), order_number="MINE", promised_on=soon, **confirmed),
        shop.order(units=(4, 0), order_number="LATE", promised_on=later, **confirmed),
        shop.order(units=(2, 0), order_number="FOREIGN", customer_id=somebody,
                   owner_id=foreign_rep, region_id=shop.lead_region_id),
    )  # fmt: skip
