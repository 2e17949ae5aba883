"""Many series judged at rolling origins: every model, the default, Prophet out of the box.

Pooling: WAPE and bias are sums over everything divided by sums over everything; MASE and sMAPE
are means over series of means over the origins of a series, as in M4; coverage is the share of
all periods. The intervals of differences come from drawing series anew (paired bootstrap).
"""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.analytics.forecasting.accuracy import step_groups
from dashboard.analytics.forecasting.history import Floats
from dashboard.analytics.forecasting.members import NAIVE, SLOW
from dashboard.analytics.forecasting.rolling import DEFAULT, PROPHET, Rolled, Task, Tried, roll

_DRAWS = 2000
_TOGETHER = {False: 32, True: 4}  # series of one piece of work: without and with slow models
MEASURES = ("wape", "mase", "smape")
_SUMMED = ("miss", "size", "over", "width", "in_80", "in_95", "ends", "points", "mase", "smape")


def roll_all(
    tried: Sequence[Tried],
    task: Task,
    *,
    processes: int,
    advance: Callable[[int], None] = lambda _count: None,
) -> list[Rolled]:
    """`roll` in pieces of the same few series whatever the number of processes, so the result is
    the same to the digit. `advance` is told how many series are done."""
    is_slow = bool(set(task.members) & set(SLOW)) or any(each.with_prophet for each in tried)
    size = _TOGETHER[is_slow]
    pieces = [tried[first : first + size] for first in range(0, len(tried), size)]
    found: list[Rolled] = []
    for piece, rolled in zip(pieces, _work(pieces, task, processes), strict=True):
        found += rolled
        advance(len(piece))
    return found


def _work(pieces: list[Sequence[Tried]], task: Task, processes: int) -> Iterator[list[Rolled]]:
    if processes < 2 or len(pieces) < 2:
        yield from (roll(piece, task) for piece in pieces)
        return
    context = multiprocessing.get_context("spawn")  # threads of the parent are left alone
    with ProcessPoolExecutor(min(processes, len(pieces)), mp_context=context) as pool:
        yield from pool.map(roll, pieces, [task] * len(pieces))


def summarise(rolled: Sequence[Rolled], task: Task, *, seed: int) -> dict[str, Any]:
    """JSON-ready: series, origins (the most of a series), models (name, series, wape, mase,
    smape in percent, bias, coverage_80, coverage_95, width_80 ÷ mean value, is_worse_than_naive,
    by_step with first_step and last_step), chosen (how often each member was the default),
    worse_than_naive (share of series), differences (default less its rivals, 95 % intervals)."""
    sums = Sums.of_rolled(rolled, task)
    models = [_describe(sums, name) for name in task.models if sums.has(name)]
    naive = next(model for model in models if model["name"] == NAIVE)
    for model in models:
        model["is_worse_than_naive"] = bool((model["wape"] or 0) > (naive["wape"] or 0))
    rivals = [name for name in (NAIVE, PROPHET) if sums.has(name)]
    return {
        "series": len(rolled),
        "origins": max(len(each.scales) for each in rolled),
        "horizon": task.horizon,
        "season": task.season,
        "models": models,
        "chosen": dict(Counter(name for each in rolled for name in each.chosen).most_common()),
        "worse_than_naive": _finite(sums.share_worse(DEFAULT, NAIVE)),
        "differences": {
            f"{DEFAULT}_minus_{rival}": sums.difference(DEFAULT, rival, seed) for rival in rivals
        },
    }


def pool(parts: Sequence[Sums], *, seed: int) -> dict[str, Any]:
    """JSON-ready: what several files tell together. series, models (as of `summarise`, without
    by_step), ratios (WAPE and MASE of the default ÷ those of each rival), differences."""
    sums = Sums.pooled(parts)
    rivals = [name for name in (NAIVE, "naive", PROPHET) if name in sums.models and sums.has(name)]
    return {
        "series": len(sums.of["points"]),
        "models": [
            {"name": name, "series": sums.series_of(name), **sums.measures(name)}
            for name in sums.models
            if sums.has(name)
        ],
        "ratios": {rival: sums.ratios(DEFAULT, rival) for rival in rivals},
        "differences": {
            f"{DEFAULT}_minus_{rival}": sums.difference(DEFAULT, rival, seed) for rival in rivals
        },
    }


