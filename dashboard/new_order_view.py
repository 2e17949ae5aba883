"""The form of a new order: customer, lines, terms, and what it comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.edit_fields import owner_names
from dashboard.new_order_draft import (
    DraftLine,
    NewDraft,
    add_chosen_product,
    add_pasted,
    change_customer,
    choose_customer,
    create,
    drafted_lines,
    keep_day,
    key,
    new_draft,
    propose_day,
    remove_line,
    start_anew,
    value,
)
from dashboard.reads import read
from dashboard.refusals import field_note, refused_fields, show_refusal
from dashboard.texts import _, _n, language, plain
from data_access.errors import NotFound
from data_access.new_order import (
    Preview,
    PreviewLine,
    find_coupon,
    find_customer_for_order,
    find_discount_limit,
    find_preview,
    list_products_for_order,
    list_warehouses,
    suggest_promised_on,
)
from data_access.options import list_channels, list_customers_named
from data_access.scope import Scope

USUAL_DAYS = 7  # to the promised day where no stock is seen


def customer_block(scope: Scope) -> None:
    """Search and choose; then who it is."""
    draft = new_draft()
    st.subheader(_("Customer"), anchor=False)
    found = _customer(scope, draft)
    if found is None:
        _search_customer(scope)
        field_note(draft.refusal, "customer_id")
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True, gap="small"):
        parts = [found["region"], found["rep"], found["ship_address"]]
        more = " · ".join(plain(part) for part in parts if part)
        st.markdown(f"**{plain(found['customer'])}**  \n:small[:gray[{more}]]", width="stretch")
        st.button(_("Choose another"), key="new_order_other_customer", on_click=change_customer)


def _customer(scope: Scope, draft: NewDraft) -> dict[str, Any] | None:
    """Who is chosen; nobody, once the customer is no longer the person's to see."""
    if draft.customer_id is None:
        return None
    try:
        return read(find_customer_for_order, scope, draft.customer_id, language(), engine="record")
    except NotFound as refusal:
        draft.customer_id, draft.refusal = None, refusal
        return None


def _search_customer(scope: Scope) -> None:
    left, right = st.columns(2, gap="small")
    left.text_input(
        _("Search customers"), key=key("search"), type="search", max_chars=100,
        placeholder=_("Name or phone"), persist_state="session",
    )  # fmt: skip
    words = " ".join((value("search") or "").split())
    found = read(list_customers_named, scope, words, language(), engine="record")
    rows: list[Any] = list(found.itertuples())
    names = {
        int(row.customer_id): f"{row.name} · {row.city}" if row.city else row.name for row in rows
    }
    right.selectbox(
        _("Customer"),
        list(names),
        key=key("customer"),
        index=None,
        format_func=lambda customer_id: names.get(customer_id, ""),
        placeholder=_n("Choose from {n}", "Choose from {n}", len(names))
        if names
        else _("Nobody of this name is yours to see"),
        on_change=choose_customer,
    )


def lines_block(scope: Scope, as_of: date) -> Preview | None:
    """The products, each with its price and stock beside it; returns what they come to."""
    draft = new_draft()
    st.subheader(_("Products"), anchor=False)
    _search_product(scope, as_of)
    preview = _preview(scope, draft, as_of)
    shown = {line.product_id: line for line in preview.lines} if preview else {}
    limit = read(find_discount_limit, scope, engine="record")
    for place, line in enumerate(draft.lines):
        _line(draft, place, line, shown.get(line.product_id), limit)
    field_note(draft.refusal, "lines")
    _paste(draft)
    return preview


def _search_product(scope: Scope, as_of: date) -> None:
    left, right = st.columns(2, gap="small")
    left.text_input(
        _("Search products"), key=key("words"), type="search", max_chars=60,
        placeholder=_("Name or SKU"), persist_state="session",
    )  # fmt: skip
    words = " ".join((value("words") or "").split())
    found = read(
        list_products_for_order, scope, words, as_of, warehouse_id=value("warehouse_id"),
        language=language(), limit=30, engine="record",
    )  # fmt: skip
    rows: list[Any] = list(found.itertuples())
    names = {int(row.product_id): _offer(row) for row in rows}
    right.selectbox(
        _("Add a product"),
        list(names),
        key=key("product"),
        index=None,
        format_func=lambda product_id: names.get(product_id, ""),
        placeholder=_("Price and free stock stand beside it")
        if names
        else _("No product on sale has this name or SKU"),
        on_change=add_chosen_product,
    )


