"""The stored plan of each stock: the same for everybody who may see it."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Engine, case, select

from data_access.frames import read_frame
from data_access.inventory import MOST_STOCK
from data_access.scope import Scope

COLUMNS = (
    "stock_id", "as_of_on", "daily_demand", "deviation", "yearly_units", "lead_time_mean",
    "lead_time_deviation", "abc", "xyz", "variation", "value_share", "lead_time_demand",
    "order_quantity", "last_shipped_on", "aged_30", "aged_90", "aged_180", "lead_time_grid",
)  # fmt: skip
# of the stocks that are shown: what their arithmetic tells, and the demand ahead week by week
SHOWN_COLUMNS = (
    "stock_id", "kind", "demand_source", "season", "seen_days", "empty_days", "large_days",
    "lead_time_source", "receipts", "undershoot", "weeks_grid",
)  # fmt: skip


def list_stock_plans(engine: Engine, scope: Scope) -> pd.DataFrame:
    """COLUMNS of each stock that is planned, at most MOST_STOCK; units, days and shares. The
    grid as text. And sells: 1 where there is demand to plan for, else 0."""
    plans = scope.visible.stock_plans
    sells = case((plans.c.kind != "none", 1), else_=0).label("sells")
    columns = [*(plans.c[name] for name in COLUMNS), sells]
    return read_frame(engine, select(*columns).order_by(plans.c.stock_id).limit(MOST_STOCK))


def list_shown_plans(
    engine: Engine, scope: Scope, stock_ids: tuple[int, ...] | None
) -> pd.DataFrame:
    """SHOWN_COLUMNS of these stocks; the grid as text. None: of every one that is planned, at most
    MOST_STOCK."""
    plans = scope.visible.stock_plans
    columns = [plans.c[name] for name in SHOWN_COLUMNS]
    statement = select(*columns).order_by(plans.c.stock_id)
    if stock_ids is not None:
        statement = statement.where(plans.c.stock_id.in_(stock_ids))
    return read_frame(engine, statement.limit(MOST_STOCK))


def list_plan_histories(engine: Engine, scope: Scope, product_ids: tuple[int, ...]) -> pd.DataFrame:
    """stock_id, opening_units (a year ago), lead_times and history (numbers separated by commas) of
    these products' stock."""
    plans, stock = scope.visible.stock_plans, scope.visible.stock
    names = ("stock_id", "opening_units", "lead_times", "history")
    return read_frame(
        engine,
        select(*(plans.c[name] for name in names))
        .join_from(plans, stock, stock.c.stock_id == plans.c.stock_id)
        .where(stock.c.product_id.in_(product_ids))
        .order_by(plans.c.stock_id),
    )
