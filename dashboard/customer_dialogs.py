"""The dialogs in which people act on one customer: one save, and what another changed beside it.

What is being typed is a draft in the session: it outlives a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.connection import database
from dashboard.customer_words import FIELDS, INDUSTRIES, INTERACTIONS, SOURCES, WORDS_OF, said
from dashboard.edit_fields import owner_names
from dashboard.edit_notice import notify, notify_refusal, take_notice_away
from dashboard.live import dialog_closes, dialog_opens
from dashboard.reads import read
from dashboard.refusals import field_note, show_refusal
from dashboard.session import business_zone, current_scope, moment_of_work, today
from dashboard.texts import N_, _, language, plain
from data_access.customer_details import list_customer_contacts
from data_access.customers import find_customer
from data_access.edits.contacts import (
    CONTACT_FIELDS,
    add_contact,
    change_contact,
    remove_contact,
)
from data_access.edits.customers import CUSTOMER_TYPES, change_customer
from data_access.edits.fields import FIRST_DAY
from data_access.edits.interactions import INTERACTION_KINDS, log_interaction
from data_access.edits.rights import customer_fields, need_customer_right
from data_access.edits.transaction import Done, new_request_id
from data_access.errors import CustomerChanged, FieldChange, NotFound, Refused
from data_access.options import list_regions
from data_access.scope import Scope

_DRAFT = "customer_draft"
_WIDE = ("subject", "note", "address", "is_primary")
GRADES = ("A", "B", "C", "D")


@dataclass(frozen=True)
class Action:
    verb: str  # a msgid
    icon: str
    done: str  # a msgid
    save: str = N_("Save")


ACTIONS: dict[str, Action] = {
    "log_interaction": Action(
        N_("Log a conversation"), ":material/call_log:", N_("Logged with {name}.")
    ),
    "change_customer": Action(N_("Edit customer"), ":material/edit:", N_("Changed {name}.")),
    "add_contact": Action(
        N_("Add contact"), ":material/person_add:", N_("Added a contact of {name}.")
    ),
    "change_contact": Action(
        N_("Edit contact"), ":material/edit:", N_("Changed a contact of {name}.")
    ),
    "remove_contact": Action(
        N_("Remove contact"),
        ":material/person_remove:",
        N_("Removed a contact of {name}."),
        N_("Remove contact"),
    ),
}


@dataclass
class CustomerDraft:
    """A dialog that is open: which edit, of whom, and what stood in the fields."""

    action: str
    slug: str
    customer_id: int
    name: str
    fields: tuple[str, ...]
    seen: dict[str, Any]
    request_id: str
    contact_id: int | None = None
    refusal: Refused | None = None
    changes: tuple[FieldChange, ...] = field(default=())


def open_dialog(slug: str, action: str, customer_id: int, contact_id: int | None = None) -> None:
    """For callbacks: the page opens the dialog of this action."""
    scope = current_scope(slug)
    take_notice_away()
    try:
        need_customer_right(scope, action)
        customer = read(find_customer, scope, customer_id, language(), engine="record")
        seen = _seen(scope, action, customer, contact_id)
    except Refused as refusal:
        notify_refusal(_about(slug, customer_id), refusal)
        return
    for name, value in seen.items():
        st.session_state[_key(name)] = value
    st.session_state[_DRAFT] = CustomerDraft(
        action, slug, customer_id, customer["customer"], tuple(seen), seen, new_request_id(),
        contact_id,
    )  # fmt: skip


def customer_dialog(slug: str) -> None:
    """The dialog that is open on this page, if one is."""
    draft: CustomerDraft | None = st.session_state.get(_DRAFT)
    if draft is None or draft.slug != slug:
        st.session_state.pop(_DRAFT, None)
        return
    dialog_opens()
    action = ACTIONS[draft.action]
    title = _("{action} · {name}", action=_(action.verb), name=plain(draft.name))

    @st.dialog(title, width="medium", icon=action.icon, on_dismiss=_close)
    def show() -> None:
        _dialog(current_scope(slug))

    show()


def _close() -> None:
    """For callbacks: nothing is saved."""
    st.session_state.pop(_DRAFT, None)
    dialog_closes()


def _about(slug: str, customer_id: int) -> str:
    return slug if slug == "customers" else f"customer {customer_id}"


def _key(name: str) -> str:
    return f"customer_field_{name}"


def _seen(
    scope: Scope, action: str, customer: dict[str, Any], contact_id: int | None
) -> dict[str, Any]:
    """What stands in the fields before anybody types."""
    match action:
        case "change_customer":
            return {name: _typed(customer[name]) for name in customer_fields(scope)}
        case "log_interaction":
            local = moment_of_work().replace(tzinfo=UTC).astimezone(ZoneInfo(business_zone()))
            start = {"kind": "call", "subject": "", "note": "", "day": local.date()}
            return {**start, "time": local.time().replace(second=0, microsecond=0)}
        case "add_contact":
            return {**dict.fromkeys(CONTACT_FIELDS, ""), "is_primary": False}
    contacts = read(list_customer_contacts, scope, customer["customer_id"], engine="record")
    found = contacts[contacts["contact_id"] == contact_id]
    if not len(found):
        raise NotFound("customer")
    contact = {str(name): value for name, value in found.iloc[0].items()}
    return {name: _typed(contact[name]) for name in CONTACT_FIELDS[:-1]} | {
        "is_primary": bool(contact["is_primary"])
    }


def _typed(value: Any) -> Any:
    """As a widget holds it."""
    if isinstance(value, datetime):
        return value.date()
    return None if value is None or value != value else value


def _dialog(scope: Scope) -> None:
    draft: CustomerDraft | None = st.session_state.get(_DRAFT)
    if draft is None:  # saved just now
        st.rerun()
    if draft.changes:
        _conflict(scope, draft)
    if draft.action == "remove_contact":
        st.markdown(
            _("{name} is taken off the contacts.", name=plain(draft.seen["name"] or "")),
        )
    else:
        _draw_fields(scope, draft)
    show_refusal(None if draft.changes else draft.refusal)
    _buttons(draft)


def _draw_fields(scope: Scope, draft: CustomerDraft) -> None:
    """Short ones side by side where there is room."""
    wide = [name for name in draft.fields if name in _WIDE]
    grid = st.grid("auto", min_column_width=240, gap="small", key="customer_fields")
    for name in draft.fields:
        if name not in wide:
            with grid.cell():
                _draw_field(scope, name)
                field_note(draft.refusal, "happened_at" if name == "day" else name)
    for name in wide:
        _draw_field(scope, name)
        field_note(draft.refusal, name)


def _draw_field(scope: Scope, name: str) -> None:
    key, label = _key(name), _(FIELDS.get(name, name))
    match name:
        case "kind":
            st.selectbox(
                label, INTERACTION_KINDS, key=key, format_func=lambda kind: said(INTERACTIONS, kind)
            )
        case "day":
            st.date_input(_("Day"), key=key, format="YYYY-MM-DD", max_value=today())
        case "time":
            st.time_input(_("Time"), key=key, step=300)
        case "born_on":
            st.date_input(
                label, key=key, format="YYYY-MM-DD", min_value=FIRST_DAY, max_value=today()
            )
        case "note" | "address":
            st.text_area(label, key=key, height=96)
        case "is_primary":
            st.checkbox(label, key=key)
        case "customer_type" | "owner_id" | "region_id":
            _choose(scope, name, label)
        case "industry" | "source" | "grade":
            known = {"industry": tuple(INDUSTRIES), "source": tuple(SOURCES), "grade": GRADES}[name]
            _choose_or_type(name, label, known)
        case _:
            st.text_input(label, key=key)


def _choose(scope: Scope, name: str, label: str) -> None:
    names = _names(scope, name)
    current = st.session_state.get(_key(name))
    options = [*names] if current is None or current in names else [current, *names]
    st.selectbox(
        label, options, key=_key(name), index=None,
        format_func=lambda value: names.get(value, _("As it is now")),
    )  # fmt: skip


def _names(scope: Scope, name: str) -> Mapping[Any, str]:
    if name == "owner_id":
        return owner_names(scope, today())
    if name == "region_id":
        found = read(list_regions, scope, language(), engine="record")
        return dict(zip(found["region_id"], found["name"], strict=True))
    return {kind: said(WORDS_OF["customer_type"], kind) for kind in CUSTOMER_TYPES}


def _choose_or_type(name: str, label: str, known: tuple[str, ...]) -> None:
    current = st.session_state.get(_key(name))
    options = [*known] if current is None or current in known else [current, *known]
    st.selectbox(
        label, options, key=_key(name), index=None, accept_new_options=True,
        format_func=lambda value: said(WORDS_OF.get(name, {}), value),
        placeholder=_("Choose, or type another one"),
    )  # fmt: skip


def _conflict(scope: Scope, draft: CustomerDraft) -> None:
    """What another person wrote into the same fields, beside mine."""
    st.warning(
        _("{name} was changed since you opened it. Nothing was saved.", name=plain(draft.name)),
        icon=":material/sync_problem:",
    )
    rows = [
        {
            "field": _(FIELDS.get(change.field, change.field)),
            "theirs": _shown(scope, change.field, change.theirs),
            "mine": _shown(scope, change.field, change.mine),
        }
        for change in draft.changes
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        column_config={"field": _("Field"), "theirs": _("Theirs"), "mine": _("Mine")},
        key="customer_conflict",
    )


def _shown(scope: Scope, name: str, value: Any) -> str:
    if value is None or value == "":
        return formats.MISSING
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, date):
        return formats.day(value)
    if name in ("owner_id", "region_id"):
        return _names(scope, name).get(value, _("Somebody else"))
    return said(WORDS_OF.get(name, {}), value)


def _buttons(draft: CustomerDraft) -> None:
    action = ACTIONS[draft.action]
    with st.container(horizontal=True, horizontal_alignment="right", key="customer_buttons"):
        st.button(
            _("Discard mine") if draft.changes else _("Close"), key="customer_close",
            on_click=_close,
        )  # fmt: skip
        st.button(
            _("Apply mine on top") if draft.changes else _(action.save),
            key="customer_save",
            type="primary",
            icon=action.icon,
            on_click=_save,
            args=(draft.slug, draft.request_id),
        )


def _save(slug: str, request_id: str) -> None:
    scope = current_scope(slug)
    draft: CustomerDraft | None = st.session_state.get(_DRAFT)
    if draft is None or draft.request_id != request_id:  # a second click
        return
    try:
        _carry_out(scope, draft)
    except NotFound as refusal:
        _close()
        notify_refusal(_about(slug, draft.customer_id), refusal)
    except CustomerChanged as refusal:
        draft.changes, draft.refusal, draft.request_id = refusal.changes, None, new_request_id()
        draft.seen |= {change.field: _typed(change.theirs) for change in refusal.changes}
    except Refused as refusal:
        draft.refusal, draft.request_id = refusal, new_request_id()
    else:
        _close()
        done = _(ACTIONS[draft.action].done, name=plain(draft.name))
        notify(_about(slug, draft.customer_id), done)


def _carry_out(scope: Scope, draft: CustomerDraft) -> Done:
    engine, request_id = database().writer, draft.request_id
    values = {name: st.session_state.get(_key(name)) for name in draft.fields}
    changed = {name: value for name, value in values.items() if not _same(value, draft.seen[name])}
    match draft.action:
        case "log_interaction":
            return log_interaction(
                engine, scope, draft.customer_id, kind=values["kind"] or "",
                subject=values["subject"] or "", note=values["note"] or "",
                happened_at=_when(values), request_id=request_id,
            )  # fmt: skip
        case "change_customer":
            return change_customer(
                engine, scope, draft.customer_id, values=changed or {"name": values["name"]},
                seen=draft.seen, request_id=request_id,
            )  # fmt: skip
        case "add_contact":
            return add_contact(
                engine, scope, draft.customer_id, name=values["name"] or "",
                position=values["position"] or "", phone=values["phone"] or "",
                email=values["email"] or "", is_primary=bool(values["is_primary"]),
                request_id=request_id,
            )  # fmt: skip
        case "change_contact":
            return change_contact(
                engine, scope, draft.contact_id or 0, values=changed or {"name": values["name"]},
                seen=draft.seen, request_id=request_id,
            )  # fmt: skip
    return remove_contact(
        engine, scope, draft.contact_id or 0, seen=draft.seen, request_id=request_id
    )


def _same(one: Any, other: Any) -> bool:
    return (one or None) == (other or None)


def _when(values: Mapping[str, Any]) -> datetime | None:
    """What the clock showed; nothing where the fields are as they were drawn, which is now."""
    if not values.get("day") or not values.get("time"):
        return None
    said_at = datetime.combine(values["day"], values["time"])
    now = moment_of_work().replace(tzinfo=UTC).astimezone(ZoneInfo(business_zone()))
    return min(said_at, now.replace(tzinfo=None)) if said_at.date() == now.date() else said_at
