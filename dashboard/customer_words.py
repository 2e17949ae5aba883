"""What the CRM database stores about customers, said in the person's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.texts import N_, _
from dashboard.vocabulary import FIELD_NAMES, WORDS

TYPES = WORDS["customers.customer_type"]
CONSENTS = WORDS["customers.consent"]
CONSENT_COLOURS = {"granted": "green", "refused": "red", "unknown": "gray"}
PURPOSES = WORDS["consents.purpose"]
INDUSTRIES = WORDS["customers.industry"]
SOURCES = WORDS["customers.source"]
POSITIONS = WORDS["contacts.position"]
INTERACTIONS = WORDS["interactions.kind"]
MESSAGES = WORDS["messages.kind"]
EVENTS: dict[str, tuple[str, str]] = {  # event → what it reads, the colour of its mark
    "order": (N_("Order"), "blue"),
    "payment": (N_("Paid"), "green"),
    "refund": (N_("Refunded"), "red"),
    "return": (N_("Return"), "red"),
    "complaint": (N_("Complaint"), "red"),
    "suggestion": (N_("Suggestion"), "violet"),
    "review": (N_("Review"), "violet"),
    **{kind: (name, "orange") for kind, name in INTERACTIONS.items()},
    **{kind: (name, "gray") for kind, name in MESSAGES.items()},
}
EVENT_KINDS: dict[str, str] = {
    "all": N_("All kinds"),
    "order": N_("Orders"),
    "payment": N_("Payments"),
    "return": N_("Returns"),
    "feedback": N_("Feedback"),
    "interaction": N_("Conversations"),
    "message": N_("E-mails"),
}
_FIELDS = (
    "name", "name_zh", "customer_type", "industry", "grade", "source", "owner_id", "region_id",
    "phone", "email", "address", "city", "country", "born_on", "position", "is_primary", "kind",
    "subject", "note", "happened_at",
)  # fmt: skip
FIELDS = {name: FIELD_NAMES.get(f"contacts.{name}") or FIELD_NAMES[name] for name in _FIELDS}
WORDS_OF: dict[str, Mapping[str, str]] = {
    "customer_type": TYPES,
    "industry": INDUSTRIES,
    "source": SOURCES,
    "consent": CONSENTS,
    "position": POSITIONS,
    "segment": WORDS["customer_scores.segment"],
    "kind": INTERACTIONS,
}


def said(words: Mapping[str, str], value: Any) -> str:
    """The stored value as people read it; nothing for no value, and what is not known as it is."""
    if value is None or value != value:
        return ""
    return _(words[value]) if value in words else str(value)
