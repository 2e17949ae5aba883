"""The dialogs in which somebody asks for a replenishment: of one stock, or of all that suggest
one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.connection import database
from dashboard.edit_notice import notify, take_notice_away
from dashboard.live import dialog_closes, dialog_opens
from dashboard.refusals import refused_fields, sentence
from dashboard.replenish_many import preview
from dashboard.replenish_one import (
    asks_only_for_orders,
    short_orders,
    stock_fields,
    wanted_as_said,
)
from dashboard.replenish_suggestions import still_to_request
from dashboard.session import current_scope, today
from dashboard.stock_plan import StockRule
from dashboard.texts import _, _n, plain
from data_access.edits.replenish_requests import (
    Wanted,
    WantedRefused,
    request_replenishments,
)
from data_access.edits.rights import may_for_replenishment
from data_access.edits.transaction import Done, new_request_id
from data_access.errors import Refused
from data_access.scope import Scope

_DRAFT = "replenish_request"


@dataclass
class Draft:
    """`rows` are of the stock board: one, or all that are asked for together."""

    slug: str
    rows: pd.DataFrame
    currency: str | None
    rule: StockRule | None = None  # of one stock
    wanted: tuple[Wanted, ...] = ()  # of many, as the preview showed them
    request_id: str = field(default_factory=new_request_id)
    refusal: Refused | None = None


def may_request(scope: Scope) -> bool:
    return may_for_replenishment(scope, "request_replenishment")


def request_button(scope: Scope, row: pd.Series, rule: StockRule, currency: str | None) -> None:
    """On the page of stock: asks for the chosen stock, as far as the person may."""
    if not may_request(scope) or row["is_discontinued"]:
        return
    if asks_only_for_orders(scope) and not len(short_orders(scope, row)):
        return
    units = 0 if row["requested"] else int(row["suggested"])
    label = _n("Request {n} unit", "Request {n} units", units) if units else _("Request")
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
    """Asks for all of these rows of the stock board that suggest an order."""
    if not may_request(scope) or asks_only_for_orders(scope):
        return
    if "why_not" not in rows:
        rows = still_to_request(scope, rows, today())
    if not len(rows):
        return
    left = int((rows["why_not"] == "").sum())
    label = _n("Request {n} suggestion", "Request {n} suggestions", left)
    st.button(
        label if left else _("All suggestions are requested"),
        key=f"request_all_{slug}",
        icon=":material/playlist_add:" if left else ":material/playlist_add_check:",
        type="primary" if primary and left else "secondary",
        on_click=_begin,
        args=(Draft(slug, rows, currency),),
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
    label = _("Request")
    if draft.rule is not None:
        stock_fields(scope, draft.rows.iloc[0], draft.rule, draft.currency, draft.refusal)
    else:
        draft.wanted = preview(scope, draft.rows, draft.currency)
        label = _n("Request {n}", "Request {n}", len(draft.wanted))
    _show_refusal(draft)
    with st.container(horizontal=True, horizontal_alignment="right", key="wanted_buttons"):
        st.button(_("Cancel"), key="request_cancel", on_click=_close)
        st.button(
            label, key="request_save", type="primary", icon=":material/add_shopping_cart:",
            disabled=draft.rule is None and not draft.wanted,
            on_click=_save, args=(draft.request_id,),
        )  # fmt: skip


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


def _save(request_id: str) -> None:
    draft: Draft | None = st.session_state.get(_DRAFT)
    if draft is None or draft.request_id != request_id:  # a second click
        return
    scope = current_scope(draft.slug)
    wanted = draft.wanted
    if draft.rule is not None:
        wanted = (wanted_as_said(draft.rows.iloc[0]),)
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
