"""The chosen stock: where it goes, how the suggestion was worked out, and who waits for it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.allocation_plan import usual_shares
from dashboard.allocation_view import link_to_shortage
from dashboard.analytics.inventory.ahead import HORIZON_DAYS
from dashboard.analytics.inventory.running_out import project_stock
from dashboard.charts import show_chart
from dashboard.figures.projected_stock import projected_stock
from dashboard.menu import may_open
from dashboard.offer_choice import link_to_offers
from dashboard.order_list import open_order
from dashboard.paging import clicked_row
from dashboard.reads import data_version, read
from dashboard.replenish_request import request_button
from dashboard.session import business_zone
from dashboard.stock_days import receipts_by_day, weeks_ahead
from dashboard.stock_plan import StockBoard, StockRule
from dashboard.stock_words import arithmetic, not_planned
from dashboard.tables import Column, show_table
from dashboard.texts import _, _n, language, plain
from data_access.allocating import list_stock_lines
from data_access.inventory import sum_movements_of_stock
from data_access.scope import Scope

PAST_DAYS = 90
_MOST_LINES = 50
_NO_BREAK = "\u00a0"
_NO_BREAK_WITHIN = "\u2060"  # between characters


def stock_detail(
    scope: Scope, board: StockBoard, row: pd.Series, rule: StockRule, as_of: date
) -> None:
    with st.container(border=True, gap="xsmall", key="stock_detail"):
        place = f"{plain(row['product'])} · {plain(row['sku'])} · {plain(row['warehouse'])}"
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            st.markdown(f"**{place}**", width="content")
            if may_open(scope.role, "offers"):
                link_to_offers(
                    _("Who may want it next"), view="product", product=int(row["product_id"])
                )
        request_button(scope, row, rule, board.currency)
        if row["item"] < 0:
            st.markdown(f":gray[{not_planned()}]")
        else:
            left, right = st.columns([9, 10], gap="medium")
            with left:
                _chart(scope, board, row, as_of)
            with right:
                _show_arithmetic(board, row, rule)
        _waiting(scope, row, as_of)


def _chart(scope: Scope, board: StockBoard, row: pd.Series, as_of: date) -> None:
    today = pd.Timestamp(as_of)
    receipts = receipts_by_day(scope, row, as_of)
    free = float(row["available"])
    coming = project_stock(free, receipts, weeks_ahead(scope, row))
    coming = coming.assign(received=receipts)
    coming["day"] = today + pd.to_timedelta(coming["step"], unit="D")
    point = None if pd.isna(row["reorder_point"]) else float(row["reorder_point"])
    show_chart(
        projected_stock(_past(scope, row, as_of), coming, reorder_point=point, today=today),
        alt=_("Stock of the last 90 days and what is free in the next 90, with the reorder point"),
        key=f"stock_chart_{int(row['stock_id'])}",
    )
    arrives = np.flatnonzero(receipts)
    if free > 0:
        st.markdown(f":small[{_runs_out(row, today, has_receipt=len(arrives) > 0)}]")
    else:
        st.markdown(f":small[{_nothing_free(today, arrives)}]")
    caption = _(
        "Until today: on hand. From today: what is free, the middle of 1,000 simulated ways "
        "(dashed) and the band that 80 of 100 keep to. Receipts that are overdue count for "
        "tomorrow."
    )
    when = _("Planned for {day} from what was ordered.", day=formats.day(board.planned_on))
    st.markdown(f":small[:gray[{caption} {when}]]")


def _past(scope: Scope, row: pd.Series, as_of: date) -> pd.DataFrame:
    """day, on_hand of the last evenings; empty for who does not see what moved."""
    first = as_of - timedelta(days=PAST_DAYS)
    moved = read(
        sum_movements_of_stock, scope, int(row["product_id"]), int(row["warehouse_id"]), first,
        as_of, business_zone(),
    )  # fmt: skip
    days = pd.date_range(first, periods=PAST_DAYS + 1)
    if not len(moved):
        return pd.DataFrame({"day": days[:0], "on_hand": []})
    net = moved.set_index("moved_on")["net"].reindex(days, fill_value=0).to_numpy(np.float64)
    later = net[::-1].cumsum()[::-1][1:]  # after each evening, until now
    return pd.DataFrame({"day": days[:-1], "on_hand": float(row["on_hand"]) - later})


def _nothing_free(today: pd.Timestamp, arrives: np.ndarray) -> str:
    if not len(arrives):
        return _("**Nothing is free now**, and nothing is on order.")
    day = formats.day(today + pd.Timedelta(days=int(arrives[0])))
    return _("**Nothing is free now**; the next receipt is expected on **{day}**.", day=day)


def _runs_out(told: pd.Series, today: pd.Timestamp, *, has_receipt: bool) -> str:
    if pd.isna(told["out_p10"]):
        return _("Does not run out within {n} days in 9 of 10 ways.", n=HORIZON_DAYS)

    def day(name: str) -> str:
        if pd.isna(told[name]):
            return _("after {n} days", n=HORIZON_DAYS)
        return formats.day(today + pd.Timedelta(days=int(told[name])))

    before = _("before the next receipt") if has_receipt else _("before goods ordered today arrive")
    return _(
        "Nothing free from **{middle}** (P10 {early}, P90 {late}); {chance} that it runs out "
        "{before}.",
        middle=day("out_p50"), early=day("out_p10"), late=day("out_p90"),
        chance=formats.rate(told["chance_before_receipt"], 0), before=before,
    )  # fmt: skip


def _show_arithmetic(board: StockBoard, row: pd.Series, rule: StockRule) -> None:
    """Each step with what it rests on; a table of markdown, whose cells break their lines."""
    steps = arithmetic(row, rule, board.currency)
    # Chinese may break at every character, and would: a narrow table gives all room to the last
    # column
    joined = _NO_BREAK_WITHIN.join if language().startswith("zh") else str
    head = f"| {joined(_('How it is worked out'))} | {_('Result')} | {_('From')} |"
    lines = [
        f"| :small[{plain(joined(step))}] | :small[**{plain(result).replace(' ', _NO_BREAK)}**] | "
        f":small[:gray[{plain(told)}]] |"
        for step, told, result in steps.itertuples(index=False)
    ]
    st.markdown("\n".join([head, "| :-- | --: | :-- |", *lines]))
    if rule.as_set:
        st.markdown(f":small[:gray[{_('The reorder point that counts is the one that is set.')}]]")


def _waiting(scope: Scope, row: pd.Series, as_of: date) -> None:
    """The orders that wait for this stock, in the order in which they would be served."""
    waiting = read(
        list_stock_lines,
        scope,
        int(row["product_id"]),
        int(row["warehouse_id"]),
        language(),
        engine="record",
    )
    if not len(waiting):
        st.markdown(f":small[:gray[{_('No open order of yours waits for this stock.')}]]")
        return
    told = _n("{n} open order waits for it", "{n} open orders wait for it",
              waiting["order_id"].nunique())  # fmt: skip
    shares = scope.sees("stock_movements")  # sees all that wait, whoever took the order
    if shares:
        served = usual_shares(waiting)
    else:
        served = waiting.assign(short=waiting["quantity"] - waiting["held"])
        if row["available"] < 0:
            told += " · " + _("less is there than is promised to all")
    short = served[served["short"] > 0]
    if len(short):
        hit = _n("{n} gets less than it needs", "{n} get less than they need",
                 short["order_id"].nunique())  # fmt: skip
        one = short["currency"].nunique() == 1 and short["net_sales"].notna().any()
        amount = formats.money(short["net_sales"].sum(), short["currency"].iloc[0]) if one else ""
        told += f" · :red[{hit}]" + (f" ({plain(amount)})" if amount else "")
    st.markdown(f"**{told}**")
    if len(short):  # above the table: on a phone its toolbar lies over the end of a line
        link_to_shortage(scope, int(row["stock_id"]))
    key = f"stock_waiting_{data_version()}_{int(row['stock_id'])}"
    first = served.head(_MOST_LINES)
    numbers = tuple(first["order_number"])
    show_table(
        first.assign(days_late=(pd.Timestamp(as_of) - first["promised_on"]).dt.days.clip(lower=0)
                     .where(first["promised_on"] < pd.Timestamp(as_of))),
        _waiting_columns(served, shares=shares),
        key=key, alt=_("Orders that wait for this stock"),
        currency=served["currency"].iloc[0] if served["currency"].nunique() == 1 else None,
        height="content" if len(first) <= 8 else 300,
        on_select=lambda: _open(key, numbers), selection_mode="single-cell",
    )  # fmt: skip
    if len(short) and shares:
        st.markdown(f":small[:gray[{_how_shared(served)}]]")


def _how_shared(served: pd.DataFrame) -> str:
    by = [_("the promised day (half)")]
    if served["margin"].notna().any():
        by.append(_("the margin (a quarter)"))
    if served["customer_value"].notna().any():
        by.append(_("the value of the customer (a quarter)"))
    return _("“Gets” is a proposal for what is on hand, by {weights}.", weights=_(", ").join(by))


def _waiting_columns(served: pd.DataFrame, *, shares: bool) -> list[Column]:
    money = served["net_sales"].notna().any() and served["currency"].nunique() == 1
    return [
        Column("order_number", _("Order"), width=140),
        Column("customer", _("Customer"), width=170),
        Column("stage", _("Stage"), "stage", width=110),
        Column("promised_on", _("Promised"), "day"),
        Column("days_late", _("Late"), "lateness"),
        Column("quantity", _("Units"), "count", width=70),
        *(
            [
                Column("allocated", _("Gets"), "count", width=70),
                Column("short", _("Lacks"), "count", width=70),
            ]
            if shares
            else []
        ),
        *([Column("net_sales", _("Net sales"), "money", width=110)] if money else []),
        Column("region", _("Region"), width=110),
    ]


def _open(key: str, numbers: tuple[str, ...]) -> None:
    number = clicked_row(key, numbers)
    if number is not None:
        open_order(str(number))
