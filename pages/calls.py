"""Call list: whom each rep is to call this week, why, and what came of it."""

import streamlit as st

from dashboard.call_capacity import capacity_button
from dashboard.call_rules import how_block
from dashboard.call_view import call_cards, call_list, no_list, week_choice
from dashboard.cards import show_cards
from dashboard.choices import region_choice, rep_choice, worth_choosing
from dashboard.edit_notice import notice_line
from dashboard.filter_bar import Bar, filter_bar, filter_in_words
from dashboard.live import follow_changes, page_title
from dashboard.offer_trust import trust_block
from dashboard.reads import read
from dashboard.session import current_scope, today
from dashboard.texts import _
from data_access.calls import sum_calls

scope = current_scope("calls")
as_of = today()
page_title(_("Call list"), as_of, lambda: capacity_button(scope))
notice_line(scope, "calls", "calls")
choices = worth_choosing(region_choice(scope), rep_choice(scope))
bar = Bar(presets=(), choices=choices)
chosen = filter_bar(bar, as_of)
week_on = week_choice(scope)
if week_on is None:
    no_list(scope)
    follow_changes("calls")
    st.stop()

sums = read(sum_calls, scope, chosen, week_on, engine="record").iloc[0]
show_cards(call_cards(sums))
with st.container(border=True, gap="xsmall"):
    call_list(scope, chosen, week_on, sums, filter_in_words(bar, chosen))
    how_block()
with st.container(border=True, gap="xsmall"):
    trust_block(scope)
follow_changes("calls")
