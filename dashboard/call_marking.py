"""The panel of one line of the list: why, what happened last time, and what came of the call."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.call_words import formula, in_full, last_time, offered, result_of
from dashboard.edit_notice import notify
from dashboard.menu import find_page, may_open
from dashboard.offer_choice import link_to_offers
from dashboard.saving import draw_request, save, show_refusal
from dashboard.session import current_scope
from dashboard.texts import N_, _, in_a_row, plain
from dashboard.vocabulary import in_words
from data_access.edits.calls import LONGEST_NOTE, mark_call, take_back_mark
from data_access.edits.rights import may_mark_calls
from data_access.scope import Scope

CHOSEN = "call_chosen"
_ALL = 0  # in place of a product: all that the line is about
_BUTTONS: tuple[tuple[str, str, str], ...] = (  # mark, icon, explanation
    ("called", ":material/call:", N_("They were reached. Not suggested again for 30 days.")),
    (
        "bought",
        ":material/shopping_cart:",
        N_("They have bought. Not suggested again for 30 days."),
    ),
    (
        "not_interested",
        ":material/do_not_disturb_on:",
        N_("They do not want it. Not suggested again for 180 days, unless they order."),
    ),
    (
        "wrong",
        ":material/error:",
        N_(
            "The suggestion is wrong: say why. Not suggested again for 365 days, unless they order."
        ),
    ),
)


def line_panel(scope: Scope, row: pd.Series, reasons: pd.DataFrame) -> None:
    """Why this customer, what happened last time, whom to ask for, and the results to choose."""
    told = reasons.to_dict("records")
    form = _form(int(row["call_id"]))
    with st.container(border=True, gap="xsmall", key="call_panel"):
        _head(scope, row)
        for reason in told:
            st.markdown(f"- {in_full(reason)}")
        _what_to_say(row, told)
        show_refusal(form)
        if not may_mark_calls(scope):
            return
        draw_request(form)
        if pd.isna(row["mark"]):
            _results(row, told, form)
        else:
            _marked(row, form)


def _head(scope: Scope, row: pd.Series) -> None:
    reach = [
        plain(row[name]) for name in ("phone", "contact", "contact_phone") if _is_said(row[name])
    ]
    with st.container(horizontal=True, horizontal_alignment="distribute"):
        told = f" :gray[{' · '.join(reach)}]" if reach else ""
        st.markdown(f"**{plain(row['customer'])}**{told}", width="content")
        if may_open(scope.role, "customer"):
            st.page_link(
                find_page("customer").file, label=_("Open the customer"),
                icon=":material/person_search:",
                query_params={"customer": str(int(row["customer_id"]))},
            )  # fmt: skip
        if may_open(scope.role, "offers"):
            link_to_offers(_("What else to offer"), customer=int(row["customer_id"]))


def _what_to_say(row: pd.Series, reasons: list[dict[Any, Any]]) -> None:
    said = [(_("To offer"), plain(" · ".join(offered(reasons))))]
    value = plain(formula(reasons, row["currency"]))
    said.append((_("Expected value"), f"{value} :small[:gray[{_('probability × value')}]]"))
    said.append((_("Last time"), in_a_row(last_time(row.to_dict()))))
    for label, values in said:
        if values:
            st.markdown(_("{label}: {values}", label=f"**{label}**", values=values))


def _results(row: pd.Series, reasons: list[dict[Any, Any]], form: str) -> None:
    call_id, name = int(row["call_id"]), str(row["customer"])
    products = {
        int(each["product_id"]): each["product"] for each in reasons
        if not pd.isna(each["product_id"])
    }  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        if products:
            st.selectbox(
                _("Said about"), [_ALL, *products], width=240, key=f"{form}_about",
                format_func=lambda each: products.get(each) or _("everything on this line"),
                help=_("Of one product, “not interested” and “wrong” stand against that product"
                       " alone."),
            )  # fmt: skip
        st.text_input(_("Note"), max_chars=LONGEST_NOTE, key=f"{form}_note",
                      help=_("Needed where the suggestion is wrong."))  # fmt: skip
    with st.container(horizontal=True, gap="small"):
        for mark, icon, explanation in _BUTTONS:
            st.button(
                in_words("call_marks.mark", mark), icon=icon, help=_(explanation),
                type="primary" if mark == "called" else "secondary", key=f"{form}_{mark}",
                on_click=_mark, args=(call_id, name, mark),
            )  # fmt: skip


def _marked(row: pd.Series, form: str) -> None:
    said = plain(result_of(row.to_dict()))
    who = plain(row["marked_by"]) if _is_said(row["marked_by"]) else ""
    note = f" :gray[{plain(row['note'])}]" if _is_said(row["note"]) else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        when = formats.moment(row["marked_at"])
        by = _("{result}: {person}, {moment}", result=f"**{said}**", person=who, moment=when)
        st.markdown(f"{by}{note}", width="content")
        st.button(
            _("Take back"), icon=":material/undo:", key=f"{form}_back", on_click=_take_back,
            help=_("The line is open again."), args=(int(row["call_id"]), str(row["customer"])),
        )  # fmt: skip


def _mark(call_id: int, name: str, mark: str) -> None:
    scope = current_scope("calls")
    form = _form(call_id)
    about = st.session_state.get(f"{form}_about") or _ALL
    product_id = about if about != _ALL and mark in ("not_interested", "wrong") else None
    note = st.session_state.get(f"{form}_note") or ""
    done = save(
        form,
        lambda engine, request_id: mark_call(
            engine, scope, call_id, mark=mark, product_id=product_id, note=note,
            request_id=request_id,
        ),
    )  # fmt: skip
    if done is None:
        return
    st.session_state.pop(CHOSEN, None)
    words = in_words("call_marks.mark", mark)
    notify("calls", _("{customer}: {what}", customer=plain(name), what=words), done)


def _take_back(call_id: int, name: str) -> None:
    scope = current_scope("calls")
    done = save(
        _form(call_id),
        lambda engine, request_id: take_back_mark(engine, scope, call_id, request_id=request_id),
    )
    if done is None:
        return
    st.session_state.pop(CHOSEN, None)
    words = _("open again")
    notify("calls", _("{customer}: {what}", customer=plain(name), what=words), done)


def _form(call_id: int) -> str:
    return f"call_{call_id}"


def _is_said(value: Any) -> bool:
    return value is not None and not pd.isna(value) and value != ""
