"""The chance to be late: by hand, on a published example, against a simulated truth, and on the
demo company."""

from __future__ import annotations

import doctest
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from dashboard.analytics import delivery, late_risk, probabilities, survival
from dashboard.analytics.late_risk import (
    FEWEST_STAYS,
    FIRST_HISTORY_DAYS,
    LONGEST,
    LateRisk,
    learn_late_risk,
    rate_open_orders,
)
from dashboard.analytics.probabilities import (
    Correction,
    brier_score,
    correct,
    fit_correction,
)
from dashboard.analytics.survival import estimate_survival
from data_access.database import connect
from data_access.demo import Plan, build_demo
from data_access.late_orders import list_stage_histories
from data_access.schema import upgrade_schema
from data_access.scope import mint_scope
from data_access.tables import users

STAGES = ("received", "confirmed", "processing", "shipped")
DAYS = [f"{name}_day" for name in ("promised", *STAGES, "completed", "ended")]


@pytest.mark.parametrize("module", [delivery, late_risk, probabilities, survival])
def test_the_examples_in_the_docstrings_hold(module: ModuleType) -> None:
    results = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.attempted and not results.failed


def test_the_product_limit_of_a_published_example() -> None:
    """Weeks to relapse on 6-mercaptopurine: Freireich et al., Blood 21 (1963), as in D. R. Cox and
    D. Oakes, Analysis of Survival Data (1984)."""
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    cut_off = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    table = estimate_survival(
        pd.DataFrame(
            {
                "days": ended + cut_off,
                "ended": [True] * len(ended) + [False] * len(cut_off),
            }
        )
    )
    assert table["days"].tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert table["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert table["survival"].round(3).tolist() == [
        0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448,
    ]  # fmt: skip


def test_stays_that_never_end_tell_of_no_end() -> None:
    assert not len(estimate_survival(pd.DataFrame({"days": [3, 4], "ended": [False, False]})))
    assert not len(estimate_survival(pd.DataFrame({"days": [], "ended": []})))


def histories(*stays: tuple[int, int, int, int], start: int = -200, **values: Any) -> pd.DataFrame:
    """One delivered order for each tuple of days in the four stages."""
    rows = []
    for stay in stays:
        days = [start, *(start + int(day) for day in np.cumsum(stay))]
        rows.append(dict(zip(DAYS[1:6], days, strict=True)))
    made = {"channel": "web", "region_id": 1, "carrier": "SF", "was_short": 0,
            "promised_day": start + 5, "ended_day": None} | values  # fmt: skip
    return pd.DataFrame(rows).assign(**made)


def waiting(stage: str, age: int, left: int, **values: Any) -> pd.DataFrame:
    order = {"stage": stage, "age_days": age, "days_left": left, "channel": "web", "region_id": 1,
             "carrier": "SF" if stage == "shipped" else None, "was_short": 0}  # fmt: skip
    return pd.DataFrame([order | values])


def chance(risk: LateRisk, *order: Any, **values: Any) -> float:
    return float(rate_open_orders(risk, waiting(*order, **values))["late_rate"].iloc[0])


@pytest.fixture(scope="module")
def two_by_two() -> LateRisk:
    """Processing takes one day or two, the way one or three, each as often."""
    return learn_late_risk(
        pd.concat([histories((0, 0, a, b)) for a in (1, 2) for b in (1, 3)] * 500)
    )


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (("shipped", 0, 0), 1.0),
        (("shipped", 0, 1), 0.5),
        (("shipped", 0, 2), 0.5),
        (("shipped", 0, 3), 0.0),
        (("shipped", 1, 0), 0.5),  # today it arrives, or in two days
        (("shipped", 2, 0), 1.0),  # it did not arrive after one day, so after three
        (("shipped", 2, 1), 0.0),
        (("processing", 0, 2), 0.75),  # 2, 3, 4 or 5 days, each as likely
        (("processing", 0, 4), 0.25),
        (("processing", 2, 1), 0.5),  # it leaves today
        (("received", 0, 3), 0.5),
    ],
)
def test_chances_by_hand(
    two_by_two: LateRisk, order: tuple[str, int, int], expected: float
) -> None:
    assert chance(two_by_two, *order) == pytest.approx(expected, abs=0.01)


