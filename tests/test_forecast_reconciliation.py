"""Shares add up to the hundredth whatever they are of; ranges grow and shrink with their values;
and thin days come of weeks."""

from __future__ import annotations

import doctest
import json
import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import forecast_reconciliation
from dashboard.analytics import forecast_seasons, forecast_sums, thin_demand
from dashboard.analytics.forecast_seasons import season_effects
from dashboard.analytics.forecast_sums import (
    in_hundredths,
    reconcile_bounds,
    share_errors,
    share_out,
)
from dashboard.analytics.forecasting import FAST, NAIVE, History
from dashboard.analytics.thin_demand import is_thin, spread_of_days, weekday_shares
from dashboard.forecast_reconciliation import reconcile
from dashboard.forecast_rows import accuracy_of
from dashboard.forecast_tasks import (
    BOUNDS,
    BY_WEEKS,
    Series,
    Task,
    draft_by_weeks,
    plain_draft,
    work_out,
)
from tests.scoping import HOW

amounts = st.floats(0, 1e8, allow_nan=False).map(lambda value: round(value, 4))
signed = st.floats(-1e8, 1e8, allow_nan=False).map(lambda value: round(value, 4))


def test_the_examples_hold() -> None:
    for module in (forecast_seasons, forecast_sums, thin_demand):
        assert doctest.testmod(module).failed == 0


@HOW
@given(parts=st.lists(st.lists(amounts, min_size=3, max_size=3), min_size=1, max_size=12),
       total=st.lists(amounts, min_size=3, max_size=3))  # fmt: skip
def test_sales_are_shared_out_to_the_last_hundredth(
    parts: list[list[float]], total: list[float]
) -> None:
    whole = in_hundredths(np.array(total))
    shared = share_out(np.array(parts), whole)
    assert shared.sum(axis=0).tolist() == whole.tolist()
    assert (shared >= 0).all()
    own = np.array(parts)
    wanted = own / np.where(own.sum(axis=0) > 0, own.sum(axis=0), 1) * whole
    near = np.abs(shared - wanted) <= 1 + 1e-6 * whole
    assert near[:, own.sum(axis=0) > 0].all()


@HOW
@given(parts=st.lists(st.lists(signed, min_size=3, max_size=3), min_size=1, max_size=12),
       total=st.lists(signed, min_size=3, max_size=3))  # fmt: skip
def test_margins_add_up_too(parts: list[list[float]], total: list[float]) -> None:
    whole = in_hundredths(np.array(total))
    assert share_out(np.array(parts), whole).sum(axis=0).tolist() == whole.tolist()


def test_many_products_are_forecast_by_day_for_the_company_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def draft(value: float) -> dict[str, object]:
        told = {name: [value] for name in ("value", "naive", *BOUNDS)}
        return {**told, "member": NAIVE, "notes": [], "accuracy": [], "components": None}

    drafts = {
        Series("units", grain, *where, *part): draft(value)
        for grain in ("day", "week")
        for where, part, value in (
            (("company", 0), ("total", ""), 10.0),
            (("region", 1), ("total", ""), 6.0),
            (("region", 2), ("total", ""), 6.0),
            (("company", 0), ("product", "7"), 3.0),
            (("company", 0), ("product", "8"), 1.0),
        )
    }
    shares = {"units": {"7": {1: 0.5, 2: 0.5}, "8": {1: 1.0, 2: 0.0}}}

    def products() -> dict[tuple[str, str, int, str], float]:
        return {
            (each.series.grain, each.series.level, each.series.region_id, each.series.part): float(
                each.value[0]
            )
            for each in reconcile(drafts, shares, date(2026, 11, 25))
            if each.series.split == "product"
        }

    by_region = {("region", 1, "7"): 3.0, ("region", 1, "8"): 2.0, ("region", 2, "7"): 5.0,
                 ("region", 2, "8"): 0.0, ("company", 0, "7"): 8.0,
                 ("company", 0, "8"): 2.0}  # fmt: skip
    whole = {(grain, *key): value for grain in ("day", "week") for key, value in by_region.items()}
    assert products() == whole
    monkeypatch.setattr(forecast_reconciliation, "MOST_BY_REGION", 3)
    weekly = {key: value for key, value in whole.items() if key[0] == "week"}
    assert products() == {
        **weekly, ("day", "company", 0, "7"): 7.5, ("day", "company", 0, "8"): 2.5
    }  # fmt: skip


def test_the_months_of_a_year_are_told_by_their_mean() -> None:
    months = pd.to_datetime(["2025-01-01", "2025-12-01", "2026-01-01"])
    found = season_effects(pd.DataFrame({"period_on": months, "value": [1.5, 0.5, 1.0]}), "year")
    assert found.values.tolist() == [[1, 0.25], [12, -0.5]]


