"""The dialogs in which people act on one order: fields, the effect before saving, one save.

What is being typed is a draft in the session: it outlives a refusal, and the change of another."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.conflict_view import Mine, conflict_view
from dashboard.connection import database
from dashboard.edit_fields import WIDE, Field, Subject, argument, draw_field, fill, key_of
from dashboard.edit_notice import notify, notify_refusal, take_notice_away
from dashboard.effect_view import effect_view, lacks_goods
from dashboard.live import EVERY_SECONDS, dialog_closes, dialog_opens
from dashboard.order_actions import ACTIONS, Action
from dashboard.reads import read
from dashboard.refusals import show_refusal
from dashboard.session import current_scope, today
from dashboard.texts import _, language, plain
from data_access.audit import list_order_changes
from data_access.edits.rights import may, need_right
from data_access.edits.transaction import Done, new_request_id
from data_access.effects import Effect, Proposed, find_effect
from data_access.errors import NotFound, OrderChange, Refused, StaleVersion
from data_access.order_details import list_order_lines
from data_access.orders import find_order
from data_access.scope import Scope

_DRAFT = "draft"
_SHORT = "allow_short"
_PROPOSED = {field.name for field in fields(Proposed)}


@dataclass
class Draft:
    """A dialog that is open: which edit, of which order as it was when the fields were filled."""

    action: str
    number: str
    order_id: int
    version: int
    request_id: str
    refusal: Refused | None = None
    changes: tuple[OrderChange, ...] = ()  # of others since, newest first


def open_edit(action: str, number: str) -> None:
    """For callbacks: the page opens the dialog of this action."""
    scope = current_scope("order")
    take_notice_away()
    try:
        subject = _subject(scope, number)
        need_right(scope, action, subject.order["stage"])
    except Refused as refusal:
        notify_refusal(number, refusal)
        return
    fill(action, ACTIONS[action].fields, subject)
    st.session_state[key_of(action, _SHORT)] = False
    st.session_state[_DRAFT] = Draft(
        action, number, subject.order["order_id"], subject.order["version"], new_request_id()
    )


def close_edit() -> None:
    """For callbacks: nothing is saved."""
    st.session_state.pop(_DRAFT, None)
    dialog_closes()


def edit_dialog(number: str) -> None:
    """The dialog that is open for this order, if one is."""
    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is None or draft.number != number:
        close_edit()
        return
    dialog_opens()
    action = ACTIONS[draft.action]
    title = _("{action} · {number}", action=_(action.verb), number=plain(number))

    @st.dialog(title, width="medium", icon=action.icon, on_dismiss=close_edit)
    def show() -> None:
        scope = current_scope("order")
        _dialog(scope)

    show()


def _subject(scope: Scope, number: str) -> Subject:
    as_of = today()
    order = read(find_order, scope, number, as_of, language(), engine="record")
    lines = read(list_order_lines, scope, order["order_id"], language(), engine="record")
    return Subject(order, list(lines.itertuples()), as_of)


def _dialog(scope: Scope) -> None:
    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is None:  # saved just now
        st.rerun()
    try:
        subject = _subject(scope, draft.number)
    except NotFound:
        close_edit()
        st.rerun()
    action = ACTIONS[draft.action]
    if draft.changes:
        mine = _mine(draft, action, subject)
        conflict_view(scope, draft.changes, mine, subject.order["currency"], subject.as_of)
    elif action.asks_version:
        _follow(draft)
    _fields(scope, draft, action, subject)
    if action.has_effect:
        _effect(scope, draft, action, subject)
    show_refusal(draft.refusal)
    _buttons(draft, action)


def _fields(scope: Scope, draft: Draft, action: Action, subject: Subject) -> None:
    """Short ones side by side where there is room."""
    short = [each for each in action.fields if each.kind not in WIDE]
    for each in action.fields:
        if each.kind in WIDE:
            draw_field(scope, draft.action, each, subject, draft.refusal)
        elif each is short[0]:
            grid = st.grid("auto", min_column_width=240, gap="small", key="edit_fields")
            for one in short:
                with grid.cell():
                    draw_field(scope, draft.action, one, subject, draft.refusal)


def _buttons(draft: Draft, action: Action) -> None:
    is_on_top = bool(draft.changes)
    with st.container(horizontal=True, horizontal_alignment="right", key="edit_buttons"):
        st.button(_("Discard mine") if is_on_top else _("Close"), key="edit_close",
                  on_click=close_edit)  # fmt: skip
        st.button(
            _("Apply mine on top") if is_on_top else _(action.verb),
            key="edit_save",
            type="primary",
            icon=action.icon,
            on_click=_save,
            args=(draft.request_id,),
        )


def _follow(draft: Draft) -> None:
    """Says within two seconds that somebody else changed the order, and touches nothing."""

    @st.fragment(run_every=EVERY_SECONDS)
    def watch() -> None:
        scope = current_scope("order", by_timer=True)
        version = _version(scope, draft)
        if version is not None and version != draft.version:
            st.warning(_told(scope, draft), icon=":material/sync_problem:")

    watch()


def _version(scope: Scope, draft: Draft) -> int | None:
    try:
        order = read(find_order, scope, draft.number, today(), language(), engine="record")
    except NotFound:
        return None
    version: int = order["version"]
    return version


def _told(scope: Scope, draft: Draft) -> str:
    """Who changed it last, and when."""
    frame = read(
        list_order_changes, scope, draft.order_id, limit=1, language=language(), engine="record"
    )
    kept = _("Your input is kept; saving shows both side by side.")
    change: Any = next(frame.itertuples(), None)
    if change is not None:
        person = plain(change.actor_name or change.actor)
        moment = formats.moment(change.happened_at)
        return f"{_('Changed by {person} at {moment}.', person=person, moment=moment)} {kept}"
    return f"{_('Somebody changed this order just now.')} {kept}"


def _effect(scope: Scope, draft: Draft, action: Action, subject: Subject) -> None:
    effect = read(
        find_effect, scope, draft.order_id, _proposed(draft, action, subject), subject.as_of,
        language(), engine="record",
    )  # fmt: skip
    effect_view(effect, goods=draft.action == "confirm_order")
    if _asks_whether_short(scope, action, subject, effect):
        st.checkbox(
            _("Reserve all the same; what is short is proposed for replenishment"),
            key=key_of(draft.action, _SHORT),
        )


def _asks_whether_short(scope: Scope, action: Action, subject: Subject, effect: Effect) -> bool:
    stage = subject.order["stage"]
    is_held = action is not ACTIONS["change_line_quantity"] or stage != "received"
    return (
        action.may_be_short and is_held and lacks_goods(effect) and may(scope, "allow_short", stage)
    )


def _proposed(draft: Draft, action: Action, subject: Subject) -> Proposed:
    """The draft as far as it can be reckoned with."""
    said = _arguments(draft, action, subject)
    came = said.get("lines") or ()
    known = {name: value for name, value in said.items() if name in _PROPOSED}
    if known.get("quantity") is not None and known["quantity"] < 1:
        known["quantity"] = None
    returned = tuple((line.line_id, line.quantity, line.back_in_stock) for line in came)
    return Proposed(draft.action, **known, returned=returned)


def _arguments(draft: Draft, action: Action, subject: Subject) -> dict[str, Any]:
    return {each.name: argument(draft.action, each, subject) for each in action.fields}


def _mine(draft: Draft, action: Action, subject: Subject) -> list[Mine]:
    said = _arguments(draft, action, subject)
    line_id = said.get("line_id")
    shown: list[Field] = [each for each in action.fields if each.kind not in ("came", "line")]
    return [Mine(each, said[each.name], line_id) for each in shown]


def _save(request_id: str) -> None:
    scope = current_scope("order")
    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is None or draft.request_id != request_id:  # a second click
        return
    action = ACTIONS[draft.action]
    try:
        subject = _subject(scope, draft.number)
        done = _carry_out(scope, draft, action, _arguments(draft, action, subject))
    except NotFound:
        close_edit()
    except StaleVersion as stale:
        draft.changes = (*stale.changes, *draft.changes)
        draft.version, draft.request_id, draft.refusal = stale.version, new_request_id(), None
    except Refused as refusal:
        draft.refusal = refusal
    else:
        close_edit()
        notify(draft.number, _said(done, action, subject), done if action.asks_version else None)


def _carry_out(scope: Scope, draft: Draft, action: Action, said: dict[str, Any]) -> Done:
    if action.may_be_short:
        said[_SHORT] = bool(st.session_state.get(key_of(draft.action, _SHORT)))
    if action.asks_version:
        said["seen_version"] = draft.version
    return action.command(
        database().writer, scope, draft.order_id, **said, request_id=draft.request_id
    )


def _said(done: Done, action: Action, subject: Subject) -> str:
    """What was done, as a sentence."""
    amount = str(done.values.get("amount", "0")).lstrip("-")
    words = _(
        action.done,
        number=plain(done.order_number or ""),
        amount=plain(formats.money(float(amount), subject.order["currency"])),
    )
    lacking = done.values.get("lacking") or {}
    if lacking:
        goods = ", ".join(f"{plain(sku)} ({units})" for sku, units in lacking.items())
        words += " " + _("It waits for goods, for which a replenishment is proposed: {goods}.",
                         goods=goods)  # fmt: skip
    return words


__all__ = ["close_edit", "edit_dialog", "open_edit"]
