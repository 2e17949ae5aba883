"""The forecasts that a refresh stored: of the company for who sees every region and asks for none,
else of regions, whose values are added up and whose ranges are combined. Asked of the record.

Errors of regions go together in part. With half-widths w of the regions' ranges and r, the
correlation of their errors (`shared_error`), the half-width of the sum is
√((1 − r) Σw² + r (Σw)²): all of Σw where errors are the same, √Σw² where they know nothing of each
other.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Engine,
    Float,
    Select,
    String,
    and_,
    case,
    cast,
    false,
    func,
    null,
    select,
)

from data_access.columns import Money
from data_access.filters import name_in
from data_access.forecast_series import PART_COLUMN, SeriesFilter, in_regions, is_part
from data_access.frames import read_frame, read_row
from data_access.scope import Scope

Cut = Literal["region", "channel", "category", "product", "segment"]
CUTS: tuple[Cut, ...] = get_args(Cut)
BOUNDS = ("low_80", "high_80", "low_95", "high_95")
MOST_PARTS = 500
_STEPS = 10_000  # farther than any forecast


def find_last_forecast_run(engine: Engine, scope: Scope) -> dict[str, Any]:
    """refresh_id, as_of_on, finished_at, version and facts (JSON: the currency, orders left out for
    theirs, series that failed, the day that was learnt until) of the last refresh of the forecasts
    that was done; empty before there is one, and for who sees no forecasts."""
    refreshes = scope.visible.refreshes
    found = read_row(
        engine,
        select(
            refreshes.c.refresh_id,
            refreshes.c.as_of_on,
            refreshes.c.finished_at,
            refreshes.c.version,
            refreshes.c.facts,
        )
        .where(
            refreshes.c.what == "forecasts",
            refreshes.c.state == "done",
            *([] if scope.sees("forecasts") else [false()]),
        )
        .order_by(refreshes.c.refresh_id.desc()),
    )
    return found or {}


def find_forecast_progress(engine: Engine, scope: Scope) -> dict[str, Any]:
    """state (running, done, failed), started_at, finished_at and message of the last refresh of the
    forecasts, however it ended; empty before there is one, and for who sees no forecasts."""
    refreshes = scope.visible.refreshes
    columns = ("state", "started_at", "finished_at", "message")
    found = read_row(
        engine,
        select(*(refreshes.c[name] for name in columns))
        .where(refreshes.c.what == "forecasts", *([] if scope.sees("forecasts") else [false()]))
        .order_by(refreshes.c.refresh_id.desc()),
    )
    return found or {}


def list_forecasts(
    engine: Engine, scope: Scope, series_filter: SeriesFilter, language: str = "en"
) -> pd.DataFrame:
    """The stored forecasts that the series is made of, one of the company or one of each region:
    forecast_id, refresh_id, level, region_id, region, currency, first_on, origin_on (the last day
    that was learnt from), member, accuracy and notes (JSON), shared_error."""
    forecasts, regions = scope.visible.forecasts, scope.visible.regions
    columns = ("forecast_id", "refresh_id", "level", "region_id", "currency", "first_on",
               "origin_on", "member", "accuracy", "notes", "shared_error")  # fmt: skip
    statement = (
        select(*(forecasts.c[name] for name in columns), name_in(language, regions).label("region"))
        .outerjoin_from(forecasts, regions, regions.c.region_id == forecasts.c.region_id)
        .where(*_of_series(scope, forecasts.c, series_filter))
        .order_by(forecasts.c.region_id.is_(None), forecasts.c.region_id, forecasts.c.forecast_id)
    )
    return read_frame(engine, statement)


def list_forecast_periods(
    engine: Engine, scope: Scope, series_filter: SeriesFilter
) -> pd.DataFrame:
    """step, period_on, naive (seasonal naive), value, low_80, high_80, low_95, high_95: before any
    adjustment by hand."""
    forecasts, values = scope.visible.forecasts, scope.visible.forecast_values
    keys = [values.c.step.label("step"), values.c.period_on.label("period_on")]
    statement = (
        select(*keys, *_sums(forecasts.c, values.c))
        .join_from(forecasts, values, values.c.forecast_id == forecasts.c.forecast_id)
        .where(*_of_series(scope, forecasts.c, series_filter))
        .group_by(values.c.step, values.c.period_on)
        .order_by(values.c.step, values.c.period_on)
    )
    return _combined(read_frame(engine, statement))


def list_forecast_parts(
    engine: Engine,
    scope: Scope,
    series_filter: SeriesFilter,
    cut: Cut,
    parts: tuple[str, ...] = (),
) -> pd.DataFrame:
    """part (text; NULL: of none), step, period_on, naive, value, low_80, high_80, low_95, high_95:
    the parts of the filter's regions period by period (only these, where `parts` names some). They
    add up to the total, the split and part of the filter not counting."""
    forecasts, values = scope.visible.forecasts, scope.visible.forecast_values
    part = _part(forecasts.c, cut)
    statement = (
        select(
            part.label("part"),
            values.c.step.label("step"),
            values.c.period_on.label("period_on"),
            *_sums(forecasts.c, values.c),
        )
        .join_from(forecasts, values, values.c.forecast_id == forecasts.c.forecast_id)
        .where(*_of_cut(scope, forecasts.c, series_filter, cut))
        .group_by(part, values.c.step, values.c.period_on)
        .order_by(part.is_(None), part, values.c.step, values.c.period_on)
    )
    if parts:
        statement = statement.where(func.coalesce(part, "").in_(parts))
    return _combined(read_frame(engine, statement))


def sum_forecast_parts(
    engine: Engine,
    scope: Scope,
    series_filter: SeriesFilter,
    cut: Cut,
    steps: int = _STEPS,
    language: str = "en",
) -> pd.DataFrame:
    """part (text; NULL: of none), name (NULL for segments), value and naive (of the first `steps`
    periods), forecasts (how many the part is made of), member, accuracy and notes (JSON; NULL
    where several): one row for each part, the largest first, at most MOST_PARTS."""
    forecasts, values = scope.visible.forecasts, scope.visible.forecast_values
    summed = (
        select(
            values.c.forecast_id,
            func.sum(values.c.value, type_=Money).label("value"),
            func.sum(values.c.naive, type_=Money).label("naive"),
        )
        .join_from(forecasts, values, values.c.forecast_id == forecasts.c.forecast_id)
        .where(values.c.step <= steps, *_of_cut(scope, forecasts.c, series_filter, cut))
        .group_by(values.c.forecast_id)
        .subquery("summed")
    )
    column = _part_column(forecasts.c, cut)
    is_one = func.count() == 1
    told = [
        case((is_one, func.min(forecasts.c[name])), else_=cast(null(), String())).label(name)
        for name in ("member", "accuracy", "notes")
    ]
    value = func.sum(summed.c.value, type_=Money)
    rows = (
        select(
            column.label("key"),
            value.label("value"),
            func.sum(summed.c.naive, type_=Money).label("naive"),
            func.count().label("forecasts"),
            *told,
        )
        .join_from(summed, forecasts, forecasts.c.forecast_id == summed.c.forecast_id)
        .group_by(column)
        .subquery("rows")
    )
    named = _names(scope, cut)
    name = cast(null(), String()) if named is None else name_in(language, named[0])
    statement: Select[Any] = select(
        cast(rows.c.key, String()).label("part"),
        name.label("name"),
        *(rows.c[each] for each in ("value", "naive", "forecasts", "member", "accuracy", "notes")),
    )
    if named is not None:
        relation, key = named
        statement = statement.outerjoin_from(rows, relation, relation.c[key] == rows.c.key)
    statement = statement.order_by(rows.c.value.desc(), rows.c.key.is_(None), rows.c.key)
    return read_frame(engine, statement.limit(MOST_PARTS))


def list_forecast_backtests(
    engine: Engine, scope: Scope, series_filter: SeriesFilter
) -> pd.DataFrame:
    """forecast_id, region_id, member, is_chosen, first_step, last_step, origins, wape, mase, smape,
    bias, coverage_80, coverage_95, is_worse_than_naive: of each forecast the series is made of, by
    model and by the distance it was forecast from; the whole horizon first."""
    forecasts, tests = scope.visible.forecasts, scope.visible.forecast_backtests
    columns = ("member", "first_step", "last_step", "origins", "wape", "mase", "smape", "bias",
               "coverage_80", "coverage_95", "is_worse_than_naive")  # fmt: skip
    statement = (
        select(
            forecasts.c.forecast_id,
            forecasts.c.region_id,
            case((tests.c.member == forecasts.c.member, 1), else_=0).label("is_chosen"),
            *(tests.c[name] for name in columns),
        )
        .join_from(forecasts, tests, tests.c.forecast_id == forecasts.c.forecast_id)
        .where(*_of_series(scope, forecasts.c, series_filter))
        .order_by(
            forecasts.c.forecast_id,
            (tests.c.last_step - tests.c.first_step).desc(),
            tests.c.first_step,
            tests.c.wape.is_(None),
            tests.c.wape,
            tests.c.forecast_backtest_id,
        )
    )
    found = read_frame(engine, statement)
    return found.assign(
        is_chosen=found["is_chosen"] == 1,
        is_worse_than_naive=found["is_worse_than_naive"].astype(bool),
    )


def list_forecast_components(
    engine: Engine, scope: Scope, series_filter: SeriesFilter
) -> pd.DataFrame:
    """forecast_id, region_id, name (trend, weekly, yearly, events), period_on, value: what Prophet
    found the totals to be made of, past and future; empty where it was not asked."""
    forecasts, components = scope.visible.forecasts, scope.visible.forecast_components
    statement = (
        select(
            forecasts.c.forecast_id,
            forecasts.c.region_id,
            components.c.name,
            components.c.period_on,
            components.c.value,
        )
        .join_from(forecasts, components, components.c.forecast_id == forecasts.c.forecast_id)
        .where(*_of_series(scope, forecasts.c, series_filter))
        .order_by(
            forecasts.c.forecast_id,
            components.c.name,
            components.c.period_on,
            components.c.forecast_component_id,
        )
    )
    return read_frame(engine, statement)


def level_of(scope: Scope, region_ids: tuple[int, ...]) -> str:
    """company for who sees every region and asks for none, else region."""
    return "company" if scope.sees_all("forecasts") and not region_ids else "region"


def of_regions(scope: Scope, of: Any, region_ids: tuple[int, ...]) -> list[ColumnElement[bool]]:
    """Which rows with level and region_id are of these regions."""
    chosen = [of.level == level_of(scope, region_ids)]
    return [*chosen, in_regions(of.region_id, region_ids)] if region_ids else chosen


def _of_series(scope: Scope, of: Any, series: SeriesFilter) -> list[ColumnElement[bool]]:
    chosen = [
        of.measure == series.measure,
        of.grain == series.grain,
        of.split == series.split,
        *of_regions(scope, of, series.region_ids),
    ]
    if series.split != "total":
        chosen.append(is_part(of[PART_COLUMN[series.split]], series.split, series.part))
    return chosen


def _of_cut(scope: Scope, of: Any, series: SeriesFilter, cut: Cut) -> list[ColumnElement[bool]]:
    chosen = [of.measure == series.measure, of.grain == series.grain]
    if cut != "region":
        return [*chosen, of.split == cut, *of_regions(scope, of, series.region_ids)]
    chosen += [of.split == "total", of.level == "region"]
    return [*chosen, in_regions(of.region_id, series.region_ids)] if series.region_ids else chosen


def _part_column(of: Any, cut: Cut) -> ColumnElement[Any]:
    column: ColumnElement[Any] = of.region_id if cut == "region" else of[PART_COLUMN[cut]]
    return column


def _part(of: Any, cut: Cut) -> ColumnElement[Any]:
    return cast(_part_column(of, cut), String())


def _names(scope: Scope, cut: Cut) -> tuple[Any, str] | None:
    """The relation that names the parts, and by which column."""
    visible = scope.visible
    match cut:
        case "region":
            return visible.regions, "region_id"
        case "channel":
            return visible.channels, "channel"
        case "category":
            return visible.categories, "category_id"
        case "product":
            return visible.products, "product_id"
    return None


def _sums(forecasts: Any, values: Any) -> list[ColumnElement[Any]]:
    """The values, and of each end of a range the sum of the half-widths and of their squares."""
    widths: list[ColumnElement[Any]] = []
    for name in BOUNDS:
        width = func.abs(values[name] - values.value, type_=Money)
        widths.append(func.sum(width, type_=Money).label(name))
        square = cast(width, Float) * cast(width, Float)
        widths.append(func.sum(square, type_=Float).label(f"{name}_squares"))
    return [
        func.sum(values.naive, type_=Money).label("naive"),
        func.sum(values.value, type_=Money).label("value"),
        *widths,
        func.max(forecasts.shared_error).label("shared_error"),
    ]


def _combined(frame: pd.DataFrame) -> pd.DataFrame:
    """With the ends of the ranges; where no region's are below 0, the sum's are not."""
    shared = frame.pop("shared_error").to_numpy("float64")
    value = frame["value"].to_numpy("float64")
    for name in BOUNDS:
        squares = frame.pop(f"{name}_squares").to_numpy("float64")
        widths = frame[name].to_numpy("float64")
        width = np.sqrt(np.maximum((1 - shared) * squares + shared * widths**2, 0))
        bound = value - width if name.startswith("low") else value + width
        frame[name] = np.round(bound, 4) + 0.0  # no -0
    return frame


def same_series(one: Any, other: Any) -> ColumnElement[bool]:
    """Whether two rows are of the same series, whatever the grain."""
    parts = [one[name].is_not_distinct_from(other[name]) for name in PART_COLUMN.values()]
    return and_(
        one.measure == other.measure,
        one.level == other.level,
        one.region_id.is_not_distinct_from(other.region_id),
        one.split == other.split,
        *parts,
    )
