"""What is owed for an order: net sales − payments, of an order that is not cancelled."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import ColumnElement, case, func, literal_column, null

from data_access.columns import Money

PaymentState = Literal["paid", "partly_paid", "unpaid"]
PAYMENT_STATES: tuple[PaymentState, ...] = ("unpaid", "partly_paid", "paid")
# Amounts have four places; less than a cent owed is nothing owed, also in SQLite's binary numbers.
# Constants stand in the statement itself: an index on what is owed serves who spells it like
# tables.OWING.
_A_CENT: ColumnElement[Any] = literal_column("0.00995")
_PLACES: ColumnElement[Any] = literal_column("4")
_LESS_A_CENT: ColumnElement[Any] = literal_column("-0.00995")
_CANCELLED: ColumnElement[Any] = literal_column("'cancelled'")


def owed(orders: Any) -> ColumnElement[Any]:
    """What is owed, negative when too much was paid; NULL where it is hidden. `orders` are
    columns."""
    return func.round(orders.net_sales - orders.paid, _PLACES, type_=Money)


def is_owing(orders: Any) -> ColumnElement[bool]:
    """Not cancelled, and a cent or more is owed."""
    owing: ColumnElement[bool] = (orders.stage != _CANCELLED) & (owed(orders) > _A_CENT)
    return owing


def awaits_refund(orders: Any) -> ColumnElement[bool]:
    """Not cancelled, and a cent or more too much was paid, as after a return."""
    awaits: ColumnElement[bool] = (orders.stage != _CANCELLED) & (owed(orders) < _LESS_A_CENT)
    return awaits


def payment_state(orders: Any) -> ColumnElement[Any]:
    """paid, partly_paid or unpaid; NULL for a cancelled order and where payments are hidden."""
    return case(
        (orders.stage == _CANCELLED, null()),
        (owed(orders) <= _A_CENT, "paid"),
        (orders.paid > _A_CENT, "partly_paid"),
        (owed(orders).is_not(None), "unpaid"),
    )


def is_in_payment_state(orders: Any, state: PaymentState) -> ColumnElement[bool]:
    if state == "paid":
        paid: ColumnElement[bool] = (orders.stage != _CANCELLED) & (owed(orders) <= _A_CENT)
        return paid
    part: ColumnElement[bool] = orders.paid > _A_CENT
    return is_owing(orders) & (part if state == "partly_paid" else orders.paid <= _A_CENT)
