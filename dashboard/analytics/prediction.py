"""What customers will bring in the weeks to come, with an interval.

The number of orders is drawn from the buying model, their values from the Gamma-Gamma model, each
customer's own unknowns included. A sum over customers adds what all share: how far the expected
orders were off at earlier days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analytics.lifetime import BuyingModel, draw_orders
from dashboard.analytics.spending import Spending, draw_spend, expect_spend
from dashboard.analytics.survival import Floats, Whole

DRAWS = 200
LOW, HIGH = 0.1, 0.9
LEAST_ERROR = 0.05  # of a sum, on the logarithmic scale
_AT_ONCE = 4_000  # customers


@dataclass(frozen=True)
class Prediction:
    """`customers` has expected_orders, predicted_value, predicted_low and predicted_high, a row for
    each of the summary; `cohorts` has cohort, customers and the same of the sum; `total` is one
    such row for all."""

    customers: pd.DataFrame
    cohorts: pd.DataFrame
    total: dict[str, float]


def predict_value(
    model: BuyingModel,
    spending: Spending,
    summary: pd.DataFrame,
    weeks: float,
    *,
    seed: int,
    factor: float = 1.0,
    shared_error: float = LEAST_ERROR,
) -> Prediction:
    """
    From  repeats, last_age, age, valued, mean_value, first_on      one row per customer
    To    Prediction; `factor` sets the orders right, `shared_error` is the standard deviation of
          what all customers share; a cohort is the month of the first order, as 2026-03
    """
    chance = np.random.default_rng(seed)
    cohort_of, cohorts = _cohorts(summary)
    sums = np.zeros((len(cohorts), DRAWS))
    parts = [
        _draw(model, spending, summary.iloc[start : start + _AT_ONCE], weeks, chance, sums,
              cohort_of[start : start + _AT_ONCE])
        for start in range(0, len(summary), _AT_ONCE)
    ]  # fmt: skip
    names = ["expected_orders", "predicted_value", "predicted_low", "predicted_high"]
    found = np.vstack(parts) if parts else np.zeros((0, len(names)))
    customers = pd.DataFrame(found * factor, columns=names)
    shared = np.exp(chance.normal(0.0, max(shared_error, LEAST_ERROR), DRAWS))
    drawn = sums * factor * shared
    expected = customers.assign(cohort=cohort_of).groupby("cohort")[names[:2]]
    by_cohort = expected.sum().assign(
        predicted_low=np.quantile(drawn, LOW, axis=1) if len(drawn) else 0.0,
        predicted_high=np.quantile(drawn, HIGH, axis=1) if len(drawn) else 0.0,
    )
    by_cohort.insert(0, "customers", np.bincount(cohort_of, minlength=len(cohorts)))
    by_cohort.insert(0, "cohort", cohorts)
    return Prediction(customers, by_cohort.reset_index(drop=True), _total(customers, drawn))


def _draw(
    model: BuyingModel,
    spending: Spending,
    summary: pd.DataFrame,
    weeks: float,
    chance: np.random.Generator,
    sums: Floats,
    cohort_of: Whole,
) -> Floats:
    """The four numbers of these customers; their draws are added to the `sums` of cohorts."""
    valued = summary["valued"].to_numpy(np.float64)
    mean_value = summary["mean_value"].to_numpy(np.float64)
    thresholds = chance.random((len(summary), DRAWS))
    orders, counts = draw_orders(model, summary, weeks, thresholds)
    values = draw_spend(spending, valued, mean_value, counts, chance)
    np.add.at(sums, cohort_of, values)
    low, high = np.quantile(values, [LOW, HIGH], axis=1)
    return np.column_stack([orders, orders * expect_spend(spending, valued, mean_value), low, high])


def _cohorts(summary: pd.DataFrame) -> tuple[Whole, list[str]]:
    if not len(summary):
        return np.zeros(0, dtype=np.int64), []
    month = summary["first_on"].to_numpy("datetime64[M]")
    known, place = np.unique(month, return_inverse=True)
    return place.astype(np.int64), [str(each) for each in known]


def _total(customers: pd.DataFrame, drawn: Floats) -> dict[str, float]:
    low, high = np.quantile(drawn.sum(axis=0), [LOW, HIGH])
    return {
        "customers": len(customers),
        "expected_orders": float(customers["expected_orders"].sum()),
        "predicted_value": float(customers["predicted_value"].sum()),
        "predicted_low": float(low),
        "predicted_high": float(high),
    }
