"""Delivery: whether orders arrive on time, which open ones will be late, and where they wait."""

import streamlit as st

from dashboard.blanks import nothing_found
from dashboard.cards import show_cards
from dashboard.choices import (
    category_choice,
    channel_choice,
    currencies,
    region_choice,
    worth_choosing,
)
from dashboard.delivery_cards import cards, sees_delivered
from dashboard.delivery_view import risk_list, trust_block
from dashboard.filter_bar import Bar, filter_bar
from dashboard.late_orders import open_orders
from dashboard.live import follow_changes, page_title
from dashboard.order_list import open_chosen_order
from dashboard.reads import draw, read
from dashboard.session import current_scope, today
from dashboard.stage_waits import CUTS, open_chosen_queue, waits_block
from dashboard.texts import _
from data_access.delivery import sum_cycle_times

scope = current_scope("delivery")
as_of = today()
open_chosen_order("delivery")
open_chosen_queue()
page_title(_("Delivery"), as_of)
channels, regions = channel_choice(scope), region_choice(scope)
shown = sees_delivered(scope)
bar = Bar(
    presets=Bar.presets if shown else (),
    choices=worth_choosing(channels, regions, category_choice(scope)),
    currencies=currencies(scope) if scope.sees("orders", "net_sales") else (),
)
chosen = filter_bar(bar, as_of)
is_empty = not len(draw(open_orders, scope, chosen, as_of).orders)
if is_empty and not (
    shown and read(sum_cycle_times, scope, chosen, as_of)["delivered_orders"].any()
):
    nothing_found(scope, chosen.currency, has_period=shown)
    follow_changes("delivery")
    st.stop()

show_cards(draw(cards, scope, chosen, as_of))
with st.container(border=True, gap="xsmall"):
    risk_list(scope, chosen, as_of)
    trust_block(scope, as_of)
with st.container(border=True, gap="xsmall"):
    several = {"channel": len(channels.names) > 1, "region": len(regions.names) > 1}
    waits_block(scope, chosen, as_of, [cut for cut in CUTS if several[cut]])
follow_changes("delivery")
