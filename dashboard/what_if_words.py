"""The words of the what-if page: levers, the origin of a parameter, what speaks against it."""

from __future__ import annotations

from math import exp

from dashboard import formats
from dashboard.analytics.what_if.baseline import Spend
from dashboard.analytics.what_if.elasticity import FEWEST_MOVES
from dashboard.analytics.what_if.levers import Levers, Promotion
from dashboard.analytics.what_if.parameters import Elasticity, PromotionEffect
from dashboard.texts import N_, _, _n

LEVER_NAMES: dict[str, str] = {
    "price": N_("Price"),
    "promotions": N_("Promotions"),
    "spend": N_("Marketing spend"),
    "growth": N_("Trend growth"),
    "delisting": N_("Delisting"),
    "lost_customers": N_("Lost customers"),
    "new_customers": N_("New customers"),
    "outage": N_("Outage"),
    "capacity": N_("Capacity"),
}
MEASURE_NAMES: dict[str, str] = {
    "revenue": N_("Net sales"),
    "margin": N_("Gross profit"),
    "units": N_("Units"),
}
_ORIGINS: dict[str, str] = {
    "estimated": N_("estimated"),
    "shrunk": N_("shrunk"),
    "assumed": N_("assumed"),
}
_COLOURS = {"estimated": "green", "shrunk": "blue", "assumed": "orange"}
ORIGINS_HELP = N_(
    "Estimated: from what is chosen itself. Shrunk: drawn towards the mean of its category, as far "
    "as its own past does not tell. Assumed: nothing to learn from; a usual value, or what you "
    "type."
)


def badge(origin: str) -> str:
    """The origin of a parameter as a badge."""
    return f":{_COLOURS[origin]}-badge[{_(_ORIGINS[origin])}]"


def elasticity_line(found: Elasticity) -> str:
    """Elasticity −1.62 ± 0.21 [shrunk], from how much."""
    told = _("Elasticity {value} (standard error {error})",
             value=signed(found.value), error=formats.number(found.error, 2))  # fmt: skip
    if found.origin == "assumed":
        return f"{badge(found.origin)} {told} · {_('the usual range of published studies')}"
    counts = (
        _n("{n} price move", "{n} price moves", found.moves),
        _n("{n} product", "{n} products", found.products),
        _n("{n} week", "{n} weeks", found.weeks),
    )
    seen = _("n: {counts}", counts=", ".join(counts))
    return f"{badge(found.origin)} {told} · {seen}"


def seen_prices_line(found: Elasticity) -> str:
    low, high = formats.change(found.lowest - 1), formats.change(found.highest - 1)
    return _("Prices seen: {low} to {high} of today's", low=low, high=high)


def price_flags(found: Elasticity, price_change: float) -> list[str]:
    """What speaks against the answer to a price change."""
    told = []
    if found.origin != "assumed" and found.has_few_moves:
        told.append(_("Few price moves: fewer than {most}, so the category speaks for them.",
                      most=FEWEST_MOVES))  # fmt: skip
    reach = found.reach(price_change)
    if reach == "outside":
        told.append(_("Outside the prices seen: this goes on beyond what happened."))
    if reach == "far":
        told.append(_("Far outside the prices seen: only a range is told."))
    if found.value >= 0 and found.origin != "assumed":
        told.append(
            _("Dearer sold no less in this data: other things moved with the price, and a price "
              "that is changed alone will hardly do the same.")
        )  # fmt: skip
    if found.is_placebo and found.origin != "assumed":
        told.append(
            _("Prices seem to follow demand (this week's demand goes with next week's price): the "
              "true answer to a price is probably stronger.")
        )  # fmt: skip
    return told


def promotion_line(found: PromotionEffect, discount_rate: float) -> str:
    """× 1.6 at 12 % off (1.4–1.8) [estimated], from how many promotions."""
    low, high = (exp(found.value + side * 1.2816 * found.error) for side in (-1, 1))
    told = _("Sells × {factor} at {share} off ({low}–{high})",
             factor=formats.number(exp(found.value), 2), share=formats.rate(discount_rate, 0),
             low=formats.number(low, 2), high=formats.number(high, 2))  # fmt: skip
    after = _("{change} in the week after", change=formats.change(exp(found.after) - 1))
    count = _n("n: {n} promotion", "n: {n} promotions", found.count)
    own = _("{n} of the category", n=formats.number(found.own))
    return f"{badge(found.origin)} {told}, {after} · {count}, {own}"


def spend_line(spend: Spend, currency: str | None) -> str:
    now = _("Now {amount} a week", amount=formats.compact_money(spend.weekly, currency))
    if spend.origin == "assumed":
        return f"{badge('assumed')} {now} · {_('too little past spend to learn from')}"
    told = _("Response {value} (standard error {error}), {share} works on in the next week",
             value=formats.number(spend.response, 2), error=formats.number(spend.error, 2),
             share=formats.rate(spend.carried, 0))  # fmt: skip
    weeks = _n("n: {n} week with spend", "n: {n} weeks with spend", spend.weeks)
    return f"{badge(spend.origin)} {now} · {told} · {weeks}"


def signed(value: float) -> str:
    return formats.number(value, 2).replace("-", "−")


def levers_in_words(levers: Levers, currency: str | None, categories: dict[int, str]) -> str:
    """Price +5.0% · Promotions: 2 · …"""
    told = [
        f"{_(LEVER_NAMES[name])} {_amount(levers, name, categories)}".strip()
        for name in levers.moved
    ]
    if levers.lead_time_days:
        told.append(_("Lead time {days} d", days=f"{levers.lead_time_days:+d}"))
    return " · ".join(told) or _("Nothing is changed")


def _amount(levers: Levers, name: str, categories: dict[int, str]) -> str:
    match name:
        case "price":
            return formats.change(levers.price_change)
        case "promotions":
            return ", ".join(_one_promotion(one, categories) for one in levers.promotions)
        case "spend":
            return formats.change(levers.spend_change)
        case "growth":
            return formats.points(levers.growth_points)
        case "delisting":
            return _n("{n} product", "{n} products", len(levers.delisted))
        case "lost_customers":
            whose = _("the best") if levers.lost_who == "best" else _("any")
            return f"{formats.rate(levers.lost_share, 1)} ({whose})"
        case "new_customers":
            return _("+{n} a week", n=formats.number(levers.new_customers))
        case "outage":
            return _n("{n} day", "{n} days", levers.outage_days)
        case _:
            return formats.rate(levers.capacity_share, 0)


def _one_promotion(one: Promotion, categories: dict[int, str]) -> str:
    where = _("everything") if one.category_id is None else categories.get(one.category_id, "")
    return f"−{formats.rate(one.discount_rate, 0)} {where}".strip()
