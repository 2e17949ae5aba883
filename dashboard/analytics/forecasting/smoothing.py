"""Exponential smoothing of many series at once: level only, with a trend, with a damped trend.

Every row has its own parameters, chosen by the least mean square of the errors one step ahead on
a grid that is narrowed around the best. Sources: Gardner & McKenzie 1985 (damped trend),
Hyndman & Billah 2003 (Theta is simple smoothing with half the drift).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.analytics.forecasting.history import Floats

_ALPHAS = np.array([0.01, 0.05, 0.12, 0.25, 0.4, 0.6, 0.8, 1.0])
_TREND_ALPHAS = np.array([0.03, 0.1, 0.25, 0.5, 0.75, 1.0])
_BETAS = np.array([0.0, 0.03, 0.1, 0.3])
_PHIS = np.array([0.8, 0.9, 0.98])
_ZOOMS = 3
_FIRST = 10  # values from which level and trend begin
LEAST_PHI, MOST_PHI = 0.8, 0.98


@dataclass(frozen=True)
class Rows:
    """Series of unequal length side by side: `values` (periods, rows), each ending in the last
    line; `starts` is the line of each row's first value."""

    values: Floats
    starts: np.ndarray

    @classmethod
    def of(cls, series: list[Floats]) -> Rows:
        longest = max(len(each) for each in series)
        values = np.empty((longest, len(series)))
        for row, each in enumerate(series):
            values[: longest - len(each), row] = each[0]
            values[longest - len(each) :, row] = each
        return cls(values, np.array([longest - len(each) for each in series]))


def smooth_level(rows: Rows) -> tuple[Floats, Floats]:
    """The last level and alpha of each row, the first level being the best one (closed form)."""
    alphas = np.repeat(_ALPHAS[None, :], rows.values.shape[1], axis=0)
    width = np.full(len(alphas), 0.5)
    best = np.zeros(len(alphas))
    for zoom in range(_ZOOMS + 1):
        cost, _level = _run_level(rows, alphas)
        best = np.take_along_axis(alphas, cost.argmin(axis=1)[:, None], axis=1)[:, 0]
        if zoom < _ZOOMS:
            width = np.where(zoom == 0, np.maximum(0.4 * best, 0.01), width / 3)
            offsets = np.linspace(-1, 1, 7)
            alphas = np.clip(best[:, None] + width[:, None] * offsets, 0.001, 1.0)
    _cost, level = _run_level(rows, best[:, None])
    return level[:, 0], best


def _run_level(rows: Rows, alphas: Floats) -> tuple[Floats, Floats]:
    """Sum of squared errors and the last level for (rows, grid) alphas."""
    level = np.zeros_like(alphas)
    decay = np.ones_like(alphas)  # of the first level in the present one
    kept = 1 - alphas
    squares, cross, weight = np.zeros_like(alphas), np.zeros_like(alphas), np.zeros_like(alphas)
    error, step = np.empty_like(alphas), np.empty_like(alphas)
    latest = int(rows.starts.max(initial=0))
    base = rows.values[rows.starts, np.arange(len(alphas))]
    for line, values in enumerate(rows.values - base):
        np.subtract(values[:, None], level, out=error)
        if line < latest:
            waits = rows.starts > line
            error[waits], decay[waits] = 0.0, 0.0
        squares += np.multiply(error, error, out=step)
        cross += np.multiply(error, decay, out=step)
        weight += np.multiply(decay, decay, out=step)
        level += np.multiply(alphas, error, out=step)
        decay *= kept
        if line < latest:
            decay[waits] = 1.0
    first = cross / weight
    return squares - cross * first, level + decay * first + base[:, None]


def smooth_trend(rows: Rows, *, is_damped: bool) -> tuple[Floats, Floats, Floats]:
    """The last level, the last trend and phi of each row."""
    count = rows.values.shape[1]
    phis = _PHIS if is_damped else np.ones(1)
    grid = np.stack(np.meshgrid(_TREND_ALPHAS, _BETAS, phis, indexing="ij")).reshape(3, 1, -1)
    tried = np.repeat(grid, count, axis=1)
    widths = np.array([0.2, 0.08, 0.06])
    offsets = np.stack(
        np.meshgrid([-1, 0, 1], [-1, 0, 1], [-1, 0, 1] if is_damped else [0], indexing="ij")
    ).reshape(3, 1, -1)
    first = _first_states(rows)
    best = tried[:, :, :1]
    for zoom in range(_ZOOMS + 1):
        cost, _level, _trend = _run_trend(rows, first, tried)
        place = cost.argmin(axis=1)[None, :, None]
        best = np.take_along_axis(tried, np.broadcast_to(place, (3, count, 1)), axis=2)
        tried = best + widths[:, None, None] * offsets / 2**zoom
        tried[0] = np.clip(tried[0], 0.005, 1.0)
        tried[1] = np.clip(tried[1], 0.0, 1.0)
        tried[2] = np.clip(tried[2], LEAST_PHI, MOST_PHI) if is_damped else 1.0
    _cost, level, trend = _run_trend(rows, first, best)
    return level[:, 0], trend[:, 0], best[2, :, 0]


def _first_states(rows: Rows) -> tuple[Floats, Floats]:
    """Level and trend before the first value: the straight line through the first few."""
    levels, trends = np.empty(len(rows.starts)), np.empty(len(rows.starts))
    for row, start in enumerate(rows.starts):
        head = rows.values[start : start + _FIRST, row]
        place = np.arange(len(head)) - (len(head) - 1) / 2
        spread = float(place @ place)
        trends[row] = float(place @ (head - head[0])) / spread if spread else 0.0
        levels[row] = head[0] + (head - head[0]).mean() + trends[row] * (place[0] - 1)
    return levels, trends


def _run_trend(
    rows: Rows, first: tuple[Floats, Floats], tried: Floats
) -> tuple[Floats, Floats, Floats]:
    """Sum of squared errors, last level and last trend for (3, rows, grid) parameters."""
    alphas, betas, phis = tried
    level = np.repeat(first[0][:, None], alphas.shape[1], axis=1)
    trend = np.repeat(first[1][:, None], alphas.shape[1], axis=1)
    gain = alphas * betas
    squares = np.zeros_like(alphas)
    moved, ahead, error, step = (np.empty_like(alphas) for _each in range(4))
    latest = int(rows.starts.max(initial=0))
    for line, values in enumerate(rows.values):
        np.multiply(phis, trend, out=moved)
        np.add(level, moved, out=ahead)
        np.subtract(values[:, None], ahead, out=error)
        if line < latest:
            waits = rows.starts > line
            error[waits] = 0.0  # and neither level nor trend move before the first value
            ahead[waits], moved[waits] = level[waits], trend[waits]
        squares += np.multiply(error, error, out=step)
        np.multiply(alphas, error, out=level)
        level += ahead
        np.multiply(gain, error, out=trend)
        trend += moved
    return squares, level, trend
