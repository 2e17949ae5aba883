"""Customer value: what customers bring, by when they were won, and whether they come back."""

from functools import partial

import streamlit as st

from dashboard.blanks import blank
from dashboard.cards import show_cards
from dashboard.choices import currencies, region_choice, rep_choice, worth_choosing
from dashboard.customer_link import open_chosen_customer
from dashboard.filter_bar import Bar, filter_bar, filter_in_words
from dashboard.filters import clear, is_filtered
from dashboard.live import follow_changes, page_title
from dashboard.session import current_scope, today
from dashboard.texts import _
from dashboard.value_choice import chosen_cohort, source_choice, value_filter
from dashboard.value_people import cohort_customers, features_menu
from dashboard.value_view import (
    cards_of,
    cohort_months,
    cohort_table,
    cohort_values,
    repurchase_blocks,
    retention_block,
)

scope = current_scope("value")
as_of = today()
open_chosen_customer("value")
known = currencies(scope)
bar = Bar(
    presets=(),
    choices=worth_choosing(region_choice(scope), rep_choice(scope), source_choice(scope)),
    currencies=known,
)
title = st.container()
chosen = filter_bar(bar, as_of)
wanted = value_filter(scope, chosen, chosen.currency or "")
filters = filter_in_words(bar, chosen)
with title:
    offer = partial(features_menu, scope, wanted, as_of, filters=filters)
    page_title(_("Customer value"), as_of, offer)
months = cohort_months(scope, wanted, as_of)
if not len(months):
    if is_filtered():
        blank(_("No customer fits these filters."), "", (_("Clear filters"), clear))
    else:
        blank(
            _("There are no orders of customers yet."),
            _("What customers are worth is shown as soon as orders are entered or imported."),
        )
    follow_changes("value")
    st.stop()

values = cohort_values(scope, months)
predicts = bool(values["scored"].sum())
show_cards(cards_of(scope, wanted, as_of, months), across=5)
if not predicts:
    told = _("Predictions appear here after `python -m dashboard refresh` has run.")
    st.markdown(f":small[:gray[{told}]]")
left, right = st.columns([5, 8], gap="xsmall")
with left, st.container(border=True, gap="xsmall"):
    retention_block(scope, wanted, as_of)
with right, st.container(border=True, gap="xsmall"):
    cohort_table(values, wanted.currency, predicts=predicts)
cohort = chosen_cohort()
of_cohort = values[values["cohort"] == cohort]
if cohort is not None and len(of_cohort):
    count = int(of_cohort["customers"].iloc[0])
    cohort_customers(scope, wanted, cohort, as_of, count, filters=filters, predicts=predicts)
repurchase_blocks(scope, wanted, as_of)
follow_changes("value")
