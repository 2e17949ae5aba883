"""Data quality: what is missing, wrong, orphaned or there twice, and the way to put it right."""

import streamlit as st

from dashboard.blanks import blank
from dashboard.cards import show_cards
from dashboard.customer_link import open_chosen_customer
from dashboard.duplicates_view import duplicate_pairs, merge_list, pair_dialog, pair_list
from dashboard.live import follow_changes, page_title
from dashboard.order_list import open_chosen_order
from dashboard.quality_view import completeness_list, quality_cards, quality_of, rule_list
from dashboard.session import current_scope, today
from dashboard.texts import _

scope = current_scope("quality")
as_of = today()
open_chosen_order("quality")
open_chosen_customer("quality")
page_title(_("Data quality"), as_of)
counted = quality_of(scope, as_of)
if not counted["total"].sum():
    blank(
        _("There is nothing to judge yet."),
        _("Customers and orders appear here as soon as they are entered or imported."),
    )
    follow_changes("quality")
    st.stop()
pairs = duplicate_pairs(scope, as_of)
show_cards(quality_cards(scope, counted, len(pairs)))
rules, duplicates, merges, complete = st.tabs(
    [_("Rules"), _("Duplicates"), _("Merges"), _("Completeness")]
)
with rules:
    rule_list(scope, counted, as_of)
with duplicates:
    pair_list(scope, pairs)
with merges:
    merge_list(scope)
with complete:
    completeness_list(scope, as_of)
pair_dialog()
follow_changes("quality")
