"""The evaluation looks at nothing that was still to come, and adds up what it saw rightly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from dashboard.analytics.forecasting import FAST, History, forecast_series
from dashboard.analytics.forecasting.evaluation import roll_all, summarise
from dashboard.analytics.forecasting.rolling import Rolled, Task, Tried, roll
from tests.forecasting import noisy_days

TASK = Task(horizon=10, origins=3, members=FAST, season=7, season_of_models=7, seed=7)


def tried(count: int = 6, *, with_prophet: bool = False) -> list[Tried]:
    return [
        Tried(f"s{seed}", History(noisy_days(seed, 180 + seed), 7), with_prophet=with_prophet)
        for seed in range(count)
    ]


def same(one: Rolled, other: Rolled) -> None:
    assert one.series_id == other.series_id and one.chosen == other.chosen
    for name in ("told", "inside_80", "inside_95", "width_80", "actual", "scales"):
        assert_array_equal(getattr(one, name), getattr(other, name))


def test_nothing_that_comes_after_an_origin_is_seen() -> None:
    series = tried(1)[0]
    values = series.history.values
    changed = values.copy()
    changed[-10:] *= 5  # after the last origin
    before = roll([series], TASK)[0]
    after = roll([replace(series, history=History(changed, 7))], TASK)[0]
    assert_array_equal(before.told, after.told)
    assert_array_equal(before.width_80, after.width_80)
    assert before.chosen == after.chosen
    assert_allclose(after.actual[-1], before.actual[-1] * 5)
    assert_array_equal(after.actual[:-1], before.actual[:-1])


def test_what_is_judged_is_what_is_forecast() -> None:
    values = noisy_days(2, 200)
    told = forecast_series(History(values[:190], 7), 10, members=FAST)
    held = Tried("a", History(values[:190], 7), values[190:], with_prophet=False)
    rolled = roll([held], TASK)[0]
    assert rolled.chosen == (told.member,)
    assert_array_equal(rolled.told[0, 0], told.periods["value"])
    assert_array_equal(rolled.told[1, 0], told.periods["expected"])
    assert_array_equal(rolled.told[2:-1, 0], told.members)
    assert_array_equal(rolled.actual[0], values[190:])
    inside = (values[190:] >= told.periods["low_80"]) & (values[190:] <= told.periods["high_80"])
    assert_array_equal(rolled.inside_80[0, 0], inside)
    # the last origin of a rolling evaluation is the same question
    again = roll([Tried("a", History(values, 7), with_prophet=False)], TASK)[0]
    assert_array_equal(again.told[:, -1], rolled.told[:, 0])


def test_a_pool_of_processes_tells_the_same_to_the_digit() -> None:
    series = [*tried(5, with_prophet=True), Tried("short", History(np.ones(3), 7))]
    done: list[int] = []
    alone = roll_all(series, replace(TASK, origins=1), processes=1, advance=done.append)
    together = roll_all(series, replace(TASK, origins=1), processes=2)
    assert sum(done) == 6 and len(alone) == len(together) == 5
    for one, other in zip(alone, together, strict=True):
        same(one, other)
    assert np.isfinite(alone[0].told[-1]).all()  # Prophet out of the box


def test_gaps_are_learnt_over_but_never_scored() -> None:
    values = noisy_days(4, 180)
    values[[3, 172, 175]] = np.nan
    rolled = roll([Tried("gaps", History(values, 7), with_prophet=False)], TASK)[0]
    assert np.isnan(rolled.actual[-1]).tolist() == [
        place in (172, 175) for place in range(170, 180)
    ]
    assert np.isnan(rolled.told[:, -1, [2, 5]]).all()
    assert np.isfinite(rolled.told[0, -1, [0, 1, 3, 4]]).all()


def test_a_series_that_may_be_negative_is_not_cut_at_nothing() -> None:
    values = noisy_days(5, 180) - 60
    rolled = roll([Tried("loss", History(values, 7), with_prophet=False)], TASK)[0]
    assert np.nanmin(rolled.told[2]) < 0


def by_hand(name: str, told: list[float], actual: list[float], scale: float) -> Rolled:
    """One origin, two steps; default, the same for sums, seasonal naive and (untried) Prophet."""
    value = np.array([[told], [told], [[told[0] + 2, told[1]]], [[np.nan, np.nan]]])
    inside = np.where(np.isfinite(value), np.array([[[1.0, 0.0]]]), np.nan)
    width = np.where(np.isfinite(value), 3.0, np.nan)
    return Rolled(name, value, inside, inside, width, np.array([actual]), np.array([scale]),
                  ("theta",))  # fmt: skip


def test_sums_by_hand() -> None:
    task = Task(2, 1, ("seasonal_naive",), 7, 7, seed=1)
    rolled = [
        by_hand("a", [11.0, 8.0], [10.0, 10.0], 2.0),  # misses 1 and 2; naive 3 and 2
        by_hand("b", [100.0, 90.0], [100.0, 100.0], 20.0),  # 0 and 10; naive 2 and 10
        by_hand("c", [0.0, 0.0], [0.0, 0.0], 0.0),  # no scale: left out of MASE only
    ]
    found = summarise(rolled, task, seed=1)
    default, expected, naive = found["models"]
    assert [model["name"] for model in found["models"]] == [
        "default", "default_expected", "seasonal_naive",
    ]  # fmt: skip
    assert found["series"] == 3 and expected["wape"] == default["wape"]
    assert default["wape"] == pytest.approx(13 / 220)
    assert default["bias"] == pytest.approx((1 - 2 - 10) / 220)
    assert default["mase"] == pytest.approx((1.5 / 2 + 5 / 20) / 2)
    assert default["smape"] == pytest.approx(
        np.mean([(200 / 21 + 400 / 18) / 2, (0 + 2000 / 190) / 2, 0])
    )
    assert default["coverage_80"] == 0.5 and default["width_80"] == pytest.approx(18 / 220)
    assert naive["is_worse_than_naive"] is False and default["is_worse_than_naive"] is False
    first, second = default["by_step"]
    assert (first["first_step"], first["last_step"], second["last_step"]) == (1, 1, 2)
    assert first["wape"] == pytest.approx(1 / 110) and second["wape"] == pytest.approx(12 / 110)
    assert found["chosen"] == {"theta": 3} and found["worse_than_naive"] == 0
    gap = found["differences"]["default_minus_seasonal_naive"]
    assert gap["series"] == 3
    assert gap["wape"]["value"] == pytest.approx((13 - 19) / 220)
    assert gap["mase"]["value"] == pytest.approx(((1.5 - 2.5) / 2 + (5 - 6) / 20) / 2)
    assert gap["mase"]["low"] <= gap["mase"]["value"] <= gap["mase"]["high"]
    assert "default_minus_prophet_default" not in found["differences"]


def test_the_bootstrap_draws_series_in_pairs() -> None:
    task = Task(2, 1, ("seasonal_naive",), 7, 7, seed=1)
    rolled = [by_hand(f"s{each}", [11.0, 8.0], [10.0, 10.0], 2.0) for each in range(30)]
    gap = summarise(rolled, task, seed=1)["differences"]["default_minus_seasonal_naive"]
    # the levels differ between draws, the difference of a pair never
    for measure in ("wape", "mase", "smape"):
        assert gap[measure]["low"] == pytest.approx(gap[measure]["value"])
        assert gap[measure]["high"] == pytest.approx(gap[measure]["value"])


def test_a_found_season_leaves_seasonal_naive_to_the_season_asked_for() -> None:
    values = np.random.default_rng(9).uniform(80, 120, 52)
    history = History(np.resize(values, 300), 52)
    task = Task(6, 2, FAST, season=1, season_of_models=52, seed=7)
    rolled = roll([Tried("weeks", history, with_prophet=False)], task)
    found = {model["name"]: model for model in summarise(rolled, task, seed=7)["models"]}
    assert found["seasonal_naive_52"]["wape"] == pytest.approx(0, abs=1e-9)
    assert found["seasonal_naive"]["wape"] > 0.05
    last = np.repeat(history.values[[287, 293]][:, None], 6, axis=1)
    assert_array_equal(rolled[0].told[task.models.index("seasonal_naive")], last)
    assert rolled[0].scales[1] == pytest.approx(np.abs(np.diff(history.values[:294])).mean())
