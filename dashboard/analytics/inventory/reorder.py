"""When to order again and how much, with every step of the arithmetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from dashboard.analytics.inventory.ahead import Ahead
from dashboard.analytics.inventory.demand import Demand, Whole
from dashboard.analytics.inventory.lead_time import LeadTimes
from dashboard.analytics.inventory.textbook import (
    economic_order_quantity,
    normal_safety_stock,
    order_cost,
)
from dashboard.analytics.survival import Floats

SERVICE = {"A": 0.98, "B": 0.95, "C": 0.90}  # chance of no stock-out between order and receipt
FIXED_COST = 50.0  # of one order to a supplier, in the currency of the costs
HOLDING_RATE = 0.25  # of the unit cost, a year
COVER_DAYS = 30  # where no cost is known
_YEAR = 365


def set_reorder_points(
    demand: Demand, leads: LeadTimes, ahead: Ahead, service: Floats
) -> pd.DataFrame:
    """By item, in units and days; `service` is each item's cycle service level.

    rate, deviation            demand a day and its standard deviation
    lead_mean, lead_deviation  days
    lead_demand                mean of the simulated demand in the lead time
    undershoot                 mean of what the day that reaches the point takes beyond it
    service
    reorder_point              the smallest whole number that covers so many of the simulated ways:
                               lead-time demand and undershoot, as stocks meet them when they order;
                               0 without demand
    safety_stock               reorder_point − lead_demand
    z, normal_safety_stock, normal_reorder_point
                               z √(L σ_d² + d̄² σ_L²) and d̄ L + that, which takes demand for
                               normal and falls short where its tail is long
    """
    point = np.where(demand.rate > 0, ahead.point_for(service), 0.0)
    normal = normal_safety_stock(
        service, leads.mean, leads.deviation, demand.rate, demand.deviation
    )
    return pd.DataFrame(
        {
            "rate": demand.rate,
            "deviation": demand.deviation,
            "lead_mean": leads.mean,
            "lead_deviation": leads.deviation,
            "lead_demand": ahead.mean,
            "undershoot": ahead.undershoot,
            "service": service,
            "reorder_point": point.astype(np.int64),
            "safety_stock": point - ahead.mean,
            "z": norm.ppf(service),
            "normal_safety_stock": normal,
            "normal_reorder_point": demand.rate * leads.mean + normal,
        }
    )


def size_orders(
    items: pd.DataFrame,
    *,
    fixed_cost: float = FIXED_COST,
    holding_rate: float = HOLDING_RATE,
    cover_days: int = COVER_DAYS,
) -> pd.DataFrame:
    """How much to order at a time.

    From  rate (units a day), unit_cost (NaN: not known), pack_size, minimum_order_quantity
    To    yearly_demand, holding_cost (of a unit and year), economic_quantity (NaN without a cost),
          wanted (that, else the demand of `cover_days`), order_quantity (at least the supplier's
          minimum, in whole packs), yearly_cost (of ordering and holding it so)

    >>> items = pd.DataFrame({"rate": [1300 / 365], "unit_cost": [0.9], "pack_size": [25],
    ...                       "minimum_order_quantity": [100]})
    >>> found = size_orders(items, fixed_cost=8, holding_rate=0.25).iloc[0]
    >>> round(float(found["economic_quantity"]), 4), int(found["order_quantity"])
    (304.0468, 325)
    """
    rate = items["rate"].to_numpy(np.float64)
    cost = items["unit_cost"].to_numpy(np.float64)
    yearly = rate * _YEAR
    holding = np.where(cost > 0, cost, np.nan) * holding_rate
    economic = economic_order_quantity(fixed_cost, holding, yearly)
    wanted = np.where(np.isfinite(economic), economic, rate * cover_days)
    quantity = in_packs(wanted, items)
    return pd.DataFrame(
        {
            "yearly_demand": yearly,
            "holding_cost": holding,
            "economic_quantity": economic,
            "wanted": wanted,
            "order_quantity": quantity,
            "yearly_cost": order_cost(quantity.astype(np.float64), fixed_cost, holding, yearly),
        },
        index=items.index,
    )


def in_packs(wanted: Floats, items: pd.DataFrame) -> Whole:
    """At least the supplier's minimum, in whole packs.

    From  pack_size, minimum_order_quantity

    >>> items = pd.DataFrame({"pack_size": [12, 12], "minimum_order_quantity": [1, 30]})
    >>> in_packs(np.array([24.0, 25.0]), items).tolist()
    [24, 36]
    """
    least = np.maximum(items["minimum_order_quantity"].to_numpy(np.float64), 1)
    pack = np.maximum(items["pack_size"].to_numpy(np.float64), 1)
    return np.asarray(np.ceil(np.maximum(wanted, least) / pack - 1e-9) * pack, np.int64)


def suggest_quantity(
    projected: Floats, reorder_point: Floats, order_quantity: Floats, pack_size: Floats
) -> Floats:
    """What to order today: nothing above the reorder point; else so many times the order quantity
    as lift the projected stock above it, in whole packs.

    >>> suggest_quantity(np.array([12, 10, -25]), np.array([10, 10, 10]),
    ...                  np.array([20, 20, 20]), np.array([1, 1, 6])).tolist()
    [0.0, 20.0, 36.0]
    """
    gap = reorder_point - projected + 1.0
    pack = np.maximum(pack_size, 1)
    whole = np.ceil(np.maximum(order_quantity, gap) / pack) * pack
    return np.where(projected <= reorder_point, whole, 0.0)
