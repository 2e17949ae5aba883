"""What the CRM database stores about customers, said in the person's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.texts import N_, _

TYPES: dict[str, str] = {"company": N_("Company"), "person": N_("Person")}
CONSENTS: dict[str, str] = {
    "granted": N_("Granted"),
    "refused": N_("Refused"),
    "unknown": N_("Not asked"),
}
CONSENT_COLOURS = {"granted": "green", "refused": "red", "unknown": "gray"}
PURPOSES: dict[str, str] = {
    "Order updates": N_("Order updates"),
    "Order updates and offers": N_("Order updates and offers"),
}
INDUSTRIES: dict[str, str] = {
    "Education": N_("Education"),
    "Finance": N_("Finance"),
    "Healthcare": N_("Healthcare"),
    "Hotel and catering": N_("Hotel and catering"),
    "Logistics": N_("Logistics"),
    "Manufacturing": N_("Manufacturing"),
    "Media": N_("Media"),
    "Property": N_("Property"),
    "Retail": N_("Retail"),
    "Technology": N_("Technology"),
}
SOURCES: dict[str, str] = {
    "Cold call": N_("Cold call"),
    "Exhibition": N_("Exhibition"),
    "Marketplace": N_("Marketplace"),
    "Referral": N_("Referral"),
    "Search": N_("Search engine"),
    "Social media": N_("Social media"),
    "Walk-in": N_("Walk-in"),
}
POSITIONS: dict[str, str] = {
    "Administrator": N_("Office administrator"),
    "Buyer": N_("Buyer"),
    "Director": N_("Director"),
    "Office Manager": N_("Office manager"),
    "Owner": N_("Business owner"),
    "Purchasing Manager": N_("Purchasing manager"),
}
SEGMENTS: dict[str, str] = {
    "champions": N_("Champions"),
    "loyal": N_("Loyal"),
    "potential_loyalist": N_("Potential loyalists"),
    "new": N_("New customers"),
    "promising": N_("Promising"),
    "need_attention": N_("Need attention"),
    "at_risk": N_("At risk"),
    "cannot_lose": N_("Cannot lose them"),
    "hibernating": N_("Hibernating"),
    "lost": N_("Lost"),
}
INTERACTIONS: dict[str, str] = {
    "call": N_("Call"),
    "enquiry": N_("Enquiry"),
    "visit": N_("Visit"),
    "message": N_("Message"),
}
EVENTS: dict[str, tuple[str, str]] = {  # event → what it reads, the colour of its mark
    "order": (N_("Order"), "blue"),
    "payment": (N_("Paid"), "green"),
    "refund": (N_("Refunded"), "red"),
    "return": (N_("Return"), "red"),
    "complaint": (N_("Complaint"), "red"),
    "suggestion": (N_("Suggestion"), "violet"),
    "review": (N_("Review"), "violet"),
    **{kind: (name, "orange") for kind, name in INTERACTIONS.items()},
}
EVENT_KINDS: dict[str, str] = {
    "all": N_("Everything"),
    "order": N_("Orders"),
    "payment": N_("Payments"),
    "return": N_("Returns"),
    "feedback": N_("Feedback"),
    "interaction": N_("Conversations"),
}
FIELDS: dict[str, str] = {
    "name": N_("Name"),
    "name_zh": N_("Name in Chinese"),
    "customer_type": N_("Kind of customer"),
    "industry": N_("Industry"),
    "grade": N_("Grade"),
    "source": N_("Won through"),
    "owner_id": N_("Sales rep"),
    "region_id": N_("Region"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "address": N_("Address"),
    "city": N_("City"),
    "country": N_("Country"),
    "born_on": N_("Born on"),
    "position": N_("Job title"),
    "is_primary": N_("First to contact"),
    "kind": N_("Kind"),
    "subject": N_("Subject"),
    "note": N_("Note"),
    "happened_at": N_("When"),
}
WORDS_OF: dict[str, Mapping[str, str]] = {
    "customer_type": TYPES,
    "industry": INDUSTRIES,
    "source": SOURCES,
    "consent": CONSENTS,
    "position": POSITIONS,
    "segment": SEGMENTS,
    "kind": INTERACTIONS,
}


def said(words: Mapping[str, str], value: Any) -> str:
    """The stored value as people read it; nothing for no value, and what is not known as it is."""
    if value is None or value != value:
        return ""
    return _(words[value]) if value in words else str(value)
