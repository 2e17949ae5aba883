"""One request: what it is for, what may be done with it, and who did what when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.order_list import open_order
from dashboard.reads import read
from dashboard.replenish_chosen import requests_of
from dashboard.replenish_dialogs import action_buttons
from dashboard.replenish_words import STATE_COLOURS, STATES, cause_in_words, reason_in_words
from dashboard.texts import _, _n, plain
from data_access.replenishments import list_request_receipts
from data_access.scope import Scope


def request_detail(scope: Scope, row: pd.Series) -> None:
    said: dict[Any, Any] = {
        name: None if _is_missing(value) else value for name, value in row.items()
    }
    with st.container(border=True, gap="small", key="request_detail"):
        state = f":{STATE_COLOURS[said['state']]}-badge[{_(STATES[said['state']])}]"
        place = f":small[:gray[{plain(said['sku'])} · {plain(said['warehouse'] or '–')}]]"
        st.markdown(f"**{plain(said['product'])}** {place} {state}")
        left, right = st.columns([1, 1], gap="medium")
        with left:
            _facts(said)
            _cause(said)
            with st.container(horizontal=True, gap="small", key="request_actions"):
                action_buttons(scope, requests_of(row.to_frame().T), "opened")
        with right:
            st.markdown(f"**{_('History')}**")
            st.markdown("\n".join(f"- {line}" for line in _history(scope, said)))


def _facts(said: dict[Any, Any]) -> None:
    units = formats.number(said["quantity"])
    if said["state"] in ("ordered", "received", "closed"):
        units = _("{received} of {ordered} received",
                  received=formats.number(said["received_quantity"]), ordered=units)  # fmt: skip
    facts = [(_("Units"), units)]
    if said["requested_quantity"]:
        facts.append((_("First asked for"), formats.number(said["requested_quantity"])))
    if said["value"] is not None:
        cost = formats.money(said["unit_cost"], said["currency"])
        value = formats.money(said["value"], said["currency"])
        facts.append((_("Value"), _("{value} ({cost} a unit)", value=value, cost=cost)))
    for name, label in (("supplier", _("Supplier")), ("note", _("Note"))):
        if said[name]:
            facts.append((label, said[name]))
    for name, label in (("needed_by", _("Needed by")), ("expected_on", _("Expected on"))):
        if said[name] is not None:
            facts.append((label, formats.day(said[name])))
    late = said["days_late"]
    lines = [f"{label}: **{plain(str(value))}**" for label, value in facts]
    if late is not None:
        lines.append(f":red[:material/schedule: {_n('{n} day late', '{n} days late', int(late))}]")
    st.markdown("  \n".join(lines))


def _cause(said: dict[Any, Any]) -> None:
    number = said["order_number"]
    words = cause_in_words(said["cause"], number)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"{_('Cause')}: **{plain(words)}**", width="content")
        if number:
            st.button(_("Open order"), key="open_cause", icon=":material/open_in_new:",
                      type="tertiary", on_click=open_order, args=(number,))  # fmt: skip


def _history(scope: Scope, said: dict[Any, Any]) -> list[str]:
    """Each step with its moment and its person, the first one first."""
    first_asked = said["requested_quantity"] or said["quantity"]
    steps: list[tuple[datetime | None, str, str | None]] = [
        (said["requested_at"],
         _("Requested: {n}", n=formats.number(first_asked)), said["requester"]),
    ]  # fmt: skip
    reason = reason_in_words(said["reason"])
    why = f" :gray[“{plain(reason)}”]" if reason else ""
    if said["decided_at"] is not None:
        is_rejected = said["state"] == "rejected"
        told = _("Rejected") + why if is_rejected else _("Approved")
        steps.append((said["decided_at"], told, said["decider"]))
    if said["ordered_at"] is not None:
        told = _("Ordered: {n}", n=formats.number(said["quantity"]))
        steps.append((said["ordered_at"], told, said["orderer"]))
    steps += _receipts(scope, said)
    if said["closed_at"] is not None:
        not_come = max(said["quantity"] - said["received_quantity"], 0)
        told = _("Closed")
        if not_come:
            told += " · " + _n("{n} unit not coming", "{n} units not coming", not_come) + why
        steps.append((said["closed_at"], told, said["closer"]))
    return [_line(*step) for step in steps]


def _receipts(scope: Scope, said: dict[Any, Any]) -> list[tuple[datetime | None, str, str | None]]:
    """Each receipt for who sees the movements, else all of them together; the person is known of
    the last."""
    if not said["received_quantity"]:
        return []
    together = _("Received: {n}", n=formats.number(said["received_quantity"]))
    if not scope.sees("stock_movements"):
        return [(said["received_at"], together, said["receiver"])]
    found = read(list_request_receipts, scope, int(said["replenishment_id"]), engine="record")
    steps: list[tuple[datetime | None, str, str | None]] = []
    for place, each in enumerate(found.itertuples(), start=1):
        receipt: Any = each
        told = _("Received: {n}", n=formats.number(receipt.quantity))
        if receipt.quantity < 0:
            told = _("Receipt undone: {n}", n=formats.number(-receipt.quantity))
        if isinstance(receipt.note, str):
            told += f" :gray[“{plain(receipt.note)}”]"
        steps.append((receipt.moved_at, told, said["receiver"] if place == len(found) else None))
    return steps or [(said["received_at"], together, said["receiver"])]


def _line(at: datetime | None, told: str, person: str | None) -> str:
    when = formats.moment(at) if at is not None else ""
    return " · ".join(
        filter(None, (told, plain(person or ""), f":small[:gray[{when}]]" * bool(when)))
    )


def _is_missing(value: Any) -> bool:
    return bool(pd.isna(value)) if not isinstance(value, (list, tuple)) else False
