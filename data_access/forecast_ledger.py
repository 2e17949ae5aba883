"""The ledger: forecasts that were published, and how they turned out. Asked of the record.

What was published stands as it was said; what happened is asked anew, so a late return changes a
score. Value added is how much less wrong (in WAPE) the model was than seasonal naive, and the
adjustments by hand than the model; negative where they did harm.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, func, select

from data_access.errors import NotFound
from data_access.filters import name_in
from data_access.forecast_adjustments import part_of
from data_access.forecast_series import (
    NO_PART,
    NO_REGION,
    SeriesFilter,
    last_period,
    sum_forecast_history,
)
from data_access.frames import read_frame, read_row
from data_access.scope import Scope

MOST_LISTED = 100
SAID = {"naive": "naive", "model": "value", "adjusted": "adjusted"}  # who said it → the column
_ENDS = ("low_80", "high_80", "low_95", "high_95")
_COLUMNS = ("published_forecast_id", "measure", "grain", "level", "region_id", "split", "currency",
            "origin_on", "member", "data_version", "note", "author", "published_at",
            "adjustments")  # fmt: skip


def list_published_forecasts(
    engine: Engine, scope: Scope, language: str = "en", limit: int = MOST_LISTED
) -> pd.DataFrame:
    """published_forecast_id, measure, grain, level, region_id, region, split, part (text; NULL: of
    none), currency, origin_on, member, data_version, note, author, published_at, adjustments
    (JSON, as they stood), periods, first_on and last_on (of its periods): the newest first, at most
    `limit`."""
    published, regions = scope.visible.published_forecasts, scope.visible.regions
    values = scope.visible.published_forecast_values
    spans = (
        select(
            values.c.published_forecast_id,
            func.count().label("periods"),
            func.min(values.c.period_on).label("first_on"),
            func.max(values.c.period_on).label("last_on"),
        )
        .group_by(values.c.published_forecast_id)
        .subquery("spans")
    )
    statement = (
        select(
            *(published.c[name] for name in _COLUMNS),
            part_of(published.c).label("part"),
            name_in(language, regions).label("region"),
            func.coalesce(spans.c.periods, 0).label("periods"),
            spans.c.first_on,
            spans.c.last_on,
        )
        .outerjoin_from(published, regions, regions.c.region_id == published.c.region_id)
        .outerjoin(spans, spans.c.published_forecast_id == published.c.published_forecast_id)
        .order_by(published.c.published_at.desc(), published.c.published_forecast_id.desc())
    )
    return read_frame(engine, statement.limit(limit))


def find_published_forecast(
    engine: Engine, scope: Scope, published_forecast_id: int
) -> dict[str, Any]:
    """As a row of `list_published_forecasts` (without names and periods), and inputs (JSON);
    NotFound."""
    published = scope.visible.published_forecasts.c
    found = read_row(
        engine,
        select(
            *(published[name] for name in _COLUMNS),
            part_of(published).label("part"),
            published.inputs,
        ).where(published.published_forecast_id == published_forecast_id),
    )
    if found is None:
        raise NotFound("forecast")
    return found


def list_published_values(
    engine: Engine, scope: Scope, published_forecast_id: int, as_of: date
) -> pd.DataFrame:
    """step, period_on, naive, value (of the model), adjusted, low_80, high_80, low_95, high_95,
    actual (NaN where the period was not over before `as_of`); NotFound."""
    published = find_published_forecast(engine, scope, published_forecast_id)
    values = scope.visible.published_forecast_values.c
    names = ("step", "period_on", *SAID.values(), *_ENDS)
    found = read_frame(
        engine,
        select(*(values[name] for name in names))
        .where(values.published_forecast_id == published_forecast_id)
        .order_by(values.step),
    )
    return found.assign(actual=_actual(engine, scope, published, found["period_on"], as_of))


def list_published_scores(
    engine: Engine, scope: Scope, as_of: date, limit: int = MOST_LISTED
) -> pd.DataFrame:
    """published_forecast_id, periods (that are over), actual (Σ|y| of them), then for naive, model
    and adjusted error_… (Σ|y − ŷ|) and wape_… (error ÷ actual; NaN where that is 0), bias_adjusted
    (Σ(ŷ − y) ÷ actual), model_added and human_added (WAPE that the model saves over naive, and the
    adjustments over the model), coverage_80, coverage_95: in the order of
    `list_published_forecasts`."""
    listed = list_published_forecasts(engine, scope, limit=limit)
    rows = [
        {"published_forecast_id": int(number),
         **_scores(list_published_values(engine, scope, int(number), as_of))}
        for number in listed["published_forecast_id"]
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["published_forecast_id", *_SCORES])


_SCORES = (
    "periods", "actual", *(f"error_{who}" for who in SAID), *(f"wape_{who}" for who in SAID),
    "bias_adjusted", "model_added", "human_added", "coverage_80", "coverage_95",
)  # fmt: skip


def _scores(values: pd.DataFrame) -> dict[str, float]:
    over = values[values["actual"].notna()]
    actual = over["actual"]
    size = float(actual.abs().sum())
    errors = {who: float((actual - over[column]).abs().sum()) for who, column in SAID.items()}
    wapes = {who: error / size if size else np.nan for who, error in errors.items()}
    bias = float((over["adjusted"] - actual).sum())
    inside = {
        f"coverage_{level}": float(
            actual.between(over[f"low_{level}"], over[f"high_{level}"]).mean()
        )
        for level in (80, 95)
    }
    return {
        "periods": len(over),
        "actual": size,
        **{f"error_{who}": error for who, error in errors.items()},
        **{f"wape_{who}": wape for who, wape in wapes.items()},
        "bias_adjusted": bias / size if size else np.nan,
        "model_added": wapes["naive"] - wapes["model"],
        "human_added": wapes["model"] - wapes["adjusted"],
        **inside,
    }


def _actual(
    engine: Engine,
    scope: Scope,
    published: Mapping[str, Any],
    periods: pd.Series[Any],
    as_of: date,
) -> Any:
    """What happened in each of the periods."""
    if not len(periods):
        return np.array([], "float64")
    first, grain = periods.iloc[0].date(), published["grain"]
    if first > last_period(grain, as_of):
        return np.full(len(periods), np.nan)
    is_company = published["level"] == "company"
    series = SeriesFilter(
        measure=published["measure"],
        grain=grain,
        region_ids=() if is_company else (published["region_id"] or NO_REGION,),
        split=published["split"],
        part=published["part"] or NO_PART,
    )
    happened = sum_forecast_history(engine, scope, series, as_of, published["currency"], first)
    return periods.map(happened.set_index("period_on")["value"]).to_numpy("float64")
