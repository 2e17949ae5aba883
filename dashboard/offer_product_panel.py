"""The panel of one product of a customer's list: why, what is known of it, and that they do not
want it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.edit_notice import notify
from dashboard.offer_choice import choose_id
from dashboard.offer_words import in_full
from dashboard.saving import draw_request, save, show_refusal
from dashboard.session import current_scope
from dashboard.texts import _, plain
from data_access.edits.refusing import take_back_refusal
from data_access.edits.reminding import LONGEST_NOTE, may_remind, record_reminder
from data_access.scope import Scope

CHOSEN = "offer_chosen"


def product_panel(scope: Scope, customer: dict[str, Any], offer: pd.Series) -> None:
    customer_id, product_id = int(customer["customer_id"]), int(offer["product_id"])
    form = f"offer_{customer_id}_{product_id}"
    with st.container(border=True, gap="xsmall", key="offer_panel"):
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.markdown(
                f"**{plain(offer['product'])}** :gray[{plain(offer['sku'])}]", width="content"
            )
            st.button(
                _("Who else may want it"), icon=":material/groups:", key=f"{form}_others",
                type="tertiary", on_click=_to_product, args=(product_id,),
            )  # fmt: skip
        st.markdown(in_full(offer.to_dict()))
        st.markdown(f":small[{' · '.join(_facts(scope, offer))}]")
        show_refusal(form)
        if not may_remind(scope, "offer"):
            return
        draw_request(form)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.text_input(_("Note"), max_chars=LONGEST_NOTE, key=f"{form}_note")
            st.button(
                _("Not interested"), icon=":material/do_not_disturb_on:", key=f"{form}_refused",
                help=_("They do not want this product: it is not offered to them again, neither"
                       " here nor on a list of calls."),
                on_click=_refuse,
                args=(customer_id, product_id, str(customer["customer"]), str(offer["product"])),
            )  # fmt: skip


def refused_panel(customer: dict[str, Any], product: pd.Series) -> None:
    """A product that they do not want, and the way back."""
    customer_id, product_id = int(customer["customer_id"]), int(product["product_id"])
    form = _form_back(customer_id, product_id)
    show_refusal(form)
    draw_request(form)
    with st.container(
        border=True, horizontal=True, vertical_alignment="center", key="refused_panel"
    ):
        st.markdown(f"**{plain(product['product'])}**", width="stretch")
        st.button(
            _("They may want it after all"), icon=":material/undo:", key=form,
            help=_("That they do not want it is taken back: it is offered to them again, here and"
                   " on lists of calls."),
            on_click=_take_back,
            args=(customer_id, product_id, str(customer["customer"]), str(product["product"])),
        )  # fmt: skip


def _facts(scope: Scope, offer: pd.Series) -> list[str]:
    told = [(_("List price"), formats.money(offer["list_price"], offer["currency"]))]
    if not pd.isna(offer["available"]):
        told.append((_("In stock"), formats.number(offer["available"])))
    if not pd.isna(offer["margin_rate"]):
        told.append((_("Gross margin"), formats.rate(offer["margin_rate"])))
    if offer["bought_units"]:
        told.append((_("Bought"), formats.number(offer["bought_units"])))
        told.append((_("Last bought"), formats.day(offer["last_bought_on"])))
    if offer["returned_units"]:
        told.append((_("Returned"), formats.number(offer["returned_units"])))
    return [_("{label}: {values}", label=label, values=plain(value)) for label, value in told]


def _to_product(product_id: int) -> None:
    choose_id("product", product_id)
    st.query_params["view"] = "product"


def _refuse(customer_id: int, product_id: int, customer: str, product: str) -> None:
    scope = current_scope("offers")
    form = f"offer_{customer_id}_{product_id}"
    note = st.session_state.get(f"{form}_note") or ""
    done = save(
        form,
        lambda engine, request_id: record_reminder(
            engine, scope, customer_id, product_id, cause="offer", action="call",
            state="dismissed", note=note, request_id=request_id,
        ),
    )  # fmt: skip
    if done is None:
        return
    st.session_state.pop(CHOSEN, None)
    words = _("{customer} does not want {product}", customer=plain(customer),
              product=plain(product))  # fmt: skip
    notify("offers", words, done)


def _take_back(customer_id: int, product_id: int, customer: str, product: str) -> None:
    scope = current_scope("offers")
    done = save(
        _form_back(customer_id, product_id),
        lambda engine, request_id: take_back_refusal(
            engine, scope, customer_id, product_id, request_id=request_id
        ),
    )
    if done is None:
        return
    st.session_state.pop(CHOSEN, None)
    words = _("{product} is offered to {customer} again", customer=plain(customer),
              product=plain(product))  # fmt: skip
    notify("offers", words, done)


def _form_back(customer_id: int, product_id: int) -> str:
    return f"offer_{customer_id}_{product_id}_back"
