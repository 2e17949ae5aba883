"""When each customer buys a product again, and how much: a gamma-Poisson model of the days between
two purchases, for each customer and product.

The days between purchases of customer i follow an Erlang distribution of so many `stages` (1: by
chance, exponential; more: the more regular) with a rate of their own. The rates of a product's
customers follow Gamma(a, b), fitted by maximum likelihood on all of them, with the silence since
the last purchase as a gap that has not ended. So customers with one or two purchases are drawn
towards the others, and those with many tell themselves. With k gaps that sum to G:

    usual interval          stages (b + G) / (a + stages k − 1)
    no purchase for t days  S(t) = 1 − I(t / (t + b + G); stages, a + stages k)
    none in H more          S(t + H) / S(t), for one stage ((b + G + t) / (b + G + t + H))^(a + k)

D. Morrison and D. Schmittlein, Generalizing the NBD Model for Customer Purchases (1988); the Erlang
form after C. Chatfield and G. Goodhardt (1973).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import betainc, betaincinv, digamma, gammaln, logsumexp

from dashboard.analytics.survival import Floats, Whole

STAGES = (1, 2, 3, 4, 6, 8)
FEWEST_GAPS = 30  # of a product, for a prior of its own
REGULAR_GAPS = 200  # of a product, for a regularity of its own
MOST_FITTED = 500  # customers of a product
WITHIN_DAYS = 30
LEAST_CHANCE = 0.1  # within WITHIN_DAYS, for a pair to be worth a line
FARTHEST_DAYS = 90  # ahead
LONGEST_SILENCE = 2.0  # usual intervals
_LOW, _HIGH = 0.1, 0.9
_BOUNDS = ((-4.0, 6.0), (-6.0, 10.0))  # of log a and log b
COLUMNS = ("customer_id", "product_id", "orders", "last_ordered_on", "usual_gap_days",
           "expected_on", "earliest_on", "latest_on", "probability_30",
           "suggested_quantity")  # fmt: skip


@dataclass(frozen=True)
class Prior:
    """How the customers of a product differ."""

    a: float
    b: float  # days
    stages: int
    log_likelihood: float


@dataclass(frozen=True)
class Bought:
    """Pairs of a product and a customer: `gaps` that sum to `total` days and whose logarithms sum
    to `logs`, then `silent` days until now."""

    gaps: Floats
    total: Floats
    logs: Floats
    silent: Floats

    def of(self, places: Whole) -> Bought:
        return Bought(self.gaps[places], self.total[places], self.logs[places], self.silent[places])


def predict_rebuys(days: pd.DataFrame, packs: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The pairs that are worth a line: likely enough within 30 days, expected within 90, and not
    silent for two usual intervals.

    From  days: product_id, customer_id, ordered_on, quantity    one row per pair and day
          packs: product_id, pack_size, minimum_order_quantity
    To    customer_id, product_id, orders (days with a purchase), last_ordered_on, usual_gap_days,
          expected_on (the last purchase and the usual interval, so it may have passed), earliest_on
          and latest_on (80 %, given that nothing was bought until now), probability_30,
          suggested_quantity     one row per pair, the soonest first

    >>> days = pd.DataFrame({"product_id": 1, "customer_id": 7, "quantity": 5,
    ...     "ordered_on": pd.to_datetime(["2026-01-01", "2026-01-31", "2026-03-02"])})
    >>> packs = pd.DataFrame({"product_id": [1], "pack_size": [4], "minimum_order_quantity": [1]})
    >>> rebuys = predict_rebuys(days, packs, date(2026, 3, 12))
    >>> rebuys[["orders", "suggested_quantity"]].values.tolist()
    [[3, 8]]
    """
    pairs = summarise_pairs(days, as_of)
    if not len(pairs):
        return pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS})
    bought = _bought(pairs)
    priors = fit_priors(pairs["product_id"].to_numpy(), bought)
    told = tell_pairs(bought, priors)
    usual = told["usual_gap_days"]
    worth = (
        np.isfinite(usual)
        & (told["probability_30"] >= LEAST_CHANCE)
        & (bought.silent <= LONGEST_SILENCE * usual)
        & (usual - bought.silent <= FARTHEST_DAYS)
    )
    found = pairs.assign(**told)[worth].merge(packs, on="product_id", how="left")
    return _dated(found, as_of).sort_values(
        ["expected_on", "customer_id", "product_id"], ignore_index=True
    )[list(COLUMNS)]


