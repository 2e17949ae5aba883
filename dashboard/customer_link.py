"""From a list to one of its customers, and back to the list as it was left."""

from __future__ import annotations

import streamlit as st

from dashboard.menu import find_page, may_open
from dashboard.texts import _
from data_access.scope import Scope

_OPEN = "open_customer"
_LEFT = "customers_left"


def open_customer(customer_id: int) -> None:
    """For callbacks: the page goes there with `open_chosen_customer`."""
    st.session_state[_OPEN] = customer_id


def open_chosen_customer(slug: str) -> None:
    """Goes to the customer that was clicked in the list of this page, if one was."""
    chosen = st.session_state.pop(_OPEN, None)
    if chosen is not None:
        go_to_customer(slug, chosen)
    if "customer" in st.query_params:  # Streamlit's step between list and customer in the history
        left, said = _list_left()
        st.query_params.from_dict(said if left == slug else {})


def go_to_customer(slug: str, customer_id: int) -> None:
    said = {name: st.query_params.get_all(name) for name in st.query_params if name != "customer"}
    st.session_state[_LEFT] = (slug, said)
    st.switch_page(find_page("customer").file, query_params={"customer": str(customer_id)})


def link_to_list(scope: Scope) -> None:
    """To the list as it was left."""
    slug, said = _list_left()
    if may_open(scope.role, slug):
        page = find_page(slug)
        st.page_link(
            page.file, label=_(page.title), icon=":material/arrow_back:", query_params=said or None
        )


def _list_left() -> tuple[str, dict[str, list[str]]]:
    left: tuple[str, dict[str, list[str]]] = st.session_state.get(_LEFT, ("customers", {}))
    return left
