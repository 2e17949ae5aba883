"""Who is held out: customers whom no list names, so that the effect of the list shows.

Chosen by a hash of the experiment and the customer, so that everybody meets the same choice at any
time, and nobody makes it. Reminders are one experiment for good, named by the database alone. Of
the lists of calls each quarter is one: nobody goes without a call for ever, and who is held out of
calls has nothing to do with who is held out of reminders.
"""

from __future__ import annotations

import hashlib
from datetime import date

HELD_OUT_RATE = 0.1
_PARTS = 1_000_000


def is_held_out(experiment: str, customer_id: int, rate: float = HELD_OUT_RATE) -> bool:
    digest = hashlib.sha256(f"{experiment}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % _PARTS < rate * _PARTS


def call_experiment(week_on: date) -> str:
    """The trial that the lists of this week belong to: `calls-2026-Q4`."""
    return f"calls-{week_on.year}-Q{(week_on.month + 2) // 3}"


def is_held_out_of_campaign(
    database_id: str, campaign_id: int, customer_id: int, rate: float
) -> bool:
    """Each campaign is a trial of its own: who is held out of one may well be in the next."""
    return is_held_out(f"{database_id}:campaign-{campaign_id}", customer_id, rate)


def is_held_out_of_calls(database_id: str, week_on: date, customer_id: int) -> bool:
    return is_held_out(f"{database_id}:{call_experiment(week_on)}", customer_id)
