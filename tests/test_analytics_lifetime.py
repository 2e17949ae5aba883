"""The buying models and the silence score: on CDNOW as published, on data made by known models, and
on data that teach nothing."""

from __future__ import annotations

import doctest
import json
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import hyp2f1

from dashboard.analytics import (
    lifetime,
    lifetime_geometric,
    lifetime_pareto,
    prediction,
    purchases,
    scoring,
    silence,
    silence_trust,
    spending,
)
from dashboard.analytics.lifetime import (
    BuyingModel,
    chance_of_silence,
    chance_to_be_active,
    choose_buying,
    expect_orders,
    fit_buying,
)
from dashboard.analytics.lifetime_evaluation import evaluate_lifetime
from dashboard.analytics.prediction import predict_value
from dashboard.analytics.purchases import (
    clean_orders,
    measure_regularity,
    summarise_days,
    summarise_purchases,
)
from dashboard.analytics.scoring import DRIVERS, HORIZONS, score_customers
from dashboard.analytics.silence import History, SilenceScore, learn_silence, score_silence
from dashboard.analytics.silence_trust import area_under_curve, compare, judge_silence
from dashboard.analytics.spending import expect_spend, fit_spending
from data_access.demo import Plan
from data_access.demo.building import make_demo

END = date(1997, 9, 30)  # of the 39 weeks of calibration
LAST = date(2025, 12, 28)


@cache
def cdnow() -> pd.DataFrame:
    """Every order of 2,357 customers of CDNOW: one in ten who first bought early in 1997."""
    text = files("lifetimes.datasets").joinpath("CDNOW_sample.txt").read_text("utf-8")
    rows = [line.split() for line in text.splitlines()]
    return pd.DataFrame(
        {
            "customer_id": [row[1] for row in rows],
            "ordered_on": pd.to_datetime([row[2] for row in rows]),
            "value": [float(row[4]) for row in rows],
        }
    )


@cache
def regular_orders(stages: int, customers: int = 1500) -> pd.DataFrame:
    """Two years of customers who buy and stop as the MBG/CNBD-k has it: r 1.3, alpha 2.8, a 0.43,
    b 0.8, in weeks; each order is worth a Gamma-Gamma amount of p 6, q 4, v 15."""
    chance = np.random.default_rng(stages)
    rate, drop = chance.gamma(1.3, 1 / 2.8, customers), chance.beta(0.43, 0.8, customers)
    scale = chance.gamma(4.0, 1 / 15.0, customers)
    at = chance.uniform(0, 52, customers)
    who, when = [np.arange(customers)], [at]
    stays = np.ones(customers, dtype=bool)
    while stays.any():
        stays &= chance.random(customers) > drop
        at = at + chance.gamma(stages, 1 / rate)
        stays &= at < 104
        who.append(np.flatnonzero(stays))
        when.append(at[stays])
    person, week = np.concatenate(who), np.concatenate(when)
    day = np.datetime64("2024-01-01") + np.floor(week * 7).astype(np.int64)
    value = chance.gamma(6.0, 1 / scale[person])
    return pd.DataFrame({"customer_id": person, "ordered_on": day, "value": value})


def of_one(repeats: float, last_age: float, age: float) -> pd.DataFrame:
    row = {"repeats": repeats, "last_age": last_age, "age": age, "log_gaps": 0.0}
    return pd.DataFrame([row])


def model(name: str, *parameters: float, stages: int = 1) -> BuyingModel:
    return BuyingModel(name, stages, parameters, 0.0, 100)


MODULES = [lifetime, lifetime_geometric, lifetime_pareto, prediction, purchases, scoring, silence,
           silence_trust, spending]  # fmt: skip


@pytest.mark.parametrize("module", MODULES)
def test_the_examples_in_the_docstrings_hold(module: ModuleType) -> None:
    assert not doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE).failed


@pytest.mark.parametrize(
    ("name", "published", "likelihood"),
    [  # Fader, Hardie and Lee (2005), and the tests of the R package CLVTools
        ("bg_nbd", (0.24259, 4.4135, 0.7929, 2.4258), -9582.43),
        ("pareto_nbd", (0.553, 10.578, 0.606, 11.669), -9595.0),
    ],
)
def test_the_fit_to_cdnow_is_the_published_one(
    name: str, published: tuple[float, ...], likelihood: float
) -> None:
    found = fit_buying(name, summarise_purchases(cdnow(), END))
    assert found.parameters == pytest.approx(published, rel=0.005)
    within = 0.01 if name == "bg_nbd" else 0.05  # as many digits as were published
    assert found.log_likelihood == pytest.approx(likelihood, abs=within)


