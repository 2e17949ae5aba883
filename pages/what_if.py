"""What-if: levers on simulated courses of the coming weeks, and what each of them does."""

from functools import partial

import streamlit as st

from dashboard.blanks import blank
from dashboard.choices import category_choice, currencies, region_choice, worth_choosing
from dashboard.edit_notice import notice_line
from dashboard.filter_bar import Bar, filter_bar
from dashboard.filters import clear, is_filtered
from dashboard.live import follow_changes, page_title
from dashboard.session import current_scope, today
from dashboard.texts import _
from dashboard.what_if_bench import asked, bench, names_of, show_world
from dashboard.what_if_dialogs import scenario_buttons
from dashboard.what_if_opened import close_it, opened_block, show_draft_of
from dashboard.what_if_saved import PARAMETER, opened_scenario

scope = current_scope("what-if")
as_of = today()
title = st.container()
notice_line(scope, "what-if", "what-if")
names = names_of(scope)
opened = opened_scenario(scope)
if opened is None and PARAMETER in st.query_params:
    page_title(_("What-if"), as_of)
    blank(
        _("There is no such scenario, or it is not shared with you."),
        _("Who saved it can share it with you or your role."),
        (_("To the levers"), close_it),
    )
    st.stop()
if opened is None:
    bar = Bar(
        presets=(),
        choices=worth_choosing(category_choice(scope), region_choice(scope)),
        currencies=currencies(scope),
    )
    question = asked(scope, filter_bar(bar, as_of), as_of)
else:
    question = opened.question
    show_draft_of(opened)
world = show_world(scope, question)
with title:
    page_title(_("What-if"), as_of, partial(scenario_buttons, scope, world, question, names))
if opened is not None:
    opened_block(scope, opened, world, names, question.chosen.currency)
if world is None:
    if opened is None and is_filtered():
        blank(_("Too little was sold to look ahead."), "", (_("Clear filters"), clear))
    else:
        blank(
            _("Too little was sold to look ahead."),
            _("Scenarios need eight weeks with sales, some of them lately."),
        )
    follow_changes("what-if")
    st.stop()
bench(world, question, names)
follow_changes("what-if")
