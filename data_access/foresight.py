"""An order as an edit would leave it, worked out before anything is written: plain arithmetic that
says what the commands will do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Generic, TypeVar

from data_access.stages import TO_SHIP_STAGES

PLACES = Decimal("0.0001")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Shift(Generic[Value]):
    """A figure as it is now and as it would be."""

    now: Value
    after: Value


@dataclass(frozen=True)
class Proposed:
    """An edit that is not yet saved: the action by the name of its command, and what it would set.
    `returned` has line_id, units, and whether they go back into the stock."""

    action: str
    line_id: int | None = None
    quantity: int | None = None
    discount_rate: Decimal | None = None
    promised_on: date | None = None
    owner_id: int | None = None
    amount: Decimal | None = None
    returned: tuple[tuple[int, int, bool], ...] = ()


@dataclass(frozen=True)
class Line:
    product_id: int
    quantity: int
    returned: int
    unit_price: Decimal | None
    discount_rate: Decimal | None
    unit_cost: Decimal | None

    @classmethod
    def of(cls, row: Any) -> Line:
        return cls(
            row.product_id, row.quantity, row.returned_quantity, row.unit_price,
            row.discount_rate, row.unit_cost,
        )  # fmt: skip

    @property
    def kept(self) -> int:
        return self.quantity - self.returned

    @property
    def net_sales(self) -> Decimal:
        price, rate = self.unit_price or Decimal(0), self.discount_rate or Decimal(0)
        return (self.kept * price * (1 - rate)).quantize(PLACES, ROUND_HALF_UP)

    @property
    def cost(self) -> Decimal:
        return self.kept * (self.unit_cost or Decimal(0))


_STAGE_AFTER = {
    "confirm_order": "confirmed",
    "start_processing": "processing",
    "ship_order": "shipped",
    "complete_order": "completed",
    "cancel_order": "cancelled",
}


@dataclass(frozen=True)
class State:
    """What of an order an edit can change."""

    stage: str
    lines: Mapping[int, Line]
    paid: Decimal | None
    promised_on: date | None
    owner_id: int | None

    def after(self, proposed: Proposed) -> State:
        if proposed.action in _STAGE_AFTER:
            return replace(self, stage=_STAGE_AFTER[proposed.action])
        if proposed.action == "register_return":
            return self._with_return(proposed)
        sign = {"take_payment": 1, "refund_payment": -1}.get(proposed.action, 0)
        paid = None if self.paid is None else self.paid + sign * (proposed.amount or 0)
        return replace(
            self,
            lines=self._with_line(proposed),
            paid=paid,
            promised_on=proposed.promised_on or self.promised_on,
            owner_id=proposed.owner_id or self.owner_id,
        )

    def _with_line(self, proposed: Proposed) -> Mapping[int, Line]:
        line = self.lines.get(proposed.line_id or 0)
        if line is None:
            return self.lines
        rate = proposed.discount_rate
        changed = replace(
            line,
            quantity=line.quantity if proposed.quantity is None else proposed.quantity,
            discount_rate=line.discount_rate if rate is None else rate,
        )
        return {**self.lines, proposed.line_id or 0: changed}

    def _with_return(self, proposed: Proposed) -> State:
        lines = dict(self.lines)
        for line_id, units, _ in proposed.returned:
            if line_id in lines:
                line = lines[line_id]
                lines[line_id] = replace(line, returned=line.returned + units)
        everything = bool(lines) and all(line.kept == 0 for line in lines.values())
        return replace(self, lines=lines, stage="returned" if everything else self.stage)

    def units(self) -> dict[int, int]:
        """product_id → units that the customer keeps."""
        units: dict[int, int] = {}
        for line in self.lines.values():
            units[line.product_id] = units.get(line.product_id, 0) + line.kept
        return units

    def held(self) -> dict[int, int]:
        """product_id → units that are reserved for it."""
        return self.units() if self.stage in TO_SHIP_STAGES else {}


class Sums:
    """The money of an order now and after."""

    def __init__(self, order: Any, now: State, after: State) -> None:
        before, then = now.lines.values(), after.lines.values()
        net, cost = order.net_sales, order.cost
        more = sum((line.net_sales for line in then), -sum(line.net_sales for line in before))
        dearer = sum((line.cost for line in then), -sum(line.cost for line in before))
        self._net = Shift(net, None if net is None else net + more)
        self._cost = Shift(cost, None if cost is None else cost + dearer)
        self._paid = Shift(now.paid, after.paid)
        self._stage = Shift(now.stage, after.stage)

    @property
    def net_sales(self) -> Shift[Decimal | None]:
        return Shift(
            _counted(self._net.now, self._stage.now), _counted(self._net.after, self._stage.after)
        )

    @property
    def margin(self) -> Shift[Decimal | None]:
        cost = Shift(
            _counted(self._cost.now, self._stage.now), _counted(self._cost.after, self._stage.after)
        )
        sales = self.net_sales
        return Shift(_less(sales.now, cost.now), _less(sales.after, cost.after))

    @property
    def owed(self) -> Shift[Decimal | None]:
        sales = self.net_sales
        return Shift(_less(sales.now, self._paid.now), _less(sales.after, self._paid.after))

    def customer_owes(self, by_all: Decimal | None) -> Shift[Decimal | None]:
        owed = self.owed
        if by_all is None or owed.now is None or owed.after is None:
            return Shift(by_all, by_all)
        return Shift(by_all, by_all - max(owed.now, Decimal(0)) + max(owed.after, Decimal(0)))


def _counted(amount: Decimal | None, stage: str) -> Decimal | None:
    return Decimal(0) if amount is not None and stage == "cancelled" else amount


def _less(amount: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if amount is None or other is None else amount - other


def units_moved(now: State, after: State, proposed: Proposed) -> dict[int, int]:
    """product_id → units that the edit puts on hand; below zero, takes out."""
    if after.stage == "shipped" != now.stage:
        return {product_id: -units for product_id, units in now.units().items()}
    moved: dict[int, int] = {}
    for line_id, units, back_in_stock in proposed.returned:
        if back_in_stock and line_id in now.lines:
            product_id = now.lines[line_id].product_id
            moved[product_id] = moved.get(product_id, 0) + units
    return moved
