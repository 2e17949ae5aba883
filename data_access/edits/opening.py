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


def open_order(edit: Edit, order_id: int, seen_version: int, action: str | None = None) -> Row[Any]:
    """The order, locked. Refused with NotFound, StaleVersion or RightRefused, in this order."""
    order = lock_order(edit, row_id(order_id), _whole(seen_version))
    need_right(edit.scope, action or edit.action, order.stage)
    return order


def open_at_any_version(edit: Edit, order_id: int) -> Row[Any]:
    """For what does not rest on how the order is just now."""
    order = lock_order(edit, row_id(order_id), None)
    need_right(edit.scope, edit.action, order.stage)
    return order


def row_id(value: Any) -> int:
    """The identity as a number; NotFound for what cannot be one."""
    number = _whole(value)
    if not 0 < number <= MOST_ID:
        raise NotFound("this_order")
    return number


def _whole(value: Any) -> int:
    """The whole number; 0, which nothing has, for what is none."""
    try:
        return index(value)
    except TypeError:
        return 0


def done(order: Row[Any], version: int, **values: Any) -> Done:
    return Done(order.order_id, order.order_number, version, values)
