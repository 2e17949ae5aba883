"""What needs attention now: one line each, leading to its rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.live import dialog_closes, dialog_opens
from dashboard.menu import find_page, may_open
from dashboard.reads import draw, read
from dashboard.recorded import knows_payments
from dashboard.session import current_scope
from dashboard.tables import Column, show_table
from dashboard.texts import _, _n, language
from dashboard.unusual import unexplained_lately
from data_access.attention_rows import MOST_ROWS, list_low_stock, list_open_complaints
from data_access.scope import Scope

_FIRST_DAY = "1970-01-01"


def attention_list(
    scope: Scope, sums: pd.DataFrame, as_of: date, currency: str | None, slug: str
) -> None:
    """`sums` is the row of sum_attention. What the role does not see is not there; what is zero
    needs no attention."""
    row = next(sums.itertuples())
    with st.container(border=True, gap="xxsmall", key="attention", height="stretch"):
        st.markdown(f"**{_('Needs attention now')}**")
        lines = [
            _orders_line(
                row.overdue_orders,
                row.overdue_sales,
                currency,
                _n("{n} order past its promised day", "{n} orders past their promised day",
                   _count(row.overdue_orders)),
                {"period": "any", "overdue": "1", "sort": "late"},
                ":material/schedule:",
            ),
            _orders_line(
                row.unconfirmed_orders,
                row.unconfirmed_sales,
                currency,
                _n("{n} order waiting for confirmation", "{n} orders waiting for confirmation",
                   _count(row.unconfirmed_orders)),
                {"period": "own", "from": _FIRST_DAY, "to": str(as_of - timedelta(days=2)),
                 "stage": "received", "sort": "oldest"},
                ":material/hourglass_empty:",
            ),
        ]  # fmt: skip
        lines.append(_past_due_line(scope, row, currency))
        lines.append(_unusual_line(scope, as_of, currency))
        lines.append(_rows_line(scope, row.low_stock, "low_stock", slug))
        lines.append(_rows_line(scope, row.open_complaints, "open_complaints", slug))
        if not any(lines):
            st.markdown(f":green[✓] {_('Nothing is late, unpaid or running out.')}")


def _orders_line(
    count: Any, amount: Any, currency: str | None, text: str, rows: dict[str, Any], icon: str
) -> bool:
    if not _count(count):
        return False
    if currency:
        rows = {**rows, "currency": currency}
    _line("overdue" if "overdue" in rows else "unconfirmed",
          _with_amount(text, amount, currency), icon, "orders", rows)  # fmt: skip
    return True


def _line(key: str, text: str, icon: str, page: str, rows: dict[str, Any]) -> None:
    with st.container(key=f"attention_{key}"):
        st.page_link(find_page(page).file, label=text, icon=icon, query_params=rows)


def _past_due_line(scope: Scope, row: Any, currency: str | None) -> bool:
    count = _count(row.past_due_orders)
    if not count or not may_open(scope.role, "receivables") or not knows_payments(scope):
        return False
    text = _n("{n} order unpaid past its due day", "{n} orders unpaid past their due day", count)
    _line(
        "past_due",
        _with_amount(text, row.past_due_owed, currency),
        ":material/account_balance_wallet:",
        "receivables",
        {"period": "any", "past_due": "1", **({"currency": currency} if currency else {})},
    )
    return True


def _unusual_line(scope: Scope, as_of: date, currency: str | None) -> bool:
    """Days of the last week that nobody has explained; leads to the most unusual one."""
    if not may_open(scope.role, "why"):
        return False
    days = draw(unexplained_lately, scope, currency, as_of)
    if not len(days):
        return False
    text = _n("{n} unusual day in the last week", "{n} unusual days in the last week", len(days))
    rows = {"view": "days", "period": "last_30", "day": formats.day(days["day_on"].iloc[0])}
    _line("unusual", text, ":material/show_chart:", "why",
          {**rows, **({"currency": currency} if currency else {})})  # fmt: skip
    return True


def _rows_line(scope: Scope, count: Any, what: str, slug: str) -> bool:
    """Leads to the page of stock, else to a dialog with the rows."""
    n = _count(count)
    if not n:
        return False
    if what == "low_stock":
        text = _n("{n} stock at or below its reorder point as set",
                  "{n} stocks at or below their reorder points as set", n)  # fmt: skip
        icon = ":material/inventory_2:"
        if may_open(scope.role, "stock"):
            _line(what, text, icon, "stock", {"points": "set"})
            return True
    else:
        text = _n("{n} open complaint", "{n} open complaints", n)
        icon = ":material/sentiment_dissatisfied:"
    if st.button(text, key=f"attention_{what}", type="tertiary", icon=icon):
        _show_rows(what, slug)
    return True


def _show_rows(what: str, slug: str) -> None:
    title = _("Stock to reorder") if what == "low_stock" else _("Open complaints")

    dialog_opens()

    @st.dialog(title, width="large", on_dismiss=dialog_closes)
    def rows() -> None:
        scope = current_scope(slug)
        query = list_low_stock if what == "low_stock" else list_open_complaints
        frame = read(query, scope, language(), engine="record")
        columns = _stock_columns() if what == "low_stock" else _complaint_columns()
        show_table(frame, columns, key=f"{what}_rows", alt=title, height=480)
        if len(frame) == MOST_ROWS:
            st.markdown(f":small[:gray[{_('The first {n} are shown.', n=MOST_ROWS)}]]")

    rows()


def _stock_columns() -> list[Column]:
    return [
        Column("product", _("Product"), width=220),
        Column("warehouse", _("Warehouse"), width=130),
        Column("available", _("Available"), "count", help=_("On hand − reserved")),
        Column("reorder_point", _("Reorder point"), "count", width=110),
        Column("lacking", _("Lacking"), "count"),
        Column("on_hand", _("On hand"), "count"),
        Column("reserved", _("Reserved"), "count"),
        Column("sku", _("SKU"), width=110),
    ]


def _complaint_columns() -> list[Column]:
    return [
        Column("created_at", _("Since"), "moment"),
        Column("severity", _("Severity"), "count"),
        Column("state", _("State"), width=90, words="feedback.state"),
        Column("customer", _("Customer"), width=160),
        Column("order_number", _("Order"), width=120),
        Column("product", _("Product"), width=160),
        Column("text", _("What they say"), width=360),
    ]


def _with_amount(text: str, amount: Any, currency: str | None) -> str:
    if pd.isna(amount):
        return text
    return f"{text} :gray[{formats.compact_money(amount, currency)}]"


def _count(value: Any) -> int:
    return 0 if pd.isna(value) else int(value)
