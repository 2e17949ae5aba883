"""Makes the forecasts of single series agree: parts with their region, regions with the company.

The company's own forecast is shared out among the regions, a region's among its channels,
categories, products and segments. What the company has of a part is the sum over the regions. Weeks
that days tell as well are the sums of these.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from dashboard.analytics.forecast_grains import Overlap
from dashboard.analytics.forecast_sums import (
    HUNDREDTHS,
    Floats,
    Whole,
    in_hundredths,
    reconcile_bounds,
    share_errors,
    share_out,
)
from dashboard.forecast_gathering import UNSOLD, Shares
from dashboard.forecast_grains import agree
from dashboard.forecast_tasks import BOUNDS, Draft, Series

Drafts = Mapping[Series, Draft]
MOST_BY_REGION = 5_000  # products × regions that are stored day by day


@dataclass(frozen=True)
class Reconciled:
    """A forecast as it is stored; `draft` is that of its model."""

    series: Series
    draft: Draft
    value: Floats
    naive: Floats
    bounds: Floats  # (4, periods)
    shared_error: float
    is_shared: bool = False  # a part of the company's forecast, by the region's share


def reconcile(drafts: Drafts, shares: Shares, until: date) -> list[Reconciled]:
    """Every series of the drafts, and of products those of the regions; `until` is the last day
    that was learnt from."""
    found: list[Reconciled] = []
    drafts = agree(drafts, until)
    # the days of a measure come before its weeks
    for measure, grain in sorted({(each.measure, each.grain) for each in drafts}):
        own = {
            series: draft for series, draft in drafts.items()
            if (series.measure, series.grain) == (measure, grain)
        }  # fmt: skip
        days = {
            each.series._replace(grain="week"): each for each in found
            if (each.series.measure, each.series.grain) == (measure, "day")
        }  # fmt: skip
        told = _Told(days if grain == "week" else {}, until)
        found += _reconcile_measure(own, measure, grain, shares.get(measure, {}), told)
    return found


@dataclass(frozen=True)
class _Told:
    """The days of series, by the series of their weeks."""

    days: Mapping[Series, Reconciled]
    until: date

    def weeks(self, series: Series, value: Whole) -> Whole:
        """The value, with the sums of days in weeks that days tell as well."""
        if series not in self.days:
            return value
        days = in_hundredths(self.days[series].value)
        overlap = Overlap.of(self.until, len(days), len(value))
        told = value.copy()
        told[overlap.weeks] = overlap.sums(days)
        return told

    def are_whole(self, split: str) -> bool:
        """Whether days are told of the split's parts of regions, not of the company's alone."""
        return any((each.split, each.level) == (split, "region") for each in self.days)


def _reconcile_measure(
    drafts: Drafts,
    measure: str,
    grain: str,
    shares: Mapping[str, Mapping[int, float]],
    told: _Told,
) -> Iterator[Reconciled]:
    company = Series(measure, grain, "company", 0, "total", "")
    regions = [s for s in sorted(drafts) if s.level == "region" and s.split == "total"]
    total = told.weeks(company, in_hundredths(_array(drafts[company], "value")))
    shared_out = share_out(np.array([_array(drafts[each], "value") for each in regions]), total)
    values = [told.weeks(s, v) for s, v in zip(regions, shared_out, strict=True)]
    bounds = [_bounds_of(drafts[s], measure, v) for s, v in zip(regions, values, strict=True)]
    whole = _bounds_of(drafts[company], measure, total)
    shared = share_errors(
        (whole[1] - whole[0]) / 2, np.array([(each[1] - each[0]) / 2 for each in bounds])
    )
    yield _reconciled(company, drafts[company], total, whole, shared)
    for series, value, each in zip(regions, values, bounds, strict=True):
        yield _reconciled(series, drafts[series], value, each, shared)
    totals = {series.region_id: value for series, value in zip(regions, values, strict=True)}
    for split in sorted({series.split for series in drafts} - {"total"}):
        if split == "product" and grain == "day" and _are_many(drafts, totals):
            yield from _reconcile_products(drafts, total, shared)
        else:
            part = told if told.are_whole(split) else _Told({}, told.until)
            yield from _reconcile_split(drafts, split, totals, shares, shared, part)


def _are_many(drafts: Drafts, totals: Mapping[int, Whole]) -> bool:
    products = sum(series.split == "product" for series in drafts)
    return products * len(totals) > MOST_BY_REGION


def _reconcile_products(drafts: Drafts, total: Whole, shared: float) -> Iterator[Reconciled]:
    """Of the company alone: millions of days of single products in single regions tell nobody
    anything; weeks and months of them are there."""
    products = sorted(series for series in drafts if series.split == "product")
    values = share_out(np.array([_array(drafts[each], "value") for each in products]), total)
    for series, value in zip(products, values, strict=True):
        bounds = _bounds_of(drafts[series], series.measure, value)
        yield _reconciled(series, drafts[series], value, bounds, shared)


def _reconcile_split(
    drafts: Drafts,
    split: str,
    totals: Mapping[int, Whole],
    shares: Mapping[str, Mapping[int, float]],
    shared: float,
    told: _Told,
) -> Iterator[Reconciled]:
    """The parts of each region share its total; those of the company are their sums."""
    summed: dict[str, Whole] = {}
    for region_id, total in totals.items():
        parts = (
            _shared_products(drafts, region_id, shares) if split == "product"
            else _own_parts(drafts, split, region_id)
        )  # fmt: skip
        values = share_out(np.array([_array(part.draft, "value") for part in parts]), total)
        for part, shared_out in zip(parts, values, strict=True):
            series = part.series
            value = told.weeks(series, shared_out)
            bounds = _bounds_of(part.draft, series.measure, value)
            yield _reconciled(series, part.draft, value, bounds, shared, is_shared=part.is_shared)
            summed[series.part] = summed.get(series.part, np.zeros_like(value)) + value
    for series in sorted(s for s in drafts if s.split == split and s.level == "company"):
        whole = summed.get(series.part)
        if whole is not None:
            bounds = _bounds_of(drafts[series], series.measure, whole)
            yield _reconciled(series, drafts[series], whole, bounds, shared)


@dataclass(frozen=True)
class _Part:
    series: Series
    draft: Draft
    is_shared: bool = False


def _own_parts(drafts: Drafts, split: str, region_id: int) -> list[_Part]:
    return [
        _Part(series, drafts[series])
        for series in sorted(drafts)
        if (series.level, series.split, series.region_id) == ("region", split, region_id)
    ]


def _shared_products(
    drafts: Drafts, region_id: int, shares: Mapping[str, Mapping[int, float]]
) -> list[_Part]:
    """The company's forecast of each product times the region's share in it. The ranges are as if
    regions knew nothing of each other: sales of one product in one region are few and chancy."""
    found = []
    for series in sorted(s for s in drafts if (s.level, s.split) == ("company", "product")):
        share = shares.get(series.part, shares.get(UNSOLD, {})).get(region_id, 0.0)
        whole = drafts[series]
        value = _array(whole, "value")
        widths = _bounds(whole) - value
        ends = np.maximum(value * share + widths * share**0.5, 0.0)
        draft = {
            **whole,
            "value": value * share,
            "naive": _array(whole, "naive") * share,
            **dict(zip(BOUNDS, ends, strict=True)),
            "components": None,
        }
        own = series._replace(level="region", region_id=region_id)
        found.append(_Part(own, draft, is_shared=True))
    return found


def _reconciled(
    series: Series, draft: Draft, value: Whole, bounds: Floats, shared: float,
    *, is_shared: bool = False,
) -> Reconciled:  # fmt: skip
    naive = np.round(_array(draft, "naive"), 4)
    return Reconciled(series, draft, value / HUNDREDTHS, naive, bounds, shared, is_shared)


def _bounds_of(draft: Draft, measure: str, value: Whole) -> Floats:
    return reconcile_bounds(
        _bounds(draft), _array(draft, "value"), value / HUNDREDTHS,
        may_be_negative=measure == "margin",
    )  # fmt: skip


def _bounds(draft: Draft) -> Floats:
    return np.array([_array(draft, name) for name in BOUNDS])


def _array(draft: Draft, name: str) -> Floats:
    values: Sequence[Any] = draft[name]
    return np.asarray(values, dtype=np.float64)
