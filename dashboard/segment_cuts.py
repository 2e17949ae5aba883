"""The dialog in which cut points are moved, and the counts with them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.segments import OrderRules
from dashboard.live import dialog_closes, dialog_opens
from dashboard.reads import read
from dashboard.saving import told
from dashboard.segment_choice import Chosen, chosen_segments, cuts_for_address, say
from dashboard.segment_views import segments_of
from dashboard.session import current_scope
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _
from data_access.divisions import MOST_DAYS, MOST_ORDERS, Division, DivisionRefused
from data_access.filters import OrderFilter
from data_access.scope import Scope
from data_access.segments import find_cut_points

_SCORES = range(2, 6)
_PARTS: dict[str, tuple[str, str]] = {
    "recency_days": (N_("Days since the last order, at most"), "R"),
    "orders": (N_("Orders ever, at least"), "F"),
    "net_sales": (N_("Net sales ever, at least"), "M"),
}
_RULES: dict[str, str] = {
    "loyal_from": N_("Loyal: orders a month, at least"),
    "curious_from": N_("Curious: orders a month, at least"),
    "curious_to": N_("Curious: orders a month, at most"),
}
_MONTHS = 12


def cuts_button(scope: Scope, chosen: Chosen, order_filter: OrderFilter) -> None:
    """Opens the dialog; clusters have no cut points."""
    if chosen.division.by != "cluster" and st.button(
        _("Cut points"), key="segment_cuts", icon=":material/tune:", width="content"
    ):
        _open(scope, chosen, order_filter)


def reset_button(chosen: Chosen) -> None:
    """Back to quintiles and the usual rule."""
    usual = Division()
    if chosen.division.has_cuts or chosen.division.limits != usual.limits:
        st.button(
            _("Back to usual cut points"),
            key="segment_cuts_reset",
            icon=":material/undo:",
            type="tertiary",
            on_click=_apply,
            args=(usual,),
        )


def _open(scope: Scope, chosen: Chosen, order_filter: OrderFilter) -> None:
    dialog_opens()
    _fill(scope, chosen.division)

    @st.dialog(_("Cut points"), width="large", on_dismiss=dialog_closes)
    def cuts() -> None:
        now = current_scope("segments")
        if st.session_state.pop("segment_cuts_applied", False):
            dialog_closes()
            st.rerun()
        shown = chosen_segments(order_filter)
        fields, counts = st.columns([3, 2], gap="medium")
        with fields:
            if shown.division.by == "rfm":
                _score_fields(shown.division.currency)
            else:
                _rule_fields()
        with counts:
            _counts(now, shown)

    cuts()


def _fill(scope: Scope, division: Division) -> None:
    """The cut points in use stand in the fields when the dialog opens."""
    if division.by == "rfm":
        known = _in_use(scope, division)
        for part in _PARTS:
            for score, cut in zip(_SCORES, known[part], strict=True):
                st.session_state[f"cut_{part}_{score}"] = cut
        return
    curious, steady, loyal = division.limits
    for name, rate in (
        ("loyal_from", loyal / _MONTHS),
        ("curious_from", curious / _MONTHS),
        ("curious_to", (steady - 1) / _MONTHS),
    ):
        st.session_state[f"rule_{name}"] = round(rate, 2)


def _in_use(scope: Scope, division: Division) -> Mapping[str, list[Any]]:
    """Four of each, as the fields take them. What no customer reaches lies where the next lower
    score ends."""
    if division.has_cuts:
        said: Mapping[str, Any] = {name: list(getattr(division, name)) for name in _PARTS}
    else:
        said = read(find_cut_points, scope, division.currency)
    found: dict[str, list[Any]] = {}
    for part, cuts in said.items():
        kept: list[Any] = []
        for cut in cuts:
            last = kept[-1] if kept else (MOST_DAYS if part == "recency_days" else 0)
            value = last if cut is None else max(cut, 0)
            kept.append(min(last, value) if part == "recency_days" else max(last, value))
        found[part] = [float(each) if part == "net_sales" else int(each) for each in kept]
    return found


def _score_fields(currency: str | None) -> None:
    st.markdown(f":small[:gray[{_('From where on each score is given; 5 is best.')}]]")
    for part, (label, letter) in _PARTS.items():
        words = _(label)
        if part == "net_sales" and currency:
            words = f"{words} ({formats.symbol(currency)})"
        st.markdown(f"**{letter}** · {words}")
        for score, place in zip(_SCORES, st.columns(4, gap="xsmall"), strict=True):
            money = part == "net_sales"
            place.number_input(
                _("{letter} score {score}", letter=letter, score=score),
                min_value=0.0 if money else 0,
                max_value=None if money else MOST_DAYS if part == "recency_days" else MOST_ORDERS,
                step=100.0 if money else 1,
                format="%.2f" if money else "%d",
                key=f"cut_{part}_{score}",
            )


def _rule_fields() -> None:
    explained = _(
        "Orders of the last 365 days ÷ 12. Who orders more than a curious customer and less than a "
        "loyal one is steady."
    )
    st.markdown(f":small[:gray[{explained}]]")
    for name, label in _RULES.items():
        st.number_input(
            _(label), min_value=0.0, max_value=1000.0, step=0.25, format="%.2f", key=f"rule_{name}"
        )


def _typed(division: Division) -> Division:
    """The division by what stands in the fields; DivisionRefused where that is no order."""
    said: dict[str, Any] = {}
    if division.by == "rfm":
        for part in _PARTS:
            said[part] = tuple(_number(f"cut_{part}_{score}", part) for score in _SCORES)
    else:
        rates = {name: _number(f"rule_{name}", "net_sales") for name in _RULES}
        try:
            said["limits"] = OrderRules(**rates).starts()
        except ValueError as error:
            raise DivisionRefused("cuts") from error
    return replace(division, **said)


def _number(key: str, part: str) -> Any:
    """What a field holds; a state that is no number is none."""
    value = st.session_state.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or value != value:
        raise DivisionRefused("unreadable")
    if abs(value) > 1e15:
        raise DivisionRefused("too_large")
    return float(value) if part == "net_sales" else int(value)


def _counts(scope: Scope, chosen: Chosen) -> None:
    """How many customers each segment has now, and would have."""
    try:
        division = _typed(chosen.division)
    except DivisionRefused as refusal:
        st.error(" ".join(told(refusal)), icon=":material/error:")
        return
    now = segments_of(scope, chosen.division, chosen.measure).set_index("segment")
    then = segments_of(scope, division, chosen.measure).set_index("segment")
    both = pd.DataFrame(
        {"name": now["name"].combine_first(then["name"]), "now": now["customers"],
         "then": then["customers"]}
    ).fillna({"now": 0, "then": 0})  # fmt: skip
    order = [code for code in [*now.index, *then.index] if code in both.index]
    both = both.loc[list(dict.fromkeys(order))].reset_index(drop=True)
    moved = [
        f"{'+' if change > 0 else ''}{change:,.0f}" if change else ""
        for change in both["then"] - both["now"]
    ]
    show_table(
        both.assign(moved=moved),
        [
            Column("name", _("Segment"), width=140),
            Column("now", _("Now"), "count", width=70),
            Column("then", _("Then"), "count", width=70),
            Column("moved", _("Net change"), width=90),
        ],
        key="segment_cut_counts",
        alt=_("Customers of each segment now and with these cut points"),
    )  # fmt: skip
    st.button(
        _("Use these cut points"),
        key="segment_cuts_apply",
        type="primary",
        on_click=_use,
        args=(chosen.division,),
    )


def _use(division: Division) -> None:
    current_scope("segments")
    try:
        _apply(_typed(division))
    except DivisionRefused:
        return  # told beside the fields
    st.session_state["segment_cuts_applied"] = True


def _apply(division: Division) -> None:
    say(**cuts_for_address(division))
