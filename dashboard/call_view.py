"""The blocks of the list of calls: the week, the cards, the list, and how it is made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, get_args

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.blanks import blank
from dashboard.call_marking import CHOSEN, line_panel
from dashboard.call_words import add_words
from dashboard.cards import Card
from dashboard.choices import sees_several_reps
from dashboard.connection import engine_and_version
from dashboard.exports import Export, export_menu, whole_list
from dashboard.paging import (
    PAGE_ROWS,
    clicked_row,
    first_page,
    list_toolbar,
    pages_of,
    sort_box,
)
from dashboard.reads import data_version, read
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import N_, _, _n, language
from data_access.calls import (
    CallSort,
    CallView,
    find_last_call_run,
    list_call_reasons,
    list_call_weeks,
    list_calls,
)
from data_access.filters import OrderFilter
from data_access.keyset import Cursor
from data_access.scope import Scope

_ROWS_SEEN = 12
_VIEWS: dict[CallView, str] = {"open": N_("To call"), "done": N_("Done"), "all": N_("All")}
_SORTINGS: dict[str, tuple[str, CallSort, bool]] = {
    "value": (N_("Most expected value"), "expected_value", True),
    "rep": (N_("By rep and rank"), "rank", False),
}


def week_choice(scope: Scope) -> date | None:
    """Draws which week's list is shown, the newest first; None where there is none."""
    weeks: list[date] = [
        day.date() for day in read(list_call_weeks, scope, engine="record")["week_on"]
    ]
    if not weeks:
        return None
    names = {day: f"{formats.week(day)} ({formats.day(day)})" for day in weeks}
    said = st.query_params.get("week", "")
    key = "calls_week"
    st.session_state[key] = next((day for day in weeks if day.isoformat() == said), weeks[0])
    chosen: date | None = st.selectbox(
        _("Week"), weeks, format_func=lambda day: names[day], width=220, key=key,
        on_change=lambda: _turn_to(st.session_state[key]),
    )  # fmt: skip
    return chosen or weeks[0]


def _turn_to(week_on: date) -> None:
    first_page()
    st.query_params["week"] = week_on.isoformat()


def no_list(scope: Scope) -> None:
    """Why there is no list at all: no refresh yet, or nobody to call."""
    if read(find_last_call_run, scope, engine="record") is None:
        blank(
            _("No list has been made yet."),
            _("The lists appear here after `python -m dashboard refresh` has run."),
        )
    else:
        blank(
            _("Nobody is to be called."),
            _("Customers appear here who are likely to stay silent, or due to buy a product"
              " again."),
        )  # fmt: skip


def call_cards(sums: pd.Series) -> list[Card]:
    """What is still to do, what it is worth, what came of the rest, and who is left out."""
    done = int(sums["lines"]) - int(sums["open"])
    currency = currency_of(sums)
    return [
        Card(
            key="calls_open", label=_("Still to call"), value=formats.number(sums["open"]),
            help=_("Lines of the week's list that nobody has marked, and whose customers have"
                   " placed no order since the list was made."),
            note=_("of {n} on the list", n=formats.number(sums["lines"])),
        ),
        Card(
            key="calls_value", label=_("Expected value, open"),
            value=formats.compact_money(sums["expected_value"], currency),
            help=_("Probability × value of each reason, added up over the open lines. It says what"
                   " is at stake, not what calling changes: that is measured below the list."),
            note=_("list made with the orders up to {day}", day=formats.day(sums["listed_on"])),
        ),
        Card(
            key="calls_done", label=_("Done"), value=formats.number(done),
            help=_("Lines that were marked, and those whose customers have ordered since the list"
                   " was made: the data know."),
            note=_("{called} called, {bought} bought, {ordered} ordered unmarked,"
                   " {refused} not interested, {wrong} wrong",
                   called=formats.number(sums["called"]), bought=formats.number(sums["bought"]),
                   ordered=formats.number(sums["ordered"]),
                   refused=formats.number(sums["not_interested"]),
                   wrong=formats.number(sums["wrong"])),
        ),
        Card(
            key="calls_left_out", label=_("Not on the list"),
            value=formats.number(sums["held_out"] + sums["refusing"]),
            help=_("Held out: one customer in ten, chosen by hash and anew each quarter, is not on"
                   " the list, so that the effect of calling shows. Refused: they have refused"
                   " contact since the list was made."),
            note=_("{held_out} held out, {refusing} refused",
                   held_out=formats.number(sums["held_out"]),
                   refusing=formats.number(sums["refusing"])),
        ),
    ]  # fmt: skip


def currency_of(sums: pd.Series) -> str | None:
    """Of all amounts on the list; None where there are several."""
    return None if pd.isna(sums["currency"]) else str(sums["currency"])


