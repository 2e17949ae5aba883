"""What waits for somebody: work queues over the orders that a person sees. Asked of the record.

A stage has an owner role and a target time (stage_rules): an order's deadline is the moment it
entered the stage, and the target later. Demo or not, `now` is the moment people work at.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Literal, get_args

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    Subquery,
    case,
    false,
    func,
    literal,
    select,
    union_all,
)

from data_access.dialects import hours_later
from data_access.filters import is_open, name_in
from data_access.frames import read_frame
from data_access.keyset import PAGE_SIZE, Cursor, Sort, read_page
from data_access.order_details import STAGE_MOMENTS
from data_access.owing import awaits_refund, is_owing, owed
from data_access.scope import Scope

Queue = Literal["late", "to_confirm", "to_pack", "to_ship", "on_the_way", "unpaid", "to_refund"]
QUEUES: tuple[Queue, ...] = get_args(Queue)
# queue → the stage whose rule holds for it; the others hold orders of several stages
STAGE_OF: Mapping[str, str] = {
    "to_confirm": "received",
    "to_pack": "confirmed",
    "to_ship": "processing",
    "on_the_way": "shipped",
    "to_refund": "returned",
}
DUE_SOON_DAYS = 7


def sum_work_queues(engine: Engine, scope: Scope, now: datetime, as_of: date) -> pd.DataFrame:
    """queue, currency, orders, late (past the deadline of the stage; of unpaid ones, past the due
    day), at_stake (net sales; of unpaid ones what is owed, of overpaid ones what is to be paid
    back; NULL where hidden), in the order of QUEUES; only queues that hold something."""
    parts = [_summed(_open_orders(scope), now, as_of)]
    if _sees_payments(scope):
        money: tuple[Queue, ...] = ("unpaid", "to_refund")
        parts += [_summed(_rows(scope, queue, now, as_of), now, as_of) for queue in money]
    frame = read_frame(engine, select(union_all(*parts).subquery("sums")))
    late = frame[(frame["queue"] != "unpaid") & (frame["late"] > 0)]
    late = late.assign(queue="late", orders=late["late"], at_stake=late["late_at_stake"])
    both = pd.concat([late, frame], ignore_index=True)
    columns = ["orders", "late", "at_stake"]
    summed = both.groupby(["queue", "currency"], as_index=False)[columns].sum(min_count=1)
    summed["place"] = [QUEUES.index(queue) for queue in summed["queue"]]
    order = ["place", "orders", "currency"]
    summed = summed.sort_values(order, ascending=[True, False, True], ignore_index=True)
    return summed.drop(columns="place")


def list_queue_orders(
    engine: Engine,
    scope: Scope,
    queue: Queue,
    now: datetime,
    as_of: date,
    *,
    after: Cursor | None = None,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """A page of the orders of the queue, what is due first at the top; `keyset.next_page(frame)` is
    the `after` of the next one.

    order_id, order_number, customer, stage, entered_at (the stage), owner_role, rep, deadline_at
    (of the stage), due_on (of the payment), promised_on, currency, at_stake
    """
    rows = _rows(scope, queue, now, as_of)
    page = rows.c.due_on if queue == "unpaid" else rows.c.deadline_at
    return read_page(
        engine,
        Sort(page, rows.c.order_id, descending=False),
        select(rows),
        lambda page: _shown(scope, page, language),
        limit=limit,
        after=after,
    )


def list_mentions(
    engine: Engine,
    scope: Scope,
    user_id: int,
    order_id: int | None = None,
    *,
    limit: int = PAGE_SIZE,
    language: str = "en",
) -> pd.DataFrame:
    """mention_id, comment_id, order_id, order_number, customer, stage, author, text, written_at:
    the comments that call this person, and that they have not seen, newest first; of one order,
    where it is named; at most `limit`."""
    mentions, comments = scope.visible.mentions.c, scope.visible.comments.c
    orders, customers = scope.visible.orders.c, scope.visible.customers
    customer = select(name_in(language, customers)).where(
        customers.c.customer_id == orders.customer_id
    )
    statement = (
        select(
            mentions.mention_id,
            mentions.comment_id,
            orders.order_id,
            orders.order_number,
            customer.scalar_subquery().label("customer"),
            orders.stage,
            comments.author,
            comments.text,
            mentions.written_at,
        )
        .join_from(
            scope.visible.mentions,
            scope.visible.comments,
            comments.comment_id == mentions.comment_id,
        )
        .join(scope.visible.orders, orders.order_id == mentions.order_id)
        .where(mentions.user_id == user_id, mentions.seen_at.is_(None))
        .order_by(mentions.written_at.desc(), mentions.mention_id.desc())
        .limit(max(1, limit))
    )
    if order_id is not None:
        statement = statement.where(mentions.order_id == order_id)
    return read_frame(engine, statement)


def _rows(scope: Scope, queue: Queue, now: datetime, as_of: date) -> Subquery:
    """The orders of the queue."""
    orders = scope.visible.orders.c
    match queue:
        case "late":
            return _late(scope, now)
        case "unpaid":
            soon = as_of + timedelta(days=DUE_SOON_DAYS)
            unpaid = (is_owing(orders), orders.due_on <= soon, *_if_seen(scope))
            return _orders(scope, literal(queue), owed(orders), *unpaid).subquery("waiting")
        case "to_refund":
            return _refunds(scope, literal(queue)).subquery("waiting")
    stage = STAGE_OF[queue]
    in_stage = (is_open(orders), orders.stage == stage)
    found = _orders(scope, literal(queue), orders.net_sales, *in_stage, stage=stage)
    return found.subquery("waiting")


def _open_orders(scope: Scope) -> Subquery:
    """All orders on their way, each in the queue of its stage."""
    orders = scope.visible.orders.c
    queues = {stage: queue for queue, stage in STAGE_OF.items()}
    queue = case(queues, value=orders.stage)
    return _orders(scope, queue, orders.net_sales, is_open(orders)).subquery("waiting")


def _late(scope: Scope, now: datetime) -> Subquery:
    """Past the deadline of the stage: on the way, or to be paid back."""
    queue = literal("late")
    parts = [
        _orders(scope, queue, scope.visible.orders.c.net_sales, is_open(scope.visible.orders.c))
    ]
    if _sees_payments(scope):
        parts.append(_refunds(scope, queue))
    found = [part.subquery(f"part_{number}") for number, part in enumerate(parts)]
    late = union_all(*(select(part).where(part.c.deadline_at < now) for part in found))
    return late.subquery("waiting")


def _refunds(scope: Scope, queue: ColumnElement[Any]) -> Select[Any]:
    """What is to be paid back, by the rule of returned orders."""
    orders = scope.visible.orders.c
    awaited = (awaits_refund(orders), *_if_seen(scope))
    return _orders(scope, queue, -owed(orders), *awaited, stage="returned")


def _sees_payments(scope: Scope) -> bool:
    return scope.sees("orders", "paid") and scope.sees("orders", "net_sales")


def _if_seen(scope: Scope) -> list[ColumnElement[bool]]:
    """Who sees no payments is not sent through all orders to find none."""
    return [] if _sees_payments(scope) else [false()]


def _orders(
    scope: Scope,
    queue: ColumnElement[Any],
    at_stake: ColumnElement[Any],
    *predicates: ColumnElement[bool],
    stage: str | None = None,
) -> Select[Any]:
    """Orders with the rule of this stage, or of the stage that each is in."""
    orders, rules = scope.visible.orders, scope.visible.stage_rules
    moments = {name: orders.c[moment] for name, moment in STAGE_MOMENTS.items()}
    entered = moments[stage] if stage else case(moments, value=orders.c.stage)
    return (
        select(
            queue.label("queue"),
            orders.c.order_id,
            orders.c.order_number,
            orders.c.customer_id,
            orders.c.owner_id,
            orders.c.stage,
            entered.label("entered_at"),
            rules.c.owner_role,
            hours_later(entered, rules.c.target_hours).label("deadline_at"),
            orders.c.due_on,
            orders.c.promised_on,
            orders.c.currency,
            at_stake.label("at_stake"),
        )
        .select_from(orders)
        .outerjoin(rules, rules.c.stage == (stage or orders.c.stage))
        .where(*predicates)
    )


def _summed(rows: Subquery, now: datetime, as_of: date) -> Select[Any]:
    waiting = rows.c
    is_late = case(
        (waiting.queue == "unpaid", waiting.due_on < as_of), else_=waiting.deadline_at < now
    )
    return select(
        waiting.queue,
        waiting.currency,
        func.count().label("orders"),
        func.count(case((is_late, 1))).label("late"),
        func.sum(waiting.at_stake).label("at_stake"),
        func.sum(case((is_late, waiting.at_stake))).label("late_at_stake"),
    ).group_by(waiting.queue, waiting.currency)


def _shown(scope: Scope, page: Subquery, language: str) -> Select[Any]:
    customers, employees = scope.visible.customers, scope.visible.employees
    customer = select(name_in(language, customers)).where(
        customers.c.customer_id == page.c.customer_id
    )
    rep = select(name_in(language, employees)).where(employees.c.employee_id == page.c.owner_id)
    return select(
        page.c.order_id,
        page.c.order_number,
        customer.scalar_subquery().label("customer"),
        page.c.stage,
        page.c.entered_at,
        page.c.owner_role,
        rep.scalar_subquery().label("rep"),
        page.c.deadline_at,
        page.c.due_on,
        page.c.promised_on,
        page.c.currency,
        page.c.at_stake,
    )
