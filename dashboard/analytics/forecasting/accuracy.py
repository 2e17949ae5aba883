"""How good forecasts were: WAPE, MASE, sMAPE, bias and coverage.

Sources: Hyndman & Koehler 2006 (MASE), Makridakis et al. 2020 (sMAPE as in M4).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from dashboard.analytics.forecasting.history import Floats

Flags = npt.NDArray[np.bool_]


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
    """mean of 200 |y − ŷ| ÷ (|y| + |ŷ|), 0 where both are 0: from 0 to 200 %, as in M4."""
    whole = np.abs(actual) + np.abs(told)
    return float(np.divide(200 * np.abs(actual - told), whole, out=np.zeros_like(whole),
                           where=whole > 0).mean())  # fmt: skip


def coverage(actual: Floats, low: Floats, high: Floats) -> float:
    """The share of values inside, an end belonging to it; NaN without an interval."""
    if not np.isfinite(low).all():
        return float("nan")
    return float(inside(actual, low, high).mean())


def inside(actual: Floats, low: Floats, high: Floats) -> Floats:
    """1 where a value is inside, up to rounding."""
    slack = 1e-9 * np.maximum(np.abs(actual), 1e-9)
    return ((actual >= low - slack) & (actual <= high + slack)).astype(np.float64)


def step_groups(horizon: int) -> list[tuple[int, int]]:
    """The horizon in up to four parts: number of the first step less one, number of the last."""
    ends = sorted({round(horizon * part / 4) for part in (1, 2, 3, 4)} - {0})
    return list(zip([0, *ends[:-1]], ends, strict=True))


def judge(told: Floats, actual: Floats, scales: Floats, ends: Floats) -> dict[str, Floats]:
    """Each measure as (members,), of told (members, origins, steps) with a scale for each origin
    and ends (members, origins, 4, steps) of the intervals; origins that a member did not tell are
    left out. MASE is the mean over origins with a scale."""
    seen: Flags = np.asarray(np.isfinite(told).all(axis=2))
    told = np.where(seen[:, :, None], told, 0.0)
    happened = np.where(seen[:, :, None], actual[None], 0.0)
    miss = np.abs(told - happened)
    size = np.abs(happened)
    both = size + np.abs(told)
    relative = np.divide(200 * miss, both, out=np.zeros_like(both), where=both > 0)
    scaled = np.divide(miss.mean(axis=2), scales, out=np.zeros(seen.shape), where=scales > 0)
    points = seen.sum(axis=1) * told.shape[2]
    has_ends: Flags = np.asarray(seen & np.isfinite(ends).all(axis=(2, 3)))
    return {
        "wape": _ratios(miss.sum(axis=(1, 2)), size.sum(axis=(1, 2))),
        "mase": _ratios(scaled.sum(axis=1), (seen & (scales > 0)).sum(axis=1)),
        "smape": _ratios(relative.sum(axis=(1, 2)), points),
        "bias": _ratios((told - happened).sum(axis=(1, 2)), size.sum(axis=(1, 2))),
        "coverage_80": _share(happened, ends[:, :, 0], ends[:, :, 1], has_ends),
        "coverage_95": _share(happened, ends[:, :, 2], ends[:, :, 3], has_ends),
        "origins": seen.sum(axis=1).astype(np.float64),
    }


def _share(actual: Floats, low: Floats, high: Floats, known: Flags) -> Floats:
    within = inside(actual, low, high).mean(axis=2)
    return _ratios(np.where(known, within, 0.0).sum(axis=1), known.sum(axis=1))


def _ratios(parts: Floats, wholes: Floats) -> Floats:
    unknown = np.full(np.shape(parts), np.nan)
    return np.asarray(np.divide(parts, wholes, out=unknown, where=np.asarray(wholes) > 0))


def _ratio(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole > 0 else float("nan")
