"""The dialogs in which somebody asks for a replenishment: of one stock, or of all that suggest
one, with what will be made and what is passed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.connection import database
from dashboard.edit_notice import notify, take_notice_away
from dashboard.live import dialog_closes, dialog_opens
from dashboard.reads import read
from dashboard.refusals import field_note, refused_fields, sentence
from dashboard.replenish_suggestions import still_to_request, wanted_of
from dashboard.session import current_scope, today
from dashboard.stock_plan import StockRule
from dashboard.stock_words import arithmetic
from dashboard.tables import Column, show_table
from dashboard.texts import _, _n, language, plain
from data_access.edits.replenish_requests import (
    MOST_WANTED,
    Wanted,
    WantedRefused,
    request_replenishments,
)
from data_access.edits.rights import may_for_replenishment
from data_access.edits.transaction import Done, new_request_id
from data_access.errors import Refused
from data_access.inventory import list_waiting_lines
from data_access.policy import Role
from data_access.replenishments import list_suppliers
from data_access.scope import Scope

_DRAFT = "replenish_request"
_LAST_STEPS = 3  # of the arithmetic: position, order quantity, suggestion
_POINT, _HAND = "point", "hand"


@dataclass
class Draft:
    """`rows` are of the stock board: one, or all that are asked for together."""

    slug: str
    rows: pd.DataFrame
    currency: str | None
    rule: StockRule | None = None  # of one stock
    request_id: str = field(default_factory=new_request_id)
    refusal: Refused | None = None


def may_request(scope: Scope) -> bool:
    return may_for_replenishment(scope, "request_replenishment")


def _only_for_orders(scope: Scope) -> bool:
    return scope.role is Role.SALES_LEAD


def request_button(scope: Scope, row: pd.Series, rule: StockRule, currency: str | None) -> None:
    """On the page of stock: asks for the chosen stock, as far as the person may."""
    if not may_request(scope) or row["is_discontinued"]:
        return
    if _only_for_orders(scope) and not len(_short_orders(scope, row)):
        return
    label = _("Request") if not row["suggested"] else _n(
        "Request {n} unit", "Request {n} units", int(row["suggested"])
    )  # fmt: skip
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.button(
            label, key="request_stock", icon=":material/add_shopping_cart:", type="primary",
            on_click=_begin, args=(Draft("stock", row.to_frame().T, currency, rule),),
        )  # fmt: skip
        if row["requested"]:
            told = _n("{n} unit is requested already", "{n} units are requested already",
                      int(row["requested"]))  # fmt: skip
            st.markdown(f":small[:orange[{told}]]", width="content")


def request_all_button(
    scope: Scope, slug: str, rows: pd.DataFrame, currency: str | None, *, primary: bool = False
) -> None:
    """Asks for all rows of the stock board that suggest an order."""
    if not may_request(scope) or _only_for_orders(scope):
        return
    count = int((rows["suggested"] > 0).sum())
    if not count:
        return
    st.button(
        _n("Request {n} suggestion", "Request {n} suggestions", count),
        key=f"request_all_{slug}",
        icon=":material/playlist_add:",
        type="primary" if primary else "secondary",
        on_click=_begin,
        args=(Draft(slug, rows[rows["suggested"] > 0], currency),),
    )


def _begin(draft: Draft) -> None:
    """For callbacks."""
    current_scope(draft.slug)
    take_notice_away()
    for name in [key for key in st.session_state if str(key).startswith("wanted_")]:
        del st.session_state[name]
    st.session_state[_DRAFT] = Draft(draft.slug, draft.rows, draft.currency, draft.rule)


def _close() -> None:
    st.session_state.pop(_DRAFT, None)
    dialog_closes()


def request_dialog(slug: str) -> None:
    """The dialog, if it is open on this page."""
    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is None or draft.slug != slug:
        return
    dialog_opens()
    width: Any = "medium" if draft.rule is not None else "large"

    @st.dialog(_("Request replenishment"), width=width, icon=":material/add_shopping_cart:",
               on_dismiss=_close)  # fmt: skip
    def show() -> None:
        scope = current_scope(slug)
        _dialog(scope)

    show()


def _dialog(scope: Scope) -> None:
    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is None:  # saved just now
        st.rerun()
    if draft.rule is not None:
        row = draft.rows.iloc[0]
        wanted = _one(scope, draft, row)
        label = _("Request")
    else:
        wanted = _many(scope, draft)
        label = _n("Request {n}", "Request {n}", len(wanted))
    _show_refusal(draft)
    with st.container(horizontal=True, horizontal_alignment="right", key="wanted_buttons"):
        st.button(_("Cancel"), key="request_cancel", on_click=_close)
        st.button(
            label, key="request_save", type="primary", icon=":material/add_shopping_cart:",
            disabled=not wanted, on_click=_save, args=(draft.request_id, wanted),
        )  # fmt: skip


# One stock


def _one(scope: Scope, draft: Draft, row: pd.Series) -> tuple[Wanted, ...]:
    place = f":small[:gray[{plain(row['sku'])} · {plain(row['warehouse'])}]]"
    st.markdown(f"**{plain(row['product'])}** {place}")
    if draft.rule is not None and row["item"] >= 0 and not _only_for_orders(scope):
        _show_steps(row, draft.rule, draft.currency)
    whys = _whys(scope, row)
    why = st.selectbox(
        _("What for"), list(whys), key="wanted_why", format_func=lambda each: whys[each],
    )  # fmt: skip
    found = still_to_request(scope, draft.rows.infer_objects(), today())
    due = found["needed_by"].iloc[0].date() if len(found) else today()
    usual = int(found["to_request"].iloc[0]) if len(found) else 0
    lacking = _lacking(scope, row, why)
    quantity, needed = st.columns(2)
    units = quantity.number_input(
        _("Units"), min_value=1, step=1,
        value=lacking or usual or max(int(row["minimum_order_quantity"]), 1),
        key=f"wanted_quantity_{why}",
    )  # fmt: skip
    by = needed.date_input(_("Needed by"), value=due, format="YYYY-MM-DD", key="wanted_by")
    field_note(draft.refusal, "quantity")
    field_note(draft.refusal, "needed_by")
    supplier = _supplier_box(scope, row)
    note = st.text_input(_("Note (optional)"), key="wanted_note", max_chars=300)
    if len(found) and found["why_not"].iloc[0] and why == _POINT:
        st.markdown(f":orange[:material/info: {plain(found['why_not'].iloc[0])}]")
    is_order = why not in (_POINT, _HAND)
    return (
        Wanted(
            product_id=int(row["product_id"]),
            warehouse_id=int(row["warehouse_id"]),
            quantity=units,
            why="order" if is_order else "point" if why == _POINT else "hand",
            order_id=int(why) if is_order else None,
            seen_on_order=int(row["on_order"]),
            needed_by=by if isinstance(by, date) else None,
            supplier_id=supplier,
            note=note,
        ),
    )


def _show_steps(row: pd.Series, rule: StockRule, currency: str | None) -> None:
    """The last steps of the arithmetic that the page of stock shows."""
    steps = arithmetic(row, rule, currency).tail(_LAST_STEPS)
    lines = [
        f"- {plain(step)}: **{plain(result)}** :small[:gray[{plain(told)}]]"
        for step, told, result in steps.itertuples(index=False)
    ]
    st.markdown("\n".join(lines))


def _whys(scope: Scope, row: pd.Series) -> dict[str, str]:
    """What it can be asked for: the reorder point, by hand, or an order that lacks it."""
    whys: dict[str, str] = {}
    if not _only_for_orders(scope):
        if row["suggested"]:
            whys[_POINT] = _("The stock is at or below its reorder point")
        else:
            whys[_HAND] = _("Asked for by hand")
    for line in _short_orders(scope, row).itertuples():
        told = _("Order {number} lacks it", number=line.order_number)
        whys[str(line.order_id)] = f"{told} · {formats.number(line.quantity)}"
    return whys


def _short_orders(scope: Scope, row: pd.Series) -> pd.DataFrame:
    """The orders of the person's that this stock cannot serve."""
    lines = read(
        list_waiting_lines, scope, int(row["product_id"]), int(row["warehouse_id"]), language()
    )
    free = int(row["available"])
    is_new = lines["stage"] == "received"
    return lines[(is_new & (lines["quantity"] > free)) | (~is_new & (free < 0))]


