"""The levers of the what-if page: a slider each, with what its parameter was learnt from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.analytics.what_if.levers import MOST_PROMOTIONS, Levers, Promotion, WhoIsLost
from dashboard.analytics.what_if.parameters import (
    Elasticity,
    describe_elasticity,
    describe_promotion,
)
from dashboard.analytics.what_if.world import World
from dashboard.texts import N_, _, _n
from dashboard.what_if_words import (
    ORIGINS_HELP,
    badge,
    elasticity_line,
    price_flags,
    promotion_line,
    seen_prices_line,
    spend_line,
)

DRAFTS = ("A", "B", "C")
_STORE, _ACTIVE = "what_if_drafts", "what_if_draft"
_WHO: dict[WhoIsLost, str] = {"random": N_("Any customers"), "best": N_("The best customers")}
_MOST_DELISTED = 20


@dataclass(frozen=True)
class Names:
    """What products, categories and regions are called."""

    products: dict[int, str]
    categories: dict[int, str]
    regions: dict[int, str]


def drafts() -> dict[str, Levers]:
    """The scenarios that are being worked on in this session, by letter."""
    kept: dict[str, Levers] = st.session_state.setdefault(_STORE, {})
    return {letter: kept.get(letter, Levers()) for letter in DRAFTS}


def put_draft(levers: Levers) -> None:
    """Works on these levers from now on, in the place of a draft that changes nothing where there
    is one. Before the sliders are drawn."""
    kept = drafts()
    letters = sorted(DRAFTS, key=lambda each: each != active_draft())
    same = [each for each in letters if kept[each] == levers]
    letter = [*same, *(each for each in letters if kept[each].is_at_rest), *letters][0]
    st.session_state[_ACTIVE] = letter
    st.session_state[_STORE][letter] = levers
    for key in [key for key in st.session_state if str(key).startswith(f"lever_{letter}_")]:
        del st.session_state[key]


def active_draft() -> str:
    return str(st.session_state.get(_ACTIVE) or DRAFTS[0])


def choose_draft() -> str:
    """Draws which of the drafts is worked on."""
    st.session_state.setdefault(_ACTIVE, DRAFTS[0])
    letter = st.segmented_control(
        _("Scenario"), DRAFTS, required=True, key=_ACTIVE,
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    return str(letter or DRAFTS[0])


def draw_levers(world: World, letter: str, names: Names, currency: str | None) -> Levers:
    """All levers of a draft, as they stand now."""
    now = drafts()[letter]
    panel = _Panel(letter, now)
    elasticity = describe_elasticity(world)
    moved = _price(panel, now, elasticity)
    moved = _promotions(panel, moved, world, names)
    moved = _marketing(panel, moved, world, currency)
    moved = _customers(panel, moved, world, currency)
    moved = _course(panel, moved, world)
    moved = _range(panel, moved, world, names)
    if moved != now:
        st.session_state[_STORE][letter] = moved
    return moved


class _Panel:
    """Sliders in per cent and whole numbers, over levers in shares."""

    def __init__(self, letter: str, levers: Levers) -> None:
        self.letter, self._levers = letter, levers

    def key(self, name: str) -> str:
        return f"lever_{self.letter}_{name}"

    def percent(self, name: str, label: str, low: int, high: int, **more: Any) -> float:
        value = round(100 * getattr(self._levers, name))
        step = more.pop("step", 1)
        moved = st.slider(
            label, low, high, min(max(value, low), high), step, format=more.pop("format", "%+d%%"),
            key=self.key(name), **more,
        )  # fmt: skip
        return float(moved) / 100

    def whole(self, name: str, label: str, low: int, high: int, **more: Any) -> int:
        value = round(getattr(self._levers, name))
        return int(
            st.slider(label, low, high, min(max(value, low), high), key=self.key(name), **more)
        )


def _told(*lines: str) -> None:
    for line in lines:
        st.markdown(f":small[{line}]")


def _warned(lines: list[str]) -> None:
    for line in lines:
        st.markdown(f":small[:orange[:material/warning: {line}]]")


def _price(panel: _Panel, now: Levers, found: Elasticity) -> Levers:
    with st.expander(_("Price"), expanded=True, icon=":material/sell:"):
        change = panel.percent("price_change", _("Price change"), -40, 40)
        _told(seen_prices_line(found) if found.origin != "assumed" else "")
        own = st.toggle(
            _("Use the result of an experiment"), now.experiment_elasticity is not None,
            key=panel.key("experiment"),
            help=_("An A/B test tells what prices do; the past only what went together."),
        )  # fmt: skip
        if own:
            with st.container(horizontal=True, gap="small"):
                value = st.number_input(
                    _("Elasticity"), -6.0, 0.0, now.experiment_elasticity or -1.5, 0.1,
                    key=panel.key("experiment_elasticity"),
                )  # fmt: skip
                error = st.number_input(
                    _("Standard error"), 0.0, 3.0, now.experiment_error, 0.05,
                    key=panel.key("experiment_error"),
                )  # fmt: skip
            return replace(
                now, price_change=change, experiment_elasticity=float(value),
                experiment_error=float(error),
            )  # fmt: skip
        st.markdown(f":small[{elasticity_line(found)}]", help=_(ORIGINS_HELP))
        _warned(price_flags(found, change))
    return replace(now, price_change=change, experiment_elasticity=None)


def _promotions(panel: _Panel, now: Levers, world: World, names: Names) -> Levers:
    weeks = world.baseline.shape[2]
    known = {int(each) for each in world.baseline.category_ids}
    offered: list[int | None] = [None, *(each for each in names.categories if each in known)]
    found = []
    with st.expander(_("Promotions"), icon=":material/campaign:", expanded=bool(now.promotions)):
        for place, one in enumerate(now.promotions):
            row = f"promotion_{place}_{len(now.promotions)}"
            with st.container(border=True, gap="xsmall"):
                category = st.selectbox(
                    _("Category"), offered,
                    index=offered.index(one.category_id) if one.category_id in offered else 0,
                    format_func=lambda each: names.categories.get(each) or _("Everything"),
                    key=panel.key(f"{row}_category"),
                )  # fmt: skip
                discount = st.slider(
                    _("Discount"), 1, 50, round(100 * one.discount_rate), format="%d%%",
                    key=panel.key(f"{row}_discount"),
                )  # fmt: skip
                first, last = st.slider(
                    _("Weeks"), 1, weeks,
                    (min(one.week, weeks), min(one.week + one.weeks - 1, weeks)),
                    key=panel.key(f"{row}_weeks"),
                )  # fmt: skip
                kept = Promotion(first, last - first + 1, discount / 100, category)
                effect = describe_promotion(world, category, discount / 100)
                st.markdown(
                    f":small[{promotion_line(effect, discount / 100)}]", help=_(ORIGINS_HELP)
                )
                found.append(kept)
                st.button(
                    _("Remove"), key=panel.key(f"{row}_remove"), icon=":material/delete:",
                    type="tertiary", on_click=_remove_promotion, args=(panel.letter, place),
                )  # fmt: skip
        if len(now.promotions) < MOST_PROMOTIONS:
            st.button(
                _("Add a promotion"), key=panel.key("promotion_add"), icon=":material/add:",
                on_click=_add_promotion, args=(panel.letter, weeks),
            )  # fmt: skip
        _told(f":gray[{_('On top of those the forecast expects as usual.')}]")
    return replace(now, promotions=tuple(found))


def _add_promotion(letter: str, weeks: int) -> None:
    now = drafts()[letter]
    added = Promotion(min(2, weeks), min(2, weeks - 1) or 1, 0.1)
    st.session_state[_STORE][letter] = replace(now, promotions=(*now.promotions, added))


def _remove_promotion(letter: str, place: int) -> None:
    now = drafts()[letter]
    kept = now.promotions[:place] + now.promotions[place + 1 :]
    st.session_state[_STORE][letter] = replace(now, promotions=kept)


def _marketing(panel: _Panel, now: Levers, world: World, currency: str | None) -> Levers:
    spend = world.draws.spend
    with st.expander(_("Marketing"), icon=":material/ads_click:", expanded=now.spend_change != 0):
        change = panel.percent("spend_change", _("Spend"), -100, 200, step=5)
        response = now.spend_response
        if spend.origin == "assumed":
            response = st.slider(
                _("Assumed response"), 0.0, 0.5, now.spend_response, 0.01,
                key=panel.key("spend_response"),
                help=_("0.05: doubling what works now sells about 2% more."),
            )  # fmt: skip
        st.markdown(f":small[{spend_line(spend, currency)}]", help=_(ORIGINS_HELP))
    return replace(now, spend_change=change, spend_response=response)


def _customers(panel: _Panel, now: Levers, world: World, currency: str | None) -> Levers:
    lost, facts = world.draws.lost, world.facts
    is_open = now.lost_share > 0 or now.new_customers > 0
    with st.expander(_("Customers"), icon=":material/groups:", expanded=is_open):
        share, who = 0.0, now.lost_who
        if lost is None:
            _told(
                f":gray[{_('Losing customers can be asked after `python -m dashboard refresh`.')}]"
            )
        else:
            share = panel.percent("lost_share", _("Customers lost"), 0, 30, format="%d%%")
            who = st.segmented_control(
                _("Who is lost"), list(_WHO), default=now.lost_who, required=True,
                format_func=lambda each: _(_WHO[each]), key=panel.key("lost_who"),
                label_visibility="collapsed",
            ) or now.lost_who  # fmt: skip
            people = _n("n: {n} customer with an expected value",
                        "n: {n} customers with an expected value",
                        int(lost.customers.sum()))  # fmt: skip
            best = lost.value[:5].sum() / max(lost.value.sum(), 1e-9)
            told = _("the best 5% bring {share} of it", share=formats.rate(best, 0))
            _told(f"{badge('estimated')} {people}, {told}")
        usual = float(facts.get("new_customers_week", 0))
        most = max(10, round(2 * usual))
        new = panel.whole("new_customers", _("New customers more each week"), 0, most)
        if facts.get("new_customers"):
            age = float(world.draws.orders_by_age.mean(axis=0).sum())
            people = _(
                "now {n} a week; each orders {orders} times in these weeks, {value} an order",
                n=formats.number(usual, 1),
                orders=formats.number(age, 2),
                value=formats.compact_money(facts["first_order_value"], currency),
            )
            count = _n("n: {n} new customer", "n: {n} new customers", int(facts["new_customers"]))
            _told(f"{badge('estimated')} {people} · {count}")
    return replace(now, lost_share=share, lost_who=who, new_customers=float(new))


def _course(panel: _Panel, now: Levers, world: World) -> Levers:
    weeks = world.baseline.shape[2]
    is_open = bool(now.growth_points or now.outage_days or now.capacity_share)
    with st.expander(
        _("Growth, outage, capacity"), icon=":material/trending_up:", expanded=is_open
    ):
        growth = panel.percent(
            "growth_points",
            _("Yearly growth, more or less"),
            -30,
            30,
            format=_("{number} pp", number="%+d"),
        )
        seen = world.facts.get("growth")
        if seen:
            _told(_("Yearly growth seen: {low} to {high}", low=formats.change(seen[0]),
                    high=formats.change(seen[1])))  # fmt: skip
        days = panel.whole("outage_days", _("Days without sales"), 0, 28)
        week, back = now.outage_week, now.recovery_share
        if days:
            week = panel.whole("outage_week", _("From week"), 1, weeks)
            back = panel.percent("recovery_share", _("Bought later"), 0, 100, step=5, format="%d%%")
            _told(f"{badge('assumed')} {_('how much of it is bought a week later')}")
        capacity = panel.percent(
            "capacity_share", _("At most so much of a usual week (0: no limit)"), 0, 150, step=5,
            format="%d%%",
        )  # fmt: skip
        waits = now.backlog_share
        if capacity:
            waits = panel.percent("backlog_share", _("Of the rest, waits"), 0, 100, step=5,
                                  format="%d%%")  # fmt: skip
    return replace(
        now, growth_points=growth, outage_days=days, outage_week=week, recovery_share=back,
        capacity_share=capacity, backlog_share=waits,
    )  # fmt: skip


def _range(panel: _Panel, now: Levers, world: World, names: Names) -> Levers:
    is_open = bool(now.delisted or now.lead_time_days)
    offered = [int(each) for each in world.baseline.product_ids if each]
    with st.expander(_("Products and stock"), icon=":material/inventory_2:", expanded=is_open):
        delisted = st.multiselect(
            _("No longer sold"), offered, [each for each in now.delisted if each in offered],
            format_func=lambda each: names.products.get(each, str(each)),
            max_selections=_MOST_DELISTED, key=panel.key("delisted"),
            placeholder=_("Choose products"),
        )  # fmt: skip
        diversion = now.diversion_share
        if delisted:
            diversion = panel.percent(
                "diversion_share", _("Buys another of its category"), 0, 100, step=5, format="%d%%"
            )
            _told(f"{badge('assumed')} {_('how many buy something else')}")
        lead = now.lead_time_days
        if world.stock is not None:
            lead = panel.whole("lead_time_days", _("Lead time, days more or fewer"), -30, 60,
                               format="%+d")  # fmt: skip
            origin = "estimated" if world.stock.lead_count >= 20 else "assumed"
            count = _n("n: {n} delivery of suppliers", "n: {n} deliveries of suppliers",
                       world.stock.lead_count)  # fmt: skip
            spread = _("they vary by {share} of the plan",
                       share=formats.rate(world.stock.lead_spread, 0))  # fmt: skip
            _told(f"{badge(origin)} {spread} · {count}")
    return replace(now, delisted=tuple(delisted), diversion_share=diversion, lead_time_days=lead)


def product_names(frame: Any) -> dict[int, str]:
    """Of `list_goods`."""
    return {int(row.product_id): f"{row.name} · {row.sku}" for row in frame.itertuples(index=False)}
