"""What a person looks at on the page of causes; it lives in the address, and nothing in an address
is taken on trust."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from dashboard.analytics.bridge import Measure
from dashboard.texts import N_, _
from data_access.filters import Period

EXPLAINED: dict[str, str] = {
    "products": N_("What was sold"),
    "customers": N_("Customers"),
    "channel": N_("Channels"),
    "region": N_("Regions"),
    "category": N_("Categories"),
    "product": N_("Products"),
}
AGAINST: dict[str, str] = {
    "previous": N_("Previous period"),
    "last_year": N_("Same period last year"),
}
VIEWS: dict[str, str] = {"change": N_("The change"), "days": N_("Unusual days")}
MEASURES: dict[Measure, str] = {"net_sales": N_("Net sales"), "margin": N_("Gross profit")}
_LONGEST = 80


@dataclass(frozen=True)
class WhyChoice:
    explain: str = "products"
    against: str = "previous"
    measure: Measure = "net_sales"
    part: str = ""  # the bar that is opened
    view: str = "change"

    def before(self, period: Period) -> Period:
        return period.last_year() if self.against == "last_year" else period.previous()


def why_choice(*, margin: bool) -> WhyChoice:
    """What the address says; what it says wrongly counts as not said."""
    explain, against = _said("explain"), _said("against")
    return WhyChoice(
        explain=explain if explain in EXPLAINED else "products",
        against=against if against in AGAINST else "previous",
        measure="margin" if margin and _said("measure") == "margin" else "net_sales",
        part=_said("part")[:_LONGEST],
        view="days" if _said("view") == "days" else "change",
    )


def choice_bar(choice: WhyChoice, *, margin: bool) -> None:
    """What is explained, by what, and against which period."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="why_bar"):
        _control("view", _("Look at"), VIEWS, choice.view)
        if choice.view == "days":
            return
        if margin:
            _control("measure", _("Figure"), MEASURES, choice.measure)
        _control("against", _("Compared with"), AGAINST, choice.against)
        st.session_state["why_explain"] = choice.explain
        st.selectbox(
            _("Explained by"),
            list(EXPLAINED),
            key="why_explain",
            format_func=lambda name: _("By: {what}", what=_(EXPLAINED[name])),
            label_visibility="collapsed",
            width=230,
            on_change=lambda: say(explain=st.session_state["why_explain"], part=None),
        )


def _control(name: str, label: str, names: dict[str, str] | dict[Measure, str], now: str) -> None:
    key = f"why_{name}"
    st.session_state[key] = now
    st.segmented_control(
        label,
        list(names),
        key=key,
        required=True,
        format_func=lambda value: _(names[value]),
        label_visibility="collapsed",
        on_change=lambda: say(**{name: st.session_state[key]}),
    )


def say(**changes: str | None) -> None:
    """For callbacks: says it in the address; empty or None is not said."""
    for name, value in changes.items():
        if value:
            st.query_params[name] = value
        else:
            st.query_params.pop(name, None)


def _said(name: str) -> str:
    return st.query_params.get(name, "")
