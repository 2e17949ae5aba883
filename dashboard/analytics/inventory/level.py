"""The level of demand in the weeks to come, as the forecasts of units have it: with growth, season
and events. How demand scatters around it comes from its history, how far the level may be off from
the forecasts' ranges.

A product's forecast is shared out among its warehouses as it was sold there lately; few orders of
its own draw a share towards that of the warehouse in all products. A forecast of single weeks with
mostly nothing in them tends to nothing; a product that is ordered on fewer than 52 days a year
leans on the forecast of its category in as far as it is (top-down; C. Gross, J. Sohl 1990).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.inventory.demand import HALF_LIFE, Demand, Flags, Whole
from dashboard.analytics.inventory.lasting import Ranges, lasting_errors, rows_of
from dashboard.analytics.inventory.paths import WEEK
from dashboard.analytics.survival import Floats

WEEKS_AHEAD = 26
AHEAD_WEEKS = 6  # whose mean is said to be the demand a day
OFTEN_DAYS = 52  # with an order, in a year: from here on a product's own forecast counts alone
FIRM_ORDERS = 10  # of a usual size, that a share is drawn by
FEW_DAYS = 5  # with an order, below which the product's other warehouses tell how large orders are
MOST_ERROR = 1.5
MOST_HIDDEN = 2.0
SOURCES = ("forecast", "category", "history")


@dataclass(frozen=True)
class Outlook:
    """Units of each week from the day on: (products, WEEKS_AHEAD) and (categories, WEEKS_AHEAD),
    of those that are forecast; how far months may be off."""

    products: Whole
    product_weeks: Floats
    categories: Whole
    category_weeks: Floats
    ranges: Ranges | None = None


def outlook_from(weeks: pd.DataFrame, as_of: date, ranges: Ranges | None = None) -> Outlook | None:
    """From the forecasts by week; None where there are none of the day and after it.

    From  product_id, category_id (one of them: NaN), period_on (a Monday), units
    """
    days = (weeks["period_on"] - pd.Timestamp(as_of)).dt.days
    weeks = weeks.assign(starts=days)[days > -WEEK]
    if not len(weeks):
        return None
    products, product_weeks = _from_the_day(weeks[weeks["product_id"].notna()], "product_id")
    categories, category_weeks = _from_the_day(weeks[weeks["category_id"].notna()], "category_id")
    return Outlook(products, product_weeks, categories, category_weeks, ranges)


def _from_the_day(weeks: pd.DataFrame, key: str) -> tuple[Whole, Floats]:
    """Weeks from today, each made of parts of two calendar weeks; beyond the last it is like it."""
    table = weeks.pivot_table(index=key, columns="starts", values="units", aggfunc="sum")
    if not table.size:
        return np.zeros(0, np.int64), np.zeros((0, WEEKS_AHEAD))
    first = int(table.columns[0])
    wanted = first + WEEK * np.arange(WEEKS_AHEAD + 2)
    whole = table.reindex(columns=wanted).ffill(axis=1).fillna(0.0).to_numpy(np.float64)
    daily = np.repeat(np.maximum(whole, 0) / WEEK, WEEK, axis=1)
    daily = np.concatenate((np.repeat(daily[:, :1], max(first, 0), axis=1), daily), axis=1)
    begins = max(-first, 0)
    days = daily[:, begins : begins + WEEK * WEEKS_AHEAD]
    sums = days.reshape(len(days), WEEKS_AHEAD, WEEK).sum(axis=2)
    return np.asarray(table.index, np.int64), np.asarray(sums)


def lead_on_forecasts(
    demand: Demand, items: pd.DataFrame, units: Floats, outlook: Outlook | None, seen: Flags,
    empty: Flags, *, seed: int = 7,
) -> tuple[Demand, npt.NDArray[np.str_]]:  # fmt: skip
    """The demand of the weeks to come, and of each item where its level is from (SOURCES); what is
    not forecast stays as it is.

    From  items  product_id, warehouse_id, category_id, one row for each item
          units  (items, days) as they were recorded
          seen   (items, days) as of `estimate_demand`
          empty  (items, days) that are not seen because the shelf was empty: a forecast has learnt
                 from them as if nothing had been wanted, and is lifted by what they hid
    """
    count = len(items)
    if outlook is None or not count:
        return demand, np.full(count, "history")
    products, place = np.unique(items["product_id"].to_numpy(np.int64), return_inverse=True)
    category = items["category_id"].astype("float64").fillna(-1).to_numpy(np.int64)
    of_product = np.zeros(len(products), np.int64)
    of_product[place] = category
    sold = np.zeros((len(products), units.shape[1]))
    np.add.at(sold, place, units)
    order_days = np.asarray((sold > 0).sum(axis=1), np.int64)
    rate = np.asarray(np.bincount(place, demand.recent, len(products)))
    weeks, leaning = _levels_of_products(
        products, of_product, order_days, np.asarray(rate, np.float64), outlook
    )
    lasting = lasting_errors(outlook.ranges, products, of_product, sold, leaning)
    source = np.where(leaning <= 0.5, "forecast", "category")
    weeks *= _hidden(demand, units, seen, empty, place)[:, None]
    usual = sold.sum(axis=1) / np.maximum(order_days, 1)
    weeks = weeks[place] * _shares(demand, items, place, np.maximum(usual, 1))[:, None]
    known = np.isfinite(weeks).all(axis=1)
    level = weeks[:, :AHEAD_WEEKS].mean(axis=1) / WEEK
    known &= (level > 0) | (demand.rate <= 0)
    level = np.where(known, level, demand.rate)
    factors = np.where((known & (level > 0))[:, None],
                       weeks / WEEK / np.where(level > 0, level, 1)[:, None], 1.0)  # fmt: skip
    demand = _with_history_of_product(demand, units, sold[place], known & (level > 0), level, seed)
    level = np.where(demand.history.any(axis=1), level, 0.0)
    changed = np.where(demand.rate > 0, level / np.where(demand.rate > 0, demand.rate, 1), 1.0)
    error = np.minimum(np.hypot(demand.recent_error, lasting[place]), MOST_ERROR)
    found = replace(
        demand,
        rate=level,
        history=demand.history * changed[:, None],
        scale=demand.scale * changed,
        deviation=demand.deviation * np.sqrt(changed),
        level_error=np.where(known, error, demand.level_error),
        kind=np.where(known & (level <= 0), "none", demand.kind),
        weeks=factors,
    )
    return found, np.where(known, source[place], "history")


def _levels_of_products(
    products: Whole, categories: Whole, order_days: Whole, rate: Floats, outlook: Outlook
) -> tuple[Floats, Floats]:
    """(products, weeks) units, NaN where nothing is forecast, and how far they are a category's (0
    to 1)."""
    own = rows_of(outlook.products, outlook.product_weeks, products)
    category = rows_of(outlook.categories, outlook.category_weeks, categories)
    names, place = np.unique(categories, return_inverse=True)
    of_category = np.bincount(place, rate, len(names))[place]
    share = rate / np.where(of_category > 0, of_category, np.inf)
    leaning = np.where((of_category > 0)[:, None], category * share[:, None], np.nan)
    weight = np.where(np.isfinite(own[:, 0]), np.minimum(order_days / OFTEN_DAYS, 1.0), 0.0)
    weight = np.where(np.isfinite(leaning[:, 0]) | (weight == 0), weight, 1.0)[:, None]
    both = np.where(weight > 0, np.nan_to_num(own) * weight, 0) + np.where(
        weight < 1, leaning * (1 - weight), 0
    )
    return both, 1 - weight[:, 0]


def _hidden(demand: Demand, units: Floats, seen: Flags, empty: Flags, place: Whole) -> Floats:
    """By product: the mean of the seen days ÷ that of all days on sale, from 1 to MOST_HIDDEN."""
    weights = 0.5 ** (np.arange(units.shape[1])[::-1] / HALF_LIFE)
    hidden = np.where(empty & ~seen, weights, 0.0)
    total = np.maximum((weights * seen).sum(axis=1) + hidden.sum(axis=1), 1e-12)
    recorded = demand.recent * (1 - hidden.sum(axis=1) / total)
    recorded = recorded + (hidden * units).sum(axis=1) / total
    whole = np.bincount(place, demand.recent)
    of_record = np.bincount(place, recorded)
    ratio = np.where(of_record > 0, whole / np.where(of_record > 0, of_record, 1), 1.0)
    return np.asarray(np.clip(ratio, 1.0, MOST_HIDDEN))


def _shares(demand: Demand, items: pd.DataFrame, place: Whole, usual: Floats) -> Floats:
    """Of each item in its product."""
    warehouse = np.asarray(items.groupby("warehouse_id", sort=False).ngroup(), np.int64)
    sums = np.bincount(warehouse, demand.recent)
    general = sums[warehouse] if sums.sum() > 0 else np.ones(len(warehouse))
    general = np.maximum(general, 1e-9)
    general = general / np.bincount(place, general)[place]
    seen = HALF_LIFE / np.log(2)  # days that the weights add up to
    firm = FIRM_ORDERS * usual[place]
    own = demand.recent * seen
    return np.asarray((own + firm * general) / (np.bincount(place, own)[place] + firm))


def _with_history_of_product(
    demand: Demand, units: Floats, sold: Floats, wanted: npt.NDArray[np.bool_], level: Floats,
    seed: int,
) -> Demand:  # fmt: skip
    """Items with few orders of their own: days of the product in all warehouses, as many of them as
    make up the item's level."""
    few = wanted & ((units > 0).sum(axis=1) < FEW_DAYS) & ((sold > 0).sum(axis=1) >= FEW_DAYS)
    if not few.any():
        return demand
    chance = np.random.default_rng(seed)
    history, scale = demand.history.copy(), demand.scale.copy()
    rate, deviation = demand.rate.copy(), demand.deviation.copy()
    for item in np.flatnonzero(few):
        days = np.minimum(sold[item], np.quantile(sold[item][sold[item] > 0], 0.9))
        share = min(float(level[item]) / float(days.mean()), 1.0)
        kept = chance.random(len(days)) < share
        if not days[kept].any():
            kept[chance.choice(np.flatnonzero(days))] = True
        history[item] = np.where(kept, days, 0.0)
        mean = history[item].mean()
        scale[item] = level[item] / mean
        history[item] *= scale[item]
        rate[item], deviation[item] = level[item], history[item].std()
    return replace(
        demand, history=history, scale=scale, rate=rate, deviation=deviation,
        kind=np.where(few, "shared", demand.kind),
        recent_error=np.where(few, 1.0, demand.recent_error),
        is_correlated=demand.is_correlated & ~few,
    )  # fmt: skip
