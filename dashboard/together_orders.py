"""The orders behind a rule: those that hold both products, as far as the person sees them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import formats
from dashboard.order_list import open_order
from dashboard.paging import PAGE_ROWS, clicked_row, list_toolbar, pages_of
from dashboard.reads import data_version, read
from dashboard.tables import Column, show_table
from dashboard.texts import _, _n, language, plain
from dashboard.together_choice import show_pair
from dashboard.together_words import in_full
from data_access.bought_together import RuleFilter, count_pair_orders, list_pair_orders, list_rules
from data_access.keyset import Cursor
from data_access.scope import Scope


def orders_block(scope: Scope, pair: tuple[int, int]) -> None:
    """What the rule says, and its orders page by page; nothing where there is no such rule."""
    rule = _rule(scope, pair)
    if rule is None:
        return
    with st.container(border=True, gap="xsmall", key="rule_orders"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            names = f"{plain(rule['product'])} + {plain(rule['other_product'])}"
            st.markdown(f"**{names}**", width="content")
            st.button(
                _("Close"), key="rule_close", icon=":material/close:", type="tertiary",
                on_click=show_pair, args=(None,),
            )  # fmt: skip
        st.markdown(in_full(rule))
        _orders(scope, rule)


def seen_in_words(together: int | None, seen: int, day: str) -> str:
    """How the orders listed stand to those counted, which not everybody is told."""
    if together is None:
        return _n("{n} order of those that you see holds both.",
                  "{n} orders of those that you see hold both.", seen)  # fmt: skip
    if seen == together:
        return _("These are all the orders that were counted.")
    return _("{n} orders were counted with the data of {day}; {seen} hold both now, for orders have"
             " changed since.", n=formats.number(together), seen=formats.number(seen), day=day
             )  # fmt: skip


def _rule(scope: Scope, pair: tuple[int, int]) -> dict[Any, Any] | None:
    leading = RuleFilter(product_id=pair[0])
    found = read(list_rules, scope, leading, engine="record", language=language())
    rows = found[found["other_product_id"] == pair[1]].to_dict("records")
    return rows[0] if rows else None


def _orders(scope: Scope, rule: dict[Any, Any]) -> None:
    pair = int(rule["product_id"]), int(rule["other_product_id"])
    last_on = pd.Timestamp(rule["as_of_on"]).date()
    seen = read(count_pair_orders, scope, *pair, last_on, engine="record")
    together = None if pd.isna(rule["together"]) else int(rule["together"])
    told = seen_in_words(together, seen, formats.day(last_on))
    if not seen:
        st.markdown(f":gray[{told}]")
        return

    def rows(after: Cursor | None, limit: int) -> pd.DataFrame:
        return read(list_pair_orders, scope, *pair, last_on, engine="record", after=after,
                    limit=limit, language=language())  # fmt: skip

    pages = pages_of("rule_orders", f"{scope.key} {pair}", rows)
    frame = rows(pages.start, PAGE_ROWS)
    st.markdown(f":small[:gray[{told}]]")
    list_toolbar(
        pages, frame, _n("{n} order", "{n} orders", seen), lambda: None,
        advice=_("Click a row to open it"),
    )  # fmt: skip
    key = f"rule_orders_{data_version()}_{pair[0]}_{pair[1]}_{pages.number}"
    numbers = tuple(frame["order_number"])
    amounts = [
        formats.money(amount, currency)
        for amount, currency in zip(frame["net_sales"], frame["currency"], strict=True)
    ]
    show_table(
        frame.assign(amount=amounts),
        [
            Column("order_number", _("Order"), width=150, pinned=True),
            Column("ordered_on", _("Ordered"), "day"),
            Column("customer", _("Customer"), width=190),
            Column("units", str(rule["product"]), "count", width=170),
            Column("other_units", str(rule["other_product"]), "count", width=170),
            Column("amount", _("Net sales"), width=120),
            Column("stage", _("Stage"), "stage", width=110),
            Column("channel_name", _("Channel"), width=120),
        ],
        key=key,
        alt=_("Orders that hold both products"),
        on_select=lambda: _clicked(key, numbers),
        selection_mode="single-cell",
    )


def _clicked(key: str, numbers: tuple[str, ...]) -> None:
    number = clicked_row(key, numbers)
    if number is not None:
        open_order(number)