def _lacking(scope: Scope, row: pd.Series, why: str) -> int:
    """Units that the chosen order lacks; 0 where none is chosen."""
    lines = _short_orders(scope, row)
    chosen = lines[lines["order_id"].astype(str) == why]
    if not len(chosen):
        return 0
    wanted, free = int(chosen["quantity"].sum()), int(row["available"])
    is_new = chosen["stage"].iloc[0] == "received"
    return min(wanted, wanted - free if is_new else -free)


def _supplier_box(scope: Scope, row: pd.Series) -> int | None:
    if not scope.sees("suppliers"):
        return None
    found = read(list_suppliers, scope, language(), engine="record")
    names = dict(zip(found["supplier_id"].tolist(), found["name"], strict=True))
    if not names:
        return None
    own = None if pd.isna(row["supplier_id"]) else int(row["supplier_id"])
    chosen: int | None = st.selectbox(
        _("Supplier"), list(names), format_func=names.__getitem__, key="wanted_supplier",
        index=list(names).index(own) if own in names else None,
    )  # fmt: skip
    return chosen


# All that suggest one


def _many(scope: Scope, draft: Draft) -> tuple[Wanted, ...]:
    rows = still_to_request(scope, draft.rows, today())
    made, passed = rows[rows["why_not"] == ""], rows[rows["why_not"] != ""]
    shows_cost = draft.currency is not None
    told = _n("{n} request will be made", "{n} requests will be made", len(made))
    if shows_cost and len(made):
        worth = float((made["to_request"] * made["unit_cost"].astype("float64")).sum())
        told += f" · {plain(formats.money(worth, draft.currency))}"
    st.markdown(f"**{told}** :gray[{_('All of them, or none.')}]")
    if len(made):
        _table(made.head(MOST_WANTED), draft, "made", shows_cost=shows_cost)
        advice = _(
            "Order the order quantity, or more where that does not lift the projected stock above "
            "the reorder point; in whole packs. What is requested already counts as on order."
        )
        st.markdown(f":small[:gray[{advice}]]")
    if len(passed):
        passed_over = _n("{n} is passed over", "{n} are passed over", len(passed))
        st.markdown(f"**{passed_over}**")
        _table(passed, draft, "passed", shows_cost=False)
    return wanted_of(made.head(MOST_WANTED))


