"""The buying models side by side on one history, and what they told of the days after."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.lifetime import (
    BuyingModel,
    chance_of_silence,
    chance_to_be_active,
    expect_orders,
    fit_buying,
    fit_regular,
)
from dashboard.analytics.prediction import predict_value
from dashboard.analytics.purchases import WEEK, measure_regularity, summarise_days
from dashboard.analytics.silence import History, learn_silence
from dashboard.analytics.silence_trust import judge_silence, measure
from dashboard.analytics.spending import Spending, fit_spending
from dashboard.analytics.survival import Flags, Floats


def evaluate_lifetime(
    days: pd.DataFrame, calibration_end: date, horizon_days: int, *, seed: int
) -> dict[str, Any]:
    """Everything that is fitted sees the days until `calibration_end` only, and is compared with
    the `horizon_days` after.

    From  customer_id, day, value     as of `clean_orders`
    To    JSON-ready: customers, repeaters, orders, time_unit, regularity, models (name, stages,
          parameters, log_likelihood, expected_orders, bias, auc, brier, ece, alive_auc,
          alive_brier, is_chosen), chosen, gamma_gamma (of repeat purchases), silence (as of
          `judge_silence`), value (expected, actual, bias, coverage of the 80 % interval)
    """
    known = days[days["day"] <= _number_of(calibration_end)]
    summary = summarise_days(known, calibration_end)
    history = History(days)
    orders = history.orders_after(summary, calibration_end, horizon_days)
    models = _fit_all(summary)
    _seen, chosen = history.at(calibration_end)
    return {
        "calibration_end": calibration_end.isoformat(),
        "horizon_days": horizon_days,
        "customers": len(summary),
        "repeaters": int((summary["repeats"] > 0).sum()),
        "orders": int(summary["orders"].sum()),
        "time_unit": "weeks",
        "regularity": _finite(measure_regularity(known)),
        "models": [_describe(model, summary, orders, horizon_days, chosen) for model in models],
        "chosen": chosen.name,
        "stages": chosen.stages,
        "gamma_gamma": describe_spending(
            _repeat_spending(summary), summary["repeats"], summary["repeat_mean"]
        ),
        "silence": judge_silence(history, calibration_end, horizon_days, seed=seed),
        "value": _judge_value(history, summary, calibration_end, horizon_days, seed),
    }


def describe_spending(spending: Spending, orders: pd.Series, values: pd.Series) -> dict[str, Any]:
    """p, q, v, log_likelihood, customers, is_fitted, mean, and the correlation of the number of
    orders with their mean value, which the model takes to be 0."""
    counts, means = orders.to_numpy(np.float64), values.to_numpy(np.float64)
    known = (counts > 0) & (means > 0)
    varies = known.sum() > 2 and np.ptp(counts[known]) > 0 and np.ptp(means[known]) > 0
    related = np.corrcoef(counts[known], means[known])[0, 1] if varies else float("nan")
    return {
        "p": spending.p,
        "q": spending.q,
        "v": spending.v,
        "log_likelihood": spending.log_likelihood,
        "customers": spending.customers,
        "is_fitted": spending.is_fitted,
        "mean": spending.mean,
        "correlation": _finite(float(related)),
    }


def _fit_all(summary: pd.DataFrame) -> list[BuyingModel]:
    simple = [fit_buying(name, summary) for name in ("bg_nbd", "mbg_nbd", "pareto_nbd")]
    regular = fit_regular(summary, start=simple[1])
    if regular.stages == 1:
        regular = fit_buying("mbg_cnbd", summary, stages=2)
    return [*simple, regular]


def _describe(
    model: BuyingModel,
    summary: pd.DataFrame,
    orders: Floats,
    horizon_days: int,
    chosen: BuyingModel,
) -> dict[str, Any]:
    weeks = horizon_days / WEEK
    silent: Flags = orders == 0
    expected, actual = float(expect_orders(model, summary, weeks).sum()), float(orders.sum())
    told = measure(chance_of_silence(model, summary, weeks), silent)
    alive = measure(1 - chance_to_be_active(model, summary), silent)
    return {
        "name": model.name,
        "stages": model.stages,
        "parameters": dict(zip(model.parameter_names, model.parameters, strict=True)),
        "log_likelihood": model.log_likelihood,
        "expected_orders": expected,
        "actual_orders": actual,
        "bias": (expected - actual) / actual if actual else None,
        "auc": told["auc"],
        "brier": told["brier"],
        "ece": told["ece"],
        "alive_auc": alive["auc"],
        "alive_brier": alive["brier"],
        "is_chosen": (model.name, model.stages) == (chosen.name, chosen.stages),
    }


def _repeat_spending(summary: pd.DataFrame) -> Spending:
    return fit_spending(
        summary["repeats"].to_numpy(np.float64), summary["repeat_mean"].to_numpy(np.float64)
    )


def _judge_value(
    history: History, summary: pd.DataFrame, day: date, horizon_days: int, seed: int
) -> dict[str, Any]:
    """What the customers were expected to bring, and did; how many within their own interval."""
    score = learn_silence(history, day, horizon_days)
    spending = fit_spending(
        summary["valued"].to_numpy(np.float64), summary["mean_value"].to_numpy(np.float64)
    )
    told = predict_value(
        score.model, spending, summary, horizon_days / WEEK,
        seed=seed, factor=score.order_factor, shared_error=score.shared_error,
    )  # fmt: skip
    actual = history.value_after(summary, day, horizon_days)
    low, high = told.customers["predicted_low"], told.customers["predicted_high"]
    inside = (actual >= low.to_numpy(np.float64)) & (actual <= high.to_numpy(np.float64))
    expected = float(told.customers["predicted_value"].sum())
    return {
        "expected": expected,
        "low": told.total["predicted_low"],
        "high": told.total["predicted_high"],
        "actual": float(actual.sum()),
        "bias": (expected - float(actual.sum())) / float(actual.sum()) if actual.sum() else None,
        "coverage": float(inside.mean()) if len(inside) else None,
        "order_factor": score.order_factor,
    }


def _number_of(day: date) -> int:
    return int(np.datetime64(day, "D").astype(np.int64))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
