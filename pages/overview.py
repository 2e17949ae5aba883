"""Overview: how the business does, why, and what needs somebody now."""

from dataclasses import replace

import streamlit as st

from dashboard.analytics.shares import add_shares
from dashboard.attention import attention_list
from dashboard.blanks import nothing_found
from dashboard.charts import show_chart
from dashboard.choices import (
    category_choice,
    channel_choice,
    currencies,
    region_choice,
    worth_choosing,
)
from dashboard.figures.sales_bars import MOST_ROWS, sales_bars
from dashboard.figures.sales_over_time import sales_over_time
from dashboard.filter_bar import Bar, filter_bar
from dashboard.kpi_cards import kpi_cards
from dashboard.live import follow_changes, page_title
from dashboard.periods import grain_of
from dashboard.reads import read
from dashboard.session import current_scope, today
from dashboard.texts import _, language
from dashboard.trend import grain_box, spans_to_compare, top_of
from data_access.attention import sum_attention
from data_access.backlog import sum_backlog_by_day
from data_access.pipeline import count_orders
from data_access.sales import (
    sum_sales_by_category,
    sum_sales_by_channel,
    sum_sales_by_region,
    sum_sales_compared,
    sum_sales_over_time,
)

scope = current_scope("overview")
as_of = today()
page_title(_("Overview"), as_of)
choices = worth_choosing(channel_choice(scope), region_choice(scope), category_choice(scope))
chosen = filter_bar(Bar(choices=choices, currencies=currencies(scope)), as_of)
period = chosen.period
if period is None or not read(count_orders, scope, chosen, as_of):
    nothing_found(scope)
    follow_changes("overview")
    st.stop()

backlog = {
    span: read(sum_backlog_by_day, scope, chosen, as_of, days)
    for span, days in spans_to_compare(period).items()
}
kpi_cards(
    scope,
    read(sum_sales_compared, scope, chosen, as_of),
    read(sum_sales_over_time, scope, chosen, as_of, grain_of(period)),
    backlog,
    currency=chosen.currency,
    period=period,
)

wide, narrow = st.columns([2, 1], gap="xsmall")
with wide, st.container(border=True, gap="xsmall", height="stretch"):
    grain = grain_box(_("Net sales over time"), period)
    before = replace(chosen, period=period.previous())
    show_chart(
        sales_over_time(
            read(sum_sales_over_time, scope, chosen, as_of, grain),
            read(sum_sales_over_time, scope, before, as_of, grain),
            period=period,
            grain=grain,
            currency=chosen.currency,
        ),
        alt=_("Net sales over time, against the previous period"),
        key="sales_over_time",
    )
with narrow:
    attention_list(
        scope,
        read(sum_attention, scope, as_of, chosen.currency),
        as_of,
        chosen.currency,
        "overview",
    )

splits = st.grid(3, min_column_width=300, gap="xsmall", border=True)
for title, query in (
    (_("By channel"), sum_sales_by_channel),
    (_("By region"), sum_sales_by_region),
    (_("By category"), sum_sales_by_category),
):
    shares = add_shares(read(query, scope, chosen, as_of, language()))
    with splits.cell():
        st.markdown(f"**{title}** :small[:gray[{top_of(len(shares), MOST_ROWS)}]]")
        show_chart(
            sales_bars(shares.head(MOST_ROWS), currency=chosen.currency),
            alt=title,
            key=f"{query.__name__}_bars",
        )
follow_changes("overview")
