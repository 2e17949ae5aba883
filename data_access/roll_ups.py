"""Sums of orders by day, channel, region, stage and currency, which the analytics copy keeps beside
the orders themselves. A question that asks for no more than that is answered from a tenth of the
rows, or a hundredth; they are the same sums, in exact decimals.

They stand in the copy alone, made of its own rows and kept in step with them (see
`analytics_copy.rolling_up`), so on the record the question is asked of the orders. Who sees which
rows and columns of them follows from the rule of the orders: `Visible.roll_up`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Engine, MetaData, String, Table

from data_access.columns import Id, Money

metadata = MetaData()
KEYS = ("channel", "region_id", "stage", "currency")


def _table(name: str, *columns: Column[Any]) -> Table:
    """Beside the keys: `orders` (how many), and sums of theirs that are named as theirs."""
    keys = (Column("channel", String(40)), Column("region_id", Id), Column("stage", String(20)),
            Column("currency", String(3)))  # fmt: skip
    return Table(name, metadata, *columns[:1], *keys, Column("orders", BigInteger), *columns[1:])


orders_by_ordered_on = _table(
    "orders_by_ordered_on",
    Column("ordered_on", Date),
    *(Column(name, BigInteger) for name in ("units", "returned_units")),
    *(Column(name, Money) for name in ("gross_sales", "returns_value", "net_sales", "cost")),
)
orders_by_shipped_on = _table(
    "orders_by_shipped_on",
    Column("shipped_on", Date),
    *(Column(name, BigInteger) for name in ("units", "returned_units")),
)
orders_by_promised_on = _table(
    "orders_by_promised_on",
    Column("promised_on", Date),
    Column("net_sales", Money),
    Column("on_time_orders", BigInteger),  # delivered on or before the promised day
)
orders_by_owner = _table("orders_by_owner", Column("owner_id", Id))
orders_by_due_on = _table(  # of those that owe something
    "orders_by_due_on", Column("due_on", Date), Column("owed", Money)
)
# What entered the backlog on a day, less what left it; net_sales before returns.
backlog_by_day = _table(
    "backlog_by_day",
    Column("day_on", Date),
    Column("units", BigInteger),
    Column("net_sales", Money),
)
lines_by_ordered_on = _table(  # `orders` counts lines
    "lines_by_ordered_on",
    Column("ordered_on", Date),
    Column("category_id", Id),
    Column("net_sales", Money),
    Column("cost", Money),  # of the units kept
)
ROLL_UPS: tuple[Table, ...] = tuple(metadata.tables.values())
OF_LINES = frozenset({"lines_by_ordered_on"})
# what a sum rests on that is not named as it is
RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "on_time_orders": ("completed_on", "promised_on"),
    "owed": ("net_sales", "paid"),
    "cost": ("unit_cost",),  # of lines
    "orders": ("order_id",),
    "day_on": ("confirmed_on", "shipped_on", "cancelled_on", "completed_on", "ordered_on"),
}


def has_roll_ups(engine: Engine) -> bool:
    """Whether it is that of the analytics copy."""
    return bool(getattr(engine.dialect, "has_roll_ups", False))
