"""Moves the chosen orders to a stage: who of them can be moved and why others cannot, before; all
of them or none, then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.chosen_orders import CHOSEN_ORDERS, ChosenOrder
from dashboard.connection import database
from dashboard.edit_notice import notify, take_notice_away
from dashboard.filters import STAGE_NAMES
from dashboard.live import dialog_closes, dialog_opens
from dashboard.order_actions import ACTIONS
from dashboard.reads import read
from dashboard.refusals import as_text, field_note, show_refusal
from dashboard.session import current_scope, today
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, _n, language, plain
from dashboard.vocabulary import WORDS, in_words
from data_access.edits.bulk import STAGES_TO_MOVE_TO, Move, MovesRefused, move_orders
from data_access.edits.rights import ACTION_TO, RightRefused, next_stages, stages_of
from data_access.edits.transaction import Done, new_request_id
from data_access.effects import Effect, ProductEffect, Proposed, find_effect
from data_access.errors import NotFound, Refused
from data_access.orders import find_order
from data_access.scope import Scope

_DRAFT = "bulk_draft"
MOST_NAMED = 12
_VERBS = {
    "confirmed": N_("Confirm orders"),
    "processing": N_("Start processing"),
    "shipped": N_("Ship orders"),
    "completed": N_("Complete orders"),
    "cancelled": N_("Cancel orders"),
}


@dataclass
class BulkDraft:
    stage: str
    orders: tuple[ChosenOrder, ...]
    request_id: str
    shipping: pd.DataFrame  # order_number, carrier, tracking_number
    refusal: Refused | None = None


def may_move_orders(scope: Scope) -> bool:
    return any(stages_of(scope, ACTION_TO[stage]) for stage in STAGES_TO_MOVE_TO)


def bulk_bar(scope: Scope) -> None:
    """How many orders are chosen, and where they can go."""
    orders = CHOSEN_ORDERS.rows()
    if not orders:
        return
    possible = {after for order in orders for after in next_stages(scope, order.stage)}
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", border=True, key="bulk_bar"
    ):
        count = _n("{n} order selected", "{n} orders selected", len(orders))
        st.markdown(f"**{count}**", width="content")
        for stage in STAGES_TO_MOVE_TO:
            if stage in possible:
                st.button(
                    _(_VERBS[stage]),
                    key=f"bulk_{stage}",
                    icon=ACTIONS[ACTION_TO[stage]].icon,
                    on_click=_begin,
                    args=(stage, orders),
                )
        if not possible:
            st.markdown(f":gray[{_('They cannot be moved together.')}]", width="content")
        st.button(
            _("Clear selection"), key="bulk_clear", type="tertiary", icon=":material/close:",
            on_click=CHOSEN_ORDERS.choose_none,
        )  # fmt: skip


def _begin(stage: str, orders: tuple[ChosenOrder, ...]) -> None:
    """For callbacks: opens the dialog for these orders."""
    current_scope("orders")
    take_notice_away()
    shipping = pd.DataFrame(
        {"order_number": [order.number for order in orders], "carrier": "", "tracking_number": ""},
        dtype="object",
    )
    st.session_state["bulk_reason"] = None
    st.session_state[_DRAFT] = BulkDraft(stage, orders, new_request_id(), shipping)


def _close() -> None:
    st.session_state.pop(_DRAFT, None)
    dialog_closes()


def bulk_dialog() -> None:
    """The dialog, if it is open."""
    draft: BulkDraft | None = st.session_state.get(_DRAFT)
    if draft is None:
        return
    dialog_opens()
    icon = ACTIONS[ACTION_TO[draft.stage]].icon

    @st.dialog(_(_VERBS[draft.stage]), width="medium", icon=icon, on_dismiss=_close)
    def show() -> None:
        scope = current_scope("orders")
        _dialog(scope)

    show()


def _dialog(scope: Scope) -> None:
    draft: BulkDraft | None = st.session_state.get(_DRAFT)
    if draft is None:  # moved just now
        st.rerun()
    reasons = _reasons(scope, draft)
    can = len(draft.orders) - len(reasons)
    words = _(
        "{can} of {orders} can be moved to {stage}.",
        can=can, orders=len(draft.orders), stage=_(STAGE_NAMES[draft.stage]),
    )  # fmt: skip
    st.markdown(f"**{words}** :gray[{_('All are moved, or none.')}]")
    _report(draft.orders, reasons)
    moves = _fields(draft)
    show_refusal(draft.refusal)
    with st.container(horizontal=True, horizontal_alignment="right", key="bulk_buttons"):
        st.button(_("Close"), key="bulk_close", on_click=_close)
        if reasons and can:
            left_out = _n("Leave {n} out", "Leave {n} out", len(reasons))
            st.button(left_out, key="bulk_leave_out", on_click=_leave_out, args=(tuple(reasons),))
        st.button(
            _(_VERBS[draft.stage]),
            key="bulk_save",
            type="primary",
            icon=ACTIONS[ACTION_TO[draft.stage]].icon,
            disabled=bool(reasons) and not isinstance(draft.refusal, MovesRefused),
            on_click=_move,
            args=(draft.request_id, moves),
        )


def _report(orders: Sequence[ChosenOrder], reasons: dict[int, str]) -> None:
    """Row by row: the order, where it is, and why it cannot be moved."""
    frame = pd.DataFrame(
        {
            "order_number": [order.number for order in orders],
            "customer": [order.customer for order in orders],
            "stage": [order.stage for order in orders],
            "reason": [reasons.get(order.order_id, "✓") for order in orders],
        },
        dtype="object",
    )
    columns = [
        Column("order_number", _("Order"), width=140),
        Column("stage", _("Stage"), "stage", width=100),
        Column("reason", _("Can it be moved?"), width=270),
        Column("customer", _("Customer"), width=170),
    ]
    show_table(
        frame,
        columns,
        key="bulk_report",
        alt=_("What becomes of each order"),
        height="content" if len(orders) <= 8 else "auto",
    )


def _fields(draft: BulkDraft) -> tuple[Move, ...]:
    """What the stage needs besides; the moves with it."""
    said = [("", "")] * len(draft.orders)
    if draft.stage == "cancelled":
        st.selectbox(
            _("Reason"), list(WORDS["orders.cancel_reason"]), key="bulk_reason", index=None,
            accept_new_options=True, placeholder=_("Choose, or type another one"),
            format_func=lambda reason: in_words("orders.cancel_reason", reason),
        )  # fmt: skip
        field_note(draft.refusal, "reason")
    if draft.stage == "shipped":
        said = _shipping(draft)
    return tuple(
        Move(order.order_id, order.version, *words)
        for order, words in zip(draft.orders, said, strict=True)
    )


def _shipping(draft: BulkDraft) -> list[tuple[str, str]]:
    """Carrier and tracking number of each order. Only these two columns are read back, by the
    places of the draft's own rows: what else an editor sends does not count."""
    text = st.column_config.TextColumn
    edited = st.data_editor(
        draft.shipping,
        hide_index=True,
        num_rows="fixed",
        placeholder="",
        disabled=list(draft.shipping.columns[:1]),
        column_config={
            "order_number": text(_("Order"), width=150),
            "carrier": st.column_config.SelectboxColumn(
                _("Carrier"), options=list(WORDS["shipments.carrier"]),
                format_func=lambda carrier: in_words("shipments.carrier", carrier), width=200,
            ),
            "tracking_number": text(_("Tracking number"), width=240),
        },
        key=f"bulk_shipping_{len(draft.orders)}",
        alt=_("Carrier and tracking number of each order"),
    )  # fmt: skip
    rows = edited.reindex(range(len(draft.orders)))
    pairs = zip(rows["carrier"], rows["tracking_number"], strict=True)
    return [(_word(carrier), _word(number)) for carrier, number in pairs]


