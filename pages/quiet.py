"""Going quiet: who is likely to order nothing for a while, what is at stake, and what to do."""

import streamlit as st

from dashboard.blanks import blank
from dashboard.cards import show_cards
from dashboard.choices import currencies, region_choice, rep_choice, worth_choosing
from dashboard.edit_notice import notice_line
from dashboard.filter_bar import Bar, filter_bar, filter_in_words
from dashboard.filters import clear, is_filtered
from dashboard.live import follow_changes, page_title
from dashboard.quiet_trust import trust_block
from dashboard.quiet_view import quiet_cards, quiet_filter, quiet_list, reasons_block
from dashboard.reads import read
from dashboard.session import business_zone, current_scope, today
from dashboard.texts import _
from data_access.going_quiet import find_last_scoring, sum_going_quiet

scope = current_scope("quiet")
as_of = today()
page_title(_("Going quiet"), as_of)
notice_line(scope, "quiet", "quiet")
choices = worth_choosing(region_choice(scope), rep_choice(scope))
bar = Bar(presets=(), choices=choices, currencies=currencies(scope))
chosen = filter_bar(bar, as_of)
quiet = quiet_filter(chosen)
sums = read(sum_going_quiet, scope, as_of, quiet).iloc[0]
if not sums["customers"]:
    if is_filtered():
        blank(_("No customer fits these filters."), "", (_("Clear filters"), clear))
    elif read(find_last_scoring, scope, engine="record"):
        blank(
            _("Nobody ordered in the last 365 days."),
            _("Who ordered before has gone quiet: Segments shows them."),
        )
    else:
        blank(
            _("Nobody has been scored yet."),
            _("The chances appear here after `python -m dashboard refresh` has run."),
        )
    follow_changes("quiet")
    st.stop()

show_cards(quiet_cards(sums, quiet))
with st.container(border=True, gap="xsmall"):
    quiet_list(scope, quiet, as_of, sums, filter_in_words(bar, chosen))
    trust_block(scope, quiet.horizon_days)
with st.container(border=True, gap="xsmall"):
    reasons_block(scope, quiet, as_of, business_zone())
follow_changes("quiet")
