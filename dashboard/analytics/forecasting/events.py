"""Events known beforehand: the periods they fall into, and what they did to a series before."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting.history import Floats, History, Window
from dashboard.analytics.forecasting.seasonality import find_season

_AROUND = 14  # periods to each side that an event is compared with
_MOST_EFFECT = 2.3  # on the logarithmic scale: ten times as much
_LEAST_VALUES = 30


def event_periods(history: History, first: int, count: int) -> list[tuple[str, int]]:
    """Name and place of each event in each of `count` periods from number `first` on."""
    if history.events is None or not len(history.events) or history.start is None:
        return []
    days = history.days(first, count + 1)  # one more tells where the last period ends
    found: list[tuple[str, int]] = []
    for name, first_on, last_on in zip(
        *(history.events[column] for column in ("name", "first_on", "last_on")), strict=True
    ):
        begins = int(days.searchsorted(pd.Timestamp(first_on), "right")) - 1
        ends = int(days.searchsorted(pd.Timestamp(last_on), "right")) - 1
        found += [(str(name), each) for each in range(max(begins, 0), min(ends + 1, count))]
    return sorted(set(found))


def event_factors(window: Window, horizon: int) -> Floats | None:
    """What events multiply a period by, for each value of the window and the horizon after it;
    None where no event is known to have had an effect.

    The effect of a name is what its past periods brought compared with the usual around them,
    drawn towards none the less it stands out from chance.
    """
    values = window.values
    periods = event_periods(window.history, window.end - len(values), len(values) + horizon)
    if not periods or len(values) < _LEAST_VALUES or values.mean() <= 0:
        return None
    on = np.zeros(len(values), dtype=bool)
    on[[place for _name, place in periods if place < len(values)]] = True
    plain = find_season(values, window.history.season).taken_out(values)
    usual = _usual(plain, on)
    known = ~on & (usual > 0)
    if not on.any() or not known.any():
        return None
    noise = float(np.mean((plain[known] / usual[known] - 1) ** 2))
    factors = np.ones(len(values) + horizon)
    for name in dict.fromkeys(name for name, _place in periods):
        places = [place for own, place in periods if own == name]
        past = [place for place in places if place < len(values) and usual[place] > 0]
        if past:
            factors[places] *= np.exp(
                _effect(plain[past].sum(), usual[past].sum(), noise / len(past))
            )
    return factors


def _effect(brought: float, usual: float, variance: float) -> float:
    effect = float(np.log(max(brought, 1e-9 * usual) / usual))
    effect = float(np.clip(effect, -_MOST_EFFECT, _MOST_EFFECT))
    return effect * effect**2 / (effect**2 + variance) if effect else 0.0


def _usual(plain: Floats, on: np.ndarray) -> Floats:
    """The mean around each value without those on events; 0 where there is none."""
    weights = (~on).astype(np.float64)
    window = np.ones(2 * _AROUND + 1)
    sums = np.convolve(plain * weights, window, "same")
    counts = np.convolve(weights, window, "same")
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), 0.0))
