"""Another name or note for a saved scenario."""

from __future__ import annotations

import streamlit as st

from dashboard.live import dialog_closes, dialog_opens
from dashboard.saving import begin_anew, draw_request, save, show_refusal
from dashboard.session import current_scope
from dashboard.texts import _
from dashboard.what_if_saved import FORM, Opened
from data_access.edits.scenarios import LONGEST_NAME, LONGEST_NOTE, change_scenario


def rename_dialog(opened: Opened) -> None:
    dialog_opens()
    begin_anew(FORM)

    @st.dialog(_("Rename scenario"), width="medium", on_dismiss=dialog_closes)
    def renaming() -> None:
        current_scope("what-if")
        if st.session_state.pop("scenario_done", False):
            dialog_closes()
            st.rerun()
        draw_request(FORM)
        with st.form("rename_scenario", border=False):
            st.text_input(
                _("Name"), opened.row["name"], key="scenario_new_name", max_chars=LONGEST_NAME
            )
            st.text_area(
                _("Note"), opened.row["note"] or "", key="scenario_new_note", max_chars=LONGEST_NOTE
            )
            st.form_submit_button(_("Save"), type="primary", on_click=_rename, args=(opened,))
        show_refusal(FORM)

    renaming()


def _rename(opened: Opened) -> None:
    scope = current_scope("what-if")
    done = save(
        FORM,
        lambda engine, request_id: change_scenario(
            engine, scope, opened.scenario_id,
            name=st.session_state.get("scenario_new_name") or "",
            note=st.session_state.get("scenario_new_note") or "",
            seen_version=int(opened.row["version"]), request_id=request_id,
        ),
    )  # fmt: skip
    if done:
        st.session_state["scenario_done"] = True
