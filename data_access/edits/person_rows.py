"""Which rows are about one customer, in every table there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, or_, select

from data_access.sealing import PERSONAL
from data_access.tables import audit, customers, metadata, orders

CHUNK = 500
# what the rows are about is found through them, or they are no rows about a customer
_NOT_THEIRS = ("audit", "sealed_values", "erasures", "edit_requests", "imported_rows", "changes")


def tables_of_people() -> list[Table]:
    """Every table with rows about a customer or an order, in the order in which they refer to one
    another."""
    return [
        table
        for table in metadata.sorted_tables
        if table.name not in _NOT_THEIRS and {"customer_id", "order_id"} & set(table.c.keys())
    ]


def is_theirs(table: Table, customer_id: int) -> ColumnElement[bool]:
    """Whether a row of the table is about the customer or an order of theirs."""
    found: list[ColumnElement[bool]] = []
    if "customer_id" in table.c:
        found.append(table.c.customer_id == customer_id)
    if "order_id" in table.c and table is not orders:
        own = select(orders.c.order_id).where(orders.c.customer_id == customer_id)
        found.append(table.c.order_id.in_(own))
    return or_(*found)


def ids_of_person(connection: Connection, customer_id: int) -> dict[str, list[int]]:
    """Table → ids of the rows about the customer."""
    found: dict[str, list[int]] = {}
    for table in tables_of_people():
        key = key_of(table)
        ids = connection.scalars(select(key).where(is_theirs(table, customer_id)).order_by(key))
        found[table.name] = list(ids)
    return found


def log_of(connection: Connection, ids: dict[str, list[int]]) -> list[Any]:
    """The rows of the log about these rows and their orders, oldest first."""
    wanted: list[ColumnElement[bool]] = [
        audit.c.order_id.in_(chunk) for chunk in chunks(ids.get(orders.name, []))
    ]
    wanted += [
        and_(audit.c.table_name == name, audit.c.row_id.in_(chunk))
        for name, own in ids.items()
        if name in PERSONAL or name in ("consents", "customers")
        for chunk in chunks(own)
    ]
    about = and_(audit.c.table_name == "people", audit.c.row_id.in_(ids[customers.name]))
    found: dict[int, Any] = {}
    for predicate in (*wanted, about):
        statement = select(audit).where(predicate)
        found |= {row.audit_id: row for row in connection.execute(statement)}
    return [found[audit_id] for audit_id in sorted(found)]


def key_of(table: Table) -> Any:
    return next(iter(table.primary_key.columns))


def chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    listed = list(ids)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
