"""Opens the order that an edit is about: the person's to see and to edit, and as they saw it."""

from __future__ import annotations

from operator import index
from typing import Any

from sqlalchemy import Row

from data_access.edits.locking import lock_order
from data_access.edits.rights import need_right
from data_access.edits.transaction import Done, Edit
from data_access.errors import NotFound

MOST_ID = 2**63 - 1


def open_order(
    edit: Edit, order_id: int, seen_version: int | None, action: str | None = None
) -> Row[Any]:
    """The order, locked. Refused with NotFound, StaleVersion or RightRefused, in this order."""
    order = lock_order(edit, row_id(order_id), seen_version)
    need_right(edit.scope, action or edit.action, order.stage)
    return order


def row_id(value: Any) -> int:
    """The identity as a number; NotFound for what cannot be one."""
    try:
        number = index(value)
    except TypeError:
        number = 0
    if not 0 < number <= MOST_ID:
        raise NotFound("this_order")
    return number


def done(order: Row[Any], version: int, **values: Any) -> Done:
    return Done(order.order_id, order.order_number, version, values)
