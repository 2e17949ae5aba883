"""Moves a selection of orders to a stage: all of them, or none and why not, order by order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Engine

from data_access.edits.moving import (
    cancel,
    check_reason,
    check_shipping,
    complete,
    confirm,
    ship,
    start,
)
from data_access.edits.opening import open_order
from data_access.edits.rights import ACTION_TO
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.errors import EditRefused, Refused
from data_access.scope import Scope
from data_access.stages import STAGES

MOST_ORDERS = 200
STAGES_TO_MOVE_TO = tuple(
    stage for stage in STAGES if stage in ACTION_TO and stage != "returned"
)  # a return names its lines


@dataclass(frozen=True)
class Move:
    """One order of the selection, as the person saw it; the last two for shipping alone."""

    order_id: int
    seen_version: int
    carrier: str = ""
    tracking_number: str = ""


@dataclass(frozen=True)
class RefusedMove:
    order_id: int
    refusal: Refused


class MovesRefused(EditRefused):
    """Nothing was moved. `rows` has the orders that could not be, in the order of the selection;
    the others could."""

    messages: ClassVar[dict[str, str]] = {
        "rows": "No order was moved: {refused} of {orders} cannot be.",
        "nothing": "No order is selected.",
        "too_many": "At most {most} orders can be moved at a time.",
        "stage": "Orders cannot be moved to this stage together.",
        "twice": "An order is selected twice.",
    }

    def __init__(self, reason: str, rows: Sequence[RefusedMove] = (), **values: object) -> None:
        super().__init__(reason, **values)
        self.rows = tuple(rows)


def move_orders(
    engine: Engine,
    scope: Scope,
    moves: Sequence[Move],
    stage: str,
    *,
    reason: str = "",
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """All orders to `stage`, one after the other as they are listed, so the first takes what is in
    stock; `reason` for cancelling. MovesRefused says of each row why it could not be moved."""
    moves = tuple(moves)
    _check_selection(moves, stage)
    because = check_reason(reason) if stage == "cancelled" else ""

    def work(edit: Edit) -> Done:
        refused = []
        for move in moves:
            try:
                _move(edit, move, stage, because)
            except Refused as refusal:
                refused.append(RefusedMove(move.order_id, refusal))
        if refused:
            raise MovesRefused("rows", refused, refused=len(refused), orders=len(moves))
        versions = {str(order_id): version for order_id, version in edit.stepped.items()}
        return Done(values={"stage": stage, "versions": versions})

    return carry_out(
        engine, scope, "move_orders", work, request_id=request_id, reason=because,
        details=(moves, stage, because), now=now,
    )  # fmt: skip


def _check_selection(moves: Sequence[Move], stage: Any) -> None:
    if stage not in STAGES_TO_MOVE_TO:
        raise MovesRefused("stage")
    if not moves:
        raise MovesRefused("nothing")
    if len(moves) > MOST_ORDERS:
        raise MovesRefused("too_many", most=MOST_ORDERS)
    if len({move.order_id for move in moves}) < len(moves):
        raise MovesRefused("twice")


def _move(edit: Edit, move: Move, stage: str, reason: str) -> Done:
    """Refused before anything of this order is written, so that the others can be looked at too."""
    order = open_order(edit, move.order_id, move.seen_version, ACTION_TO[stage])
    match stage:
        case "confirmed":
            return confirm(edit, order)
        case "processing":
            return start(edit, order)
        case "shipped":
            return ship(edit, order, *check_shipping(move.carrier, move.tracking_number))
        case "completed":
            return complete(edit, order)
    return cancel(edit, order, reason)
