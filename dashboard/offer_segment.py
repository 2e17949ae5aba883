"""What to offer to a segment of customers next, and a letter to each of them."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.exports import Export, export_menu, whole_list
from dashboard.offer_drafts import LANGUAGES, add_drafts
from dashboard.paging import PAGE_ROWS, clicked_row, first_page, list_toolbar, pages_of
from dashboard.reads import data_version, read
from dashboard.segment_choice import code_of, codes_of, groups_of
from dashboard.segment_words import segment_name
from dashboard.session import current_scope
from dashboard.tables import Column, show_table
from dashboard.texts import LANGUAGES as LANGUAGE_NAMES
from dashboard.texts import N_, _, _n, in_a_row, language, plain
from data_access.divisions import Division, DivisionRefused, read_definition
from data_access.keyset import Cursor
from data_access.scope import Scope
from data_access.segment_lists import list_saved_segments
from data_access.segment_offers import (
    BEST,
    OfferKind,
    count_segment_offers,
    find_segment_reach,
    list_segment_offers,
    sum_segment_offers,
)
from data_access.segments import sum_segments

_ALL = "all"
_SAVED = "saved-"
_MOST_PRODUCTS = 50
_KINDS = {_ALL: N_("Both"), "again": N_("Buy again"), "new": N_("New for them")}
_PRODUCT, _CUSTOMER = "segment_offer_product", "segment_offer_customer"
_STOCK = {
    "enough": (N_("enough"), "green"),
    "few": (N_("too few"), "orange"),
    "none": (N_("none"), "red"),
}


def segment_block(scope: Scope, as_of: date, *, slug: str = "segments") -> None:
    """For a page whose `slug` says who may take the list away."""
    choices = _segments(scope)
    if not choices:
        st.markdown(f":gray[{_('No customers are scored yet, so there are no segments.')}]")
        return
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        names = {key: name for key, (name, _division) in choices.items()}
        picked = st.selectbox(
            _("Segment"), list(names), format_func=lambda key: names[key],
            key="segment_offer_segment", label_visibility="collapsed", width=280,
            persist_state="session", on_change=_forget,
        )  # fmt: skip
        kind = _kind_box()
    division = choices[picked if picked in choices else next(iter(choices))][1]
    _reach_line(scope, division)
    products = read(sum_segment_offers, scope, division, as_of, engine="record", kind=kind,
                    limit=_MOST_PRODUCTS, language=language())  # fmt: skip
    if not len(products):
        st.markdown(f":gray[{_('No offer stands for anybody in this segment who may be asked.')}]")
        return
    _product_table(scope, products)
    said = st.session_state.get(_PRODUCT)
    chosen = said if said in set(products["product_id"]) else None
    _customers(scope, division, as_of, kind, chosen, products, slug, names.get(picked, ""))


def stock_state(available: float | None, expected_units: float | None) -> str | None:
    """enough, few or none, beside what is expected to be ordered; None where no stock is kept.

    >>> stock_state(5, 4.2), stock_state(4, 4.2), stock_state(0, None), stock_state(None, 1)
    ('enough', 'few', 'none', None)
    """
    if available is None or pd.isna(available):
        return None
    if available <= 0:
        return "none"
    few = expected_units is not None and not pd.isna(expected_units) and available < expected_units
    return "few" if few else "enough"


def _segments(scope: Scope) -> dict[str, tuple[str, Division]]:
    """Those that have customers, the best first, and those that somebody saved."""
    everybody = Division()
    sums = read(sum_segments, scope, everybody)
    there = {code_of("rfm", int(group)) for group in sums["group_number"]}
    found = {
        code: (segment_name(code), Division(groups=groups_of("rfm", code)))
        for code in codes_of("rfm")
        if code in there
    }
    if not found:
        return {}
    found[_ALL] = (_("All customers"), everybody)
    for row in read(list_saved_segments, scope, engine="record").to_dict("records"):
        try:
            division = read_definition(str(row["definition"]))
        except DivisionRefused:  # of another version
            continue
        name = _("Saved: {name}", name=row["name"])
        found[f"{_SAVED}{row['saved_segment_id']}"] = (name, division)
    return found


def _kind_box() -> OfferKind | None:
    picked = st.segmented_control(
        _("Which offers"), list(_KINDS), default=_ALL, required=True,
        format_func=lambda name: _(_KINDS[name]), key="segment_offer_kind",
        label_visibility="collapsed", on_change=_forget,
    )  # fmt: skip
    return next((kind for kind in get_args(OfferKind) if kind == picked), None)


def _reach_line(scope: Scope, division: Division) -> None:
    reach = read(find_segment_reach, scope, division, engine="record")
    count, refusing = int(reach["customers"]), int(reach["refusing"])
    said = [_n("{n} customer in the segment.", "{n} customers in the segment.", count)]
    if refusing:
        said.append(
            _n("{n} refuses contact and is left out.", "{n} refuse contact and are left out.",
               refusing)
        )  # fmt: skip
    st.markdown(f":small[:gray[{in_a_row(said)}]]")


def _product_table(scope: Scope, products: pd.DataFrame) -> None:
    """A click on a product shows the customers it is for; another, all of them."""
    st.markdown(f"**{_('Next best offers')}**")
    states = [
        stock_state(available, units)
        for available, units in zip(products["available"], products["expected_units"], strict=True)
    ]
    worth = [
        formats.money(value, currency)
        for value, currency in zip(products["expected_value"], products["currency"], strict=True)
    ]
    ids = tuple(products["product_id"].tolist())
    key = f"segment_offers_{data_version()}_{hash(ids) % 9999}"
    show_table(
        products.assign(stock=pd.Series(states, products.index, dtype=object), worth=worth),
        _product_columns(scope),
        key=key,
        alt=_("Products that are the best offers for the segment"),
        height="content" if len(products) <= 10 else 366,
        on_select=lambda: _product_clicked(key, ids),
        selection_mode="single-cell",
    )
    told = _(
        "For whom: customers who may be contacted and for whom the product is among the {n} best of"
        " its kind. Expected: the chance of an order in 90 days × the share of such offers that was"
        " in the next order, where it was measured × a pack at list price.", n=BEST,
    )  # fmt: skip
    for each in (_("Click a row to see for whom"), told):
        st.markdown(f":small[:gray[{each}]]")


def _product_columns(scope: Scope) -> list[Column]:
    columns = [
        Column("product", _("Product"), width=230),
        Column("customers", _("For whom"), "count", width=90),
        Column("again", _("Buy again"), "count", width=95),
        Column("new", _("New for them"), "count", width=115),
    ]
    if scope.sees("products", "list_price"):
        columns.append(Column("worth", _("Expected worth"), width=125))
    if scope.sees("products", "unit_cost"):
        columns.append(Column("margin_rate", _("Margin"), "rate", width=80))
    return [
        *columns,
        Column("available", _("In stock"), "count", width=85),
        Column("stock", _("Is it enough?"), "badge", width=115, badges=_STOCK,
               help=_("Beside the units that are expected to be ordered")),
    ]  # fmt: skip


def _customers(
    scope: Scope, division: Division, as_of: date, kind: OfferKind | None, product_id: int | None,
    products: pd.DataFrame, slug: str, segment: str,
) -> None:  # fmt: skip
    asked: dict[str, Any] = {"kind": kind, "product_id": product_id}
    count = read(count_segment_offers, scope, division, as_of, engine="record", **asked)

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(list_segment_offers, scope, division, as_of, engine="record", after=after,
                    limit=limit, language=language(), **asked)  # fmt: skip

    name = "" if product_id is None else str(
        products.loc[products["product_id"] == product_id, "product"].iloc[0]
    )  # fmt: skip
    _heading(name)
    pages = pages_of("segment_offers", f"{scope.key} {division.key} {kind} {product_id}", rows)
    found = rows(pages.start, PAGE_ROWS)
    filters = [segment, *([name] if name else []), *([_(_KINDS[kind])] if kind else [])]
    export = _export(slug, division, as_of, asked, filters)
    list_toolbar(
        pages, found, _n("{n} customer", "{n} customers", count),
        lambda: export_menu(export, count), advice=_("Click a row for its draft"),
    )  # fmt: skip
    ids = tuple(found["customer_id"].tolist())
    key = f"segment_letters_{data_version()}_{pages.number}_{hash((ids, product_id)) % 9999}"
    show_table(
        _in_own_language(found), _columns(scope), key=key,
        alt=_("Customers of the segment with the best offer"),
        on_select=lambda: _customer_clicked(key, ids), selection_mode="single-cell",
    )  # fmt: skip
    opened = found[found["customer_id"] == st.session_state.get(_CUSTOMER)]
    if len(opened):
        _letter(scope, opened, slug)


def _heading(product: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        title = _("For whom, with a draft") if not product else _(
            "For whom: {product}", product=plain(product)
        )  # fmt: skip
        st.markdown(f"**{title}**", width="content")
        if product:
            st.button(_("All products"), key="segment_offer_all", icon=":material/close:",
                      type="tertiary", on_click=_forget)  # fmt: skip


def _columns(scope: Scope) -> list[Column]:
    phone = [Column("phone", _("Phone"), width=110)] if scope.sees("customers", "phone") else []
    return [
        Column("customer", _("Customer"), width=175),
        Column("product", _("To offer"), width=165),
        Column("kind", _("Kind"), "badge", width=105, badges={
            "again": (_KINDS["again"], "blue"), "new": (_KINDS["new"], "violet")}),
        Column("last_ordered_on", _("Last order"), "day"),
        Column("last_product", _("Bought last"), width=165),
        Column("consent", _("Consent"), width=85, words="customers.consent"),
        *phone,
        Column("rep", _("Sales rep"), width=95),
    ]  # fmt: skip


def _export(
    slug: str, division: Division, as_of: date, asked: dict[str, Any], filters: list[str]
) -> Export:
    whole = whole_list(list_segment_offers, division, as_of, language=language(), **asked)

    def rows(person: Scope, most: int) -> pd.DataFrame:
        return _in_own_language(add_drafts(whole(person, most), person.name))

    return Export(
        slug=slug, name="segment_offers", as_of=as_of, filters=filters, for_contact=True, rows=rows,
        columns=[
            *_columns_of_file(),
            Column("draft_en", _("Draft in English")),
            Column("draft_zh", _("Draft in Chinese")),
        ],
    )  # fmt: skip


def _columns_of_file() -> list[Column]:
    return [
        Column("customer", _("Customer")), Column("phone", _("Phone")),
        Column("rep", _("Sales rep")), Column("product", _("To offer")),
        Column("last_ordered_on", _("Last order"), "day"),
        Column("last_product", _("Bought last")),
        Column("consent", _("Consent"), words="customers.consent"),
    ]  # fmt: skip


def _in_own_language(lines: pd.DataFrame) -> pd.DataFrame:
    """The names as the page shows them."""
    if not language().startswith("zh"):
        return lines
    names = ("customer", "product", "last_product")
    return lines.assign(**{name: lines[f"{name}_zh"] for name in names})


def _letter(scope: Scope, opened: pd.DataFrame, slug: str) -> None:
    """The draft in both languages: changed in the box, copied from the text below it."""
    current_scope(slug)
    row = add_drafts(opened, scope.name).iloc[0]
    with st.container(border=True, gap="xsmall", key="segment_letter"):
        customer = row["customer"] if language() == "en" else row["customer_zh"]
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.markdown(f"**{_('Draft for {customer}', customer=plain(customer))}**",
                        width="content")  # fmt: skip
            st.button(_("Close"), key="segment_letter_close", icon=":material/close:",
                      type="tertiary", on_click=_close_letter)  # fmt: skip
        if row["consent"] != "granted":
            told = _("This customer has not been asked whether they want offers: call, or ask"
                     " first.")  # fmt: skip
            st.markdown(f":orange[:material/info:] {told}")
        first = ("draft_zh", "draft_en") if language().startswith("zh") else tuple(LANGUAGES)
        for tab, column in zip(
            st.tabs([LANGUAGE_NAMES[LANGUAGES[each]] for each in first]), first, strict=True
        ):
            with tab:
                key = f"{column}_{row['customer_id']}_{row['product_id']}"
                text = st.text_area(
                    _("Draft, to be changed as you like"), value=row[column], key=key, height=240,
                    max_chars=4_000,
                )  # fmt: skip
                st.markdown(f":small[:gray[{_('To copy')}]]")
                st.code(text or "", language=None, wrap_lines=True)


def _product_clicked(key: str, ids: tuple[int, ...]) -> None:
    product_id = clicked_row(key, ids)
    if product_id is not None:
        _forget()
        st.session_state[_PRODUCT] = product_id


def _customer_clicked(key: str, ids: tuple[int, ...]) -> None:
    customer_id = clicked_row(key, ids)
    if customer_id is not None:
        st.session_state[_CUSTOMER] = customer_id


def _close_letter() -> None:
    st.session_state.pop(_CUSTOMER, None)


def _forget() -> None:
    """For callbacks: another segment or kind, another list from its beginning."""
    first_page()
    for name in (_PRODUCT, _CUSTOMER):
        st.session_state.pop(name, None)