def summarise_pairs(days: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """
    From  product_id, customer_id, ordered_on, quantity     one row per pair and day
    To    product_id, customer_id, orders, last_ordered_on, gap_days (their sum), gap_logs,
          silent_days, quantity (the median of the last three)     one row per pair
    """
    known = days[days["ordered_on"] <= pd.Timestamp(as_of)]
    ordered = known.sort_values(["product_id", "customer_id", "ordered_on"], kind="stable")
    product, customer = (ordered[name].to_numpy() for name in ("product_id", "customer_id"))
    day = ordered["ordered_on"].to_numpy("datetime64[D]").astype(np.int64)
    quantity = ordered["quantity"].to_numpy(np.float64)
    if not len(day):
        return pd.DataFrame({"product_id": product, "customer_id": customer})
    is_first = np.append(True, (np.diff(product) != 0) | (np.diff(customer) != 0))
    starts = np.flatnonzero(is_first)
    ends = np.append(starts[1:], len(day)) - 1
    gaps = np.where(is_first, 1.0, np.diff(day, prepend=day[0]))
    until = int(np.datetime64(as_of, "D").astype(np.int64))
    return pd.DataFrame(
        {
            "product_id": product[starts],
            "customer_id": customer[starts],
            "orders": ends - starts + 1,
            "last_ordered_on": day[ends].astype("datetime64[D]"),
            "gap_days": (day[ends] - day[starts]).astype(np.float64),
            "gap_logs": np.add.reduceat(np.log(gaps), starts),
            "silent_days": (until - day[ends]).astype(np.float64),
            "quantity": _last_three(quantity, starts, ends),
        }
    )


def fit_prior(bought: Bought, stages: int) -> Prior:
    """The prior under which these pairs are likeliest."""
    scale = max(float(np.mean(np.append(bought.total, bought.silent))), 1.0)
    start = np.array([0.5, np.log(scale)])

    def loss(logs: Floats) -> tuple[float, Floats]:
        value, by_a, by_b = _log_likelihood(bought, stages, *np.exp(logs))
        return -value, -np.array([by_a, by_b]) * np.exp(logs)

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=_BOUNDS)
    a, b = np.exp(found.x)
    constant = (stages - 1) * bought.logs.sum() - gammaln(stages) * bought.gaps.sum()
    return Prior(float(a), float(b), stages, float(-found.fun + constant))


def choose_prior(bought: Bought, stages: Sequence[int] = STAGES) -> Prior:
    """Of these regularities, from the least, the one under which the pairs are likeliest, up to the
    first that is less likely than the one before."""
    best = fit_prior(bought, stages[0])
    for each in stages[1:]:
        tried = fit_prior(bought, each)
        if tried.log_likelihood <= best.log_likelihood:
            break
        best = tried
    return best


def fit_priors(products: npt.NDArray[np.int64], bought: Bought) -> pd.DataFrame:
    """a, b, stages for each pair: of its product, or of all where the product has few gaps. The
    pairs of a product follow one another."""
    everything = choose_prior(bought.of(_spread_over(0, len(products), 10 * MOST_FITTED)))
    starts = np.flatnonzero(np.append(True, np.diff(products) != 0))
    ends = np.append(starts[1:], len(products))
    a, b, stages = (np.empty(len(products)) for _ in range(3))
    for start, end, gaps in zip(starts, ends, np.add.reduceat(bought.gaps, starts), strict=True):
        prior = everything
        if gaps >= FEWEST_GAPS:
            some = bought.of(_spread_over(int(start), int(end), MOST_FITTED))
            regular = STAGES if gaps >= REGULAR_GAPS else (everything.stages,)
            prior = choose_prior(some, regular)
        a[start:end], b[start:end], stages[start:end] = prior.a, prior.b, prior.stages
    return pd.DataFrame({"a": a, "b": b, "stages": stages})


def tell_pairs(bought: Bought, priors: pd.DataFrame) -> dict[str, Floats]:
    """usual_gap_days (NaN where it has no mean), probability_30, and the days from now in which
    one in ten comes before (low_days) and after (high_days)."""
    a, b, stages = (priors[name].to_numpy(np.float64) for name in ("a", "b", "stages"))
    shape, scale = a + stages * bought.gaps, b + bought.total
    with np.errstate(divide="ignore", invalid="ignore"):
        usual = np.where(shape > 1, stages * scale / (shape - 1), np.nan)
    still = _survival(bought.silent, stages, shape, scale)
    later = _survival(bought.silent + WITHIN_DAYS, stages, shape, scale)
    low, high = (
        _silent_until((1 - chance) * still, stages, shape, scale) - bought.silent
        for chance in (_LOW, _HIGH)
    )
    chance = np.where(still > 0, 1 - later / np.maximum(still, 1e-300), 0.0)
    return {
        "usual_gap_days": usual,
        "probability_30": np.clip(chance, 0.0, 1.0),
        "low_days": np.maximum(low, 0.0),
        "high_days": np.maximum(high, 0.0),
    }


