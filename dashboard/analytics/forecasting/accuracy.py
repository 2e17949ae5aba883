"""How good forecasts were: WAPE, MASE, sMAPE, bias and coverage.

Sources: Hyndman & Koehler 2006 (MASE), Makridakis et al. 2020 (sMAPE as in M4).
"""

from __future__ import annotations

import numpy as np

from dashboard.analytics.forecasting.history import Floats


def wape(actual: Floats, told: Floats) -> float:
    """Σ|y − ŷ| ÷ Σ|y|; NaN where nothing happened."""
    return _ratio(np.abs(actual - told).sum(), np.abs(actual).sum())


def bias(actual: Floats, told: Floats) -> float:
    """Σ(ŷ − y) ÷ Σ|y|; NaN where nothing happened."""
    return _ratio((told - actual).sum(), np.abs(actual).sum())


def mase(actual: Floats, told: Floats, scale: float) -> float:
    """mean|y − ŷ| ÷ the scale of `naive_scale`; NaN where that is 0."""
    return _ratio(np.abs(actual - told).mean(), scale)


def naive_scale(values: Floats, season: int) -> float:
    """mean|y_t − y_{t−m}| within the values that were learnt from; m is 1 if there are too few."""
    lag = season if len(values) > season else 1
    return float(np.abs(values[lag:] - values[:-lag]).mean()) if len(values) > lag else 0.0


def smape(actual: Floats, told: Floats) -> float:
    """mean of 2|y − ŷ| ÷ (|y| + |ŷ|), 0 where both are 0: from 0 to 2."""
    whole = np.abs(actual) + np.abs(told)
    return float(np.divide(2 * np.abs(actual - told), whole, out=np.zeros_like(whole),
                           where=whole > 0).mean())  # fmt: skip


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """The share of values inside, the ends belonging to it up to rounding."""
    slack = 1e-9 * np.maximum(np.abs(actual), 1.0)
    return float(((actual >= low - slack) & (actual <= high + slack)).mean())


def _ratio(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole > 0 else float("nan")
