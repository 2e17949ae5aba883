"""Demand a day of each stock, and a history that ways into the future are drawn from.

A day on which the shelf was empty tells nothing of demand and is left out, not counted as zero.
Regular items: the mean of the days with weights that halve every 90 days. Where at least half of
the days are without demand: TSB, the chance of demand and its size smoothed apart (R. Teunter,
A. Syntetos, M. Babai 2011). With fewer than 28 days of its own an item leans on its group: its
days and 28 days at the mean level of the group's others.

Stock is kept for what is usual. A day far above it, mostly one large order, counts only up to three
weeks of demand or three times a large day (the 90 % quantile of the other days with demand),
whichever is more: what is beyond is bought for the order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.analytics.survival import Floats

HALF_LIFE = 90  # days
INTERMITTENT_FROM = 0.5  # share of days without demand
SMOOTHING = 0.02  # of TSB, a day
USUAL_DAYS = 21  # of demand on one day
USUAL_TIMES = 3  # a large day
FEWEST_DAYS = 28
KINDS = ("none", "regular", "intermittent", "borrowed", "shared")
Flags = npt.NDArray[np.bool_]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Demand:
    """By item. `history` (items, days) is complete: what was not seen is drawn from what was, and
    its mean is `rate`: the days as they were times `scale`. `level_error` is the standard error of
    the rate as a share of it. `recent` is the mean of the seen days, recent ones counting more, and
    `recent_error` its standard error; `weeks` (items, weeks) what each week to come is expected to
    bring, as a multiple of the rate (None: all the same)."""

    rate: Floats  # units a day
    deviation: Floats  # of a day
    level_error: Floats
    kind: npt.NDArray[np.str_]  # KINDS
    seen_days: Whole
    zero_share: Floats
    history: Floats
    scale: Floats
    is_correlated: Flags  # a day resembles the day before
    large_days: Whole  # that count only in part
    recent: Floats
    recent_error: Floats
    weeks: Floats | None = None

    def of(self, rows: Whole) -> Demand:
        """Of these items alone."""
        own: Any = {name: None if each is None else each[rows] for name, each in vars(self).items()}
        return Demand(**own)


def estimate_demand(units: Floats, seen: Flags, groups: Whole, *, seed: int = 7) -> Demand:
    """From `units` (items, days), the last day last; `seen`: whether the day tells of demand (the
    item was on sale and on the shelf); `groups`: a number, equal for items that resemble each
    other, such as those of a category in a warehouse.

    >>> units = np.array([[2.0, 0.0, 4.0] * 20, [9.0] * 60])
    >>> seen = units > -1
    >>> seen[0, 1::3] = False  # empty shelves
    >>> estimate_demand(units, seen, np.array([0, 1])).rate.round(1).tolist()
    [3.0, 9.0]
    """
    days = units.shape[1]
    limit = usual_limit(units, seen)
    large_days = ((units > limit[:, None]) & seen).sum(axis=1)
    units = np.minimum(units, limit[:, None])
    known = np.where(seen, units, 0.0)
    seen_days = seen.sum(axis=1)
    total = known.sum(axis=1)
    plain = total / np.maximum(seen_days, 1)
    zero_share = ((known == 0) & seen).sum(axis=1) / np.maximum(seen_days, 1)
    weights = seen * 0.5 ** (np.arange(days)[::-1] / HALF_LIFE)
    weight = np.maximum(weights.sum(axis=1), 1e-12)
    recent = (weights * known).sum(axis=1) / weight
    is_new = seen_days < FEWEST_DAYS
    is_rare = (zero_share >= INTERMITTENT_FROM) & ~is_new
    rate = np.where(is_rare, smooth_intermittent(units, seen), recent)
    lent = np.where(is_new, np.nan, rate)
    borrowed = _of_groups(lent, groups)
    apart = np.sqrt(np.maximum(_of_groups(lent**2, groups) - borrowed**2, 0))  # between its others
    leaning = (total + FEWEST_DAYS * borrowed) / (seen_days + FEWEST_DAYS)
    lends = is_new & (borrowed > 0)
    rate, recent = np.where(lends, leaning, rate), np.where(lends, leaning, recent)
    kind = np.select([lends, rate <= 0, is_rare], ["borrowed", "none", "intermittent"], "regular")
    varied = np.where(seen, (units - plain[:, None]) ** 2, 0).sum(axis=1)
    deviation = np.sqrt(varied / np.maximum(seen_days - 1, 1))
    dispersion = _of_groups(
        np.where(is_new | (plain <= 0), np.nan, deviation**2 / np.maximum(plain, 1e-12)), groups
    )
    deviation = np.where(lends, np.sqrt(rate * np.maximum(dispersion, 1)), deviation)
    history = _complete(units, seen, rate, dispersion, lends, seed)
    mean = history.mean(axis=1)
    scale = np.where(mean > 0, rate / np.where(mean > 0, mean, 1), 1.0)
    history *= scale[:, None]
    correlation = _day_to_day(history)
    near = np.clip(correlation, 0, 0.9)
    inflated = deviation * np.sqrt((1 + near) / (1 - near))
    strange = np.where(lends, apart * FEWEST_DAYS / (seen_days + FEWEST_DAYS), 0.0)

    def error_of(level: Floats, steps: Floats) -> Floats:
        steps = np.where(lends, FEWEST_DAYS, np.maximum(np.minimum(steps, seen_days), 1))
        error = np.hypot(inflated / np.sqrt(steps), strange) / np.where(level > 0, level, np.inf)
        return np.asarray(np.minimum(error, 1.0))

    weighted = weight**2 / (weights**2).sum(axis=1).clip(1e-12)
    smoothed = np.where(is_rare, (2 - SMOOTHING) / SMOOTHING, weighted)
    return Demand(
        rate, deviation, error_of(rate, smoothed), kind, seen_days, zero_share, history, scale,
        correlation > 3 / np.sqrt(days), large_days, recent, error_of(recent, weighted),
    )  # fmt: skip


def smooth_intermittent(units: Floats, seen: Flags, smoothing: float = SMOOTHING) -> Floats:
    """Units a day by TSB: p += α (1 or 0 − p) each seen day, z += α (y − z) where y > 0; p z. Both
    begin at the mean of all seen days.

    >>> smooth_intermittent(np.array([[0.0, 6.0, 0.0, 2.0]]), np.ones((1, 4), bool), 0.5).tolist()
    [2.296875]
    """
    happens = (units > 0) & seen
    times = happens.sum(axis=1)
    chance = times / np.maximum(seen.sum(axis=1), 1)
    size = np.where(happens, units, 0).sum(axis=1) / np.maximum(times, 1)
    for day in range(units.shape[1]):
        now, here = happens[:, day], seen[:, day]
        chance = np.where(here, chance + smoothing * (now - chance), chance)
        size = np.where(now, size + smoothing * (units[:, day] - size), size)
    return np.asarray(chance * size)


def usual_limit(units: Floats, seen: Flags) -> Floats:
    """Units on one day. The largest day is measured by the others: of few days with demand it would
    else be the large day itself.

    >>> units = np.array([[2.0, 40.0, 0.0, 400.0] + [0.0] * 360])
    >>> usual_limit(units, units > -1)
    array([120.])
    """
    known = np.where(seen, units, 0.0)
    usual = USUAL_DAYS * known.sum(axis=1) / np.maximum(seen.sum(axis=1), 1)
    others = np.sort(known, axis=1)[:, :-1]
    times = (others > 0).sum(axis=1)
    at = others.shape[1] - times + np.ceil(0.9 * times - 1e-9).astype(np.int64) - 1
    large = np.where(times > 0, others[np.arange(len(others)), at], 0.0)
    limit = np.ceil(np.maximum(usual, USUAL_TIMES * large))
    return np.where(limit > 0, limit, np.inf)


def _of_groups(values: Floats, groups: Whole) -> Floats:
    """The mean of the known values of each item's group; of all where it has none, else 0."""
    known = np.isfinite(values)
    overall = float(values[known].mean()) if known.any() else 0.0
    names, place = np.unique(groups, return_inverse=True)
    sums = np.bincount(place, np.where(known, values, 0), len(names))
    counts = np.bincount(place, known, len(names))
    means = np.where(counts > 0, sums / np.maximum(counts, 1), overall)
    return np.asarray(means[place])


