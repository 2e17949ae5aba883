"""Personal data: who agreed to be contacted, what is held about one person, and its erasure."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.connection import database
from dashboard.consent_dialog import consent_button, consent_line
from dashboard.live import dialog_closes, dialog_opens
from dashboard.reads import read
from dashboard.saving import begin_anew, draw_request, save, show_refusal
from dashboard.session import current_scope
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, language, plain
from data_access.consent import sum_consents
from data_access.edits.erasing import erase_person, may_erase_people
from data_access.edits.exporting_people import export_person, person_data
from data_access.erasures import MOST_ERASURES, count_erasures, list_erasures
from data_access.options import list_customers_named
from data_access.scope import Scope
from data_access.scrubbing import scrub

SLUG = "privacy"
MOST_FOUND = 20
_FILE = "person_file"
_WORDS = "privacy_words"
_LATER = N_(
    "The person is erased. Others were reading, so the database file still holds what was deleted:"
    " run `python -m dashboard person erase --again` later."
)


def consent_summary(scope: Scope) -> None:
    """Customers by what they said, and to what."""
    st.subheader(_("Consent to being contacted"), anchor=False)
    sums = read(sum_consents, scope, engine="record")
    if not len(sums):
        st.caption(_("There are no customers yet."))
        return
    refused = int(sums.loc[sums["consent"] == "refused", "customers"].sum())
    st.caption(_("Lists for contact leave out those who refused: {n}.", n=formats.number(refused)))
    show_table(
        sums,
        [
            Column("consent", _("Consent"), width=95, words="customers.consent"),
            Column("purpose", _("Purpose"), width=175, words="consents.purpose"),
            Column("customers", _("Customers"), "count", width=90),
        ],
        key="consent_sums",
        alt=_("Customers by consent"),
    )


def person_search(scope: Scope) -> None:
    """Finds a person, and offers what can be done for them."""
    st.subheader(_("One person's data"), anchor=False)
    words = st.text_input(
        _("Name or phone"), key=_WORDS, placeholder=_("Name or phone of a customer")
    ).strip()
    if not words:
        return
    found = read(list_customers_named, scope, words, language(), MOST_FOUND, engine="record")
    if not len(found):
        st.caption(_("Nobody is called so."))
        return
    if len(found) == MOST_FOUND:
        st.caption(_("The first {n} are shown; type more of the name.", n=MOST_FOUND))
    people: list[Any] = list(found.itertuples())
    names = {int(row.customer_id): _named(row) for row in people}
    chosen = st.selectbox(
        _("Customer"), list(names), format_func=lambda key: names.get(key, ""), key="privacy_person"
    )
    if chosen is not None:
        _offer(scope, int(chosen), names[int(chosen)])


def _named(row: Any) -> str:
    return f"{row.name} · {row.city}" if row.city else str(row.name)


def _offer(scope: Scope, customer_id: int, name: str) -> None:
    st.markdown(f":gray[{_('Consent')}] {consent_line(scope, customer_id)}")
    draw_request("export_person")
    with st.container(horizontal=True, gap="small"):
        consent_button(scope, customer_id, SLUG)
        st.button(
            _("Collect everything held"),
            key="collect_person",
            icon=":material/folder_shared:",
            on_click=_collect,
            args=(customer_id,),
            help=_(
                "Every row about the person in every table, as a file. The log says who took it."
            ),
        )
        if may_erase_people(scope) and st.button(
            _("Erase"), key="erase_person", icon=":material/person_remove:"
        ):
            _ask(customer_id, name)
    show_refusal("export_person")
    _file(customer_id)


def _collect(customer_id: int) -> None:
    scope = current_scope(SLUG)
    done = save(
        "export_person",
        lambda engine, request_id: export_person(engine, scope, customer_id, request_id=request_id),
    )
    if done:
        told = person_data(database().record, scope, customer_id)
        text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
        st.session_state[_FILE] = (customer_id, text)


def _file(customer_id: int) -> None:
    of, text = st.session_state.get(_FILE, (None, ""))
    if of == customer_id:
        st.download_button(
            _("Download"),
            data=text,
            file_name=f"person-{customer_id}.json",
            mime="application/json",
            key="download_person",
            icon=":material/download:",
            type="primary",
            on_click=_forget_file,
        )


def _forget_file() -> None:
    st.session_state.pop(_FILE, None)


def _ask(customer_id: int, name: str) -> None:
    dialog_opens()
    begin_anew("erase_person")

    @st.dialog(_("Erase this person?"), on_dismiss=dialog_closes)
    def ask() -> None:
        current_scope(SLUG)
        draw_request("erase_person")
        st.markdown(f"**{plain(name)}**")
        st.markdown(
            _("Name, contacts, addresses, notes and conversations go for good, from the log too."
              " Orders, payments and all totals stay. This cannot be undone.")
        )  # fmt: skip
        with st.form("erase_form", border=False, enter_to_submit=False):
            st.text_input(_("Type the customer's name to confirm"), key="erase_name")
            sent = st.form_submit_button(
                _("Erase for good"), type="primary", icon=":material/person_remove:"
            )
        if sent and _erase(customer_id):
            st.rerun()
        show_refusal("erase_person")

    ask()


def _erase(customer_id: int) -> bool:
    scope = current_scope(SLUG)
    typed = str(st.session_state.get("erase_name") or "")
    done = save(
        "erase_person",
        lambda engine, request_id: erase_person(
            engine, scope, customer_id, confirmation=typed, request_id=request_id
        ),
    )
    if done is None:
        return False
    _forget_file()
    clean = scrub(database().writer)
    words = _("The person is erased. All totals are as before.") if clean else _(_LATER)
    st.toast(words, icon=":material/check:")
    return True


def erasures(scope: Scope) -> None:
    """Who was erased, by the number that is left of them."""
    count = read(count_erasures, scope, engine="record")
    st.subheader(_("Erasures"), anchor=False)
    if not count:
        st.caption(_("Nobody has been erased."))
        return
    if count > MOST_ERASURES:
        st.caption(_("The last {n} of {total} are shown.", n=MOST_ERASURES,
                     total=formats.number(count)))  # fmt: skip
    show_table(
        read(list_erasures, scope, engine="record"),
        [
            Column("erasure_id", _("Number"), "count", width=90),
            Column("erased_at", _("When"), "moment"),
            Column("erased_by", _("By"), width=160),
        ],
        key="erasures",
        alt=_("Erasures"),
    )
