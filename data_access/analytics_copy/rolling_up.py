"""Makes the roll-ups of the copy out of its own rows, and keeps them in step with the rows that
change: what the changed orders added is taken off before, and what they add now is added after.
So a sum of many rows may hold groups of no orders, which who reads them leaves out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa
from duckdb_engine import Dialect
from sqlalchemy import (
    Column,
    ColumnElement,
    Select,
    Table,
    case,
    func,
    literal,
    select,
    union_all,
)

from data_access.analytics_copy import layout
from data_access.analytics_copy.store import run
from data_access.backlog import backlog_days
from data_access.columns import Money
from data_access.owing import is_owing, owed
from data_access.roll_ups import KEYS, ROLL_UPS
from data_access.tables import order_lines, orders, products

RESTS_ON = ("orders", "order_lines", "products")  # tables
MOST_TAKEN_OFF = 20_000  # rows of what was taken off, before they are added up again
CHANGED = "rolled_up_anew"
FEW = 50  # ids that are quicker written into a statement than handed over
READ: Mapping[str, tuple[str, ...]] = {  # what the roll-ups rest on, of each touched order
    "orders": (
        "order_id", *KEYS, "owner_id", "ordered_on", "confirmed_on", "shipped_on", "promised_on",
        "completed_on", "cancelled_on", "due_on", "units", "returned_units", "gross_sales",
        "returns_value", "net_sales", "cost", "paid",
    ),
    "order_lines": (
        "order_id", "product_id", "net_sales", "quantity", "returned_quantity", "unit_cost",
    ),
}  # fmt: skip
_dialect = Dialect()
_ONE: ColumnElement[int] = literal(1)


def make_roll_ups(cursor: duckdb.DuckDBPyConnection) -> None:
    for roll_up in ROLL_UPS:
        first = next(iter(roll_up.columns)).name
        run(
            cursor,
            f"CREATE OR REPLACE TABLE {roll_up.name} AS {_rows(roll_up.name)}"
            f" ORDER BY {first}, {', '.join(KEYS)}",
        )


def tidy_roll_ups(cursor: duckdb.DuckDBPyConnection) -> None:
    """Adds up what was added and taken off, and drops the groups that came to nothing."""
    for roll_up in ROLL_UPS:
        keys = [each.name for each in roll_up.columns if not is_sum(each)]
        columns = ", ".join(
            f"CAST(sum({each.name}) AS {layout.duckdb_type(each)}) AS {each.name}"
            if is_sum(each)
            else each.name
            for each in roll_up.columns
        )
        something = " OR ".join(f"sum({each.name}) <> 0" for each in roll_up.c if is_sum(each))
        run(
            cursor,
            f"CREATE OR REPLACE TABLE {roll_up.name} AS SELECT {columns} FROM {roll_up.name}"  # noqa: S608
            f" GROUP BY {', '.join(keys)} HAVING {something} ORDER BY {', '.join(keys)}",
        )


def is_sum(of: Column[Any]) -> bool:
    first = next(iter(ROLL_UPS_BY_NAME[of.table.name].columns))
    return of.name not in (*KEYS, "category_id", first.name)


class RollingUp:
    """Around the writing of the rows that changed: made before it, `follow` after it."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, changed: Mapping[str, list[int]],
        arriving: Mapping[str, pa.Table],
    ) -> None:  # fmt: skip
        """`changed` as the ids by table, empty for a table that is replaced as a whole."""
        self._cursor = cursor
        touched = [name for name in RESTS_ON if name in changed]
        known = all(changed[name] for name in touched)
        self._ids = self._orders(changed, arriving) if known else []
        self._anew = not known or self._moved(arriving)
        self._before = self._rows() if self._ids and not self._anew else []

    def follow(self) -> None:
        if self._anew:
            make_roll_ups(self._cursor)
            return
        after = self._rows() if self._ids else []
        if all(old.equals(new) for old, new in zip(self._before, after, strict=True)):
            return
        for sign, rows in ((-1, self._before), (1, after)):
            for name, table in zip(READ, rows, strict=True):
                self._cursor.register(f"touched_{name}", table)
            for roll_up in ROLL_UPS:
                run(self._cursor, _INSERTS[roll_up.name, sign])
        worn = run(self._cursor, "SELECT count(*) FROM orders_by_ordered_on WHERE orders < 0")
        if worn[0][0] > MOST_TAKEN_OFF:
            tidy_roll_ups(self._cursor)

    def _rows(self) -> list[pa.Table]:
        """What READ names of the touched orders, as it stands."""
        self._cursor.register(CHANGED, pa.table({"id": pa.array(self._ids, pa.int64())}))
        few = ", ".join(map(str, self._ids)) if len(self._ids) <= FEW else ""
        which = few or f"SELECT id FROM {CHANGED}"  # noqa: S608
        found = []
        for name, columns in READ.items():
            told = ", ".join(columns)
            rows = self._cursor.sql(
                f"SELECT {told} FROM {name} WHERE order_id BETWEEN ? AND ?"  # noqa: S608
                f" AND order_id IN ({which}) ORDER BY {told}",
                params=[self._ids[0], self._ids[-1]],
            )
            found.append(rows.to_arrow_table())
        return found

    def _moved(self, arriving: Mapping[str, pa.Table]) -> bool:
        """Whether a product is of another category now."""
        if "products" not in arriving:
            return False
        self._cursor.register(CHANGED, arriving["products"])
        moved = (f"SELECT 1 FROM products JOIN {CHANGED} AS now USING (product_id) WHERE"  # noqa: S608
                 " products.category_id IS DISTINCT FROM now.category_id LIMIT 1")  # fmt: skip
        return bool(run(self._cursor, moved))

    def _orders(
        self, changed: Mapping[str, list[int]], arriving: Mapping[str, pa.Table]
    ) -> list[int]:
        """The orders that changed, had one of the lines that changed, or have one now."""
        found = set(changed.get("orders", ()))
        lines = changed.get("order_lines", [])
        if lines:
            found |= set(arriving["order_lines"]["order_id"].to_pylist())
            self._cursor.register(CHANGED, pa.table({"id": pa.array(lines, pa.int64())}))
            had = (f"SELECT order_id FROM order_lines WHERE line_id BETWEEN ? AND ?"  # noqa: S608
                   f" AND line_id IN (SELECT id FROM {CHANGED})")  # fmt: skip
            found |= {row[0] for row in run(self._cursor, had, lines[0], lines[-1])}
        return sorted(found)


