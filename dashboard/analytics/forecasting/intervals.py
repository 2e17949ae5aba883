"""Split conformal intervals from the errors at past origins, and paths that agree with them.

The errors of one member at past origins (origins, horizon), on the logarithmic scale or in parts
of the level, are divided by how errors grow with the horizon; their pooled quantiles, with the
finite-sample correction of split conformal prediction (Vovk et al. 2005; Lei et al. 2018), times
the growth tell how far the ends of the intervals are from the forecast.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from dashboard.analytics.forecasting.history import Floats

LEVELS = (0.80, 0.95)
_GROWTH, _GROWTH_WEIGHT = 0.35, 8.0  # believed beforehand: the power of the step, and how firmly
_MOST_GROWTH = 0.8
# the part of what is left out that is taken in beside, errors of one origin being much alike, when
# multiplied by origins + 1
_RAISED, _RAISED_SKEWED = 1.25, 1.9
# the least 95 % half-width in 80 % half-widths: 1.53 of a normal distribution
_TAIL, _TAIL_SKEWED = 1.65, 2.4
_LEAST_ACTUAL = 1e-3  # of the mean, in ratios
ENDS = ("low_80", "high_80", "low_95", "high_95", "quarter", "middle", "three_quarters")
_IN_ORDER = [2, 0, 4, 5, 6, 1, 3]  # of the ENDS, which then have these scores
_SCORES = ndtri(np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975]))
_WIDEST = 3.0  # on the logarithmic scale: a factor of 20


def errors_of(told: Floats, actual: Floats, *, level: float) -> Floats:
    """Errors on the scale of the intervals; `level` 0 for the logarithmic one."""
    if level > 0:
        return np.asarray((actual - told) / level)
    if not actual.size:
        return np.zeros_like(told)
    least = max(_LEAST_ACTUAL * float(np.abs(actual).mean()), 1e-300)
    return np.asarray(np.log(np.maximum(actual, least) / np.maximum(told, least)))


def growth_of(errors: Floats) -> Floats:
    """How the size of errors (…, origins, horizon) grows with the step: a power of it, 1 at the
    first step, (…, horizon). Few steps or origins are drawn to what is usual."""
    logs = np.log(np.arange(1, errors.shape[-1] + 1))
    sizes = np.abs(errors).mean(axis=-2)
    seen = sizes > 0
    counts = np.maximum(seen.sum(axis=-1, keepdims=True), 1)
    spread = np.where(seen, logs - np.where(seen, logs, 0).sum(-1, keepdims=True) / counts, 0.0)
    slope = (spread * np.log(np.where(seen, sizes, 1.0))).sum(axis=-1)
    weight = (spread * spread).sum(axis=-1)
    prior = _GROWTH_WEIGHT / max(1, errors.shape[-2]) ** 0.5
    power = np.clip((slope + prior * _GROWTH) / (weight + prior), 0.0, _MOST_GROWTH)
    return np.asarray(np.exp(power[..., None] * logs))


def offsets_of(errors: Floats, independent: float, *, is_skewed: bool) -> Floats:
    """(…, 7, horizon): how far the ENDS are from the forecast, from errors (…, origins, horizon),
    of which as many origins as `independent` do not overlap.

    To both sides alike, from the sizes of the errors; where they are skewed, each end from the
    errors to its side, of which those that overlap tell half as much anew (geometric mean). Sizes
    at overlapping origins were measured to do as well as those at others: the origins of a short
    history know less than the last one, which makes up for it.
    """
    *before, origins, horizon = errors.shape
    if not origins:
        return np.zeros((*before, len(ENDS), horizon))
    growth = growth_of(errors)
    standard = (errors / growth[..., None, :]).reshape(*before, origins * horizon)
    worth = (origins * independent) ** 0.5 if is_skewed else origins
    raised = (_RAISED_SKEWED if is_skewed else _RAISED) / (worth + 1)
    left_out = [(1 - level) * max(0.0, 1 - raised) for level in LEVELS]
    reach = _reach_of_each_side(standard, left_out) if is_skewed else _reach(standard, left_out)
    offsets: Floats = reach[..., :, None] * growth[..., None, :]
    return offsets


def _reach(standard: Floats, left_out: list[float]) -> Floats:
    ranks = [1 - part for part in left_out]
    sizes = np.moveaxis(np.quantile(np.abs(standard), ranks, axis=-1), 0, -1)
    near, far = sizes[..., 0], np.maximum(sizes[..., 1], _TAIL * sizes[..., 0])
    quarter = near * _SCORES[4] / _SCORES[5]  # as of a normal distribution
    return np.stack([-near, near, -far, far, -quarter, np.zeros_like(near), quarter], axis=-1)


def _reach_of_each_side(standard: Floats, left_out: list[float]) -> Floats:
    ranks = [share for part in left_out for share in (part / 2, 1 - part / 2)]
    quantiles = np.quantile(standard, [*ranks, 0.25, 0.5, 0.75], axis=-1)
    low, high, least, most, *inner = quantiles
    low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)  # the forecast lies inside
    least, most = np.minimum(least, low), np.maximum(most, _TAIL_SKEWED * high)
    return np.stack([low, high, least, most, *inner], axis=-1)


def bands(value: Floats, offsets: Floats, *, level: float, floor: float) -> Floats:
    """(…, 4, horizon): low_80, high_80, low_95, high_95 of values (…, horizon); `level` 0 for the
    logarithmic scale."""
    return np.maximum(shifted(value[..., None, :], offsets[..., :4, :], level=level), floor)


def shifted(value: Floats, errors: Floats, *, level: float) -> Floats:
    """The value with errors put on."""
    if level > 0:
        return value + level * errors
    told: Floats = value * np.exp(np.clip(errors, -_WIDEST, _WIDEST))
    return told


def draw_paths(
    value: Floats,
    errors: Floats,
    offsets: Floats,
    *,
    level: float,
    floor: float,
    count: int,
    seed: int,
) -> Floats:
    """(count, horizon) paths. How errors follow one another is drawn in blocks of the errors at
    past origins; at each step the paths are then set on the quantiles of its interval."""
    chance = np.random.default_rng(seed)
    horizon = len(value)
    drawn = _draw_blocks(errors, horizon, count, chance)
    ranks = np.empty((count, horizon))
    order = np.argsort(drawn + 1e-9 * chance.standard_normal(drawn.shape), axis=0, kind="stable")
    np.put_along_axis(ranks, order, (np.arange(count)[:, None] + 0.5) / count, axis=0)
    return np.maximum(shifted(value, _quantiles(ranks, offsets), level=level), floor)


def _quantiles(ranks: Floats, offsets: Floats) -> Floats:
    """Errors at the ranks: straight between the ENDS on the normal scale."""
    scores: Floats = np.asarray(ndtri(ranks))
    reach = np.empty_like(scores)
    for step in range(offsets.shape[1]):
        known = offsets[_IN_ORDER, step]
        slopes = (known[[1, -1]] - known[[0, -2]]) / (_SCORES[[1, -1]] - _SCORES[[0, -2]])
        below = np.minimum(scores[:, step] - _SCORES[0], 0.0) * slopes[0]
        above = np.maximum(scores[:, step] - _SCORES[-1], 0.0) * slopes[1]
        reach[:, step] = np.interp(scores[:, step], _SCORES, known) + below + above
    return reach


def _draw_blocks(errors: Floats, horizon: int, count: int, chance: np.random.Generator) -> Floats:
    """Errors at past origins in blocks, each of one origin, with signs turned at random together
    and a little noise, so that few origins do not give few paths."""
    if not len(errors) or not np.abs(errors).max():
        return np.cumsum(chance.standard_normal((count, horizon)), axis=1)
    growth = growth_of(errors)
    standard = errors / growth
    scale = float(np.sqrt((standard**2).mean()))
    common = _shared(standard)
    whole = chance.standard_normal((count, 1)) * np.sqrt(common)
    block = max(2, round(horizon**0.5))
    drawn = np.empty((count, horizon))
    within = standard - common * standard.mean(axis=1, keepdims=True)
    for first in range(0, horizon, block):
        origin = chance.integers(len(errors), size=count)
        sign = chance.choice((-1.0, 1.0), size=(count, 1))
        drawn[:, first : first + block] = sign * within[origin, first : first + block] / scale
    drawn = whole + np.sqrt(1 - common) * drawn
    return np.asarray(drawn + 0.1 * chance.standard_normal(drawn.shape))


def _shared(standard: Floats) -> float:
    """The share of the errors' variance that all steps of an origin have in common."""
    if standard.shape[1] < 2:
        return 0.0
    means = standard.mean(axis=1)
    whole = float((standard**2).mean())
    steps = standard.shape[1]
    share = (float((means**2).mean()) - whole / steps) / (whole * (1 - 1 / steps))
    return float(np.clip(share, 0.0, 0.95))
