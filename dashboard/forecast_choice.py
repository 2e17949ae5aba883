"""Which forecast a person looks at; it lives in the address, and nothing in an address is taken on
trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.forecast_words import (
    GRAIN_NAMES,
    MEASURE_NAMES,
    SPLIT_NAMES,
    part_name,
    periods,
)
from dashboard.reads import read
from dashboard.texts import _, language
from data_access.dialects import Grain
from data_access.forecast_series import (
    GRAINS,
    NO_PART,
    SPLIT_MEASURES,
    Measure,
    SeriesFilter,
    Split,
)
from data_access.forecasts import sum_forecast_parts
from data_access.scope import Scope

HORIZONS: dict[Grain, tuple[int, ...]] = {
    "day": (14, 30, 60),
    "week": (4, 13, 26),
    "month": (3, 6, 12),
}


@dataclass(frozen=True)
class Chosen:
    series: SeriesFilter
    horizon: int
    currency: str
    part_name: str = ""  # of the series, where it is a part


def chosen_forecast(scope: Scope, region_ids: tuple[int, ...], currency: str) -> Chosen:
    """Draws what can be chosen; returns what is. Margins are offered to who sees costs."""
    measure = _measure(scope)
    grain = _one_of("grain", GRAINS, "day")
    splits = tuple(split for split, known in SPLIT_MEASURES.items() if measure in known)
    split = _one_of("split", splits, "total")
    horizons = HORIZONS[grain]
    horizon = int(_one_of("ahead", tuple(map(str, horizons)), str(horizons[1])))
    with st.container(
        horizontal=True, vertical_alignment="bottom", gap="small", key="forecast_bar"
    ):
        _segments("measure", _("Measure"), measures_of(scope), measure, MEASURE_NAMES)
        _segments("grain", _("Time step"), GRAINS, grain, GRAIN_NAMES)
        _segments("ahead", _("Ahead"), tuple(map(str, horizons)), str(horizon),
                  {str(each): periods(each, grain) for each in horizons})  # fmt: skip
        _box("split", _("Forecast of"), splits, split, SPLIT_NAMES, width=170)
        whole = SeriesFilter(measure=measure, grain=grain, region_ids=region_ids)
        part, name = _part(scope, whole, split) if split != "total" else (NO_PART, "")
    series = SeriesFilter(
        measure=measure, grain=grain, region_ids=region_ids, split=split, part=part
    )
    return Chosen(series, horizon, currency, name)


def measures_of(scope: Scope) -> tuple[Measure, ...]:
    seen: tuple[Measure, ...] = ("net_sales", "orders", "units")
    return (*seen, "margin") if scope.sees("orders", "cost") else seen


def say(**changes: str | None) -> None:
    """For callbacks: says it in the address; None is not said."""
    for name, value in changes.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


def _measure(scope: Scope) -> Measure:
    measure: Measure = _one_of("measure", measures_of(scope), "net_sales")
    return measure


def _part(scope: Scope, whole: SeriesFilter, split: Split) -> tuple[str, str]:
    """The part that is chosen, and what it is called; the largest first."""
    found = read(sum_forecast_parts, scope, whole, _cut(split), 10_000, language(),
                 engine="record")  # fmt: skip
    names = {
        NO_PART if pd.isna(part) else str(part): part_name(split, part, name)
        for part, name in zip(found["part"], found["name"], strict=True)
    }
    part = _one_of("part", tuple(names), next(iter(names), NO_PART))
    if names:
        _box("part", _("Part"), tuple(names), part, names, width=240)
    return part, names.get(part, "")


def _cut(split: Split) -> Any:
    return split


def _one_of(name: str, known: Sequence[Any], usual: Any) -> Any:
    said = st.query_params.get(name)
    return said if said in known else usual


def _segments(name: str, label: str, known: Sequence[Any], now: Any, words: dict[str, str]) -> None:
    labels = {each: _(words[each]) for each in known}
    st.session_state[f"forecast_{name}"] = now
    st.segmented_control(
        label, list(known), required=True, format_func=lambda each: labels[each],
        key=f"forecast_{name}", on_change=_picked, args=(name,),
    )  # fmt: skip


def _box(
    name: str, label: str, known: Sequence[Any], now: Any, words: dict[str, str], *, width: int
) -> None:
    labels = {each: _(words[each]) for each in known}
    st.session_state[f"forecast_{name}"] = now
    st.selectbox(
        label, list(known), format_func=lambda each: labels[each], width=width,
        key=f"forecast_{name}", on_change=_picked, args=(name,),
    )  # fmt: skip


def _picked(name: str) -> None:
    value = st.session_state.get(f"forecast_{name}")
    changes: dict[str, str | None] = {name: str(value or "")}
    if name == "grain":
        changes["ahead"] = None
    if name == "split":
        changes["part"] = None
    say(**changes)
