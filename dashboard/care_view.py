"""Whom to care for in the coming days, each with a phone and a button to log the call."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.customer_dialogs import open_dialog
from dashboard.customer_link import open_customer
from dashboard.reads import read
from dashboard.texts import N_, _, _n, language, plain
from data_access.care import CAUSES, DAYS_AHEAD, CareCause, list_care, sum_care
from data_access.edits.rights import may_for_customer
from data_access.scope import Scope

MOST_SHOWN = 20
MARKED_DAYS = 3  # before a birthday
CAUSE_NAMES: dict[CareCause, str] = {
    "birthday": N_("Birthdays"),
    "anniversary": N_("Anniversaries"),
    "delivered": N_("After delivery"),
}


def care_list(scope: Scope, as_of: date) -> None:
    """Asked for when it is opened; then who they are, by the reason to call."""
    told = _("Care list for the next {n} days", n=DAYS_AHEAD)
    opened = st.expander(told, icon=":material/volunteer_activism:", key="care", on_change="rerun")
    if not opened.open:
        return
    with opened:
        sums = read(sum_care, scope, as_of, engine="record").set_index("cause")
        cause = _cause(sums)
        found = read(
            list_care, scope, cause, as_of, limit=MOST_SHOWN, language=language(), engine="record"
        )
        if not len(found):
            st.markdown(f":gray[{_nobody(scope, cause)}]")
        may_log = may_for_customer(scope, "log_interaction")
        person: Any
        for person in found.itertuples():
            _row(person, cause, may_log=may_log)
        _caption(sums, cause, len(found))


def _cause(sums: pd.DataFrame) -> CareCause:
    counts = {cause: _of(sums, cause, "customers") for cause in CAUSES}
    first: CareCause = next((cause for cause in CAUSES if counts[cause]), CAUSES[0])
    chosen: CareCause | None = st.segmented_control(
        _("Reason"),
        CAUSES,
        default=first,
        format_func=lambda cause: f"{_(CAUSE_NAMES[cause])} ({formats.number(counts[cause])})",
        label_visibility="collapsed",
        key="care_cause",
    )
    return chosen or first


def _of(sums: pd.DataFrame, cause: CareCause, column: str) -> int:
    return int(sums.at[cause, column]) if cause in sums.index else 0  # type: ignore[arg-type]


def _row(person: Any, cause: CareCause, *, may_log: bool) -> None:
    customer_id = int(person.customer_id)
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"care_{customer_id}"
    ):
        st.button(
            plain(person.customer),
            key=f"care_open_{customer_id}",
            type="tertiary",
            on_click=open_customer,
            args=(customer_id,),
        )
        st.markdown(_told(person, cause), width="stretch")
        if may_log:
            st.button(
                _("Log a call"),
                key=f"care_log_{customer_id}",
                icon=":material/call_log:",
                on_click=open_dialog,
                args=("customers", "log_interaction", customer_id),
            )


def _told(person: Any, cause: CareCause) -> str:
    days = int(person.days_left)
    phone = plain(person.phone) if person.phone else _("no phone")
    when = _("today") if days == 0 else _("in {n} d", n=formats.number(days))
    match cause:
        case "birthday":
            colour = "orange" if days <= MARKED_DAYS else "gray"
            words = f":{colour}[**{when}**] · {formats.day(person.due_on)}"
        case "anniversary":
            years = _n("{n} year a customer", "{n} years a customer", int(person.years))
            words = f":gray[**{when}**] · {years}"
        case "delivered":
            number = plain(person.order_number)
            day = formats.day(person.due_on)
            words = _("order {number} delivered on {day}", number=number, day=day)
    owner = f" · {plain(person.owner)}" if person.owner else ""
    return f"{phone} · {words}:gray[{owner}]"


def _nobody(scope: Scope, cause: CareCause) -> str:
    if cause == "birthday" and not scope.sees("customers", "born_on"):
        return _("Your role does not see birthdays.")
    return (
        _("Nobody in the next {n} days.", n=DAYS_AHEAD)
        if cause != "delivered"
        else _("Every delivery of the last days was asked about.")
    )


def _caption(sums: pd.DataFrame, cause: CareCause, shown: int) -> None:
    said = []
    if _of(sums, cause, "customers") > shown:
        said.append(_("The first {n} are shown.", n=formats.number(shown)))
    refused = _of(sums, cause, "refused")
    if refused:
        said.append(
            _n("{n} who refused to be contacted is left out.",
               "{n} who refused to be contacted are left out.", refused)
        )  # fmt: skip
    if said:
        st.caption(" ".join(said))
