"""How far to trust the silence score: told at an earlier day, compared with what happened."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from dashboard.analytics.lifetime import chance_of_silence, chance_to_be_active, expect_orders
from dashboard.analytics.probabilities import brier_score, tabulate_reliability
from dashboard.analytics.purchases import WEEK
from dashboard.analytics.silence import (
    History,
    SilenceScore,
    learn_silence,
    score_by_rule,
    score_silence,
)
from dashboard.analytics.survival import Flags, Floats

RESAMPLES = 400
TENTHS = 10
RIVALS = ("score", "model", "recency", "alive")


def judge_silence(
    history: History, day: date, horizon_days: int, *, seed: int
) -> dict[str, Any] | None:
    """What was told on the evening of `day` against the days after; None where nobody was there.

    JSON-ready: day, horizon_days, label_days, origins, customers, silent, silent_rate, is_stacked,
    weights, scores {score, model, recency, alive: auc, brier, ece, lift}, differences {score minus
    recency, score minus model: auc and brier with low and high, 95 %}, bins and recency_bins (as of
    `tabulate_reliability`), expected_orders, actual_orders, bias (of the expected orders, set right
    by what was seen before) and model_bias (as the model says).
    """
    summary, _model = history.at(day)
    if not len(summary):
        return None
    score = learn_silence(history, day, horizon_days)
    orders = history.orders_after(summary, day, horizon_days)
    silent = orders == 0
    told = tell_silence(score, summary, horizon_days)
    by_model = float(expect_orders(score.model, summary, horizon_days / WEEK).sum())
    expected = by_model * score.order_factor
    actual = float(orders.sum())
    return {
        "day": day.isoformat(),
        "horizon_days": horizon_days,
        "label_days": score.label_days,
        "origins": [origin.isoformat() for origin in score.origins],
        "customers": len(summary),
        "silent": int(silent.sum()),
        "silent_rate": float(silent.mean()),
        "is_stacked": score.is_stacked,
        "weights": list(score.weights),
        "scores": {name: measure(chances, silent) for name, chances in told.items()},
        "differences": {
            f"score_minus_{other}": compare(told["score"], told[other], silent, seed=seed)
            for other in ("recency", "model")
        },
        "bins": _bins(told["score"], silent),
        "recency_bins": _bins(told["recency"], silent),
        "expected_orders": expected,
        "actual_orders": actual,
        "bias": (expected - actual) / actual if actual else None,
        "model_bias": (by_model - actual) / actual if actual else None,
    }


def tell_silence(
    score: SilenceScore, summary: pd.DataFrame, horizon_days: int
) -> Mapping[str, Floats]:
    """The chance of silence by the score, the model alone, the recency rule, and 1 − P(alive)."""
    return {
        "score": score_silence(score, summary, horizon_days),
        "model": chance_of_silence(score.model, summary, horizon_days / WEEK),
        "recency": score_by_rule(score, summary),
        "alive": 1 - chance_to_be_active(score.model, summary),
    }


def measure(chances: Floats, happened: Flags) -> dict[str, float | None]:
    """auc (None when all or none happened), brier, ece (over tenths of the customers), lift (how
    much more often it happened in the tenth with the highest chances than in all)."""
    return {
        "auc": area_under_curve(chances, happened),
        "brier": brier_score(chances, happened),
        "ece": calibration_error(chances, happened),
        "lift": lift(chances, happened),
    }


def area_under_curve(chances: Floats, happened: Flags) -> float | None:
    """The share of pairs, one that happened and one that did not, in which the first has the higher
    chance; a tie is half. None when there is no such pair.

    >>> area_under_curve(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False]))
    0.875
    """
    some, others = int(happened.sum()), int((~happened).sum())
    if not some or not others:
        return None
    ranks = rankdata(chances)
    return float((ranks[happened].sum() - some * (some + 1) / 2) / (some * others))


def calibration_error(chances: Floats, happened: Flags) -> float:
    """The mean distance of what was told from what happened, over tenths of equally many customers.

    >>> calibration_error(np.array([0.2] * 5), np.array([True, False, False, False, False]))
    0.0
    """
    if not len(chances):
        return float("nan")
    tenth = ((rankdata(chances) - 1) * TENTHS // len(chances)).astype(np.int64)
    size = np.bincount(tenth, minlength=TENTHS)
    gap = np.bincount(tenth, chances - happened, minlength=TENTHS)
    return round(float(np.abs(gap).sum() / size.sum()), 12)


def lift(chances: Floats, happened: Flags) -> float | None:
    """How often it happened in the tenth with the highest chances, over how often in all.

    >>> lift(np.arange(10) / 10, np.arange(10) >= 5)
    2.0
    """
    share = float(happened.mean()) if len(happened) else 0.0
    if not share:
        return None
    top = max(len(chances) // TENTHS, 1)
    chosen = np.argsort(-chances, kind="stable")[:top]
    return float(happened[chosen].mean()) / share


def compare(first: Floats, second: Floats, happened: Flags, *, seed: int) -> dict[str, Any]:
    """The differences in AUC and Brier score, each with its 95 % interval over resampled
    customers, both on the same ones: {"auc": {value, low, high}, "brier": …}."""
    areas, errors = [], []
    curves = _Curve(first, happened), _Curve(second, happened)
    gain = (first - happened) ** 2 - (second - happened) ** 2
    chance = np.random.default_rng(seed)
    for _resample in range(RESAMPLES if len(first) <= 20_000 else RESAMPLES // 4):
        drawn = chance.integers(0, len(first), len(first))
        weight = np.bincount(drawn, minlength=len(first)).astype(np.float64)
        areas.append(curves[0].area(weight) - curves[1].area(weight))
        errors.append(float(np.average(gain, weights=weight)))
    whole = np.ones(len(first))
    return {
        "auc": _interval(curves[0].area(whole) - curves[1].area(whole), areas),
        "brier": _interval(float(gain.mean()), errors),
    }


class _Curve:
    """The area under the curve for weighted customers, sorted once."""

    def __init__(self, chances: Floats, happened: Flags) -> None:
        self._place = np.unique(chances, return_inverse=True)[1]
        self._happened = happened.astype(np.float64)

    def area(self, weight: Floats) -> float:
        some = np.bincount(self._place, weight * self._happened)
        others = np.bincount(self._place, weight * (1 - self._happened))
        below = others.cumsum() - others / 2
        pairs = some.sum() * others.sum()
        return float((some * below).sum() / pairs) if pairs else float("nan")


def _interval(value: float, resampled: list[float]) -> dict[str, float | None]:
    known = np.array([each for each in resampled if np.isfinite(each)])
    if not len(known) or not np.isfinite(value):
        return {"value": None, "low": None, "high": None}
    low, high = np.quantile(known, [0.025, 0.975])
    return {"value": value, "low": float(low), "high": float(high)}


def _bins(chances: Floats, happened: Flags) -> list[dict[str, float]]:
    table = tabulate_reliability(np.clip(chances, 0.0, 1.0), happened)
    return [
        {str(name): float(value) for name, value in row.items()} for row in table.to_dict("records")
    ]
