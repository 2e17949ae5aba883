"""The queues of requests, and the list of those in one: sorted and paged by the database, ticked
for many, clicked for one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.cards import Card
from dashboard.exports import Export, export_menu, whole_list
from dashboard.filters import Choice
from dashboard.paging import (
    PAGE_ROWS,
    clicked_row,
    first_page,
    list_toolbar,
    pages_of,
    sort_box,
    ticked_rows,
)
from dashboard.reads import data_version, read
from dashboard.replenish_chosen import (
    CHOSEN_REQUESTS,
    Request,
    requests_of,
)
from dashboard.replenish_dialogs import action_buttons, offered
from dashboard.replenish_words import (
    STATE_COLOURS,
    STATES,
    cause_in_words,
    reason_in_words,
)
from dashboard.session import business_zone
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import N_, _, _n, language
from data_access.edits.rights import REPLENISHMENT_RIGHTS
from data_access.keyset import Cursor
from data_access.replenishments import (
    REQUEST_STATES,
    RequestFilter,
    RequestSort,
    list_replenishments,
    list_suppliers,
    list_warehouses,
)
from data_access.scope import Scope

OPENED = "opened_request"
ALL = "all"
_ROWS_SEEN = 10
_SORTINGS: dict[str, tuple[str, RequestSort, bool]] = {
    "oldest": (N_("Oldest first"), "requested_at", False),
    "newest": (N_("Newest first"), "requested_at", True),
    "expected": (N_("Expected first"), "expected_on", False),
    "needed": (N_("Needed first"), "needed_by", False),
    "units": (N_("Most units"), "quantity", True),
    "value": (N_("Largest amount"), "value", True),
}
_USUAL = {"ordered": "expected", "received": "newest", "closed": "newest", "rejected": "newest"}
_DONE = ("received", "closed", "rejected")


def warehouse_choice(scope: Scope) -> Choice:
    found = read(list_warehouses, scope, language(), engine="record")
    names = dict(zip(found["warehouse_id"].tolist(), found["name"], strict=True))
    return Choice("warehouse", _("Warehouse"), _("All warehouses"), names)


def supplier_choice(scope: Scope) -> Choice:
    found = read(list_suppliers, scope, language(), engine="record")
    names = dict(zip(found["supplier_id"].tolist(), found["name"], strict=True))
    return Choice("supplier", _("Supplier"), _("All suppliers"), names)


def queue_cards(counts: pd.DataFrame) -> list[Card]:
    """What waits for whom: for a decision, for the order, for the supplier."""
    by = counts.set_index("state")

    def count(state: str, name: str = "requests") -> int:
        return int(by[name].get(state, 0))

    def worth(state: str) -> str:
        value = by["value"].get(state)
        if not count(state):
            return ""
        if value is None or pd.isna(value):
            return _n("{n} unit", "{n} units", count(state, "units"))
        return formats.compact_money(float(value), by["currency"].get(state))

    late, parts = count("ordered", "late"), count("ordered", "part_received")
    return [
        Card(key="to_decide", label=_("To be decided"), value=formats.number(count("proposed")),
             note=worth("proposed"), help=_("Requested, and neither approved nor rejected.")),
        Card(key="to_order", label=_("To be ordered"), value=formats.number(count("approved")),
             note=worth("approved"), help=_("Approved, and not yet ordered from the supplier.")),
        Card(key="on_order", label=_("With the supplier"), value=formats.number(count("ordered")),
             note=_("{n} received in part", n=formats.number(parts)) if parts
             else worth("ordered"),
             help=_("Ordered from the supplier, and not all of it received.")),
        Card(key="overdue_receipts", label=_("Overdue receipts"), value=formats.number(late),
             note=_("expected before today"),
             help=_("On order, and expected for a day that is over.")),
    ]  # fmt: skip


def queue_box(counts: pd.DataFrame) -> tuple[str, int]:
    """The queue that is looked at, and how many requests are in it; the address says which."""
    by = {state: int(each) for state, each in zip(counts["state"], counts["requests"], strict=True)}
    by[ALL] = sum(by.values())
    queues = [*REQUEST_STATES, ALL]
    waits = next((state for state in REQUEST_STATES if by.get(state)), ALL)
    said = st.query_params.get("queue", "")
    st.session_state["replenish_queue"] = said if said in queues else waits
    queue = st.segmented_control(
        _("Queue"), queues, required=True, key="replenish_queue", label_visibility="collapsed",
        format_func=lambda name: f"{_queue_name(name)} {formats.number(by.get(name, 0))}",
        on_change=_queue_picked,
    )  # fmt: skip
    queue = queue or waits
    return queue, by.get(queue, 0)


def _queue_name(name: str) -> str:
    return _("All") if name == ALL else _(STATES[name])


def _queue_picked() -> None:
    first_page()
    CHOSEN_REQUESTS.choose_none()
    st.query_params["queue"] = st.session_state["replenish_queue"]
    st.query_params.pop("sort", None)


def request_list(
    scope: Scope, wanted: RequestFilter, queue: str, count: int, as_of: date,
    *, currency: str | None, filters: Sequence[str],
) -> pd.Series | None:  # fmt: skip
    """The requests of the queue; a tick chooses for the buttons above, a click opens below. Returns
    the opened, else the first."""
    shows_cost = scope.sees("replenishments", "unit_cost") and currency is not None
    offered_sorts = [name for name in _SORTINGS if name != "value" or shows_cost]
    said = st.query_params.get("sort", "")
    sorted_by = said if said in offered_sorts else _USUAL.get(queue, "oldest")
    _label, column, descending = _SORTINGS[sorted_by]
    listed: dict[str, Any] = {
        "as_of": as_of, "sort": column, "descending": descending, "language": language(),
        "zone": business_zone(),
    }  # fmt: skip

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(
            list_replenishments, scope, wanted, engine="record", after=after, limit=limit, **listed
        )

    def whole(person: Scope, most: int) -> pd.DataFrame:
        return with_words(whole_list(list_replenishments, wanted, **listed)(person, most))

    pages = pages_of("replenishment", f"{scope.key} {wanted} {sorted_by}", rows)
    frame = rows(pages.start, PAGE_ROWS)
    columns = _columns(frame, queue, shows_cost=shows_cost)

    def controls() -> None:
        export_menu(
            Export(
                slug="replenishment", name="replenishments", columns=columns, rows=whole,
                as_of=as_of, currency=currency, filters=[*filters, _queue_name(queue)],
                search=wanted.search,
            ),
            count,
        )  # fmt: skip
        labels = {name: _SORTINGS[name][0] for name in offered_sorts}
        sort_box("replenish_sorting", labels, sorted_by, width=148)  # beside the toolbar

    list_toolbar(pages, frame, _n("{n} request", "{n} requests", count), controls,
                 advice=_("Click a row to see its history"))  # fmt: skip
    shown = requests_of(frame)
    can_act = any(
        scope.role in roles
        for action, roles in REPLENISHMENT_RIGHTS.items()
        if action != "request_replenishment"
    )
    ticked = CHOSEN_REQUESTS.places(shown) if can_act else []
    _chosen_bar(scope)
    key = f"requests_{data_version()}_{queue}_{sorted_by}_{pages.number}_{CHOSEN_REQUESTS.round()}"
    show_table(
        with_words(frame), columns, key=key, alt=_("Requests to replenish"), currency=currency,
        on_select=lambda: _clicked(key, shown),
        selection_mode=["single-cell", *["multi-row"] * can_act], selected_rows=ticked,
        height="content" if len(frame) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
    )  # fmt: skip
    if not len(frame):
        return None
    opened = frame[frame["replenishment_id"] == st.session_state.get(OPENED)]
    return (opened if len(opened) else frame).iloc[0]


def with_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with `why`, the cause in words, and the reason in words."""
    pairs = zip(frame["cause"], frame["order_number"], strict=True)
    return frame.assign(
        why=[
            cause_in_words(cause if isinstance(cause, str) else None,
                           number if isinstance(number, str) else None)
            for cause, number in pairs
        ],
        reason=_worded(frame["reason"]),
    )  # fmt: skip


