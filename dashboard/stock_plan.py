"""Every stock with its position, its class, its reorder point and what to order: what the page of
stock draws from. What a refresh learnt is stored; here it meets the stock of now and the rule that
a person chose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy.stats import norm

from dashboard.analytics.inventory.ahead import LEVELS, LeadTimeAhead
from dashboard.analytics.inventory.classes import ABC_CUTS, XYZ_CUTS, classify
from dashboard.analytics.inventory.grids import unpack
from dashboard.analytics.inventory.position import place_stock
from dashboard.analytics.inventory.reorder import (
    FIXED_COST,
    HOLDING_RATE,
    SERVICE,
    in_packs,
    size_orders,
    suggest_quantity,
)
from dashboard.analytics.inventory.textbook import normal_safety_stock
from dashboard.reads import read
from dashboard.stock_days import due_in_time
from dashboard.texts import language
from data_access.inventory import list_expected_receipts, list_stock, sum_waiting_by_stock
from data_access.scope import Scope
from data_access.stock_plans import list_stock_plans

_KEYS = ["product_id", "warehouse_id"]
_PLACED = ["on_hand", "reserved", "on_order", "reorder_point", "daily_demand", "order_quantity"]
_TOLD = ["daily_demand", "lead_time_mean", "yearly_units", "value_share"]


@dataclass(frozen=True, kw_only=True)
class StockRule:
    """What the person chose: cut points, the service level of A, B and C, what ordering and
    holding cost, and whether the reorder points that are set stand in place of the suggested."""

    abc_cuts: tuple[float, float] = ABC_CUTS
    xyz_cuts: tuple[float, float] = XYZ_CUTS
    service: tuple[float, float, float] = (SERVICE["A"], SERVICE["B"], SERVICE["C"])
    fixed_cost: float = FIXED_COST
    holding_rate: float = HOLDING_RATE
    as_set: bool = False


@dataclass(frozen=True)
class StockBoard:
    """`rows` are in the order of `list_stock`: who lists them, sorts those that are listed. `item`
    is a row's place in `ahead` (−1: it is not planned)."""

    rows: pd.DataFrame
    ahead: LeadTimeAhead
    planned_on: date | None  # None: before the first refresh
    currency: str | None  # of the costs, where there is one

    @property
    def is_planned(self) -> bool:
        """Whether there is a plan that tells of demand."""
        return bool((self.rows["daily_demand"] > 0).any())


def is_planned(scope: Scope) -> bool:
    """Whether a refresh has told what demand is to come."""
    return bool((read(list_stock_plans, scope)["daily_demand"] > 0).any())


def stock_board(scope: Scope, as_of: date, rule: StockRule) -> StockBoard:
    """The stock of now, judged by the stored plan."""
    stock = read(list_stock, scope, language())
    plans = read(list_stock_plans, scope)
    return judge_stock(
        stock.merge(read(sum_waiting_by_stock, scope), on=_KEYS, how="left"),
        plans,
        read(list_expected_receipts, scope),
        as_of,
        rule,
    )


def judge_stock(
    stock: pd.DataFrame, plans: pd.DataFrame, expected: pd.DataFrame, as_of: date, rule: StockRule
) -> StockBoard:
    """From `list_stock` with `sum_waiting_by_stock`, `list_stock_plans` and
    `list_expected_receipts`. Columns are worked out beside the rows and put to them once: to copy
    fifteen thousand rows of eighty columns takes longer than to judge them."""
    ahead = _ahead(plans)
    rows = _with_plan(stock, plans, ahead, rule)
    lead = rows["lead_time_mean"]
    placed = place_stock(
        rows[_PLACED].assign(lead_days=lead, days_unsold=_days_unsold(rows, as_of))
    ).drop(columns=_PLACED)
    ordered = suggest_quantity(
        placed["projected"].to_numpy(np.float64),
        rows["reorder_point"].fillna(-np.inf).to_numpy(),
        rows["order_quantity"].to_numpy(np.float64), rows["pack_size"].to_numpy(np.float64),
    )  # fmt: skip
    idle = rows["is_discontinued"].to_numpy() | (rows["daily_demand"].to_numpy() <= 0)
    free = placed["available"].to_numpy(np.float64)
    told = placed.assign(
        suggested=np.where(idle, 0, ordered).astype(np.int64),
        stock_value=rows["on_hand"] * rows["unit_cost"],
        short_units=np.maximum(rows["waiting_units"].fillna(0) - rows["on_hand"], 0),
        chance_out=_chance_out(ahead, rows, free + due_in_time(rows, expected, as_of)),
    )
    currencies = stock.loc[stock["unit_cost"].notna(), "currency"].unique()
    day = plans["as_of_on"].max() if len(plans) else pd.NaT
    return StockBoard(
        pd.concat([rows, told], axis=1), ahead, None if pd.isna(day) else day.date(),
        currencies[0] if len(currencies) == 1 else None,
    )  # fmt: skip


