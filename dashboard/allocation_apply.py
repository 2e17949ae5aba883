"""Applying a proposal as one edit, what was refused and why, and the way back in one click."""

from __future__ import annotations

import streamlit as st

from dashboard import formats
from dashboard.allocation_plan import Plan, forget_by_hand
from dashboard.change_words import field_name, value_told
from dashboard.connection import database
from dashboard.edit_notice import notify, notify_refusal, take_notice_away
from dashboard.reads import read
from dashboard.saving import draw_request, save
from dashboard.saving import show_refusal as show_refused
from dashboard.session import current_scope
from dashboard.texts import _, _n, plain
from data_access.allocating import list_set_aside
from data_access.edits.allocating import allocate_stock
from data_access.edits.transaction import MOST_REASON, new_request_id
from data_access.edits.undoing import may_undo, undo_change
from data_access.errors import Refused, StaleVersion
from data_access.inventory import MOST_WAITING
from data_access.scope import Scope

SLUG = "shortages"
_FORM = "allocation"
_REASON = "allocation_reason"


def apply_form(plan: Plan, sku: str) -> None:
    """How much of it is divided, why, and one button for all of it."""
    draw_request(_FORM)
    number = formats.number
    left = plan.there - plan.planned
    if plan.is_too_much:
        told = _("{units} units would be set aside, and {there} are there to be divided.",
                 units=number(plan.planned), there=number(plan.there))  # fmt: skip
        st.markdown(f":red[:material/error: {told}]")
    else:
        told = _(
            "Of {there} to be divided {units} would be set aside, {left} left for whoever ships "
            "first.",
            units=number(plan.planned), there=number(plan.there), left=number(left),
        )  # fmt: skip
        st.markdown(f":small[{told}]")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            _("Why"), key=_REASON, max_chars=MOST_REASON, width=360,
            placeholder=_("Kept in the log, beside the weights"),
        )  # fmt: skip
        st.button(
            _("Set {n} units aside", n=number(plan.planned)),
            key="allocation_apply", type="primary", icon=":material/check:",
            disabled=plan.is_too_much or not plan.changes or len(plan.lines) >= MOST_WAITING,
            on_click=_apply, args=(plan, sku),
        )  # fmt: skip
    if not plan.changes:
        st.markdown(f":small[:gray[{_('This is what is set aside already.')}]]")
    refusal = show_refused(_FORM)
    if isinstance(refusal, StaleVersion):
        _changed_since(refusal)


def _changed_since(refusal: StaleVersion) -> None:
    """Who changed what of the order meanwhile."""
    for change in refusal.changes[:5]:
        before, after = (
            plain(value_told(change.table_name, change.field, value))
            for value in (change.before, change.after)
        )
        name = plain(field_name(change.field, change.table_name))
        who = f"{plain(change.person)}, {formats.moment(change.happened_at)}"
        st.markdown(f":small[{name}: {before} → **{after}** :gray[({who})]]")
    st.caption(_("The lines above are as they are now. Look at them, and apply again."))


def _apply(plan: Plan, sku: str) -> None:
    scope = current_scope(SLUG)
    take_notice_away()
    reason = " ".join(str(st.session_state.get(_REASON) or "").split())
    done = save(
        _FORM,
        lambda engine, request_id: allocate_stock(
            engine, scope, plan.product_id, plan.warehouse_id, plan.shares,
            weights=plan.weights, seen_on_hand=plan.on_hand, seen_reserved=plan.reserved,
            reason=reason, request_id=request_id,
        ),
    )  # fmt: skip
    if done is None:
        return
    forget_by_hand()
    st.session_state[_REASON] = ""
    orders = _n("{n} order", "{n} orders", len(done.values["orders"]))
    words = _("Set aside of {sku}: {n}; {orders} changed.",
              n=formats.number(done.values["units"]), sku=plain(sku), orders=orders)  # fmt: skip
    notify(SLUG, words, done)


def last_division(scope: Scope, plan: Plan) -> None:
    """Who set units aside last, by which weights, and the way back."""
    given = read(list_set_aside, scope, plan.product_id, plan.warehouse_id, engine="record")
    if not len(given):
        return
    last = given.iloc[0]
    weights = ", ".join(
        f"{label} {formats.number(last[name])}"
        for label, name in (
            (_("promised date"), "promised_weight"),
            (_("margin"), "margin_weight"),
            (_("customer value"), "value_weight"),
        )
    )
    told = _("Set aside by {person}, {moment}: {units} ({weights}).",
             units=formats.number(last["units"]), person=plain(last["person"] or "–"),
             moment=formats.moment(last["allocated_at"]), weights=weights)  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":small[:material/inventory: {told}]", width="content")
        is_own = last["user_id"] == scope.user_id
        if may_undo(scope, "allocate_stock" if is_own else ""):
            key = f"allocation_undo_{last['request_id']}"
            request_id = st.session_state.setdefault(f"request_of_{key}", new_request_id())
            st.button(
                _("Undo"), key=key, icon=":material/undo:", type="tertiary",
                on_click=_undo, args=(str(last["request_id"]), request_id, told),
            )  # fmt: skip


def _undo(done_request_id: str, request_id: str, told: str) -> None:
    scope = current_scope(SLUG)
    try:
        undo_change(database().writer, scope, done_request_id, request_id=request_id)
    except Refused as refusal:
        notify_refusal(SLUG, refusal)
    else:
        notify(SLUG, _("Undone: {what}", what=told))