def _word(cell: Any) -> str:
    return cell if isinstance(cell, str) else ""


def _reasons(scope: Scope, draft: BulkDraft) -> dict[int, str]:
    """order_id → why it cannot be moved: as the command has just said it, or as it looks now."""
    if isinstance(draft.refusal, MovesRefused) and draft.refusal.rows:
        return {row.order_id: as_text(row.refusal) for row in draft.refusal.rows}
    taken: dict[tuple[int, int | None], int] = {}
    found = ((order, _reason(scope, order, draft.stage, taken)) for order in draft.orders)
    return {order.order_id: reason for order, reason in found if reason}


def _reason(
    scope: Scope, order: ChosenOrder, stage: str, taken: dict[tuple[int, int | None], int]
) -> str:
    """`taken` counts what those before it in the list take, as the command does."""
    action = ACTION_TO[stage]
    possible = stages_of(scope, action)
    try:
        now = read(find_order, scope, order.number, today(), language(), engine="record")
        if now["stage"] not in possible:
            raise RightRefused(now["stage"] if possible else "role")
        if stage not in ("confirmed", "shipped"):
            return ""
        effect = read(
            find_effect, scope, order.order_id, Proposed(action), today(), language(),
            engine="record",
        )  # fmt: skip
    except (NotFound, RightRefused) as refusal:
        return as_text(refusal)
    return lacking_of(effect, stage, now["warehouse_id"], taken)


