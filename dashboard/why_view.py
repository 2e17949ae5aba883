"""The blocks of the page of causes: the answer, the bridge, and what stands behind each step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.cards import Card
from dashboard.charts import clicked_point
from dashboard.figures.template import CONFIG
from dashboard.figures.waterfall import Rung, waterfall
from dashboard.filters import described
from dashboard.overview_view import period_of_filter
from dashboard.paging import clicked_row
from dashboard.reads import data_version, draw, read
from dashboard.recorded import covers
from dashboard.tables import Column, show_table
from dashboard.texts import _, language
from dashboard.why_bridge import OTHERS, Bridge, bridge_of
from dashboard.why_choice import MEASURES, WhyChoice, say
from dashboard.why_words import headline, told_customers, told_places, told_products
from data_access.bridging import sum_sales_by_product
from data_access.filters import OrderFilter
from data_access.scope import Scope

_PLACES = ("channel", "region", "category")


def answer(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice) -> list[str]:
    """Markdown, a line each: how much changed, and what, who and where it was."""

    def bridge(explain: str) -> Bridge:
        return draw(bridge_of, scope, chosen, as_of, _explained(choice, explain))

    whole = bridge(choice.explain)
    lines = [
        f"**{headline(choice.measure, whole.before, whole.now, choice.against, chosen.currency)}**"
    ]
    if not covers(scope, chosen.currency, choice.before(period_of_filter(chosen))):
        lines.append(_("The data do not reach back over all of the period before: part of this "
                       "change is only that."))  # fmt: skip
    if not whole.change:
        return lines
    by = {explain: _amounts(bridge(explain)) for explain in ("products", "customers")}
    places = [_named_amounts(bridge(explain)) for explain in _PLACES]
    currency = chosen.currency
    told = (
        (_("What was sold"), told_products(by["products"], whole.change, choice.measure, currency)),
        (_("Who bought"), told_customers(by["customers"], whole.change, currency)),
        (_("Where it moved"), told_places(places, whole.change, currency)),
    )
    return lines + [
        _("{label}: {values}", label=f":gray[{label}]", values=words)
        for label, words in told
        if words
    ]


def why_cards(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice) -> list[Card]:
    """Before, now, and the change."""
    bridge: Bridge = draw(bridge_of, scope, chosen, as_of, _explained(choice, choice.explain))
    period = period_of_filter(chosen)
    before = choice.before(period)
    label, currency = _(MEASURES[choice.measure]), chosen.currency
    relative = float(bridge.change / bridge.before) if bridge.before > 0 else None
    explained = (
        _("Net sales − cost of the units kept. The cost is that of the day of the order.")
        if choice.measure == "margin"
        else _("Quantity × list price − discounts − returns, without tax and shipping.")
    )
    basis = _("By order date; cancelled orders are left out.")
    return [
        Card(key="before", label=_("{figure} before", figure=label),
             value=formats.compact_money(float(bridge.before), currency),
             help=f"{explained} {basis}", note=described(before)),
        Card(key="now", label=_("{figure} now", figure=label),
             value=formats.compact_money(float(bridge.now), currency),
             help=f"{explained} {basis}", note=described(period)),
        Card(key="change", label=_("Change"),
             value=formats.signed_money(float(bridge.change), currency),
             help=_("Now − before; the steps below sum to it exactly."),
             note=formats.change(relative)),
    ]  # fmt: skip


def bridge_block(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice) -> Bridge:
    """The picture and the table beside each other; a click on a step opens it."""
    bridge: Bridge = draw(bridge_of, scope, chosen, as_of, _explained(choice, choice.explain))
    keys = tuple(step.key for step in bridge.steps)
    on = f"{data_version()}_{choice.explain}_{choice.measure}_{choice.against}"
    left, right = st.columns([1, 1], gap="xsmall")
    with left, st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(
            f"**{_('From before to now')}** :small[:gray[{_('click a bar to see its orders')}]]"
        )
        chart_key = f"why_bars_{on}"
        st.plotly_chart(
            draw(_picture, scope, chosen, as_of, choice),
            config=CONFIG,
            alt=_("The steps of the change, one after another"),
            key=chart_key,
            on_select=lambda: _bar_clicked(chart_key, keys, choice.part),
            selection_mode="points",
        )
    with right, st.container(border=True, gap="xsmall", height="stretch"):
        st.markdown(f"**{_('The same in numbers')}**")
        table_key = f"why_steps_{on}"
        show_table(
            _rows(bridge),
            _columns(choice, bridge),
            key=table_key,
            alt=_("The steps of the change with their amounts"),
            currency=chosen.currency,
            on_select=lambda: _row_clicked(table_key, keys),
            selection_mode="single-cell",
        )
        _note(scope, chosen, as_of, choice)
    return bridge


def _picture(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice) -> Any:
    bridge: Bridge = draw(bridge_of, scope, chosen, as_of, _explained(choice, choice.explain))
    currency = chosen.currency
    rungs = [_rung(step.name, step.amount, bridge, currency) for step in bridge.steps]
    keys = [step.key for step in bridge.steps]
    return waterfall(
        rungs,
        _rung(_("Change"), bridge.change, bridge, currency),
        chosen=keys.index(choice.part) if choice.part in keys else None,
    )


def _rung(name: str, amount: Decimal, bridge: Bridge, currency: str | None) -> Rung:
    arrow = "▲" if amount > 0 else "▼" if amount < 0 else "="
    money = formats.signed_money(float(amount), currency)
    hover = f"<b>{name}</b><br>{formats.money(amount, currency)}"
    if bridge.before > 0:
        points = formats.points(float(amount / bridge.before))
        hover += "<br>" + _("{points} of the growth", points=points)
    return Rung(name, float(amount), f"{arrow} {money}", hover)


def _rows(bridge: Bridge) -> pd.DataFrame:
    rows = [(step.name, step.amount, step.customers) for step in bridge.steps]
    rows.append((_("Change"), bridge.change, None))
    share = [
        float(amount / bridge.before) if bridge.before > 0 else float("nan")
        for _name, amount, _customers in rows
    ]
    return pd.DataFrame(
        {
            "name": [row[0] for row in rows],
            "amount": [float(row[1]) for row in rows],
            "share": share,
            "customers": pd.array([row[2] for row in rows], dtype="Int64"),
        }
    )


def _columns(choice: WhyChoice, bridge: Bridge) -> list[Column]:
    by_customers = any(step.customers is not None for step in bridge.steps)
    width = 150 if by_customers else 185
    columns = [
        Column("name", _("Part of the change"), width=width, pinned=True),
        Column("amount", _("Change"), "money", width=130),
        Column("share", _("Of growth"), "rate", width=100,
               help=_("The step ÷ what was before: these sum to the change in per cent.")),
    ]  # fmt: skip
    if by_customers:
        columns.insert(1, Column("customers", _("Customers"), "count", width=85))
    return columns


def _note(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice) -> None:
    if choice.explain != "products":
        return
    products = read(
        sum_sales_by_product,
        scope,
        chosen,
        as_of,
        choice.before(period_of_filter(chosen)),
        language(),
    )
    goods = products[products["is_goods"] == 1]
    both = int(((goods["units"] > 0) & (goods["before_units"] > 0)).sum())
    told = _(
        "Prices, units and mix are those of the {both} of {all} products sold in both periods.",
        both=formats.number(both), all=formats.number(len(goods)),
    )  # fmt: skip
    st.markdown(f":small[:gray[{told}]]")


def _bar_clicked(key: str, keys: tuple[str, ...], part: str) -> None:
    place = clicked_point(key, len(keys))
    picked = None if place is None else keys[place]
    say(part=None if picked == part else picked)


def _row_clicked(key: str, keys: tuple[str, ...]) -> None:
    picked = clicked_row(key, keys)
    if picked is not None:
        say(part=picked)


def _explained(choice: WhyChoice, explain: str) -> WhyChoice:
    return WhyChoice(explain, choice.against, choice.measure)


def _amounts(bridge: Bridge) -> Mapping[str, Decimal]:
    return {step.key: step.amount for step in bridge.steps}


def _named_amounts(bridge: Bridge) -> Mapping[str, Decimal]:
    return {step.name: step.amount for step in bridge.steps if step.key != OTHERS}
