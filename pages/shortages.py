"""Shortages: which products are short, whom that hits, and who gets what there is."""

import streamlit as st

from dashboard.allocation_detail import shortage_detail
from dashboard.allocation_view import (
    chosen_rows,
    shortage_cards,
    shortage_list,
    warehouse_choice,
)
from dashboard.blanks import blank
from dashboard.cards import show_cards
from dashboard.choices import worth_choosing
from dashboard.edit_notice import notice_line
from dashboard.filter_bar import Bar, filter_bar, filter_in_words
from dashboard.filters import clear, current
from dashboard.live import follow_changes, page_title
from dashboard.reads import read
from dashboard.session import current_scope, today
from dashboard.texts import _, language
from data_access.allocating import list_shortages

scope = current_scope("shortages")
as_of = today()
page_title(_("Shortages"), as_of)
notice_line(scope, "shortages", "shortages")
rows = read(list_shortages, scope, language())
if not len(rows):
    blank(
        _("Nothing is short."),
        _("There is enough on hand for every open order that you see."),
    )
    follow_changes("shortages")
    st.stop()

warehouses = warehouse_choice(rows)
bar = Bar(presets=(), choices=worth_choosing(warehouses), search=_("SKU or product"))
chosen = filter_bar(bar, as_of)
found = chosen_rows(rows, warehouses.read(current()), chosen.search)
if not len(found):
    blank(_("No short product fits these filters."), "", (_("Clear filters"), clear))
    follow_changes("shortages")
    st.stop()

show_cards(shortage_cards(rows.attrs["totals"]))
with st.container(border=True, gap="xsmall"):
    row = shortage_list(found, filter_in_words(bar, chosen), chosen.search)
shortage_detail(scope, row, as_of)
follow_changes("shortages")
