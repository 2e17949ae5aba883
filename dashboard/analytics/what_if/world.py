"""Puts a baseline together: what the forecast says of all that is chosen, shared out to products,
with draws of every parameter. Done once for a choice; sliders only read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting import History, forecast_many
from dashboard.analytics.forecasting.intervals import draw_paths
from dashboard.analytics.what_if.baseline import (
    PATHS,
    Baseline,
    Draws,
    Floats,
)
from dashboard.analytics.what_if.drawing import (
    Groups,
    Selection,
    Sources,
    draw_new_customers,
    draw_parameters,
    find_stock,
)
from dashboard.analytics.what_if.learning import Learnt
from dashboard.analytics.what_if.stock import Stock, StockOutcome, stock_of

SEED = 7
MOST_PRODUCTS = 200  # of their own; the others are taken together by category
FEWEST_WEEKS = 8
SHORTEST, USUAL, LONGEST = 4, 13, 26  # weeks ahead
_LATELY, _HALF_LIFE = 26, 10.0  # weeks that shares and prices are told from
_QUICK = ("year_on_year", "theta")  # members that tell the shares of categories


@dataclass(frozen=True)
class Course:
    """What is needed of a Forecast to draw paths (its attributes)."""

    value: Floats
    errors: Floats
    offsets: Floats
    level: float
    floor: float
    member: str

    def draw(self, count: int, seed: int) -> Floats:
        """(count, weeks)"""
        return draw_paths(
            self.value, self.errors, self.offsets,
            level=self.level, floor=self.floor, count=count, seed=seed,
        )  # fmt: skip


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

    @cached_property
    def stock_at_rest(self) -> StockOutcome | None:
        """What the baseline means for stock; it is the same for every scenario."""
        return self.stock_after(self.baseline.paths, 0)

    def stock_after(self, units: Floats, lead_time_days: int) -> StockOutcome | None:
        """What so many units mean for stock; None where stock is not told."""
        if self.stock is None:
            return None
        lead = self.draws.normal["lead"]
        return stock_of(self.baseline, units, self.stock, lead, lead_time_days, self.begun)


def build_world(
    learnt: Learnt,
    sources: Sources,
    selection: Selection,
    starts_on: date,
    horizon: int,
    seed: int = SEED,
    paths: int = PATHS,
    begun: float = 0.0,
    course: Course | None = None,
) -> World | None:
    """None where the selection has sold in fewer than eight weeks, or not lately. `course` is that
    of the selection, if it is known already."""
    everything = _number_weeks(sources.weeks, starts_on)
    chosen = everything[selection.of(everything)]
    lately = chosen[chosen["week"] >= -_LATELY]
    if not _is_enough(chosen):
        return None
    course = course or foresee(chosen, horizon)
    money = np.maximum(course.draw(paths, seed), 0.0)
    groups = _group(lately)
    shares = _share_out(groups, _category_shares(chosen, groups, horizon), horizon, seed, paths)
    units = money[:, None, :] * shares / groups.price[None, :, None]
    baseline = Baseline(
        units.astype(np.float32), groups.product_ids, groups.category_ids, groups.price, groups.cost
    )
    recent = everything[everything["week"] >= -_LATELY]["net_sales"].sum()
    share = float(lately["net_sales"].sum() / recent) if recent else 1.0
    total = chosen.groupby("week_on")[["net_sales"]].sum().reset_index()
    orders, value, facts = draw_new_customers(sources.ages, horizon, seed, paths)
    facts["growth"] = _yearly_growth(total["net_sales"].to_numpy(np.float64))
    draws = draw_parameters(learnt, groups, seed, paths, orders, value * share, sources, share)
    return World(
        baseline, draws, find_stock(sources, groups, starts_on, horizon), starts_on,
        total.tail(52).reset_index(drop=True), learnt, share, seed, course.member, begun, facts,
    )  # fmt: skip


def _number_weeks(weeks: pd.DataFrame, starts_on: date) -> pd.DataFrame:
    """With week: −1 is the last before `starts_on`."""
    number = (pd.to_datetime(weeks["week_on"]) - pd.Timestamp(starts_on)).dt.days // 7
    return weeks.assign(week=number)


def _is_enough(chosen: pd.DataFrame) -> bool:
    lately = chosen[chosen["week"] >= -_LATELY]
    return chosen["week"].nunique() >= FEWEST_WEEKS and bool(lately["net_sales"].sum() > 0)


def foresee_everything(weeks: pd.DataFrame, starts_on: date, horizon: int) -> Course | None:
    """The course of all weeks (week_on, net_sales); None where there are too few."""
    everything = _number_weeks(weeks, starts_on)
    return foresee(everything, horizon) if _is_enough(everything) else None


def foresee(chosen: pd.DataFrame, horizon: int) -> Course:
    """How net sales of what is chosen go on."""
    values, start = _series(chosen)
    history = History(values, 52, start=start, step="week")
    told = forecast_many([history], horizon)[0]
    return Course(
        told.periods["value"].to_numpy(np.float64), told.errors, told.offsets, told.level,
        told.floor, told.member,
    )  # fmt: skip


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


def _group(lately: pd.DataFrame) -> Groups:
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
    return Groups(
        np.array([number for number, _members in groups]),
        np.array([int(category.loc[members[0]]) for _number, members in groups]),
        tuple(members for _number, members in groups),
        np.array(sales), weight, np.where(price > 0, price, 1e-6), np.array(unit_costs),
    )  # fmt: skip


def _category_shares(chosen: pd.DataFrame, groups: Groups, horizon: int) -> dict[int, Floats]:
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
    groups: Groups, of_category: dict[int, Floats], horizon: int, seed: int, paths: int
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


def weeks_ahead(world: World) -> list[date]:
    return [world.starts_on + timedelta(weeks=week) for week in range(world.baseline.shape[2])]
