"""The list of orders: sorted and paged by the database, opened by a click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.bulk_view import bulk_bar, bulk_dialog, may_move_orders
from dashboard.chosen_orders import (
    CHOSEN_ORDERS,
    ChosenOrder,
    rows_shown,
)
from dashboard.exports import Export, export_menu, whole_list
from dashboard.menu import find_page
from dashboard.paging import (
    PAGE_ROWS,
    clicked_head,
    clicked_row,
    list_toolbar,
    pages_of,
    sort_box,
    sort_by,
    ticked_rows,
)
from dashboard.reads import data_version, read
from dashboard.recorded import knows_payments
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, _n, language
from data_access.edits.rights import may
from data_access.filters import OrderFilter
from data_access.keyset import Cursor
from data_access.orders import OrderSort, list_orders
from data_access.pipeline import count_orders
from data_access.scope import Scope

_OPEN = "open_order"
_LEFT = "list_left"


@dataclass(frozen=True)
class Sorting:
    label: str  # a msgid
    column: OrderSort
    descending: bool
    needs: str = "order_number"  # a column of orders that the person must see
    only_late: bool = False  # of late orders alone, which are few


SORTINGS: dict[str, Sorting] = {
    "newest": Sorting(N_("Newest first"), "ordered_at", True),
    "oldest": Sorting(N_("Oldest first"), "ordered_at", False),
    "promised": Sorting(N_("Promised soonest"), "promised_on", False),
    "late": Sorting(N_("Most late first"), "days_late", True, only_late=True),
    "largest": Sorting(N_("Largest amount"), "net_sales", True, "net_sales"),
    "smallest": Sorting(N_("Smallest amount"), "net_sales", False, "net_sales"),
    "units": Sorting(N_("Most units"), "units", True, "units"),
    "number": Sorting(N_("Order number"), "order_number", False),
}
# a click on a column's head sorts by it; a second click the other way round
_BY_HEAD = {
    "order_number": ("number",),
    "ordered_on": ("newest", "oldest"),
    "promised_on": ("promised",),
    "days_late": ("late",),
    "net_sales": ("largest", "smallest"),
    "units": ("units",),
}


def order_columns(scope: Scope, *, channels: bool, regions: bool, reps: bool) -> list[Column]:
    """The columns this person has a use for: nothing hidden, nothing that is always the same."""
    money = scope.sees("orders", "net_sales")
    columns = [
        Column("order_number", _("Order"), width=150),
        Column("stage", _("Stage"), "stage", width=110),
        Column("promised_on", _("Promised"), "day"),
        Column("days_late", _("Late"), "lateness", width=90),
        Column("customer", _("Customer"), width=190),
    ]
    if money:
        columns.append(Column("net_sales", _("Net sales"), "money", width=120))
    if knows_payments(scope):
        columns.append(Column("payment_state", _("Payment"), "payment_state", width=110))
    if scope.sees("orders", "units"):
        columns.append(Column("units", _("Units"), "count", width=70))
    columns.append(Column("ordered_on", _("Ordered"), "day"))
    if channels:
        columns.append(Column("channel_name", _("Channel"), width=110))
    if regions:
        columns.append(Column("region", _("Region"), width=110))
    if reps:
        columns.append(Column("rep", _("Sales rep"), width=120))
    return columns


def open_chosen_order(slug: str) -> None:
    """Goes to the order that was clicked in the list of this page, if one was; who comes back from
    it finds the list as they left it."""
    number = st.session_state.pop(_OPEN, None)
    if number is not None:
        said = {name: st.query_params.get_all(name) for name in st.query_params}
        st.session_state[_LEFT] = (slug, said)
        st.switch_page(find_page("order").file, query_params={"number": number})
    if "number" in st.query_params:  # Streamlit's step between list and order in the history
        left, said = list_left()
        st.query_params.from_dict(said if left == slug else {})


def list_left() -> tuple[str, dict[str, list[str]]]:
    """The page of the list from which the last order was opened, and what its address said."""
    left: tuple[str, dict[str, list[str]]] = st.session_state.get(_LEFT, ("orders", {}))
    return left


def new_order_button(scope: Scope) -> None:
    """The way to the form, for those who may create an order."""
    if may(scope, "create_order") and st.button(
        _("New order"), key="new_order", type="primary", icon=":material/add_shopping_cart:"
    ):
        st.switch_page(find_page("new-order").file)


def order_list(
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    columns: Sequence[Column],
    *,
    sorting: str,
    filters: Sequence[str],
) -> None:
    """How many there are, how they are sorted, a page of them, and the way to the next; all of
    them as a file, which tells the `filters` in words."""
    offered = _offered(scope, order_filter)
    said = st.query_params.get("sort", sorting)
    sorted_by = said if said in offered else sorting
    chosen = SORTINGS[sorted_by]

    listed: dict[str, Any] = {
        "as_of": as_of,
        "sort": chosen.column,
        "descending": chosen.descending,
        "language": language(),
    }

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(
            list_orders, scope, order_filter, engine="record", after=after, limit=limit, **listed
        )

    def controls() -> None:
        export_menu(
            Export(
                slug="orders",
                name="orders",
                columns=columns,
                rows=whole_list(list_orders, order_filter, **listed),
                as_of=as_of,
                currency=order_filter.currency,
                filters=filters,
                search=order_filter.search,
            ),
            count,
        )
        _sort_box(offered, sorted_by)

    pages = pages_of("orders", f"{scope.key} {order_filter.key} {sorted_by}", rows)
    frame = rows(pages.start, PAGE_ROWS)
    count = read(count_orders, scope, order_filter, as_of)
    list_toolbar(
        pages,
        frame,
        _n("{n} order", "{n} orders", count),
        controls,
        advice=_("Click a row to open it"),
    )
    shown = rows_shown(frame)
    can_be_ticked = may_move_orders(scope)
    ticked = CHOSEN_ORDERS.places(shown) if can_be_ticked else []
    if can_be_ticked:
        bulk_bar(scope)
    table_key = f"orders_{data_version()}_{sorted_by}_{pages.number}_{CHOSEN_ORDERS.round()}"
    show_table(
        frame,
        columns,
        key=table_key,
        alt=_("List of orders"),
        currency=order_filter.currency,
        on_select=lambda: _clicked(table_key, shown, offered, sorted_by),
        selection_mode=["single-cell", "single-column", *["multi-row"] * can_be_ticked],
        selected_rows=ticked,
    )
    bulk_dialog()


def _sort_box(offered: list[str], sorted_by: str) -> None:
    labels = {name: SORTINGS[name].label for name in offered}
    sort_box("order_sorting", labels, sorted_by, width=170)


def _offered(scope: Scope, order_filter: OrderFilter) -> list[str]:
    late_alone = order_filter.overdue or order_filter.not_on_time or order_filter.not_otif
    return [
        name
        for name, sorting in SORTINGS.items()
        if scope.sees("orders", sorting.needs) and (late_alone or not sorting.only_late)
    ]


def _clicked(
    table_key: str, shown: tuple[ChosenOrder, ...], offered: list[str], sorted_by: str
) -> None:
    """A tick chooses its order, a cell opens it; a head sorts."""
    CHOSEN_ORDERS.choose_places(shown, ticked_rows(table_key))
    row = clicked_row(table_key, shown)
    if row is not None:
        open_order(row.number)
        return
    ways = _BY_HEAD.get(clicked_head(table_key) or "", ())
    if ways and ways[0] in offered:
        sort_by(ways[1] if len(ways) > 1 and sorted_by == ways[0] else ways[0])


def open_order(number: str) -> None:
    """For callbacks: the page goes there with `open_chosen_order`."""
    st.session_state[_OPEN] = number