def test_the_spend_per_order_on_cdnow_is_the_published_one() -> None:
    summary = summarise_purchases(cdnow(), END)
    found = fit_spending(summary["repeats"].to_numpy(), summary["repeat_mean"].to_numpy())
    assert (found.p, found.q, found.v) == pytest.approx((6.25, 3.74, 15.45), rel=0.005)
    assert found.customers == 946


@pytest.mark.parametrize("stages", [1, 2, 3])
def test_the_regularity_of_made_orders_is_found(stages: int) -> None:
    days = clean_orders(regular_orders(stages), LAST)
    found = choose_buying(summarise_days(days, LAST))
    assert (found.name, found.stages) == ("mbg_cnbd" if stages > 1 else "mbg_nbd", stages)
    assert found.parameters == pytest.approx((1.3, 2.8, 0.43, 0.8), rel=0.2)
    assert measure_regularity(days) == pytest.approx(stages, rel=0.35)


@pytest.mark.parametrize("repeats", [(0, 0.0), (1, 3.0), (9, 30.0), (60, 38.5)])
@pytest.mark.parametrize(
    "fitted",
    [
        model("bg_nbd", 0.24, 4.41, 0.79, 2.43),
        model("mbg_nbd", 0.52, 6.18, 0.89, 1.61),
        model("mbg_cnbd", 1.3, 2.8, 0.43, 0.8, stages=3),
    ],
    ids=lambda each: each.name,
)
def test_silence_and_expected_orders_follow_from_one_another(
    fitted: BuyingModel, repeats: tuple[float, float]
) -> None:
    """The ratio of likelihoods, and the chance of at least one order summed tick by tick."""
    customer = of_one(*repeats, 39.0)
    soon = 1e-3
    rate = (expect_orders(fitted, customer, 39 + soon) - expect_orders(fitted, customer, 39)) / soon
    assert rate[0] > 0
    chance = np.random.default_rng(1).random((1, 40_000))
    mean, drawn = lifetime.draw_orders(fitted, customer, 39.0, chance)
    assert mean[0] == expect_orders(fitted, customer, 39.0)[0]
    assert drawn.mean() == pytest.approx(mean[0], rel=0.05)
    silent = chance_of_silence(fitted, customer, 39.0)[0]
    assert (drawn == 0).mean() == pytest.approx(silent, abs=0.01)


def test_expected_orders_are_those_of_the_published_formula() -> None:
    """Fader, Hardie and Lee (2005), equation 10, for BG/NBD."""
    r, alpha, a, b = 0.243, 4.414, 0.793, 2.426
    x, t, age, weeks = 2, 30.43, 38.86, 39.0
    risen = hyp2f1(r + x, b + x, a + b + x - 1, weeks / (alpha + age + weeks))
    grown = 1 - ((alpha + age) / (alpha + age + weeks)) ** (r + x) * risen
    stopped = a / (b + x - 1) * ((alpha + age) / (alpha + t)) ** (r + x)
    published = (a + b + x - 1) / (a - 1) * grown / (1 + stopped)
    fitted = model("bg_nbd", r, alpha, a, b)
    assert expect_orders(fitted, of_one(x, t, age), weeks)[0] == pytest.approx(published)
    assert chance_to_be_active(fitted, of_one(x, t, age))[0] == pytest.approx(1 / (1 + stopped))
    assert chance_to_be_active(fitted, of_one(0, 0, age))[0] == 1


@pytest.mark.parametrize("beta", [4.0, 11.669, 30.0])
def test_the_pareto_likelihood_is_that_of_the_published_formula(beta: float) -> None:
    """Schmittlein, Morrison and Colombo (1987), with hypergeometric functions."""
    r, alpha, s, x, t, age = 0.553, 10.578, 0.606, 7, 20.0, 38.0
    most, power = max(alpha, beta), s + 1 if alpha >= beta else r + x

    def part(at: float) -> float:
        risen = hyp2f1(r + s + x, power, r + s + x + 1, abs(alpha - beta) / (most + at))
        return float(risen / (most + at) ** (r + s + x))

    rates = np.prod([r + each for each in range(x)]) * alpha**r * beta**s
    still = 1 / ((alpha + age) ** (r + x) * (beta + age) ** s)
    published = rates * (still + s / (r + s + x) * (part(t) - part(age)))
    now = lifetime_pareto.stand(np.array([r, alpha, s, beta]), *np.array([[x], [t], [age]]))
    assert now.log_likelihood[0] == pytest.approx(np.log(published))


