"""What a refresh stores about each customer: silence, expected orders and value, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.lifetime import log_likelihood
from dashboard.analytics.lifetime_evaluation import describe_spending
from dashboard.analytics.prediction import predict_value
from dashboard.analytics.purchases import (
    WEEK,
    clean_orders,
    measure_regularity,
    summarise_days,
)
from dashboard.analytics.silence import History, SilenceScore, learn_silence, score_silence
from dashboard.analytics.silence_trust import judge_silence
from dashboard.analytics.spending import fit_spending
from dashboard.analytics.survival import Floats

HORIZONS = (30, 90, 180)
YEAR = 365
AT_RISK_DAYS = 90
DRIVERS = ("one_order", "few_orders", "seldom", "overdue", "long_silent")
_TELLING = 0.05  # of the chance, before a driver is named
_OVERDUE = 1.5  # usual gaps
_LONG_DAYS = 180
_FEW_REPEATS = 2
_COLUMNS = ("customer_id", *(f"silent_{days}" for days in HORIZONS), "expected_orders_12m",
            "predicted_value_12m", "predicted_low", "predicted_high", "value_at_risk_90",
            "usual_gap_days", "drivers")  # fmt: skip


def score_customers(
    orders: pd.DataFrame, as_of: date, seed: int
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """What is known on the evening of `as_of`, and the facts of how, ready for JSON.

    From  customer_id, ordered_on, value     one row per order that was not cancelled
    To    customer_id, silent_30, silent_90, silent_180 (chance of no order in so many days),
          expected_orders_12m, predicted_value_12m, predicted_low, predicted_high (80 %),
          value_at_risk_90 (what 90 days bring at the pace of the last year × silent_90),
          usual_gap_days (NaN after one order), drivers (codes, the strongest first, by commas)
                                             one row per customer with an order until then
    and   customers, as_of, model, regularity, spending, order_factor, shared_error, evaluation
          (horizon as text → as of `judge_silence`, or None), predicted (all), cohorts

    >>> orders = pd.DataFrame({"customer_id": [1, 1], "ordered_on": ["2026-01-02", "2026-02-01"],
    ...                        "value": [10.0, 12.0]})
    >>> scores, facts = score_customers(orders, date(2026, 3, 1), seed=1)
    >>> len(scores), facts["model"]["is_fitted"], scores["drivers"].isna().any().item()
    (1, False, False)
    """
    days = clean_orders(orders, as_of)
    summary = summarise_days(days, as_of)
    if not len(summary):
        return pd.DataFrame({name: pd.Series(dtype="object") for name in _COLUMNS}), _no_facts(
            as_of
        )
    history = History(days)
    learnt = {horizon: learn_silence(history, as_of, horizon) for horizon in (*HORIZONS, YEAR)}
    silent = _score_horizons(learnt, summary)
    year = learnt[YEAR]
    spending = fit_spending(
        summary["valued"].to_numpy(np.float64), summary["mean_value"].to_numpy(np.float64)
    )
    predicted = predict_value(
        year.model, spending, summary, YEAR / WEEK,
        seed=seed, factor=year.order_factor, shared_error=year.shared_error,
    )  # fmt: skip
    scores = pd.DataFrame({"customer_id": summary["customer_id"]})
    for horizon, chances in silent.items():
        scores[f"silent_{horizon}"] = chances
    scores["expected_orders_12m"] = predicted.customers["expected_orders"]
    scores["predicted_value_12m"] = predicted.customers["predicted_value"]
    scores["predicted_low"] = predicted.customers["predicted_low"]
    scores["predicted_high"] = predicted.customers["predicted_high"]
    scores["value_at_risk_90"] = silent[AT_RISK_DAYS] * usual_value(summary, AT_RISK_DAYS)
    scores["usual_gap_days"] = summary["usual_gap_days"]
    scores["drivers"] = name_drivers(learnt[AT_RISK_DAYS], summary, AT_RISK_DAYS)
    facts = {
        "customers": len(summary),
        "as_of": as_of.isoformat(),
        "model": _model_facts(year, summary),
        "regularity": _number(measure_regularity(days)),
        "spending": describe_spending(spending, summary["valued"], summary["mean_value"]),
        "order_factor": year.order_factor,
        "shared_error": year.shared_error,
        "evaluation": _evaluate(days, as_of, seed),
        "predicted": predicted.total,
        "cohorts": predicted.cohorts.to_dict("records"),
    }
    return scores, facts


def _score_horizons(learnt: Mapping[int, SilenceScore], summary: pd.DataFrame) -> dict[int, Floats]:
    """The chance for each horizon; whoever is silent for longer is silent for shorter."""
    found: dict[int, Floats] = {}
    most = np.ones(len(summary))
    for horizon in HORIZONS:
        most = np.minimum(most, score_silence(learnt[horizon], summary, horizon))
        found[horizon] = most
    return found


def usual_value(summary: pd.DataFrame, horizon_days: int) -> Floats:
    """What so many days bring at the pace of the last year, or of the time since the first order
    where that is shorter (but not shorter than the horizon)."""
    known = np.clip(summary["age"].to_numpy(np.float64) * WEEK, horizon_days, YEAR)
    return np.asarray(np.maximum(summary["year_value"], 0.0) / known * horizon_days)


def name_drivers(score: SilenceScore, summary: pd.DataFrame, horizon_days: int) -> pd.Series:
    """What makes silence likely. The chance is compared with the one if the customer had ordered
    today: the difference is due to the silence until now. What that chance has above the median
    customer's is due to how seldom they order."""
    chance = score_silence(score, summary, horizon_days)
    repeats = summary["repeats"].to_numpy(np.float64)
    once = repeats == 0
    today = summary.assign(
        age=np.where(once, 0.0, summary["age"]), last_age=np.where(once, 0.0, summary["age"])
    )
    if_today = score_silence(score, today, horizon_days)
    by_silence = chance - if_today
    by_rhythm = if_today - (np.median(if_today[~once]) if (~once).any() else 0.0)
    since = (summary["age"] - summary["last_age"]).to_numpy(np.float64) * WEEK
    gap = summary["usual_gap_days"].to_numpy(np.float64)
    overdue = np.nan_to_num(since / np.maximum(gap, 1.0)) > _OVERDUE
    long_silent = since > _LONG_DAYS
    silence = np.where(long_silent, "long_silent", np.where(overdue, "overdue", ""))
    rhythm = np.where(repeats <= _FEW_REPEATS, "few_orders", "")
    rhythm = np.where(gap > horizon_days / 2, "seldom", rhythm)
    rhythm = np.where(once, "one_order", rhythm)
    silence = np.where(by_silence > _TELLING, silence, "")
    rhythm = np.where(by_rhythm > _TELLING, rhythm, "")
    first = np.where(by_silence >= by_rhythm, silence, rhythm)
    second = np.where(by_silence >= by_rhythm, rhythm, silence)
    named = [",".join(code for code in pair if code) for pair in zip(first, second, strict=True)]
    return pd.Series(named, index=summary.index, dtype="object")


def _evaluate(days: pd.DataFrame, as_of: date, seed: int) -> dict[str, Any]:
    """Each horizon on the days just past, by what could be known before them."""
    history = History(days)
    return {
        str(horizon): judge_silence(history, as_of - timedelta(days=horizon), horizon, seed=seed)
        for horizon in reversed(HORIZONS)
    }


def _model_facts(year: SilenceScore, summary: pd.DataFrame) -> dict[str, Any]:
    model = year.model
    return {
        "name": model.name,
        "stages": model.stages,
        "parameters": dict(zip(model.parameter_names, model.parameters, strict=True)),
        "log_likelihood": log_likelihood(model, summary),
        "is_fitted": model.is_fitted,
    }


def _no_facts(as_of: date) -> dict[str, Any]:
    return {"customers": 0, "as_of": as_of.isoformat(), "model": None, "evaluation": {}}


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
