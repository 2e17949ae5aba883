"""The parts of a forecast: regions, channels, categories, products or segments, which add up to
it."""

from __future__ import annotations

import json
from typing import Any, cast

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.forecast_choice import say
from dashboard.forecast_view import Told
from dashboard.forecast_words import SPLIT_NAMES, model_name, part_name
from dashboard.paging import clicked_row
from dashboard.reads import data_version, read
from dashboard.session import current_scope
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import _, in_a_row, language
from data_access.forecast_series import SPLIT_MEASURES, SeriesFilter
from data_access.forecasts import (
    MOST_PARTS,
    Cut,
    sum_forecast_parts,
)
from data_access.scope import Scope

_ROWS_SEEN = 12


def parts_block(scope: Scope, told: Told) -> None:
    """One way of dividing the total; the parts add up to it to the last digit."""
    series = told.chosen.series
    cuts = [cut for cut in ("region", *SPLIT_MEASURES) if _is_forecast(cut, series)]
    cut = st.segmented_control(
        _("Parts"), cuts, default=cuts[0], required=True, format_func=lambda each: _(
            SPLIT_NAMES[each]), key="forecast_cut", label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
    cut = cut if cut in cuts else cuts[0]
    whole = SeriesFilter(measure=series.measure, grain=series.grain, region_ids=series.region_ids)
    found = read(sum_forecast_parts, scope, whole, cast("Cut", cut), told.chosen.horizon,
                 language(), engine="record")  # fmt: skip
    if not len(found):
        st.markdown(f":gray[{_('This is not forecast by parts.')}]")
        return
    total = float(found["value"].sum())
    frame = _with_words(found, cut, total)
    key = f"forecast_parts_{data_version()}_{whole.key}_{cut}_{told.chosen.horizon}"
    parts = tuple(None if pd.isna(part) else str(part) for part in found["part"])
    show_table(
        frame, _part_columns(series), key=key, alt=_("Parts of the forecast"),
        currency=told.chosen.currency,
        height="content" if len(frame) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select="ignore" if cut == "region" else lambda: _clicked(key, cut, parts),
        selection_mode="single-cell",
    )  # fmt: skip
    st.markdown(f":small[:gray[{_sum_in_words(scope, told, whole, found, cut)}]]")


def _is_forecast(cut: str, series: SeriesFilter) -> bool:
    if cut == "region":
        return True
    return cut != "total" and series.measure in SPLIT_MEASURES[cut]  # type: ignore[index]


def _with_words(found: pd.DataFrame, cut: str, total: float) -> pd.DataFrame:
    return found.assign(
        part_name=[
            part_name(cut, part, name)
            for part, name in zip(found["part"], found["name"], strict=True)
        ],
        share=found["value"] / total if total else float("nan"),
        model=[model_name(each) if isinstance(each, str) else _("several")
               for each in found["member"]],
        wape=[_wape(each) for each in found["accuracy"]],
    )  # fmt: skip


def _wape(accuracy: Any) -> float:
    found = json.loads(accuracy).get("wape") if isinstance(accuracy, str) and accuracy else None
    return float("nan") if found is None else float(found)


def _part_columns(series: SeriesFilter) -> list[Column]:
    kind: Any = "money" if series.measure in ("net_sales", "margin") else "decimal"
    return [
        Column("part_name", _("Part"), width=240),
        Column("value", _("Expected by the models"), kind, width=165),
        Column("share", _("Share"), "rate", width=80),
        Column("naive", _("Seasonal naive"), kind, width=130),
        Column("model", _("Model"), width=190),
        Column("wape", "WAPE", "rate", width=80, help=_(
            "How far off it was at past origins: sum of the errors ÷ sum of what happened.")),
    ]  # fmt: skip


def _sum_in_words(
    scope: Scope, told: Told, whole: SeriesFilter, found: pd.DataFrame, cut: str
) -> str:
    if len(found) >= MOST_PARTS:
        return _("The {n} largest parts are shown.", n=MOST_PARTS)
    summed = round(float(found["value"].sum()), 2)
    words = [_("All parts together: {value}.", value=_in_full(told, summed))]
    if told.chosen.series == whole:
        total = round(float(told.periods["value"].sum()), 2)
        words.append(
            _("That is the forecast of the total, to the last digit.")
            if abs(summed - total) < 0.005
            else _("The forecast of the total is {value}.", value=_in_full(told, total))
        )
    if cut != "region":
        words.append(_("Click a part to see it."))
    return in_a_row(words)


def _in_full(told: Told, value: float) -> str:
    if told.chosen.series.measure in ("net_sales", "margin"):
        return formats.money(value, told.chosen.currency)
    return formats.number(value, 2)


def _clicked(key: str, cut: str, parts: tuple[str | None, ...]) -> None:
    current_scope("forecast")
    cells = st.session_state[key]["selection"]["cells"]
    if cells and 0 <= int(cells[0][0]) < len(parts):
        say(split=cut, part=clicked_row(key, parts))
