"""What is foretold of one series, and how it was chosen and judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting.accuracy import judge, naive_scale, step_groups
from dashboard.analytics.forecasting.choosing import choose_member
from dashboard.analytics.forecasting.history import Floats
from dashboard.analytics.forecasting.intervals import bands, draw_paths, half_widths
from dashboard.analytics.forecasting.members import NAIVE

JUDGED = (
    "member", "first_step", "last_step", "wape", "mase", "smape", "bias", "coverage_80",
    "coverage_95", "is_worse_than_naive", "origins",
)  # fmt: skip
_RECENT = 400  # values that tell the usual size
_WELL_ABOVE = 0.1  # of the mean: errors of such series are taken as ratios
_LEAST_ACTUAL = 1e-3  # of the mean, in ratios


@dataclass(frozen=True)
class Forecast:
    """The forecast of one series.

    periods     step (1 is the next period), value, low_80, high_80, low_95, high_95
    member      the default: the member whose forecast `periods` holds
    members     member × step: what every member tells; NaN where one has too little to go by
    accuracy    member, wape, mase, smape, bias, coverage_80, coverage_95, is_worse_than_naive,
                origins: at the past origins, an origin's intervals being made from the errors at
                the others. Empty where the history is too short to hold a part back
    accuracy_by_step  the same with first_step and last_step: quarters of the horizon
    errors      (origins, horizon) of the default at past origins: log(y ÷ ŷ) where `level` is 0,
                else (y − ŷ) ÷ level
    widths      (2, horizon) half-widths of the intervals at 80 and 95 %, on the scale of errors
    notes       why the forecast is simple or to be taken with care: short, empty, constant,
                broken, fell_back
    components  of Prophet where it was used: period_on, trend (in units), weekly, yearly, events
                (factors), is_future
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


@dataclass(frozen=True)
class Decision:
    """The default of a series at one origin, and its uncertainty on the scale of `errors_of`."""

    member: str
    errors: Floats
    widths: Floats
    level: float
    notes: tuple[str, ...]


def decide(values: Floats, names: list[str], past: Floats, actual: Floats, now: Floats,
           floor: float) -> Decision:  # fmt: skip
    """Choose for a history (`values`) from what the members told at its past origins (members,
    origins, horizon) and tell now (members, horizon)."""
    horizon = now.shape[1]
    is_constant = bool(np.ptp(values) == 0)
    choice = choose_member(names, past, actual, now)
    member = NAIVE if is_constant else choice.member
    level = level_of(values, floor)
    own = past[names.index(member)]
    seen = np.isfinite(own).all(axis=1)
    errors = errors_of(own[seen], actual[seen], level=level)
    widths = half_widths(errors) if len(errors) else _guessed_widths(values, horizon, level)
    notes = {
        "constant": is_constant and len(values) > 1,
        "short": len(actual) < 2,
        "fell_back": choice.fell_back and not is_constant,
    }
    return Decision(member, errors, widths, level, tuple(name for name in notes if notes[name]))


def frame_periods(value: Floats, widths: Floats, *, level: float, floor: float) -> pd.DataFrame:
    low_80, high_80, low_95, high_95 = bands(value, widths, level=level, floor=floor)
    return pd.DataFrame(
        {"step": np.arange(1, len(value) + 1), "value": value, "low_80": low_80,
         "high_80": high_80, "low_95": low_95, "high_95": high_95}
    )  # fmt: skip


def errors_of(told: Floats, actual: Floats, *, level: float) -> Floats:
    """Errors on the scale of the intervals; `level` 0 for the logarithmic one."""
    if level > 0:
        return np.asarray((actual - told) / level)
    if not actual.size:
        return np.zeros_like(told)
    least = max(_LEAST_ACTUAL * float(np.abs(actual).mean()), 1e-300)
    return np.asarray(np.log(np.maximum(actual, least) / np.maximum(told, least)))


def level_of(values: Floats, floor: float) -> float:
    """0 where errors are taken as ratios: of values well above 0; else the usual size."""
    recent = values[-_RECENT:]
    usual = float(np.mean(np.abs(recent)))
    if floor >= 0 and float(np.quantile(recent, 0.02)) > _WELL_ABOVE * usual > 0:
        return 0.0
    return usual or 1.0


def _guessed_widths(values: Floats, horizon: int, level: float) -> Floats:
    """Of a history too short to hold a part back: from how its values differ."""
    size = float(np.std(values)) / (level or float(np.abs(values).mean()))
    size = size or (0.5 if len(values) < 3 and values.any() else 0.0)
    return np.outer([1.28 * size, 1.96 * size], np.ones(horizon)) * 1.5


def judge_members(
    names: list[str],
    values: Floats,
    season: int,
    cuts: list[int],
    past: Floats,
    actual: Floats,
    *,
    level: float,
    floor: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`accuracy` and `accuracy_by_step` of a Forecast from (members, origins, horizon)."""
    horizon = past.shape[2]
    scales = np.array([naive_scale(values[:cut], season) for cut in cuts])
    ends = _left_out(past, actual, level=level, floor=floor)
    groups = [(0, horizon), *step_groups(horizon)] if len(cuts) else []
    tables = []
    for first, last in groups:
        part = slice(first, last)
        told = judge(past[:, :, part], actual[:, part], scales, ends[..., part])
        rival = told["wape"][names.index(NAIVE)]
        tables.append(
            {"member": np.array(names), "first_step": np.full(len(names), first + 1),
             "last_step": np.full(len(names), last), **told,
             "is_worse_than_naive": told["wape"] > rival * (1 + 1e-9)}
        )  # fmt: skip
    return _frame_judged(tables[:1]).drop(columns=["first_step", "last_step"]), _frame_judged(
        tables[1:]
    )


def _frame_judged(tables: list[dict[str, Any]]) -> pd.DataFrame:
    if not tables:
        return pd.DataFrame(columns=list(JUDGED))
    columns = {name: np.concatenate([table[name] for table in tables]) for name in JUDGED}
    columns["origins"] = columns["origins"].astype(np.int64)
    order = np.argsort(np.tile(np.arange(len(tables[0]["member"])), len(tables)), kind="stable")
    order = order[columns["origins"][order] > 0]
    return pd.DataFrame({name: column[order] for name, column in columns.items()})


def _left_out(told: Floats, actual: Floats, *, level: float, floor: float) -> Floats:
    """(members, origins, 4, horizon): each origin's intervals from the errors at the others; NaN
    where there are too few."""
    members, origins, horizon = told.shape
    ends = np.full((members, origins, 4, horizon), np.nan)
    known = np.isfinite(told).all(axis=2)
    for pattern in np.unique(known, axis=0) if origins else []:
        rows, places = np.flatnonzero((known == pattern).all(axis=1)), np.flatnonzero(pattern)
        if len(places) < 2:
            continue
        own = told[np.ix_(rows, places)]
        errors = errors_of(own, actual[places], level=level)
        others = np.array([np.delete(np.arange(len(places)), each) for each in range(len(places))])
        widths = half_widths(errors[:, others])
        ends[np.ix_(rows, places)] = bands(own, widths, level=level, floor=floor)
    return ends
