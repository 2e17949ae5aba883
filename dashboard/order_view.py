"""One order on one screen: its facts, what belongs to it, and what happened."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.figures.colours import PAYMENT_STATE_NAME, STAGE_NAME
from dashboard.filters import PAYMENT_STATE_NAMES, STAGE_NAMES
from dashboard.menu import find_page, landing, may_open
from dashboard.order_list import list_left
from dashboard.recorded import knows_costs, knows_payments
from dashboard.tables import Column
from dashboard.texts import N_, _, plain
from dashboard.vocabulary import in_words
from data_access.scope import Scope

Order = dict[str, Any]
_EVENTS: dict[str, tuple[str, str]] = {  # event → what it reads, the colour of its mark
    **{stage: (name, STAGE_NAME[stage]) for stage, name in STAGE_NAMES.items()},
    "payment": (N_("Paid"), "green"),
    "refund": (N_("Refunded"), "red"),
    "shipment": (N_("Handed to carrier"), "orange"),
    "delivery": (N_("Delivered"), "green"),
    "return": (N_("Return"), "red"),
    "complaint": (N_("Complaint"), "red"),
    "suggestion": (N_("Suggestion"), "blue"),
    "review": (N_("Review"), "blue"),
}
# event → the column that its detail comes from; others are people's own words and numbers
_SAID = {
    "cancelled": "orders.cancel_reason",
    "payment": "payments.method",
    "refund": "payments.method",
    "return": "returns.reason",
}


def order_header(scope: Scope, order: Order) -> None:
    """The number, the stage, how late, and the way back."""
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        gap="small",
        width="content",
        key="order_header",
    ):
        link_back(scope)
        st.title(plain(order["order_number"]), anchor=False, width="content")
        st.badge(_(STAGE_NAMES[order["stage"]]), color=STAGE_NAME[order["stage"]])  # type: ignore[arg-type]
        if order["payment_state"] and knows_payments(scope):
            st.badge(
                _(PAYMENT_STATE_NAMES[order["payment_state"]]),
                color=PAYMENT_STATE_NAME[order["payment_state"]],  # type: ignore[arg-type]
            )
        if order["is_overdue"]:
            late = formats.days_late(order["days_late"])
            st.badge(late, icon=":material/schedule:", color="red")


def link_back(scope: Scope) -> None:
    """To the list as it was left."""
    slug, said = list_left()
    if not may_open(scope.role, slug):
        slug, said = landing(scope.role), {}
    page = find_page(slug)
    st.page_link(
        page.file, label=_(page.title), icon=":material/arrow_back:", query_params=said or None
    )


def order_facts(scope: Scope, order: Order) -> None:
    """What a person asks first, in one block; what they may not see is not there."""
    grid = st.grid("auto", min_column_width=150, gap=("xsmall", "small"), key="order_facts")
    for label, value in _facts(scope, order):
        grid.markdown(f":small[:gray[{label}]]  \n{plain(value)}")


def _facts(scope: Scope, order: Order) -> list[tuple[str, str]]:
    currency = order["currency"]
    facts = [
        (_("Customer"), order["customer"]),
        (_("Ordered"), formats.moment(order["ordered_at"])),
        (_("Promised"), formats.day(order["promised_on"])),
        (_("Shipped"), formats.day(order["shipped_on"])),
        (_("Delivered"), formats.day(order["completed_on"])),
    ]
    if scope.sees("orders", "net_sales"):
        facts.append((_("Net sales"), formats.money(order["net_sales"], currency)))
    if knows_costs(scope) and order["net_sales"]:
        margin = (float(order["net_sales"]) - float(order["cost"])) / float(order["net_sales"])
        facts.append((_("Gross margin"), formats.rate(margin)))
    if knows_payments(scope) and order["owed"] is not None:
        facts.append((_("Paid"), formats.money(order["paid"], currency)))
        facts.append((_("Owed"), formats.money(order["owed"], currency)))
        facts.append((_("Due"), formats.day(order["due_on"])))
    facts += [
        (_("Channel"), order["channel_name"]),
        (_("Region"), order["region"]),
        (_("Sales rep"), order["rep"]),
        (_("Warehouse"), order["warehouse"]),
        (_("Campaign"), order["campaign"]),
        (_("Coupon"), order["coupon_code"]),
        (_("Ship to"), order["ship_address"]),
        (_("Note"), order["note"]),
        (_("Cancelled because"), in_words("orders.cancel_reason", order["cancel_reason"])),
    ]
    return [(label, str(value)) for label, value in facts if value not in (None, "")]


def line_columns(scope: Scope) -> list[Column]:
    columns = [
        Column("product", _("Product"), width=165),
        Column("sku", _("SKU"), width=88),
        Column("quantity", _("Quantity"), "count", width=62),
        Column("returned_quantity", _("Returned"), "count", width=66),
    ]
    if scope.sees("order_lines", "unit_price"):
        columns.append(Column("unit_price", _("Unit price"), "money", width=95))
        columns.append(Column("discount_rate", _("Discount"), "rate", width=68))
        columns.append(Column("net_sales", _("Net sales"), "money", width=100))
    if scope.sees("order_lines", "unit_cost") and knows_costs(scope):
        columns.append(Column("cost", _("Cost"), "money", width=90))
    return columns


def payment_columns() -> list[Column]:
    return [
        Column("paid_on", _("Paid on"), "day"),
        Column("amount", _("Amount"), "money", width=120),
        Column("method", _("Method"), width=120, words="payments.method"),
        Column("reference", _("Reference"), width=160),
    ]


def shipment_columns() -> list[Column]:
    return [
        Column("shipped_at", _("Shipped"), "moment"),
        Column("delivered_at", _("Delivered"), "moment"),
        Column("carrier", _("Carrier"), width=120, words="shipments.carrier"),
        Column("tracking_number", _("Tracking no."), width=160),
        Column("warehouse", _("Warehouse"), width=140),
    ]


def return_columns(scope: Scope) -> list[Column]:
    columns = [
        Column("returned_on", _("Returned on"), "day"),
        Column("product", _("Product"), width=240),
        Column("quantity", _("Quantity"), "count"),
    ]
    if scope.sees("returns", "amount"):
        columns.append(Column("amount", _("Amount"), "money", width=120))
    columns.append(Column("reason", _("Reason"), width=160, words="returns.reason"))
    columns.append(Column("state", _("State"), width=100, words="returns.state"))
    return columns


def timeline(events: pd.DataFrame) -> None:
    """What happened, first things first."""
    with st.container(border=True, gap="xsmall", key="timeline"):
        for event in events.itertuples():
            st.markdown(_told(event))


def _told(event: Any) -> str:
    name, colour = _EVENTS[event.event]
    details = []
    if not pd.isna(event.amount):
        details.append(plain(formats.money(event.amount, event.currency)))
    if not pd.isna(event.quantity):
        details.append(_("{n} pcs", n=formats.number(event.quantity)))
    if event.detail:
        said = _SAID.get(event.event)
        details.append(plain(in_words(said, event.detail) if said else event.detail))
    told = f":{colour}[●] **{_(name)}** :small[:gray[{formats.moment(event.happened_at)}]]"
    return f"{told}  \n:small[{' · '.join(details)}]" if details else told
