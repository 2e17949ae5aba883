"""What every model told of a series at past origins, knowing nothing of what came after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

from dashboard.analytics.forecasting.accuracy import inside, naive_scale
from dashboard.analytics.forecasting.choosing import independent_origins, past_origins
from dashboard.analytics.forecasting.forecast import decide, level_of
from dashboard.analytics.forecasting.history import Floats, History, Window, clean_history
from dashboard.analytics.forecasting.intervals import bands, errors_of, offsets_of
from dashboard.analytics.forecasting.members import NAIVE, forecast_members
from dashboard.analytics.forecasting.prophet_member import forecast_default

DEFAULT, EXPECTED, PROPHET = "default", "default_expected", "prophet_default"
INNER_ORIGINS = 6  # before each origin, that the default is chosen on


@dataclass(frozen=True)
class Tried:
    """A series to be judged. `held_out` (horizon,) is what came after the whole of `history`, or
    None to hold parts of the history back."""

    series_id: str
    history: History
    held_out: Floats | None = None
    with_prophet: bool = True  # try Prophet as it comes out of the box too


@dataclass(frozen=True)
class Task:
    horizon: int
    origins: int
    members: tuple[str, ...]
    season: int  # of the scale of MASE, and of what is called seasonal naive
    season_of_models: int
    seed: int

    @property
    def models(self) -> tuple[str, ...]:
        return (DEFAULT, EXPECTED, *map(self.named, self.members), PROPHET)

    def named(self, member: str) -> str:
        """A member as it is called in results. Where models find a season of which nobody spoke,
        what repeats it is not "the" seasonal naive, which is then the last value."""
        if self.season == self.season_of_models:
            return member
        return {NAIVE: f"{NAIVE}_{self.season_of_models}", "naive": NAIVE}.get(member, member)


@dataclass(frozen=True)
class Rolled:
    """`told`, `inside_80`, `inside_95`, `width_80`: (models, origins, horizon), NaN for what was
    not told; `actual` (origins, horizon), NaN where it is not known; `scales` (origins,) of MASE.
    `chosen` names the default's member at each origin."""

    series_id: str
    told: Floats
    inside_80: Floats
    inside_95: Floats
    width_80: Floats
    actual: Floats
    scales: Floats
    chosen: tuple[str, ...]


def roll(tried: Sequence[Tried], task: Task) -> list[Rolled]:
    """One result for each series that is long enough to hold a part back. Each depends on its own
    series only; the windows of all are forecast side by side."""
    with threadpool_limits(limits=1):
        return _roll(tried, task)


def _roll(tried: Sequence[Tried], task: Task) -> list[Rolled]:
    plans = [_Plan.of(each, task) for each in tried]
    windows = [Window(plan.history, cut) for plan in plans for cut in plan.cuts]
    if not windows:
        return []
    floors = np.array([[plan.floor] for plan in plans for _cut in plan.cuts])
    told = forecast_members(
        windows, task.horizon, task.members, seed=task.seed, floor=floors
    ).values
    rolled, place = [], 0
    for plan in plans:
        if plan.cuts:
            own = told[:, place : place + len(plan.cuts)]
            place += len(plan.cuts)
            rolled.append(_judge(plan, own, task))
    return rolled


@dataclass(frozen=True)
class _Plan:
    """The origins of a series that are judged, and those before each that it chooses on."""

    tried: Tried
    history: History
    raw: Floats  # with what is not known, on the places of history.values
    outer: tuple[int, ...]
    inner: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, tried: Tried, task: Task) -> _Plan:
        history, _notes = clean_history(tried.history)
        values = np.asarray(tried.history.values, dtype=np.float64)
        raw = values[len(values) - len(history.values) :]
        if tried.held_out is not None:
            outer = [len(history.values)] if len(history.values) else []
        else:
            outer = past_origins(history, task.horizon, task.origins)
            outer = outer or past_origins(replace(history, filled=None), task.horizon, task.origins)
        inner = [past_origins(_until(history, cut), task.horizon, INNER_ORIGINS) for cut in outer]
        return cls(tried, history, raw, tuple(outer), tuple(map(tuple, inner)))

    @property
    def cuts(self) -> list[int]:
        return sorted({*self.outer, *(cut for cuts in self.inner for cut in cuts)})

    @property
    def floor(self) -> float:
        return 0.0 if not len(self.raw) or np.nanmin(self.raw) >= 0 else -np.inf