def _table(rows: pd.DataFrame, draft: Draft, name: str, *, shows_cost: bool) -> None:
    is_made = name == "made"
    columns = [
        Column("product", _("Product"), width=170),
        Column("warehouse", _("Warehouse"), width=140),
        *([Column("to_request", _("To request"), "count", width=90)] if is_made else []),
        *([] if is_made else [Column("why_not", _("Why"), width=260)]),
        Column("projected", _("Projected stock"), "count", width=105,
               help=_("On hand + on order − reserved")),
        *([Column("requested", _("Requested"), "count", width=90)]),
        Column("reorder_point", _("Reorder point"), "count", width=105),
        Column("order_quantity", _("Order quantity"), "count", width=105),
        Column("pack_size", _("Pack"), "count", width=60),
        *([Column("needed_by", _("Needed by"), "day"),
           Column("supplier", _("Supplier"), width=140)] if is_made else []),
        *([Column("worth", _("Value"), "money", width=100)] if shows_cost else []),
    ]  # fmt: skip
    worth = rows["to_request"] * rows["unit_cost"].astype("float64")
    show_table(
        rows.assign(worth=worth), columns, key=f"wanted_{name}_{len(rows)}",
        alt=_("What will be requested") if is_made else _("What is passed over"),
        currency=draft.currency, height="content" if len(rows) <= 8 else 300,
    )  # fmt: skip


# Saved


def _show_refusal(draft: Draft) -> None:
    refusal = draft.refusal
    if refusal is None:
        return
    inner = refusal.refusal if isinstance(refusal, WantedRefused) else None
    told: list[str] = [sentence(each) for each in (refusal, inner) if each is not None]
    for name, each in refused_fields(inner or refusal).items():
        if inner is not None or name not in ("quantity", "needed_by"):
            told.append(sentence(each))
    st.error(" ".join(told), icon=":material/block:")


def _save(request_id: str, wanted: Sequence[Wanted]) -> None:
    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is None or draft.request_id != request_id:  # a second click
        return
    scope = current_scope(draft.slug)
    try:
        done = request_replenishments(database().writer, scope, wanted, request_id=draft.request_id)
    except Refused as refusal:
        draft.refusal, draft.request_id = refusal, new_request_id()
    else:
        slug = draft.slug
        _close()
        notify(slug, _said(done), done)


def _said(done: Done) -> str:
    words = _n("{n} replenishment is requested.", "{n} replenishments are requested.",
               int(done.values["requests"]))  # fmt: skip
    passed = done.values["passed_over"]
    if passed:
        named = ", ".join(plain(each) for each in passed[:8]) + (" …" if len(passed) > 8 else "")
        words += " " + _("Passed over, because requested meanwhile: {products}.", products=named)
    return words
