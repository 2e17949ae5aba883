"""The ledger: what was published, and who was right, naive, the model or people."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, cast

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.exports import Export, title_and_export
from dashboard.forecast_view import remark
from dashboard.forecast_words import (
    GRAIN_NAMES,
    MEASURE_NAMES,
    SPLIT_NAMES,
    STEP_NAMES,
    amount,
    model_name,
    period_name,
)
from dashboard.paging import clicked_row
from dashboard.reads import data_version, read
from dashboard.session import current_scope
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import _, _n, language, plain
from data_access.forecast_ledger import (
    MOST_LISTED,
    list_published_forecasts,
    list_published_scores,
    list_published_values,
)
from data_access.forecast_series import Measure
from data_access.scope import Scope

_PICKED = "forecast_published"
_ROWS_SEEN = 10


def ledger_block(scope: Scope, as_of: date) -> None:
    """What was published, the newest first; a click shows it period by period."""
    frame = _find(scope, as_of)
    if not len(frame):
        remark(_("Nothing has been published yet. A published forecast stays as it was said, and "
                 "is compared with what happens."))  # fmt: skip
        return
    columns = _columns()
    export = Export(
        slug="forecast", name="forecast_ledger", columns=columns, as_of=as_of,
        rows=lambda person, most: _find(person, as_of).head(most),
    )  # fmt: skip
    title_and_export(export, len(frame), f":small[{_added_in_words(frame)}]")
    numbers = tuple(int(each) for each in frame["published_forecast_id"])
    key = f"forecast_ledger_{data_version()}"
    show_table(
        frame, columns, key=key, alt=_("Published forecasts"),
        height="content" if len(frame) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=lambda: _clicked(key, numbers), selection_mode="single-cell",
    )  # fmt: skip
    if len(frame) >= MOST_LISTED:
        remark(_("The newest {n} are shown.", n=MOST_LISTED))
    picked = frame[frame["published_forecast_id"] == st.session_state.get(_PICKED)]
    if len(picked):
        _one(scope, next(picked.itertuples()), as_of)


def _find(scope: Scope, as_of: date) -> pd.DataFrame:
    listed = read(list_published_forecasts, scope, language(), engine="record")
    scores = read(list_published_scores, scope, as_of, engine="record")
    return _with_words(
        listed.merge(scores, on="published_forecast_id", how="left", suffixes=("", "_over"))
    )


def _columns() -> list[Column]:
    added = _("WAPE that was saved: above 0 it helped, below 0 it did harm.")
    return [
        Column("what", _("Forecast"), width=190),
        Column("over", _("Periods over"), width=100),
        Column("wape_naive", _("Naive WAPE"), "rate", width=92),
        Column("wape_model", _("Model WAPE"), "rate", width=92),
        Column("wape_adjusted", _("Human WAPE"), "rate", width=95),
        Column("model_added", _("Model adds"), "rate", width=88, help=added),
        Column("human_added", _("People add"), "rate", width=88, help=added),
        Column("published_at", _("Published"), "moment"),
        Column("author", _("By"), width=110),
        Column("model", _("Model"), width=160),
        Column("by_hand", _("Adjustments"), width=130),
        Column("data_version", _("Data version"), "count", width=95),
        Column("span", _("For"), width=185),
        Column("coverage_80", _("80% held"), "rate", width=80),
        Column("note", _("Note"), width=180),
    ]


def _with_words(frame: pd.DataFrame) -> pd.DataFrame:
    rows: list[Any] = list(frame.itertuples())
    return frame.assign(
        what=[_what(row) for row in rows],
        span=[
            f"{period_name(row.first_on, row.grain)} – {period_name(row.last_on, row.grain)}"
            for row in rows
        ],
        model=[model_name(row.member) for row in rows],
        by_hand=[_by_hand(row.adjustments) for row in rows],
        over=[f"{int(row.periods_over)} / {int(row.periods)}" for row in rows],
    )


def _what(row: Any) -> str:
    words = [_(MEASURE_NAMES[row.measure]), _(GRAIN_NAMES[row.grain])]
    if row.level == "region":
        words.append(row.region if isinstance(row.region, str) else _("Without a region"))
    if row.split != "total":
        words.append(f"{_(SPLIT_NAMES[row.split])}: {row.part or _('None')}")
    return " · ".join(words)


def _by_hand(adjustments: str) -> str:
    names = [str(each.get("name", "")) for each in json.loads(adjustments or "[]")]
    if len(names) > 1:
        return _n("{n} adjustment", "{n} adjustments", len(names))
    return names[0] if names else _("none")


def _added_in_words(frame: pd.DataFrame) -> str:
    """Over everything that is over: naive → model → people, by the errors added up."""
    over = frame[frame["periods_over"] > 0]
    wapes = {who: _pooled(over, who) for who in ("naive", "model", "adjusted")}
    if not len(over) or any(pd.isna(each) for each in wapes.values()):
        return _("No period of a published forecast is over yet: scores appear as time goes by.")
    return _(
        "So far: naive {naive} → model {model} → with adjustments {adjusted} (WAPE, mean of the "
        "published forecasts).",
        **{who: formats.rate(each) for who, each in wapes.items()},
    )


def _pooled(over: pd.DataFrame, who: str) -> float:
    return float(over[f"wape_{who}"].mean())


def _clicked(key: str, numbers: tuple[int, ...]) -> None:
    current_scope("forecast")
    st.session_state[_PICKED] = clicked_row(key, numbers)


def _one(scope: Scope, row: Any, as_of: date) -> None:
    values = read(list_published_values, scope, int(row.published_forecast_id), as_of,
                  engine="record")  # fmt: skip
    measure = cast("Measure", row.measure)
    kind: Any = "money" if measure in ("net_sales", "margin") else "decimal"
    frame = values.assign(period=[period_name(day, row.grain) for day in values["period_on"]])
    with st.container(border=True, gap="xsmall", key="forecast_published_box"):
        st.markdown(f"**{plain(row.what)}** · {plain(row.author)} · "
                    f"{formats.moment(row.published_at)}")  # fmt: skip
        for each in json.loads(row.adjustments or "[]"):
            st.markdown(f":small[{plain(each.get('name', ''))}: {plain(each.get('reason', ''))}]")
        if values["actual"].notna().any():
            happened = amount(values["actual"].sum(), measure, row.currency)
            remark(_("Happened so far: {value}", value=happened))
        show_table(
            frame,
            [
                Column("period", _(STEP_NAMES[row.grain]), width=110),
                Column("actual", _("Happened"), kind, width=115),
                Column("naive", _("Seasonal naive"), kind, width=115),
                Column("value", _("Model"), kind, width=115),
                Column("adjusted", _("With adjustments"), kind, width=125),
                Column("low_80", _("80% from"), kind, width=115),
                Column("high_80", _("80% to"), kind, width=115),
            ],
            key=f"forecast_published_{row.published_forecast_id}",
            alt=_("A published forecast and what happened"),
            currency=row.currency,
            height="content" if len(frame) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        )  # fmt: skip
