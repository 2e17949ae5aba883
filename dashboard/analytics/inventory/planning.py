"""The plan of each stock: demand, lead time, class, reorder point and order quantity, with the grid
that everything else is read from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analytics.inventory.ahead import Ahead, look_ahead
from dashboard.analytics.inventory.classes import classify, vary
from dashboard.analytics.inventory.learning import AGES, Learnt, weeks_by_product
from dashboard.analytics.inventory.reorder import SERVICE, set_reorder_points, size_orders
from dashboard.analytics.survival import Floats

STORED_LEVELS = 21  # of a lead time
_MOST_VARIATION = 999.0


@dataclass(frozen=True)
class Planned:
    """`rows` and `ahead` are in the order of the stocks that were planned."""

    rows: pd.DataFrame
    ahead: Ahead


def plan_stock(stock: pd.DataFrame, learnt: Learnt, *, seed: int = 7) -> Planned:
    """With the usual cut points, service levels and costs of ordering and holding.

    From  stock  what `learnt` was learnt from, and unit_cost, pack_size, minimum_order_quantity
    To    stock_id, daily_demand, deviation, kind, demand_source, season, seen_days, empty_days,
          large_days, yearly_units (recorded in the last year), lead_time_mean, lead_time_deviation,
          lead_time_source, receipts, abc, xyz, variation, value_share (of the product, in the cost
          of a year's demand), service, lead_time_demand, undershoot, safety_stock, reorder_point,
          order_quantity, opening_units (a year ago; NaN: not known), aged_30, aged_90, aged_180
    """
    demand, leads = learnt.demand, learnt.leads
    classes = class_products(stock, learnt)
    rows = stock[["stock_id", "product_id"]].reset_index(drop=True).merge(
        classes, on="product_id", how="left"
    )  # fmt: skip
    sizes = size_orders(
        stock[["pack_size", "minimum_order_quantity", "unit_cost"]]
        .reset_index(drop=True)
        .assign(rate=demand.rate)
    )
    quantity = sizes["order_quantity"].to_numpy(np.float64)
    ahead = look_ahead(demand, leads, quantity, seed=seed)
    points = set_reorder_points(
        demand, leads, ahead, np.asarray(rows["abc"].map(SERVICE), np.float64)
    )
    told = rows.assign(
        daily_demand=demand.rate, deviation=demand.deviation, kind=demand.kind,
        demand_source=learnt.source, season=learnt.season, seen_days=demand.seen_days,
        empty_days=learnt.empty.sum(axis=1), large_days=demand.large_days,
        yearly_units=learnt.units.sum(axis=1).astype(np.int64), lead_time_mean=leads.mean,
        lead_time_deviation=leads.deviation, lead_time_source=leads.source, receipts=leads.receipts,
        service=points["service"], lead_time_demand=ahead.mean, undershoot=ahead.undershoot,
        safety_stock=points["safety_stock"], reorder_point=points["reorder_point"],
        order_quantity=sizes["order_quantity"], opening_units=learnt.on_hand[:, 0],
    ).drop(columns="product_id")  # fmt: skip
    aged = {f"aged_{days}": learnt.aged[:, place] for place, days in enumerate(AGES)}
    return Planned(told.assign(**aged), ahead)


def class_products(stock: pd.DataFrame, learnt: Learnt) -> pd.DataFrame:
    """product_id, abc, xyz, variation, value_share: by the cost of the year's demand of all
    warehouses, by units where no cost is known."""
    products, weekly, _place = weeks_by_product(learnt)
    cost = stock["unit_cost"].astype("float64").groupby(stock["product_id"].to_numpy()).first()
    cost = cost.reindex(products)
    known: Floats = np.asarray(cost if cost.notna().any() else np.ones(len(products)), np.float64)
    worth = np.nan_to_num(weekly.sum(axis=1) * known)
    variation = vary(weekly)
    total = float(worth.sum())
    classes = classify(worth, variation)
    return pd.DataFrame(
        {
            "product_id": products,
            "abc": classes["abc"],
            "xyz": classes["xyz"],
            "variation": np.minimum(variation, _MOST_VARIATION),
            "value_share": worth / total if total else worth,
        }
    )
