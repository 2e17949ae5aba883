"""Divides a short stock: sets its units aside for the order lines that wait for them.

What is reserved stays as it is, for it tells how much is wanted (decision 9). What is set aside
is for no other order while the line waits: `stock.py` keeps to it when goods are confirmed and
shipped. All of it together is never more than is on hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any, ClassVar, NoReturn

from sqlalchemy import Engine, Row, and_, delete, func, insert, select, update

from data_access.edits.allocated import ON_ITS_SHELF, UNITS
from data_access.edits.fields import MOST_ID
from data_access.edits.locking import MOST_CHANGES, lock_order, step_version
from data_access.edits.rights import RightRefused, may_allocate
from data_access.edits.stock import HOLDING
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused
from data_access.inventory import MOST_WAITING, WAITING_STAGES
from data_access.row_images import read_image
from data_access.scope import Scope
from data_access.tables import allocations, audit, order_lines, orders, products, stock

MOST_WEIGHT = 100


@dataclass(frozen=True)
class Share:
    """Units for a line that waits, whose order was at this version when the person saw it."""

    order_id: int
    seen_version: int
    line_id: int
    units: int


@dataclass(frozen=True)
class Weighed:
    """How much each counted in the proposal that was shown, 0 to 100."""

    promised: int
    margin: int
    value: int


class AllocationRefused(EditRefused):
    """The stock cannot be divided so; nothing was set aside."""

    messages: ClassVar[dict[str, str]] = {
        "no_stock": "No stock of this product is kept there.",
        "weights": "A weight is a whole number from 0 to {most}.",
        "units": "Units are whole numbers from 0 on.",
        "twice": "A line stands in the list twice.",
        "nothing": "There is no line to set units aside for.",
        "too_many": "At most {most} lines at a time.",
        "came": "Order {number} waits for this stock too since you opened it. Look at it again.",
        "gone": "A line no longer waits for this stock. Look at it again.",
        "more_than_asked": "Order {number} asks for {asked}; {units} are more than that.",
        "more_than_there": "{units} units would be set aside, and {there} are there to be divided.",
        "unchanged": "Nothing is different from what is set aside already.",
        "moved": "The stock was changed since you opened it: {on_hand} on hand and {reserved}"
        " reserved now. Look at it again.",
        "moved_by": "{people} changed the stock since you opened it: {on_hand} on hand and"
        " {reserved} reserved now. Look at it again.",
    }


def allocate_stock(
    engine: Engine,
    scope: Scope,
    product_id: int,
    warehouse_id: int,
    shares: Sequence[Share],
    *,
    weights: Weighed,
    seen_on_hand: int,
    seen_reserved: int,
    reason: str = "",
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """All of it or nothing. `shares` has every line of the person's orders that waits for the
    stock, those that get nothing too. Refused with StaleVersion when an order was changed since,
    with AllocationRefused when the stock was, or when more is given than is asked or there.

    A person who does not see every order divides what nobody else has reserved, and what their own
    orders have set aside already."""
    shares = tuple(sorted(shares, key=lambda each: str(each.line_id)))
    _check(shares, weights)

    def work(edit: Edit) -> Done:
        if not may_allocate(edit.scope):
            raise RightRefused("role")
        shelf = _lock_shelf(edit, product_id, warehouse_id)
        for order_id, version in sorted({(each.order_id, each.seen_version) for each in shares}):
            lock_order(edit, order_id, version)
        lines = _waiting_lines(edit, shelf)
        _check_same(edit, shelf, lines, shares, (seen_on_hand, seen_reserved))
        _check_units(edit, shelf, lines, shares)
        changed = _write(edit, lines, shares, weights)
        return _told(edit, shelf, shares, changed)

    return carry_out(
        engine, scope, "allocate_stock", work, request_id=request_id, reason=reason,
        details=(product_id, warehouse_id, [astuple(each) for each in shares], astuple(weights),
                 seen_on_hand, seen_reserved, reason),
        now=now,
    )  # fmt: skip


def _check(shares: Sequence[Share], weights: Weighed) -> None:
    if not all(_is_whole(each, MOST_WEIGHT) for each in astuple(weights)):
        raise AllocationRefused("weights", most=MOST_WEIGHT)
    if not shares:
        raise AllocationRefused("nothing")
    if len(shares) > MOST_WAITING:
        raise AllocationRefused("too_many", most=MOST_WAITING)
    if not all(_is_whole(each, MOST_ID) for share in shares for each in astuple(share)):
        raise AllocationRefused("units")
    if len({share.line_id for share in shares}) < len(shares):
        raise AllocationRefused("twice")


def _is_whole(value: Any, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _lock_shelf(edit: Edit, product_id: Any, warehouse_id: Any) -> Row[Any]:
    if not (_is_whole(product_id, MOST_ID) and _is_whole(warehouse_id, MOST_ID)):
        raise AllocationRefused("no_stock")
    shelf = edit.connection.execute(
        select(stock)
        .where(stock.c.product_id == product_id, stock.c.warehouse_id == warehouse_id)
        .with_for_update()
    ).one_or_none()
    if shelf is None:
        raise AllocationRefused("no_stock")
    return shelf


def _waiting_lines(edit: Edit, shelf: Row[Any]) -> list[Row[Any]]:
    """The lines of the person's orders that wait for the stock, with what they have now."""
    visible = edit.scope.visible.orders.c
    seen = select(visible.order_id).where(
        visible.warehouse_id == shelf.warehouse_id, visible.stage.in_(WAITING_STAGES)
    )
    return list(
        edit.connection.execute(
            select(
                order_lines.c.line_id,
                order_lines.c.quantity,
                orders.c.order_id,
                orders.c.order_number,
                orders.c.stage,
                allocations.c.allocation_id,
                func.coalesce(UNITS, 0).label("set_aside"),
                allocations.c.quantity.label("written"),
            )
            .select_from(orders)
            .join(order_lines, order_lines.c.order_id == orders.c.order_id)
            .outerjoin(allocations, allocations.c.line_id == order_lines.c.line_id)
            .where(
                order_lines.c.product_id == shelf.product_id,
                order_lines.c.quantity > 0,
                orders.c.warehouse_id == shelf.warehouse_id,
                orders.c.stage.in_(WAITING_STAGES),
                orders.c.order_id.in_(seen),
            )
            .order_by(order_lines.c.line_id)
        )
    )


