"""How the log calls what was done about a customer whom a list named."""

from __future__ import annotations

from dashboard.texts import N_

WORDS: dict[str, dict[str, str]] = {
    "reminders.cause": {
        "silent": N_("Going quiet"),
        "rebuy": N_("Due to rebuy"),
        "care": N_("To be looked after"),
        "offer": N_("Offers"),
    },
    "reminders.action": {
        "call": N_("Call"),
        "coupon": N_("Send a coupon"),
        "content": N_("Send useful content"),
        "visit": N_("Visit"),
        "none": N_("No contact"),
    },
    "reminders.state": {
        "done": N_("Done"),
        "dismissed": N_("Dismissed"),
        "held_out": N_("Held out"),
    },
}
