"""Calendar: the events that forecasts use, what they did to sales, and what is changed in them."""

from functools import partial

import streamlit as st

from dashboard.calendar_dialogs import calendar_buttons, event_dialog
from dashboard.calendar_view import (
    calendar_cards,
    effects_of,
    events_table,
    official_line,
    shown_events,
)
from dashboard.cards import show_cards
from dashboard.choices import currencies
from dashboard.edit_notice import notice_line
from dashboard.live import follow_changes, page_title
from dashboard.session import current_scope, today
from dashboard.texts import _

scope = current_scope("event-calendar")
as_of = today()
page_title(_("Calendar"), as_of, partial(calendar_buttons, scope))
notice_line(scope, "event-calendar", "event-calendar")
effects = effects_of(scope, as_of, next(iter(currencies(scope)), None))
official_line(as_of)
show_cards(calendar_cards(scope, as_of, effects))
with st.container(border=True, gap="xsmall"):
    events_table(scope, as_of, shown_events(scope, as_of, effects))
event_dialog(effects)
follow_changes("event-calendar")
