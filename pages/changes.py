"""Changes: who changed what, when and why, and the way back."""

from dashboard.blanks import blank
from dashboard.changes_view import change_choices, change_filter, change_list, day_of_log
from dashboard.filter_bar import ALL_PRESETS, Bar, filter_bar
from dashboard.filters import clear, is_filtered
from dashboard.live import follow_changes, page_title
from dashboard.periods import ANY
from dashboard.session import current_scope
from dashboard.texts import _

scope = current_scope("changes")
as_of = day_of_log()
page_title(_("Changes"), as_of)
choices = change_choices(scope)
bar = Bar(presets=ALL_PRESETS, preset=ANY, search=_("Order number"), choices=choices)
chosen = filter_bar(bar, as_of)
if not change_list(scope, change_filter(choices, chosen)):
    if is_filtered() or chosen.period:
        blank(
            _("No change fits these filters."),
            _("Choose another period, or take filters away."),
            (_("Clear filters"), clear),
        )
    else:
        blank(
            _("Nothing was changed yet."),
            _("What people do to orders, stock and rules is written here."),
        )
follow_changes("changes")
