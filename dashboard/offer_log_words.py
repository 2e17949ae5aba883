"""How the log calls the lists of offers that were exported."""

from __future__ import annotations

from dashboard.texts import N_

LISTS: dict[str, str] = {
    "offers": N_("Offers"),
    "wanting": N_("Who may want a product"),
}
