"""Bought together: which products orders hold together more often than by chance."""

import streamlit as st

from dashboard.cards import show_cards
from dashboard.choices import category_choice, worth_choosing
from dashboard.filter_bar import Bar, filter_bar, filter_in_words
from dashboard.live import follow_changes, page_title
from dashboard.order_list import open_chosen_order
from dashboard.reads import read
from dashboard.session import current_scope, today
from dashboard.texts import _
from dashboard.together_choice import (
    confidence_choice,
    fewest_choice,
    open_pair,
    product_choice,
    rule_filter_from,
)
from dashboard.together_orders import orders_block
from dashboard.together_view import network_block, no_rules, rule_cards, rule_list
from data_access.bought_together import RuleFilter, find_rules

scope = current_scope("bought-together")
open_chosen_order("bought-together")
as_of = today()
page_title(_("Bought together"), as_of)
everything = read(find_rules, scope, RuleFilter(), engine="record")
if not everything["rules"]:
    no_rules(scope, has_rules=False)
    follow_changes("bought-together")
    st.stop()
choices = worth_choosing(
    product_choice(scope), category_choice(scope), *fewest_choice(scope), confidence_choice()
)
bar = Bar(presets=(), choices=choices)
order_filter = filter_bar(bar, as_of)
chosen = rule_filter_from(scope, order_filter)
found = read(find_rules, scope, chosen, engine="record")
if not found["rules"]:
    no_rules(scope, has_rules=True)
    follow_changes("bought-together")
    st.stop()

show_cards(rule_cards(scope, chosen, found))
left, right = st.columns([2, 3], gap="xsmall")
with left, st.container(border=True, gap="xsmall"):
    network_block(scope, chosen)
with right, st.container(border=True, gap="xsmall"):
    rule_list(scope, chosen, found, filter_in_words(bar, order_filter))
pair = open_pair()
if pair is not None:
    orders_block(scope, pair)
follow_changes("bought-together")
