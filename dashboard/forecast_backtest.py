"""How the models did from past origins: a table, and a picture by the distance of the forecast."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.charts import show_chart
from dashboard.figures.forecast_errors import errors_by_distance
from dashboard.forecast_view import Told, remark
from dashboard.forecast_words import NAIVE, model_name, periods
from dashboard.reads import read
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, _n, in_a_row
from data_access.forecasts import list_forecast_backtests
from data_access.scope import Scope

MOST_DRAWN = 4
_UNITS = {"day": N_("days ahead"), "week": N_("weeks ahead"), "month": N_("months ahead")}


def backtest_block(scope: Scope, told: Told) -> None:
    """Each model beside seasonal naive; one that is worse is flagged, and never chosen."""
    found = read(list_forecast_backtests, scope, told.chosen.series, engine="record")
    found = _of_one_forecast(told, found)
    if not len(found):
        remark(_("No model could be judged on the past: the history is too short, or this part was "
                 "not judged by itself."))  # fmt: skip
        return
    longest = int(found["last_step"].max())
    whole = found[(found["first_step"] == 1) & (found["last_step"] == longest)]
    by_distance = found.drop(whole.index)
    st.markdown(f":small[{_in_words(told, whole, longest)}]")
    left, right = st.columns([14, 6], gap="medium")
    with left:
        _table(whole)
    with right:
        if len(by_distance):
            _picture(told, whole, by_distance)
        else:
            remark(_("By distance only totals and parts of the company are judged."))
    if len(by_distance):
        _by_distance_table(told, by_distance)


def _of_one_forecast(told: Told, found: pd.DataFrame) -> pd.DataFrame:
    """Of several regions, the one that is picked."""
    ids = [int(each) for each in told.forecasts["forecast_id"]]
    if len(ids) < 2:
        return found
    names = dict(zip(ids, told.forecasts["region"], strict=True))
    picked = st.selectbox(
        _("Region"), ids, key="forecast_backtest_region", width=240,
        format_func=lambda each: names[each] or _("Without a region"),
    )  # fmt: skip
    return found[found["forecast_id"] == picked].reset_index(drop=True)


def _in_words(told: Told, whole: pd.DataFrame, longest: int) -> str:
    origins = int(whole["origins"].max())
    worse = whole[whole["is_worse_than_naive"]]
    first = _n(
        "At {n} day in the past each model was given what was known then, and forecast {ahead}.",
        "At {n} days in the past each model was given what was known then, and forecast {ahead}.",
        origins, ahead=periods(longest, told.chosen.series.grain),
    )  # fmt: skip
    if not len(worse):
        return in_a_row((first, _("None was worse than seasonal naive.")))
    names = ", ".join(model_name(each) for each in worse["member"])
    return in_a_row(
        (first, _("Worse than seasonal naive, and never chosen: {models}.", models=names))
    )


def _table(whole: pd.DataFrame) -> None:
    ordered = whole.sort_values(["wape", "member"], na_position="last")
    frame = ordered.assign(
        model=[model_name(each) for each in ordered["member"]],
        verdict=[_verdict(row) for row in ordered.itertuples()],
        mase_told=[formats.number(each, 2) for each in ordered["mase"]],
    )
    show_table(
        frame,
        [
            Column("model", _("Model"), width=210),
            Column("verdict", _("Verdict"), width=118),
            Column("wape", "WAPE", "rate", width=66, help=_(
                "Sum of absolute errors ÷ sum of what happened.")),
            Column("mase_told", "MASE", width=60, help=_(
                "Mean absolute error ÷ that of seasonal naive one step ahead in the history: below "
                "1 is better.")),
            Column("bias", _("Bias"), "rate", width=66, help=_(
                "Sum of forecast − happened, ÷ sum of what happened: above 0 expects too much.")),
            Column("coverage_80", _("80% held"), "rate", width=76, help=_(
                "How much of what happened lay in the range of 80%.")),
            Column("coverage_95", _("95% held"), "rate", width=76, help=_(
                "How much of what happened lay in the range of 95%.")),
        ],
        key="forecast_backtest",
        alt=_("How the models did from past origins"),
    )  # fmt: skip


def _verdict(row: Any) -> str:
    if row.is_chosen:
        return _("chosen")
    if row.member == NAIVE:
        return _("the yardstick")
    return _("worse than naive") if row.is_worse_than_naive else ""


def _picture(told: Told, whole: pd.DataFrame, by_distance: pd.DataFrame) -> None:
    chosen = whole[whole["is_chosen"]]["member"].tolist()
    best = whole.sort_values("wape")["member"].tolist()
    members = list(dict.fromkeys((*chosen, NAIVE, *best)))[:MOST_DRAWN]
    grain = told.chosen.series.grain
    st.markdown(f"**{_('WAPE by distance')}**")
    show_chart(
        errors_by_distance(
            by_distance[by_distance["member"].isin(members)],
            members=members,
            names={each: model_name(each) for each in members},
            unit=_(_UNITS[grain]),
            distances=[
                f"{first}–{last}" if first != last else str(first)
                for first, last in sorted(
                    set(zip(by_distance["first_step"], by_distance["last_step"], strict=True))
                )
            ],
        ),
        alt=_("WAPE of the models by the distance of the forecast"),
        key="forecast_errors",
    )


def _distance(first: int, last: int, grain: Any) -> str:
    unit = _(_UNITS[grain])
    return f"{first}–{last} {unit}" if first != last else f"{first} {unit}"


def _by_distance_table(told: Told, by_distance: pd.DataFrame) -> None:
    block = st.expander(_("By distance, in numbers"), key="forecast_distances", on_change="rerun")
    if not block.open:
        return
    ordered = by_distance.sort_values(["first_step", "wape"], na_position="last")
    frame = ordered.assign(
        distance=[
            _distance(first, last, told.chosen.series.grain)
            for first, last in zip(ordered["first_step"], ordered["last_step"], strict=True)
        ],
        model=[model_name(each) for each in ordered["member"]],
        verdict=[_verdict(row) for row in ordered.itertuples()],
        mase_told=[formats.number(each, 2) for each in ordered["mase"]],
    )
    with block:
        show_table(
            frame,
            [
                Column("distance", _("Ahead"), width=120), Column("model", _("Model"), width=215),
                Column("wape", "WAPE", "rate"), Column("mase_told", "MASE", width=75),
                Column("bias", _("Bias"), "rate"), Column("coverage_80", _("80% held"), "rate"),
                Column("coverage_95", _("95% held"), "rate"),
                Column("verdict", _("Verdict"), width=160),
            ],
            key="forecast_distance_table",
            alt=_("How the models did, by the distance of the forecast"),
            height=420,
        )  # fmt: skip
