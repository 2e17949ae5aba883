"""From sales to a world: the panel, what is learnt of the demo, and a baseline that adds up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from dashboard.analytics.what_if.drawing import Selection, Sources
from dashboard.analytics.what_if.learning import (
    Learnt,
    estimate_spend,
    fill_days,
    fill_weeks,
    learn_effects,
    number_campaigns,
)
from dashboard.analytics.what_if.levers import Levers
from dashboard.analytics.what_if.parameters import (
    describe_elasticity,
    describe_promotion,
    margin_rate,
)
from dashboard.analytics.what_if.promotions import uplift_of
from dashboard.analytics.what_if.simulation import simulate
from dashboard.analytics.what_if.world import World, build_world, weeks_ahead
from data_access.database import Database, connect
from data_access.demo import Plan, build_demo
from data_access.filters import OrderFilter
from data_access.schema import upgrade_schema
from data_access.scope import Scope
from data_access.what_if import (
    last_monday,
    list_campaign_spans,
    sum_category_days,
    sum_orders_by_customer_age,
    sum_product_weeks,
)
from tests.crm import scope_of
from tests.what_if_worlds import within

END = date(2026, 11, 23)
CAMPAIGNS = [
    "campaign_id",
    "discount_rate",
    "budget",
    "starts_on",
    "ends_on",
    "orders",
    "category_id",
]
NONE = pd.DataFrame(columns=["hundredth", "customers", "predicted_value", "squared", "noise"])


def weeks_of(*rows: tuple[Any, ...]) -> pd.DataFrame:
    columns = ["product_id", "category_id", "week_on", "sold", "list_price"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(week_on=pd.to_datetime(frame["week_on"]))


def campaign(first: date, last: date, category_id: Any = 1, budget: float = 70.0) -> list[Any]:
    return [1, 0.2, budget, pd.Timestamp(first), pd.Timestamp(last), 9, category_id]


def test_the_panel_has_every_week_from_the_first_sale_on() -> None:
    """Product 1 sells four and two weeks ago: the week between sold nothing at the old price; a
    promotion of four days of the last week but one, and the three days after it."""
    monday = [END - timedelta(days=7 * back) for back in range(5)]
    weeks = weeks_of((1, 1, monday[4], 3, 10.0), (1, 1, monday[2], 5, 12.0),
                     (2, 2, monday[1], 7, 5.0))  # fmt: skip
    spans = pd.DataFrame([campaign(monday[2], monday[2] + timedelta(days=3))], columns=CAMPAIGNS)
    panel = fill_weeks(weeks, number_campaigns(spans, END), END)
    one = panel[panel["product_id"] == 1]
    assert one["week"].tolist() == [-4, -3, -2, -1] and one["sold"].tolist() == [3, 0, 5, 0]
    assert one["price"].tolist() == [10, 10, 12, 12]
    assert one["promoted"].tolist() == pytest.approx([0, 0, 4 / 7, 0])
    assert one["after"].tolist() == pytest.approx([0, 0, 3 / 7, 4 / 7])
    assert one["others"].tolist() == [0, 0, 0, 7]
    assert panel[panel["product_id"] == 2]["week"].tolist() == [-1]
    assert not len(fill_weeks(weeks.iloc[:0], number_campaigns(spans, END), END))


def test_days_without_a_sale_are_days_too() -> None:
    days = pd.DataFrame({
        "category_id": [1, 2, 1], "sold": [4, 2, 6],
        "ordered_on": pd.to_datetime([END - timedelta(days=back) for back in (10, 9, 1)]),
    })  # fmt: skip
    weeks = weeks_of(
        (1, 1, END - timedelta(days=14), 4, 10.0), (1, 1, END - timedelta(days=7), 6, 30.0)
    )
    filled = fill_days(days, weeks, END)
    one = filled[filled["category_id"] == 1]
    assert one["day"].tolist() == list(range(-10, 0)) and one["sold"].sum() == 10
    assert one["weekday"].iloc[-1] == 6 and one["others"].tolist()[1] == 2  # a Sunday
    assert one["price"].tolist() == [0.5] * 3 + [1.5] * 7  # the mean of 10 and 30 is 20


def test_spend_that_moves_demand_is_found() -> None:
    """η 0.3 on ln(1 + spend / κ), nothing carried over, spend drawn at random each week."""
    chance = np.random.default_rng(2)
    found = []
    for _world in range(40):
        spent = chance.uniform(0, 2_000, 120)
        effect = 0.3 * np.log1p(spent / np.median(spent))
        sold = chance.poisson(200 * np.exp(effect + chance.normal(0, 0.1, 120)))
        mondays = [END - timedelta(days=7 * (120 - week)) for week in range(120)]
        weeks = weeks_of(*((1, 1, day, n, 10.0) for day, n in zip(mondays, sold, strict=True)))
        spans = pd.DataFrame(
            [[n, 0.0, money, pd.Timestamp(day), pd.Timestamp(day + timedelta(days=6)), 0, None]
             for n, (day, money) in enumerate(zip(mondays, spent, strict=True))],
            columns=CAMPAIGNS,
        )  # fmt: skip
        found.append(estimate_spend(weeks, number_campaigns(spans, END), END))
    assert {spend.origin for spend in found} == {"estimated"}
    inside = [abs(spend.response - 0.3) < 1.2816 * spend.error for spend in found]
    low, high = within(len(found))
    assert low <= np.mean(inside) <= high
    assert estimate_spend(weeks, number_campaigns(spans.iloc[:9], END), END).origin == "assumed"


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[Database, Scope, dict[str, Any]]]:
    database = connect(f"sqlite:///{tmp_path / 'demo.sqlite'}")
    upgrade_schema(database.writer)
    truth = build_demo(database.writer, Plan(12_000, 7, date(2026, 11, 25)))
    yield database, scope_of(database, "manager"), truth
    database.dispose()


def test_what_was_planted_in_the_demo_is_found(
    demo: tuple[Database, Scope, dict[str, Any]],
) -> None:
    """Own elasticities within their 80 % ranges as often as they should; the category's mean and
    the uplift of a promotion within two standard errors and a half; the world adds up."""
    database, scope, truth = demo
    chosen, day = OrderFilter(currency="CNY"), date(2026, 11, 25)
    read = database.record, scope, chosen, day
    weeks, campaigns = sum_product_weeks(*read), list_campaign_spans(*read)
    learnt = learn_effects(weeks, sum_category_days(*read), campaigns, last_monday(day), "7")
    found = learnt.elasticities
    planted = (
        found["category_id"]
        .astype(int)
        .map(dict(enumerate(truth["elasticities"].values(), start=1)))
    )
    own = found["own"].notna()
    reach = stats.t.ppf(0.9, found["freedom"][own]) * found["own_error"][own]
    low, high = within(int(own.sum()))
    assert own.sum() > 60
    assert low <= (np.abs(found["own"] - planted)[own] < reach).mean() <= high
    error = np.hypot(found["error"], found["shared_error"])
    assert (np.abs(found["elasticity"] - planted) < 1.2816 * error).mean() >= 0.74
    told = {one["campaign_id"]: one for one in truth["promotions"]}
    effects = learnt.promotions.effects
    uplift = np.array([np.log(told[int(each)]["uplift"]) for each in effects["campaign_id"]])
    low, high = within(len(effects))
    inside = np.abs(effects["effect"] - uplift) < 1.2816 * effects["error"]
    assert len(effects) > 40 and low <= inside.mean() <= high
    of_tea = uplift_of(learnt.promotions, 1)
    assert abs(of_tea.at(0.1) - np.log(1.15 + 0.1 * 4.25)) < 2.5 * of_tea.error
    _check_world(learnt, Sources(weeks, sum_orders_by_customer_age(*read), NONE), last_monday(day))


def _check_world(learnt: Learnt, sources: Sources, start: date) -> None:
    world = build_world(learnt, sources, Selection(), start, 8, paths=200)
    assert world is not None
    again = build_world(learnt, sources, Selection(), start, 8, paths=200)
    assert again is not None and (again.baseline.paths == world.baseline.paths).all()
    assert weeks_ahead(world)[0] == start and len(weeks_ahead(world)) == 8
    last = sources.weeks[sources.weeks["week_on"] >= pd.Timestamp(start - timedelta(weeks=13))]
    usual = last["net_sales"].sum() / 13 * 8
    low, middle, high = simulate(world.baseline, world.draws, Levers()).outcome("revenue")
    assert low < middle < high and 0.5 * usual < middle < 2 * usual
    _check_parts(learnt, sources, start, world)
    elasticity = describe_elasticity(world)
    assert -2.2 < elasticity.value < -0.9 and elasticity.origin in ("estimated", "shrunk")
    assert elasticity.moves > 200 and not elasticity.has_few_moves
    assert elasticity.reach(0.0) == "seen" and elasticity.reach(0.9) == "far"
    assert describe_promotion(world, 1, 0.1).count == len(learnt.promotions.effects)
    rate = margin_rate(world)
    assert rate is not None and 0.2 < rate < 0.6


def _check_parts(learnt: Learnt, sources: Sources, start: date, world: World) -> None:
    """A single product has its own world, and few price moves are told."""
    product = int(world.baseline.product_ids[0])
    one = build_world(learnt, sources, Selection(product_ids=(product,)), start, 8, paths=200)
    assert one is not None and one.baseline.shape == (200, 1, 8)
    assert one.share < world.share == 1.0
    assert world.draws.spend.weekly == pytest.approx(learnt.spend.weekly)
    assert one.draws.spend.weekly == pytest.approx(one.share * learnt.spend.weekly)
    own = describe_elasticity(one)
    assert own.products == 1 and own.error > describe_elasticity(world).error
    nothing = Selection(product_ids=(10**9,))
    assert build_world(learnt, sources, nothing, start, 8) is None