def suggest_quantity(quantity: Floats, pack_size: Floats, minimum: Floats) -> Whole:
    """What the customer usually takes, in whole packs, at least the smallest order.

    >>> suggest_quantity(np.array([5.0, 1.0]), np.array([4.0, 1.0]), np.array([1.0, 6.0])).tolist()
    [8, 6]
    """
    pack = np.maximum(pack_size, 1.0)
    return np.asarray(np.ceil(np.maximum(quantity, np.maximum(minimum, 1)) / pack) * pack, np.int64)


def _log_likelihood(bought: Bought, stages: int, a: float, b: float) -> tuple[float, float, float]:
    """But for what does not depend on a and b; and its slopes by a and by b."""
    shape, scale = a + stages * bought.gaps, b + bought.total + bought.silent
    terms = np.arange(stages)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        powers = np.where(terms > 0, terms * np.log(bought.silent), 0.0)
    parts = powers - gammaln(terms + 1) + gammaln(shape + terms) - (shape + terms) * np.log(scale)
    total = logsumexp(parts, axis=0)
    weight = np.exp(parts - total)
    value = float(np.sum(total) + len(scale) * (a * np.log(b) - gammaln(a)))
    by_a = np.sum(weight * digamma(shape + terms)) - np.log(scale).sum()
    by_b = -np.sum(weight * (shape + terms) / scale)
    return (
        value,
        float(by_a + len(scale) * (np.log(b) - digamma(a))),
        float(by_b + len(scale) * a / b),
    )


def _survival(days: Floats, stages: Floats, shape: Floats, scale: Floats) -> Floats:
    return np.asarray(betainc(shape, stages, scale / (scale + days)))


def _silent_until(chance: Floats, stages: Floats, shape: Floats, scale: Floats) -> Floats:
    """The days that pass without a purchase with this chance."""
    share = np.maximum(betaincinv(shape, stages, np.clip(chance, 0.0, 1.0)), 1e-12)
    return np.asarray(scale * (1 - share) / share)


def _bought(pairs: pd.DataFrame) -> Bought:
    return Bought(
        gaps=pairs["orders"].to_numpy(np.float64) - 1,
        total=pairs["gap_days"].to_numpy(np.float64),
        logs=pairs["gap_logs"].to_numpy(np.float64),
        silent=pairs["silent_days"].to_numpy(np.float64),
    )


def _spread_over(start: int, end: int, most: int) -> Whole:
    """At most so many places from start to end, evenly."""
    if end - start <= most:
        return np.arange(start, end)
    return np.linspace(start, end - 1, most).astype(np.int64)


def _last_three(quantity: Floats, starts: Whole, ends: Whole) -> Floats:
    """The median of the last three purchases of each pair, or of as many as there are."""
    count = ends - starts + 1
    last, second, third = (quantity[np.maximum(ends - back, starts)] for back in range(3))
    of_three = last + second + third - np.maximum(np.maximum(last, second), third)
    of_three -= np.minimum(np.minimum(last, second), third)
    return np.asarray(np.where(count >= 3, of_three, (last + second) / 2))


def _dated(pairs: pd.DataFrame, as_of: date) -> pd.DataFrame:
    today = np.datetime64(as_of, "D")
    last = pairs["last_ordered_on"].to_numpy("datetime64[D]")
    most = 3_650.0
    low, high, usual = (
        np.minimum(pairs[name].to_numpy(np.float64), most)
        for name in ("low_days", "high_days", "usual_gap_days")
    )
    return pairs.assign(
        usual_gap_days=usual,
        expected_on=last + np.rint(usual).astype("timedelta64[D]"),
        earliest_on=today + np.maximum(np.rint(low), 1).astype("timedelta64[D]"),
        latest_on=today + np.maximum(np.rint(high), 1).astype("timedelta64[D]"),
        suggested_quantity=suggest_quantity(
            pairs["quantity"].to_numpy(np.float64),
            pairs["pack_size"].fillna(1).to_numpy(np.float64),
            pairs["minimum_order_quantity"].fillna(1).to_numpy(np.float64),
        ),
    )
