"""The columns of the list of stock, on the page and in its file."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from dashboard.stock_plan import StockBoard
from dashboard.stock_words import SEVERITY_COLOURS, SEVERITY_HELP, SEVERITY_NAMES
from dashboard.tables import Column
from dashboard.texts import _


def add_columns(rows: pd.DataFrame) -> pd.DataFrame:
    """class_name, days_left (NaN: no demand), hit_orders, hit_customers, hit_sales, stock_worth,
    to_order."""
    is_hit = (rows["short_units"] > 0) | (rows["available"] < 0)
    days = rows["days_of_supply"].replace(np.inf, np.nan)
    return rows.assign(
        class_name=rows["abc"] + rows["xyz"],
        days_left=days.clip(upper=999).round(),
        hit_orders=rows["waiting_orders"].where(is_hit),
        hit_customers=rows["waiting_customers"].where(is_hit),
        hit_sales=rows["waiting_sales"].where(is_hit),
        stock_worth=rows["stock_value"].fillna(rows["on_hand"].astype("float64")),
        to_order=rows["suggested"].where(rows["suggested"] > 0),
    )


def add_days(rows: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """The days of running out, of rows that `with_days_out` has told them of: out_p10_on,
    out_p50_on, out_p90_on."""
    names = ("out_p10", "out_p50", "out_p90")
    days = {name: pd.to_timedelta(rows[name], unit="D") for name in names}
    return rows.assign(**{f"{name}_on": pd.Timestamp(as_of) + days[name] for name in names})


def list_columns(board: StockBoard) -> list[Column]:
    known = bool(board.is_planned)
    money = board.currency is not None
    sales = board.rows["waiting_sales"].notna().any()
    badges = {each: (SEVERITY_NAMES[each], SEVERITY_COLOURS[each]) for each in SEVERITY_NAMES}
    columns = [
        Column("severity", _("State"), "badge", width=100, help=_(SEVERITY_HELP), badges=badges),
        Column("sku", _("SKU"), width=82),
        Column("product", _("Product"), width=172),
        Column("warehouse", _("Warehouse"), width=146),
        Column("available", _("Available"), "count", width=76, help=_("On hand − reserved")),
        Column("reorder_point", _("Reorder point"), "count", width=100),
    ]
    if known:
        columns += [
            Column("to_order", _("To order"), "count", width=70,
                   help=_("What to order today; the arithmetic stands below for the chosen row.")),
            Column("days_left", _("Lasts"), "age", width=60,
                   help=_("Days of supply: available ÷ demand a day; at most 999 are shown")),
            Column("chance_out", _("Shortfall risk"), "chance", width=96,
                   help=_("Chance that the lead time's demand takes all that is free and due")),
            Column("out_p50_on", _("Empty on"), "day", width=92,
                   help=_("The day from which nothing is free, in half of the simulated ways; one "
                          "in ten is before the early and one in ten after the late day. Blank: "
                          "not within 91 days")),
            Column("out_p10_on", _("Early (P10)"), "day"),
            Column("out_p90_on", _("Late (P90)"), "day"),
            Column("chance_before_receipt", _("Out before receipt"), "chance", width=130,
                   help=_("Chance that nothing is free before the next receipt, or before goods "
                          "ordered today arrive")),
        ]  # fmt: skip
    columns += [
        Column("on_order", _("On order"), "count", width=80),
        Column("projected", _("Projected"), "count", width=85,
               help=_("On hand + on order − reserved")),
    ]  # fmt: skip
    columns += [
        Column("hit_orders", _("Orders hit"), "count", width=90,
               help=_("Open orders that wait for more than is on hand")),
        Column("hit_customers", _("Customers hit"), "count", width=105),
    ]  # fmt: skip
    if sales:
        columns.append(Column("hit_sales", _("Sales hit"), "money", width=100))
    columns += [
        Column("expected_on", _("Next receipt"), "day"),
        Column("on_hand", _("On hand"), "count", width=80),
        Column("reserved", _("Reserved"), "count", width=80),
    ]
    if known:
        columns.append(Column("class_name", _("Class"), width=60))
        columns += [
            Column("aged_90", _("Over 90 days old"), "count", width=125,
                   help=_("Units on hand that came in more than 90 days ago; the oldest is taken "
                          "to be shipped first")),
        ]  # fmt: skip
    if money:
        columns.append(Column("stock_value", _("Stock value"), "money", width=110))
    if known:
        columns.append(Column("last_shipped_on", _("Last shipped"), "day"))
    return columns
