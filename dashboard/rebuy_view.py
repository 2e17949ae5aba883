"""The blocks of the page of who is due to buy again: how far ahead, the cards, the list and what to
do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.blanks import blank
from dashboard.cards import Card
from dashboard.choices import sees_several_reps
from dashboard.edit_notice import notify
from dashboard.exports import Export, export_menu, whole_list
from dashboard.message_view import WRITE_HELP
from dashboard.paging import (
    PAGE_ROWS,
    clicked_row,
    first_page,
    list_toolbar,
    pages_of,
    sort_box,
)
from dashboard.reads import data_version, read
from dashboard.saving import draw_request, save, show_refusal
from dashboard.session import current_scope
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import N_, _, _n, in_a_row, language, plain
from dashboard.vocabulary import in_words
from data_access.edits.reminding import ACTIONS, LONGEST_NOTE, may_remind, record_reminder
from data_access.filters import OrderFilter
from data_access.keyset import Cursor
from data_access.rebuys import RebuySort, find_last_rebuy_run, list_rebuys
from data_access.scope import Scope

_AHEAD = (7, 14, 30)
_CHOSEN = "rebuy_chosen"
_ROWS_SEEN = 12
_SORTINGS: dict[str, tuple[str, RebuySort, bool]] = {
    "likely": (N_("Likeliest within 30 days"), "probability_30", True),
    "soonest": (N_("Expected first"), "expected_on", False),
}


def days_ahead() -> int:
    """Draws how far the list looks ahead; returns the days."""
    days = st.segmented_control(
        _("Expected in the next"), _AHEAD, default=14, required=True,
        format_func=lambda days: _n("{n} day", "{n} days", days),
        key="rebuy_days", persist_state="session", on_change=first_page,
    )  # fmt: skip
    return days or 14


def nothing_due(scope: Scope) -> None:
    """Why there is nothing at all: no refresh yet, or nobody who buys again."""
    if read(find_last_rebuy_run, scope, engine="record") is None:
        blank(
            _("Nothing has been worked out yet."),
            _("Who is due appears here after `python -m dashboard refresh` has run."),
        )
    else:
        blank(
            _("Nobody is due to buy again."),
            _("Customers appear here when they have bought a product often enough to tell when"
              " they will need it again."),
        )  # fmt: skip


def rebuy_cards(sums: pd.Series, days: int) -> list[Card]:
    """Who is due, who is late already, what is likely to be bought, and who is not on the list."""
    return [
        Card(
            key="rebuy_due", label=_("Due to buy again"), value=formats.number(sums["due"]),
            help=_("Customers and products whose expected day is at most {days} days ahead, or has "
                   "passed: the last purchase and the customer's usual interval.", days=days),
            note=_n("by {n} customer", "by {n} customers", int(sums["due_customers"])),
        ),
        Card(
            key="rebuy_overdue", label=_("Overdue"), value=formats.number(sums["overdue"]),
            help=_("Those of them whose expected day has passed."),
            note=_("{share} of those due", share=_share(sums["overdue"], sums["due"])),
        ),
        Card(
            key="rebuy_likely", label=_("Expected in 30 d"), value=formats.number(sums["likely"]),
            help=_("The chances of a purchase within 30 days, added up over the list."),
            note=_("{share} of those due", share=_share(sums["likely"], sums["due"])),
        ),
        Card(
            key="rebuy_left_out", label=_("Not on the list"),
            value=formats.number(sums["held_out"] + sums["refusing"] + sums["acted_upon"]),
            help=_("Held out: one customer in ten, chosen by hash, is not reminded, so that the "
                   "effect shows. Refused: they do not wish to be contacted. Acted upon: reminded "
                   "or set aside since the last purchase."),
            note=_("{held_out} held out, {refusing} refused, {done} acted upon",
                   held_out=formats.number(sums["held_out"]),
                   refusing=formats.number(sums["refusing"]),
                   done=formats.number(sums["acted_upon"])),
        ),
    ]  # fmt: skip


def rebuy_list(
    scope: Scope,
    chosen: OrderFilter,
    as_of: date,
    days: int,
    sums: pd.Series,
    filters: Sequence[str],
) -> None:
    """Who is due, the likeliest first; a click on one says what can be done. All of them as a file,
    which tells the `filters` in words."""
    st.markdown(f"**{_('Who to remind')}** :small[:gray[{_worked_out(sums, as_of)}]]")
    said = st.query_params.get("sort", "likely")
    sorted_by = said if said in _SORTINGS else "likely"
    _label, column, descending = _SORTINGS[sorted_by]

    listed: dict[str, Any] = {"sort": column, "descending": descending, "language": language()}

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(
            list_rebuys, scope, chosen, as_of, days,
            engine="record", after=after, limit=limit, **listed,
        )  # fmt: skip

    def controls() -> None:
        whole = whole_list(list_rebuys, chosen, as_of, days, **listed)
        ahead = _n("{n} day", "{n} days", days)
        export_menu(
            Export(
                slug="rebuy",
                name="due_to_rebuy",
                columns=_columns(scope),
                rows=lambda person, most: _in_words(whole(person, most)),
                as_of=as_of,
                filters=[
                    *filters,
                    _("{label}: {values}", label=_("Expected in the next"), values=ahead),
                ],
                left_out=int(sums["refusing"]),
            ),
            int(sums["due"]),
        )
        _sort_box(sorted_by)

    if not sums["due"]:
        st.markdown(f":gray[{_('Nobody is due in these days.')}]")
        return
    pages = pages_of("rebuy", f"{scope.key} {chosen.key} {days} {column}", rows)
    found = rows(pages.start, PAGE_ROWS)
    acts = may_remind(scope, "rebuy")
    list_toolbar(
        pages, found, _n("{n} purchase due", "{n} purchases due", int(sums["due"])),
        controls, advice=_("Click a row to act on it") if acts else "",
    )  # fmt: skip
    ids = tuple(int(each) for each in found["rebuy_due_id"])
    key = f"rebuy_{data_version()}_{days}_{column}_{pages.number}_{hash(chosen.key) % 9999}"
    show_table(
        _in_words(found),
        _columns(scope),
        key=key,
        alt=_("Customers who are due to buy again"),
        height="content" if len(found) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=(lambda: _clicked(key, ids)) if acts else "ignore",
        selection_mode="single-cell",
    )
    opened = found[found["rebuy_due_id"] == st.session_state.get(_CHOSEN)]
    if len(opened) and acts:
        _what_to_offer(opened.iloc[0])


def _worked_out(sums: pd.Series, as_of: date) -> str:
    day = sums["worked_out_on"]
    told = _("worked out of the orders up to {day}", day=formats.day(day))
    if day.date() >= as_of:
        return told
    return in_a_row((f"{told}.", _("`python -m dashboard refresh` brings it up to date.")))


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        days_overdue=frame["days_overdue"].where(frame["days_overdue"] > 0),
        range=[
            f"{formats.day(first)} – {formats.day(last)}"
            for first, last in zip(frame["earliest_on"], frame["latest_on"], strict=True)
        ],
    )


def _columns(scope: Scope) -> list[Column]:
    columns = [
        Column("customer", _("Customer"), width=190),
        Column("product", _("Product"), width=170),
        Column("suggested_quantity", _("Offer"), "count", width=65,
               help=_("The median of the last three quantities, in whole packs")),
        Column("expected_on", _("Purchase expected"), "day", width=130,
               help=_("The last purchase and the usual interval")),
        Column("days_overdue", _("Overdue"), "lateness", width=85),
        Column("probability_30", _("In 30 d"), "chance", width=100,
               help=_("Probability of a purchase within 30 days")),
        Column("last_ordered_on", _("Last purchase"), "day"),
        Column("usual_gap_days", _("Usual interval"), "age", width=105,
               help=_("Days between two purchases, drawn towards those of other customers of the "
                      "product where few are known")),
        Column("range", _("Between"), width=185,
               help=_("The next purchase falls between these days in 8 of 10 cases, given that it "
                      "has not come until now.")),
        Column("orders", _("Purchases"), "count", width=85,
               help=_("Days on which the customer bought the product")),
    ]  # fmt: skip
    if scope.sees("customers", "phone"):
        columns.insert(1, Column("phone", _("Phone"), width=115))
    if sees_several_reps(scope):
        columns.append(Column("rep", _("Sales rep"), width=110))
    return columns


def _what_to_offer(row: pd.Series) -> None:
    """Reminded or dismissed, for the customer and product whose row was clicked."""
    due_id = int(row["rebuy_due_id"])
    form = f"rebuy_{due_id}"
    draw_request(form)
    with st.container(border=True, gap="xsmall", key="rebuy_panel"):
        offer = _("{quantity} × {product}", quantity=formats.number(row["suggested_quantity"]),
                  product=plain(row["product"]))  # fmt: skip
        phone = f" · {plain(row['phone'])}" if row["phone"] else ""
        st.markdown(f"**{plain(row['customer'])}**{phone} :gray[{offer}]")
        show_refusal(form)
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.selectbox(
                _("What was done"), ACTIONS, width=200, key=f"{form}_action",
                format_func=lambda action: in_words("reminders.action", action),
            )  # fmt: skip
            st.text_input(_("Note"), max_chars=LONGEST_NOTE, key=f"{form}_note")
            st.checkbox(_("Write an e-mail"), key=f"{form}_write", help=_(WRITE_HELP))
            said = (due_id, int(row["customer_id"]), int(row["product_id"]),
                    row["expected_on"].date(), str(row["customer"]))  # fmt: skip
            st.button(
                _("Mark as reminded"), type="primary", icon=":material/check:",
                key=f"{form}_done", on_click=_record, args=(*said, "done"),
            )  # fmt: skip
            st.button(
                _("Dismiss"), icon=":material/do_not_disturb_on:", key=f"{form}_dismissed",
                help=_("Takes the line off the list until the next purchase."),
                on_click=_record, args=(*said, "dismissed"),
            )  # fmt: skip


def _record(
    due_id: int, customer_id: int, product_id: int, due_on: date, name: str, state: str
) -> None:
    scope = current_scope("rebuy")
    form = f"rebuy_{due_id}"
    action = st.session_state[f"{form}_action"]
    note = st.session_state.get(f"{form}_note") or ""
    write = bool(st.session_state.get(f"{form}_write"))
    done = save(
        form,
        lambda engine, request_id: record_reminder(
            engine, scope, customer_id, product_id, cause="rebuy", action=action, state=state,
            note=note, due_on=due_on, write=write, request_id=request_id,
        ),
    )  # fmt: skip
    if done is None:
        return
    st.session_state.pop(_CHOSEN, None)
    words = in_words("reminders.state", state)
    notify("rebuy", _("{customer}: {what}", customer=plain(name), what=words), done)


def _share(part: float, whole: float) -> str:
    return formats.rate(part / whole) if whole else formats.MISSING


def _sort_box(sorted_by: str) -> None:
    labels = {name: each[0] for name, each in _SORTINGS.items()}
    sort_box("rebuy_sorting", labels, sorted_by, width=210)


def _clicked(key: str, ids: tuple[int, ...]) -> None:
    chosen = clicked_row(key, ids)
    if chosen is not None:
        st.session_state[_CHOSEN] = chosen
