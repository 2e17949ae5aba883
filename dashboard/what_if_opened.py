"""An opened scenario: whose it is, whether the data are still the same, what happened, what was
decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.what_if.simulation import MEASURES, simulate
from dashboard.analytics.what_if.world import World
from dashboard.edit_notice import notify
from dashboard.reads import read
from dashboard.saving import begin_anew, draw_request, save, show_refusal
from dashboard.session import current_scope, today
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, _n, plain
from dashboard.what_if_levers import Names, put_draft
from dashboard.what_if_renaming import rename_dialog
from dashboard.what_if_saved import (
    FORM,
    PARAMETER,
    Opened,
    has_moved_on,
    read_result,
    result_of,
    weeks_over,
)
from dashboard.what_if_sharing import share_dialog
from dashboard.what_if_words import MEASURE_NAMES, levers_in_words
from data_access.edits.scenarios import (
    DECISIONS,
    decide_scenario,
    may_change_scenario,
    may_decide_scenario,
    remove_scenario,
)
from data_access.filters import Period
from data_access.scope import Scope
from data_access.what_if import find_sold

DECISION_NAMES: dict[str, str] = {
    "open": N_("Undecided"),
    "adopted": N_("Adopted"),
    "rejected": N_("Rejected"),
}
_SHOWN = "what_if_shown"


def show_draft_of(opened: Opened) -> None:
    """Sets the levers to the scenario's when it is first shown."""
    if st.session_state.get(_SHOWN) != (opened.scenario_id, opened.row["version"]):
        if st.session_state.get(_SHOWN, (0, 0))[0] != opened.scenario_id:
            put_draft(opened.levers)
        st.session_state[_SHOWN] = (opened.scenario_id, opened.row["version"])


def opened_block(
    scope: Scope, opened: Opened, world: World | None, names: Names, currency: str | None
) -> None:
    """Whose it is, what it says, whether the data are still the same, and what happened."""
    row = opened.row
    with st.container(border=True, gap="xsmall", key="scenario_opened"):
        decision = _(DECISION_NAMES.get(row["decision"], "Undecided"))
        by = _("saved by {name} on {day}", name=plain(row["person"] or "–"),
               day=formats.day(row["created_at"]))  # fmt: skip
        st.markdown(f"**{plain(row['name'])}** · {by} · **{decision}**")
        st.markdown(f":small[{_asked_in_words(opened, names)}]")
        if row["note"]:
            st.markdown(f":small[{plain(row['note'])}]")
        if world is not None:
            _state_of_data(opened, world)
            _happened(scope, opened, world, currency)
        _actions(scope, opened)
        show_refusal(FORM)


def _asked_in_words(opened: Opened, names: Names) -> str:
    question = opened.question
    told = [levers_in_words(opened.levers, question.chosen.currency, names.categories)]
    told.append(_n("{n} week", "{n} weeks", question.horizon))
    told += [names.categories.get(each, "") for each in question.chosen.category_ids]
    told += [names.regions.get(each, "") for each in question.chosen.region_ids]
    if question.product_id is not None:
        told.append(names.products.get(question.product_id, ""))
    told.append(_("as of {day}", day=formats.day(question.as_of)))
    return " · ".join(plain(each) for each in told if each)


def _state_of_data(opened: Opened, world: World) -> None:
    if not opened.is_own_view:
        told = _("Who saved it sees other regions than you: the numbers are those of yours.")
        st.markdown(f":small[:orange[:material/visibility: {told}]]")
        return
    if not has_moved_on(opened, world):
        st.markdown(f":small[:green[:material/check: {_('Same data: the same numbers.')}]]")
        return
    told = _("The data have moved on since it was saved.")
    st.markdown(f":small[:orange[:material/history: {told}]]")
    if not opened.result:
        return
    now = simulate(world.baseline, world.draws, opened.levers)
    rows = [
        {
            "what": _(MEASURE_NAMES[name]),
            "then": _span(opened.result[name]["difference"], name, opened),
            "now": _span(now.difference(name), name, opened),
        }
        for name in MEASURES
        if name in opened.result
    ]
    columns = [
        Column("what", _("Difference"), width=150),
        Column("then", _("When saved"), width=250),
        Column("now", _("With today's data"), width=250),
    ]
    show_table(pd.DataFrame(rows), columns, key="scenario_then", alt=_("Then and now"))


