"""Whom a scenario is shared with."""

from __future__ import annotations

import streamlit as st

from dashboard.live import dialog_closes, dialog_opens
from dashboard.menu import ROLE_NAMES
from dashboard.reads import read
from dashboard.saving import begin_anew, draw_request, save, say_saved, show_refusal
from dashboard.session import current_scope
from dashboard.texts import _
from dashboard.what_if_saved import FORM, Opened
from data_access.edits.rights import SCENARIO_ROLES
from data_access.edits.scenarios import share_scenario
from data_access.policy import Role
from data_access.scenarios import list_scenario_people, list_scenario_shares


def share_dialog(opened: Opened) -> None:
    dialog_opens()
    begin_anew(FORM)

    @st.dialog(_("Share scenario"), width="medium", on_dismiss=dialog_closes)
    def sharing() -> None:
        scope = current_scope("what-if")
        if st.session_state.pop("scenario_done", False):
            dialog_closes()
            st.rerun()
        draw_request(FORM)
        roles = [role.value for role in SCENARIO_ROLES]
        found = read(list_scenario_people, scope, tuple(roles), engine="record")
        people = {
            int(row["user_id"]): f"{row['name']} · {_(ROLE_NAMES[Role(row['role'])])}"
            for row in found.to_dict("records")
            if int(row["user_id"]) != int(opened.row["user_id"])
        }
        now = read(
            list_scenario_shares,
            scope,
            scope.user_id,
            scope.role,
            opened.scenario_id,
            engine="record",
        )
        with st.form("share_scenario", border=False):
            st.multiselect(
                _("Roles"), roles, [each for each in now["role"] if each in roles],
                format_func=lambda each: _(ROLE_NAMES[Role(each)]), key="scenario_roles",
                placeholder=_("Nobody"),
                help=_("All four: everybody who may see scenarios. Each sees it with the numbers "
                       "of their own regions."),
            )  # fmt: skip
            shared = {int(each) for each in now["user_id"].dropna()}
            st.multiselect(
                _("People"), list(people), [each for each in people if each in shared],
                format_func=lambda each: people[each], key="scenario_people",
                placeholder=_("Nobody"),
            )  # fmt: skip
            st.form_submit_button(_("Share"), type="primary", on_click=_share, args=(opened,))
        st.markdown(f":small[:gray[{_('Send the address of this page to who may open it.')}]]")
        show_refusal(FORM)

    sharing()


def _share(opened: Opened) -> None:
    scope = current_scope("what-if")
    done = save(
        FORM,
        lambda engine, request_id: share_scenario(
            engine, scope, opened.scenario_id,
            roles=tuple(st.session_state.get("scenario_roles") or ()),
            user_ids=tuple(st.session_state.get("scenario_people") or ()),
            seen_version=int(opened.row["version"]), request_id=request_id,
        ),
    )  # fmt: skip
    if done:
        st.session_state["scenario_done"] = True
        say_saved(FORM, _("Sharing saved."))
