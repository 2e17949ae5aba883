"""Puts a baseline together: what the forecast says of all that is chosen, shared out to products,
with draws of every parameter. Done once for a choice; sliders only read it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting import History, forecast_many, simulate_paths
from dashboard.analytics.what_if.baseline import (
    PATHS,
    Baseline,
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

SEED = 7
MOST_PRODUCTS = 200  # of their own; the others are taken together by category
FEWEST_WEEKS = 8
SHORTEST, USUAL, LONGEST = 4, 13, 26  # weeks ahead
_LATELY, _HALF_LIFE = 26, 10.0  # weeks that shares and prices are told from
_QUICK = ("year_on_year", "theta")  # members that tell the shares of categories
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
class World:
    """starts_on is the Monday of the first week ahead; `history` has week_on and net_sales of the
    weeks before; `share` of all net sales lies in the selection; `facts` says what was learnt from
    how much; `begun` is the share of the first week that is over."""

    baseline: Baseline
    draws: Draws
    stock: Stock | None
    starts_on: date
    history: pd.DataFrame
    learnt: Learnt
    share: float
    seed: int
    member: str
    begun: float = 0.0
    facts: dict[str, Any] = field(default_factory=dict)


def build_world(
    learnt: Learnt,
    sources: Sources,
    selection: Selection,
    starts_on: date,
    horizon: int,
    seed: int = SEED,
    paths: int = PATHS,
    begun: float = 0.0,
) -> World | None:
    """None where the selection has sold in fewer than eight weeks, or not lately."""
    weeks = sources.weeks
    number = (pd.to_datetime(weeks["week_on"]) - pd.Timestamp(starts_on)).dt.days // 7
    everything = weeks.assign(week=number)
    chosen = everything[selection.of(everything)]
    lately = chosen[chosen["week"] >= -_LATELY]
    if chosen["week"].nunique() < FEWEST_WEEKS or not lately["net_sales"].sum() > 0:
        return None
    money, member = _forecast(chosen, horizon, seed, paths)
    groups = _group(lately)
    shares = _share_out(groups, _category_shares(chosen, groups, horizon), horizon, seed, paths)
    units = money[:, None, :] * shares / groups.price[None, :, None]
    baseline = Baseline(
        units.astype(np.float32), groups.product_ids, groups.category_ids, groups.price, groups.cost
    )
    recent = everything[everything["week"] >= -_LATELY]["net_sales"].sum()
    share = float(lately["net_sales"].sum() / recent) if recent else 1.0
    total = chosen.groupby("week_on")[["net_sales"]].sum().reset_index()
    orders, value, facts = _new_customers(sources.ages, horizon, seed, paths)
    facts["growth"] = _yearly_growth(total["net_sales"].to_numpy(np.float64))
    draws = _draw(learnt, groups, seed, paths, orders, value * share, sources, share)
    return World(
        baseline, draws, _stock(sources, groups, starts_on, horizon), starts_on,
        total.tail(52).reset_index(drop=True), learnt, share, seed, member, begun, facts,
    )  # fmt: skip


@dataclass(frozen=True)
class _Groups:
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


def _forecast(chosen: pd.DataFrame, horizon: int, seed: int, paths: int) -> tuple[Floats, str]:
    """(S, H) net sales of all that is chosen."""
    values, start = _series(chosen)
    history = History(values, 52, start=start, step="week")
    forecast = forecast_many([history], horizon)[0]
    return np.maximum(simulate_paths(forecast, paths, seed), 0.0), forecast.member


def _yearly_growth(sales: Floats) -> tuple[float, float] | None:
    """10 and 90 % of a quarter's sales ÷ the same quarter a year before − 1."""
    quarters = np.convolve(sales, np.ones(13), "valid")
    if len(quarters) < 52 + 8:
        return None
    change = quarters[52:] / np.maximum(quarters[:-52], 1e-9) - 1
    low, high = np.quantile(change, (0.1, 0.9))
    return float(low), float(high)


def _series(rows: pd.DataFrame) -> tuple[Floats, date]:
    first = int(rows["week"].min())
    total = rows.groupby("week")["net_sales"].sum().reindex(range(first, 0), fill_value=0.0)
    start = pd.to_datetime(rows["week_on"]).min().date()
    return np.maximum(total.to_numpy(np.float64), 0.0), start


