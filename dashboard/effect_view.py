"""What an edit would do, beside the fields and before it is saved: now and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from dashboard import formats
from dashboard.filters import STAGE_NAMES
from dashboard.texts import _, _n, plain
from data_access.effects import Effect, ProductEffect, Shift, TargetEffect

MOST_PRODUCTS = 8
_Figure = tuple[str, str, str]  # label, now, after


def effect_view(effect: Effect, *, goods: bool) -> None:
    """The effect in two small tables: money and dates; the stock of each product (`goods`)."""
    with st.container(border=True, gap="xsmall", key="effect"):
        st.markdown(f"**{_('What this does')}**")
        figures = _figures(effect)
        changed = [(label, now, f"**{after}**") for label, now, after in figures if now != after]
        if changed:
            _table(("", _("Now"), _("After")), changed)
        kept = [f"{label} {now}" for label, now, after in figures if now == after]
        if kept:
            st.markdown(f":small[:gray[{_('Unchanged')}: {' · '.join(kept)}]]")
        _promise(effect)
        moved = [product for product in effect.products if goods or _moves(product)]
        if moved and any(product.available.now is not None for product in moved):
            _stock(moved)


def lacks_goods(effect: Effect) -> bool:
    return any(product.lacking for product in effect.products)


def _moves(product: ProductEffect) -> bool:
    return any(
        shift.now != shift.after
        for shift in (product.units, product.on_hand, product.reserved, product.available)
    )


def _figures(effect: Effect) -> list[_Figure]:
    """What the person sees of the money, and what else changes."""
    currency = effect.currency

    def money(amount: Any) -> str:
        return formats.money(amount, currency)

    rows: list[_Figure] = []
    if effect.stage.now != effect.stage.after:
        rows.append(_row(_("Stage"), effect.stage, lambda stage: _(STAGE_NAMES[stage])))
    if effect.promised_on.now != effect.promised_on.after:
        rows.append(_row(_("Promised"), effect.promised_on, formats.day))
    if effect.net_sales.now is not None:
        rows.append(_row(_("Net sales"), effect.net_sales, money))
    if effect.margin.now is not None:
        rows.append(_margin(effect, money))
    if effect.owed.now is not None:
        rows.append(_row(_("Owed for this order"), effect.owed, money))
    if effect.customer_owes.now is not None:
        rows.append(_row(_("Customer owes in all"), effect.customer_owes, money))
    return rows + [_target(target, currency) for target in effect.targets]


def _row(label: str, shift: Shift[Any], shown: Callable[[Any], str]) -> _Figure:
    return label, shown(shift.now), shown(shift.after)


def _margin(effect: Effect, money: Callable[[Any], str]) -> _Figure:
    def shown(margin: Any, sales: Any) -> str:
        return f"{money(margin)} ({formats.rate(margin / sales)})" if sales else money(margin)

    margin, sales = effect.margin, effect.net_sales
    words = Shift(shown(margin.now, sales.now), shown(margin.after, sales.after))
    return _row(_("Gross margin"), words, str)


def _target(target: TargetEffect, currency: str) -> _Figure:
    """How much of the month's target the rep has reached."""
    label = _(
        "Target of {rep}, {month}",
        rep=plain(target.rep or formats.MISSING),
        month=formats.month(target.month_on),
    )

    def shown(reached: Any) -> str:
        share = f" ({formats.rate(reached / target.target)})" if target.target else ""
        return f"{formats.compact_money(reached, currency)}{share}"

    return _row(label, target.reached, shown)


def _promise(effect: Effect) -> None:
    """Whether the promised day can be kept."""
    if effect.can_be_met is None:
        return
    promised, first = formats.day(effect.promised_on.after), formats.day(effect.earliest_on)
    if effect.can_be_met:
        words = _("Promised for {day}: can be kept, {first} at the earliest.", day=promised,
                  first=first)  # fmt: skip
        st.markdown(f":green[:material/event_available: {words}]")
    else:
        words = _("Promised for {day}: cannot be kept, {first} at the earliest.", day=promised,
                  first=first)  # fmt: skip
        st.markdown(f":red[:material/event_busy: {words}]")


def _stock(products: list[ProductEffect]) -> None:
    shown = products[:MOST_PRODUCTS]
    rows = [
        (
            f"{plain(product.product or product.sku or formats.MISSING)}",
            formats.number(product.units.after),
            _moved(product.on_hand),
            _moved(product.available, warn=True),
        )
        for product in shown
    ]
    _table((_("Product"), _("Quantity"), _("On hand"), _("Free")), rows)
    if len(products) > len(shown):
        more = len(products) - len(shown)
        st.caption(_n("and {n} more product", "and {n} more products", more))
    for product in shown:
        _waiting(product)


def _moved(shift: Shift[int | None], *, warn: bool = False) -> str:
    now, after = formats.number(shift.now), formats.number(shift.after)
    words = now if now == after else f"{now} → **{after}**"
    return f":red[{words}]" if warn and (shift.after or 0) < 0 else words


def _waiting(product: ProductEffect) -> None:
    """What is missing of a product, and who else wants it."""
    name = plain(product.product or product.sku or formats.MISSING)
    if product.lacking:
        words = _("{product}: {n} short, all there on {day}.", product=name,
                  n=formats.number(product.lacking), day=formats.day(product.ready_on))  # fmt: skip
        st.markdown(f":red[:material/inventory_2: {words}]")
    if product.waiting_orders:
        also = _n("{product}: {n} other order also wants it, {units} pcs in all",
                  "{product}: {n} other orders also want it, {units} pcs in all",
                  product.waiting_orders, product=name,
                  units=formats.number(product.waiting_units))  # fmt: skip
        first = "; ".join(_who(each) for each in product.waiting[:3])
        st.markdown(f":small[:gray[{also}: {first}]]")
    if product.aside.own or product.aside.others:
        words = _("{product}: set aside for this order {own}, for others {others} pcs",
                  product=name, own=formats.number(product.aside.own),
                  others=formats.number(product.aside.others))  # fmt: skip
        st.markdown(f":small[:gray[{words}]]")
    if product.reserved_elsewhere:
        held = formats.number(product.reserved_elsewhere)
        words = _("{product}: {n} pcs are held for orders of others", product=name, n=held)
        st.markdown(f":small[:gray[{words}]]")


def _who(waiting: Any) -> str:
    parts = [plain(waiting.order_number)]
    if waiting.customer:
        parts.append(plain(waiting.customer))
    parts.append(_("{n} pcs", n=formats.number(waiting.units)))
    if waiting.promised_on:
        parts.append(formats.day(waiting.promised_on))
    return " · ".join(parts)


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Names to the left, figures to the right."""
    aligned = (":--", *["--:"] * (len(heads) - 1))
    lines = [f"| {' | '.join(cells)} |" for cells in (heads, aligned, *rows)]
    st.markdown("\n".join(lines))
