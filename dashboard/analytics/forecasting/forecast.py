"""What is foretold of one series, and how it was chosen and judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting.choosing import (
    choose_member,
    independent_origins,
    weigh_members,
)
from dashboard.analytics.forecasting.history import Floats
from dashboard.analytics.forecasting.intervals import (
    ENDS,
    bands,
    draw_paths,
    errors_of,
    offsets_of,
)
from dashboard.analytics.forecasting.medians import set_on_medians
from dashboard.analytics.forecasting.members import NAIVE, REPEATING
from dashboard.analytics.forecasting.past import Judged, Past, judge_past

_LEAST_ORIGINS = 3  # of which a factor is taken
_FACTORS = (0.5, 2.5)  # `medians` may have brought a member down to 0.6 of what it told
_RECENT = 400  # values that tell the usual size
_WELL_ABOVE = 0.1  # of the mean: errors of such series are taken as ratios


@dataclass(frozen=True)
class Forecast:
    """The forecast of one series.

    periods     step (1 is the next period), value, low_80, high_80, low_95, high_95, expected.
                `value` errs least; of skewed series (few orders a day) that is less than the
                mean, so add up `expected`: `value` set right by what came in all at past origins
    member      the default: the member whose forecast `periods` holds
    members     member × step: what every member tells; NaN where one has too little to go by
    accuracy    member, wape, mase, smape, bias, coverage_80, coverage_95, is_worse_than_naive,
                origins: at the past origins, an origin's intervals being made from the errors at
                the others. Empty where the history is too short to hold a part back
    accuracy_by_step  the same with first_step and last_step: quarters of the horizon
    errors      (origins, horizon) of the default at past origins: log(y ÷ ŷ) where `level` is 0,
                else (y − ŷ) ÷ level
    offsets     (7, horizon): how far the ends of the intervals and the quarters of the paths
                (intervals.ENDS) are from the value, on the scale of errors
    past        what the members told at the past origins, of which accuracy is made
    notes       why the forecast is simple or to be taken with care: short, empty, constant,
                broken, fell_back
    components  of Prophet where it was used: period_on, trend (in units), weekly, yearly, events
                (factors), is_future
    """

    periods: pd.DataFrame
    member: str
    members: pd.DataFrame
    errors: Floats
    offsets: Floats
    level: float
    floor: float
    past: Past
    notes: tuple[str, ...] = ()
    components: pd.DataFrame | None = None

    @property
    def accuracy(self) -> pd.DataFrame:
        return pd.DataFrame(self.judged[0])

    @property
    def accuracy_by_step(self) -> pd.DataFrame:
        return pd.DataFrame(self.judged[1])

    @cached_property
    def judged(self) -> tuple[Judged, Judged]:
        """The columns of both, worked out when asked for: not of every product they are."""
        return judge_past(self.past)


def simulate_paths(forecast: Forecast, count: int, seed: int) -> Floats:
    """(count, horizon): ways it may go, whose quantiles at each step are the intervals'."""
    return draw_paths(
        forecast.periods["value"].to_numpy(np.float64), forecast.errors, forecast.offsets,
        level=forecast.level, floor=forecast.floor, count=count, seed=seed,
    )  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """The default of a series at one origin, and its uncertainty on the scale of `errors_of`."""

    member: str
    errors: Floats
    offsets: Floats
    level: float
    factor: float  # of expected values
    notes: tuple[str, ...]


def decide(
    values: Floats,
    names: list[str],
    cuts: Sequence[int],
    past: Floats,
    actual: Floats,
    now: Floats,
    floor: float,
) -> Decision:
    """Choose for a history (`values`) from what the members told at its past origins `cuts`
    (members, origins, horizon) and tell now (members, horizon). Both are changed: members are set
    so that they err least where they may be skewed, and "weighted" is filled in."""
    horizon = now.shape[1]
    level = level_of(values, floor)
    if level > 0 and floor >= 0:
        set_on_medians(names, past, actual, now)
    if "weighted" in names:
        row = names.index("weighted")
        past[row], now[row] = weigh_members(names, past, actual, now)
    is_constant = bool(np.ptp(values) == 0)
    if not is_constant and REPEATING in names and np.isfinite(now[names.index(REPEATING)]).all():
        nothing = np.zeros((0, horizon))
        return Decision(REPEATING, nothing, np.zeros((len(ENDS), horizon)), level, 1.0, ())
    choice = choose_member(names, past, actual, now)
    member = NAIVE if is_constant else choice.member
    own = past[names.index(member)]
    seen = np.isfinite(own).all(axis=1)
    errors = errors_of(own[seen], actual[seen], level=level)
    independent = min(len(errors), independent_origins(cuts, horizon))
    offsets = (
        offsets_of(errors, independent, is_skewed=level > 0)
        if len(errors)
        else _guessed_offsets(values, horizon, level)
    )
    notes = {
        "constant": is_constant and len(values) > 1,
        "short": len(actual) < 2,
        "fell_back": choice.fell_back and not is_constant,
    }
    factor = _factor(own[seen], actual[seen]) if level > 0 else 1.0
    told = tuple(name for name in notes if notes[name])
    return Decision(member, errors, offsets, level, factor, told)


def _factor(told: Floats, actual: Floats) -> float:
    """By how much more or less came in all than was told at past origins."""
    if len(told) < _LEAST_ORIGINS or told.sum() <= 0:
        return 1.0
    return float(np.clip(actual.sum() / told.sum(), *_FACTORS))


def frame_periods(
    value: Floats, offsets: Floats, factor: float, *, level: float, floor: float
) -> pd.DataFrame:
    low_80, high_80, low_95, high_95 = bands(value, offsets, level=level, floor=floor)
    return pd.DataFrame(
        {"step": np.arange(1, len(value) + 1), "value": value, "low_80": low_80,
         "high_80": high_80, "low_95": low_95, "high_95": high_95,
         "expected": np.maximum(value * factor, floor)}
    )  # fmt: skip


def level_of(values: Floats, floor: float) -> float:
    """0 where errors are taken as ratios: of values well above 0; else the usual size."""
    recent = values[-_RECENT:]
    usual = float(np.mean(np.abs(recent)))
    if floor >= 0 and float(np.quantile(recent, 0.02)) > _WELL_ABOVE * usual > 0:
        return 0.0
    return usual or 1.0


def _guessed_offsets(values: Floats, horizon: int, level: float) -> Floats:
    """Of a history too short to hold a part back: from how its values differ."""
    size = float(np.std(values)) / (level or float(np.abs(values).mean()))
    size = size or (0.5 if len(values) < 3 and values.any() else 0.0)
    return np.outer(np.array([-1.92, 1.92, -2.94, 2.94, -1, 0, 1]) * size, np.ones(horizon))
