"""What-if: levers on simulated courses of the coming weeks, and what each of them does."""

import streamlit as st

from dashboard.blanks import blank
from dashboard.choices import category_choice, currencies, region_choice, worth_choosing
from dashboard.edit_notice import notice_line
from dashboard.filter_bar import Bar, filter_bar
from dashboard.filters import clear, is_filtered
from dashboard.live import page_title
from dashboard.session import current_scope, today
from dashboard.texts import _
from dashboard.what_if_bench import asked, bench, show_world

scope = current_scope("what-if")
as_of = today()
page_title(_("What-if"), as_of)
notice_line(scope, "what-if", "what-if")
bar = Bar(
    presets=(),
    choices=worth_choosing(category_choice(scope), region_choice(scope)),
    currencies=currencies(scope),
)
question = asked(scope, filter_bar(bar, as_of), as_of)
world = show_world(scope, question)
if world is None:
    if is_filtered():
        blank(_("Too little was sold to look ahead."), "", (_("Clear filters"), clear))
    else:
        blank(
            _("Too little was sold to look ahead."),
            _("Scenarios need eight weeks with sales, some of them lately."),
        )
    st.stop()
bench(world, question)