def test_the_usual_and_the_expected_days_by_hand(two_by_two: LateRisk) -> None:
    rated = rate_open_orders(two_by_two, waiting("processing", 0, 9)).iloc[0]
    assert (rated["expected_days"], rated["usual_days"]) == (3, 2)
    assert rate_open_orders(two_by_two, waiting("shipped", 0, 9)).iloc[0]["usual_days"] == 3


def test_a_day_that_is_past_is_certain_and_a_long_wait_has_an_end(two_by_two: LateRisk) -> None:
    assert chance(two_by_two, "shipped", 0, -1) == 1
    assert 0 <= chance(two_by_two, "processing", LONGEST + 300, LONGEST + 300) <= 1


def test_orders_still_in_a_stage_count_as_far_as_they_have_come() -> None:
    """100 left after a day, 100 are still there after five: half stay longer than a day."""
    gone = histories((0, 0, 0, 1))
    still = histories((0, 0, 0, 1), start=-5).assign(completed_day=None)
    risk = learn_late_risk(pd.concat([gone, still] * 100))
    assert chance(risk, "shipped", 0, 1) == pytest.approx(0.5, abs=0.03)
    without = learn_late_risk(pd.concat([gone] * 100))
    assert chance(without, "shipped", 0, 1) < 0.1
    cancelled = still.assign(ended_day=-3)  # gone for another reason after two days
    assert chance(
        learn_late_risk(pd.concat([gone, cancelled] * 100)), "shipped", 0, 1
    ) == pytest.approx(0.5, abs=0.03)


def test_a_small_group_leans_on_the_larger_one() -> None:
    """Two orders that took nine days among a thousand that took one: after ten more that behave
    as the others, ten in twelve leave after a day."""
    many = [histories((0, 0, 0, 1))] * 1000
    few = [histories((0, 0, 0, 9), channel="slow")] * 2
    told = chance(learn_late_risk(pd.concat(many + few)), "shipped", 0, 1, channel="slow")
    assert told == pytest.approx(2 / 12, abs=0.02)
    learnt = learn_late_risk(pd.concat(many + few * 250))
    assert chance(learnt, "shipped", 0, 1, channel="slow") > 0.95
    assert chance(learnt, "shipped", 0, 1) < 0.05
    unknown = chance(learnt, "shipped", 0, 1, channel="never met")
    assert unknown == pytest.approx(1 / 3, abs=0.02)  # as everybody: 500 of 1,500 are slow


def test_stock_region_and_carrier_make_a_difference() -> None:
    parts = [
        histories((0, 0, 0, 1)),
        histories((0, 0, 8, 1), was_short=1),
        histories((0, 0, 0, 6), region_id=2),
        histories((0, 0, 0, 5), carrier="Slow"),
    ]
    risk = learn_late_risk(pd.concat(parts * 300))
    usual = chance(risk, "processing", 0, 4)
    assert chance(risk, "processing", 0, 4, was_short=1) > 0.9 > 0.4 > usual
    assert chance(risk, "processing", 0, 4, region_id=2) > 0.9
    assert chance(risk, "shipped", 0, 4, carrier="Slow") > 0.9 > 0.1 > chance(risk, "shipped", 0, 4)


def test_nothing_is_told_from_nothing() -> None:
    empty = learn_late_risk(histories((0, 0, 1, 1)).head(0))
    one = learn_late_risk(histories((0, 0, 1, 1)))
    on_the_way = histories((0, 0, 1, 1)).assign(completed_day=None)
    undelivered = learn_late_risk(pd.concat([on_the_way] * (FEWEST_STAYS + 1)))
    for risk in (empty, one, undelivered):
        assert not risk.can_tell and risk.trust is None
        assert np.isnan(chance(risk, "shipped", 0, 3))
        assert chance(risk, "shipped", 0, -1) == 1
    rated = rate_open_orders(empty, waiting("shipped", 0, 3).head(0))
    assert not len(rated) and {"late_rate", "expected_days", "usual_days"} <= set(rated)


