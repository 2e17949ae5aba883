"""Elasticities, uplifts and their errors on made-up worlds whose truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats

from dashboard.analytics.forecasting import History, forecast_many, simulate_paths
from dashboard.analytics.what_if.baseline import Baseline, Draws, draw_normals
from dashboard.analytics.what_if.elasticity import (
    ASSUMED,
    PLACEBO_LIMIT,
    draw_assumed,
    estimate_elasticities,
    shrink_elasticities,
)
from dashboard.analytics.what_if.levers import Levers
from dashboard.analytics.what_if.promotions import estimate_promotions, uplift_of
from dashboard.analytics.what_if.regression import fit_demand, fit_plain, fit_with_memory
from dashboard.analytics.what_if.shrinking import pool
from dashboard.analytics.what_if.simulation import simulate
from tests.what_if_worlds import Market, panel_of, within

SIMULATIONS = 160
HORIZON, PATHS = 8, 400


def test_the_range_of_a_difference_covers_the_truth() -> None:
    """160 worlds; a price 10 % higher for eight weeks; the true difference is that of the demand
    that came, at the true elasticity. The baseline is the product's own forecast."""
    chance = np.random.default_rng(3)
    worlds = [Market().draw(chance, HORIZON) for _ in range(SIMULATIONS)]
    known = [world[: Market.weeks] for world in worlds]
    histories = [History(past["sold"].to_numpy(), 52, step="week") for past in known]
    forecasts = forecast_many(histories, HORIZON, members=("theta", "damped"))
    hits = []
    for number, (world, past, forecast) in enumerate(zip(worlds, known, forecasts, strict=True)):
        price = float(past["price"].iloc[-1])
        estimate = estimate_elasticities(past).iloc[0]
        normal = draw_normals(PATHS, number, "own")
        elasticity = estimate["own"] + estimate["own_error"] * normal["own"]
        outcome = simulate(
            _one_product(simulate_paths(forecast, PATHS, number)[:, None, :], price),
            _draws(elasticity[:, None]),
            Levers(price_change=0.1),
        )
        coming = world["expected"].to_numpy()[Market.weeks :].sum()
        truth = {
            "units": coming * (1.1**-2 - 1),
            "revenue": coming * price * (1.1**-1 - 1),
            "margin": coming * ((1.1 * price - 60) * 1.1**-2 - (price - 60)),
        }
        hits.append([_holds(outcome.difference(name), truth[name]) for name in truth])
    low, high = within(SIMULATIONS)
    for name, share in zip(("units", "revenue", "margin"), np.mean(hits, axis=0), strict=True):
        assert low <= share <= high, (name, share)


@pytest.mark.parametrize(("level", "weeks"), [(120.0, 104), (3.0, 156)])
def test_an_elasticity_lies_in_its_interval(level: float, weeks: int) -> None:
    """Of products that sell by the hundred, and of those with weeks without a sale."""
    chance = np.random.default_rng(11)
    panel = panel_of(dict.fromkeys(range(120), (1, -1.5)), chance, level=level, weeks=weeks)
    found = estimate_elasticities(panel)
    reach = stats.t.ppf(0.9, found["freedom"]) * found["own_error"]
    low, high = within(len(found))
    assert low <= (np.abs(found["own"] + 1.5) < reach).mean() <= high
    assert abs(found["own"].mean() + 1.5) < 4 * found["own"].std() / np.sqrt(len(found))


def test_shrinking_brings_estimates_nearer_to_the_truth() -> None:
    chance = np.random.default_rng(5)
    truth = {number: -2.0 + 0.3 * float(chance.normal()) for number in range(30)}
    products = {number: (number % 2 + 1, value) for number, value in truth.items()}
    found = shrink_elasticities(estimate_elasticities(panel_of(products, chance, level=6.0)))
    known = found["product_id"].map(truth)
    plain = np.sqrt(((found["own"] - known) ** 2).mean())
    shrunk = np.sqrt(((found["elasticity"] - known) ** 2).mean())
    assert shrunk < 0.75 * plain
    error = np.hypot(found["error"], found["shared_error"])
    low, high = within(len(found))
    assert low <= (np.abs(found["elasticity"] - known) < 1.2816 * error).mean() <= high + 0.03
    is_own = found["own_weight"] >= 0.5
    assert ((found["origin"] == "estimated") == is_own).all() and not is_own.all()


