"""Customers: the list of them, found by name, phone or e-mail, and whom to care for this week."""

from dashboard.care_view import care_list
from dashboard.choices import currencies
from dashboard.customer_dialogs import customer_dialog
from dashboard.customer_link import open_chosen_customer
from dashboard.customer_list import (
    customer_choices,
    customer_filter_from,
    customer_list,
    open_by_phone,
)
from dashboard.edit_notice import notice_line
from dashboard.filter_bar import ALL_PRESETS, Bar, filter_bar, filter_in_words
from dashboard.filters import current, first
from dashboard.live import follow_changes, page_title
from dashboard.periods import ANY
from dashboard.session import current_scope, today
from dashboard.texts import _

scope = current_scope("customers")
as_of = today()
open_chosen_customer("customers")
page_title(_("Customers"), as_of)
notice_line(scope, "customers", "customers")

choices, more = customer_choices(scope)
bar = Bar(
    presets=ALL_PRESETS if first(current(), "bought") else (),  # a period of orders
    preset=ANY,
    search=_("Search name, phone, e-mail"),
    choices=choices,
    more=more,
    currencies=currencies(scope),
)
chosen = filter_bar(bar, as_of)
open_by_phone(scope, chosen.search)
care_list(scope, as_of)
wanted = customer_filter_from(chosen, (*choices, *more))
customer_list(scope, wanted, as_of, filter_in_words(bar, chosen))
customer_dialog("customers")
follow_changes("customers")