def _until(history: History, cut: int) -> History:
    filled = None if history.filled is None else history.filled[:cut]
    return replace(history, values=history.values[:cut], events=None, filled=filled)


def _judge(plan: _Plan, told: Floats, task: Task) -> Rolled:
    horizon, values = task.horizon, plan.history.values
    place_of = {cut: place for place, cut in enumerate(plan.cuts)}
    shape = (len(task.models), len(plan.outer), horizon)
    value, ends = np.full(shape, np.nan), np.full((*shape[:2], 4, horizon), np.nan)
    actual = np.full(shape[1:], np.nan)
    chosen = []
    for origin, (cut, before) in enumerate(zip(plan.outer, plan.inner, strict=True)):
        now = told[:, place_of[cut]].copy()
        past = told[:, [place_of[each] for each in before]]
        happened = np.array([values[each : each + horizon] for each in before])
        happened = happened.reshape(-1, horizon)
        names = list(task.members)
        decision = decide(values[:cut], names, before, past, happened, now, plan.floor)
        chosen.append(decision.member)
        default = names.index(decision.member)
        value[0, origin], value[2:-1, origin] = now[default], now
        value[1, origin] = np.maximum(now[default] * decision.factor, plan.floor)
        ends[0, origin] = bands(
            now[default], decision.offsets, level=decision.level, floor=plan.floor
        )
        ends[2:-1, origin] = _member_ends(values[:cut], before, past, happened, now, plan.floor)
        if plan.tried.with_prophet:
            rival = forecast_default(Window(plan.history, cut), horizon, seed=task.seed)
            value[-1, origin], ends[-1, origin] = rival[0], rival[1:]
        actual[origin] = _after(plan, cut, horizon)
    known = np.isfinite(value) & np.isfinite(actual)
    has_ends = known[:, :, None] & np.isfinite(ends)
    return Rolled(
        series_id=plan.tried.series_id,
        told=np.where(known, value, np.nan),
        inside_80=_within(actual, ends[:, :, 0], ends[:, :, 1], has_ends[:, :, 0]),
        inside_95=_within(actual, ends[:, :, 2], ends[:, :, 3], has_ends[:, :, 2]),
        width_80=np.where(has_ends[:, :, 0], ends[:, :, 1] - ends[:, :, 0], np.nan),
        actual=actual,
        scales=np.array([naive_scale(values[:cut], task.season) for cut in plan.outer]),
        chosen=tuple(map(task.named, chosen)),
    )


def _member_ends(
    values: Floats, cuts: Sequence[int], past: Floats, happened: Floats, now: Floats, floor: float
) -> Floats:
    """(members, 4, horizon): each member's intervals from its own errors."""
    level = level_of(values, floor)
    ends = np.full((len(now), 4, now.shape[1]), np.nan)
    for place in range(len(now)):
        seen = np.isfinite(past[place]).all(axis=1)
        if seen.any():
            errors = errors_of(past[place][seen], happened[seen], level=level)
            independent = min(len(errors), independent_origins(cuts, now.shape[1]))
            offsets = offsets_of(errors, independent, is_skewed=level > 0)
            ends[place] = bands(now[place], offsets, level=level, floor=floor)
    return ends


def _after(plan: _Plan, cut: int, horizon: int) -> Floats:
    after = np.full(horizon, np.nan)
    held_out = plan.tried.held_out
    source = plan.raw[cut : cut + horizon] if held_out is None else held_out[:horizon]
    after[: len(source)] = source
    after[~np.isfinite(after)] = np.nan
    return after


def _within(actual: Floats, low: Floats, high: Floats, known: np.ndarray) -> Floats:
    return np.where(known, inside(np.broadcast_to(actual, low.shape), low, high), np.nan)
