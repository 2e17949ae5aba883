"""Forecasts as the rows of the tables that keep them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from dashboard.analytics.forecasting import NAIVE
from dashboard.forecast_reconciliation import Reconciled
from dashboard.forecast_tasks import ACCURACY, BOUNDS, BY_WEEKS
from data_access.dialects import Grain
from data_access.forecast_series import end_of, last_period, period_starts
from data_access.loading import Array, Rows

SHARED = "shared"  # the note of a part that is a share of the company's forecast
_MOST_RATIO = 99_999_999.0  # of a column of ratios
_FARTHEST = 400  # days that any horizon reaches


def rows_of(
    reconciled: Sequence[Reconciled], refresh_id: int, currency: str, until: date
) -> dict[str, Rows]:
    """The columns of forecasts, forecast_values, forecast_backtests and forecast_components; the
    forecasts are numbered from 1 on."""
    return {
        "forecasts": _forecasts(reconciled, refresh_id, currency, until),
        "forecast_values": _values(reconciled, until),
        "forecast_backtests": _backtests(reconciled),
        "forecast_components": _components(reconciled),
    }


def _forecasts(
    reconciled: Sequence[Reconciled], refresh_id: int, currency: str, until: date
) -> Rows:
    count = len(reconciled)
    series = [each.series for each in reconciled]
    origins = {grain: _origin(grain, until) for grain in {each.grain for each in series}}
    first = [each.draft["first_on"] for each in reconciled]

    def parts(split: str, *, is_number: bool = False) -> Array:
        own = [each.part if each.split == split else "" for each in series]
        if is_number:
            return np.array([int(part or 0) for part in own], dtype=np.int64)
        return _objects([part or None for part in own])

    return {
        "forecast_id": np.arange(1, count + 1),
        "refresh_id": np.full(count, refresh_id, dtype=np.int64),
        "measure": _objects([each.measure for each in series]),
        "grain": _objects([each.grain for each in series]),
        "level": _objects([each.level for each in series]),
        "region_id": np.array([each.region_id for each in series], dtype=np.int64),
        "split": _objects([each.split for each in series]),
        "channel": parts("channel"),
        "category_id": parts("category", is_number=True),
        "product_id": parts("product", is_number=True),
        "segment": parts("segment"),
        "currency": _objects([currency] * count),
        "first_on": np.array(first, dtype="datetime64[D]"),
        "origin_on": np.array([origins[each.grain] for each in series], dtype="datetime64[D]"),
        "member": _objects([each.draft["member"] for each in reconciled]),
        "accuracy": _objects([json.dumps(accuracy_of(each.draft)) for each in reconciled]),
        "notes": _objects([json.dumps(_notes(each)) for each in reconciled]),
        "shared_error": np.round([each.shared_error for each in reconciled], 6),
    }


def accuracy_of(draft: Mapping[str, Any]) -> dict[str, Any]:
    """Of the model that was chosen, and as naive_wape and naive_mase of seasonal naive."""
    judged = {row["member"]: row for row in draft["accuracy"]}
    chosen, naive = judged.get(draft["member"]), judged.get(NAIVE)
    if chosen is None:
        return {}
    return {
        **{name: chosen[name] for name in (*ACCURACY, "origins", "is_worse_than_naive")},
        **({f"naive_{name}": naive[name] for name in ("wape", "mase")} if naive else {}),
    }


def _notes(each: Reconciled) -> list[str]:
    return [*each.draft["notes"], *([SHARED] if each.is_shared else [])]


def _origin(grain: str, until: date) -> date:
    """The last day of the last whole period."""
    own: Grain = grain  # type: ignore[assignment]
    last = last_period(own, date.fromordinal(until.toordinal() + 1))
    return end_of(own, last)


def _values(reconciled: Sequence[Reconciled], until: date) -> Rows:
    starts = {}
    for grain in {each.series.grain for each in reconciled}:
        first = date.fromordinal(_origin(grain, until).toordinal() + 1)
        own: Grain = grain  # type: ignore[assignment]
        last = date.fromordinal(first.toordinal() + _FARTHEST)
        starts[grain] = period_starts(own, first, last).to_numpy().astype("datetime64[D]")
    lengths = [len(each.value) for each in reconciled]
    ids = np.repeat(np.arange(1, len(reconciled) + 1), lengths)
    return {
        "forecast_id": ids,
        "step": np.concatenate([np.arange(1, n + 1) for n in lengths]),
        "period_on": np.concatenate(
            [starts[each.series.grain][:n] for each, n in zip(reconciled, lengths, strict=True)]
        ),
        "naive": np.concatenate([each.naive for each in reconciled]),
        "value": np.concatenate([each.value for each in reconciled]),
        **{
            name: np.round(np.concatenate([each.bounds[row] for each in reconciled]), 4)
            for row, name in enumerate(BOUNDS)
        },
    }


def _backtests(reconciled: Sequence[Reconciled]) -> Rows:
    rows = list(_judged(reconciled))
    numbers = ("wape", "mase", "smape", "bias", "coverage_80", "coverage_95")
    return {
        "forecast_backtest_id": np.arange(1, len(rows) + 1),
        "forecast_id": np.array([number for number, _row in rows], dtype=np.int64),
        "member": _objects([row["member"] for _number, row in rows]),
        **{
            name: np.array([row[name] for _number, row in rows], dtype=np.int64)
            for name in ("first_step", "last_step", "origins")
        },
        **{name: _ratios([row[name] for _number, row in rows]) for name in numbers},
        "is_worse_than_naive": np.array(
            [row["is_worse_than_naive"] for _number, row in rows], dtype=bool
        ),
    }


def _judged(reconciled: Sequence[Reconciled]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Over the whole horizon; by distance for totals, and for the company's parts but products.
    Days that were worked out of weeks were not judged as days."""
    for number, each in enumerate(reconciled, start=1):
        if each.is_shared or BY_WEEKS in each.draft["notes"]:
            continue
        for row in each.draft["accuracy"]:
            yield number, {**row, "first_step": 1, "last_step": len(each.value)}
        is_detailed = each.series.level == "company" and each.series.split != "product"
        if each.series.split == "total" or is_detailed:
            for row in each.draft["by_step"]:
                yield number, row


def _components(reconciled: Sequence[Reconciled]) -> Rows:
    ids, days, names, values = [], [], [], []
    for number, each in enumerate(reconciled, start=1):
        found = each.draft["components"] or {}
        for name, told in found.items():
            if name == "period_on":
                continue
            ids += [number] * len(told)
            days += found["period_on"]
            names += [name] * len(told)
            values += told
    return {
        "forecast_component_id": np.arange(1, len(ids) + 1),
        "forecast_id": np.array(ids, dtype=np.int64),
        "period_on": np.array(days, dtype="datetime64[D]"),
        "name": _objects(names),
        "value": np.array(values, dtype=np.float64),
    }


def _ratios(values: Sequence[float | None]) -> Array:
    numbers = np.array([np.nan if each is None else each for each in values], dtype=np.float64)
    return np.clip(np.round(numbers, 4), -_MOST_RATIO, _MOST_RATIO)


def _objects(values: Sequence[Any]) -> Array:
    found = np.empty(len(values), dtype=object)
    found[:] = values
    return found
