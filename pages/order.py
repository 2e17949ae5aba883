"""One order: its lines, payments, shipments and returns, and what happened to it."""

import streamlit as st

from dashboard.blanks import blank
from dashboard.comment_thread import comment_thread
from dashboard.edit_dialogs import edit_dialog
from dashboard.edit_notice import notice_line
from dashboard.live import follow_changes
from dashboard.message_view import order_messages
from dashboard.order_bar import action_bar
from dashboard.order_log import order_log
from dashboard.order_offers import order_offers
from dashboard.order_view import (
    line_columns,
    link_back,
    order_facts,
    order_header,
    payment_columns,
    return_columns,
    shipment_columns,
    timeline,
)
from dashboard.reads import read
from dashboard.session import current_scope, today
from dashboard.tables import show_table
from dashboard.texts import _, language
from data_access.errors import NotFound
from data_access.order_details import (
    list_order_events,
    list_order_lines,
    list_order_payments,
    list_order_returns,
    list_order_shipments,
)
from data_access.orders import find_order

scope = current_scope("order")
number = st.query_params.get("number", "")[:60]
try:
    order = read(find_order, scope, number, today(), language(), engine="record")
except NotFound:
    blank(
        _("There is no such order, or it is not yours to see."),
        _("Check the number, or search for the order in the list."),
    )
    link_back(scope)
    st.stop()

with st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", gap="small"
):
    order_header(scope, order)
    action_bar(scope, order)
notice_line(scope, "order", number)
order_facts(scope, order)
order_id, currency = order["order_id"], order["currency"]
names = (language(),)
parts = (
    (_("Lines"), "order_lines", list_order_lines, names, line_columns(scope)),
    (_("Payments"), "payments", list_order_payments, (), payment_columns()),
    (_("Shipments"), "shipments", list_order_shipments, names, shipment_columns()),
    (_("Returns"), "returns", list_order_returns, names, return_columns(scope)),
)
tables = [
    (title, relation, columns, frame)
    for title, relation, query, more, columns in parts
    if len(frame := read(query, scope, order_id, *more, engine="record"))
]
# finance sees of an unpaid order no table that the timeline could stand beside
wide, narrow = st.columns([3, 1], gap="small") if tables else (st.empty(), st.container())
with wide:
    for title, relation, columns, frame in tables:
        # to the left: on a phone the table's own toolbar lies over what is there to the right
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(title, anchor=False, width="content")
            if relation == "order_lines":
                order_offers(scope, order, frame)
        show_table(frame, columns, key=f"{relation}_table", alt=title, currency=currency)
with narrow:
    st.subheader(_("Timeline"), anchor=False)
    timeline(read(list_order_events, scope, order_id, engine="record"))
order_messages(scope, order_id)
comment_thread(scope, order)
order_log(scope, order)
edit_dialog(number)
follow_changes("order")
