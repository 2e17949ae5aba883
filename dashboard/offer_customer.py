"""What to offer one customer: whom, the two lists, what is left out, and what can be said of a
product."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.recommending.choosing import Chosen
from dashboard.blanks import blank
from dashboard.exports import Export, export_menu
from dashboard.menu import find_page, may_open
from dashboard.offer_choice import Asked, choose_id, lists_choice, said_id
from dashboard.offer_lists import KINDS, Offered, is_cold, offered, offered_anew
from dashboard.offer_picking import pick_customer
from dashboard.offer_product_panel import CHOSEN, product_panel, refused_panel
from dashboard.offer_words import (
    KIND_NAMES,
    LEFT_OUT,
    METHODS,
    add_words,
    cold_note,
    how_it_is_ranked,
)
from dashboard.paging import clicked_row
from dashboard.reads import data_version, read
from dashboard.tables import Column, show_table
from dashboard.texts import _, _n, in_a_row, language, plain
from data_access.customers import find_customer
from data_access.edits.reminding import may_remind
from data_access.errors import NotFound
from data_access.offered import find_last_offer_run
from data_access.scope import Scope


def customer_view(scope: Scope, as_of: date) -> None:
    """Draws the whole view of the customer that the address names, or asks for whom."""
    run = read(find_last_offer_run, scope, engine="record")
    if run is None:
        blank(
            _("Nothing has been worked out yet."),
            _("Offers appear here after `python -m dashboard refresh` has run."),
        )
        return
    customer_id = said_id("customer")
    if customer_id is None:
        pick_customer(scope)
        return
    try:
        customer = read(find_customer, scope, customer_id, language(), engine="record")
    except NotFound:
        blank(
            _("There is no such customer, or it is not yours to see."),
            "",
            (_("Choose another"), lambda: choose_id("customer", None)),
        )
        return
    _head(scope, customer)
    cold = is_cold(scope, customer_id, as_of)
    asked = lists_choice(scope, is_cold=cold)
    told = offered(scope, customer_id, as_of, asked.method, asked.screen)
    if not len(told.rows):
        _nothing(told)
        return
    if told.is_cold:
        st.info(cold_note(str(told.rows["reason"].iloc[0])), icon=":material/ac_unit:")
    lists = {kind: told.chosen(kind, asked.variety) for kind in KINDS}
    _lists(scope, customer, told, lists, asked)
    _below(scope, customer, told, lists, asked, as_of, run["as_of_on"])


def _head(scope: Scope, customer: dict[str, Any]) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        parts = [customer["region"], customer["owner"]]
        more = " · ".join(plain(part) for part in parts if part)
        told = f"**{plain(customer['customer'])}**  \n:small[:gray[{more}]]"
        st.markdown(told, width="stretch")
        if customer["consent"] == "refused":
            st.badge(_("Refused to be contacted"), color="red", icon=":material/block:")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            if may_open(scope.role, "customer"):
                st.page_link(
                    find_page("customer").file, label=_("Open the customer"),
                    icon=":material/person_search:",
                    query_params={"customer": str(customer["customer_id"])},
                )  # fmt: skip
            st.button(
                _("Choose another"), key="offers_other_customer", on_click=choose_id,
                args=("customer", None),
            )  # fmt: skip


def _nothing(told: Offered) -> None:
    if told.worked_out:
        blank(
            _("There is nothing to offer."),
            _("Nothing of what is sold goes with what they bought; the next refresh looks again."),
        )
    else:
        blank(
            _("This method has not been worked out for them yet."),
            _("Its list appears here after `python -m dashboard refresh` has run."),
        )


def _lists(
    scope: Scope, customer: dict[str, Any], told: Offered, lists: dict[str, Chosen], asked: Asked
) -> None:
    for kind in KINDS:
        if not (told.rows["kind"] == kind).any():
            continue
        with st.container(border=True, gap="xsmall", key=f"offers_{kind}"):
            _list(scope, int(customer["customer_id"]), kind, told, lists[kind], asked)
            offers = lists[kind].offers
            opened = offers[offers["product_id"] == st.session_state.get(CHOSEN)]
            if len(opened):
                product_panel(scope, customer, opened.iloc[0])


def _list(
    scope: Scope, customer_id: int, kind: str, told: Offered, chosen: Chosen, asked: Asked
) -> None:
    offers = chosen.offers
    free = told.rows[(told.rows["kind"] == kind) & told.rows["left_out"].isna()]
    note = _("{n} of the {of} best, {share} unlike each other", n=formats.number(len(offers)),
             of=formats.number(len(free)), share=formats.rate(chosen.variety, 0))  # fmt: skip
    name = _("Popular products") if told.is_cold else _(KIND_NAMES[kind])
    st.markdown(f"**{name}**")  # alone: on a phone the table's toolbar lies over the rest
    if not len(offers):
        st.markdown(f":gray[{_('All of it is left out: see below why.')}]")
        return
    ids = tuple(int(each) for each in offers["product_id"])
    key = f"offers_{kind}_{data_version()}_{customer_id}_{asked.method}_{hash(ids) % 9999}"
    currency = _currency(offers)
    show_table(
        add_words(offers),
        _columns(scope, kind, currency),
        key=key,
        alt=name,
        currency=currency,
        on_select=lambda: _clicked(key, ids),
        selection_mode="single-cell",
    )
    st.markdown(f":small[:gray[{note}]]")


def _currency(offers: pd.DataFrame) -> str | None:
    """Of all the prices; None where there are several."""
    known = offers["currency"].dropna().unique()
    return str(known[0]) if len(known) == 1 else None


def _columns(scope: Scope, kind: str, currency: str | None) -> list[Column]:
    own = [
        Column("bought_orders", _("Bought"), "count", width=70, help=_("Orders with it")),
        Column("last_bought_on", _("Last bought"), "day", width=100),
    ]  # fmt: skip
    price = Column("list_price", _("List price"), "money", width=95)
    if currency is None:  # each in its own
        price = Column("price", _("List price"), width=95)
    margin = (
        [Column("margin_rate", _("Margin"), "rate", width=75, help=_("Gross, at list price"))]
        if scope.sees("products", "unit_cost")
        else []
    )
    return [
        Column("rank", _("Rank"), "count", width=50, help=_("By the score of the method")),
        Column("product", _("Product"), width=200),
        Column("why", _("Why"), width=330),
        *(own if kind == "again" else []),
        Column("available", _("In stock"), "count", width=80),
        price,
        *margin,
    ]


def _below(
    scope: Scope, customer: dict[str, Any], told: Offered, lists: dict[str, Chosen], asked: Asked,
    as_of: date, worked_out_on: date,
) -> None:  # fmt: skip
    customer_id, name = int(customer["customer_id"]), str(customer["customer"])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        export_menu(
            Export(
                slug="offers",
                name="offers",
                columns=_file_columns(scope),
                rows=lambda person, most: _file_rows(person, customer_id, as_of, asked).head(most),
                as_of=as_of,
                filters=_in_words(name, asked, told),
            ),
            sum(len(each.offers) for each in lists.values()),
        )
        day = formats.day(worked_out_on)
        stale = [_("`python -m dashboard refresh` brings it up to date.")]
        said = [_("Worked out of the orders up to {day}.", day=day)]
        st.markdown(
            f":small[:gray[{in_a_row([*said, *(stale if worked_out_on < as_of else [])])}]]"
        )
    _left_out(scope, customer, told)
    with st.expander(_("How these lists are made"), icon=":material/help:"):
        method = "blend" if told.is_cold else asked.method
        st.markdown("\n".join(f"- {each}" for each in _how(method)))


def _how(method: str) -> list[str]:
    return [
        how_it_is_ranked(method),
        _("Everything is worked out by `python -m dashboard refresh` and stored; this page chooses"
          " from it: of each kind the best {most}, of which {n} are shown.",
          most=20 if method == "blend" else 15, n=10),
        _("Variety chooses among them by maximal marginal relevance: a product counts less, the"
          " more it is like one that is on the list already."),
        _("Stock, refusals, returns and margins are those of now."),
    ]  # fmt: skip


def _left_out(scope: Scope, customer: dict[str, Any], told: Offered) -> None:
    rows = told.left_out
    if not len(rows):
        return
    label = _n("{n} product is left out", "{n} products are left out", len(rows))
    with st.expander(label, icon=":material/block:", key="offers_left_out"):
        frame = add_words(rows).assign(because=[_(LEFT_OUT[code]) for code in rows["left_out"]])
        may_take_back = may_remind(scope, "offer") and (rows["left_out"] == "refused").any()
        if may_take_back:
            advice = _("Click a product that they do not want to take that back")
            st.markdown(f":small[:gray[{advice}]]")
        ids = tuple(int(each) for each in rows["product_id"])
        key = f"offers_left_out_{data_version()}_{customer['customer_id']}_{hash(ids) % 9999}"
        show_table(
            frame,
            [
                Column("product", _("Product"), width=190),
                Column("because", _("Left out because"), width=210),
                Column("kind_told", _("List"), width=110),
                Column("rank", _("Rank"), "count", width=60),
                Column("available", _("In stock"), "count", width=80),
                Column("returned_units", _("Returned"), "count", width=80,
                       help=_("Units that they returned")),
                Column("bought_units", _("Bought"), "count", width=80,
                       help=_("Units that they bought")),
                Column("why", _("Why it would be offered"), width=300),
            ],
            key=key,
            alt=_("Products that are left out"),
            on_select=(lambda: _clicked(key, ids)) if may_take_back else "ignore",
            selection_mode="single-cell",
        )  # fmt: skip
        opened = rows[rows["product_id"] == st.session_state.get(CHOSEN)]
        if may_take_back and len(opened) and opened["left_out"].iloc[0] == "refused":
            refused_panel(customer, opened.iloc[0])


def _file_rows(person: Scope, customer_id: int, as_of: date, asked: Asked) -> pd.DataFrame:
    told = offered_anew(person, customer_id, as_of, asked.method, asked.screen)
    lists = [told.chosen(kind, asked.variety).offers for kind in KINDS]
    return add_words(pd.concat(lists, ignore_index=True))


def _file_columns(scope: Scope) -> list[Column]:
    return [
        Column("kind_told", _("List")),
        *_columns(scope, "again", None),
        Column("sku", _("SKU")),
        Column("category", _("Category")),
    ]


def _in_words(name: str, asked: Asked, told: Offered) -> Sequence[str]:
    method = _("popular products, for want of orders") if told.is_cold else _(METHODS[asked.method])
    parts = ((_("Customer"), name), (_("Ranked by"), method),
             (_("Variety"), formats.rate(asked.variety, 0)))  # fmt: skip
    return [_("{label}: {values}", label=label, values=value) for label, value in parts]


def _clicked(key: str, ids: tuple[int, ...]) -> None:
    chosen = clicked_row(key, ids)
    if chosen is not None:
        st.session_state[CHOSEN] = chosen