def _complete(
    units: Floats, seen: Flags, rate: Floats, dispersion: Floats, lends: Flags, seed: int
) -> Floats:
    """What was not seen, drawn from the item's own seen days; of an item that leans on its group,
    all days drawn from a negative binomial of its rate and the group's variance ÷ mean."""
    chance = np.random.default_rng(seed)
    history = np.where(seen, units, 0.0)
    for item in np.flatnonzero(~seen.all(axis=1) & ~lends & seen.any(axis=1)):
        own = units[item, seen[item]]
        unseen = ~seen[item]
        history[item, unseen] = chance.choice(own, int(unseen.sum()))
    for item in np.flatnonzero(lends):
        spread = max(float(dispersion[item]), 1.01)
        size = rate[item] / (spread - 1)
        drawn = chance.negative_binomial(size, 1 / spread, units.shape[1])
        history[item] = drawn if drawn.any() else rate[item]
    return history


def _day_to_day(history: Floats) -> Floats:
    """How much a day resembles the day before, beside its weekday."""
    count, days = history.shape
    if days < 2 * 7:
        return np.zeros(count)
    rest = history.copy()
    for weekday in range(7):
        rest[:, weekday::7] -= rest[:, weekday::7].mean(axis=1, keepdims=True)
    power = (rest**2).sum(axis=1)
    return np.asarray((rest[:, 1:] * rest[:, :-1]).sum(axis=1) / np.where(power > 0, power, np.inf))
