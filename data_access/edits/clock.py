"""The moment and the business day of an edit. A demo stands still on its last day: what is edited
there happens on that day, after everything that the demo made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from data_access.dialects import ZONE
from data_access.edits.transaction import Edit
from data_access.order_details import STAGE_MOMENTS
from data_access.tables import properties

DEMO_CLOSES = time(18)


@dataclass(frozen=True)
class BusinessTime:
    at: datetime  # UTC, without offset
    today: date

    def after(self, order: Any) -> datetime:
        """The moment, but never before one that the order has already reached."""
        reached: list[datetime | None] = [getattr(order, name) for name in STAGE_MOMENTS.values()]
        return max(self.at, *(moment for moment in reached if moment is not None))


def business_time(edit: Edit) -> BusinessTime:
    facts = {row.name: row.value for row in edit.connection.execute(select(properties))}
    return time_of_work(facts, edit.now)


def time_of_work(facts: Mapping[str, str], now: datetime) -> BusinessTime:
    """The moment and the day for a database with these properties, when it is `now` (UTC)."""
    zone = ZoneInfo(facts.get("time_zone", ZONE))
    local = now.replace(tzinfo=UTC).astimezone(zone)
    if facts.get("demo") == "1" and "demo_as_of" in facts:
        local = _on_demo_day(local, date.fromisoformat(facts["demo_as_of"]))
    return BusinessTime(local.astimezone(UTC).replace(tzinfo=None), local.date())


def _on_demo_day(local: datetime, day: date) -> datetime:
    """The hours of today, pressed into the evening of the demo's last day."""
    since_midnight = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
    return datetime.combine(day, DEMO_CLOSES, local.tzinfo) + since_midnight / 4
