"""Who may want a product next, and what goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.blanks import blank
from dashboard.choices import sees_several_reps
from dashboard.connection import engine_and_version
from dashboard.exports import Export, export_menu
from dashboard.offer_choice import choose_id, said_id
from dashboard.offer_picking import pick_product
from dashboard.offer_words import KIND_NAMES, about_rate, in_short
from dashboard.paging import clicked_row
from dashboard.reads import data_version, read
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import N_, _, _n, language, plain
from data_access.offered import find_offered_product
from data_access.offers import MOST, counts_pairs, list_bought_with, list_wanting
from data_access.scope import Scope

_ROWS_SEEN = 12
_WHICH: dict[str, str] = {"all": N_("All"), **KIND_NAMES}
Kind = Literal["again", "new"]


def product_view(scope: Scope, as_of: date) -> None:
    """Draws the whole view of the product that the address names, or asks which."""
    product_id = said_id("product")
    if product_id is None:
        pick_product(scope, as_of)
        return
    product = read(find_offered_product, scope, product_id, language=language(), engine="record")
    if product is None:
        blank(
            _("There is no such product."), "",
            (_("Choose another product"), lambda: choose_id("product", None)),
        )  # fmt: skip
        return
    _head(product)
    with st.container(border=True, gap="xsmall", key="offers_wanting"):
        _wanting(scope, product, as_of)
    with st.container(border=True, gap="xsmall", key="offers_bought_with"):
        _bought_with(scope, product_id)


def _head(product: dict[str, Any]) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
        parts = [product["sku"], product["category"],
                 formats.money(product["list_price"], product["currency"])]  # fmt: skip
        if product["available"] is not None:
            parts.append(_("{n} in stock", n=formats.number(product["available"])))
        more = " · ".join(plain(part) for part in parts if part)
        st.markdown(f"**{plain(product['product'])}**  \n:small[:gray[{more}]]", width="stretch")
        if product["discontinued_on"] is not None:
            ends = formats.day(product["discontinued_on"])
            st.badge(_("Sold until {day}", day=ends), color="orange")
        st.button(
            _("Choose another product"), key="offers_other_product", on_click=choose_id,
            args=("product", None),
        )  # fmt: skip


def _wanting(scope: Scope, product: dict[str, Any], as_of: date) -> None:
    product_id = int(product["product_id"])
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(f"**{_('Who may want it next')}**", width="content")
        which = st.segmented_control(
            _("Which customers"), tuple(_WHICH), default="all", required=True,
            format_func=lambda name: _(_WHICH[name]), key="offers_which",
            label_visibility="collapsed", persist_state="session",
        ) or "all"  # fmt: skip
    kind: Kind | None = None if which == "all" else which  # type: ignore[assignment]
    found = read(
        list_wanting, scope, product_id, as_of, kind=kind, language=language(), engine="record"
    )
    if not len(found):
        st.markdown(f":gray[{_('Nobody that you see is offered it.')}]")
        return
    ids = tuple(int(each) for each in found["customer_id"])
    key = f"offers_wanting_{data_version()}_{product_id}_{which}"
    show_table(
        _in_words(found),
        _columns(scope),
        key=key,
        alt=_("Who may want it next"),
        height="content" if len(found) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=lambda: _clicked(key, ids, "customer"),
        selection_mode="single-cell",
    )
    # below: on a phone the table's own toolbar lies over what is above it to the right
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        export_menu(_export(scope, product, as_of, which, kind), len(found))
        note = f"{_counted(len(found))} · {_('Click a row for all their offers')}"
        st.markdown(f":small[:gray[{note}]]", width="content")


def _export(
    scope: Scope, product: dict[str, Any], as_of: date, which: str, kind: Kind | None
) -> Export:
    product_id = int(product["product_id"])
    return Export(
        slug="offers",
        name="wanting",
        columns=[*_columns(scope), *_phone(scope)],
        rows=lambda person, most: _asked_anew(person, product_id, as_of, kind).head(most),
        as_of=as_of,
        filters=[
            _("{label}: {values}", label=_("Product"), values=product["product"]),
            _(_WHICH[which]),
            _("without who refuses to be contacted"),
        ],
    )


def _counted(count: int) -> str:
    if count >= MOST:
        return _("the likeliest {n}", n=formats.number(count))
    return _n("{n} customer", "{n} customers", count)


def _asked_anew(person: Scope, product_id: int, as_of: date, kind: Kind | None) -> pd.DataFrame:
    engine, _version = engine_and_version("record")
    return _in_words(
        list_wanting(engine, person, product_id, as_of, kind=kind, language=language())
    )


def _in_words(found: pd.DataFrame) -> pd.DataFrame:
    rows = found.to_dict("records")
    return found.assign(
        why=[in_short(row) for row in rows],
        kind_told=[_(KIND_NAMES[row["kind"]]) for row in rows],
    )


def _columns(scope: Scope) -> list[Column]:
    several = sees_several_reps(scope)
    return [
        Column("customer", _("Customer"), width=188),
        *([Column("rep", _("Sales rep"), width=100)] if several else []),
        *([Column("region", _("Region"), width=105)] if several else []),
        Column("kind_told", _("Kind"), width=90),
        Column("why", _("Why"), width=272),
        Column("rank", _("Rank"), "count", width=50,
               help=_("Among what is offered to the customer")),
        Column("last_bought_on", _("Last bought"), "day", width=95,
               help=_("The last order with this product")),
        Column("last_ordered_on", _("Last order"), "day", width=95),
    ]  # fmt: skip


def _phone(scope: Scope) -> list[Column]:
    return [Column("phone", _("Phone"))] if scope.sees("customers", "phone") else []


def _bought_with(scope: Scope, product_id: int) -> None:
    st.markdown(f"**{_('What goes with it')}**")
    found = read(list_bought_with, scope, product_id, language=language(), engine="record")
    if not len(found):
        st.markdown(f":gray[{_('Nothing is ordered with it more often than by chance.')}]")
        return
    counted = counts_pairs(scope)
    ids = tuple(int(each) for each in found["other_product_id"])
    key = f"offers_with_{data_version()}_{product_id}"
    show_table(
        found.assign(lift_range=[_range(row) for row in found.to_dict("records")],
                     about=[about_rate(each) for each in found["confidence"]]),
        _with_columns(counted=counted),
        key=key,
        alt=_("What goes with it"),
        height="content" if len(found) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=lambda: _clicked(key, ids, "product"),
        selection_mode="single-cell",
    )  # fmt: skip
    if counted:
        orders = int(found["product_orders"].iloc[0])
        said = _n("of {n} order with it", "of {n} orders with it", orders)
        st.markdown(f":small[:gray[{said}]]")


def _range(row: Mapping[Any, Any]) -> str:
    low, high = (formats.number(row[name], 1) for name in ("lift_low", "lift_high"))
    return f"{low} – {high}"


def _with_columns(*, counted: bool) -> list[Column]:
    """Round numbers for who is told no counts of all orders."""
    of_it = _("Of the orders with this product, those that have the other too")
    times = Column("lift", _("Times chance"), "decimal", width=95,
                   help=_("How many times as often as if they had nothing to do with each other"
                          " (lift)"))  # fmt: skip
    product = Column("other_product", _("Product"), width=260)
    if not counted:
        return [product, Column("about", _("Share, about"), width=95, help=of_it), times]
    return [
        product,
        Column("together", _("With both"), "count", width=85, help=_("Orders with both")),
        Column("confidence", _("Share"), "rate", width=75, help=of_it),
        times,
        Column("lift_range", _("95% interval"), width=95),
    ]


def _clicked(key: str, ids: tuple[int, ...], about: str) -> None:
    chosen = clicked_row(key, ids)
    if chosen is not None:
        choose_id(about, chosen)
        st.query_params["view"] = about
