"""The cards of the page of stock, and the list of what lies where, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.inventory.totals import Amount, sum_stock
from dashboard.cards import Card
from dashboard.exports import Export, export_menu
from dashboard.filters import Choice
from dashboard.paging import (
    PAGE_ROWS,
    clicked_row,
    first_page,
    list_toolbar,
    pages_of,
    sort_box,
)
from dashboard.reads import data_version, draw
from dashboard.replenish_request import request_all_button
from dashboard.stock_columns import add_columns, add_days, list_columns
from dashboard.stock_days import with_days_out
from dashboard.stock_plan import StockBoard, StockRule, stock_board
from dashboard.stock_words import SEVERITY_NAMES
from dashboard.tables import ROW_HEIGHT, show_table
from dashboard.texts import N_, _, _n
from data_access.keyset import Cursor
from data_access.scope import Scope

CHOSEN = "stock_chosen"
_ROWS_SEEN = 10
_VIEWS: dict[str, tuple[str, tuple[str, ...]]] = {
    "act": (N_("To act on"), ("short", "out", "critical", "low")),
    "coming": (N_("On its way"), ("coming",)),
    "over": (N_("Overstock"), ("over",)),
    "dead": (N_("Dead stock"), ("dead",)),
    "all": (N_("All"), tuple(SEVERITY_NAMES)),
}
_WITHOUT_DEMAND = ("act", "coming", "all")
_SORTINGS: dict[str, tuple[str, list[str], list[bool]]] = {
    "severity": (N_("Worst first"), ["rank", "chance_out", "days_of_supply"],
                 [True, False, True]),
    "hit": (N_("Most orders hit"), ["hit_orders", "rank"], [False, True]),
    "days": (N_("Fewest days left"), ["days_of_supply", "rank"], [True, True]),
    "value": (N_("Most stock"), ["stock_worth", "rank"], [False, True]),
    "product": (N_("Product"), ["product", "warehouse"], [True, True]),
}  # fmt: skip


def warehouse_choice(board: StockBoard) -> Choice:
    names = board.rows[["warehouse_id", "warehouse"]].drop_duplicates().sort_values("warehouse_id")
    known = {int(key): str(name) for key, name in names.itertuples(index=False)}
    return Choice("warehouse", _("Warehouse"), _("All warehouses"), known)


def class_choice(board: StockBoard) -> Choice:
    found = sorted(set(board.rows["abc"] + board.rows["xyz"]))
    return Choice("class", _("Class"), _("All classes"), {name: name for name in found})


def chosen_rows(
    rows: pd.DataFrame,
    *,
    warehouses: Sequence[int],
    categories: Sequence[int],
    classes: Sequence[str],
    search: str,
) -> pd.DataFrame:
    """The rows that the filters leave; `search` is looked for in SKU, product and supplier."""
    keeps = np.ones(len(rows), bool)
    if warehouses:
        keeps &= rows["warehouse_id"].isin(warehouses).to_numpy()
    if categories:
        keeps &= rows["category_id"].isin(categories).to_numpy(bool)
    if classes:
        keeps &= (rows["abc"] + rows["xyz"]).isin(classes).to_numpy()
    for word in search.casefold().split():
        text = rows["sku"] + " " + rows["product"] + " " + rows["supplier"].fillna("")
        keeps &= text.str.casefold().str.contains(word, regex=False).to_numpy(bool)
    return rows if keeps.all() else rows[keeps].reset_index(drop=True)


def stock_cards(rows: pd.DataFrame, board: StockBoard) -> list[Card]:
    """What lies there, what is low, what will run out, what is too much and what does not move."""
    told = sum_stock(rows)
    note = _("{n} not covered by what is on order", n=formats.number(told.uncovered))
    if told.discontinued:
        note += "  \n" + _n("{n} of them discontinued", "{n} of them discontinued",
                            told.discontinued)  # fmt: skip
    unseen = _("Not known without the demand.")
    places, turns = _n("{n} stock", "{n} stocks", told.held.stocks), told.turns
    return [
        Card(
            key="stock_value",
            label=_("Stock value") if board.currency else _("Units in stock"),
            value=_worth(told.held, board),
            help=_("On hand × unit cost of today. Turns: cost of a year's demand ÷ that."),
            note=places + (f" · {_('turns')} {formats.number(turns, 1)}" if turns else ""),
        ),
        Card(
            key="stock_low", label=_("At or below reorder point"),
            value=formats.number(told.low), note=note,
            help=_("On hand − reserved ≤ reorder point. Discontinued products count only where "
                   "their reorder point is the one that is set; they are never suggested."),
        ),
        Card(
            key="stock_outs", label=_("Expected stock-outs"),
            value=formats.number(told.stock_outs, 1) if board.is_planned else "–",
            help=_("The chance of each stock that its lead time's demand takes all that is free "
                   "and all that is due within the lead time; added up."),
            note=_("{n} likelier than not", n=formats.number(told.likely))
            if board.is_planned else unseen,
        ),
        Card(
            key="stock_over", label=_("Overstock"),
            value=_worth(told.over, board) if board.is_planned else "–",
            help=_("Of stock for more than 180 days: what is free beyond the reorder point and an "
                   "order."),
            note=_n("{n} stock", "{n} stocks", told.over.stocks) if board.is_planned else unseen,
        ),
        Card(
            key="stock_dead", label=_("Dead stock"),
            value=_worth(told.dead, board) if board.is_planned else "–",
            help=_("On hand, and nothing was shipped for 180 days or ever."),
            note=_n("{n} stock", "{n} stocks", told.dead.stocks) if board.is_planned else unseen,
        ),
    ]  # fmt: skip


def stock_list(
    scope: Scope, board: StockBoard, found: pd.DataFrame, rule: StockRule, as_of: date,
    filters: Sequence[str], search: str,
) -> pd.Series | None:  # fmt: skip
    """The stocks; a click chooses one. Returns the chosen, else the first."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(f"**{_('What to look at')}**", width="content")
        view = _view_box(found, list(_VIEWS) if board.is_planned else [*_WITHOUT_DEMAND])
    rows = found[found["severity"].isin(_VIEWS[view][1])]
    if not len(rows):
        st.markdown(f":gray[{_('Nothing here, as things stand.')}]")
        return None
    said = st.query_params.get("sort", "severity")
    sorted_by = said if said in _SORTINGS else "severity"
    _label, columns, ascending = _SORTINGS[sorted_by]
    ranked = add_columns(rows).sort_values(
        [*columns, "stock_id"], ascending=[*ascending, True], ignore_index=True
    )

    def page(after: Cursor | None, limit: int) -> pd.DataFrame:
        start = after[1] if after else 0
        part = ranked.iloc[start : start + limit].reset_index(drop=True)
        if start + limit < len(ranked):
            part.attrs["after"] = (None, start + limit)
        return part

    ids = tuple(ranked["stock_id"].astype(int))

    def whole(person: Scope, most: int) -> pd.DataFrame:
        anew = draw(stock_board, person, as_of, rule).rows.set_index("stock_id")
        kept = anew.loc[[each for each in ids if each in anew.index]].reset_index().head(most)
        return add_days(add_columns(with_days_out(person, kept, as_of)), as_of)

    def controls() -> None:
        request_all_button(scope, "stock", ranked, board.currency)
        export_menu(
            Export(slug="stock", name="stock", columns=list_columns(board), rows=whole, as_of=as_of,
                   currency=board.currency, filters=[*filters, _(_VIEWS[view][0])], search=search),
            len(ranked),
        )  # fmt: skip
        labels = {name: each[0] for name, each in _SORTINGS.items()}
        sort_box("stock_sorting", labels, sorted_by, width=148)  # beside the table's own toolbar

    question = f"{scope.key} {view} {sorted_by} {hash(ids)} {hash(rule)}"
    pages = pages_of("stock", question, page)
    part = page(pages.start, PAGE_ROWS)
    shown = add_days(with_days_out(scope, part, as_of), as_of)
    list_toolbar(pages, part, _n("{n} stock", "{n} stocks", len(ranked)), controls,
                 advice=_("Click a row to see where it goes"))  # fmt: skip
    key = f"stock_{data_version()}_{view}_{sorted_by}_{pages.number}_{hash(question) % 9999}"
    on_page = tuple(shown["stock_id"].astype(int))
    show_table(
        shown, list_columns(board), key=key, alt=_("Stock by product and warehouse"),
        currency=board.currency,
        height="content" if len(shown) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=lambda: _clicked(key, on_page), selection_mode="single-cell",
    )  # fmt: skip
    chosen = ranked[ranked["stock_id"] == st.session_state.get(CHOSEN)]
    return (with_days_out(scope, chosen, as_of) if len(chosen) else shown).iloc[0]


def _worth(amount: Amount, board: StockBoard) -> str:
    if board.currency:
        return formats.compact_money(amount.worth, board.currency)
    return formats.compact_number(amount.units)


def _view_box(rows: pd.DataFrame, views: list[str]) -> str:
    counts = {name: int(rows["severity"].isin(each).sum()) for name, (_l, each) in _VIEWS.items()}
    view = st.segmented_control(
        _("Which stock"), views, default="act", required=True,
        format_func=lambda name: f"{_(_VIEWS[name][0])} {formats.number(counts[name])}",
        key="stock_view", label_visibility="collapsed", persist_state="session",
        on_change=first_page,
    )  # fmt: skip
    return view or "act"


def _clicked(key: str, ids: tuple[int, ...]) -> None:
    chosen = clicked_row(key, ids)
    if chosen is not None:
        st.session_state[CHOSEN] = chosen