def rows_of(roll_up: Table) -> Select[Any]:
    """The groups of all orders; asked of the record, it gives what the copy keeps."""
    return _STATEMENTS[roll_up.name]()


def _rows(name: str) -> str:
    """A SELECT of the columns of the roll-up."""
    statement = rows_of(ROLL_UPS_BY_NAME[name])
    inner = statement.compile(dialect=_dialect, compile_kwargs={"literal_binds": True})
    columns = ", ".join(
        f"CAST({each.name} AS {layout.duckdb_type(each)}) AS {each.name}"
        for each in ROLL_UPS_BY_NAME[name].columns
    )
    return f"SELECT {columns} FROM ({inner})"  # noqa: S608


def _sums(*names: str) -> list[ColumnElement[Any]]:
    return [func.sum(orders.c[name]).label(name) for name in names]


def _grouped(key: Any, *sums: Any, where: Any = None) -> Select[Any]:
    keys = [key, *(orders.c[name] for name in KEYS)]
    found = select(*keys, func.count().label("orders"), *sums).group_by(*keys)
    return found if where is None else found.where(where)


def _ordered() -> Select[Any]:
    names = ("units", "returned_units", "gross_sales", "returns_value", "net_sales", "cost")
    return _grouped(orders.c.ordered_on, *_sums(*names))


