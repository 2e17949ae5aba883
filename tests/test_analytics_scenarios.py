"""Scenarios worked out by hand on baselines small enough for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analytics.what_if.baseline import Baseline, Draws, Lost, Spend, draw_normals
from dashboard.analytics.what_if.breakeven import best_price, expected_volume, neutral_volume
from dashboard.analytics.what_if.levers import (
    LEVERS,
    Levers,
    Promotion,
    UnreadableLeversError,
    read_levers,
)
from dashboard.analytics.what_if.simulation import MEASURES, Outcome, simulate
from dashboard.analytics.what_if.stock import Stock, stock_of
from dashboard.analytics.what_if.targets import target_between

WEEKS = 4


def steady(units: float = 100.0, paths: int = 3) -> Baseline:
    """Two products of one category and one of another, each selling the same every week."""
    return Baseline(
        np.full((paths, 3, WEEKS), units),
        np.array([11, 12, 13]),
        np.array([1, 1, 2]),
        np.array([10.0, 20.0, 30.0]),
        np.array([6.0, 12.0, 18.0]),
    )


def draws(paths: int = 3, **changed: Any) -> Draws:
    made = Draws(
        elasticity=np.full((paths, 3), -2.0),
        uplift_level=np.full((paths, 3), np.log(1.5)),
        after=np.full((paths, 3), np.log(0.9)),
        uplift_slope=0.0,
        uplift_middle=0.1,
        orders_by_age=np.tile([1.0, 0.2, 0.0, 0.1], (paths, 1)),
        order_value=np.full(paths, 60.0),
        lost=Lost(np.full(100, 10.0), np.arange(100.0, 0.0, -1.0), np.zeros(100), np.zeros(100), 0),
        normal={name: np.zeros(paths) for name in ("lost", "value", "spend", "experiment")},
    )
    return replace(made, **changed)


def change(levers: Levers, baseline: Baseline | None = None, **drawn: Any) -> Outcome:
    return simulate(baseline or steady(), draws(**drawn), levers)


def test_at_rest_everything_is_the_baseline_to_the_digit() -> None:
    chance = np.random.default_rng(1)
    baseline = replace(steady(), paths=chance.gamma(2.0, 50.0, (3, 3, WEEKS)).astype(np.float32))
    outcome = simulate(baseline, draws(), Levers())
    assert outcome.units is baseline.paths and outcome.steps == ()
    for measure in MEASURES:
        assert outcome.difference(measure) == (0.0, 0.0, 0.0)
        assert outcome.outcome(measure) == outcome.baseline(measure)
    revenue = (baseline.paths * baseline.price[:, None]).sum(axis=(1, 2))
    assert outcome.totals["revenue"].sum(axis=1) == pytest.approx(revenue, rel=1e-5)


def test_a_price_change_moves_units_and_what_each_brings() -> None:
    """1.1^−2 = 0.826446 of 1,200 units; revenue 24,000 × 1.1 × 0.826446 = 21,818.18; a unit costs
    12 on average, so the margin is 21,818.18 − 14,400 × 0.826446 = 9,917.36 after 9,600."""
    outcome = change(Levers(price_change=0.1))
    assert outcome.baseline("revenue")[1] == pytest.approx(24_000)
    assert outcome.baseline("margin")[1] == pytest.approx(9_600)
    assert outcome.outcome("units")[1] == pytest.approx(991.7355)
    assert outcome.outcome("revenue")[1] == pytest.approx(21_818.18)
    assert outcome.outcome("margin")[1] == pytest.approx(9_917.36)


def test_an_experiment_stands_for_the_estimate() -> None:
    told = Levers(price_change=0.1, experiment_elasticity=-1.0)
    assert change(told).outcome("revenue")[1] == pytest.approx(24_000)  # 1.1 × 1.1^−1
    normal = draws().normal | {"experiment": np.array([-1.0, 0.0, 1.0])}
    units = change(replace(told, experiment_error=0.5), normal=normal).totals["units"].sum(axis=1)
    assert units == pytest.approx(1_200 * 1.1 ** np.array([-1.5, -1.0, -0.5]))


def test_a_promotion_lifts_its_weeks_and_dips_after() -> None:
    """Category 1, week 2, 10 % off: 150 units at 0.9 of the price, then 90 units."""
    outcome = change(Levers(promotions=(Promotion(2, 1, 0.1, 1),)))
    weekly = outcome.totals["revenue"][0]
    assert weekly == pytest.approx([6_000, 150 * 30 * 0.9 + 3_000, 90 * 30 + 3_000, 6_000])


def test_of_two_promotions_at_once_the_deepest_counts() -> None:
    """20 % off in weeks 1 and 2, 10 % in weeks 2 and 3, whichever is told first: what follows the
    first of them is a week of the other, so there is no dip before week 4."""
    for told in (
        (Promotion(1, 2, 0.2), Promotion(2, 2, 0.1)), (Promotion(2, 2, 0.1), Promotion(1, 2, 0.2)),
    ):  # fmt: skip
        outcome = change(Levers(promotions=told))
        assert outcome.totals["units"][0] == pytest.approx([450, 450, 450, 270])
        paid = [0.8, 0.8, 0.9]
        assert outcome.totals["revenue"][0] == pytest.approx([9_000 * p for p in paid] + [5_400])


def test_a_deeper_discount_lifts_more() -> None:
    """The uplift grows by 4 × the discount on the log scale: 0.2 is 0.1 deeper than the middle."""
    told = Levers(promotions=(Promotion(1, 4, 0.2),))
    outcome = change(told, uplift_slope=4.0)
    assert outcome.outcome("units")[1] == pytest.approx(1_200 * 1.5 * np.exp(0.4))


def test_marketing_works_on_and_costs() -> None:
    """θ 0.5, κ 1,000, η 0.5, spend from 500 to 1,000: the stock of 1,000 grows to 1,500, 1,750, …;
    2,000 more are spent in four weeks."""
    spend = Spend(500.0, 0.5, 0.0, 0.5, 1_000.0, "estimated", 100)
    outcome = change(Levers(spend_change=1.0), spend=spend)
    factors = ((1 + np.array([1.5, 1.75, 1.875, 1.9375])) / 2) ** 0.5
    assert outcome.totals["units"][0] == pytest.approx(300 * factors)
    margin = (9_600 / 4 * factors).sum() - 2_000
    assert outcome.outcome("margin")[1] == pytest.approx(margin)
    assumed = change(
        Levers(spend_change=1.0, spend_response=0.0), spend=replace(spend, origin="assumed")
    )
    assert assumed.difference("units") == (0.0, 0.0, 0.0)
    normal = draws().normal | {"spend": np.array([-1.0, 0.0, 1.0])}
    typed = change(Levers(spend_change=1.0, spend_response=0.5), normal=normal,
                   spend=replace(spend, origin="assumed"))  # fmt: skip
    ratio = (1 + np.array([1.5, 1.75, 1.875, 1.9375])) / 2
    assert typed.totals["units"] == pytest.approx(
        np.stack([300 * ratio**response for response in (0.25, 0.5, 0.75)])
    )


def test_growth_compounds_from_today_on() -> None:
    weekly = change(Levers(growth_points=0.1)).totals["units"][0]
    assert weekly == pytest.approx(300 * 1.1 ** (np.arange(1, 5) * 7 / 365.25))


def test_what_is_delisted_goes_to_its_category_in_part() -> None:
    """400 units of product 11 are gone, 120 of them buy product 12; product 13 does not notice."""
    units = change(Levers(delisted=(11,))).units.sum(axis=2)[0]
    assert units == pytest.approx([0, 520, 400])
    everything = change(Levers(delisted=(11, 12, 13))).outcome("units")
    assert everything == (0.0, 0.0, 0.0)


def test_losing_the_best_costs_more_than_losing_some() -> None:
    """The hundredths bring 100, 99, … 1 a year: the best 5 bring 490, any 5 % of 5,050 252.5."""
    part = WEEKS * 7 / 365.25
    best = change(Levers(lost_share=0.05, lost_who="best")).difference("revenue")[1]
    some = change(Levers(lost_share=0.05)).difference("revenue")[1]
    assert best == pytest.approx(-490 * part, rel=1e-6)
    assert some == pytest.approx(-252.5 * part, rel=1e-6)


def test_who_is_lost_by_chance_widens_the_range() -> None:
    lost = Lost(np.full(100, 10.0), np.full(100, 100.0), np.full(100, 4e3), np.full(100, 1e3), 0)
    chance = np.random.default_rng(2)
    shares = lost.draw(0.1, "random", 52, chance.normal(size=20_000), np.zeros(20_000))
    part = 364 / 365.25
    spread = np.sqrt(0.1 * 1e5 * part + 0.1 * 0.9 * 4e5 * part**2)
    assert shares.mean() == pytest.approx(1_000 * part, rel=0.01)
    assert shares.std() == pytest.approx(spread, rel=0.03)
    calm = replace(lost, squared=np.zeros(100), noise=np.zeros(100), shared_error=0.2)
    together = calm.draw(0.1, "random", 52, np.zeros(3), np.array([-1.0, 0.0, 1.0]))
    assert together == pytest.approx(1_000 * part * np.exp([-0.2, 0.0, 0.2]))


def test_new_customers_order_as_new_customers_did() -> None:
    """Two a week: 2, 2.4, 2.4, 2.6 orders of 60 each."""
    money = change(Levers(new_customers=2)).totals["revenue"][0] - 6_000
    assert money == pytest.approx([120, 144, 144, 156])


def test_a_month_s_target_is_spread_over_its_days() -> None:
    """From 23 November: 8 of 30 days of 300, and 20 of 31 of 620; January has none."""
    targets = pd.DataFrame(
        {"month_on": pd.to_datetime(["2026-11-01", "2026-12-01"]), "net_sales": [300.0, 620.0]}
    )
    assert target_between(targets, date(2026, 11, 23), date(2026, 12, 20)) == pytest.approx(480)
    assert target_between(targets, date(2026, 11, 1), date(2026, 12, 31)) == pytest.approx(920)
    assert target_between(targets, date(2026, 12, 23), date(2027, 1, 1)) == 0.0
    assert target_between(targets.iloc[:0], date(2026, 11, 23), date(2026, 12, 20)) == 0.0


def test_an_outage_is_partly_made_up_for() -> None:
    """Week 2 stands still, 30 % of its 300 units are bought a week later."""
    weekly = change(Levers(outage_week=2, outage_days=7)).totals["units"][0]
    assert weekly == pytest.approx([300, 0, 390, 300])
    longer = change(Levers(outage_week=3, outage_days=14, recovery_share=1.0)).totals["units"][0]
    assert longer == pytest.approx([300, 300, 0, 0])


def test_capacity_limits_and_some_of_the_rest_waits() -> None:
    """At 80 % of 300 units: 240 are sold; half of the unmet 60 comes again, and so on."""
    outcome = change(Levers(capacity_share=0.8))
    assert outcome.totals["units"][0] == pytest.approx([240] * 4)
    assert outcome.unmet == pytest.approx(np.full(3, 240))
    assert outcome.unserved() == pytest.approx((240, 240, 240))
    assert outcome.change_of_units() == pytest.approx(-0.2)
    assert change(Levers()).unserved() is None
    quiet = steady()
    quiet.paths[:, :, 2:] = 40.0  # 120 units in the last two weeks; the mean is 210 a week
    told = Levers(capacity_share=240 / 210, backlog_share=0.5)
    waiting = change(told, quiet)
    assert waiting.totals["units"][0] == pytest.approx([240, 240, 165, 120])
    assert waiting.unmet == pytest.approx(np.full(3, 30 + 45))


@settings(max_examples=40, deadline=None)
@given(
    st.fixed_dictionaries({
        "price_change": st.floats(-0.5, 0.5), "growth_points": st.floats(-0.2, 0.2),
        "lost_share": st.floats(0, 0.2), "new_customers": st.floats(0, 20),
        "outage_days": st.integers(0, 20), "capacity_share": st.sampled_from([0.0, 0.7, 1.2]),
        "spend_change": st.floats(-1, 2), "delisted": st.sampled_from([(), (12,)]),
        "promotions": st.sampled_from([(), (Promotion(1, 2, 0.1),)]),
    })
)  # fmt: skip
def test_the_waterfall_sums_exactly(values: dict[str, Any]) -> None:
    chance = np.random.default_rng(3)
    baseline = replace(steady(), paths=chance.gamma(2.0, 50.0, (3, 3, WEEKS)))
    levers = Levers(**values)
    outcome = change(levers, baseline)
    assert tuple(name for name, _moves in outcome.steps) == levers.moved
    for measure in MEASURES:
        told = sum(moves[measure] for _name, moves in outcome.steps)
        assert told == pytest.approx(outcome.mean_difference(measure), rel=1e-9, abs=1e-6)
    assert (outcome.units >= 0).all()
    assert read_levers(levers.as_json()) == levers


def test_the_baseline_is_never_changed() -> None:
    baseline = steady()
    everything = Levers(
        price_change=0.1, promotions=(Promotion(1, 1, 0.1),), growth_points=0.1, delisted=(11,),
        lost_share=0.1, new_customers=1, outage_days=1, capacity_share=0.5, spend_change=0.1,
    )  # fmt: skip
    assert set(everything.moved) == set(LEVERS)
    simulate(baseline, draws(), everything)
    assert (baseline.paths == 100).all()


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}x", '{"price_change": 2}', '{"price_change": "much"}', '{"tax": 1}',
     '{"lost_who": "rich"}', '{"delisted": ["x"]}', '{"outage_days": 1.5}',
     '{"growth_points": NaN}', '{"delisted": 3}', '{"experiment_elasticity": 1e400}',
     '{"promotions": [{"week": 0, "weeks": 1, "discount_rate": 0.1}]}'],
)  # fmt: skip
def test_what_is_no_levers_is_refused(text: str) -> None:
    with pytest.raises(UnreadableLeversError):
        read_levers(text)


def test_break_even_by_hand() -> None:
    """A margin of 40 %: a price cut of 10 % needs 0.1 / 0.3 = 33.3 % more units, a rise of 10 %
    bears 20 % fewer."""
    assert neutral_volume(-0.1, 0.4) == pytest.approx(1 / 3)
    assert neutral_volume(0.1, 0.4) == pytest.approx(-0.2)
    assert expected_volume(0.1, -2.0) == pytest.approx(1 / 1.21 - 1)
    assert neutral_volume(-0.4, 0.4) is None
    assert best_price(60.0, -2.0, 0.3) == pytest.approx(120.0)
    assert best_price(60.0, -1.2, 0.3) is None  # P(ε < −1) = 0.75


def stock(on_hand: float, arriving: float = 0.0) -> Stock:
    coming = np.zeros((3, WEEKS))
    coming[:, 2] = arriving
    return Stock(np.full(3, on_hand), coming, np.full(3, 1.0), 0.0, 20)


def test_stock_runs_out_when_it_is_sold() -> None:
    """100 a week: 250 last two weeks and a half; 100 more in the third week, three and a half."""
    baseline, calm = steady(), np.zeros(3)
    assert stock_of(baseline, baseline.paths, stock(250), calm).runs_out[1] == pytest.approx(
        [2.5] * 3
    )
    later = stock_of(baseline, baseline.paths, stock(250, 100), calm)
    assert later.runs_out[1] == pytest.approx([3.5] * 3)
    started = stock_of(baseline, baseline.paths, stock(250), calm, begun=3 / 7)
    assert started.runs_out[1] == pytest.approx([2.5 + 3 / 7] * 3)
    enough = stock_of(baseline, baseline.paths, stock(500), calm)
    assert np.isinf(enough.runs_out).all() and (enough.chance_out == 0).all()


def test_stock_needed_grows_with_the_lead_time() -> None:
    """A lead time of a week and a week of review: 200 each; a week more, 300. At 6 + 12 + 18 a
    unit that ties up 7,200 and 10,800; beyond the four weeks it goes on alike."""
    baseline, calm = steady(), np.zeros(3)
    now = stock_of(baseline, baseline.paths, stock(0), calm)
    later = stock_of(baseline, baseline.paths, stock(0), calm, lead_time_days=7)
    far = stock_of(baseline, baseline.paths, stock(0), calm, lead_time_days=42)
    assert now.needed == pytest.approx([200] * 3) and now.tied_up == pytest.approx(7_200)
    assert later.needed == pytest.approx([300] * 3) and later.tied_up == pytest.approx(10_800)
    assert far.needed == pytest.approx([800] * 3)


def test_stock_out_dates_follow_the_paths_and_not_their_bands() -> None:
    """Demand of one level for all weeks: the week of the P90 level is the P10 of the week."""
    level = np.random.default_rng(4).gamma(4.0, 5.0, 4_000)
    paths = np.tile(level[:, None, None], (1, 1, 30))
    baseline = Baseline(paths, np.array([1]), np.array([1]), np.ones(1), np.ones(1))
    held = Stock(np.array([200.0]), np.zeros((1, 30)), np.ones(1), 0.0, 20)
    found = stock_of(baseline, paths, held, np.zeros(len(level))).runs_out[:, 0]
    assert found == pytest.approx(200 / np.quantile(level, [0.9, 0.5, 0.1]), rel=0.01)


def test_one_more_draw_moves_no_other() -> None:
    few, more = draw_normals(5, 1, "lost"), draw_normals(5, 1, "value", "lost")
    assert (few["lost"] == more["lost"]).all() and (more["value"] != more["lost"]).any()
