"""What is foretold of one series, and how it was chosen and judged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting.accuracy import (
    bias,
    coverage,
    mase,
    naive_scale,
    smape,
    wape,
)
from dashboard.analytics.forecasting.history import Floats, History
from dashboard.analytics.forecasting.intervals import bands, draw_paths, half_widths
from dashboard.analytics.forecasting.members import NAIVE

ACCURACY = ("wape", "mase", "smape", "bias", "coverage_80", "coverage_95")


@dataclass(frozen=True)
class Forecast:
    """The forecast of one series.

    periods     step (1 is the next period), value, low_80, high_80, low_95, high_95
    member      the default: the member whose forecast `periods` holds
    members     member × step: what every member tells
    accuracy    member, wape, mase, smape, bias, coverage_80, coverage_95, is_worse_than_naive,
                origins: at the past origins; coverage at an origin is that of an interval from
                the others. Empty where the history is too short to hold a part back
    accuracy_by_step  the same with first_step and last_step
    errors      (origins, horizon) of the default at past origins: log(y ÷ ŷ) where `level` is 0,
                else (y − ŷ) ÷ level
    widths      (2, horizon) half-widths of the intervals at 80 and 95 %, on the scale of errors
    notes       why the forecast is simple or to be taken with care: short, empty, constant,
                broken, fell_back
    components  of Prophet where it was used: period_on, trend, weekly, yearly, events, is_future
    """

    periods: pd.DataFrame
    member: str
    members: pd.DataFrame
    accuracy: pd.DataFrame
    accuracy_by_step: pd.DataFrame
    errors: Floats
    widths: Floats
    level: float
    floor: float
    notes: tuple[str, ...] = ()
    components: pd.DataFrame | None = None


def simulate_paths(forecast: Forecast, count: int, seed: int) -> Floats:
    """(count, horizon): ways it may go, whose quantiles at each step are the intervals'."""
    return draw_paths(
        forecast.periods["value"].to_numpy(np.float64), forecast.errors, forecast.widths,
        level=forecast.level, floor=forecast.floor, count=count, seed=seed,
    )  # fmt: skip


def frame_periods(value: Floats, widths: Floats, *, level: float, floor: float) -> pd.DataFrame:
    low_80, high_80, low_95, high_95 = bands(value, widths, level=level, floor=floor)
    return pd.DataFrame(
        {"step": np.arange(1, len(value) + 1), "value": value, "low_80": low_80,
         "high_80": high_80, "low_95": low_95, "high_95": high_95}
    )  # fmt: skip


def errors_of(told: Floats, actual: Floats, *, level: float) -> Floats:
    """Errors on the scale of the intervals; `level` 0 for the logarithmic one."""
    if not actual.size:
        return np.empty_like(actual)
    if level > 0:
        return (actual - told) / level
    least = 1e-3 * np.abs(actual).mean()
    return np.asarray(np.log(np.maximum(actual, least) / np.maximum(told, least)))


def level_of(values: Floats, floor: float) -> float:
    """0 where errors are taken as ratios: of values well above the floor; else the usual size."""
    recent = values[-400:]
    usual = float(np.mean(np.abs(recent))) if len(recent) else 0.0
    if floor >= 0 and len(recent) and float(np.quantile(recent, 0.02)) > 0.1 * usual > 0:
        return 0.0
    return usual or 1.0


def judge_members(
    names: list[str],
    history: History,
    cuts: list[int],
    told: Floats,
    actual: Floats,
    *,
    level: float,
    floor: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`accuracy` and `accuracy_by_step` of a Forecast from (members, origins, horizon)."""
    horizon = actual.shape[1]
    scales = np.array([naive_scale(history.values[:cut], history.season) for cut in cuts])
    ends = sorted({round(horizon * part / 4) for part in (1, 2, 3, 4)} - {0})
    groups = list(zip([0, *ends[:-1]], ends, strict=True))
    whole: list[dict[str, object]] = []
    parts: list[dict[str, object]] = []
    for place, name in enumerate(names):
        seen = np.isfinite(told[place]).all(axis=1)
        if not seen.any():
            continue
        inside = _left_out(told[place][seen], actual[seen], level=level, floor=floor)
        for first, last in [(0, horizon), *groups]:
            row = {
                "member": name, "first_step": first + 1, "last_step": last,
                **_measures(told[place][seen][:, first:last], actual[seen][:, first:last],
                            scales[seen], inside[:, :, :, first:last]),
                "origins": int(seen.sum()),
            }  # fmt: skip
            (whole if last - first == horizon and not first else parts).append(row)
        if horizon == 1:
            parts.append(whole[-1])
    by_step = ["member", "first_step", "last_step", *ACCURACY, "origins"]
    return (
        _flagged(pd.DataFrame(whole, columns=by_step)).drop(columns=["first_step", "last_step"]),
        _flagged(pd.DataFrame(parts, columns=by_step)),
    )


def _flagged(judged: pd.DataFrame) -> pd.DataFrame:
    naive = judged[judged["member"] == NAIVE].set_index("first_step")["wape"]
    worse = judged["wape"] > judged["first_step"].map(naive) * (1 + 1e-9)
    judged.insert(len(judged.columns) - 1, "is_worse_than_naive", worse.astype(bool))
    return judged


def _left_out(told: Floats, actual: Floats, *, level: float, floor: float) -> Floats:
    """(origins, 4, 1, horizon): each origin's intervals from the errors at the others."""
    errors = errors_of(told, actual, level=level)
    found = []
    for place in range(len(told)):
        others = np.delete(errors, place, axis=0)
        found.append(bands(told[place], half_widths(others), level=level, floor=floor))
    return np.stack(found)[:, :, None, :]


def _measures(told: Floats, actual: Floats, scales: Floats, inside: Floats) -> dict[str, float]:
    low_80, high_80, low_95, high_95 = (inside[:, place, 0] for place in range(4))
    alone = len(told) < 2
    each = [mase(actual[row], told[row], scales[row]) for row in range(len(told))]
    known = [value for value in each if np.isfinite(value)]
    return {
        "wape": wape(actual, told),
        "mase": float(np.mean(known)) if known else float("nan"),
        "smape": smape(actual, told),
        "bias": bias(actual, told),
        "coverage_80": float("nan") if alone else coverage(actual, low_80, high_80),
        "coverage_95": float("nan") if alone else coverage(actual, low_95, high_95),
    }
