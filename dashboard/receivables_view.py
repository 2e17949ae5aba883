"""The blocks of the receivables page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.receivables import Owed
from dashboard.cards import Card
from dashboard.exports import Export, export_menu, whole_list
from dashboard.menu import may_open
from dashboard.order_list import open_order
from dashboard.paging import (
    PAGE_ROWS,
    clicked_row,
    list_toolbar,
    pages_of,
    sort_box,
)
from dashboard.reads import data_version, read
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, _n, language
from data_access.filters import OrderFilter
from data_access.keyset import Cursor
from data_access.receivables import ReceivableSort, list_receivables
from data_access.scope import Scope

AGE_NAMES: dict[str, str] = {
    "not_due": N_("Not due yet"),
    "1-30": N_("1–30 d late"),
    "31-60": N_("31–60 d late"),
    "61-90": N_("61–90 d late"),
    "over_90": N_("Over 90 d late"),
}
_SORTINGS: dict[str, tuple[str, ReceivableSort, bool]] = {
    "due": (N_("Due longest ago"), "due_on", False),
    "owed": (N_("Largest debt"), "owed", True),
    "newest": (N_("Newest first"), "ordered_on", True),
    "number": (N_("Order number"), "order_number", False),
}


def age_names() -> dict[str, str]:
    return {age: _(name) for age, name in AGE_NAMES.items()}


def owed_cards(owed: Owed, currency: str | None) -> list[Card]:
    """What is owed, what of it is late, how much of it for long."""
    orders = _n("{n} order", "{n} orders", owed.orders)
    late = _n("{n} order", "{n} orders", owed.past_due_orders)
    oldest = _n("{n} order", "{n} orders", owed.over_90_orders)
    return [
        Card(key=key, label=label, value=value, help=explained, note=note)
        for key, label, value, explained, note in (
            (
                "owed",
                _("Owed"),
                formats.compact_money(owed.amount, currency),
                _("Net sales − payments of orders that are not cancelled, from one cent up."),
                orders,
            ),
            (
                "past_due",
                _("Past due"),
                formats.compact_money(owed.past_due, currency),
                _("The part of what is owed that was due before today."),
                late,
            ),
            (
                "past_due_rate",
                _("Share past due"),
                formats.rate(owed.past_due_rate),
                _("Past due ÷ owed."),
                _("of what is owed"),
            ),
            (
                "over_90",
                _("Over 90 days late"),
                formats.compact_money(owed.over_90, currency),
                _("The part of what is owed that was due more than 90 days ago."),
                oldest,
            ),
        )
    ]


def receivables_list(
    scope: Scope,
    order_filter: OrderFilter,
    as_of: date,
    owed: Owed,
    *,
    reps: bool,
    filters: Sequence[str],
) -> None:
    """The orders that owe something, what is due longest first; all of them as a file, which tells
    the `filters` in words."""
    sorted_by = st.query_params.get("sort", "due")
    _label, column, descending = _SORTINGS.get(sorted_by, _SORTINGS["due"])

    listed: dict[str, Any] = {
        "as_of": as_of,
        "sort": column,
        "descending": descending,
        "language": language(),
    }

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(
            list_receivables,
            scope,
            order_filter,
            engine="record",
            after=after,
            limit=limit,
            **listed,
        )

    def controls() -> None:
        export_menu(
            Export(
                slug="receivables",
                name="receivables",
                columns=_columns(reps=reps),
                rows=whole_list(list_receivables, order_filter, **listed),
                as_of=as_of,
                currency=order_filter.currency,
                filters=filters,
                search=order_filter.search,
            ),
            owed.orders,
        )
        _sort_box(sorted_by if sorted_by in _SORTINGS else "due")

    pages = pages_of("receivables", f"{scope.key} {order_filter.key} {column}", rows)
    frame = rows(pages.start, PAGE_ROWS)
    opens = may_open(scope.role, "order")
    list_toolbar(
        pages,
        frame,
        _n("{n} order", "{n} orders", owed.orders),
        controls,
        advice=_("Click a row to open it") if opens else "",
    )
    numbers = tuple(frame["order_number"])
    key = f"receivables_{data_version()}_{column}_{pages.number}"
    show_table(
        _blank_unless_late(frame),
        _columns(reps=reps),
        key=key,
        alt=_("Orders that owe something"),
        currency=order_filter.currency,
        on_select=(lambda: _clicked(key, numbers)) if opens else "ignore",
        selection_mode="single-cell",
    )


def _blank_unless_late(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(days_overdue=frame["days_overdue"].where(frame["days_overdue"] > 0))


def _columns(*, reps: bool) -> list[Column]:
    columns = [
        Column("order_number", _("Order"), width=150),
        Column("customer", _("Customer"), width=220),
        Column("due_on", _("Due"), "day"),
        Column("days_overdue", _("Late"), "lateness", width=90),
        Column("owed", _("Owed"), "money", width=130),
        Column("paid", _("Paid"), "money", width=130),
        Column("total", _("Order total"), "money", width=130),
        Column("stage", _("Stage"), "stage", width=110),
        Column("ordered_on", _("Ordered"), "day"),
    ]
    return [*columns, Column("rep", _("Sales rep"), width=120)] if reps else columns


def _sort_box(sorted_by: str) -> None:
    labels = {name: each[0] for name, each in _SORTINGS.items()}
    sort_box("receivable_sorting", labels, sorted_by, width=170)


def _clicked(key: str, numbers: tuple[str, ...]) -> None:
    number = clicked_row(key, numbers)
    if number is not None:
        open_order(number)
