"""Offers: what to offer a customer and why, who may want a product, and what a segment may want."""

import streamlit as st

from dashboard.edit_notice import notice_line
from dashboard.live import follow_changes, page_title
from dashboard.offer_choice import view_choice
from dashboard.offer_customer import customer_view
from dashboard.offer_product import product_view
from dashboard.offer_segment import segment_block
from dashboard.offer_trust import trust_block
from dashboard.session import current_scope, today
from dashboard.texts import _

scope = current_scope("offers")
as_of = today()
page_title(_("Offers"), as_of)
notice_line(scope, "offers", "offers")
view = view_choice()
if view == "product":
    product_view(scope, as_of)
elif view == "segment":
    with st.container(border=True, gap="xsmall"):
        segment_block(scope, as_of, slug="offers")
else:
    customer_view(scope, as_of)
with st.container(border=True, gap="xsmall"):
    trust_block(scope)
follow_changes("offers")