# A simulated truth


def simulate(orders: int, seed: int, days_back: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders of so many days whose stays are drawn from known distributions, as they are known
    today, and how they went on."""
    chance = np.random.default_rng(seed)
    channel = chance.choice(["web", "partner"], orders, p=[0.7, 0.3])
    slow = channel == "partner"
    stays = np.stack(
        [
            chance.binomial(1, 0.2, orders),
            chance.geometric(0.7, orders) - 1,
            np.where(slow, chance.negative_binomial(2, 0.35, orders),
                     chance.geometric(0.5, orders) - 1),
            1 + chance.binomial(4, 0.4, orders) + 2 * (chance.random(orders) < 0.1),
        ],
        axis=1,
    )  # fmt: skip
    start = chance.integers(-days_back, 0, orders)
    days = np.concatenate([start[:, None], start[:, None] + stays.cumsum(axis=1)], axis=1)
    promised = start + np.where(slow, 9, 6) + chance.integers(-1, 3, orders)
    truth = pd.DataFrame(days, columns=DAYS[1:6]).assign(
        channel=channel, region_id=1, carrier="SF", was_short=0, promised_day=promised,
        ended_day=None,
    )  # fmt: skip
    return hidden(truth, 0), truth


def hidden(truth: pd.DataFrame, morning: int) -> pd.DataFrame:
    """What is known on that morning, days counted from it."""
    known = truth[truth["received_day"] < morning].copy()
    known[DAYS] = known[DAYS].astype("Float64") - morning
    moments = DAYS[1:]
    known[moments] = known[moments].where(known[moments] < 0)
    return known


def standing(known: pd.DataFrame) -> pd.DataFrame:
    """The orders that are open and still in time, as rate_open_orders wants them."""
    reached = known[DAYS[1:6]].notna().sum(axis=1)
    is_open = (reached < 5) & known["ended_day"].isna() & (known["promised_day"] >= 0)
    orders = known[is_open & (known["promised_day"].notna())]
    place = reached[orders.index] - 1
    entered = orders[DAYS[1:6]].to_numpy(dtype=float)[np.arange(len(orders)), place]
    return orders.assign(
        stage=[STAGES[each] for each in place],
        age_days=(-entered).astype(int),
        days_left=orders["promised_day"].astype(int),
    )


def test_against_a_simulated_truth_the_chances_are_right() -> None:
    known, truth = simulate(60_000, seed=11, days_back=400)
    risk = learn_late_risk(known)
    orders = standing(known)
    told = rate_open_orders(risk, orders)["late_rate"].to_numpy()
    after = truth.loc[orders.index]
    late = (after["completed_day"] > after["promised_day"]).to_numpy()
    assert len(late) > 500 and 0.1 < late.mean() < 0.9
    assert told.mean() == pytest.approx(late.mean(), abs=0.04)
    base = brier_score(np.full(len(late), late.mean()), late)
    assert brier_score(told, late) < 0.75 * base
    assert risk.trust is not None and risk.trust.predictions > 5_000
    assert 0.3 < risk.trust.skill < 1
    for row in risk.trust.reliability.itertuples():
        if row.predictions >= 200:
            noise = 4 * (row.mean_rate * (1 - row.mean_rate) / row.predictions) ** 0.5
            assert row.happened_rate == pytest.approx(row.mean_rate, abs=0.015 + noise)


def test_looking_back_nothing_is_known_that_came_later() -> None:
    """The judgement is what somebody finds who learns anew each week from what was known then, and
    corrects the newer weeks by what was known of the older ones before them."""
    _known, truth = simulate(1_500, seed=5, days_back=180)
    judged = learn_late_risk(hidden(truth, 0)).trust
    assert judged is not None
    told = pd.concat(
        [told_then(truth, week) for week in range(1, (180 - FIRST_HISTORY_DAYS) // 7 + 1)]
    )
    newer, older = told[told["week"] <= judged.weeks], told[told["week"] > judged.weeks]
    older = older[older["promised_day"] < -7 * judged.weeks]
    late = newer["late"].to_numpy()
    assert (judged.predictions, judged.late_rate) == (len(newer), pytest.approx(late.mean()))
    correction = fit_correction(older["late_rate"].to_numpy(), older["late"].to_numpy())
    plain = newer["late_rate"].to_numpy()
    briers = [brier_score(plain, late), brier_score(correct(plain, correction), late)]
    assert judged.brier == pytest.approx(min(briers), abs=1e-9)
    assert judged.is_corrected == (briers[1] < briers[0])


def told_then(truth: pd.DataFrame, week: int) -> pd.DataFrame:
    """What was told of the orders that were in time so many weeks ago and are judged by now."""
    known = hidden(truth, -7 * week)
    orders = standing(known)
    orders = orders[truth.loc[orders.index, "promised_day"] < 0]
    after = truth.loc[orders.index]
    risk = replace(learn_late_risk(known), correction=Correction())
    return after.assign(
        week=week,
        late_rate=rate_open_orders(risk, orders)["late_rate"],
        late=after["completed_day"] > after["promised_day"],
    )


def test_a_correction_finds_what_is_wrong_with_chances() -> None:
    chance = np.random.default_rng(1)
    told = chance.uniform(0.02, 0.98, 20_000)
    true = 1 / (1 + np.exp(-(0.5 + 1.5 * np.log(told / (1 - told)))))
    late = chance.random(20_000) < true
    found = fit_correction(told, late)
    assert (found.shift, found.slope) == pytest.approx((0.5, 1.5), abs=0.06)
    right = correct(told, found)
    assert brier_score(right, late) < brier_score(told, late)
    assert (np.diff(right[np.argsort(told)]) > 0).all()  # the order stays
    few = fit_correction(told[:3], np.array([True, True, True]))
    assert abs(few.shift) < 1 and few.slope > 0


# The demo company


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LateRisk]:
    path = tmp_path_factory.mktemp("late") / Path("crm.sqlite")
    database = connect(f"sqlite:///{path}")
    upgrade_schema(database.writer)
    as_of = date(2026, 11, 23)
    build_demo(database.writer, Plan(orders=4_000, seed=5, as_of=as_of))
    with database.record.connect() as connection:
        user_id = connection.scalar(select(users.c.user_id).where(users.c.username == "manager"))
    scope = mint_scope(database.record, int(user_id or 0))
    assert scope is not None
    yield learn_late_risk(list_stage_histories(database.record, scope, as_of))
    database.dispose()


def test_on_the_demo_company_it_beats_the_base_rate(demo: LateRisk) -> None:
    assert demo.can_tell and demo.trust is not None
    assert demo.known["was_short"] == ("0", "1")  # of every order its movements tell
    assert demo.trust.weeks == 13 and demo.trust.predictions > 100
    assert demo.trust.brier < 0.85 * demo.trust.base_brier


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("was_short", [0, 1])
def test_waiting_on_never_helps_and_more_time_never_hurts(
    demo: LateRisk, stage: str, was_short: int
) -> None:
    def told(age: Any, left: Any, region: int) -> Any:
        days = pd.DataFrame({"age_days": age, "days_left": left})
        orders = waiting(stage, 0, 0, was_short=was_short, region_id=region)
        return rate_open_orders(
            demo, orders.drop(columns=["age_days", "days_left"]).merge(days, how="cross")
        )["late_rate"]

    for region in (1, 4, 8):
        as_time_passes = told(range(13), range(12, -1, -1), region)
        assert (np.diff(as_time_passes) >= -1e-9).all()
        with_more_time = told([2] * 21, range(-1, 20), region)
        assert (np.diff(with_more_time) <= 1e-9).all()
        assert with_more_time.iloc[0] == 1
