"""Undoes one edit from the log: its rows go back to what they were, if nobody touched them since.

The undo is an edit of its own, with its own place in the log; undoing an undo does the edit again.
Stock is shared with other orders, so it is not set back: what was moved is moved the other way. A
message that has left the house stays sent; one that waits is withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Engine, Row, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from data_access.edits.allocated import find_overdrawn
from data_access.edits.locking import change_order
from data_access.edits.rights import may_allocate
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.policy import Role
from data_access.row_images import Difference, differences_from, read_image, stored_value
from data_access.scope import Scope
from data_access.sealing import is_sealed, opener
from data_access.tables import (
    AUDITED_TABLES,
    audit,
    customers,
    messages,
    metadata,
    orders,
    products,
    stock,
)
from data_access.totals import CARRIED, recount_orders

MAY_UNDO = (Role.ADMIN, Role.MANAGER)
_COUNTED = ("on_hand", "reserved")  # of stock: moved back by as much as it was moved
FREED = "freed_orders"  # what the log of an order calls the goods that came for it: no row
_NEVER = {
    "comments": "comment",
    "consents": "consent",
    "published_forecasts": "published",
}  # table → why not
_UNDOABLE = {table.name for table in AUDITED_TABLES} - _NEVER.keys()


@dataclass(frozen=True)
class Conflict:
    """A field that is no longer as the edit left it; without a name when the row itself came or
    went."""

    table_name: str
    row_id: int
    about: str  # the number of the order, or what the product is sold as
    difference: Difference


class UndoRefused(EditRefused):
    """The edit cannot be undone; nothing was written. `conflicts` says what changed since."""

    messages: ClassVar[dict[str, str]] = {
        "role": "Only managers and administrators undo a change.",
        "unknown": "There is no such change.",
        "undone": "This was undone already.",
        "kind": "This kind of change cannot be undone.",
        "created": "A new order cannot be undone. Cancel it instead.",
        "comment": "A comment cannot be undone. Write another one.",
        "consent": "A consent cannot be undone. Record what the customer says now instead.",
        "published": "What was published stays in the ledger.",
        "erased": "This was about a person who was erased; it cannot be undone.",
        "delivered": "The goods are with the customer; that cannot be undone.",
        "changed": "It was changed again since, so it can no longer be undone: {what}.",
        "changed_by": "{people} changed it since, so it can no longer be undone: {what}.",
        "again": "Something else stands in its place meanwhile, so it can no longer be undone.",
        "stock": "The goods are needed elsewhere meanwhile, so it can no longer be undone: {what}.",
    }

    def __init__(self, reason: str, conflicts: Sequence[Conflict] = (), **values: object) -> None:
        super().__init__(reason, **values)
        self.conflicts = tuple(conflicts)


@dataclass(frozen=True)
class _Written:
    """What an edit did to one row, all in all."""

    table: Table
    row_id: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    last_audit_id: int

    @property
    def key(self) -> Any:
        return next(iter(self.table.primary_key.columns))

    @property
    def order_id(self) -> int | None:
        found: int | None = (self.after or self.before).get("order_id")
        return found


def may_undo(scope: Scope, action: str = "") -> bool:
    """Whether this person may undo what others did; or, with the action, what they did
    themselves."""
    is_own = action == "allocate_stock" and may_allocate(scope)
    return scope.role in MAY_UNDO or is_own


def undo_change(
    engine: Engine,
    scope: Scope,
    request_id_of_change: str,
    *,
    request_id: str,
    reason: str = "",
    now: datetime | None = None,
) -> Done:
    """Undoes everything that one request wrote, or nothing. `values` of the answer: `undone`, the
    action, and `orders`, the numbers. Refused with UndoRefused."""

    def work(edit: Edit) -> Done:
        return _undo(edit, request_id_of_change)

    return carry_out(
        engine, scope, "undo_change", work, request_id=request_id, reason=reason,
        details=(request_id_of_change, reason), now=now, undoes=request_id_of_change,
    )  # fmt: skip


def _undo(edit: Edit, request_id: str) -> Done:
    rows = edit.connection.execute(
        select(audit).where(audit.c.request_id == request_id).order_by(audit.c.audit_id)
    ).all()
    if not (may_undo(edit.scope) or _is_own(edit, rows)):
        raise UndoRefused("role")
    if not rows:
        raise UndoRefused("unknown")
    undone = select(audit.c.audit_id).where(audit.c.undoes == request_id).limit(1)
    if edit.connection.scalar(undone) is not None:
        raise UndoRefused("undone")
    written = _written(edit, rows)
    _check_kind(written)
    _check_untouched(edit, written)
    order_ids = sorted({one.order_id for one in written if one.order_id is not None})
    overdrawn = find_overdrawn(edit.connection, order_ids)
    try:
        for one in reversed(written):
            _take_back(edit, one)
    except IntegrityError as error:  # such as another request for the same cause
        raise UndoRefused("again") from error
    anew = [sku for sku in find_overdrawn(edit.connection, order_ids) if sku not in overdrawn]
    if anew:
        raise UndoRefused("stock", what=", ".join(anew))
    return _step_orders(edit, written, rows[0].action)


def _is_own(edit: Edit, rows: Sequence[Row[Any]]) -> bool:
    """Whether the person did it themselves, may undo it, and still sees every order of it."""
    actions = {(row.action, row.user_id) for row in rows}
    if len(actions) != 1 or not may_undo(edit.scope, rows[0].action):
        return False
    order_ids = {row.order_id for row in rows}
    seen = edit.scope.visible.orders.c.order_id
    found = edit.connection.scalars(select(seen).where(seen.in_(order_ids)))
    return rows[0].user_id == edit.scope.user_id and set(found) == order_ids


def _written(edit: Edit, rows: Sequence[Row[Any]]) -> list[_Written]:
    """One for each row, by when it was last written."""
    opened = opener(
        edit.connection,
        [(row.table_name, image) for row in rows for image in (row.before, row.after)],
    )

    def image_of(row: Row[Any], text: str | None) -> dict[str, Any]:
        image = opened(row.table_name, read_image(text))
        if any(map(is_sealed, image.values())):
            raise UndoRefused("erased")
        return image

    found: dict[tuple[str, int], _Written] = {}
    for row in rows:
        if row.table_name == FREED:
            continue
        if row.table_name not in _UNDOABLE:
            raise UndoRefused(_NEVER.get(row.table_name, "kind"))
        key = (row.table_name, row.row_id)
        earlier = found.pop(key, None)
        before = earlier.before if earlier else image_of(row, row.before)
        table = metadata.tables[row.table_name]
        after = image_of(row, row.after)
        found[key] = _Written(table, row.row_id, before, after, row.audit_id)
    return list(found.values())


def _check_kind(written: Iterable[_Written]) -> None:
    for one in written:
        if one.table is orders and not (one.before and one.after):
            raise UndoRefused("created")
        if one.table is orders and _is_delivered(one.after) and not _is_delivered(one.before):
            raise UndoRefused("delivered")


def _is_delivered(order: Mapping[str, Any]) -> bool:
    return order["completed_at"] is not None


def _check_untouched(edit: Edit, written: Iterable[_Written]) -> None:
    conflicts: list[Conflict] = []
    people: dict[str, None] = {}
    for one in written:
        found = _changed_since(edit, one) if one.table is not messages else []
        if found:
            about = _about(edit, one)
            conflicts += [Conflict(one.table.name, one.row_id, about, each) for each in found]
            people |= dict.fromkeys(_people_since(edit, one))
    if conflicts:
        what = ", ".join(dict.fromkeys(conflict.about for conflict in conflicts))
        reason = "changed_by" if people else "changed"
        raise UndoRefused(reason, conflicts, people=", ".join(people), what=what)


def _changed_since(edit: Edit, one: _Written) -> list[Difference]:
    statement = select(one.table).where(one.key == one.row_id).with_for_update()
    row = edit.connection.execute(statement).mappings().one_or_none()
    if row is None or not one.after:
        same = row is None and not one.after
        return [] if same else [Difference("", bool(one.after), row is not None)]
    found = differences_from(one.table.c, one.after, dict(row))
    if one.table is orders and [each.field for each in found] == ["version"]:
        return found if _anything_stands(edit, one) else []
    counted = _COUNTED if one.table is stock else ()
    return [each for each in found if each.field not in counted]


def _anything_stands(edit: Edit, one: _Written) -> bool:
    """Whether an edit of the order since is still in effect: neither undone nor the undoing of
    another one since."""
    later = edit.connection.execute(
        select(audit.c.request_id, audit.c.undoes)
        .where(audit.c.order_id == one.order_id, audit.c.audit_id > one.last_audit_id)
        .where(audit.c.table_name.not_in((messages.name, FREED)))
        .order_by(audit.c.audit_id.desc())
    )
    target = {row.request_id: row.undoes for row in later}
    undone: set[str | None] = set()
    for request_id, undoes in target.items():  # newest first
        if request_id not in undone:
            undone.add(undoes)
    return any(
        request_id is None or (request_id not in undone and undoes not in target)
        for request_id, undoes in target.items()
    )


def _people_since(edit: Edit, one: _Written) -> list[str]:
    later = (
        select(audit.c.actor_name)
        .where(
            audit.c.table_name == one.table.name,
            audit.c.row_id == one.row_id,
            audit.c.audit_id > one.last_audit_id,
            audit.c.actor_name.is_not(None),
        )
        .order_by(audit.c.audit_id)
    )
    return list(edit.connection.scalars(later))


def _take_back(edit: Edit, one: _Written) -> None:
    if one.table.name == "stock_movements" and not one.before:
        _move_back(edit, one)
    elif one.table is stock and one.after:
        _restock(edit, one)
    elif one.table is messages:
        _restate(edit, one)
    elif not one.before:
        edit.connection.execute(delete(one.table).where(one.key == one.row_id))
    elif not one.after:
        edit.connection.execute(insert(one.table).values(_values(one)))
    elif one.table is orders:
        change_order(edit, one.row_id, **_values(one, but=("order_id", "version", *CARRIED)))
    else:
        edit.connection.execute(
            update(one.table).where(one.key == one.row_id).values(_values(one, but=(one.key.name,)))
        )


def _values(one: _Written, but: Sequence[str] = ()) -> dict[str, Any]:
    return {
        name: stored_value(one.table.c[name].type, value)
        for name, value in one.before.items()
        if name in one.table.c and name not in but and not one.table.c[name].computed
    }


def _move_back(edit: Edit, one: _Written) -> None:
    """What was moved stays written; a second movement takes it back."""
    values = {
        name: stored_value(one.table.c[name].type, value)
        for name, value in one.after.items()
        if name in ("warehouse_id", "product_id", "order_id", "replenishment_id", "kind")
    }
    back = {"quantity": -one.after["quantity"], "moved_at": edit.now}
    edit.connection.execute(insert(one.table).values({**values, **back}))


def _restock(edit: Edit, one: _Written) -> None:
    shelf = edit.connection.execute(select(stock).where(stock.c.stock_id == one.row_id)).one()
    moved = {name: one.after[name] - one.before.get(name, 0) for name in _COUNTED}
    on_hand = shelf.on_hand - moved["on_hand"]
    reserved = shelf.reserved - moved["reserved"]
    lowers = moved["on_hand"] - moved["reserved"] > 0  # what is free for others
    lacked = max(one.before.get("reserved", 0) - one.before.get("on_hand", 0), 0)
    if on_hand < 0 or reserved < 0 or (lowers and reserved - on_hand > lacked):
        raise UndoRefused("stock", what=_about(edit, one))
    values = _values(one, but=("stock_id", *_COUNTED))
    edit.connection.execute(
        update(stock)
        .where(stock.c.stock_id == one.row_id)
        .values(**values, on_hand=on_hand, reserved=reserved)
    )


def _restate(edit: Edit, one: _Written) -> None:
    """As it was before the edit, which may have made it; but for one that was sent since."""
    values = _values(one, but=("message_id",)) or {"state": "withdrawn", "next_try_at": None}
    edit.connection.execute(
        update(messages)
        .where(messages.c.message_id == one.row_id, messages.c.state != "sent")
        .values(values)
    )


def _step_orders(edit: Edit, written: Iterable[_Written], action: str) -> Done:
    order_ids = sorted({one.order_id for one in written if one.order_id is not None})
    for order_id in order_ids:
        change_order(edit, order_id)
    recount_orders(edit.connection, order_ids)
    numbers = [_number(edit, order_id) for order_id in order_ids]
    values = {"undone": action, "orders": numbers}
    if len(order_ids) != 1:
        return Done(values=values)
    (order_id,) = order_ids
    return Done(order_id, numbers[0], edit.stepped[order_id], values)


def _number(edit: Edit, order_id: int | None) -> str | None:
    statement = select(orders.c.order_number).where(orders.c.order_id == order_id)
    found: str | None = edit.connection.scalar(statement)
    return found


def _about(edit: Edit, one: _Written) -> str:
    product_id = (one.after or one.before).get("product_id")
    sku = select(products.c.sku).where(products.c.product_id == product_id)
    customer_id = (one.after or one.before).get("customer_id")
    name = select(customers.c.name).where(customers.c.customer_id == customer_id)
    return (
        _number(edit, one.order_id)
        or edit.connection.scalar(sku)
        or edit.connection.scalar(name)
        or one.table.name
    )
