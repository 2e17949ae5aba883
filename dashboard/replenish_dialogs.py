"""The dialog in which requests are approved, rejected, ordered, received or closed: all that are
chosen, or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import streamlit as st

from dashboard import formats
from dashboard.edit_notice import notify, take_notice_away
from dashboard.live import dialog_closes, dialog_opens
from dashboard.reads import read
from dashboard.refusals import field_note, refused_fields, sentence
from dashboard.replenish_chosen import CHOSEN_REQUESTS, Request
from dashboard.replenish_saving import (
    ACTIONS,
    MOST_NAMED,
    Draft,
    carry_out_draft,
    done_in_words,
)
from dashboard.replenish_words import CLOSING_REASONS, REASONS
from dashboard.session import current_scope, today
from dashboard.texts import _, _n, language, plain
from data_access.edits.replenish_opening import ReplenishmentsRefused
from data_access.edits.rights import may_for_replenishment
from data_access.edits.transaction import new_request_id
from data_access.errors import Refused
from data_access.replenishments import list_suppliers
from data_access.scope import Scope

SLUG = "replenishment"
MOST_TYPED = 25  # requests whose quantities are typed in one dialog
USUAL_LEAD_DAYS = 14
_DRAFT = "replenish_draft"


def offered(scope: Scope, requests: Sequence[Request]) -> list[str]:
    """What this person may do to every one of them."""
    return [
        action
        for action in ACTIONS
        if requests
        and all(
            may_for_replenishment(scope, f"{action}_replenishment", each.state) for each in requests
        )
    ]


def action_buttons(scope: Scope, requests: Sequence[Request], place: str) -> None:
    """A button for each of them, the likeliest first."""
    for number, action in enumerate(offered(scope, requests)):
        said = ACTIONS[action]
        is_too_many = said.is_typed and len(requests) > MOST_TYPED
        st.button(
            _(said.verb),
            key=f"{place}_{action}",
            icon=said.icon,
            type="primary" if number == 0 else "secondary",
            disabled=is_too_many,
            help=_("At most {n} at a time.", n=MOST_TYPED) if is_too_many else None,
            on_click=_begin,
            args=(action, tuple(requests)),
        )


def _begin(action: str, requests: tuple[Request, ...]) -> None:
    """For callbacks: opens the dialog for these requests."""
    current_scope(SLUG)
    take_notice_away()
    draft = Draft(action, requests)
    for name in [key for key in st.session_state if str(key).startswith(draft.key(""))]:
        del st.session_state[name]
    st.session_state[_DRAFT] = draft


def _close() -> None:
    st.session_state.pop(_DRAFT, None)
    dialog_closes()


def replenish_dialog() -> None:
    """The dialog, if it is open."""
    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is None:
        return
    dialog_opens()
    action = ACTIONS[draft.action]

    @st.dialog(_(action.verb), width="medium", icon=action.icon, on_dismiss=_close)
    def show() -> None:
        scope = current_scope(SLUG)
        _dialog(scope)

    show()


def _dialog(scope: Scope) -> None:
    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is None:  # saved just now
        st.rerun()
    count = _n("{n} request", "{n} requests", len(draft.requests))
    together = f" :gray[{_('All of them, or none.')}]" if len(draft.requests) > 1 else ""
    st.markdown(f"**{count}**{together}")
    match draft.action:
        case "order":
            _order_fields(scope, draft)
        case "receive":
            _receive_fields(draft)
        case _:
            _named(draft.requests)
    if draft.action == "reject":
        _reason_box(draft, REASONS)
    elif draft.action == "close":
        _closing_fields(draft)
    _show_refusal(draft)
    with st.container(horizontal=True, horizontal_alignment="right", key="replenish_buttons"):
        st.button(_("Cancel"), key="replenish_cancel", on_click=_close)
        st.button(
            _(ACTIONS[draft.action].verb),
            key="replenish_save",
            type="primary",
            icon=ACTIONS[draft.action].icon,
            on_click=_save,
            args=(draft.request_id,),
        )


def _named(requests: Sequence[Request]) -> None:
    lines = [f"- {_name(each)} · {formats.number(each.quantity)}" for each in requests[:MOST_NAMED]]
    if len(requests) > MOST_NAMED:
        lines.append(f"- +{formats.number(len(requests) - MOST_NAMED)}")
    st.markdown("\n".join(lines))


def _name(each: Request) -> str:
    where = f" :small[:gray[{plain(each.sku)} · {plain(each.warehouse)}]]"
    return f"{plain(each.product)}{where}"


def _reason_box(draft: Draft, reasons: Sequence[str]) -> None:
    st.selectbox(
        _("Reason"), list(reasons), key=draft.key("reason"), index=None, accept_new_options=True,
        placeholder=_("Choose, or type another one"), format_func=_,
    )  # fmt: skip
    field_note(draft.refusal, "reason")


def _order_fields(scope: Scope, draft: Draft) -> None:
    shows_cost = scope.sees("replenishments", "unit_cost")
    for each in draft.requests:
        st.markdown(_name(each))
        columns = st.columns(3 if shows_cost else 2)
        columns[0].number_input(
            _("Units to order"), min_value=1, step=1, value=each.quantity,
            key=draft.key(f"quantity_{each.replenishment_id}"),
        )  # fmt: skip
        lead = USUAL_LEAD_DAYS if each.lead_days is None else each.lead_days
        columns[1].date_input(
            _("Expected on"), value=today() + timedelta(days=lead), format="YYYY-MM-DD",
            key=draft.key(f"expected_{each.replenishment_id}"),
        )  # fmt: skip
        if shows_cost:
            columns[2].number_input(
                f"{_('Unit cost')} ({formats.symbol(each.currency)})", min_value=0.0,
                value=each.unit_cost, step=1.0, format="%.2f",
                key=draft.key(f"cost_{each.replenishment_id}"),
            )  # fmt: skip
    if scope.sees("suppliers"):
        found = read(list_suppliers, scope, language(), engine="record")
        names = dict(zip(found["supplier_id"].tolist(), found["name"], strict=True))
        own = [*{each.supplier_id for each in draft.requests}]
        st.selectbox(
            _("Supplier"), list(names), key=draft.key("supplier"), format_func=names.__getitem__,
            index=list(names).index(own[0]) if len(own) == 1 and own[0] in names else None,
            placeholder=_("Each from its own"),
        )  # fmt: skip


def _receive_fields(draft: Draft) -> None:
    more = False
    for each in draft.requests:
        left, right = st.columns([3, 2], vertical_alignment="center", gap="small")
        told = _(
            "{received} of {ordered} received",
            received=formats.number(each.received_quantity), ordered=formats.number(each.quantity),
        )  # fmt: skip
        left.markdown(f"{_name(each)}  \n:small[{told}]")
        came = right.number_input(
            _("Came now"), min_value=0, step=1, value=each.left,
            key=draft.key(f"came_{each.replenishment_id}"),
        )  # fmt: skip
        more = more or (came or 0) > each.left
    st.text_input(_("Delivery note (optional)"), key=draft.key("note"), max_chars=300)
    if more:
        st.checkbox(_("More came than is on order: keep all of it"), key=draft.key("allow_more"))


def _closing_fields(draft: Draft) -> None:
    left = sum(each.left for each in draft.requests if each.state == "ordered")
    if left:
        told = _n("{n} unit is still to come and will not be waited for.",
                  "{n} units are still to come and will not be waited for.", left)  # fmt: skip
        st.markdown(f":orange[:material/warning: {told}]")
        _reason_box(draft, CLOSING_REASONS)


def _show_refusal(draft: Draft) -> None:
    refusal = draft.refusal
    if refusal is None:
        return
    lines = [sentence(refusal)]
    if isinstance(refusal, ReplenishmentsRefused):
        lines += [f"- {' '.join(_told(each.refusal))}" for each in refusal.rows[:MOST_NAMED]]
    elif refused_fields(refusal):
        lines = _told(refusal)
    st.error("\n".join(lines), icon=":material/block:")


def _told(refusal: Refused) -> list[str]:
    fields = refused_fields(refusal)
    return [sentence(each) for each in fields.values()] if fields else [sentence(refusal)]


def _save(request_id: str) -> None:
    scope = current_scope(SLUG)
    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is None or draft.request_id != request_id:  # a second click
        return
    try:
        done = carry_out_draft(scope, draft)
    except Refused as refusal:
        draft.refusal, draft.request_id = refusal, new_request_id()
    else:
        _close()
        CHOSEN_REQUESTS.choose_none()
        notify(SLUG, done_in_words(draft, done), done)


__all__ = ["ACTIONS", "action_buttons", "offered", "replenish_dialog"]
