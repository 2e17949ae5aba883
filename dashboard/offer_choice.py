"""What is chosen on the page of offers, and stands in its address: the view, whom or what it is
about, the method and the variety."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.analytics.recommending.screening import Screen
from dashboard.menu import find_page
from dashboard.offer_words import METHODS, how_it_is_ranked
from dashboard.texts import N_, _, in_a_row
from data_access.scope import Scope

VIEWS: dict[str, str] = {
    "customer": N_("For a customer"),
    "product": N_("For a product"),
    "segment": N_("For a segment"),
}
_LEAST_MARGINS = (0.0, 0.1, 0.2, 0.3)
_STEPS = 10


@dataclass(frozen=True)
class Asked:
    """How the lists of a customer are made; `variety` from 0 to 1."""

    method: str
    variety: float
    screen: Screen


def view_choice(views: Sequence[str] = tuple(VIEWS)) -> str:
    """Draws which question is answered; returns it."""
    chosen: str = _kept("view", views, "customer")
    st.segmented_control(
        _("Offers for whom"), views, required=True, format_func=lambda view: _(VIEWS[view]),
        key=_key("view"), label_visibility="collapsed", on_change=_say, args=("view",),
    )  # fmt: skip
    return chosen


def lists_choice(scope: Scope, *, is_cold: bool) -> Asked:
    """Draws the method, the variety and what is left out."""
    method: str = _kept("method", tuple(METHODS), "blend")
    variety: int = _kept("variety", tuple(range(0, 101, _STEPS)), 0, int)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.selectbox(
            _("Ranked by"), tuple(METHODS), format_func=lambda name: _(METHODS[name]), width=290,
            key=_key("method"), on_change=_say, args=("method",), disabled=is_cold,
            help=how_it_is_ranked(method),
        )  # fmt: skip
        st.slider(
            _("Variety"), 0, 100, step=_STEPS, format="%d%%", key=_key("variety"), width=240,
            on_change=_say, args=("variety",),
            help=_("At 0% the best scores. The more, the less alike the products of a list are in"
                   " category, supplier, price and name; the list never gets less varied."),
        )  # fmt: skip
        screen = _screen(scope)
    return Asked(method, variety / 100, screen)


def _screen(scope: Scope) -> Screen:
    with st.popover(_("What is left out"), icon=":material/filter_alt:", key="offers_screen"):
        needs_stock = st.checkbox(
            _("What is not in stock"), value=True, key="offers_stock", persist_state="session"
        )
        returned = st.checkbox(
            _("What they return often"), value=True, key="offers_returned",
            persist_state="session",
            help=_("At least two units, and more than 30% of what they bought of it, came back."),
        )  # fmt: skip
        least: float | None = None
        if scope.sees("products", "unit_cost"):
            least = st.selectbox(
                _("Gross margin of at least"), _LEAST_MARGINS, key="offers_margin",
                format_func=lambda rate: formats.rate(rate, 0), persist_state="session",
                help=_("At list price."),
            )  # fmt: skip
        always = (
            _("Never offered: what is no longer sold."),
            _("What they refused is always left out."),
        )
        st.markdown(f":small[:gray[{in_a_row(always)}]]")
    return Screen(
        needs_stock=needs_stock, most_returned=0.3 if returned else None, least_margin=least
    )


def said_id(name: str) -> int | None:
    """The number of this name in the address."""
    said = st.query_params.get(name, "")
    return int(said) if said.isascii() and said.isdigit() and 0 < len(said) < 19 else None


def choose_id(name: str, value: int | None) -> None:
    """For callbacks: the page is about this one now, or about none."""
    st.session_state.pop("offer_chosen", None)
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = str(value)


def link_to_offers(label: str, *, icon: str = find_page("offers").icon, **said: Any) -> None:
    """A link to the page, about the customer or the product that is `said`."""
    st.page_link(
        find_page("offers").file, label=label, icon=icon,
        query_params={name: str(value) for name, value in said.items()},
    )  # fmt: skip


def _kept(
    name: str, allowed: Sequence[Any], usual: Any, read: Callable[[str], Any] = str
) -> Any:  # fmt: skip
    """What the address says, put where the widget finds it."""
    said = st.query_params.get(name, "")
    found = {str(each): each for each in allowed}.get(said, usual)
    st.session_state[_key(name)] = read(str(found))
    return st.session_state[_key(name)]


def _say(name: str) -> None:
    st.query_params[name] = str(st.session_state[_key(name)])


def _key(name: str) -> str:
    return f"offers_{name}"
