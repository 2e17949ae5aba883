"""How requests to replenish read: their states, their causes, and what the log says of them."""

from __future__ import annotations

import re

from dashboard.texts import N_, _
from data_access.replenishments import OF_AN_ORDER

STATES: dict[str, str] = {
    "proposed": N_("Proposed"),
    "approved": N_("Approved"),
    "ordered": N_("With the supplier"),
    "received": N_("Arrived"),
    "closed": N_("Closed"),
    "rejected": N_("Rejected"),
}
STATE_COLOURS: dict[str, str] = {
    "proposed": "orange",
    "approved": "blue",
    "ordered": "violet",
    "received": "green",
    "closed": "gray",
    "rejected": "red",
}
_CAUSES: dict[str, str] = {
    "Below the reorder point": N_("At or below its reorder point"),
    "By hand": N_("Asked for by hand"),
    OF_AN_ORDER: N_("An order lacks it"),
    "Large customer order": N_("Large customer order"),
    "Supplier delayed": N_("Supplier delayed"),
    "Enough in stock": N_("Enough in stock"),
}
REASONS: tuple[str, ...] = (
    N_("Enough in stock"), N_("Too expensive"), N_("Will be discontinued"), N_("Asked for twice"),
)  # fmt: skip
CLOSING_REASONS: tuple[str, ...] = (
    N_("The supplier cannot deliver"), N_("Not needed any more"), N_("Damaged and not replaced"),
)  # fmt: skip
_ALTHOUGH = re.compile(r"Below the reorder point · (\d+) on order")

# for the log
ACTIONS: dict[str, str] = {
    "request_replenishment": N_("requested a replenishment"),
    "approve_replenishment": N_("approved a replenishment"),
    "reject_replenishment": N_("rejected a replenishment"),
    "order_replenishment": N_("ordered a replenishment"),
    "receive_replenishment": N_("booked a receipt of goods"),
    "close_replenishment": N_("closed a replenishment"),
    "free_order": N_("received the goods that the order waited for"),
}
TABLES: dict[str, str] = {"freed_orders": N_("Order that waited for goods")}
FIELDS: dict[str, str] = {
    "requested_quantity": N_("First asked for"),
    "needed_by": N_("Needed by"),
    "requested_by": N_("Requested by"),
    "decided_by": N_("Decided by"),
    "decided_at": N_("Decided at"),
    "ordered_by": N_("Ordered by"),
    "received_by": N_("Received by"),
    "closed_by": N_("Closed by"),
    "closed_at": N_("Closed at"),
}
LISTS: dict[str, str] = {"replenishments": N_("Replenishment")}


def cause_in_words(cause: str | None, order_number: str | None = None) -> str:
    """Why it was asked for, as text; `order_number` where the person sees the order it is for."""
    if not cause:
        return _("Not known")
    if order_number:
        return _("Order {number} lacks it", number=order_number)
    although = _ALTHOUGH.fullmatch(cause)
    if although:
        return _("At or below its reorder point, with {n} on order", n=f"{int(although[1]):,}")
    if cause in _CAUSES:
        return _(_CAUSES[cause])
    number, between, _sku = cause.rpartition(" · ")
    return _("Order {number} lacks it", number=number) if between else cause


def reason_in_words(reason: str | None) -> str:
    """A reason that was chosen in the person's language, another one as it was written."""
    known = (*REASONS, *CLOSING_REASONS)
    return _(reason) if reason in known else reason or ""
