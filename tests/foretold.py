"""A shop with forecasts as a refresh stores them, whose numbers are known: north expects 60 a day,
south 40, by two channels that share them; seasonal naive says 50 and 30."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from data_access.database import Database, writing
from data_access.tables import (
    forecast_backtests,
    forecast_components,
    forecast_values,
    forecasts,
)
from tests.crm import add, add_order

STEPS = 60
NORTH, SOUTH = 60.0, 40.0
ACCURACY = {
    "wape": 0.12, "mase": 0.8, "smape": 0.11, "bias": 0.01, "coverage_80": 0.81,
    "coverage_95": 0.96, "origins": 6, "is_worse_than_naive": False, "naive_wape": 0.15,
    "naive_mase": 1.0,
}  # fmt: skip
_MEMBERS = (("theta", 0.12, False), ("seasonal_naive", 0.15, False), ("naive", 0.2, True))


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


@dataclass
class Foretold:
    database: Database
    north: int
    south: int
    refresh_id: int


def foretell(database: Database, *, days_old: int = 0, **chosen: Any) -> Foretold:
    """`chosen` are columns of every forecast, in place of the usual ones."""
    north, south = (
        add(database.writer, "regions", code=name, name=name.title(), name_zh=name_zh)
        for name, name_zh in (("north", "华北"), ("south", "华南"))
    )
    for channel, name_zh in (("web", "网店"), ("store", "门店")):
        add(database.writer, "channels", channel=channel, name=channel.title(), name_zh=name_zh)
    origin = today() - timedelta(days=1 + days_old)
    for place in range(30):
        for region_id, price in ((north, 60), (south, 40)):
            add_order(database, region_id=region_id, channel="web",
                      ordered_on=origin - timedelta(days=place),
                      lines=[{"unit_price": price}])  # fmt: skip
    refresh_id = add(
        database.writer, "refreshes", what="forecasts", state="done", as_of_on=today(), version=1,
        started_at=datetime(2026, 11, 23), facts=json.dumps({"currency": "CNY"}),
    )  # fmt: skip
    store = _Store(database, refresh_id, origin, chosen)
    for measure in ("net_sales", "orders"):
        store.add(measure, "company", None, NORTH + SOUTH, 80.0, detailed=True)
        store.add(measure, "region", north, NORTH, 50.0)
        store.add(measure, "region", south, SOUTH, 30.0)
        for channel, share in (("web", 0.75), ("store", 0.25)):
            store.add(measure, "company", None, 100 * share, 80 * share, channel=channel)
            store.add(measure, "region", north, NORTH * share, 50 * share, channel=channel)
            store.add(measure, "region", south, SOUTH * share, 30 * share, channel=channel)
    return Foretold(database, north, south, refresh_id)


@dataclass
class _Store:
    database: Database
    refresh_id: int
    origin: date
    chosen: dict[str, Any]
    count: int = 0

    def add(
        self, measure: str, level: str, region_id: int | None, value: float, naive: float, *,
        channel: str | None = None, detailed: bool = False,
    ) -> None:  # fmt: skip
        self.count += 1
        row: dict[str, Any] = {
            "forecast_id": self.count, "refresh_id": self.refresh_id, "measure": measure,
            "grain": "day", "level": level, "region_id": region_id,
            "split": "channel" if channel else "total", "channel": channel, "currency": "CNY",
            "first_on": self.origin - timedelta(days=29), "origin_on": self.origin,
            "member": "theta", "accuracy": json.dumps(ACCURACY), "notes": "[]", "shared_error": 0,
            **self.chosen,
        }  # fmt: skip
        with writing(self.database.writer) as connection:
            connection.execute(insert(forecasts), [row])
            connection.execute(insert(forecast_values), self._values(value, naive))
            connection.execute(insert(forecast_backtests), self._tests())
            if detailed:
                connection.execute(insert(forecast_components), self._components())

    def _values(self, value: float, naive: float) -> list[dict[str, Any]]:
        return [
            {
                "forecast_id": self.count, "step": step,
                "period_on": self.origin + timedelta(days=step), "naive": naive, "value": value,
                "low_80": value * 0.8, "high_80": value * 1.2, "low_95": value * 0.7,
                "high_95": value * 1.3,
            }
            for step in range(1, STEPS + 1)
        ]  # fmt: skip

    def _tests(self) -> list[dict[str, Any]]:
        return [
            {
                "forecast_id": self.count, "member": member, "first_step": first,
                "last_step": last, "origins": 6, "wape": wape, "mase": wape * 6, "smape": wape,
                "bias": 0.01, "coverage_80": 0.81, "coverage_95": 0.96,
                "is_worse_than_naive": is_worse,
            }
            for member, wape, is_worse in _MEMBERS
            for first, last in ((1, STEPS), (1, 30), (31, STEPS))
        ]  # fmt: skip

    def _components(self) -> list[dict[str, Any]]:
        """A trend from 100 to 110 over the next 30 days; Saturdays sell a fifth more, December a
        tenth; the fifth day ahead is half as much again for an event."""
        rows = []
        for place in range(-29, STEPS + 1):
            day = self.origin + timedelta(days=place)
            factors = {
                "trend": 100 + 10 * (place - 1) / 29,
                "weekly": 1.2 if day.weekday() == 5 else 1.0,
                "yearly": 1.1 if day.month == 12 else 1.0,
                "events": 1.5 if place == 5 else 1.0,
            }
            rows += [
                {"forecast_id": self.count, "period_on": day, "name": name, "value": value}
                for name, value in factors.items()
            ]
        return rows
