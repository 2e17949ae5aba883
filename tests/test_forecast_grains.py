"""Weeks are the sums of their days: of the company, of regions and of every part."""

from __future__ import annotations

import doctest
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest

from dashboard import forecast_reconciliation
from dashboard.analytics import forecast_grains
from dashboard.analytics.forecast_grains import Overlap, set_days
from dashboard.analytics.forecasting import FAST, NAIVE, History, forecast_series
from dashboard.forecast_grains import agree
from dashboard.forecast_reconciliation import Reconciled, reconcile
from dashboard.forecast_tasks import (
    BOUNDS,
    BY_WEEKS,
    ERROR_OF_WEEK,
    Draft,
    Series,
    Task,
    draft_of,
    work_out,
)
from tests.forecasting import noisy_days

WEDNESDAY = date(2026, 11, 25)
DAYS, WEEKS = 60, 26
PLACES = (("company", 0), ("region", 1), ("region", 2))
PARTS = (("total", ""), ("channel", "web"), ("channel", "shop"))


def draft(value: np.ndarray, error: float | None = 1.0) -> Draft:
    widths = dict(zip(BOUNDS, (0.8, 1.2, 0.5, 2.0), strict=True))
    return {"value": value, "naive": value, **{name: value * w for name, w in widths.items()},
            "member": NAIVE, "notes": [], "accuracy": [], "components": None,
            ERROR_OF_WEEK: error}  # fmt: skip


def drafts(measure: str = "net_sales", products: int = 2) -> dict[Series, Draft]:
    """Every series with a forecast of its own, which agrees with nothing."""
    chance = np.random.default_rng(5)
    found = {}
    for grain, count, size in (("day", DAYS, 100.0), ("month", 12, 9e3), ("week", WEEKS, 800.0)):
        for place in PLACES:
            own = [*PARTS, *(("product", str(n)) for n in range(products) if place[1] == 0)]
            for part in own:
                value = size * chance.uniform(0.2, 2.0, count)
                found[Series(measure, grain, *place, *part)] = draft(value, chance.uniform(1, 9))
    return found


SHARES = {"net_sales": {"0": {1: 0.3, 2: 0.7}, "1": {1: 1.0, 2: 0.0}}}


def told(measure: str = "net_sales", until: date = WEDNESDAY) -> dict[Series, Reconciled]:
    made = reconcile(drafts(measure), {measure: SHARES["net_sales"]}, until)
    return {each.series: each for each in made}


def test_the_examples_hold() -> None:
    assert doctest.testmod(forecast_grains).failed == 0


