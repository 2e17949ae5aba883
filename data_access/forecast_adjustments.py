"""Changes of forecasts by hand, kept apart from the forecasts, and what they come to in a series.

An adjustment changes one series by a share of its forecast or by an amount for its whole span;
of a week or month that it covers in part, it changes the part of its days. What it changes in a
total it changes in the parts by their shares of the forecast, and a total has what all its parts
have: parts add up after an adjustment as they do before. An adjustment of the company as a whole
is not divided among regions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Engine, String, and_, case, cast, func, or_, select

from data_access.dialects import days_between
from data_access.filters import name_in
from data_access.forecast_series import PART_COLUMN, SeriesFilter, end_of, in_regions, is_part
from data_access.forecasts import level_of, list_forecast_periods, same_series
from data_access.frames import read_frame
from data_access.scope import Scope

_LONGEST_PERIOD = 31  # days


def list_adjustments(
    engine: Engine, scope: Scope, series_filter: SeriesFilter, language: str = "en"
) -> pd.DataFrame:
    """adjustment_id, name, reason, level, region_id, region, split, part (text; NULL: of none),
    start_on, end_on, change_rate or amount, user_id, author, created_at, changed_at, version: those
    that change the series, its parts or what it is a part of, the newest first."""
    adjustments, regions = scope.visible.forecast_adjustments, scope.visible.regions
    columns = ("adjustment_id", "name", "reason", "level", "region_id", "split", "start_on",
               "end_on", "change_rate", "amount", "user_id", "author", "created_at", "changed_at",
               "version")  # fmt: skip
    statement = (
        select(
            *(adjustments.c[name] for name in columns),
            name_in(language, regions).label("region"),
            part_of(adjustments.c).label("part"),
        )
        .outerjoin_from(adjustments, regions, regions.c.region_id == adjustments.c.region_id)
        .where(*that_change(scope, adjustments.c, series_filter))
        .order_by(adjustments.c.created_at.desc(), adjustments.c.adjustment_id.desc())
    )
    return read_frame(engine, statement)


def list_adjustment_effects(
    engine: Engine, scope: Scope, series_filter: SeriesFilter
) -> pd.DataFrame:
    """adjustment_id, step, period_on, effect: what each adjustment adds to the series in each
    period that it changes."""
    found = _targets(engine, scope, series_filter)
    grain = series_filter.grain
    ends = [end_of(grain, day.date()) for day in found["period_on"]]
    first = np.maximum(found["period_on"].to_numpy(), found["start_on"].to_numpy())
    last = np.minimum(pd.to_datetime(ends).to_numpy(), found["end_on"].to_numpy())
    days = (last - first) / np.timedelta64(1, "D") + 1
    length = (pd.to_datetime(ends) - found["period_on"]).dt.days.to_numpy() + 1
    span = (found["end_on"] - found["start_on"]).dt.days.to_numpy() + 1
    by_share = found["change_rate"].to_numpy("float64") * np.abs(found["value"]) * days / length
    by_amount = found["amount"].to_numpy("float64") * days / span
    whole = np.where(found["amount"].isna(), by_share, by_amount)
    effect = np.round(whole * found["share"].to_numpy("float64"), 4)
    rows = found[["adjustment_id", "step", "period_on"]].assign(effect=effect)
    return pd.DataFrame(rows[days > 0]).reset_index(drop=True)


def list_adjusted_periods(
    engine: Engine, scope: Scope, series_filter: SeriesFilter
) -> pd.DataFrame:
    """As `list_forecast_periods`, with adjustment (all of them together) and adjusted: value +
    adjustment, never below 0 but for margin."""
    periods = list_forecast_periods(engine, scope, series_filter)
    effects = list_adjustment_effects(engine, scope, series_filter)
    summed = effects.groupby("step")["effect"].sum()
    change = periods["step"].map(summed).fillna(0.0).to_numpy("float64")
    value = periods["value"].to_numpy("float64")
    least = np.minimum(value, 0.0) if series_filter.measure != "margin" else -np.inf
    adjusted = np.round(np.maximum(value + change, least), 4)
    return periods.assign(adjustment=np.round(adjusted - value, 4), adjusted=adjusted)


def _targets(engine: Engine, scope: Scope, series: SeriesFilter) -> pd.DataFrame:
    """The periods of the series that each adjustment changes: adjustment_id, start_on, end_on,
    change_rate, amount, step, period_on, value (forecast), and the share of the change that falls
    to the wanted series."""
    visible = scope.visible
    adjustments, forecasts, values = (
        visible.forecast_adjustments, visible.forecasts, visible.forecast_values
    )  # fmt: skip
    columns = ("adjustment_id", "start_on", "end_on", "change_rate", "amount", "level",
               "region_id", "split")  # fmt: skip
    statement = (
        select(
            *(adjustments.c[name] for name in columns),
            part_of(adjustments.c).label("part"),
            values.c.step.label("step"),
            values.c.period_on.label("period_on"),
            values.c.value,
        )
        .join_from(adjustments, forecasts, same_series(forecasts.c, adjustments.c))
        .join(values, values.c.forecast_id == forecasts.c.forecast_id)
        .where(
            *that_change(scope, adjustments.c, series),
            forecasts.c.measure == series.measure,
            forecasts.c.grain == series.grain,
            values.c.period_on <= adjustments.c.end_on,
            days_between(values.c.period_on, adjustments.c.start_on) < _LONGEST_PERIOD,
        )
        .order_by(adjustments.c.adjustment_id, values.c.step, forecasts.c.forecast_id)
    )
    found = read_frame(engine, statement)
    if series.split == "total" or not len(found):
        return found.assign(share=1.0)
    shares = _shares(engine, scope, series)
    joined = found.merge(shares, on=["level", "region_id", "step"], how="left")
    own = (joined["split"] == series.split).to_numpy()
    share = np.where(own, 1.0, joined["share"].fillna(0.0).to_numpy("float64"))
    return joined.assign(share=share)


def _shares(engine: Engine, scope: Scope, series: SeriesFilter) -> pd.DataFrame:
    """level, region_id, step, share: of the wanted part in the total of its region."""
    forecasts, values = scope.visible.forecasts, scope.visible.forecast_values
    is_wanted = and_(
        forecasts.c.split == series.split,
        is_part(forecasts.c[PART_COLUMN[series.split]], series.split, series.part),
    )
    part = func.sum(case((is_wanted, values.c.value)), type_=values.c.value.type)
    total = func.sum(
        case((forecasts.c.split == "total", values.c.value)), type_=values.c.value.type
    )
    statement = (
        select(
            forecasts.c.level,
            forecasts.c.region_id,
            values.c.step.label("step"),
            part.label("value"),
            total.label("total"),
        )
        .join_from(forecasts, values, values.c.forecast_id == forecasts.c.forecast_id)
        .where(
            forecasts.c.measure == series.measure,
            forecasts.c.grain == series.grain,
            or_(is_wanted, forecasts.c.split == "total"),
        )
        .group_by(forecasts.c.level, forecasts.c.region_id, values.c.step)
    )
    found = read_frame(engine, statement)
    total_value = found["total"].to_numpy("float64")
    part_value = np.nan_to_num(found["value"].to_numpy("float64"))
    share = np.divide(part_value, total_value, out=np.zeros(len(found)), where=total_value != 0)
    return found[["level", "region_id", "step"]].assign(share=np.nan_to_num(share))


def that_change(scope: Scope, of: Any, series: SeriesFilter) -> list[ColumnElement[bool]]:
    """Of the filter's measure and regions; in another part of the same split there is no change."""
    chosen: list[ColumnElement[bool]] = [of.measure == series.measure]
    if level_of(scope, series.region_ids) == "region":
        chosen.append(of.level == "region")
    if series.region_ids:
        chosen.append(in_regions(of.region_id, series.region_ids))
    if series.split != "total":
        own = is_part(of[PART_COLUMN[series.split]], series.split, series.part)
        chosen.append(or_(of.split != series.split, own))
    return chosen


def part_of(of: Any) -> ColumnElement[Any]:
    """The part of a split as text; NULL in total, and for what belongs to no part."""
    return func.coalesce(
        of.channel,
        of.segment,
        cast(of.category_id, String()),
        cast(of.product_id, String()),
        type_=String(),
    )
