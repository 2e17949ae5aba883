"""What a year tells of each stock: its demand and its lead time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.inventory.demand import Demand, Flags, Whole, estimate_demand
from dashboard.analytics.inventory.lead_time import LeadTimes, learn_lead_times
from dashboard.analytics.inventory.level import Outlook, lead_on_forecasts
from dashboard.analytics.inventory.season import season_factors, with_season
from dashboard.analytics.survival import Floats

HISTORY_DAYS = 364  # whole weeks
AGES = (30, 90, 180)  # days


@dataclass(frozen=True)
class Learnt:
    """By item, in the order of `keys` (product_id, warehouse_id). `units` (items, days) is demand
    as it was recorded, `empty` whether nothing lay on the shelf from morning to evening, `on_hand`
    (items, days) what lay there in the evening; yesterday last."""

    keys: pd.DataFrame
    units: Floats
    empty: Flags
    on_hand: Floats
    demand: Demand  # of the weeks to come
    season: Floats  # the rate as a multiple of that of the days behind
    source: npt.NDArray[np.str_]  # of the level: level.SOURCES
    leads: LeadTimes
    aged: Floats  # (items, AGES) units on hand that came in longer ago; NaN: not known


def learn_stock(
    stock: pd.DataFrame,
    days: pd.DataFrame,
    moves: pd.DataFrame,
    receipts: pd.DataFrame,
    as_of: date,
    outlook: Outlook | None = None,
    *,
    seed: int = 7,
) -> Learnt:
    """From the year before `as_of`; the level of the weeks to come from the outlook, and the season
    of what is not forecast from the year before that, where it is known.

    From  stock     product_id, warehouse_id, category_id, supplier_id, on_hand, lead_time_days,
                    supplier_lead_time_days, introduced_on
          days      product_id, warehouse_id (NULL: of the only warehouse), day, units
          moves     product_id, warehouse_id, moved_on, net, came: all movements since, today's too
          receipts  product_id, supplier_id, lead_days

    A day before a product was introduced, or before the first demand of anything, is not seen; nor
    is one on which its shelf was empty all day. What lies there is what came in last: the oldest is
    shipped first.
    """
    first = as_of - timedelta(days=HISTORY_DAYS)
    keys = stock[["product_id", "warehouse_id"]].reset_index(drop=True)
    only = keys["warehouse_id"].iloc[0] if keys["warehouse_id"].nunique() == 1 else None
    days = days.assign(warehouse_id=days["warehouse_id"].fillna(only)) if only else days
    before = first - timedelta(days=HISTORY_DAYS)
    daily = np.maximum(by_day_of(keys, days, "day", "units", before, 2 * HISTORY_DAYS), 0)
    units = daily[:, HISTORY_DAYS:]
    net = by_day_of(keys, moves, "moved_on", "net", first, HISTORY_DAYS + 1)
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
    is_on_sale = np.arange(HISTORY_DAYS) >= on_sale[:, None]
    demand, season, source = expect_demand(
        stock, daily, is_on_sale & ~empty, is_on_sale & empty, outlook, seed=seed
    )
    leads = learn_lead_times(stock, receipts)
    past = np.where(moved[:, None], on_hand, np.nan)
    came = by_day_of(keys, moves, "moved_on", "came", first, HISTORY_DAYS + 1)
    held = np.maximum(stock["on_hand"].to_numpy(np.float64), 0)
    aged = np.stack(
        [np.maximum(held - came[:, -days - 1 :].sum(axis=1), 0) for days in AGES], axis=1
    )
    aged = np.where(moved[:, None], aged, np.nan)
    return Learnt(keys, units, empty, past, demand, season, source, leads, aged)


def expect_demand(
    items: pd.DataFrame, daily: Floats, seen: Flags, empty: Flags, outlook: Outlook | None, *,
    seed: int = 7,
) -> tuple[Demand, Floats, npt.NDArray[np.str_]]:  # fmt: skip
    """The demand of the weeks to come, its rate as a multiple of that of the days behind, and where
    its level is from.

    From  items        product_id, warehouse_id, category_id
          daily        (items, 2 × HISTORY_DAYS) units
          seen, empty  (items, HISTORY_DAYS) as of `lead_on_forecasts`, of the second year
    """
    units = daily[:, HISTORY_DAYS:]
    groups = items.groupby(["category_id", "warehouse_id"], dropna=False, sort=False).ngroup()
    behind = estimate_demand(units, seen, np.asarray(groups, np.int64), seed=seed)
    categories = items.groupby("category_id", dropna=False, sort=False).ngroup()
    factors = season_factors(daily, behind, np.asarray(categories, np.int64))
    level, source = lead_on_forecasts(behind, items, units, outlook, seen, empty, seed=seed)
    is_led = source != "history"
    demand = with_season(level, np.where(is_led, 1.0, factors))
    _products, place = np.unique(items["product_id"].to_numpy(), return_inverse=True)
    now, then = (np.bincount(place, each)[place] for each in (level.rate, behind.recent))
    led = np.where(then > 0, now / np.where(then > 0, then, 1), 1.0)
    return demand, np.where(is_led, led, factors), source


def weeks_by_product(learnt: Learnt) -> tuple[npt.NDArray[np.int64], Floats, Whole]:
    """The products, (products, weeks) the demand of all warehouses, and which row each item has."""
    products, place = np.unique(learnt.keys["product_id"].to_numpy(np.int64), return_inverse=True)
    weekly = learnt.units.reshape(len(learnt.units), HISTORY_DAYS // 7, 7).sum(axis=2)
    found = np.zeros((len(products), weekly.shape[1]))
    np.add.at(found, place, weekly)
    return products, found, place.astype(np.int64)


def by_day_of(
    keys: pd.DataFrame, frame: pd.DataFrame, day: str, value: str, first: date, count: int
) -> Floats:
    """(keys, count) sums of the value, which is of single days; other keys and days are left
    out."""
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
