"""The demo company's buying follows the plan of stock: what the first plan suggests was ordered in
the days before, all but a few that nobody came to."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import Engine, insert

from data_access.database import bulk_writing
from data_access.replenishments import POINT
from data_access.schema import read_properties
from data_access.tables import properties, replenishments

LEFT_EVERY = 8  # one in so many of the suggestions is still to be acted on
LONGEST_AGO = 12  # days
_DONE = "demo_ordered"


def wants_orders(engine: Engine, as_of: date) -> bool:
    """Whether this is a demo on its last day, whose buying has not seen a plan yet."""
    facts = read_properties(engine)
    is_its_day = facts.get("demo_as_of") == as_of.isoformat()
    return facts.get("demo") == "1" and is_its_day and _DONE not in facts


def order_as_planned(engine: Engine, wanted: pd.DataFrame, as_of: date) -> int:
    """Once; returns how many were ordered.

    From  stock_id, product_id, warehouse_id, supplier_id, suggested (units), lead_days
    """
    zone = ZoneInfo(read_properties(engine).get("time_zone", "Asia/Shanghai"))
    found: list[Any] = list(wanted[wanted["suggested"] > 0].sort_values("stock_id").itertuples())
    rows = [_ordered(row, as_of, zone) for row in found if row.stock_id % LEFT_EVERY]
    with bulk_writing(engine, "demo company") as connection:
        if rows:
            connection.execute(insert(replenishments), rows)
        connection.execute(insert(properties).values(name=_DONE, value=as_of.isoformat()))
    return len(rows)


def _ordered(row: Any, as_of: date, zone: ZoneInfo) -> dict[str, Any]:
    """On its way for some days, and not due yet."""
    lead = max(round(row.lead_days), 2)
    ago = 1 + row.stock_id % min(lead - 1, LONGEST_AGO)
    day = as_of - timedelta(days=ago)
    local = datetime.combine(day, time(9, row.stock_id % 60), zone)
    asked = local.astimezone(UTC).replace(tzinfo=None)
    return {
        "product_id": row.product_id, "warehouse_id": row.warehouse_id,
        "supplier_id": None if pd.isna(row.supplier_id) else int(row.supplier_id),
        "quantity": row.suggested, "state": "ordered", "cause": POINT,
        "requested_at": asked, "ordered_at": asked + timedelta(hours=3),
        "expected_on": day + timedelta(days=lead),
    }  # fmt: skip
