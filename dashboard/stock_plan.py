"""Every stock with its position, its class, its reorder point and what to order: what the page of
stock draws from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from dashboard.analytics.inventory.classes import ABC_CUTS, XYZ_CUTS, classify
from dashboard.analytics.inventory.lead_time import RECEIPTS_DAYS
from dashboard.analytics.inventory.learning import (
    HISTORY_DAYS,
    Learnt,
    learn_stock,
    weeks_by_product,
)
from dashboard.analytics.inventory.paths import draw_days
from dashboard.analytics.inventory.position import SEVERITIES, place_stock
from dashboard.analytics.inventory.reorder import (
    FIXED_COST,
    HOLDING_RATE,
    SERVICE,
    set_reorder_points,
    size_orders,
    suggest_quantity,
)
from dashboard.reads import learn, read
from dashboard.session import business_zone
from dashboard.texts import language
from data_access.inventory import (
    list_expected_receipts,
    list_lead_times,
    list_stock,
    sum_demand_by_day,
    sum_movements_by_day,
    sum_waiting_by_stock,
)
from data_access.scope import Scope

HORIZON_DAYS = 90  # that stock is projected
PATHS_SHOWN = 500
_KEYS = ["product_id", "warehouse_id"]


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
    """`rows` are the worst first; `item` is a row's place in what was learnt (−1: none)."""

    rows: pd.DataFrame
    learnt: Learnt
    source: str  # of demand: orders, shipments or "" (not known)
    currency: str | None  # of the costs, where there is one


def learn_demand(engine: Engine, scope: Scope, as_of: date, zone: str) -> tuple[Learnt, str]:
    """For `learn`, which keeps it for a while. Demand is what was ordered, for who sees every
    order, else what was shipped."""
    first = as_of - timedelta(days=2 * HISTORY_DAYS)
    stock = list_stock(engine, scope, as_of, "en", zone)
    moves = sum_movements_by_day(engine, scope, first, as_of, zone)
    if scope.sees_all("orders"):
        days = sum_demand_by_day(engine, scope, first, as_of).rename(columns={"ordered_on": "day"})
        source = "orders"
    else:
        days = moves.rename(columns={"moved_on": "day", "shipped": "units"})
        source = "shipments"
    receipts = list_lead_times(engine, scope, as_of - timedelta(days=RECEIPTS_DAYS), zone)
    learnt = learn_stock(stock, days, moves, receipts, as_of, is_delayed=source == "shipments")
    return learnt, source if learnt.can_tell else ""


def knows_demand(scope: Scope, as_of: date) -> bool:
    """Whether what the person sees tells of demand."""
    return bool(learn(learn_demand, scope, as_of, business_zone())[1])


def stock_board(scope: Scope, as_of: date, rule: StockRule) -> StockBoard:
    """The stock of now, judged by what was learnt this morning."""
    zone = business_zone()
    learnt, source = learn(learn_demand, scope, as_of, zone)
    stock = read(list_stock, scope, as_of, language(), zone)
    stock = stock.merge(read(sum_waiting_by_stock, scope), on=_KEYS, how="left")
    stock["item"] = _places(learnt, stock)
    planned = _plan(stock, learnt, rule, _unit_cost(stock))
    due = _due_in_time(scope, stock, planned["lead_mean"], as_of)
    rows = place_stock(
        planned.assign(
            daily_demand=planned["rate"],
            lead_days=planned["lead_mean"],
            days_unsold=_days_unsold(stock, as_of, known=scope.sees("stock_movements")),
        )
    )
    ordered = suggest_quantity(
        rows["projected"].to_numpy(np.float64), rows["reorder_point"].fillna(-np.inf).to_numpy(),
        rows["order_quantity"].to_numpy(np.float64), rows["pack_size"].to_numpy(np.float64),
    )  # fmt: skip
    gone = rows["is_discontinued"].to_numpy()
    free = rows["available"].to_numpy(np.float64) + due
    rows = rows.assign(
        suggested=np.where(gone | (rows["rate"] <= 0), 0, ordered).astype(np.int64),
        chance_out=_chance_out(learnt, rows["item"].to_numpy(), free),
        stock_value=rows["on_hand"] * rows["unit_cost"],
        short_units=np.maximum(rows["waiting_units"].fillna(0) - rows["on_hand"], 0),
        rank=rows["severity"].map(SEVERITIES.index),
    ).sort_values(
        ["rank", "chance_out", "days_of_supply", "stock_id"],
        ascending=[True, False, True, True],
        ignore_index=True,
    )
    currencies = stock.loc[stock["unit_cost"].notna(), "currency"].unique()
    return StockBoard(rows, learnt, source, currencies[0] if len(currencies) == 1 else None)


def project(board: StockBoard, row: pd.Series, receipts: np.ndarray) -> np.ndarray:
    """(1, paths, HORIZON_DAYS): ways that the demand of this row may go."""
    item = int(row["item"])
    one = {name: value[item : item + 1] for name, value in vars(board.learnt.demand).items()}
    demand = type(board.learnt.demand)(**one)
    return draw_days(demand, len(receipts), paths=PATHS_SHOWN)