def call_list(
    scope: Scope, chosen: OrderFilter, week_on: date, sums: pd.Series, filters: Sequence[str]
) -> None:
    """The lines; a click on one says why, what happened last time, and takes what came of it."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.markdown(f"**{_('Whom to call')}**", width="content")
        view = _view_box(sums)
    said = st.query_params.get("sort", "value")
    sorted_by = said if said in _sortings(scope) else "value"
    _label, column, descending = _SORTINGS[sorted_by]
    listed: dict[str, Any] = {
        "view": view, "sort": column, "descending": descending, "language": language(),
    }  # fmt: skip

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(list_calls, scope, chosen, week_on, engine="record", after=after, limit=limit,
                    **listed)  # fmt: skip

    def controls() -> None:
        whole = whole_list(list_calls, chosen, week_on, **listed)
        export_menu(
            Export(
                slug="calls",
                name="call_list",
                columns=_file_columns(scope, currency),
                rows=lambda person, most: _told(person, week_on, whole(person, most)),
                as_of=week_on,
                currency=currency,
                filters=[*filters, f"{_('Week')}: {formats.week(week_on)}", _(_VIEWS[view])],
                for_contact=True,
            ),
            count,
        )
        if len(_sortings(scope)) > 1:
            sort_box("calls_sorting", _sortings(scope), sorted_by)

    currency = currency_of(sums)
    count = _counts(sums)[view]
    if not count:
        st.markdown(f":gray[{_nobody(view)}]")
        return
    pages = pages_of("calls", f"{scope.key} {chosen.key} {week_on} {view} {column}", rows)
    found = rows(pages.start, PAGE_ROWS)
    ids = tuple(int(each) for each in found["customer_id"])
    reasons = read(list_call_reasons, scope, week_on, ids, engine="record", language=language())
    frame = add_words(found, reasons)
    list_toolbar(
        pages, found, _n("{n} customer", "{n} customers", count), controls,
        advice=_("Click a row to see why and to say what came of it"),
    )  # fmt: skip
    call_ids = tuple(int(each) for each in found["call_id"])
    key = f"calls_{data_version()}_{view}_{column}_{pages.number}_{hash(chosen.key) % 9999}"
    show_table(
        frame,
        _columns(scope, view, currency),
        key=key,
        alt=_("Customers to call"),
        currency=currency,
        height="content" if len(frame) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=lambda: _clicked(key, call_ids),
        selection_mode="single-cell",
    )
    opened = frame[frame["call_id"] == st.session_state.get(CHOSEN)]
    if len(opened):
        mine = reasons[reasons["customer_id"] == opened.iloc[0]["customer_id"]]
        line_panel(scope, opened.iloc[0], mine)


def _told(person: Scope, week_on: date, lines: pd.DataFrame) -> pd.DataFrame:
    """For a file: with the reasons that this person may see."""
    engine, _version = engine_and_version("record")
    return add_words(lines, list_call_reasons(engine, person, week_on, language=language()))


def _view_box(sums: pd.Series) -> CallView:
    counts = _counts(sums)
    view: CallView | None = st.segmented_control(
        _("Which lines"), list(get_args(CallView)), default="open", required=True,
        format_func=lambda name: f"{_(_VIEWS[name])} {formats.number(counts[name])}",
        key="calls_view", label_visibility="collapsed", persist_state="session",
        on_change=first_page,
    )  # fmt: skip
    return view or "open"


def _counts(sums: pd.Series) -> dict[CallView, int]:
    lines, still_open = int(sums["lines"]), int(sums["open"])
    return {"open": still_open, "done": lines - still_open, "all": lines}


def _nobody(view: CallView) -> str:
    if view == "done":
        return _("Nothing has come of this list yet.")
    return _("Nobody is left to call on this list.")


def _sortings(scope: Scope) -> dict[str, str]:
    names = _SORTINGS if sees_several_reps(scope) else ("value",)
    return {name: _SORTINGS[name][0] for name in names}


def _columns(scope: Scope, view: CallView, currency: str | None) -> list[Column]:
    told = _("Probability × value of each reason, added up")
    value = Column("expected_value", _("Expected value"), "money", width=120, help=told)
    if currency is None:  # each amount in its own
        value = Column("value_told", _("Expected value"), width=120, help=told)
    result = [Column("result", _("Result"), width=150)] if view != "open" else []
    phone = [Column("phone", _("Phone"), width=115)] if scope.sees("customers", "phone") else []
    reps = [Column("rep", _("Sales rep"), width=100)] if sees_several_reps(scope) else []
    return [
        Column("rank", _("Rank"), "count", width=60, help=_("In the rep's list of the week")),
        *reps,
        Column("customer", _("Customer"), width=175),
        *result,
        *phone,
        value,
        Column("why", _("Why"), width=330),
        Column("offer", _("To offer"), width=150),
        Column("last_ordered_on", _("Last order"), "day"),
        Column("last_talk", _("Last conversation"), width=130),
    ]  # fmt: skip


def _file_columns(scope: Scope, currency: str | None) -> list[Column]:
    people = (
        [Column("contact", _("Contact")), Column("contact_phone", _("Phone of the contact"))]
        if scope.sees("contacts", "phone")
        else []
    )
    return [
        Column("rep", _("Sales rep")),
        *(each for each in _columns(scope, "all", currency) if each.name != "rep"),
        *people,
        Column("formula", _("Formula")),
        Column("last_order_number", _("Number of the last order")),
        Column("last_amount", _("Amount of the last order")),
        Column("last_subject", _("Subject of the last conversation")),
        Column("note", _("Note")),
    ]


def _clicked(key: str, ids: tuple[int, ...]) -> None:
    chosen = clicked_row(key, ids)
    if chosen is not None:
        st.session_state[CHOSEN] = chosen
