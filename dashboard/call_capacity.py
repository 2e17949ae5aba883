"""How many calls each rep has time for in a week: for who plans them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.live import dialog_closes, dialog_opens
from dashboard.reads import read
from dashboard.saving import begin_anew, draw_request, save, say_saved, show_refusal
from dashboard.session import current_scope
from dashboard.texts import _, language, plain
from data_access.call_capacities import list_call_capacities
from data_access.edits.calls import MOST_CALLS, change_capacity
from data_access.edits.rights import may_plan_calls
from data_access.scope import Scope

_FORM = "call_capacity"


def capacity_button(scope: Scope) -> None:
    """Opens the numbers, for who may change them."""
    if may_plan_calls(scope) and st.button(
        _("Calls a week"), key="change_capacity", icon=":material/tune:", width="content"
    ):
        _open(_("Calls a week"))


def _open(title: str) -> None:
    dialog_opens()
    begin_anew(_FORM)

    @st.dialog(title, on_dismiss=dialog_closes)
    def capacities() -> None:
        scope = current_scope("calls")
        found = read(list_call_capacities, scope, engine="record", language=language())
        st.markdown(
            _("How many customers a rep's list of a week may have. The list that stands is not"
              " cut: a smaller number holds from the next week on, a larger one is filled up by"
              " the next refresh.")
        )  # fmt: skip
        if found.empty:
            st.markdown(f":gray[{_('No sales rep has customers.')}]")
            return
        rows: dict[int, Any] = {int(row["employee_id"]): row for _place, row in found.iterrows()}
        employee_id = st.selectbox(
            _("Sales rep"), list(rows), key="capacity_rep", on_change=begin_anew, args=(_FORM,),
            format_func=lambda each: str(rows[each].rep),
        )  # fmt: skip
        if employee_id in rows:
            _one(rows[employee_id])

    capacities()


def _one(row: Any) -> None:
    draw_request(_FORM)
    employee_id, version = int(row.employee_id), int(row.version)
    key = f"capacity_{employee_id}_{version}"
    with st.form(f"capacity_form_{employee_id}", border=False):
        st.number_input(
            _("Calls a week"), 0, MOST_CALLS, int(row.calls_a_week), step=1, key=key,
        )  # fmt: skip
        st.form_submit_button(
            _("Save"),
            type="primary",
            on_click=_save,
            args=(employee_id, str(row.rep), version, key),
        )
    show_refusal(_FORM)


def _save(employee_id: int, rep: str, version: int, key: str) -> None:
    scope = current_scope("calls")
    number = int(st.session_state.get(key) or 0)
    done = save(
        _FORM,
        lambda engine, request_id: change_capacity(
            engine, scope, employee_id, calls_a_week=number, seen_version=version,
            request_id=request_id,
        ),
    )  # fmt: skip
    if done is not None:
        say_saved(_FORM, _("{rep}: {n} calls a week", rep=plain(rep), n=number))
