"""The order that an edit is about: locked, the person's to edit, and still as the person saw it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select, update

from data_access.edits.transaction import Edit
from data_access.errors import NotFound, OrderChange, StaleVersion
from data_access.row_images import differences, read_image
from data_access.sealing import opener
from data_access.tables import audit, orders

MOST_CHANGES = 200


def lock_order(edit: Edit, order_id: int, seen_version: int | None) -> Row[Any]:
    """The order as it is stored (unmasked: it is for the command, not for the person), which nobody
    else changes until the edit ends. NotFound if there is none or it is not the person's to see;
    StaleVersion if it is no longer at `seen_version` (None: at any)."""
    visible = edit.scope.visible.orders
    is_visible = select(visible.c.order_id).where(visible.c.order_id == order_id).exists()
    statement = select(orders).where(orders.c.order_id == order_id, is_visible)
    order = edit.connection.execute(statement.with_for_update(of=orders)).one_or_none()
    if order is None:
        raise NotFound("this_order")
    if seen_version is not None and order.version != seen_version:
        raise _stale(edit, order, seen_version)
    return order


def change_order(edit: Edit, order_id: int, **values: Any) -> int:
    """Sets columns of a locked order and steps its version; returns the version. However often an
    edit changes an order, its version steps once."""
    version = edit.stepped.get(order_id)
    if version is None:
        current = select(orders.c.version).where(orders.c.order_id == order_id)
        version = int(edit.connection.scalars(current).one()) + 1
        edit.stepped[order_id] = version
    edit.connection.execute(
        update(orders).where(orders.c.order_id == order_id).values(**values, version=version)
    )
    return version


def step_version(edit: Edit, order_id: int) -> int:
    """Tells others that what belongs to the order (lines, payments, …) has changed."""
    return change_order(edit, order_id)


def _stale(edit: Edit, order: Row[Any], seen_version: int) -> StaleVersion:
    rows = list(_logged_since(edit, order.order_id, seen_version))
    opened = opener(edit.connection, [(r.table_name, i) for r in rows for i in (r.before, r.after)])
    people = dict.fromkeys(row.actor_name for row in rows if row.actor_name)
    changes = [
        OrderChange(
            row.table_name, row.row_id, *difference, row.actor_name or row.actor, row.action,
            row.happened_at,
        )
        for row in rows
        for difference in differences(
            *(opened(row.table_name, read_image(image)) for image in (row.before, row.after))
        )
        if difference.field != "version" and edit.scope.reads(row.table_name, difference.field)
    ]  # fmt: skip
    return StaleVersion(order.order_number, order.version, list(people), changes)


def _logged_since(edit: Edit, order_id: int, seen_version: int) -> Iterator[Row[Any]]:
    """The log of the order from now back to the edit that made the version seen."""
    rows = edit.connection.execute(
        select(audit)
        .where(audit.c.order_id == order_id)
        .order_by(audit.c.audit_id.desc())
        .limit(MOST_CHANGES)
    ).all()
    seen = next((row for row in rows if _made_version_up_to(row, seen_version)), None)
    for row in rows:
        if seen is not None and row.audit_id <= seen.audit_id:
            return
        if seen is None or row.request_id is None or row.request_id != seen.request_id:
            yield row


def _made_version_up_to(row: Row[Any], version: int) -> bool:
    made = read_image(row.after).get("version", 0) if row.table_name == "orders" else version + 1
    return int(made) <= version
