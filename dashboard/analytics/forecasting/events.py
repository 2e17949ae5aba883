"""Events known beforehand: the periods they fall into, and what they did to a series before."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dashboard.analytics.forecasting.history import Floats, History, Step, Window
from dashboard.analytics.forecasting.seasonality import find_season

_AROUND = 14  # periods to each side that an event is compared with
_MOST_EFFECT = 2.3  # on the logarithmic scale: ten times as much
_LEAST_VALUES = 30
# what events usually do, on the logarithmic scale: to a day, and to a week or month that has
# other days too
USUAL_EFFECT: dict[Step, float] = {"day": 0.9, "week": 0.3, "month": 0.15}
_MOST_ROUNDS, _STILL = 30, 0.003

Days = npt.NDArray[np.datetime64]
EventPlaces = list[tuple[str, int]]


class KnownEvents:
    """Where events fall, looked up once for each calendar and time that histories share. It holds
    for as long as those calendars do."""

    def __init__(self) -> None:
        self._calendars: dict[int, tuple[list[str], Days, Days]] = {}
        self._found: dict[tuple[Any, ...], EventPlaces] = {}

    def places(self, history: History, first: int, count: int) -> EventPlaces:
        """As `event_periods`."""
        if history.events is None or not len(history.events) or history.start is None:
            return []
        time = (history.start, history.step, history.season, first, count)
        key = (id(history.events), *time)
        if key not in self._found:
            self._found[key] = self._look_up(history, history.events, first, count)
        return self._found[key]

    def _look_up(
        self, history: History, events: pd.DataFrame, first: int, count: int
    ) -> EventPlaces:
        if id(events) not in self._calendars:
            begins_on, ends_on = (pd.to_datetime(events[name]) for name in ("first_on", "last_on"))
            self._calendars[id(events)] = (
                [str(name) for name in events["name"]],
                begins_on.to_numpy("datetime64[D]"),
                ends_on.to_numpy("datetime64[D]"),
            )
        names, first_on, last_on = self._calendars[id(events)]
        # one more tells where the last period ends
        days = history.days(first, count + 1).to_numpy("datetime64[D]")
        begins = days.searchsorted(first_on, "right") - 1
        ends = days.searchsorted(last_on, "right") - 1
        found = {
            (names[event], place)
            for event in np.flatnonzero((ends >= 0) & (begins < count))
            for place in range(max(int(begins[event]), 0), min(int(ends[event]) + 1, count))
        }
        return sorted(found)


def event_periods(history: History, first: int, count: int) -> EventPlaces:
    """Name and place of each event in each of `count` periods from number `first` on."""
    return KnownEvents().places(history, first, count)


def event_factors(window: Window, horizon: int, known: KnownEvents | None = None) -> Floats | None:
    """What events multiply a period by, for each value of the window and the horizon after it;
    None where no event is known to have had an effect.

    The effect of a name is what its past periods brought compared with the usual around them and
    with what other events in the same periods do, so that what two of them brought together is
    not counted twice. It is drawn towards none, the more by chance the series moves.
    """
    values = window.values
    first, count = window.end - len(values), len(values) + horizon
    periods = (known or KnownEvents()).places(window.history, first, count)
    if not periods or len(values) < _LEAST_VALUES or values.mean() <= 0:
        return None
    on = np.zeros(len(values), dtype=bool)
    on[[place for _name, place in periods if place < len(values)]] = True
    plain = find_season(values, window.history.season).taken_out(values)
    usual = _usual(plain, on)
    plainly = ~on & (usual > 0)
    if not on.any() or not plainly.any():
        return None
    noise = float(np.mean((plain[plainly] / usual[plainly] - 1) ** 2))
    places: dict[str, list[int]] = {}
    for name, place in periods:
        places.setdefault(name, []).append(place)
    seen = {
        name: np.array([place for place in own if place < len(values) and usual[place] > 0])
        for name, own in places.items()
    }
    seen = {name: own for name, own in seen.items() if len(own)}
    spread = USUAL_EFFECT.get(window.history.step or "day", USUAL_EFFECT["day"])
    effects = _effects(plain, usual, seen, noise / spread**2)
    factors = np.ones(len(values) + horizon)
    for name, effect in effects.items():
        factors[places[name]] *= np.exp(effect)
    return factors


def _effects(
    plain: Floats, usual: Floats, seen: dict[str, npt.NDArray[np.int64]], doubt: float
) -> dict[str, float]:
    """The logarithm of what each event multiplies by, from the periods it was `seen` in: one after
    the other beside the others as they are by then, until nothing moves (backfitting). `doubt` of
    one period, as parts of the square of the usual effect."""
    effects = dict.fromkeys(seen, 0.0)
    whole = np.zeros(len(plain))  # of all events
    for _round in range(_MOST_ROUNDS):
        moved = 0.0
        for name, own in seen.items():
            brought = float(plain[own].sum())
            alone = float((usual[own] * np.exp(whole[own] - effects[name])).sum())
            effect = float(np.log(max(brought, 1e-9 * alone) / alone))
            effect = float(np.clip(effect, -_MOST_EFFECT, _MOST_EFFECT))
            effect *= len(own) / (len(own) + doubt)
            whole[own] += effect - effects[name]
            moved, effects[name] = max(moved, abs(effect - effects[name])), effect
        if moved < _STILL:
            break
    return effects


def _usual(plain: Floats, on: np.ndarray) -> Floats:
    """The mean around each value without those on events; 0 where there is none."""
    weights = (~on).astype(np.float64)
    window = np.ones(2 * _AROUND + 1)
    sums = np.convolve(plain * weights, window, "same")
    counts = np.convolve(weights, window, "same")
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), 0.0))
