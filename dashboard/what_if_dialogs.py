"""Saving a scenario, and opening one that was saved or shared."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from dashboard import formats
from dashboard.analytics.what_if.simulation import simulate
from dashboard.analytics.what_if.world import World
from dashboard.edit_notice import notify
from dashboard.live import dialog_closes, dialog_opens
from dashboard.reads import read
from dashboard.saving import begin_anew, draw_request, save, show_refusal
from dashboard.session import current_scope
from dashboard.texts import _, plain
from dashboard.what_if_asked import Question
from dashboard.what_if_levers import Names, active_draft, drafts
from dashboard.what_if_opened import DECISION_NAMES, open_it
from dashboard.what_if_saved import FORM, definition_of, result_of
from dashboard.what_if_words import levers_in_words
from data_access.edits.scenarios import (
    LONGEST_NAME,
    LONGEST_NOTE,
    may_save_scenarios,
    save_scenario,
)
from data_access.scenarios import list_scenarios
from data_access.scope import Scope


def scenario_buttons(scope: Scope, world: World | None, question: Question, names: Names) -> None:
    """Save what is worked on now; open what was saved or shared."""
    saved = read(list_scenarios, scope, scope.user_id, scope.role, engine="record")
    with st.container(horizontal=True, gap="xsmall", width="content"):
        if may_save_scenarios(scope) and st.button(
            _("Save scenario"), key="scenario_save", icon=":material/bookmark_add:",
            disabled=world is None,
        ) and world is not None:  # fmt: skip
            _open_save(world, question, names)
        label = _("Saved scenarios ({n})", n=len(saved))
        if len(saved) and st.button(label, key="scenario_list", icon=":material/bookmarks:"):
            _open_list()


def _open_save(world: World, question: Question, names: Names) -> None:
    dialog_opens()
    begin_anew(FORM)

    @st.dialog(_("Save scenario"), width="medium", on_dismiss=dialog_closes)
    def saving() -> None:
        current_scope("what-if")
        if st.session_state.pop("scenario_done", False):
            dialog_closes()
            st.rerun()
        draw_request(FORM)
        levers = drafts()[active_draft()]
        st.markdown(plain(levers_in_words(levers, question.chosen.currency, names.categories)))
        with st.form("save_scenario", border=False):
            st.text_input(
                _("Name"), key="scenario_name", max_chars=LONGEST_NAME,
                placeholder=_("Such as: 5% dearer in spring"),
            )  # fmt: skip
            st.text_area(_("Note"), key="scenario_note", max_chars=LONGEST_NOTE)
            st.form_submit_button(
                _("Save scenario"), type="primary", on_click=_save, args=(world, question)
            )
        show_refusal(FORM)

    saving()


def _save(world: World, question: Question) -> None:
    scope = current_scope("what-if")
    levers = drafts()[active_draft()]
    outcome = simulate(world.baseline, world.draws, levers)
    ends = world.starts_on + timedelta(days=7 * question.horizon - 1)
    done = save(
        FORM,
        lambda engine, request_id: save_scenario(
            engine, scope, name=st.session_state.get("scenario_name") or "",
            note=st.session_state.get("scenario_note") or "",
            definition=definition_of(scope, question, levers, world),
            result=result_of(outcome, world.baseline.is_costed),
            starts_on=world.starts_on, ends_on=ends,
            learnt_version=int(world.facts.get("version") or 0), request_id=request_id,
        ),
    )  # fmt: skip
    if done:
        st.session_state["scenario_done"] = True
        open_it(int(done.values["scenario_id"]))
        notify("what-if", _("Scenario saved. The address of this page opens it."))


def _open_list() -> None:
    dialog_opens()

    @st.dialog(_("Saved scenarios"), width="large", on_dismiss=dialog_closes)
    def saved() -> None:
        scope = current_scope("what-if")
        if st.session_state.pop("scenario_done", False):
            dialog_closes()
            st.rerun()
        listed = read(list_scenarios, scope, scope.user_id, scope.role, engine="record")
        for row in listed.to_dict("records"):
            with st.container(
                horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
            ):
                by = plain(row["person"] or "–")
                days = " – ".join(formats.day(row[each]) for each in ("starts_on", "ends_on"))
                decision = _(DECISION_NAMES[str(row["decision"])])
                st.markdown(
                    f"**{plain(row['name'])}**  \n:small[:gray[{by} · {days} · {decision}]]",
                    width="stretch",
                )
                st.button(
                    _("Open"), key=f"scenario_open_{row['scenario_id']}", on_click=_chosen,
                    args=(int(row["scenario_id"]),),
                )  # fmt: skip

    saved()


def _chosen(scenario_id: int) -> None:
    current_scope("what-if")
    open_it(scenario_id)
    st.session_state["scenario_done"] = True
