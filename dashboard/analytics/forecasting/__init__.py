"""Forecasts of regular series: members side by side, the default chosen at past origins.

`forecast_series` answers any history, `forecast_many` thousands of them; each series is forecast
from its own values only, so the answer does not depend on its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting.accuracy import naive_scale
from dashboard.analytics.forecasting.choosing import past_origins
from dashboard.analytics.forecasting.forecast import (
    Forecast,
    decide,
    frame_periods,
    simulate_paths,
)
from dashboard.analytics.forecasting.history import Floats, History, Step, Window, clean_history
from dashboard.analytics.forecasting.members import (
    ALL,
    FAST,
    NAIVE,
    SLOW,
    Told,
    forecast_members,
)
from dashboard.analytics.forecasting.past import Past
from dashboard.analytics.forecasting.prophet_member import forecast_log

__all__ = [
    "ALL", "FAST", "NAIVE", "SLOW", "Forecast", "History", "Step", "explain_series",
    "forecast_many",
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
    names = list(dict.fromkeys((NAIVE, *(ALL if members is None else members))))
    unknown = set(names) - set(ALL)
    if unknown:
        raise ValueError(f"no such member: {', '.join(sorted(unknown))}")
    found: list[Forecast] = []
    for first in range(0, len(histories), TOGETHER):
        chunk = [clean_history(each) for each in histories[first : first + TOGETHER]]
        found += _forecast_chunk(chunk, horizon, names, origins, seed, floor)
    return found


def explain_series(history: History, horizon: int, *, seed: int = 7) -> pd.DataFrame | None:
    """The `components` of a Forecast, whichever members forecast it; None of a history that is too
    short, has nothing above 0, or is made of nothing that people would believe."""
    clean, _notes = clean_history(history)
    if not len(clean.values):
        return None
    window = Window(clean, len(clean.values))
    return forecast_log(window, horizon, seed=seed, with_components=True)[1]


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
    told = forecast_members(windows, horizon, names, seed=seed, floor=floor) if windows else None
    found, place = [], 0
    for (history, notes), own in zip(chunk, cuts, strict=True):
        if told is None or not len(history.values):
            found.append(_of_nothing(horizon, names, notes, floor))
            continue
        found.append(_describe(history, own, told, place, names, notes, floor))
        place += len(own) + 1
    return found


def _describe(
    history: History,
    cuts: list[int],
    told: Told,
    first: int,
    names: list[str],
    notes: tuple[str, ...],
    floor: float,
) -> Forecast:
    """From what the members told of the windows from number `first` on."""
    last = first + len(cuts)
    past, now = told.values[:, first:last], told.values[:, last]
    values, horizon = history.values, now.shape[1]
    actual = np.array([values[cut : cut + horizon] for cut in cuts]).reshape(-1, horizon)
    decision = decide(values, names, cuts, past, actual, now, floor)
    level, offsets = decision.level, decision.offsets
    value = now[names.index(decision.member)]
    scales = np.array([naive_scale(values[:cut], history.season) for cut in cuts])
    return Forecast(
        periods=frame_periods(value, offsets, decision.factor, level=level, floor=floor),
        member=decision.member, members=_frame_members(now, names), errors=decision.errors,
        offsets=offsets, level=level, floor=floor,
        past=Past(tuple(names), tuple(cuts), past.copy(), actual, scales, level, floor),
        notes=(*notes, *decision.notes), components=told.components.get(last),
    )  # fmt: skip


def _of_nothing(horizon: int, names: list[str], notes: tuple[str, ...], floor: float) -> Forecast:
    value, offsets = np.full(horizon, max(0.0, floor)), np.zeros((7, horizon))
    nothing = np.empty((0, horizon))
    return Forecast(
        periods=frame_periods(value, offsets, 1.0, level=1.0, floor=floor), member=NAIVE,
        members=_frame_members(np.tile(value, (len(names), 1)), names), errors=nothing,
        offsets=offsets, level=1.0, floor=floor,
        past=Past((), (), nothing[None], nothing, np.empty(0), 1.0, floor),
        notes=tuple(dict.fromkeys((*notes, "empty"))),
    )  # fmt: skip


def _frame_members(now: Floats, names: list[str]) -> pd.DataFrame:
    steps = pd.Index(np.arange(1, now.shape[1] + 1), name="step")
    return pd.DataFrame(now, index=pd.Index(names, name="member"), columns=steps)
