"""Receivables: what customers owe, how late it is, and what came in."""

from dataclasses import replace
from datetime import timedelta

import streamlit as st

from dashboard.analytics.receivables import every_month, summarise_receivables
from dashboard.blanks import blank, nothing_found
from dashboard.cards import show_cards
from dashboard.charts import show_chart
from dashboard.choices import (
    channel_choice,
    currencies,
    region_choice,
    rep_choice,
    worth_choosing,
)
from dashboard.figures.ages import owed_by_age, payments_over_time
from dashboard.filter_bar import ALL_PRESETS, Bar, filter_bar, filter_in_words
from dashboard.filters import is_filtered
from dashboard.live import follow_changes, page_title
from dashboard.order_list import open_chosen_order
from dashboard.periods import ANY
from dashboard.reads import read
from dashboard.receivables_view import age_names, owed_cards, receivables_list
from dashboard.recorded import knows_payments
from dashboard.session import current_scope, today
from dashboard.texts import _
from data_access.filters import Period, searched
from data_access.receivables import sum_payments_over_time, sum_receivables_by_age

scope = current_scope("receivables")
as_of = today()
open_chosen_order("receivables")
page_title(_("Receivables"), as_of)
if not knows_payments(scope):
    blank(
        _("No payments are recorded."),
        _("What is owed is shown as soon as payments, or the days they are due, are imported."),
    )
    follow_changes("receivables")
    st.stop()
reps = rep_choice(scope)
bar = Bar(
    presets=ALL_PRESETS,
    preset=ANY,
    search=_("Search orders"),
    choices=worth_choosing(channel_choice(scope), region_choice(scope), reps),
    currencies=currencies(scope),
    switches=("past_due",),
)
chosen = filter_bar(bar, as_of)
if chosen.search:
    chosen = read(searched, scope, chosen, engine="record")
ages = read(sum_receivables_by_age, scope, chosen, as_of)
owed = summarise_receivables(ages)
if not owed.orders:
    if is_filtered() or chosen.period:
        nothing_found(scope, chosen.currency)
    else:
        blank(_("Nobody owes anything."), _("Every order that is not cancelled is paid."))
    follow_changes("receivables")
    st.stop()

show_cards(owed_cards(owed, chosen.currency))
left, right = st.columns(2, gap="xsmall")
with left, st.container(border=True, gap="xsmall"):
    st.markdown(f"**{_('Owed by age')}**")
    show_chart(
        owed_by_age(ages, age_names=age_names(), currency=chosen.currency),
        alt=_("What is owed, by days past due"),
        key="owed_by_age",
    )
with right, st.container(border=True, gap="xsmall"):
    st.markdown(f"**{_('Payments received')}** :small[:gray[{_('last 12 months, less refunds')}]]")
    first_on = (as_of.replace(day=1) - timedelta(days=330)).replace(day=1)
    a_year = replace(chosen, period=Period(first_on, as_of))
    paid = read(sum_payments_over_time, scope, a_year, as_of, "month")
    show_chart(
        payments_over_time(
            every_month(paid, first_on, as_of),
            currency=chosen.currency,
            unfinished=(as_of + timedelta(days=1)).day != 1,
        ),
        alt=_("Payments received by month"),
        key="payments_over_time",
    )
receivables_list(
    scope,
    chosen,
    as_of,
    owed,
    reps=len(reps.names) > 1,
    filters=filter_in_words(bar, chosen),
)
follow_changes("receivables")
