"""The one place where a segment gets its name, what it means, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.texts import N_, _, in_a_row

SEGMENT_NAMES: dict[str, str] = {
    "champions": N_("Champions"),
    "loyal": N_("Loyal"),
    "potential_loyalist": N_("Potential loyalists"),
    "new": N_("New customers"),
    "promising": N_("Promising"),
    "need_attention": N_("Need attention"),
    "at_risk": N_("At-risk customers"),
    "cannot_lose": N_("Cannot lose them"),
    "hibernating": N_("Hibernating"),
    "lost": N_("Lost customers"),
    "frequent_loyal": N_("Frequent and loyal"),
    "steady": N_("Steady"),
    "curious": N_("Curious"),
    "others": N_("Others"),
}
SEGMENT_MEANINGS: dict[str, str] = {
    "champions": N_("Bought lately, often, and for the most money."),
    "loyal": N_("Buy often and well, and were here lately."),
    "potential_loyalist": N_("Were here lately and have begun to come back."),
    "new": N_("Their first orders are of the last days."),
    "promising": N_("Ordered not long ago, once or twice."),
    "need_attention": N_("In the middle, and slowing down."),
    "at_risk": N_("Used to buy often and well, and have not for long."),
    "cannot_lose": N_("Among the best once, and silent for the longest time."),
    "hibernating": N_("Ordered little, long ago."),
    "lost": N_("Ordered little, and longest ago."),
    "frequent_loyal": N_("Order at least as often as the rule says for loyal customers."),
    "steady": N_("Order more often than curious customers, less often than loyal ones."),
    "curious": N_("Try things out: an order now and then."),
    "others": N_("Order less often than curious customers."),
}
SEGMENT_ACTIONS: dict[str, str] = {
    "champions": N_("Thank them, show new products first"),
    "loyal": N_("Offer a larger pack or a contract"),
    "potential_loyalist": N_("Recommend a second category"),
    "new": N_("Welcome them, ask how it went"),
    "promising": N_("Give a reason for the next order"),
    "need_attention": N_("Send an offer that ends soon"),
    "at_risk": N_("Call, ask what changed"),
    "cannot_lose": N_("Visit, win them back in person"),
    "hibernating": N_("Send news of what they bought"),
    "lost": N_("Ask once, then spend nothing more"),
    "frequent_loyal": N_("Reward loyalty, agree on deliveries"),
    "steady": N_("Offer regular delivery"),
    "curious": N_("Invite to try something new"),
    "others": N_("Watch for the next order"),
}
MEASURES: dict[str, str] = {
    "net_sales_12m": N_("Current: last 12 months"),
    "net_sales": N_("Historical: ever"),
    "predicted_value_12m": N_("Potential: next 12 months"),
}
WAY_NAMES: dict[str, str] = {
    "rfm": N_("RFM"),
    "rule": N_("By rule"),
    "cluster": N_("Clusters"),
}
_FEATURES: dict[str, tuple[str, str]] = {  # what a cluster has that others have not: high, low
    "recency_days": (N_("last order long ago"), N_("ordered lately")),
    "orders": (N_("many orders"), N_("few orders")),
    "net_sales": (N_("high net sales"), N_("low net sales")),
    "orders_12m": (N_("many orders this year"), N_("few orders this year")),
    "usual_gap_days": (N_("long between orders"), N_("short between orders")),
    "categories": (N_("many categories"), N_("few categories")),
    "discount_share": (N_("buys at a discount"), N_("buys at full price")),
}


def segment_name(segment: str) -> str:
    """As the person reads it; of a cluster its number, of a later version's segment its code."""
    if segment.isdigit():
        return _("Cluster {n}", n=segment) if segment != "0" else _("Without cluster")
    return _(SEGMENT_NAMES[segment]) if segment in SEGMENT_NAMES else segment


def segment_action(segment: str) -> str:
    return _(SEGMENT_ACTIONS[segment]) if segment in SEGMENT_ACTIONS else ""


def segment_meaning(segment: str) -> str:
    return _(SEGMENT_MEANINGS[segment]) if segment in SEGMENT_MEANINGS else ""


def features_in_words(features: Sequence[Mapping[str, Any]]) -> str:
    """Ordered lately (much), many orders"""
    told = []
    for each in features:
        words = _FEATURES.get(str(each.get("feature")))
        if words is None:
            continue
        word = _(words[0] if each.get("direction") == "high" else words[1])
        told.append(_("very: {feature}", feature=word) if each.get("size") == "much" else word)
    return _(", ").join(told) if told else _("near the average in everything")


def stability_in_words(profiles: Mapping[str, Any]) -> str:
    """How far the clusters can be trusted; honest where they cannot."""
    stability, silhouette = profiles.get("stability"), profiles.get("silhouette")
    if not isinstance(stability, int | float):
        return _("Too few different customers to find clusters.")
    words = [
        _(
            "{k} clusters: in 20 samples drawn anew they were found again with an agreement of "
            "{stability} (adjusted Rand index, 1 is perfect).",
            k=profiles.get("k"),
            stability=f"{stability:.2f}",
        )
    ]
    if not profiles.get("is_stable"):
        words.append(
            _(
                "No number of clusters from 3 to 8 passed every test (agreement of 0.85, each with "
                "3% of the customers, neighbours that differ): take them as a hint."
            )
        )
    if isinstance(silhouette, int | float):
        words.append(_("Silhouette, as a side note: {n}.", n=f"{silhouette:.2f}"))
    return in_a_row(words)