@pytest.mark.parametrize(
    ("name", "stages"), [("bg_nbd", 1), ("mbg_nbd", 1), ("mbg_cnbd", 3), ("pareto_nbd", 1)]
)
def test_slopes_are_those_of_the_likelihood(name: str, stages: int) -> None:
    rows = np.array([[0, 0, 5.0], [1, 4.0, 9.0], [30, 50.0, 50.0], [3, 2.0, 60.0]]).T
    here = np.log([0.7, 5.0, 0.6, 3.0])

    def total(logs: np.ndarray) -> float:
        return float(lifetime._stand_by(name, stages, np.exp(logs), *rows).log_likelihood.sum())

    slope = lifetime._stand_by(name, stages, np.exp(here), *rows).slope.sum(axis=0)
    for place, step in enumerate(np.eye(4) * 1e-5):
        measured = (total(here + step) - total(here - step)) / 2e-5
        assert slope[place] == pytest.approx(measured, rel=1e-4)


@pytest.mark.parametrize(
    ("weeks", "auc", "brier", "ece", "bias"),
    [(39, 0.771, 0.158, 0.04, 0.12), (13, 0.79, 0.112, 0.025, 0.16)],
)
def test_silence_on_cdnow_is_told_better_than_by_recency(
    weeks: int, auc: float, brier: float, ece: float, bias: float
) -> None:
    days = clean_orders(cdnow(), date(1998, 6, 30))
    told = judge_silence(History(days), END, weeks * 7, seed=1)
    assert told is not None and told["is_stacked"]
    score, rule = told["scores"]["score"], told["scores"]["recency"]
    assert score["auc"] >= max(auc, rule["auc"])
    assert score["brier"] <= brier < rule["brier"]
    assert score["ece"] <= ece < rule["ece"]
    gap = told["differences"]["score_minus_recency"]["brier"]
    assert gap["low"] < gap["value"] < gap["high"] < 0
    assert abs(told["bias"]) <= bias
    assert sum(each["predictions"] for each in told["bins"]) == told["customers"] == 2357


def test_a_year_of_a_growing_company_is_told_no_worse_than_by_the_model_alone() -> None:
    """What a year ago was a year's silence, of a company half as old, must not be learnt from."""
    day = date(2026, 11, 23)
    table = make_demo(Plan(orders=10_000, seed=7, as_of=day)).tables["orders"]
    columns = {"customer_id": "customer_id", "ordered_on": "ordered_on", "net_sales": "value"}
    bought = pd.DataFrame({name: list(table[column]) for column, name in columns.items()})
    history = History(clean_orders(bought[np.array(table["stage"]) != "cancelled"], day))
    told = judge_silence(history, day - timedelta(days=365), 365, seed=1)
    assert told is not None and told["is_stacked"] and told["label_days"] == 140
    score, model = told["scores"]["score"], told["scores"]["model"]
    assert score["brier"] < model["brier"] + 0.005 and score["ece"] < model["ece"] + 0.01


def test_who_is_silent_for_good_is_told_from_who_still_buys() -> None:
    """Of the demo company, where it is known; better than by the time since the last order."""
    day = date(2026, 11, 23)
    demo = make_demo(Plan(orders=10_000, seed=7, as_of=day))
    columns = {"customer_id": "customer_id", "ordered_on": "ordered_on", "net_sales": "value"}
    table = demo.tables["orders"]
    bought = pd.DataFrame({name: list(table[column]) for column, name in columns.items()})
    history = History(clean_orders(bought[np.array(table["stage"]) != "cancelled"], day))
    summary, _model = history.at(day)
    chance = score_silence(learn_silence(history, day, 90), summary, 90)
    since = (summary["age"] - summary["last_age"]).to_numpy()
    planted = demo.truth["customers"]
    silent = summary["customer_id"].isin(planted["churned_on"]).to_numpy()
    buying = summary["customer_id"].isin(planted["mean_gap_days"]).to_numpy() & ~silent
    assert silent.sum() > 150 and buying.sum() > 400
    told, by_recency = (
        area_under_curve(each[silent | buying], silent[silent | buying]) for each in (chance, since)
    )
    assert told is not None and by_recency is not None and told > max(0.95, by_recency + 0.01)
    assert chance[silent].mean() > 0.85 > 0.55 > chance[buying].mean()


