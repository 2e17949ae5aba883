"""What happened with one customer, on one timeline. Asked of the record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pandas as pd
from sqlalchemy import (
    CompoundSelect,
    Engine,
    FromClause,
    Select,
    String,
    Subquery,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)

from data_access.columns import Id, Money
from data_access.filters import name_in
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.scope import Scope

TimelineKind = Literal["all", "order", "payment", "return", "feedback", "interaction", "message"]
KINDS: tuple[TimelineKind, ...] = (
    "all", "order", "payment", "return", "feedback", "interaction", "message"
)  # fmt: skip
_LEGS = 8  # more than there are: an event is known by its row's identity and its leg


def list_customer_events(
    engine: Engine,
    scope: Scope,
    customer_id: int,
    *,
    kind: TimelineKind = "all",
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """A page of what happened, newest first; `keyset.next_page(frame)` is the `after` of the next.

    happened_at, event (order, payment, refund, return, or what kind of feedback, interaction or
    message it was), row_id (of the row that tells it), subject (a payment's method, a return's
    reason, an interaction's or a message's subject), detail (what somebody wrote; of a message that
    failed, why), score (of a review), state (of a return, a feedback or a message), person,
    order_number and stage (of the order it belongs to, as that is now; NULL where it belongs to
    none), amount, currency
    """
    events = _events(scope, customer_id, kind)
    return read_page(
        engine,
        Sort(events.c.happened_at, events.c.event_key, descending=True, has_nulls=False),
        select(events),
        lambda page: _shown(scope, page, language),
        limit=limit,
        after=after,
    )


def count_customer_events(
    engine: Engine, scope: Scope, customer_id: int, kind: TimelineKind = "all"
) -> int:
    """How many the timeline has."""
    events = _events(scope, customer_id, kind)
    with engine.connect() as connection:
        return int(connection.scalars(select(func.count()).select_from(events)).one())


def _events(scope: Scope, customer_id: int, kind: TimelineKind) -> Subquery:
    legs = [leg(scope, customer_id) for name, leg in _OF_KIND.items() if kind in ("all", name)]
    together: CompoundSelect[Any] = union_all(*legs)
    return together.subquery("events")


def _event(
    leg: int, row_id: Any, moment: Any, event: Any, order_id: Any, **more: Any
) -> Select[Any]:
    def text(name: str) -> Any:
        return cast(more.get(name, null()), String).label(name)

    told: Select[Any] = select(
        moment.label("happened_at"),
        cast(event, String).label("event"),
        cast(row_id, Id).label("row_id"),
        (cast(row_id, Id) * _LEGS + leg).label("event_key"),
        text("subject"),
        text("detail"),
        cast(more.get("score", null()), Id).label("score"),
        text("state"),
        cast(more.get("employee_id", null()), Id).label("employee_id"),
        cast(order_id, Id).label("order_id"),
        cast(more.get("amount", null()), Money).label("amount"),
        text("currency"),
    )
    return told


def _orders(scope: Scope, customer_id: int) -> Select[Any]:
    orders = scope.visible.orders.c
    return _event(
        0, orders.order_id, orders.ordered_at, literal("order"), orders.order_id,
        amount=orders.net_sales, currency=orders.currency, employee_id=orders.owner_id,
    ).where(orders.customer_id == customer_id)  # fmt: skip


def _payments(scope: Scope, customer_id: int) -> Select[Any]:
    payments = scope.visible.payments.c
    event = case((payments.amount < 0, "refund"), else_="payment")
    told = _event(
        1, payments.payment_id, payments.paid_at, event, payments.order_id,
        amount=payments.amount, currency=payments.currency, subject=payments.method,
    )  # fmt: skip
    return _of_their_orders(scope, told, scope.visible.payments, customer_id)


def _returns(scope: Scope, customer_id: int) -> Select[Any]:
    returns, orders = scope.visible.returns.c, scope.visible.orders.c
    told = _event(
        2, returns.return_id, returns.returned_at, literal("return"), returns.order_id,
        amount=returns.amount, currency=orders.currency, subject=returns.reason,
        detail=returns.note, state=returns.state,
    )  # fmt: skip
    return _of_their_orders(scope, told, scope.visible.returns, customer_id)


def _of_their_orders(
    scope: Scope, told: Select[Any], relation: FromClause, customer_id: int
) -> Select[Any]:
    orders = scope.visible.orders
    return (
        told.select_from(relation)
        .join(orders, orders.c.order_id == relation.c.order_id)
        .where(orders.c.customer_id == customer_id)
    )


def _feedback(scope: Scope, customer_id: int) -> Select[Any]:
    feedback = scope.visible.feedback.c
    return _event(
        3, feedback.feedback_id, feedback.created_at, feedback.kind, feedback.order_id,
        detail=feedback.text, score=feedback.score, state=feedback.state,
        employee_id=feedback.owner_id,
    ).where(feedback.customer_id == customer_id)  # fmt: skip


def _interactions(scope: Scope, customer_id: int) -> Select[Any]:
    interactions = scope.visible.interactions.c
    return _event(
        4, interactions.interaction_id, interactions.happened_at, interactions.kind, null(),
        subject=interactions.subject, detail=interactions.note,
        employee_id=interactions.employee_id,
    ).where(interactions.customer_id == customer_id)  # fmt: skip


def _messages(scope: Scope, customer_id: int) -> Select[Any]:
    messages = scope.visible.messages.c
    failed = case((messages.state == "failed", messages.last_error))
    return _event(
        5, messages.message_id, messages.made_at, messages.kind, messages.order_id,
        subject=messages.subject, detail=failed, state=messages.state,
        employee_id=messages.employee_id,
    ).where(messages.customer_id == customer_id)  # fmt: skip


_OF_KIND: dict[str, Callable[[Scope, int], Select[Any]]] = {
    "order": _orders,
    "payment": _payments,
    "return": _returns,
    "feedback": _feedback,
    "interaction": _interactions,
    "message": _messages,
}


def _shown(scope: Scope, page: Subquery, language: str) -> Select[Any]:
    orders, employees = scope.visible.orders, scope.visible.employees
    person = select(name_in(language, employees)).where(
        employees.c.employee_id == page.c.employee_id
    )
    number, stage = (
        select(orders.c[name]).where(orders.c.order_id == page.c.order_id).scalar_subquery()
        for name in ("order_number", "stage")
    )
    return select(
        page.c.happened_at,
        page.c.event,
        page.c.row_id,
        page.c.subject,
        page.c.detail,
        page.c.score,
        page.c.state,
        person.scalar_subquery().label("person"),
        number.label("order_number"),
        stage.label("stage"),
        page.c.amount,
        page.c.currency,
    )
