"""What a world is made of beside its paths: draws of every parameter, and the stock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.what_if.baseline import (
    Draws,
    Floats,
    Lost,
    Spend,
    Whole,
    draw_normals,
)
from dashboard.analytics.what_if.elasticity import draw_assumed
from dashboard.analytics.what_if.learning import Learnt
from dashboard.analytics.what_if.promotions import uplift_of
from dashboard.analytics.what_if.stock import Stock

_NORMALS = ("experiment", "spend", "lost", "value", "lead")
_USUAL_LEAD_DAYS, _USUAL_LEAD_SPREAD = 14, 0.25


@dataclass(frozen=True)
class Sources:
    """What was read for a choice.

    weeks      product_id, category_id, week_on, units, net_sales, cost
    ages       cohort_on, age_days, customers, orders, net_sales
    expected   hundredth, customers, orders, predicted_value, squared, noise
    stock, arrivals, lead_times   None where stock is not that of the choice
    """

    weeks: pd.DataFrame
    ages: pd.DataFrame
    expected: pd.DataFrame
    shared_error: float | None = None
    stock: pd.DataFrame | None = None
    arrivals: pd.DataFrame | None = None
    lead_times: pd.DataFrame | None = None


@dataclass(frozen=True)
class Selection:
    """Of which products: none named, of all."""

    category_ids: tuple[int, ...] = ()
    product_ids: tuple[int, ...] = ()

    def of(self, rows: pd.DataFrame) -> pd.Series:
        chosen = pd.Series(True, index=rows.index)
        if self.category_ids:
            chosen &= rows["category_id"].isin(self.category_ids)
        if self.product_ids:
            chosen &= rows["product_id"].isin(self.product_ids)
        return chosen


@dataclass(frozen=True)
class Groups:
    product_ids: Whole
    category_ids: Whole
    members: tuple[tuple[int, ...], ...]
    sales: Floats  # (G, W) net sales of the last weeks
    weight: Floats
    price: Floats
    cost: Floats

    @property
    def count(self) -> int:
        return len(self.product_ids)


def draw_new_customers(
    ages: pd.DataFrame, horizon: int, seed: int, paths: int
) -> tuple[Floats, Floats, dict[str, Any]]:
    """(S, H) orders of a new customer in each week of age, and the value of an order; whole cohorts
    are drawn with replacement. Only ages that a cohort has reached in full count."""
    if not len(ages):
        return np.zeros((paths, horizon)), np.zeros(paths), {"cohorts": 0, "new_customers": 0}
    age = ages["age_days"].astype(int) // 7
    orders = ages.assign(age=age).pivot_table(index="cohort_on", columns="age", values="orders",
                                              aggfunc="sum")  # fmt: skip
    orders = orders.reindex(columns=range(horizon)).fillna(0.0)
    sizes = ages[age == 0].set_index("cohort_on")["customers"].reindex(orders.index).fillna(0)
    size = sizes.to_numpy(np.float64)
    begun = pd.to_datetime(orders.index)
    latest = pd.Timestamp(ages.attrs.get("as_of") or begun.max() + pd.Timedelta(days=31))
    weeks_seen = ((latest - begun).days.to_numpy() - 31) // 7  # of the last of the cohort
    seen = np.arange(horizon)[None, :] < np.maximum(weeks_seen, 1)[:, None]
    drawn = np.random.default_rng([seed, 2]).integers(len(size), size=(paths, len(size)))
    many = np.zeros((paths, len(size)))
    np.add.at(many, (np.arange(paths)[:, None], drawn), 1.0)
    ordered = many @ (orders.to_numpy(np.float64) * seen)
    could = many @ (size[:, None] * seen)
    curve = ordered / np.maximum(could, 1e-9)
    curve[could < 1] = 0.0
    totals = ages.groupby("cohort_on")[["net_sales", "orders"]].sum().reindex(orders.index)
    value = (many @ totals["net_sales"].to_numpy()) / np.maximum(
        many @ totals["orders"].to_numpy(np.float64), 1e-9
    )
    facts = {
        "cohorts": int((size > 0).sum()),
        "new_customers": int(size.sum()),
        "new_customers_week": float(size.sum() / max((latest - begun.min()).days / 7, 1)),
        "first_order_value": float(totals["net_sales"].sum() / max(totals["orders"].sum(), 1)),
    }
    return curve, value, facts


def draw_parameters(
    learnt: Learnt,
    groups: Groups,
    seed: int,
    paths: int,
    orders_by_age: Floats,
    order_value: Floats,
    sources: Sources,
    share: float,
) -> Draws:
    level, after, slope, middle = _draw_uplifts(learnt, groups, seed, paths)
    return Draws(
        _draw_elasticities(learnt.elasticities, groups, seed, paths).astype(np.float32),
        level.astype(np.float32), after.astype(np.float32), slope, middle,
        orders_by_age, order_value, _its_spend(learnt, groups),
        _lost(sources.expected, sources.shared_error, share),
        draw_normals(paths, seed, *_NORMALS),
    )  # fmt: skip


def _its_spend(learnt: Learnt, groups: Groups) -> Spend:
    """Marketing is for everything; what is chosen carries its share by net sales."""
    share = float(groups.sales.sum()) / learnt.recent if learnt.recent > 0 else 1.0
    spend, share = learnt.spend, min(share, 1.0)
    return replace(spend, weekly=spend.weekly * share, scale=spend.scale * share)


def _draw_elasticities(table: pd.DataFrame, groups: Groups, seed: int, paths: int) -> Floats:
    """(S, G): what a category has in common is drawn once for all its products."""
    assumed = draw_assumed(paths, seed)
    found = np.empty((paths, groups.count))
    known = table.set_index("product_id")
    for place, members in enumerate(groups.members):
        rows = known.loc[known.index.intersection(list(members))]
        if not len(rows) or (rows["origin"] == "assumed").all():
            found[:, place] = assumed
            continue
        mean = rows[["elasticity", "error", "shared_error"]].mean()
        category = int(groups.category_ids[place])
        common = np.random.default_rng([seed, 3, category]).standard_normal(paths)
        own = np.random.default_rng([seed, 4, members[0]]).standard_normal(paths)
        found[:, place] = mean["elasticity"] + mean["error"] * own + mean["shared_error"] * common
    return found


def _draw_uplifts(
    learnt: Learnt, groups: Groups, seed: int, paths: int
) -> tuple[Floats, Floats, float, float]:
    level, after = np.empty((paths, groups.count)), np.empty((paths, groups.count))
    slope = middle = 0.0
    for category_id in sorted(set(groups.category_ids.tolist())):
        uplift = uplift_of(learnt.promotions, category_id)
        slope, middle = uplift.slope, uplift.middle  # of one line: the same for all
        chance = np.random.default_rng([seed, 5, category_id])
        its = groups.category_ids == category_id
        level[:, its] = (uplift.level + uplift.error * chance.standard_normal(paths))[:, None]
        after[:, its] = (uplift.after + uplift.after_error * chance.standard_normal(paths))[:, None]
    return level, after, slope, middle


def _lost(expected: pd.DataFrame, shared_error: float | None, share: float) -> Lost | None:
    if not len(expected):
        return None
    rows = expected.sort_values("hundredth")
    value = rows["predicted_value"].to_numpy(np.float64) * share
    return Lost(
        rows["customers"].to_numpy(np.float64), value,
        rows["squared"].to_numpy(np.float64) * share**2,
        rows["noise"].to_numpy(np.float64) * share,
        0.2 if shared_error is None else shared_error,
    )  # fmt: skip


def find_stock(sources: Sources, groups: Groups, starts_on: date, horizon: int) -> Stock | None:
    if sources.stock is None or not len(sources.stock):
        return None
    table = sources.stock.set_index("product_id")
    free = (table["on_hand"] - table["reserved"]).astype(float)
    lead = table["lead_time_days"].astype("Float64").fillna(_USUAL_LEAD_DAYS).astype(float)
    arriving = np.zeros((groups.count, horizon))
    place_of = {member: place for place, own in enumerate(groups.members) for member in own}
    if sources.arrivals is not None:
        days = (pd.to_datetime(sources.arrivals["expected_on"]) - pd.Timestamp(starts_on)).dt.days
        for product_id, day, units in zip(
            sources.arrivals["product_id"], days, sources.arrivals["units"], strict=True
        ):
            week = max(int(day) // 7, 0)
            if product_id in place_of and week < horizon:
                arriving[place_of[product_id], week] += float(units)
    spread, count = _lead_spread(sources.lead_times)
    on_hand = [float(free.reindex(list(own)).fillna(0.0).sum()) for own in groups.members]
    weeks = [
        float(lead.reindex(list(own)).fillna(_USUAL_LEAD_DAYS).mean()) / 7 for own in groups.members
    ]
    return Stock(np.array(on_hand), arriving, np.array(weeks), spread, count)


def _lead_spread(lead_times: pd.DataFrame | None) -> tuple[float, int]:
    """How far actual lead times are from the planned ones, as a standard deviation of the log."""
    if lead_times is None:
        return _USUAL_LEAD_SPREAD, 0
    usable = lead_times[(lead_times["planned_days"] > 0) & (lead_times["days"] > 0)]
    if len(usable) < 20:
        return _USUAL_LEAD_SPREAD, len(usable)
    ratio = np.log(usable["days"].to_numpy(float) / usable["planned_days"].to_numpy(float))
    return float(np.std(ratio)), len(usable)
