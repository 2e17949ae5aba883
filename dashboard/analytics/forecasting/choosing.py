"""Which member forecasts a series: the one that was clearly best at past origins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.analytics.forecasting.history import Floats, History
from dashboard.analytics.forecasting.members import ENSEMBLES, NAIVE

BETTER_BY = 0.02  # than seasonal naive, else that is the default
# by how much others must be better than the plain ensembles: the best of many is partly lucky
YEARLY_HANDICAP, SINGLE_HANDICAP = 0.06, 0.15
PLAIN = ("weighted", "mean", "median")
_SHARPNESS = 8  # the power of its loss by which a member's weight falls
_LEAST_LOSS = 1e-6  # of seasonal naive's
_NOT_WEIGHED = ("weighted", "yearly_mean", "yearly_prophet")
_LEAST_KNOWN = 8  # values before the first origin
_MOST_FILLED = 0.5  # of the periods that an origin is judged by
_EXACT = 1e-9  # of the size of the values: no error at all


def past_origins(history: History, horizon: int, origins: int) -> list[int]:
    """Numbers of the periods at which past forecasts begin, the oldest first.

    They are a horizon apart where the history is long enough, else closer; what was known before
    is at least two seasons and a bit, or half of a short history, and one season where that leaves
    anything to judge. Where most of what came after was filled in, nothing can be judged.
    """
    length = len(history.values)
    known = 2 * history.season + 2
    if known > length - horizon:
        known = max(_LEAST_KNOWN, (length - horizon) // 2)
        known = max(known, history.season) if length - horizon >= history.season else known
    spare = length - horizon - known
    if spare < 0 or origins < 1:
        return []
    apart = max(1, min(horizon, spare // max(1, origins - 1)))
    cuts = [length - horizon - place * apart for place in range(spare // apart + 1)]
    return [cut for cut in cuts if _can_judge(history, cut, horizon)][:origins][::-1]


def _can_judge(history: History, cut: int, horizon: int) -> bool:
    if history.filled is None:
        return True
    return float(history.filled[cut : cut + horizon].mean()) <= _MOST_FILLED


def independent_origins(cuts: Sequence[int], horizon: int) -> float:
    """How many origins they are worth, since those less than a horizon apart overlap."""
    return 1 + (cuts[-1] - cuts[0]) / horizon if cuts else 0.0


@dataclass(frozen=True)
class Choice:
    member: str
    losses: dict[str, float]  # mean absolute error relative to seasonal naive's, same origins
    fell_back: bool  # something was tried, and nothing was clearly better than seasonal naive


def choose_member(names: Sequence[str], told: Floats, actual: Floats, now: Floats) -> Choice:
    """The default of a series.

    `told` (members, origins, horizon) at past origins, `actual` (origins, horizon), `now`
    (members, horizon) the forecasts to choose from; NaN where a member had too little to go by.
    """
    sizes = np.abs(told - actual).mean(axis=2)  # (members, origins)
    naive = sizes[list(names).index(NAIVE)] if len(sizes) else np.empty(0)
    tiny = _EXACT * max(float(np.abs(actual).mean()), 1e-300) if actual.size else 0.0
    losses: dict[str, float] = {}
    for place, name in enumerate(names):
        known = np.isfinite(sizes[place])
        if not known.any() or not np.isfinite(now[place]).all():
            continue
        if known.sum() * 2 < len(known):
            continue
        own, rival = float(sizes[place][known].mean()), float(naive[known].mean())
        own, rival = (0.0 if own <= tiny else own), (0.0 if rival <= tiny else rival)
        losses[name] = own / rival if rival > 0 else (1.0 if own == 0 else float("inf"))
    if not losses:
        return Choice(NAIVE, {}, fell_back=False)
    best = min(losses, key=lambda name: losses[name] * (1 + _handicap(name)))
    if losses[best] > 1 - BETTER_BY:
        best = NAIVE
    is_exact = float(np.nanmean(naive)) <= tiny
    return Choice(best, losses, fell_back=best == NAIVE and len(losses) > 1 and not is_exact)


def weigh_members(
    names: Sequence[str], told: Floats, actual: Floats, now: Floats
) -> tuple[Floats, Floats]:
    """The weighted mean at past origins (origins, horizon) and now (horizon,): the better a
    member was at the other origins, the more it counts. Arguments as of `choose_member`; NaN
    where there are no other origins.

    Source: Bates & Granger 1969 (weights by past errors), with a higher power.
    """
    counted = [
        row
        for row, name in enumerate(names)
        if name not in _NOT_WEIGHED and np.isfinite(now[row]).all()
    ]
    past, ahead = told[counted], now[counted]
    sizes = np.abs(past - actual).mean(axis=2)  # (members, origins)
    naive = np.abs(told[list(names).index(NAIVE)] - actual).mean(axis=1)
    origins = len(actual)
    weighted = np.full(actual.shape, np.nan)
    if origins < 2:
        return weighted, np.full(now.shape[1], np.nan)
    for origin in range(origins):
        others = np.arange(origins) != origin
        weights = _weights(sizes[:, others], naive[others])
        weights = np.where(np.isfinite(sizes[:, origin]), weights, 0.0)
        weighted[origin] = _weighted(weights, past[:, origin])
    return weighted, _weighted(_weights(sizes, naive), ahead)


def _weights(sizes: Floats, naive: Floats) -> Floats:
    known = np.isfinite(sizes)
    tiny = max(1e-12 * float(naive.max()), 1e-200)
    own = np.where(known, sizes, 0.0).sum(axis=1) + tiny
    rival = np.where(known, naive, 0.0).sum(axis=1) + tiny
    losses = np.clip(own / rival, _LEAST_LOSS, 1 / _LEAST_LOSS)
    return np.where(known.any(axis=1), (losses / losses.min()) ** -_SHARPNESS, 0.0)


def _weighted(weights: Floats, values: Floats) -> Floats:
    counted = weights > 0
    if not counted.any():
        return np.full(values.shape[1], np.nan)
    share = weights[counted] / weights[counted].sum()
    return np.asarray((share[:, None] * values[counted]).sum(axis=0))


def _handicap(name: str) -> float:
    if name in PLAIN:
        return 0.0
    return YEARLY_HANDICAP if name in ENSEMBLES else SINGLE_HANDICAP
