"""Offers: what to offer a customer and why, and who may want a product."""

from dashboard.edit_notice import notice_line
from dashboard.live import follow_changes, page_title
from dashboard.offer_choice import view_choice
from dashboard.offer_customer import customer_view
from dashboard.offer_product import product_view
from dashboard.session import current_scope, today
from dashboard.texts import _

scope = current_scope("offers")
as_of = today()
page_title(_("Offers"), as_of)
notice_line(scope, "offers", "offers")
view = view_choice()
if view == "product":
    product_view(scope, as_of)
else:
    customer_view(scope, as_of)
# at the merge: the view "segment" in VIEWS of dashboard/offer_choice.py, drawn here by
# segment_block(scope, as_of) of dashboard/offer_segment.py; and, below each list,
# trust_block(scope, task="all") of dashboard/offer_trust.py
follow_changes("offers")
