"""Forecasts of many products, in pieces on all cores, against Prophet one after the other."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.timing import print_table, times
from dashboard.analytics.forecasting import FAST, History, forecast_many
from dashboard.analytics.forecasting.accuracy import mase, naive_scale
from dashboard.analytics.forecasting.history import Floats, Window
from dashboard.analytics.forecasting.prophet_member import forecast_default

SERIES, DAYS, HORIZON, ORIGINS = 1000, 730, 28, 6
SAMPLE = 100  # series of which Prophet is timed; the rest is taken to be alike
PIECE = 50
START = date(2024, 1, 1)


def make_products(count: int, days: int, seed: int = 7) -> list[Floats]:
    """Units sold each day: a level, a weekday pattern, a yearly swing, growth, promotions, and
    counts by chance around them, from many a day to one in three days."""
    chance = np.random.default_rng(seed)
    day = np.arange(days)
    made = []
    for _product in range(count):
        level = np.exp(chance.uniform(np.log(0.3), np.log(80)))
        weekday = np.exp(chance.normal(0, 0.25, 7))[day % 7]
        swing = np.exp(
            chance.uniform(0, 0.4) * np.sin(2 * np.pi * day / 365.25 + chance.uniform(0, 6))
        )
        drift = np.exp(np.cumsum(chance.normal(0, 0.012, days)) + chance.normal(0, 0.2) * day / 365)
        sale = np.where(chance.random(days) < 0.02, chance.uniform(1.5, 3), 1.0)
        mean = level * weekday * swing * drift * sale
        spread = chance.gamma(8, 1 / 8, days)  # more than chance alone would make
        made.append(chance.poisson(np.minimum(mean * spread, 1e6)).astype(np.float64))
    return made


def report_forecasting(series: int = SERIES, sample: int = SAMPLE) -> None:
    full = make_products(series, DAYS + HORIZON)
    known = [History(values[:DAYS], 7, START, "day") for values in full]
    after = [values[DAYS:] for values in full]
    cores = os.cpu_count() or 1
    start = time.perf_counter()
    ours = _forecast_all(known, cores)
    seconds = time.perf_counter() - start
    rivals = list(range(0, series, max(1, series // sample)))[:sample]
    forecast_default(Window(known[0], DAYS), HORIZON, seed=7)  # loads Prophet
    start = time.perf_counter()
    theirs = [forecast_default(Window(known[each], DAYS), HORIZON, seed=7) for each in rivals]
    prophet_seconds = (time.perf_counter() - start) * series / len(rivals)
    naive = [np.resize(history.values[-7:], HORIZON) for history in known]
    told = {
        "default of all fast members": [own[0] for own in ours],
        "seasonal naive": naive,
    }
    rows = [
        [name, f"{taken:,.1f}" if taken else "–", times(prophet_seconds, taken) if taken else "–",
         *_accuracy([values[each] for each in rivals], known, after, rivals),
         *_accuracy(values, known, after, range(series))]
        for (name, values), taken in zip(told.items(), (seconds, 0.0), strict=True)
    ]  # fmt: skip
    prophets = _accuracy([np.maximum(own[0], 0) for own in theirs], known, after, rivals)
    rows.append(["Prophet, one after the other", f"{prophet_seconds:,.1f}", "1.0×", *prophets,
                 "–", "–"])  # fmt: skip
    heads = ["", "seconds", "quicker", f"WAPE of {len(rivals)}", f"MASE of {len(rivals)}",
             "WAPE of all", "MASE of all"]  # fmt: skip
    print_table(
        f"{series:,} products, {DAYS} days, {HORIZON} ahead, {ORIGINS} past origins each, on "
        f"{cores} cores; Prophet timed on {len(rivals)} and scaled",
        heads,
        rows,
    )
    inside = np.mean([(own[1] <= y) & (y <= own[2]) for own, y in zip(ours, after, strict=True)])
    print(f"Within the 80 % interval: {inside:.1%} of all days\n", flush=True)


def _forecast_all(known: Sequence[History], processes: int) -> list[Floats]:
    pieces = [known[first : first + PIECE] for first in range(0, len(known), PIECE)]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        return [own for piece in pool.map(_forecast_piece, pieces) for own in piece]


def _forecast_piece(piece: Sequence[History]) -> list[Floats]:
    """value, low_80, high_80 of each."""
    with threadpool_limits(limits=1):
        told = forecast_many(piece, HORIZON, members=FAST, origins=ORIGINS)
    columns = ["value", "low_80", "high_80"]
    return [each.periods[columns].to_numpy(np.float64).T for each in told]


def _accuracy(
    told: Sequence[Floats],
    known: Sequence[History],
    after: Sequence[Floats],
    places: Sequence[int] | range,
) -> list[str]:
    """WAPE of all together and the mean MASE."""
    missed = sum(
        float(np.abs(values - after[place]).sum())
        for values, place in zip(told, places, strict=True)
    )
    sold = sum(float(after[place].sum()) for place in places)
    scaled = [
        mase(after[place], values, naive_scale(known[place].values, 7))
        for values, place in zip(told, places, strict=True)
    ]
    return [f"{missed / sold:.4f}", f"{np.nanmean(scaled):.3f}"]
