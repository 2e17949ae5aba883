"""What-if: how long learning and putting a world together take, and moving a lever, which must
answer within 150 ms without fitting anything."""

from __future__ import annotations

import time
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import Engine

from benchmarks import worlds
from benchmarks.question import Question, choices
from benchmarks.timing import milliseconds, print_table, shown
from dashboard.analytics.what_if.drawing import Selection, Sources
from dashboard.analytics.what_if.learning import learn_effects
from dashboard.analytics.what_if.levers import Levers, Promotion
from dashboard.analytics.what_if.simulation import MEASURES, simulate
from dashboard.analytics.what_if.world import World, build_world
from data_access.analytics_copy import AnalyticsCopy
from data_access.database import connect
from data_access.filters import OrderFilter, Period
from data_access.scenarios import (
    find_scenario,
    list_scenario_people,
    list_scenario_shares,
    list_scenarios,
)
from data_access.what_if import (
    find_sold,
    last_monday,
    list_campaign_spans,
    list_goods,
    sum_category_days,
    sum_expected_by_hundredth,
    sum_orders_by_customer_age,
    sum_product_weeks,
    sum_targets,
)
from data_access.what_if_learnt import find_learnt
from data_access.what_if_stock import list_arrivals, list_lead_times, list_product_stock

LIMIT_MS = 150
SCENARIOS = {
    "at rest": Levers(),
    "price": Levers(price_change=0.1),
    "price and a promotion": Levers(price_change=0.1, promotions=(Promotion(2, 2, 0.1),)),
    "every lever": Levers(
        price_change=0.1, promotions=(Promotion(2, 2, 0.1),), spend_change=0.5, growth_points=0.05,
        delisted=(1,), lost_share=0.05, lost_who="best", new_customers=5, outage_days=3,
        capacity_share=1.1, lead_time_days=7,
    ),
}  # fmt: skip


def what_if_questions(page: str, as_of: date, currency: str) -> list[Question]:
    chosen = OrderFilter(currency=currency)
    asked = (chosen, as_of)
    ahead = Period(as_of, as_of + timedelta(days=90))
    who, start = (1, "manager"), as_of - timedelta(days=90)
    learnt = f"{page}, learnt"  # the world that the levers move, see `what_if_world.world_of`
    return [
        *choices(page),
        Question(learnt, "weeks of products", sum_product_weeks, asked),
        Question(learnt, "days of categories", sum_category_days, asked),
        Question(learnt, "promotions", list_campaign_spans, asked),
        Question(learnt, "new customers by age", sum_orders_by_customer_age, asked),
        Question(learnt, "expected of customers", sum_expected_by_hundredth, (chosen,)),
        Question(page, "what was sold", find_sold, (chosen, None, Period(start, as_of))),
        Question(learnt, "stock", list_product_stock),
        Question(learnt, "arrivals", list_arrivals),
        Question(learnt, "lead times", list_lead_times, (as_of,)),
        Question(page, "targets", sum_targets, (chosen, ahead), engine="record"),
        Question(page, "goods", list_goods, ("en",), engine="record"),
        Question(page, "what was learnt", find_learnt, (currency,), engine="record"),
        Question(page, "saved scenarios", list_scenarios, who, engine="record"),
        Question(page, "one scenario", find_scenario, (*who, 1), engine="record"),
        Question(page, "its shares", list_scenario_shares, (*who, 1), engine="record"),
        Question(page, "colleagues", list_scenario_people, (("manager",),), engine="record"),
    ]


def report_what_if(name: str, url: str, path: Path) -> None:
    """Prints the seconds of what is kept, and the milliseconds of each move of a lever."""
    database = connect(url)
    copied = AnalyticsCopy(database.record, path)
    try:
        rows = []
        for horizon in (13, 26):
            world, learning, building = _world(database.record, copied, horizon)
            paths, groups, weeks = world.baseline.shape
            every = SCENARIOS["every lever"]
            beside = {"every lever, beside two others": (every, every)}
            for scenario, levers in {**SCENARIOS, **dict.fromkeys(beside, every)}.items():
                taken = milliseconds(partial(_answer, world, levers, beside.get(scenario, ())))
                rows.append([
                    scenario, f"{paths} × {groups} × {weeks}", f"{learning:.1f}", f"{building:.1f}",
                    shown(taken), "yes" if taken < LIMIT_MS else "NO",
                ])  # fmt: skip
    finally:
        copied.close()
        database.dispose()
    heads = ["scenario", "paths × products × weeks", "learning s", "building s", "lever ms",
             f"under {LIMIT_MS} ms"]  # fmt: skip
    print_table(f"{name}: what-if", heads, rows)


def _answer(world: World, levers: Levers, beside: tuple[Levers, ...] = ()) -> None:
    """What moving a lever works out: the scenario, and those that stand beside it."""
    outcome = simulate(world.baseline, world.draws, levers)
    others = [simulate(world.baseline, world.draws, other) for other in beside]
    for each in (outcome, *others):
        for measure in MEASURES:
            each.outcome(measure)
            each.difference(measure)
    outcome.fan("revenue")
    outcome.fan("revenue", of_baseline=True)
    world.stock_after(outcome.units, levers.lead_time_days)


def _world(record: Engine, copied: AnalyticsCopy, horizon: int) -> tuple[World, float, float]:
    engine, as_of = copied.engine, worlds.AS_OF
    scope = worlds.scope_named(record, "manager")
    chosen = OrderFilter(currency=worlds.CURRENCY)
    weeks = sum_product_weeks(engine, scope, chosen, as_of)
    start = time.perf_counter()
    learnt = learn_effects(
        weeks, sum_category_days(engine, scope, chosen, as_of),
        list_campaign_spans(engine, scope, chosen, as_of), last_monday(as_of),
    )  # fmt: skip
    learning = time.perf_counter() - start
    sources = Sources(
        weeks, sum_orders_by_customer_age(engine, scope, chosen, as_of),
        sum_expected_by_hundredth(engine, scope, chosen), None, list_product_stock(engine, scope),
        list_arrivals(engine, scope), list_lead_times(engine, scope, as_of),
    )  # fmt: skip
    start = time.perf_counter()
    world = build_world(learnt, sources, Selection(), last_monday(as_of), horizon)
    assert world is not None, "the demo sells"
    return world, learning, time.perf_counter() - start
