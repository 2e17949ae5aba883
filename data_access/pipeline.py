"""Orders on their way: how many, by stage, and by age."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Engine, Float, case, cast, func, literal, select, true

from data_access.columns import Money
from data_access.dialects import ZONE, day_after_minutes, days_between, minutes_ahead
from data_access.filters import OrderFilter, in_period, is_overdue, order_predicates
from data_access.frames import read_frame
from data_access.measures import Chosen, chosen_orders, in_one_currency, rolled_up_orders, shows
from data_access.scope import Scope
from data_access.stages import OPEN_STAGES, STAGES

AGES: tuple[tuple[int, int | None], ...] = ((0, 1), (2, 3), (4, 7), (8, 14), (15, 30), (31, None))


def count_orders(engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date) -> int:
    """How many orders the filter finds."""
    period = order_filter.period
    if period is None or order_filter.period_basis == "ordered_on":
        sums = rolled_up_orders(
            scope, engine, order_filter, "orders_by_ordered_on",
            lambda orders: in_period(orders.ordered_on, period) if period else true(),
        )  # fmt: skip
        if sums is not None:
            counted = select(sums.count().label("orders")).where(*sums.predicates)
            return int(read_frame(engine, counted)["orders"].iloc[0])
    orders = scope.visible.orders
    statement = (
        select(func.count().label("orders"))
        .select_from(orders)
        .where(*order_predicates(scope, order_filter, as_of))
    )
    return int(read_frame(engine, statement)["orders"].iloc[0])


def sum_orders_by_stage(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, zone: str = ZONE
) -> pd.DataFrame:
    """stage (all, in their order), orders, units, net_sales, overdue_orders, overdue_sales, and of
    the open stages oldest_days and mean_days: days since the order entered its stage."""
    chosen = chosen_orders(scope, order_filter, as_of)
    orders, overdue = chosen.c, is_overdue(chosen.c, as_of)
    nothing = literal(0, Money)  # a plain 0 would make the sum a whole number
    late_sales = case((overdue, orders.net_sales), (orders.net_sales.is_not(None), nothing))
    statement = (
        select(
            orders.stage,
            chosen.count().label("orders"),
            func.sum(orders.units).label("units"),
            in_one_currency(func.sum(orders.net_sales), chosen).label("net_sales"),
            chosen.count(overdue).label("overdue_orders"),
            in_one_currency(func.sum(late_sales), chosen).label("overdue_sales"),
        )
        .where(*chosen.predicates)
        .group_by(orders.stage)
    )
    sums = _every_stage(read_frame(engine, statement), scope, chosen)
    ages = _stage_ages(engine, scope, order_filter, as_of, zone).reindex(sums["stage"])
    sums["oldest_days"], sums["mean_days"] = ages["oldest_days"].array, ages["mean_days"].array
    return sums


def sum_open_orders_by_age(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date
) -> pd.DataFrame:
    """stage, days_from, days_to (NULL: and older), orders, net_sales, overdue_orders: the open
    orders by days since they were ordered; only what occurs, in the order of stages and ages."""
    chosen = chosen_orders(scope, order_filter, as_of)
    orders = chosen.c
    days = days_between(orders.ordered_on, as_of)
    ages = [(days <= end, start) for start, end in AGES if end is not None]
    age = case(*ages, else_=AGES[-1][0])
    statement = (
        select(
            orders.stage,
            age.label("days_from"),
            chosen.count().label("orders"),
            in_one_currency(func.sum(orders.net_sales), chosen).label("net_sales"),
            chosen.count(is_overdue(orders, as_of)).label("overdue_orders"),
        )
        .where(*chosen.predicates, orders.stage.in_(OPEN_STAGES))
        .group_by(orders.stage, age)
    )
    frame = read_frame(engine, statement)
    ends = pd.Series([dict(AGES)[start] for start in frame["days_from"]], dtype="Int64")
    frame.insert(2, "days_to", ends)
    ranked = frame.assign(rank=frame["stage"].map(STAGES.index))
    return ranked.sort_values(["rank", "days_from"], ignore_index=True).drop(columns="rank")


def _stage_ages(
    engine: Engine, scope: Scope, order_filter: OrderFilter, as_of: date, zone: str
) -> pd.DataFrame:
    orders = scope.visible.orders
    days = days_between(_stage_on(orders.c, as_of, zone), as_of)
    statement = (
        select(
            orders.c.stage,
            func.max(days).label("oldest_days"),
            func.avg(cast(days, Float), type_=Float).label("mean_days"),
        )
        .where(*order_predicates(scope, order_filter, as_of), orders.c.stage.in_(OPEN_STAGES))
        .group_by(orders.c.stage)
    )
    ages = read_frame(engine, statement).set_index("stage")
    return ages.astype({"oldest_days": "Int64"}).round({"mean_days": 2})


def _stage_on(orders: Any, as_of: date, zone: str) -> ColumnElement[Any]:
    """The business day on which an open order entered its stage."""
    minutes = minutes_ahead(as_of, zone)
    entered = func.coalesce(orders.processing_at, orders.confirmed_at, orders.ordered_at)
    confirmed = func.coalesce(orders.confirmed_at, orders.ordered_at)
    return case(
        (orders.stage == "received", orders.ordered_on),
        (orders.stage == "confirmed", day_after_minutes(confirmed, minutes)),
        (orders.stage == "processing", day_after_minutes(entered, minutes)),
        (orders.stage == "shipped", func.coalesce(orders.shipped_on, orders.ordered_on)),
    )


def _every_stage(frame: pd.DataFrame, scope: Scope, chosen: Chosen) -> pd.DataFrame:
    """A row for each stage, zeros where there are no orders; what is hidden stays NULL."""
    filled = frame.set_index("stage").reindex(pd.Index(STAGES, name="stage"))
    absent = ~filled.index.isin(frame["stage"])
    filled.loc[absent, ["orders", "overdue_orders"]] = 0
    for column, names in (("units", ["units"]), ("net_sales", ["net_sales", "overdue_sales"])):
        if shows(scope, column, by_lines=chosen.by_lines):
            filled.loc[absent, names] = 0
    counts = dict.fromkeys(("orders", "units", "overdue_orders"), "Int64")
    return filled.astype(counts).reset_index()
