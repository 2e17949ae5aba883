"""What needs attention now; everything computed, nothing guessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    Integer,
    Subquery,
    case,
    cast,
    func,
    null,
    select,
    true,
)

from data_access.columns import Money
from data_access.filters import OrderFilter, is_overdue
from data_access.frames import read_frame
from data_access.measures import Chosen, chosen_orders, in_one_currency, rolled_up_orders
from data_access.receivables import owed_orders
from data_access.scope import Scope
from data_access.stages import CLOSED_STAGES, OPEN_STAGES

# keeps a part one row when all it would say is hidden
_COUNTED = func.count().label("counted")


def sum_attention(
    engine: Engine, scope: Scope, as_of: date, currency: str | None = None
) -> pd.DataFrame:
    """One row of what needs attention now; NULL where the person does not see what it rests on.

    overdue_orders, overdue_sales          open, promised for a day before `as_of`
    unconfirmed_orders, unconfirmed_sales  still received, ordered before yesterday
    past_due_orders, past_due_owed         not cancelled, due before `as_of`, not fully paid
    low_stock                              stocks of goods: on hand − reserved ≤ reorder point
    open_complaints                        complaints not yet resolved
    """
    parts = [*_late(engine, scope, as_of, currency), _owed(engine, scope, as_of, currency)]
    parts += [_low_stock(scope), _open_complaints(scope)]
    source: Any = parts[0]
    for part in parts[1:]:
        source = source.join(part, true())
    columns = (column for part in parts for column in part.c if column.name != "counted")
    return read_frame(engine, select(*columns).select_from(source))


def _late(engine: Engine, scope: Scope, as_of: date, currency: str | None) -> list[Subquery]:
    opened = OrderFilter(currency=currency, stages=OPEN_STAGES)
    received, yesterday = replace(opened, stages=("received",)), as_of - timedelta(days=1)
    promised = rolled_up_orders(
        scope, engine, opened, "orders_by_promised_on", lambda orders: orders.promised_on < as_of
    )
    ordered = rolled_up_orders(
        scope, engine, received, "orders_by_ordered_on",
        lambda orders: orders.ordered_on < yesterday,
    )  # fmt: skip
    if promised and ordered:
        found = (("overdue", promised), ("unconfirmed", ordered))
        return [_late_sums(scope, name, sums) for name, sums in found]
    return [_late_orders(scope, as_of, currency)]


def _late_sums(scope: Scope, name: str, sums: Chosen) -> Subquery:
    shown = scope.sees("orders", "net_sales")
    total = func.coalesce(func.sum(sums.c.net_sales), 0)
    return (
        select(
            sums.count().label(f"{name}_orders"),
            (total if shown else cast(null(), Money)).label(f"{name}_sales"),
        )
        .where(*sums.predicates)
        .subquery(name)
    )


def _late_orders(scope: Scope, as_of: date, currency: str | None) -> Subquery:
    chosen = chosen_orders(scope, OrderFilter(currency=currency, stages=OPEN_STAGES), as_of)
    orders, overdue = chosen.c, is_overdue(chosen.c, as_of)
    waiting = (orders.stage == "received") & (orders.ordered_on < as_of - timedelta(days=1))
    shown = scope.sees("orders", "net_sales")

    def amount(condition: ColumnElement[bool]) -> ColumnElement[Any]:
        total = func.coalesce(func.sum(case((condition, orders.net_sales))), 0)
        return in_one_currency(total, chosen) if shown else cast(null(), Money)

    return (
        select(
            chosen.count(overdue).label("overdue_orders"),
            amount(overdue).label("overdue_sales"),
            chosen.count(waiting).label("unconfirmed_orders"),
            amount(waiting).label("unconfirmed_sales"),
        )
        # said a second time as the copy sees it at once; the first is what the record's index says
        .where(*chosen.predicates, orders.stage.not_in(CLOSED_STAGES))
        .subquery("late")
    )


def _owed(engine: Engine, scope: Scope, as_of: date, currency: str | None) -> Subquery:
    shown = scope.sees("payments", "amount") and scope.sees("orders", "net_sales")
    sums = rolled_up_orders(
        scope, engine, OrderFilter(currency=currency), "orders_by_due_on",
        lambda orders: orders.due_on < as_of,
    )  # fmt: skip
    if sums is not None and shown:
        return (
            select(
                sums.count().label("past_due_orders"),
                func.coalesce(func.sum(sums.c.owed), 0).label("past_due_owed"),
                _COUNTED,
            )
            .where(*sums.predicates)
            .subquery("owed")
        )
    owed = owed_orders(scope, OrderFilter(currency=currency, past_due=True), as_of)
    total = in_one_currency(func.coalesce(func.sum(owed.c.owed), 0), owed)
    return (
        select(
            (func.count() if shown else cast(null(), Integer)).label("past_due_orders"),
            (total if shown else cast(null(), Money)).label("past_due_owed"),
            _COUNTED,
        )
        .select_from(owed.orders)
        .where(owed.c.paid != owed.c.net_sales)  # seen at once, before the rest is computed
        .subquery("owed")
    )


def _low_stock(scope: Scope) -> Subquery:
    stock, products = scope.visible.stock, scope.visible.products
    shown = scope.sees("stock", "on_hand")
    return (
        select((func.count() if shown else cast(null(), Integer)).label("low_stock"), _COUNTED)
        .join_from(stock, products, products.c.product_id == stock.c.product_id)
        .where(stock.c.on_hand - stock.c.reserved <= stock.c.reorder_point, products.c.is_goods)
        .subquery("low")
    )


def _open_complaints(scope: Scope) -> Subquery:
    feedback = scope.visible.feedback.c
    shown = scope.sees("feedback", "state")
    return (
        select(
            (func.count() if shown else cast(null(), Integer)).label("open_complaints"), _COUNTED
        )
        .where(feedback.kind == "complaint", feedback.state != "resolved")
        .subquery("complaints")
    )
