"""The chance that a customer orders nothing in the days to come.

The buying model's own chance (`lifetime`) is set right by what happened before: at one or two
earlier days ("origins") everybody is given the chance that could be known then, and a logistic
regression learns from what followed how much to believe it, beside the time since the last order
and the number of orders. Its coefficients are pulled towards "as the model says", so that a short
history changes little, and carried over to today and to the horizon asked for through the model's
chance. With too little history the model's chance stands alone.

The plain rule, "the longer since the last order, the likelier silent", is learnt from the same
origins, to be compared with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from dashboard.analytics.lifetime import (
    BuyingModel,
    can_fit,
    chance_of_silence,
    choose_buying,
    expect_orders,
)
from dashboard.analytics.purchases import WEEK, summarise_days
from dashboard.analytics.survival import Flags, Floats

FEWEST_CUSTOMERS = 60  # at the origins, and of each outcome a third
SHORTEST_LABEL = 7  # days
LONGEST_LABEL = 140  # days: learnt from longer ago, it tells of a company that was another
_PULL = 5.0  # towards what the model says
_LITTLE = 0.1
_STEPS = 60
_NEAREST = 1e-4
_FEW_ORDERS = 20.0
_SEASON_DAYS = 60
_FACTORS = (0.67, 1.5)
_MOST_FITTED = 40_000  # customers, of which a model is learnt; all are scored
FEATURES = ("constant", "model", "recency", "orders", "has_repeated")


@dataclass(frozen=True)
class SilenceScore:
    """What was learnt. `weights` belong to FEATURES and give the log-odds of an order; `rule` to
    (constant, logarithm of the days since the last order)."""

    model: BuyingModel
    weights: tuple[float, ...] = (0.0, 1.0, 0.0, 0.0, 0.0)
    rule: tuple[float, float] | None = None
    label_days: int = 0
    origins: tuple[date, ...] = ()
    learnt_from: int = 0  # customers at the origins
    order_factor: float = 1.0  # sets the model's expected orders right
    shared_error: float = 0.0  # how far they were off at the origins, on the logarithmic scale

    @property
    def is_stacked(self) -> bool:
        return self.learnt_from > 0


class History:
    """The orders of all customers, and what the model said at earlier days; each day is fitted
    once. The kind of model is chosen on the first day asked for and kept."""

    def __init__(self, days: pd.DataFrame) -> None:
        self._days = days
        self._seen: dict[date, tuple[pd.DataFrame, BuyingModel]] = {}
        self._kind: BuyingModel | None = None

    @property
    def first_day(self) -> date | None:
        if not len(self._days):
            return None
        return date(1970, 1, 1) + timedelta(days=int(self._days["day"].min()))

    def at(self, day: date) -> tuple[pd.DataFrame, BuyingModel]:
        """The summary on the evening of the day, and the model fitted to it."""
        if day not in self._seen:
            summary = summarise_days(self._days, day)
            some = summary.iloc[:: len(summary) // _MOST_FITTED + 1]
            model = choose_buying(some, start=self._kind)
            if self._kind is None and model.is_fitted:
                self._kind = model
            self._seen[day] = (summary, model)
        return self._seen[day]

    def orders_after(self, summary: pd.DataFrame, day: date, horizon_days: int) -> Floats:
        """How many days with an order each customer of the summary had in the days after."""
        later = self._after(day, horizon_days)
        counts = later.groupby("customer_id").size()
        found = counts.reindex(summary["customer_id"]).to_numpy(np.float64)
        return np.asarray(np.nan_to_num(found))

    def value_after(self, summary: pd.DataFrame, day: date, horizon_days: int) -> Floats:
        """What each customer of the summary brought in the days after."""
        later = self._after(day, horizon_days)
        sums = later.groupby("customer_id")["value"].sum()
        found = sums.reindex(summary["customer_id"]).to_numpy(np.float64)
        return np.asarray(np.nan_to_num(found))

    def _after(self, day: date, horizon_days: int) -> pd.DataFrame:
        begin = int(np.datetime64(day, "D").astype(np.int64))
        day_of = self._days["day"]
        return self._days[(day_of > begin) & (day_of <= begin + horizon_days)]


def learn_silence(history: History, as_of: date, horizon_days: int) -> SilenceScore:
    """What can be known on the evening of `as_of` about silence over the days after."""
    _summary, model = history.at(as_of)
    first = history.first_day
    if first is None or not model.is_fitted:
        return SilenceScore(model)
    span = (as_of - first).days
    label_days = min(horizon_days, span // 2, LONGEST_LABEL)
    if label_days < SHORTEST_LABEL:
        return SilenceScore(model)
    steps = (1, 2) if 3 * label_days <= span else (1,)
    origins = tuple(as_of - timedelta(days=step * label_days) for step in steps)
    return _learn(history, model, origins, label_days)


def score_silence(score: SilenceScore, summary: pd.DataFrame, horizon_days: int) -> Floats:
    """The chance of no order in the days to come, of each customer of the summary."""
    if not score.is_stacked:
        return chance_of_silence(score.model, summary, horizon_days / WEEK)
    facts = _facts(score.model, summary, horizon_days)
    return np.asarray(1 - _chances(facts @ np.array(score.weights)))


def score_by_rule(score: SilenceScore, summary: pd.DataFrame) -> Floats:
    """The same by the time since the last order alone; without a rule learnt, its rank."""
    facts = _since_last(summary)
    if score.rule is None:
        ranked = pd.Series(facts[:, 1]).rank(pct=True).to_numpy(np.float64)
        return np.asarray(ranked)
    return np.asarray(1 - _chances(facts @ np.array(score.rule)))


def fit_log_odds(facts: Floats, happened: Flags, expected: Sequence[float], pull: float) -> Floats:
    """The weights under which the outcomes are likeliest, with a quadratic pull towards the
    `expected` ones: logistic regression by Newton's method.

    >>> facts = np.array([[1.0], [1.0], [1.0], [1.0]])
    >>> fit_log_odds(facts, np.array([True, False, True, False]), [0.0], 1.0).tolist()
    [0.0]
    """
    middle = np.array(expected, dtype=np.float64)
    found = middle.copy()
    for _step in range(_STEPS):
        fitted = _chances(facts @ found)
        slope = facts.T @ (happened - fitted) - pull * (found - middle)
        curve = (facts * (fitted * (1 - fitted))[:, None]).T @ facts + pull * np.eye(len(middle))
        move = np.linalg.solve(curve, slope)
        found = found + np.clip(move, -1.0, 1.0)
        if np.abs(move).max() < 1e-9:
            break
    return np.asarray(found)


def _learn(
    history: History, model: BuyingModel, origins: tuple[date, ...], label_days: int
) -> SilenceScore:
    facts, rule_facts, orders, expected = [], [], [], []
    for origin in origins:
        summary, then = history.at(origin)
        if not can_fit(summary):
            break
        facts.append(_facts(then, summary, label_days))
        rule_facts.append(_since_last(summary))
        orders.append(history.orders_after(summary, origin, label_days))
        expected.append(float(expect_orders(then, summary, label_days / WEEK).sum()))
    happened = np.concatenate(orders) > 0 if orders else np.zeros(0, dtype=bool)
    fewest = min(int(happened.sum()), int((~happened).sum()))
    if len(happened) < FEWEST_CUSTOMERS or fewest < FEWEST_CUSTOMERS // 3:
        return SilenceScore(model)
    weights = fit_log_odds(np.vstack(facts), happened, (0.0, 1.0, 0.0, 0.0, 0.0), _PULL)
    rule = fit_log_odds(np.vstack(rule_facts), happened, (0.0, 0.0), _LITTLE)
    factor, error = _set_right([float(each.sum()) for each in orders], expected, label_days)
    return SilenceScore(
        model, tuple(map(float, weights)), (float(rule[0]), float(rule[1])), label_days,
        origins[: len(orders)], len(happened), factor, error,
    )  # fmt: skip


def _set_right(
    actual: Sequence[float], expected: Sequence[float], label_days: int
) -> tuple[float, float]:
    """The factor for expected orders, and how far off they were. The factor goes half of the way,
    for what was off then is off by about half as much next time; few orders change little, and a
    short time, which may be a season, nothing."""
    ratios = [(a + _FEW_ORDERS) / (e + _FEW_ORDERS) for a, e in zip(actual, expected, strict=True)]
    error = float(np.sqrt(np.mean(np.square(np.log(ratios)))))
    if label_days < _SEASON_DAYS:
        return 1.0, error
    ratio = (sum(actual) + _FEW_ORDERS) / (sum(expected) + _FEW_ORDERS)
    return float(np.clip(np.sqrt(ratio), *_FACTORS)), error


def _facts(model: BuyingModel, summary: pd.DataFrame, horizon_days: int) -> Floats:
    silent = np.clip(chance_of_silence(model, summary, horizon_days / WEEK), _NEAREST, 1 - _NEAREST)
    repeats = summary["repeats"].to_numpy(np.float64)
    return np.column_stack(
        [
            np.ones(len(summary)),
            np.log((1 - silent) / silent),
            _since_last(summary)[:, 1],
            np.log1p(repeats),
            repeats > 0,
        ]
    )


def _since_last(summary: pd.DataFrame) -> Floats:
    since = (summary["age"] - summary["last_age"]).to_numpy(np.float64) * WEEK
    return np.column_stack([np.ones(len(summary)), np.log1p(np.maximum(since, 0.0))])


def _chances(log_odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -40, 40))))
