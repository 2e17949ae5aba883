"""What can be chosen on the page of what is bought together, and which rule is open."""

from __future__ import annotations

import streamlit as st

from dashboard import formats
from dashboard.filters import Choice, current
from dashboard.reads import draw, read
from dashboard.texts import _, _n, language
from data_access.bought_together import RuleFilter, list_rule_products
from data_access.filters import OrderFilter
from data_access.offers import counts_pairs
from data_access.scope import Scope

_FEWEST = (10, 20, 50, 100, 500)
_CONFIDENCES = ("0.05", "0.1", "0.25", "0.5")
_PAIR = "pair"  # in the address: the two products of the open rule


def product_choice(scope: Scope) -> Choice:
    return draw(_products, scope)


def fewest_choice(scope: Scope) -> list[Choice]:
    """None for who is told no counts of all orders."""
    if not counts_pairs(scope):
        return []
    names = {
        n: _n("At least {n} order together", "At least {n} orders together", n) for n in _FEWEST
    }
    return [Choice("fewest", _("Orders together"), _("Any number"), names, many=False)]


def confidence_choice() -> Choice:
    names = {
        share: _("Confidence of at least {share}", share=formats.rate(float(share), 0))
        for share in _CONFIDENCES
    }
    return Choice("confidence", _("Confidence"), _("Any confidence"), names, many=False)


def rule_filter_from(scope: Scope, chosen: OrderFilter) -> RuleFilter:
    """What the address says; what is not offered is not chosen."""
    values = current()
    product = product_choice(scope).read(values)
    fewest = [number for each in fewest_choice(scope) for number in each.read(values)]
    confidence = confidence_choice().read(values)
    return RuleFilter(
        product_id=int(product[0]) if product else None,
        category_ids=chosen.category_ids,
        fewest=fewest[0] if fewest else 0,
        least_confidence=float(confidence[0]) if confidence else 0.0,
    )


def open_pair() -> tuple[int, int] | None:
    """The products of the rule whose orders are shown, as the address says."""
    said = st.query_params.get(_PAIR, "").split("-")
    if len(said) != 2 or not all(part.isascii() and part.isdigit() for part in said):
        return None
    if any(len(part) > 15 for part in said):
        return None
    return int(said[0]), int(said[1])


def show_pair(pair: tuple[int, int] | None) -> None:
    """For callbacks: opens the orders behind a rule, from their beginning, or closes them."""
    st.query_params.pop("page", None)
    if pair is None:
        st.query_params.pop(_PAIR, None)
    else:
        st.query_params[_PAIR] = f"{pair[0]}-{pair[1]}"


def _products(scope: Scope) -> Choice:
    found = read(list_rule_products, scope, language(), engine="record")
    names = dict(zip(found["product_id"].tolist(), found["name"], strict=True))
    return Choice("product", _("Product"), _("All products"), names, many=False)
