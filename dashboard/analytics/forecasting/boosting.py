"""Gradient boosting of one series: the change from its usual level, for every step at once."""

from __future__ import annotations

import numpy as np

from dashboard.analytics.forecasting.history import Floats, Window

LEAST = 200  # values of which it can learn
_EACH_STEP = 8  # steps of the horizon drawn for each past day
_MOST_ROWS = 4000


def forecast_boosted(window: Window, horizon: int, *, seed: int) -> Floats:
    """(horizon,); NaN of a history that is too short, or has nothing above 0."""
    values = np.maximum(window.values, 0.0)
    lookback = _lookback(window)
    if len(values) < max(LEAST, lookback + 3 * horizon) or values.max() <= 0:
        return np.full(horizon, np.nan)
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    chance = np.random.default_rng(seed)
    origins = np.arange(lookback, len(values) - 1)
    steps = chance.integers(1, horizon + 1, size=(len(origins), _EACH_STEP))
    places = np.repeat(origins, _EACH_STEP)
    steps = np.minimum(steps.ravel(), len(values) - places)
    if len(places) > _MOST_ROWS:
        places, steps = places[-_MOST_ROWS:], steps[-_MOST_ROWS:]
    features, level = _features(window, values, places, steps)
    target = values[places + steps - 1] / level
    model = HistGradientBoostingRegressor(
        loss="absolute_error", max_iter=120, learning_rate=0.06, max_leaf_nodes=12,
        min_samples_leaf=25, l2_regularization=1.0, early_stopping=False, random_state=seed,
    )  # fmt: skip
    with threadpool_limits(limits=1):
        model.fit(features, target)
        ahead = np.arange(1, horizon + 1)
        asked, now = _features(window, values, np.full(horizon, len(values)), ahead)
        told: Floats = np.maximum(model.predict(asked), 0.0) * now
    return told


def _lookback(window: Window) -> int:
    season = max(window.history.season, 1)
    return max(4 * season if season <= 31 else season, 8)


def _features(
    window: Window, values: Floats, places: np.ndarray, steps: np.ndarray
) -> tuple[Floats, Floats]:
    """What is known before the period number `place` about the one `steps` later (1: itself)."""
    season, year = max(window.history.season, 1), window.history.year
    sums = np.concatenate([[0.0], np.cumsum(values)])
    lookback = _lookback(window)

    def mean(length: int) -> Floats:
        begin = np.maximum(places - length, 0)
        recent: Floats = (sums[places] - sums[begin]) / np.maximum(places - begin, 1)
        return recent

    level = np.maximum(mean(lookback), 1e-3 * values.mean())
    target = places + steps - 1
    cycles = -(-steps // season)  # whole seasons back to what is known
    same = [values[np.maximum(target - (cycles + back) * season, 0)] / level for back in range(3)]
    columns = [steps, *same, np.mean(same, axis=0), mean(season) / level, mean(3) / level,
               values[places - 1] / level, target % season]  # fmt: skip
    if year > season and len(values) > year + lookback:
        before = target - year
        reach = np.maximum(before, 0)
        around = (sums[np.minimum(reach + 4, len(values))] - sums[np.maximum(reach - 3, 0)]) / 7
        then = np.maximum(places - year, 0)
        begin = np.maximum(then - lookback, 0)
        base = (sums[then] - sums[begin]) / np.maximum(then - begin, 1)
        known = (before >= 0) & (then >= lookback) & (base > 0)
        columns.append(np.where(known, around / np.where(known, base, 1.0), np.nan))
        columns.append((window.end - len(values) + target) % year)
    return np.column_stack(columns).astype(np.float64), level
