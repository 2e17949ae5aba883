"""Forecast: what is expected, how far to trust it, what it is made of, and how it turned out."""

from functools import partial

import streamlit as st

from dashboard.blanks import blank
from dashboard.cards import show_cards
from dashboard.choices import currencies, region_choice, worth_choosing
from dashboard.edit_notice import notice_line
from dashboard.filter_bar import Bar, filter_bar
from dashboard.filters import clear, is_filtered
from dashboard.forecast_choice import chosen_forecast
from dashboard.forecast_dialogs import forecast_buttons, forecast_dialog
from dashboard.forecast_process import is_forecasting
from dashboard.forecast_progress import progress_line, refresh_button
from dashboard.forecast_tabs import more_block, run_currency
from dashboard.forecast_view import chart_block, find_told, forecast_cards
from dashboard.live import follow_changes, page_title
from dashboard.reads import read
from dashboard.session import current_scope, today
from dashboard.texts import _
from data_access.forecasts import find_last_forecast_run

scope = current_scope("forecast")
as_of = today()
title = st.container()
notice_line(scope, "forecast", "forecast")
run = read(find_last_forecast_run, scope, engine="record")
if not run:
    with title:
        page_title(_("Forecast"), as_of)
    progress_line(scope)
    blank(
        _("Nothing has been forecast yet."),
        _("Forecasts appear here after `python -m dashboard refresh --what forecasts` has run."),
    )
    with st.container(horizontal=True, horizontal_alignment="center"):
        refresh_button(scope)
    follow_changes("forecast", is_forecasting)
    st.stop()

regions = filter_bar(Bar(presets=(), choices=worth_choosing(region_choice(scope))), as_of)
currency = run_currency(run) or next(iter(currencies(scope)), "CNY")
chosen = chosen_forecast(scope, regions.region_ids, currency)
told = find_told(scope, chosen, as_of)
with title:
    page_title(_("Forecast"), as_of, partial(forecast_buttons, scope, told))
    progress_line(scope)
if told is None:
    actions = [(_("Clear filters"), clear)] if is_filtered() else []
    blank(_("There is no forecast of this."), _("Choose something else."), *actions)
else:
    show_cards(forecast_cards(told))
    with st.container(border=True, gap="xsmall"):
        chart_block(scope, told)
    with st.container(border=True, gap="xsmall"):
        more_block(scope, told)
    forecast_dialog(scope, told)
follow_changes("forecast", is_forecasting)