def test_where_all_parts_are_nothing_the_weights_tell() -> None:
    nothing = np.zeros((2, 1))
    assert share_out(nothing, np.array([300]), np.array([2.0, 1.0])).ravel().tolist() == [200, 100]
    assert share_out(nothing, np.array([301])).ravel().tolist() == [151, 150]
    assert share_out(np.zeros((0, 2)), np.array([1, 2])).shape == (0, 2)


def test_a_range_keeps_its_proportion_and_a_margin_s_its_width() -> None:
    bounds, value = np.array([[8.0], [12.0], [5.0], [15.0]]), np.array([10.0])
    half = reconcile_bounds(bounds, value, np.array([5.0]), may_be_negative=False)
    assert half.ravel().tolist() == [4.0, 6.0, 2.5, 7.5]
    moved = reconcile_bounds(bounds, value, np.array([-1.0]), may_be_negative=True)
    assert moved.ravel().tolist() == [-3.0, 1.0, -6.0, 4.0]
    of_nothing = reconcile_bounds(bounds - 10, value * 0, np.array([3.0]), may_be_negative=False)
    assert of_nothing.ravel().tolist() == [1.0, 5.0, 0.0, 8.0]
    grown = reconcile_bounds(bounds, value, np.array([1_000.0]), may_be_negative=False)
    assert grown.ravel().tolist() == [980.0, 1020.0, 950.0, 1050.0]  # ten times, not a hundred


def test_errors_that_go_together_in_part_give_back_the_company_s_width() -> None:
    regions = np.array([[3.0, 6.0], [4.0, 8.0]])
    shared = share_errors(np.array([37**0.5, 148**0.5]), regions)  # 25 + r 24 = 37
    assert shared == pytest.approx(0.5)
    uneven = np.array([25**0.5, 31**0.5, 49**0.5])  # 0, a quarter, 1
    assert share_errors(uneven, np.array([[3.0] * 3, [4.0] * 3])) == pytest.approx(0.25)
    assert share_errors(np.array([99.0]), np.array([[3.0], [4.0]])) == 1.0
    assert share_errors(np.array([1.0]), np.array([[3.0], [4.0]])) == 0.0
    assert share_errors(np.array([3.0]), np.array([[3.0]])) == 0.0


def task(values: list[float], grain: str = "day", horizon: int = 28, **more: object) -> Task:
    season = {"day": 7, "week": 52}[grain]
    start = date(2026, 8, 31)  # a Monday
    history = History(np.array(values, dtype=float), season, start, grain)  # type: ignore[arg-type]
    series = Series("units", grain, "company", 0, "product", "1")
    return Task(series, history, horizon, FAST, 0.0, 7, **more)  # type: ignore[arg-type]


def test_thin_days_are_the_weeks_by_weekday() -> None:
    """Two units each Wednesday: days say so, although nothing is what most days sell."""
    days = task([0.0, 0, 2, 0, 0, 0, 0] * 12)
    assert is_thin(days.history.values)
    (weeks,) = work_out([task([2.0] * 12, "week", 8)])
    assert weeks.draft is not None
    shares = np.array([0.0, 0, 0.5, 0.5, 0, 0, 0])
    draft = draft_by_weeks(days, weeks.draft, shares)
    assert draft["value"] == [0.0, 0, 1, 1, 0, 0, 0] * 4
    assert draft["naive"] == [0.0, 0, 2, 0, 0, 0, 0] * 4
    assert BY_WEEKS in draft["notes"]
    assert draft["first_on"] == "2026-08-31"
    assert all(
        low <= value <= high
        for low, value, high in zip(draft["low_80"], draft["value"], draft["high_80"], strict=True)
    )
    assert json.loads(json.dumps(draft)) == draft


def test_a_series_is_thin_where_most_days_of_a_year_are_empty() -> None:
    half = np.tile([0.0, 3.0], 182)
    assert not is_thin(half)
    half[1] = 0.0
    assert is_thin(half)
    assert not is_thin(np.append(np.zeros(500), np.tile([0.0, 3.0], 182)))  # long ago
    assert not is_thin(np.zeros(27))


def test_weekdays_are_those_of_the_last_year_whatever_day_it_begins_on() -> None:
    values = np.append(np.full(10, 9.0), np.tile([2.0, 0, 0, 0, 0, 0, 6.0], 52))
    # ten days after a Tuesday it is a Friday
    assert weekday_shares(values, 1).tolist() == [0, 0, 0, 0.75, 0.25, 0, 0]