def _happened(scope: Scope, opened: Opened, world: World, currency: str | None) -> None:
    """Predicted against happened, for the weeks that are over."""
    over = weeks_over(opened, today())
    if not over:
        return
    result = opened.result or read_result(
        result_of(simulate(world.baseline, world.draws, opened.levers), world.baseline.is_costed)
    )
    question, start = opened.question, opened.row["starts_on"]
    period = Period(start, start + timedelta(days=7 * over - 1))
    actual = read(find_sold, scope, question.chosen, question.product_id, period)
    rows = []
    for name in MEASURES:
        happened = actual[name]
        if name not in result or happened is None:
            continue
        told = result[name]["scenario_by_week"][over - 1]
        inside = told[0] <= happened <= told[2]
        rows.append(
            {
                "what": _(MEASURE_NAMES[name]),
                "baseline": _span(result[name]["baseline_by_week"][over - 1], name, opened),
                "scenario": _span(told, name, opened),
                "happened": _amount(happened, name, currency),
                "judged": _("within the range") if inside else _("outside the range"),
            }
        )
    weeks = _("{n} of {all} weeks are over", n=over, all=opened.question.horizon)
    st.markdown(f"**{_('Predicted and happened')}** :small[:gray[{weeks}]]")
    columns = [
        Column("what", "", width=120), Column("baseline", _("Baseline"), width=220),
        Column("scenario", _("Scenario"), width=220), Column("happened", _("Happened"), width=110),
        Column("judged", "", width=140),
    ]  # fmt: skip
    show_table(pd.DataFrame(rows), columns, key="scenario_happened",
               alt=_("What was predicted and what happened"))  # fmt: skip


def _amount(value: float, name: str, currency: str | None) -> str:
    if name == "units":
        return formats.compact_number(value)
    return formats.compact_money(value, currency)


def _span(values: Any, name: str, opened: Opened) -> str:
    currency = opened.question.chosen.currency
    low, middle, high = (_amount(float(value), name, currency) for value in values)
    return f"{middle} ({low} – {high})"


def _actions(scope: Scope, opened: Opened) -> None:
    row = opened.row
    with st.container(horizontal=True, gap="xsmall"):
        if may_decide_scenario(scope, int(row["user_id"])):
            st.selectbox(
                _("Decision"), DECISIONS, index=DECISIONS.index(row["decision"]),
                format_func=lambda each: _(DECISION_NAMES[each]), width=170,
                key=f"scenario_decision_{row['version']}", on_change=_decide, args=(opened,),
                label_visibility="collapsed",
            )  # fmt: skip
        if may_change_scenario(scope, int(row["user_id"])):
            if st.button(_("Rename"), key="scenario_rename", icon=":material/edit:"):
                rename_dialog(opened)
            if st.button(_("Share"), key="scenario_share", icon=":material/share:"):
                share_dialog(opened)
            st.button(
                _("Remove"), key="scenario_remove", icon=":material/delete:", on_click=_remove,
                args=(opened,),
            )  # fmt: skip
        st.button(_("Close"), key="scenario_close", icon=":material/close:", on_click=close_it)
    draw_request(FORM)


def close_it() -> None:
    st.query_params.pop(PARAMETER, None)
    st.session_state.pop(_SHOWN, None)
    begin_anew(FORM)


def _decide(opened: Opened) -> None:
    scope = current_scope("what-if")
    decision = st.session_state[f"scenario_decision_{opened.row['version']}"]
    save(
        FORM,
        lambda engine, request_id: decide_scenario(
            engine, scope, opened.scenario_id, decision=decision,
            seen_version=int(opened.row["version"]), request_id=request_id,
        ),
    )  # fmt: skip


def _remove(opened: Opened) -> None:
    scope = current_scope("what-if")
    done = save(
        FORM,
        lambda engine, request_id: remove_scenario(
            engine, scope, opened.scenario_id, seen_version=int(opened.row["version"]),
            request_id=request_id,
        ),
    )  # fmt: skip
    if done:
        close_it()
        notify("what-if", _("Scenario removed."))


def open_it(scenario_id: int) -> None:
    st.query_params[PARAMETER] = str(scenario_id)