def worst_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the stock board; a chance that is not known comes after those that are."""
    order = (rows["stock_id"], rows["days_of_supply"], -rows["chance_out"], rows["rank"])
    return rows.take(np.lexsort(order)).reset_index(drop=True)


def _ahead(plans: pd.DataFrame) -> LeadTimeAhead:
    both = unpack(plans["lead_time_grid"], 2 * len(LEVELS))
    return LeadTimeAhead(both[:, : len(LEVELS)], both[:, len(LEVELS) :])


def _with_plan(
    stock: pd.DataFrame, plans: pd.DataFrame, ahead: LeadTimeAhead, rule: StockRule
) -> pd.DataFrame:
    """The stock rows with their plan, as the rule has it."""
    own = stock["reorder_point"].astype("float64")
    plan = _plan_of(stock["stock_id"], plans)
    plan[_TOLD] = plan[_TOLD].astype("float64").fillna(0.0)
    plan = _classed(stock["product_id"], plan, rule)
    item = plan["item"].to_numpy()
    known = item >= 0
    level = _level_of(plan["abc"], rule)
    suggested = np.full(len(plan), np.nan)
    if known.any():
        suggested[known] = ahead.of(item[known]).point_for(level[known])
    lead, spread, rate, deviation = (
        np.asarray(plan[name].astype("float64").fillna(0.0), np.float64)
        for name in ("lead_time_mean", "lead_time_deviation", "daily_demand", "deviation")
    )
    normal = normal_safety_stock(level, lead, spread, rate, deviation)
    gone = stock["discontinued_on"].notna()
    is_told = known & (plan["sells"] == 1).to_numpy()
    suggested_point = pd.Series(np.where(is_told, suggested, own), own.index)
    sizes = size_orders(
        stock[["pack_size", "minimum_order_quantity"]].assign(
            rate=rate, unit_cost=stock["unit_cost"].astype("float64")
        ),
        fixed_cost=rule.fixed_cost,
        holding_rate=rule.holding_rate,
    )
    if (rule.fixed_cost, rule.holding_rate) == (FIXED_COST, HOLDING_RATE):
        planned = plan["planned_quantity"].astype("float64").fillna(sizes["order_quantity"])
        sizes["order_quantity"] = in_packs(np.asarray(planned, np.float64), stock)
    told = sizes.assign(
        set_point=own, suggested_point=suggested_point,
        reorder_point=own if rule.as_set else suggested_point.where(~gone, np.nan),
        is_discontinued=gone, service=level, z=norm.ppf(level),
        safety_stock=suggested_point - plan["lead_time_demand"].astype("float64"),
        normal_reorder_point=rate * lead + normal,
    )  # fmt: skip
    replaced = [name for name in told.columns if name in plan]
    return pd.concat(
        [stock.drop(columns="reorder_point"), plan.drop(columns=replaced), told], axis=1
    )


def _plan_of(stock_ids: pd.Series, plans: pd.DataFrame) -> pd.DataFrame:
    """The plan of each stock, in their order; `item` is its place in `plans` (−1: none)."""
    plan = plans.drop(columns="lead_time_grid").rename(
        columns={"order_quantity": "planned_quantity"}
    )
    plan["item"] = np.arange(len(plan))
    if np.array_equal(stock_ids.to_numpy(), plan["stock_id"].to_numpy()):
        return plan.drop(columns="stock_id").set_axis(stock_ids.index)
    plan = plan.set_index("stock_id").reindex(stock_ids.to_numpy()).set_axis(stock_ids.index)
    return plan.assign(item=plan["item"].fillna(-1).astype(np.int64))


def _level_of(abc: pd.Series, rule: StockRule) -> np.ndarray:
    a, b, c = rule.service
    name = abc.to_numpy(dtype="object")
    return np.where(name == "A", a, np.where(name == "B", b, c))


def _classed(product_ids: pd.Series, plan: pd.DataFrame, rule: StockRule) -> pd.DataFrame:
    """Classes as they are stored, unless the person chose other cut points; A, B and C only where
    they see what each product makes of the value."""
    plan["abc"], plan["xyz"] = plan["abc"].fillna("C"), plan["xyz"].fillna("Z")
    if (rule.abc_cuts, rule.xyz_cuts) == (ABC_CUTS, XYZ_CUTS):
        return plan
    is_first = ~product_ids.duplicated().to_numpy()
    products = plan[is_first]
    found = classify(
        np.asarray(products["value_share"], np.float64),
        np.asarray(products["variation"].astype("float64").fillna(np.inf), np.float64),
        abc_cuts=rule.abc_cuts,
        xyz_cuts=rule.xyz_cuts,
    ).set_index(product_ids[is_first].to_numpy())
    if rule.xyz_cuts != XYZ_CUTS:
        plan["xyz"] = found["xyz"].reindex(product_ids).to_numpy()
    if rule.abc_cuts != ABC_CUTS and products["value_share"].any():
        plan["abc"] = found["abc"].reindex(product_ids).to_numpy()
    return plan


def _chance_out(ahead: LeadTimeAhead, rows: pd.DataFrame, units: np.ndarray) -> np.ndarray:
    """That the demand of a lead time takes so many units; NaN where nothing is planned."""
    item, found = rows["item"].to_numpy(), np.full(len(rows), np.nan)
    known = item >= 0
    if known.any():
        chance = ahead.of(item[known]).chance_of(units[known])
        found[known] = np.where(rows["daily_demand"].to_numpy()[known] > 0, chance, 0.0)
    return found


def _days_unsold(rows: pd.DataFrame, as_of: date) -> pd.Series:
    days = (pd.Timestamp(as_of) - rows["last_shipped_on"]).dt.days
    return days if days.notna().any() else pd.Series(0.0, index=rows.index)
