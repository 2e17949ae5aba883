"""Whether suggestions keep what they promise: held to days after those they were learnt from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.inventory.ahead import HORIZON_DAYS, Ahead, look_ahead
from dashboard.analytics.inventory.classes import classify, vary
from dashboard.analytics.inventory.demand import Demand
from dashboard.analytics.inventory.lead_time import LeadTimes
from dashboard.analytics.inventory.learning import HISTORY_DAYS, expect_demand
from dashboard.analytics.inventory.level import Outlook
from dashboard.analytics.inventory.reorder import SERVICE, set_reorder_points
from dashboard.analytics.inventory.replay import (
    judge_replay,
    replay_policy,
    slow_lead_days,
    sum_judged,
)
from dashboard.analytics.inventory.running_out import first_passage, tell_stock_out
from dashboard.analytics.survival import Floats

LEARNT_DAYS = HISTORY_DAYS  # at least; the year before them tells of the season
HELD_OUT_DAYS = 200
RELEARN_DAYS = 7
TOLD_DAYS = 28  # from one morning on which days of running out are told to the next
SERVICES = (0.90, 0.95, 0.98, 0.99)
STOCK_DAYS = 30  # of demand, that the day of running out is told for
_ROUND_DAYS = 30  # of demand that an order brings
_JUDGED = ("cycles", "cycle_service", "fill_rate", "stock_out_days")


def evaluate_inventory(
    units: Floats,
    items: pd.DataFrame,
    leads: LeadTimes,
    outlook_of: Callable[[int], Outlook | None],
    *,
    services: tuple[float, ...] = SERVICES,
    seed: int = 7,
) -> dict[str, Any]:
    """From `units` (items, 2 × LEARNT_DAYS and those held out), the last day last. Everything is
    learnt anew after each RELEARN_DAYS, as a refresh does each night, from the days before;
    `outlook_of` the held-out day, counted from 0, is what was forecast by then.

    From  items  product_id, warehouse_id, category_id, unit_cost (NaN: not known)

    items       of those that are expected to sell on the first held-out morning
    services    for each promised level: promised, cycles, cycle_service, fill_rate and
                stock_out_days of the simulated reorder points, and the same of the normal formula;
                shares are NaN without a cycle
    classes     for A, B and C with the level of each: name, items and the same as of services
    stock_outs  told (stocks and mornings), covered (share whose day of running out lies from P10
                to P90), early, late (before P10, after P90)
    demand      units that were expected in the lead times from each morning on, and those that came
    """
    start = 2 * LEARNT_DAYS
    future = units[:, start:]
    mornings = range(0, future.shape[1], RELEARN_DAYS)
    learnt = [_learn(units, items, start + day, outlook_of(day), seed) for day in mornings]
    sells = np.flatnonzero(learnt[0].rate > 0)
    quantity = np.maximum(np.ceil(learnt[0].rate * _ROUND_DAYS), 1)
    ahead = [look_ahead(each, leads, quantity, seed=seed) for each in learnt]
    # ordered in the evening, and there on the morning after as many whole days
    lead_days = slow_lead_days(leads.quantiles, future.shape[1], seed=seed)[sells] + 1

    def judge(level: Floats) -> tuple[pd.DataFrame, pd.DataFrame]:
        tables = [
            set_reorder_points(demand, leads, ways, level)
            for demand, ways in zip(learnt, ahead, strict=True)
        ]
        found = []
        for column in ("reorder_point", "normal_reorder_point"):
            by_week = np.column_stack([each[column].to_numpy(np.float64) for each in tables])
            point = np.repeat(by_week[sells], RELEARN_DAYS, axis=1)[:, : future.shape[1]]
            opening = point[:, 0] + quantity[sells]
            replay = replay_policy(future[sells], opening, point, quantity[sells], lead_days)
            found.append(judge_replay(replay, np.ones(len(sells))))
        return found[0], found[1]

    told = []
    for service in services:
        simulated, normal = judge(np.full(len(units), service))
        told.append({"promised": service, **_summed(simulated, normal)})
    letters = _classes(units[:, start - LEARNT_DAYS : start], items)
    simulated, normal = judge(np.array([SERVICE[each] for each in letters]))
    by_class = []
    for name, service in SERVICE.items():
        rows = letters[sells] == name
        by_class.append(
            {"name": name, "promised": service, "items": int(rows.sum()),
             **_summed(simulated[rows], normal[rows])}
        )  # fmt: skip
    return {
        "items": len(sells),
        "services": told,
        "classes": by_class,
        "stock_outs": _judge_stock_outs(learnt, ahead, sells, future),
        "demand": _judge_level(learnt, leads, sells, future),
    }


def _summed(simulated: pd.DataFrame, normal: pd.DataFrame) -> dict[str, float]:
    ours, theirs = sum_judged(simulated), sum_judged(normal)
    return {name: float(ours[name]) for name in _JUDGED} | {
        f"normal_{name}": float(theirs[name]) for name in _JUDGED
    }


def _learn(
    units: Floats, items: pd.DataFrame, until: int, outlook: Outlook | None, seed: int
) -> Demand:
    """What the days before `until` tell. A product is on sale from its first order on."""
    daily = units[:, until - 2 * LEARNT_DAYS : until]
    products, place = np.unique(items["product_id"].to_numpy(), return_inverse=True)
    first = np.where(units[:, :until].any(axis=1), (units[:, :until] > 0).argmax(axis=1), until)
    earliest = np.full(len(products), until)
    np.minimum.at(earliest, place, first)
    begun = earliest[place] - (until - LEARNT_DAYS)
    seen = np.arange(LEARNT_DAYS) >= begun[:, None]
    return expect_demand(items, daily, seen, np.zeros_like(seen), outlook, seed=seed)[0]


def _classes(year: Floats, items: pd.DataFrame) -> Any:
    products, place = np.unique(items["product_id"].to_numpy(), return_inverse=True)
    weekly = np.zeros((len(products), LEARNT_DAYS // 7))
    np.add.at(weekly, place, year.reshape(len(year), -1, 7).sum(axis=2))
    cost = items["unit_cost"].astype("float64").groupby(place).first().to_numpy(np.float64)
    known = cost if np.isfinite(cost).any() else np.ones(len(products))
    worth = np.nan_to_num(weekly.sum(axis=1) * known)
    return classify(worth, vary(weekly))["abc"].to_numpy()[place]


def _judge_stock_outs(
    learnt: list[Demand], ahead: list[Ahead], sells: Any, future: Floats
) -> dict[str, Any]:
    count = early = late = 0
    for day in range(0, future.shape[1] - HORIZON_DAYS + 1, TOLD_DAYS):
        demand, ways = learnt[day // RELEARN_DAYS], ahead[day // RELEARN_DAYS]
        rows = sells[demand.rate[sells] > 0]
        stock = np.maximum(np.ceil(demand.rate[rows] * STOCK_DAYS), 1.0)
        nothing = np.zeros((len(rows), HORIZON_DAYS))
        told = tell_stock_out(stock, nothing, ways.weeks[rows], np.full(len(rows), HORIZON_DAYS))
        days = future[rows, day : day + HORIZON_DAYS]
        truth = first_passage(stock, nothing, days[:, None, :])[:, 0]
        count += len(rows)
        early += int((truth < told["out_p10"].fillna(HORIZON_DAYS)).sum())
        late += int((truth > told["out_p90"].fillna(HORIZON_DAYS)).sum())
    inside = (count - early - late) / count if count else float("nan")
    return {"told": count, "covered": inside, "early": early, "late": late}


def _judge_level(
    learnt: list[Demand], leads: LeadTimes, sells: Any, future: Floats
) -> dict[str, float]:
    """Of whole lead times of mean length, from one to the next TOLD_DAYS later."""
    expected = came = 0.0
    lead = np.maximum(np.rint(leads.mean[sells]), 1).astype(np.int64)
    total = np.concatenate((np.zeros((len(sells), 1)), future[sells].cumsum(axis=1)), axis=1)
    for day in range(0, future.shape[1] - int(lead.max(initial=1)) + 1, TOLD_DAYS):
        expected += float((learnt[day // RELEARN_DAYS].rate[sells] * lead).sum())
        came += float((total[np.arange(len(sells)), day + lead] - total[:, day]).sum())
    return {"expected": expected, "came": came}


def demand_by_day(days: pd.DataFrame, held_out: int = HELD_OUT_DAYS) -> tuple[pd.DataFrame, Floats]:
    """The items (product_id, warehouse_id, category_id) and their units on the last
    2 × LEARNT_DAYS + `held_out` days.

    From  product_id, warehouse_id, category_id, ordered_on, units
    """
    count = 2 * LEARNT_DAYS + held_out
    keys = ["product_id", "warehouse_id", "category_id"]
    known = days.assign(**{key: days[key].astype("float64").fillna(0) for key in keys})
    last = known["ordered_on"].max()
    since = (known["ordered_on"] - last).dt.days + count - 1
    known = known[since >= 0].assign(day=since[since >= 0])
    items = known[keys].drop_duplicates().sort_values(keys, ignore_index=True)
    place = items.assign(item=np.arange(len(items)))
    joined = known.merge(place, on=keys)
    units = np.zeros((len(items), count))
    np.add.at(
        units,
        (joined["item"].to_numpy(np.int64), joined["day"].to_numpy(np.int64)),
        joined["units"].to_numpy(np.float64),
    )
    return items, units
