"""For whom, or of what: a search, and whom to call this week."""

from __future__ import annotations

from datetime import date
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.choices import sees_several_reps
from dashboard.offer_choice import choose_id
from dashboard.paging import clicked_row
from dashboard.reads import data_version, read
from dashboard.tables import Column, show_table
from dashboard.texts import _, _n, language
from data_access.calls import list_call_weeks, list_calls
from data_access.filters import OrderFilter
from data_access.new_order import list_products_for_order
from data_access.offered import MOST_SOLD_IN, list_most_sold
from data_access.options import list_customers_named
from data_access.scope import Scope

_MOST_CALLS = 10
_MOST_FOUND = 30


def pick_customer(scope: Scope) -> None:
    """By name or phone, or from the calls of the week."""
    left, right = st.columns(2, gap="small")
    words = _words(left, _("Search customers"), _("Name or phone"), "offers_customer_words")
    found = read(list_customers_named, scope, words, language(), engine="record")
    names = {
        int(row.customer_id): f"{row.name} · {row.city}" if row.city else str(row.name)
        for row in _rows(found)
    }
    nobody = _("Nobody of this name is yours to see")
    some = _n("Choose from {n}", "Choose from {n}", len(names)) if names else nobody
    _found(right, _("Customer"), names, some, "customer")
    _calls_of_the_week(scope)


def pick_product(scope: Scope, as_of: date) -> None:
    """By name or SKU, among what is sold, or from what is sold most."""
    left, right = st.columns(2, gap="small")
    words = _words(left, _("Search products"), _("Name or SKU"), "offers_product_words")
    found = read(
        list_products_for_order, scope, words, as_of, language=language(), limit=_MOST_FOUND,
        engine="record",
    )  # fmt: skip
    names = {int(row.product_id): f"{row.product} · {row.sku}" for row in _rows(found)}
    nothing = _("No product on sale has this name or SKU")
    some = _n("Choose from {n} product", "Choose from {n} products", len(names))
    _found(right, _("Product"), names, some if names else nothing, "product")
    _most_sold(scope, as_of)


def _words(place: Any, label: str, example: str, key: str) -> str:
    said = place.text_input(label, key=key, type="search", max_chars=100, placeholder=example)
    return " ".join((said or "").split())


def _found(place: Any, label: str, names: dict[int, str], hint: str, about: str) -> None:
    key = f"offers_found_{about}"
    place.selectbox(
        label, list(names), index=None, key=key,
        format_func=lambda each: names.get(each, ""),
        placeholder=hint,
        on_change=lambda: choose_id(about, st.session_state[key]),
    )  # fmt: skip


def _calls_of_the_week(scope: Scope) -> None:
    weeks = read(list_call_weeks, scope, engine="record")["week_on"]
    if not len(weeks):
        return
    week_on = weeks.iloc[0].date()
    lines = read(
        list_calls, scope, OrderFilter(), week_on, limit=_MOST_CALLS, language=language(),
        engine="record",
    )  # fmt: skip
    if not len(lines):
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{_('To call this week')}**")
        ids = tuple(int(each) for each in lines["customer_id"])
        key = f"offers_calls_{data_version()}"
        rep = [Column("rep", _("Sales rep"), width=140)] if sees_several_reps(scope) else []
        currencies = lines["currency"].unique()
        currency = str(currencies[0]) if len(currencies) == 1 else None
        value = Column("expected_value", _("Expected value"), "money", width=130)
        if currency is None:  # each in its own
            value = Column("value", _("Expected value"), width=130)
        values = [
            formats.money(amount, own)
            for amount, own in zip(lines["expected_value"], lines["currency"], strict=True)
        ]
        show_table(
            lines.assign(value=values),
            [
                Column("customer", _("Customer"), width=230),
                *rep,
                value,
                Column("last_ordered_on", _("Last order"), "day"),
            ],
            key=key,
            alt=_("To call this week"),
            currency=currency,
            on_select=lambda: _clicked(key, ids, "customer"),
            selection_mode="single-cell",
        )
        note = _("the list of {week}, what is worth the most first", week=formats.week(week_on))
        st.markdown(f":small[:gray[{note}]]")


def _most_sold(scope: Scope, as_of: date) -> None:
    found = read(list_most_sold, scope, as_of, language=language())
    if not len(found):
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{_('Most sold')}**")
        ids = tuple(int(each) for each in found["product_id"])
        key = f"offers_most_sold_{data_version()}"
        show_table(
            found,
            [
                Column("product", _("Product"), width=260),
                Column("orders", _("Orders"), "count", width=80),
                Column("category", _("Category"), width=140),
                Column("last_ordered_on", _("Last order"), "day"),
                Column("available", _("In stock"), "count", width=90),
            ],
            key=key,
            alt=_("Most sold"),
            on_select=lambda: _clicked(key, ids, "product"),
            selection_mode="single-cell",
        )
        note = _("in orders of the last {n} days", n=MOST_SOLD_IN)
        st.markdown(f":small[:gray[{note}]]")


def _clicked(key: str, ids: tuple[int, ...], about: str) -> None:
    chosen = clicked_row(key, ids)
    if chosen is not None:
        choose_id(about, chosen)


def _rows(frame: Any) -> list[Any]:
    return list(frame.itertuples())
