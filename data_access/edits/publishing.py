"""Publishes a forecast: what the model and the people say now is written to the ledger, for ever,
and later compared with what happened."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Engine, insert, select

from data_access.edits.fields import Fields
from data_access.edits.forecasts import ForecastRefused, target_of
from data_access.edits.rights import need_forecast_right
from data_access.edits.transaction import Done, Edit, carry_out
from data_access.forecast_adjustments import (
    list_adjusted_periods,
    list_adjustment_effects,
    list_adjustments,
    that_change,
)
from data_access.forecast_series import SeriesFilter
from data_access.forecasts import BOUNDS, list_forecasts
from data_access.scope import Scope
from data_access.tables import (
    forecasts,
    published_forecast_values,
    published_forecasts,
    refreshes,
)

LONGEST_NOTE = 300
_TOLD = ("adjustment_id", "name", "reason", "author", "start_on", "end_on", "change_rate",
         "amount", "version")  # fmt: skip


def publish_forecast(
    engine: Engine,
    scope: Scope,
    series: SeriesFilter,
    *,
    note: str = "",
    request_id: str,
    now: datetime | None = None,
) -> Done:
    """Writes the forecast of the company, or of one region, as it stands, with its adjustments. The
    answer's values have its published_forecast_id."""
    # read before the transaction: on SQLite nobody reads beside the one who writes
    told = list_forecasts(engine, scope, series)
    periods = list_adjusted_periods(engine, scope, series)
    listed = list_adjustments(engine, scope, series)
    adjustments = _told_adjustments(engine, scope, series, listed)

    def work(edit: Edit) -> Done:
        need_forecast_right(edit.scope, "publish_forecast")
        target = target_of(edit.scope, series)
        fields = Fields()
        said = fields.text("note", note, most=LONGEST_NOTE)
        fields.check()
        if len(told) != 1 or not len(periods):
            raise ForecastRefused("nothing")
        row = told.iloc[0]
        run = _need_unchanged(edit, series, row, listed)
        published_forecast_id = edit.connection.scalars(
            insert(published_forecasts)
            .values(
                **target,
                grain=series.grain,
                currency=row["currency"],
                origin_on=row["origin_on"].date(),
                member=row["member"],
                data_version=run.version,
                inputs=_inputs(row, run),
                adjustments=json.dumps(adjustments, ensure_ascii=False),
                note=said,
                user_id=edit.scope.user_id,
                author=edit.scope.name,
                published_at=edit.now,
            )
            .returning(published_forecasts.c.published_forecast_id)
        ).one()
        edit.connection.execute(
            insert(published_forecast_values), _values(published_forecast_id, periods)
        )
        return Done(values={"published_forecast_id": published_forecast_id})

    return carry_out(
        engine, scope, "publish_forecast", work, request_id=request_id,
        details=(series.key, note), now=now,
    )  # fmt: skip


def _told_adjustments(
    engine: Engine, scope: Scope, series: SeriesFilter, listed: pd.DataFrame
) -> list[dict[str, Any]]:
    """Those that change one of the periods, with what each adds in all."""
    effects = list_adjustment_effects(engine, scope, series).groupby("adjustment_id")["effect"]
    added = effects.sum().round(4).to_dict()
    return [
        {**{name: _plain(row[name]) for name in _TOLD}, "effect": added[row["adjustment_id"]]}
        for row in listed.sort_values("adjustment_id").to_dict("records")
        if row["adjustment_id"] in added
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def _need_unchanged(
    edit: Edit, series: SeriesFilter, row: pd.Series[Any], listed: pd.DataFrame
) -> Any:
    """The run that worked the forecast out; ForecastRefused if anything was written meanwhile."""
    run = edit.connection.execute(
        select(refreshes.c.refresh_id, refreshes.c.as_of_on, refreshes.c.version)
        .join(forecasts, forecasts.c.refresh_id == refreshes.c.refresh_id)
        .where(
            forecasts.c.forecast_id == int(row["forecast_id"]),
            forecasts.c.refresh_id == int(row["refresh_id"]),
        )
    ).one_or_none()
    if run is None:
        raise ForecastRefused("renewed")
    adjustments = edit.scope.visible.forecast_adjustments.c
    now = edit.connection.execute(
        select(adjustments.adjustment_id, adjustments.version).where(
            *that_change(edit.scope, adjustments, series)
        )
    )
    seen = set(zip(listed["adjustment_id"], listed["version"], strict=True))
    if {tuple(each) for each in now} != seen:
        raise ForecastRefused("adjusted")
    return run


def _inputs(row: pd.Series[Any], run: Any) -> str:
    first = row["first_on"]
    told = {
        "refresh_id": run.refresh_id,
        "as_of_on": run.as_of_on.isoformat(),
        "first_on": None if pd.isna(first) else first.date().isoformat(),
        "accuracy": json.loads(row["accuracy"]),
        "notes": json.loads(row["notes"]),
    }
    return json.dumps(told, ensure_ascii=False)


def _values(published_forecast_id: int, periods: pd.DataFrame) -> list[dict[str, Any]]:
    names = ("naive", "value", "adjusted", *BOUNDS)
    return [
        {
            "published_forecast_id": published_forecast_id,
            "step": int(row["step"]),
            "period_on": row["period_on"].date(),
            **{name: float(row[name]) for name in names},
        }
        for row in periods.to_dict("records")
    ]
