"""The members of the forecast, for many windows at once: naive ones, smoothing, and means of them.

Each is given windows and gives (windows, horizon); a row of NaN says that it needs more.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting.autoregression import regress_on_lags
from dashboard.analytics.forecasting.boosting import forecast_boosted
from dashboard.analytics.forecasting.events import KnownEvents, event_factors
from dashboard.analytics.forecasting.history import Floats, Window
from dashboard.analytics.forecasting.prophet_member import forecast_log
from dashboard.analytics.forecasting.repeating import forecast_repeating
from dashboard.analytics.forecasting.seasonality import (
    NO_SEASON,
    Season,
    find_season,
    yearly_wave,
)
from dashboard.analytics.forecasting.smoothing import Rows, smooth_level, smooth_trend

NAIVE, REPEATING = "seasonal_naive", "repeating"
SMOOTH = ("theta", "damped", "trend", "autoregression")
SLOW: tuple[str, ...] = ("prophet_log", "boosting")
# what each ensemble is a mean or the median of; members that were not asked for are left out
MEAN_OF = ("theta", "damped", "autoregression", *SLOW)
MEDIAN_OF = (NAIVE, "year_on_year", *MEAN_OF)
# "weighted" goes by errors at past origins, and is therefore worked out where those are known
COMBINED: tuple[str, ...] = ("median", "mean", "yearly_mean", "yearly_prophet")
ENSEMBLES: tuple[str, ...] = (*COMBINED, "weighted")
# what `medians` sets so that it errs least: all that is neither naive nor made of others
SET_RIGHT = ("year_on_year", *SMOOTH, *SLOW)
FAST: tuple[str, ...] = (
    NAIVE,
    "naive",
    REPEATING,
    "year_on_year",
    *SMOOTH,
    "median",
    "mean",
    "yearly_mean",
    "weighted",
)
ALL: tuple[str, ...] = (
    NAIVE,
    "naive",
    REPEATING,
    "year_on_year",
    *SMOOTH,
    *SLOW,
    *ENSEMBLES,
)
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
    """Theta, damped trend and so on of the series without their events, time of the year and
    season, which are put back."""
    told = {name: np.full((len(windows), horizon), np.nan) for name in names}
    long = [row for row, window in enumerate(windows) if len(window.values) >= _LEAST]
    if not long or not names:
        return told
    known = KnownEvents()
    factors = [_known_factors(windows[row], horizon, known) for row in long]
    values = [
        windows[row].values if factor is None else windows[row].values / factor[:-horizon]
        for row, factor in zip(long, factors, strict=True)
    ]
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
            value = ahead[place]
            if season is not NO_SEASON:
                value = season.put_back(value, len(values[place]))
            factor = factors[place]
            told[name][row] = value if factor is None else value * factor[-horizon:]
    return told


def _known_factors(window: Window, horizon: int, known: KnownEvents) -> Floats | None:
    """What events and the time of the year multiply by; None where neither does anything."""
    events = event_factors(window, horizon, known)
    plain = window.values if events is None else window.values / events[:-horizon]
    wave = yearly_wave(plain, window.history.year, horizon)
    if wave is None or events is None:
        return events if wave is None else wave
    return events * wave


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


def _autoregression(_rows: Rows, plain: list[Floats], horizon: int) -> Floats:
    return regress_on_lags(plain, horizon)


_SMOOTHED: dict[str, Callable[[Rows, list[Floats], int], Floats]] = {
    "theta": _theta,
    "damped": _damped,
    "trend": _trend,
    "autoregression": _autoregression,
}


@dataclass(frozen=True)
class Told:
    """`values` (members, windows, horizon), and Prophet's components by number of window, of
    those windows that go to the end of their history."""

    values: Floats
    components: dict[int, pd.DataFrame]


def forecast_members(
    windows: Sequence[Window],
    horizon: int,
    members: Sequence[str],
    *,
    seed: int,
    floor: float | Floats,
) -> Told:
    """What each of the members tells, never below the floor: one, or (windows, 1)."""
    told: dict[str, Floats] = {NAIVE: forecast_naive(windows, horizon)}
    if "naive" in members:
        last = np.array([window.values[-1] for window in windows])
        told["naive"] = np.repeat(last[:, None], horizon, axis=1)
    if REPEATING in members:
        told[REPEATING] = forecast_repeating(windows, horizon)
    if "year_on_year" in members:
        told["year_on_year"] = forecast_year_on_year(windows, horizon)
    told |= forecast_smoothed(windows, horizon, set(members) & set(SMOOTH))
    components: dict[int, pd.DataFrame] = {}
    if "prophet_log" in members:
        told["prophet_log"], components = _forecast_prophet(windows, horizon, seed)
    if "boosting" in members:
        told["boosting"] = np.stack(
            [forecast_boosted(window, horizon, seed=seed) for window in windows]
        )
    told = {name: np.maximum(each, floor) for name, each in told.items()}
    for name in ENSEMBLES:
        if name in members:
            told[name] = combine(name, told)
    return Told(np.stack([told[name] for name in members]), components)


def _forecast_prophet(
    windows: Sequence[Window], horizon: int, seed: int
) -> tuple[Floats, dict[int, pd.DataFrame]]:
    told, components = np.empty((len(windows), horizon)), {}
    for row, window in enumerate(windows):
        is_last = window.end == len(window.history.values)
        told[row], shown = forecast_log(window, horizon, seed=seed, with_components=is_last)
        if shown is not None:
            components[row] = shown
    return told, components


def combine(name: str, told: dict[str, Floats]) -> Floats:
    """An ensemble of what the members told, arrays of one shape; NaN where there is nothing to
    combine, or where a year back is missing."""
    nothing = np.full_like(told[NAIVE], np.nan)
    if name == "weighted":
        return nothing
    if name == "median":
        return _over(np.nanmedian, MEDIAN_OF, told)
    mean = _over(np.nanmean, MEAN_OF, told)
    if name == "mean":
        return mean
    other = mean if name == "yearly_mean" else told.get("prophet_log", nothing)
    combined: Floats = (told.get("year_on_year", nothing) + other) / 2
    return combined


def _over(average: Callable[..., Floats], names: Sequence[str], told: dict[str, Floats]) -> Floats:
    present = [told[name] for name in names if name in told]
    if not present:
        return np.full_like(told[NAIVE], np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of windows that nobody can forecast
        return average(np.stack(present), axis=0)
