"""One short stock: the lines that wait for it, who gets what, and what that changes."""

from __future__ import annotations

from datetime import date

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.allocation_apply import apply_form, last_division
from dashboard.allocation_plan import (
    USUAL,
    Plan,
    by_hand,
    forget_by_hand,
    knows,
    make_plan,
    set_by_hand,
)
from dashboard.analytics.inventory.serving import sum_served
from dashboard.menu import find_page, may_open
from dashboard.paging import clicked_row
from dashboard.reads import data_version
from dashboard.session import current_scope, today
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import _, _n, plain
from data_access.edits.allocating import MOST_WEIGHT, Weighed
from data_access.edits.rights import may_allocate
from data_access.inventory import MOST_WAITING
from data_access.scope import Scope

_ROWS_SEEN = 10
_LINE = "allocation_line"


def shortage_detail(scope: Scope, row: pd.Series, as_of: date) -> None:
    """Who waits for the stock of this row, and the proposal for it."""
    with st.container(border=True, gap="xsmall", key="shortage"):
        place = f"{plain(row['product'])} · {plain(row['sku'])} · {plain(row['warehouse'])}"
        st.markdown(f"**{place}**")
        drawn = make_plan(scope, row, USUAL, as_of)
        if drawn is None:
            st.markdown(f":gray[{_('No open order of yours waits for this stock.')}]")
            return
        st.markdown(f":small[{_situation(drawn, row)}]")
        last_division(scope, drawn)
        shares = may_allocate(scope) or knows(drawn.lines, "net_sales")
        plan = _planned(scope, row, drawn, as_of) if shares else drawn
        _lines(scope, row, plan, shares=shares)
        if not shares:
            st.markdown(f":small[:gray[{_told_only()}]]")
            return
        _difference(plan)
        if may_allocate(scope):
            apply_form(plan, str(row["sku"]))
        else:
            said = _("Sales leads, managers and administrators set units aside.")
            st.markdown(f":small[:gray[{said}]]")


def _planned(scope: Scope, row: pd.Series, drawn: Plan, as_of: date) -> Plan:
    """The proposal by what the person chose."""
    weights = _weights(drawn)
    whole_first = st.toggle(
        _("Whole lines first"), True, key="allocation_whole", persist_state="session",
        help=_("Goods leave whole: a line that cannot be served in full gets only what the others "
               "leave. Off: the highest score takes all it asks."),
    )  # fmt: skip
    return make_plan(scope, row, weights, as_of, whole_first=whole_first) or drawn


def _situation(plan: Plan, row: pd.Series) -> str:
    number = formats.number
    told = [
        _("{there} on hand, {reserved} reserved", there=number(plan.on_hand),
          reserved=number(plan.reserved)),
        _n("{n} line waits", "{n} lines wait", len(plan.lines))
        + ("+" if len(plan.lines) >= MOST_WAITING else ""),
        _n("{n} unit asked", "{n} units asked", int(plan.lines["quantity"].sum())),
    ]  # fmt: skip
    if pd.notna(row["expected_on"]):
        on_order = {"day": formats.day(row["expected_on"]), "n": number(row["on_order"])}
        is_late = row["expected_on"].date() < today()
        told.append(
            _("receipt overdue since {day}, {n} on order", **on_order) if is_late
            else _("next receipt {day}, {n} on order", **on_order)
        )  # fmt: skip
    else:
        told.append(_("nothing on order"))
    if plan.elsewhere:
        told.append(
            _("**{n} more are reserved for orders that you do not see**; what they leave, {there}, "
              "is yours to divide", n=number(plan.elsewhere), there=number(plan.there))
        )  # fmt: skip
    return " · ".join(told)


def _told_only() -> str:
    return _(
        "“Holds” is what is set aside for the line, and its turn in the rest: confirmed orders "
        "first, those promised soonest. What is set aside is not sent to other orders."
    )


def _weights(plan: Plan) -> Weighed:
    """A slider for each thing that counts, of what the person sees."""
    names = {
        "promised": (_("Promised date"), True,
                     _("The earlier an order was promised, the sooner it is served")),
        "margin": (_("Margin per unit"), knows(plan.lines, "margin"),
                   _("The margin of a unit, beside the highest of them")),
        "value": (_("Customer value"), knows(plan.lines, "customer_value"),
                  _("What the customer is expected to buy in the next 12 months; what they have "
                    "bought where that is not known")),
    }  # fmt: skip
    shown = [name for name, (_label, is_known, _help) in names.items() if is_known]
    said = {"promised": 0, "margin": 0, "value": 0}
    st.markdown(f":small[**{_('What counts how much')}**]")
    places = st.columns(max(len(shown), 2), gap="medium")
    for place, name in zip(places, shown, strict=False):
        label, _known, about = names[name]
        said[name] = int(
            place.slider(
                label, 0, MOST_WEIGHT, getattr(USUAL, name), step=5, help=about,
                key=f"allocation_{name}", persist_state="session",
            )
        )  # fmt: skip
    return Weighed(**said)


