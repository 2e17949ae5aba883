"""When a customer buys again: the posterior by hand, dates and chances that keep what they promise,
and what is not worth a line."""

from __future__ import annotations

import doctest
from datetime import date, timedelta
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import gamma

from dashboard.analytics import calling, customer_features, experiments, rebuying
from dashboard.analytics.rebuying import (
    Bought,
    choose_prior,
    fit_prior,
    predict_rebuys,
    suggest_quantity,
    summarise_pairs,
    tell_pairs,
)

START = date(2025, 1, 1)
CUT = 400  # days after START that are known
PACKS = pd.DataFrame({"product_id": [1], "pack_size": [6], "minimum_order_quantity": [10]})


@pytest.mark.parametrize("module", [rebuying, experiments, calling, customer_features])
def test_the_examples_in_the_docstrings_hold(module: ModuleType) -> None:
    results = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert results.attempted and not results.failed


def simulate(stages: int, seed: int, customers: int = 1_500) -> pd.DataFrame:
    """Customers of one product whose rates are Gamma(4, 100), watched from a day of their own."""
    chance = np.random.default_rng(seed)
    rate = chance.gamma(4, 1 / 100, customers)
    first = chance.uniform(0, CUT - 60, customers)
    gaps = np.maximum(chance.gamma(stages, 1 / rate[:, None], (customers, 80)), 1.0)
    days = np.concatenate((first[:, None], first[:, None] + gaps.cumsum(axis=1)), axis=1)
    found = pd.DataFrame(
        {
            "product_id": 1,
            "customer_id": np.repeat(np.arange(customers), days.shape[1]),
            "day": days.ravel().astype(int),
            "quantity": 3,
        }
    )
    found = found[found["day"] < CUT + 1_500].drop_duplicates(["customer_id", "day"])
    moments = np.datetime64(START) + found["day"].to_numpy().astype("timedelta64[D]")
    return found.assign(ordered_on=moments)


def bought(**values: list[float]) -> Bought:
    rows = {"gaps": [0.0], "total": [0.0], "logs": [0.0], "silent": [0.0]} | values
    return Bought(**{name: np.array(each) for name, each in rows.items()})


def priors(a: float, b: float, stages: int, rows: int = 1) -> pd.DataFrame:
    return pd.DataFrame({"a": [a] * rows, "b": [b] * rows, "stages": [float(stages)] * rows})


def test_the_posterior_by_hand() -> None:
    """Three gaps that sum to 90 days, prior Gamma(2, 60), silent for 15 days."""
    told = tell_pairs(bought(gaps=[3.0], total=[90.0], silent=[15.0]), priors(2, 60, 1))
    assert told["usual_gap_days"][0] == pytest.approx((60 + 90) / (2 + 3 - 1))
    chance = 1 - ((60 + 90 + 15) / (60 + 90 + 15 + 30)) ** (2 + 3)
    assert told["probability_30"][0] == pytest.approx(chance)
    for days, share in (("low_days", 0.1), ("high_days", 0.9)):
        later = 15 + told[days][0]
        assert ((150 + 15) / (150 + later)) ** 5 == pytest.approx(1 - share)


def test_one_purchase_is_told_by_the_others_and_many_tell_themselves() -> None:
    told = tell_pairs(
        bought(gaps=[0.0, 40.0], total=[0.0, 400.0], logs=[0.0, 0.0], silent=[0.0, 0.0]),
        priors(3, 120, 1, rows=2),
    )
    assert told["usual_gap_days"] == pytest.approx([120 / 2, 520 / 42])
    without_a_mean = tell_pairs(bought(), priors(0.9, 60, 1))
    assert np.isnan(without_a_mean["usual_gap_days"][0])


def test_a_regular_rhythm_is_the_integral_over_the_rates() -> None:
    """No purchase within 50 days after 20 silent ones, for Erlang-3 gaps."""
    told = tell_pairs(bought(gaps=[2.0], total=[80.0], silent=[20.0]), priors(4, 100, 3))

    def silent(days: float) -> float:
        return float(
            quad(
                lambda rate: gamma.sf(days, 3, scale=1 / rate)
                * gamma.pdf(rate, 4 + 3 * 2, scale=1 / (100 + 80)),
                0, 1,
            )[0]
        )  # fmt: skip

    assert told["probability_30"][0] == pytest.approx(1 - silent(50) / silent(20), abs=1e-6)


@pytest.mark.parametrize(("stages", "seed"), [(1, 3), (3, 4)])
def test_the_prior_and_the_regularity_are_found_again(stages: int, seed: int) -> None:
    pairs = summarise_pairs(simulate(stages, seed), START + timedelta(days=CUT))
    found = choose_prior(rebuying._bought(pairs))
    assert found.stages == stages
    assert found.a == pytest.approx(4, rel=0.2)
    assert found.b / found.a == pytest.approx(25, rel=0.1)


