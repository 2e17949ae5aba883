"""What the trial of the lists of calls has counted: who was listed beside who was held out."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
from sqlalchemy import Engine, and_, case, exists, func, select

from data_access.calls import BOUGHT_WITHIN_DAYS
from data_access.dialects import days_between
from data_access.frames import read_frame
from data_access.scope import Scope


def sum_call_effect(engine: Engine, scope: Scope, as_of: date) -> pd.DataFrame:
    """step (the Monday), is_held_out (1, 0), assigned, customers, bought: customers by the week in
    which a trial first had them, on a list or held out of it, called or not; of how many the
    following 28 days are over, and how many of those ordered in them."""
    calls, orders = scope.visible.calls, scope.visible.orders
    first = (
        select(
            calls.c.customer_id,
            func.max(case((calls.c.is_held_out, 1), else_=0)).label("is_held_out"),
            func.min(calls.c.week_on).label("step"),
            func.min(calls.c.as_of_on).label("as_of_on"),
        )
        .group_by(calls.c.experiment, calls.c.customer_id)
        .subquery("first")
        .c
    )
    ordered = exists().where(
        orders.c.customer_id == first.customer_id,
        orders.c.stage != "cancelled",
        days_between(first.as_of_on, orders.c.ordered_on).between(1, BOUGHT_WITHIN_DAYS),
    )
    is_over = first.as_of_on <= as_of - timedelta(days=BOUGHT_WITHIN_DAYS)
    told = select(
        first.step,
        first.is_held_out,
        case((is_over, 1), else_=0).label("is_over"),
        case((and_(is_over, ordered), 1), else_=0).label("has_bought"),
    ).subquery("told")
    return read_frame(
        engine,
        select(
            told.c.step,
            told.c.is_held_out,
            func.count().label("assigned"),
            func.sum(told.c.is_over).label("customers"),
            func.sum(told.c.has_bought).label("bought"),
        )
        .group_by(told.c.step, told.c.is_held_out)
        .order_by(told.c.step, told.c.is_held_out),
    )
