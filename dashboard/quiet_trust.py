"""How far to trust the silence score: what it told before the days just past, beside the plain
rule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.charts import show_chart
from dashboard.figures.reliability import reliability
from dashboard.lifetime_report import model_name
from dashboard.reads import draw, read
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, in_a_row
from data_access.going_quiet import find_last_scoring
from data_access.scope import Scope

_RIVALS = {"score": N_("Silence score"), "recency": N_("Time since the last order")}


def trust_block(scope: Scope, horizon_days: int) -> None:
    """Closed until somebody asks. Only who sees every customer reads how many there were."""
    told = _told(scope, horizon_days)
    block = st.expander(
        _("How far to trust this"), icon=":material/verified:", key="quiet_trust",
        on_change="rerun",
    )  # fmt: skip
    if not block.open:
        return
    with block:
        if told is None:
            st.markdown(_("There is too little history yet to judge the chances by what happened."))
            return
        counted = "bins" in told
        st.markdown(_judgement(told, counted=counted))
        if counted:
            left, right = st.columns(2, gap="medium")
            with left:
                show_chart(
                    draw(_reliability, scope, horizon_days),
                    alt=_("Predicted chance of silence against the share that was silent"),
                    key="quiet_reliability",
                )
            with right:
                _scores_table(told)
        else:
            _scores_table(told)
        st.markdown(_how_learnt(scope, drawn=counted))


def _told(scope: Scope, horizon_days: int) -> Mapping[str, Any] | None:
    found: Mapping[str, Any] | None = _facts(scope).get("evaluation", {}).get(str(horizon_days))
    return found


def _facts(scope: Scope) -> dict[str, Any]:
    found = read(find_last_scoring, scope, engine="record")
    facts: dict[str, Any] = json.loads(found.get("facts") or "{}")
    return facts


def _reliability(scope: Scope, horizon_days: int) -> Any:
    told = _told(scope, horizon_days)
    assert told is not None
    return reliability(
        pd.DataFrame(told["bins"]),
        predicted=_("Predicted chance of silence"),
        happened=_("Actually silent"),
        beside=pd.DataFrame(told["recency_bins"]),
    )


def _scores_table(told: Mapping[str, Any]) -> None:
    rows = [
        {
            "by": _(name),
            "auc": _number(told["scores"][key]["auc"]),
            "brier": _number(told["scores"][key]["brier"]),
            "ece": _number(told["scores"][key]["ece"]),
        }
        for key, name in _RIVALS.items()
    ]
    show_table(
        pd.DataFrame(rows),
        [
            Column("by", _("Told by"), width=190),
            Column("auc", "AUC", width=80, help=_(
                "The share of pairs, one silent and one not, in which the silent customer had the "
                "higher chance: 1 is perfect, 0.5 a coin.")),
            Column("brier", _("Brier score"), width=100, help=_(
                "The mean squared error of the chance; 0 is best.")),
            Column("ece", _("Calibration error"), width=120, help=_(
                "How far the chances were off from what happened, over tenths of the customers.")),
        ],
        key="quiet_scores",
        alt=_("The silence score and the plain rule on the days just past"),
    )  # fmt: skip


def _judgement(told: Mapping[str, Any], *, counted: bool) -> str:
    values = {"day": formats.day(pd.Timestamp(told["day"])), "days": told["horizon_days"],
              "share": formats.rate(told["silent_rate"])}  # fmt: skip
    if counted:
        first = _(
            "On the evening of {day} each of {n} customers was given the chance of no order in the "
            "next {days} days, from what was known then. {share} of them then ordered nothing.",
            n=formats.number(told["customers"]), **values,
        )  # fmt: skip
    else:
        first = _(
            "On the evening of {day} every customer was given the chance of no order in the next "
            "{days} days, from what was known then. {share} of them then ordered nothing.",
            **values,
        )
    gap = told["differences"]["score_minus_recency"]
    return "\n\n".join((first, in_a_row((_ranking(gap["auc"]), _distance(gap["brier"])))))


def _ranking(gap: Mapping[str, float | None]) -> str:
    low, high = gap["low"], gap["high"]
    if low is None or high is None:
        return ""
    values = {"gap": f"{gap['value']:+.3f}", "low": f"{low:+.3f}", "high": f"{high:+.3f}"}
    if low > 0:
        return _("It ranks customers better than the time since the last order does: AUC {gap} "
                 "(95%: {low} to {high}).", **values)  # fmt: skip
    if high < 0:
        return _("The time since the last order ranks customers better: AUC {gap} (95%: {low} to "
                 "{high}).", **values)  # fmt: skip
    return _("It ranks customers no better than the time since the last order does: AUC {gap} "
             "(95%: {low} to {high}).", **values)  # fmt: skip


def _distance(gap: Mapping[str, float | None]) -> str:
    low, high = gap["low"], gap["high"]
    if low is None or high is None:
        return ""
    values = {"gap": f"{gap['value']:+.3f}", "low": f"{low:+.3f}", "high": f"{high:+.3f}"}
    if high < 0:
        return _("Its chances are closer to what happened: Brier score {gap} ({low} to {high}).",
                 **values)  # fmt: skip
    if low > 0:
        return _("Its chances are farther from what happened: Brier score {gap} ({low} to {high}); "
                 "use them with care.", **values)  # fmt: skip
    return _("Its chances are about as close to what happened: Brier score {gap} ({low} to "
             "{high}).", **values)  # fmt: skip


def _how_learnt(scope: Scope, *, drawn: bool) -> str:
    model = _facts(scope).get("model")
    name = model_name(model["name"], model["stages"]) if model else ""
    words = _(
        "Learnt from everybody's orders by {model}: how often each customer orders, how regularly, "
        "and when last; then set right by what followed earlier days. It knows nothing of prices, "
        "complaints or competitors.",
        model=name,
    )
    line = _("The grey line is the time since the last order alone.") if drawn else ""
    return f":small[:gray[{in_a_row((words, line))}]]"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
