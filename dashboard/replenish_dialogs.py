"""The dialog in which requests are approved, rejected, ordered, received or closed: all that are
chosen, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.connection import database
from dashboard.edit_notice import notify, take_notice_away
from dashboard.live import dialog_closes, dialog_opens
from dashboard.reads import read
from dashboard.refusals import field_note, refused_fields, sentence
from dashboard.replenish_chosen import Request, choose_none
from dashboard.replenish_words import CLOSING_REASONS, REASONS
from dashboard.session import current_scope, today
from dashboard.texts import N_, _, _n, language, plain
from data_access.edits.replenish_opening import Pick, ReplenishmentsRefused
from data_access.edits.replenish_receipts import Receipt, receive_replenishments
from data_access.edits.replenish_steps import (
    Order,
    approve_replenishments,
    close_replenishments,
    order_replenishments,
    reject_replenishments,
)
from data_access.edits.rights import may_for_replenishment
from data_access.edits.transaction import Done, new_request_id
from data_access.errors import Refused
from data_access.replenishments import list_suppliers
from data_access.scope import Scope

SLUG = "replenishment"
MOST_TYPED = 25  # requests whose quantities are typed in one dialog
MOST_NAMED = 8
USUAL_LEAD_DAYS = 14
_DRAFT = "replenish_draft"


@dataclass(frozen=True)
class Action:
    verb: str  # a msgid
    icon: str
    is_typed: bool = False  # has fields for each request


ACTIONS: dict[str, Action] = {
    "approve": Action(N_("Approve"), ":material/check:"),
    "order": Action(N_("Mark as ordered"), ":material/shopping_cart:", is_typed=True),
    "receive": Action(N_("Receive goods"), ":material/inventory:", is_typed=True),
    "reject": Action(N_("Reject"), ":material/block:"),
    "close": Action(N_("Close request"), ":material/task_alt:"),
}


@dataclass
class Draft:
    action: str
    requests: tuple[Request, ...]
    request_id: str = field(default_factory=new_request_id)
    refusal: Refused | None = None

    def key(self, name: str) -> str:
        return f"replenish_{self.action}_{name}"


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
        done = _carry_out(scope, draft)
    except Refused as refusal:
        draft.refusal, draft.request_id = refusal, new_request_id()
    else:
        _close()
        choose_none()
        notify(SLUG, _words(draft, done), done)


def _carry_out(scope: Scope, draft: Draft) -> Done:
    said, writer = st.session_state, database().writer
    common: dict[str, Any] = {"request_id": draft.request_id}
    picks = [Pick(each.replenishment_id, each.version) for each in draft.requests]
    reason = said.get(draft.key("reason")) or ""
    match draft.action:
        case "approve":
            return approve_replenishments(writer, scope, picks, **common)
        case "reject":
            return reject_replenishments(writer, scope, picks, reason=reason, **common)
        case "order":
            orders = [_order(draft, each) for each in draft.requests]
            return order_replenishments(writer, scope, orders, **common)
        case "receive":
            receipts = [_receipt(draft, each) for each in draft.requests]
            came = [each for each in receipts if each.quantity != 0]
            note = said.get(draft.key("note")) or ""
            return receive_replenishments(writer, scope, came, note=note, **common)
    return close_replenishments(writer, scope, picks, reason=reason, **common)


def _order(draft: Draft, each: Request) -> Order:
    said: Any = st.session_state
    cost = said.get(draft.key(f"cost_{each.replenishment_id}"))
    return Order(
        each.replenishment_id,
        each.version,
        quantity=said.get(draft.key(f"quantity_{each.replenishment_id}")),
        expected_on=said.get(draft.key(f"expected_{each.replenishment_id}")),
        supplier_id=said.get(draft.key("supplier")),
        unit_cost=Decimal(str(cost)) if cost else None,
    )


def _receipt(draft: Draft, each: Request) -> Receipt:
    said = st.session_state
    return Receipt(
        each.replenishment_id,
        each.version,
        quantity=said.get(draft.key(f"came_{each.replenishment_id}")) or 0,
        allow_more=bool(said.get(draft.key("allow_more"))),
    )


def _words(draft: Draft, done: Done) -> str:
    """What was done, as sentences."""
    count = int(done.values["requests"])
    match draft.action:
        case "approve":
            return _n("{n} request is approved.", "{n} requests are approved.", count)
        case "reject":
            return _n("{n} request is rejected.", "{n} requests are rejected.", count)
        case "order":
            return _n("{n} request is on order.", "{n} requests are on order.", count)
        case "receive":
            return _received(done)
    words = _n("{n} request is closed.", "{n} requests are closed.", count)
    if done.values["not_coming"]:
        goods = _goods(done.values["not_coming"])
        words += " " + _("Not coming: {goods}.", goods=goods)
    return words


def _received(done: Done) -> str:
    words = _("Received: {goods}.", goods=_goods(done.values["received"]))
    freed, waiting = done.values["freed"], int(done.values["waiting"])
    if freed:
        numbers = ", ".join(plain(each) for each in freed[:MOST_NAMED])
        more = f" +{len(freed) - MOST_NAMED}" if len(freed) > MOST_NAMED else ""
        words += " " + _n("{n} order has all it waited for: {numbers}.",
                          "{n} orders have all they waited for: {numbers}.",
                          len(freed), numbers=numbers + more)  # fmt: skip
    if waiting:
        words += " " + _n("{n} order still waits.", "{n} orders still wait.", waiting)
    return words


def _goods(units: dict[str, int]) -> str:
    told = [f"{plain(sku)} × {formats.number(count)}" for sku, count in units.items()]
    more = [f"+{len(told) - MOST_NAMED}"] if len(told) > MOST_NAMED else []
    return ", ".join([*told[:MOST_NAMED], *more])


__all__ = ["ACTIONS", "action_buttons", "offered", "replenish_dialog"]
