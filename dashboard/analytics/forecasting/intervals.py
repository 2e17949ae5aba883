"""Split conformal intervals from the errors at past origins, and paths that agree with them.

The errors of one member at past origins (origins, horizon), on the logarithmic scale or in parts
of the level, are divided by how errors grow with the horizon; their pooled quantiles, with the
finite-sample correction of split conformal prediction (Vovk et al. 2005; Lei et al. 2018), times
the growth are the half-widths of the intervals.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from dashboard.analytics.forecasting.history import Floats

LEVELS = (0.80, 0.95)
_GROWTH, _GROWTH_WEIGHT = 0.35, 8.0  # believed beforehand: the power of the step, and how firmly
_MOST_GROWTH = 0.8
_TAIL = 1.65  # the least 95 % half-width in 80 % half-widths; 1.53 of a normal one
_LEAST_ACTUAL = 1e-3  # of the mean, in ratios
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


def half_widths(errors: Floats, independent: float) -> Floats:
    """(…, 2, horizon): half-widths at 80 % and 95 % from errors (…, origins, horizon), of which
    as many origins as `independent` do not overlap."""
    *before, origins, horizon = errors.shape
    if not origins:
        return np.zeros((*before, 2, horizon))
    growth = growth_of(errors)
    sizes = (np.abs(errors) / growth[..., None, :]).reshape(*before, origins * horizon)
    raised = [min(1.0, level + (1 - level) * _raise(independent)) for level in LEVELS]
    reach = np.moveaxis(np.quantile(sizes, raised, axis=-1), 0, -1)
    reach[..., 1] = np.maximum(reach[..., 1], _TAIL * reach[..., 0])
    widths: Floats = reach[..., :, None] * growth[..., None, :]
    return widths


def _raise(independent: float) -> float:
    """The part of what is left out that is taken in beside, errors of one origin being alike."""
    return 1.25 / (independent + 1)


def bands(value: Floats, widths: Floats, *, level: float, floor: float) -> Floats:
    """(…, 4, horizon): low_80, high_80, low_95, high_95 of values (…, horizon); `level` 0 for the
    logarithmic scale."""
    signed = widths[..., [0, 0, 1, 1], :] * np.array([[-1.0], [1.0], [-1.0], [1.0]])
    return np.maximum(shifted(value[..., None, :], signed, level=level), floor)


def shifted(value: Floats, errors: Floats, *, level: float) -> Floats:
    """The value with errors put on."""
    if level > 0:
        return value + level * errors
    told: Floats = value * np.exp(np.clip(errors, -_WIDEST, _WIDEST))
    return told


def draw_paths(
    value: Floats,
    errors: Floats,
    widths: Floats,
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
    return np.maximum(shifted(value, _quantiles(ranks, widths), level=level), floor)


def _quantiles(ranks: Floats, widths: Floats) -> Floats:
    """Errors at the ranks: straight between the ends of the intervals on the normal scale."""
    scores = ndtri(ranks)
    inner, outer = ndtri(0.5 + LEVELS[0] / 2), ndtri(0.5 + LEVELS[1] / 2)
    size = np.abs(scores)
    slope = (widths[1] - widths[0]) / (outer - inner)
    reach = np.where(size <= inner, size / inner * widths[0], widths[0] + (size - inner) * slope)
    signed: Floats = np.sign(scores) * reach
    return signed


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
