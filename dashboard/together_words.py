"""What a rule of two products says, in words and as the cells of a table; pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from dashboard import formats
from dashboard.offer_words import about_rate
from dashboard.texts import _, in_a_row, plain

Rule = Mapping[Any, Any]


def add_words(rules: pd.DataFrame) -> pd.DataFrame:
    """The rows of `list_rules` with support_told, lift_told and q_told."""
    return rules.assign(
        support_told=[small_rate(each) for each in rules["support"]],
        lift_told=[_lift_in_cell(row) for row in rules.to_dict("records")],
        q_told=[q_in_words(each) for each in rules["q_value"]],
        confidence_told=[about_rate(each) for each in rules["confidence"]],
    )


def in_full(rule: Rule) -> str:
    """What the rule says, number by number. Markdown."""
    names = {"product": plain(rule["product"]), "other": plain(rule["other_product"])}
    if pd.isna(rule["together"]):
        return in_a_row(
            (
                _("Of all orders with {product}, **about {share}** hold {other} too: with it that"
                  " is **about {lift} times** as often as without regard to it.",
                  share=about_rate(rule["confidence"]), lift=formats.number(rule["lift"], 1),
                  **names),
                _("Exact numbers are for who sees all orders."),
            )
        )  # fmt: skip
    of_all = rule["other_orders"] / rule["orders"]
    return in_a_row(
        (
            _("Of {base} orders with {product}, **{n}** hold {other} too: a confidence of"
              " **{share}**.", base=formats.number(rule["product_orders"]),
              n=formats.number(rule["together"]), share=formats.rate(rule["confidence"]), **names),
            _("Of all {orders} orders {share} hold {other}: with {product} it is"
              " **{lift} times** as often (95 %: {low} to {high}).",
              orders=formats.number(rule["orders"]), share=small_rate(of_all),
              lift=formats.number(rule["lift"], 1), low=formats.number(rule["lift_low"], 1),
              high=formats.number(rule["lift_high"], 1), **names),
            _("The other way round: of {base} orders with {other}, {share} hold {product}.",
              base=formats.number(rule["other_orders"]),
              share=formats.rate(rule["back_confidence"]), **names),
            _("Believe every pair that is at least as clear, and {q} of them are expected to be"
              " chance.", q=q_in_words(rule["q_value"])),
        )
    )  # fmt: skip


def on_hover(rule: Rule) -> str:
    """For a figure, as its HTML."""
    together: float | None = rule["together"]
    counted = [] if pd.isna(together) else [
        _("Together in {n} orders", n=formats.number(together))
    ]  # fmt: skip
    lines = [
        f"<b>{escape(str(rule['product']))} + {escape(str(rule['other_product']))}</b>",
        *counted,
        _("{lift} times as often as by chance",
          lift=lift_in_words(rule)),
    ]  # fmt: skip
    return "<br>".join(lines)


def lift_in_words(rule: Rule) -> str:
    """15.0 (12.8–17.6); about 15.0 for who is told no interval."""
    if pd.isna(rule["lift_high"]):
        return _("about {lift}", lift=formats.number(rule["lift"], 1))
    lift, low, high = (formats.number(rule[name], 1) for name in ("lift", "lift_low", "lift_high"))
    return f"{lift} ({low}–{high})"


def _lift_in_cell(rule: Rule) -> str:
    """As `lift_in_words`; that it is told about stands in the head."""
    if pd.isna(rule["lift_high"]):
        return formats.number(rule["lift"], 1)
    return lift_in_words(rule)


def q_in_words(q_value: float) -> str:
    """A share: less than 0.1%, 2.9%; missing where it is not told."""
    if pd.isna(q_value):
        return formats.MISSING
    return _("less than 0.1%") if q_value < 0.001 else formats.rate(q_value)


def small_rate(value: float) -> str:
    """With two digits that say something: 1.0%, 0.065%."""
    if not value > 0:
        return formats.rate(value)
    return formats.rate(value, min(max(1 - math.floor(math.log10(100 * value)), 1), 6))