def test_what_was_told_knew_nothing_of_the_days_after() -> None:
    days = clean_orders(regular_orders(2), LAST)
    cut = date(2025, 6, 1)
    known = days[days["day"] <= int(np.datetime64(cut).astype(int))]
    assert learn_silence(History(days), cut, 90) == learn_silence(History(known), cut, 90)


def test_a_comparison_of_the_same_has_no_difference() -> None:
    chance = np.random.default_rng(3).random(200)
    happened = chance > 0.4
    assert compare(chance, chance, happened, seed=1)["auc"] == {"value": 0, "low": 0, "high": 0}
    nobody = compare(chance, chance, np.zeros(200, dtype=bool), seed=1)["auc"]
    assert nobody == {"value": None, "low": None, "high": None}


def test_four_in_five_customers_bring_what_their_interval_says() -> None:
    orders = regular_orders(2)
    cut = date(2025, 6, 1)
    days = clean_orders(orders, LAST)
    found = evaluate_lifetime(days, cut, 180, seed=1)
    assert found["value"]["coverage"] >= 0.78
    assert found["value"]["low"] < found["value"]["actual"] < found["value"]["high"]
    assert abs(found["silence"]["bias"]) < 0.1
    assert found["silence"]["scores"]["score"]["ece"] < 0.03
    assert [each["is_chosen"] for each in found["models"]] == [False, False, False, True]
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_one_order_says_something_of_what_the_next_is_worth() -> None:
    summary = summarise_purchases(regular_orders(1), LAST)
    found = fit_spending(summary["valued"].to_numpy(), summary["mean_value"].to_numpy())
    assert (found.p, found.q, found.v) == pytest.approx((6, 4, 15), rel=0.15)
    next_order = expect_spend(found, np.array([0, 1, 1, 50]), np.array([0.0, 10.0, 90.0, 90.0]))
    assert 10 < next_order[1] < next_order[0] < next_order[2] < next_order[3] < 90


@cache
def scored() -> tuple[pd.DataFrame, dict[str, Any]]:
    return score_customers(regular_orders(2, 600), LAST, seed=7)


def test_scores_are_whole_and_told_alike_each_time() -> None:
    orders = regular_orders(2, 600)
    scores, facts = scored()
    again, _facts = score_customers(orders.sample(frac=1, random_state=1), LAST, seed=7)
    pd.testing.assert_frame_equal(scores, again)
    assert len(scores) == orders["customer_id"].nunique() == facts["customers"]
    assert scores["silent_30"].ge(scores["silent_90"]).all()
    assert scores["silent_90"].ge(scores["silent_180"]).all()
    assert scores["predicted_low"].le(scores["predicted_high"]).all()
    assert scores.drop(columns=["usual_gap_days"]).notna().all(axis=None)
    said = {code for codes in scores["drivers"] for code in codes.split(",") if code}
    assert said <= set(DRIVERS) and {"long_silent", "overdue"} <= said
    assert set(facts["evaluation"]) == {str(days) for days in HORIZONS}
    assert sum(each["customers"] for each in facts["cohorts"]) == len(scores)
    for each in (*facts["cohorts"], facts["predicted"]):
        assert each["predicted_low"] < each["predicted_value"] < each["predicted_high"]
    assert facts["predicted"]["predicted_value"] == pytest.approx(
        scores["predicted_value_12m"].sum()
    )
    json.dumps(facts, allow_nan=False)


def test_a_score_is_the_chance_of_the_model_moved_by_what_was_learnt() -> None:
    """Who was silent for longer is likelier silent, whatever the model makes of it."""
    fitted = model("bg_nbd", 0.24, 4.41, 0.79, 2.43)
    customers = pd.concat([of_one(0, 0.0, 20.0), of_one(3, 12.0, 20.0)], ignore_index=True)
    weights = (0.3, 0.9, -0.4, 0.7, -0.2)
    silent = chance_of_silence(fitted, customers, 13.0)
    odds = 0.3 + 0.9 * np.log((1 - silent) / silent)
    odds += -0.4 * np.log1p([140.0, 56.0]) + 0.7 * np.log1p([0, 3]) - 0.2 * np.array([0, 1])
    told = score_silence(SilenceScore(fitted, weights, learnt_from=100), customers, 91)
    assert told == pytest.approx(1 / (1 + np.exp(odds)))


def test_expected_orders_are_set_right_half_of_the_way() -> None:
    """150 and 50 orders more than the usual 20 of doubt: 170 ÷ 120, and its square root."""
    factor, error = silence._set_right([150.0], [100.0], 90)
    assert factor == pytest.approx(np.sqrt(170 / 120))
    assert error == pytest.approx(np.log(170 / 120))
    assert silence._set_right([1000.0], [100.0], 90)[0] == 1.5
    assert silence._set_right([150.0], [100.0], 30)[0] == 1.0  # it may be a season