@pytest.mark.parametrize("until", [WEDNESDAY + timedelta(days=n) for n in range(7)])
@pytest.mark.parametrize("measure", ["net_sales", "margin"])
def test_each_week_is_the_sum_of_its_days_to_the_hundredth(measure: str, until: date) -> None:
    found = told(measure, until)
    first = until + timedelta(days=1)
    lead = (7 - first.weekday()) % 7
    begun = 1 if lead else 0
    checked = 0
    for series, days in found.items():
        if series.grain != "day":
            continue
        weeks = found[series._replace(grain="week")]
        for number in range((DAYS - lead) // 7):
            own = days.value[lead + 7 * number : lead + 7 * number + 7]
            assert round(own.sum(), 2) == round(weeks.value[begun + number], 2), (series, number)
            checked += 1
    assert checked >= 7 * 11


def test_and_parts_and_regions_still_add_up() -> None:
    found = told()
    for grain, count in (("day", DAYS), ("month", 12), ("week", WEEKS)):

        def value(level: str, region: int, split: str, part: str, grain: str = grain) -> np.ndarray:
            return found[Series("net_sales", grain, level, region, split, part)].value

        total = value("company", 0, "total", "")
        assert len(total) == count
        regions = [value("region", region, "total", "") for region in (1, 2)]
        np.testing.assert_allclose(sum(regions), total, atol=1e-6)
        for split, parts in (("channel", ("web", "shop")), ("product", ("0", "1"))):
            for level, region in PLACES:
                own = sum(value(level, region, split, part) for part in parts)
                np.testing.assert_allclose(own, value(level, region, "total", ""), atol=1e-6)


def test_products_that_have_no_days_by_region_share_out_the_weeks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(forecast_reconciliation, "MOST_BY_REGION", 1)
    found = told()
    for region in (1, 2):
        parts = [
            found[Series("net_sales", "week", "region", region, "product", part)].value
            for part in ("0", "1")
        ]
        whole = found[Series("net_sales", "week", "region", region, "total", "")].value
        np.testing.assert_allclose(sum(parts), whole, atol=1e-6)


def test_the_surer_of_both_counts_more() -> None:
    sunday = date(2026, 11, 22)
    day, week = (Series("units", grain, "company", 0, "total", "") for grain in ("day", "week"))
    both = {day: draft(np.full(14, 10.0), 300.0), week: draft(np.full(3, 100.0), 100.0)}
    found = agree(both, sunday)
    # 3/4 of 100 and 1/4 of 70
    assert found[week]["value"].tolist() == [92.5, 92.5, 100.0]
    assert found[day]["value"] == pytest.approx(np.full(14, 92.5 / 7))
    assert found[day]["high_80"] == pytest.approx(np.full(14, 1.2 * 92.5 / 7))
    thin = {**both, day: {**both[day], "notes": [BY_WEEKS]}}
    assert agree(thin, sunday)[week]["value"].tolist() == [100.0] * 3
    alone = {day: both[day]}
    assert agree(alone, sunday) == alone


def test_days_of_a_week_of_nothing_share_it_evenly() -> None:
    overlap = Overlap.of(date(2026, 11, 22), 7, 1)
    assert (
        set_days(np.zeros(7), np.array([14.0]), overlap, may_be_negative=False).tolist() == [2] * 7
    )
    moved = set_days(np.array([-1.0, 1, 1, 1, 1, 1, 1]), np.array([12.0]), overlap,
                     may_be_negative=True)  # fmt: skip
    assert moved.tolist() == [0, 2, 2, 2, 2, 2, 2]


def test_the_error_of_a_week_is_that_of_past_weeks() -> None:
    values = noisy_days(2, 420)
    start = date(2025, 9, 29)  # a Monday
    days = Task(Series("units", "day", "company", 0, "total", ""),
                History(values, 7, start, "day"), 14, FAST, 0.0, 7)  # fmt: skip
    weeks = Task(
        days.series._replace(grain="week"),
        History(values.reshape(-1, 7).sum(axis=1), 52, start, "week"),
        8,
        FAST,
        0.0,
        7,
    )
    told = [work_out([each])[0].draft for each in (days, weeks)]
    errors = [each[ERROR_OF_WEEK] for each in told if each is not None]
    assert len(errors) == 2 and all(error > 0 for error in errors)
    usual = np.square(np.diff(values.reshape(-1, 7).sum(axis=1))).mean()
    assert max(errors) < 10 * usual


def test_together_they_are_nearer_to_what_comes_than_one_of_them_at_random() -> None:
    """Of 40 made-up series with a level that walks: the squared error of the next weeks' totals."""
    until = date(2026, 11, 22)
    lost = {"days": 0.0, "weeks": 0.0, "both": 0.0}
    for seed in range(40):
        chance = np.random.default_rng(seed)
        level = 200 + np.cumsum(chance.normal(0, 1.5, 420))
        values = np.maximum(level * (1 + 0.2 * np.sin(np.arange(420) * 2 * np.pi / 7))
                            + chance.normal(0, 30, 420), 0)  # fmt: skip
        known, after = values[:-28], values[-28:].reshape(4, 7).sum(axis=1)
        first = until - timedelta(days=len(known) - 1)
        day = Task(Series("units", "day", "company", 0, "total", ""),
                   History(known, 7, first, "day"), 28, FAST, 0.0, 7)  # fmt: skip
        week = Task(
            day.series._replace(grain="week"),
            History(known.reshape(-1, 7).sum(axis=1), 52, first, "week"),
            4,
            FAST,
            0.0,
            7,
        )
        made = {each.series: work_out([each])[0].draft for each in (day, week)}
        assert all(each is not None for each in made.values())
        own = {series: each for series, each in made.items() if each is not None}
        both = agree(own, until)
        sums = np.reshape(own[day.series]["value"], (4, 7)).sum(axis=1)
        for name, value in (("days", sums), ("weeks", own[week.series]["value"]),
                            ("both", both[week.series]["value"])):  # fmt: skip
            lost[name] += float(((np.asarray(value) - after) ** 2).sum())
    assert lost["both"] < 0.97 * (lost["days"] + lost["weeks"]) / 2
    assert lost["both"] < lost["weeks"]


def test_overlaps_do_not_leave_out_a_week() -> None:
    found = [Overlap.of(WEDNESDAY + timedelta(days=n), DAYS, WEEKS) for n in range(14)]
    assert {each.count for each in found} <= {7, 8} and all(each.week in (0, 1) for each in found)
    assert [a.day - b.day for a, b in pairwise(found)].count(-6) == 2


def test_what_is_published_is_expected_and_its_weeks_err_as_it_does() -> None:
    """Days of a gamma distribution with shape 1, whose median is 69 % of the mean."""
    values = np.random.default_rng(21).gamma(1.0, 100.0, 500)
    told = forecast_series(History(values, 7), 28, members=FAST)
    kept = draft_of(told, None, 7)
    whole = sum(kept["value"])
    assert whole == pytest.approx(told.periods["expected"].sum(), rel=1e-6)
    assert whole > 1.1 * told.periods["value"].sum()
    assert all(low <= value <= high for low, value, high in
               zip(kept["low_80"], kept["value"], kept["high_80"], strict=True))  # fmt: skip
    past = told.past.told[told.past.names.index(told.member)]
    wrong = past * whole / told.periods["value"].sum() - told.past.actual
    weeks = wrong.reshape(len(wrong), 4, 7).sum(axis=2)
    assert kept[ERROR_OF_WEEK] == pytest.approx((weeks**2).mean(), rel=1e-6)
    far = replace(told, periods=told.periods.assign(expected=2 * told.periods["high_80"]))
    assert draft_of(far, None, 7)["value"] == kept["high_80"]
