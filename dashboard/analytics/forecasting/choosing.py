"""Which member forecasts a series: the one that was clearly best at past origins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dashboard.analytics.forecasting.history import Floats, History
from dashboard.analytics.forecasting.members import ENSEMBLES, NAIVE

BETTER_BY = 0.02  # than seasonal naive, else that is the default
ENSEMBLE_LEAD = 0.06  # by which a single member must be better than the best ensemble
_LEAST_KNOWN = 4  # values before the first origin
_EXACT = 1e-9  # of the size of the values: no error at all


def past_origins(history: History, horizon: int, origins: int) -> list[int]:
    """Numbers of the periods at which past forecasts begin, the oldest first.

    They are a horizon apart where the history is long enough, else closer; what was known before
    is at least two seasons and a bit, or half of a short history.
    """
    length = len(history.values)
    season = history.season if history.season * 2 + 2 <= length - horizon else 1
    known = max(_LEAST_KNOWN, min(2 * season + 2, length - horizon))
    spare = length - horizon - known
    if spare < 0 or origins < 1:
        return []
    apart = max(1, min(horizon, spare // max(1, origins - 1)))
    count = min(origins, spare // apart + 1)
    return [length - horizon - place * apart for place in range(count)][::-1]


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
    best = min(losses, key=lambda name: losses[name])
    averages = [name for name in ENSEMBLES if name in losses]
    if averages and losses[best] > 0:
        average = min(averages, key=lambda name: losses[name])
        if losses[average] * (1 - ENSEMBLE_LEAD) <= losses[best]:
            best = average
    if losses[best] > 1 - BETTER_BY:
        best = NAIVE
    is_exact = float(np.nanmean(naive)) <= tiny
    return Choice(best, losses, fell_back=best == NAIVE and len(losses) > 1 and not is_exact)
