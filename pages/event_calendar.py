"""Calendar: the events that forecasts use, what they did to sales, and what is changed in them."""

from functools import partial

import streamlit as st

from dashboard.calendar_dialogs import calendar_buttons, event_dialog
from dashboard.calendar_reads import effects_of
from dashboard.calendar_view import (
    asked_at_first,
    calendar_cards,
    events_bar,
    events_table,
    official_line,
)
from dashboard.cards import show_cards
from dashboard.edit_notice import notice_line
from dashboard.live import follow_changes, page_title
from dashboard.session import current_scope, today
from dashboard.texts import _

scope = current_scope("event-calendar")
as_of = today()
page_title(_("Calendar"), as_of, partial(calendar_buttons, scope))
notice_line(scope, "event-calendar", "event-calendar")
official_line(as_of)
coming = asked_at_first(scope, as_of)
show_cards(calendar_cards(scope, coming))
with st.container(border=True, gap="xsmall"):
    events_table(scope, events_bar(coming))
event_dialog(effects_of(scope, coming))
follow_changes("event-calendar")
