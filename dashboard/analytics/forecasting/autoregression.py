"""Autoregression of many series at once: the change from one period to the next, explained by the
last few values.

Ridge regression (Hoerl & Kennard 1970) draws the coefficients towards "no change", so that a
short history gives the last value rather than chance. Series that stay well above 0 are taken on
the logarithmic scale.
"""

from __future__ import annotations

import numpy as np

from dashboard.analytics.forecasting.history import Floats

LAGS = 8
LEAST = 4 * LAGS  # values of which it can learn
_RIDGE = 1.0  # on values of unit variance
_WELL_ABOVE = 0.05  # of the mean
_FARTHEST = 8.0  # standard deviations from the mean that a forecast may go


def regress_on_lags(series: list[Floats], horizon: int) -> Floats:
    """(series, horizon) of series without season; NaN of one that is too short."""
    told = np.full((len(series), horizon), np.nan)
    long = [row for row, values in enumerate(series) if len(values) >= LEAST]
    if not long:
        return told
    states = [_standardise(series[row]) for row in long]
    weights = np.stack([_fit(standard) for standard, _mean, _spread, _is_log in states])
    last = np.stack([standard[: -LAGS - 1 : -1] for standard, _mean, _spread, _is_log in states])
    ahead = np.empty((len(long), horizon))
    for step in range(horizon):
        change = (last * weights[:, :-1]).sum(axis=1) + weights[:, -1]
        ahead[:, step] = np.clip(last[:, 0] + change, -_FARTHEST, _FARTHEST)
        last = np.column_stack([ahead[:, step], last[:, :-1]])
    for place, (row, (_standard, mean, spread, is_log)) in enumerate(
        zip(long, states, strict=True)
    ):
        value = ahead[place] * spread + mean
        told[row] = np.exp(value) if is_log else value
    return told


def _standardise(values: Floats) -> tuple[Floats, float, float, bool]:
    is_log = bool(values.min() > _WELL_ABOVE * values.mean() > 0)
    scaled = np.log(values) if is_log else values
    mean, spread = float(scaled.mean()), float(scaled.std())
    return (scaled - mean) / (spread or 1.0), mean, spread or 1.0, is_log


def _fit(standard: Floats) -> Floats:
    """Weights of the last values, the latest first, and a constant."""
    count = len(standard)
    lagged = np.empty((LAGS + 1, count - LAGS))
    for lag in range(LAGS):
        lagged[lag] = standard[LAGS - 1 - lag : count - 1 - lag]
    lagged[LAGS] = 1.0
    change = standard[LAGS:] - lagged[0]
    products = np.einsum("it,jt->ij", lagged, lagged)  # not BLAS: the same with any threads
    products[np.arange(LAGS), np.arange(LAGS)] += _RIDGE
    products[LAGS, LAGS] += 1e-9
    return np.asarray(np.linalg.solve(products, np.einsum("it,t->i", lagged, change)))
