"""Segments: who the customers are, what each kind is worth, and where they move."""

import streamlit as st

from dashboard.blanks import blank
from dashboard.cards import show_cards
from dashboard.choices import currencies, region_choice, rep_choice, worth_choosing
from dashboard.customer_link import open_chosen_customer
from dashboard.filter_bar import Bar, filter_bar
from dashboard.filters import clear, is_filtered
from dashboard.live import follow_changes, page_title
from dashboard.reads import read
from dashboard.segment_choice import chosen_segments
from dashboard.segment_cuts import cuts_button, reset_button
from dashboard.segment_more import more_block
from dashboard.segment_people import people_list
from dashboard.segment_saved import saved_button
from dashboard.segment_views import (
    bars_block,
    clusters_line,
    meaning_line,
    movements_block,
    segment_cards,
    segments_of,
    way_bar,
)
from dashboard.session import current_scope, today
from dashboard.texts import _
from data_access.segments import find_segments_day

scope = current_scope("segments")
open_chosen_customer("segments")
bar = Bar(
    presets=(),
    choices=worth_choosing(region_choice(scope)),
    currencies=currencies(scope),
)
worked_out_on = read(find_segments_day, scope)["as_of_on"]
page_title(_("Segments"), worked_out_on or today())
if worked_out_on is None:
    blank(
        _("No customers are scored yet."),
        _("Run `python -m dashboard refresh`, and the segments appear here; they rest on orders."),
    )
    follow_changes("segments")
    st.stop()
order_filter = filter_bar(bar, today())
chosen = chosen_segments(order_filter)
margin = scope.sees("customer_scores", "margin_12m")
with st.container(horizontal=True, gap="small", vertical_alignment="center", key="segments_bar"):
    way_bar(chosen)
    cuts_button(scope, chosen, order_filter)
    reset_button(chosen)
    saved_button(scope, chosen)
segments = segments_of(scope, chosen.division, chosen.measure)
if not len(segments):
    actions = [(_("Clear filters"), clear)] if is_filtered() else []
    blank(_("No customer fits these filters."), "", *actions)
    follow_changes("segments")
    st.stop()

show_cards(segment_cards(segments, order_filter.currency, margin=margin))
left, right = st.columns([3, 4], gap="xsmall")
with left, st.container(border=True, gap="xsmall"):
    bars_block(scope, chosen, segments)
    if chosen.division.by == "cluster":
        clusters_line(scope)
with right, st.container(border=True, gap="xsmall"):
    movements_block(scope, chosen)
with st.container(border=True, gap="xsmall"):
    meaning_line(scope, chosen)
    people_list(scope, chosen, segments, reps=len(rep_choice(scope).names) > 1)
with st.container(border=True, gap="xsmall"):
    more_block(scope, chosen, segments, today(), margin=margin)
follow_changes("segments")
