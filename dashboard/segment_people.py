"""The customers of a segment, page by page, each leading to the customer."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.customer_link import open_customer
from dashboard.menu import may_open
from dashboard.paging import (
    PAGE_ROWS,
    clicked_row,
    list_toolbar,
    pages_of,
    sort_box,
)
from dashboard.reads import data_version, read
from dashboard.segment_choice import Chosen, code_of, say
from dashboard.segment_words import segment_action, segment_name
from dashboard.tables import Column, show_table
from dashboard.texts import N_, _, _n, language
from data_access.keyset import Cursor
from data_access.scope import Scope
from data_access.segment_lists import SegmentSort, list_segment_customers

_SORTINGS: dict[str, tuple[str, SegmentSort, bool]] = {
    "value": (N_("Most net sales, 12 months"), "net_sales_12m", True),
    "ever": (N_("Most net sales ever"), "net_sales", True),
    "potential": (N_("Most expected"), "predicted_value_12m", True),
    "silent": (N_("Likeliest to stay silent"), "silent_90", True),
    "longest": (N_("Last order longest ago"), "last_ordered_on", False),
    "latest": (N_("Last order first"), "last_ordered_on", True),
    "orders": (N_("Most orders"), "orders", True),
}


def people_list(scope: Scope, chosen: Chosen, segments: pd.DataFrame, *, reps: bool) -> None:
    """Who is in the chosen segment; everybody where none is chosen."""
    division = chosen.part(chosen.segment)
    said = st.query_params.get("sort", "value")
    sorted_by = said if said in _SORTINGS else "value"
    _label, column, descending = _SORTINGS[sorted_by]

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(
            list_segment_customers, scope, division, sort=column, descending=descending,
            after=after, limit=limit, language=language(),
        )  # fmt: skip

    _segment_box(chosen, segments)
    inside = segments[segments["segment"] == chosen.segment] if chosen.segment else segments
    count = int(inside["customers"].sum())
    if not count:
        st.markdown(f":gray[{_('Nobody is in this segment.')}]")
        return
    pages = pages_of("segment_customers", f"{scope.key} {division.key} {sorted_by}", rows)
    frame = rows(pages.start, PAGE_ROWS)
    opens = may_open(scope.role, "customer")
    list_toolbar(
        pages,
        frame,
        _n("{n} customer", "{n} customers", count),
        lambda: _sort_box(sorted_by),
        advice=_("Click a row to open it") if opens else "",
    )
    ids = tuple(int(each) for each in frame["customer_id"])
    key = f"segment_customers_{data_version()}_{sorted_by}_{pages.number}"
    show_table(
        _shown(frame, chosen),
        _columns(reps=reps, of_all=not chosen.segment),
        key=key,
        alt=_("Customers of the segment"),
        currency=division.currency,
        on_select=(lambda: _clicked(key, ids)) if opens else "ignore",
        selection_mode="single-cell",
    )


def _segment_box(chosen: Chosen, segments: pd.DataFrame) -> None:
    names = dict(zip(segments["segment"], segments["name"], strict=True))
    if chosen.segment and chosen.segment not in names:
        names[chosen.segment] = segment_name(chosen.segment)
    st.session_state["segment_of_list"] = chosen.segment or None
    st.selectbox(
        _("Segment"),
        list(names),
        index=None,
        format_func=lambda code: names[code],
        placeholder=_("All segments"),
        key="segment_of_list",
        label_visibility="collapsed",
        width=260,
        on_change=lambda: say(segment=st.session_state["segment_of_list"]),
    )


def _shown(frame: pd.DataFrame, chosen: Chosen) -> pd.DataFrame:
    by, currency = chosen.division.by, chosen.division.currency
    codes = [code_of(by, int(group)) for group in frame["group_number"]]
    return frame.assign(
        segment_name=[segment_name(code) for code in codes],
        action=[
            segment_action(code if by != "cluster" else segment)
            for code, segment in zip(codes, frame["segment"], strict=True)
        ],
        expected=[
            formats.money_range(
                row["predicted_value_12m"], row["predicted_low"], row["predicted_high"], currency
            )
            for row in frame.to_dict("records")
        ],
    )


def _columns(*, reps: bool, of_all: bool) -> list[Column]:
    columns = [
        Column("customer", _("Customer"), width=210),
        *([Column("segment_name", _("Segment"), width=130)] if of_all else []),
        Column("last_ordered_on", _("Last order"), "day", width=98),
        Column("orders", _("Orders"), "count", width=65),
        Column("net_sales_12m", _("Net sales, 12 months"), "money", width=145),
        Column("expected", _("Expected, 12 months"), width=180,
               help=_("Net sales expected in the next 365 days; 8 of 10 such customers bring an "
                      "amount within the brackets.")),
        Column("silent_90", _("Silent 90 d"), "chance", width=100,
               help=_("Probability of no order in the next 90 days")),
        Column("action", _("What to do"), width=230),
        Column("phone", _("Phone"), width=120),
    ]  # fmt: skip
    return [*columns, Column("rep", _("Sales rep"), width=120)] if reps else columns


def _sort_box(sorted_by: str) -> None:
    labels = {name: each[0] for name, each in _SORTINGS.items()}
    sort_box("segment_sorting", labels, sorted_by, width=220)


def _clicked(key: str, ids: tuple[int, ...]) -> None:
    customer_id = clicked_row(key, ids)
    if customer_id is not None:
        open_customer(customer_id)
