"""Replenishment: what is asked for, decided, on order and received, and what becomes of it."""

from dataclasses import replace

import streamlit as st

from dashboard.blanks import blank
from dashboard.cards import show_cards
from dashboard.choices import category_choice, worth_choosing
from dashboard.edit_notice import notice_line
from dashboard.filter_bar import Bar, filter_bar, filter_in_words
from dashboard.filters import clear, current, is_filtered
from dashboard.live import follow_changes, page_title
from dashboard.menu import find_page
from dashboard.order_list import open_chosen_order
from dashboard.reads import draw, read
from dashboard.replenish_detail import request_detail
from dashboard.replenish_dialogs import replenish_dialog
from dashboard.replenish_request import request_all_button, request_dialog
from dashboard.replenish_suggestions import suggested_rows
from dashboard.replenish_view import (
    ALL,
    queue_box,
    queue_cards,
    request_list,
    supplier_choice,
    warehouse_choice,
)
from dashboard.session import current_scope, today
from dashboard.texts import _
from data_access.replenishments import RequestFilter, count_replenishments

scope = current_scope("replenishment")
as_of = today()
open_chosen_order("replenishment")
suggested, cost_currency = draw(suggested_rows, scope, as_of)
page_title(
    _("Replenishment"),
    as_of,
    lambda: request_all_button(scope, "replenishment", suggested, cost_currency, primary=True),
)
notice_line(scope, "replenishment", "replenishment")
request_dialog("replenishment")

warehouses, suppliers = warehouse_choice(scope), supplier_choice(scope)
bar = Bar(
    presets=(),
    choices=worth_choosing(warehouses, suppliers, category_choice(scope)),
    search=_("SKU, product, supplier or order"),
)
chosen = filter_bar(bar, as_of)
wanted = RequestFilter(
    warehouse_ids=warehouses.read(current()),
    supplier_ids=suppliers.read(current()),
    category_ids=chosen.category_ids,
    search=chosen.search,
)
counts = read(count_replenishments, scope, wanted, as_of)
if not len(counts):
    if is_filtered():
        blank(_("No request fits these filters."), "", (_("Clear filters"), clear))
    else:
        blank(
            _("Nothing is requested yet."),
            _(
                "Requests come from a stock that runs low, or from an order that is confirmed with "
                "too little in stock."
            ),
        )
        st.page_link(
            find_page("stock").file, label=_("To the stock"), icon=":material/inventory_2:"
        )
    follow_changes("replenishment")
    st.stop()

show_cards(queue_cards(counts))
currencies = counts["currency"].dropna().unique()
has_values = counts["value"].notna().any() and len(currencies) == 1
with st.container(border=True, gap="xsmall"):
    queue, count = queue_box(counts)
    if count:
        row = request_list(
            scope,
            replace(wanted, states=() if queue == ALL else (queue,)),
            queue,
            count,
            as_of,
            currency=str(currencies[0]) if has_values else None,
            filters=filter_in_words(bar, chosen),
        )
    else:
        row = None
        st.markdown(f":gray[{_('No request is in this queue.')}]")
if row is not None:
    request_detail(scope, row)
replenish_dialog()
follow_changes("replenishment")
