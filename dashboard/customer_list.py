"""The list of customers: sorted and paged by the database, opened by a click."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.blanks import blank
from dashboard.choices import worth_choosing
from dashboard.customer_link import go_to_customer, open_customer
from dashboard.customer_words import CONSENTS, INDUSTRIES, SOURCES, TYPES, said
from dashboard.exports import Export, export_menu, whole_list
from dashboard.filters import Choice, clear, current, is_filtered
from dashboard.paging import (
    PAGE_ROWS,
    clicked_head,
    clicked_row,
    list_toolbar,
    pages_of,
    sort_box,
    sort_by,
)
from dashboard.reads import data_version, draw, read
from dashboard.recorded import knows_payments
from dashboard.segment_words import SEGMENT_NAMES
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, _n, language
from data_access.customer_filter import CustomerFilter
from data_access.customers import (
    CustomerSort,
    count_customers,
    find_customer_by_phone,
    list_customer_options,
    list_customers,
)
from data_access.filters import OrderFilter
from data_access.keyset import Cursor
from data_access.scope import Scope

_PHONE = "phone_searched"


@dataclass(frozen=True)
class Sorting:
    label: str  # a msgid
    column: CustomerSort
    descending: bool
    scored: bool = False  # by what the last refresh worked out


SORTINGS: dict[str, Sorting] = {
    "name": Sorting(N_("By name"), "name", False),
    "newest": Sorting(N_("Newest first"), "created_at", True),
    "last_order": Sorting(N_("Last order first"), "last_order", True),
    "longest_ago": Sorting(N_("Longest without an order"), "last_order", False),
    "grade": Sorting(N_("Grade"), "grade", False),
    "sales": Sorting(N_("Most sales at the last refresh"), "net_sales_12m", True, scored=True),
    "silent": Sorting(N_("Most likely silent"), "silent_90", True, scored=True),
}
# a click on a column's head sorts by it; a second click the other way round
_BY_HEAD = {
    "customer": ("name",),
    "grade": ("grade",),
    "last_ordered_on": ("last_order", "longest_ago"),
    "net_sales_12m": ("sales",),
}


def customer_choices(scope: Scope) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
    """What the filter bar offers, and what stands behind its button."""
    return draw(_choices, scope)


def _choices(scope: Scope) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
    options = read(list_customer_options, scope, language())

    def words(option: str, known: dict[str, str]) -> dict[str, str]:
        found = options[options["option"] == option]["word"]
        return {word: said(known, word) for word in found}

    def names(option: str) -> dict[int, str]:
        found = options[(options["option"] == option) & options["name"].notna()]
        return {int(key): name for key, name in zip(found["number"], found["name"], strict=True)}

    grades = dict(sorted(words("grade", {}).items()))
    bought = {"yes": _("Bought in the period"), "no": _("Did not buy in the period")}
    consents = {name: _(word) for name, word in CONSENTS.items()}
    return worth_choosing(
        Choice("bought", _("Orders"), _("Bought or not"), bought, many=False),
        Choice("grade", _("Grade"), _("All grades"), grades),
        Choice("region", _("Region"), _("All regions"), names("region_id")),
        Choice("rep", _("Sales rep"), _("All sales reps"), names("owner_id")),
    ), worth_choosing(
        Choice("type", _("Kind of customer"), _("All kinds"), words("customer_type", TYPES)),
        Choice("industry", _("Industry"), _("All industries"), words("industry", INDUSTRIES)),
        Choice("source", _("Won through"), _("All sources"), words("source", SOURCES)),
        Choice("consent", _("Consent"), _("Any consent"), consents),
        Choice("segment", _("Segment"), _("All segments"), words("segment", SEGMENT_NAMES)),
    )


def customer_filter_from(chosen: OrderFilter, choices: tuple[Choice, ...]) -> CustomerFilter:
    """The filter that the bar says; a choice that is not offered does not count."""
    values = current()
    picked = {choice.parameter: choice.read(values) for choice in choices}
    bought = next(iter(picked.get("bought", ())), None)
    return CustomerFilter(
        search=chosen.search,
        customer_types=picked.get("type", ()),
        industries=picked.get("industry", ()),
        grades=picked.get("grade", ()),
        sources=picked.get("source", ()),
        consents=picked.get("consent", ()),
        segments=picked.get("segment", ()),
        region_ids=picked.get("region", ()),
        owner_ids=picked.get("rep", ()),
        bought=None if bought is None else bought == "yes",
        period=chosen.period if bought else None,
        currency=chosen.currency,
    )


def open_by_phone(scope: Scope, words: str) -> None:
    """Goes to the customer whose phone was typed in full; once, so that who comes back stays."""
    if st.session_state.get(_PHONE) == words:
        return
    st.session_state[_PHONE] = words
    if words:
        found = read(find_customer_by_phone, scope, words, engine="record")["customer_id"]
        if found is not None:
            go_to_customer("customers", found)


def customer_list(
    scope: Scope, wanted: CustomerFilter, as_of: date, filters: Sequence[str]
) -> None:
    """How many there are, how they are sorted, a page of them, and the way to the next. All of them
    as a file, which tells the `filters` in words and leaves out who refuses contact."""
    count = read(count_customers, scope, wanted, engine="record")
    if not count:
        _nobody()
        return
    offered = _offered(scope)
    asked = st.query_params.get("sort", "name")
    sorted_by = asked if asked in offered else "name"
    chosen = SORTINGS[sorted_by]

    listed: dict[str, Any] = {
        "as_of": as_of,
        "sort": chosen.column,
        "descending": chosen.descending,
        "language": language(),
    }

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(
            list_customers, scope, wanted, engine="record", after=after, limit=limit, **listed
        )

    def controls() -> None:
        export_menu(
            Export(
                slug="customers",
                name="customers",
                columns=_columns(scope, wanted, reps=True, regions=True),
                rows=whole_list(list_customers, wanted, **listed),
                as_of=as_of,
                currency=wanted.currency,
                filters=filters,
                search=wanted.search,
                for_contact=True,
            ),
            count,
        )
        _sort_box(offered, sorted_by)

    pages = pages_of("customers", f"{scope.key} {wanted.key} {sorted_by}", rows)
    frame = rows(pages.start, PAGE_ROWS)
    list_toolbar(
        pages,
        frame,
        _n("{n} customer", "{n} customers", count),
        controls,
        advice=_("Click a row to open it"),
    )
    ids = [int(each) for each in frame["customer_id"]]
    several_reps = frame["owner"].nunique() > 1  # who have a region each
    table_key = f"customers_{data_version()}_{sorted_by}_{pages.number}"
    show_table(
        frame,
        _columns(scope, wanted, reps=several_reps, regions=not several_reps),
        key=table_key,
        alt=_("List of customers"),
        currency=wanted.currency,
        on_select=lambda: _clicked(table_key, ids, offered, sorted_by),
        selection_mode=["single-cell", "single-column"],
    )


def _nobody() -> None:
    if is_filtered():
        blank(_("No customer fits these filters."), "", (_("Clear filters"), clear))
        return
    blank(
        _("There are no customers for you yet."),
        _("Customers appear here as soon as they are entered or imported."),
    )


def _columns(scope: Scope, wanted: CustomerFilter, *, reps: bool, regions: bool) -> list[Column]:
    """What this person has a use for: nothing hidden, nothing that is always the same."""
    columns = [
        Column("customer", _("Customer"), width=185),
        Column("grade", _("Grade"), width=58),
        Column("customer_type", _("Kind"), width=102, words="customers.customer_type"),
        Column("phone", _("Phone"), width=108),
        Column("orders", _("Orders"), "count", width=62),
    ]
    if wanted.currency and scope.sees("orders", "net_sales"):
        columns.append(
            Column(
                "net_sales_12m", _("Net sales, 12 months"), "money", width=144,
                help=_("Orders of the last 365 days after returns, without cancelled ones."),
            )
        )  # fmt: skip
    columns.append(Column("last_ordered_on", _("Last order"), "day", width=96))
    if wanted.currency and knows_payments(scope):
        columns.append(Column("owed", _("Owed"), "money", width=92))
    columns.append(Column("consent", _("Consent"), width=80, words="customers.consent"))
    if reps:
        columns.append(Column("owner", _("Sales rep"), width=108))
    if regions:
        columns.append(Column("region", _("Region"), width=90))
    return columns


def _offered(scope: Scope) -> list[str]:
    options = read(list_customer_options, scope, language())
    has_scores = bool((options["option"] == "segment").any())
    return [
        name
        for name, sorting in SORTINGS.items()
        if not sorting.scored or (has_scores and scope.sees("customer_scores", sorting.column))
    ]


def _sort_box(offered: list[str], sorted_by: str) -> None:
    labels = {name: SORTINGS[name].label for name in offered}
    sort_box("customer_sorting", labels, sorted_by, width=210)


def _clicked(table_key: str, ids: list[int], offered: list[str], sorted_by: str) -> None:
    row: Any = clicked_row(table_key, ids)
    if row is not None:
        open_customer(row)
        return
    ways = _BY_HEAD.get(clicked_head(table_key) or "", ())
    if ways and ways[0] in offered:
        sort_by(ways[1] if len(ways) > 1 and sorted_by == ways[0] else ways[0])
