"""What a year tells of each stock: its demand, its lead time, and the demand to expect in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.inventory.demand import Demand, Flags, Whole, estimate_demand
from dashboard.analytics.inventory.lead_time import LeadTimes, learn_lead_times
from dashboard.analytics.inventory.reorder import LeadDemand, simulate_lead_demand
from dashboard.analytics.inventory.season import season_factors, with_season
from dashboard.analytics.survival import Floats

HISTORY_DAYS = 364  # whole weeks


@dataclass(frozen=True)
class Learnt:
    """By item, in the order of `keys` (product_id, warehouse_id). `units` (items, days) is demand
    as it was recorded, `empty` whether nothing lay on the shelf from morning to evening, `on_hand`
    (items, days) what lay there in the evening; yesterday last."""

    keys: pd.DataFrame
    units: Floats
    empty: Flags
    on_hand: Floats
    demand: Demand  # of the weeks to come: with the season
    season: Floats  # the factor in it
    leads: LeadTimes
    simulated: LeadDemand

    @property
    def can_tell(self) -> bool:
        return bool(self.demand.rate.any())


def learn_stock(
    stock: pd.DataFrame,
    days: pd.DataFrame,
    moves: pd.DataFrame,
    receipts: pd.DataFrame,
    as_of: date,
    *,
    is_delayed: bool = False,
    seed: int = 7,
) -> Learnt:
    """From the year before `as_of`, and the season from the year before that, where it is known.

    From  stock     product_id, warehouse_id, category_id, supplier_id, on_hand, lead_time_days,
                    supplier_lead_time_days, introduced_on
          days      product_id, warehouse_id (NULL: of the only warehouse), day, units
          moves     product_id, warehouse_id, moved_on, net: all movements since, today's too
          receipts  product_id, supplier_id, lead_days

    A day before a product was introduced, or before the first demand of anything, is not seen; nor
    is one on which its shelf was empty all day; except where demand `is_delayed`, and what waited
    is counted on the day it was shipped.
    """
    first = as_of - timedelta(days=HISTORY_DAYS)
    keys = stock[["product_id", "warehouse_id"]].reset_index(drop=True)
    only = keys["warehouse_id"].iloc[0] if keys["warehouse_id"].nunique() == 1 else None
    days = days.assign(warehouse_id=days["warehouse_id"].fillna(only)) if only else days
    before = first - timedelta(days=HISTORY_DAYS)
    daily = np.maximum(_by_day(keys, days, "day", "units", before, 2 * HISTORY_DAYS), 0)
    units = daily[:, HISTORY_DAYS:]
    net = _by_day(keys, moves, "moved_on", "net", first, HISTORY_DAYS + 1)
    later = net[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]  # after each evening, until now
    on_hand = stock["on_hand"].to_numpy(np.float64)[:, None] - later
    morning = np.concatenate((on_hand[:, :1] - net[:, :1], on_hand[:, :-1]), axis=1)
    moved: Flags = np.asarray(
        net.any(axis=1)
    )  # where no movement is known, neither is the stock of past days
    empty = (on_hand <= 0) & (morning <= 0) & moved[:, None]
    begun = np.flatnonzero(units.any(axis=0))
    start = int(begun[0]) if len(begun) else HISTORY_DAYS
    since = (pd.to_datetime(stock["introduced_on"]) - pd.Timestamp(first)).dt.days
    on_sale = np.maximum(since.fillna(0).to_numpy(np.float64), start)
    seen = (np.arange(HISTORY_DAYS) >= on_sale[:, None]) & (is_delayed | ~empty)
    groups = stock.groupby(["category_id", "warehouse_id"], dropna=False, sort=False).ngroup()
    demand = estimate_demand(units, seen, np.asarray(groups, np.int64), seed=seed)
    categories = stock.groupby("category_id", dropna=False, sort=False).ngroup()
    season = season_factors(daily, demand, np.asarray(categories, np.int64))
    demand = with_season(demand, season)
    leads = learn_lead_times(stock, receipts)
    return Learnt(
        keys, units, empty, np.where(moved[:, None], on_hand, np.nan), demand, season, leads,
        simulate_lead_demand(demand, leads, seed=seed),
    )  # fmt: skip


def weeks_by_product(learnt: Learnt) -> tuple[npt.NDArray[np.int64], Floats, Whole]:
    """The products, (products, weeks) the demand of all warehouses, and which row each item has."""
    products, place = np.unique(learnt.keys["product_id"].to_numpy(np.int64), return_inverse=True)
    weekly = learnt.units.reshape(len(learnt.units), HISTORY_DAYS // 7, 7).sum(axis=2)
    found = np.zeros((len(products), weekly.shape[1]))
    np.add.at(found, place, weekly)
    return products, found, place.astype(np.int64)


def _by_day(
    keys: pd.DataFrame, frame: pd.DataFrame, day: str, value: str, first: date, count: int
) -> Floats:
    """(keys, count) sums of the value; rows of other keys and days are left out."""
    found = np.zeros((len(keys), count))
    if not len(frame) or not len(keys):
        return found
    items = pd.MultiIndex.from_frame(keys.astype("float64"))
    rows = items.get_indexer(
        pd.MultiIndex.from_frame(frame[["product_id", "warehouse_id"]].astype("float64"))
    )
    columns = (pd.to_datetime(frame[day]) - pd.Timestamp(first)).dt.days.to_numpy(np.int64)
    fits = (rows >= 0) & (columns >= 0) & (columns < count)
    values = frame[value].to_numpy(np.float64)
    np.add.at(found, (rows[fits], columns[fits]), values[fits])
    return found
