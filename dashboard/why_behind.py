"""What stands behind a step of the change: its products or customers, and its orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.analytics.bridge import part_effects
from dashboard.customer_link import open_customer
from dashboard.filters import OF_LISTS, current, link_to
from dashboard.menu import find_page, may_open
from dashboard.order_list import open_order
from dashboard.overview_view import period_of_filter
from dashboard.paging import clicked_row
from dashboard.reads import data_version, read
from dashboard.tables import Column, show_table
from dashboard.texts import _, language, plain
from dashboard.why_bridge import OTHERS, Step, effects_of
from dashboard.why_choice import WhyChoice, say
from data_access.bridging import sum_sales_by_product
from data_access.bridging_rows import MOST_ROWS, list_customers_of_group, list_orders_of_part
from data_access.filters import OrderFilter, Period
from data_access.scope import Scope
from data_access.stages import STAGES

_MOST_PRODUCTS = 12
_HEIGHT = 420
_IN_LISTS = ("channel", "region", "category")  # what the list of orders can be narrowed to


def behind_block(
    scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice, step: Step
) -> None:
    """The step that was clicked: what it means, and the rows it is made of."""
    before = choice.before(period_of_filter(chosen))
    with st.container(border=True, gap="xsmall", key="why_behind"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            amount = formats.money(step.amount, chosen.currency)
            st.markdown(f"**{plain(step.name)}: {plain(amount)}**", width="content")
            st.button(
                _("Close"), key="why_close", icon=":material/close:", type="tertiary",
                on_click=say, kwargs={"part": None},
            )  # fmt: skip
        if step.help:
            st.markdown(f":small[:gray[{step.help}]]")
        if choice.explain in _IN_LISTS and step.key != OTHERS and step.part.keys[0] is not None:
            _links(choice.explain, step, period_of_filter(chosen), before)
        if choice.explain in ("products", "customers"):
            left, right = st.columns([1, 1], gap="small")
            with left:
                if choice.explain == "products":
                    _products(scope, chosen, as_of, choice, step.key)
                else:
                    _customers(scope, chosen, as_of, choice, step)
            with right:
                _orders(scope, chosen, as_of, choice, step)
        else:
            _orders(scope, chosen, as_of, choice, step)


def _links(by: str, step: Step, period: Period, before: Period) -> None:
    with st.container(horizontal=True, gap="medium"):
        for label, days in (
            (_("All orders of this period"), period),
            (_("All orders of the period before"), before),
        ):
            rows = {
                **dict.fromkeys(OF_LISTS, ""),
                "period": "own", "from": str(days.start), "to": str(days.end),
                "stage": [stage for stage in STAGES if stage != "cancelled"],
                "sort": "largest", by: str(step.part.keys[0]),
            }  # fmt: skip
            st.page_link(
                find_page("orders").file,
                label=label,
                icon=":material/receipt_long:",
                query_params=link_to(current(), **rows),
            )


def _products(
    scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice, effect: str
) -> None:
    """The products that add most to the effect, either way."""
    before = choice.before(period_of_filter(chosen))
    sums = read(sum_sales_by_product, scope, chosen, as_of, before, language())
    effects = effects_of(scope, chosen, as_of, choice)[effect]
    by_size = effects.map(abs).sort_values(ascending=False, kind="stable").index
    places = [place for place in by_size if effects[place]][:_MOST_PRODUCTS]
    shown = sums.loc[places].assign(amount=[float(effects[place]) for place in places])
    shown = shown.assign(
        price=_mean_price(shown, ""), before_price=_mean_price(shown, "before_")
    ).sort_values("amount", ascending=False, key=abs, kind="stable")
    _told_most(_("Products behind it"), len(shown), int((effects != 0).sum()))
    columns = [
        Column("name", _("Product"), width=190, pinned=True),
        Column("amount", _("Effect"), "money", width=120),
        Column("before_units", _("Units before"), "count", width=100),
        Column("units", _("Units now"), "count", width=90),
        Column("before_price", _("Price before"), "money", width=110,
               help=_("Mean price of a unit after discount, before returns")),
        Column("price", _("Price now"), "money", width=110,
               help=_("Mean price of a unit after discount, before returns")),
    ]  # fmt: skip
    show_table(
        shown.reset_index(drop=True),
        columns,
        key=f"why_products_{data_version()}_{effect}",
        alt=_("Products behind it"),
        currency=chosen.currency,
        height=_HEIGHT if len(shown) > 11 else "content",
    )


def _customers(
    scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice, step: Step
) -> None:
    before = choice.before(period_of_filter(chosen))
    group: Any = step.part.customers
    found = read(list_customers_of_group, scope, chosen, as_of, before, group, language())
    rows = found.assign(
        amount=part_effects(found, choice.measure).astype("float64"),
        was=_figures(found, choice, "before_"),
        now=_figures(found, choice, ""),
    )
    _told_most(_("Customers behind it"), len(rows), step.customers or 0)
    opens = may_open(scope.role, "customer")
    key, ids = f"why_customers_{data_version()}_{group}", tuple(rows["customer_id"])
    show_table(
        rows,
        [
            Column("customer", _("Customer"), width=165, pinned=True),
            Column("amount", _("Change"), "money", width=120),
            *(
                (
                    Column("was", _("Before"), "money", width=110),
                    Column("now", _("Now"), "money", width=110),
                )
                if group in ("kept_grown", "kept_shrunk")
                else ()
            ),
        ],
        key=key,
        alt=_("Customers behind it"),
        currency=chosen.currency,
        height=_HEIGHT if len(rows) > 11 else "content",
        on_select=(lambda: _customer_clicked(key, ids)) if opens else "ignore",
        selection_mode="single-cell",
    )


def _orders(scope: Scope, chosen: OrderFilter, as_of: date, choice: WhyChoice, step: Step) -> None:
    before = choice.before(period_of_filter(chosen))
    found = read(list_orders_of_part, scope, chosen, as_of, before, step.part, language())
    returns = step.part.products == "returns"
    amount = -found["returns_value"] if returns else found["net_sales"]
    rows = found.assign(
        amount=amount,
        margin=found["net_sales"] - found["cost"],
        of=[_("now") if each else _("before") for each in found["is_now"]],
    )
    advice = _("the {n} largest; click to open", n=len(rows)) if len(rows) == MOST_ROWS else _(
        "click to open"
    )  # fmt: skip
    st.markdown(f"**{_('Orders behind it')}** :small[:gray[{advice}]]")
    columns = [
        Column("order_number", _("Order"), width=140, pinned=True),
        Column("of", _("In period"), width=75),
        Column("ordered_on", _("Ordered"), "day"),
        Column("amount", _("Returned goods") if returns else _("Net sales"), "money", width=110),
        Column("customer", _("Customer"), width=190),
        Column("channel_name", _("Channel"), width=110),
        Column("stage", _("Stage"), "stage", width=110),
    ]
    if choice.measure == "margin" and not returns:
        columns.insert(4, Column("margin", _("Gross profit"), "money", width=120))
    key = f"why_orders_{data_version()}_{choice.explain}_{step.key}"
    numbers = tuple(rows["order_number"])
    show_table(
        rows,
        columns,
        key=key,
        alt=_("Orders behind it"),
        currency=chosen.currency,
        height=_HEIGHT if len(rows) > 11 else "content",
        on_select=lambda: _order_clicked(key, numbers),
        selection_mode="single-cell",
    )


def _told_most(title: str, shown: int, count: int) -> None:
    most = _("the {n} largest of {all}", n=shown, all=formats.number(count))
    st.markdown(f"**{title}** :small[:gray[{most if count > shown else ''}]]")


def _mean_price(rows: pd.DataFrame, prefix: str) -> pd.Series[Any]:
    units = rows[f"{prefix}units"].astype("float64")
    sold = rows[f"{prefix}net_sales"] + rows[f"{prefix}returns_value"]
    return (sold / units.where(units > 0)).round(4)


def _figures(rows: pd.DataFrame, choice: WhyChoice, prefix: str) -> pd.Series[Any]:
    sales, cost = rows[f"{prefix}net_sales"], rows[f"{prefix}cost"]
    return (sales - cost).round(4) if choice.measure == "margin" else sales


def _order_clicked(key: str, numbers: Sequence[str]) -> None:
    number = clicked_row(key, numbers)
    if number is not None:
        open_order(number)


def _customer_clicked(key: str, ids: Sequence[int]) -> None:
    customer_id = clicked_row(key, ids)
    if customer_id is not None:
        open_customer(int(customer_id))
