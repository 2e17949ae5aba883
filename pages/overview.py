"""Overview: how the business does, why, and what needs somebody now."""

import streamlit as st

from dashboard import overview_view
from dashboard.attention import attention_list
from dashboard.blanks import nothing_found
from dashboard.cards import show_cards
from dashboard.charts import show_chart
from dashboard.choices import (
    category_choice,
    channel_choice,
    currencies,
    region_choice,
    worth_choosing,
)
from dashboard.filter_bar import Bar, filter_bar
from dashboard.filters import current, link_to
from dashboard.live import follow_changes, page_title
from dashboard.menu import find_page
from dashboard.reads import draw, read
from dashboard.session import current_scope, today
from dashboard.texts import _
from dashboard.trend import grain_box
from data_access.attention import sum_attention
from data_access.pipeline import count_orders

scope = current_scope("overview")
as_of = today()
page_title(_("Overview"), as_of)
choices = worth_choosing(channel_choice(scope), region_choice(scope), category_choice(scope))
chosen = filter_bar(Bar(choices=choices, currencies=currencies(scope)), as_of)
if not read(count_orders, scope, chosen, as_of):
    nothing_found(scope, chosen.currency)
    follow_changes("overview")
    st.stop()

show_cards(draw(overview_view.cards, scope, chosen, as_of))

wide, narrow = st.columns([2, 1], gap="xsmall")
with wide, st.container(border=True, gap="xsmall", height="stretch"):
    grain = grain_box(_("Net sales over time"), overview_view.period_of_filter(chosen))
    show_chart(
        draw(overview_view.trend, scope, chosen, as_of, grain),
        alt=_("Net sales over time, against the previous period"),
        key="sales_over_time",
    )
    st.page_link(
        find_page("why").file,
        label=_("Why did it change?"),
        icon=":material/stacked_bar_chart:",
        query_params=link_to(current()),
    )
with narrow:
    sums = read(sum_attention, scope, as_of, chosen.currency)
    attention_list(scope, sums, as_of, chosen.currency, "overview")

splits = draw(overview_view.splits, scope, chosen, as_of)
grid = st.grid(max(len(splits), 1), min_column_width=300, gap="xsmall", border=True)
for by, note, bars in splits:
    title = _(overview_view.SPLITS[by])
    with grid.cell():
        st.markdown(f"**{title}** :small[:gray[{note}]]")
        show_chart(bars, alt=_("Net sales, share and change: {by}", by=title), key=f"by_{by}")
follow_changes("overview")