@dataclass(frozen=True)
class Sums:
    """Sums of each series, (series, models, groups of steps), the first group being all steps."""

    models: tuple[str, ...]
    groups: list[tuple[int, int]]
    of: dict[str, Floats]

    @classmethod
    def of_rolled(cls, rolled: Sequence[Rolled], task: Task) -> Sums:
        groups = [(0, task.horizon), *step_groups(task.horizon)]
        of = {name: np.zeros((len(rolled), len(task.models), len(groups))) for name in _SUMMED}
        for row, each in enumerate(rolled):
            for place, (first, last) in enumerate(groups):
                for name, value in _sums_of(each, slice(first, last)).items():
                    of[name][row, :, place] = value
        return cls(task.models, groups, of)

    @classmethod
    def pooled(cls, parts: Sequence[Sums]) -> Sums:
        """Of all steps, and of the models that all parts have. Where there is no season, the last
        value is what is called seasonal naive."""
        names = [each for each in parts[0].models if all(part.tells(each) for part in parts)]
        of = {
            key: np.concatenate(
                [part.of[key][:, [part.row_of(each) for each in names], :1] for part in parts]
            )
            for key in _SUMMED
        }
        return cls(tuple(names), [], of)

    def tells(self, name: str) -> bool:
        return name in self.models or name == "naive"

    def row_of(self, name: str) -> int:
        return self.models.index(name if name in self.models else NAIVE)

    def has(self, name: str) -> bool:
        return bool(self.of["points"][:, self.models.index(name), 0].any())

    def measures(self, name: str, group: int = 0) -> dict[str, float | None]:
        row = self.models.index(name)
        own = {key: value[:, row, group] for key, value in self.of.items()}
        known = own["points"] > 0
        total = {key: float(own[key][known].sum()) for key in
                 ("miss", "size", "over", "width", "in_80", "in_95", "ends")}  # fmt: skip
        return {
            "wape": _ratio(total["miss"], total["size"]),
            "mase": _mean(own["mase"][known]),
            "smape": _mean(own["smape"][known]),
            "bias": _ratio(total["over"], total["size"]),
            "coverage_80": _ratio(total["in_80"], total["ends"]),
            "coverage_95": _ratio(total["in_95"], total["ends"]),
            "width_80": _ratio(total["width"], total["size"]) if total["ends"] else None,
        }

    def series_of(self, name: str) -> int:
        return int((self.of["points"][:, self.models.index(name), 0] > 0).sum())

    def share_worse(self, name: str, rival: str) -> float:
        own, other = (self.of["miss"][:, self.models.index(each), 0] for each in (name, rival))
        return float((own > other * (1 + 1e-9)).mean())

    def ratios(self, name: str, rival: str) -> dict[str, float | None]:
        """WAPE and MASE as parts of the rival's, on the series that both told."""
        places = [self.models.index(each) for each in (name, rival)]
        both = (self.of["points"][:, places, 0] > 0).all(axis=1)
        miss = self.of["miss"][both][:, places, 0].sum(axis=0)
        mase = self.of["mase"][both][:, places, 0]
        mase = mase[np.isfinite(mase).all(axis=1)].sum(axis=0)
        return {"wape": _ratio(*map(float, miss)), "mase": _ratio(*map(float, mase))}

    def difference(self, name: str, rival: str, seed: int) -> dict[str, Any]:
        """value, low, high of each measure, on the series that both told."""
        places = [self.models.index(each) for each in (name, rival)]
        both = (self.of["points"][:, places, 0] > 0).all(axis=1)
        own = {key: self.of[key][both][:, places, 0] for key in ("miss", "size", "mase", "smape")}
        count = int(both.sum())
        drawn = np.random.default_rng(seed).integers(count, size=(_DRAWS, count))
        told = {}
        for measure in MEASURES:
            draws = np.array([_difference(own, measure, rows) for rows in drawn])
            draws = draws[np.isfinite(draws)]
            low, high = np.quantile(draws, [0.025, 0.975]) if len(draws) else (np.nan, np.nan)
            told[measure] = {
                "value": _finite(_difference(own, measure, np.arange(count))),
                "low": _finite(low), "high": _finite(high),
            }  # fmt: skip
        return {"series": count, **told}


def _difference(own: dict[str, Floats], measure: str, rows: np.ndarray) -> float:
    if measure == "wape":
        miss, size = own["miss"][rows].sum(axis=0), own["size"][rows].sum(axis=0)
        return float(miss[0] / size[0] - miss[1] / size[1]) if size.all() else float("nan")
    values = own[measure][rows]
    values = values[np.isfinite(values).all(axis=1)]
    return float((values[:, 0] - values[:, 1]).mean()) if len(values) else float("nan")


def _sums_of(each: Rolled, part: slice) -> dict[str, Floats]:
    """Sums over the origins and steps of one series, (models,)."""
    told, actual = each.told[:, :, part], each.actual[:, part]
    known = np.isfinite(told)
    miss = np.where(known, np.abs(told - actual), 0.0)
    size = np.where(known, np.abs(actual), 0.0)
    both = size + np.where(known, np.abs(told), 0.0)
    relative = np.divide(200 * miss, both, out=np.zeros_like(both), where=both > 0)
    points = known.sum(axis=2)
    has_ends = np.isfinite(each.inside_80[:, :, part])
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = np.where((points > 0) & (each.scales > 0), miss.sum(axis=2) / points / each.scales,
                          np.nan)  # fmt: skip
        smape = np.where(points > 0, relative.sum(axis=2) / points, np.nan)
    return {
        "miss": miss.sum(axis=(1, 2)),
        "size": size.sum(axis=(1, 2)),
        "over": np.where(known, told - actual, 0.0).sum(axis=(1, 2)),
        "width": np.nansum(each.width_80[:, :, part], axis=(1, 2)),
        "in_80": np.nansum(each.inside_80[:, :, part], axis=(1, 2)),
        "in_95": np.nansum(each.inside_95[:, :, part], axis=(1, 2)),
        "ends": has_ends.sum(axis=(1, 2)).astype(np.float64),
        "points": points.sum(axis=1).astype(np.float64),
        "mase": _nan_mean(scaled),
        "smape": _nan_mean(smape),
    }


def _nan_mean(values: Floats) -> Floats:
    known = np.isfinite(values)
    counts = known.sum(axis=1)
    sums = np.where(known, values, 0.0).sum(axis=1)
    return np.asarray(np.where(counts > 0, sums / np.maximum(counts, 1), np.nan))


def _describe(sums: Sums, name: str) -> dict[str, Any]:
    steps = [
        {"first_step": first + 1, "last_step": last, **sums.measures(name, place)}
        for place, (first, last) in enumerate(sums.groups)
    ]
    return {"name": name, "series": sums.series_of(name), **sums.measures(name),
            "by_step": steps[1:]}  # fmt: skip


def _mean(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else None


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
