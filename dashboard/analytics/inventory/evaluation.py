"""Whether suggestions keep what they promise: held to days after those they were learnt from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.inventory.demand import Demand, estimate_demand
from dashboard.analytics.inventory.lead_time import LeadTimes
from dashboard.analytics.inventory.paths import draw_days
from dashboard.analytics.inventory.reorder import set_reorder_points, simulate_lead_demand
from dashboard.analytics.inventory.replay import judge_replay, replay_policy, sum_judged
from dashboard.analytics.inventory.running_out import first_passage, tell_stock_out
from dashboard.analytics.inventory.season import season_factors, with_season
from dashboard.analytics.survival import Floats, Whole

LEARNT_DAYS = 364  # at least; the year before them tells of the season
HELD_OUT_DAYS = 200
RELEARN_DAYS = 28
SERVICES = (0.90, 0.95, 0.98, 0.99)
STOCK_DAYS = 30  # of demand, that the day of running out is told for
_TOGETHER = 100
_ROUND_DAYS = 30  # of demand that an order brings


def evaluate_inventory(
    units: Floats,
    groups: Whole,
    categories: Whole,
    leads: LeadTimes,
    *,
    services: tuple[float, ...] = SERVICES,
    seed: int = 7,
) -> dict[str, Any]:
    """From `units` (items, 2 × LEARNT_DAYS + HELD_OUT_DAYS), the last day last. Everything is
    learnt anew after each RELEARN_DAYS, as the page does each morning.

    items       of those that sold in the year before
    services    for each promised level: promised, cycles, cycle_service, fill_rate and
                stock_out_days of the simulated reorder points, and the same of the normal formula;
                shares are NaN without a cycle
    stock_outs  items, covered (share whose day of running out lies from P10 to P90),
                early, late (before P10, after P90), as told on the first held-out morning
    """
    start = 2 * LEARNT_DAYS
    future = units[:, start:]
    learnt = [
        _learn(units[:, day : day + start], groups, categories, seed)
        for day in range(0, future.shape[1], RELEARN_DAYS)
    ]
    first = learnt[0]
    sells = first.rate > 0
    chances = np.asarray(np.random.default_rng(seed).random(future.shape[1]))
    # ordered in the evening, and there on the morning after as many whole days
    lead_days = leads.draw(chances)[sells] + 1
    quantity = np.maximum(np.ceil(first.rate * _ROUND_DAYS), 1)[sells]
    simulated = [simulate_lead_demand(demand, leads, seed=seed) for demand in learnt]
    places = np.arange(future.shape[1]) // RELEARN_DAYS
    found = []
    for service in services:
        level = np.full(len(units), service)
        tables = [
            set_reorder_points(demand, leads, ways, level)[sells]
            for demand, ways in zip(learnt, simulated, strict=True)
        ]
        row: dict[str, Any] = {"promised": service}
        for name, column in (("", "reorder_point"), ("normal_", "normal_reorder_point")):
            point = np.column_stack([each[column].to_numpy(np.float64) for each in tables])
            opening = point[:, 0] + quantity
            replay = replay_policy(future[sells], opening, point[:, places], quantity, lead_days)
            told = sum_judged(judge_replay(replay, np.ones(int(sells.sum()))))
            row |= {f"{name}{each}": float(told[each]) for each in
                    ("cycles", "cycle_service", "fill_rate", "stock_out_days")}  # fmt: skip
        found.append(row)
    return {
        "items": int(sells.sum()),
        "services": found,
        "stock_outs": _judge_stock_outs(first, np.flatnonzero(sells), future, seed),
    }


def _learn(units: Floats, groups: Whole, categories: Whole, seed: int) -> Demand:
    past = units[:, LEARNT_DAYS:]
    demand = estimate_demand(past, np.ones(past.shape, bool), groups, seed=seed)
    return with_season(demand, season_factors(units, demand, categories))


def _judge_stock_outs(demand: Demand, items: Whole, future: Floats, seed: int) -> dict[str, Any]:
    horizon = future.shape[1]
    stock = np.maximum(np.ceil(demand.rate * STOCK_DAYS), 1.0)
    early = late = 0
    for first in range(0, len(items), _TOGETHER):
        rows = items[first : first + _TOGETHER]
        part = Demand(**{name: value[rows] for name, value in vars(demand).items()})
        nothing = np.zeros((len(rows), horizon))
        told = tell_stock_out(
            stock[rows], nothing, draw_days(part, horizon, paths=400, seed=seed),
            np.full(len(rows), float(horizon)),
        )  # fmt: skip
        truth = first_passage(stock[rows], nothing, future[rows][:, None, :])[:, 0]
        early += int((truth < told["out_p10"].fillna(horizon)).sum())
        late += int((truth > told["out_p90"].fillna(horizon)).sum())
    count = len(items)
    inside = (count - early - late) / count if count else float("nan")
    return {"items": count, "covered": inside, "early": early, "late": late}


def demand_by_day(days: pd.DataFrame) -> tuple[pd.DataFrame, Floats]:
    """The items (product_id, warehouse_id, category_id) and their units on the last
    2 × LEARNT_DAYS + HELD_OUT_DAYS days.

    From  product_id, warehouse_id, category_id, ordered_on, units
    """
    count = 2 * LEARNT_DAYS + HELD_OUT_DAYS
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