def _shipped() -> Select[Any]:
    known = orders.c.shipped_on.is_not(None)
    return _grouped(orders.c.shipped_on, *_sums("units", "returned_units"), where=known)


def _promised() -> Select[Any]:
    on_time = func.count(case((orders.c.completed_on <= orders.c.promised_on, _ONE)))
    known = orders.c.promised_on.is_not(None)
    sums = (*_sums("net_sales"), on_time.label("on_time_orders"))
    return _grouped(orders.c.promised_on, *sums, where=known)


def _owner() -> Select[Any]:
    return _grouped(orders.c.owner_id)


def _due() -> Select[Any]:
    sums = func.sum(owed(orders.c)).label("owed")
    return _grouped(orders.c.due_on, sums, where=is_owing(orders.c))


def _backlog() -> Select[Any]:
    begun_on, left_on = backlog_days(orders.c)
    at = [orders.c[name] for name in KEYS]
    value = (orders.c.net_sales + orders.c.returns_value).label("value")
    left_on = case((left_on < begun_on, begun_on), else_=left_on)
    held = select(
        begun_on.label("begun_on"), left_on.label("left_on"), *at, orders.c.units, value
    ).where(begun_on.is_not(None))
    known = held.subquery("held").c
    entered = select(known.begun_on.label("day_on"), *(known[name] for name in KEYS),
                     literal(1).label("orders"), known.units, known.value)  # fmt: skip
    left = select(known.left_on, *(known[name] for name in KEYS), literal(-1), -known.units,
                  -known.value).where(known.left_on.is_not(None))  # fmt: skip
    moved = union_all(entered, left).subquery("moved").c
    keys = [moved.day_on, *(moved[name] for name in KEYS)]
    return select(
        *keys,
        func.sum(moved.orders).label("orders"),
        func.sum(moved.units).label("units"),
        func.sum(moved.value, type_=Money).label("net_sales"),
    ).group_by(*keys)


def _lines() -> Select[Any]:
    keys = [orders.c.ordered_on, *(orders.c[name] for name in KEYS), products.c.category_id]
    kept = order_lines.c.quantity - order_lines.c.returned_quantity
    return (
        select(
            *keys,
            func.count().label("orders"),
            func.sum(order_lines.c.net_sales).label("net_sales"),
            func.sum(kept * func.coalesce(order_lines.c.unit_cost, 0), type_=Money).label("cost"),
        )
        .join_from(orders, order_lines, order_lines.c.order_id == orders.c.order_id)
        .join(products, products.c.product_id == order_lines.c.product_id)
        .group_by(*keys)
    )


ROLL_UPS_BY_NAME = {roll_up.name: roll_up for roll_up in ROLL_UPS}
_STATEMENTS = {
    "orders_by_ordered_on": _ordered,
    "orders_by_shipped_on": _shipped,
    "orders_by_promised_on": _promised,
    "orders_by_owner": _owner,
    "orders_by_due_on": _due,
    "backlog_by_day": _backlog,
    "lines_by_ordered_on": _lines,
}


def _insert(roll_up: Table, sign: int) -> str:
    """Adds what the touched orders add, or takes it off; they stand for all orders in it."""
    columns = ", ".join(
        f"CAST({sign} * {each.name} AS {layout.duckdb_type(each)})" if is_sum(each) else each.name
        for each in roll_up.columns
    )
    touched = ", ".join(f"{name} AS (SELECT * FROM touched_{name})" for name in READ)  # noqa: S608
    own = f"WITH {touched} {_rows(roll_up.name)}"
    return f"INSERT INTO {roll_up.name} SELECT {columns} FROM ({own})"  # noqa: S608


_INSERTS = {(each.name, sign): _insert(each, sign) for each in ROLL_UPS for sign in (-1, 1)}
# A copy with other tables, or other roll-ups, is built anew.
LAYOUT = hashlib.sha256(
    "".join([layout.LAYOUT, *(_rows(roll_up.name) for roll_up in ROLL_UPS)]).encode()
).hexdigest()
