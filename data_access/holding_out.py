"""Who is held out: customers whom no list names for a reminder, so that its effect shows.

Chosen by a hash of the customer and the database, so that everybody meets the same choice at any
time, and nobody makes it.
"""

from __future__ import annotations

import hashlib

HELD_OUT_RATE = 0.1
_PARTS = 1_000_000


def is_held_out(database_id: str, customer_id: int) -> bool:
    digest = hashlib.sha256(f"{database_id}:{customer_id}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % _PARTS < HELD_OUT_RATE * _PARTS
