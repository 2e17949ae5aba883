"""What a randomised trial shows may be looked at every day: how often it is wrong is simulated."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import beta, binom, norm

from dashboard.analytics.experiments import (
    LEVEL,
    POWER,
    RATIO_LEVEL,
    SPREAD,
    Arm,
    Difference,
    compare_arms,
    customers_needed,
    follow_trial,
    split_evidence,
)

RATE = 0.1
TRIALS, DAYS, A_DAY = 500, 90, 20
Compare = Callable[[Arm, Arm], Difference]


def fixed(first: Arm, second: Arm) -> Difference:
    """The usual interval, which holds for one look."""
    half = norm.ppf(1 - LEVEL / 2) * math.sqrt(first.variance + second.variance)
    value = first.share - second.share
    return Difference(first.share, second.share, value - half, value + half)


def simulate(
    compare: Compare, share: float, lift: float = 0.0, seed: int = 5, trials: int = TRIALS
) -> tuple[int, int]:
    """(trials in which a look on any day said that there is a difference, those in which it said
    so of the wrong side)."""
    chance = np.random.default_rng(seed)
    held = chance.binomial(A_DAY, RATE, (trials, DAYS))
    bought_held = chance.binomial(held, share).cumsum(axis=1)
    bought = chance.binomial(A_DAY - held, share + lift).cumsum(axis=1)
    held = held.cumsum(axis=1)
    listed = A_DAY * np.arange(1, DAYS + 1) - held
    sure = wrong = 0
    for trial in range(trials):
        for day in range(DAYS):
            if not held[trial, day]:
                continue
            found = compare(
                Arm(int(listed[trial, day]), int(bought[trial, day])),
                Arm(int(held[trial, day]), int(bought_held[trial, day])),
            )
            if found.is_sure:
                sure += 1
                wrong += found.high < 0
                break
    return sure, wrong


@pytest.mark.parametrize("share", [0.05, 0.1, 0.4, 0.8])
def test_looking_every_day_is_seldom_wrong_where_there_is_no_effect(share: float) -> None:
    alarms, _ = simulate(compare_arms, share)
    assert alarms <= LEVEL * TRIALS


def test_an_interval_for_one_look_is_often_wrong_when_looked_at_every_day() -> None:
    alarms, _ = simulate(fixed, 0.4)
    assert alarms > 3 * LEVEL * TRIALS


def test_a_true_effect_is_found_and_never_on_the_wrong_side() -> None:
    found, wrong = simulate(compare_arms, 0.3, lift=0.2, trials=200)
    assert found >= 0.95 * 200
    assert not wrong


def test_the_interval_holds_what_is_true_at_all_times() -> None:
    chance = np.random.default_rng(8)
    missed = 0
    for _trial in range(300):
        held = chance.binomial(A_DAY, RATE, DAYS)
        first = chance.binomial(A_DAY - held, 0.5).cumsum()
        second = chance.binomial(held, 0.35).cumsum()
        held = held.cumsum()
        listed = A_DAY * np.arange(1, DAYS + 1) - held
        rows = zip(listed, first, held, second, strict=True)
        intervals = [compare_arms(Arm(int(n), int(x)), Arm(int(m), int(y)))
                     for n, x, m, y in rows if m]  # fmt: skip
        missed += any(not each.low <= 0.15 <= each.high for each in intervals)
    assert missed <= LEVEL * 300


def test_the_interval_is_where_the_mixture_of_likelihoods_reaches_its_bound() -> None:
    """The closed form beside the integral it comes from."""
    first, second = Arm(900, 450), Arm(100, 30)
    found = compare_arms(first, second)
    deviation = math.sqrt(first.variance + second.variance)
    for edge in (found.low, found.high):
        mixed, _ = quad(
            lambda shift, edge=edge: (
                norm.pdf(found.value, edge + shift, deviation) * norm.pdf(shift, 0, SPREAD)
            ),
            -1, 1, points=[found.value - edge],
        )  # fmt: skip
        assert mixed / norm.pdf(found.value, edge, deviation) == pytest.approx(1 / LEVEL, rel=1e-6)


def test_so_many_customers_are_needed_to_notice_a_lift() -> None:
    share, lift = 0.3, 0.15
    needed = customers_needed(share, lift)
    chance = np.random.default_rng(4)
    looks = np.unique(np.linspace(30, needed, 40).astype(int))
    noticed = 0
    for _trial in range(400):
        first = (chance.random(needed) < share + lift).cumsum()
        second = (chance.random(needed) < share).cumsum()
        noticed += any(
            compare_arms(Arm(int(n), int(first[n - 1])), Arm(int(n), int(second[n - 1]))).low > 0
            for n in looks
        )
    assert POWER - 0.04 <= noticed / 400 <= POWER + 0.1
    assert customers_needed(share, lift / 2) > 3 * needed


def test_who_all_bought_leaves_doubt() -> None:
    found = compare_arms(Arm(3, 3), Arm(1, 0))
    assert not found.is_sure
    assert found.low < 0 < found.high


def test_the_evidence_of_a_split_is_a_ratio_of_likelihoods() -> None:
    mixed, _ = quad(lambda rate: binom.pmf(14, 90, rate) * beta.pdf(rate, 1, 9), 0, 1)
    assert split_evidence(14, 76, 0.1) == pytest.approx(mixed / binom.pmf(14, 90, 0.1))


def splits(rate: float, trials: int, seed: int) -> int:
    """In how many trials the alarm about the split rings on some day."""
    chance = np.random.default_rng(seed)
    held = chance.binomial(A_DAY, rate, (trials, DAYS)).cumsum(axis=1)
    total = A_DAY * np.arange(1, DAYS + 1)
    return sum(
        any(
            split_evidence(int(some), int(all_) - int(some), RATE) >= 1 / RATIO_LEVEL
            for some, all_ in zip(trial, total, strict=True)
        )
        for trial in held
    )


def test_the_alarm_rings_for_a_broken_split_and_seldom_for_an_honest_one() -> None:
    assert splits(RATE, 500, seed=1) <= 2  # 0.5 expected at most
    assert splits(0.15, 100, seed=2) >= 95
    assert splits(0.06, 100, seed=3) >= 95


def test_a_trial_is_followed_step_by_step() -> None:
    steps = pd.DataFrame(
        [(1, 0, 45, 45, 20), (1, 1, 5, 5, 1), (2, 0, 45, 40, 15), (3, 1, 50, 0, 0)],
        columns=["step", "is_held_out", "assigned", "customers", "bought"],
    )
    found = follow_trial(steps, RATE)
    assert found["listed"].tolist() == [45, 85, 85]
    assert found["listed_bought"].tolist() == [20, 35, 35]
    assert found["held_out"].tolist() == [5, 5, 5]
    assert found["held_out_bought"].tolist() == [1, 1, 1]
    last = compare_arms(Arm(85, 35), Arm(5, 1))
    assert found.iloc[-1][["value", "low", "high"]].tolist() == [last.value, last.low, last.high]
    assert found["is_broken"].tolist() == [False, False, True]
    assert found["evidence"].iloc[-1] == pytest.approx(split_evidence(55, 90, RATE))


def test_an_alarm_does_not_end_when_the_split_looks_better_later() -> None:
    steps = pd.DataFrame(
        [(1, 1, 40, 0, 0), (1, 0, 40, 0, 0), (2, 0, 320, 0, 0)],
        columns=["step", "is_held_out", "assigned", "customers", "bought"],
    )
    found = follow_trial(steps, RATE)
    assert found["is_broken"].tolist() == [True, True]
    assert found["value"].isna().all()


def test_no_steps_are_no_trial() -> None:
    steps = pd.DataFrame(
        {name: pd.Series(dtype="int64")
         for name in ("step", "is_held_out", "assigned", "customers", "bought")}
    )  # fmt: skip
    assert follow_trial(steps, RATE).empty
