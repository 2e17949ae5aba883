"""Prophet: on the logarithmic scale as a member, and as it comes out of the box as a rival.

Imported only where it is used, for it takes seconds; it says nothing on the terminal.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analytics.forecasting.events import event_periods
from dashboard.analytics.forecasting.history import YEARS, Floats, History, Window

LEAST = 20  # values that Prophet is asked for
LONGEST = 1500  # periods it looks back
_MONTHLY_WAVES = 5
_MOST_FACTOR, _MOST_TREND = 100.0, 20.0  # of a season or event; of the trend, in largest values
_OFFSET = 0.1  # of the mean, put on before the logarithm of a history with values near 0


def forecast_log(
    window: Window, horizon: int, *, seed: int, with_components: bool = False
) -> tuple[Floats, pd.DataFrame | None]:
    """Prophet of the logarithms: (horizon,) and, where asked for, period_on, trend (in units),
    weekly, yearly, events (factors, 1 for no effect) and is_future of each period."""
    history, end = window.history, window.end
    first = max(0, end - LONGEST)
    values = history.values[first:end]
    if len(values) < LEAST or values.max() <= 0:
        return np.full(horizon, np.nan), None
    offset = _offset(values)
    days = history.days(first, len(values) + horizon)
    known = pd.DataFrame({"ds": days[: len(values)], "y": np.log(np.maximum(values, 0) + offset)})
    model = _model(history, len(values), events=_events(history, first, days))
    asked = days if with_components else days[len(values) :]
    with _quietly():
        model.fit(known, seed=seed)
        told = model.predict(pd.DataFrame({"ds": asked}))
    ahead = told["yhat"].to_numpy(np.float64)[-horizon:]
    value: Floats = np.exp(np.minimum(ahead, known["y"].max() + 3)) - offset
    components = _components(told, len(values)) if with_components else None
    return value, components if _are_believable(components, values) else None


def forecast_default(window: Window, horizon: int, *, seed: int) -> Floats:
    """(5, horizon): value, low_80, high_80, low_95, high_95 of Prophet out of the box."""
    values = window.history.values[: window.end]
    if len(values) < 2:
        return np.full((5, horizon), np.nan)
    days = window.history.days(0, len(values) + horizon)
    model = _prophet()(uncertainty_samples=1000)
    future = pd.DataFrame({"ds": days[len(values) :]})
    state = np.random.get_state()  # Prophet draws from what everybody draws from
    np.random.seed(seed)
    try:
        with _quietly():
            model.fit(pd.DataFrame({"ds": days[: len(values)], "y": values}), seed=seed)
            value = model.predict(future)["yhat"].to_numpy(np.float64)
            drawn = model.predictive_samples(future)["yhat"]
    finally:
        np.random.set_state(state)
    ends = np.percentile(drawn, [10, 90, 2.5, 97.5], axis=1)
    return np.vstack([value[None, :], ends])


def _prophet() -> Any:
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # misses plotly on import
    from cmdstanpy.utils import get_logger
    from prophet import Prophet

    get_logger()  # sets itself up, and its level, on the first call
    for name in ("cmdstanpy", "prophet"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return Prophet


def _model(history: History, count: int, *, events: pd.DataFrame | None) -> Any:
    has_year = bool(history.year) and count >= 1.9 * history.year
    # of 12 months no more than 5 waves can be told, nor events that come in the same month
    is_monthly = history.year == YEARS["month"]
    model = _prophet()(
        uncertainty_samples=0,
        holidays=None if is_monthly else events,
        weekly_seasonality=history.is_daily and count >= 15,
        yearly_seasonality=(_MONTHLY_WAVES if is_monthly else True) if has_year else False,
        daily_seasonality=False,
    )
    if history.season > 1 and not history.year and count > 2 * history.season:
        terms = min(10, history.season // 2)
        model.add_seasonality("season", period=float(history.season), fourier_order=terms)
    return model


@contextmanager
def _quietly() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _offset(values: Floats) -> float:
    mean = float(np.maximum(values, 0).mean())
    return _OFFSET * mean if values.min() < 0.05 * mean else 0.0


def _events(history: History, first: int, days: pd.DatetimeIndex) -> pd.DataFrame | None:
    """The events as Prophet's holidays: one row for each period that one falls into."""
    found = [(name, days[place]) for name, place in event_periods(history, first, len(days))]
    if not found:
        return None
    return pd.DataFrame(found, columns=["holiday", "ds"])


def _are_believable(components: pd.DataFrame | None, values: Floats) -> bool:
    """Of few periods Prophet may find seasons of any size, which a trend makes up for."""
    if components is None:
        return False
    factors = components[["weekly", "yearly", "events"]].to_numpy(np.float64)
    trend = float(components["trend"].max())
    return bool(factors.max() <= _MOST_FACTOR and trend <= _MOST_TREND * values.max())


def _components(told: pd.DataFrame, known: int) -> pd.DataFrame:
    def factor(*names: str) -> Floats:
        parts = [told[name].to_numpy(np.float64) for name in names if name in told]
        return np.exp(np.sum(parts, axis=0)) if parts else np.ones(len(told))

    return pd.DataFrame(
        {
            "period_on": told["ds"].to_numpy(),
            "trend": np.exp(told["trend"].to_numpy(np.float64)),
            "weekly": factor("weekly"),
            "yearly": factor("yearly", "season"),
            "events": factor("holidays"),
            "is_future": np.arange(len(told)) >= known,
        }
    )
