"""What the CRM database knows at all: what it does not is not shown as nothing."""

from __future__ import annotations

from dashboard.reads import read
from data_access.options import find_what_is_recorded
from data_access.scope import Scope


def knows_payments(scope: Scope) -> bool:
    """Whether this person may be told what was paid and what is owed."""
    seen = scope.sees("payments", "amount")
    return seen and bool(read(find_what_is_recorded, scope, engine="record")["payments"])


def knows_costs(scope: Scope) -> bool:
    """Whether this person may be told a margin."""
    seen = scope.sees("orders", "cost")
    return seen and bool(read(find_what_is_recorded, scope, engine="record")["costs"])
