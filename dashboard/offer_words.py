"""Why a product is offered, or is not, in words that are true of the counts and of the score."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.texts import N_, _, _n, plain

METHODS: dict[str, str] = {
    "blend": N_("Blend of all methods"),
    "personal": N_("Own frequency and popularity"),
    "cosine": N_("Item to item (cosine)"),
    "ease": N_("Item to item (EASE)"),
    "content": N_("Like what they bought"),
}
KIND_NAMES: dict[str, str] = {"again": N_("Buy again"), "new": N_("New for them")}
LEFT_OUT: dict[str, str] = {
    "not_available": N_("nothing of it is in stock"),
    "refused": N_("they do not want it"),
    "returned_often": N_("they return it often"),
    "low_margin": N_("its gross margin is too low"),
}
_HOW: dict[str, str] = {
    "blend": N_(
        "What was learnt of all methods together: how often and how lately they bought it, what"
        " goes with what they bought, how like it is, and how popular it is. The reason is what"
        " added most to the score."
    ),
    "personal": N_(
        "How often they bought it, each purchase worth 5% less with every later order of theirs;"
        " and, with the weight that was learnt, how popular it is. Of what is new for them, the"
        " most popular."
    ),
    "cosine": N_(
        "How many customers bought both it and what they bought, measured by the number of buyers"
        " of each (cosine); what they bought long ago counts for less. The reason is the product"
        " that adds most."
    ),
    "ease": N_(
        "What everybody's purchases together foretell (EASE: a linear model of what goes with"
        " what). The reason is the product that adds most."
    ),
    "content": N_(
        "How like it is to what they bought: category, supplier, price range and words of the"
        " name. The reason is the product that adds most."
    ),
}
Reason = Mapping[Any, Any]


def how_it_is_ranked(method: str) -> str:
    return _(_HOW[method])


def in_short(offer: Reason) -> str:
    """For the cell of a table; no Markdown."""
    match offer["reason"]:
        case "bought":
            return _bought_in_short(offer)
        case "together":
            return _together_in_short(offer)
        case "similar":
            return _("like {source}: {n} of {of} features", source=_source(offer),
                     n=formats.number(offer["own_count"]),
                     of=formats.number(offer["own_base"]))  # fmt: skip
    return _popular(offer, short=True)


def in_full(offer: Reason) -> str:
    """A sentence with the counts that it rests on. Markdown."""
    match offer["reason"]:
        case "bought":
            return _n(
                "Bought in {count} of their {n} order, {when}.",
                "Bought in {count} of their {n} orders, {when}.",
                int(offer["own_base"]), count=formats.number(offer["own_count"]), when=_when(offer),
            )  # fmt: skip
        case "together":
            source = f"**{plain(_source(offer))}**"
            if not _is_counted(offer):
                share = _share(offer)
                if share:
                    return _("About {share} of all customers who bought {source} also bought this.",
                             source=source, share=share)  # fmt: skip
                return _("They bought {source}, and so did customers who bought this; how many is"
                         " not told, since they are fewer than five.", source=source)  # fmt: skip
            return _("{n} of {of} customers who bought {source} also bought this.", source=source,
                     n=formats.number(offer["shared_count"]),
                     of=formats.number(offer["shared_base"]))  # fmt: skip
        case "similar":
            return _("Like {source}, which they bought: of category, supplier, price range and a"
                     " word of the name, {n} of {of} are the same.",
                     source=f"**{plain(_source(offer))}**", n=formats.number(offer["own_count"]),
                     of=formats.number(offer["own_base"]))  # fmt: skip
    return _popular(offer, short=False)


def add_words(offers: pd.DataFrame) -> pd.DataFrame:
    """With why (no Markdown), price (in its own currency) and kind_told."""
    rows = offers.to_dict("records")
    return offers.assign(
        why=[in_short(row) for row in rows],
        price=[formats.money(row["list_price"], row["currency"]) for row in rows],
        kind_told=[_(KIND_NAMES[row["kind"]]) for row in rows],
    )


def cold_note(reason: str) -> str:
    """Whose popular products a customer without orders is offered."""
    whose = {
        "popular_region_type": _("customers of their kind in their region"),
        "popular_region": _("customers of their region"),
    }.get(reason) or _("all customers")
    return _("They have not ordered yet, so nothing is known of what they like: these are the"
             " products that {whose} order most, whatever the method.", whose=whose)  # fmt: skip


def _when(offer: Reason) -> str:
    since = int(offer["orders_since"])
    if since == 0:
        return _("the last time in their last order")
    return _n("the last time {n} order ago", "the last time {n} orders ago", since)


def _bought_in_short(offer: Reason) -> str:
    told = {"n": formats.number(offer["own_count"]), "of": formats.number(offer["own_base"])}
    since = int(offer["orders_since"])
    if since == 0:
        return _("in {n} of their {of} orders, also the last", **told)
    return _n("in {count} of their {of} orders, last {n} order ago",
              "in {count} of their {of} orders, last {n} orders ago",
              since, count=told["n"], of=told["of"])  # fmt: skip


def _together_in_short(offer: Reason) -> str:
    if not _is_counted(offer):
        share = _share(offer)
        if share:
            return _("about {share} of all buyers of {source}", share=share, source=_source(offer))
        return _("goes with {source} (by fewer than 5)", source=_source(offer))
    return _("{n} of {of} buyers of {source}", source=_source(offer),
             n=formats.number(offer["shared_count"]),
             of=formats.number(offer["shared_base"]))  # fmt: skip


def _popular(offer: Reason, *, short: bool) -> str:
    if not _is_counted(offer):
        return _popular_about(offer, short=short)
    told = {"n": formats.number(offer["shared_count"]), "of": formats.number(offer["shared_base"])}
    match offer["reason"], short:
        case "popular_region_type", True:
            return _("popular: in {n} of {of} orders of their kind and region", **told)
        case "popular_region", True:
            return _("popular: in {n} of {of} orders of the region", **told)
        case _kind, True:
            return _("popular: in {n} of {of} latest orders", **told)
        case "popular_region_type", _:
            return _("Popular: in {n} of the {of} latest orders of customers of their kind in their"
                     " region.", **told)  # fmt: skip
        case "popular_region", _:
            return _("Popular: in {n} of the {of} latest orders of their region.", **told)
    return _("Popular: in {n} of the {of} latest orders of all customers.", **told)


def _popular_about(offer: Reason, *, short: bool) -> str:
    """For who is told no count of everybody's orders."""
    share = _share(offer)
    if not share:
        return _("popular (in fewer than 5 orders)") if short else _(
            "Popular: in fewer than five of the latest orders.")  # fmt: skip
    match offer["reason"], short:
        case "popular_region_type", True:
            return _("popular: about {share} of orders of their kind and region", share=share)
        case "popular_region", True:
            return _("popular: about {share} of orders of the region", share=share)
        case _kind, True:
            return _("popular: about {share} of the latest orders", share=share)
        case "popular_region_type", _:
            return _("Popular: in about {share} of the latest orders of customers of their kind in"
                     " their region.", share=share)  # fmt: skip
        case "popular_region", _:
            return _("Popular: in about {share} of the latest orders of their region.", share=share)
    return _("Popular: in about {share} of the latest orders of all customers.", share=share)


def _is_counted(offer: Reason) -> bool:
    return not (pd.isna(offer["shared_count"]) or pd.isna(offer["shared_base"]))


def _share(offer: Reason) -> str:
    """20%, 3%, 0.4%; nothing where it is not told."""
    return "" if pd.isna(offer["shared_rate"]) else about_rate(float(offer["shared_rate"]))


def about_rate(share: float) -> str:
    """Of a share in round numbers: as many places as say something."""
    if not share > 0:
        return formats.rate(share, 0)
    return formats.rate(share, min(max(-math.floor(math.log10(100 * share) + 1e-9), 0), 4))


def _source(offer: Reason) -> str:
    source = offer["source_product"]
    return formats.MISSING if source is None or pd.isna(source) else str(source)
