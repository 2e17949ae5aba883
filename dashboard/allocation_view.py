"""The short products: how many orders, customers and how much money wait, and what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.cards import Card
from dashboard.exports import Export, title_and_export
from dashboard.filters import Choice
from dashboard.menu import find_page, may_open
from dashboard.paging import clicked_row
from dashboard.reads import data_version, read
from dashboard.session import today
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import _, _n, language
from data_access.allocating import MOST_SHORTAGES, list_shortages
from data_access.scope import Scope

CHOSEN = "stock"  # the parameter of the address that says which stock is looked at
_ROWS_SEEN = 8


def shortage_cards(totals: dict[str, Any]) -> list[Card]:
    number = formats.number
    cards = [
        Card(
            key="short_stocks", label=_("Short products"), value=number(totals["stocks"]),
            help=_("Products of a warehouse of which open orders ask for more than is on hand. "
                   "Open: received, confirmed or in processing."),
            note=_n("{n} unit missing", "{n} units missing", int(totals["missing"])),
        ),
        Card(
            key="short_orders", label=_("Orders hit"), value=number(totals["orders"]),
            help=_("Open orders that would not get all of a product as things stand: by what is "
                   "set aside, then in turn. Each order counts once."),
            note=_("of all short products"),
        ),
        Card(
            key="short_customers", label=_("Customers hit"), value=number(totals["customers"]),
            help=_("The customers of these orders, each once."),
            note=_("of all short products"),
        ),
    ]  # fmt: skip
    if totals["net_sales"] is not None and totals["currency"]:
        cards.append(
            Card(
                key="short_sales", label=_("Sales that wait"),
                value=formats.compact_money(totals["net_sales"], totals["currency"]),
                help=_("Net sales of the order lines that lack something."),
                note=_("lines that lack something"),
            )
        )  # fmt: skip
    return cards


def warehouse_choice(rows: pd.DataFrame) -> Choice:
    names = rows[["warehouse_id", "warehouse"]].drop_duplicates().sort_values("warehouse_id")
    known = {int(key): str(name) for key, name in names.itertuples(index=False)}
    return Choice("warehouse", _("Warehouse"), _("All warehouses"), known)


def chosen_rows(rows: pd.DataFrame, warehouses: Sequence[int], search: str) -> pd.DataFrame:
    """The rows that the filters leave; `search` is looked for in SKU and product."""
    keeps = np.ones(len(rows), bool)
    if warehouses:
        keeps &= rows["warehouse_id"].isin(warehouses).to_numpy()
    for word in search.casefold().split():
        text = (rows["sku"] + " " + rows["product"]).str.casefold()
        keeps &= text.str.contains(word, regex=False).to_numpy(bool)
    return rows[keeps].reset_index(drop=True)


def shortage_list(
    rows: pd.DataFrame, filters: Sequence[str], search: str
) -> pd.Series:  # fmt: skip
    """The short products; a click chooses one. Returns the chosen, else the first."""
    currency = _currency(rows)
    ids = tuple(rows["stock_id"].astype(int))

    def whole(person: Scope, most: int) -> pd.DataFrame:
        anew = read(list_shortages, person, language()).set_index("stock_id")
        return anew.loc[[each for each in ids if each in anew.index]].reset_index().head(most)

    told = _n("{n} short product", "{n} short products", len(rows))
    advice = _("Click a row to see who waits for it")
    more = "+" if len(rows) >= MOST_SHORTAGES else ""
    export = Export(
        slug="shortages", name="shortages", columns=_columns(rows, currency), rows=whole,
        as_of=today(), currency=currency, filters=list(filters), search=search,
    )  # fmt: skip
    title_and_export(export, len(rows), f"**{told}{more}** :small[:gray[{advice}]]")
    key = f"shortages_{data_version()}_{hash(ids) % 9999}"
    show_table(
        rows, _columns(rows, currency), key=key, alt=_("Short products by warehouse"),
        currency=currency,
        height="content" if len(rows) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=lambda: _clicked(key, ids), selection_mode="single-cell",
    )  # fmt: skip
    said = st.query_params.get(CHOSEN, "")
    chosen = rows[rows["stock_id"].astype(str) == said]
    return (chosen if len(chosen) else rows).iloc[0]


def link_to_shortage(scope: Scope, stock_id: int) -> None:
    """From another page to who gets what of this stock."""
    if may_open(scope.role, "shortages"):
        page = find_page("shortages")
        st.page_link(
            page.file, label=_("Who gets what there is"), icon=page.icon,
            query_params={CHOSEN: str(stock_id)},
        )  # fmt: skip


def _columns(rows: pd.DataFrame, currency: str | None) -> list[Column]:
    columns = [
        Column("sku", _("SKU"), width=78),
        Column("product", _("Product"), width=152),
        Column("warehouse", _("Warehouse"), width=146),
        Column("asked", _("Asked"), "count", width=58,
               help=_("Units that open orders ask for, and those reserved for orders that you "
                      "do not see")),
        Column("on_hand", _("On hand"), "count", width=66),
        Column("missing", _("Missing"), "count", width=66,
               help=_("Units that your open orders would not get as things stand")),
        Column("hit_orders", _("Orders hit"), "count", width=78),
        Column("hit_customers", _("Customers hit"), "count", width=102),
    ]  # fmt: skip
    if currency is not None and rows["hit_sales"].notna().any():
        columns.append(Column("hit_sales", _("Sales that wait"), "money", width=102))
    return [
        *columns,
        Column(
            "expected_on",
            _("Next receipt"),
            "day",
            width=92,
            help=_("A day before today: the receipt is overdue"),
        ),
        Column("on_order", _("On order"), "count", width=70),
    ]


def _currency(rows: pd.DataFrame) -> str | None:
    found = rows["hit_currency"].dropna().unique()
    return str(found[0]) if len(found) == 1 else None


def _clicked(key: str, ids: tuple[int, ...]) -> None:
    stock_id = clicked_row(key, ids)
    if stock_id is not None:
        st.query_params[CHOSEN] = str(stock_id)
