"""Due to rebuy: who is expected to buy a product again soon, what to offer, and what reminding
brings."""

import streamlit as st

from dashboard.blanks import blank
from dashboard.cards import show_cards
from dashboard.choices import category_choice, region_choice, rep_choice, worth_choosing
from dashboard.edit_notice import notice_line
from dashboard.filter_bar import Bar, filter_bar, filter_in_words
from dashboard.filters import clear, is_filtered
from dashboard.live import follow_changes, page_title
from dashboard.reads import read
from dashboard.rebuy_effect import effect_block
from dashboard.rebuy_view import days_ahead, nothing_due, rebuy_cards, rebuy_list
from dashboard.session import current_scope, today
from dashboard.texts import _
from data_access.rebuys import sum_rebuys

scope = current_scope("rebuy")
as_of = today()
page_title(_("Due to rebuy"), as_of)
notice_line(scope, "rebuy", "rebuy")
choices = worth_choosing(region_choice(scope), rep_choice(scope), category_choice(scope))
bar = Bar(presets=(), choices=choices)
chosen = filter_bar(bar, as_of)
days = days_ahead()
sums = read(sum_rebuys, scope, chosen, as_of, days).iloc[0]
if not sums["all_dues"]:
    if is_filtered():
        blank(_("No customer fits these filters."), "", (_("Clear filters"), clear))
    else:
        nothing_due(scope)
    follow_changes("rebuy")
    st.stop()

show_cards(rebuy_cards(sums, days))
with st.container(border=True, gap="xsmall"):
    rebuy_list(scope, chosen, as_of, days, sums, filter_in_words(bar, chosen))
with st.container(border=True, gap="xsmall"):
    effect_block(scope, as_of)
follow_changes("rebuy")
