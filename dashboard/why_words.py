"""A change in words: what each step of it is called, what it means, and the answer on top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from dashboard import formats
from dashboard.analytics.bridge import Measure, leading
from dashboard.texts import N_, _, language, plain
from dashboard.why_choice import MEASURES

Effects = Mapping[str, Decimal]

EFFECT_NAMES: dict[str, str] = {
    "price": N_("List prices"),
    "discount": N_("Discounts"),
    "unit_cost": N_("Unit costs"),
    "volume": N_("Units sold"),
    "mix": N_("Mix of products"),
    "new": N_("Products not sold before"),
    "gone": N_("Products no longer sold"),
    "corrections": N_("Corrections"),
    "returns": N_("Returned goods"),
    "charges": N_("Charges"),
}
EFFECT_HELP: dict[str, str] = {
    "price": N_(
        "Price: the change of a product's mean list price × its units now, over the products sold "
        "in both periods."
    ),
    "discount": N_(
        "The change of the mean discount on a unit × its units now, over the products sold in both "
        "periods."
    ),
    "unit_cost": N_(
        "The change of what a unit cost on the day of the order × its units now, over the products "
        "sold in both periods. Where no cost is recorded it counts as 0."
    ),
    "volume": N_(
        "Volume: the change in units × the mean price of a unit before, over the products sold in "
        "both periods. Prices after discount, of the margin less the cost."
    ),
    "mix": N_(
        "Mix: what it brought that dearer or cheaper products had another share of the units. The "
        "change in a product's units × (its price before − the mean price before)."
    ),
    "new": N_("Sold in this period and not in the one before: all they brought."),
    "gone": N_("Sold in the period before and not in this one: all they had brought."),
    "corrections": N_(
        "Products of which no more units were sold than taken back, in both periods."
    ),
    "returns": N_(
        "Units that came back, by the date of their order. The newest orders can still come back."
    ),
    "charges": N_("Postage, fees and corrections of amounts: lines that are no goods."),
}
CUSTOMER_NAMES: dict[str, str] = {
    "new": N_("New customers"),
    "won_back": N_("Won back"),
    "kept_grown": N_("Kept, buying more"),
    "kept_shrunk": N_("Kept, buying less"),
    "lost": N_("Lost"),
    "nobody": N_("Orders without a customer"),
}
CUSTOMER_HELP: dict[str, str] = {
    "new": N_("Ordered in this period for the first time."),
    "won_back": N_("Ordered in this period and earlier, but not in the one compared with."),
    "kept_grown": N_("Ordered in both periods, and at least as much now."),
    "kept_shrunk": N_("Ordered in both periods, and less now."),
    "lost": N_("Ordered in the period compared with, and not in this one."),
    "nobody": N_("Orders that name no customer."),
}
# effect → what it is called where it added, and where it took away
_REASONS: dict[str, tuple[str, str]] = {
    "price": (N_("higher list prices"), N_("lower list prices")),
    "discount": (N_("smaller discounts"), N_("larger discounts")),
    "unit_cost": (N_("lower unit costs"), N_("higher unit costs")),
    "volume": (N_("more units"), N_("fewer units")),
    "mix": (N_("a larger share of dearer products"), N_("a larger share of cheaper products")),
    "new": (N_("products not sold before"), N_("products not sold before")),
    "gone": (N_("products no longer sold"), N_("products no longer sold")),
    "corrections": (N_("corrections"), N_("corrections")),
    "returns": (N_("fewer returns"), N_("more returns")),
    "charges": (N_("more charges"), N_("fewer charges")),
}
_MIX_OF_MARGIN = (
    N_("a larger share of products with more margin"),
    N_("a larger share of products with less margin"),
)
_WHO: dict[str, str] = {
    "new": N_("new customers"),
    "won_back": N_("customers won back"),
    "kept_grown": N_("kept customers who bought more"),
    "kept_shrunk": N_("kept customers who bought less"),
    "lost": N_("lost customers"),
    "nobody": N_("orders without a customer"),
}


def headline(
    measure: Measure, before: Decimal, now: Decimal, against: str, currency: str | None
) -> str:
    """Net sales fell by ¥123K (-12.0%) against the previous period."""
    changed = now - before
    period = _("the same period last year") if against == "last_year" else _("the previous period")
    told = {
        "amount": formats.compact_money(float(abs(changed) if before else now), currency),
        "change": formats.change(float(changed / before) if before > 0 else None),
        "period": period,
    }
    if not changed:
        same = {
            "net_sales": N_("Net sales are the same as in {period}."),
            "margin": N_("Gross profit is the same as in {period}."),
        }
        return _(same[measure], period=period)
    if not before:
        told["label"] = _(MEASURES[measure])
        return _("{label}: {amount}. There was nothing in {period}.", **told)
    if measure == "margin":
        if changed > 0:
            return _("Gross profit rose by {amount} ({change}) against {period}.", **told)
        return _("Gross profit fell by {amount} ({change}) against {period}.", **told)
    if changed > 0:
        return _("Net sales rose by {amount} ({change}) against {period}.", **told)
    return _("Net sales fell by {amount} ({change}) against {period}.", **told)


def told_products(effects: Effects, change: Decimal, measure: Measure, currency: str | None) -> str:
    """more units (+¥160K), against larger discounts (-¥25K)"""
    words = {
        name: _((_MIX_OF_MARGIN if name == "mix" and measure == "margin" else _REASONS[name])
                [effect < 0])
        for name, effect in effects.items()
    }  # fmt: skip
    return _told(effects, change, words, currency)


def told_customers(effects: Effects, change: Decimal, currency: str | None) -> str:
    return _told(effects, change, {name: _(_WHO[name]) for name in effects}, currency)


def told_places(places: Sequence[Effects], change: Decimal, currency: str | None) -> str:
    """Of each way to divide sales, told by the change of each part, the one that moved most with
    the change: Web shop (+¥120K) · East China (+¥90K)."""
    rising = change >= 0
    told = []
    for parts in places:
        if len(parts) < 2:  # what is all of it tells nothing
            continue
        moved = {name: amount if rising else -amount for name, amount in parts.items()}
        name = max(moved, key=lambda part: moved[part], default="")
        if name and moved[name] > 0:
            amount = _money(parts[name], currency)
            told.append(_("{reason} ({amount})", reason=plain(name), amount=amount))
    return " · ".join(told)


def _told(effects: Effects, change: Decimal, words: Mapping[str, str], currency: str | None) -> str:
    along, against = leading(effects, change)
    told = {
        name: _("{reason} ({amount})", reason=words[name], amount=_money(effects[name], currency))
        for name in (*along, *against)
    }
    comma = "、" if language().startswith("zh") else _(" and ")
    reasons = comma.join(told[name] for name in along)
    if not reasons:
        return ""
    if against:
        return _("{reasons}, against {opposed}", reasons=reasons, opposed=told[against[0]])
    return reasons


def _money(amount: Decimal, currency: str | None) -> str:
    return formats.signed_money(float(amount), currency)
