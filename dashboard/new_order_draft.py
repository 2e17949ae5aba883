"""The new order that a person is writing: it stays in the session until it is created or cleared,
over reloads of the data and visits to other pages."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboard.connection import database
from dashboard.edit_notice import notify
from dashboard.menu import find_page
from dashboard.pasting import MOST_ROWS, PastedRow, pasted_rows
from dashboard.reads import read
from dashboard.session import current_scope, today
from dashboard.texts import _, language, plain
from data_access.edits.new_order import create_order
from data_access.edits.transaction import new_request_id
from data_access.errors import NotFound, Refused
from data_access.new_order import (
    NewLine,
    NewOrder,
    find_customer_for_order,
    list_products_for_order,
    list_warehouses,
)
from data_access.scope import Scope

SLUG = "new-order"
_DRAFT, _CREATED, _PREFIX = "new_order_draft", "created_order", "new_order_"
_TEXTS = ("channel", "coupon_code", "ship_address", "note")
_TERMS = (*_TEXTS, "promised_on", "owner_id", "warehouse_id")


@dataclass
class DraftLine:
    key: int  # of its widgets
    product_id: int


@dataclass
class NewDraft:
    request_id: str
    customer_id: int | None = None
    lines: list[DraftLine] = field(default_factory=list)
    keys: int = 0
    day_is_chosen: bool = False  # by the person, not proposed
    refusal: Refused | None = None
    pasted: str = ""  # what became of the rows pasted last
    not_understood: tuple[str, ...] = ()


def new_draft() -> NewDraft:
    draft: NewDraft | None = st.session_state.get(_DRAFT)
    if draft is None:
        draft = NewDraft(new_request_id())
        st.session_state[_DRAFT] = draft
    return draft


def key(name: str, line: DraftLine | None = None) -> str:
    return f"{_PREFIX}{name}" if line is None else f"{_PREFIX}{name}_{line.key}"


def value(name: str, line: DraftLine | None = None) -> Any:
    return st.session_state.get(key(name, line))


def start_anew() -> None:
    """For callbacks: an empty form."""
    for name in [name for name in st.session_state if str(name).startswith(_PREFIX)]:
        del st.session_state[name]


def choose_customer() -> None:
    """For callbacks: the customer of the list, and what their orders usually have."""
    scope, draft = current_scope(SLUG), new_draft()
    try:
        found = read(find_customer_for_order, scope, value("customer"), language(), engine="record")
    except NotFound as refusal:
        draft.refusal = refusal
        return
    draft.customer_id, draft.refusal = found["customer_id"], None
    for name in ("channel", "owner_id", "warehouse_id"):
        st.session_state[key(name)] = found[name]
    if found["warehouse_id"] is None:  # nobody near them has ordered yet
        houses = read(list_warehouses, scope, language(), engine="record")
        st.session_state[key("warehouse_id")] = next(map(int, houses["warehouse_id"]), None)
    st.session_state[key("ship_address")] = found["ship_address"] or ""


def change_customer() -> None:
    new_draft().customer_id = None
    st.session_state[key("customer")] = None


def add_chosen_product() -> None:
    """For callbacks: the product of the list becomes a line; a second time it is one more."""
    product_id = value("product")
    st.session_state[key("product")], st.session_state[key("words")] = None, ""
    if product_id is not None:
        add_line(int(product_id), 1)


def add_line(product_id: int, quantity: int) -> None:
    draft = new_draft()
    for line in draft.lines:
        if line.product_id == product_id:
            st.session_state[key("quantity", line)] = (value("quantity", line) or 0) + quantity
            return
    draft.keys += 1
    line = DraftLine(draft.keys, product_id)
    draft.lines.append(line)
    st.session_state[key("quantity", line)] = quantity
    st.session_state[key("discount", line)] = 0.0


def remove_line(line_key: int) -> None:
    draft = new_draft()
    draft.lines = [line for line in draft.lines if line.key != line_key]
    draft.refusal = None  # the places in it are no longer those of the lines


def add_pasted() -> None:
    """For callbacks: what was understood becomes lines; the rest stays to be corrected."""
    scope, draft = current_scope(SLUG), new_draft()
    rows = pasted_rows(value("pasted") or "")
    added, left, told = 0, [], []
    for row in rows[:MOST_ROWS]:
        found = _product_of(scope, row.sku)
        if found is not None and row.quantity is not None:
            add_line(found, row.quantity)
            added += 1
            continue
        left.append(row)
        told.append(_why_not(row, is_known=found is not None))
    if len(rows) > MOST_ROWS:
        told.append(_("Only the first {n} rows were read.", n=MOST_ROWS))
    draft.pasted = _("{added} of {rows} rows added.", added=added, rows=len(rows[:MOST_ROWS]))
    draft.not_understood = tuple(told)
    st.session_state[key("pasted")] = "\n".join(f"{row.sku}\t{row.quantity or ''}" for row in left)


def _why_not(row: PastedRow, *, is_known: bool) -> str:
    sku = plain(row.sku[:60])
    if is_known:
        return _("Row {n}, {sku}: there is no quantity beside it.", n=row.number, sku=sku)
    return _("Row {n}, {sku}: no product on sale has this SKU.", n=row.number, sku=sku)


def _product_of(scope: Scope, sku: str) -> int | None:
    found = read(list_products_for_order, scope, sku[:60], today(), limit=50, engine="record")
    same = (row for row in found.itertuples() if str(row.sku).casefold() == sku.casefold())
    product: Any = next(same, None)
    return None if product is None else int(product.product_id)


def drafted_lines(draft: NewDraft) -> tuple[NewLine, ...]:
    """The lines as they stand in the form."""
    return tuple(
        NewLine(
            line.product_id,
            value("quantity", line),
            Decimal(str(value("discount", line) or 0)) / 100,
        )
        for line in draft.lines
    )


def create(request_id: str) -> None:
    """For callbacks: the order, once."""
    scope, draft = current_scope(SLUG), new_draft()
    if draft.request_id != request_id:  # a second click
        return
    try:
        done = create_order(database().writer, scope, _wanted(draft), request_id=request_id)
    except Refused as refusal:
        draft.refusal = refusal
        return
    start_anew()
    number = done.order_number or ""
    st.session_state[_CREATED] = number
    notify(number, _("Order {number} is created.", number=plain(number)))


def _wanted(draft: NewDraft) -> NewOrder:
    """What the form says; what is missing is refused at its field."""
    terms: dict[str, Any] = {name: value(name) for name in _TERMS}
    terms |= {name: terms[name] or "" for name in _TEXTS}
    chosen: Any = draft.customer_id
    return NewOrder(customer_id=chosen, lines=drafted_lines(draft), **terms)


def open_created_order() -> None:
    """Goes to the order that was just created, if one was."""
    number = st.session_state.pop(_CREATED, None)
    if number is not None:
        st.switch_page(find_page("order").file, query_params={"number": number})


def propose_day(day: date) -> None:
    """Until the person chooses another one."""
    if not new_draft().day_is_chosen:
        st.session_state[key("promised_on")] = day


def keep_day() -> None:
    """For callbacks: the person chose the day; without one, it is proposed again."""
    new_draft().day_is_chosen = value("promised_on") is not None