def _offer(row: Any) -> str:
    free = formats.number(row.available)
    price = formats.money(row.list_price, row.currency)
    return f"{row.product} ({row.sku}) · {price} · {_('{n} free', n=free)}"


def _preview(scope: Scope, draft: NewDraft, as_of: date) -> Preview | None:
    lines = tuple(
        replace(line, quantity=max(line.quantity or 0, 0)) for line in drafted_lines(draft)
    )
    if not lines:
        return None
    return read(
        find_preview, scope, lines, as_of, coupon_code=value("coupon_code") or "",
        warehouse_id=value("warehouse_id"), language=language(), engine="record",
    )  # fmt: skip


def _line(
    draft: NewDraft,
    place: int,
    line: DraftLine,
    shown: PreviewLine | None,
    limit: Any,
) -> None:
    with st.container(border=True, gap="xsmall", key=f"new_line_{line.key}"):
        name, count, discount, sums, away = st.columns(
            [4.6, 2.3, 2.5, 3, 0.8], vertical_alignment="center", gap="small"
        )
        with name:
            st.markdown(_product(shown))
        count.number_input(
            _("Quantity"), key=key("quantity", line), min_value=0, step=1, persist_state="session"
        )
        discount.number_input(
            _("Discount (%)"), key=key("discount", line), step=1.0, format="%.2f",
            help=_("Your role may give up to {most}.", most=formats.rate(limit)),
            persist_state="session",
        )  # fmt: skip
        if shown is not None:
            sums.markdown(_sums(shown), text_alignment="right")
        away.button(
            "", key=f"drop_line_{line.key}", icon=":material/delete:", type="tertiary",
            help=_("Remove"), on_click=remove_line, args=(line.key,),
        )  # fmt: skip
        for name_of in ("product_id", "quantity", "discount_rate"):
            field_note(draft.refusal, f"lines.{place}.{name_of}")


def _product(shown: PreviewLine | None) -> str:
    if shown is None:  # not to be seen any more
        return formats.MISSING
    price = formats.money(shown.unit_price, shown.currency)
    small = f":small[:gray[{plain(shown.sku)} · {price}]]"
    return f"**{plain(shown.product)}**  \n{small}"


def _sums(shown: PreviewLine) -> str:
    """What the line comes to, and what is left in stock after it."""
    words = f"**{formats.money(shown.net_sales, shown.currency)}**"
    if shown.available is None or shown.available_after is None:
        return words
    free = _(
        "{n} free, {after} after",
        n=formats.number(shown.available),
        after=formats.number(shown.available_after),
    )
    return f"{words}  \n:small[{f':red[{free}]' if shown.available_after < 0 else free}]"


def _paste(draft: NewDraft) -> None:
    with st.expander(
        _("Paste from a spreadsheet"), icon=":material/content_paste:", key="paste_expander"
    ):
        st.text_area(
            _("Two columns: SKU and quantity"),
            key=key("pasted"),
            height=110,
            placeholder=_("Copy the two columns in the spreadsheet, and paste them here"),
        )
        st.button(_("Add these lines"), key="add_pasted", on_click=add_pasted)
        if draft.pasted:
            st.markdown(f"**{draft.pasted}**")
            for words in draft.not_understood:
                st.markdown(f":red[:material/error: {words}]")


