"""One customer: who they are, what they are worth, what happened, and what to do next."""

import streamlit as st

from dashboard.blanks import blank
from dashboard.customer_dialogs import customer_dialog
from dashboard.customer_link import link_to_list
from dashboard.customer_timeline import customer_timeline
from dashboard.customer_view import (
    contacts,
    customer_header,
    next_steps,
    preferred_categories,
    profile,
    scores_of,
    value_cards,
    value_of,
)
from dashboard.edit_notice import notice_line
from dashboard.live import follow_changes
from dashboard.order_list import open_chosen_order
from dashboard.reads import read
from dashboard.session import current_scope, today
from dashboard.texts import _, language
from data_access.customers import find_customer
from data_access.errors import NotFound

scope = current_scope("customer")
open_chosen_order("customer")
as_of = today()
said = st.query_params.get("customer", "")
try:
    number = int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0
    customer = read(find_customer, scope, number, language(), engine="record")
except NotFound:
    blank(
        _("There is no such customer, or it is not yours to see."),
        _("Search for the customer in the list."),
    )
    link_to_list(scope)
    st.stop()

customer_id = customer["customer_id"]
value, scores = value_of(scope, customer_id, as_of), scores_of(scope, customer_id)
customer_header(scope, customer, scores)
notice_line(scope, "customer", f"customer {customer_id}")
value_cards(scope, value, scores, as_of)
wide, narrow = st.columns([3, 2], gap="small")
with narrow:
    next_steps(scope, customer, value, scores, as_of)
    contacts(scope, customer_id)
    profile(scope, customer)
    if value:
        preferred_categories(scope, customer_id, as_of, value["currency"])
with wide:
    customer_timeline(scope, customer_id)
customer_dialog("customer")
follow_changes("customer")
