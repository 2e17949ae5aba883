"""Why it changed: a change in net sales or margin, taken apart down to the orders behind it."""

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
from dashboard.customer_link import open_chosen_customer
from dashboard.filter_bar import Bar, filter_bar
from dashboard.live import follow_changes, page_title
from dashboard.order_list import open_chosen_order
from dashboard.reads import draw
from dashboard.recorded import knows_costs
from dashboard.session import current_scope, today
from dashboard.texts import _
from dashboard.unusual_view import unusual_block
from dashboard.why_behind import behind_block
from dashboard.why_bridge import has_orders
from dashboard.why_choice import choice_bar, why_choice
from dashboard.why_view import answer, bridge_block, why_cards

scope = current_scope("why")
as_of = today()
open_chosen_order("why")
open_chosen_customer("why")
page_title(_("Why it changed"), as_of)
choices = worth_choosing(channel_choice(scope), region_choice(scope), category_choice(scope))
chosen = filter_bar(Bar(choices=choices, currencies=currencies(scope)), as_of)
margin = knows_costs(scope)
choice = why_choice(margin=margin)
choice_bar(choice, margin=margin)
if choice.view == "days":
    unusual_block(scope, chosen, as_of)
    follow_changes("why")
    st.stop()
if not has_orders(scope, chosen, as_of, choice):
    nothing_found(scope, chosen.currency)
    follow_changes("why")
    st.stop()

st.markdown("  \n".join(draw(answer, scope, chosen, as_of, choice)))
show_cards(draw(why_cards, scope, chosen, as_of, choice), across=3)
bridge = bridge_block(scope, chosen, as_of, choice)
step = bridge.find(choice.part)
if step is not None:
    behind_block(scope, chosen, as_of, choice, step)
follow_changes("why")