def test_a_product_without_price_moves_has_its_category() -> None:
    chance = np.random.default_rng(6)
    panel = panel_of(dict.fromkeys(range(8), (1, -2.0)), chance)
    panel.loc[panel["product_id"] == 0, "price"] = 100.0
    found = shrink_elasticities(estimate_elasticities(panel)).set_index("product_id")
    assert np.isnan(found.loc[0, "own"]) and found.loc[0, "moves"] == 0
    assert found.loc[0, "origin"] == "shrunk" and found.loc[0, "own_weight"] == 0
    assert abs(found.loc[0, "elasticity"] + 2.0) < 0.4
    assert found.loc[0, "error"] >= found.loc[1:, "error"].max()  # no surer than the others


def test_nothing_known_is_called_assumed() -> None:
    chance = np.random.default_rng(7)
    panel = panel_of({1: (1, -2.0)}, chance).assign(price=100.0)
    found = shrink_elasticities(estimate_elasticities(panel)).iloc[0]
    assert found["origin"] == "assumed" and found["elasticity"] == ASSUMED
    draws = draw_assumed(2_000, seed=1)
    assert draws.min() >= -6 and draws.max() <= 0
    nothing = shrink_elasticities(estimate_elasticities(panel.iloc[:0]))
    assert len(nothing) == 0 and "elasticity" in nothing


def test_prices_that_follow_demand_raise_the_placebo() -> None:
    """The manager raises the price in the week after demand was high."""
    chance = np.random.default_rng(8)
    warned = {}
    for follows in (0.0, 0.3):
        panel = panel_of({n: (n, -2.0) for n in range(80)}, chance, follows=follows)
        found = estimate_elasticities(panel)
        warned[follows] = (found["placebo"] / found["placebo_error"] > PLACEBO_LIMIT).mean()
    assert warned[0.3] >= 0.8
    assert warned[0.0] <= 0.15


def test_the_placebo_of_a_category_warns_for_all_its_products() -> None:
    chance = np.random.default_rng(9)
    honest = panel_of(dict.fromkeys(range(10), (1, -2.0)), chance)
    following = panel_of(dict.fromkeys(range(10, 20), (2, -2.0)), chance, follows=0.3)
    found = shrink_elasticities(estimate_elasticities(pd.concat([honest, following])))
    by_category = found.groupby("category_id")["is_placebo"].mean()
    assert by_category[2] == 1.0 and by_category[1] < 0.5


def test_promotions_and_what_follows_are_recovered() -> None:
    """Three categories, 24 promotions each; the uplift is 1.15 + 4 × the discount, and the week
    after sells 8 % less."""
    chance = np.random.default_rng(10)
    days, campaigns = _promoted(chance)
    found = estimate_promotions(days, campaigns)
    truth = np.log(1.15 + 4 * found.effects["discount_rate"])
    inside = np.abs(found.effects["effect"] - truth) < 1.2816 * found.effects["error"]
    low, high = within(len(found.effects))
    assert len(found.effects) == 72 and low <= inside.mean() <= high
    for category in (1, 2, 3):
        uplift = uplift_of(found, category)
        assert uplift.origin == "estimated" and (uplift.count, uplift.own) == (72, 24)
        for depth in (0.1, 0.2):
            assert abs(uplift.at(depth) - np.log(1.15 + 4 * depth)) < 2 * uplift.error
        assert abs(uplift.after - np.log(0.92)) < 2.6 * uplift.after_error
    elsewhere = uplift_of(found, 99)
    assert elsewhere.origin == "shrunk" and elsewhere.own == 0
    assert uplift_of(estimate_promotions(days, campaigns.iloc[:0]), 1).origin == "assumed"


