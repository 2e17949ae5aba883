"""The stages of an order's life, in their order."""

from __future__ import annotations

STAGES = ("received", "confirmed", "processing", "shipped", "completed", "cancelled", "returned")
OPEN_STAGES = ("received", "confirmed", "processing", "shipped")
CLOSED_STAGES = ("completed", "cancelled", "returned")
TO_SHIP_STAGES = ("confirmed", "processing")
