"""What every member told at the past origins of a series, and how good it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.analytics.forecasting.accuracy import judge, step_groups
from dashboard.analytics.forecasting.choosing import independent_origins
from dashboard.analytics.forecasting.history import Floats
from dashboard.analytics.forecasting.intervals import bands, errors_of, offsets_of
from dashboard.analytics.forecasting.members import NAIVE

JUDGED = (
    "member", "first_step", "last_step", "wape", "mase", "smape", "bias", "coverage_80",
    "coverage_95", "is_worse_than_naive", "origins",
)  # fmt: skip

Judged = dict[str, npt.NDArray[Any]]  # a column for each name of JUDGED


@dataclass(frozen=True)
class Past:
    """`told` (members, origins, horizon) and `actual` (origins, horizon) from the periods `cuts`
    on; `scales` (origins,) of MASE; `level` and `floor` of the intervals."""

    names: tuple[str, ...]
    cuts: tuple[int, ...]
    told: Floats
    actual: Floats
    scales: Floats
    level: float
    floor: float


def judge_past(past: Past) -> tuple[Judged, Judged]:
    """The columns of `accuracy` and `accuracy_by_step` of a Forecast."""
    horizon = past.told.shape[2]
    ends = _left_out(past)
    tables = []
    for first, last in [(0, horizon), *step_groups(horizon)] if past.cuts else []:
        part = slice(first, last)
        told = judge(past.told[:, :, part], past.actual[:, part], past.scales, ends[..., part])
        rival = told["wape"][past.names.index(NAIVE)]
        count = len(past.names)
        tables.append(
            {"member": np.array(past.names), "first_step": np.full(count, first + 1),
             "last_step": np.full(count, last), **told,
             "is_worse_than_naive": told["wape"] > rival * (1 + 1e-9)}
        )  # fmt: skip
    whole = _put_together(tables[:1])
    del whole["first_step"], whole["last_step"]
    return whole, _put_together(tables[1:])


def _put_together(tables: list[dict[str, Any]]) -> Judged:
    """Member by member, without those that told nothing."""
    if not tables:
        return {name: np.empty(0, dtype=object) for name in JUDGED}
    columns = {name: np.concatenate([table[name] for table in tables]) for name in JUDGED}
    columns["origins"] = columns["origins"].astype(np.int64)
    order = np.argsort(np.tile(np.arange(len(tables[0]["member"])), len(tables)), kind="stable")
    order = order[columns["origins"][order] > 0]
    return {name: column[order] for name, column in columns.items()}


def _left_out(past: Past) -> Floats:
    """(members, origins, 4, horizon): each origin's intervals from the errors at the others; NaN
    where there are too few."""
    told, actual, level = past.told, past.actual, past.level
    members, origins, horizon = told.shape
    ends = np.full((members, origins, 4, horizon), np.nan)
    known = np.isfinite(told).all(axis=2)
    for pattern in np.unique(known, axis=0) if origins else []:
        rows, places = np.flatnonzero((known == pattern).all(axis=1)), np.flatnonzero(pattern)
        if len(places) < 2:
            continue
        own = told[np.ix_(rows, places)]
        errors = errors_of(own, actual[places], level=level)
        others = np.array([np.delete(np.arange(len(places)), each) for each in range(len(places))])
        independent = independent_origins([past.cuts[each] for each in places], horizon) - 1
        offsets = offsets_of(errors[:, others], independent, is_skewed=level > 0)
        ends[np.ix_(rows, places)] = bands(own, offsets, level=level, floor=past.floor)
    return ends