def test_the_slopes_of_the_likelihood_are_its_slopes() -> None:
    pairs = rebuying._bought(summarise_pairs(simulate(2, 5, 50), START + timedelta(days=CUT)))
    _value, by_a, by_b = rebuying._log_likelihood(pairs, 2, 3.0, 90.0)
    step = 1e-5
    for place, slope in ((0, by_a), (1, by_b)):
        up, down = ([3.0, 90.0] for _ in range(2))
        up[place] += step
        down[place] -= step
        higher, lower = (rebuying._log_likelihood(pairs, 2, *each)[0] for each in (up, down))
        rise = higher - lower
        assert slope == pytest.approx(rise / (2 * step), rel=1e-4)


@pytest.mark.parametrize(("stages", "seed"), [(1, 7), (3, 8)])
def test_chances_and_ranges_keep_what_they_promise(stages: int, seed: int) -> None:
    """On customers the model has fitted, and purchases it has not seen; and better than each
    customer's own mean interval, which knows nothing of the others."""
    days, as_of = simulate(stages, seed), START + timedelta(days=CUT)
    pairs = summarise_pairs(days, as_of)
    seen = rebuying._bought(pairs)
    told = tell_pairs(seen, rebuying.fit_priors(pairs["product_id"].to_numpy(), seen))
    later = days[days["day"] > CUT].groupby("customer_id")["day"].min() - CUT
    waited = later.reindex(pairs["customer_id"]).to_numpy()
    happened, chance = waited <= 30, told["probability_30"]
    assert chance.mean() == pytest.approx(happened.mean(), abs=0.03)
    for tenth in np.array_split(np.argsort(chance), 5):
        assert chance[tenth].mean() == pytest.approx(happened[tenth].mean(), abs=0.08)
    inside = (waited >= np.rint(told["low_days"])) & (waited <= np.rint(told["high_days"]))
    assert inside.mean() == pytest.approx(0.8, abs=0.05)
    typical = np.median(seen.total[seen.gaps > 0] / seen.gaps[seen.gaps > 0])
    own = np.where(seen.gaps > 0, seen.total / np.maximum(seen.gaps, 1), typical)
    naive = 1 - np.exp(-30 / np.maximum(own, 1))
    assert np.mean((chance - happened) ** 2) < np.mean((naive - happened) ** 2)


def test_what_is_not_worth_a_line_is_left_out() -> None:
    """Bought monthly: by one up to now, by one until a year ago, by one after today."""
    as_of = date(2026, 6, 1)
    monthly = [as_of - timedelta(days=20 + 30 * number) for number in range(12)]
    rows = [(1, day) for day in monthly]
    rows += [(2, day - timedelta(days=365)) for day in monthly]
    rows += [(3, as_of + timedelta(days=1))]
    days = pd.DataFrame(rows, columns=["customer_id", "ordered_on"]).assign(product_id=1)
    days["ordered_on"] = pd.to_datetime(days["ordered_on"])
    found = predict_rebuys(days.assign(quantity=7), PACKS, as_of)
    assert found["customer_id"].tolist() == [1]
    row = found.iloc[0]
    assert (row["orders"], row["last_ordered_on"].date()) == (12, monthly[0])
    assert 25 <= row["usual_gap_days"] <= 40
    assert row["expected_on"].date() == monthly[0] + timedelta(days=round(row["usual_gap_days"]))
    assert as_of < row["earliest_on"].date() <= row["latest_on"].date()
    assert row["suggested_quantity"] == 12


def test_nothing_bought_is_nothing_due() -> None:
    days = pd.DataFrame(
        {"product_id": [1], "customer_id": [1], "ordered_on": pd.to_datetime(["2026-06-02"]),
         "quantity": [1]}
    )  # fmt: skip
    for rows in (days, days.head(0)):
        found = predict_rebuys(rows, PACKS, date(2026, 6, 1))
        assert list(found) == list(rebuying.COLUMNS) and not len(found)


def test_the_quantity_is_the_median_of_the_last_three_in_whole_packs() -> None:
    days = pd.DataFrame(
        {
            "product_id": 1,
            "customer_id": [1, 1, 1, 1, 2, 2, 3],
            "ordered_on": pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01",
                                          "2026-01-01", "2026-02-01", "2026-01-01"]),
            "quantity": [99, 4, 8, 5, 2, 6, 7],
        }
    )  # fmt: skip
    pairs = summarise_pairs(days, date(2026, 5, 1))
    assert pairs["quantity"].tolist() == [5, 4, 7]
    one = np.ones(3)
    assert suggest_quantity(pairs["quantity"].to_numpy(), 4 * one, 5 * one).tolist() == [8, 8, 8]


def test_a_prior_of_regular_customers_is_less_likely_by_chance() -> None:
    pairs = rebuying._bought(summarise_pairs(simulate(3, 9, 300), START + timedelta(days=CUT)))
    assert fit_prior(pairs, 3).log_likelihood > fit_prior(pairs, 1).log_likelihood + 50
