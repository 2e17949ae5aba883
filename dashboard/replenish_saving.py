"""What a dialog about requests carries out, and how it says what was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.connection import database
from dashboard.replenish_chosen import Request
from dashboard.texts import N_, _, _n, plain
from data_access.edits.replenish_opening import Pick
from data_access.edits.replenish_receipts import Receipt, receive_replenishments
from data_access.edits.replenish_steps import (
    Order,
    approve_replenishments,
    close_replenishments,
    order_replenishments,
    reject_replenishments,
)
from data_access.edits.transaction import Done, new_request_id
from data_access.errors import Refused
from data_access.scope import Scope

MOST_NAMED = 8


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


def carry_out_draft(scope: Scope, draft: Draft) -> Done:
    """With what stands in the fields now."""
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


def done_in_words(draft: Draft, done: Done) -> str:
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