def _lines(scope: Scope, row: pd.Series, plan: Plan, *, shares: bool) -> None:
    """The lines; a click chooses one, whose order and customer are then a click away."""
    lines = plan.then if shares else plan.now
    frame = lines.assign(
        why=[
            _("by hand") if hand else formats.number(100 * score)
            for hand, score in zip(plan.lines["is_by_hand"], plan.lines["score"], strict=True)
        ]
        if shares
        else "",
    )
    ids = tuple(frame["line_id"].astype(int))
    key = f"shortage_lines_{data_version()}_{int(row['stock_id'])}"
    chosen = frame[frame["line_id"] == st.session_state.get(_LINE)]
    first = (chosen if len(chosen) else frame).iloc[0]
    if not shares:  # above the table: on a phone its toolbar lies over the end of a line
        _chosen_line(scope, row, plan, first)
    show_table(
        frame, _columns(frame, shares=shares), key=key, alt=_("Order lines that wait"),
        currency=_currency(frame),
        height="content" if len(frame) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=lambda: _clicked(key, ids), selection_mode="single-cell",
    )  # fmt: skip
    if shares:
        _chosen_line(scope, row, plan, first)


def _columns(frame: pd.DataFrame, *, shares: bool) -> list[Column]:
    columns = [
        Column("order_number", _("Order"), width=135),
        Column("customer", _("Customer"), width=165),
        Column("stage", _("Stage"), "stage", width=95),
        Column("promised_on", _("Promised"), "day", width=92),
        Column("quantity", _("Asked"), "count", width=62),
    ]
    if (frame["set_aside"] > 0).any():
        columns.append(
            Column("set_aside", _("Set aside"), "count", width=80,
                   help=_("Units that are for no other order while this one waits"))
        )  # fmt: skip
    columns.append(
        Column("held", _("Holds"), "count", width=62,
               help=_("As it is now: what is set aside, and its turn in the rest"))
    )  # fmt: skip
    if shares:
        columns += [
            Column("planned", _("Is to get"), "count", width=78),
            Column("why", _("Score"), width=65,
                   help=_("0 to 100, by the weights above; or set by hand")),
        ]  # fmt: skip
    columns += [
        Column("lacks", _("Lacks"), "count", width=62),
        Column("ready_on", _("Can leave"), "day", width=92,
               help=_("Today, or when the receipts to come bring what is lacking; empty: nothing "
                      "on order does")),
    ]  # fmt: skip
    if _currency(frame) is not None:
        columns += [
            Column(name, label, "money", width=98)
            for name, label in (
                ("net_sales", _("Net sales")),
                ("margin", _("Line margin")),
                ("customer_value", _("Customer value")),
            )
            if knows(frame, name)
        ]
    return [*columns, Column("region", _("Region"), width=105)]


def _currency(frame: pd.DataFrame) -> str | None:
    """Of the money, where the person sees any and there is one currency."""
    found = frame["currency"].dropna().unique()
    return str(found[0]) if len(found) == 1 and knows(frame, "net_sales") else None


def _clicked(key: str, ids: tuple[int, ...]) -> None:
    line_id = clicked_row(key, ids)
    if line_id is not None:
        st.session_state[_LINE] = line_id


def _chosen_line(scope: Scope, row: pd.Series, plan: Plan, line: pd.Series) -> None:
    """The way to the order and the customer of the chosen line, and its units by hand."""
    stock_id, line_id = int(row["stock_id"]), int(line["line_id"])
    with st.container(
        horizontal=True, vertical_alignment="bottom", gap="small", key="shortage_line"
    ):
        if may_allocate(scope):
            key = f"allocation_units_{line_id}"
            st.session_state[key] = int(line["planned"])
            st.number_input(
                _("Units for {order}, of {n} asked", order=str(line["order_number"]),
                  n=formats.number(line["quantity"])),
                0, int(line["quantity"]), step=1, key=key, width=300,
                on_change=_by_hand, args=(stock_id, line_id, key),
            )  # fmt: skip
            if by_hand(stock_id):
                st.button(
                    _("Back to the proposal"), key="allocation_anew", icon=":material/undo:",
                    on_click=forget_by_hand,
                )  # fmt: skip
        if may_open(scope.role, "order"):
            st.page_link(
                find_page("order").file, icon=":material/receipt:",
                label=_("Order {number}", number=plain(line["order_number"])),
                query_params={"number": str(line["order_number"])},
            )  # fmt: skip
        if may_open(scope.role, "customer") and pd.notna(line["customer_id"]):
            st.page_link(
                find_page("customer").file, icon=":material/person:",
                label=plain(line["customer"]) or _("Customer"),
                query_params={"customer": str(int(line["customer_id"]))},
            )  # fmt: skip


def _by_hand(stock_id: int, line_id: int, key: str) -> None:
    current_scope("shortages")
    set_by_hand(stock_id, line_id, int(st.session_state[key]))


def _difference(plan: Plan) -> None:
    """How it is now, beside how it is to be."""
    now, then = sum_served(plan.now), sum_served(plan.then)
    currency = _currency(plan.lines)
    rows = [
        (_("Orders served in full"), now["orders"], then["orders"], ""),
        (_("Orders that leave late"), now["late"], then["late"], ""),
    ]
    if currency is not None:
        rows += [
            (label, now[name], then[name], currency)
            for name, label in (
                ("net_sales", _("Net sales served in full")),
                ("margin", _("Margin served in full")),
            )
            if knows(plan.lines, name)
        ]
    heads = ("", _("Now"), _("As proposed"), _("Difference"))
    bars = ["|" + "|".join(cells) + "|" for cells in (heads, (":--", "--:", "--:", "--:"))]
    for label, before, after, money in rows:
        cells = [_amount(before, money), f"**{_amount(after, money)}**",
                 _signed(after - before, money)]  # fmt: skip
        bars.append("|" + "|".join((label, *cells)) + "|")
    st.markdown("\n".join(bars))


def _amount(value: float, currency: str) -> str:
    return formats.money(value, currency) if currency else formats.number(value)


def _signed(value: float, currency: str) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{_amount(abs(value), currency)}"
