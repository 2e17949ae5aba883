"""Every stock with its position, its class, its reorder point and what to order: what the page of
stock draws from. What a refresh learnt is stored; here it meets the stock of now and the rule that
a person chose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from scipy.stats import norm

from dashboard.analytics.inventory.ahead import (
    HORIZON_DAYS,
    LEVELS,
    WEEK_LEVELS,
    WEEKS,
    Ahead,
)
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
from dashboard.analytics.inventory.running_out import tell_stock_out
from dashboard.analytics.inventory.textbook import normal_safety_stock
from dashboard.reads import read
from dashboard.texts import language
from data_access.inventory import list_expected_receipts, list_stock, sum_waiting_by_stock
from data_access.scope import Scope
from data_access.stock_plans import list_stock_plans

_KEYS = ["product_id", "warehouse_id"]
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
    """`rows` are the worst first; `item` is a row's place in `ahead` (−1: it is not planned)."""

    rows: pd.DataFrame
    ahead: Ahead
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
    `list_expected_receipts`."""
    ahead = _ahead(plans)
    rows = _with_plan(stock, plans, ahead, rule)
    receipts, due = _receipts(rows, expected, as_of)
    rows = place_stock(
        rows.assign(
            lead_days=rows["lead_time_mean"],
            days_unsold=_days_unsold(rows, as_of),
        )
    )
    ordered = suggest_quantity(
        rows["projected"].to_numpy(np.float64), rows["reorder_point"].fillna(-np.inf).to_numpy(),
        rows["order_quantity"].to_numpy(np.float64), rows["pack_size"].to_numpy(np.float64),
    )  # fmt: skip
    gone = rows["is_discontinued"].to_numpy()
    told = _chances(ahead, rows, receipts, due)
    rows = rows.assign(
        suggested=np.where(gone | (rows["daily_demand"] <= 0), 0, ordered).astype(np.int64),
        stock_value=rows["on_hand"] * rows["unit_cost"],
        short_units=np.maximum(rows["waiting_units"].fillna(0) - rows["on_hand"], 0),
        **told,
    )
    rows = rows.take(_worst_first(rows)).reset_index(drop=True)
    currencies = stock.loc[stock["unit_cost"].notna(), "currency"].unique()
    day = plans["as_of_on"].max() if len(plans) else pd.NaT
    return StockBoard(
        rows, ahead, None if pd.isna(day) else day.date(),
        currencies[0] if len(currencies) == 1 else None,
    )  # fmt: skip


def _worst_first(rows: pd.DataFrame) -> np.ndarray:
    """The places of the rows; a chance that is not known comes after those that are."""
    return np.lexsort((rows["stock_id"], rows["days_of_supply"], -rows["chance_out"], rows["rank"]))


def receipts_by_day(scope: Scope, row: pd.Series, as_of: date) -> np.ndarray:
    """Units that come in on each day from today on; what is overdue counts for tomorrow, what has
    no day for the end of the usual lead time."""
    one = row.to_frame().T.astype({"lead_time_mean": "float64"})
    return np.asarray(_receipts(one, read(list_expected_receipts, scope), as_of)[0][0])


def _ahead(plans: pd.DataFrame) -> Ahead:
    both = unpack(plans["lead_time_grid"], 2 * len(LEVELS))
    weeks = unpack(plans["weeks_grid"], WEEKS * len(WEEK_LEVELS))
    return Ahead(
        both[:, : len(LEVELS)], both[:, len(LEVELS) :],
        weeks.reshape(len(plans), WEEKS, len(WEEK_LEVELS)),
        plans["lead_time_demand"].to_numpy(np.float64), plans["undershoot"].to_numpy(np.float64),
    )  # fmt: skip


def _with_plan(
    stock: pd.DataFrame, plans: pd.DataFrame, ahead: Ahead, rule: StockRule
) -> pd.DataFrame:
    """The stock rows with their plan, as the rule has it."""
    own = stock["reorder_point"].astype("float64")
    wanted = plans.drop(columns=["lead_time_grid", "weeks_grid"]).rename(
        columns={"reorder_point": "suggested_point", "order_quantity": "planned_quantity"}
    )
    wanted = wanted.assign(item=np.arange(len(wanted)))
    rows = stock.merge(wanted, on="stock_id", how="left")
    rows["item"] = rows["item"].fillna(-1).astype(np.int64)
    rows[_TOLD] = rows[_TOLD].astype("float64").fillna(0.0)
    rows = _classed(rows, rule)
    item, known = rows["item"].to_numpy(), rows["item"].to_numpy() >= 0
    level = np.asarray(rows["abc"].map(dict(zip("ABC", rule.service, strict=True))), np.float64)
    if known.any():
        points = ahead.of(item[known]).point_for(level[known])
        suggested = np.full(len(rows), np.nan)
        suggested[known] = points
        rows["suggested_point"] = suggested
    lead, spread, rate, deviation = (
        np.asarray(rows[name].astype("float64").fillna(0.0), np.float64)
        for name in ("lead_time_mean", "lead_time_deviation", "daily_demand", "deviation")
    )
    normal = normal_safety_stock(level, lead, spread, rate, deviation)
    gone = rows["discontinued_on"].notna()
    is_told = rows["suggested_point"].notna() & (rows["kind"] != "none")
    suggested_point = rows["suggested_point"].astype("float64").where(is_told, own)
    sizes = size_orders(
        rows[["pack_size", "minimum_order_quantity"]].assign(
            rate=rate, unit_cost=rows["unit_cost"].astype("float64")
        ),
        fixed_cost=rule.fixed_cost,
        holding_rate=rule.holding_rate,
    )
    if (rule.fixed_cost, rule.holding_rate) == (FIXED_COST, HOLDING_RATE):
        planned = rows["planned_quantity"].astype("float64").fillna(sizes["order_quantity"])
        sizes["order_quantity"] = in_packs(np.asarray(planned, np.float64), rows)
    return rows.assign(
        set_point=own, suggested_point=suggested_point,
        reorder_point=own if rule.as_set else suggested_point.where(~gone, np.nan),
        is_discontinued=gone, service=level, z=norm.ppf(level),
        safety_stock=suggested_point - rows["lead_time_demand"].astype("float64"),
        normal_reorder_point=rate * lead + normal,
    ).join(sizes)  # fmt: skip


def _classed(rows: pd.DataFrame, rule: StockRule) -> pd.DataFrame:
    """Classes as they are stored, unless the person chose other cut points; A, B and C only where
    they see what each product makes of the value."""
    rows["abc"], rows["xyz"] = rows["abc"].fillna("C"), rows["xyz"].fillna("Z")
    products = rows.drop_duplicates("product_id")
    found = classify(
        np.asarray(products["value_share"], np.float64),
        np.asarray(products["variation"].astype("float64").fillna(np.inf), np.float64),
        abc_cuts=rule.abc_cuts,
        xyz_cuts=rule.xyz_cuts,
    ).set_index(products["product_id"].to_numpy())
    if rule.xyz_cuts != XYZ_CUTS:
        rows["xyz"] = found["xyz"].reindex(rows["product_id"]).to_numpy()
    if rule.abc_cuts != ABC_CUTS and products["value_share"].any():
        rows["abc"] = found["abc"].reindex(rows["product_id"]).to_numpy()
    return rows


def _receipts(
    rows: pd.DataFrame, expected: pd.DataFrame, as_of: date
) -> tuple[np.ndarray, np.ndarray]:
    """(rows, HORIZON_DAYS) units that come in, and units that are due within the lead time."""
    keys = rows[_KEYS].assign(row=np.arange(len(rows)), lead=rows["lead_time_mean"].to_numpy())
    found = expected.merge(keys, on=_KEYS)
    days = (found["expected_on"] - pd.Timestamp(as_of)).dt.days
    units, row = found["quantity"].astype(float), found["row"].astype(np.int64)
    soon = days.fillna(0) <= found["lead"]
    due = np.bincount(row[soon], units[soon], len(rows))
    usual = np.ceil(np.asarray(found["lead"], np.float64))
    day = np.maximum(np.where(days.notna(), days, usual), 1).astype(np.int64)
    within = day < HORIZON_DAYS
    by_day = np.zeros((len(rows), HORIZON_DAYS))
    np.add.at(by_day, (row[within], day[within]), units[within])
    return by_day, due


def _chances(
    ahead: Ahead, rows: pd.DataFrame, receipts: np.ndarray, due: np.ndarray
) -> dict[str, np.ndarray]:
    """chance_out (that the demand of a lead time takes all that is free and due), out_p10, out_p50,
    out_p90 (days from today) and chance_before_receipt; NaN where nothing is planned."""
    names = ("chance_out", "out_p10", "out_p50", "out_p90", "chance_before_receipt")
    found = {name: np.full(len(rows), np.nan) for name in names}
    known = rows["item"].to_numpy() >= 0
    if not known.any():
        return found
    part = ahead.of(rows["item"].to_numpy()[known])
    free = rows["available"].to_numpy(np.float64)[known]
    sells = (rows["daily_demand"] > 0).to_numpy()[known]
    found["chance_out"][known] = np.where(sells, part.chance_of(free + due[known]), 0.0)
    come = receipts if known.all() else receipts[known]
    comes = np.flatnonzero(come.any(axis=1))
    until = np.ceil(rows["lead_time_mean"].to_numpy(np.float64)[known])
    until[comes] = (come[comes] > 0).argmax(axis=1)
    told = tell_stock_out(free, come, part.weeks, until)
    for name in names[1:]:
        values = told[name].to_numpy(np.float64)
        found[name][known] = np.where(sells, values, 0.0 if name.startswith("chance") else np.nan)
    return found


def _days_unsold(rows: pd.DataFrame, as_of: date) -> pd.Series:
    days = (pd.Timestamp(as_of) - rows["last_shipped_on"]).dt.days
    return days if days.notna().any() else pd.Series(0.0, index=rows.index)