def test_expected_orders_are_set_right_by_what_was_seen_before() -> None:
    scores, facts = scored()
    found, orders = facts["model"], regular_orders(2, 600)
    fitted = model(found["name"], *found["parameters"].values(), stages=found["stages"])
    by_model = expect_orders(fitted, summarise_purchases(orders, LAST), 365 / 7).sum()
    factor = scores["expected_orders_12m"].sum() / by_model
    assert factor == pytest.approx(facts["order_factor"]) and abs(factor - 1) > 0.001


def test_who_is_overdue_has_most_at_risk() -> None:
    """Two customers who bought alike every other week, one of whom has been silent for 90 days."""

    def fortnightly(customer: int, until: str) -> pd.DataFrame:
        return pd.DataFrame(
            {"customer_id": customer, "value": 100.0,
             "ordered_on": pd.date_range("2025-01-01", until, freq="14D")}
        )  # fmt: skip

    ours = [fortnightly(9001, "2025-12-28"), fortnightly(9002, "2025-09-28")]
    scores, _facts = score_customers(pd.concat([regular_orders(2, 600), *ours]), LAST, seed=7)
    faithful, lost = (scores.set_index("customer_id").loc[each] for each in (9001, 9002))
    assert lost["silent_90"] > 0.6 > 0.3 > faithful["silent_90"]
    assert lost["value_at_risk_90"] > 2 * faithful["value_at_risk_90"]
    for each, bought in ((faithful, 2600), (lost, 2000)):  # in the 361 days since they began
        usual = bought / 361 * 90
        assert each["value_at_risk_90"] == pytest.approx(each["silent_90"] * usual)
    assert (lost["drivers"], faithful["drivers"]) == ("overdue", "")
    assert lost["usual_gap_days"] == faithful["usual_gap_days"] == 14


NO_ORDERS = pd.DataFrame({"customer_id": [], "ordered_on": [], "value": []})
BAD = {
    "none": NO_ORDERS,
    "one customer": pd.DataFrame({"customer_id": ["a"], "ordered_on": [LAST], "value": [5.0]}),
    "no repeats": pd.DataFrame(
        {"customer_id": range(300), "value": 5.0,
         "ordered_on": pd.date_range("2025-01-01", periods=300)}
    ),
    "all on one day": pd.DataFrame(
        {"customer_id": [each % 50 for each in range(300)], "ordered_on": LAST, "value": 5.0}
    ),
    "daily, the same": pd.DataFrame(
        {"customer_id": [each % 30 for each in range(900)], "value": 7.0,
         "ordered_on": [pd.Timestamp("2025-10-01") + pd.Timedelta(days=each // 30)
                        for each in range(900)]}
    ),
    "nothing of worth": regular_orders(1, 80).assign(value=0.0),
    "returns only": regular_orders(1, 80).assign(value=-3.0),
    "gaps": pd.DataFrame(
        {"customer_id": ["a", None, "b", "b", "c"], "value": [1.0, 2.0, np.nan, np.inf, None],
         "ordered_on": ["2025-01-01", "2025-01-02", None, "2025-03-01", "2027-01-01"]}
    ),
}  # fmt: skip


@pytest.mark.parametrize("orders", BAD.values(), ids=BAD.keys())
def test_orders_that_teach_nothing_still_give_chances(orders: pd.DataFrame) -> None:
    scores, facts = score_customers(orders, LAST, seed=1)
    known = summarise_purchases(orders, LAST)
    assert scores["customer_id"].tolist() == known["customer_id"].tolist()
    numbers = scores.drop(columns=["customer_id", "usual_gap_days", "drivers"]).astype(float)
    assert np.isfinite(numbers.to_numpy()).all()
    assert numbers.filter(like="silent").stack().between(0, 1).all()
    json.dumps(facts, allow_nan=False)


def test_an_empty_summary_has_its_columns_and_no_prediction() -> None:
    summary = summarise_purchases(NO_ORDERS, LAST)
    assert {"repeats", "last_age", "age", "mean_value"} <= set(summary)
    found = fit_buying("bg_nbd", summary)
    assert not found.is_fitted and not len(expect_orders(found, summary, 52))
    nothing = predict_value(found, fit_spending(np.zeros(0), np.zeros(0)), summary, 52, seed=1)
    assert nothing.total["predicted_value"] == 0 and not len(nothing.cohorts)