def _check_same(
    edit: Edit,
    shelf: Row[Any],
    lines: Sequence[Row[Any]],
    shares: Iterable[Share],
    seen: tuple[int, int],
) -> None:
    """The lines and the stock are those that the person saw."""
    given = {(each.order_id, each.line_id) for each in shares}
    for line in lines:
        if (line.order_id, line.line_id) not in given:
            raise AllocationRefused("came", number=line.order_number)
    if len(given) > len(lines):
        raise AllocationRefused("gone")
    if (shelf.on_hand, shelf.reserved) != seen:
        _refuse_moved(edit, shelf, seen)


def _refuse_moved(edit: Edit, shelf: Row[Any], seen: tuple[int, int]) -> NoReturn:
    logged = edit.connection.execute(
        select(audit.c.after, audit.c.actor_name)
        .where(audit.c.table_name == stock.name, audit.c.row_id == shelf.stock_id)
        .order_by(audit.c.audit_id.desc())
        .limit(MOST_CHANGES)
    )
    people: dict[str, None] = {}
    for row in logged:  # newest first, back to what the person saw
        image = read_image(row.after)
        if (image.get("on_hand"), image.get("reserved")) == seen:
            break
        people |= dict.fromkeys(filter(None, [row.actor_name]))
    now = {"on_hand": shelf.on_hand, "reserved": shelf.reserved}
    if people:
        raise AllocationRefused("moved_by", people=", ".join(people), **now)
    raise AllocationRefused("moved", **now)


def _check_units(
    edit: Edit, shelf: Row[Any], lines: Iterable[Row[Any]], shares: Iterable[Share]
) -> None:
    given = {each.line_id: each.units for each in shares}
    for line in lines:
        if given[line.line_id] > line.quantity:
            raise AllocationRefused(
                "more_than_asked",
                number=line.order_number, asked=line.quantity, units=given[line.line_id],
            )  # fmt: skip
    total, there = sum(given.values()), _there(edit, shelf, lines)
    if total > there:
        raise AllocationRefused("more_than_there", units=total, there=there)


def _there(edit: Edit, shelf: Row[Any], lines: Iterable[Row[Any]]) -> int:
    """Units that the person may divide."""
    lines = list(lines)
    if edit.scope.sees_all("orders"):
        return max(int(shelf.on_hand), 0)
    reserved: int = sum(line.quantity for line in lines if line.stage in HOLDING)
    own: int = sum(line.set_aside for line in lines)
    seen = [line.line_id for line in lines]
    unseen = (
        select(
            func.coalesce(func.sum(UNITS).filter(orders.c.stage == "received"), 0),
            func.coalesce(func.sum(UNITS), 0),
        )
        .select_from(allocations)
        .join(order_lines, order_lines.c.line_id == allocations.c.line_id)
        .join(orders, orders.c.order_id == order_lines.c.order_id)
        .join(stock, and_(ON_ITS_SHELF, stock.c.stock_id == shelf.stock_id))
        .where(orders.c.stage.in_(WAITING_STAGES), order_lines.c.line_id.not_in(seen))
    )
    unconfirmed, set_aside = map(int, edit.connection.execute(unseen).one())
    elsewhere = max(int(shelf.reserved) - reserved, 0) + unconfirmed
    left = max(int(shelf.on_hand) - elsewhere, own)
    return max(min(left, int(shelf.on_hand) - set_aside), 0)


def _write(
    edit: Edit, lines: Iterable[Row[Any]], shares: Iterable[Share], weights: Weighed
) -> list[Row[Any]]:
    """Only what is different; the lines that it is different for."""
    given = {each.line_id: each.units for each in shares}
    changed = [line for line in lines if (line.written or 0) != given[line.line_id]]
    if not changed:
        raise AllocationRefused("unchanged")
    said = {
        "promised_weight": weights.promised,
        "margin_weight": weights.margin,
        "value_weight": weights.value,
        "user_id": edit.scope.user_id,
        "allocated_at": edit.now,
        "request_id": edit.request_id,
    }
    for line in changed:
        units, is_this = given[line.line_id], allocations.c.line_id == line.line_id
        if not units:
            edit.connection.execute(delete(allocations).where(is_this))
        elif line.allocation_id is None:
            own = {"order_id": line.order_id, "line_id": line.line_id}
            edit.connection.execute(insert(allocations).values(**own, quantity=units, **said))
        else:
            edit.connection.execute(
                update(allocations).where(is_this).values(quantity=units, **said)
            )
    for order_id in sorted({line.order_id for line in changed}):
        step_version(edit, order_id)
    return changed


def _told(
    edit: Edit, shelf: Row[Any], shares: Iterable[Share], changed: Iterable[Row[Any]]
) -> Done:
    sku = select(products.c.sku).where(products.c.product_id == shelf.product_id)
    return Done(
        values={
            "sku": edit.connection.scalar(sku),
            "units": sum(each.units for each in shares),
            "orders": list(dict.fromkeys(line.order_number for line in changed)),
        }
    )
