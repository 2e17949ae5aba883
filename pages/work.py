"""My work: what waits for the person, the most urgent first."""

import streamlit as st

from dashboard.alert_view import open_chosen_alert, show_warnings, warnings_of, warnings_queue
from dashboard.live import follow_changes, page_title
from dashboard.order_list import open_chosen_order
from dashboard.reads import read
from dashboard.rules_dialog import rules_button
from dashboard.session import current_scope, moment_of_work, today
from dashboard.texts import _
from dashboard.work_view import (
    ALERTS,
    MENTIONS,
    chosen_queue,
    open_chosen_receivable,
    queue_strip,
    queue_title,
    queues_of,
    show_mentions,
    show_queue,
)
from data_access.work_queues import list_mentions, sum_work_queues

scope = current_scope("work")
as_of, now = today(), moment_of_work()
open_chosen_order("work")
open_chosen_receivable()
open_chosen_alert(scope, as_of)
page_title(_("My work"), as_of)

sums = read(sum_work_queues, scope, now, as_of, engine="record")
mentions = read(list_mentions, scope, scope.user_id, engine="record", limit=100)
warnings = warnings_of(scope, as_of)
queues = queues_of(scope, sums, len(mentions), warnings_queue(warnings))
chosen = chosen_queue(queues)
queue_strip(queues, chosen)
with st.container(horizontal=True, horizontal_alignment="distribute", key="queue_head"):
    with st.container(gap=None, width="stretch"):
        queue_title(scope, chosen)
    rules_button(scope)
if chosen.queue == MENTIONS:
    show_mentions(scope)
elif chosen.queue == ALERTS and warnings is not None:
    show_warnings(scope, warnings, now)
else:
    show_queue(scope, chosen, now, as_of)
follow_changes("work")
