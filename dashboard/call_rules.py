"""How the list of calls is made, and for how long what came of a call stands, in words."""

from __future__ import annotations

import streamlit as st

from dashboard.texts import _
from data_access.calls import BOUGHT_WITHIN_DAYS


def how_block() -> None:
    """How the list is made, and for how long a result stands."""
    with st.expander(_("How this list is made"), icon=":material/help:"):
        st.markdown(
            "\n".join(
                f"- {sentence}"
                for sentence in (
                    _("Likely silent: the chance of no order in 90 days is 70% or more. Its value"
                      " is what 90 days bring at the pace of the last 365."),
                    _("Due to rebuy: expected until the Sunday after this week. Its value is the"
                      " usual quantity at list price; at most three products of a customer."),
                    _("Offers go along with one of these reasons: one product to buy again and one"
                      " that is new for them. Their chance is the share of such offers that were in"
                      " the next order where it was measured, × the chance of an order in 90 days;"
                      " the value is one pack at list price."),
                    _("Expected value = probability × value, added up over the reasons. The list"
                      " of a rep has those with the most, as many as the rep has time for."),
                    _("The list of a week stays as it was made. A refresh only fills it up to the"
                      " number of calls."),
                    _("Not suggested again: called or bought, for 30 days; not interested, for 180"
                      " days; wrong, for 365 days. An order since ends the last two; of one"
                      " product, an order with it."),
                    _("Ordered: the data have an order within {days} days after the list was made.",
                      days=BOUGHT_WITHIN_DAYS),
                )
            )
        )  # fmt: skip
