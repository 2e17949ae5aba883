"""The cards of the page of stock, and the list of what lies where, the worst first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import formats
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
from dashboard.stock_plan import StockBoard, StockRule, stock_board
from dashboard.stock_words import SEVERITY_COLOURS, SEVERITY_HELP, SEVERITY_NAMES
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import N_, _, _n
from data_access.keyset import Cursor
from data_access.scope import Scope

CHOSEN = "stock_chosen"
LIKELY = 0.5
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
    "days": (N_("Fewest days of supply"), ["days_of_supply", "rank"], [True, True]),
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
    return rows[keeps].reset_index(drop=True)


def stock_cards(rows: pd.DataFrame, board: StockBoard) -> list[Card]:
    """What lies there, what is low, what will run out, what is too much and what does not move."""
    low = rows[rows["is_low"]]
    uncovered = int((low["projected"] <= low["reorder_point"]).sum())
    gone = int(low["is_discontinued"].sum())
    over, dead = rows[rows["severity"] == "over"], rows[rows["severity"] == "dead"]
    excess = over["available"] - over["reorder_point"].fillna(0) - over["order_quantity"]
    note = _("{n} not covered by what is on order", n=formats.number(uncovered))
    if gone:
        note += "  \n" + _n("{n} of them discontinued", "{n} of them discontinued", gone)
    yearly = float((rows["yearly_demand"] * rows["unit_cost"]).sum())
    turns = yearly / worth if (worth := float(rows["stock_value"].sum())) else 0.0
    unseen = _("Not known without the demand.")
    places = _n("{n} stock", "{n} stocks", len(rows))
    return [
        Card(
            key="stock_value",
            label=_("Stock value") if board.currency else _("Units in stock"),
            value=_worth(rows["stock_value"], rows["on_hand"], board),
            help=_("On hand × unit cost of today. Turns: cost of a year's demand ÷ that."),
            note=places + (f" · {_('turns')} {formats.number(turns, 1)}" if turns else ""),
        ),
        Card(
            key="stock_low", label=_("At or below reorder point"),
            value=formats.number(len(low)), note=note,
            help=_("On hand − reserved ≤ reorder point. Discontinued products count only where "
                   "their reorder point is the one that is set; they are never suggested."),
        ),
        Card(
            key="stock_outs", label=_("Expected stock-outs"),
            value=formats.number(rows["chance_out"].sum(), 1) if board.source else "–",
            help=_("The chance of each stock that its lead time's demand takes all that is free "
                   "and all that is due within the lead time; added up."),
            note=_("{n} likelier than not", n=formats.number((rows["chance_out"] >= LIKELY).sum()))
            if board.source else unseen,
        ),
        Card(
            key="stock_over", label=_("Overstock"),
            value=_worth(excess * over["unit_cost"], excess, board) if board.source else "–",
            help=_("Of stock for more than 180 days: what is free beyond the reorder point and an "
                   "order."),
            note=_n("{n} stock", "{n} stocks", len(over)) if board.source else unseen,
        ),
        Card(
            key="stock_dead", label=_("Dead stock"),
            value=_worth(dead["stock_value"], dead["on_hand"], board) if board.source else "–",
            help=_("On hand, and nothing was shipped for 180 days or ever."),
            note=_n("{n} stock", "{n} stocks", len(dead)) if board.source else unseen,
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
        view = _view_box(found, list(_VIEWS) if board.source else [*_WITHOUT_DEMAND])
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
        kept = anew.loc[[each for each in ids if each in anew.index]].reset_index()
        return add_columns(kept).head(most)

    def controls() -> None:
        request_all_button(scope, "stock", ranked, board.currency)
        export_menu(
            Export(slug="stock", name="stock", columns=_columns(board), rows=whole, as_of=as_of,
                   currency=board.currency, filters=[*filters, _(_VIEWS[view][0])], search=search),
            len(ranked),
        )  # fmt: skip
        sort_box("stock_sorting", {name: each[0] for name, each in _SORTINGS.items()}, sorted_by)

    question = f"{scope.key} {view} {sorted_by} {hash(ids)} {hash(rule)}"
    pages = pages_of("stock", question, page)
    shown = page(pages.start, PAGE_ROWS)
    list_toolbar(pages, shown, _n("{n} stock", "{n} stocks", len(ranked)), controls,
                 advice=_("Click a row to see where it goes"))  # fmt: skip
    key = f"stock_{data_version()}_{view}_{sorted_by}_{pages.number}_{hash(question) % 9999}"
    on_page = tuple(shown["stock_id"].astype(int))
    show_table(
        shown, _columns(board), key=key, alt=_("Stock by product and warehouse"),
        currency=board.currency,
        height="content" if len(shown) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=lambda: _clicked(key, on_page), selection_mode="single-cell",
    )  # fmt: skip
    chosen = ranked[ranked["stock_id"] == st.session_state.get(CHOSEN)]
    return (chosen if len(chosen) else shown).iloc[0]


def add_columns(rows: pd.DataFrame) -> pd.DataFrame:
    """class_name, days_left (NaN: no demand), hit_orders, hit_sales, next_in, stock_worth."""
    is_hit = (rows["short_units"] > 0) | (rows["available"] < 0)
    days = rows["days_of_supply"].replace(np.inf, np.nan)
    return rows.assign(
        class_name=rows["abc"] + rows["xyz"],
        days_left=days.clip(upper=999).round(),
        hit_orders=rows["waiting_orders"].where(is_hit),
        hit_sales=rows["waiting_sales"].where(is_hit),
        stock_worth=rows["stock_value"].fillna(rows["on_hand"].astype("float64")),
        to_order=rows["suggested"].where(rows["suggested"] > 0),
    )


def _columns(board: StockBoard) -> list[Column]:
    known = bool(board.source)
    money = board.currency is not None
    sales = board.rows["waiting_sales"].notna().any()
    badges = {each: (SEVERITY_NAMES[each], SEVERITY_COLOURS[each]) for each in SEVERITY_NAMES}
    columns = [
        Column("severity", _("State"), "badge", width=105, help=_(SEVERITY_HELP), badges=badges),
        Column("sku", _("SKU"), width=90),
        Column("product", _("Product"), width=180),
        Column("warehouse", _("Warehouse"), width=150),
        Column("available", _("Available"), "count", width=85, help=_("On hand − reserved")),
        Column("on_order", _("On order"), "count", width=80),
        Column("reorder_point", _("Reorder point"), "count", width=105),
    ]
    if known:
        columns += [
            Column("to_order", _("To order"), "count", width=80,
                   help=_("What to order today; the arithmetic stands below for the chosen row.")),
            Column("days_left", _("Lasts"), "age", width=75,
                   help=_("Days of supply: available ÷ demand a day; at most 999 are shown")),
            Column("chance_out", _("Runs out"), "chance", width=100,
                   help=_("Chance that the lead time's demand takes all that is free and due")),
        ]  # fmt: skip
    columns += [Column("hit_orders", _("Orders hit"), "count", width=90,
                       help=_("Open orders that wait for more than is on hand"))]  # fmt: skip
    if sales:
        columns.append(Column("hit_sales", _("Sales hit"), "money", width=100))
    columns += [
        Column("expected_on", _("Next receipt"), "day"),
        Column("on_hand", _("On hand"), "count", width=80),
        Column("reserved", _("Reserved"), "count", width=80),
    ]
    if known:
        columns.append(Column("class_name", _("Class"), width=60))
    if money:
        columns.append(Column("stock_value", _("Stock value"), "money", width=110))
    return [*columns, Column("last_shipped_on", _("Last shipped"), "day")]


def _worth(values: pd.Series[Any], units: pd.Series[Any], board: StockBoard) -> str:
    if board.currency:
        return formats.compact_money(float(values.sum()), board.currency)
    return formats.compact_number(float(units.sum()))


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
