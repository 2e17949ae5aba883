"""The members that are quick: naive ones, smoothing, and means of them, for many windows at once.

Each member is given windows and gives (windows, horizon); a row of NaN says that it needs more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dashboard.analytics.forecasting.history import Floats, Window
from dashboard.analytics.forecasting.seasonality import NO_SEASON, Season, find_season
from dashboard.analytics.forecasting.smoothing import Rows, smooth_level, smooth_trend

NAIVE = "seasonal_naive"
FAST: tuple[str, ...] = (NAIVE, "year_on_year", "theta", "damped", "trend", "median", "mean")
SLOW: tuple[str, ...] = ("prophet_log", "boosting")
ALL: tuple[str, ...] = (*FAST[:-2], *SLOW, *FAST[-2:])
_YEAR_CHANGE = (0.8, 1.25)  # how far a year may differ from the one before, in year on year
_WEEKS_COMPARED = 8 / 52  # of a year
_LEAST = 4  # values that smoothing needs


def forecast_naive(windows: Sequence[Window], horizon: int) -> Floats:
    """The same place of the last season; of a history shorter than one, its mean."""
    told = np.empty((len(windows), horizon))
    for row, window in enumerate(windows):
        values, season = window.values, window.history.season
        if len(values) < season:
            told[row] = values.mean()
        else:
            told[row] = values[len(values) - season + np.arange(horizon) % season]
    return told


def forecast_year_on_year(windows: Sequence[Window], horizon: int) -> Floats:
    """The same period of last year times how the last eight weeks compare with a year before."""
    told = np.full((len(windows), horizon), np.nan)
    for row, window in enumerate(windows):
        values, year = window.values, window.history.year
        compared = max(1, round(year * _WEEKS_COMPARED))
        if year < 2 or len(values) < year + compared:
            continue
        now, then = values[-compared:].mean(), values[-compared - year : -year].mean()
        change = np.clip(now / then, *_YEAR_CHANGE) if then > 0 else 1.0
        told[row] = change * values[len(values) - year + np.arange(horizon) % year]
    return told


def forecast_smoothed(
    windows: Sequence[Window], horizon: int, names: set[str]
) -> dict[str, Floats]:
    """Theta, damped trend and trend of the series without their season, which is put back."""
    told = {name: np.full((len(windows), horizon), np.nan) for name in names}
    long = [row for row, window in enumerate(windows) if len(window.values) >= _LEAST]
    if not long or not names:
        return told
    values = [windows[row].values for row in long]
    seasons = [
        find_season(each, windows[row].history.season)
        for row, each in zip(long, values, strict=True)
    ]
    plain = [season.taken_out(each) for season, each in zip(seasons, values, strict=True)]
    rows = Rows.of(plain)
    for name in names:
        ahead = _SMOOTHED[name](rows, plain, horizon)
        for place, row in enumerate(long):
            season: Season = seasons[place]
            told[name][row] = (
                ahead[place]
                if season is NO_SEASON
                else season.put_back(ahead[place], len(values[place]))
            )
    return told


def _theta(rows: Rows, plain: list[Floats], horizon: int) -> Floats:
    level, alpha = smooth_level(rows)
    ahead = np.arange(horizon)[None, :]
    drift = np.array([_slope(each) for each in plain])[:, None] / 2
    count = np.array([len(each) for each in plain])[:, None]
    alpha = alpha[:, None]
    told: Floats = level[:, None] + drift * (ahead + (1 - (1 - alpha) ** count) / alpha)
    return told


def _slope(values: Floats) -> float:
    place = np.arange(len(values)) - (len(values) - 1) / 2
    return float(place @ (values - values[0])) / float(place @ place)


def _damped(rows: Rows, _plain: list[Floats], horizon: int) -> Floats:
    level, trend, phi = smooth_trend(rows, is_damped=True)
    carried = np.cumsum(phi[:, None] ** np.arange(1, horizon + 1)[None, :], axis=1)
    return level[:, None] + trend[:, None] * carried


def _trend(rows: Rows, _plain: list[Floats], horizon: int) -> Floats:
    level, trend, _phi = smooth_trend(rows, is_damped=False)
    return level[:, None] + trend[:, None] * np.arange(1, horizon + 1)[None, :]


_SMOOTHED: dict[str, Callable[[Rows, list[Floats], int], Floats]] = {
    "theta": _theta,
    "damped": _damped,
    "trend": _trend,
}


def forecast_members(
    windows: Sequence[Window], horizon: int, members: Sequence[str], *, floor: float
) -> Floats:
    """(members, windows, horizon): what each member tells, never below the floor."""
    told: dict[str, Floats] = {}
    if NAIVE in members:
        told[NAIVE] = forecast_naive(windows, horizon)
    if "year_on_year" in members:
        told["year_on_year"] = forecast_year_on_year(windows, horizon)
    told |= forecast_smoothed(windows, horizon, set(members) & set(_SMOOTHED))
    told = {name: np.maximum(each, floor) for name, each in told.items()}
    single = np.stack(list(told.values()))
    for name, average in (("median", np.nanmedian), ("mean", np.nanmean)):
        if name in members:
            told[name] = average(single, axis=0)
    return np.stack([told[name] for name in members if name in told])
