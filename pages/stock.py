"""Stock: what runs out, what to order and why, which orders wait, and what lies too long."""

import streamlit as st

from dashboard.blanks import blank
from dashboard.cards import show_cards
from dashboard.choices import category_choice, worth_choosing
from dashboard.edit_notice import notice_line
from dashboard.filter_bar import Bar, filter_bar, filter_in_words
from dashboard.filters import clear, current
from dashboard.live import follow_changes, page_title
from dashboard.order_list import open_chosen_order
from dashboard.reads import draw
from dashboard.replenish_request import request_dialog
from dashboard.session import current_scope, today
from dashboard.stock_ageing import ageing_block
from dashboard.stock_classes import class_block, stock_rule
from dashboard.stock_detail import stock_detail
from dashboard.stock_plan import is_planned, stock_board
from dashboard.stock_replay import replay_block
from dashboard.stock_view import (
    chosen_rows,
    class_choice,
    stock_cards,
    stock_list,
    warehouse_choice,
)
from dashboard.stock_words import not_planned
from dashboard.texts import _

scope = current_scope("stock")
as_of = today()
open_chosen_order("stock")
page_title(_("Stock"), as_of)
notice_line(scope, "stock", "stock")
request_dialog("stock")
knows = draw(is_planned, scope)
rule = stock_rule(scope, is_planned=knows)
board = draw(stock_board, scope, as_of, rule)
if not len(board.rows):
    blank(
        _("No stock is kept yet."),
        _("Stock appears here as soon as it is imported or a receipt is booked."),
    )
    follow_changes("stock")
    st.stop()

warehouses, classes = warehouse_choice(board), class_choice(board)
offered = worth_choosing(warehouses, category_choice(scope), *([classes] if knows else []))
bar = Bar(presets=(), choices=offered, search=_("SKU, product or supplier"))
chosen = filter_bar(bar, as_of)
found = chosen_rows(
    board.rows,
    warehouses=warehouses.read(current()),
    categories=chosen.category_ids,
    classes=classes.read(current()) if knows else (),
    search=chosen.search,
)
if not len(found):
    blank(_("No stock fits these filters."), "", (_("Clear filters"), clear))
    follow_changes("stock")
    st.stop()

show_cards(stock_cards(found, board), across=5)
with st.container(border=True, gap="xsmall"):
    words = filter_in_words(bar, chosen)
    row = stock_list(scope, board, found, rule, as_of, words, chosen.search)
if row is not None:
    stock_detail(scope, board, row, rule, as_of)
if not knows:
    st.markdown(f":gray[{not_planned()}]")
else:
    with st.container(border=True, gap="xsmall"):
        class_block(board, rule)
    with st.container(border=True, gap="xsmall"):
        ageing_block(found, board)
    with st.container(border=True, gap="xsmall"):
        replay_block(scope, board, rule, as_of)
follow_changes("stock")