def _group(lately: pd.DataFrame) -> _Groups:
    sums = lately.groupby("product_id").agg(
        category_id=("category_id", "first"), net_sales=("net_sales", "sum"),
        units=("units", "sum"),
    )  # fmt: skip
    sums = sums[(sums["net_sales"] > 0) & (sums["units"] > 0)].sort_values(
        ["net_sales"], ascending=False, kind="stable"
    )
    category = sums["category_id"].fillna(0).astype(int)
    own = [(int(product), (int(product),)) for product in sums.index[:MOST_PRODUCTS]]
    rest = category.iloc[MOST_PRODUCTS:]
    together = [(0, tuple(int(each) for each in part.index)) for _c, part in rest.groupby(rest)]
    groups = own + together
    span = pd.RangeIndex(-_LATELY, 0)
    tables = {
        name: lately.pivot_table(index="product_id", columns="week", values=name, aggfunc="sum")
        .reindex(columns=span)
        .fillna(0.0)
        for name in ("net_sales", "units")
    }
    known = lately.groupby("product_id")["cost"].apply(lambda cost: bool(cost.notna().all()))
    costs = lately.groupby("product_id")["cost"].sum()
    weight = 0.5 ** (np.arange(_LATELY - 1, -1, -1) / _HALF_LIFE)
    sales, prices, unit_costs = [], [], []
    for _number, members in groups:
        part = {
            name: table.loc[list(members)].to_numpy().sum(axis=0) for name, table in tables.items()
        }
        sales.append(np.maximum(part["net_sales"], 0.0))
        sold = part["units"] @ weight
        prices.append(part["net_sales"] @ weight / sold)
        is_known = bool(known.loc[list(members)].all())
        unit_costs.append(
            float(costs.loc[list(members)].sum() / part["units"].sum()) if is_known else np.nan
        )
    price = np.array(prices)
    return _Groups(
        np.array([number for number, _members in groups]),
        np.array([int(category.loc[members[0]]) for _number, members in groups]),
        tuple(members for _number, members in groups),
        np.array(sales), weight, np.where(price > 0, price, 1e-6), np.array(unit_costs),
    )  # fmt: skip


def _category_shares(chosen: pd.DataFrame, groups: _Groups, horizon: int) -> dict[int, Floats]:
    """(H) of each category: its own forecast, as a share of all of theirs."""
    categories = sorted(set(groups.category_ids.tolist()))
    known = chosen.assign(category_id=chosen["category_id"].fillna(0).astype(int))
    histories = []
    for category_id in categories:
        values, start = _series(known[known["category_id"] == category_id])
        histories.append(History(values, 52, start=start, step="week"))
    told = np.array(
        [
            each.periods["value"].to_numpy(np.float64)
            for each in forecast_many(histories, horizon, members=_QUICK)
        ]
    )
    told = np.maximum(told, 1e-9)
    return dict(zip(categories, told / told.sum(axis=0), strict=True))


def _share_out(
    groups: _Groups, of_category: dict[int, Floats], horizon: int, seed: int, paths: int
) -> Floats:
    """(S, G, H) shares that sum to 1: of a category its forecast one, of its products what they had
    lately. How a product's weeks vary is a gamma with the variance of its own past; the mean share
    itself is no surer than the weeks it was told from."""
    level = np.maximum(groups.sales @ groups.weight / groups.weight.sum(), 1e-9)
    spread = groups.sales.std(axis=1) / np.maximum(groups.sales.mean(axis=1), 1e-9)
    shape = np.clip(1 / np.maximum(spread, 0.05) ** 2, 0.15, 400.0)
    weeks = groups.weight.sum()
    drawn = np.empty((paths, groups.count, horizon))
    for place, members in enumerate(groups.members):
        chance = np.random.default_rng([seed, 1, members[0]])
        lasting = chance.gamma(shape[place] * weeks, 1 / (shape[place] * weeks), paths)
        passing = chance.gamma(shape[place], 1 / shape[place], (paths, horizon))
        drawn[:, place] = level[place] * lasting[:, None] * passing
    for category_id, share in of_category.items():
        its = groups.category_ids == category_id
        # of a category all of whose products happen to sell nothing, the level stands
        mean = level[its].sum()
        drawn[:, its] *= share[None, None, :] / mean
    drawn += 1e-12
    drawn /= drawn.sum(axis=1, keepdims=True)
    return drawn


def _new_customers(
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


def _draw(
    learnt: Learnt,
    groups: _Groups,
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


def _its_spend(learnt: Learnt, groups: _Groups) -> Spend:
    """Marketing is for everything; what is chosen carries its share by net sales."""
    share = float(groups.sales.sum()) / learnt.recent if learnt.recent > 0 else 1.0
    spend, share = learnt.spend, min(share, 1.0)
    return replace(spend, weekly=spend.weekly * share, scale=spend.scale * share)


def _draw_elasticities(table: pd.DataFrame, groups: _Groups, seed: int, paths: int) -> Floats:
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
    learnt: Learnt, groups: _Groups, seed: int, paths: int
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


def _stock(sources: Sources, groups: _Groups, starts_on: date, horizon: int) -> Stock | None:
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


def weeks_ahead(world: World) -> list[date]:
    return [world.starts_on + timedelta(weeks=week) for week in range(world.baseline.shape[2])]
