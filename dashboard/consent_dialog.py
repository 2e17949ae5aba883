"""What a customer said to being contacted: the history, and the form for what they say now."""

from __future__ import annotations

from datetime import date

import streamlit as st

from dashboard import formats
from dashboard.live import dialog_closes, dialog_opens
from dashboard.reads import read
from dashboard.saving import begin_anew, draw_request, save, show_refusal
from dashboard.session import current_scope, today
from dashboard.tables import Column, show_table
from dashboard.texts import _, language, plain
from dashboard.vocabulary import WORDS, in_words
from data_access.consent import STATES, find_consent, list_consents
from data_access.edits.consenting import LONGEST_VERSION, may_record_consent, record_consent
from data_access.errors import NotFound
from data_access.scope import Scope

_FORM = "consent"


def consent_button(scope: Scope, customer_id: int, slug: str) -> None:
    """Opens the dialog over the page of this address; for who may record a consent."""
    if may_record_consent(scope) and st.button(
        _("Consent"), key=f"consent_of_{customer_id}", icon=":material/how_to_reg:"
    ):
        consent_dialog(customer_id, slug)


def consent_dialog(customer_id: int, slug: str) -> None:
    """The dialog itself, opened in the run of a click on the page of this address."""
    dialog_opens()
    begin_anew(_FORM)

    @st.dialog(_("Consent to being contacted"), width="medium", on_dismiss=dialog_closes)
    def ask() -> None:
        scope = current_scope(slug)
        _show(scope, customer_id, slug)

    ask()


def consent_line(scope: Scope, customer_id: int) -> str:
    """Markdown: how it stands now."""
    found = read(find_consent, scope, customer_id, engine="record")
    if found is None:
        raise NotFound("customer")
    state = in_words("customers.consent", found["consent"])
    if found["consent"] == "unknown" or not found["consent_on"]:
        return plain(state)
    purpose = plain(in_words("consents.purpose", found["consent_purpose"]))
    day = formats.day(found["consent_on"])
    return _("{state} since {day}, for: {purpose}", state=plain(state), day=day, purpose=purpose)


def _show(scope: Scope, customer_id: int, slug: str) -> None:
    found = read(find_consent, scope, customer_id, engine="record")
    if found is None:
        st.error(_(NotFound.messages["customer"]), icon=":material/error:")
        return
    name = found["name_zh"] if language().startswith("zh") and found["name_zh"] else found["name"]
    st.markdown(f"**{plain(name)}** :gray[{consent_line(scope, customer_id)}]")
    draw_request(_FORM)
    with st.form("consent_form", border=False, enter_to_submit=False):
        left, right = st.columns(2)
        left.segmented_control(
            _("The customer"),
            list(STATES),
            format_func=lambda state: in_words("consents.state", state),
            key="consent_state",
            required=True,
            default=STATES[0],
        )
        right.date_input(_("Decided on"), value=today(), max_value=today(), key="consent_day")
        st.selectbox(
            _("Purpose"),
            list(WORDS["consents.purpose"]),
            format_func=lambda purpose: in_words("consents.purpose", purpose),
            key="consent_purpose",
            accept_new_options=True,
            help=_("What the customer was asked for. Choose one, or type another."),
        )
        st.text_input(
            _("Version of the wording"),
            key="consent_version",
            max_chars=LONGEST_VERSION,
            help=_("Which text the customer was shown or read, so that it can be found again."),
        )
        sent = st.form_submit_button(_("Record"), type="primary")
    if sent and _record(customer_id, slug):
        st.rerun()
    show_refusal(_FORM)
    _history(scope, customer_id)


def _record(customer_id: int, slug: str) -> bool:
    scope, said = current_scope(slug), st.session_state
    day = said.get("consent_day")
    done = save(
        _FORM,
        lambda engine, request_id: record_consent(
            engine,
            scope,
            customer_id,
            state=str(said.get("consent_state") or ""),
            purpose=str(said.get("consent_purpose") or ""),
            decided_on=day if isinstance(day, date) else None,
            text_version=str(said.get("consent_version") or ""),
            request_id=request_id,
        ),
    )
    if done:
        st.toast(_("Recorded. Lists for contact heed it from now on."), icon=":material/check:")
    return done is not None


def _history(scope: Scope, customer_id: int) -> None:
    history = read(list_consents, scope, customer_id, engine="record")
    if not len(history):
        st.caption(_("Nothing has been recorded yet."))
        return
    show_table(
        history,
        [
            Column("decided_on", _("Decided on"), "day"),
            Column("state", _("State"), width=100, words="consents.state"),
            Column("purpose", _("Purpose"), width=190, words="consents.purpose"),
            Column("text_version", _("Version of the wording"), width=120),
            Column("recorded_by", _("Recorded by"), width=130),
        ],
        key=f"consents_of_{customer_id}",
        alt=_("Consent to being contacted"),
    )