def _worded(reasons: pd.Series) -> list[Any]:
    return [reason_in_words(each) if isinstance(each, str) else None for each in reasons]


def _columns(frame: pd.DataFrame, queue: str, *, shows_cost: bool) -> list[Column]:
    """Those of the queue, but for what no row of the page has."""
    badges = {state: (name, STATE_COLOURS[state]) for state, name in STATES.items()}
    has_come = queue not in ("proposed", "approved", "rejected")
    columns = [
        *([Column("state", _("State"), "badge", width=95, badges=badges)] if queue == ALL else []),
        Column("product", _("Product"), width=172),
        Column("sku", _("SKU"), width=82),
        Column("warehouse", _("Warehouse"), width=146),
        Column("quantity", _("Quantity"), "count", width=72),
        *([Column("received_quantity", _("Arrived"), "count", width=80)] if has_come else []),
        Column("needed_by", _("Needed by"), "day"),
        *([Column("expected_on", _("Expected on"), "day")] if has_come else []),
        *([Column("days_late", _("Late"), "lateness", width=85)]
          if queue in ("ordered", ALL) else []),
        *([Column("value", _("Value"), "money", width=98)] if shows_cost else []),
        Column("age_days", _("Age"), "age", width=56),
        Column("supplier", _("Supplier"), width=150),
        Column("why", _("Cause"), width=310),
        *([Column("reason", _("Reason"), width=160)] if queue in ("rejected", "closed") else []),
        Column("requester", _("Requested by"), width=120),
    ]  # fmt: skip
    may_lack = ("needed_by", "reason", "requester", "supplier")
    return [
        column
        for column in columns
        if column.name not in may_lack or frame[column.name].notna().any()
    ]


def _chosen_bar(scope: Scope) -> None:
    """How many are ticked, and what can be done with all of them."""
    chosen = CHOSEN_REQUESTS.rows()
    if not chosen:
        return
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", border=True, key="chosen_bar"
    ):
        count = _n("{n} request selected", "{n} requests selected", len(chosen))
        st.markdown(f"**{count}**", width="content")
        action_buttons(scope, chosen, "chosen")
        if not offered(scope, chosen):
            told = _("Nothing can be done with all of them.")
            st.markdown(f":gray[{told}]", width="content")
        st.button(_("Clear selection"), key="chosen_clear", type="tertiary",
                  icon=":material/close:", on_click=CHOSEN_REQUESTS.choose_none)  # fmt: skip


def _clicked(key: str, shown: tuple[Request, ...]) -> None:
    """A tick chooses its request, a cell opens it."""
    CHOSEN_REQUESTS.choose_places(shown, ticked_rows(key))
    row = clicked_row(key, shown)
    if row is not None:
        st.session_state[OPENED] = row.replenishment_id
