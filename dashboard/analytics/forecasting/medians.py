"""Members set so that they err least.

Of skewed series, such as few orders a day, the mean lies above the median, and it is the median
that errs least. What a member tells is multiplied by the factor that would have been best at past
origins, believed the more the more periods it was seen on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dashboard.analytics.forecasting.history import Floats
from dashboard.analytics.forecasting.members import COMBINED, SET_RIGHT, combine

LEAST, MOST = 0.6, 1.25  # factors
_BELIEVED = 150  # periods of which a factor is believed half
_LEAST_ORIGINS = 3


def set_on_medians(names: Sequence[str], past: Floats, actual: Floats, now: Floats) -> None:
    """Changes what members told at past origins, `past` (members, origins, horizon), by the other
    origins, and what they tell `now` (members, horizon) by all; then what is made of them anew.
    `actual` (origins, horizon). The naive members stay as they are: others are compared to them."""
    rows = [row for row, name in enumerate(names) if name in SET_RIGHT]
    if len(actual) < _LEAST_ORIGINS or not rows:
        return
    of_each, of_all = _factors(past[rows], actual)
    past[rows] *= of_each[:, :, None]
    now[rows] *= of_all[:, None]
    for told in (past, now):
        known = dict(zip(names, told, strict=True))
        for name in COMBINED:
            if name in known:
                known[name] = told[names.index(name)] = combine(name, known)


def _factors(told: Floats, actual: Floats) -> tuple[Floats, Floats]:
    """(members, origins) from the other origins, and (members,) from all: the weighted median of
    actual ÷ told with weights told, which makes Σ|actual − factor · told| least."""
    members, origins, horizon = told.shape
    weights = np.where(np.isfinite(told) & (told > 0), told, 0.0)
    ratios = np.divide(actual, told, out=np.zeros_like(told), where=weights > 0)
    order = np.argsort(ratios.reshape(members, -1), axis=1, kind="stable")
    ratios = np.take_along_axis(ratios.reshape(members, -1), order, axis=1)
    weights = np.take_along_axis(weights.reshape(members, -1), order, axis=1)
    is_other = (order // horizon)[:, None, :] != np.arange(origins)[None, :, None]
    others = np.where(is_other, weights[:, None, :], 0.0)
    return _median(ratios[:, None, :], others), _median(ratios, weights)


def _median(ratios: Floats, weights: Floats) -> Floats:
    """Of sorted ratios, drawn towards 1; 1 where nothing is known."""
    sums = weights.cumsum(axis=-1)
    place = (sums < sums[..., -1:] / 2).sum(axis=-1, keepdims=True)
    shape = (*place.shape[:-1], ratios.shape[-1])
    middle = np.take_along_axis(np.broadcast_to(ratios, shape), place, axis=-1)[..., 0]
    periods = (weights > 0).sum(axis=-1)
    factor = np.clip(middle ** (periods / (periods + _BELIEVED)), LEAST, MOST)
    return np.asarray(np.where(periods > 0, factor, 1.0))