def test_plain_errors_are_those_of_statsmodels() -> None:
    chance = np.random.default_rng(12)
    regressors = np.column_stack([np.ones(90), chance.normal(size=(90, 2))])
    outcome = regressors @ [1.0, -2.0, 0.5] + np.cumsum(chance.normal(size=90)) * 0.1
    known = sm.OLS(outcome, regressors).fit(
        cov_type="HAC", cov_kwds={"maxlags": 6, "use_correction": True}
    )
    found = fit_plain(outcome, regressors, 6)
    np.testing.assert_allclose(found.coefficients, known.params, rtol=1e-9)
    np.testing.assert_allclose(found.covariance, known.cov_params(), rtol=1e-9)


def test_with_memory_agrees_with_generalised_least_squares() -> None:
    """At a long history ρ is known, and the errors are those of statsmodels at that ρ."""
    chance = np.random.default_rng(13)
    state = np.zeros(3_000)
    for week in range(1, len(state)):
        state[week] = 0.6 * state[week - 1] + chance.normal()
    regressors = np.column_stack([np.ones(len(state)), chance.normal(size=len(state))])
    outcome = regressors @ [3.0, -1.0] + state
    found = fit_with_memory(outcome, regressors)
    known = sm.GLSAR(outcome, regressors, rho=1).iterative_fit(20)
    assert found.rho == pytest.approx(0.6, abs=0.04)
    assert found.coefficients[1] == pytest.approx(known.params[1], abs=0.005)
    assert found.error(1) == pytest.approx(known.bse[1], rel=0.03)


def test_without_memory_demand_is_a_poisson_regression() -> None:
    chance = np.random.default_rng(14)
    regressors = np.column_stack([np.ones(400), chance.normal(size=400)])
    sold = chance.poisson(np.exp(regressors @ [0.3, -0.8])).astype(float)
    known = sm.GLM(sold, regressors, family=sm.families.Poisson()).fit()
    found = fit_demand(sold, regressors)
    assert found.coefficients == pytest.approx(known.params, abs=0.01)
    assert found.error(1) == pytest.approx(known.bse[1], rel=0.2)
    with pytest.raises(ValueError, match="the same"):
        fit_demand(sold, np.column_stack([regressors, regressors[:, 1]]))
    with pytest.raises(ValueError, match="nothing was sold"):
        fit_demand(np.zeros(400), regressors)


def test_the_spread_of_the_truths_is_found() -> None:
    chance = np.random.default_rng(15)
    error = chance.uniform(0.1, 0.3, 400)
    pooled = pool(-2 + 0.4 * chance.normal(size=400) + error * chance.normal(size=400), error)
    assert pooled.mean == pytest.approx(-2, abs=0.08)
    assert pooled.spread == pytest.approx(0.4, abs=0.06)


def _holds(interval: tuple[float, float, float], value: float) -> bool:
    return interval[0] <= value <= interval[2]


def _one_product(paths: np.ndarray, price: float) -> Baseline:
    return Baseline(paths, np.array([1]), np.array([1]), np.array([price]), np.array([60.0]))


def _draws(elasticity: np.ndarray) -> Draws:
    zeros = np.zeros((PATHS, 1))
    return Draws(elasticity, zeros, zeros, 0.0, 0.0, np.zeros((PATHS, HORIZON)), np.zeros(PATHS))


def _promoted(chance: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    day = np.arange(3 * 365)
    sales, campaigns = [], []
    for category in (1, 2, 3):
        logs = 0.2 * np.sin(2 * np.pi * day / 365.25 + category) + 0.1 * (day % 7 == 5)
        for place, first in enumerate(range(20 + 9 * category, 3 * 365 - 20, 44)):
            last = first + int(chance.integers(7, 15)) - 1
            depth = float(chance.choice([0.08, 0.1, 0.15, 0.2]))
            logs[first : last + 1] += np.log(1.15 + 4 * depth)
            logs[last + 1 : last + 8] += np.log(0.92)
            campaigns.append((100 * category + place, category, first, last, depth))
        sold = chance.poisson(20 * np.exp(logs + chance.normal(0, 0.1, len(day))))
        sales.append(
            pd.DataFrame({"category_id": category, "day": day, "weekday": day % 7,
                          "sold": sold.astype(float), "price": 100.0, "others": 0.0})
        )  # fmt: skip
    columns = ["campaign_id", "category_id", "first", "last", "discount_rate"]
    return pd.concat(sales), pd.DataFrame(campaigns, columns=columns).astype({"category_id": float})
