"""What the lists of calls, offers and what is bought together are called in the log of exports."""

from __future__ import annotations

from dashboard.texts import N_

LISTS: dict[str, str] = {
    "call_list": N_("Call list"),
    "offers": N_("Offers"),
    "wanting": N_("Who may want a product"),
    "bought_together": N_("Bought together"),
    "segment_offers": N_("Offers for a segment"),
    "campaign_customers": N_("Customers of a campaign"),
}