def lacking_of(
    effect: Effect, stage: str, warehouse_id: int | None, taken: dict[tuple[int, int | None], int]
) -> str:
    """Which products there are too few of, in words; what is left then is taken."""
    lacking = []
    for product in effect.products:
        aside, before = product.aside, taken.get((product.product_id, warehouse_id), 0)
        there, left = (
            (product.available.now, aside.left_to_confirm)
            if stage == "confirmed" else (product.on_hand.now, aside.left_to_ship)
        )  # fmt: skip
        if there is not None and product.units.now > left(there - before):
            lacking.append(_short_product(product, there - before))
    if lacking:
        return _("Not enough in stock: {products}", products=_(", ").join(lacking))
    for product in effect.products:
        place = (product.product_id, warehouse_id)
        # what is set aside for it is none of what those after it may take
        taken[place] = taken.get(place, 0) + max(product.units.now - product.aside.own, 0)
    return ""


def _short_product(product: ProductEffect, there: int) -> str:
    """With why, where all of it is there and kept for others."""
    name = str(product.product or product.sku)
    if product.units.now > there:
        return name
    return _("{product} (set aside for others)", product=name)


def _leave_out(order_ids: tuple[int, ...]) -> None:
    draft: BulkDraft | None = st.session_state.get(_DRAFT)
    if draft is None:
        return
    stays = [order.order_id not in order_ids for order in draft.orders]
    orders = tuple(order for order, kept in zip(draft.orders, stays, strict=True) if kept)
    shipping = draft.shipping[stays].reset_index(drop=True)
    st.session_state[_DRAFT] = BulkDraft(draft.stage, orders, new_request_id(), shipping)


def _move(request_id: str, moves: tuple[Move, ...]) -> None:
    scope = current_scope("orders")
    draft: BulkDraft | None = st.session_state.get(_DRAFT)
    if draft is None or draft.request_id != request_id:  # a second click
        return
    reason = st.session_state.get("bulk_reason") or ""
    try:
        done = move_orders(
            database().writer, scope, moves, draft.stage, reason=reason, request_id=request_id
        )
    except Refused as refusal:
        draft.refusal = refusal
    else:
        _close()
        CHOSEN_ORDERS.choose_none()
        notify("orders", _moved(draft, done), done)


def _moved(draft: BulkDraft, done: Done) -> str:
    """How many are where now, and which."""
    count = len(done.values["versions"])
    stage = _(STAGE_NAMES[draft.stage])
    words = _n("{n} order is now: {stage}", "{n} orders are now: {stage}", count, stage=stage)
    numbers = [plain(order.number) for order in draft.orders[:MOST_NAMED]]
    more = f" +{count - MOST_NAMED}" if count > MOST_NAMED else ""
    return f"{words} :small[:gray[{', '.join(numbers)}{more}]]"
