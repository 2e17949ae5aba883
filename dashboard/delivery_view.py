"""The list of open orders by risk, and how far to trust it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.late_risk import HISTORY_DAYS, LateRisk
from dashboard.charts import show_chart
from dashboard.delivery_cards import sees_delivered
from dashboard.figures.reliability import reliability
from dashboard.late_orders import OpenOrders, learn_lateness, open_orders
from dashboard.order_list import open_order
from dashboard.paging import (
    PAGE_ROWS,
    Pages,
    clicked_row,
    first_page,
    list_toolbar,
    pages_of,
    sort_box,
)
from dashboard.reads import data_version, draw, learn
from dashboard.session import business_zone
from dashboard.tables import ROW_HEIGHT, Column, show_table
from dashboard.texts import N_, _, _n, in_a_row
from data_access.filters import OrderFilter
from data_access.keyset import Cursor
from data_access.late_orders import MOST_OPEN
from data_access.scope import Scope

_VIEWS: dict[str, str] = {
    "in_time": N_("Still in time"),
    "late": N_("Late already"),
    "all": N_("All open"),
}
_SORTINGS: dict[str, tuple[str, list[str], list[bool]]] = {
    "money": (N_("Most money at risk"), ["at_risk", "late_rate"], [False, False]),
    "risk": (N_("Highest risk"), ["late_rate", "days_left"], [False, True]),
    "promised": (N_("Promised soonest"), ["promised_on", "order_number"], [True, True]),
}
_ROWS_SEEN = 12


def risk_list(scope: Scope, chosen: OrderFilter, as_of: date) -> None:
    """The open orders, those with most at risk first; a click opens one."""
    found: OpenOrders = draw(open_orders, scope, chosen, as_of)
    money = scope.sees("orders", "net_sales")
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        title = _("Which open orders will be late") if found.can_tell else _("Open orders")
        st.markdown(f"**{title}**", width="content")
        view = _view_box(found)
    orders = {"in_time": found.in_time, "late": found.late, "all": found.orders}[view]
    if not found.can_tell:
        st.markdown(f":small[:gray[{_why_no_chances(scope)}]]")
    if not len(orders):
        st.markdown(f":gray[{_nothing_here(found, view)}]")
        return
    offered = [name for name in _SORTINGS if _is_offered(name, found, money=money)]
    said = st.query_params.get("sort", "")
    sorted_by = said if said in offered else offered[0]
    _label, columns, ascending = _SORTINGS[sorted_by]
    ranked = orders.sort_values(columns, ascending=ascending, kind="stable", ignore_index=True)

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        start = after[1] if after else 0
        page = ranked.iloc[start : start + limit].reset_index(drop=True)
        if start + limit < len(ranked):
            page.attrs["after"] = (None, start + limit)
        return page

    pages = pages_of("risks", f"{scope.key} {chosen.key} {view} {sorted_by}", rows)
    _show_page(scope, found, pages, rows(pages.start, PAGE_ROWS), len(ranked), offered, sorted_by,
               f"{data_version()}_{view}_{sorted_by}", chosen.currency)  # fmt: skip
    if len(found.orders) == MOST_OPEN:
        told = _("The {n} open orders promised soonest are shown.", n=formats.number(MOST_OPEN))
        st.markdown(f":small[:gray[{told}]]")


def _show_page(
    scope: Scope,
    found: OpenOrders,
    pages: Pages,
    frame: pd.DataFrame,
    count: int,
    offered: list[str],
    sorted_by: str,
    state: str,
    currency: str | None,
) -> None:
    list_toolbar(
        pages,
        frame,
        _n("{n} order", "{n} orders", count),
        lambda: _sort_box(offered, sorted_by),
        advice=_("Click a row to open it"),
    )
    numbers = tuple(frame["order_number"])
    key = f"risks_{state}_{pages.number}"
    show_table(
        frame,
        _columns(scope, found),
        key=key,
        alt=_("Open orders and their risk to be late"),
        currency=currency,
        height="content" if len(frame) <= _ROWS_SEEN else (_ROWS_SEEN + 1) * ROW_HEIGHT + 6,
        on_select=lambda: _clicked(key, numbers),
        selection_mode="single-cell",
    )


def _columns(scope: Scope, found: OpenOrders) -> list[Column]:
    columns = [Column("order_number", _("Order"), width=140)]
    if found.can_tell:
        explained = _("Chance to be delivered after the promised day; 100% when it is past.")
        columns.append(Column("late_rate", _("Risk"), "chance", width=100, help=explained))
        if scope.sees("orders", "net_sales"):
            explained = _("Chance × net sales")
            columns.append(Column("at_risk", _("At risk"), "money", width=100, help=explained))
    columns += [
        Column("why", _("Why"), width=350 if found.can_tell else 400),
        Column("promised_on", _("Promised"), "day"),
    ]
    if found.can_tell:
        explained = _("Half of the orders that stand like this one are delivered by that day.")
        columns.append(Column("expected_on", _("Expected"), "day", help=explained))
    columns += [
        Column("stage", _("Stage"), "stage", width=110),
        Column("age_days", _("In stage"), "age"),
        Column("customer", _("Customer"), width=190),
    ]
    if scope.sees("orders", "net_sales"):
        columns.append(Column("net_sales", _("Net sales"), "money", width=115))
    columns += [Column("region", _("Region"), width=115)]
    return [*columns, Column("channel_name", _("Channel"), width=115)]


def _view_box(found: OpenOrders) -> str:
    counts = {"in_time": len(found.in_time), "late": len(found.late), "all": len(found.orders)}
    chosen = st.segmented_control(
        _("Which orders"),
        list(_VIEWS),
        default="in_time" if found.can_tell else "all",
        required=True,
        format_func=lambda name: f"{_(_VIEWS[name])} {formats.number(counts[name])}",
        key=f"risk_view_{found.can_tell}",
        label_visibility="collapsed",
        persist_state="session",
        on_change=first_page,
    )
    return chosen or "all"


def _is_offered(name: str, found: OpenOrders, *, money: bool) -> bool:
    if name == "promised":
        return True
    return found.can_tell and (money or name != "money")


def _nothing_here(found: OpenOrders, view: str) -> str:
    if not len(found.orders):
        return _("No order with a promised day is open.")
    if view == "late":
        return _("No open order is past its promised day.")
    return _("Every open order is past its promised day.")


def _why_no_chances(scope: Scope) -> str:
    if not sees_delivered(scope):
        return _(
            "Chances are learnt from delivered orders, which are not among those your role sees."
        )
    return _("Too few orders have been delivered to learn from yet; chances appear here in time.")


def _sort_box(offered: list[str], sorted_by: str) -> None:
    labels = {name: _SORTINGS[name][0] for name in offered}
    sort_box("risk_sorting", labels, sorted_by, width=190)


def _clicked(key: str, numbers: tuple[str, ...]) -> None:
    number = clicked_row(key, numbers)
    if number is not None:
        open_order(number)


def trust_block(scope: Scope, as_of: date) -> None:
    """How the chances told in past weeks turned out; closed until somebody asks."""
    risk: LateRisk = learn(learn_lateness, scope, as_of, business_zone()).risk
    if not risk.can_tell:
        return
    block = st.expander(
        _("How far to trust this"), icon=":material/verified:", key="risk_trust", on_change="rerun"
    )
    if not block.open:
        return
    with block:
        if risk.trust is None:
            st.markdown(_("There is too little history yet to judge the chances by what happened."))
            st.markdown(_how_learnt(risk))
            return
        st.markdown(_judgement(risk))
        left, right = st.columns(2, gap="medium")
        with left:
            show_chart(
                draw(_reliability, scope, as_of),
                alt=_("Predicted chance against the share that was late, in tenths"),
                key="reliability",
            )
        with right:
            _reliability_rows(risk.trust.reliability)
        st.markdown(_how_learnt(risk))


def _reliability_rows(table: pd.DataFrame) -> None:
    show_table(
        table.assign(told=_tenths(table)),
        [
            Column("told", _("Predicted chance"), width=110),
            Column("predictions", _("Predictions"), "count", width=100),
            Column("mean_rate", _("Mean prediction"), "rate", width=110),
            Column("happened_rate", _("Actually late"), "rate", width=100),
        ],
        key="reliability_rows",
        alt=_("Predicted chance against the share that was late, in tenths"),
    )


def _tenths(table: pd.DataFrame) -> list[str]:
    return [
        f"{formats.number(low * 100)}–{formats.rate(high, 0)}"
        for low, high in zip(table["from_rate"], table["to_rate"], strict=True)
    ]


def _reliability(scope: Scope, as_of: date) -> Any:
    trust = learn(learn_lateness, scope, as_of, business_zone()).risk.trust
    assert trust is not None
    return reliability(trust.reliability)


def _judgement(risk: LateRisk) -> str:
    trust = risk.trust
    assert trust is not None
    told = _(
        "Once a week over the last {weeks} weeks, every open order still in time was given its "
        "chance from what was known that morning: {n} predictions. {share} of these orders were "
        "late.",
        weeks=trust.weeks, n=formats.number(trust.predictions), share=formats.rate(trust.late_rate),
    )  # fmt: skip
    score = _(
        "Brier score (mean squared error of the chance, 0 is best): **{score}**, against {base} "
        "for always saying {share}.",
        score=formats.number(trust.brier, 3), base=formats.number(trust.base_brier, 3),
        share=formats.rate(trust.late_rate),
    )  # fmt: skip
    if trust.skill > 0:
        verdict = _("That is {share} less error.", share=formats.rate(trust.skill, 0))
    else:
        verdict = _("That is no better: use the chances with care.")
    corrected = (
        _("A correction learnt from earlier weeks is applied, because it made these better.")
        if trust.is_corrected
        else _("A correction learnt from earlier weeks would not have made these better; none is.")
    )
    return "\n\n".join((told, in_a_row((score, verdict, corrected))))


def _how_learnt(risk: LateRisk) -> str:
    learnt = _(
        "Learnt from the time orders of the last {days} days spent in each stage, by channel, "
        "region, carrier and stock; orders still open count as far as they have come. Small "
        "groups lean on larger ones. It knows nothing of holidays or of goods on their way.",
        days=HISTORY_DAYS,
    )
    words = [learnt]
    if risk.known["was_short"] == ("",):
        words.append(
            _("Whether there was enough stock is left out: your role does not see the movements "
              "that tell, or they do not add up to the stock.")
        )  # fmt: skip
    return f":small[:gray[{in_a_row(words)}]]"
