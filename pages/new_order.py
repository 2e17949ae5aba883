"""A new order: customer, products with price and stock beside them, terms, and what it comes to."""

import streamlit as st

from dashboard.live import follow_changes, page_title
from dashboard.new_order_draft import open_created_order
from dashboard.new_order_view import customer_block, lines_block, terms_block, totals_block
from dashboard.session import current_scope, today
from dashboard.texts import _

scope = current_scope("new-order")
open_created_order()
as_of = today()
page_title(_("New order"), as_of)
wide, narrow = st.columns([5, 2], gap="medium")
with wide:
    customer_block(scope)
    preview = lines_block(scope, as_of)
    terms_block(scope, as_of)
with narrow:
    totals_block(preview)
follow_changes("new-order")