def test_weeks_that_have_begun_give_their_other_days() -> None:
    days = task([0.0, 0, 2, 0, 0, 0, 0] * 12 + [0.0, 0.0])  # until a Tuesday
    (weeks,) = work_out([task([2.0] * 12, "week", 8)])
    assert weeks.draft is not None
    shares = np.array([0.0, 0, 0.5, 0.5, 0, 0, 0])
    told = draft_by_weeks(days, weeks.draft, shares)["value"]
    assert told[:7] == [1.0, 1, 0, 0, 0, 0, 0]
    assert (days.history.start or date.min) + timedelta(days=len(days.history.values)) == date(
        2026, 11, 25
    )


def test_the_range_of_thin_days_is_that_of_past_days() -> None:
    values = np.array([0.0] * 80 + [10.0] * 20)  # the mean is 2
    bounds = spread_of_days(values, np.array([2.0, 4.0, 0.0]))
    assert bounds[:, 0].tolist() == [0.0, 10.0, 0.0, 10.0]
    assert bounds[:, 1].tolist() == [0.0, 20.0, 0.0, 20.0]
    assert bounds[:, 2].tolist() == [0.0] * 4
    chancy = np.array([0.0] * 99 + [1_000.0])  # nine of ten days lie below the mean
    assert spread_of_days(chancy, np.array([10.0])).ravel().tolist() == [0.0, 10.0, 0.0, 10.0]
    losses = spread_of_days(-chancy, np.array([-10.0]))
    assert losses.ravel().tolist() == [-10.0, 0.0, -10.0, 0.0]


def test_thin_sales_are_never_below_nothing_and_thin_margins_may_be() -> None:
    sales = task([0.0, 0, 2, 0, 0, 0, -1] * 12)
    (weeks,) = work_out([task([1.0] * 12, "week", 8)])
    assert weeks.draft is not None
    shares = np.array([0.0, 0, 1, 0, 0, 0, 0])
    assert min(draft_by_weeks(sales, weeks.draft, shares)["low_95"]) == 0
    margin = replace(sales, floor=-math.inf)
    assert min(draft_by_weeks(margin, weeks.draft, shares)["low_95"]) < 0


def test_what_cannot_be_forecast_is_said_to_go_on_as_it_was() -> None:
    broken = task([1.0, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7], horizon=0)
    (result,) = work_out([broken])
    assert result.draft is None and "horizon" in result.error
    good = task([1.0, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 7], horizon=9)
    draft = plain_draft(good)
    assert (draft["member"], draft["notes"]) == (NAIVE, ["failed"])
    assert draft["value"] == draft["naive"] == [1.0, 2, 3, 4, 5, 6, 7, 1, 2]
    assert accuracy_of(draft) == {}
    returns = plain_draft(task([-7.0] * 14, horizon=1))
    assert (returns["value"], returns["low_95"]) == ([0.0], [0.0])
    assert plain_draft(task([], horizon=2))["value"] == [0.0, 0.0]


def test_one_that_fails_leaves_the_others_of_its_batch() -> None:
    odd = task([1.0] * 30)
    bad = Task(odd.series, History(np.array(["x"] * 9), 7), 28, FAST, 0.0, 7)  # type: ignore[arg-type]
    first, second, third = work_out([odd, bad, odd])
    assert first.draft == third.draft is not None
    assert second.draft is None and second.error.startswith("ValueError")


def test_a_fingerprint_is_of_all_that_a_forecast_rests_on() -> None:
    first = task([1.0, 2.0])
    assert first.fingerprint == task([1.0, 2.0]).fingerprint
    others = [
        task([1.0, 2.5]),
        task([1.0, 2.0], horizon=29),
        Task(first.series, first.history, 28, FAST[:1], 0.0, 7),
        Task(first.series, first.history, 28, FAST, -math.inf, 7),
        Task(first.series, first.history, 28, FAST, 0.0, 8),
        Task(first.series, History(first.history.values, 7, date(2026, 9, 1), "day"), 28, FAST,
             0.0, 7),
    ]  # fmt: skip
    for name in ("Fair", "Fest"):
        calendar = pd.DataFrame({"name": [name], "first_on": ["2026-09-05"]})
        history = replace(first.history, events=calendar)
        others += [replace(first, history=history)]
        assert replace(first, history=history).fingerprint == others[-1].fingerprint
    assert len({first.fingerprint, *(each.fingerprint for each in others)}) == 1 + len(others)
    elsewhere = Task(first.series._replace(part="2"), first.history, 28, FAST, 0.0, 7)
    assert elsewhere.fingerprint == first.fingerprint


def test_drafts_have_the_ranges_and_how_the_models_did() -> None:
    (result,) = work_out([task([float(3 + place % 7) for place in range(200)])])
    assert result.draft is not None
    assert {*BOUNDS, "value", "naive", "member", "notes"} <= result.draft.keys()
    assert accuracy_of(result.draft)["wape"] == pytest.approx(0.0, abs=1e-9)
    assert result.draft["value"] == [float(3 + (200 + place) % 7) for place in range(28)]
