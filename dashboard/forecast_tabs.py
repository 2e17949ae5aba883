"""Below the forecast, one question at a time: the numbers, the parts, what it is made of, how the
models did, what people changed, and how what was published turned out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard.forecast_adjustments import adjustments_block
from dashboard.forecast_backtest import backtest_block
from dashboard.forecast_components import components_block
from dashboard.forecast_ledger import ledger_block
from dashboard.forecast_parts import parts_block
from dashboard.forecast_view import Told, numbers_block
from dashboard.texts import N_, _
from data_access.scope import Scope

_QUESTIONS: dict[str, str] = {
    "numbers": N_("Numbers"),
    "parts": N_("Parts"),
    "made": N_("Made of"),
    "backtest": N_("Backtest"),
    "by_hand": N_("Adjustments"),
    "ledger": N_("Ledger"),
}


def more_block(scope: Scope, told: Told) -> None:
    question = st.segmented_control(
        _("More about the forecast"), list(_QUESTIONS), default="numbers", required=True,
        format_func=lambda name: _(_QUESTIONS[name]), key="forecast_more",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    match question:
        case "parts":
            parts_block(scope, told)
        case "made":
            components_block(scope, told)
        case "backtest":
            backtest_block(scope, told)
        case "by_hand":
            adjustments_block(scope, told)
        case "ledger":
            ledger_block(scope, told.as_of)
        case _:
            numbers_block(scope, told)


def run_currency(run: Mapping[str, Any]) -> str | None:
    """The currency that the last refresh forecast in."""
    found: str | None = json.loads(run.get("facts") or "{}").get("currency")
    return found