def receipts_by_day(scope: Scope, row: pd.Series, as_of: date) -> np.ndarray:
    """Units that come in on each day from today on; what is overdue counts for tomorrow, what has
    no day for the end of the usual lead time."""
    found = read(list_expected_receipts, scope)
    found = found[
        (found["product_id"] == row["product_id"]) & (found["warehouse_id"] == row["warehouse_id"])
    ]
    usual = max(int(np.ceil(row["lead_mean"])), 1)
    days = (found["expected_on"] - pd.Timestamp(as_of)).dt.days.fillna(usual).clip(lower=1)
    units = np.zeros(HORIZON_DAYS)
    within = days < HORIZON_DAYS
    np.add.at(units, days[within].astype(int), found.loc[within, "quantity"].astype(float))
    return units


def _places(learnt: Learnt, stock: pd.DataFrame) -> np.ndarray:
    known = pd.MultiIndex.from_frame(learnt.keys)
    return known.get_indexer(pd.MultiIndex.from_frame(stock[_KEYS]))


def _unit_cost(stock: pd.DataFrame) -> pd.Series:
    return stock["unit_cost"].astype("float64")


def _plan(stock: pd.DataFrame, learnt: Learnt, rule: StockRule, cost: pd.Series) -> pd.DataFrame:
    """The stock rows with class, demand, lead time, reorder point and order quantity."""
    products, weekly, _place = weeks_by_product(learnt)
    price = stock.assign(cost=cost).groupby("product_id")["cost"].first().reindex(products)
    worth = weekly.sum(axis=1) * (price.to_numpy() if price.notna().any() else 1.0)
    classes = classify(worth, weekly, abc_cuts=rule.abc_cuts, xyz_cuts=rule.xyz_cuts)
    classes = classes.assign(product_id=products, worth=np.nan_to_num(worth))
    rows = stock.merge(classes, on="product_id", how="left")
    rows["abc"], rows["xyz"] = rows["abc"].fillna("C"), rows["xyz"].fillna("Z")
    level = dict(zip("ABC", rule.service, strict=True))
    of_item = classes.set_index("product_id")["abc"].reindex(learnt.keys["product_id"]).map(level)
    points = set_reorder_points(
        learnt.demand, learnt.leads, learnt.simulated, np.asarray(of_item, np.float64)
    ).assign(
        kind=learnt.demand.kind, seen_days=learnt.demand.seen_days,
        large_days=learnt.demand.large_days, season=learnt.season,
        empty_days=learnt.empty.sum(axis=1), lead_source=learnt.leads.source,
        receipts=learnt.leads.receipts,
    )  # fmt: skip
    points = points.rename(columns={"reorder_point": "suggested_point"})
    rows = rows.join(points.reindex(rows["item"]).reset_index(drop=True))
    rows[["rate", "lead_mean"]] = rows[["rate", "lead_mean"]].fillna(0.0)
    gone = rows["discontinued_on"].notna()
    own = rows["reorder_point"].astype("float64")
    suggested = rows["suggested_point"].where(learnt.can_tell & (rows["kind"] != "none"), own)
    point = own if rule.as_set else suggested.where(~gone, np.nan)
    sizes = size_orders(
        rows[["rate", "pack_size", "minimum_order_quantity"]].assign(unit_cost=rows["unit_cost"]),
        fixed_cost=rule.fixed_cost,
        holding_rate=rule.holding_rate,
    )
    return rows.assign(set_point=own, reorder_point=point, is_discontinued=gone).join(sizes)


def _due_in_time(scope: Scope, stock: pd.DataFrame, lead: pd.Series, as_of: date) -> np.ndarray:
    """Units on order that are due within the lead time."""
    expected = read(list_expected_receipts, scope)
    rows = expected.merge(
        stock[_KEYS].assign(row=np.arange(len(stock)), lead=lead.to_numpy()), on=_KEYS
    )
    days = (rows["expected_on"] - pd.Timestamp(as_of)).dt.days.fillna(0)
    soon = rows[days <= rows["lead"]]
    return np.bincount(soon["row"], soon["quantity"].astype(float), len(stock))


def _chance_out(learnt: Learnt, item: np.ndarray, free: np.ndarray) -> np.ndarray:
    known = item >= 0
    found = np.full(len(item), np.nan)
    simulated = learnt.simulated
    part = type(simulated)(
        simulated.units[item[known]], simulated.needed[:0], simulated.mean[:0],
        simulated.undershoot[:0],
    )  # fmt: skip
    sells = learnt.demand.rate[item[known]] > 0
    found[known] = np.where(sells, part.chance_of(free[known]), 0.0)
    return found if learnt.can_tell else np.full(len(item), np.nan)


def _days_unsold(stock: pd.DataFrame, as_of: date, *, known: bool) -> pd.Series:
    days = (pd.Timestamp(as_of) - stock["last_shipped_on"]).dt.days
    return days if known and days.notna().any() else pd.Series(0.0, index=stock.index)