def terms_block(scope: Scope, as_of: date) -> None:
    """Channel, day, and all that is agreed besides."""
    draft = new_draft()
    st.subheader(_("Terms"), anchor=False)
    lines = tuple(line for line in drafted_lines(draft) if (line.quantity or 0) > 0)
    first = (
        read(suggest_promised_on, scope, lines, as_of, value("warehouse_id"), engine="record")
        if lines
        else None
    )
    propose_day(first or as_of + timedelta(days=USUAL_DAYS))
    grid = st.grid("auto", min_column_width=200, gap="small", key="new_terms")
    with grid.cell():
        _choice("channel", _("Channel"), _names(scope, list_channels, "channel"))
        field_note(draft.refusal, "channel")
    with grid.cell():
        st.date_input(
            _("Promised"), key=key("promised_on"), value=None, format="YYYY-MM-DD",
            min_value=date(1970, 1, 1), max_value=date(2100, 1, 1), on_change=keep_day,
            persist_state="session",
        )  # fmt: skip
        field_note(draft.refusal, "promised_on")
    with grid.cell():
        st.text_input(_("Coupon code (optional)"), key=key("coupon_code"), persist_state="session")
        _coupon_note(scope, draft, as_of)
    with grid.cell():
        _choice("owner_id", _("Sales rep"), owner_names(scope, as_of))
        field_note(draft.refusal, "owner_id")
    with grid.cell():
        _choice("warehouse_id", _("Warehouse"), _names(scope, list_warehouses, "warehouse_id"))
        field_note(draft.refusal, "warehouse_id")
    left, right = st.columns(2, gap="small")
    with left:
        st.text_area(_("Ship to"), key=key("ship_address"), height=90, persist_state="session")
        field_note(draft.refusal, "ship_address")
    with right:
        st.text_area(_("Note (optional)"), key=key("note"), height=90, persist_state="session")
        field_note(draft.refusal, "note")


def _names(scope: Scope, query: Any, column: str) -> dict[Any, str]:
    found = read(query, scope, language(), engine="record")
    return dict(zip(found[column], found["name"], strict=True))


def _choice(name: str, label: str, names: dict[Any, str]) -> None:
    st.selectbox(
        label, list(names), key=key(name), index=None,
        format_func=lambda chosen: names.get(chosen, formats.MISSING),
        placeholder=_("Choose"), persist_state="session",
    )  # fmt: skip


def _coupon_note(scope: Scope, draft: NewDraft, as_of: date) -> None:
    """What the code gives, or why it gives nothing."""
    code = (value("coupon_code") or "").strip()[:40]
    if "coupon_code" in refused_fields(draft.refusal) or not code:
        field_note(draft.refusal, "coupon_code")
        return
    try:
        coupon = read(find_coupon, scope, code, as_of, language(), engine="record")
    except NotFound:
        st.markdown(f":red[:material/error: {_('This coupon cannot be used today.')}]")
        return
    rate = formats.rate(coupon["discount_rate"] or 0)
    given = _("{rate} off every line: {campaign}", rate=rate, campaign=plain(coupon["campaign"]))
    st.markdown(f":green[:material/check: {given}]")


def totals_block(preview: Preview | None) -> None:
    """What the order comes to, and the button that creates it."""
    draft = new_draft()
    with st.container(border=True, gap="xsmall", key="new_totals"):
        st.markdown(f"**{_('This order')}**")
        if preview is not None and preview.lines:
            _totals(preview)
        else:
            st.markdown(f":gray[{_('Add the first product to see what it comes to.')}]")
        show_refusal(draft.refusal)
        st.button(
            _("Create order"),
            key="create_order",
            type="primary",
            icon=":material/add_shopping_cart:",
            width="stretch",
            on_click=create,
            args=(draft.request_id,),
        )
        if draft.lines or draft.customer_id is not None:
            st.button(_("Start anew"), key="start_anew", width="stretch", on_click=start_anew)


def _totals(preview: Preview) -> None:
    currency = preview.lines[0].currency
    gross, net = preview.gross_sales, preview.net_sales
    rows = []
    if gross is not None and net is not None:
        rows.append((_("At list prices"), formats.money(gross, currency)))
        rows.append((_("Discount"), formats.money(net - gross, currency)))
        rows.append((f"**{_('Net sales')}**", f"**{formats.money(net, currency)}**"))
    if preview.margin is not None and net:
        margin = f"{formats.money(preview.margin, currency)} ({formats.rate(preview.margin / net)})"
        rows.append((_("Gross margin"), margin))
    with st.container(gap=None):
        for label, shown in rows:
            with st.container(horizontal=True, horizontal_alignment="distribute", wrap=False):
                st.markdown(label, width="content")
                st.markdown(shown, width="content")
    promised, first = value("promised_on"), preview.earliest_on
    if first is None:
        return
    words = _("Can be with the customer on {day} at the earliest.", day=formats.day(first))
    is_late = promised is not None and promised < first
    if is_late:
        st.markdown(f":red[:material/local_shipping: {words}]")
    else:
        st.markdown(f":green[:material/local_shipping: {words}]")
