"""Forecasts of regular series: members side by side, the default chosen at past origins.

`forecast_series` answers any history, `forecast_many` thousands of them; each series is forecast
from its own values only, so the answer does not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting.choosing import choose_member, past_origins
from dashboard.analytics.forecasting.forecast import (
    Forecast,
    errors_of,
    frame_periods,
    judge_members,
    level_of,
    simulate_paths,
)
from dashboard.analytics.forecasting.history import Floats, History, Step, Window, clean_history
from dashboard.analytics.forecasting.intervals import half_widths
from dashboard.analytics.forecasting.members import (
    ALL,
    FAST,
    NAIVE,
    SLOW,
    forecast_members,
)

__all__ = [
    "ALL", "FAST", "NAIVE", "SLOW", "Forecast", "History", "Step", "forecast_many",
    "forecast_series", "simulate_paths",
]  # fmt: skip

TOGETHER = 64  # series whose windows are smoothed side by side


def forecast_series(
    history: History,
    horizon: int,
    *,
    members: Sequence[str] | None = None,
    origins: int = 6,
    seed: int = 7,
    floor: float = 0.0,
) -> Forecast:
    """The forecast of one series; `members` is FAST, ALL (default) or a choice of them.

    Never raises for what the values are: too short, empty, constant or broken histories get the
    simplest honest forecast and a note. No value is below `floor`.
    """
    return forecast_many(
        [history], horizon, members=members, origins=origins, seed=seed, floor=floor
    )[0]


def forecast_many(
    histories: Sequence[History],
    horizon: int,
    *,
    members: Sequence[str] | None = None,
    origins: int = 6,
    seed: int = 7,
    floor: float = 0.0,
) -> list[Forecast]:
    """`forecast_series` of each, worked out side by side, which is many times quicker."""
    if horizon < 1:
        raise ValueError("a horizon is at least one period")
    names = list(dict.fromkeys((NAIVE, *(FAST if members is None else members))))
    unknown = set(names) - set(ALL)
    if unknown:
        raise ValueError(f"no such member: {', '.join(sorted(unknown))}")
    found: list[Forecast] = []
    for first in range(0, len(histories), TOGETHER):
        chunk = [clean_history(each) for each in histories[first : first + TOGETHER]]
        found += _forecast_chunk(chunk, horizon, names, origins, seed, floor)
    return found


def _forecast_chunk(
    chunk: Sequence[tuple[History, tuple[str, ...]]],
    horizon: int,
    names: list[str],
    origins: int,
    seed: int,
    floor: float,
) -> list[Forecast]:
    cuts = [past_origins(history, horizon, origins) for history, _notes in chunk]
    windows = [
        Window(history, cut)
        for (history, _notes), own in zip(chunk, cuts, strict=True)
        if len(history.values)
        for cut in (*own, len(history.values))
    ]
    told = forecast_members(windows, horizon, names, floor=floor) if windows else np.empty(0)
    found, place = [], 0
    for (history, notes), own in zip(chunk, cuts, strict=True):
        if not len(history.values):
            found.append(_of_nothing(horizon, names, notes, floor))
            continue
        own_told = told[:, place : place + len(own) + 1]
        place += len(own) + 1
        found.append(_decide(history, own, own_told, names, notes, floor))
    return found


def _decide(
    history: History,
    cuts: list[int],
    told: Floats,
    names: list[str],
    notes: tuple[str, ...],
    floor: float,
) -> Forecast:
    horizon = told.shape[2]
    values = history.values
    past, now = told[:, :-1], told[:, -1]
    actual = np.array([values[cut : cut + horizon] for cut in cuts]).reshape(-1, horizon)
    is_constant = bool(np.ptp(values) == 0)
    if is_constant:
        member, fell_back = NAIVE, False
    else:
        choice = choose_member(names, past, actual, now)
        member, fell_back = choice.member, choice.fell_back
    chosen = names.index(member)
    level = level_of(values, floor)
    seen = np.isfinite(past[chosen]).all(axis=1)
    errors = errors_of(past[chosen][seen], actual[seen], level=level)
    widths = half_widths(errors) if len(errors) else _guessed_widths(values, horizon, level)
    judged = judge_members(names, history, cuts, past, actual, level=level, floor=floor)
    notes = (
        *notes,
        *(("constant",) if is_constant else ()),
        *(("short",) if len(cuts) < 2 else ()),
        *(("fell_back",) if fell_back else ()),
    )
    return Forecast(
        periods=frame_periods(now[chosen], widths, level=level, floor=floor),
        member=member, members=_frame_members(now, names), accuracy=judged[0],
        accuracy_by_step=judged[1], errors=errors, widths=widths, level=level, floor=floor,
        notes=notes,
    )  # fmt: skip


def _guessed_widths(values: Floats, horizon: int, level: float) -> Floats:
    """Of a history too short to hold a part back: from how its values differ."""
    size = float(np.std(values)) / (level or float(np.abs(values).mean()) or 1.0)
    size = size or (0.5 if len(values) < 3 else 0.0)
    return np.outer([1.28 * size, 1.96 * size], np.ones(horizon)) * 1.5


def _of_nothing(horizon: int, names: list[str], notes: tuple[str, ...], floor: float) -> Forecast:
    zeros = np.full(horizon, max(0.0, floor))
    history = History(np.empty(0), 1)
    nothing = np.empty((0, 0, horizon))
    judged = judge_members([], history, [], nothing, np.empty((0, horizon)), level=1, floor=floor)
    widths = np.zeros((2, horizon))
    return Forecast(
        periods=frame_periods(zeros, widths, level=1.0, floor=floor), member=NAIVE,
        members=_frame_members(np.tile(zeros, (1, 1)), [NAIVE]), accuracy=judged[0],
        accuracy_by_step=judged[1], errors=np.empty((0, horizon)), widths=widths, level=1.0,
        floor=floor, notes=tuple(dict.fromkeys((*notes, "empty"))),
    )  # fmt: skip


def _frame_members(now: Floats, names: list[str]) -> pd.DataFrame:
    steps = pd.Index(np.arange(1, now.shape[1] + 1), name="step")
    return pd.DataFrame(now, index=pd.Index(names, name="member"), columns=steps)
