"""What repeats itself to the digit (constant steps, a season, one that grows) goes on so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dashboard.analytics.forecasting.history import Floats, Window

_EXACT = 1e-9  # of the largest value
_LEAST = 4  # periods that must have followed the rule, and a whole season of them
_SEEN_FIRST = 8  # of the last values: almost every series is told apart by these


def forecast_repeating(windows: Sequence[Window], horizon: int) -> Floats:
    """(windows, horizon); NaN of a window that does not follow a rule to the digit: every value is
    the one a season before plus a constant, or times one, or it moves as it moved a season before.
    """
    told = np.full((len(windows), horizon), np.nan)
    for row, window in enumerate(windows):
        values, history = window.values, window.history
        for lag in sorted({1, history.season, history.year} - {0}):
            ahead = _go_on(values, lag, horizon)
            if ahead is not None:
                told[row] = ahead
                break
    return told


def _go_on(values: Floats, lag: int, horizon: int) -> Floats | None:
    if _is_constant(values, lag, times=1):
        return _stepped(values, lag, horizon, float(values[-1] - values[-1 - lag]))
    if lag > 1 and _is_constant(values, lag, times=2):
        steps = values[-lag:] - values[-2 * lag : -lag]
        return _stepped(values, lag, horizon, steps)
    if values.min(initial=1.0) <= 0:
        return None
    logs = np.log(values)
    if _is_constant(logs, lag, times=1):
        return np.exp(_stepped(logs, lag, horizon, float(logs[-1] - logs[-1 - lag])))
    return None


def _is_constant(values: Floats, lag: int, *, times: int) -> bool:
    """Whether the difference over the lag is the same everywhere; of the second one, nothing."""
    most = len(values) - lag * times
    if most < max(lag, _LEAST):
        return False
    tolerance = _EXACT * float(np.abs(values).max())
    for count in (min(_SEEN_FIRST, most), most):
        moved = values[-count - lag * times :]
        for _time in range(times):
            moved = moved[lag:] - moved[:-lag]
        moved = moved - moved[0] if times == 1 else moved
        if np.abs(moved).max() > tolerance:
            return False
    return True


def _stepped(values: Floats, lag: int, horizon: int, step: Floats | float) -> Floats:
    place = np.arange(horizon)
    steps = np.broadcast_to(np.asarray(step, dtype=np.float64), (lag,))
    return np.asarray(values[len(values) - lag + place % lag] + (place // lag + 1)
                      * steps[place % lag])  # fmt: skip
